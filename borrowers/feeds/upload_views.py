"""Loading a file on the screen: choose, read the report of a trial, load."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from borrowers.feeds import board, uploads
from borrowers.feeds.forms import UploadForm
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.own_formats import known_to
from borrowers.feeds.reasons import sentence_of
from borrowers.feeds.sections import lender_of, may_read
from borrowers.feeds.views import changed_fields, report, say


def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file, a feed and a date; the answer is the full report of a trial that changes nothing."""
    lender = lender_of(request)
    initial = {"format": request.GET.get("feed", ""), "business_date": request.GET.get("on") or board.newest_date(lender)}
    form = UploadForm(request.POST or None, request.FILES or None, feeds=known_to(lender), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            outcome, note = uploads.try_file(lender=lender, by=request.access, **form.cleaned_data)
        except BadSpec as fault:
            messages.error(request, str(fault))
            return redirect("feeds:upload")
        told = outcome.notes.get("changes") or {}
        rows = [{**row, "says": sentence_of(row["reason"])} for row in outcome.sample]
        context = {
            **report(outcome), **changed_fields(told.get("fields") or {}, told.get("sample") or [], request), "note": note, "sample": rows,
            "asked": form.cleaned_data, "may_read": may_read(request), "usable": not outcome.reason and outcome.state == "dry_run",
            "already": outcome.state == "already_loaded",
        }  # fmt: skip
        return render(request, "borrowers/feeds/trial.html", context)
    return render(request, "borrowers/feeds/upload.html", {"form": form}, status=422 if request.method == "POST" else 200)


def load_tried(request: HttpRequest) -> HttpResponse:
    """Load the file that was tried."""
    outcome = uploads.load_tried(lender=lender_of(request), by=request.access, note=request.POST.get("note", ""))
    say(request, outcome)
    return redirect("feeds:delivery", pk=outcome.delivery) if outcome.delivery else redirect("feeds:board")
