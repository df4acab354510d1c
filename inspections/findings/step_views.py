"""The steps of a finding: each POST does one thing and leads back to its page, with the form where it was not accepted."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from borrowers.documents.reasons import sentence_of
from borrowers.documents.uploads.limits import BadUpload
from inspections.findings import actions, extending
from inspections.findings.files import Upload, file_of
from inspections.findings.forms import AnswerForm, OwnerForm, ReasonForm, RemedyForm, TimeForm, VerifyForm
from inspections.findings.models import Finding, FindingFile
from inspections.findings.views import owner_named, show

SEALED = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}


def _step(request: HttpRequest, finding_id: int, name: str, form: Form, do: Callable[..., Any], done: str) -> HttpResponse:
    """Do one step with what the form says. Foreign findings are 404."""
    if not form.is_valid():
        return show(request, finding_id, status=422, **{name: form})
    try:
        do(finding_id=finding_id, by=request.access, **form.cleaned_data)
    except Finding.DoesNotExist:
        raise Http404 from None
    messages.success(request, done)
    return redirect("findings:finding", finding_id)


def _blocks(request: HttpRequest, finding_id: int) -> bool:
    return Finding.objects.visible_to(request.access).filter(pk=finding_id).exclude(blocks=[]).exists()


def remedy(request: HttpRequest, finding_id: int) -> HttpResponse:
    form = RemedyForm(request.POST, request.FILES, blocking=_blocks(request, finding_id))

    def hand_in(*, evidence: list[Any], **given: Any) -> None:
        actions.hand_in_remedy(uploads=[Upload(f, f.name) for f in evidence], **given)

    try:
        return _step(request, finding_id, "remedy_form", form, hand_in, _("The remedy waits for another person to verify it."))
    except BadUpload as refusal:
        form.add_error("evidence", sentence_of(refusal))
        return show(request, finding_id, status=422, remedy_form=form)


def verify(request: HttpRequest, finding_id: int) -> HttpResponse:
    form = VerifyForm(request.POST, prefix="verify", blocking=_blocks(request, finding_id))
    return _step(request, finding_id, "verify_form", form, actions.verify_remedy, _("Verified. What this finding blocked is free, unless another one blocks it."))


def send_back(request: HttpRequest, finding_id: int) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="return")
    return _step(request, finding_id, "return_form", form, actions.return_remedy, _("The remedy went back to its owner."))


def ask_time(request: HttpRequest, finding_id: int) -> HttpResponse:
    form = TimeForm(request.POST, prefix="time")
    return _step(request, finding_id, "time_form", form, extending.ask_for_time, _("Another person has to agree to the later date."))


def answer_time(request: HttpRequest, finding_id: int) -> HttpResponse:
    form = AnswerForm(request.POST, prefix="answer")

    def answer(*, answer: str, **given: Any) -> None:
        extending.answer_time(agrees=answer == "agree", **given)

    return _step(request, finding_id, "answer_form", form, answer, _("Your answer is kept."))


def give(request: HttpRequest, finding_id: int) -> HttpResponse:
    form = OwnerForm(request.POST, prefix="owner")
    if form.is_valid():
        form.cleaned_data["owner"] = owner_named(request.access, form, form.cleaned_data["owner"])
    return _step(request, finding_id, "owner_form", form, actions.give_to, _("The finding has another owner now."))


def file(request: HttpRequest, finding_id: int, file_id: int) -> HttpResponse:
    """The stored bytes as a file to save; who took it is told to the audit trail."""
    try:
        found, data = file_of(finding_id=finding_id, file_id=file_id, by=request.access)
    except FindingFile.DoesNotExist:
        raise Http404 from None
    answer = HttpResponse(data, content_type=found.content_type, headers=SEALED)
    answer["Content-Disposition"] = content_disposition_header(True, found.filename) or "attachment"
    return answer
