"""Steps on many alerts at once, each with a result of its own, and taking them back.

The same address answers a form with a page and the list's script with JSON: what was done, the way back, and the rows as they are now.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.signals import actions, handling, worklist
from alerts.signals.forms import AssignForm, CloseForm, MeasureForm, SubmitForm
from alerts.signals.models import Alert, Level
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access

JSON = "application/json"


def acknowledge_many(request: HttpRequest) -> HttpResponse:
    """Acknowledge the selected alerts and say for each what became of it."""
    return told(request, actions.acknowledge_many(numbers=request.POST.getlist("number"), by=request.access), undo="alerts:undo_acknowledge")


def note_many(request: HttpRequest) -> HttpResponse:
    """The same note on each of the selected alerts."""
    return _many(request, _("Handle"), MeasureForm, actions.note_measure)


def assign_many(request: HttpRequest) -> HttpResponse:
    return _many(request, _("Assign"), AssignForm, handling.assign, undo="alerts:undo_assign")


def submit_many(request: HttpRequest) -> HttpResponse:
    return _many(request, _("Submit for closing"), SubmitForm, actions.submit_for_closing)


def close_many(request: HttpRequest) -> HttpResponse:
    return _many(request, _("Check and close"), CloseForm, _close_one)


def _close_one(*, number: str, by: Access, **parts: Any) -> Alert:
    """As close_alert, but not a red one: those are looked at one by one."""
    if Alert.objects.visible_to(by).filter(number=number, level=Level.RED).exists():
        raise Conflict(_("Alert %(number)s is red; red alerts are closed one by one, on their own page.") % {"number": number}, code="RED_ONE_BY_ONE")
    return actions.close_alert(number=number, by=by, **parts)


def undo_acknowledge(request: HttpRequest) -> HttpResponse:
    """Take back the acknowledgement of the alerts that the address names."""
    return told(request, actions.each(handling.undo_acknowledge, numbers=request.GET.getlist("number"), by=request.access), back=True)


def undo_assign(request: HttpRequest) -> HttpResponse:
    """Give the alerts that the address names back to whoever had them."""
    return told(request, actions.each(handling.undo_assign, numbers=request.GET.getlist("number"), by=request.access), back=True)


def _many(request: HttpRequest, title: str, form_class: type[Form], action: Callable[..., Any], undo: str = "") -> HttpResponse:
    """Without a valid form: the form on a page of its own with the selection kept, or its first fault for the script."""
    numbers = list(dict.fromkeys(request.POST.getlist("number")))
    asked = any(name in request.POST for name in form_class.base_fields)
    form = form_class(request.POST if asked else None)
    if numbers and not form.is_valid():
        if _wants_json(request):
            return JsonResponse({"fault": next((str(faults[0]) for faults in form.errors.values()), "")}, status=422)
        people = worklist.colleagues(request.access) if form_class is AssignForm else []
        parts = {"form": form, "numbers": numbers, "title": title, "query": request.POST.get("query", ""), "people": people}
        return render(request, "alerts/signals/many.html", parts, status=422 if asked else 200)
    outcomes = actions.each(action, numbers=numbers, by=request.access, **form.cleaned_data) if numbers else []
    return told(request, outcomes, undo)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == JSON


def told(request: HttpRequest, outcomes: list[actions.Outcome], undo: str = "", back: bool = False) -> HttpResponse:
    """Back to the list with a word and, where there is one, the way back; or, where something was not done, a page that says why."""
    numbers = [o.number for o in outcomes if o.done]
    undo_url = f"{reverse(undo)}?{urlencode({'number': numbers}, doseq=True)}" if undo and numbers else ""
    said = _said(len(numbers), len(outcomes), back)
    if _wants_json(request):
        return JsonResponse({"said": said, "undo": undo_url, "done": numbers, "rows": _rows(request, outcomes, back)})
    if outcomes and len(numbers) == len(outcomes):
        messages.success(request, said, extra_tags=undo_url)
        return redirect(f"{reverse('alerts:list')}?{request.POST.get('query', '')}")
    parts = {"outcomes": outcomes, "said": said, "undo": undo_url, "query": request.POST.get("query", "")}
    return render(request, "alerts/signals/outcomes.html", parts)


def _said(done: int, all_: int, back: bool) -> str:
    if done < all_:
        return _("%(done)s of %(all)s done") % {"done": done, "all": all_}
    if back:
        return ngettext("Taken back for %(count)s alert.", "Taken back for %(count)s alerts.", done) % {"count": done}
    return ngettext("%(count)s alert done.", "%(count)s alerts done.", done) % {"count": done}


def _rows(request: HttpRequest, outcomes: list[actions.Outcome], back: bool) -> dict[str, str]:
    """Number → the row as it is now, with what became of the alert; a number that this person does not see has none."""
    became = {o.number: o for o in outcomes}
    found: dict[str, str] = {}
    for alert in worklist.named(request.access, list(became)):
        alert.outcome_here = became[alert.number]
        parts = {"a": alert, "today": request.access.on, "may_select": True, "taken_back": back}
        found[alert.number] = render_to_string("alerts/signals/_row.html", parts, request)
    return found
