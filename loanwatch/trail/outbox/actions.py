"""What a person decides about a message whose fate the relay can't settle."""

from collections.abc import Sequence

from django.db import Error, transaction
from django.utils.translation import gettext as _

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.outbox.models import OutboxMessage, OutboxSettlement
from loanwatch.trail.outbox.rules import VERDICTS
from loanwatch.trail.record import record


@transaction.atomic
def settle(*, message_id: int, verdict: str, reason: str, by: Access) -> OutboxSettlement:
    """Say what became of a message, or what is to become of it: arrived, again or drop.

    Raises Refused, OutboxMessage.DoesNotExist when it is out of sight, Conflict when its state does not fit or changed meanwhile.
    """
    by.check(Act.OUTBOX_SETTLE)
    message = OutboxMessage.objects.visible_to(by).get(pk=message_id)
    if by.person is None:
        raise Refused(_("Only a member of staff settles messages."), code="NO_PERSON")
    if message.state not in VERDICTS.get(verdict, ()):
        raise Conflict(_("This message is in another state by now; look at it again."), code="MESSAGE_MOVED")
    try:
        with transaction.atomic():
            made = OutboxSettlement.objects.create(lender=message.lender, message=message, verdict=verdict, reason=reason, by=by.person)
    except Error as fault:  # the database looks once more, under a lock
        raise Conflict(_("This message is in another state by now; look at it again."), code="MESSAGE_MOVED") from fault
    record("outbox.settled", by=by, subject=message, verdict=verdict, reason=reason, key=message.key, was=message.state)
    return made


def settle_many(*, ids: Sequence[int], verdict: str, reason: str, by: Access) -> tuple[int, int]:
    """The same for several, each on its own; returns (settled, left as they were because their state did not fit)."""
    settled = 0
    for pk in ids:
        try:
            settle(message_id=pk, verdict=verdict, reason=reason, by=by)
            settled += 1
        except (Conflict, OutboxMessage.DoesNotExist):
            continue
    return settled, len(ids) - settled
