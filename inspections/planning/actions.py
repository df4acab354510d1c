"""Assigning tasks, planning the day, and moving tasks on as the visit moves."""

from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from borrowers.loans import duties
from borrowers.loans.models import Custody
from inspections.planning import rules
from inspections.planning.models import Task
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import BranchReach, Person, Role, RoleHeld
from loanwatch.people.policy import Act
from loanwatch.trail.queries import open_day
from loanwatch.trail.record import record


@transaction.atomic
def assign_task(*, task_id: int, to_person_id: int, by: Access) -> Task:
    """Give a task that nobody has begun to another account manager or field agent of the branch.

    Raises Refused when `by` may not, Conflict when the form is begun or handed in or an agency has it, Task.DoesNotExist when it is
    out of sight.
    """
    task = Task.objects.visible_to(by).select_for_update(of=("self",)).get(pk=task_id)
    by.check(Act.TASK_ASSIGN, task)
    if task.state not in rules.ASSIGNABLE:
        raise Conflict(
            _("%(task)s is already begun or closed and can no longer be given to another person.") % {"task": task}, code="TASK_BEGUN"
        )
    person = assignable_people(task, by.on).filter(pk=to_person_id).first()
    if person is None:
        raise Refused(
            _("An inspection is given to an account manager or field agent who works for the loan's branch today."), code="NOT_ASSIGNABLE"
        )
    try:
        with transaction.atomic():
            give(task, person, by.person)
    except IntegrityError as error:
        raise Conflict(_("%(task)s is ordered from an agency. Withdraw the order first.") % {"task": task}, code="TASK_WITH_AGENCY") from error
    record("task.assigned", by=by, subject=task, to=person.staff_no)
    return task


def give(task: Task, person: Person | None, given_by: Person | None) -> None:
    """A locked task goes to a person. Whoever stood in for somebody has no more part in it: the end of an absence moves it no more."""
    task.assigned_to, task.assigned_by, task.standing_in = person, given_by, None
    task.save(update_fields=["assigned_to", "assigned_by", "standing_in"])


def give_back(task: Task) -> None:
    """A locked task goes to the account manager of the loan; nobody, where it has none."""
    lead = Custody.objects.filter(loan_id=task.loan_id, capacity="lead", to_on__isnull=True).select_related("person").first()
    give(task, lead.person if lead else None, None)


def give_up(task: Task, *, on: date) -> None:
    """A locked task ends undone, with its duty: the form that was begun can't be finished. The plan calls for another inspection."""
    move(rules.MOVES, task, "cancelled")
    task.closed_on = on
    task.save(update_fields=["state", "closed_on"])
    with connection.cursor() as cursor:
        key = {"lender": task.lender_id, "day": open_day(task.lender, on)}
        duties.release(cursor, key, [(task.loan_id, task.bucket, task.kind, task.due_on)])


def assignable_people(task: Task, on: date) -> Any:
    """Account managers and field agents whose role reaches the task's branch on `on`, as a queryset of Person."""
    above = BranchReach.objects.filter(descendant_id=task.branch_id, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    held = RoleHeld.objects.filter(
        role__in=[Role.ACCOUNT_MANAGER, Role.FIELD_AGENT], branch_id__in=above.values("ancestor_id"), from_on__lte=on
    )
    held = held.filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    return Person.objects.filter(pk__in=held.values("person_id")).filter(Q(left_on__isnull=True) | Q(left_on__gt=on))


def start(task: Task) -> None:
    """The form of a locked task is begun, for the first time or after a return."""
    move(rules.MOVES, task, "started")
    task.save(update_fields=["state"])


def hand_in(task: Task, *, on: date, visited_on: date) -> None:
    """The visit of a locked task is submitted on `on`: the duty counts as done on the day of the visit."""
    move(rules.MOVES, task, "submitted")
    task.submitted_on = task.submitted_on or on
    task.save(update_fields=["state", "submitted_on"])
    duties.done(loan_id=task.loan_id, kind=task.kind, due_on=task.due_on, on=visited_on)


def send_back(task: Task) -> None:
    """The visit of a locked task is returned: it is the manager's turn again, and the duty is open again."""
    move(rules.MOVES, task, "returned")
    task.save(update_fields=["state"])
    duties.reopened(loan_id=task.loan_id, kind=task.kind, due_on=task.due_on)


def finish(task: Task, *, on: date) -> None:
    """The visit of a locked task is confirmed on `on`."""
    move(rules.MOVES, task, "done")
    task.closed_on = on
    task.save(update_fields=["state", "closed_on"])

