"""Certificates about holds, for lenders and notaries without a line to this system: printed, signed, and checked by their code."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from borrowers.parties.models import Borrower
from inspections.findings import rules, signing
from inspections.findings.answers import moment
from inspections.findings.hold_queries import holds_of
from inspections.findings.models import Certificate
from inspections.findings.queries import setting
from loanwatch.people.access import Access
from loanwatch.people.clock import today
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

FORMAT = 1
PRINTED = ("number", "borrower", "as_of", "valid_until")  # what a reader copies from the paper, besides the four kinds


@dataclass(frozen=True)
class Verdict:
    """What anybody is told about a code: whether it is genuine, for which day, and, until it expires, whether it is still true.

    still_true is None once it has expired: an old paper is no window on what blocks the borrower since.
    """

    genuine: bool
    as_of: date | None = None
    valid_until: date | None = None
    expired: bool = False
    still_true: bool | None = None


@transaction.atomic
def issue(*, borrower: Borrower, by: Access) -> Certificate:
    """Certify which kinds of business are free and which are blocked today, valid for the days of `holds.certificate_days`, today included.

    Raises Borrower.DoesNotExist out of sight, Refused without the right.
    """
    by.check(Act.CERTIFICATE_ISSUE)
    seen = Borrower.objects.visible_to(by).select_related("lender").get(pk=borrower.pk)
    days = max(int(setting(seen.lender, "holds.certificate_days", by.on)), 1)
    key, at = signing.key_of(seen.lender), timezone.now()
    stopped = set(holds_of(seen, on=by.on).values_list("kind", flat=True))
    pk = _next_id()
    until = by.on + timedelta(days=days - 1)
    said: dict[str, Any] = {
        "format": FORMAT, "paper": "certificate", "lender": seen.lender.code, "number": f"CE-{by.on:%y}-{pk:06d}", "borrower": seen.number,
        "name": str(seen), "as_of": by.on.isoformat(), "valid_until": until.isoformat(), "issued_at": moment(at), "key": key.name,
        "blocked": {kind: kind in stopped for kind in rules.HOLD_KINDS},
    }  # fmt: skip
    text = rules.canonical(said)
    signature = signing.sign(key, text)
    if by.person is None:
        raise Borrower.DoesNotExist  # the act is of staff alone
    made = Certificate.objects.create(
        pk=pk, lender=seen.lender, borrower=seen, number=said["number"], as_of=by.on, valid_until=until, key=key, signature=signature,
        blocked=[kind for kind in rules.HOLD_KINDS if kind in stopped], said=text.decode(), code=rules.code_of(base64.b64decode(signature)),
        issued_by=by.person, issued_at=at,
    )  # fmt: skip
    record("hold.certificate_issued", by=by, subject=made, number=made.number, borrower=seen.number, blocked=made.blocked)
    return made


def _next_id() -> int:
    # The number is part of what is signed, so it is known before the row.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('inspections_certificate', 'id'))")
        return int(cursor.fetchone()[0])


def token(certificate: Certificate) -> str:
    """What the square on the paper carries for checking without this system: the signed text and the signature, both base64url."""
    said = base64.urlsafe_b64encode(certificate.said.encode()).decode().rstrip("=")
    signature = base64.urlsafe_b64encode(base64.b64decode(certificate.signature)).decode().rstrip("=")
    return f"LW1.{said}.{signature}"


def check(typed: str, printed: dict[str, str] | None = None, blocked: dict[str, bool] | None = None) -> Verdict:
    """Judge a code as somebody typed it, together with what stands on the paper.

    printed: any of PRINTED as text, dates as YYYY-MM-DD; blocked: kind to whether the paper says it is blocked. What is left out is not
    compared. A code that was never issued, a paper that says something else, and a signature that does not fit all say: not genuine.
    """
    certificate = Certificate.objects.filter(code=rules.read_code(typed)).select_related("key", "lender", "borrower").first()
    if certificate is None or not signing.verifies(certificate.key, certificate.said.encode(), certificate.signature):
        return Verdict(genuine=False)
    said = json.loads(certificate.said)
    if any(value.strip() and value.strip() != str(said.get(name)) for name, value in (printed or {}).items()):
        return Verdict(genuine=False)
    if any(said["blocked"].get(kind) != value for kind, value in (blocked or {}).items()):
        return Verdict(genuine=False)
    on = today(certificate.lender.zone)
    genuine = Verdict(genuine=True, as_of=certificate.as_of, valid_until=certificate.valid_until)
    if on > certificate.valid_until:
        return replace(genuine, expired=True)
    now = set(holds_of(certificate.borrower, on=on).values_list("kind", flat=True))
    return replace(genuine, still_true=now == set(certificate.blocked))


def certificates_about(borrower: Borrower, access: Access) -> QuerySet[Certificate]:
    """The certificates issued about a borrower this person sees, the newest first."""
    seen = Borrower.objects.visible_to(access).filter(pk=borrower.pk)
    return Certificate.objects.filter(borrower__in=seen).select_related("issued_by")


def certificate_of(certificate_id: int, access: Access) -> Certificate:
    """Raises Certificate.DoesNotExist for one about a borrower out of sight."""
    seen = Certificate.objects.filter(borrower__in=Borrower.objects.visible_to(access))
    return seen.select_related("lender", "borrower", "issued_by", "key").get(pk=certificate_id)
