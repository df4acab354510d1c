"""The board of feeds and the plan of when each is due."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from borrowers.feeds import board, plans
from borrowers.feeds.due import Standing
from borrowers.feeds.forms import EndPlanForm, LetCloseForm, PlanForm
from borrowers.feeds.models import Delivery, FeedPlan
from borrowers.feeds.own_formats import known_to
from borrowers.feeds.reasons import headline_of
from borrowers.feeds.sections import STANDINGS, lender_of, tabs, tone_class
from loanwatch.people.policy import Act
from loanwatch.trail.models import BusinessDay

SHOWN_ON_PHONE = 3  # of the strip's dates
RECENT = 8
FIRST_YEAR, LAST_YEAR = 1900, 2200


def feed_board(request: HttpRequest) -> HttpResponse:
    """Per feed and business date: due, received, held, applied, missing. `?upto=` moves the strip, `?standing=` and `?feed=` filter."""
    lender = lender_of(request)
    now = board.now_of(lender)
    upto = _day(request.GET.get("upto", "")) or board.newest_date(lender)
    dates = board.strip_dates(lender, upto)
    near = board.around(lender, now)
    every = board.lines(lender, dates, now, near)
    wanted, feed = request.GET.get("standing", ""), request.GET.get("feed", "")
    shown = [line for line in every if (not feed or line.name == feed) and (not wanted or any(d.standing == wanted for d in line.days))]
    for line in shown:
        line.cells = [_cell(day, place >= len(dates) - SHOWN_ON_PHONE) for place, day in enumerate(line.days)]
    gone = [day for day in board.missing_of(near) if day.on <= now.date()]
    closed = set(
        BusinessDay.objects.filter(lender=lender, state__startswith="closed", business_date__in={d.on for d in gone}).values_list(
            "business_date", flat=True
        )
    )
    held = list(Delivery.objects.filter(lender=lender, state=Delivery.State.HELD).order_by("-business_date", "-id")[:RECENT])
    for delivery in held:
        delivery.headline = headline_of(delivery.reasons)
    context = {
        "tabs": tabs(request, "board"), "lines": shown, "any": bool(every),
        "dates": [(d, i >= len(dates) - SHOWN_ON_PHONE) for i, d in enumerate(dates)],
        "missing": [{"day": day, "waits": day.blocks_close and day.on not in closed} for day in gone], "held": held,
        "now": now.replace(tzinfo=None), "zone": lender.zone, "upto": upto, "earlier": dates[0],
        "standings": [(s.value, STANDINGS[s][0]) for s in Standing if s is not Standing.NONE],
        "feeds": [(line.name, line.name) for line in sorted(every, key=lambda line: line.name)], "filtered": bool(wanted or feed),
        "legend": [(words, icon, tone_class(tone)) for s, (words, icon, tone) in STANDINGS.items() if s is not Standing.NONE], "form": LetCloseForm(),
        "may_load": request.access.may(Act.FEED_LOAD), "may_let_go": request.access.may(Act.DELIVERY_APPROVE),
    }  # fmt: skip
    return render(request, "borrowers/feeds/board.html", context)


def _cell(day: board.FeedDay, on_phone: bool) -> dict[str, Any]:
    words, icon, tone = STANDINGS[day.standing]
    return {"day": day, "words": words, "icon": icon, "tone_class": tone_class(tone), "on_phone": on_phone}


def _day(text: str) -> date | None:
    """The day that stands in an address; None for a text that is none, or lies where no calendar reaches."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def let_close(request: HttpRequest) -> HttpResponse:
    """Let one business date close without one feed, for a reason."""
    form = LetCloseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the day may close without it."))
        return redirect("feeds:board")
    plans.let_close(lender=lender_of(request), by=request.access, **form.cleaned_data)
    messages.success(request, _("The day may close without this feed."))
    return redirect("feeds:board")


def feed_plans(request: HttpRequest) -> HttpResponse:
    """Every plan with its dates, those in force first."""
    lender = lender_of(request)
    on = board.now_of(lender).date()
    rows = list(FeedPlan.objects.filter(lender=lender).order_by("format", "-from_on"))
    for plan in rows:
        plan.in_force = plan.from_on <= on and (plan.to_on is None or on < plan.to_on)
        plan.to_come = plan.from_on > on
        plan.over = plan.to_on is not None and plan.to_on <= on
    context = {
        "tabs": tabs(request, "plans"), "plans": rows, "zone": lender.zone, "may_keep": request.access.may(Act.FEED_KEEP), "end_form": EndPlanForm(initial={"to_on": on}),
    }  # fmt: skip
    return render(request, "borrowers/feeds/plans.html", context)


def plan_new(request: HttpRequest) -> HttpResponse:
    """Lay down when a feed is due, from a day on."""
    lender = lender_of(request)
    initial = {"from_on": board.now_of(lender).date(), "format": request.GET.get("feed", "")}
    form = PlanForm(request.POST if request.method == "POST" else None, feeds=known_to(lender), initial=initial)
    if form.is_bound and form.is_valid():
        plans.plan_feed(lender=lender, by=request.access, **form.cleaned_data)
        messages.success(request, _("The plan is laid down."))
        return redirect("feeds:plans")
    return render(request, "borrowers/feeds/plan.html", {"form": form, "zone": lender.zone}, status=422 if form.is_bound else 200)


def plan_end(request: HttpRequest, plan_id: int) -> HttpResponse:
    """From a day on the feed is not asked for any more."""
    plan = get_object_or_404(FeedPlan, pk=plan_id, lender=lender_of(request))
    form = EndPlanForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose the first day on which the feed is not due any more."))
        return redirect("feeds:plans")
    plans.end_plan(plan_id=plan.pk, by=request.access, to_on=form.cleaned_data["to_on"])
    messages.success(request, _("The plan ends."))
    return redirect("feeds:plans")
