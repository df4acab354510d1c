"""A borrower with a telephone and a plan, and the tell step of a day run on it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from alerts.reminders.tell import tell
from borrowers.loans.allocation import allocate
from borrowers.loans.models import Loan
from loanwatch.trail.ledger import key_of
from loanwatch.trail.outbox.models import OutboxMessage
from tests.factories import BorrowerFactory, BranchFactory, LoanFactory, schedule

FRIDAY = date(2026, 10, 30)


@pytest.fixture
def branch(db) -> Any:
    return BranchFactory()


@pytest.fixture
def owing(branch) -> Callable[..., Loan]:
    """A loan whose demands of 1,000 fall due on the days given; further words go to the borrower."""

    def make(*due_on: date, **borrower: Any) -> Loan:
        to = borrower.pop("of", None) or BorrowerFactory(lender=branch.lender, phone=borrower.pop("phone", "+86 138 0000 0000"), **borrower)
        loan = LoanFactory(branch=branch, borrower=to)
        schedule(loan, *((day, 1000) for day in due_on))
        return loan

    return make


@pytest.fixture
def told(branch) -> Callable[..., list[OutboxMessage]]:
    """Close the books of a day and tell; the messages there are then, oldest first."""

    def run(day: date = FRIDAY, **key: Any) -> list[OutboxMessage]:
        parameters = key_of(branch.lender_id, day, **key)
        with connection.cursor() as cursor:
            allocate(cursor, parameters, branch.lender)
            run.written = tell(cursor, parameters, branch.lender)
        return list(OutboxMessage.objects.order_by("pk"))

    return run
