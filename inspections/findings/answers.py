"""Whether a borrower is blocked: asked by lending systems and people, answered with a signature, each question kept."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from borrowers.parties.models import Borrower
from inspections.findings import rules, signing
from inspections.findings.hold_queries import holds_of
from inspections.findings.models import Finding, Hold, HoldAnswer, SigningKey
from inspections.findings.queries import setting
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

FORMAT = 1


@dataclass(frozen=True)
class Signed:
    """What was said, the canonical bytes that were signed, and the signature in base64 by the key of that name."""

    said: dict[str, Any]
    text: bytes
    signature: str
    key: str


def moment(at: datetime) -> str:
    """2026-11-20T08:15:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def borrower_asked(number: str, by: Access) -> Borrower:
    """The borrower of this number at the reader's lender, within sight; a number is never read as an id.

    Raises Borrower.DoesNotExist for any other, and where two lenders of a reader without a lender use the number.
    """
    seen = Borrower.objects.visible_to(by).filter(number=number).select_related("lender")
    if by.person and by.person.lender_id:
        seen = seen.filter(lender_id=by.person.lender_id)
    found = list(seen[:2])
    if len(found) != 1:
        raise Borrower.DoesNotExist
    return found[0]


def borrower_with_id(borrower_id: int, by: Access) -> Borrower:
    """Raises Borrower.DoesNotExist out of sight."""
    return Borrower.objects.visible_to(by).select_related("lender").get(pk=borrower_id)


@transaction.atomic
def answer(*, borrower: str | int, kinds: Sequence[str] = (), with_text: bool = False, by: Access) -> Signed:
    """Say, signed, which of `kinds` (all four where none is named) are blocked for a borrower at this moment, and keep that it was asked.

    borrower: its number as text, or its id as a whole number; the one is never taken for the other.
    with_text: what was found stands with each reason whose finding the reader may see; without it only codes and sources do.
    Raises Borrower.DoesNotExist for an unknown one and one out of sight, ValueError for an unknown kind, Refused without the right.
    """
    by.check(Act.HOLD_ASK)
    about = borrower_with_id(borrower, by) if isinstance(borrower, int) else borrower_asked(borrower, by)
    wanted = rules.kinds_in_order(kinds or rules.HOLD_KINDS)
    key = signing.key_of(about.lender)
    at = timezone.now()
    holds = list(holds_of(about, on=by.on).filter(kind__in=wanted).select_related("finding").order_by("pk"))
    readable = _readable(holds, by) if with_text else set()
    blocked = {kind: any(hold.kind == kind for hold in holds) for kind in wanted}
    minutes = int(setting(about.lender, "holds.answer_minutes", by.on))
    said: dict[str, Any] = {
        "format": FORMAT,
        "lender": about.lender.code,
        "borrower": about.number,
        "borrower_id": about.pk,
        "asked_at": moment(at),
        "as_of": by.on.isoformat(),
        "blocked": blocked,
        "reasons": [_reason(hold, readable) for hold in holds],
        "valid_until": moment(at + timedelta(minutes=minutes)),
        "nonce": secrets.token_hex(16),
        "key": key.name,
    }
    text = rules.canonical(said)
    signature = signing.sign(key, text)
    made = HoldAnswer.objects.create(
        lender=about.lender, borrower=about, account=by.account, person=by.person, asked_at=at, as_of=by.on,
        blocked=[kind for kind in wanted if blocked[kind]], nonce=said["nonce"], said=text.decode(), signature=signature, key=key,
    )  # fmt: skip
    record("hold.asked", by=by, subject=made, borrower=about.number, blocked=made.blocked, nonce=made.nonce)
    return Signed(json.loads(text), text, signature, key.name)


def _readable(holds: Sequence[Hold], by: Access) -> set[int]:
    if not by.may(Act.FINDING_SEE):
        return set()
    return set(Finding.objects.visible_to(by).filter(pk__in=[h.finding_id for h in holds if h.finding_id]).values_list("pk", flat=True))


def _reason(hold: Hold, readable: set[int]) -> dict[str, Any]:
    """Code and source; nothing that anybody wrote, unless the finding is among those that the reader may read."""
    reason: dict[str, Any] = {"hold": hold.number, "kind": hold.kind, "since": hold.placed_on.isoformat()}
    if hold.finding is None:
        return reason | {"code": "PLACED_BY_HAND", "source": "hand", "ends_on": hold.ends_on.isoformat() if hold.ends_on else None}
    reason |= {"code": "BLOCKING_FINDING", "source": hold.finding.source, "finding": hold.finding.number, "due_on": hold.finding.due_on.isoformat()}
    if hold.finding_id in readable:
        reason["text"] = hold.finding.text
    return reason


def answers_about(borrower: Borrower, access: Access) -> QuerySet[HoldAnswer]:
    """Who asked about a borrower this person sees, the newest first."""
    seen = Borrower.objects.visible_to(access).filter(pk=borrower.pk)
    return HoldAnswer.objects.filter(borrower__in=seen).select_related("person", "account", "key")


def listed(key: SigningKey) -> dict[str, Any]:
    """A key as the API and the page list it."""
    to = moment(key.to_at) if key.to_at else None
    return {"key": key.name, "algorithm": signing.ALGORITHM, "public": key.public, "from": moment(key.from_at), "to": to}
