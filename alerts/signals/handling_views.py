"""The pages' other steps: assignment, measures, files, orders, and signals that people raise."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from alerts.signals import handling
from alerts.signals.forms import AssignForm, DoneForm, FileForm, OrderForm, SignalForm
from alerts.signals.handling_models import AlertFile, AlertNote
from alerts.signals.models import Alert
from alerts.signals.raising import raise_signal as raise_it
from alerts.signals.views import alert_of, or_404, page_of, step
from borrowers.documents.reasons import sentence_of
from borrowers.documents.uploads.limits import BadUpload
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower

SEALED = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}


def assign(request: HttpRequest, number: str) -> HttpResponse:
    return step(request, number, "assign_form", AssignForm, handling.assign, _("Alert %(number)s given to another person."))


def order_inspection(request: HttpRequest, number: str) -> HttpResponse:
    try:
        return step(request, number, "order_form", OrderForm, handling.order_inspection, _("A special inspection for alert %(number)s is planned with the next close."))
    except Loan.DoesNotExist:
        raise Http404 from None


def measure_done(request: HttpRequest, number: str, note_id: int) -> HttpResponse:
    form = DoneForm(request.POST)
    if not form.is_valid():
        return _again(request, number, done_form=form)
    try:
        or_404(handling.measure_done, number=number, note_id=note_id, by=request.access, **form.cleaned_data)
    except AlertNote.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Measure of alert %(number)s marked as done.") % {"number": number})
    return redirect("alerts:detail", number=number)


def attach(request: HttpRequest, number: str) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, number, file_form=form)
    upload = form.cleaned_data["upload"]
    try:
        or_404(handling.attach, number=number, by=request.access, upload=upload, filename=upload.name)
    except BadUpload as refusal:
        form.add_error("upload", sentence_of(refusal))
        return _again(request, number, file_form=form)
    messages.success(request, _("File kept with alert %(number)s.") % {"number": number})
    return redirect("alerts:detail", number=number)


def _again(request: HttpRequest, number: str, **forms_: Any) -> HttpResponse:
    return render(request, "alerts/signals/detail.html", page_of(request.access, alert_of(request.access, number), **forms_), status=422)


def file(request: HttpRequest, number: str, file_id: int) -> HttpResponse:
    """The stored bytes as a file to save; who took it is told to the audit trail."""
    try:
        found, data = handling.file_of(number=number, file_id=file_id, by=request.access)
    except AlertFile.DoesNotExist:
        raise Http404 from None
    answer = HttpResponse(data, content_type=found.content_type, headers=SEALED)
    answer["Content-Disposition"] = content_disposition_header(True, found.filename) or "attachment"
    return answer


def raise_signal(request: HttpRequest) -> HttpResponse:
    """The form for what a person saw; `?loan=` or `?borrower=` fills it in."""
    if request.method != "POST":
        form = SignalForm(initial={"loan_number": request.GET.get("loan", ""), "borrower_number": request.GET.get("borrower", ""), "level": 2})
        return render(request, "alerts/signals/raise.html", {"form": form})
    form = SignalForm(request.POST, request.FILES)
    alert = _raised(request, form) if form.is_valid() else None
    if alert is None:
        return render(request, "alerts/signals/raise.html", {"form": form}, status=422)
    messages.success(request, _("Signal kept as alert %(number)s.") % {"number": alert.number})
    return redirect("alerts:detail", number=alert.number)


def _raised(request: HttpRequest, form: SignalForm) -> Alert | None:
    """The alert that the signal stands on, with its file; None, with the fault on the form, where something is not there."""
    given = dict(form.cleaned_data)
    upload = given.pop("upload")
    try:
        return raise_it(by=request.access, upload=upload, **given)
    except Loan.DoesNotExist:
        form.add_error("loan_number", _("There is no such loan, or none that you may see."))
    except Borrower.DoesNotExist:
        form.add_error("borrower_number", _("There is no such borrower, or none that you may see."))
    except BadUpload as refusal:
        form.add_error("upload", sentence_of(refusal))
    return None
