"""Asking the person who recorded a visit about a difference, and the dated answer."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.four_eyes.models import Explanation, Verification
from inspections.four_eyes.opening import to_verify
from inspections.four_eyes.queries import side_by_side
from inspections.visits.actions import NotComplete
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Person, Role, RoleHeld
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


@transaction.atomic
def ask_recorder(*, visit_id: int, code: str, question: str, by: Access) -> Explanation:
    """Ask who recorded the visit about one point, or about "conclusion". The officer's own answer is not told with it.

    Raises as `to_verify`; Conflict before the own view, after the decision, when this point was asked about, or when who recorded
    the visit answers no questions; NotComplete without words or for a point the form does not have.
    """
    visit = to_verify(visit_id, by)
    verification = Verification.objects.select_for_update(of=("self",)).filter(visit=visit, officer=by.person).first()
    if verification is None or verification.own_recorded_at is None:
        raise Conflict(_("Record your own view first. What the account manager found is shown after that."), code="OWN_VIEW_FIRST")
    if verification.decision:
        raise Conflict(_("You have already decided on this inspection."), code="VISIT_DECIDED")
    if not may_answer(visit.recorded_by, by.on):
        raise Conflict(_("%(person)s can't answer questions here. Decide without an answer.") % {"person": visit.recorded_by}, code="NOBODY_TO_ANSWER")
    points = {row.question.code: row.question.checkpoint for row in side_by_side(visit, verification).rows}
    if not question.strip() or (code not in points and code != "conclusion"):
        raise NotComplete({"question": "answer"})
    if verification.explanations.filter(code=code).exists():
        raise Conflict(_("You have already asked about this point."), code="ALREADY_ASKED")
    asked = Explanation.objects.create(
        verification=verification, checkpoint=points.get(code), code=code, question=question.strip()[:2000], asked_on=by.on
    )
    record("verification.asked", by=by, subject=visit, verification=verification.pk, point=code)
    return asked


def may_answer(person: Person, on: date) -> bool:
    """Whether who recorded a visit has the page of questions on this day: an account manager who has not left. Agents and officers have none."""
    if person.left_on is not None and person.left_on <= on:
        return False
    held = RoleHeld.objects.filter(person=person, role=Role.ACCOUNT_MANAGER, from_on__lte=on)
    return held.filter(Q(to_on__isnull=True) | Q(to_on__gt=on)).exists()


@transaction.atomic
def withdraw_question(*, explanation_id: int, words: str, by: Access) -> Explanation:
    """Withdraw an own question that nobody has answered, in words; it holds up confirming no longer.

    Raises Explanation.DoesNotExist for another's, Conflict when it is answered, withdrawn or decided, NotComplete without words.
    """
    by.check(Act.VISIT_VERIFY)
    own = Explanation.objects.filter(verification__officer=by.person) if by.person else Explanation.objects.none()
    asked = own.select_for_update(of=("self",)).select_related("verification__visit").get(pk=explanation_id)
    _require_waiting(asked)
    if not words.strip():
        raise NotComplete({"words": "answer"})
    asked.withdrawn, asked.withdrawn_at = words.strip()[:400], timezone.now()
    asked.save(update_fields=["withdrawn", "withdrawn_at"])
    record("verification.question_withdrawn", by=by, subject=asked.verification.visit, verification=asked.verification_id, point=asked.code)
    return asked


def _require_waiting(asked: Explanation) -> None:
    if asked.answer:
        raise Conflict(_("This question is already answered."), code="ALREADY_ANSWERED")
    if asked.withdrawn:
        raise Conflict(_("The risk officer has withdrawn this question."), code="QUESTION_WITHDRAWN")
    if asked.verification.visit.state != Visit.State.SUBMITTED or asked.verification.decision:
        raise Conflict(_("The inspection has been decided meanwhile."), code="VISIT_DECIDED")


def questions_for(access: Access) -> QuerySet[Explanation, Any]:
    """What this person was asked about own visits, unanswered first, then the newest."""
    own = Explanation.objects.filter(verification__visit__recorded_by=access.person) if access.person else Explanation.objects.none()
    shown = own.select_related("checkpoint", "verification__officer", "verification__visit__task__borrower", "verification__visit__loan")
    return shown.order_by(F("answered_at").desc(nulls_first=True), "-asked_at")


@transaction.atomic
def answer_question(*, explanation_id: int, answer: str, by: Access) -> Explanation:
    """Answer once, by the person who recorded the visit, while it waits for the decision.

    Raises Explanation.DoesNotExist for another's, Conflict when it is answered, withdrawn or decided, NotComplete without words.
    """
    by.check(Act.VISIT_EXPLAIN)
    asked = questions_for(by).select_for_update(of=("self",)).get(pk=explanation_id)
    visit = asked.verification.visit
    if by.person is None or visit.recorded_by_id != by.person.pk:
        raise Refused(_("Only the person who recorded the inspection answers this question."), code="VISIT_EXPLAIN")
    _require_waiting(asked)
    if not answer.strip():
        raise NotComplete({"answer": "answer"})
    asked.answer, asked.answered_by, asked.answered_at = answer.strip()[:4000], by.person, timezone.now()
    asked.save(update_fields=["answer", "answered_by", "answered_at"])
    record("verification.answered", by=by, subject=visit, verification=asked.verification_id, point=asked.code)
    return asked
