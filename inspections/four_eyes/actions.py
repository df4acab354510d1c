"""Verification of a submitted visit: open it, record the own view, then confirm or return."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.four_eyes import rules
from inspections.four_eyes.models import OwnAnswer, Verification
from inspections.four_eyes.noted import note_check, note_failed_points
from inspections.four_eyes.queries import all_compared, side_by_side, why_not
from inspections.planning import actions as planning
from inspections.planning.models import Task
from inspections.visits import rules as visit_rules
from inspections.visits.actions import NotComplete, disclose
from inspections.visits.models import Visit
from inspections.visits.queries import checkpoints_of, content_of, point_of
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


def _submitted(visit_id: int, by: Access) -> Visit:
    """The locked visit, for a person who may verify it. Raises Visit.DoesNotExist out of sight, Refused, Conflict when it was decided."""
    by.check(Act.VISIT_VERIFY)
    visits = Visit.objects.filter(loan__branch_id__in=by.subtree(Role.RISK_OFFICER)).exclude(state=Visit.State.DRAFT)
    visit = visits.select_for_update(of=("self",)).select_related("lender", "loan", "recorded_by", "template", "task").get(pk=visit_id)
    by.check(Act.VISIT_VERIFY, visit)
    if visit.state != Visit.State.SUBMITTED:
        raise Conflict(_("Another risk officer has already decided on this inspection."), code="VISIT_DECIDED")
    if reason := why_not(visit, by):
        raise Refused(reason, code="VISIT_NOT_INDEPENDENT")
    return visit


@transaction.atomic
def open_verification(*, visit_id: int, by: Access) -> Verification:
    """Begin the check of a visit, or return the one `by` has begun. Shows nothing of what was recorded."""
    visit = _submitted(visit_id, by)
    verification, fresh = Verification.objects.get_or_create(visit=visit, officer=by.person, defaults={"lender_id": visit.lender_id})
    if fresh:
        record("verification.opened", by=by, subject=visit, verification=verification.pk)
    return verification


@transaction.atomic
def record_own_view(
    *, visit_id: int, answers: Mapping[str, tuple[str | None, str]], conclusion: str, summary: str, by: Access
) -> Verification:
    """Keep the officer's own answers and conclusion, once and for all; from then on the visit may be read.

    answers: code -> (value or None, note). Points that can be judged from the files must be answered, the others may.
    Raises NotComplete with what is missing, Conflict when the own view is already recorded.
    """
    visit = _submitted(visit_id, by)
    verification, _fresh = Verification.objects.select_for_update(of=("self",)).get_or_create(
        visit=visit, officer=by.person, defaults={"lender_id": visit.lender_id}
    )
    if verification.own_recorded_at is not None:
        raise Conflict(_("Your own view is already recorded and can no longer be changed."), code="OWN_VIEW_FROZEN")
    checkpoints = checkpoints_of(visit.template_id, visit.conditions_id)
    _check_own_view(checkpoints, answers, conclusion)
    OwnAnswer.objects.bulk_create(
        OwnAnswer(verification=verification, checkpoint=c, value=answers[c.code][0], note=answers[c.code][1].strip()[:4000])
        for c in checkpoints
        if c.code in answers and (answers[c.code][0] is not None or answers[c.code][1].strip())
    )
    verification.own_conclusion, verification.own_summary, verification.own_recorded_at = conclusion, summary.strip(), timezone.now()
    verification.save(update_fields=["own_conclusion", "own_summary", "own_recorded_at"])
    disclose(visit, to=by)
    record("verification.own_view", by=by, subject=visit, verification=verification.pk, conclusion=conclusion)
    return verification


def _check_own_view(checkpoints: list, answers: Mapping[str, tuple[str | None, str]], conclusion: str) -> None:
    points = [point_of(c) for c in checkpoints]
    said = {code: visit_rules.Said(value, note) for code, (value, note) in answers.items()}
    faults = {
        point.code: "answer"
        for point in visit_rules.shown(points, said)
        if point.at_desk and point.required and not visit_rules.answered(point, said.get(point.code, visit_rules.NOTHING))
    }
    if conclusion not in {Visit.Conclusion.NO_PROBLEM, Visit.Conclusion.CONCERN, Visit.Conclusion.PROBLEM}:
        faults["conclusion"] = "answer"
    if faults:
        raise NotComplete(faults)


@transaction.atomic
def confirm_visit(*, visit_id: int, seen_hash: str, explanation: str = "", by: Access) -> Visit:
    """Confirm a visit on the content that `seen_hash` names: it is verified and sealed, the task is done.

    Raises Refused (not independent), Conflict (own view missing, content changed, already decided), NotComplete when a material
    difference is not explained.
    """
    visit, verification = _to_decide(visit_id, seen_hash, by)
    view = side_by_side(visit, verification)
    if rules.must_explain(all_compared(view)) and not explanation.strip():
        raise NotComplete({"explanation": "answer"})
    _decide(verification, Verification.Decision.CONFIRMED, seen_hash, "", explanation)
    move(visit_rules.MOVES, visit, Visit.State.VERIFIED)
    visit.verified_by, visit.verified_at = by.person, timezone.now()
    visit.save(update_fields=["state", "verified_by", "verified_at"])
    planning.finish(Task.objects.select_for_update(of=("self",)).get(pk=visit.task_id), on=by.on)
    note_check(visit, verification, by=by)
    note_failed_points(visit, by=by)
    record("visit.verified", by=by, subject=visit, content_hash=seen_hash, differing=view.differing, material=view.material)
    return visit


@transaction.atomic
def return_visit(*, visit_id: int, seen_hash: str, reason: str, explanation: str, by: Access) -> Visit:
    """Send a visit back with a reason and in words what is missing. It stays as it was; the manager makes another attempt.

    Raises as `confirm_visit`; NotComplete without a reason or without words.
    """
    visit, verification = _to_decide(visit_id, seen_hash, by)
    faults = {} if reason in Verification.Reason.values else {"reason": "answer"}
    if not explanation.strip():
        faults["explanation"] = "answer"
    if faults:
        raise NotComplete(faults)
    _decide(verification, Verification.Decision.RETURNED, seen_hash, reason, explanation)
    move(visit_rules.MOVES, visit, Visit.State.RETURNED)
    visit.save(update_fields=["state"])
    planning.send_back(Task.objects.select_for_update(of=("self",)).get(pk=visit.task_id))
    note_check(visit, verification, by=by)
    record("visit.returned", by=by, subject=visit, content_hash=seen_hash, reason=reason)
    return visit


def _to_decide(visit_id: int, seen_hash: str, by: Access) -> tuple[Visit, Verification]:
    visit = _submitted(visit_id, by)
    verification = Verification.objects.select_for_update(of=("self",)).filter(visit=visit, officer=by.person).first()
    if verification is None or verification.own_recorded_at is None:
        raise Conflict(_("Record your own view first. What the account manager found is shown after that."), code="OWN_VIEW_FIRST")
    if seen_hash != visit.content_hash or visit_rules.seal(content_of(visit)) != visit.content_hash:
        raise Conflict(_("What you saw is not what was submitted. Nothing was decided; open the inspection again."), code="CONTENT_CHANGED")
    return visit, verification


def _decide(verification: Verification, decision: str, seen_hash: str, reason: str, explanation: str) -> None:
    verification.decision, verification.seen_hash, verification.reason = decision, seen_hash, reason
    verification.explanation, verification.decided_at = explanation.strip(), timezone.now()
    verification.save(update_fields=["decision", "seen_hash", "reason", "explanation", "decided_at"])
