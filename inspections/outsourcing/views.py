"""Pages of the bank: agencies with their people, contracts, score and account; orders; reviewing what was delivered."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from alerts.observation.queries import lender_of
from inspections.outsourcing import actions, queries, rules
from inspections.outsourcing.forms import AgencyForm, AgentForm, ContractForm, OrderFilters, OrderForm, PeriodForm, ReasonForm, SuspendForm
from inspections.outsourcing.models import Agency, Order
from loanwatch.kernel import sheets
from loanwatch.lenders.queries import parameter
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50


def agencies(request: HttpRequest) -> HttpResponse:
    """Every agency of the lender with its score of the period; the form of a new one for credit administration."""
    access, lender = request.access, lender_of(request.access)
    since, until = PeriodForm(request.GET).period(access.on)
    found, weights = queries.records(lender, since, until), parameter(lender, "agencies.score_weights", access.on)
    rows = []
    for agency in queries.agencies_of(access):
        told = found.get(agency.pk, rules.Record())
        rows.append({"agency": agency, "record": told, "parts": rules.parts(told), "score": rules.score(told, weights)})
    rows.sort(key=lambda row: (row["score"] is None, -(row["score"] or 0)))
    form = AgencyForm(request.POST or None)
    if request.method == "POST":
        access.check(Act.AGENCY_KEEP)
        if form.is_valid():
            agency = actions.keep_agency(lender=lender, by=access, **form.cleaned_data)
            messages.success(request, _("%(agency)s is kept. Propose a contract next.") % {"agency": agency})
            return redirect("agencies:agency", code=agency.code)
    context = {"rows": rows, "form": form, "may_keep": access.may(Act.AGENCY_KEEP), "since": since, "until": until}
    return render(request, "inspections/outsourcing/agencies.html", context, status=422 if form.errors else 200)


def _agency(request: HttpRequest, code: str) -> Agency:
    return get_object_or_404(queries.agencies_of(request.access), code=code)


def agency(request: HttpRequest, code: str) -> HttpResponse:
    """One agency: people, contracts, orders, score, what is owed. `step` in a post says which form was sent."""
    access, found = request.access, _agency(request, code)
    forms = {"suspend": SuspendForm(initial={"reason": found.reason}), "agent": AgentForm(access=access)}
    if request.method == "POST" and (answer := _agency_step(request, found, forms)):
        return answer
    since, until = PeriodForm(request.GET).period(access.on)
    told = queries.records(found.lender, since, until).get(found.pk, rules.Record())
    context = {
        "agency": found, "people": queries.agents_of(found.pk, access.on), "contracts": found.contracts.prefetch_related("fees").select_related("made_by"),
        "orders": Order.objects.visible_to(access).filter(agency=found).select_related("branch")[:10], "record": told, "parts": rules.parts(told),
        "score": rules.score(told, parameter(found.lender, "agencies.score_weights", access.on)), "owed": queries.owed_sums(found, since, until),
        "since": since, "until": until, "may_keep": access.may(Act.AGENCY_KEEP), "may_order": access.may(Act.AGENCY_ORDER), "forms": forms,
        "person": access.person, "link": request.session.pop("phone_link", None),
    }  # fmt: skip
    return render(request, "inspections/outsourcing/agency.html", context, status=422 if any(f.errors for f in forms.values()) else 200)


def _agency_step(request: HttpRequest, found: Agency, forms: dict[str, Any]) -> HttpResponse | None:
    """Do what was posted; None when a form lacks something. A post that says nothing shows the page again."""
    access, step = request.access, request.POST.get("step", "")
    if step == "suspend":
        forms["suspend"] = form = SuspendForm(request.POST)
        if not form.is_valid():
            return None
        actions.suspend(agency_id=found.pk, reason=form.cleaned_data["reason"], by=access)
    elif step == "agent":
        forms["agent"] = agent_form = AgentForm(request.POST, access=access)
        if not agent_form.is_valid():
            return None
        told = agent_form.cleaned_data
        actions.add_agent(agency_id=found.pk, person=told["person"], leads=told["leads"], on=access.on, by=access)
    elif step in {"leave", "link"} and request.POST.get("agent", "").isdecimal():
        place = get_object_or_404(found.agents, pk=int(request.POST["agent"]))
        if step == "leave":
            actions.agent_leaves(agent_id=place.pk, on=access.on, by=access)
        else:
            token = actions.make_link(agent_id=place.pk, by=access)
            request.session["phone_link"] = {"name": place.person.name, "token": token}
    elif step == "agree" and request.POST.get("contract", "").isdecimal():
        actions.agree_contract(contract_id=get_object_or_404(found.contracts, pk=int(request.POST["contract"])).pk, by=access)
    return redirect("agencies:agency", code=found.code)


def contract(request: HttpRequest, code: str) -> HttpResponse:
    """Propose a contract with an agency."""
    access, found = request.access, _agency(request, code)
    form = ContractForm(request.POST or None, initial={"accept_days": 2, "deliver_days": 10, "most_open": 50, "late_percent": 20, "free_reworks": 1})
    if request.method == "POST" and form.is_valid():
        terms = form.terms | {"currency": found.lender.currency}
        actions.propose_contract(agency_id=found.pk, terms=terms, fees=form.fees, by=access)
        messages.success(request, _("The contract is proposed. Another credit administrator must agree to it."))
        return redirect("agencies:agency", code=found.code)
    return render(request, "inspections/outsourcing/contract.html", {"agency": found, "form": form}, status=422 if form.errors else 200)


def owed(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The visits that an agency is paid for in the period, as a file."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access, found = request.access, _agency(request, code)
    since, until = PeriodForm(request.GET).period(access.on)
    rows = [
        [v.order.number, v.task.number, v.task.get_kind_display(), v.agent.name if v.agent else "", v.get_state_display(), v.task.submitted_on,
         v.late_days, v.reworks, v.quality, v.fee, v.owed, v.currency, v.reviewed_on, v.reviewed_by.name if v.reviewed_by else ""]
        for v in queries.owed(found, since, until)
    ]  # fmt: skip
    columns = [
        _("Order"), _("Visit"), _("Kind"), _("Agent"), _("State"), _("Delivered on"), _("Days late"), _("Returns"), _("Quality"), _("Fee"), _("Owed"),
        _("Currency"), _("Reviewed on"), _("Reviewed by"),
    ]  # fmt: skip
    made = sheets.sheet(kind, head=[[_("Agency"), found.name], [_("Period"), since, until]], columns=columns, rows=rows)
    record("agency.owed_exported", by=access, subject=found, rows=len(rows))
    answer = HttpResponse(made, content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="owed-{found.code}-{until}.{kind}"'
    return answer


def orders(request: HttpRequest) -> HttpResponse:
    """Orders of the reader's branches, newest first, filtered by agency and state."""
    access, filters = request.access, OrderFilters(request.GET)
    filters.is_valid()
    found = Order.objects.visible_to(access).select_related("agency", "branch", "ordered_by").prefetch_related("visits")
    if code := filters.cleaned_data.get("agency"):
        found = found.filter(agency__code=code)
    if filters.cleaned_data.get("state") in Order.State.values:
        found = found.filter(state=filters.cleaned_data["state"])
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")), "agencies": list(queries.agencies_of(access).values_list("code", "name")),
        "states": Order.State.choices, "filtered": bool(request.GET.get("agency") or request.GET.get("state")), "may_order": access.may(Act.AGENCY_ORDER),
        "waiting": queries.to_review(access).count(), "may_review": access.may(Act.AGENCY_REVIEW),
    }  # fmt: skip
    return render(request, "inspections/outsourcing/orders.html", context)


def new_order(request: HttpRequest) -> HttpResponse:
    """Choose agency and branch, then the visits; `task` are the ticked ones."""
    access = request.access
    form = OrderForm(request.POST or (request.GET if request.GET.get("agency") else None), access=access)
    tasks: list[Any] = []
    missing = ""
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data
        terms = actions.contract_in_force(chosen["agency"], access.on)
        if terms is None:
            missing = _("%(agency)s has no contract in force today.") % {"agency": chosen["agency"]}
        else:
            tasks = list(queries.orderable(access, chosen["branch"], list(terms.fees.values_list("kind", flat=True)))[:200])
        if request.method == "POST":
            ticked = [int(n) for n in request.POST.getlist("task") if n.isdecimal()]
            order = actions.order_visits(agency_id=chosen["agency"].pk, branch=chosen["branch"], task_ids=ticked, note=chosen["note"], by=access)
            messages.success(request, _("%(order)s was sent to %(agency)s.") % {"order": order, "agency": order.agency})
            return redirect("agencies:order", order_id=order.pk)
    context = {"form": form, "tasks": tasks, "missing": missing, "chosen": form.is_bound and form.is_valid()}
    return render(request, "inspections/outsourcing/new_order.html", context, status=422 if form.is_bound and form.errors else 200)


def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order: its visits and where each stands; withdrawing what nobody has begun."""
    access = request.access
    found = get_object_or_404(Order.objects.visible_to(access).select_related("agency", "contract", "branch", "ordered_by", "answered_by"), pk=order_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.withdraw_order(order_id=found.pk, reason=form.cleaned_data["reason"], by=access)
        messages.success(request, _("What nobody has begun is withdrawn and back with the account managers."))
        return redirect("agencies:order", order_id=found.pk)
    visits = queries.with_standing(found.visits.all()).select_related("task__borrower", "agent", "reviewed_by")
    rows = [(visit, queries.standing_words(visit.standing), rules.days_late(visit.delivered_on or access.on, found.deliver_by)) for visit in visits]
    context = {"order": found, "rows": rows, "form": form, "may_order": access.may(Act.AGENCY_ORDER), "open": found.state in {"sent", "accepted"}}
    return render(request, "inspections/outsourcing/order.html", context, status=422 if form.errors else 200)


