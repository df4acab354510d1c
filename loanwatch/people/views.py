"""Pages on which a system administrator keeps people and their roles; everybody's own profile; the access matrix."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from loanwatch.people import actions, matrix, queries
from loanwatch.people.forms import AccountForm, LeavingForm, PersonChangeForm, PersonForm, RoleForm, branch_choices
from loanwatch.people.models import Account, ApiToken, Branch, Person, Role, RoleHeld
from loanwatch.people.places import in_tree_order
from loanwatch.people.policy import Act

PER_PAGE = 50
STAFF_ROLES = [(role.value, role.label) for role in Role if role != Role.BORROWER]


def users(request: HttpRequest) -> HttpResponse:
    """Everybody this administrator keeps, with search and filters in the URL."""
    access = request.access
    asked = {key: request.GET.get(key, "").replace("\0", "") for key in ("q", "role", "branch", "active")}
    page = Paginator(queries.people(access, **asked), PER_PAGE).get_page(request.GET.get("page"))
    kept = [(b.code, "\u2003" * depth + b.name) for b, depth in _kept_tree(request)]
    return render(
        request,
        "people/users.html",
        {
            "page": page,
            "asked": asked,
            "roles": STAFF_ROLES,
            "branches": kept,
            "states": [("yes", _("Can log in")), ("no", _("Can't log in"))],
        },
    )


def _kept_tree(request: HttpRequest) -> list[tuple[Branch, int]]:
    return in_tree_order(Branch.objects.kept_by(request.access).filter(closed_on__isnull=True), request.access.on)


@never_cache
def user_new(request: HttpRequest) -> HttpResponse:
    """A person, an account and a first role in one step; the temporary password is shown once."""
    access = request.access
    data = request.POST if request.method == "POST" else None
    person_form, account_form = PersonForm(data), AccountForm(data)
    role_form = RoleForm(data, access=access)
    if data is not None:
        if all([person_form.is_valid(), account_form.is_valid(), role_form.is_valid()]):
            branch = role_form.cleaned_data["branch"]
            with transaction.atomic():
                person = actions.create_person(by=access, lender=branch.lender if branch else None, **person_form.cleaned_data)
                account, password = actions.open_account(by=access, person=person, **account_form.cleaned_data)
                actions.grant_role(by=access, person=person, **role_form.cleaned_data)
            return _shown_once(request, account, password)
        return _person_page(request, person_form, account_form, role_form, status=422)
    return _person_page(request, person_form, account_form, role_form)


def _person_page(request: HttpRequest, person_form: Any, account_form: Any, role_form: Any, status: int = 200) -> HttpResponse:
    forms = {"person_form": person_form, "account_form": account_form, "role_form": role_form}
    forms["all"] = [*person_form, *account_form, *role_form]
    forms["has_branches"] = bool(branch_choices(request.access)) or request.access.everywhere
    return render(request, "people/user_new.html", forms, status=status)


@never_cache
def user(request: HttpRequest, person_id: int) -> HttpResponse:
    """One person: accounts, roles from and to, what may be done."""
    return _show_user(request, _kept(request, person_id))


def _kept(request: HttpRequest, person_id: int) -> Person:
    return get_object_or_404(Person.objects.kept_by(request.access).select_related("lender"), pk=person_id)


def _show_user(request: HttpRequest, person: Person, status: int = 200, **forms: Any) -> HttpResponse:
    access = request.access
    context = {
        "person": person,
        "is_self": access.person is not None and access.person.pk == person.pk,
        "on": access.on,
        "roles": queries.roles_of(person),
        "accounts": list(person.accounts.order_by("username")),
        "may_grant": access.may(Act.ROLE_GRANT, person),
        "why_not_grant": _("Nobody grants or ends a role of their own. Ask another system administrator."),
        "role_form": RoleForm(access=access, person=person),
        "account_form": AccountForm(),
        "leaving_form": LeavingForm(initial={"left_on": access.on}),
    }
    return render(request, "people/user.html", context | forms, status=status)


def user_edit(request: HttpRequest, person_id: int) -> HttpResponse:
    """Name, agency and certificate of a person."""
    person = _kept(request, person_id)
    form = PersonChangeForm(request.POST if request.method == "POST" else None, instance=person)
    if request.method == "POST":
        if form.is_valid():
            fresh = _kept(request, person_id)  # the form has written its values into its own copy
            actions.change_person(by=request.access, person=fresh, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("people:user", person_id=person.pk)
        person = _kept(request, person_id)
    return render(request, "people/user_edit.html", {"form": form, "person": person}, status=422 if form.errors else 200)


@never_cache
def account_open(request: HttpRequest, person_id: int) -> HttpResponse:
    """One more account for a person who has none, or needs a second."""
    person = _kept(request, person_id)
    form = AccountForm(request.POST)
    if form.is_valid():
        account, password = actions.open_account(by=request.access, person=person, **form.cleaned_data)
        return _shown_once(request, account, password)
    return _show_user(request, person, status=422, account_form=form, faulty=form)


def role_grant(request: HttpRequest, person_id: int) -> HttpResponse:
    """Give a person a role in a branch."""
    person = _kept(request, person_id)
    request.access.check(Act.ROLE_GRANT, person)
    form = RoleForm(request.POST, access=request.access, person=person)
    if form.is_valid():
        actions.grant_role(by=request.access, person=person, **form.cleaned_data)
        messages.success(request, _("The role is granted. It counts from the person's next click."))
        return redirect("people:user", person_id=person.pk)
    return _show_user(request, person, status=422, role_form=form, faulty=form)


def role_end(request: HttpRequest, held_id: int) -> HttpResponse:
    """End a role today."""
    held = get_object_or_404(
        RoleHeld.objects.filter(person__in=Person.objects.kept_by(request.access)).select_related("person"), pk=held_id
    )
    actions.end_role(by=request.access, held=held, on=request.access.on)
    messages.success(request, _("The role has ended. It no longer counts from the person's next click."))
    return redirect("people:user", person_id=held.person_id)


def leave(request: HttpRequest, person_id: int) -> HttpResponse:
    """Record that a person no longer works here."""
    person = _kept(request, person_id)
    form = LeavingForm(request.POST)
    if form.is_valid():
        actions.person_leaves(by=request.access, person=person, on=form.cleaned_data["left_on"])
        messages.success(request, _("Recorded. Roles end on that day, and no account works from then on."))
        return redirect("people:users")
    return _show_user(request, person, status=422, leaving_form=form, faulty=form)


def _kept_account(request: HttpRequest, account_id: int) -> Account:
    people = Person.objects.kept_by(request.access)
    return get_object_or_404(Account.objects.filter(person__in=people).select_related("person"), pk=account_id)


@never_cache
def password_reset(request: HttpRequest, account_id: int) -> HttpResponse:
    """A new temporary password, shown once."""
    account = _kept_account(request, account_id)
    return _shown_once(request, account, actions.set_password(by=request.access, account=account))


def _shown_once(request: HttpRequest, account: Account, password: str) -> HttpResponse:
    return render(request, "people/password_once.html", {"account": account, "password": password})


def account_deactivate(request: HttpRequest, account_id: int) -> HttpResponse:
    """Close an account; its sessions and keys end at once."""
    account = _kept_account(request, account_id)
    actions.deactivate(by=request.access, account=account)
    messages.success(request, _("The account is closed. Its sessions and API keys no longer work."))
    return redirect("people:user", person_id=account.person_id)


def account_activate(request: HttpRequest, account_id: int) -> HttpResponse:
    """Open a closed account again."""
    account = _kept_account(request, account_id)
    actions.activate(by=request.access, account=account)
    messages.success(request, _("The account works again. Give it a new password if the old one may be known to others."))
    return redirect("people:user", person_id=account.person_id)


# Everybody's own ---------------------------------------------------------------------------------------------------------------


@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Who I am here: roles, certificate, language, password and API keys."""
    access = request.access
    roles = [held for held in queries.roles_of(access.person) if held.to_on is None or held.to_on > access.on] if access.person else []
    keys = ApiToken.objects.filter(account=access.account).order_by("-pk")
    return render(request, "people/profile.html", {"roles": roles, "keys": keys, "on": access.on, "scopes": ApiToken.Scope.choices})


@never_cache
def key_new(request: HttpRequest) -> HttpResponse:
    """A new API key of one's own, shown once."""
    name = request.POST.get("name", "").replace("\0", "").strip()[:80]
    if not name:
        messages.error(request, _("Say what the key is for, so that you can tell your keys apart."))
        return redirect("people:profile")
    scope = ApiToken.Scope.HOLDS if request.POST.get("scope") == ApiToken.Scope.HOLDS else ApiToken.Scope.ALL
    key = actions.make_key(by=request.access, name=name, scope=scope)
    return render(request, "people/key_once.html", {"key": key, "name": name})


def key_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of one's own API keys."""
    token = get_object_or_404(ApiToken.objects.filter(account=request.access.account, revoked_at=None), pk=token_id)
    actions.revoke_key(by=request.access, token=token)
    messages.success(request, _("The key no longer works."))
    return redirect("people:profile")


# Who may do what -----------------------------------------------------------------------------------------------------------------


def access_matrix(request: HttpRequest) -> HttpResponse:
    """Acts × roles with the sentence of each refusal, and every address × roles."""
    return render(
        request,
        "people/matrix.html",
        {
            "roles": [(role.value, role.label) for role in Role],
            "acts": [(line, [role in line.roles for role in matrix.ROLES]) for line in matrix.act_lines()],
            "urls": [(line, [role in line.roles for role in matrix.ROLES]) for line in matrix.url_lines()],
        },
    )
