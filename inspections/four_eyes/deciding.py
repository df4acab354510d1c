"""Deciding on a visit: confirm, return, overrule; and a third person where two decided differently."""

from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.findings.actions import raise_finding
from inspections.four_eyes import rules
from inspections.four_eyes.models import PointResult, Settlement, Verification
from inspections.four_eyes.noted import note_check, note_failed_points
from inspections.four_eyes.opening import to_verify
from inspections.four_eyes.queries import SideBySide, all_compared, decisions_needed, side_by_side, why_not
from inspections.planning import actions as planning
from inspections.planning.models import Task
from inspections.visits import rules as visit_rules
from inspections.visits.actions import NotComplete
from inspections.visits.models import Visit
from inspections.visits.queries import content_of
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Person, Role
from loanwatch.people.policy import Act
from loanwatch.people.reader import as_house
from loanwatch.trail.record import record

CONFIRMED, RETURNED, OVERRULED = Verification.Decision.CONFIRMED, Verification.Decision.RETURNED, Verification.Decision.OVERRULED


@transaction.atomic
def confirm_visit(*, visit_id: int, seen_hash: str, explanation: str = "", by: Access, **extra: Any) -> Visit:
    """Confirm a visit on the content that `seen_hash` names: it is verified and sealed, the task is done.

    Raises Refused (not independent), Conflict (own view missing, content changed, already decided, an answer still awaited),
    NotComplete when a material difference is not explained. Above the limit the visit waits for the second officer.
    extra: proposed_class, review_asked, and finding, as `overrule_visit` takes them.
    """
    visit, verification = _to_decide(visit_id, seen_hash, by)
    view = side_by_side(visit, verification)
    if verification.explanations.filter(answer="", withdrawn="").exists():
        raise Conflict(
            _("You asked the account manager and have no answer yet. Wait for it, withdraw the question, or return or overrule the inspection."),
            code="ANSWER_AWAITED",
        )
    if rules.must_explain(all_compared(view)) and not explanation.strip():
        raise NotComplete({"explanation": "answer"})
    _decide(verification, CONFIRMED, view, by=by, seen_hash=seen_hash, explanation=explanation, **extra)
    return _follow(visit, by)


@transaction.atomic
def overrule_visit(
    *, visit_id: int, seen_hash: str, explanation: str, proposed_class: str = "", review_asked: bool = False, finding: dict[str, Any] | None = None, by: Access
) -> Visit:
    """The officer's findings decide: the visit stays as it was recorded, the conclusion that counts is the officer's.

    finding: what `raise_finding` takes besides loan and source, or None; it is raised when the visit is closed, so that nobody
    who still decides reads it. Raises as `confirm_visit`; NotComplete without words.
    """
    visit, verification = _to_decide(visit_id, seen_hash, by)
    if not explanation.strip():
        raise NotComplete({"explanation": "answer"})
    view = side_by_side(visit, verification)
    _decide(
        verification, OVERRULED, view, by=by, seen_hash=seen_hash, explanation=explanation, proposed_class=proposed_class, review_asked=review_asked, finding=finding
    )
    return _follow(visit, by)


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
    _decide(verification, RETURNED, side_by_side(visit, verification), by=by, seen_hash=seen_hash, reason=reason, explanation=explanation)
    return _follow(visit, by)


def _to_decide(visit_id: int, seen_hash: str, by: Access) -> tuple[Visit, Verification]:
    visit = to_verify(visit_id, by)
    verification = Verification.objects.select_for_update(of=("self",)).filter(visit=visit, officer=by.person).first()
    if verification is None or verification.own_recorded_at is None:
        raise Conflict(_("Record your own view first. What the account manager found is shown after that."), code="OWN_VIEW_FIRST")
    if verification.decision:
        raise Conflict(_("You have already decided on this inspection."), code="VISIT_DECIDED")
    with as_house():
        decisions = Verification.objects.filter(visit=visit).exclude(decision="").count()
    if decisions >= decisions_needed(visit):
        raise Conflict(_("Another risk officer has already decided on this inspection."), code="VISIT_DECIDED")
    _require_content(visit, seen_hash)
    return visit, verification


def _require_content(visit: Visit, seen_hash: str) -> None:
    if seen_hash != visit.content_hash or visit_rules.seal(content_of(visit)) != visit.content_hash:
        raise Conflict(_("What you saw is not what was submitted. Nothing was decided; open the inspection again."), code="CONTENT_CHANGED")


def _decide(
    verification: Verification, decision: str, view: SideBySide, *, by: Access, seen_hash: str, reason: str = "", explanation: str,
    proposed_class: str = "", review_asked: bool = False, finding: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    verification.decision, verification.seen_hash, verification.reason = decision, seen_hash, reason
    verification.explanation, verification.decided_at = explanation.strip(), timezone.now()
    verification.proposed_class, verification.review_asked = proposed_class, review_asked
    verification.finding = finding and {**finding, "due_on": finding["due_on"].isoformat() if finding.get("due_on") else None}
    verification.save(update_fields=["decision", "seen_hash", "reason", "explanation", "decided_at", "proposed_class", "review_asked", "finding"])
    verification.refresh_from_db(fields=["decided_conclusion"])
    PointResult.objects.bulk_create(_results(verification, view))
    details = {"verification": verification.pk, "decision": decision, "content_hash": seen_hash, "differing": view.differing, "material": view.material}
    record("verification.decided", by=by, subject=verification.visit, **details)
    if review_asked:
        record("verification.review_asked", by=by, subject=verification.visit, person=verification.visit.recorded_by.staff_no)


def _results(verification: Verification, view: SideBySide) -> list[PointResult]:
    told = [(row.question.checkpoint, row.question.code, row.result, row.percent) for row in view.rows]
    return [
        PointResult(verification=verification, checkpoint=point, code=code, result=result, percent=percent)
        for point, code, result, percent in [*told, (None, "conclusion", view.conclusion.result, None)]
    ]


def _follow(visit: Visit, by: Access) -> Visit:
    """Let the visit follow its decisions, once there are enough of them and all say the same; on a split it waits for a third person."""
    with as_house():  # whoever decides may not see how the other did
        decided = list(Verification.objects.filter(visit=visit).exclude(decision="").select_related("officer"))
    if rules.split([(v.decision == RETURNED, v.decided_conclusion) for v in decided]):
        record("visit.split", by=by, subject=visit, decisions=len(decided))
        return visit
    if len(decided) < decisions_needed(visit):
        record("visit.second_awaited", by=by, subject=visit)
        return visit
    with as_house():  # each officer's check is noted for its own person; their own views are not the decider's to read
        for verification in decided:
            note_check(visit, verification, by=by)
    last = next(v for v in decided if v.officer_id == (by.person.pk if by.person else None))
    closed = _close(visit, back=last.decision == RETURNED, by=by, reason=last.reason, content_hash=last.seen_hash, overruled=last.decision == OVERRULED)
    _raise_findings(decided, by=by)
    return closed


def _raise_findings(decided: Iterable[Verification], *, by: Access) -> None:
    """Raise what the deciding officers found, now that nobody is blind any more. A due date that passed meanwhile is today."""
    for verification in decided:
        if verification.finding is not None:
            told = dict(verification.finding)
            due = told.pop("due_on", None)
            due_on = max(date.fromisoformat(due), by.on) if due else None
            raise_finding(by=by, loan=verification.visit.loan, source=f"verification:{verification.pk}", due_on=due_on, **told)


def _close(visit: Visit, *, back: bool, by: Access, **details: Any) -> Visit:
    task = Task.objects.select_for_update(of=("self",)).get(pk=visit.task_id)
    if back:
        move(visit_rules.MOVES, visit, Visit.State.RETURNED)
        visit.save(update_fields=["state"])
        planning.send_back(task)
        record("visit.returned", by=by, subject=visit, **details)
        return visit
    move(visit_rules.MOVES, visit, Visit.State.VERIFIED)
    visit.verified_by, visit.verified_at = by.person, timezone.now()
    visit.save(update_fields=["state", "verified_by", "verified_at"])
    planning.finish(task, on=by.on)
    note_failed_points(visit, by=by)
    record("visit.verified", by=by, subject=visit, **details)
    return visit


# --- a split ---


def to_settle(visit_id: int, by: Access) -> Visit:
    """The locked visit on which two officers decided differently, for a third person. Raises as `to_verify`; Conflict without a split."""
    by.check(Act.VISIT_SETTLE)
    visits = Visit.objects.filter(loan__branch_id__in=by.subtree(Role.RISK_OFFICER, Role.CREDIT_ADMIN)).exclude(state=Visit.State.DRAFT)
    visit = visits.select_for_update(of=("self",)).select_related("lender", "loan", "recorded_by", "template", "task").get(pk=visit_id)
    by.check(Act.VISIT_SETTLE, visit)
    if visit.state != Visit.State.SUBMITTED:
        raise Conflict(_("This inspection has been decided meanwhile."), code="VISIT_DECIDED")
    decided = list(Verification.objects.filter(visit=visit).exclude(decision=""))
    if not rules.split([(v.decision == RETURNED, v.decided_conclusion) for v in decided]):
        raise Conflict(_("The decisions on this inspection do not differ: there is nothing to settle."), code="NO_SPLIT")
    if any(v.officer_id == (by.person.pk if by.person else None) for v in decided):
        raise Refused(_("You took part in this split. A third person must settle it."), code="VISIT_NOT_INDEPENDENT")
    if reason := why_not(visit, by):
        raise Refused(reason, code="VISIT_NOT_INDEPENDENT")
    if by.has(Role.RISK_OFFICER) and not Verification.objects.filter(visit=visit, officer=by.person, own_recorded_at__isnull=False).exists():
        raise Conflict(_("A risk officer who settles a split records an own view first, as every verifier does."), code="OWN_VIEW_FIRST")
    return visit


@transaction.atomic
def settle_split(*, visit_id: int, seen_hash: str, verification_id: int, explanation: str, by: Access) -> Visit:
    """A third person follows one of the decisions; the visit follows that one. Raises as `to_settle`; NotComplete without words."""
    visit = to_settle(visit_id, by)
    followed = Verification.objects.filter(visit=visit, pk=verification_id).exclude(decision="").first()
    faults = {} if followed else {"verification": "answer"}
    if not explanation.strip():
        faults["explanation"] = "answer"
    if faults or followed is None:
        raise NotComplete(faults)
    with as_house():
        _require_content(visit, seen_hash)
    Settlement.objects.create(
        lender_id=visit.lender_id, visit=visit, person=cast(Person, by.person), outcome=followed.decision, conclusion=followed.decided_conclusion,
        explanation=explanation.strip(), seen_hash=seen_hash,
    )  # fmt: skip
    record("visit.settled", by=by, subject=visit, outcome=followed.decision, verification=followed.pk, content_hash=seen_hash)
    with as_house():
        for verification in Verification.objects.filter(visit=visit).exclude(decision=""):
            note_check(visit, verification, by=by)
        closed = _close(visit, back=followed.decision == RETURNED, by=by, reason=followed.reason, content_hash=seen_hash, overruled=followed.decision == OVERRULED)
    _raise_findings([followed], by=by)
    return closed


__all__ = ["confirm_visit", "overrule_visit", "return_visit", "settle_split", "to_settle"]
