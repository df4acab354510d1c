"""Which submitted visit a person may verify, and what is done with it before anybody looks."""

from typing import Any

from django.utils.translation import gettext as _

from inspections.evidence.actions import ensure_examined
from inspections.four_eyes.queries import why_not
from inspections.planning.models import Kind
from inspections.sampling.actions import ensure_drawn
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.people.policy import Act
from loanwatch.people.reader import as_house


def to_verify(visit_id: int, by: Access) -> Visit:
    """The locked visit, for a person who may verify it. Raises Visit.DoesNotExist out of sight, Refused, Conflict when it was decided."""
    by.check(Act.VISIT_VERIFY)
    visits = Visit.objects.filter(loan__branch_id__in=by.subtree(Role.RISK_OFFICER)).exclude(state=Visit.State.DRAFT)
    visit = visits.select_for_update(of=("self",)).select_related("lender", "loan", "recorded_by", "template", "task").get(pk=visit_id)
    by.check(Act.VISIT_VERIFY, visit)
    if visit.state != Visit.State.SUBMITTED:
        raise Conflict(_("Another risk officer has already decided on this inspection."), code="VISIT_DECIDED")
    if visit.task.kind == Kind.VERIFY:
        raise Conflict(_("This visit is itself a verification; it is read beside the inspection it belongs to."), code="VISIT_IS_VERIFICATION")
    if reason := why_not(visit, by):
        raise Refused(reason, code="VISIT_NOT_INDEPENDENT")
    return visit


def prepare(visit_ids: list[int]) -> dict[int, Any]:
    """Draw and examine visits that nobody has looked at yet: visit id -> Draw. Done for the house: it reads what the officer may not."""
    with as_house():
        ensure_examined(visit_ids)
        return dict(ensure_drawn(visit_ids))
