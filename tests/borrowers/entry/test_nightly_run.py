"""A loan entered by hand is on the book of the next close, with figures computed from its schedule and repayments."""

from datetime import date
from decimal import Decimal

import pytest

from alerts.observation.models import LoanDay
from borrowers.entry import actions, cash, plans
from borrowers.loans.models import Loan
from loanwatch.day.actions import close_days
from loanwatch.lenders.models import Product
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Branch, Person, Role, RoleHeld
from tests.loanwatch.day.conftest import Book

NOV_20, NOV_21, NOV_22 = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)


@pytest.fixture
def clerks(transactional_db, as_worker) -> tuple[Book, Access, Access]:
    book = Book()
    office = Branch.objects.get(lender=book.lender, code="HO")
    found = []
    for name in ("One", "Two"):
        person = Person.objects.create(lender=book.lender, staff_no=f"S-{name}", name=name)
        RoleHeld.objects.create(person=person, role=Role.CREDIT_ADMIN, branch=office, from_on=date(2026, 1, 1))
        found.append(Access.of(Account.objects.create(username=name.lower(), person=person), NOV_20))
    return book, *found


def enter(book: Book, by: Access) -> Loan:
    borrower = {"borrower": [{"kind": "company", "name": "Works", "segment": "small", "valid_from": date(2026, 9, 1)}]}
    actions.enter_borrower(by=by, lender=book.lender, number="M-1", facts=borrower)
    way = {"method": "equal_principal", "every_months": "1", "day_count": "30/360"}
    said = way | {
        "disbursed_on": date(2026, 9, 15), "matures_on": date(2027, 9, 15), "principal": Decimal(120_000), "rate": Decimal(6), "currency": "CNY",
        "product": Product.objects.get(lender=book.lender),
    }  # fmt: skip
    row = {name: said[name] for name in ("principal", "rate", "currency", "disbursed_on", "matures_on")}
    row |= {"number": "L-1", "borrower_number": "M-1", "product_code": "WC", "branch_code": "HO"}
    return actions.enter_loan(by=by, lender=book.lender, row=row, plan=plans.of_new_loan(said, book.lender), way=way)


def test_the_next_close_observes_a_loan_entered_by_hand_and_a_repayment_taken_back(clerks):
    book, first, second = clerks
    loan = enter(book, first)
    assert [d.state for d in close_days(book.lender, NOV_20, NOV_20)] == ["closed"]
    seen = LoanDay.objects.get(loan=loan, as_of=NOV_20)
    assert (seen.outstanding, seen.days_past_due) == (120_000, 36)
    cash.enter_repayments(by=first, lender=book.lender, payments=[cash.Paid(loan, date(2026, 11, 14), Decimal("21150.00"), "R-1")])

    assert [d.state for d in close_days(book.lender, NOV_21, NOV_21)] == ["closed"]
    seen = LoanDay.objects.get(loan=loan, as_of=NOV_21)
    assert (seen.outstanding, seen.days_past_due) == (100_000, 0)
    assert LoanDay.objects.get(loan=loan, as_of=NOV_20).days_past_due == 36  # as then known
    cash.reverse(by=second, repayment=loan.repayments.get(), reason="Wrong loan")
    assert [d.state for d in close_days(book.lender, NOV_22, NOV_22)] == ["closed"]
    assert LoanDay.objects.get(loan=loan, as_of=NOV_22).days_past_due == 38
