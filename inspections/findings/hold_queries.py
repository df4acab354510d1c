"""Holds that stand, for whoever is about to do business with a borrower, and for pages."""

from datetime import date
from typing import Any

from django.db.models import QuerySet

from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from inspections.findings.models import Finding, Hold, HoldKind, HoldNote
from loanwatch.people.access import Access
from loanwatch.people.policy import Act


def holds_of(borrower: Borrower, kind: str | None = None, *, on: date) -> QuerySet[Hold]:
    """What stops `kind` of business (any kind, where none is named) with a borrower on a day; empty: nothing does."""
    found = Hold.objects.filter(borrower=borrower).standing(on)
    return found.filter(kind=kind) if kind else found


def with_names(holds: QuerySet[Hold]) -> QuerySet[Hold]:
    return holds.select_related("borrower", "finding", "placed_by", "asked_by", "lifted_by")


def history_of(hold: Hold) -> QuerySet[HoldNote]:
    return HoldNote.objects.filter(hold=hold).select_related("by")


def beside(access: Access, borrower: Borrower, loan: Loan | None = None) -> dict[str, Any] | None:
    """What stands about findings and holds beside a loan or a borrower; None for those who are not shown findings. Two queries."""
    if not access.may(Act.FINDING_SEE):
        return None
    findings = Finding.objects.visible_to(access).unsettled().filter(borrower=borrower)
    if loan is not None:
        findings = findings.filter(loan=loan) | findings.filter(loan__isnull=True)
    stopped = set(holds_of(borrower, on=access.on).values_list("kind", flat=True))
    return {
        "borrower": borrower,
        "loan": loan,
        "today": access.on,
        "findings": list(findings.order_by("-severity", "due_on", "pk")[:50]),
        "stopped": [kind.label for kind in HoldKind if kind.value in stopped],
        "raises": access.may(Act.FINDING_RAISE),
    }
