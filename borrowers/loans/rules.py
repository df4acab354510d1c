"""Where a loan stands: a pure function of its demands and payments, for any date. Amounts are whole hundredths.

Payments serve the oldest demand first; within a demand the parts are served in the order that the lender sets. So all
follows from two running totals: what is due up to a demand, and what was paid in all.

Days past due count calendar days after the day from which the demand counts: its due date, or, where that is no business
day and the product says so, the day it moves to. That day itself is day 0. Arrears count from the first demand at which
what is unpaid up to and with it exceeds what is too small to count.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

FEE, INTEREST, PRINCIPAL = "fee", "interest", "principal"
PARTS = (FEE, INTEREST, PRINCIPAL)
NONE, FOLLOWING, MODIFIED_FOLLOWING, PRECEDING = "none", "following", "modified_following", "preceding"
LONGEST_CLOSURE = 40  # days in a row; a calendar that is closed for longer is a fault in its table
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Demand:
    """What is due on `due_on`, in hundredths, none negative."""

    seq: int
    due_on: date
    principal: int
    interest: int = 0
    fee: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class Payment:
    """Hundredths that came in on `paid_on`; a reversal is negative."""

    paid_on: date
    minor: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Days from `from_on` to before `to_on` do not count."""

    from_on: date
    to_on: date


@dataclass(frozen=True)
class Counting:
    """How demands of a product count on a date.

    `order` names the three parts of a demand in the order they are served. Arrears of at most `materiality_minor`, or of
    at most `materiality_percent` of the outstanding principal, do not count: both limits must be exceeded. Up to
    `grace_days` days past due count as 0, one more counts in full. `moves`: due date → the day it counts from, for those
    that move.
    """

    order: Sequence[str] = PARTS
    grace_days: int = 0
    materiality_minor: int = 0
    materiality_percent: Decimal = Decimal(0)
    convention: str = NONE
    moves: dict[date, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(PARTS):
            raise ValueError(f"The order of allocation must name fee, interest and principal once each, not {', '.join(self.order)}.")

    def counts_from(self, due_on: date) -> date:
        return self.moves.get(due_on, due_on)

    def allowed(self, outstanding: int) -> int:
        """Hundredths of arrears that do not count, given the outstanding principal. A broken hundredth is dropped."""
        return max(self.materiality_minor, int(self.materiality_percent * outstanding / 100))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the loan stands at the close of a day; amounts in hundredths.

    `interest` means interest and fees together. `unallocated` is what was paid beyond everything that will ever be due.
    `oldest_unpaid_due_on` is the due date of the demand that arrears count from, `counts_from` the day it counts from
    after moving and pauses: days past due are the days since. Principal always equals `outstanding` + `principal_repaid`
    + `written_off`.
    """

    days_past_due: int
    principal_days: int
    interest_days: int
    oldest_unpaid_seq: int | None
    oldest_unpaid_due_on: date | None
    counts_from: date | None
    next_due_on: date | None
    overdue_principal: int
    overdue_interest: int
    outstanding: int
    written_off: int
    principal_repaid: int
    interest_repaid: int
    unallocated: int


@dataclass(frozen=True, slots=True)
class Served:
    """One demand and what is left of it. `interest_left` holds interest and fee."""

    demand: Demand
    counts_from: date
    principal_left: int
    interest_left: int
    left_so_far: int  # of this demand and all before it

    @property
    def left(self) -> int:
        return self.principal_left + self.interest_left


def serve(demands: Iterable[Demand], paid: int, counting: Counting) -> list[Served]:
    """What `paid` hundredths leave of each demand, oldest first. Nothing is ever more than due or less than nothing."""
    paid, due, found = max(0, paid), 0, []
    for d in demands:
        due += d.total
        left_so_far = max(0, due - paid)
        left = min(d.total, left_so_far)
        later = sum(getattr(d, part) for part in counting.order[counting.order.index(PRINCIPAL) + 1 :])
        principal_left = min(d.principal, max(0, left - later))
        found.append(Served(d, counting.counts_from(d.due_on), principal_left, left - principal_left, left_so_far))
    return found


def stand(
    demands: Sequence[Demand],
    payments: Iterable[Payment],
    on: date,
    counting: Counting,
    *,
    pauses: Iterable[Pause] = (),
    written_off_on: date | None = None,
) -> Standing:
    """Where the loan stands at the close of `on`. Demands in order of their due dates; payments in any order.

    Payments after `on` are not seen. From `written_off_on` what is unpaid of the principal is written off: nothing is
    outstanding or past due any more, and what comes in later makes the written-off amount smaller.
    """
    paid = sum(p.minor for p in payments if p.paid_on <= on)
    lines = serve(demands, paid, counting)
    whole, principal = sum(d.total for d in demands), sum(d.principal for d in demands)
    unpaid = sum(line.principal_left for line in lines)
    interest_left = sum(line.interest_left for line in lines)
    off = written_off_on is not None and written_off_on <= on
    late = [] if off else [line for line in lines if line.counts_from < on]
    ahead = next((line for line in lines if line.counts_from >= on and line.left), None)
    allowed = counting.allowed(unpaid)
    oldest = next((line for line in late if line.left_so_far > allowed), None)
    stopped = list(pauses)

    def days(first: Served | None) -> int:
        """Arrears of a part count from its own first unpaid demand, but not before arrears as a whole do."""
        if oldest is None or first is None:
            return 0
        return counted_days(max(first.counts_from, oldest.counts_from), on, stopped, counting.grace_days)

    past = days(oldest)
    return Standing(
        days_past_due=past,
        principal_days=days(next((line for line in late if line.principal_left), None)),
        interest_days=days(next((line for line in late if line.interest_left), None)),
        oldest_unpaid_seq=oldest.demand.seq if oldest else None,
        oldest_unpaid_due_on=oldest.demand.due_on if oldest else None,
        counts_from=on - timedelta(days=past) if past else None,
        next_due_on=ahead.counts_from if ahead and not off else None,
        overdue_principal=sum(line.principal_left for line in late),
        overdue_interest=sum(line.interest_left for line in late),
        outstanding=0 if off else unpaid,
        written_off=unpaid if off else 0,
        principal_repaid=principal - unpaid,
        interest_repaid=whole - principal - interest_left,
        unallocated=max(0, paid - whole),
    )


def counted_days(since: date, on: date, pauses: Iterable[Pause], grace_days: int) -> int:
    """Calendar days after `since` up to and with `on` that no pause covers; 0 while they are at most `grace_days`."""
    days, reached = max(0, (on - since).days), since + ONE_DAY
    for pause in sorted(pauses, key=lambda p: p.from_on):
        first, last = max(pause.from_on, reached), min(pause.to_on, on + ONE_DAY)
        if last > first:
            days -= (last - first).days
            reached = last
    return days if days > grace_days else 0


def moved(due_on: date, convention: str, works: Callable[[date], bool]) -> date:
    """The day from which a demand due on `due_on` counts. `works` tells a business day.

    following: the next business day. modified_following: the same, but the business day before where the next one lies in
    another month. preceding: the business day before. none: the due date itself. Raises ValueError for another word, and
    when no business day lies within 40 days.
    """
    if convention == NONE or works(due_on):
        return due_on
    if convention == FOLLOWING:
        return _walk(due_on, ONE_DAY, works)
    if convention == PRECEDING:
        return _walk(due_on, -ONE_DAY, works)
    if convention == MODIFIED_FOLLOWING:
        found = _walk(due_on, ONE_DAY, works)
        return found if (found.year, found.month) == (due_on.year, due_on.month) else _walk(due_on, -ONE_DAY, works)
    raise ValueError(f"There is no business-day convention {convention}.")


def _walk(day: date, step: timedelta, works: Callable[[date], bool]) -> date:
    for _ in range(LONGEST_CLOSURE):
        day += step
        if works(day):
            return day
    raise ValueError(f"The calendar has no business day within {LONGEST_CLOSURE} days of {day}.")
