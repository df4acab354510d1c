"""A small book whose every figure can be worked out by hand."""

import io
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from alerts.observation.models import LoanDay
from borrowers.loans.actions import LoanRow, save_loans
from borrowers.loans.cashflow import DemandRow, RepaymentRow, add_schedule, append_repayments
from borrowers.parties.actions import BorrowerRow, save_borrowers
from loanwatch.day import actions, tasks
from loanwatch.day.actions import close_days
from loanwatch.kernel.calendars import add_months
from loanwatch.lenders.models import Lender, Product

PAID_OUT = date(2026, 1, 1)


class Book:
    """A lender on a calendar of every day; loans of 1,200.00 in twelve demands of 100.00 and 6.00 interest, due on the 1st."""

    def __init__(self) -> None:
        call_command("new_lender", "DAY", currency="CNY", zone="Asia/Shanghai", calendar="daily", stdout=io.StringIO())
        self.lender = Lender.objects.get(code="DAY")
        Product.objects.create(lender=self.lender, code="WC", name="Working capital", kind="working_capital")

    def loan(self, number: str, *, months: int = 12, paid_out: date = PAID_OUT) -> None:
        """The first demand falls due a month after it was paid out."""
        known = {"valid_from": paid_out, "known_from": paid_out}
        save_borrowers(self.lender, [BorrowerRow(number=f"B-{number}", kind="company", segment="small", name=number, **known)])
        save_loans(self.lender, [LoanRow(
            number=number, borrower_number=f"B-{number}", product_code="WC", branch_code="HO", currency="CNY", principal=Decimal(1200),
            disbursed_on=paid_out, matures_on=add_months(paid_out, months), rate=Decimal(6), **known,
        )])  # fmt: skip
        add_schedule(self.lender, [
            DemandRow(loan_number=number, seq=n, due_on=add_months(paid_out, n), principal=Decimal(100), interest=Decimal(6), known_from=paid_out)
            for n in range(1, months + 1)
        ])  # fmt: skip

    def pay(self, number: str, paid_on: date, amount: str, known_from: date | None = None) -> None:
        append_repayments(self.lender, [RepaymentRow(loan_number=number, paid_on=paid_on, amount=Decimal(amount), known_from=known_from or paid_on)])

    def close(self, first: date, last: date | None = None) -> list[str]:
        return [day.state for day in close_days(self.lender, first, last or first)]

    def seen(self, number: str, on: date) -> LoanDay:
        return LoanDay.objects.get(lender=self.lender, as_of=on, loan__number=number)


@pytest.fixture(autouse=True)
def no_bell(monkeypatch) -> None:
    """There is no broker beside these tests; the days are worked at by hand."""
    monkeypatch.setattr(tasks, "ring", lambda: None)


@pytest.fixture(autouse=True)
def only_telling_days(request: pytest.FixtureRequest) -> Iterator[None]:
    """Days between those that a test closes are left out, unless it asks for `missed_days_too`: they would cost and tell nothing."""
    with pytest.MonkeyPatch.context() as patch:
        if "missed_days_too" not in request.fixturenames:
            patch.setattr(actions, "missed_between", lambda lender, newest, first: [])
        yield


@pytest.fixture
def missed_days_too() -> None:
    """Days are missed in this test, and closed as they are outside of tests."""


@pytest.fixture
def book(db, as_worker) -> Book:
    return Book()


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[[], Book]]:
    """Makes a book that stands until the module ends; what a test does to it, by `db` and `as_worker`, is rolled back after it."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(tasks, "ring", lambda: None)
        patch.setattr(actions, "missed_between", lambda lender, newest, first: [])
        yield Book
        transaction.set_rollback(True)


@pytest.fixture
def closed(book: Book) -> Callable[[str, date], LoanDay]:
    def close_and_see(number: str, on: date) -> LoanDay:
        book.close(on)
        return book.seen(number, on)

    return close_and_see
