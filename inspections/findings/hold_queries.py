"""Holds that stand, for whoever is about to do business with a borrower, and for pages."""

from datetime import date

from django.db.models import QuerySet

from borrowers.parties.models import Borrower
from inspections.findings.models import Hold, HoldNote


def holds_of(borrower: Borrower, kind: str | None = None, *, on: date) -> QuerySet[Hold]:
    """What stops `kind` of business (any kind, where none is named) with a borrower on a day; empty: nothing does."""
    found = Hold.objects.filter(borrower=borrower).standing(on)
    return found.filter(kind=kind) if kind else found


def with_names(holds: QuerySet[Hold]) -> QuerySet[Hold]:
    return holds.select_related("borrower", "finding", "placed_by", "asked_by", "lifted_by")


def history_of(hold: Hold) -> QuerySet[HoldNote]:
    return HoldNote.objects.filter(hold=hold).select_related("by")
