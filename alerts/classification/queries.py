"""Class proposals as a work list, with what a decision stands on; and the class of a loan that is in force."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Max, QuerySet

from alerts.classification.models import ClassProposal
from alerts.observation.models import LoanDay
from alerts.signals.models import Alert
from alerts.signals.queries import lead_of
from borrowers.classes.actions import class_in_force
from borrowers.classes.models import ClassDecision
from borrowers.loans.models import CheckDuty, Loan
from loanwatch.people.access import Access

__all__ = ["Evidence", "choices", "class_in_force", "evidence", "proposals", "visible", "waiting"]


def visible(access: Access) -> QuerySet[ClassProposal]:
    """Proposals on loans this person may see, with what a row of the list shows. One query."""
    return (
        ClassProposal.objects.filter(loan__in=Loan.objects.visible_to(access).order_by())
        .annotate(manager_name=lead_of(access.on, "person__name"))
        .select_related("loan", "loan__borrower", "loan__branch", "loan__product", "decided_by")
    )


def proposals(access: Access, state: str = ClassProposal.State.PROPOSED) -> QuerySet[ClassProposal]:
    """Proposals in one state, the newest and the longest overdue first. One query."""
    return visible(access).filter(state=state).order_by("-as_of", "-days_past_due", "id")


def waiting(access: Access) -> int:
    """How many proposals wait for a decision."""
    return ClassProposal.objects.filter(state=ClassProposal.State.PROPOSED, loan__in=Loan.objects.visible_to(access).order_by()).count()


def choices(access: Access, state: str) -> dict[str, list[tuple[str, str]]]:
    """The branches and products among the proposals of one state that this person may see. One query."""
    rows = (
        ClassProposal.objects.filter(state=state, loan__in=Loan.objects.visible_to(access).order_by())
        .order_by()
        .values_list("loan__branch__code", "loan__branch__name", "loan__product__code", "loan__product__name")
        .annotate(n=Count("pk"))
    )
    branches, products = {}, {}
    for branch, branch_name, product, product_name, _n in rows:
        branches[branch], products[product] = branch_name, product_name
    return {"branch": sorted(branches.items()), "product": sorted(products.items())}


@dataclass(frozen=True)
class Evidence:
    """What a decision about one proposal stands on."""

    proposal: ClassProposal
    now: LoanDay | None  # at the close that proposed
    before: LoanDay | None  # at the close before it
    alerts: list[Alert]  # open ones, the reddest first
    visited_on: date | None
    in_force: ClassDecision | None
    earlier: list[ClassProposal]
    waited: int  # days from the close to the decision, or until today


def evidence(proposal: ClassProposal, access: Access) -> Evidence:
    """Reads the two closes, open alerts in sight, the last check and what was decided before. Six queries."""
    loan = proposal.loan
    closes = LoanDay.objects.filter(lender=loan.lender_id, loan=loan, as_of__lte=proposal.as_of).order_by("-as_of")
    rows = list(closes[:2])
    now = next((row for row in rows if row.as_of == proposal.as_of), None)
    before = next((row for row in rows if row.as_of < proposal.as_of), None)
    open_alerts: Any = Alert.objects.visible_to(access).open()
    return Evidence(
        proposal,
        now,
        before,
        list(open_alerts.filter(loan=loan).select_related("rule").order_by("-level", "due_on")[:10]),
        CheckDuty.objects.filter(loan=loan, done_on__lte=access.on).aggregate(d=Max("done_on"))["d"],
        class_in_force(loan),
        list(
            ClassProposal.objects.filter(loan=loan, as_of__lt=proposal.as_of).select_related("decided_by").order_by(F("as_of").desc())[:5]
        ),
        ((proposal.decided_on or access.on) - proposal.as_of).days,
    )
