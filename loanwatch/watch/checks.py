"""What the watch looks at: each check gives the alarms that stand, as sentences that say what is wrong and since when."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Max, Min

from borrowers.feeds.board import missing, now_of
from loanwatch.lenders.defaults import SHIPPED
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import LONGEST_GAP, business_days, parameter
from loanwatch.trail.held import waits_for_acceptance
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.queries import CLOSED
from loanwatch.watch.ages import ages

logger = logging.getLogger(__name__)

# Seconds after which silence is a fault: name of the age → (limit, what it means).
LIMITS = {
    "last_tick": (300, "The scheduler was last heard {age} ago; it should tick every 20 seconds."),
    "oldest_open_unit": (3600, "A business day has been at work for {age} and units of it still wait."),
    "oldest_outbox_row": (900, "The oldest message that should have gone out has waited for {age}."),
    "oldest_unsealed_event": (300, "The oldest audit event that is not sealed is {age} old."),
}
WORKER_LIMIT = 300  # seconds without a worker's beat while units wait
RELAY_LIMIT = 300  # seconds without a relay's beat while messages wait


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong. `key` stays the same while it is: by it the watch knows what it has told already."""

    key: str
    sentence: str


def alarms() -> list[Alarm]:
    """Everything that is wrong now. A check that fails is an alarm itself and hides no other one.

    A database that does not answer is told once, whatever was asked of it.
    """
    found: dict[str, Alarm] = {}
    for name, check in CHECKS.items():
        try:
            found |= {alarm.key: alarm for alarm in check()}
        except (DatabaseError, InterfaceError) as reason:
            found.setdefault("database", Alarm("database", f"The database does not answer: {_first_line(reason)}"))
        except Exception as reason:
            logger.exception("the check %s", name)
            found[f"check:{name}"] = Alarm(f"check:{name}", f"The watch could not look at {name}: {type(reason).__name__}: {_first_line(reason)}")
    return list(found.values())


def _first_line(reason: Exception) -> str:
    return (str(reason).strip().splitlines() or ["no answer"])[0]


def _of_ages() -> list[Alarm]:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '30s'")
    found = ages()
    return [*_silent(found), *_stopped(found)]


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
    waits, heard = found["oldest_outbox_row"], found["last_relay"]
    if waits is not None and waits > RELAY_LIMIT and (heard is None or heard > RELAY_LIMIT):
        when = "no relay was ever heard" if heard is None else f"the last relay was heard {duration(heard)} ago"
        made.append(Alarm("last_relay", f"Messages wait and {when}."))
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


def days_to_accept() -> list[Alarm]:
    """An alarm for each lender whose day is done but for what was set aside, which nobody has accepted."""
    return [
        Alarm(
            f"accept:{lender.code}",
            f"The business day {waits[0].business_date} of {lender.code} waits for somebody to accept what was set aside ({len(waits[1])}).",
        )
        for lender in Lender.objects.all()
        if (waits := waits_for_acceptance(lender))
    ]


# What is looked at, by the words in which a failure of the look itself is told.
CHECKS: dict[str, Callable[[], list[Alarm]]] = {
    "what has fallen silent": _of_ages,
    "the days": days_late,
    "days to accept": days_to_accept,
    "the feeds": feeds_missing,
}


def duration(seconds: int) -> str:
    """Seconds in words that a pager shows: 45 s, 12 min, 3 h 05 min, 2 d 4 h."""
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
