"""The alert list with its detail pane, its views, the workload line, and the list as a file."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from alerts.observation.queries import closed_days, lender_of
from alerts.signals import keeping, queries, worklist, workload
from alerts.signals.forms import AcceptForm, AlertFilters, CloseForm, MeasureForm, SubmitForm, ViewForm
from alerts.signals.models import Alert
from alerts.signals.views import detail_of
from alerts.signals.worklist_models import SavedView
from loanwatch.kernel import sheets
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Role
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 50_000
MOST_COUNTED = 8  # saved views whose alerts are counted on their tabs
MORE = ("family", "grain", "assigned", "branch", "product", "escalated")  # filters that stand behind "Filter"
NOT_A_FILTER = {"page", "alert", "all"}
STEPS = {
    "acknowledge": Act.ALERT_ACKNOWLEDGE, "note": Act.ALERT_HANDLE, "submit": Act.ALERT_HANDLE, "assign": Act.ALERT_ASSIGN, "close": Act.ALERT_CLOSE,
}  # fmt: skip


def alert_list(request: HttpRequest) -> HttpResponse:
    """The list as the address filters it; the first row, or `?alert=`, stands in the pane. A bare address opens the person's first view."""
    access = request.access
    views = list(SavedView.objects.visible_to(access).kept().select_related("person", "shared_with"))
    first = next((v for v in views if v.is_default and v.person_id == (access.person and access.person.pk) and v.query), None)
    if first and not request.GET:
        return redirect(f"{reverse('alerts:list')}?{first.query}")
    filters = AlertFilters(request.GET)
    drawn = _line(access, filters.chosen.get("line", ""))
    page = Paginator(_filtered(access, filters, request.GET.get("sort", ""), drawn), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    worklist.dress(rows, access.on)
    chosen = next((a for a in rows if a.number == request.GET.get("alert")), rows[0] if rows else None)
    context = _context(request, access, rows, views) | {"page": page, "chosen_filters": filters.chosen, "current": chosen.number if chosen else ""}
    if drawn is not None:
        context |= _drawn(access, drawn, rows, page)
    if chosen is not None:
        context |= detail_of(access, chosen)
    return render(request, "alerts/signals/list.html", context)


def _context(request: HttpRequest, access: Access, rows: list[Any], views: list[SavedView]) -> dict[str, Any]:
    counts = queries.counts(access, access.on)
    may = {name: access.may(act) for name, act in STEPS.items()}
    can_select = any(a.state != Alert.State.CLOSED for a in rows) and any(may.values())
    options = worklist.offers(access)
    plain = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name not in NOT_A_FILTER:
            plain.setlist(name, values)
    return {
        "rows": rows,
        "today": access.on,
        "counts": counts,
        "tabs": _tabs(request, access, counts, views),
        "own_views": [v for v in views if access.person and v.person_id == access.person.pk],
        "view_form": ViewForm(initial={"query": plain.urlencode()}),
        "options": options,
        "may": may,
        "may_select": can_select,
        "may_acknowledge": may["acknowledge"] and any(a.state == Alert.State.OPEN for a in rows),
        "may_raise": access.may(Act.SIGNAL_RAISE),
        "people": worklist.colleagues(access) if may["assign"] and rows else [],
        "note_form": MeasureForm(auto_id="note-%s"),
        "submit_many_form": SubmitForm(auto_id="submit-%s"),
        "close_many_form": CloseForm(auto_id="close-%s"),
        "query": request.GET.urlencode(),
        "others": [(k, v) for k, values in plain.lists() if k not in {"q", "exposure_from", "exposure_to"} for v in values],
        "rest": [(k, v) for k, values in plain.lists() if k not in MORE for v in values],
        "more_filters": _more(request, options),
        "more_keys": _keys(),
    }  # fmt: skip


def _more(request: HttpRequest, options: dict[str, list[tuple[str, str]]]) -> list[dict[str, Any]]:
    """The filters that are asked for less often, each with what it offers and what is chosen."""
    labels = {
        "family": _("Family"), "grain": pgettext("rule", "Looks at"), "assigned": _("Given to"), "branch": _("Branch"),
        "product": _("Product"), "escalated": _("Escalation"),
    }  # fmt: skip
    found = []
    for key in MORE:
        value = request.GET.get(key, "")
        if options[key] or value:
            found.append({"key": key, "label": labels[key], "options": options[key], "value": value, "said": dict(options[key]).get(value, value)})
    return found


def _keys() -> list[tuple[str, str]]:
    return [
        ("Enter", _("Open the alert in the pane")), ("a", _("Acknowledge")), ("h", _("Handling note")), ("s", _("Submit for closing")),
        ("g", _("Give to somebody")), ("u", _("Take the last step back")), ("*", _("Select all on this page")),
    ]  # fmt: skip


def _filtered(access: Access, filters: AlertFilters, sort: str = "", drawn: workload.Line | None = None) -> Any:
    found = queries.worklist(access)
    if filters.chosen.get("mine"):
        found = found.filter(queries.waiting_for(access))
    found = filters.apply(found, access.on)
    if drawn is not None:
        return workload.ranked(found, drawn, access.on)
    return found.order_by(*worklist.order(sort)) if sort else found


def _line(access: Access, code: str) -> workload.Line | None:
    """The workload line that the address asks for; a branch out of reach has none, as if it were not there."""
    branch = Branch.objects.filter(code=code, pk__in=access.subtree()).select_related("lender").first() if code else None
    return workload.line(branch, access.on) if branch else None


def _drawn(access: Access, drawn: workload.Line, rows: list[Any], page: Any) -> dict[str, Any]:
    """What the page says of the line. The first row below it is marked; on a page that is wholly below, the first row of all."""
    below = next((a for a in rows if a.pk not in drawn.above), None)
    if below is not None:
        below.line_above = True
    last = workload.accepted(drawn.branch, access.on)
    enough = last is not None and drawn.below <= last.alerts and drawn.expected_loss <= last.expected_loss
    return {
        "line": drawn,
        "line_sources": workload.sources(drawn.branch.lender, access.on),
        "accepted": last,
        "accepted_enough": enough,
        "may_accept": bool(drawn.below) and not enough and access.may(Act.ALERT_LINE_ACCEPT),
        "accept_form": AcceptForm(initial={"branch": drawn.branch.code, "seen": drawn.below}, auto_id="accept-%s"),
    }


def _tabs(request: HttpRequest, access: Access, counts: dict[str, int], views: list[SavedView]) -> list[dict[str, Any]]:
    tabs: list[tuple[str, dict[str, Any], int | None]] = [
        (_("Waiting for me"), {"mine": "1"}, counts["mine"]),
        (_("Red and orange, unhandled"), {"level": ["red", "orange"], "state": ["open", "acknowledged"]}, counts["urgent"]),
        (_("Waiting for the second pair of eyes"), {"state": ["submitted"]}, counts["second"]),
        (_("Past deadline"), {"overdue": "1"}, counts["late"]),
        (_("Condition cleared"), {"cleared": "1"}, counts["cleared"]),
        (_("All open"), {"all": "1"}, counts["open"]),
        (_("Closed"), {"state": ["closed"]}, None),
    ]
    if not access.has(Role.ACCOUNT_MANAGER, Role.RISK_OFFICER):
        tabs = tabs[1:]  # nobody else is the next to act
    held = access.branches_held(Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR)
    if held:
        code = request.GET.get("line") or Branch.objects.values_list("code", flat=True).get(pk=held[0])
        tabs.append((_("Workload line"), {"line": code}, None))
    for nth, view in enumerate(views):
        query = QueryDict(view.query)
        count = _filtered(access, AlertFilters(query)).count() if nth < MOST_COUNTED else None
        own = access.person and view.person_id == access.person.pk
        text = view.name if own else _("%(view)s (by %(name)s)") % {"view": view.name, "name": view.person}
        tabs.append((text, dict(query.lists()), count))
    now = _same({k: request.GET.getlist(k) for k in request.GET})
    return [{"text": text, "url": "?" + urlencode(query, doseq=True), "current": _same(query) == now, "count": count} for text, query, count in tabs]


def _same(query: dict[str, Any]) -> dict[str, list[str]]:
    return {k: sorted(v if isinstance(v, list) else [v]) for k, v in query.items() if k not in NOT_A_FILTER}


# --- views of one's own --------------------------------------------------------------------------------------------------


def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the address under a name."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        return render(request, "alerts/signals/view.html", {"form": form, "action": reverse("alerts:keep_view")}, status=422)
    made = keeping.keep_view(by=request.access, **form.cleaned_data)
    messages.success(request, _("View “%(name)s” kept.") % {"name": made.name}, extra_tags=reverse("alerts:drop_view", args=[made.pk]))
    return redirect(f"{reverse('alerts:list')}?{made.query or 'all=1'}")


def view(request: HttpRequest, view_id: int) -> HttpResponse:
    """The form of a view of one's own; posted, its name, whether it opens first, and whether colleagues see it."""
    found = SavedView.objects.owned_by(request.access).kept().filter(pk=view_id).first()
    if found is None:
        raise Http404
    action = reverse("alerts:view", args=[view_id])
    if request.method != "POST":
        initial = {"name": found.name, "is_default": found.is_default, "shared": found.shared_with_id is not None}
        return render(request, "alerts/signals/view.html", {"form": ViewForm(initial=initial), "view": found, "action": action})
    form = ViewForm(request.POST)
    if not form.is_valid():
        return render(request, "alerts/signals/view.html", {"form": form, "view": found, "action": action}, status=422)
    changed = keeping.change_view(by=request.access, view_id=view_id, **form.cleaned_data)
    messages.success(request, _("View “%(name)s” changed.") % {"name": changed.name})
    return redirect(f"{reverse('alerts:list')}?{changed.query or 'all=1'}")


def drop_view(request: HttpRequest, view_id: int) -> HttpResponse:
    try:
        dropped = keeping.drop_view(by=request.access, view_id=view_id)
    except SavedView.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("View “%(name)s” dropped.") % {"name": dropped.name}, extra_tags=reverse("alerts:restore_view", args=[view_id]))
    return redirect(f"{reverse('alerts:list')}?all=1")


def restore_view(request: HttpRequest, view_id: int) -> HttpResponse:
    try:
        back = keeping.restore_view(by=request.access, view_id=view_id)
    except SavedView.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("View “%(name)s” is there again.") % {"name": back.name})
    return redirect(f"{reverse('alerts:list')}?{back.query or 'all=1'}")


# --- the workload line ---------------------------------------------------------------------------------------------------


def accept_line(request: HttpRequest) -> HttpResponse:
    """The branch head takes it on that what is below the line waits this week."""
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return render(request, "alerts/signals/accept.html", {"form": form}, status=422)
    try:
        keeping.accept_line(by=request.access, **form.cleaned_data)
    except Branch.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("It is kept that you accepted what is below the line this week."))
    return redirect(f"{reverse('alerts:list')}?{urlencode({'line': form.cleaned_data['branch']})}")


# --- the list as a file --------------------------------------------------------------------------------------------------


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as CSV or XLSX, with the filters and the data date in its first rows. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access, filters = request.access, AlertFilters(request.GET)
    drawn = _line(access, filters.chosen.get("line", ""))
    found = _filtered(access, filters, request.GET.get("sort", ""), drawn)[:MOST_EXPORTED]
    as_of = closed_days(lender_of(access)).values_list("business_date", flat=True).first()
    rows = [
        (
            a.number, a.get_level_display(), a.get_state_display(), a.rule.code, _(a.rule.name), str(a.borrower or ""),
            a.loan.number if a.loan else "", a.branch.name, a.manager_name,
            a.exposure, a.currency, a.opened_on, a.due_on, a.cleared_on, a.closed_on,
        )
        for a in found
    ]  # fmt: skip
    columns = [
        _("Alert"), _("Level"), _("State"), _("Rule"), _("What happened"), _("Borrower"), _("Loan"), _("Branch"), _("Manager"),
        _("Exposure"), _("Currency"), _("Opened on"), _("Handle by"), _("Condition cleared on"), _("Closed on"),
    ]  # fmt: skip
    head = [(_("Alerts"), lender_of(access).name), (_("Data as of"), as_of), (_("Made by"), str(access.person), access.on)]
    head += [(_("Filter"), name, ", ".join(v) if isinstance(v, list) else str(v)) for name, v in filters.chosen.items()]
    record("alerts.exported", by=access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="alerts-{as_of or access.on}.{kind}"'
    return answer
