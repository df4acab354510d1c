"""When a delivery is due and how one business date of a feed stands. Pure: moments are handed in, nothing asks what time it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

EVERY_DAY, EVERY_MONTH = "business_day", "month"


class Standing(StrEnum):
    """How one business date of a feed stands. In the order in which it wants attention."""

    MISSING = "missing"  # its due time has passed and nothing came
    HELD = "held"  # came, and a person must decide
    REJECTED = "rejected"  # came, could not be used, and nothing better has come before the due time
    LET_GO = "let_go"  # a person lets the day close without it
    LATE = "late"  # applied, after its due time
    AWAITED = "awaited"  # not due yet
    APPLIED = "applied"
    NONE = "none"  # nothing is due for this date


@dataclass(frozen=True)
class Came:
    """The delivery that counts for a date: the applied one, else the newest."""

    state: str  # as of Delivery.State
    at: datetime


def due_at(business_date: date, days_after: int, by_time: time, zone: str) -> datetime:
    """The moment by which the delivery for `business_date` must be here: `by_time` in `zone`, that many calendar days later."""
    return datetime.combine(business_date + timedelta(days=days_after), by_time, ZoneInfo(zone))


def dates_due(every: str, days: Iterable[date]) -> list[date]:
    """Of the business days `days`, those for which a delivery is due: all, or the last one of each month.

    `days` must reach to the end of the month of the last one of interest: what stands last in a month counts as its last.
    """
    ordered = sorted(days)
    if every == EVERY_DAY:
        return ordered
    return [list(month)[-1] for _, month in groupby(ordered, key=lambda d: (d.year, d.month))]


def standing(due: datetime | None, now: datetime, came: Came | None, *, let_go: bool = False) -> Standing:
    """How a date stands at `now`. `due` None: no plan asks for it.

    From the due minute on a delivery that is not here is missing; one that came in that minute is on time. A rejected file is
    as good as none: at its due time the feed is missing.
    """
    if came and came.state == "applied":
        return Standing.LATE if due and came.at > due + timedelta(minutes=1) else Standing.APPLIED
    if let_go:
        return Standing.LET_GO
    if came and came.state in {"held", "received"}:
        return Standing.HELD
    if due is None:
        return Standing.REJECTED if came else Standing.NONE
    if now >= due:
        return Standing.MISSING
    return Standing.REJECTED if came else Standing.AWAITED
