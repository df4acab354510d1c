"""Pages of the agency's own people: orders to answer, visits to share out, and the link that logs in on a phone."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from inspections.outsourcing import actions, queries
from inspections.outsourcing.forms import AnswerForm
from inspections.outsourcing.models import Order, OrderedVisit, PhoneLink

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SESSION_HOURS = 12


def home(request: HttpRequest) -> HttpResponse:
    """The agency's work as its own people may know it: who leads sees every order, an agent the own visits. Nothing of the loans."""
    access = request.access
    place = queries.own_agency(access)
    if place is None:
        return render(request, "inspections/outsourcing/agent_home.html", {"place": None})
    mine = OrderedVisit.objects.filter(order__agency_id=place.agency_id, state="taken")
    if not place.leads:
        mine = mine.filter(task__assigned_to=access.person)
    visits = queries.with_standing(mine).select_related("order", "task__borrower", "agent").order_by("order__deliver_by", "id")
    rows = [{"visit": visit, "words": queries.standing_words(visit.standing), "open": visit.standing in {"to_do", "rework"}} for visit in visits]
    asked = Order.objects.filter(agency_id=place.agency_id, state="sent").prefetch_related("visits__task__borrower") if place.leads else []
    context = {
        "place": place, "rows": rows, "asked": asked, "colleagues": list(queries.agents_of(place.agency_id, access.on)) if place.leads else [],
        "today": access.on, "form": AnswerForm(),
    }  # fmt: skip
    return render(request, "inspections/outsourcing/agent_home.html", context)


def answer(request: HttpRequest, order_id: int) -> HttpResponse:
    """Accept or decline an order of the own agency."""
    get_object_or_404(Order.objects.visible_to(request.access), pk=order_id)
    form = AnswerForm(request.POST)
    words = form.cleaned_data["answer"] if form.is_valid() else ""
    accepts = request.POST.get("answer_is") == "accept"
    if not accepts and not words.strip():
        messages.warning(request, _("Say why the order is declined."))
        return redirect("agencies:agent_home")
    order = actions.answer_order(order_id=order_id, accepts=accepts, answer=words, by=request.access)
    said = _("%(order)s is accepted. Share the visits out below.") if order.state == "accepted" else _("%(order)s is declined.")
    messages.success(request, said % {"order": order})
    gone = order.visits.filter(state="dropped").select_related("task") if order.state == "accepted" else []
    if gone:
        numbers = ", ".join(visit.task.number for visit in gone)
        messages.warning(request, _("No longer to be made, and not part of the order any more: %(tasks)s.") % {"tasks": numbers})
    return redirect("agencies:agent_home")


def give(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Give a visit to a colleague of the agency."""
    get_object_or_404(OrderedVisit, pk=visit_id, order__in=Order.objects.visible_to(request.access))
    person = request.POST.get("person", "")
    visit = actions.share_out(visit_id=visit_id, person_id=int(person) if person.isdecimal() else 0, by=request.access)
    messages.success(request, _("%(task)s is given to %(person)s.") % {"task": visit.task, "person": visit.agent})
    return redirect("agencies:agent_home")


@never_cache
def phone_link(request: HttpRequest, token: str) -> HttpResponse:
    """Asks before it logs in, so that a preview of the message does not use the link up. A used or old link says so, and no more."""
    if request.method == "POST":
        account = actions.use_link(token=token)
        if account is None:
            return _link_page(request, None, status=410)
        login(request, account, backend=BACKEND)
        request.session.set_expiry(SESSION_HOURS * 3600)
        return redirect("/m/")
    link = PhoneLink.objects.filter(digest=actions.digest_of(token)).select_related("person").first()
    return _link_page(request, link)


def _link_page(request: HttpRequest, link: Any, status: int = 200) -> HttpResponse:
    fresh = link is not None and not link.used_at and not link.withdrawn_at and link.valid_until >= timezone.now()
    shown = render(request, "inspections/outsourcing/phone_link.html", {"link": link if fresh else None}, status=status if fresh or status != 200 else 410)
    shown["Referrer-Policy"] = "no-referrer"  # the address itself is the key
    return shown
