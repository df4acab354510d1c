"""Writes audit events, in the transaction of what they tell about."""

from typing import Any

from loanwatch.people.access import Access
from loanwatch.trail.models import AuditEvent


def record(event: str, *, by: Access | None, subject: Any = None, **details: Any) -> AuditEvent:
    """Keep that `by` (None: the system) did `event` to `subject` (a model instance). `details` must be JSON-ready."""
    return AuditEvent.objects.create(
        lender_id=getattr(subject, "lender_id", None) or (by.person.lender_id if by and by.person else None),
        person=by.person if by else None,
        account=by.account if by else None,
        event=event,
        subject_kind=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        details=details,
    )
