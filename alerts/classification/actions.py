"""A risk officer decides a proposed class: confirms it, or overrules it with a reason."""

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.classification.models import ClassProposal
from alerts.observation.models import RiskClass
from borrowers.conduct.actions import note_act
from borrowers.loans.models import Loan
from loanwatch.kernel.policy import Conflict, Refused
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
    """Confirm a proposal, or overrule it with a reason.

    Raises ClassProposal.DoesNotExist for a loan out of sight, Refused without the right or without a reason for overruling,
    Conflict when somebody has decided meanwhile or a later close has replaced it.
    """
    visible = ClassProposal.objects.filter(loan__in=Loan.objects.visible_to(by).order_by())
    proposal = visible.select_for_update(of=("self",)).get(pk=proposal_id)
    by.check(Act.CLASS_CONFIRM, proposal)
    new = (ClassProposal.State.CONFIRMED if agrees else ClassProposal.State.OVERRULED).value
    if new not in MOVES[proposal.state]:
        parts = {"loan": proposal.loan, "name": proposal.decided_by or "", "state": proposal.get_state_display()}
        if proposal.decided_by:
            raise Conflict(
                _("The class of %(loan)s has already been decided by %(name)s. Nothing was changed.") % parts, code="PROPOSAL_DECIDED"
            )
        raise Conflict(_("The proposal for %(loan)s is in the state “%(state)s”. Nothing was changed.") % parts, code="PROPOSAL_DECIDED")
    if not agrees and not reason.strip():
        raise Refused(_("To overrule a proposed class, say why."), code="REASON_MISSING")
    proposal.state, proposal.decided_by, proposal.decided_on, proposal.reason = new, by.person, by.on, reason.strip()
    proposal.save(update_fields=["state", "decided_by", "decided_on", "reason"])
    if by.person:
        note_act(
            "class_wait", lender=proposal.lender, person=by.person, on=by.on, subject=f"class:{proposal.pk}", loan=proposal.loan,
            figure=(by.on - proposal.as_of).days, worse=RiskClass.values.index(proposal.new_class) > RiskClass.values.index(proposal.old_class), agrees=agrees,
        )  # fmt: skip
    record("class.decided", by=by, subject=proposal, agrees=agrees, old=proposal.old_class, new=proposal.new_class)
    return proposal
