"""The filters of the loan list; every one of them stands in the address, so a figure of any page can open its loans."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date

from alerts.observation.models import LoanDay, RiskClass
from alerts.observation.queries import BUCKETS, OFF_BOOK, overdue_bucket
from loanwatch.people.models import BranchReach

SORTS = {
    "days_past_due": F("days_past_due"),
    "outstanding": F("outstanding"),
    "overdue": F("overdue"),
    "number": F("loan__number"),
    "borrower": F("loan__borrower__name"),
    "matures": F("days_to_maturity"),
}
DEFAULT_SORT = "-days_past_due"
NOBODY = "-"  # manager: loans without one


@dataclass(frozen=True)
class LoanFilters:
    """What the address asks for; unknown values are left out, so that an old link still opens."""

    as_of: date
    buckets: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    product: str = ""
    branch: str = ""
    manager: str = ""
    currency: str = ""
    rolled_on: date | None = None
    rolled_from: str = ""
    rolled_to: str = ""
    q: str = ""
    sort: str = DEFAULT_SORT

    @classmethod
    def of(cls, query: QueryDict, as_of: date, closed: tuple[date, ...]) -> "LoanFilters":
        """Read the address; lists may be repeated keys or one with commas."""
        rolled_on = _day(query.get("rolled_on"))
        sort = query.get("sort", "")
        return cls(
            as_of=as_of,
            buckets=_many(query, "bucket", BUCKETS),
            classes=_many(query, "risk_class", RiskClass.values),
            product=query.get("product", "")[:30],
            branch=query.get("branch", "")[:30],
            manager=query.get("manager", "")[:20],
            currency=query.get("currency", "")[:3],
            rolled_on=rolled_on if rolled_on in closed else None,
            rolled_from=_one(query.get("rolled_from"), BUCKETS),
            rolled_to=_one(query.get("rolled_to"), (*BUCKETS, OFF_BOOK)),
            q=query.get("q", "").strip()[:80],
            sort=sort if sort.lstrip("-") in SORTS else DEFAULT_SORT,
        )

    @property
    def set(self) -> dict[str, Any]:
        """The filters that narrow the list, for the pills, the empty page and the head of a file."""
        names = ("buckets", "classes", "product", "branch", "manager", "currency", "rolled_on", "rolled_from", "rolled_to", "q")
        return {name: value for name in names if (value := getattr(self, name))}

    @property
    def left_the_book(self) -> bool:
        """The loans asked for are no longer on the book: they are shown as they stood at the earlier close."""
        return self.rolled_on is not None and self.rolled_to == OFF_BOOK

    @property
    def shown_as_of(self) -> date:
        return self.rolled_on if self.left_the_book and self.rolled_on else self.as_of

    def apply(self, rows: QuerySet[LoanDay]) -> QuerySet[LoanDay]:
        """Of the observations a person may see, those that are asked for, in the order asked for."""
        rows = self._moved(rows.filter(as_of=self.shown_as_of).annotate(overdue_bucket=overdue_bucket()))
        if self.buckets:
            rows = rows.filter(Q(("overdue_bucket__in", self.buckets)))
        if self.classes:
            rows = rows.filter(risk_class__in=self.classes)
        if self.product:
            rows = rows.filter(product_code=self.product)
        if self.currency:
            rows = rows.filter(currency=self.currency)
        if self.manager:
            rows = rows.filter(manager__isnull=True) if self.manager == NOBODY else rows.filter(manager__staff_no=self.manager)
        if self.branch:
            reach = BranchReach.objects.filter(ancestor__code=self.branch, from_on__lte=self.as_of)
            rows = rows.filter(branch_id__in=reach.filter(Q(to_on__isnull=True) | Q(to_on__gt=self.as_of)).values("descendant_id"))
        if self.q:
            rows = rows.filter(
                Q(loan__number__icontains=self.q) | Q(loan__borrower__name__icontains=self.q) | Q(loan__borrower__number__icontains=self.q)
            )
        by = SORTS[self.sort.lstrip("-")]
        first = by.desc(nulls_last=True) if self.sort.startswith("-") else by.asc(nulls_last=True)
        return rows.order_by(first, "-outstanding", "loan_id")

    def _moved(self, rows: QuerySet[LoanDay]) -> QuerySet[LoanDay]:
        if self.rolled_on is None:
            return rows
        if self.left_the_book:
            later = LoanDay.objects.filter(lender_id=OuterRef("lender_id"), as_of=self.as_of, loan_id=OuterRef("loan_id"))
            rows = rows.filter(~Exists(later))
            return rows.filter(Q(("overdue_bucket", self.rolled_from))) if self.rolled_from else rows
        if self.rolled_from:
            then = LoanDay.objects.filter(lender_id=OuterRef("lender_id"), as_of=self.rolled_on, loan_id=OuterRef("loan_id"))
            rows = rows.filter(Exists(then.annotate(b=overdue_bucket()).filter(b=self.rolled_from)))
        return rows.filter(Q(("overdue_bucket", self.rolled_to))) if self.rolled_to else rows


def _many(query: QueryDict, key: str, allowed: Any) -> list[str]:
    asked = [part for value in query.getlist(key) for part in value.split(",")]
    return [value for value in allowed if value in asked]


def _one(value: str | None, allowed: Any) -> str:
    return value if value and value in allowed else ""


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError:
        return None
