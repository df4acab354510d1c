"""The list of deadlines, its months as a calendar, one deadline with the four eyes that set it aside, and the list as a file."""

from calendar import Calendar
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inspections.deadlines import actions
from inspections.deadlines.forms import NOBODY, AskForm, DeadlineFilters
from inspections.deadlines.models import Deadline, Kind
from inspections.deadlines.queries import counts_for, with_names
from inspections.deadlines.rules import late_days
from loanwatch.kernel import sheets
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Person, Role
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 50_000
WINDOWS = (7, 30, 90)
SHOWN_A_DAY = 3  # deadlines that a day of the calendar names; the rest are counted


def deadline_list(request: HttpRequest) -> HttpResponse:
    """Deadlines this person may see, as the address filters them, the one due first on top."""
    access = request.access
    filters = DeadlineFilters(request.GET)
    found = filters.order(filters.narrow(with_names(Deadline.objects.visible_to(access)), access.on))
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "tabs": _tabs(request, filters),
        "options": _options(access),
        "filtered": bool(set(filters.chosen) - {"view", "sort"}),
        "view": filters.chosen["view"],
        "month": filters.first_of_month,
        "today": access.on,
        "query": request.GET.urlencode(),
    }
    return render(request, "inspections/deadlines/list.html", context)


def _tabs(request: HttpRequest, filters: DeadlineFilters) -> list[dict[str, Any]]:
    counts = counts_for(request.access)
    query = request.GET.copy()
    for name in ("page", "sort"):
        query.pop(name, None)
    tabs = []
    for view, text, count in (
        ("open", pgettext("deadlines", "All open"), counts.open),
        ("late", pgettext("deadlines", "Late"), counts.late),
        ("asked", _("To be agreed"), counts.asked),
        ("done", Deadline.State.DONE.label, None),
        ("cancelled", Deadline.State.CANCELLED.label, None),
        ("not_applicable", Deadline.State.NOT_APPLICABLE.label, None),
    ):
        query["view"] = view
        tabs.append({"text": text, "url": f"?{query.urlencode()}", "current": view == filters.chosen["view"], "count": count})
    return tabs


def _options(access: Access) -> dict[str, list[tuple[Any, Any]]]:
    """What the filter pills offer. Managers are offered to those who see more than their own loans."""
    mine = Deadline.objects.visible_to(access).open()
    managers: list[tuple[Any, Any]] = []
    branches: list[tuple[Any, Any]] = []
    if access.has(Role.BRANCH_HEAD, Role.RISK_OFFICER, Role.CREDIT_ADMIN, Role.AUDITOR):
        people = Person.objects.filter(pk__in=mine.order_by().values("responsible_id")).order_by("name")
        managers = [(NOBODY, _("Nobody yet")), *people.values_list("pk", "name")]
        branches = list(Branch.objects.filter(pk__in=access.subtree()).order_by("code").values_list("code", "name")[:200])
    return {
        "kind": Kind.choices,
        "manager": managers,
        "branch": branches,
        "within": [(str(n), _("Within %(n)d days") % {"n": n}) for n in WINDOWS],
    }


def calendar(request: HttpRequest) -> HttpResponse:
    """One month of open deadlines, week by week; `?month=2026-11`, otherwise the month of today."""
    access = request.access
    filters = DeadlineFilters(request.GET)
    first = filters.first_of_month or access.on.replace(day=1)
    last_shown = Calendar().monthdatescalendar(first.year, first.month)
    found = with_names(Deadline.objects.visible_to(access).open().filter(due_on__range=(last_shown[0][0], last_shown[-1][-1])))
    by_day: dict[date, list[Deadline]] = {}
    for line in found.order_by("due_on", "id")[:5000]:
        by_day.setdefault(line.due_on, []).append(line)
    weeks = [
        [
            {"on": day, "inside": day.month == first.month, "today": day == access.on, "lines": (lines := by_day.get(day, []))[:SHOWN_A_DAY],
             "more": max(len(lines) - SHOWN_A_DAY, 0)}
            for day in week
        ]
        for week in last_shown
    ]  # fmt: skip
    before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    context = {
        "first": first, "weeks": weeks, "before": before, "after": after, "today": access.on,
        "total": sum(len(by_day.get(day, [])) for week in last_shown for day in week if day.month == first.month),
    }  # fmt: skip
    return render(request, "inspections/deadlines/calendar.html", context)


def _seen(access: Access, deadline_id: int) -> Deadline:
    return get_object_or_404(with_names(Deadline.objects.visible_to(access)), pk=deadline_id)


def deadline(request: HttpRequest, deadline_id: int) -> HttpResponse:
    """One deadline; POST says that it does not apply, with the reason."""
    access = request.access
    found = _seen(access, deadline_id)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.ask(deadline_id=found.pk, by=access, reason=form.cleaned_data["reason"])
        messages.success(request, _("%(deadline)s waits for another person to agree.") % {"deadline": found})
        return redirect("deadlines:deadline", found.pk)
    is_open = found.state == Deadline.State.OPEN
    context = {
        "deadline": found,
        "form": form,
        "today": access.on,
        "late": late_days(found.due_on, found.state, access.on),
        "asks": is_open and found.asked_by_id is None and access.may(Act.DEADLINE_ASK),
        "answers": is_open and found.asked_by_id is not None and access.may(Act.DEADLINE_AGREE, found),
        "own": is_open and found.asked_by_id is not None and access.person is not None and found.asked_by_id == access.person.pk,
    }
    return render(request, "inspections/deadlines/deadline.html", context, status=422 if request.method == "POST" else 200)


def answer(request: HttpRequest, deadline_id: int) -> HttpResponse:
    """Agree that a deadline does not apply, or refuse."""
    found = _seen(request.access, deadline_id)
    agrees = request.POST.get("answer") == "agree"
    actions.answer(deadline_id=found.pk, by=request.access, agrees=agrees)
    if agrees:
        messages.success(request, _("%(deadline)s is set aside.") % {"deadline": found})
    else:
        messages.success(request, _("%(deadline)s stays open.") % {"deadline": found})
    return redirect("deadlines:deadline", found.pk)


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as CSV or XLSX. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access = request.access
    filters = DeadlineFilters(request.GET)
    found = filters.order(filters.narrow(with_names(Deadline.objects.visible_to(access)), access.on))[:MOST_EXPORTED]
    rows = [
        (d.number, d.get_kind_display(), d.about, str(d.borrower), d.loan.number, d.branch.name, d.responsible.name if d.responsible else "",
         d.due_on, late_days(d.due_on, d.state, access.on), d.get_state_display(), d.opened_on, d.closed_on, d.get_cause_display(), d.reason)
        for d in found
    ]  # fmt: skip
    columns = [_("Deadline"), _("Kind"), _("About"), _("Borrower"), _("Loan"), _("Branch"), _("Responsible"), _("Due on"), _("Days late"),
               _("State"), _("Opened on"), _("Closed on"), _("Cause"), _("Reason")]  # fmt: skip
    lender = access.person.lender.name if access.person and access.person.lender else ""
    head = [(_("Deadlines"), lender), (_("Made by"), str(access.person), access.on)]
    head += [(_("Filter"), name, ", ".join(map(str, v)) if isinstance(v, list) else str(v)) for name, v in filters.chosen.items()]
    record("deadlines.exported", by=access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    made = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    made["Content-Disposition"] = f'attachment; filename="deadlines-{access.on}.{kind}"'
    return made
