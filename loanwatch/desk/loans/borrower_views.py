"""Pages of borrowers: the list, and one borrower from all sides."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from alerts.signals.models import Alert
from borrowers.parties.models import Borrower
from inspections.deadlines import queries as deadlines
from inspections.findings import hold_queries as findings
from loanwatch.desk.closes import closes, frame
from loanwatch.desk.loans import around, queries

PAGE = 50


def borrower_list(request: HttpRequest) -> HttpResponse:
    """Borrowers on the book, the worst first."""
    access, known = request.access, closes(request)
    q = request.GET.get("q", "").strip()[:80]
    context = frame(request) | {"q": q, "as_of": known.last}
    if known.last:
        page = Paginator(queries.borrowers(access, access.person.lender, known.last, q), PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": queries.with_borrowers(list(page.object_list), access)}
    return render(request, "desk/loans/borrowers.html", context)


def borrower_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One borrower from all sides; `?tab=` opens one of its sections."""
    access, known = request.access, closes(request)
    borrower = get_object_or_404(Borrower.objects.visible_to(access), number=number)
    sections = {"": _overview, "parties": _parties, "statements": _statements, "facilities": _facilities, "accounts": _accounts,
                "signals": _signals}  # fmt: skip
    tab = request.GET.get("tab", "")
    tab = tab if tab in sections else ""
    tiers = around.tiers(borrower, access.on)
    context = frame(request) | {
        "borrower": borrower,
        "tier": next((t for t in tiers if t.valid_from <= access.on and (t.to_on is None or t.to_on > access.on)), None),
        "tiers": tiers,
        "today": access.on,
        "as_of": known.last,
        "tab": tab,
        "tabs": _tabs(tab),
    }
    return render(request, "desk/loans/borrower.html", context | sections[tab](request, borrower, known.last))


def _tabs(tab: str) -> list[dict[str, Any]]:
    names = [("", _("Overview")), ("parties", _("Parties and groups")), ("statements", _("Financial statements")),
             ("facilities", _("Facilities")), ("accounts", pgettext("deposit accounts", "Accounts")), ("signals", _("Outside signals"))]  # fmt: skip
    return [{"text": text, "url": f"?tab={name}" if name else "?", "current": name == tab, "count": None} for name, text in names]


def _overview(request: HttpRequest, borrower: Borrower, as_of: Any) -> dict[str, Any]:
    access = request.access
    alerts = (
        Alert.objects.visible_to(access).filter(borrower=borrower).select_related("rule", "loan").order_by("state", "-level", "-opened_on")
    )
    return {
        "template": "desk/loans/_borrower_overview.html",
        "loans": queries.loans_of(borrower, access, as_of),
        "guarantees": queries.guarantees_given(borrower, access),
        "alerts": sorted(alerts, key=lambda a: a.state == Alert.State.CLOSED)[:50],
        "deadlines": deadlines.for_borrower(access, borrower),
        "amiss": findings.beside(access, borrower),
    }


def _parties(request: HttpRequest, borrower: Borrower, as_of: Any) -> dict[str, Any]:
    access = request.access
    return {
        "template": "desk/loans/_borrower_parties.html",
        "identifiers": around.identifiers(borrower, access.on),
        "related": around.related(borrower, access.on),
        "related_to": around.related_to(borrower, access.on, access),
        "groups": around.groups(borrower, access.on, access, as_of),
        "seen": set(Borrower.objects.visible_to(access).filter(related_to__borrower=borrower).values_list("pk", flat=True)),
    }


def _statements(request: HttpRequest, borrower: Borrower, as_of: Any) -> dict[str, Any]:
    return {"template": "desk/loans/_borrower_statements.html", **around.statements(borrower, request.access.on)}


def _facilities(request: HttpRequest, borrower: Borrower, as_of: Any) -> dict[str, Any]:
    return {"template": "desk/loans/_borrower_facilities.html", "facilities": around.facilities(borrower, request.access, as_of)}


def _accounts(request: HttpRequest, borrower: Borrower, as_of: Any) -> dict[str, Any]:
    accounts = around.accounts(borrower)
    found = around.transactions(borrower, request.access.on, request.GET.get("account", ""), request.GET.get("way", ""))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    for booking in page:
        booking.other_account = around.masked(booking.counterparty_account)
    return {
        "template": "desk/loans/_borrower_accounts.html",
        "accounts": accounts,
        "page": page,
        "account_options": [(str(line["account"].pk), line["number"]) for line in accounts],
        "way_options": [("in", _("Money in")), ("out", _("Money out"))],
    }


def _signals(request: HttpRequest, borrower: Borrower, as_of: Any) -> dict[str, Any]:
    return {"template": "desk/loans/_borrower_signals.html", "signals": around.outside_signals(borrower, request.access.on)}
