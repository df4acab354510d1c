"""Deliveries of feeds: the list, each with its report, and what people decide about those that are held."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from borrowers.feeds import changes, decisions, quarantine, rejects
from borrowers.feeds.actions import Outcome
from borrowers.feeds.forms import ReasonForm
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.reasons import headline_of, next_step_of, sentence_of
from borrowers.feeds.sections import lender_of, may_decide, may_read, tabs
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PER_PAGE = 50
TONES = {"applied": "green", "held": "orange", "rejected": "red", "received": "blue"}
ROW_TONES = {"waiting": "orange", "released": "green", "rejected": "out"}


def deliveries(request: HttpRequest) -> HttpResponse:
    """Every delivery of the lender, newest first; filters by state and feed in the URL."""
    mine = Delivery.objects.filter(lender=lender_of(request))
    feeds = [(name, name) for name in mine.order_by("format").values_list("format", flat=True).distinct()]
    found = mine.order_by("-business_date", "-id")
    if (state := request.GET.get("state", "")) in Delivery.State.values:
        found = found.filter(state=state)
    if feed := request.GET.get("feed", ""):
        found = found.filter(format=feed)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.tone = TONES[row.state]
    context = {
        "page": page, "states": Delivery.State.choices, "feeds": feeds, "filtered": bool(state or feed), "tabs": tabs(request, "deliveries"),
        "may_load": request.access.may(Act.FEED_LOAD),
    }  # fmt: skip
    return render(request, "borrowers/feeds/deliveries.html", context)


def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: counts, reasons, control record, what it changed, and the rows set aside with line, column and value."""
    found = get_object_or_404(Delivery.objects.select_related("received_by", "approved_by"), pk=pk, lender=lender_of(request))
    reason = request.GET.get("reason", "")
    rows = found.quarantined.select_related("corrected_by", "decided_by").order_by("line")
    if reason:
        rows = rows.filter(reason=reason)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    reads = may_read(request)
    for row in page:
        dress(row, reads)
    decides = found.state == Delivery.State.APPLIED and may_decide(request)
    context = {
        **report(found),
        **_changes(found, request),
        **_decisions(found, request),
        "page": page,
        "reason": reason,
        "may_read": reads,
        "may_decide": decides,
    }
    return render(request, "borrowers/feeds/delivery.html", context)


def dress(row: QuarantinedRow, reads: bool) -> None:
    """What the page says of a row beside its own columns; its cells only for those who may read them."""
    row.tone, row.says = ROW_TONES[row.state], sentence_of(row.reason)
    order = row.delivery.notes.get("header") or sorted(row.raw)
    cells = [(name, row.raw[name], (row.corrected or {}).get(name)) for name in order if name in row.raw]
    row.cells = cells if reads else []


def report(found: Delivery | Outcome) -> dict[str, Any]:
    """The parts of the page that a delivery and the outcome of a trial have in common."""
    expected, counted = found.control.get("expected") or {}, found.control.get("found") or {}
    control = [(_("Rows"), expected.get("rows"), counted.get("rows"))]
    control += [(name, total, (counted.get("totals") or {}).get(name)) for name, total in (expected.get("totals") or {}).items()]
    rows = [
        ("rows_read", "read"),
        ("rows_applied", "applied"),
        ("rows_unchanged", "unchanged"),
        ("rows_quarantined", "quarantined"),
        ("rows_left_out", "left_out"),
    ]
    first = next(iter(found.reasons), "")
    return {
        "delivery": found,
        "counts": {short: getattr(found, long) if isinstance(found, Delivery) else getattr(found, short) for long, short in rows},
        "tone": TONES.get(found.state, "blue"),
        "reasons": [(code, sentence_of(code), count) for code, count in found.reasons.items()],
        "headline": headline_of(found.reasons),
        "next_step": next_step_of(first),
        "control": [(name, want, have, str(want) != str(have)) for name, want, have in control] if expected else [],
        "absent": found.notes.get("absent") or {},
        "difference": found.notes.get("difference") or {},
        "declined": found.notes.get("declined") or {},
        "remarks": list((found.notes.get("remarks") or {}).items()),
        "equal_rows": found.notes.get("EQUAL_ROWS"), "full_width": found.notes.get("FULL_WIDTH_CONVERTED"),
    }  # fmt: skip


def _changes(found: Delivery, request: HttpRequest) -> dict[str, Any]:
    """What the delivery changed, or would change; rows only of loans and borrowers the reader may see."""
    if found.state == Delivery.State.APPLIED:
        fields, rows = changes.counts(found.pk), changes.sample(found.pk, changes.LOOKED_AT)
    else:
        told = found.notes.get("changes") or {}
        fields, rows = told.get("fields") or {}, told.get("sample") or []
    return changed_fields(fields, rows, request)


def changed_fields(fields: dict[str, int], rows: list[dict[str, Any]], request: HttpRequest) -> dict[str, Any]:
    named = [{**changes.words_of(*key.rpartition(".")[::2]), "rows": count} for key, count in fields.items()]
    return {"changed_fields": named, "changed_rows": changes.shown(rows, request.access) if request.access.may(Act.LOAN_SEE) else []}


def _decisions(found: Delivery, request: HttpRequest) -> dict[str, Any]:
    access, held = request.access, found.state == Delivery.State.HELD
    return {
        "may_approve": decisions.approvable(found) and bool(found.kept_as) and access.may(Act.DELIVERY_APPROVE, found),
        "own_delivery": decisions.approvable(found) and access.may(Act.DELIVERY_APPROVE) and not access.may(Act.DELIVERY_APPROVE, found),
        "may_try_again": held and bool(found.kept_as) and not decisions.approvable(found) and access.may(Act.FEED_LOAD),
        "may_decline": held and access.may(Act.DELIVERY_APPROVE),
        "may_take_rejects": bool(found.rows_quarantined) and may_decide(request),
    }


def _mine(request: HttpRequest, delivery_id: int) -> Delivery:
    return get_object_or_404(Delivery, pk=delivery_id, lender=lender_of(request))


def approve(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Load other content for a date that had been delivered."""
    say(request, decisions.approve(delivery_id=_mine(request, delivery_id).pk, by=request.access))
    return redirect("feeds:delivery", pk=delivery_id)


def try_again(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Load a held file once more, because what it lacked has come."""
    say(request, decisions.try_again(delivery_id=_mine(request, delivery_id).pk, by=request.access))
    return redirect("feeds:delivery", pk=delivery_id)


def decline(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Decide that a held delivery is never applied."""
    found, form = _mine(request, delivery_id), ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the delivery is declined."))
        return redirect("feeds:delivery", pk=found.pk)
    decisions.decline(delivery_id=found.pk, by=request.access, reason=form.cleaned_data["reason"])
    messages.success(request, _("The delivery is declined; nothing of it was applied."))
    return redirect("feeds:delivery", pk=found.pk)


def say(request: HttpRequest, outcome: Outcome) -> None:
    """One sentence about what became of a load."""
    if outcome.state == "applied":
        messages.success(request, _("The delivery is applied: %(rows)s rows made a fact new or changed one.") % {"rows": outcome.applied})
    elif outcome.state == "already_loaded":
        messages.warning(request, _("This file was loaded before. Nothing was changed."))
    else:
        messages.warning(request, _("The delivery could not be applied. The reasons stand below."))


def take_rejects(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """The rows set aside as a file in the sender's shape, with the reasons beside, to be mended and delivered again."""
    found = _mine(request, delivery_id)
    quarantine.check_decides(request.access)
    content, name, kind = rejects.as_file(found)
    record("feed.rejects_exported", by=request.access, subject=found, format=found.format, rows=found.quarantined.count())
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
