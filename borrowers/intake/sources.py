"""Who may send facts by webhook: made, switched off and given new keys by a system administrator. Every act is in the audit trail."""

from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from borrowers.feeds.models import WebhookSource
from borrowers.intake.rules import webhook_key
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


def key_of(source: WebhookSource) -> str:
    """The key with which `source` signs now."""
    return webhook_key(settings.SECRET_KEY, source.lender.code, source.name, source.generation)


@transaction.atomic
def add_source(*, lender: Lender, name: str, facts: Sequence[str], by: Access) -> WebhookSource:
    """A new source that may tell `facts` (names of kinds). Raises Refused, or Conflict when the name is taken."""
    by.check(Act.WEBHOOK_KEEP)
    if by.person is None:
        raise Refused(_("Only a member of staff keeps webhook sources."), code="NO_PERSON")
    try:
        with transaction.atomic():
            source = WebhookSource.objects.create(lender=lender, name=name, facts=sorted(facts), made_by=by.person)
    except IntegrityError:
        raise Conflict(_("There is a webhook source with this name already."), code="NAME_TAKEN") from None
    record("webhook.added", by=by, subject=source, name=name, facts=sorted(facts))
    return source


@transaction.atomic
def change_key(*, source_id: int, by: Access) -> WebhookSource:
    """Give the source a new key; the one before stops working at once. Raises Refused."""
    source = _take(source_id, by)
    source.generation += 1
    source.save(update_fields=["generation"])
    record("webhook.key_changed", by=by, subject=source, generation=source.generation)
    return source


@transaction.atomic
def switch(*, source_id: int, active: bool, by: Access) -> WebhookSource:
    """Let a source send, or refuse what it sends. Raises Refused."""
    source = _take(source_id, by)
    if source.active != active:
        source.active = active
        source.save(update_fields=["active"])
        record("webhook.switched_on" if active else "webhook.switched_off", by=by, subject=source)
    return source


def read_key(*, source_id: int, by: Access) -> str:
    """The key, for the person who sets up the sender. That it was read stays in the trail. Raises Refused."""
    with transaction.atomic():
        source = _take(source_id, by)
        record("webhook.key_read", by=by, subject=source, generation=source.generation)
        return key_of(source)


def _take(source_id: int, by: Access) -> WebhookSource:
    by.check(Act.WEBHOOK_KEEP)
    return WebhookSource.objects.select_for_update(of=("self",)).select_related("lender").get(pk=source_id)
