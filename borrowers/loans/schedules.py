"""Repayment schedules from what was agreed: due dates, principal and interest of every demand. Pure.

- Money is rounded half up to what people write in the currency (no decimals for won and yen); principal adds up to the
  amount exactly, the last demand takes the remainder, and no part of a demand is ever negative.
- Interest of a demand is what the balance bears from the due date before it (or from `starts_on`) to its own due date. Under
  30/360 a period of whole months between contractual due dates counts as those months; a broken period, and one in which the
  rate changes, counts its days. Under ACT/360 and ACT/365 the days always count.
- Equal instalments are found for the periods as they are, so a broken first period does not make the first one differ.
  Where a first period is so long that its interest exceeds the instalment, the demand is that interest and no principal.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from loanwatch.kernel.calendars import add_months, month_end
from loanwatch.kernel.daycounts import THIRTY_360, year_fraction
from loanwatch.kernel.money import rounded

EQUAL_INSTALMENT, EQUAL_PRINCIPAL, INTEREST_ONLY, CUSTOM = "equal_instalment", "equal_principal", "interest_only", "custom"
METHODS = (EQUAL_INSTALMENT, EQUAL_PRINCIPAL, INTEREST_ONLY, CUSTOM)
AT_MATURITY = 0  # `every_months` of a loan with a single demand
MONTH_END = 31  # `due_day` of demands that fall due on the last day of each month
MOST_DEMANDS = 1200  # a hundred years of months
PRECISION = 60  # digits of the intermediate results; money has at most 20

ZERO = Decimal(0)


class NotAPlan(ValueError):
    """What was agreed makes no schedule. `code` is one of the codes named below; the message is English and for programs."""

    def __init__(self, code: str, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.code, self.row = code, row


@dataclass(frozen=True)
class Demand:
    """One demand of a schedule, in the currency of the loan."""

    seq: int
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True)
class Agreed:
    """What lender and borrower agreed on.

    amount: principal that the schedule repays. rates: (from date, % a year) in order; the first counts from the beginning
    whatever its date. starts_on: interest runs from this day. first_due_on: the first contractual due date. due_day: day of
    the month of the following ones, 31 for month-ends, None for that of the first or of the start. every_months: months from one due date
    to the next, 0 for a single demand at maturity. matures_on: the last due date; it may break the last period.
    """

    amount: Decimal
    currency: str
    method: str
    rates: tuple[tuple[date, Decimal], ...]
    starts_on: date
    matures_on: date
    first_due_on: date | None = None
    every_months: int = 1
    due_day: int | None = None
    day_count: str = THIRTY_360

    @property
    def anchor(self) -> int:
        """The day of the month on which demands fall due: as agreed, else that of the first due date, else of the start."""
        return self.due_day or (self.first_due_on or self.starts_on).day


@dataclass(frozen=True)
class OwnRow:
    """One row of a schedule that people made themselves. interest None: what the balance bears."""

    due_on: date
    principal: Decimal
    interest: Decimal | None = None
    fee: Decimal = ZERO


def on_day(year_month: date, due_day: int) -> date:
    """The `due_day` in the month of `year_month`, or the month's last day where it is shorter."""
    last = month_end(year_month)
    return last.replace(day=min(due_day, last.day))


def first_due(starts_on: date, due_day: int, every_months: int) -> date:
    """The due day in the month that lies `every_months` after the start: never before a day has passed."""
    return on_day(add_months(starts_on.replace(day=1), max(every_months, 1)), due_day)


def due_dates(agreed: Agreed) -> list[date]:
    """The contractual due dates in order; the last one is the maturity. Raises NotAPlan."""
    if agreed.matures_on <= agreed.starts_on:
        raise NotAPlan("MATURES_TOO_EARLY", "The loan matures before interest begins.")
    if agreed.every_months == AT_MATURITY:
        return [agreed.matures_on]
    first = agreed.first_due_on or first_due(agreed.starts_on, agreed.anchor, agreed.every_months)
    if first <= agreed.starts_on:
        raise NotAPlan("FIRST_DUE_TOO_EARLY", "The first due date is not after the day from which interest runs.")
    found: list[date] = []
    due = first
    while due < agreed.matures_on:
        found.append(due)
        if len(found) >= MOST_DEMANDS:
            raise NotAPlan("TOO_MANY", f"A schedule has at most {MOST_DEMANDS} demands.")
        due = on_day(add_months(first.replace(day=1), agreed.every_months * len(found)), agreed.anchor)
    return [*found, agreed.matures_on]


def demands(agreed: Agreed, *, moved: Callable[[date], date] | None = None, first_seq: int = 1) -> list[Demand]:
    """The schedule that `agreed` makes, in order of due dates.

    `moved` gives the day to which the contract moves a due date (a holiday's next business day); where two would meet they
    become one. Without it the dates stay as agreed. Raises NotAPlan.
    """
    if agreed.amount <= 0 or rounded(agreed.amount, agreed.currency) != agreed.amount:
        raise NotAPlan("AMOUNT", "The amount must be positive and have no more decimals than the currency.")
    if agreed.method not in METHODS or agreed.method == CUSTOM:
        raise NotAPlan("METHOD", f"{agreed.method} makes no schedule by itself.")
    contractual = due_dates(agreed)
    shares = _period_shares(agreed, contractual)
    if moved is not None:
        contractual, shares = _moved(agreed, contractual, moved)
    principals = {EQUAL_INSTALMENT: _equal_instalment, EQUAL_PRINCIPAL: _equal_principal, INTEREST_ONLY: _balloon}[agreed.method]
    return [Demand(seq, due, p, i) for seq, (due, (p, i)) in enumerate(zip(contractual, principals(agreed, shares), strict=True), first_seq)]


def custom_demands(agreed: Agreed, rows: Sequence[OwnRow], *, first_seq: int = 1) -> list[Demand]:
    """A schedule of rows made by people, with the interest they left out. Raises NotAPlan naming the row (from 1).

    Dates rise, nothing is negative or finer than the currency, principal adds up to the amount.
    """
    if not rows:
        raise NotAPlan("NO_ROWS", "A schedule needs at least one row.")
    balance, before, found = agreed.amount, agreed.starts_on, []
    for place, row in enumerate(rows, 1):
        if row.due_on <= before:
            raise NotAPlan("DATES_DO_NOT_RISE", f"Row {place} is not after the one before.", place)
        share = _share(agreed, before, row.due_on, _whole_months(agreed, before, row.due_on))
        interest = _times(balance, share, agreed.currency) if row.interest is None else row.interest
        parts = (row.principal, interest, row.fee)
        if any(part < 0 or rounded(part, agreed.currency) != part for part in parts) or row.principal > balance:
            raise NotAPlan("PARTS", f"Row {place} is negative, finer than the currency, or more than what is owed.", place)
        found.append(Demand(first_seq + place - 1, row.due_on, *parts))
        balance, before = balance - row.principal, row.due_on
    if balance:
        raise NotAPlan("DOES_NOT_ADD_UP", f"Principal of the rows leaves {balance} of the amount.")
    return found


def already_due(plan: Iterable[Demand], on: date) -> list[Demand]:
    """The demands of a plan that fell due on `on` or before: a new version repeats them unchanged."""
    return [demand for demand in plan if demand.due_on <= on]


# The parts of a period ----------------------------------------------------------------------------------------------------


def _share(agreed: Agreed, start: date, end: date, months: int = 0) -> Fraction:
    """What one unit of balance bears from `start` to before `end`; `months`, if not 0, are counted instead of days."""
    rates = agreed.rates or ((agreed.starts_on, ZERO),)
    inside = [on for on, _ in rates[1:] if start < on < end]
    if months and not inside:
        return Fraction(_rate_on(rates, start)) * months / 1200
    edges = [start, *inside, end]
    return sum((Fraction(_rate_on(rates, a)) * year_fraction(agreed.day_count, a, b) / 100 for a, b in pairwise(edges)), Fraction(0))


def _rate_on(rates: Sequence[tuple[date, Decimal]], on: date) -> Decimal:
    return next((rate for start, rate in reversed(rates) if start <= on), rates[0][1])


def _whole_months(agreed: Agreed, start: date, end: date) -> int:
    """Months of a regular period under 30/360: a broken one, and any under another day count, has none."""
    if agreed.day_count != THIRTY_360:
        return 0
    months = 12 * (end.year - start.year) + end.month - start.month
    regular = all(day == on_day(day, agreed.anchor) for day in (start, end))
    return months if months > 0 and regular else 0


def _period_shares(agreed: Agreed, dates: Sequence[date]) -> list[Fraction]:
    return [_share(agreed, a, b, _whole_months(agreed, a, b)) for a, b in pairwise([agreed.starts_on, *dates])]


def _moved(agreed: Agreed, dates: Sequence[date], moved: Callable[[date], date]) -> tuple[list[date], list[Fraction]]:
    """Due dates where the contract moves them, with the interest of the periods that result. None moves before the start."""
    found = sorted({due for due in map(moved, dates) if due > agreed.starts_on}) or [dates[-1]]
    stayed = dict(zip(dates, _period_shares(agreed, dates), strict=True))
    befores = dict(zip(dates, [agreed.starts_on, *dates[:-1]], strict=True))
    shares = []
    for before, due in pairwise([agreed.starts_on, *found]):
        same = befores.get(due) == before
        shares.append(stayed[due] if same else _share(agreed, before, due))
    return found, shares


def _times(balance: Decimal, share: Fraction, currency: str) -> Decimal:
    """Interest on `balance`, exact until it is rounded half up."""
    with localcontext(prec=PRECISION, rounding=ROUND_HALF_UP):
        return rounded(balance * share.numerator / share.denominator, currency)


# The methods --------------------------------------------------------------------------------------------------------------


def _equal_instalment(agreed: Agreed, shares: Sequence[Fraction]) -> list[tuple[Decimal, Decimal]]:
    level = _level(agreed, shares)
    balance, found = agreed.amount, []
    for place, share in enumerate(shares, 1):
        interest = _times(balance, share, agreed.currency)
        principal = balance if place == len(shares) else min(balance, max(ZERO, level - interest))
        balance -= principal
        found.append((principal, interest))
    return found


def _level(agreed: Agreed, shares: Sequence[Fraction]) -> Decimal:
    """The instalment that repays the amount over periods with these shares, rounded."""
    with localcontext(prec=PRECISION, rounding=ROUND_HALF_UP):
        factor, worth = Decimal(1), ZERO
        for share in shares:
            factor /= 1 + Decimal(share.numerator) / share.denominator
            worth += factor
        return rounded(agreed.amount / worth, agreed.currency)


def _equal_principal(agreed: Agreed, shares: Sequence[Fraction]) -> list[tuple[Decimal, Decimal]]:
    part = rounded(agreed.amount / len(shares), agreed.currency)
    balance, found = agreed.amount, []
    for place, share in enumerate(shares, 1):
        principal = balance if place == len(shares) else min(balance, part)
        found.append((principal, _times(balance, share, agreed.currency)))
        balance -= principal
    return found


def _balloon(agreed: Agreed, shares: Sequence[Fraction]) -> list[tuple[Decimal, Decimal]]:
    last = len(shares) - 1
    return [(agreed.amount if place == last else ZERO, _times(agreed.amount, share, agreed.currency)) for place, share in enumerate(shares)]
