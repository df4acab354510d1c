"""The worklist of rows that were set aside: find them, correct, release under four eyes, reject with a reason."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from borrowers.feeds import quarantine
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.own_formats import find_for
from borrowers.feeds.reasons import sentence_of
from borrowers.feeds.sections import may_decide, may_read, tabs
from borrowers.feeds.views import dress

PER_PAGE = 50
CELL = "cell."  # before the column's name in the form of a correction
SORTS = {
    "age": ("delivery__received_at", "delivery_id", "line"),
    "-age": ("-delivery__received_at", "delivery_id", "line"),
    "reason": ("reason", "delivery_id", "line"),
}


def worklist(request: HttpRequest) -> HttpResponse:
    """Rows set aside over all deliveries, those that wait first; filters by feed, reason, age, state, delivery and what they wait for."""
    mine = quarantine.rows_of(request.access).filter(delivery__state=Delivery.State.APPLIED)
    found = _filtered(mine, request.GET).order_by(*SORTS.get(request.GET.get("sort", ""), SORTS["age"]))
    page = Paginator(found.select_related("delivery", "corrected_by", "decided_by"), PER_PAGE).get_page(request.GET.get("page"))
    reads, now = may_read(request), timezone.now()
    for row in page:
        dress(row, reads)
        row.age = (now - row.delivery.received_at).days
    waiting = mine.filter(state=QuarantinedRow.State.WAITING)
    reasons = waiting.order_by("reason").values_list("reason", flat=True).distinct()
    feeds = waiting.order_by("delivery__format").values_list("delivery__format", flat=True).distinct()
    context = {
        "tabs": tabs(request, "quarantine"), "page": page, "may_read": reads, "may_decide": may_decide(request),
        "feeds": [(name, name) for name in feeds], "reasons": [(code, sentence_of(code)) for code in reasons],
        "ages": [("1", _("over a day")), ("7", _("over a week")), ("30", _("over a month"))],
        "states": QuarantinedRow.State.choices, "waits": [("yes", _("for a number that has not come")), ("no", _("for a person"))],
        "corrections": [("yes", _("corrected")), ("no", _("as it came"))],
        "filtered": any(request.GET.get(key) for key in ("feed", "reason", "age", "state", "waits", "corrected", "delivery")),
        "of_delivery": request.GET.get("delivery", ""), **(_pane(request, page[0]) if page.object_list else {}),
    }  # fmt: skip
    return render(request, "borrowers/feeds/quarantine.html", context)


def _filtered(rows: QuerySet[QuarantinedRow], asked: QueryDict) -> QuerySet[QuarantinedRow]:
    state = asked.get("state", "")
    rows = rows.filter(state=state if state in QuarantinedRow.State.values else QuarantinedRow.State.WAITING)
    if feed := asked.get("feed"):
        rows = rows.filter(delivery__format=feed)
    if reason := asked.get("reason"):
        rows = rows.filter(reason=reason)
    if (delivery := asked.get("delivery", "")).isdecimal() and len(delivery) < 15:
        rows = rows.filter(delivery_id=int(delivery))
    if (days := asked.get("age", "")) in {"1", "7", "30"}:
        rows = rows.filter(delivery__received_at__lt=timezone.now() - timedelta(days=int(days)))
    if waits := {"yes": False, "no": True}.get(asked.get("waits", "")):
        rows = rows.filter(waits_for="")
    elif waits is False:
        rows = rows.exclude(waits_for="")
    if (corrected := asked.get("corrected")) in {"yes", "no"}:
        rows = rows.filter(corrected__isnull=corrected == "no")
    return rows


def _pane(request: HttpRequest, row: QuarantinedRow) -> dict[str, Any]:
    """One row beside the list: its cells, the faulty ones marked, and what the person may do with it."""
    reads = may_read(request)
    dress(row, reads)
    waits = row.state == QuarantinedRow.State.WAITING and row.delivery.state == Delivery.State.APPLIED
    decides = waits and may_decide(request)
    blamed = _blamed(row)
    cells = [
        {"name": name, "text": text, "corrected": corrected, "blamed": name in blamed, "now": corrected if corrected is not None else text}
        for name, text, corrected in row.cells
    ]
    cells.sort(key=lambda cell: not cell["blamed"])
    for before, cell in pairwise(cells):
        cell["first_other"] = before["blamed"] and not cell["blamed"]
    return {
        "row": row, "cells": cells, "may_decide": decides, "may_read": reads,
        "may_release": decides and row.corrected_by_id != (request.access.person.pk if request.access.person else None),
    }  # fmt: skip


def _blamed(row: QuarantinedRow) -> set[str]:
    """The columns of the file that the fault is about: the one named, or those from which the field named is made."""
    if row.column in row.raw:
        return {row.column}
    try:
        declared = find_for(row.delivery.lender, row.delivery.format)
    except BadSpec:
        return set()
    return {name for fields in declared.targets.values() if row.column in fields for name in fields[row.column].columns()} & set(row.raw)


def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row: as a part for the list, else as a page."""
    found = get_object_or_404(quarantine.rows_of(request.access).select_related("corrected_by", "decided_by", "delivery__lender"), pk=pk)
    template = "borrowers/feeds/_row.html" if getattr(request, "htmx", False) else "borrowers/feeds/row.html"
    return render(request, template, {**_pane(request, found), "swapped": True})


def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay down how several cells of a row should read; another person releases it."""
    found = get_object_or_404(quarantine.rows_of(request.access), pk=pk)
    cells = {name.removeprefix(CELL): str(text) for name, text in request.POST.items() if name.startswith(CELL)}
    quarantine.correct_row(row_id=found.pk, cells=cells, by=request.access)
    messages.success(request, _("Line %(line)s is corrected. Another person must release it.") % {"line": found.line})
    return redirect("feeds:row", pk=found.pk)


def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Check one row again and apply it."""
    found = get_object_or_404(quarantine.rows_of(request.access), pk=pk)
    quarantine.release_row(row_id=found.pk, by=request.access)
    messages.success(request, _("Line %(line)s is applied.") % {"line": found.line})
    return redirect("feeds:quarantine")


def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide that one row is never applied, for a reason."""
    found = get_object_or_404(quarantine.rows_of(request.access), pk=pk)
    quarantine.reject_row(row_id=found.pk, by=request.access, note=request.POST.get("note", ""))
    messages.success(request, _("Line %(line)s is rejected.") % {"line": found.line})
    return redirect("feeds:quarantine")


def decide(request: HttpRequest) -> HttpResponse:
    """Release or reject several rows, each by itself; the answer says what became of each."""
    chosen = [int(pk) for pk in request.POST.getlist("row") if pk.isdecimal() and len(pk) < 15][:PER_PAGE]
    if not chosen or request.POST.get("what") not in {"release", "reject"}:
        messages.warning(request, _("Choose at least one row."))
        return redirect("feeds:quarantine")
    if request.POST["what"] == "release":
        done = quarantine.release_rows(row_ids=chosen, by=request.access)
    else:
        done = quarantine.reject_rows(row_ids=chosen, by=request.access, note=request.POST.get("note", ""))
    context = {
        "done": done,
        "faults": sum(bool(d.fault) for d in done),
        "what": request.POST["what"],
        "back": request.POST.get("query", ""),
    }
    return render(request, "borrowers/feeds/decided.html", context)
