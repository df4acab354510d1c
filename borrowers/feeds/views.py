"""Deliveries of feeds and the rows that were set aside."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from borrowers.feeds import quarantine
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.reasons import FILE_REASONS, sentence_of
from loanwatch.people.policy import Act

PER_PAGE = 50
TONES = {"applied": "green", "held": "orange", "rejected": "red", "received": "blue"}
ROW_TONES = {"waiting": "orange", "released": "green", "rejected": "out"}


def deliveries(request: HttpRequest) -> HttpResponse:
    """Every delivery of the lender, newest first; filters by state and feed in the URL."""
    mine = Delivery.objects.filter(lender=request.access.person.lender)
    feeds = [(name, name) for name in mine.order_by("format").values_list("format", flat=True).distinct()]
    found = mine.order_by("-business_date", "-id")
    if (state := request.GET.get("state", "")) in Delivery.State.values:
        found = found.filter(state=state)
    if feed := request.GET.get("feed", ""):
        found = found.filter(format=feed)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.tone = TONES[row.state]
    context = {"page": page, "states": Delivery.State.choices, "feeds": feeds, "filtered": bool(state or feed), "any": bool(feeds)}
    return render(request, "borrowers/feeds/deliveries.html", context)


def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: counts, reasons, control record, and the rows set aside with line, column and value."""
    found = get_object_or_404(Delivery, pk=pk, lender=request.access.person.lender)
    reason = request.GET.get("reason", "")
    rows = found.quarantined.select_related("corrected_by", "decided_by").order_by("line")
    if reason:
        rows = rows.filter(reason=reason)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    may_read = request.access.may(Act.LOAN_SEE)  # a system administrator keeps feeds without reading borrowers' data
    may_decide = found.state == Delivery.State.APPLIED and request.access.may(Act.QUARANTINE_RELEASE)
    for row in page:
        row.tone, row.says = ROW_TONES[row.state], sentence_of(row.reason)
        row.cells = [(name, text, (row.corrected or {}).get(name)) for name, text in row.raw.items()] if may_read else []
        row.may_decide = may_decide and row.state == QuarantinedRow.State.WAITING
        row.may_release = row.may_decide and row.corrected_by_id != request.access.person.pk
    return render(request, "borrowers/feeds/delivery.html", {**_facts(found), "page": page, "reason": reason, "may_read": may_read})


def _facts(found: Delivery) -> dict[str, Any]:
    expected, counted = found.control.get("expected") or {}, found.control.get("found") or {}
    control = [(_("Rows"), expected.get("rows"), counted.get("rows"))]
    control += [(name, total, (counted.get("totals") or {}).get(name)) for name, total in (expected.get("totals") or {}).items()]
    return {
        "delivery": found,
        "tone": TONES[found.state],
        "reasons": [(code, sentence_of(code), rows) for code, rows in found.reasons.items()],
        "headline": sentence_of(next((code for code in found.reasons if code in FILE_REASONS), "")) or _("Too many rows can't be used."),
        "control": control if expected else [],
        "absent": found.notes.get("absent") or {},
        "difference": found.notes.get("difference") or {},
    }


def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay down one corrected cell of a row; another person releases it."""
    row = get_object_or_404(quarantine.rows_of(request.access), pk=pk)
    column = request.POST.get("column", "")
    quarantine.correct_row(row_id=row.pk, cells={column: request.POST.get("text", "")}, by=request.access)
    messages.success(request, _("Line %(line)s is corrected. Another person must release it.") % {"line": row.line})
    return redirect("feeds:delivery", pk=row.delivery_id)


def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Check one row again and apply it."""
    row = get_object_or_404(quarantine.rows_of(request.access), pk=pk)
    quarantine.release_row(row_id=row.pk, by=request.access)
    messages.success(request, _("Line %(line)s is applied.") % {"line": row.line})
    return redirect("feeds:delivery", pk=row.delivery_id)


def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide that one row is never applied."""
    row = get_object_or_404(quarantine.rows_of(request.access), pk=pk)
    quarantine.reject_row(row_id=row.pk, by=request.access, note=request.POST.get("note", ""))
    messages.success(request, _("Line %(line)s is rejected.") % {"line": row.line})
    return redirect("feeds:delivery", pk=row.delivery_id)
