"""Holds: the list, one hold with the two people who lift it, a borrower's state with its certificates, and the keys."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from borrowers.parties.models import Borrower
from inspections.findings import answers, certifying, holding, printing, rules
from inspections.findings.answers import listed
from inspections.findings.forms import AnswerForm, HoldFilters, HoldForm, ReasonForm
from inspections.findings.hold_queries import history_of, holds_of, with_names
from inspections.findings.models import Certificate, Finding, Hold, HoldKind, SigningKey
from loanwatch.kernel import sheets
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 50_000


def hold_list(request: HttpRequest) -> HttpResponse:
    """Holds on borrowers this person sees, the newest first."""
    access = request.access
    filters = HoldFilters(request.GET)
    found = filters.order(filters.narrow(with_names(Hold.objects.visible_to(access)), access.on))
    query = request.GET.copy()
    query.pop("page", None)
    tabs = []
    views = {"standing": pgettext("holds", "Standing"), "asked": _("Lifting asked for"), "lifted": pgettext("holds", "Over"), "all": pgettext("holds", "All")}
    for view, text in views.items():
        query["view"] = view
        tabs.append({"text": text, "url": f"?{query.urlencode()}", "current": view == filters.chosen["view"], "count": None})
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "tabs": tabs,
        "kinds": HoldKind.choices,
        "sources": [("finding", _("A finding")), ("hand", _("Placed by hand"))],
        "filtered": bool(set(filters.chosen) - {"view", "sort"}),
        "view": filters.chosen["view"],
        "q": filters.chosen.get("q", ""),
        "today": access.on,
        "query": request.GET.urlencode(),
        "places": access.may(Act.HOLD_PLACE),
    }
    return render(request, "inspections/findings/holds.html", context)


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as CSV or XLSX. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access = request.access
    filters = HoldFilters(request.GET)
    found = filters.order(filters.narrow(with_names(Hold.objects.visible_to(access)), access.on))[:MOST_EXPORTED]
    rows = [
        (h.number, str(h.borrower), h.borrower.number, h.get_kind_display(), h.finding.number if h.finding else "", h.reason, h.placed_by.name, h.placed_on, h.ends_on,
         h.get_state_display(), h.get_cause_display(), h.lifted_by.name if h.lifted_by else "", h.lifted_on, h.asked_by.name if h.asked_by else "", h.asked_reason)
        for h in found
    ]  # fmt: skip
    columns = [_("Hold"), _("Borrower"), _("Borrower number"), pgettext("hold", "Stops"), _("Finding"), _("Reason"), _("Placed by"), _("Placed on"),
               _("Last day"), _("State"), _("Cause"), _("Lifted by"), _("Lifted on"), _("Lifting asked by"), _("Why it is to be lifted")]  # fmt: skip
    lender = access.person.lender.name if access.person and access.person.lender else ""
    head = [(_("Holds"), lender), (_("Made by"), str(access.person), access.on)]
    record("holds.exported", by=access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    made = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    made["Content-Disposition"] = f'attachment; filename="holds-{access.on}.{kind}"'
    return made


def place(request: HttpRequest) -> HttpResponse:
    """Place a hold by hand; `?borrower=` fills it in."""
    access = request.access
    form = HoldForm(request.POST or None, initial={"borrower_number": request.GET.get("borrower", "")})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            borrower = answers.borrower_asked(given.pop("borrower_number"), access)
        except Borrower.DoesNotExist:
            form.add_error("borrower_number", _("There is no such borrower, or none that you may see."))
        else:
            holding.place_hold(by=access, borrower=borrower, **given)
            messages.success(request, _("The hold on %(borrower)s stands.") % {"borrower": borrower})
            return redirect("holds:borrower", borrower.number)
    return render(request, "inspections/findings/place.html", {"form": form}, status=422 if request.method == "POST" else 200)


def hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    return _show(request, hold_id)


def _show(request: HttpRequest, hold_id: int, status: int = 200, **forms_: Any) -> HttpResponse:
    access = request.access
    found = get_object_or_404(with_names(Hold.objects.visible_to(access)), pk=hold_id)
    stands = found.state == Hold.State.STANDING and not (found.ends_on and found.ends_on < access.on)
    context = {
        "hold": found,
        "stands": stands,
        "today": access.on,
        "history": history_of(found),
        "asks": stands and found.asked_by_id is None and access.may(Act.HOLD_LIFT_ASK, found),
        "answers": stands and found.asked_by_id is not None and access.may(Act.HOLD_LIFT, found),
        "own": stands and found.asked_by_id is not None and access.person is not None and found.asked_by_id == access.person.pk,
        "sees_finding": found.finding_id is not None and Finding.objects.visible_to(access).filter(pk=found.finding_id).exists(),
        "ask_form": ReasonForm(prefix="ask"),
        "answer_form": AnswerForm(prefix="answer"),
    }
    return render(request, "inspections/findings/hold.html", context | forms_, status=status)


def ask(request: HttpRequest, hold_id: int) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="ask")
    if not form.is_valid():
        return _show(request, hold_id, status=422, ask_form=form)
    try:
        holding.ask_to_lift(hold_id=hold_id, by=request.access, reason=form.cleaned_data["reason"])
    except Hold.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("A credit administrator has to agree; until then the hold stands."))
    return redirect("holds:hold", hold_id)


def answer(request: HttpRequest, hold_id: int) -> HttpResponse:
    form = AnswerForm(request.POST, prefix="answer")
    if not form.is_valid():
        return _show(request, hold_id, status=422, answer_form=form)
    agrees = form.cleaned_data["answer"] == "agree"
    try:
        holding.answer_lift(hold_id=hold_id, by=request.access, agrees=agrees, text=form.cleaned_data["text"])
    except Hold.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("The hold is lifted.") if agrees else _("The hold stays."))
    return redirect("holds:hold", hold_id)


def _borrower(number: str, access: Access) -> Borrower:
    try:
        return answers.borrower_asked(number, access)
    except Borrower.DoesNotExist:
        raise Http404 from None


def borrower(request: HttpRequest, number: str) -> HttpResponse:
    """What one borrower gets and does not get today, who asked, and the certificates issued."""
    access = request.access
    found = _borrower(number, access)
    standing = list(with_names(holds_of(found, on=access.on)).order_by("pk"))
    context = {
        "borrower": found,
        "today": access.on,
        "kinds": [(HoldKind(kind).label, [h for h in standing if h.kind == kind]) for kind in rules.HOLD_KINDS],
        "before": with_names(Hold.objects.filter(borrower=found).exclude(pk__in=[h.pk for h in standing]))[:50],
        "findings": Finding.objects.visible_to(access).filter(borrower=found).select_related("owner", "loan").order_by("-id")[:50],
        "questions": answers.answers_about(found, access)[:20],
        "certificates": certifying.certificates_about(found, access)[:20],
        "issues": access.may(Act.CERTIFICATE_ISSUE),
        "places": access.may(Act.HOLD_PLACE),
        "raises": access.may(Act.FINDING_RAISE),
        "words": HoldKind,
    }
    return render(request, "inspections/findings/borrower.html", context)


def issue(request: HttpRequest, number: str) -> HttpResponse:
    found = _borrower(number, request.access)
    made = certifying.issue(borrower=found, by=request.access)
    messages.success(request, _("Certificate %(number)s issued.") % {"number": made.number})
    return redirect("holds:borrower", found.number)


def certificate(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """The paper as PDF."""
    try:
        found = certifying.certificate_of(certificate_id, request.access)
    except Certificate.DoesNotExist:
        raise Http404 from None
    made = printing.pdf_of(found, check_at=request.build_absolute_uri(reverse("certificates:check")))
    response = HttpResponse(made, content_type="application/pdf", headers={"Cache-Control": "private, no-store"})
    response["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return response


def keys(request: HttpRequest) -> HttpResponse:
    """The public keys with which answers and certificates of the reader's lender are checked."""
    person = request.access.person
    found = SigningKey.objects.filter(lender_id=person.lender_id) if person else SigningKey.objects.none()
    rows = [{"name": key.name, "public": key.public, "from_at": key.from_at, "to_at": key.to_at} for key in found]
    return render(request, "inspections/findings/keys.html", {"keys": rows, "example": listed(found[0]) if rows else None})
