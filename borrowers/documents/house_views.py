"""Pages on which credit administration keeps kinds, requirements and legal holds."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from borrowers.documents import house, queries
from borrowers.documents.forms import EndForm, HoldForm, KindForm, ReasonForm, RequirementForm
from borrowers.documents.models import DocumentKind, RequiredDocument
from loanwatch.people.policy import Act

PAGE = 50


def kinds(request: HttpRequest) -> HttpResponse:
    """Every kind of document with the loans that must have it."""
    lender, on = request.access.person.lender, request.access.on
    found = list(DocumentKind.objects.filter(lender=lender).prefetch_related("requirements__product").order_by("-active", "of", "code"))
    for kind in found:
        kind.in_force = [r for r in kind.requirements.all() if r.to_on is None or r.to_on > on]
    return render(
        request, "borrowers/documents/kinds.html", {"kinds": found, "may_keep": request.access.may(Act.DOCUMENT_RULES_KEEP)}
    )


def kind_new(request: HttpRequest) -> HttpResponse:
    """Add a kind."""
    lender = request.access.person.lender
    form = KindForm(request.POST if request.method == "POST" else None, lender=lender)
    if form.is_bound and form.is_valid():
        made = house.add_kind(by=request.access, lender=lender, **form.told)
        messages.success(request, _("The kind is added. Say now which loans must have it."))
        return redirect("documents:kind", kind_id=made.pk)
    return render(request, "borrowers/documents/kind_new.html", {"form": form}, status=422 if form.is_bound else 200)


def _kind(request: HttpRequest, kind_id: int) -> DocumentKind:
    return get_object_or_404(DocumentKind, pk=kind_id, lender=request.access.person.lender)


def kind(request: HttpRequest, kind_id: int) -> HttpResponse:
    """One kind: its names and times, and from when to when which loans must have it."""
    found = _kind(request, kind_id)
    form = KindForm(request.POST if request.method == "POST" else None, lender=found.lender, kind=found)
    if form.is_bound and form.is_valid():
        house.change_kind(by=request.access, kind=found, **form.told)
        messages.success(request, _("Saved."))
        return redirect("documents:kind", kind_id=found.pk)
    return _show_kind(request, found, form=form, status=422 if form.is_bound else 200)


def _show_kind(request: HttpRequest, found: DocumentKind, *, form: Any = None, requirement_form: Any = None, end_form: Any = None, status: int = 200) -> HttpResponse:
    may_keep = request.access.may(Act.DOCUMENT_RULES_KEEP)
    context = {
        "kind": found,
        "requirements": found.requirements.select_related("product").order_by("-from_on", "pk"),
        "form": (form or KindForm(lender=found.lender, kind=found)) if may_keep else None,
        "requirement_form": (requirement_form or RequirementForm(lender=found.lender, on=request.access.on)) if may_keep else None,
        "end_form": end_form or EndForm(initial={"to_on": request.access.on}),
        "today": request.access.on,
        "may_keep": may_keep,
    }
    return render(request, "borrowers/documents/kind.html", context, status=status)


def require(request: HttpRequest, kind_id: int) -> HttpResponse:
    """Ask for the document from a day on."""
    found = _kind(request, kind_id)
    form = RequirementForm(request.POST, lender=found.lender, on=request.access.on)
    if not form.is_valid():
        return _show_kind(request, found, requirement_form=form, status=422)
    house.require(by=request.access, kind=found, **form.cleaned_data)
    messages.success(request, _("Required. The list of missing documents asks for it from now on."))
    return redirect("documents:kind", kind_id=found.pk)


def end_requirement(request: HttpRequest, requirement_id: int) -> HttpResponse:
    """Ask for the document no longer, for loans disbursed from a day on."""
    lender = request.access.person.lender
    found = get_object_or_404(RequiredDocument.objects.select_related("kind__lender"), pk=requirement_id, lender=lender)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _show_kind(request, found.kind, end_form=form, status=422)
    house.end_requirement(by=request.access, requirement=found, to_on=form.cleaned_data["to_on"])
    messages.success(request, _("The requirement has an end."))
    return redirect("documents:kind", kind_id=found.kind_id)


def holds(request: HttpRequest) -> HttpResponse:
    """Legal holds, standing ones first; posting places one."""
    access = request.access
    may_place = access.may(Act.LEGAL_HOLD_PLACE)
    form = HoldForm(request.POST if request.method == "POST" else None, access=access)
    if form.is_bound and form.is_valid():
        house.place_hold(by=access, **form.cleaned_data)
        messages.success(request, _("The hold stands. Nothing of the borrower can be destroyed until another person lifts it."))
        return redirect("documents:holds")
    page = Paginator(queries.holds(access), PAGE).get_page(request.GET.get("page"))
    for hold in page.object_list:
        hold.may_lift = hold.lifted_on is None and access.may(Act.LEGAL_HOLD_LIFT, hold)
    context = {"page": page, "form": form if may_place else None, "may_lift": access.may(Act.LEGAL_HOLD_LIFT), "reason": ReasonForm(auto_id=False)}
    return render(request, "borrowers/documents/holds.html", context, status=422 if form.is_bound else 200)


def lift(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Lift a hold that another person placed."""
    found = get_object_or_404(queries.holds(request.access), pk=hold_id)
    house.lift_hold(by=request.access, hold_id=found.pk, reason=request.POST.get("reason", ""))
    messages.success(request, _("The hold is lifted."))
    return redirect("documents:holds")
