"""Differences between what the core system delivers and what we compute: the list, its filters and its sums."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.dateparse import parse_date

from borrowers.loans.models import Loan, LoanState, ReconciliationDifference
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import BranchReach

Figure = ReconciliationDifference.Figure
SORTS = {"size": F("size"), "loan": F("loan__number"), "figure": F("figure"), "branch": F("loan__branch__code")}
DEFAULT_SORT = "-size"
SIZES = ("0.01", "1", "10", "100", "1000", "10000")
DAYS_OFFERED = 40
BRANCHES_OFFERED = 200


@dataclass(frozen=True)
class ListFilters:
    """What the address asks for; an unknown value is left out, so that an old link still opens."""

    as_of: date | None
    branch: str = ""
    product: str = ""
    figure: str = ""
    least: Decimal | None = None
    q: str = ""
    sort: str = DEFAULT_SORT

    @classmethod
    def of(cls, query: QueryDict, newest: date | None) -> "ListFilters":
        """Read the address; without a day that can be read the newest is shown."""
        figure, sort = query.get("figure", ""), query.get("sort", "")
        return cls(
            as_of=_day(query.get("as_of")) or newest,
            branch=query.get("branch", "")[:30],
            product=query.get("product", "")[:30],
            figure=figure if figure in Figure.values else "",
            least=_amount(query.get("least")),
            q=query.get("q", "").strip()[:80],
            sort=sort if sort.lstrip("-") in SORTS else DEFAULT_SORT,
        )

    @property
    def set(self) -> dict[str, Any]:
        """The filters that narrow the list."""
        names = ("branch", "product", "figure", "least", "q")
        return {name: value for name in names if (value := getattr(self, name)) not in {"", None}}

    def apply(self, rows: QuerySet[ReconciliationDifference]) -> QuerySet[ReconciliationDifference]:
        """Of the differences a person may see, those of the day that are asked for, in the order asked for."""
        if self.as_of is None:
            return rows.none()
        rows = rows.filter(as_of=self.as_of)
        if self.figure:
            rows = rows.filter(figure=self.figure)
        if self.product:
            rows = rows.filter(loan__product__code=self.product)
        if self.least is not None:
            rows = rows.filter(size__gte=self.least)
        if self.q:
            rows = rows.filter(Q(loan__number__icontains=self.q) | Q(loan__borrower__name__icontains=self.q))
        if self.branch:
            reach = BranchReach.objects.filter(ancestor__code=self.branch, from_on__lte=self.as_of)
            below = reach.filter(Q(to_on__isnull=True) | Q(to_on__gt=self.as_of)).values("descendant_id")
            rows = rows.filter(loan__branch__in=below)
        by = SORTS[self.sort.lstrip("-")]
        return rows.order_by(by.desc() if self.sort.startswith("-") else by.asc(), "loan__number", "figure")


def visible(access: Access, lender: Lender) -> QuerySet[ReconciliationDifference]:
    """The differences of the lender's loans this person may see, with what a row of the list shows."""
    rows = ReconciliationDifference.objects.visible_to(access).filter(lender=lender)
    return rows.select_related("loan__borrower", "loan__product", "loan__branch")


def compared(access: Access, lender: Lender) -> int:
    """Loans in sight of which both figures are kept at the newest close."""
    seen = Loan.objects.visible_to(access).filter(lender=lender, position_fed=True).order_by()
    return LoanState.objects.filter(lender=lender, loan__in=seen).count()


def choices(rows: QuerySet[ReconciliationDifference], as_of: date | None) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: the branches and products of the day's differences, and the last days that have some. Two queries."""
    of_day = rows.filter(as_of=as_of) if as_of else rows.none()
    found = of_day.order_by().values_list("loan__branch__code", "loan__branch__name", "loan__product__code", "loan__product__name")
    branches, products = {}, {}
    for branch, branch_name, product, product_name in found.distinct()[: BRANCHES_OFFERED * 10]:
        branches[branch], products[product] = branch_name, product_name
    days = rows.order_by("-as_of").values_list("as_of", flat=True).distinct()[:DAYS_OFFERED]
    return {
        "branch": sorted(branches.items(), key=lambda pair: pair[1])[:BRANCHES_OFFERED],
        "product": sorted(products.items(), key=lambda pair: pair[1]),
        "figure": [(value, str(label)) for value, label in Figure.choices],
        "as_of": [(day.isoformat(), day.isoformat()) for day in days],
    }


def sums(rows: QuerySet[ReconciliationDifference]) -> list[dict[str, Any]]:
    """Per figure and currency how many loans differ and by how much in all; days are never added to amounts. One query."""
    found: Any = rows.order_by().values_list("figure", "loan__currency").annotate(Count("loan"), Sum("size"))
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for figure, currency, loans, size in found:
        of_days = figure == Figure.DAYS_PAST_DUE
        key = (figure, "" if of_days else currency)
        line = merged.setdefault(key, {"figure": Figure(figure), "currency": key[1], "loans": 0, "size": Decimal(0), "days": 0})
        line["loans"] += loans
        line["size"] += size
        line["days"] += int(size) if of_days else 0
    return [merged[key] for key in sorted(merged)]


def reconciliation(lender: Lender, as_of: date, *, access: Access | None = None) -> dict[str, Any]:
    """The differences of one close as JSON values: `lender`, `as_of`, `loans` that differ in anything, `figures` per figure and currency.

    `access`: only loans this person may see. Amounts are text with two decimals, days whole numbers as text.
    """
    rows = visible(access, lender) if access else ReconciliationDifference.objects.filter(lender=lender)
    rows = rows.filter(as_of=as_of)
    return {
        "lender": lender.code,
        "as_of": as_of.isoformat(),
        "loans": rows.order_by().values("loan").distinct().count(),
        "figures": [
            {
                "figure": line["figure"].value,
                "currency": line["currency"],
                "loans": line["loans"],
                "size": f"{line['size']:.0f}" if line["figure"] == Figure.DAYS_PAST_DUE else f"{line['size']:.2f}",
            }
            for line in sums(rows)
        ],
    }


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError:
        return None


def _amount(text: str | None) -> Decimal | None:
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and 0 <= found < Decimal("1e18") else None
