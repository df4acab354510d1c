"""What people decide about a delivery that is held: approve it, try it again, or decline it."""

from django.db import transaction
from django.utils.translation import gettext as _

from borrowers.feeds import keeping
from borrowers.feeds.actions import Order, Outcome, load
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.models import Delivery
from borrowers.feeds.own_formats import find_for
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

BATCHES = frozenset({Delivery.Channel.API, Delivery.Channel.WEBHOOK})  # several of one date stand beside each other


def approvable(delivery: Delivery) -> bool:
    """Whether it waits for nothing but the approval of its other content."""
    return delivery.state == Delivery.State.HELD and "OTHER_CONTENT" in delivery.reasons


def format_of(delivery: Delivery) -> Format:
    """The format with which the delivery's rows are read today. Raises Conflict when it is not in use any more."""
    try:
        return find_for(delivery.lender, delivery.format)
    except BadSpec:
        raise Conflict(_("The format %(name)s is not in use any more.") % {"name": delivery.format}, code="FORMAT_GONE") from None


def _take(delivery_id: int, by: Access) -> Delivery:
    """The held delivery of the person's lender, locked. Raises Conflict or Delivery.DoesNotExist."""
    mine = Delivery.objects.filter(lender=by.person.lender if by.person else None)
    delivery = mine.select_for_update(of=("self",)).select_related("lender").get(pk=delivery_id)
    if delivery.state != Delivery.State.HELD:
        raise Conflict(_("Somebody has decided about this delivery already."), code="DELIVERY_DECIDED")
    return delivery


@transaction.atomic
def approve(*, delivery_id: int, by: Access) -> Outcome:
    """Load the other content of a date from the kept file. Raises Refused for the person who brought it, Conflict when it can't be approved."""
    delivery = _take(delivery_id, by)
    by.check(Act.DELIVERY_APPROVE, delivery)
    if not approvable(delivery):
        raise Conflict(_("This delivery needs a corrected file; approval would not mend it."), code="NOT_APPROVABLE")
    record(
        "feed.approved", by=by, subject=delivery, format=delivery.format, business_date=str(delivery.business_date), sha256=delivery.sha256
    )
    return _again(delivery, by, approved=True)


@transaction.atomic
def try_again(*, delivery_id: int, by: Access) -> Outcome:
    """Load a held delivery from its kept file once more, because what it lacked has come. Raises Refused or Conflict."""
    delivery = _take(delivery_id, by)
    by.check(Act.FEED_LOAD)
    return _again(delivery, by, approved=False)


def _again(delivery: Delivery, by: Access, *, approved: bool) -> Outcome:
    declared = format_of(delivery)
    key = delivery.kept_as
    with keeping.taken_out(delivery, declared) as path:
        outcome = load(
            Order(
                lender=delivery.lender,
                declared=declared,
                path=path,
                business_date=delivery.business_date,
                all_rows=delivery.all_rows,
                back_dated=approved,
                approved_by=by if approved else None,
                received_by=None if approved else by,
                channel=delivery.channel,
                adds_up=delivery.channel in BATCHES,
                held=delivery,
            )
        )
    if outcome.state == "already_loaded":  # the same file came another way in the meantime
        Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.REJECTED, hold_reason=outcome.reason)
    if outcome.state != "held":
        Delivery.objects.filter(pk=delivery.pk).update(kept_as="")
        transaction.on_commit(lambda: keeping.drop(key))
    return outcome


@transaction.atomic
def decline(*, delivery_id: int, by: Access, reason: str) -> Delivery:
    """Decide that a held delivery is never applied; its kept file goes. Raises Refused, or Conflict without a reason."""
    delivery = _take(delivery_id, by)
    by.check(Act.DELIVERY_APPROVE)
    if not reason.strip():
        raise Conflict(_("Say why the delivery is declined."), code="NO_REASON")
    key, delivery.kept_as, delivery.state = delivery.kept_as, "", Delivery.State.REJECTED
    delivery.notes = {**delivery.notes, "declined": {"by": by.person.name if by.person else "", "reason": reason.strip()[:200]}}
    delivery.save(update_fields=["kept_as", "state", "notes"])
    record(
        "feed.declined",
        by=by,
        subject=delivery,
        format=delivery.format,
        business_date=str(delivery.business_date),
        reason=reason.strip()[:200],
    )
    if key:
        transaction.on_commit(lambda: keeping.drop(key))
    return delivery
