"""The numbers in the side bar: how much waits behind an entry, and whether some of it is late or red. One query each."""

from collections.abc import Callable

from django.db.models import Count, Q

from alerts.signals.models import Alert, Level
from inspections.planning.models import Task
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


# URL name of the entry → its count.
COUNTS: dict[str, Callable[[Access], tuple[int, bool]]] = {
    "alerts:list": open_alerts,
    "inspections:tasks": tasks_to_do,
    "visits:today": tasks_to_do,
    "inspections:four_eyes": waiting_for_second_eyes,
}
