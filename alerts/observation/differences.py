"""What we know now of closed days against what we knew then: the stored observations stay, the differences are listed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from alerts.observation.models import LoanDay
from borrowers.loans.replay import History, Seen

MOST = 1500  # closes looked at, the newest: about six years of daily ones
FIGURES = ("days_past_due", "outstanding", "overdue_principal", "overdue_interest")


@dataclass(frozen=True)
class Cause:
    """A fact that became known after the close. `kind`: repayment, reversal, schedule, event, pause or position."""

    kind: str
    on: date  # the day it is about
    known_from: date
    fact: Any  # the row; of a schedule its first demand


@dataclass(frozen=True)
class Difference:
    """One close at which the stored figures are not those of today's knowledge. `now` None: the loan was not on the book.

    `changed` names the figures that differ. `causes` is empty where no later fact explains it: then terms or parameters
    were changed backwards.
    """

    as_of: date
    then: dict[str, Any]
    now: dict[str, Any] | None
    changed: tuple[str, ...]
    causes: tuple[Cause, ...]


def differences(history: History, known_on: date) -> list[Difference]:
    """The closes of the loan at which the stored figures differ from those computed with what is known on `known_on`.

    The newest close first. One query; the replay is computed.
    """
    loan = history.loan
    rows = LoanDay.objects.filter(lender=loan.lender_id, loan=loan, as_of__lte=known_on).order_by("-as_of").values("as_of", *FIGURES)
    found = []
    for row in rows[:MOST]:
        as_of = row.pop("as_of")
        now = figures(history.seen(as_of, known_on))
        changed = tuple(name for name in FIGURES if now is None or row[name] != now[name])
        if changed:
            found.append(Difference(as_of, row, now, changed, causes(history, as_of, known_on)))
    return found


def figures(seen: Seen) -> dict[str, Any] | None:
    """The figures of an observation; None when the loan was not on the book: it left it, or owed nothing any more."""
    if not seen.on_book or (seen.delivered is None and not (seen.outstanding or seen.overdue_interest)):
        return None
    return {name: getattr(seen, name) for name in FIGURES}


def causes(history: History, as_of: date, known_on: date) -> tuple[Cause, ...]:
    """Facts about `as_of` or earlier that became known after it, and on whose day the figures of `as_of` changed."""
    later = sorted(_told_after(history, as_of, known_on), key=lambda c: c.known_from)
    found: list[Cause] = []
    before = figures(history.seen(as_of, as_of))
    for day in sorted({c.known_from for c in later}):
        after = figures(history.seen(as_of, day))
        if after != before:
            found += [c for c in later if c.known_from == day]
        before = after
    return tuple(found)


def _told_after(history: History, as_of: date, known_on: date) -> list[Cause]:
    def late(fact: Any, on: date) -> bool:
        return bool(on <= as_of < fact.known_from <= known_on)

    found = [Cause("reversal" if r.amount < Decimal(0) else "repayment", r.paid_on, r.known_from, r) for r in history.repayments if late(r, r.paid_on)]
    plans = [plan[0] for plan in history.plans.values()]
    found += [Cause("schedule", i.valid_from, i.known_from, i) for i in plans if late(i, i.valid_from)]
    found += [Cause("event", e.valid_from, e.known_from, e) for e in history.events if late(e, e.valid_from)]
    found += [Cause("pause", p.valid_from, p.known_from, p) for p in history.pauses if late(p, p.valid_from)]
    found += [Cause("position", p.valid_from, p.known_from, p) for p in history.positions if p.valid_from == as_of and late(p, as_of)]
    return found
