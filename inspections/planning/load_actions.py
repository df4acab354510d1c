"""Capacity, absence with a substitute, the hour of a visit, and postponing: what people agree about who goes when."""

from datetime import date, time
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from borrowers.conduct.actions import note_act
from borrowers.loans import duties
from inspections.planning import rules
from inspections.planning.load_models import people_below, reaches
from inspections.planning.models import Absence, Capacity, Kind, Postponement, Task
from inspections.planning.plans import plan_in_force
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import closed_days
from loanwatch.people.access import Access
from loanwatch.people.models import Person, Role, RoleHeld
from loanwatch.people.policy import Act
from loanwatch.trail.queries import open_day
from loanwatch.trail.record import record

VISITING = [Role.ACCOUNT_MANAGER.value, Role.FIELD_AGENT.value]
VERIFYING = [Role.RISK_OFFICER.value]


def _self(by: Access) -> Person:
    if by.person is None:
        raise Refused(_("This is done by people of the lender."), code="NO_PERSON")
    return by.person


@transaction.atomic
def set_capacity(*, by: Access, person_id: int, per_week: int, from_on: date) -> Capacity:
    """Inspections a week that a person of an own branch can make from a date on. Raises Refused, or Person.DoesNotExist out of sight."""
    by.check(Act.CAPACITY_KEEP)
    person = Person.objects.filter(pk__in=people_below(by).values("person_id")).get(pk=person_id)
    made = Capacity.objects.create(person=person, per_week=per_week, from_on=from_on, set_by=_self(by))
    record("capacity.set", by=by, subject=made, person=person.staff_no, per_week=per_week, from_on=from_on.isoformat())
    return made


# Absence ---------------------------------------------------------------------------------------------------------------------


def _lender(person: Person) -> Lender:
    if person.lender is None:
        raise Refused(_("This is done by people of the lender."), code="NO_LENDER")
    return person.lender


def _keeps(by: Access, person: Person) -> bool:
    if by.person is not None and by.person.pk == person.pk:
        return True
    return by.has(Role.BRANCH_HEAD) and people_below(by).filter(person=person).exists()


@transaction.atomic
def enter_absence(*, by: Access, person: Person, from_on: date, to_on: date, reason: str, substitute: Person | None) -> Absence:
    """A person is away; whoever stands in gets the inspections not begun that fall due meanwhile, and those opened later.

    Raises Refused for the absence of somebody else's people and for a substitute who may not, Conflict for days that are past
    or taken by another absence.
    """
    by.check(Act.ABSENCE_KEEP)
    if not _keeps(by, person):
        raise Refused(_("Absences are entered by the person concerned or by the branch head."), code="NOT_YOUR_PEOPLE")
    if to_on < from_on or to_on < by.on:
        raise Conflict(_("An absence ends on or after its first day, and not in the past."), code="ABSENCE_DAYS")
    if Absence.objects.counting().filter(person=person, from_on__lte=to_on, to_on__gte=from_on).exists():
        raise Conflict(_("%(person)s is away on some of these days already.") % {"person": person}, code="ABSENCE_OVERLAPS")
    if (other := Absence.objects.counting().filter(substitute=person, from_on__lte=to_on, to_on__gte=from_on).first()) is not None:
        raise Conflict(
            _("%(person)s stands in for %(other)s on some of these days. Give %(other)s another substitute first.")
            % {"person": person, "other": other.person},
            code="ABSENCE_OF_SUBSTITUTE",
        )
    if substitute is not None:
        require_substitute(person, substitute, from_on, to_on)
    try:
        with transaction.atomic():
            made = Absence.objects.create(
                lender=_lender(person), person=person, from_on=from_on, to_on=to_on, reason=reason, substitute=substitute, entered_by=_self(by)
            )
    except IntegrityError as error:
        raise Conflict(_("%(person)s is away on some of these days already.") % {"person": person}, code="ABSENCE_OVERLAPS") from error
    moved = _hand_over(made) if substitute else []
    record(
        "absence.entered", by=by, subject=made, person=person.staff_no, from_on=from_on.isoformat(), to_on=to_on.isoformat(),
        substitute=substitute.staff_no if substitute else "", tasks=moved,
    )  # fmt: skip
    return made


def _own_tasks(person: Person, first: date, last: date) -> QuerySet[Task, Any]:
    """Tasks of a person that nobody has begun and that fall due in a time."""
    return Task.objects.filter(assigned_to=person, state__in=rules.ASSIGNABLE, due_on__range=(first, last))


def _hand_over(absence: Absence) -> list[str]:
    tasks = list(_own_tasks(absence.person, absence.from_on, absence.to_on).select_for_update())
    Task.objects.filter(pk__in=[t.pk for t in tasks]).update(assigned_to=absence.substitute, standing_in=absence)
    return [task.number for task in tasks]


def require_substitute(person: Person, substitute: Person, first: date, last: date) -> None:
    """Raises Refused with the sentence why `substitute` can't stand in for `person` from `first` to `last`."""
    if person.pk == substitute.pk:
        raise Refused(_("Nobody stands in for themselves."), code="SUBSTITUTE_SELF")
    names = {"substitute": substitute, "person": person}
    tasks = list(_own_tasks(person, first, last).only("branch_id", "kind", "loan_id"))
    held = RoleHeld.objects.filter(person=person, from_on__lte=last, branch__isnull=False).exclude(to_on__lte=first)
    roles = set(held.values_list("role", flat=True))
    verifies = Role.RISK_OFFICER.value in roles
    # An agency's visit stays within the agency, and the bank's own with the bank's account managers.
    wanted = VERIFYING if verifies else [role for role in VISITING if role in roles] or VISITING
    branches = {t.branch_id for t in tasks} | set(held.filter(role__in=wanted).values_list("branch_id", flat=True))
    if substitute.agency != person.agency:
        raise Refused(_("%(substitute)s does not work for the same house as %(person)s. What one has does not go to another agency.") % names, code="SUBSTITUTE_AGENCY")
    if substitute.lender_id != person.lender_id or (substitute.left_on and substitute.left_on <= last) or not reaches(substitute.pk, wanted, branches, first, last):
        raise Refused(_("%(substitute)s does not hold the role of %(person)s in the same branches on all of these days.") % names, code="SUBSTITUTE_ROLE")
    until = substitute.certificate_until
    if (until is not None and until < last) or (until is None and person.certificate_until is not None):
        raise Refused(_("%(substitute)s has no certificate that is valid until the end of the absence.") % names, code="SUBSTITUTE_CERTIFICATE")
    if Absence.objects.counting().filter(person=substitute, from_on__lte=last, to_on__gte=first).exists():
        raise Refused(_("%(substitute)s is away on some of these days too.") % names, code="SUBSTITUTE_AWAY")
    if _own_verifier(substitute, tasks, branches, verifies=verifies, first=first, last=last):
        raise Refused(_("%(substitute)s would verify own work: who inspects a loan does not verify it.") % names, code="SUBSTITUTE_VERIFIER")


def _own_verifier(substitute: Person, tasks: list[Task], branches: set[int], *, verifies: bool, first: date, last: date) -> bool:
    if not verifies:
        return any(reaches(substitute.pk, VERIFYING, {branch}, day, day) for branch in branches for day in (first, last))
    loans = {task.loan_id for task in tasks if task.kind == Kind.VERIFY}
    return Task.objects.filter(loan_id__in=loans, assigned_to=substitute).exclude(kind=Kind.VERIFY).exclude(state="cancelled").exists()


@transaction.atomic
def cancel_absence(*, by: Access, absence_id: int) -> Absence:
    """The person is not away after all; tasks that are still the substitute's and not begun go back. Raises Conflict when it is cancelled already."""
    found = Absence.objects.visible_to(by).select_for_update(of=("self",)).get(pk=absence_id)
    by.check(Act.ABSENCE_KEEP)
    if not _keeps(by, found.person):
        raise Refused(_("Absences are entered by the person concerned or by the branch head."), code="NOT_YOUR_PEOPLE")
    if found.cancelled_on is not None:
        raise Conflict(_("This absence is cancelled already."), code="ABSENCE_CANCELLED")
    back = list(Task.objects.select_for_update().filter(standing_in=found, assigned_to=found.substitute, state__in=rules.ASSIGNABLE))
    Task.objects.filter(pk__in=[t.pk for t in back]).update(assigned_to=found.person, standing_in=None)
    found.cancelled_on, found.cancelled_by = by.on, by.person
    found.save(update_fields=["cancelled_on", "cancelled_by"])
    record("absence.cancelled", by=by, subject=found, person=found.person.staff_no, tasks=[task.number for task in back])
    return found


# The day of a visit ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan_visit(*, by: Access, task_id: int, on: date | None, at: time | None) -> Task:
    """When the assigned person means to go: a day, with an hour or without; no day takes the plan back.

    Raises Conflict for a task that is handed in or closed, and for a day that is past.
    """
    task = Task.objects.visible_to(by).select_for_update(of=("self",)).get(pk=task_id)
    by.check(Act.VISIT_RECORD, task)
    if task.state not in rules.TO_DO:
        raise Conflict(_("%(task)s is handed in or closed.") % {"task": task}, code="TASK_CLOSED")
    if on is not None and on < by.on:
        raise Conflict(_("A visit can't be planned for a day that is past."), code="DAY_PAST")
    task.planned_on, task.planned_at = on, at if on else None
    task.save(update_fields=["planned_on", "planned_at"])
    record("task.planned", by=by, subject=task, on=on.isoformat() if on else "", at=at.isoformat("minutes") if on and at else "")
    return task


# Postponing ------------------------------------------------------------------------------------------------------------------


def _require_within_limits(task: Task, to_day: date, on: date) -> None:
    agreed = list(task.postponements.filter(state=Postponement.State.AGREED).order_by("pk").values_list("from_day", flat=True))
    plan = plan_in_force(task.lender, on)
    times, days = (plan.postpone_times, plan.postpone_days) if plan else (0, 0)
    passed = rules.may_postpone(agreed_before=len(agreed), first_due_on=agreed[0] if agreed else task.due_on, to_day=to_day, times=times, days=days)
    if passed == "times":
        raise Conflict(_("%(task)s was postponed %(times)s times: the plan allows no more.") % {"task": task, "times": len(agreed)}, code="POSTPONED_TOO_OFTEN")
    if passed == "days":
        raise Conflict(
            _("The plan allows %(days)s days from the day on which %(task)s was first due.") % {"task": task, "days": days}, code="POSTPONED_TOO_FAR"
        )


def _require_day(task: Task, to_day: date) -> None:
    if to_day <= task.due_on:
        raise Conflict(_("%(task)s is due on %(day)s: postpone it to a later day.") % {"task": task, "day": task.due_on}, code="NOT_LATER")
    if to_day in closed_days(task.lender, to_day, to_day):
        raise Conflict(_("%(day)s is a holiday of the lender.") % {"day": to_day}, code="HOLIDAY")
    if task.kind == Kind.MATURITY and task.called_on is not None and to_day >= task.called_on:
        raise Conflict(_("An inspection before maturity is made before the loan matures on %(day)s.") % {"day": task.called_on}, code="AFTER_MATURITY")


@transaction.atomic
def ask_postponement(*, by: Access, task_id: int, to_day: date, cause: str, reason: str) -> Postponement:
    """The assigned account manager asks for a later day. Raises Refused for others, Conflict past the limits of the plan in force."""
    task = Task.objects.visible_to(by).select_for_update(of=("self",)).select_related("lender").get(pk=task_id)
    by.check(Act.TASK_POSTPONE, task)
    if task.state not in rules.TO_DO:
        raise Conflict(_("%(task)s is handed in or closed.") % {"task": task}, code="TASK_CLOSED")
    if not reason.strip():
        raise Conflict(_("Say why the inspection should be postponed."), code="REASON_MISSING")
    if task.postponements.filter(state=Postponement.State.ASKED).exists():
        raise Conflict(_("That %(task)s be postponed is asked already.") % {"task": task}, code="POSTPONEMENT_WAITS")
    _require_day(task, to_day)
    _require_within_limits(task, to_day, by.on)
    made = Postponement.objects.create(
        task=task, cause=cause, reason=reason.strip(), from_day=task.due_on, to_day=to_day, asked_by=_self(by), asked_on=by.on
    )
    record("postponement.asked", by=by, subject=made, task=task.number, to_day=to_day.isoformat(), cause=cause, reason=made.reason)
    return made


@transaction.atomic
def decide_postponement(*, by: Access, postponement_id: int, agree: bool, answer: str) -> Postponement:
    """A branch head or risk officer agrees, and the inspection is due later; or does not, with a sentence why.

    Raises Refused for the asker, Conflict when it is decided, the inspection was handed in meanwhile, or a limit is passed now.
    """
    found = Postponement.objects.visible_to(by).select_for_update(of=("self",)).select_related("asked_by").get(pk=postponement_id)
    task = Task.objects.select_for_update(of=("self",)).select_related("lender", "loan").get(pk=found.task_id)
    by.check(Act.TASK_POSTPONE_AGREE, found)
    if found.state != Postponement.State.ASKED:
        raise Conflict(_("This was decided already."), code="POSTPONEMENT_DECIDED")
    if not agree and not answer.strip():
        raise Conflict(_("Say why the inspection is not postponed."), code="REASON_MISSING")
    if agree and (task.state not in rules.TO_DO or task.due_on != found.from_day):
        raise Conflict(_("%(task)s was handed in or moved meanwhile.") % {"task": task}, code="TASK_CLOSED")
    if agree:
        _require_within_limits(task, found.to_day, by.on)
    found.state = Postponement.State.AGREED if agree else Postponement.State.REFUSED
    found.decided_by, found.decided_on, found.answer = by.person, by.on, answer.strip()
    found.save(update_fields=["state", "decided_by", "decided_on", "answer"])
    if agree:
        _move(task, found, by.on)
    record("postponement.agreed" if agree else "postponement.refused", by=by, subject=found, task=task.number, to_day=found.to_day.isoformat(), answer=found.answer)
    return found


def _move(task: Task, agreed: Postponement, on: date) -> None:
    """The task is due later. The old duty ends and a new one begins with the next close, so that closed days stay as they were."""
    task.due_on = agreed.to_day
    if task.planned_on is not None and task.planned_on < on:
        task.planned_on = task.planned_at = None
    task.save(update_fields=["due_on", "planned_on", "planned_at"])
    key = {"lender": task.lender_id, "day": open_day(task.lender, on)}
    with connection.cursor() as cursor:
        duties.release(cursor, key, [(task.loan_id, task.bucket, task.kind, agreed.from_day)])
        duties.take_on(cursor, key, [(task.loan_id, task.bucket, task.kind, agreed.to_day)])
    if agreed.cause == Postponement.Cause.BORROWER:
        note_act(
            "visit_postponed", lender=task.lender, person=agreed.asked_by, on=on, subject=f"postponement:{agreed.pk}", loan=task.loan,
            figure=(agreed.to_day - agreed.from_day).days, asked_by="borrower",
        )  # fmt: skip
