"""Terms of products, proposed by one and approved by another credit administrator, in force from a day on."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Product, ProductTerms
from loanwatch.lenders.parameters import require_open
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

VALUES = ("convention", "grace_days", "materiality_minor", "materiality_percent", "day_count")


@transaction.atomic
def propose_terms(*, by: Access, product: Product, valid_from: date, source: str, **values: Any) -> ProductTerms:
    """Terms from `valid_from` on, in force once another person has approved them. Raises Conflict while others wait."""
    by.check(Act.TERMS_PROPOSE)
    require_open(product.lender, valid_from)
    Product.objects.select_for_update().get(pk=product.pk)
    if waiting_terms(product).exists():
        raise Conflict(_("Terms of this product wait for approval already; approve or withdraw them first."), code="TERMS_WAIT")
    made = ProductTerms.objects.create(
        product=product, valid_from=valid_from, source=source, proposed_by=by.person.staff_no if by.person else "", **values
    )
    record("terms.proposed", by=by, subject=made, **_told(made))
    return made


@transaction.atomic
def approve_terms(*, by: Access, terms: ProductTerms) -> None:
    """In force from their day; closed days stay as they were. Raises Refused for the proposer, Conflict when decided
    meanwhile, or when their first day was closed or its close has begun.
    """
    found = _locked(terms)
    by.check(Act.TERMS_APPROVE, found)
    if found.approved_by or not found.proposed_by:
        raise Conflict(_("These terms are in force already."), code="TERMS_APPROVED")
    require_open(found.product.lender, found.valid_from)
    found.approved_by, found.approved_at = by.person.staff_no if by.person else "", timezone.now()
    found.save(update_fields=["approved_by", "approved_at"])
    record("terms.approved", by=by, subject=found, **_told(found))


@transaction.atomic
def withdraw_terms(*, by: Access, terms: ProductTerms, reason: str) -> None:
    """Terms that are not to come: the trail keeps them and the reason. Raises Refused for terms in force."""
    found = _locked(terms)
    by.check(Act.TERMS_PROPOSE)
    if found.approved_by or not found.proposed_by:
        raise Refused(_("Terms in force are never withdrawn; propose others from a later day."), code="TERMS_IN_FORCE")
    record("terms.withdrawn", by=by, subject=found, reason=reason, proposed_by=found.proposed_by, **_told(found))
    found.delete()


def waiting_terms(product: Product) -> Any:
    """Proposals that nobody has approved yet."""
    return ProductTerms.objects.filter(product=product, approved_by="").exclude(proposed_by="")


def _told(terms: ProductTerms) -> dict[str, Any]:
    values = {name: getattr(terms, name) for name in VALUES} | {"materiality_percent": str(terms.materiality_percent)}
    return {"product": terms.product.code, "valid_from": terms.valid_from.isoformat(), "source": terms.source, **values}


def _locked(terms: ProductTerms) -> ProductTerms:
    found = ProductTerms.objects.select_for_update(of=("self",)).select_related("product__lender").filter(pk=terms.pk).first()
    if found is None:
        raise Conflict(_("This proposal was withdrawn meanwhile."), code="TERMS_WITHDRAWN")
    return found
