"""Verification of a submitted visit up to the own view: open it, record the own view at the desk or by going to see."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.four_eyes.deciding import confirm_visit, overrule_visit, return_visit, settle_split
from inspections.four_eyes.models import OwnAnswer, Verification
from inspections.four_eyes.opening import prepare, to_verify
from inspections.four_eyes.queries import ON_SITE
from inspections.planning import actions as planning
from inspections.planning.models import Kind, Task
from inspections.sampling.models import Draw, Method
from inspections.visits import rules as visit_rules
from inspections.visits.actions import NotComplete, disclose
from inspections.visits.models import Visit
from inspections.visits.queries import point_of, points_of
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.trail.record import record

__all__ = [
    "adopt_own_visit",
    "confirm_visit",
    "give_up_own_visit",
    "open_verification",
    "overrule_visit",
    "plan_own_visit",
    "record_own_view",
    "return_visit",
    "settle_split",
]

CONCLUSIONS = {Visit.Conclusion.NO_PROBLEM, Visit.Conclusion.CONCERN, Visit.Conclusion.PROBLEM}


@transaction.atomic
def open_verification(*, visit_id: int, by: Access) -> Verification:
    """Begin the check of a visit, or return the one `by` has begun. Shows nothing of what was recorded.

    Where the draw says so, the officer is to go and see: the verification is then of the method "visit".
    """
    visit = to_verify(visit_id, by)
    return _opened(visit, by)


def _opened(visit: Visit, by: Access) -> Verification:
    found = Verification.objects.select_for_update(of=("self",)).filter(visit=visit, officer=by.person).first()
    if found is not None:
        return found
    draw = prepare([visit.pk]).get(visit.pk)
    method = Verification.Method.VISIT if draw is not None and draw.method == "visit" else Verification.Method.DESK
    made = Verification.objects.create(visit=visit, officer=cast(Person, by.person), lender_id=visit.lender_id, method=method)
    record("verification.opened", by=by, subject=visit, verification=made.pk, method=method)
    return made


@transaction.atomic
def record_own_view(
    *, visit_id: int, answers: Mapping[str, tuple[Any, str]], conclusion: str, summary: str, method: str = Verification.Method.DESK, by: Access
) -> Verification:
    """Keep the officer's own answers and conclusion, once and for all; from then on the visit may be read.

    answers: code -> (value or None, note). Points that can be judged from the files must be answered, the others may; in a batch
    the conclusion is enough. Raises NotComplete with what is missing, Conflict when the own view is already recorded, or when the
    inspection was drawn for an own visit that was neither made nor given up with a reason (see `give_up_own_visit`).
    """
    visit = to_verify(visit_id, by)
    verification = _opened(visit, by)
    _require_open(verification)
    if verification.own_task_id is not None:
        raise Conflict(_("You took this inspection to see for yourself. Record that visit first, or give it up."), code="OWN_VISIT_FIRST")
    drawn = Draw.objects.filter(visit=visit).values_list("method", flat=True).first()
    if drawn == Method.VISIT and (not verification.desk_reason or method == Verification.Method.BATCH):
        raise Conflict(_("This inspection was drawn for an own visit. Go and see, or give the visit up and say why."), code="OWN_VISIT_DRAWN")
    verification.method = method
    _check_own_view(visit, answers, conclusion, only_conclusion=method == Verification.Method.BATCH)
    _keep(verification, visit, answers, conclusion, summary, by=by)
    return verification


def _require_open(verification: Verification) -> None:
    if verification.own_recorded_at is not None:
        raise Conflict(_("Your own view is already recorded and can no longer be changed."), code="OWN_VIEW_FROZEN")


def _keep(verification: Verification, visit: Visit, answers: Mapping[str, tuple[Any, str]], conclusion: str, summary: str, *, by: Access) -> None:
    OwnAnswer.objects.bulk_create(
        OwnAnswer(verification=verification, checkpoint=c, value=answers[c.code][0], note=answers[c.code][1].strip()[:4000])
        for c in points_of(visit)
        if c.code in answers and (answers[c.code][0] is not None or answers[c.code][1].strip())
    )
    verification.own_conclusion, verification.own_summary, verification.own_recorded_at = conclusion, summary.strip(), timezone.now()
    verification.save(update_fields=["method", "own_visit", "own_conclusion", "own_summary", "own_recorded_at"])
    disclose(visit, to=by)
    # Which conclusion it was is read where the two views are shown; another officer who works blind may read the trail.
    record("verification.own_view", by=by, subject=visit, verification=verification.pk, method=verification.method)


def _check_own_view(visit: Visit, answers: Mapping[str, tuple[Any, str]], conclusion: str, *, only_conclusion: bool) -> None:
    points = [] if only_conclusion else [point_of(c) for c in points_of(visit)]
    said = {code: visit_rules.Said(value, note) for code, (value, note) in answers.items()}
    faults = {
        point.code: "answer"
        for point in visit_rules.shown(points, said)
        if point.at_desk and point.required and point.kind not in ON_SITE and not visit_rules.answered(point, said.get(point.code, visit_rules.NOTHING))
    }
    if conclusion not in CONCLUSIONS:
        faults["conclusion"] = "answer"
    if faults:
        raise NotComplete(faults)


# --- going to see ---


@transaction.atomic
def plan_own_visit(*, visit_id: int, by: Access) -> Verification:
    """Put a visit of the officer's own on the officer's list; what it finds becomes the own view. Done again, nothing more happens.

    Raises Conflict when the own view is recorded, or when somebody's verification visit to the same loan is still open.
    """
    visit = to_verify(visit_id, by)
    verification = _opened(visit, by)
    _require_open(verification)
    if verification.own_task_id is not None:
        return verification
    if Task.objects.open().filter(loan_id=visit.loan_id, kind=Kind.VERIFY).exists():
        raise Conflict(_("Another verification visit to this borrower is still open."), code="OWN_VISIT_OPEN")
    verification.own_task = Task.objects.create(
        lender_id=visit.lender_id, bucket=visit.bucket, loan_id=visit.loan_id, borrower_id=visit.task.borrower_id, branch_id=visit.branch_id,
        kind=Kind.VERIFY, opened_on=by.on, due_on=max(by.on, visit.task.due_on), assigned_to=by.person, assigned_by=by.person,
    )  # fmt: skip
    verification.method, verification.desk_reason = Verification.Method.VISIT, ""
    verification.save(update_fields=["own_task", "method", "desk_reason"])
    record("verification.own_visit_planned", by=by, subject=visit, verification=verification.pk, task=verification.own_task.number)
    return verification


@transaction.atomic
def give_up_own_visit(*, visit_id: int, reason: str, by: Access) -> Verification:
    """Check at the desk what was drawn, or planned, for an own visit; the reason is kept and shown beside the own view.

    A visit that is planned, begun or in somebody else's hands is taken off the list; a form that was begun is kept as it is. Raises
    NotComplete without a reason, Conflict when the officer's own visit is handed in, or when none was drawn and none planned.
    """
    visit = to_verify(visit_id, by)
    verification = _opened(visit, by)
    _require_open(verification)
    task = Task.objects.select_for_update(of=("self",)).filter(pk=verification.own_task_id or 0).first()
    if task is None and not Draw.objects.filter(visit=visit, method=Method.VISIT).exists():
        raise Conflict(_("No own visit was drawn or planned for this inspection."), code="NO_OWN_VISIT")
    if _handed_in(verification, by) is not None:
        raise Conflict(_("Your own visit is already handed in; its answers are your view."), code="OWN_VISIT_DONE")
    if not reason.strip():
        raise NotComplete({"reason": "answer"})
    if task is not None:
        _off_the_list(task, on=by.on)
    verification.own_task, verification.method, verification.desk_reason = None, Verification.Method.DESK, reason.strip()[:400]
    verification.save(update_fields=["own_task", "method", "desk_reason"])
    record("verification.own_visit_given_up", by=by, subject=visit, verification=verification.pk, reason=verification.desk_reason)
    return verification


def _off_the_list(task: Task, *, on: date) -> None:
    if task.state == Task.State.SUBMITTED:  # by somebody else: there is nothing in it to verify
        planning.finish(task, on=on)
    elif task.state in planning.rules.TO_DO:
        move(planning.rules.MOVES, task, Task.State.CANCELLED)
        task.closed_on = on
        task.save(update_fields=["state", "closed_on"])


def _handed_in(verification: Verification, by: Access) -> Visit | None:
    return Visit.objects.filter(task_id=verification.own_task_id or 0, recorded_by=by.person, state=Visit.State.SUBMITTED).first()


@transaction.atomic
def adopt_own_visit(*, visit_id: int, by: Access) -> Verification | None:
    """Make the officer's submitted own visit the own view, where there is one; None where it is still to be made.

    Its answers count by the code of the checkpoint. The task of the own visit is closed: nobody verifies a verification.
    """
    visit = to_verify(visit_id, by)
    verification = Verification.objects.select_for_update(of=("self",)).filter(visit=visit, officer=by.person).first()
    if verification is None or verification.own_task_id is None or verification.own_recorded_at is not None:
        return verification
    seen = _handed_in(verification, by)
    if seen is None:
        return None
    answers = {a.checkpoint.code: (a.value, a.note) for a in seen.answers.select_related("checkpoint")}
    verification.own_visit = seen
    conclusion = seen.conclusion if seen.conclusion in CONCLUSIONS else Visit.Conclusion.CONCERN
    _keep(verification, visit, answers, conclusion, seen.summary, by=by)
    planning.finish(Task.objects.select_for_update(of=("self",)).get(pk=seen.task_id), on=by.on)
    return verification
