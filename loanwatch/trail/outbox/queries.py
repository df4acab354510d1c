"""Questions on the outbox."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from loanwatch.people.access import Access
from loanwatch.trail.outbox.models import OutboxMessage

State = OutboxMessage.State


def messages(access: Access, **asked: Any) -> QuerySet[OutboxMessage]:
    """The messages this person watches, the newest first.

    Filters: `state`, `kind` (its first part), `channel`, `first` and `last` (business dates, both included), `q` (the beginning
    of a loan's or a staff member's number).
    """
    found = OutboxMessage.objects.visible_to(access).select_related("lender").defer("body")
    for name in ("state", "channel"):
        if value := asked.get(name):
            found = found.filter(**{name: value})
    if kind := asked.get("kind"):
        found = found.filter(kind__startswith=kind)
    if first := asked.get("first"):
        found = found.filter(business_date__gte=first)
    if last := asked.get("last"):
        found = found.filter(business_date__lte=last)
    if q := (asked.get("q") or "").strip():
        found = found.filter(subject__startswith=q)
    return found.order_by("-pk")


def figures(access: Access) -> dict[str, Any]:
    """What waits, is uncertain or failed, since when, and what was sent within a day. Unsettled rows lie in small indexes of their own."""
    now = timezone.now()
    seen = OutboxMessage.objects.visible_to(access).order_by()
    due = Q(state=State.WAITING, not_before__lte=now)
    found = seen.filter(state__in=[State.WAITING, State.SENDING, State.UNCERTAIN, State.FAILED]).aggregate(
        waiting=Count("pk", filter=Q(state__in=[State.WAITING, State.SENDING])),
        due=Count("pk", filter=due),
        oldest=Min("not_before", filter=due),
        uncertain=Count("pk", filter=Q(state=State.UNCERTAIN)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
    )
    return found | {"sent": seen.filter(state=State.SENT, sent_at__gte=now - timedelta(days=1)).count()}
