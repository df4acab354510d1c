"""The page of one alert, its pane beside the list, and the steps people take."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from alerts.observation.queries import closed_days, lender_of
from alerts.signals import actions, queries
from alerts.signals.beside import beside
from alerts.signals.forms import AssignForm, CloseForm, DoneForm, FileForm, MeasureForm, OrderForm, ReturnForm, SubmitForm
from alerts.signals.handling import handlers_of
from alerts.signals.models import Alert, Level
from loanwatch.people.access import Access
from loanwatch.people.policy import Act


def alert_of(access: Access, number: str) -> Alert:
    alert = queries.worklist(access).filter(number=number).select_related("rule_version", "loan__product").first()
    if alert is None:
        raise Http404
    return alert


def detail_of(access: Access, alert: Any) -> dict[str, Any]:
    alert.currency = alert.currency or alert.lender_currency
    evidence = list(alert.evidence.select_related("rule_version").order_by("-id"))
    latest = evidence[0] if evidence else None
    days = list(closed_days(lender_of(access)).values_list("business_date", flat=True)[:600])
    # The closes at which the level changed are always among those drawn.
    drawn = sorted({*queries.last_days_of_months(days), *(e.as_of for e in evidence if e.as_of in days)})
    history = queries.chart(alert, latest, drawn) if latest else None
    return {
        "alert": alert,
        "evidence": latest,
        "earlier": evidence[1:],
        "reasons": queries.reasons(alert, latest) if latest else [],
        "history": history,
        "chart": _chart(history) if history else None,
        "also_open": queries.also_open(alert, access),
        "beside": beside(access, alert),
        "before": queries.earlier(alert, access),
        "last_note": alert.notes.select_related("by").order_by("-id").first(),
        "next_steps": _next(alert),
        "today": access.on,
        "days_open": queries.days_open(alert, access.on),
        "steps": _steps(access, alert),
        "may_read_rules": access.may(Act.RULE_SEE),
    }


def _next(alert: Alert) -> list[str]:
    """What is to be done from the state that the alert is in, in order."""
    words = {
        Alert.State.OPEN: [_("Acknowledge it, so that others see that somebody has it."), _("Write down what was done and who was spoken to."),
                           _("Submit it for closing with the reason.")],
        Alert.State.ACKNOWLEDGED: [_("Write down what was done and who was spoken to."), _("Submit it for closing with the reason.")],
        Alert.State.HANDLING: [_("Submit it for closing with the reason, once the measures are done.")],
        Alert.State.SUBMITTED: [_("A risk officer who did not submit it closes it with an outcome, or returns it with what is missing.")],
        Alert.State.CLOSED: [],
    }  # fmt: skip
    return words[Alert.State(alert.state)]


def _chart(history: dict[str, Any]) -> dict[str, Any]:
    chinese_or_korean = (get_language() or "en")[:2] in {"zh", "ko"}
    data: dict[str, Any] = {
        "x": [day.strftime("%y-%m-%d") if chinese_or_korean else f"{day.day} {day:%b %y}" for day in history["days"]],
        "series": [{"name": history["label"], "values": history["values"]}],
        "unit": "%" if history["ratio"] else "",
        "area": True,
        "min": 0 if all(v is None or v >= 0 for v in history["values"]) else None,
    }
    if history["threshold"] is not None:
        data["threshold"] = {"value": history["threshold"], "name": _("threshold %(value)g") % {"value": history["threshold"]}}
    return data


def _steps(access: Access, alert: Alert) -> dict[str, bool]:
    """Which buttons the page shows; the actions ask the same questions again."""
    handling = alert.state in {Alert.State.OPEN, Alert.State.ACKNOWLEDGED, Alert.State.HANDLING}
    submitted = alert.state == Alert.State.SUBMITTED
    return {
        "acknowledge": alert.state == Alert.State.OPEN and access.may(Act.ALERT_ACKNOWLEDGE, alert),
        "handle": handling and access.may(Act.ALERT_HANDLE, alert),
        "submit": alert.state == Alert.State.HANDLING and access.may(Act.ALERT_HANDLE, alert),
        "close": submitted and access.may(Act.ALERT_CLOSE, alert),
        "assign": handling and access.may(Act.ALERT_ASSIGN, alert),
        "order": handling and alert.borrower_id is not None and not alert.staff_conduct and access.may(Act.ALERT_ORDER, alert),
        "own_submission": submitted and access.may(Act.ALERT_CLOSE) and not access.may(Act.ALERT_CLOSE, alert),
    }


def alert_pane(request: HttpRequest, number: str) -> HttpResponse:
    """The part of the list that htmx swaps in, taking the focus unless it only follows the row (`?beside=`); without htmx the whole page of the alert."""
    alert = alert_of(request.access, number)
    if not request.htmx:
        return redirect("alerts:detail", number=alert.number)
    return render(request, "alerts/signals/_pane.html", detail_of(request.access, alert) | {"swapped": "beside" not in request.GET})


def alert_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One alert as a whole page."""
    return render(request, "alerts/signals/detail.html", page_of(request.access, alert_of(request.access, number)))


def page_of(access: Access, alert: Alert, **forms_: forms.Form) -> dict[str, Any]:
    context = detail_of(access, alert)
    offered = {"measure_form": MeasureForm(), "submit_form": SubmitForm(), "return_form": ReturnForm(), "close_form": CloseForm(),
               "file_form": FileForm(), "order_form": OrderForm(initial={"loan_number": alert.loan.number if alert.loan else ""}),
               "assign_form": AssignForm(), "done_form": DoneForm(initial={"done_on": access.on})}  # fmt: skip
    more = {
        "measures": alert.notes.filter(kind="measure").select_related("by", "done_by"),
        "files": alert.files.select_related("by"),
        "signals": alert.signals.select_related("by"),
        "escalations": alert.escalations.all(),
        "episodes": queries.episodes(alert),
        "assignable": handlers_of(alert, access.on).order_by("name")[:200] if context["steps"]["assign"] else [],
        "may_propose": alert.loan_id is not None and not alert.staff_conduct and access.may(Act.CLASS_SEE),
    }
    return context | offered | forms_ | more | {"timeline": _timeline(alert, [context["evidence"], *context["earlier"]])}


EVENTS = {
    "alert.acknowledged": ("eye", "blue"),
    "alert.handling_started": ("player-play", "blue"),
    "alert.submitted": ("send", "acc"),
    "alert.returned": ("arrow-back-up", "orange"),
    "alert.closed": ("circle-check", "green"),
    "alert.assigned": ("user", "blue"),
    "alert.acknowledgement_undone": ("arrow-back-up", ""),
    "alert.assignment_undone": ("arrow-back-up", ""),
    "alert.measure_done": ("check", "green"),
    "alert.file_added": ("file-check", ""),
    "alert.inspection_ordered": ("clipboard-check", "acc"),
    "alert.raised": ("alert-triangle", "orange"),
}


def _timeline(alert: Alert, evidence: list[Any]) -> list[dict[str, Any]]:
    """What happened, the latest first: people's steps and notes with their minute, closes with their day."""
    words = {
        "alert.acknowledged": _("Acknowledged"),
        "alert.handling_started": _("Handling started"),
        "alert.submitted": _("Submitted for closing"),
        "alert.returned": _("Returned"),
        "alert.closed": _("Closed"),
        "alert.assigned": _("Given to somebody"),
        "alert.acknowledgement_undone": _("Acknowledgement taken back"),
        "alert.assignment_undone": _("Assignment taken back"),
        "alert.measure_done": _("Measure done"),
        "alert.file_added": _("File added"),
        "alert.inspection_ordered": _("Special inspection asked for"),
        "alert.raised": _("Signal raised"),
    }
    kinds = {"measure": _("Measure taken"), "contact": _("Contact with the borrower"), "submit": _("Why it can be closed"),
             "return": _("What is missing"), "close": _("Reason for closing"), "order": _("What is to be looked at"),
             "signal": _("What was seen")}  # fmt: skip
    events: list[dict[str, Any]] = []
    for event in queries.steps(alert):
        if event.event in words:
            icon, tone = EVENTS[event.event]
            events.append({"icon": icon, "tone": tone, "title": words[event.event], "text": str(event.person or ""), "when": event.at})
    for note in alert.notes.select_related("by").order_by("-id"):
        icon = "phone-call" if note.kind == "contact" else "message-2"
        events.append(
            {"icon": icon, "tone": "", "title": kinds.get(note.kind, note.kind), "text": f"{note.text} · {note.by}", "when": note.at}
        )
    events.sort(key=lambda e: e["when"], reverse=True)
    if alert.cleared_on:
        events.append({"icon": "circle-check", "tone": "green", "title": _("Condition cleared"), "text": "", "when": alert.cleared_on})
    for told_of in alert.escalations.all():
        events.append(
            {"icon": "arrow-up", "tone": "orange", "title": told_of.get_stage_display(), "text": told_of.get_cause_display(), "when": told_of.on}
        )
    tones = {Level.RED: "red", Level.ORANGE: "orange", Level.YELLOW: "yellow"}
    for piece in [e for e in evidence if e]:
        level = piece.get_level_display()
        title = _("Level became %(level)s") % {"level": level}
        if piece.as_of == alert.opened_on:
            title = _("Opened at level %(level)s") % {"level": level}
        elif piece.as_of == alert.reopened_on:
            title = _("Opened again at level %(level)s") % {"level": level}
        rule = _("Rule %(rule)s, version %(version)s") % {"rule": alert.rule.code, "version": piece.rule_version.version}
        events.append({"icon": "alert-octagon", "tone": tones[piece.level], "title": title, "text": rule, "when": piece.as_of})
    return events


# --- steps ---------------------------------------------------------------------------------------------------------------


def acknowledge(request: HttpRequest, number: str) -> HttpResponse:
    or_404(actions.acknowledge, number=number, by=request.access)
    back = f"{reverse('alerts:undo_acknowledge')}?{urlencode({'number': number})}"
    messages.success(request, _("Alert %(number)s acknowledged.") % {"number": number}, extra_tags=back)
    return redirect("alerts:detail", number=number)


def measure(request: HttpRequest, number: str) -> HttpResponse:
    return step(request, number, "measure_form", MeasureForm, actions.note_measure, _("Note on alert %(number)s kept."))


def submit(request: HttpRequest, number: str) -> HttpResponse:
    return step(
        request, number, "submit_form", SubmitForm, actions.submit_for_closing, _("Alert %(number)s submitted. A risk officer checks it.")
    )


def give_back(request: HttpRequest, number: str) -> HttpResponse:
    return step(request, number, "return_form", ReturnForm, actions.return_alert, _("Alert %(number)s returned to its handler."))


def close(request: HttpRequest, number: str) -> HttpResponse:
    return step(request, number, "close_form", CloseForm, actions.close_alert, _("Alert %(number)s closed."))


def step(
    request: HttpRequest, number: str, name: str, form_class: type[forms.Form], action: Callable[..., Any], done: str
) -> HttpResponse:
    form = form_class(request.POST)
    if not form.is_valid():
        return render(
            request, "alerts/signals/detail.html", page_of(request.access, alert_of(request.access, number), **{name: form}), status=422
        )
    or_404(action, number=number, by=request.access, **form.cleaned_data)
    messages.success(request, done % {"number": number})
    return redirect("alerts:detail", number=number)


def or_404(action: Callable[..., Any], **parts: Any) -> None:
    try:
        action(**parts)
    except Alert.DoesNotExist:
        raise Http404 from None
