"""What the watch looks at: each check gives the alarms that stand, as sentences that say what is wrong and since when."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DatabaseError, connection
from django.db.models import Max, Min

from borrowers.feeds.board import missing, now_of
from loanwatch.lenders.defaults import SHIPPED
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import LONGEST_GAP, business_days, parameter
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.queries import CLOSED
from loanwatch.watch.ages import ages

# Seconds after which silence is a fault: name of the age → (limit, what it means).
LIMITS = {
    "last_tick": (300, "The scheduler was last heard {age} ago; it should tick every 20 seconds."),
    "oldest_open_unit": (3600, "A business day has been at work for {age} and units of it still wait."),
    "oldest_outbox_row": (900, "The oldest message that should have gone out has waited for {age}."),
    "oldest_unsealed_event": (300, "The oldest audit event that is not sealed is {age} old."),
}
WORKER_LIMIT = 300  # seconds without a worker's beat while units wait


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong. `key` stays the same while it is: by it the watch knows what it has told already."""

    key: str
    sentence: str


def alarms() -> list[Alarm]:
    """Everything that is wrong now. A database that does not answer is the one alarm that hides all others."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '30s'")
        found = ages()
        return [*_silent(found), *_stopped(found), *days_late(), *feeds_missing()]
    except DatabaseError as reason:
        said = (str(reason).strip().splitlines() or ["no answer"])[0]
        return [Alarm("database", f"The database does not answer: {said}")]


def _silent(found: dict[str, Any]) -> list[Alarm]:
    made = [
        Alarm(name, words.format(age=duration(found[name]))) for name, (limit, words) in LIMITS.items() if (found[name] or 0) > limit
    ]
    if found["last_tick"] is None:
        made.append(Alarm("last_tick", "The scheduler has never been heard."))
    waits, heard = found["oldest_open_unit"], found["last_worker"]
    if waits is not None and waits > WORKER_LIMIT and (heard is None or heard > WORKER_LIMIT):
        when = "no worker was ever heard" if heard is None else f"the last worker was heard {duration(heard)} ago"
        made.append(Alarm("workers", f"Units of a business day wait and {when}."))
    return made


def _stopped(found: dict[str, Any]) -> list[Alarm]:
    n = found["failed_units"]
    verb = "unit of a business day has" if n == 1 else "units of a business day have"
    made = [Alarm("failed_units", f"{n} {verb} failed for good: the day stays open until somebody decides.")] if n else []
    if found["outbox_uncertain"]:
        n = found["outbox_uncertain"]
        verb = "message is" if n == 1 else "messages are"
        made.append(Alarm("outbox_uncertain", f"{n} {verb} uncertain: somebody must ask whether it arrived, nothing is sent again blindly."))
    return made


def closed_by(lender: Lender, business_date: date) -> datetime:
    """The moment by which `business_date` should be closed, in the lender's zone, by the parameter `day.closed_by`.

    Hours past 23 and minutes past 59 count as the last of the day and the hour.
    """
    try:
        value = parameter(lender, "day.closed_by", business_date)
    except KeyError:  # a lender opened before the parameter was shipped
        value = next(value for key, value, _, _ in SHIPPED if key == "day.closed_by")
    at = time(min(value["hour"], 23), min(value["minute"], 59))
    return datetime.combine(business_date + timedelta(days=value["days_after"]), at, ZoneInfo(lender.zone))


def expected(lender: Lender, now: datetime) -> date | None:
    """The newest business day that should be closed at `now`; None where there is none within the longest gap of a calendar."""
    days = business_days(lender, now.date() - timedelta(days=2 * LONGEST_GAP), now.date())
    return next((day for day in reversed(days) if closed_by(lender, day) <= now), None)


def days_late() -> list[Alarm]:
    """An alarm for each lender whose expected day is not closed. Lenders that close by hand or never began have none."""
    made = []
    for lender in Lender.objects.all():
        now = now_of(lender)
        known = BusinessDay.objects.filter(lender=lender).aggregate(first=Min("business_date"))["first"]
        if known is None or not _closes_by_itself(lender, now.date()):
            continue
        day = expected(lender, now)
        closed = BusinessDay.objects.filter(lender=lender, state__in=CLOSED).aggregate(d=Max("business_date"))["d"]
        if day and day >= known and (closed is None or closed < day):
            last = f"the last one closed is {closed}" if closed else "none was ever closed"
            by = closed_by(lender, day)
            late = f"The business day {day} of {lender.code} should have been closed by {by:%Y-%m-%d %H:%M %Z}; {last}."
            made.append(Alarm(f"day:{lender.code}", late))
    return made


def _closes_by_itself(lender: Lender, on: date) -> bool:
    try:
        return bool(parameter(lender, "day.automatic", on))
    except KeyError:
        return True


def feeds_missing() -> list[Alarm]:
    """An alarm for each feed whose due time has passed."""
    return [
        Alarm(
            f"feed:{lender.code}:{day.format}:{day.on}",
            f"The feed {day.format} of {lender.code} for {day.on} was due {day.due:%Y-%m-%d %H:%M} and has not come.",
        )
        for lender in Lender.objects.all()
        for day in missing(lender, now_of(lender))
    ]


def duration(seconds: int) -> str:
    """Seconds in words that a pager shows: 45 s, 12 min, 3 h 05 min, 2 d 4 h."""
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
