"""What the generator itself knows of every close: loans on the book, what is outstanding, days past due and buckets. Pure.

Counted from the drafts alone, by the plans and payments that were known at the close; nothing of the database, nothing of the observation.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from loanwatch.demo import plans
from loanwatch.demo.calendar import Calendar
from loanwatch.demo.drafts import Note


@dataclass(frozen=True)
class Standing:
    """One loan at a close: open principal in hundredths and days past due."""

    outstanding: int
    days_past_due: int


@dataclass(frozen=True)
class Figures:
    """The book at a close. buckets: least days past due of the bucket (0, 1, 30, 60, 90) -> loans; outstanding in hundredths."""

    loans: int
    outstanding: int
    buckets: dict[int, int]
    past_30: int
    past_90: int


def standing(note: Note, close: date, days: Calendar) -> Standing | None:
    """Where a loan stood at `close` as known then; None when it was not on the book."""
    if note.disbursed_on > close or (note.settled_on and days.known(note.settled_on) <= close):
        return None
    paid = sum(p.amount for p in note.payments if days.known(p.known_on or p.paid_on) <= close)
    plan = note.plan_on(close)
    outstanding, late = plans.open_principal(plan, paid), plans.days_past_due(plan, paid, close)
    return Standing(outstanding, late) if outstanding or plans.arrears_interest(plan, paid, close) else None


def figures(notes: Iterable[Note], close: date, days: Calendar) -> Figures:
    """The whole book at `close`."""
    found = [s for s in (standing(note, close, days) for note in notes) if s]
    buckets = Counter(max(edge for edge in (0, 1, 30, 60, 90) if s.days_past_due >= edge) for s in found)
    return Figures(
        loans=len(found),
        outstanding=sum(s.outstanding for s in found),
        buckets=dict(buckets),
        past_30=sum(s.outstanding for s in found if s.days_past_due >= 30),
        past_90=sum(s.outstanding for s in found if s.days_past_due >= 90),
    )
