"""Class proposals as a work list."""

from django.db.models import QuerySet

from alerts.classification.models import ClassProposal
from alerts.signals.queries import lead_of
from borrowers.loans.models import Loan
from loanwatch.people.access import Access


def proposals(access: Access, state: str = ClassProposal.State.PROPOSED) -> QuerySet[ClassProposal]:
    """Proposals on loans this person may see, in one state, the newest and the longest overdue first. One query."""
    return (
        ClassProposal.objects.filter(state=state, loan__in=Loan.objects.visible_to(access).order_by())
        .annotate(manager_name=lead_of(access.on, "person__name"))
        .select_related("loan", "loan__borrower", "loan__branch", "decided_by")
        .order_by("-as_of", "-days_past_due", "id")
    )


def waiting(access: Access) -> int:
    """How many proposals wait for a decision."""
    return ClassProposal.objects.filter(state=ClassProposal.State.PROPOSED, loan__in=Loan.objects.visible_to(access).order_by()).count()
