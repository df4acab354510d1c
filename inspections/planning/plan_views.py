"""Pages of the inspection plan: its versions, one version beside the live one, its workload, and who has read it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.planning import plan_actions as actions
from inspections.planning import preview as ahead
from inspections.planning.models import Kind, PlanReading, PlanRow, PlanVersion
from inspections.planning.plan_forms import FirstDayForm, ReasonForm
from inspections.planning.plan_words import conditions, when
from inspections.planning.plans import line_of, readers, to_be_read, unread_by
from loanwatch.kernel import sheets
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Person, Role
from loanwatch.people.policy import Act
from loanwatch.trail.queries import last_closed
from loanwatch.trail.record import record

PAGE = 20
PEOPLE_PAGE = 50
GROUPS = ("kind", "branch_id", "person_id")


def version_of(request: HttpRequest, version_id: int) -> PlanVersion:
    found = PlanVersion.objects.visible_to(request.access).select_related("lender", "made_by", "approved_by", "withdrawn_by")
    return get_object_or_404(found, pk=version_id)


def live_for(access: Access) -> PlanVersion | None:
    """The version in force today for the reader's lender; reading a page makes none."""
    approved = PlanVersion.objects.visible_to(access).filter(state=PlanVersion.State.APPROVED, valid_from__lte=access.on)
    return approved.order_by("-valid_from").first()


def plans(request: HttpRequest) -> HttpResponse:
    """Every version, the newest on top; POST begins a draft from the live one, or from `copy_of`."""
    access = request.access
    found = PlanVersion.objects.visible_to(access).select_related("made_by", "approved_by").prefetch_related("texts").order_by("-number")
    if request.method == "POST":
        wanted = request.POST.get("copy_of", "")
        copy = get_object_or_404(found, pk=wanted) if wanted.isdigit() else live_for(access)
        made = actions.begin_draft(by=access, copy_of=copy)
        messages.success(request, _("%(plan)s is begun. Change its lines, look at its workload, then propose it.") % {"plan": made})
        return redirect("planning:plan", made.pk)
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "live": live_for(access),
        "unread": unread_by(access.person, access.on),
        "begins": access.may(Act.PLAN_PROPOSE),
    }
    return render(request, "inspections/planning/plans.html", context)


def said(rows: list[PlanRow], other: list[PlanRow] | None) -> list[dict[str, Any]]:
    """Lines for a page; `new` where the other version has no line that says the same."""
    known = {_same(row) for row in other} if other is not None else None
    first = {row.occasion: row.pk for row in reversed(rows)}
    return [
        {"row": row, "conditions": conditions(row), "when": when(row), "new": known is not None and _same(row) not in known, "first": first[row.occasion] == row.pk}
        for row in rows
    ]


def _same(row: PlanRow) -> tuple[Any, ...]:
    line = line_of(row)
    return tuple(value for name, value in vars(line).items() if name != "place")


def plan(request: HttpRequest, version_id: int) -> HttpResponse:
    """One version: its lines by occasion, the regulation, what differs from the live one, and what may be done with it."""
    access, version, live = request.access, version_of(request, version_id), live_for(request.access)
    rows, live_rows = list(version.rows.all()), list(live.rows.all()) if live and live != version else None
    mine = access.person is not None and version.made_by_id == access.person.pk
    context = {
        "version": version,
        "live": live,
        "lines": said(rows, live_rows),
        "dropped": [line for line in said(live_rows or [], rows) if line["new"]],
        "texts": list(version.texts.all()),
        "words": version.words(),
        "is_live": live == version,
        "edits": version.state == "draft" and mine and access.may(Act.PLAN_PROPOSE),
        "approves": version.state == "proposed" and access.may(Act.PLAN_APPROVE, version),
        "withdraws": version.state in ("draft", "proposed") and access.may(Act.PLAN_PROPOSE),
        "begins": access.may(Act.PLAN_PROPOSE),
        "reads": unread_by(access.person, access.on) == version,
        "read_by": PlanReading.objects.filter(version=version).count(),
        "first_day": FirstDayForm(initial={"valid_from": version.valid_from}),
        "reason": ReasonForm(),
    }
    return render(request, "inspections/planning/plan.html", context)


def propose(request: HttpRequest, version_id: int) -> HttpResponse:
    """Ask another administrator to approve the draft."""
    version, form = version_of(request, version_id), FirstDayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say from which day the plan counts."))
        return redirect("planning:plan", version.pk)
    actions.propose_plan(by=request.access, version_id=version.pk, valid_from=form.cleaned_data["valid_from"])
    messages.success(request, _("%(plan)s waits for another administrator.") % {"plan": version})
    return redirect("planning:plan", version.pk)


def approve(request: HttpRequest, version_id: int) -> HttpResponse:
    version = version_of(request, version_id)
    actions.approve_plan(by=request.access, version_id=version.pk)
    messages.success(request, _("%(plan)s counts from its first day. Everybody who works by it is asked to read it.") % {"plan": version})
    return redirect("planning:plan", version.pk)


def withdraw(request: HttpRequest, version_id: int) -> HttpResponse:
    version = version_of(request, version_id)
    actions.withdraw_plan(by=request.access, version_id=version.pk, reason=request.POST.get("reason", "")[:300])
    messages.success(request, _("%(plan)s is withdrawn.") % {"plan": version})
    return redirect("planning:plan", version.pk)


def read(request: HttpRequest, version_id: int) -> HttpResponse:
    """The reader confirms having read the regulation."""
    version = version_of(request, version_id)
    actions.confirm_reading(by=request.access, version_id=version.pk)
    messages.success(request, _("Noted: you have read %(plan)s.") % {"plan": version})
    return redirect("planning:plan", version.pk)


# Who has read it -------------------------------------------------------------------------------------------------------------


def _reading_rows(access: Access, version: PlanVersion, view: str) -> list[dict[str, Any]]:
    """The people who must read the version, as far as the reader may see, with the day on which they did."""
    people = readers(version.lender, access.on)
    if not access.has(Role.CREDIT_ADMIN, Role.AUDITOR):
        people = people.filter(pk=access.person.pk) if access.person else people.none()
    days = dict(PlanReading.objects.filter(version=version).values_list("person_id", "on"))
    roles: dict[int, set[str]] = {}
    for person_id, role in people.order_by().values_list("pk", "roles_held__role"):
        roles.setdefault(person_id, set()).add(role)
    rows = [{"person": p, "on": days.get(p.pk), "roles": [Role(r).label for r in sorted(filter(None, roles[p.pk]))]} for p in people]
    return [row for row in rows if view == "all" or (row["on"] is None) == (view == "unread")]


def _reading_view(request: HttpRequest) -> str:
    view = request.GET.get("view", "")
    return view if view in ("unread", "read") else "all"


def readings(request: HttpRequest, version_id: int) -> HttpResponse:
    """Who must read a version and who has; others than credit administration and audit see their own line."""
    version, view = version_of(request, version_id), _reading_view(request)
    everybody = _reading_rows(request.access, version, "all")
    done = sum(row["on"] is not None for row in everybody)
    rows = [row for row in everybody if view == "all" or (row["on"] is None) == (view == "unread")]
    counted = (("all", _("All"), len(everybody)), ("unread", _("Not read yet"), len(everybody) - done), ("read", _("Read"), done))
    context = {
        "version": version,
        "page": Paginator(rows, PEOPLE_PAGE).get_page(request.GET.get("page")),
        "tabs": [{"text": text, "url": f"?view={name}", "current": name == view, "count": count} for name, text, count in counted],
        "view": view,
        "to_read": to_be_read(version.lender, request.access.on) == version,
    }
    return render(request, "inspections/planning/readings.html", context)


def readings_export(request: HttpRequest, version_id: int, kind: str) -> HttpResponse:
    """The list of readers as a file. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access, version = request.access, version_of(request, version_id)
    rows = _reading_rows(access, version, _reading_view(request))
    record("plan.readers_exported", by=access, subject=version, number=version.number, rows=len(rows), kind=kind)
    head = [(str(version), version.lender.name), (_("Made by"), str(access.person), access.on)]
    lines = [(row["person"].staff_no, row["person"].name, ", ".join(map(str, row["roles"])), row["on"]) for row in rows]
    body = sheets.sheet(kind, head=head, columns=[_("Staff number"), _("Name"), _("Roles"), _("Read on")], rows=lines)
    made = HttpResponse(body, content_type=sheets.CONTENT_TYPES[kind])
    made["Content-Disposition"] = f'attachment; filename="plan-{version.number}-readers.{kind}"'
    return made


# Workload --------------------------------------------------------------------------------------------------------------------


def preview(request: HttpRequest, version_id: int) -> HttpResponse:
    """The inspections that a version opens over twelve months, against the live version and the room there is."""
    access, version, live = request.access, version_of(request, version_id), live_for(request.access)
    by = request.GET.get("by", "")
    by = by if by in GROUPS else "kind"
    as_of = last_closed(version.lender)
    context: dict[str, Any] = {"version": version, "live": live, "as_of": as_of, "by": by, "tabs": _groups(request, by)}
    if as_of is not None and live is not None:
        one, two = (ahead.seen_by(access, ahead.coming(plan, version.lender, as_of)) for plan in (live, version))
        if (branch := request.GET.get("branch", "")).isdigit():
            one, two = ([row for row in rows if row.branch_id == int(branch)] for rows in (one, two))
        months = ahead.months_after(as_of)
        lines = ahead.compared(one, two, by)
        if by == "person_id":
            rooms = ahead.room_by_month(version.lender, [line.key for line in lines if line.key], as_of)
            for line in lines:
                line.room = rooms.get(line.key)
        names = _names(version.lender, by)
        context |= {
            "months": months,
            "lines": [(names.get(line.key) or _("Nobody yet"), line, _cells(line, months)) for line in lines[:200]],
            "live_total": sum(row.count for row in one),
            "total": sum(row.count for row in two),
            "sums": [sum(line.other.get(month, 0) for line in lines) for month in months],
            "chart": _chart(lines, months, names) if by == "kind" else None,
        }
        context["more"] = context["total"] - context["live_total"]
        context["branches"] = list(Branch.objects.filter(pk__in={row.branch_id for row in [*one, *two]}).order_by("code").values_list("pk", "name")[:200])
    return render(request, "inspections/planning/preview.html", context)


def _cells(line: ahead.Compared, months: list[date]) -> list[dict[str, Any]]:
    return [{"n": line.other.get(m, 0), "before": line.live.get(m, 0), "over": line.overloaded(m), "room": (line.room or {}).get(m)} for m in months]


def _groups(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    query, tabs = request.GET.copy(), []
    for name, text in (("kind", _("By kind")), ("branch_id", _("By branch")), ("person_id", _("By person"))):
        query["by"] = name
        tabs.append({"text": text, "url": f"?{query.urlencode()}", "current": name == current})
    return tabs


def _names(lender: Lender, by: str) -> dict[Any, Any]:
    if by == "kind":
        return dict(Kind.choices)
    of: Any = Branch if by == "branch_id" else Person
    return dict(of.objects.filter(lender=lender).values_list("pk", "name"))


def _chart(lines: list[ahead.Compared], months: list[date], names: dict[Any, Any]) -> dict[str, Any]:
    series = [{"name": str(names.get(line.key)), "values": [line.other.get(m, 0) for m in months], "tone": f"k{n}"} for n, line in enumerate(lines[:6], start=1)]
    return {"x": [f"{m:%Y-%m}" for m in months], "series": series, "unit": "", "places": 0}
