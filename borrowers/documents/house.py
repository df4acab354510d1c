"""Keeping the rules of the archive: kinds, requirements from a date to a date, and legal holds."""

from datetime import date
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from borrowers.documents import queries, shipped
from borrowers.documents.models import DocumentKind, LegalHold, RequiredDocument
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

KEPT = ("name", "months_valid", "retention_years", "on_paper", "source", "active")


@transaction.atomic
def install_shipped(lender: Lender) -> int:
    """Write the shipped kinds that `lender` lacks, each with its requirements; returns how many kinds were written.

    A requirement for some kinds of product is written for each product of those kinds that the lender has.
    """
    present = set(DocumentKind.objects.filter(lender=lender).values_list("code", flat=True))
    fresh = DocumentKind.objects.bulk_create(DocumentKind(lender=lender, **kind) for kind in shipped.KINDS if kind["code"] not in present)
    by_code = {kind.code: kind for kind in fresh}
    products = list(Product.objects.filter(lender=lender))
    rows = []
    for code, applies_to, days, product_kinds in shipped.REQUIRED:
        if code not in by_code:
            continue
        meant: list[Product | None] = [product for product in products if product.kind in product_kinds] if product_kinds else [None]
        rows += [
            RequiredDocument(
                lender=lender, product=product, kind=by_code[code], applies_to=applies_to, within_days=days, from_on=shipped.EPOCH
            )
            for product in meant
        ]
    RequiredDocument.objects.bulk_create(rows)
    return len(fresh)


@transaction.atomic
def add_kind(*, by: Access, lender: Lender, code: str, of: str, **kept: Any) -> DocumentKind:
    """A kind of document; `kept` are the fields of KEPT. What it belongs to can't be changed later."""
    by.check(Act.DOCUMENT_RULES_KEEP)
    made = DocumentKind.objects.create(lender=lender, code=code, of=of, **{name: kept[name] for name in KEPT if name in kept})
    record("document_kind.added", by=by, subject=made, code=code, of=of, after=_kept(made))
    return made


@transaction.atomic
def change_kind(*, by: Access, kind: DocumentKind, **kept: Any) -> DocumentKind:
    """Other names, months, years or source of a kind. Documents that are there keep the expiry they have."""
    by.check(Act.DOCUMENT_RULES_KEEP)
    found = DocumentKind.objects.select_for_update().get(pk=kind.pk, lender=kind.lender_id)
    before = _kept(found)
    for name in KEPT:
        if name in kept:
            setattr(found, name, kept[name])
    found.save()
    record("document_kind.changed", by=by, subject=found, code=found.code, before=before, after=_kept(found))
    return found


def _kept(kind: DocumentKind) -> dict[str, Any]:
    return {name: getattr(kind, name) for name in KEPT}


@transaction.atomic
def require(*, by: Access, kind: DocumentKind, product: Product | None, applies_to: str, within_days: int, from_on: date) -> RequiredDocument:
    """From `from_on`, newly disbursed loans of the product (None: of any) must have the document.

    Raises Conflict when the requirement stands already.
    """
    by.check(Act.DOCUMENT_RULES_KEEP)
    DocumentKind.objects.select_for_update(of=("self",)).get(pk=kind.pk)  # one requirement of a kind at a time
    standing = RequiredDocument.objects.filter(lender=kind.lender_id, kind=kind, product=product, to_on__isnull=True)
    if standing.exists() or RequiredDocument.objects.filter(kind=kind, product=product, to_on__gt=from_on).exists():
        raise Conflict(_("This document is required for the product already. End that requirement first."), code="REQUIRED_ALREADY")
    made = RequiredDocument.objects.create(
        lender_id=kind.lender_id, kind=kind, product=product, applies_to=applies_to, within_days=within_days, from_on=from_on
    )
    record("document_requirement.added", by=by, subject=made, kind=kind.code, product=product.code if product else "", applies_to=applies_to,
           within_days=within_days, from_on=from_on.isoformat())  # fmt: skip
    return made


@transaction.atomic
def end_requirement(*, by: Access, requirement: RequiredDocument, to_on: date) -> None:
    """Loans disbursed on `to_on` or later need the document no longer. Raises Conflict when it has ended or `to_on` is too early."""
    by.check(Act.DOCUMENT_RULES_KEEP)
    found = RequiredDocument.objects.select_for_update(of=("self",)).select_related("kind").get(pk=requirement.pk)
    if found.to_on is not None:
        raise Conflict(_("This requirement has ended already."), code="REQUIREMENT_ENDED")
    if to_on <= found.from_on or to_on < by.on:
        raise Conflict(_("A requirement ends after it begins, and not on a day that has passed."), code="REQUIREMENT_DATES")
    found.to_on = to_on
    found.save(update_fields=["to_on"])
    record("document_requirement.ended", by=by, subject=found, kind=found.kind.code, to_on=to_on.isoformat())


# --- legal holds -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def place_hold(*, by: Access, borrower: Borrower, reason: str) -> LegalHold:
    """From now on nothing of the borrower may be destroyed. Raises Conflict without a reason."""
    by.check(Act.LEGAL_HOLD_PLACE)
    if not reason.strip():
        raise Conflict(_("Say why the hold is placed: the court and the number of the case, or the investigation."), code="REASON_MISSING")
    locked = Borrower.objects.select_for_update(of=("self",)).get(pk=borrower.pk)  # a destruction under way is waited for
    made = LegalHold.objects.create(borrower=locked, reason=reason.strip()[:200], placed_on=by.on, placed_by=cast(Person, by.person))
    record("legal_hold.placed", by=by, subject=made, borrower=locked.number, reason=made.reason)
    return made


@transaction.atomic
def lift_hold(*, by: Access, hold_id: int, reason: str) -> LegalHold:
    """Documents of the borrower may go again once their time is over. Raises Refused for the person who placed the hold."""
    hold = LegalHold.objects.select_for_update(of=("self",)).select_related("borrower").get(pk=hold_id, pk__in=queries.holds(by).values("pk"))
    by.check(Act.LEGAL_HOLD_LIFT, hold)
    if hold.lifted_on:
        raise Conflict(_("This hold was lifted already."), code="HOLD_LIFTED")
    if not reason.strip():
        raise Conflict(_("Say why the hold is lifted."), code="REASON_MISSING")
    hold.lifted_on, hold.lifted_by, hold.lifted_reason = by.on, by.person, reason.strip()[:200]
    hold.save(update_fields=["lifted_on", "lifted_by", "lifted_reason"])
    record("legal_hold.lifted", by=by, subject=hold, borrower=hold.borrower.number, reason=hold.lifted_reason)
    return hold
