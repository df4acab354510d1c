"""A risk officer decides a proposed class: confirms it, or overrules it with a reason. One at a time, or many with a result each."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from alerts.classification.models import ClassProposal
from alerts.observation.models import RiskClass
from borrowers.classes.actions import decide_class
from borrowers.conduct.actions import note_act
from borrowers.loans.models import Custody, Loan
from loanwatch.kernel.calendars import add_months
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.queries import parameter
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

MOVES = {
    ClassProposal.State.PROPOSED.value: frozenset({ClassProposal.State.CONFIRMED.value, ClassProposal.State.OVERRULED.value}),
    ClassProposal.State.CONFIRMED.value: frozenset(),
    ClassProposal.State.OVERRULED.value: frozenset(),
    ClassProposal.State.REPLACED.value: frozenset(),
}


@transaction.atomic
def decide(*, proposal_id: int, by: Access, agrees: bool, reason: str = "") -> ClassProposal:
    """Confirm a proposal, or overrule it with a reason; the class then in force is kept as a fact of the loan.

    Raises ClassProposal.DoesNotExist for a loan out of sight, Refused without the right, for whoever is responsible for the loan and
    without a reason for overruling, Conflict when somebody has decided meanwhile or a later close has replaced it.
    """
    visible = ClassProposal.objects.filter(loan__in=Loan.objects.visible_to(by).order_by())
    proposal = visible.select_for_update(of=("self",)).select_related("loan__lender").get(pk=proposal_id)
    by.check(Act.CLASS_CONFIRM, proposal)
    new = (ClassProposal.State.CONFIRMED if agrees else ClassProposal.State.OVERRULED).value
    _require_waiting(proposal, new)
    if by.person is None or responsible_for(proposal.loan, by):
        raise Refused(_("Whoever is responsible for a loan does not decide about its class."), code="OWN_LOAN")
    if not agrees and not reason.strip():
        raise Refused(_("To overrule a proposed class, say why."), code="REASON_MISSING")
    proposal.state, proposal.decided_by, proposal.decided_on, proposal.reason = new, by.person, by.on, reason.strip()
    proposal.save(update_fields=["state", "decided_by", "decided_on", "reason"])
    decide_class(
        loan=proposal.loan, risk_class=proposal.new_class if agrees else proposal.old_class, proposed=proposal.new_class, reason=proposal.reason,
        on=by.on, by=by.person, subject=f"proposal:{proposal.pk}",
    )  # fmt: skip
    note_act(
        "class_wait", lender=proposal.lender, person=by.person, on=by.on, subject=f"class:{proposal.pk}", loan=proposal.loan,
        figure=(by.on - proposal.as_of).days, worse=RiskClass.values.index(proposal.new_class) > RiskClass.values.index(proposal.old_class), agrees=agrees,
    )  # fmt: skip
    record("class.decided", by=by, subject=proposal, agrees=agrees, old=proposal.old_class, new=proposal.new_class)
    return proposal


def responsible_for(loan: Loan, by: Access) -> bool:
    """Whether the person answers for the loan, in whichever capacity, or did within the cooling-off of the four eyes."""
    since = add_months(by.on, -int(parameter(loan.lender, "four_eyes.cooling_months", by.on)))
    held = Custody.objects.filter(loan=loan, person=by.person, from_on__lte=by.on)
    return held.filter(Q(to_on__isnull=True) | Q(to_on__gt=since)).exists()


def _require_waiting(proposal: ClassProposal, new: str) -> None:
    if new in MOVES[proposal.state]:
        return
    parts = {"loan": proposal.loan, "name": proposal.decided_by or "", "state": proposal.get_state_display()}
    if proposal.decided_by:
        raise Conflict(
            _("The class of %(loan)s has already been decided by %(name)s. Nothing was changed.") % parts, code="PROPOSAL_DECIDED"
        )
    raise Conflict(_("The proposal for %(loan)s is in the state “%(state)s”. Nothing was changed.") % parts, code="PROPOSAL_DECIDED")


@dataclass(frozen=True)
class Result:
    """What became of one of many: `fault` says why it was not confirmed, empty when it was."""

    proposal_id: int
    loan: str
    fault: str = ""


def confirm_many(*, proposal_ids: Sequence[int], by: Access) -> list[Result]:
    """Confirm each of the proposals by itself; what can't be confirmed stays as it is and says why. Out of sight: not there."""
    results = []
    numbers = dict(
        ClassProposal.objects.filter(pk__in=proposal_ids, loan__in=Loan.objects.visible_to(by).order_by()).values_list("pk", "loan__number")
    )
    for proposal_id in dict.fromkeys(proposal_ids):
        if proposal_id not in numbers:
            results.append(Result(proposal_id, "", _("There is no such proposal, or none that you may see.")))
            continue
        try:
            with transaction.atomic():
                decide(proposal_id=proposal_id, by=by, agrees=True)
            results.append(Result(proposal_id, numbers[proposal_id]))
        except (Refused, Conflict) as fault:
            results.append(Result(proposal_id, numbers[proposal_id], str(fault.sentence)))
    return results
