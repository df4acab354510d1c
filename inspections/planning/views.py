"""The list of inspection tasks, its export, and giving a task to somebody else."""

import csv
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.planning import actions
from inspections.planning.forms import AssignForm, TaskFilters
from inspections.planning.models import Kind, Task
from inspections.planning.queries import counts_for, with_names
from inspections.planning.rules import ASSIGNABLE, TO_DO, days_late
from loanwatch.people.models import Person, Role
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_ROWS = 10_000
UNSAFE = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # a spreadsheet would take such a text for a formula


def tasks(request: HttpRequest) -> HttpResponse:
    """Tasks this person may see, by view, kind and manager; all filters stand in the URL."""
    access = request.access
    filters = TaskFilters(request.GET)
    found = filters.narrow(with_names(Task.objects.visible_to(access)), access.on)
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "tabs": _tabs(request, filters.view_name),
        "kinds": Kind.choices,
        "managers": _managers(access),
        "filtered": any(request.GET.get(key) for key in ("kind", "manager")),
        "view": filters.view_name,
        "today": access.on,
        "me": access.person.pk if access.person else None,
        "records": access.has(Role.ACCOUNT_MANAGER, Role.FIELD_AGENT),
        "assigns": access.may(Act.TASK_ASSIGN),
        "sees_loans": access.may(Act.LOAN_SEE),
        "to_do": TO_DO,
        "assignable": ASSIGNABLE,
    }
    return render(request, "inspections/planning/tasks.html", context)


def _tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    counts = counts_for(request.access)
    query = request.GET.copy()
    query.pop("page", None)
    tabs = []
    for view, text, count in (
        ("to_do", _("To do"), counts.to_do),
        ("late", _("Late"), counts.late),
        ("returned", _("Returned"), counts.returned),
        ("submitted", _("Waiting for verification"), counts.waiting),
        ("done", _("Confirmed"), None),
        ("all", _("All"), None),
    ):
        query["view"] = view
        tabs.append({"text": text, "url": f"?{query.urlencode()}", "current": view == current, "count": count})
    return tabs


def _managers(access: Any) -> list[tuple[int, str]]:
    """The people to filter by; empty for those who see their own tasks only."""
    if not access.has(Role.BRANCH_HEAD, Role.RISK_OFFICER, Role.CREDIT_ADMIN, Role.AUDITOR):
        return []
    held = Person.objects.filter(pk__in=Task.objects.visible_to(access).open().values("assigned_to_id"))
    return [(0, _("Nobody yet")), *held.order_by("name").values_list("pk", "name")]


def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as CSV, at most 10,000 rows, with what was filtered and for which day in its first rows."""
    access = request.access
    filters = TaskFilters(request.GET)
    found = filters.narrow(with_names(Task.objects.visible_to(access)), access.on)
    record("tasks.exported", by=access, filters=dict(request.GET.items()), rows=min(found.count(), MOST_ROWS))
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="inspection-tasks.csv"'}
    )
    response.write("\ufeff")  # spreadsheets take the file for UTF-8 by this mark
    writer = csv.writer(response)
    writer.writerow([_("Inspection tasks"), access.on.isoformat(), filters.view_name, request.GET.get("kind", "")])
    writer.writerow([_("Exported by"), _plain(access.person.name if access.person else "")])
    writer.writerow(
        [
            _("Task"),
            _("Kind"),
            _("Borrower"),
            _("Loan"),
            _("Branch"),
            _("Assigned to"),
            _("To be done by"),
            _("State"),
            _("Days late"),
            _("Handed in"),
            _("Closed"),
        ]
    )
    for task in found[:MOST_ROWS]:
        loan = task.loan.number if access.may(Act.LOAN_SEE) else ""
        cells = [
            task.number,
            task.get_kind_display(),
            str(task.borrower),
            loan,
            task.branch.name,
            task.assigned_to.name if task.assigned_to else "",
        ]
        dates = [
            task.due_on,
            task.get_state_display(),
            days_late(task.due_on, task.state, access.on),
            task.submitted_on or "",
            task.closed_on or "",
        ]
        writer.writerow([_plain(cell) for cell in cells] + dates)
    return response


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(UNSAFE) else text


def assign(request: HttpRequest, task_id: int) -> HttpResponse:
    """Give a task to another person of the branch."""
    access = request.access
    task = get_object_or_404(with_names(Task.objects.visible_to(access)), pk=task_id)
    form = AssignForm(request.POST or None, people=actions.assignable_people(task, access.on), initial={"person": task.assigned_to_id})
    if request.method == "POST" and form.is_valid():
        actions.assign_task(task_id=task.pk, to_person_id=form.cleaned_data["person"].pk, by=access)
        messages.success(request, _("%(task)s is given to %(person)s.") % {"task": task, "person": form.cleaned_data["person"]})
        return redirect("inspections:tasks")
    return render(
        request, "inspections/planning/assign.html", {"task": task, "form": form}, status=422 if request.method == "POST" else 200
    )
