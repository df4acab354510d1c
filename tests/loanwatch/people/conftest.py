"""A small bank with its tree, and somebody to be."""

from dataclasses import dataclass
from datetime import date

import pytest
from django.test import Client

from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Branch, Person, Role, RoleHeld
from loanwatch.people.tree import open_branches
from tests.loanwatch.people.world import TREE, hire

TODAY = date(2026, 11, 20)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class Office:
    lender: Lender

    def branch(self, code: str) -> Branch:
        return Branch.objects.get(lender=self.lender, code=code)

    def hire(self, role: str, code: str | None, name: str = "Somebody") -> Access:
        return hire(self.lender, role, self.branch(code) if code else None, name)

    def newcomer(self, name: str = "Newcomer") -> Person:
        return Person.objects.create(lender=self.lender, staff_no=f"N-{name}", name=name)


@pytest.fixture
def office(db, settings) -> Office:
    settings.BUSINESS_DATE = TODAY.isoformat()
    lender = Lender.objects.create(code="ONE", name="Bank one", currency="CNY", zone="Asia/Shanghai")
    open_branches(lender, TREE, on=date(2020, 1, 1))
    return Office(lender)


@pytest.fixture
def sysadmin(office) -> Access:
    return office.hire(Role.SYSADMIN, "HO", "Sysadmin")


def browser_of(who: Access | Account) -> Client:
    """A browser in which `who` is logged in."""
    client = Client()
    client.force_login(who.account if isinstance(who, Access) else who, backend=BACKEND)
    return client


def grant(person: Person, role: str, branch: Branch | None, from_on: date = date(2026, 1, 1), to_on: date | None = None) -> RoleHeld:
    return RoleHeld.objects.create(person=person, role=role, branch=branch, from_on=from_on, to_on=to_on)
