"""The bank takes what an agency delivered: in batches, each item checked anew and answered for itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from inspections.four_eyes.actions import return_visit
from inspections.outsourcing import rules
from inspections.outsourcing.models import Agent, Order, OrderedVisit, PhoneLink
from inspections.outsourcing.queries import with_standing
from inspections.visits.actions import NotComplete
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


@dataclass(frozen=True)
class Judgement:
    """What the reviewer says of one delivered visit: accept, rework or reject; quality 1 to 5; words."""

    decision: str
    quality: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one item: done, or refused with a sentence."""

    item: int
    done: bool
    sentence: str


def review_many(*, items: Mapping[int, Judgement], by: Access) -> list[Outcome]:
    """Review delivered visits one by one; one that can't be reviewed says why and harms no other."""
    found = []
    for item, judgement in sorted(items.items()):
        try:
            sentence = review(visit_id=item, judgement=judgement, by=by)
            found.append(Outcome(item, True, sentence))
        except (Refused, Conflict) as refused:
            found.append(Outcome(item, False, refused.sentence))
        except OrderedVisit.DoesNotExist:
            found.append(Outcome(item, False, _("This visit is not yours to review.")))
    return found


@transaction.atomic
def review(*, visit_id: int, judgement: Judgement, by: Access) -> str:
    """Accept, send back or reject what was delivered; returns a sentence that says what was done.

    A visit is accepted or rejected after its verification is decided, or before it by a branch head: acceptance concerns the material
    and never the conclusion, which is the bank's. Sending back is a decision of the verification: it asks for the risk officer's
    own view; it ends an acceptance that came before it. Nobody reviews what the agency did not record, nor what an agent recorded after
    logging in by a link that the reviewer made. Raises Refused (no grade, no words, not a reviewer's turn), Conflict (nothing delivered,
    reviewed meanwhile).
    """
    by.check(Act.AGENCY_REVIEW)
    mine = OrderedVisit.objects.filter(order__in=Order.objects.visible_to(by))
    locked = mine.select_for_update(of=("self",)).select_related("order__contract", "task__loan").get(pk=visit_id)
    seen = with_standing(OrderedVisit.objects.filter(pk=locked.pk)).get()
    if by.person is None or by.person.agency:
        raise Refused(_("What an agency delivers is reviewed by somebody of the bank."), code="AGENCY_REVIEWS_ITSELF")
    if locked.state != OrderedVisit.State.TAKEN or seen.standing not in {"delivered", "verified"}:
        raise Conflict(_("%(task)s is not waiting for a review.") % {"task": locked.task}, code="NOT_DELIVERED")
    made = Visit.objects.select_related("recorded_by").get(pk=seen.visit_id_now)
    _require_apart(locked, made, by)
    if judgement.decision == "rework":
        return _send_back(locked, seen.visit_id_now, judgement.note, by)
    if judgement.decision not in {"accept", "reject"} or judgement.quality not in range(1, 6):
        raise Refused(_("Choose what becomes of the visit, and a grade from 1 to 5."), code="GRADE_NEEDED")
    if judgement.decision == "reject" and not judgement.note.strip():
        raise Refused(_("Say why the visit is rejected."), code="REASON_NEEDED")
    if seen.standing == "delivered" and not by.has(Role.BRANCH_HEAD):
        raise Refused(_("Before the verification is decided only the branch head takes what was delivered. Decide it first."), code="NOT_VERIFIED")
    locked.agent = made.recorded_by
    return _close(locked, seen.returned, judgement, by)


def _require_apart(item: OrderedVisit, made: Visit, by: Access) -> None:
    """The agency recorded it, and the reviewer had no hand in the log-in with which it was recorded. The database says the same."""
    if not Agent.objects.filter(agency=item.order.agency_id, person=made.recorded_by_id).exists():
        raise Conflict(_("%(task)s was not made by the agency: nothing is owed for it.") % {"task": item.task}, code="NOT_THE_AGENCY")
    if PhoneLink.objects.filter(person=made.recorded_by_id, made_by=by.person, used_at__lte=made.submitted_at).exists():
        raise Refused(
            _("You made the link with which %(agent)s logged in. Somebody else reviews what was recorded since.") % {"agent": made.recorded_by},
            code="MADE_THE_LINK",
        )  # fmt: skip


def _send_back(visit: OrderedVisit, attempt: int, words: str, by: Access) -> str:
    submitted = Visit.objects.get(pk=attempt)
    if submitted.state != Visit.State.SUBMITTED:
        raise Conflict(_("%(task)s is already verified and can no longer be sent back.") % {"task": visit.task}, code="VISIT_DECIDED")
    try:
        return_visit(visit_id=attempt, seen_hash=submitted.content_hash, reason="evidence", explanation=words, by=by)
    except NotComplete as lacking:
        raise Refused(_("Say in words what is missing, so that the agency can mend it."), code="REASON_NEEDED") from lacking
    record("agency.visit_sent_back", by=by, subject=visit.order, task=visit.task.number)
    return _("%(task)s went back to the agency.") % {"task": visit.task}


def _close(visit: OrderedVisit, returned: int, judgement: Judgement, by: Access) -> str:
    contract, accepted = visit.order.contract, judgement.decision == "accept"
    late = rules.days_late(visit.task.submitted_on, visit.order.deliver_by)
    earned = rules.owed(
        visit.fee, late=late, late_percent=contract.late_percent, returns=returned, free_returns=contract.free_reworks, currency=visit.currency
    )  # fmt: skip
    visit.state = OrderedVisit.State.ACCEPTED if accepted else OrderedVisit.State.REJECTED
    visit.quality, visit.note, visit.late_days, visit.reworks = judgement.quality, judgement.note.strip(), late, returned
    visit.reviewed_by, visit.reviewed_on, visit.owed = by.person, by.on, earned if accepted else 0
    visit.save()
    record("agency.visit_accepted" if accepted else "agency.visit_rejected", by=by, subject=visit.order, task=visit.task.number, quality=visit.quality)
    return (_("%(task)s is accepted.") if accepted else _("%(task)s is rejected.")) % {"task": visit.task}
