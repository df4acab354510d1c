"""The figures of one close beside the sums over its loans: what differs, where, and through which loans."""

from datetime import date
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from alerts.observation.reconcile import Difference, differing_loans, standing_differences
from borrowers.loans.models import Loan
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Branch
from loanwatch.trail.models import BusinessDay

DAYS = 40  # closes that the page offers


def figures(request: HttpRequest) -> HttpResponse:
    """What differs at the close that is asked for; without one, at the newest that is closing or closed."""
    access = request.access
    lender = access.person.lender if access.person else None
    if lender is None:
        raise Http404
    taken = BusinessDay.objects.filter(lender=lender).exclude(state=BusinessDay.State.DUE)
    days = sorted(set(taken.order_by("-business_date").values_list("business_date", flat=True)[:DAYS]), reverse=True)
    day = _asked(request.GET.get("as_of", ""), days)
    context: dict[str, Any] = {"day": day, "days": [(d.isoformat(), d.isoformat()) for d in days], "checks": _checks()}
    if day is not None:
        context |= _differences(access, lender, day)
    return render(request, "alerts/observation/figures.html", context)


def _asked(text: str, days: list[date]) -> date | None:
    try:
        asked = parse_date(text)
    except ValueError:
        asked = None
    return asked if asked in days else next(iter(days), None)


def _differences(access: Access, lender: Lender, day: date) -> dict[str, object]:
    """The differences of the branches in reach, and the loans in sight behind them."""
    with connection.cursor() as cursor:
        found = standing_differences(cursor, lender, day)
        amounts = differing_loans(cursor, lender, day)
    codes = set(Branch.objects.filter(pk__in=access.subtree()).values_list("code", flat=True))
    rank = {loan: place for place, loan in enumerate(amounts)}
    visible = Loan.objects.visible_to(access).filter(pk__in=list(amounts)).select_related("borrower", "branch", "product")
    return {
        "found": [difference for difference in found if _in_reach(difference, codes)],
        "loans": [(loan, *amounts[loan.pk]) for loan in sorted(visible, key=lambda loan: rank[loan.pk])],
    }


def _in_reach(difference: Difference, codes: set[str]) -> bool:
    return not difference.branch or difference.branch in codes


def _checks() -> dict[str, str]:
    """What each check compares, in the reader's words."""
    return {
        "loans": _("Figures of the branch against the sum over its loans"),
        "parts": _("Figures of the branch against its overdue buckets and classes"),
        "book": _("Whole book against the top of the branch tree"),
        "branches": _("Observed branch against the sum over its own loans"),
        "delivered": _("Delivered balances against what the loans show"),
    }
