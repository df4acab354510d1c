"""The numbers in the side bar: how much waits behind an entry, and whether some of it is late or red. One query each."""

from collections.abc import Callable

from django.db.models import Count, Q

from alerts.signals.models import Alert, Level
from inspections.planning.models import Postponement, Task
from inspections.planning.plans import unread_by
from inspections.visits.models import Visit
from loanwatch.people.access import Access
from loanwatch.people.models import Role


def open_alerts(access: Access) -> tuple[int, bool]:
    """Alerts the reader has open; red when one of them is."""
    found = Alert.objects.visible_to(access).open().aggregate(all=Count("pk"), red=Count("pk", filter=Q(level=Level.RED)))
    return found["all"], bool(found["red"])


def tasks_to_do(access: Access) -> tuple[int, bool]:
    """Inspections that wait for the manager: the reader's own, for others those of their branches; red when one is overdue."""
    tasks = Task.objects.visible_to(access).to_do()
    if access.has(Role.ACCOUNT_MANAGER, Role.FIELD_AGENT):
        tasks = tasks.filter(assigned_to=access.person)
    found = tasks.aggregate(all=Count("pk"), late=Count("pk", filter=Q(due_on__lt=access.on)))
    return found["all"], bool(found["late"])


def waiting_for_second_eyes(access: Access) -> tuple[int, bool]:
    """Submitted inspections that the reader could verify: not those the reader recorded."""
    return Visit.objects.visible_to(access).filter(state=Visit.State.SUBMITTED).exclude(recorded_by=access.person).count(), False


def plan_to_read(access: Access) -> tuple[int, bool]:
    """1 while the reader has a new version of the inspection plan to read; red from its first day on."""
    version = unread_by(access.person, access.on)
    return (0, False) if version is None else (1, version.valid_from is not None and version.valid_from <= access.on)


def asked_to_postpone(access: Access) -> tuple[int, bool]:
    """Postponements that the reader could decide: not those the reader asked for."""
    waiting = Postponement.objects.visible_to(access).filter(state=Postponement.State.ASKED)
    return (waiting.exclude(asked_by=access.person).count() if access.has(Role.BRANCH_HEAD, Role.RISK_OFFICER) else 0), False


# URL name of the entry → its count.
COUNTS: dict[str, Callable[[Access], tuple[int, bool]]] = {
    "alerts:list": open_alerts,
    "inspections:tasks": tasks_to_do,
    "visits:today": tasks_to_do,
    "planning:plans": plan_to_read,
    "planning:postponements": asked_to_postpone,
    "inspections:four_eyes": waiting_for_second_eyes,
}
