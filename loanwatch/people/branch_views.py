"""Pages on which a system administrator keeps the dated branch tree."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from loanwatch.people import actions, queries
from loanwatch.people.forms import BranchForm, BranchNameForm, CloseForm, MoveForm, branch_choices
from loanwatch.people.models import Branch, RoleHeld
from loanwatch.people.places import in_tree_order


def branches(request: HttpRequest) -> HttpResponse:
    """The tree of today, closed branches on request."""
    access = request.access
    kept = Branch.objects.kept_by(access).select_related("lender")
    shown = kept if request.GET.get("closed") == "yes" else kept.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=access.on))
    staff = dict(
        RoleHeld.objects.filter(queries.held_on(access.on), branch__in=kept)
        .values_list("branch")
        .annotate(n=Count("person", distinct=True))
    )
    rows = [(branch, "\u2003" * depth, staff.get(branch.pk, 0)) for branch, depth in in_tree_order(shown, access.on)]
    several = len({branch.lender_id for branch, _indent, _n in rows}) > 1
    context = {"rows": rows, "several": several, "closed": [("yes", _("Shown"))], "may_open": bool(branch_choices(access))}
    return render(request, "people/branches.html", context)


def branch_new(request: HttpRequest) -> HttpResponse:
    """Open a branch below another."""
    form = BranchForm(
        request.POST if request.method == "POST" else None, access=request.access, initial={"parent": request.GET.get("below", "")}
    )
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        branch = actions.open_branch(
            by=request.access, code=data["code"], name=data["name"], kind=data["kind"], parent=data["parent"], on=data["opened_on"]
        )
        messages.success(request, _("The branch is open."))
        return redirect("people:branch", branch_id=branch.pk)
    return render(request, "people/branch_new.html", {"form": form}, status=422 if form.is_bound else 200)


def branch(request: HttpRequest, branch_id: int) -> HttpResponse:
    """One branch: where it lay and when, who holds roles in it, rename, move, close."""
    return _show(request, _kept(request, branch_id))


def _kept(request: HttpRequest, branch_id: int) -> Branch:
    return get_object_or_404(Branch.objects.kept_by(request.access).select_related("lender"), pk=branch_id)


def _show(request: HttpRequest, found: Branch, status: int = 200, **forms: Any) -> HttpResponse:
    access = request.access
    context = {
        "branch": found,
        "on": access.on,
        "places": queries.places_of(found),
        "staff": queries.branch_staff(found, access.on),
        "open_still": queries.why_not_closed(found, access.on),
        "name_form": BranchNameForm(instance=found, auto_id="name_%s"),
        "move_form": MoveForm(access=access, branch=found, auto_id="move_%s"),
        "close_form": CloseForm(initial={"on": access.on}, auto_id="close_%s"),
    }
    return render(request, "people/branch.html", context | forms, status=status)


def branch_rename(request: HttpRequest, branch_id: int) -> HttpResponse:
    """Another name for a branch."""
    found = _kept(request, branch_id)
    form = BranchNameForm(request.POST, instance=found, auto_id="name_%s")
    if form.is_valid():
        actions.rename_branch(by=request.access, branch=_kept(request, branch_id), name=form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect("people:branch", branch_id=branch_id)
    return _show(request, _kept(request, branch_id), status=422, name_form=form, faulty=form)


def branch_move(request: HttpRequest, branch_id: int) -> HttpResponse:
    """Hang a branch, with all below it, under another from a date."""
    found = _kept(request, branch_id)
    form = MoveForm(request.POST, access=request.access, branch=found, auto_id="move_%s")
    if form.is_valid():
        actions.move_branch(by=request.access, branch=found, **form.cleaned_data)
        messages.success(request, _("Recorded. From that day people see it in its new place."))
        return redirect("people:branch", branch_id=branch_id)
    return _show(request, found, status=422, move_form=form, faulty=form)


def branch_close(request: HttpRequest, branch_id: int) -> HttpResponse:
    """Close a branch that has no open branches below it and nobody in it."""
    found = _kept(request, branch_id)
    form = CloseForm(request.POST, auto_id="close_%s")
    if form.is_valid():
        actions.close_branch(by=request.access, branch=found, on=form.cleaned_data["on"])
        messages.success(request, _("The branch is closed."))
        return redirect("people:branches")
    return _show(request, found, status=422, close_form=form, faulty=form)
