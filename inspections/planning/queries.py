"""Tasks for lists, counts for the side bar, and how well the plan is kept."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Least

from inspections.planning.models import Kind, Task
from inspections.planning.route import Place, kilometres, length, ordered
from inspections.planning.rules import TO_DO
from loanwatch.people.access import Access
from loanwatch.people.models import Person

QUALITY_DAYS = 365  # the year before the date is what managers are measured on
MOST_STOPS = 30  # visits of one day that are put in order
SOON = 7  # days ahead that still belong to "this week"


def with_names(tasks: QuerySet[Task, Any]) -> QuerySet[Task, Any]:
    """What a list shows of a task, in one query."""
    return tasks.select_related("loan__product", "borrower", "branch", "assigned_to", "alert__rule")


def my_tasks(access: Access) -> QuerySet[Task, Any]:
    """Open tasks on which it is this person's turn, the one due first on top."""
    return with_names(Task.objects.to_do().filter(assigned_to=access.person) if access.person else Task.objects.none())


def for_loan(access: Access, loan: Any) -> QuerySet[Task, Any]:
    """All tasks of one loan, open ones first, then the newest."""
    return with_names(Task.objects.visible_to(access).filter(loan=loan)).order_by(F("closed_on").desc(nulls_first=True), "due_on", "id")


@dataclass(frozen=True)
class Counts:
    """Open tasks of one person's sight. `late` and `soon` count only tasks on which it is the manager's turn."""

    open: int
    to_do: int
    late: int
    soon: int
    returned: int
    waiting: int
    unassigned: int


def counts_for(access: Access) -> Counts:
    """One query over the open tasks the person may see; late is past due on `access.on`, soon is due within 7 days."""
    turn = Q(state__in=TO_DO)
    found = (
        Task.objects.visible_to(access)
        .open()
        .aggregate(
            open=Count("pk"),
            to_do=Count("pk", filter=turn),
            late=Count("pk", filter=turn & Q(due_on__lt=access.on)),
            soon=Count("pk", filter=turn & Q(due_on__range=(access.on, access.on + timedelta(days=SOON)))),
            returned=Count("pk", filter=Q(state=Task.State.RETURNED)),
            waiting=Count("pk", filter=Q(state=Task.State.SUBMITTED)),
            unassigned=Count("pk", filter=turn & Q(assigned_to__isnull=True)),
        )
    )
    return Counts(**found)


@dataclass(frozen=True)
class Quality:
    """How one manager (None: nobody was assigned) kept the plan in the year up to a date."""

    manager_id: int | None
    manager: str
    due: int  # inspections that were due or handed in
    on_time: int  # handed in on or before the due date
    handed_in: int
    verified: int  # confirmed by a second person
    late_open: int  # past due and not handed in

    @property
    def on_time_share(self) -> float | None:
        return self.on_time / self.due if self.due else None

    @property
    def verified_share(self) -> float | None:
        return self.verified / self.handed_in if self.handed_in else None


def quality(access: Access, as_of: date) -> list[Quality]:
    """Per manager, worst backlog first: inspections due or handed in during the 365 days up to `as_of`, cancelled ones left out.

    One grouped query over the tasks the person may see; only what had happened by `as_of` counts.
    """
    in_year = Task.objects.visible_to(access).exclude(state=Task.State.CANCELLED).annotate(reckoned_on=Least("due_on", "submitted_on"))
    handed_in = Q(submitted_on__lte=as_of)
    rows = (
        in_year.filter(reckoned_on__gt=as_of - timedelta(days=QUALITY_DAYS), reckoned_on__lte=as_of)
        .values("assigned_to_id", "assigned_to__name")
        .annotate(
            due=Count("pk"),
            on_time=Count("pk", filter=handed_in & Q(submitted_on__lte=F("due_on"))),
            handed_in=Count("pk", filter=handed_in),
            verified=Count("pk", filter=Q(state=Task.State.DONE, closed_on__lte=as_of)),
            late_open=Count("pk", filter=Q(due_on__lt=as_of) & ~handed_in),
        )
        .order_by("-late_open", "assigned_to__name")
    )
    return [
        Quality(r["assigned_to_id"], r["assigned_to__name"] or "", r["due"], r["on_time"], r["handed_in"], r["verified"], r["late_open"])
        for r in rows
    ]


@dataclass(frozen=True)
class Stop:
    """One visit of a day: its task, the hour agreed if any, and the kilometres from the stop before (None: not known)."""

    task: Task
    planned_at: time | None
    kilometres: float | None


@dataclass(frozen=True)
class Route:
    """The visits of a person on a day in the order to make them. `kilometres` as the crow flies, to one decimal."""

    stops: list[Stop]
    kilometres: float
    without_place: int


def route_of(person: Person, day: date) -> Route:
    """The visits that a person makes on `day`: those planned for it, and those begun, returned or due by then that are not planned otherwise.

    At most 30, the planned ones first. Off-site checks need no way. The order is that of `route.ordered`.
    """
    mine = with_names(Task.objects.to_do().filter(assigned_to=person)).exclude(kind=Kind.OFF_SITE)
    here = Q(planned_on=day) | Q(planned_on__isnull=True) & (Q(due_on__lte=day) | Q(state__in=[Task.State.STARTED, Task.State.RETURNED]))
    found = list(mine.filter(here).order_by(F("planned_on").asc(nulls_last=True), "due_on", "id")[:MOST_STOPS])
    by_id = {task.pk: task for task in found}
    places = ordered([_place(task) for task in found])
    stops = [
        Stop(by_id[p.key], p.at, round(kilometres(places[n - 1], p), 1) if n and p.known and places[n - 1].known else None) for n, p in enumerate(places)
    ]
    return Route(stops, round(length(places), 1), sum(not p.known for p in places))


def _place(task: Task) -> Place:
    latitude, longitude = task.borrower.latitude, task.borrower.longitude
    if latitude is None or longitude is None:
        return Place(task.pk, None, None, task.planned_at)
    return Place(task.pk, float(latitude), float(longitude), task.planned_at)
