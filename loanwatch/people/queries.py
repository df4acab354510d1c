"""Questions on people, roles and branches for the pages that keep them."""

from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from loanwatch.people.access import Access
from loanwatch.people.models import Account, Branch, BranchReach, Person, Role, RoleHeld
from loanwatch.people.places import reach_on

APART = {Role.ACCOUNT_MANAGER: Role.RISK_OFFICER, Role.RISK_OFFICER: Role.ACCOUNT_MANAGER}


def held_on(on: date) -> Q:
    """Roles held on `on`: from their first day to before their last."""
    return Q(from_on__lte=on) & (Q(to_on__isnull=True) | Q(to_on__gt=on))


def people(access: Access, *, q: str = "", role: str = "", branch: str = "", active: str = "") -> QuerySet[Person]:
    """The people this person keeps, by name, each with `current_roles` and `log_ins` (lists).

    `q`: part of name, staff number or log-in name. `role`, `branch` (code, with its subtree): held today. `active`: "yes"
    for those with an account that works, "no" for those without.
    """
    today = RoleHeld.objects.filter(held_on(access.on))
    found = Person.objects.kept_by(access)
    if q:
        found = found.filter(
            Q(name__icontains=q) | Q(staff_no__icontains=q) | Exists(Account.objects.filter(person=OuterRef("pk"), username__icontains=q))
        )
    if role or branch:
        held = today.filter(person=OuterRef("pk"))
        if role:
            held = held.filter(role=role)
        if branch:
            below = BranchReach.objects.filter(reach_on(access.on), ancestor__in=Branch.objects.kept_by(access).filter(code=branch))
            held = held.filter(branch_id__in=below.values("descendant_id"))
        found = found.filter(Exists(held))
    if active in {"yes", "no"}:
        works = Exists(Account.objects.filter(person=OuterRef("pk"), is_active=True)) & (Q(left_on__isnull=True) | Q(left_on__gt=access.on))
        found = found.filter(works if active == "yes" else ~works)
    return found.order_by("name", "pk").prefetch_related(
        Prefetch("roles_held", today.select_related("branch").order_by("role", "pk"), to_attr="current_roles"),
        Prefetch("accounts", Account.objects.order_by("username"), to_attr="log_ins"),
    )


def roles_of(person: Person) -> list[RoleHeld]:
    """All roles this person holds, held or is to hold, newest first."""
    return list(person.roles_held.select_related("branch", "granted_by").order_by(F("to_on").desc(nulls_first=True), "-from_on", "-pk"))


def clashing_role(person: Person, role: str, branch: Branch | None, from_on: date, to_on: date | None = None) -> RoleHeld | None:
    """A role of `person` that can't be held beside `role` in `branch`: account manager and risk officer over the same branches.

    The same question as the guard of the database, asked early so that the page can answer with a sentence.
    """
    other = APART.get(Role(role))
    if other is None or branch is None:
        return None
    at_once = Q(to_on__isnull=True) | Q(to_on__gt=from_on)
    if to_on is not None:
        at_once &= Q(from_on__lt=to_on)
    related = BranchReach.objects.filter(at_once).filter(
        Q(ancestor=branch, descendant=OuterRef("branch")) | Q(descendant=branch, ancestor=OuterRef("branch"))
    )
    return RoleHeld.objects.filter(at_once, Exists(related), person=person, role=other).select_related("branch").first()


def branch_staff(branch: Branch, on: date) -> list[RoleHeld]:
    """The roles held in this branch itself on `on`, by role and name."""
    return list(RoleHeld.objects.filter(held_on(on), branch=branch).select_related("person").order_by("role", "person__name"))


def places_of(branch: Branch) -> list[BranchReach]:
    """Under which branch this one lay, and when, newest first."""
    return list(BranchReach.objects.filter(descendant=branch, depth=1).select_related("ancestor").order_by("-from_on"))


def why_not_closed(branch: Branch, on: date) -> dict[str, Any]:
    """What keeps a branch from being closed: how many open branches lie below it and how many roles are held in it."""
    below = BranchReach.objects.filter(reach_on(on), ancestor=branch, depth__gt=0).filter(
        Q(descendant__closed_on__isnull=True) | Q(descendant__closed_on__gt=on)
    )
    roles = RoleHeld.objects.filter(branch=branch).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    return {"below": below.count(), "roles": roles.count()}
