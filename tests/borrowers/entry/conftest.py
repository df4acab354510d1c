"""A small lender without a core system: two credit administrators, an account manager, a product."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Role
from loanwatch.trail.models import BusinessDay
from tests.factories import BranchFactory, LenderFactory, ProductFactory, hire
from tests.loanwatch.people.conftest import browser_of

TODAY = date(2026, 11, 20)


@dataclass
class Desk:
    branch: Branch
    people: dict[str, Access] = field(default_factory=dict)

    @property
    def lender(self):
        return self.branch.lender

    def browser(self, who: str = "first") -> Client:
        return browser_of(self.people[who])

    def enter(self, name: str, data: dict[str, Any], *, who: str = "first", **where: Any) -> HttpResponse:
        """Fill in a form and confirm what the second page says."""
        return self.browser(who).post(reverse(f"entry:{name}", kwargs=where), {**data, "confirmed": "1"})

    def borrower(self, number: str = "M-1", **more: Any) -> None:
        assert self.enter("borrower_new", borrower_data(number=number, name=f"Works {number}", **more)).status_code == 302

    def loan(self, number: str = "L-1", **more: Any) -> Loan:
        if not Borrower.objects.filter(lender=self.lender, number="M-1").exists():
            self.borrower()
        answer = self.enter("loan_new", self.loan_data(number=number, **more))
        assert answer.status_code == 302, answer.content.decode()
        return Loan.objects.get(number=number)

    def loan_data(self, **more: Any) -> dict[str, Any]:
        return {
            "number": "L-1", "borrower_number": "M-1", "product": str(self.lender.products.get().pk), "branch": str(self.branch.pk),
            "currency": "CNY", "principal": "120,000.00", "rate": "6", "disbursed_on": "2026-09-15", "matures_on": "2027-09-15",
            "method": "equal_principal", "every_months": "1", "day_count": "30/360",
        } | more  # fmt: skip

    def pay(self, amount: str, paid_on: str = "2026-10-15", *, who: str = "first", loan: str = "L-1", reference: str = "R-1") -> HttpResponse:
        return self.enter("repayment", {"paid_on": paid_on, "amount": amount, "reference": reference}, who=who, number=loan)


def borrower_data(**more: Any) -> dict[str, Any]:
    rows = {f"{p}-{k}": v for p, n in (("id", 2), ("party", 2)) for k, v in {"TOTAL_FORMS": n, "INITIAL_FORMS": 0}.items()}
    return rows | {"number": "M-1", "kind": "company", "name": "Works", "segment": "small", "valid_from": "2026-01-05"} | more


@pytest.fixture
def desk(db, settings) -> Desk:
    settings.BUSINESS_DATE = TODAY.isoformat()
    made = Desk(BranchFactory(lender=LenderFactory()))
    ProductFactory(lender=made.lender)
    for who, role in (("first", Role.CREDIT_ADMIN), ("second", Role.CREDIT_ADMIN), ("manager", Role.ACCOUNT_MANAGER), ("auditor", Role.AUDITOR)):
        made.people[who] = hire(made.branch, role, on=TODAY)
    BusinessDay.objects.create(lender=made.lender, business_date=date(2026, 11, 19), state="closed")
    return made


@pytest.fixture
def loan(desk: Desk) -> Loan:
    return desk.loan()

