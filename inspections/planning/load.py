"""How much each person has to inspect, week by week and day by day, against what they can make."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from inspections.planning.load_models import people_below
from inspections.planning.models import Absence, Capacity, Task
from inspections.planning.queries import with_names
from loanwatch.kernel import calendars
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import calendar_kind, closed_days
from loanwatch.people.access import Access
from loanwatch.people.models import Person, Role, RoleHeld

WEEK = 5  # working days that a capacity a week is meant for
VISITING = (Role.ACCOUNT_MANAGER, Role.FIELD_AGENT)


def working_days(lender: Lender, first: date, last: date) -> set[date]:
    """Days from `first` to `last` on which people work: by the lender's national calendar, otherwise Monday to Friday."""
    national = calendar_kind(lender, first) in {calendars.CN, calendars.KR}
    closed = closed_days(lender, first, last) if national else set()
    return {day for day in calendars.days(first, last) if (day not in closed if national else day.weekday() < WEEK)}


def inspectors(access: Access) -> QuerySet[Person, Any]:
    """The people who make inspections, as far as the reader may see: those of the branches below, otherwise the reader alone."""
    below = people_below(access).filter(role__in=VISITING).values("person_id")
    seen = Q(pk__in=below) | Q(pk=access.person.pk) if access.person else Q(pk__in=below)
    held = RoleHeld.objects.filter(role__in=VISITING, from_on__lte=access.on).filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
    return Person.objects.filter(seen, pk__in=held.values("person_id")).filter(Q(left_on__isnull=True) | Q(left_on__gt=access.on)).order_by("name", "pk")


def capacities(person_ids: Iterable[int], on: date) -> dict[int, int]:
    """Inspections a week by person, as set for `on`; whoever has none set is missing. One query."""
    rows = Capacity.objects.filter(person_id__in=list(person_ids), from_on__lte=on).order_by("from_on", "id")
    return dict(rows.values_list("person_id", "per_week"))


@dataclass
class Week:
    """One person's week. `room`: what can be made in it, None when nobody has set a capacity."""

    monday: date
    tasks: list[Task] = field(default_factory=list)
    away: int = 0  # working days
    room: int | None = None

    @property
    def overloaded(self) -> bool:
        return self.room is not None and len(self.tasks) > self.room


@dataclass
class Load:
    person: Person
    per_week: int | None
    weeks: list[Week]

    @property
    def total(self) -> int:
        return sum(len(week.tasks) for week in self.weeks)


def room_of(per_week: int | None, working: int, present: int) -> int | None:
    """What can be made in a week of `working` days of which a person is there for `present`; rounded half up. None without a capacity.

    A week shortened by holidays has less room, and so has one with days away.
    """
    if per_week is None:
        return None
    return (2 * per_week * present + WEEK) // (2 * WEEK) if working else 0


def loads(access: Access, people: list[Person], first: date, last: date) -> list[Load]:
    """Week by week from the Monday of `first` to the Sunday of `last`: open tasks by the day planned or due, against the room.

    A task that is late counts in the week of today. Four queries, whatever the number of people.
    """
    monday, sunday = first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    mondays = [monday + timedelta(days=7 * n) for n in range(((sunday - monday).days + 1) // 7)]
    per_week = capacities([p.pk for p in people], last)
    lender = next((p.lender for p in people if p.lender), None)
    working = working_days(lender, monday, sunday) if lender else set()
    away = _away(people, monday, sunday)
    found: dict[tuple[int | None, date], list[Task]] = defaultdict(list)
    for task in _tasks(access, people, monday, sunday):
        day = max(task.day, access.on) if task.planned_on is None else task.day
        found[(task.assigned_to_id, day - timedelta(days=day.weekday()))].append(task)
    made = []
    for person in people:
        weeks = []
        for start in mondays:
            week = {start + timedelta(days=n) for n in range(7)} & working
            gone = len(week & away[person.pk])
            weeks.append(Week(start, found[(person.pk, start)], gone, room_of(per_week.get(person.pk), len(week), len(week) - gone)))
        made.append(Load(person, per_week.get(person.pk), weeks))
    return made


def _tasks(access: Access, people: list[Person], first: date, last: date) -> QuerySet[Task, Any]:
    found = with_names(Task.objects.visible_to(access).to_do().filter(assigned_to__in=people)).annotate(day=Coalesce("planned_on", "due_on"))
    late = Q(day__lt=access.on) if first <= access.on <= last else Q(pk__in=[])
    return found.filter(Q(day__range=(first, last)) | late).order_by("day", "planned_at", "id")


def _away(people: list[Person], first: date, last: date) -> dict[int, set[date]]:
    found: dict[int, set[date]] = defaultdict(set)
    rows = Absence.objects.counting().filter(person__in=people, from_on__lte=last, to_on__gte=first)
    for person_id, start, end in rows.values_list("person_id", "from_on", "to_on"):
        found[person_id] |= set(calendars.days(max(start, first), min(end, last)))
    return found


def by_day(access: Access, people: list[Person], first: date, last: date) -> dict[date, list[Task]]:
    """Open tasks of these people by the day planned or due."""
    found: dict[date, list[Task]] = defaultdict(list)
    for task in _tasks(access, people, first, last)[:5000]:
        if first <= task.day <= last:
            found[task.day].append(task)
    return found
