"""The list of cases, the page of one case or cohort, the steps of risk officers, and the list as a file."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from alerts.cases import actions, queries
from alerts.cases.forms import CaseFilters, CohortForm, JoinForm, NoteForm, ReasonForm
from alerts.cases.models import Case, CaseEvent
from alerts.observation.queries import lender_of
from alerts.signals.models import Level
from loanwatch.kernel import sheets
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 50_000
LOOKS = {
    CaseEvent.Kind.OPENED: ("folder", "blue"), CaseEvent.Kind.ESCALATED: ("arrow-up", "red"), CaseEvent.Kind.EASED: ("arrow-down", "green"),
    CaseEvent.Kind.JOINED: ("git-merge", "acc"), CaseEvent.Kind.SPLIT: ("arrows-exchange", ""), CaseEvent.Kind.NOTED: ("message-2", ""),
    CaseEvent.Kind.CLOSED: ("circle-check", "green"),
}  # fmt: skip


def case_list(request: HttpRequest) -> HttpResponse:
    """The list as the address filters it, the worst first."""
    access, filters = request.access, CaseFilters(request.GET)
    page = Paginator(filters.apply(queries.worklist(access)), PAGE).get_page(request.GET.get("page"))
    chosen = filters.chosen
    tabs = [
        {"text": text, "url": "?" + urlencode(query), "current": {k: v for k, v in chosen.items() if k in {"state", "kind"}} == query, "count": None}
        for text, query in ((pgettext("case", "Open"), {}), (_("Cohorts"), {"kind": "cohort"}), (_("Closed"), {"state": "closed"}))
    ]
    context = {
        "page": page, "rows": list(page.object_list), "tabs": tabs, "chosen_filters": chosen, "query": request.GET.urlencode(),
        "options": {"level": [("red", _("Red")), ("orange", _("Orange")), ("yellow", _("Yellow"))]},
        "may_keep": access.may(Act.CASE_KEEP) and chosen.get("state", "open") == "open", "cohort_form": CohortForm(),
    }  # fmt: skip
    return render(request, "alerts/cases/list.html", context)


def _case(access: Access, number: str) -> Case:
    found = queries.worklist(access).filter(number=number).select_related("lender").first()
    if found is None:
        raise Http404
    return found


def detail(request: HttpRequest, number: str) -> HttpResponse:
    """One case: its alerts, what happened, exposure, measures, people; of a cohort also its members."""
    return render(request, "alerts/cases/detail.html", _page(request.access, _case(request.access, number)))


def _page(access: Access, case: Case, **forms_: forms.Form) -> dict[str, Any]:
    alerts = list(queries.alerts_of(case, access))
    is_open = case.state == Case.State.OPEN
    keeps = is_open and access.may(Act.CASE_KEEP, case)
    return {
        "case": case, "alerts": alerts, "measures": queries.measures_of(alerts), "people": queries.people_of(alerts),
        "exposure": queries.exposure_of(case, access), "members": queries.members_of(case, access) if case.borrower_id is None else [],
        "loans": queries.loans_of(case, access) if case.borrower_id else [],
        "timeline": _timeline(case, access, {a.pk for a in alerts}), "today": access.on, "keeps": keeps,
        "cohorts": queries.open_cohorts(access)[:100] if keeps and case.borrower_id and case.cohort_id is None else [],
        "cohort_seen": case.cohort_id is not None and Case.objects.visible_to(access).filter(pk=case.cohort_id).exists(),
        "note_form": NoteForm(), "split_form": ReasonForm(), "close_form": ReasonForm(), "join_form": JoinForm(),
    } | forms_  # fmt: skip


def _timeline(case: Case, access: Access, seen: set[int]) -> list[dict[str, Any]]:
    """What happened, the latest first. An alert that this person may not see is not named."""
    events = []
    cohorts = set(Case.objects.visible_to(access).filter(borrower__isnull=True, lender=case.lender_id).values_list("pk", flat=True))
    for event in queries.events_of(case, access):
        icon, tone = LOOKS[CaseEvent.Kind(event.kind)]
        title = event.get_kind_display()
        if event.kind in (CaseEvent.Kind.ESCALATED, CaseEvent.Kind.EASED):
            level = Level(event.new_level).label if event.new_level else _("nothing open")
            title = _("%(what)s: %(level)s") % {"what": title, "level": level}
        hidden = event.other_id is not None and event.other_id not in cohorts  # its cause names what other borrowers have
        texts = ["" if hidden else event.text]
        if event.alert and event.alert_id in seen:
            texts.append(f"{event.alert.number} · {_(event.alert.rule.name)}")
        if event.other and not hidden:
            texts.append(event.other.number)
        texts.append(str(event.by or ""))
        events.append({"icon": icon, "tone": tone, "title": title, "text": " · ".join(t for t in texts if t), "when": event.on})
    return events


def _step(request: HttpRequest, number: str, name: str, form_class: type[forms.Form], action: Callable[..., Any], done: str) -> HttpResponse:
    form = form_class(request.POST)
    if not form.is_valid():
        return render(request, "alerts/cases/detail.html", _page(request.access, _case(request.access, number), **{name: form}), status=422)
    try:
        action(number=number, by=request.access, **form.cleaned_data)
    except Case.DoesNotExist:
        raise Http404 from None
    messages.success(request, done % {"number": number})
    return redirect("cases:detail", number=number)


def note(request: HttpRequest, number: str) -> HttpResponse:
    return _step(request, number, "note_form", NoteForm, actions.note_case, _("Note on case %(number)s kept."))


def join(request: HttpRequest, number: str) -> HttpResponse:
    return _step(request, number, "join_form", JoinForm, actions.join, _("Case %(number)s joined to the cohort."))


def split(request: HttpRequest, number: str) -> HttpResponse:
    return _step(request, number, "split_form", ReasonForm, actions.split, _("Case %(number)s taken out of the cohort."))


def close(request: HttpRequest, number: str) -> HttpResponse:
    return _step(request, number, "close_form", ReasonForm, actions.close_case, _("Case %(number)s closed."))


def make_cohort(request: HttpRequest) -> HttpResponse:
    """A cohort of the ticked cases of the list."""
    form = CohortForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Name the cause that the cases have in common."))
        return redirect(f"{reverse('cases:list')}?{request.POST.get('query', '')}")
    try:
        made = actions.make_cohort(by=request.access, cause=form.cleaned_data["cause"], numbers=request.POST.getlist("number"))
    except Case.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Cohort %(number)s made.") % {"number": made.number})
    return redirect("cases:detail", number=made.number)


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as CSV or XLSX. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access, filters = request.access, CaseFilters(request.GET)
    rows = [
        (c.number, str(c.borrower or ""), c.cause, c.branch.name, Level(c.worst).label if c.worst else "", c.open_alerts or 0, c.get_state_display(),
         c.opened_on, c.closed_on, c.cohort.number if c.cohort else "")
        for c in filters.apply(queries.worklist(access))[:MOST_EXPORTED]
    ]  # fmt: skip
    columns = [_("Case"), _("Borrower"), _("Cause"), _("Branch"), _("Level"), _("Open alerts"), _("State"), _("Opened on"), _("Closed on"), _("Cohort")]
    head = [(_("Cases"), lender_of(access).name), (_("Made by"), str(access.person), access.on)]
    head += [(_("Filter"), name, ", ".join(v) if isinstance(v, list) else str(v)) for name, v in filters.chosen.items()]
    record("cases.exported", by=access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="cases-{access.on}.{kind}"'
    return answer
