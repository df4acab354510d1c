"""Business days. Pure: the exceptions (holidays, make-up workdays) are handed in from the calendar table."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

DAILY, CN, KR, MONTH_END = "daily", "CN", "KR", "month_end"
KINDS = (DAILY, CN, KR, MONTH_END)


def is_business_day(kind: str, day: date, exceptions: Mapping[date, bool]) -> bool:
    """Whether `day` is a business day of a calendar of `kind`.

    daily: every day. CN, KR: Monday to Friday, unless `exceptions` says otherwise. month_end: the last calendar day
    of each month, for replaying monthly panels.
    """
    if kind == DAILY:
        return True
    if kind == MONTH_END:
        return day == month_end(day)
    return exceptions.get(day, day.weekday() < 5)


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The same day `months` later (earlier when negative), or the month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def days(first: date, last: date) -> Iterator[date]:
    """Every calendar day from `first` to `last`, both included; none when `last` is earlier."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
