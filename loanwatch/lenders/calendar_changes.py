"""Changes of the national calendars, proposed by one and approved by another credit administrator.

A national calendar serves every lender of the installation that keeps it. A change says of days that they become a holiday
or a workday, or go back to Monday-to-Friday; once approved it is written to the table in the same transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from loanwatch.kernel import calendars
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import CalendarChange, DayException, Lender, LenderCalendar
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.record import record

NATIONAL = (calendars.CN, calendars.KR)


@dataclass(frozen=True)
class Day:
    """What a day becomes. is_business None: what its weekday says, Monday to Friday."""

    on: date
    is_business: bool | None
    name: str = ""

    @property
    def works(self) -> bool:
        """Whether it is a business day once the change is applied."""
        return self.on.weekday() < 5 if self.is_business is None else self.is_business

    def stored(self) -> dict[str, Any]:
        return {"on": self.on.isoformat(), "is_business": self.is_business, "name": self.name}


@dataclass(frozen=True)
class MovedDate:
    """A due date that counts from another day after the change: how many open demands, of which loans (a sample of numbers)."""

    product: str
    due_on: date
    was: date
    becomes: date
    demands: int
    sample: Sequence[str]


@dataclass(frozen=True)
class Moves:
    """What a change moves for one lender."""

    demands: int = 0
    loans: int = 0
    lines: Sequence[MovedDate] = field(default_factory=tuple)


def _no_moves(lender: Lender, calendar: str, days: Mapping[date, bool]) -> Moves:
    return Moves()


# Who knows of due dates lies downstream and puts itself here (see borrowers.apps): lender, calendar, day → whether it works.
ASKED: list[Callable[[Lender, str, Mapping[date, bool]], Moves]] = [_no_moves]


def moves(lender: Lender, change: CalendarChange) -> Moves:
    """Which due dates of open demands a change moves for `lender`."""
    return ASKED[-1](lender, change.calendar, {day.on: day.works for day in days_of(change)})


def days_of(change: CalendarChange) -> list[Day]:
    """The days of a change, in order."""
    return sorted((Day(date.fromisoformat(d["on"]), d["is_business"], d.get("name", "")) for d in change.days), key=lambda d: d.on)


def last_taken(calendar: str) -> date | None:
    """The newest business date that any lender on this calendar has closed, is closing or has on its list; no earlier day may change."""
    keepers = LenderCalendar.objects.filter(kind=calendar).values("lender_id")
    found: date | None = BusinessDay.objects.filter(lender__in=keepers).aggregate(d=Max("business_date"))["d"]
    return found


def require_open(calendar: str, days: Sequence[Day]) -> None:
    """Raises Conflict when a day is not after every business date that was closed by this calendar."""
    taken = last_taken(calendar)
    if taken is not None and (past := [d.on for d in days if d.on <= taken]):
        raise Conflict(
            _("%(day)s can't change any more: business days up to %(taken)s are closed.") % {"day": min(past), "taken": taken}, code="DAY_CLOSED"
        )


@transaction.atomic
def propose(*, by: Access, calendar: str, days: Sequence[Day], source: str) -> CalendarChange:
    """A change that counts once another person has approved it. Raises Conflict for days that are closed, or while another waits."""
    by.check(Act.CALENDAR_PROPOSE)
    require_open(calendar, days)
    if waiting(calendar).exists():
        raise Conflict(_("A change of this calendar waits for approval already; decide it first."), code="CHANGE_WAITS")
    made = CalendarChange.objects.create(
        calendar=calendar, days=[d.stored() for d in days], source=source, proposed_by=by.person.staff_no if by.person else ""
    )
    record("calendar.proposed", by=by, subject=made, calendar=calendar, days=made.days, source=source)
    return made


@transaction.atomic
def approve(*, by: Access, change: CalendarChange) -> None:
    """Write the days. Raises Refused for the proposer, Conflict when it was decided or a day was closed meanwhile."""
    found = _undecided(change)
    by.check(Act.CALENDAR_APPROVE, found)
    days = days_of(found)
    require_open(found.calendar, days)
    before = {e.on: e for e in DayException.objects.filter(calendar=found.calendar, on__in=[d.on for d in days])}
    found.approved_by, found.decided_at = by.person.staff_no if by.person else "", timezone.now()
    found.save(update_fields=["approved_by", "decided_at"])
    DayException.objects.filter(calendar=found.calendar, on__in=[d.on for d in days if d.is_business is None]).delete()
    DayException.objects.bulk_create(
        [
            DayException(calendar=found.calendar, on=d.on, is_business=d.is_business, name=d.name[:120], source=found.source[:120])
            for d in days
            if d.is_business is not None
        ],
        update_conflicts=True,
        unique_fields=["calendar", "on"],
        update_fields=["is_business", "name", "source"],
    )
    was = {on.isoformat(): {"is_business": e.is_business, "name": e.name} for on, e in before.items()}
    record("calendar.approved", by=by, subject=found, calendar=found.calendar, days=found.days, before=was)


@transaction.atomic
def reject(*, by: Access, change: CalendarChange, reason: str) -> None:
    """Decline a change, or take one's own back, with a reason. Nothing is written to the table."""
    found = _undecided(change)
    by.check(Act.CALENDAR_PROPOSE)
    found.rejected, found.reason, found.decided_at = True, reason, timezone.now()
    found.save(update_fields=["rejected", "reason", "decided_at"])
    record("calendar.rejected", by=by, subject=found, calendar=found.calendar, days=found.days, reason=reason)


def waiting(calendar: str) -> Any:
    """Changes that nobody has decided yet, the oldest first."""
    return CalendarChange.objects.filter(calendar=calendar, decided_at__isnull=True).order_by("pk")


def _undecided(change: CalendarChange) -> CalendarChange:
    found = CalendarChange.objects.select_for_update().get(pk=change.pk)
    if found.decided_at is not None:
        raise Conflict(_("This change was decided meanwhile."), code="CHANGE_DECIDED")
    return found
