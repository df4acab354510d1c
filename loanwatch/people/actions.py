"""What a system administrator does to people, roles and branches. Every door asks the policy table and leaves a trace."""

import contextlib
import secrets
from collections.abc import Iterator
from datetime import date

from django.contrib.auth import password_validation
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.people import places, tree
from loanwatch.people.access import Access
from loanwatch.people.models import Account, ApiToken, Branch, Person, Role, RoleHeld
from loanwatch.people.policy import Act
from loanwatch.people.queries import clashing_role, why_not_closed
from loanwatch.people.tokens import make_token
from loanwatch.trail.record import record

# Signs that are not mistaken for one another when a password is read out or written down.
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def temporary_password() -> str:
    """A password to hand over once, 16 readable signs in four groups, about 79 bits."""
    return "-".join("".join(secrets.choice(READABLE) for _sign in range(4)) for _group in range(4))


# People and their accounts ---------------------------------------------------------------------------------------------------


@transaction.atomic
def create_person(
    *, by: Access, lender: Lender | None, staff_no: str, name: str, agency: str = "", certificate_until: date | None = None
) -> Person:
    """A new member of staff, without a role and without an account. `staff_no` is unique in the installation."""
    by.check(Act.USER_KEEP)
    person = Person.objects.create(lender=lender, staff_no=staff_no, name=name, agency=agency, certificate_until=certificate_until)
    record("person.created", by=by, subject=person, name=name, staff_no=staff_no)
    return person


@transaction.atomic
def change_person(*, by: Access, person: Person, name: str, agency: str = "", certificate_until: date | None = None) -> None:
    """Correct name, agency and certificate. The staff number stays: it is who the person is in every record."""
    _check_keeps(by, person)
    before = {"name": person.name, "agency": person.agency, "certificate_until": _text(person.certificate_until)}
    person.name, person.agency, person.certificate_until = name, agency, certificate_until
    person.save(update_fields=["name", "agency", "certificate_until"])
    after = {"name": name, "agency": agency, "certificate_until": _text(certificate_until)}
    record("person.changed", by=by, subject=person, before=before, after=after)


@transaction.atomic
def name_agency(*, by: Access, person: Person, agency: str) -> None:
    """Say for which agency a field agent works: by its name, which is what keeps the firm's people from verifying its visits."""
    by.check(Act.AGENCY_KEEP)
    before, person.agency = person.agency, agency
    person.save(update_fields=["agency"])
    record("person.changed", by=by, subject=person, before={"agency": before}, after={"agency": agency})


@transaction.atomic
def open_account(*, by: Access, person: Person, username: str, email: str = "") -> tuple[Account, str]:
    """An account for `person` with a temporary password, which is returned this once and must be changed at the first log-in."""
    _check_keeps(by, person)
    password = temporary_password()
    account = Account.objects.create_user(username, password, email=email, person=person, must_change_password=True)
    record("account.opened", by=by, subject=person, username=username)
    return account, password


@transaction.atomic
def set_password(*, by: Access, account: Account, password: str | None = None) -> str:
    """Give `account` a temporary password (a made one when none is given) and end its sessions. Returned this once."""
    _check_keeps(by, account.person)
    if password is None:
        password = temporary_password()
    else:
        password_validation.validate_password(password, account)
    account.set_password(password)
    account.must_change_password = True
    account.session_round += 1
    account.save(update_fields=["password", "must_change_password", "session_round"])
    record("account.password_reset", by=by, subject=account.person or account, username=account.username)
    return password


@transaction.atomic
def deactivate(*, by: Access, account: Account) -> None:
    """Close an account: it can't log in, its sessions are over and its API keys are revoked, all at the next request."""
    _check_keeps(by, account.person)
    if by.account.pk == account.pk:
        raise Refused(_("Nobody can deactivate the account they are logged in with."), code="OWN_ACCOUNT")
    _shut(account)
    record("account.deactivated", by=by, subject=account.person or account, username=account.username)


@transaction.atomic
def activate(*, by: Access, account: Account) -> None:
    """Open a deactivated account again. Sessions and keys from before stay ended; a new password is given separately."""
    _check_keeps(by, account.person)
    account.is_active = True
    account.save(update_fields=["is_active"])
    record("account.activated", by=by, subject=account.person or account, username=account.username)


@transaction.atomic
def person_leaves(*, by: Access, person: Person, on: date) -> None:
    """`person` no longer works here from `on`: roles end that day, and when it has come all accounts are closed at once.

    A later day closes nothing now; from that day on the person may do nothing, whatever the accounts say.
    """
    _check_keeps(by, person)
    if by.person and by.person.pk == person.pk:
        raise Refused(_("Nobody can record their own leaving."), code="OWN_LEAVING")
    person.left_on = on
    person.save(update_fields=["left_on"])
    for held in RoleHeld.objects.select_for_update().filter(person=person, to_on__isnull=True):
        held.to_on = max(on, held.from_on)
        held.save(update_fields=["to_on"])
    if on <= by.on:
        for account in person.accounts.select_for_update(of=("self",)):
            _shut(account)
    record("person.left", by=by, subject=person, left_on=_text(on))


def _shut(account: Account) -> None:
    account.is_active = False
    account.session_round += 1
    account.save(update_fields=["is_active", "session_round"])
    ApiToken.objects.filter(account=account, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def make_key(*, by: Access, name: str, scope: str = ApiToken.Scope.ALL) -> str:
    """A new API key that acts as one's own account within `scope`, for whatever `name` says. Returned this once; only its digest is kept.

    Raises ValueError for a scope that there is not.
    """
    key = make_token(by.account, name, scope=ApiToken.Scope(scope))
    record("key.made", by=by, subject=by.person or by.account, name=name, scope=scope)
    return key


@transaction.atomic
def revoke_key(*, by: Access, token: ApiToken) -> None:
    """One of one's own keys works no longer, from the next request."""
    if token.account_id != by.account.pk:
        raise Refused(_("A key is revoked by its owner; a system administrator closes the whole account."), code="KEY_OF_ANOTHER")
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    record("key.revoked", by=by, subject=by.person or by.account, name=token.name)


# Roles -----------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def grant_role(*, by: Access, person: Person, role: str, branch: Branch | None, from_on: date, to_on: date | None = None) -> RoleHeld:
    """`person` holds `role` in `branch` and below from `from_on` to before `to_on` (None: until it is ended).

    Raises Refused for oneself, for a branch one doesn't keep, and for account manager and risk officer over the same
    branches; Conflict when the role is held there already.
    """
    by.check(Act.ROLE_GRANT, person)
    if branch is None and not (role == Role.SYSADMIN and by.everywhere):
        raise Refused(_("Only a system administrator of the whole installation grants a role over all of it."), code="ROLE_WITHOUT_BRANCH")
    if branch is not None and not Branch.objects.kept_by(by).filter(pk=branch.pk).exists():
        raise Refused(_("You don't keep this branch; ask the system administrator who does."), code="BRANCH_NOT_KEPT")
    if clash := clashing_role(person, role, branch, from_on, to_on):
        raise Refused(sentence_on_clash(clash), code="MANAGER_AND_OFFICER")
    if RoleHeld.objects.filter(person=person, role=role, branch=branch, to_on__isnull=True).exists():
        raise Conflict(_("This person holds the role in this branch already."), code="ROLE_HELD")
    with _kept_apart():
        held = RoleHeld.objects.create(person=person, role=role, branch=branch, from_on=from_on, to_on=to_on, granted_by=by.person)
    place = branch.code if branch else ""
    record("role.granted", by=by, subject=person, role=role, branch=place, from_on=_text(from_on), to_on=_text(to_on))
    return held


@transaction.atomic
def end_role(*, by: Access, held: RoleHeld, on: date) -> None:
    """The role counts no longer from `on`; already today when `on` is today. Raises Conflict when it has ended before."""
    by.check(Act.ROLE_GRANT, held.person)
    held = RoleHeld.objects.select_for_update(of=("self",)).select_related("person", "branch").get(pk=held.pk)
    if held.to_on is not None and held.to_on <= on:
        raise Conflict(_("This role has ended already."), code="ROLE_ENDED")
    held.to_on = max(on, held.from_on)
    held.save(update_fields=["to_on"])
    record(
        "role.ended", by=by, subject=held.person, role=held.role, branch=held.branch.code if held.branch else "", to_on=_text(held.to_on)
    )


def sentence_on_clash(clash: RoleHeld) -> str:
    """Why `clash` and the role asked for can't be held by one person."""
    return _(
        "This person is %(role)s in %(branch)s. Nobody is account manager and risk officer over the same loans; "
        "end that role first or choose another branch."
    ) % {"role": clash.get_role_display(), "branch": clash.branch}


@contextlib.contextmanager
def _kept_apart() -> Iterator[None]:
    """Turns the refusal of the database's own guard, which also wins a race, into its sentence."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as fault:
        if getattr(getattr(fault.__cause__, "diag", None), "constraint_name", "") != "manager_and_officer_kept_apart":
            raise
        sentence = _("Somebody would become account manager and risk officer over the same loans. Nothing was changed.")
        raise Refused(sentence, code="MANAGER_AND_OFFICER") from fault


# Branches --------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_branch(*, by: Access, code: str, name: str, kind: str, parent: Branch, on: date) -> Branch:
    """A new branch directly below `parent` from `on`."""
    _check_keeps_branch(by, parent)
    if not places.may_hang_below(kind, parent):
        raise Conflict(_("A branch of this kind can't lie below that one."), code="BRANCH_RANK")
    branch = tree.open_branch(parent.lender, code=code, name=name, kind=kind, parent=parent.code, on=on)
    record("branch.opened", by=by, subject=branch, code=code, name=name, parent=parent.code, on=_text(on))
    return branch


@transaction.atomic
def move_branch(*, by: Access, branch: Branch, parent: Branch, on: date) -> None:
    """`branch` and all below it hang below `parent` from `on`; what people see follows on that day, past figures stay."""
    _check_keeps_branch(by, branch)
    _check_keeps_branch(by, parent)
    if parent.lender_id != branch.lender_id or not places.may_hang_below(branch.kind, parent):
        raise Conflict(_("A branch of this kind can't lie below that one."), code="BRANCH_RANK")
    before = places.parent_of(branch, on)
    with _kept_apart():
        places.move_branch(branch=branch, parent=parent, on=on)
    record("branch.moved", by=by, subject=branch, before=before.code if before else "", after=parent.code, on=_text(on))


@transaction.atomic
def rename_branch(*, by: Access, branch: Branch, name: str) -> None:
    """Another name for the same branch; its code stays."""
    _check_keeps_branch(by, branch)
    before, branch.name = branch.name, name
    branch.save(update_fields=["name"])
    record("branch.renamed", by=by, subject=branch, before=before, after=name)


@transaction.atomic
def close_branch(*, by: Access, branch: Branch, on: date) -> None:
    """No branch of the lender from `on`. Raises Conflict while open branches lie below it or roles are held in it.

    Its loans stay where they are and stay visible to the branches above, until they are moved to another branch by the feed.
    """
    _check_keeps_branch(by, branch)
    if branch.closed_on is not None:
        raise Conflict(_("This branch is closed already."), code="BRANCH_CLOSED")
    open_still = why_not_closed(branch, on)
    if open_still["below"]:
        raise Conflict(_("Branches that lie below this one are still open; close or move them first."), code="BRANCH_HAS_BRANCHES")
    if open_still["roles"]:
        raise Conflict(_("People still hold roles in this branch; end these roles first."), code="BRANCH_HAS_ROLES")
    branch.closed_on = on
    branch.save(update_fields=["closed_on"])
    record("branch.closed", by=by, subject=branch, code=branch.code, on=_text(on))


# Who keeps whom --------------------------------------------------------------------------------------------------------------


def _check_keeps(by: Access, person: Person | None) -> None:
    by.check(Act.USER_KEEP)
    if person is None:  # a borrower's account belongs to no branch
        if not by.everywhere:
            raise Refused(
                _("Accounts of borrowers are kept by the system administrator of the whole installation."), code="ACCOUNT_OF_BORROWER"
            )
    elif person.roles_held.exists() and not Person.objects.kept_by(by).filter(pk=person.pk).exists():
        raise Refused(_("You don't keep the accounts of this branch; ask the system administrator who does."), code="PERSON_NOT_KEPT")


def _check_keeps_branch(by: Access, branch: Branch) -> None:
    by.check(Act.BRANCH_KEEP)
    if not Branch.objects.kept_by(by).filter(pk=branch.pk).exists():
        raise Refused(_("You don't keep this branch; ask the system administrator who does."), code="BRANCH_NOT_KEPT")


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
