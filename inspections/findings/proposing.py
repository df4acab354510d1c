"""What confirmed inspections found, as proposals: a risk officer makes a finding of each, or says why not."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from borrowers.findings.models import VisitFinding
from borrowers.loans.models import Loan
from inspections.findings.actions import author, raise_finding
from inspections.findings.models import Finding, FindingDismissal
from inspections.findings.rules import NEW_DISBURSEMENT
from inspections.visits.models import Checkpoint, Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


def proposals(access: Access) -> QuerySet[VisitFinding]:
    """What confirmed inspections found on loans this person sees and nobody has decided about yet, the worst and oldest first."""
    if not access.may(Act.FINDING_RAISE):
        return VisitFinding.objects.none()
    raised = Finding.objects.filter(reference=OuterRef("subject"), lender_id=OuterRef("lender_id"))
    dropped = FindingDismissal.objects.filter(visit_finding=OuterRef("pk"))
    seen = VisitFinding.objects.filter(~Exists(raised), ~Exists(dropped), loan__in=Loan.objects.visible_to(access))
    return seen.select_related("loan__borrower", "loan__branch", "entered_by").order_by("-level", "valid_from", "pk")


def said_in_words(found: VisitFinding) -> tuple[str, str]:
    """What was found and what is to be done, from the checkpoints that failed, in the reader's language (English where it lacks one)."""
    language = get_language() or "en"

    def words(text: dict[str, str] | None) -> str:
        return (text or {}).get(language) or (text or {}).get("en", "")

    number = found.subject.partition(":")[2]
    visit = Visit.objects.filter(pk=int(number)).first() if number.isdigit() else None
    points = Checkpoint.objects.filter(section__template_id=visit.template_id, code__in=found.points) if visit else Checkpoint.objects.none()
    signals = [words(point.signal) for point in points if point.signal]
    text = "\n".join([*signals, found.text]) if signals else found.text
    return text, _("Put right what the inspection found, and show it with photos or documents.")


def defaults_for(found: VisitFinding) -> dict[str, Any]:
    """What one click makes of a proposal: severity as the level of the inspection; a red one blocks new disbursements."""
    text, measure = said_in_words(found)
    return {"text": text, "measure": measure, "severity": found.level, "blocking": [NEW_DISBURSEMENT] if found.level == 3 else []}


def _locked(proposal_id: int, by: Access) -> VisitFinding:
    """Raises VisitFinding.DoesNotExist out of sight, Conflict once somebody has decided."""
    found = VisitFinding.objects.filter(loan__in=Loan.objects.visible_to(by)).select_related("loan__borrower").get(pk=proposal_id)
    # The fact itself is append-only: whoever decides on it takes the loan, so that two at once make one decision.
    Loan.objects.select_for_update(of=("self",)).get(pk=found.loan_id)
    if not proposals(by).filter(pk=found.pk).exists():
        raise Conflict(_("Somebody has decided about this already. Nothing was changed."), code="PROPOSAL_DECIDED")
    return found


@transaction.atomic
def accept(*, proposal_id: int, by: Access, **changed: Any) -> Finding:
    """Make a finding of what an inspection found; `changed` as for `raise_finding`, the rest as proposed.

    Raises VisitFinding.DoesNotExist, Refused, Conflict when somebody has decided already, and as `raise_finding`.
    """
    by.check(Act.FINDING_RAISE)
    found = _locked(proposal_id, by)
    return raise_finding(by=by, loan=found.loan, source=found.subject, points=found.points, **{**defaults_for(found), **changed})


@transaction.atomic
def dismiss(*, proposal_id: int, by: Access, reason: str) -> FindingDismissal:
    """Say why nothing is to be put right. Raises as `accept`, Refused without the reason or unless a risk officer says so."""
    by.check(Act.FINDING_VERIFY)
    found = _locked(proposal_id, by)
    if not reason.strip():
        raise Refused(_("Say why nothing is to be put right."), code="REASON_MISSING")
    made = FindingDismissal.objects.create(visit_finding=found, reason=reason.strip(), on=by.on, by=author(by))
    record("finding.dismissed", by=by, subject=found, reference=found.subject, loan=found.loan.number, reason=made.reason)
    return made
