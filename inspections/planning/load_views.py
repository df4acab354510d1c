"""Pages about who goes when: the calendar with capacity, absences, the route of a day, and postponing."""

from calendar import Calendar
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from inspections.planning import load_actions as actions
from inspections.planning.load import by_day, inspectors, loads, working_days
from inspections.planning.load_models import people_below
from inspections.planning.models import Absence, Capacity, Postponement, Task
from inspections.planning.plan_forms import AbsenceForm, CapacityForm, DecisionForm, PostponeForm, WhenForm
from inspections.planning.plan_views import live_for
from inspections.planning.queries import route_of, with_names
from inspections.planning.rules import TO_DO
from loanwatch.people.access import Access
from loanwatch.people.models import BranchReach, Person, Role, RoleHeld
from loanwatch.people.policy import Act

PAGE = 50
SHOWN_A_DAY = 3  # inspections that a day of the calendar names; the rest are counted
MOST_PEOPLE = 100


def _day(text: str | None, otherwise: date) -> date:
    try:
        return parse_date(text or "") or otherwise
    except ValueError:
        return otherwise


# Calendar --------------------------------------------------------------------------------------------------------------------


def _people(request: HttpRequest) -> tuple[list[Person], dict[str, Any]]:
    """The people whose inspections are shown, and what the filters offer."""
    access, everybody = request.access, inspectors(request.access)
    branch, person = request.GET.get("branch", ""), request.GET.get("person", "")
    held = RoleHeld.objects.filter(person__in=everybody, from_on__lte=access.on).filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
    branches = list(held.order_by("branch__code").values_list("branch_id", "branch__name").distinct())
    found = everybody
    if branch.isdigit():
        below = BranchReach.objects.filter(ancestor_id=int(branch), from_on__lte=access.on).filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
        found = found.filter(pk__in=held.filter(branch_id__in=below.values("descendant_id")).values("person_id"))
    if person.isdigit():
        found = found.filter(pk=person)
    options = {"branch": branches if len(branches) > 1 else [], "person": list(everybody.values_list("pk", "name")[:300])}
    return list(found.select_related("lender")[:MOST_PEOPLE]), options


def calendar(request: HttpRequest) -> HttpResponse:
    """A month or a week (`?view=week`) of inspections around `?day=`, with each person's room week by week."""
    access = request.access
    people, options = _people(request)
    weekly, day = request.GET.get("view") == "week", _day(request.GET.get("day"), access.on)
    if weekly:
        first = day - timedelta(days=day.weekday())
        days = [[first + timedelta(days=n) for n in range(7)]]
        before, after = first - timedelta(days=7), first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        days = Calendar().monthdatescalendar(first.year, first.month)
        before, after = first - timedelta(days=1), first + timedelta(days=32)
    start, end = days[0][0], days[-1][-1]
    tasks = by_day(access, people, start, end)
    lender = people[0].lender if people else None
    working = working_days(lender, start, end) if lender else set()
    most = 12 if weekly else SHOWN_A_DAY
    weeks = [
        [{"on": d, "inside": weekly or d.month == first.month, "today": d == access.on, "works": d in working,
          "tasks": tasks[d][:most], "more": max(len(tasks[d]) - most, 0)} for d in week]
        for week in days
    ]  # fmt: skip
    context = {
        "weeks": weeks, "weekly": weekly, "first": first, "last": end, "before": before, "after": after, "today": access.on, "options": options,
        "loads": loads(access, people, start, end), "keeps": access.may(Act.CAPACITY_KEEP), "sees_tasks": access.may(Act.TASK_SEE),
        "filtered": bool(request.GET.get("branch") or request.GET.get("person")),
        "tabs": [{"text": text, "url": f"?{_with(request, view=view)}", "current": (view == "week") == weekly}
                 for view, text in (("month", _("Month")), ("week", _("Week")))],
    }  # fmt: skip
    return render(request, "inspections/planning/calendar.html", context)


def _with(request: HttpRequest, **changed: str) -> str:
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = value
    return query.urlencode()


def capacity(request: HttpRequest, person_id: int) -> HttpResponse:
    """How many inspections a week a person can make, from a day on; and what was said before."""
    access = request.access
    person = get_object_or_404(Person, pk__in=people_below(access).values("person_id"), pk=person_id)
    form = CapacityForm(request.POST or None, initial={"from_on": access.on})
    if request.method == "POST" and form.is_valid():
        actions.set_capacity(by=access, person_id=person.pk, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("planning:calendar")
    rows = Capacity.objects.filter(person=person).select_related("set_by")[:PAGE]
    status = 422 if request.method == "POST" else 200
    return render(request, "inspections/planning/capacity.html", {"person": person, "form": form, "rows": rows}, status=status)


# Absence ---------------------------------------------------------------------------------------------------------------------


def _who(access: Access) -> tuple[QuerySet[Person, Any], QuerySet[Person, Any]]:
    """Whose absence this person enters, and who may stand in for them."""
    everybody = Person.objects.filter(lender=access.person.lender if access.person else None).filter(Q(left_on__isnull=True) | Q(left_on__gt=access.on))
    own = Q(pk=access.person.pk) if access.person else Q(pk__in=[])
    if access.has(Role.BRANCH_HEAD):
        own |= Q(pk__in=people_below(access).values("person_id"))
    held = RoleHeld.objects.filter(role__in=[Role.ACCOUNT_MANAGER, Role.FIELD_AGENT, Role.RISK_OFFICER], from_on__lte=access.on)
    return everybody.filter(own).order_by("name"), everybody.filter(pk__in=held.values("person_id")).order_by("name")


def absences(request: HttpRequest) -> HttpResponse:
    """Absences of the reader's people, the newest first; POST enters one."""
    access = request.access
    people, substitutes = _who(access)
    form = AbsenceForm(request.POST or None, people=people, substitutes=substitutes, initial={"person": access.person})
    if request.method == "POST" and form.is_valid():
        made = actions.enter_absence(by=access, **form.cleaned_data)
        messages.success(request, _("Entered. %(n)d inspections go to whoever stands in.") % {"n": made.tasks.count()})
        return redirect("planning:absences")
    found = Absence.objects.visible_to(access).select_related("person", "substitute", "entered_by")
    view = request.GET.get("view", "")
    if view != "all":
        found = found.filter(to_on__gte=access.on, cancelled_on__isnull=True)
    keeps = set(people.values_list("pk", flat=True)) if access.may(Act.ABSENCE_KEEP) else set()
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")), "form": form, "keeps": keeps, "today": access.on, "view": view,
        "enters": bool(keeps),
        "tabs": [{"text": _("Now and coming"), "url": "?view=coming", "current": view != "all"}, {"text": _("All"), "url": "?view=all", "current": view == "all"}],
    }  # fmt: skip
    return render(request, "inspections/planning/absences.html", context, status=422 if request.method == "POST" else 200)


def absence_cancel(request: HttpRequest, absence_id: int) -> HttpResponse:
    found = get_object_or_404(Absence.objects.kept_by(request.access), pk=absence_id)
    actions.cancel_absence(by=request.access, absence_id=found.pk)
    messages.success(request, _("Cancelled. Inspections that nobody has begun go back."))
    return redirect("planning:absences")


# The day of a visit ----------------------------------------------------------------------------------------------------------


def route_page(request: HttpRequest) -> HttpResponse:
    """The reader's visits of a day in the order of the way, with the hour of each; `?day=`, otherwise today."""
    access = request.access
    day = _day(request.GET.get("day"), access.on)
    found = route_of(access.person, day) if access.person else None
    stops = [(stop, WhenForm(initial={"planned_on": stop.task.planned_on or day, "planned_at": stop.planned_at})) for stop in found.stops] if found else []
    context = {"day": day, "route": found, "stops": stops, "before": day - timedelta(days=1), "after": day + timedelta(days=1), "today": access.on,
               "to_do": TO_DO, "postpones": access.may(Act.TASK_POSTPONE)}  # fmt: skip
    return render(request, "inspections/planning/route.html", context)


def _own(access: Access) -> QuerySet[Task, Any]:
    return with_names(Task.objects.visible_to(access).filter(assigned_to=access.person))


def when(request: HttpRequest, task_id: int) -> HttpResponse:
    """Say when a visit is made."""
    task, form = get_object_or_404(_own(request.access), pk=task_id), WhenForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write a day as 2026-11-30 and an hour as 14:30."))
    else:
        actions.plan_visit(by=request.access, task_id=task.pk, on=form.cleaned_data["planned_on"], at=form.cleaned_data["planned_at"])
        messages.success(request, _("Saved."))
    back = _day(request.POST.get("back"), request.access.on)
    return redirect(f"{reverse('planning:route')}?day={back}")


# Postponing ------------------------------------------------------------------------------------------------------------------


def postpone(request: HttpRequest, task_id: int) -> HttpResponse:
    """Ask for a later day, within the limits of the plan."""
    access = request.access
    task = get_object_or_404(_own(access), pk=task_id)
    access.check(Act.TASK_POSTPONE, task)
    form = PostponeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.ask_postponement(by=access, task_id=task.pk, **form.cleaned_data)
        messages.success(request, _("%(task)s: another person decides whether it is postponed. Until then it stays due.") % {"task": task})
        return redirect("planning:postponements")
    rows = task.postponements.select_related("asked_by", "decided_by")
    context = {"task": task, "form": form, "rows": rows, "plan": live_for(access), "agreed": rows.filter(state="agreed").count()}
    return render(request, "inspections/planning/postpone.html", context, status=422 if request.method == "POST" else 200)


def postponements(request: HttpRequest) -> HttpResponse:
    """What was asked to be postponed; waiting ones first, `?view=agreed`, `refused` or `all`."""
    access = request.access
    view = request.GET.get("view", "")
    view = view if view in (*Postponement.State.values, "all") else Postponement.State.ASKED.value
    seen = Postponement.objects.visible_to(access)
    found = seen if view == "all" else seen.filter(state=view)
    found = found.select_related("task__loan", "task__borrower", "task__branch", "asked_by", "decided_by")
    waiting = seen.filter(state=Postponement.State.ASKED).count()
    tabs = [(str(state), label, waiting if state == "asked" else None) for state, label in Postponement.State.choices] + [("all", _("All"), None)]
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "view": view, "form": DecisionForm(),
        "rows": [(row, row.state == "asked" and access.may(Act.TASK_POSTPONE_AGREE, row)) for row in page],
        "tabs": [{"text": text, "url": f"?view={name}", "current": name == view, "count": count} for name, text, count in tabs],
    }  # fmt: skip
    return render(request, "inspections/planning/postponements.html", context)


def decide(request: HttpRequest, postponement_id: int) -> HttpResponse:
    """Agree to a postponement, or refuse it with a sentence why."""
    found = get_object_or_404(Postponement.objects.visible_to(request.access), pk=postponement_id)
    agree = request.POST.get("decision") == "agree"
    made = actions.decide_postponement(by=request.access, postponement_id=found.pk, agree=agree, answer=request.POST.get("answer", "")[:300])
    messages.success(request, _("%(task)s is due on %(day)s now.") % {"task": made.task, "day": made.to_day} if agree else _("The inspection stays due."))
    return redirect("planning:postponements")
