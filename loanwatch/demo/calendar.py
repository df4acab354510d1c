"""The demo lender's calendar: month-ends for the older part of the history, every Chinese business day for the last sixty."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

from loanwatch.kernel.calendars import add_months, days, is_business_day, month_end

DAILY_CLOSES = 60
MONTHS = 24


@dataclass(frozen=True)
class Calendar:
    """`start`: the book's first day. `daily_from`: first day of the Chinese calendar. `closes`: all business days, in order."""

    start: date
    daily_from: date
    as_of: date
    closes: tuple[date, ...]

    def known(self, on: date) -> date:
        """The first close on or after `on`: when what happened on `on` is known. Days past the last close keep their own date."""
        place = bisect_left(self.closes, on)
        return self.closes[place] if place < len(self.closes) else on

    def before(self, on: date, closes: int) -> date:
        """The close that lies `closes` closes before the first one on or after `on`."""
        return self.closes[bisect_left(self.closes, on) - closes]


def make(as_of: date, exceptions: dict[date, bool]) -> Calendar:
    """The calendar for a book of 24 months up to `as_of`.

    exceptions: as in `is_business_day`. Raises ValueError with a sentence when `as_of` is no business day.
    """
    if not is_business_day("CN", as_of, exceptions):
        raise ValueError(f"{as_of} is no business day in China: the demo book can only be made for the close of one. Nothing was done.")
    start = add_months(as_of, -MONTHS)
    working = [d for d in days(start, as_of) if is_business_day("CN", d, exceptions)]
    daily = working[-DAILY_CLOSES:]
    ends = [d for d in days(start, daily[0]) if d == month_end(d) and d < daily[0]]
    return Calendar(start, daily[0], as_of, (*ends, *daily))
