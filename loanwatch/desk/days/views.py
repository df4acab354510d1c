"""The business days for those who watch over the run: the month, the day at work, what stands in the way, and one day in full."""

import re
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from loanwatch.desk.addresses import address
from loanwatch.desk.days import queries, sentences
from loanwatch.kernel.calendars import add_months
from loanwatch.lenders.calendar_views import _weekdays as weekday_names
from loanwatch.lenders.models import Lender
from loanwatch.people.policy import Act
from loanwatch.trail import held
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.queries import days, lenders_seen, with_work
from loanwatch.trail.words import step_word
from loanwatch.watch.ages import ages, processes

DAYS_PER_PAGE, FAULTS_PER_PAGE = 31, 50
FIRST_YEAR, LAST_YEAR = 1900, 2200
FAULT = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Range|Violation)\b.*: ")  # a line like "ValueError: two currencies"


def tabs(current: str) -> list[dict[str, Any]]:
    """The two ways to look at the days."""
    pages = (("calendar", "days:calendar", _("Calendar")), ("list", "days:list", _("List")))
    return [{"text": text, "url": reverse(url), "current": name == current, "count": None} for name, url, text in pages]


def calendar(request: HttpRequest) -> HttpResponse:
    """One month of one lender's days, and what goes on now. `?lender=`, `?month=2026-11`; while a day is at work a part asks again."""
    lenders = list(lenders_seen(request.access).order_by("code"))
    if not lenders:
        return render(request, "desk/days/calendar.html", {"tabs": tabs("calendar"), "lender": None})
    lender = _chosen(request, lenders)
    month = _month(request.GET.get("month", "")) or queries.newest_month(lender, request.access.on)
    context = _now(request, lender)
    was = request.GET.get("was", "")
    if not request.htmx or was != context["stamp"]:  # the calendar only changes when a day begins or ends
        context |= {"weeks": queries.month_of(lender, month, request.access.on)}
    context |= {
        "tabs": tabs("calendar"), "lender": lender, "lenders": [(one.code, one.name) for one in lenders], "month": month,
        "weekdays": weekday_names(), "before": _text(add_months(month, -1)), "after": _text(add_months(month, 1)), "this": _text(month),
        "zone": lender.zone,
    }  # fmt: skip
    return render(request, "desk/days/now.html" if request.htmx else "desk/days/calendar.html", context)


def _now(request: HttpRequest, lender: Lender) -> dict[str, Any]:
    """The part that asks for itself again while a day is at work."""
    access = request.access
    run = queries.at_work(lender)
    work = queries.work_of(run) if run else None
    standing = queries.standing_of(lender)
    found = queries.exceptions(access, lender)
    faults = list(found[: queries.MOST_SHOWN + 1])
    alive = processes()
    workers = sum(1 for p in alive if p.kind == "worker" and p.alive)
    waits = held.waits_for_acceptance(lender)
    waiting = ages()
    told = sentences.of_run(work, 0, len(waits[1]) if waits else 0, workers) if work else None
    return {
        "work": work,
        "steps": _steps(work) if work else [],
        "told": told or sentences.of_lender(standing, work),
        "standing": standing,
        "faults": [fault_line(request, fault) for fault in faults[: queries.MOST_SHOWN]],
        "more_faults": len(faults) > queries.MOST_SHOWN,
        "processes": [(sentences.process_words(p.kind), p, sentences.age_words(p.age)) for p in alive],
        "ages": waiting,
        "outbox_age": sentences.age_words(waiting["oldest_outbox_row"]),
        "outbox_url": address("outbox:list"),
        "live": run is not None,
        "stamp": f"{run.business_date}-{run.run_version}-{run.state}" if run else "",
        "may_retry": access.may(Act.EXCEPTION_RETRY),
    }


def _steps(work: queries.Work) -> list[dict[str, Any]]:
    return [
        {
            "name": step.name, "word": step_word(step.name), "step": step, "words": sentences.step_words(lines),
            "squares": [(line.kind, sentences.unit_words(line)) for line in lines],
        }
        for step, lines in work.steps
    ]  # fmt: skip


def fault_line(request: HttpRequest, fault: Any) -> dict[str, Any]:
    """One exception with its step in words, the line of its trace that names the fault, and the loan's page where the reader may open it."""
    lines = fault.error.strip().splitlines()
    said = next((line for line in reversed(lines) if FAULT.match(line)), lines[-1] if lines else "")
    loan = fault.subject if fault.loan_id else ""
    return {
        "fault": fault, "step": step_word(fault.step), "line": said, "trace": fault.error if len(lines) > 1 else "", "loan": loan,
        "loan_url": reverse("desk:loan", args=[loan]) if loan and request.access.may(Act.LOAN_SEE) else "",
    }  # fmt: skip


def day_list(request: HttpRequest) -> HttpResponse:
    """Business days with state and progress; while one is closing the list asks for itself again every 5 seconds."""
    state = request.GET.get("state", "")
    asked = state if state in BusinessDay.State.values else ""
    page = Paginator(days(request.access, state=asked), DAYS_PER_PAGE).get_page(request.GET.get("page"))
    listed = with_work(list(page))
    context = {
        "page": page,
        "days": listed,
        "closing": any(day.day.state == BusinessDay.State.CLOSING for day in listed),
        "several": lenders_seen(request.access).count() > 1,
        "states": [(state.value, state.label) for state in (BusinessDay.State.DUE, BusinessDay.State.CLOSING, *queries.CLOSED)],
        "asked": asked,
        "step_now": {day.day.pk: step_word(day.now.name) for day in listed if day.now},
        "tabs": tabs("list"),
    }
    return render(request, "desk/days/list_part.html" if request.htmx else "desk/days/list.html", context)


def day(request: HttpRequest, lender: str, on: str) -> HttpResponse:
    """One business day: its steps and units, what was set aside, its runs, and what may be done about it."""
    found = day_of(request, lender, on)
    work = queries.work_of(found)
    faults = Paginator(queries.exceptions_on(found), FAULTS_PER_PAGE).get_page(request.GET.get("page"))
    open_faults = sum(1 for fault in faults if fault.resolved_at is None)
    waits = held.waits_for_acceptance(found.lender) if found.state == BusinessDay.State.CLOSING else None
    workers = sum(1 for p in processes() if p.kind == "worker" and p.alive) if found.state == BusinessDay.State.CLOSING else 1
    access = request.access
    context = {
        "work": work,
        "day": found,
        "steps": _steps(work),
        "lines": [(step_word(line.unit.step), line) for line in work.told[:200]],
        "closing": found.state in queries.AT_WORK,
        "told": sentences.of_run(work, open_faults, len(waits[1]) if waits else 0, workers),
        "faults": [fault_line(request, fault) for fault in faults],
        "page": faults,
        "runs": queries.reruns_of(found),
        "may_retry": access.may(Act.EXCEPTION_RETRY),
        "may_accept": access.may(Act.DAY_ACCEPT) and waits is not None and waits[0].pk == found.pk,
        "waiting_faults": len(waits[1]) if waits else 0,
        "may_rerun": access.may(Act.DAY_RERUN) and found.state in queries.CLOSED,
    }
    return render(request, "desk/days/day_part.html" if request.htmx else "desk/days/day.html", context)


def day_of(request: HttpRequest, lender: str, on: str) -> BusinessDay:
    """The run that stands of one date of a lender whose days this person sees; 404 for anything else."""
    try:
        when = date.fromisoformat(on)
    except ValueError:
        raise Http404 from None
    found: BusinessDay = get_object_or_404(days(request.access), lender__code=lender, business_date=when)
    return found


def _chosen(request: HttpRequest, lenders: list[Lender]) -> Lender:
    own = request.access.person.lender_id if request.access.person else None
    asked = request.GET.get("lender", "")
    return next((one for one in lenders if one.code == asked), next((one for one in lenders if one.pk == own), lenders[0]))


def _month(text: str) -> date | None:
    """The first day of a month written as 2026-11; None for anything else."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if len(text) == 7 and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _text(month: date) -> str:
    return month.isoformat()[:7]
