"""A deadline that does not apply: one person says so with the reason, another agrees or refuses. Done is said by facts alone."""

from django.db import transaction
from django.utils.translation import gettext as _

from inspections.deadlines import rules
from inspections.deadlines.models import Deadline
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


def _locked(deadline_id: int, by: Access) -> Deadline:
    return Deadline.objects.visible_to(by).select_for_update(of=("self",)).get(pk=deadline_id)


def _require_open(deadline: Deadline) -> None:
    if deadline.state != Deadline.State.OPEN:
        raise Conflict(_("%(deadline)s is no longer open. Nothing was changed.") % {"deadline": deadline}, code="DEADLINE_CLOSED")


@transaction.atomic
def ask(*, deadline_id: int, by: Access, reason: str) -> Deadline:
    """Say that a deadline does not apply, and why; it stays open until another person agrees.

    Raises Deadline.DoesNotExist out of sight, Refused without the right or the reason, Conflict when it is closed or was asked already.
    """
    deadline = _locked(deadline_id, by)
    by.check(Act.DEADLINE_ASK, deadline)
    _require_open(deadline)
    if not reason.strip():
        raise Refused(_("Say why the deadline does not apply."), code="REASON_MISSING")
    if deadline.asked_by_id is not None:
        raise Conflict(_("%(name)s has said so already; another person has to agree.") % {"name": deadline.asked_by}, code="DEADLINE_ASKED")
    deadline.asked_by, deadline.asked_on, deadline.reason = by.person, by.on, reason.strip()[:300]
    deadline.save(update_fields=["asked_by", "asked_on", "reason"])
    record("deadline.asked", by=by, subject=deadline, reason=deadline.reason)
    return deadline


@transaction.atomic
def answer(*, deadline_id: int, by: Access, agrees: bool) -> Deadline:
    """Agree that a deadline does not apply, which sets it aside for good, or refuse, which leaves it open as if nobody had asked.

    Raises Deadline.DoesNotExist out of sight, Refused for whoever asked, Conflict when it is closed or nobody has asked.
    """
    deadline = _locked(deadline_id, by)
    by.check(Act.DEADLINE_AGREE, deadline)
    _require_open(deadline)
    if deadline.asked_by_id is None:
        raise Conflict(_("Nobody has said that this deadline does not apply."), code="DEADLINE_NOT_ASKED")
    if agrees:
        move(rules.MOVES, deadline, "not_applicable")
        deadline.agreed_by, deadline.closed_on = by.person, by.on
        deadline.save(update_fields=["state", "agreed_by", "closed_on"])
        record("deadline.agreed", by=by, subject=deadline, reason=deadline.reason)
    else:
        record(
            "deadline.refused",
            by=by,
            subject=deadline,
            reason=deadline.reason,
            asked_by=deadline.asked_by.staff_no if deadline.asked_by else "",
        )
        deadline.asked_by = deadline.asked_on = None
        deadline.reason = ""
        deadline.save(update_fields=["asked_by", "asked_on", "reason"])
    return deadline
