"""The figures of a close beside those that the generator of the book knows by construction."""

from datetime import date
from decimal import Decimal

from alerts.observation.models import LoanDay
from alerts.observation.queries import figures
from loanwatch.demo import bank, calendar, known_figures, seeding
from loanwatch.lenders.models import Lender

NAMES = {0: "current", 1: "1-29", 30: "30-59", 60: "60-89", 90: "90+"}
Drawn = tuple[seeding.Book, calendar.Calendar]


def drawn_again(as_of: date) -> Drawn:
    """The drafts of the very book that the fixture `made` wrote."""
    days = calendar.make(as_of, bank.holidays_around(range(as_of.year - 3, as_of.year + 2)))
    return seeding.draw(1, 300, days), days


def compare(drawn: Drawn, closes: list[date]) -> None:
    """Every figure of every close, to the hundredth."""
    book, days = drawn
    lender = Lender.objects.get(code="DEMO")
    for close in closes:
        known, found = known_figures.figures(book.notes, close, days), figures(lender, close)
        outstanding = Decimal(known.outstanding) / 100
        assert (close, found["loans"]) == (close, known.loans)
        assert (close, Decimal(found["outstanding"]["CNY"])) == (close, outstanding)
        assert (close, {n: c["loans"] for n, c in found["buckets"].items() if c["loans"]}) == (
            close, {NAMES[edge]: n for edge, n in known.buckets.items()}
        )  # fmt: skip
        share = (Decimal(known.past_30) / known.outstanding * 100).quantize(Decimal("0.0001"))
        assert abs(Decimal(found["par30"]) - share) <= Decimal("0.0001"), close


def compare_planted(drawn: Drawn, close: date) -> None:
    """Days past due and balance of each planted loan."""
    book, days = drawn
    seen = {row.loan.number: row for row in LoanDay.objects.filter(as_of=close).select_related("loan")}
    for note in book.garden.notes:
        known = known_figures.standing(note, close, days)
        row = seen.get(note.number)
        told = (row.days_past_due, row.outstanding) if row else None
        assert (note.number, told) == (note.number, (known.days_past_due, Decimal(known.outstanding) / 100) if known else None)
