"""Pages on which credit administration keeps products and parameters."""

import json
from datetime import date
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from loanwatch.lenders import parameters as actions
from loanwatch.lenders.forms import ProductChangeForm, ProductForm, ProposalForm, WithdrawForm
from loanwatch.lenders.models import Lender, Parameter, Product
from loanwatch.lenders.words import RETIRED, name_of
from loanwatch.people.models import Person
from loanwatch.people.policy import Act


def reader_lender(request: HttpRequest) -> Lender:
    """The reader's own lender; everything on these pages is inside it."""
    person = request.access.person
    if person is None or person.lender is None:
        raise Http404
    return person.lender


# Products --------------------------------------------------------------------------------------------------------------------


def products(request: HttpRequest) -> HttpResponse:
    """Every product of the lender, those out of use last."""
    rows = Product.objects.filter(lender=reader_lender(request)).order_by("-active", "code")
    return render(request, "lenders/products.html", {"products": rows})


def product_new(request: HttpRequest) -> HttpResponse:
    """Add a product."""
    lender = reader_lender(request)
    form = ProductForm(request.POST if request.method == "POST" else None, lender=lender)
    if form.is_bound and form.is_valid():
        actions.add_product(by=request.access, lender=lender, **form.cleaned_data)
        messages.success(request, _("The product is added."))
        return redirect("lenders:products")
    return render(request, "lenders/product.html", {"form": form}, status=422 if form.is_bound else 200)


def product(request: HttpRequest, product_id: int) -> HttpResponse:
    """Change a product or take it out of use."""
    found = get_object_or_404(Product, lender=reader_lender(request), pk=product_id)
    form = ProductChangeForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        fresh = Product.objects.get(pk=found.pk)  # the form has written its values into its own copy
        actions.change_product(by=request.access, product=fresh, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("lenders:products")
    fresh = Product.objects.get(pk=found.pk)
    return render(request, "lenders/product.html", {"form": form, "product": fresh}, status=422 if form.is_bound else 200)


# Parameters ------------------------------------------------------------------------------------------------------------------


def parameters(request: HttpRequest) -> HttpResponse:
    """Every parameter with the value in force today, and what waits for approval."""
    lender, access = reader_lender(request), request.access
    rows = [_line(key, list(versions), access.on) for key, versions in groupby(_all(lender), key=lambda p: p.key)]
    waiting = [
        (p, name_of(p.key), _person(p.proposed_by), written(p.value), access.may(Act.PARAMETER_APPROVE, p)) for p in actions.waiting(lender)
    ]
    context: dict[str, Any] = {"rows": rows, "waiting": waiting, "may_propose": access.may(Act.PARAMETER_PROPOSE)}
    context["may_approve_all"] = [p.pk for p, *_rest, may in waiting if may]
    return render(request, "lenders/parameters.html", context)


def _all(lender: Lender) -> Any:
    return Parameter.objects.filter(lender=lender).exclude(key__in=RETIRED).order_by("key", "-valid_from", "-pk")


def _line(key: str, versions: list[Parameter], on: date) -> dict[str, Any]:
    in_force = _in_force(versions, on)
    later = [p for p in versions if _approved(p) and p.valid_from > on]
    return {"key": key, "name": name_of(key), "now": in_force, "value": written(in_force.value) if in_force else "", "later": later}


def _approved(parameter: Parameter) -> bool:
    return bool(parameter.approved_by) or not parameter.proposed_by


def _in_force(versions: list[Parameter], on: date) -> Parameter | None:
    return next((p for p in versions if _approved(p) and p.valid_from <= on), None)


def parameter(request: HttpRequest, key: str) -> HttpResponse:
    """One parameter with all its values, who proposed and who approved each."""
    return _show(request, key)


def _versions(request: HttpRequest, key: str) -> list[Parameter]:
    found = list(_all(reader_lender(request)).filter(key=key))
    if not found:
        raise Http404
    return found


def _show(request: HttpRequest, key: str, form: ProposalForm | None = None) -> HttpResponse:
    versions, access = _versions(request, key), request.access
    now = _in_force(versions, access.on)
    lines = [
        {
            "parameter": p,
            "value": written(p.value),
            "proposed_by": _person(p.proposed_by),
            "approved_by": _person(p.approved_by),
            "waits": not _approved(p),
            "current": now is not None and p.pk == now.pk,
            "may_approve": access.may(Act.PARAMETER_APPROVE, p),
        }
        for p in versions
    ]
    waits = any(line["waits"] for line in lines)
    if form is None and access.may(Act.PARAMETER_PROPOSE) and not waits:
        form = ProposalForm(
            example=now.value if now else versions[0].value, today=access.on, initial={"value": written(now.value) if now else ""}
        )
    context = {"key": key, "name": name_of(key), "lines": lines, "now": now, "form": form, "waits": waits, "withdraw_form": WithdrawForm()}
    context["may_propose"] = access.may(Act.PARAMETER_PROPOSE)
    return render(request, "lenders/parameter.html", context, status=422 if form is not None and form.is_bound else 200)


def propose(request: HttpRequest, key: str) -> HttpResponse:
    """Propose a value of a parameter from a day on."""
    versions = _versions(request, key)
    now = _in_force(versions, request.access.on)
    form = ProposalForm(request.POST, example=now.value if now else versions[0].value, today=request.access.on)
    if form.is_valid():
        actions.propose(by=request.access, lender=reader_lender(request), key=key, **form.cleaned_data)
        messages.success(request, _("Proposed. It comes into force when another credit administrator has approved it."))
        return redirect("lenders:parameter", key=key)
    return _show(request, key, form)


def _found(request: HttpRequest, parameter_id: int) -> Parameter:
    return get_object_or_404(Parameter, lender=reader_lender(request), pk=parameter_id)


def approve(request: HttpRequest, parameter_id: int) -> HttpResponse:
    """Approve what another person proposed."""
    found = _found(request, parameter_id)
    actions.approve(by=request.access, parameter=found)
    messages.success(request, _("Approved. It is in force from its day."))
    return redirect("lenders:parameter", key=found.key)


def withdraw(request: HttpRequest, parameter_id: int) -> HttpResponse:
    """Take a proposal back, or decline it, with a reason."""
    found = _found(request, parameter_id)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        actions.withdraw(by=request.access, parameter=found, reason=form.cleaned_data["reason"])
        messages.success(request, _("Withdrawn. The value in force stays."))
        return redirect("lenders:parameters")
    return render(request, "lenders/withdraw.html", {"form": form, "parameter": found, "value": written(found.value)}, status=422)


def _person(staff_no: str) -> str:
    """The name to a staff number; the number where nobody has it."""
    if not staff_no:
        return ""
    return Person.objects.filter(staff_no=staff_no).values_list("name", flat=True).first() or staff_no


def written(value: Any) -> str:
    """A value as people read and write it: a list of rows or an object one entry a line."""
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return "[\n" + ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in value) + "\n]"
    if isinstance(value, dict):
        return (
            "{\n"
            + ",\n".join(f"  {json.dumps(k, ensure_ascii=False)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items())
            + "\n}"
        )
    return json.dumps(value, ensure_ascii=False)
