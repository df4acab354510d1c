"""What confirmed inspections found, as proposals: a risk officer makes a finding of each, or says why not."""

from collections.abc import Iterable, Sequence
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


def texts_of(proposed: Sequence[VisitFinding]) -> dict[int, str]:
    """What was found, by id of the proposal: the signals of the checkpoints that failed, those of the approval's conditions among them,
    in the reader's language (English where it lacks one), then what the inspection says. Two queries for a whole page."""
    language = get_language() or "en"

    def words(text: dict[str, str] | None) -> str:
        return (text or {}).get(language) or (text or {}).get("en", "")

    numbers = {found.pk: int(number) for found in proposed if (number := found.subject.partition(":")[2]).isdigit()}
    forms = {visit: templates for visit, *templates in Visit.objects.filter(pk__in=numbers.values()).values_list("pk", "template_id", "conditions_id")}
    points = Checkpoint.objects.filter(section__template_id__in={form for both in forms.values() for form in both if form}).select_related("section")
    signals: dict[tuple[int, str], str] = {}
    for point in points.filter(code__in={code for found in proposed for code in found.points}).order_by("section__position", "position", "pk"):
        if said := words(point.signal):
            signals[point.section.template_id, point.code] = said

    def of(found: VisitFinding) -> Iterable[str]:
        both = forms.get(numbers.get(found.pk, 0), [])
        yield from (said for (form, code), said in signals.items() if form in both and code in found.points)
        yield found.text

    return {found.pk: "\n".join(of(found)) for found in proposed}


def defaults_for(found: VisitFinding) -> dict[str, Any]:
    """What one click makes of a proposal: severity as the level of the inspection; a red one blocks new disbursements."""
    measure = _("Put right what the inspection found, and show it with photos or documents.")
    return {"text": texts_of([found])[found.pk], "measure": measure, "severity": found.level, "blocking": holds_proposed(found)}


def holds_proposed(found: VisitFinding) -> list[str]:
    return [NEW_DISBURSEMENT] if found.level == 3 else []


def makes_milder(found: VisitFinding, changed: dict[str, Any]) -> bool:
    """Whether `changed` lowers the severity that the inspection gave, or leaves out a hold that it proposes."""
    return changed.get("severity", found.level) < found.level or not set(holds_proposed(found)) <= set(changed.get("blocking", holds_proposed(found)))


def _locked(proposal_id: int, by: Access) -> VisitFinding:
    """Raises VisitFinding.DoesNotExist out of sight, Conflict once somebody has decided."""
    found = VisitFinding.objects.filter(loan__in=Loan.objects.visible_to(by)).select_related("loan__borrower").get(pk=proposal_id)
    # The fact itself is append-only: whoever decides on it takes the loan, so that two at once make one decision.
    Loan.objects.select_for_update(of=("self",)).get(pk=found.loan_id)
    if not proposals(by).filter(pk=found.pk).exists():
        raise Conflict(_("Somebody has decided about this already. Nothing was changed."), code="PROPOSAL_DECIDED")
    return found


@transaction.atomic
def accept(*, proposal_id: int, by: Access, reason: str = "", **changed: Any) -> Finding:
    """Make a finding of what an inspection found; `changed` as for `raise_finding`, the rest as proposed.

    A finding that is milder than the proposal is made by those who may dismiss it, with the reason, which stands on its timeline.
    Raises VisitFinding.DoesNotExist, Refused, Conflict when somebody has decided already, and as `raise_finding`.
    """
    by.check(Act.FINDING_RAISE)
    found = _locked(proposal_id, by)
    milder = makes_milder(found, changed)
    if milder and not by.may(Act.FINDING_VERIFY):
        raise Refused(_("Only a risk officer lowers the severity of what an inspection found, or leaves out a hold that it proposes."), code="PROPOSAL_MILDER")
    if milder and not reason.strip():
        raise Refused(_("Say why the finding is milder than the inspection proposes."), code="REASON_MISSING")
    given = {**defaults_for(found), **changed}
    made = raise_finding(by=by, loan=found.loan, source=found.subject, points=found.points, remark=reason.strip() if milder else "", **given)
    if milder:
        before, after = {"severity": found.level, "blocks": holds_proposed(found)}, {"severity": int(made.severity), "blocks": made.blocks}
        record("finding.made_milder", by=by, subject=made, number=made.number, proposed=before, raised=after, reason=reason.strip())
    return made


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
