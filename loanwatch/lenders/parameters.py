"""Dated parameters under four eyes: one credit administrator proposes a value, another approves it."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender, Parameter, Product
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.queries import last_taken
from loanwatch.trail.record import record


def require_open(lender: Lender, valid_from: date) -> None:
    """Raises Conflict for a first day that is closed or whose close has begun."""
    taken = last_taken(lender)
    if taken is not None and valid_from <= taken:
        raise Conflict(
            _("This can't count from %(day)s: business days up to %(taken)s are closed. Propose it from a later day.")
            % {"day": valid_from, "taken": taken},
            code="DAY_CLOSED",
        )


@transaction.atomic
def propose(*, by: Access, lender: Lender, key: str, value: Any, valid_from: date, source: str, confidence: str) -> Parameter:
    """A new value of `key` from `valid_from`, in force only once another person has approved it.

    Raises Conflict while another proposal for the same key waits: two open ones could be approved in the wrong order.
    """
    by.check(Act.PARAMETER_PROPOSE)
    require_open(lender, valid_from)
    staff_no = by.person.staff_no if by.person else ""
    list(Parameter.objects.select_for_update().filter(lender=lender, key=key).values_list("pk"))
    if waiting(lender).filter(key=key).exists():
        raise Conflict(_("A value of this parameter waits for approval already; approve or withdraw it first."), code="PARAMETER_WAITS")
    made = Parameter.objects.create(
        lender=lender, key=key, value=value, valid_from=valid_from, source=source, confidence=confidence, proposed_by=staff_no
    )
    record("parameter.proposed", by=by, subject=made, key=key, value=value, valid_from=valid_from.isoformat(), source=source)
    return made


@transaction.atomic
def approve(*, by: Access, parameter: Parameter) -> None:
    """The value is in force from its day. Raises Refused for the proposer, Conflict when it is approved already.

    Conflict too when its first day was closed meanwhile or its close has begun: nothing counts backwards.
    """
    found = _locked(parameter)
    by.check(Act.PARAMETER_APPROVE, found)
    if found.approved_by or not found.proposed_by:
        raise Conflict(_("This value is in force already."), code="PARAMETER_APPROVED")
    require_open(found.lender, found.valid_from)
    found.approved_by = by.person.staff_no if by.person else ""
    found.approved_at = timezone.now()
    found.save(update_fields=["approved_by", "approved_at"])
    record("parameter.approved", by=by, subject=found, key=found.key, value=found.value, valid_from=found.valid_from.isoformat())


@transaction.atomic
def withdraw(*, by: Access, parameter: Parameter, reason: str) -> None:
    """A proposal that is not to come: by its proposer or by who would approve it. The trail keeps value and reason."""
    found = _locked(parameter)
    by.check(Act.PARAMETER_PROPOSE)
    if found.approved_by or not found.proposed_by:
        raise Refused(_("A value in force is never withdrawn; propose another one from a later day."), code="PARAMETER_IN_FORCE")
    record("parameter.withdrawn", by=by, subject=found, key=found.key, value=found.value, proposed_by=found.proposed_by, reason=reason)
    found.delete()


def waiting(lender: Lender) -> Any:
    """Proposals that nobody has approved yet, the oldest first."""
    return Parameter.objects.filter(lender=lender, approved_by="").exclude(proposed_by="").order_by("pk")


def _locked(parameter: Parameter) -> Parameter:
    found = Parameter.objects.select_for_update().filter(pk=parameter.pk).first()
    if found is None:
        raise Conflict(_("This proposal was withdrawn meanwhile."), code="PARAMETER_WITHDRAWN")
    return found


# Products --------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_product(*, by: Access, lender: Lender, code: str, name: str, kind: str) -> Product:
    """A product on which loans may be booked."""
    by.check(Act.PRODUCT_KEEP)
    made = Product.objects.create(lender=lender, code=code, name=name, kind=kind)
    record("product.added", by=by, subject=made, code=code, name=name, kind=kind)
    return made


@transaction.atomic
def change_product(*, by: Access, product: Product, name: str, kind: str, active: bool) -> None:
    """Another name or kind, or out of use. The code stays: feeds name it. Loans on a retired product stay as they are."""
    by.check(Act.PRODUCT_KEEP)
    before = {"name": product.name, "kind": product.kind, "active": product.active}
    product.name, product.kind, product.active = name, kind, active
    product.save(update_fields=["name", "kind", "active"])
    record(
        "product.changed", by=by, subject=product, code=product.code, before=before, after={"name": name, "kind": kind, "active": active}
    )
