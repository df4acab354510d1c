"""What each role opens first."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from alerts.signals.queries import counts, opened_lately
from inspections.deadlines.queries import counts_for as falling_due
from inspections.four_eyes.queries import queue_counts
from loanwatch.desk.addresses import address
from loanwatch.desk.closes import closes, frame
from loanwatch.desk.home import queries
from loanwatch.people.access import Access
from loanwatch.people.models import Role

# Roles whose home is a page of its own, in the order in which one wins over another.
ELSEWHERE = [
    (Role.BRANCH_HEAD, ("desk:portfolio",)),
    (Role.AUDITOR, ("trail:events", "desk:portfolio")),
    (Role.FIELD_AGENT, ("visits:today", "inspections:tasks")),
    (Role.BORROWER, ("portal:home",)),
]
WORKERS = (Role.ACCOUNT_MANAGER, Role.RISK_OFFICER)


def home(request: HttpRequest) -> HttpResponse:
    """My work for managers and officers, approvals for credit administration, health for the system; others have their own page."""
    access: Access = request.access
    if access.has(*WORKERS):
        return render(request, "desk/home/work.html", frame(request) | _work(request))
    if access.has(Role.CREDIT_ADMIN):
        return render(request, "desk/home/approvals.html", frame(request) | _approvals(request))
    for role, names in ELSEWHERE:
        if access.has(role) and (url := next((u for n in names if (u := address(n))), "")):
            return redirect(url)
    if access.has(Role.SYSADMIN):
        return render(request, "desk/home/system.html", frame(request) | _system(request))
    return render(request, "desk/home/nothing.html", frame(request))


def _work(request: HttpRequest) -> dict[str, Any]:
    access: Access = request.access
    manager, officer = access.has(Role.ACCOUNT_MANAGER), access.has(Role.RISK_OFFICER)
    last = closes(request).last
    context: dict[str, Any] = {
        "manager": manager,
        "officer": officer,
        "today": access.on,
        "counts": counts(access, access.on),
        "lately": opened_lately(access, last) if last else None,
        "tasks_url": address("inspections:tasks"),
        "four_eyes_url": address("inspections:four_eyes"),
    }
    kinds = [queries.alert_work(access), queries.reading_work(access)]
    if manager:
        kinds.append(queries.task_work(access))
        context |= {"tasks": queries.own_tasks(access), "due_soon": queries.due_soon(access), "falling_due": falling_due(access, own=True)}
    if officer:
        kinds.append(queries.four_eyes_work(access))
        waiting, late = queue_counts(access)
        context |= {"waiting": waiting, "waiting_late": late, "classes": queries.class_work(access)}
    work = queries.by_deadline(*kinds)
    return context | {"work": work, "deadlines": sum(1 for w in work if w.deadline and w.deadline <= access.on)}


def _approvals(request: HttpRequest) -> dict[str, Any]:
    lender = request.access.person.lender
    own = request.access.person.staff_no
    return {
        "parameters": queries.pending_parameters(lender),
        "own": own,
        "held": queries.held_deliveries(lender),
        "rows": queries.waiting_rows(lender),
        "counts": counts(request.access, request.access.on),
        "health": queries.health(lender),
        "parameters_url": address("lenders:parameters"),
        "feeds_url": address("feeds:deliveries"),
        "days_url": address("days:calendar"),
    }


def _system(request: HttpRequest) -> dict[str, Any]:
    lender = request.access.person.lender if request.access.person else None
    known = closes(request)
    return {
        "health": queries.health(lender) if lender else None,
        "deliveries": queries.last_deliveries(lender) if lender else [],
        "days": [(day, True) for day in known.closed[:6]],
        "waiting": known.waiting[:6],
        "closed_count": len(known.closed),
        "waiting_count": len(known.waiting),
        "rows": queries.waiting_rows(lender) if lender else 0,
        "users_url": address("people:users"),
        "branches_url": address("people:branches"),
        "feeds_url": address("feeds:deliveries"),
        "days_url": address("days:calendar"),
    }
