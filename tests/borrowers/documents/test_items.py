"""Papers of collateral: an item that one owns and that secures the loan of another is the business of both."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from borrowers.collateral.models import CollateralItem, Pledge
from borrowers.documents import actions, house, queries
from borrowers.documents.models import Document
from borrowers.loans.models import Loan
from loanwatch.kernel.policy import Conflict
from tests.inspections.book import TODAY, make_loan

LONG_AGO = date(2010, 1, 5)


def item_of(loan: Loan) -> CollateralItem:
    """An item that the loan's borrower owns."""
    facts = {"lender": loan.lender, "valid_from": LONG_AGO, "known_from": LONG_AGO}
    return CollateralItem.objects.create(number=f"K{loan.pk}", kind="inventory", owner=loan.borrower, currency="CNY", **facts)


def pledge(loan: Loan, item: CollateralItem, **more: Any) -> Pledge:
    facts = {"lender": loan.lender, "bucket": loan.bucket, "valid_from": LONG_AGO, "known_from": LONG_AGO}
    return Pledge.objects.create(loan=loan, item=item, **(facts | more))


@pytest.fixture
def other(bank) -> Loan:
    """A loan of another borrower, paid back long ago."""
    found = make_loan(bank)
    Loan.objects.filter(pk=found.pk).update(settled_on=date(2012, 1, 5))
    return found


@pytest.fixture
def policy(bank, loan, other, bring) -> Document:
    """The policy of an item that the first borrower owns and that secured the loans of both."""
    Loan.objects.filter(pk=loan.pk).update(settled_on=date(2012, 1, 5))
    item = item_of(loan)
    pledge(loan, item)
    pledge(other, item)
    return bring("insurance_policy", item=item)


def test_a_hold_on_whose_loan_the_item_secures_keeps_the_papers_of_the_item(bank, other, policy):
    house.place_hold(by=bank.credit, borrower=other.borrower, reason="Suzhou court, (2026) 513")
    assert queries.why_not_destroyed(policy, TODAY) == "hold"
    with pytest.raises(Conflict) as refusal:
        actions.destroy(document_id=policy.pk, reason="Old", by=bank.credit2)
    assert refusal.value.code == "LEGAL_HOLD"
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=policy.pk).update(destroyed_on=TODAY)


def test_a_pledge_that_never_was_puts_nobodys_hold_on_the_item(bank, other, policy):
    pledge(other, policy.item, revision=2, withdrawn=True)
    house.place_hold(by=bank.credit, borrower=other.borrower, reason="Suzhou court, (2026) 513")
    assert actions.destroy(document_id=policy.pk, reason="Old", by=bank.credit2).destroyed_on == TODAY
