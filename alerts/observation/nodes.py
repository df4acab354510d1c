"""Figures of branch nodes over closes, from the roll-up: a page reads a few rows however large the book is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from alerts.observation.models import LoanDay, NodeDay, NodeRoll, RiskClass
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, BranchReach

OVERDUE_BUCKETS = range(5)
NPL = (RiskClass.SUBSTANDARD.value, RiskClass.DOUBTFUL.value, RiskClass.LOSS.value)
COLUMNS = (
    "loans",
    "outstanding",
    "overdue_principal",
    "overdue_interest",
    *(f"b{b}_{what}" for b in OVERDUE_BUCKETS for what in ("loans", "outstanding")),
    *(f"{c}_{what}" for c in RiskClass.values for what in ("loans", "outstanding")),
)


@dataclass
class Figures:
    """Sums of one node at one close in one currency; the shares are in percent, None where nothing is outstanding."""

    values: dict[str, Any] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, row: dict[str, Any]) -> None:
        for name in COLUMNS:
            self.values[name] += row[name]

    def of(self, name: str) -> Any:
        """One of COLUMNS. (No item access: a template would take it before the properties.)"""
        return self.values[name]

    def bucket(self, b: int) -> Decimal:
        return self.values[f"b{b}_outstanding"]

    @property
    def loans(self) -> int:
        return int(self.values["loans"])

    @property
    def outstanding(self) -> Decimal:
        return self.values["outstanding"]

    @property
    def overdue(self) -> Decimal:
        return self.values["overdue_principal"] + self.values["overdue_interest"]

    @property
    def overdue_loans(self) -> int:
        return int(sum(self.values[f"b{b}_loans"] for b in (1, 2, 3, 4)))

    @property
    def par30(self) -> Decimal | None:
        return self._share(self.bucket(2) + self.bucket(3) + self.bucket(4))

    @property
    def par90(self) -> Decimal | None:
        return self._share(self.bucket(4))

    @property
    def npl(self) -> Decimal | None:
        return self._share(sum((self.values[f"{c}_outstanding"] for c in NPL), Decimal(0)))

    def _share(self, part: Decimal) -> Decimal | None:
        return part * 100 / self.outstanding if self.outstanding else None


def nodes_in_reach(access: Access, lender: Lender) -> list[Branch]:
    """The branch nodes whose figures this person may see, each after its parent, with `depth` below the lender's head office. One query."""
    open_reach = Q(reach_up__from_on__lte=access.on) & (Q(reach_up__to_on__isnull=True) | Q(reach_up__to_on__gt=access.on))
    found = list(Branch.objects.filter(lender=lender, pk__in=access.subtree()).annotate(depth=Count("reach_up", filter=open_reach)))
    for branch in found:
        branch.lender = lender  # known already: no query for it later
    return sorted(found, key=lambda b: (getattr(b, "depth", 0), b.code))


def children_of(node: Branch, on: date) -> QuerySet[BranchReach, Any]:
    """Subquery of the ids of the node itself and of the branches directly below it on `on`."""
    reach = BranchReach.objects.filter(ancestor=node, depth__lte=1, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    return reach.values("descendant_id")


def node_rows(lender: Lender, branches: Any, closes: Iterable[date]) -> list[dict[str, Any]]:
    """The rows of some nodes at some closes: as_of, branch, product, currency and the sums of COLUMNS. One query."""
    rows = NodeDay.objects.filter(lender=lender, branch_id__in=branches, as_of__in=list(closes))
    names = ("as_of", "branch_id", "branch__code", "branch__name", "product_id", "product__code", "product__name", "currency")
    return list(rows.order_by("as_of", "branch__code", "product__code").values(*names, *COLUMNS))


def summed(rows: Iterable[dict[str, Any]], *, currency: str, product: str = "") -> dict[tuple[int, date], Figures]:
    """Figures by (branch id, close), of one currency and of one product code (all, when empty)."""
    found: dict[tuple[int, date], Figures] = defaultdict(Figures)
    for row in rows:
        if row["currency"] == currency and product in ("", row["product__code"]):
            found[row["branch_id"], row["as_of"]].add(row)
    return found


def moves(lender: Lender, node: Branch, closes: Sequence[date], currency: str) -> dict[date, dict[str, Any]]:
    """Migration of a node at some closes: close → {"from": date, "cells": {(bucket then, bucket now): (loans, outstanding then)}}.

    Buckets are 0 to 4, 5 stands for loans no longer on the book. One query.
    """
    found: dict[date, dict[str, Any]] = {}
    rows = NodeRoll.objects.filter(lender=lender, branch=node, as_of__in=list(closes), currency=currency, from_bucket__gte=0)
    for row in rows.values("as_of", "from_date", "from_bucket", "to_bucket", "loans", "outstanding"):
        table = found.setdefault(row["as_of"], {"from": row["from_date"], "cells": {}})
        table["cells"][row["from_bucket"], row["to_bucket"]] = (row["loans"], row["outstanding"])
    return found


def moved_share(cells: dict[tuple[int, int], tuple[int, Decimal]], then: int, now: int) -> Decimal | None:
    """Percent of the balance that stood in bucket `then` which now stands in bucket `now`; None where nothing stood there."""
    whole = sum((amount for (start, _end), (_n, amount) in cells.items() if start == then), Decimal(0))
    return cells.get((then, now), (0, Decimal(0)))[1] * 100 / whole if whole else None


def managers(lender: Lender, as_of: date, branches: Any, currency: str, product: str = "") -> list[dict[str, Any]]:
    """The book of a node by account manager at one close: name, staff number, loans, outstanding, at_risk (30+ days). One query.

    Loans without a manager are one line without a name.
    """
    rows = LoanDay.objects.filter(lender=lender, as_of=as_of, branch_id__in=branches, currency=currency)
    if product:
        rows = rows.filter(product_code=product)
    lines = rows.values("manager_id", "manager__name", "manager__staff_no").annotate(
        n=Count("loan_id"), amount=Sum("outstanding"), at_risk=Sum("outstanding", filter=Q(days_past_due__gte=30), default=Decimal(0))
    )
    return [
        {
            "id": line["manager_id"],
            "name": line["manager__name"] or "",
            "staff_no": line["manager__staff_no"] or "",
            "loans": line["n"],
            "outstanding": line["amount"],
            "par30": line["at_risk"] * 100 / line["amount"] if line["amount"] else None,
        }
        for line in lines.order_by()
    ]
