"""The editor of a draft: its head and texts, and its lines."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.planning import plan_actions as actions
from inspections.planning.models import PlanRow, PlanText, PlanVersion
from inspections.planning.plan_forms import HeadForm, RowForm, TextForm
from inspections.planning.plan_views import version_of
from loanwatch.kernel.policy import Conflict, Refused


def own_draft(request: HttpRequest, version_id: int) -> PlanVersion:
    """The draft for its maker; the page refuses others as the action would."""
    version = version_of(request, version_id)
    if version.state != "draft":
        raise Conflict(_("Version %(number)s of the plan was proposed and is frozen. Begin a new version.") % {"number": version.number}, code="PLAN_FROZEN")
    if request.access.person is None or version.made_by_id != request.access.person.pk:
        raise Refused(_("Only the person who began this draft changes it; another one approves it."), code="NOT_MAKER")
    return version


def edit(request: HttpRequest, version_id: int) -> HttpResponse:
    """Source, limits of postponing, and the regulation in each language."""
    version = own_draft(request, version_id)
    data = request.POST if request.method == "POST" else None
    head = HeadForm(data, instance=version)
    known = {text.language: text for text in version.texts.all()}
    texts = [
        (code, name, TextForm(data, prefix=code.replace("-", "_"), instance=known.get(code) or PlanText(version=version, language=code)))
        for code, name in PlanText.LANGUAGES
    ]
    if data is not None and head.is_valid() and all(form.is_valid() for _code, _name, form in texts):
        actions.change_draft(by=request.access, version_id=version.pk, **head.cleaned_data)
        for code, _name, form in texts:
            if form.has_changed():
                actions.write_text(by=request.access, version_id=version.pk, language=code, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("planning:plan", version.pk)
    context = {"version": version, "head": head, "texts": texts}
    return render(request, "inspections/planning/plan_edit.html", context, status=422 if data is not None else 200)


def row_add(request: HttpRequest, version_id: int) -> HttpResponse:
    """A further line, at the end."""
    return _row(request, own_draft(request, version_id), None)


def row_edit(request: HttpRequest, version_id: int, row_id: int) -> HttpResponse:
    """Change one line."""
    version = own_draft(request, version_id)
    return _row(request, version, get_object_or_404(version.rows, pk=row_id))


def _row(request: HttpRequest, version: PlanVersion, row: PlanRow | None) -> HttpResponse:
    posted = request.method == "POST"
    form = RowForm(request.POST if posted else None, instance=row or PlanRow(version=version, place=0))
    if posted and form.is_valid():
        told: dict[str, Any] = {**form.cleaned_data}
        try:
            actions.put_row(by=request.access, version_id=version.pk, row_id=row.pk if row else None, **told)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Saved."))
            return redirect("planning:plan", version.pk)
    return render(request, "inspections/planning/plan_row.html", {"version": version, "row": row, "form": form}, status=422 if posted else 200)


def row_move(request: HttpRequest, version_id: int, row_id: int) -> HttpResponse:
    version = own_draft(request, version_id)
    get_object_or_404(version.rows, pk=row_id)
    actions.move_row(by=request.access, version_id=version.pk, row_id=row_id, up=request.POST.get("to") != "down")
    return redirect("planning:plan", version.pk)


def row_drop(request: HttpRequest, version_id: int, row_id: int) -> HttpResponse:
    version = own_draft(request, version_id)
    get_object_or_404(version.rows, pk=row_id)
    actions.drop_row(by=request.access, version_id=version.pk, row_id=row_id)
    messages.success(request, _("The line is taken out."))
    return redirect("planning:plan", version.pk)
