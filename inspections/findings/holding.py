"""Holds by hand, and the two people it takes to lift one before its time."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from borrowers.parties.models import Borrower
from inspections.findings import rules
from inspections.findings.actions import author
from inspections.findings.models import Hold, HoldNote
from inspections.findings.queries import setting
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


@transaction.atomic
def place_hold(*, by: Access, borrower: Borrower, kinds: Sequence[str], reason: str, ends_on: date) -> list[Hold]:
    """Stop kinds of business with a borrower without a finding, until a day that is included.

    Raises Borrower.DoesNotExist out of sight, Refused without the right, a kind or the reason, Conflict for a last day in the past or
    further away than `holds.by_hand_days`, ValueError for an unknown kind.
    """
    by.check(Act.HOLD_PLACE)
    seen = Borrower.objects.visible_to(by).select_related("lender").get(pk=borrower.pk)
    wanted = rules.kinds_in_order(kinds)
    if not wanted or not reason.strip():
        raise Refused(_("Say what is to be stopped and why."), code="HOLD_INCOMPLETE")
    latest = by.on + timedelta(days=int(setting(seen.lender, "holds.by_hand_days", by.on)))
    if not by.on <= ends_on <= latest:
        raise Conflict(_("A hold without a finding ends between today and %(latest)s.") % {"latest": latest}, code="HOLD_DATES")
    made = [
        Hold.objects.create(
            lender_id=seen.lender_id, bucket=seen.bucket, borrower=seen, kind=kind, placed_by=author(by), placed_on=by.on,
            reason=reason.strip(), ends_on=ends_on,
        )
        for kind in wanted
    ]  # fmt: skip
    for hold in made:
        HoldNote.objects.create(hold=hold, kind=HoldNote.Kind.PLACED, text=hold.reason, on=by.on, by=author(by))
        record("hold.placed", by=by, subject=hold, number=hold.number, kind=hold.kind, borrower=seen.number, ends_on=ends_on.isoformat(), reason=hold.reason)
    return made


def _standing(hold_id: int, by: Access) -> Hold:
    """The locked hold. Raises Hold.DoesNotExist out of sight, Conflict once it stops nothing any more."""
    hold = Hold.objects.visible_to(by).select_for_update(of=("self",)).select_related("asked_by").get(pk=hold_id)
    if hold.state != Hold.State.STANDING or (hold.ends_on is not None and hold.ends_on < by.on):
        raise Conflict(_("Hold %(number)s stops nothing any more. Nothing was changed.") % {"number": hold.number}, code="HOLD_LIFTED")
    return hold


@transaction.atomic
def ask_to_lift(*, hold_id: int, by: Access, reason: str) -> Hold:
    """Ask for a hold to be lifted before its time, with the reason; it stands until another person agrees.

    Raises Hold.DoesNotExist, Refused without the right or the reason, Conflict when it is lifted or somebody has asked already.
    """
    hold = _standing(hold_id, by)
    by.check(Act.HOLD_LIFT_ASK, hold)
    if not reason.strip():
        raise Refused(_("Say why the hold is to be lifted before its time."), code="REASON_MISSING")
    if hold.asked_by_id is not None:
        raise Conflict(_("%(name)s has asked for it already; another person has to agree.") % {"name": hold.asked_by}, code="LIFT_ASKED")
    hold.asked_by, hold.asked_on, hold.asked_reason = author(by), by.on, reason.strip()
    hold.save(update_fields=["asked_by", "asked_on", "asked_reason"])
    HoldNote.objects.create(hold=hold, kind=HoldNote.Kind.ASKED, text=hold.asked_reason, on=by.on, by=author(by))
    record("hold.lift_asked", by=by, subject=hold, number=hold.number, reason=hold.asked_reason)
    return hold


@transaction.atomic
def answer_lift(*, hold_id: int, by: Access, agrees: bool, text: str = "") -> Hold:
    """Agree that a hold is lifted, which frees the borrower at once, or refuse with the reason, which leaves it as if nobody had asked.

    Raises Hold.DoesNotExist, Refused without the right or for whoever asked, Conflict when it is lifted or nobody has asked.
    """
    hold = _standing(hold_id, by)
    by.check(Act.HOLD_LIFT)
    if hold.asked_by_id is None:
        raise Conflict(_("Nobody has asked for this hold to be lifted."), code="LIFT_NOT_ASKED")
    by.check(Act.HOLD_LIFT, hold)
    if not agrees and not text.strip():
        raise Refused(_("Say why the hold stays."), code="REASON_MISSING")
    asked_by, reason = hold.asked_by, hold.asked_reason
    if agrees:
        hold.state, hold.cause, hold.lifted_by, hold.lifted_on, hold.lifted_at = Hold.State.LIFTED, Hold.Cause.AGREED, author(by), by.on, Now()
        hold.save(update_fields=["state", "cause", "lifted_by", "lifted_on", "lifted_at"])
    else:
        hold.asked_by, hold.asked_on, hold.asked_reason = None, None, ""
        hold.save(update_fields=["asked_by", "asked_on", "asked_reason"])
    HoldNote.objects.create(hold=hold, kind=HoldNote.Kind.AGREED if agrees else HoldNote.Kind.REFUSED, text=text.strip(), on=by.on, by=author(by))
    record("hold.lifted" if agrees else "hold.lift_refused", by=by, subject=hold, number=hold.number,
           asked_by=asked_by.staff_no if asked_by else "", reason=reason, answer=text.strip())  # fmt: skip
    return hold
