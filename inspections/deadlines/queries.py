"""Deadlines for lists and panels, counts for the home page, and what is to be told to whom."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth

from borrowers.collateral.models import Pledge
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from inspections.deadlines.models import Deadline, Kind
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access

SOON = 30  # days ahead that the home page and the first view of the list count
OPENED, OVERDUE = "opened", "overdue"
OF_THE_BORROWER = (Kind.RATING, Kind.CONDITION, Kind.FACILITY, Kind.COVENANT_TEST, Kind.DOCUMENT, Kind.PAPER_RETURN)


def with_names(deadlines: QuerySet[Deadline, Any]) -> QuerySet[Deadline, Any]:
    """What a list shows of a deadline, in one query."""
    return deadlines.select_related(
        "loan__product",
        "borrower",
        "branch",
        "responsible",
        "item",
        "covenant",
        "document",
        "guarantor",
        "facility",
        "staff",
        "asked_by",
        "agreed_by",
    )


def for_loan(access: Access, loan: Loan) -> list[Deadline]:
    """Open deadlines of the loan, of its borrower and of what secures it, the one due first on top."""
    items = Pledge.objects.in_force(access.on).filter(loan=loan).values("item_id")
    about = (
        Q(loan=loan) | Q(item__in=items) | Q(borrower=loan.borrower_id, kind__in=OF_THE_BORROWER, covenant__loan=None, document__loan=None)
    )
    return list(with_names(Deadline.objects.visible_to(access).open().filter(about).order_by("due_on", "id"))[:50])


def for_borrower(access: Access, borrower: Borrower) -> list[Deadline]:
    """Open deadlines around all loans of the borrower, the one due first on top."""
    return list(with_names(Deadline.objects.visible_to(access).open().filter(borrower=borrower).order_by("due_on", "id"))[:50])


@dataclass(frozen=True)
class Counts:
    """Open deadlines: late is past its day, soon falls due within 30 days, asked waits for the second person."""

    open: int
    late: int
    soon: int
    asked: int


def counts_for(access: Access, *, own: bool = False) -> Counts:
    """One query over the open deadlines that the person may see; `own`: those the person is responsible for."""
    found = Deadline.objects.open().filter(responsible=access.person) if own else Deadline.objects.visible_to(access).open()
    return Counts(
        **found.aggregate(
            open=Count("pk"),
            late=Count("pk", filter=Q(due_on__lt=access.on)),
            soon=Count("pk", filter=Q(due_on__range=(access.on, access.on + timedelta(days=SOON)))),
            asked=Count("pk", filter=Q(asked_by__isnull=False)),
        )
    )


def by_month(deadlines: QuerySet[Deadline, Any]) -> list[tuple[date, int]]:
    """How many of the deadlines fall due in each month, in order. One query."""
    rows = deadlines.order_by().annotate(month=TruncMonth("due_on")).values("month").annotate(n=Count("pk")).order_by("month")
    return [(row["month"], row["n"]) for row in rows]


def deadlines_to_tell(lender: Lender, day: date, previous: date | None) -> QuerySet[Any, Any]:
    """What the close of `day` has to tell to whom: deadlines opened by it, and those that have become overdue since the close before.

    Values: id, what (opened or overdue), kind, due_on, bucket, loan_id, borrower_id, responsible_id. Only open ones with somebody
    responsible. A deadline that was opened late already is told once, as opened. `previous` None: overdue since the day before.
    """
    before = previous or day - timedelta(days=1)
    opened = Q(opened_on=day)
    overdue = Q(opened_on__lt=day, due_on__lt=day, due_on__gte=before)
    found = Deadline.objects.open().filter(opened | overdue, lender=lender, responsible__isnull=False)
    what = Case(When(opened_on=day, then=Value(OPENED)), default=Value(OVERDUE), output_field=CharField())
    return (
        found.annotate(what=what)
        .order_by("id")
        .values("id", "what", "kind", "due_on", "bucket", "loan_id", "borrower_id", "responsible_id")
    )
