"""Which due dates of open demands a change of a national calendar moves, by the terms of their products."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet

from borrowers.loans.counting import CountingBook
from borrowers.loans.models import Instalment, LoanEvent
from borrowers.loans.rules import LONGEST_CLOSURE, NONE, moved
from loanwatch.lenders.calendar_changes import MovedDate, Moves
from loanwatch.lenders.models import Lender, LenderCalendar, Product
from loanwatch.lenders.queries import closed_days

SAMPLE = 3
MOST_LINES = 50
LEAVES = (LoanEvent.Kind.SETTLED, LoanEvent.Kind.WRITE_OFF, LoanEvent.Kind.TRANSFER)


def moved_by(lender: Lender, calendar: str, days: Mapping[date, bool]) -> Moves:
    """The due dates that count from another day once `days` of `calendar` work or not, with numbers of demands and a sample of loans.

    Demands of the newest version of the schedules of loans on the book; terms as of the first changed day. A few queries.
    """
    if not days or not LenderCalendar.objects.filter(lender=lender, kind=calendar).exists():
        return Moves()
    margin = timedelta(days=LONGEST_CLOSURE)
    first, last = min(days) - margin, max(days) + margin
    before = closed_days(lender, first - margin, last + margin)
    after = (before - {d for d, works in days.items() if works}) | {d for d, works in days.items() if not works}
    terms = CountingBook(lender)
    products = {p.pk: p for p in Product.objects.filter(lender=lender)}
    lines = []
    for row in _demands(lender, first, last).values("loan__product_id", "due_on").annotate(n=Count("pk")).order_by("due_on", "loan__product_id"):
        convention, due = terms.of(row["loan__product_id"], min(days)).convention, row["due_on"]
        if convention == NONE:
            continue
        was, becomes = (moved(due, convention, lambda d, closed=closed: d not in closed) for closed in (before, after))  # type: ignore[misc]
        if was != becomes:
            lines.append((products[row["loan__product_id"]], due, was, becomes, row["n"]))
    shown = [
        MovedDate(p.name, due, was, becomes, n, tuple(_of(lender, p, due).order_by("loan__number").values_list("loan__number", flat=True)[:SAMPLE]))
        for p, due, was, becomes, n in lines[:MOST_LINES]
    ]
    loans = {pk for p, due, *_rest in lines for pk in _of(lender, p, due).values_list("loan_id", flat=True)}
    return Moves(sum(n for *_rest, n in lines), len(loans), shown)


def _demands(lender: Lender, first: date, last: date) -> QuerySet[Instalment]:
    later = Instalment.objects.filter(loan=OuterRef("loan"), version__gt=OuterRef("version"))
    gone = LoanEvent.objects.filter(loan=OuterRef("loan"), kind__in=LEAVES, withdrawn=False)
    return Instalment.objects.filter(~Exists(later), ~Exists(gone), lender=lender, due_on__range=(first, last))


def _of(lender: Lender, product: Product, due_on: date) -> QuerySet[Instalment]:
    return _demands(lender, due_on, due_on).filter(loan__product=product)
