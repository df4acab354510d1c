"""Two people tell of the same fact at the same moment: both are kept, one after the other, and none is lost."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction

from borrowers.doors import Saved, tell
from borrowers.facts import Correction
from borrowers.loans.models import Loan, Position
from borrowers.parties.models import Borrower
from tests.factories import LoanFactory

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 10, 30)


def together(*tellings) -> list[Saved]:
    """Run tellings in threads of their own, each in a transaction that ends only when all have begun."""
    begun, done = threading.Barrier(len(tellings)), []

    def run(telling) -> None:
        try:
            begun.wait(timeout=20)
            with transaction.atomic():
                done.append(telling())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[telling]) for telling in tellings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(done) == len(tellings)
    return done


def test_two_figures_for_one_position_become_two_revisions():
    loan = LoanFactory(number="L1")
    facts = [[{"loan_number": "L1", "valid_from": DAY, "balance": Decimal(n)}] for n in (1, 2, 3)]
    saved = together(*(lambda rows=rows: tell("position", loan.lender, rows, known_from=DAY) for rows in facts))
    assert sorted(one.new for one in saved) == [0, 0, 1]
    assert sorted(Position.objects.values_list("revision", flat=True)) == [1, 2, 3]
    assert set(Position.objects.values_list("balance", flat=True)) == {Decimal(1), Decimal(2), Decimal(3)}


def test_the_same_news_twice_at_once_is_told_once():
    loan = LoanFactory(number="L1")
    rows = [{"loan_number": "L1", "valid_from": DAY, "balance": Decimal(7)}]
    saved = together(*(lambda: tell("position", loan.lender, rows, known_from=DAY) for _ in range(3)))
    assert sum(one.written for one in saved) == Position.objects.count() == 1


def test_two_corrections_of_one_loan_follow_each_other():
    loan = LoanFactory(number="L1", purpose="Coal")
    told = [[{"number": "L1", "purpose": purpose}] for purpose in ("Steel", "Timber")]
    together(*(lambda rows=rows: tell("loan", loan.lender, rows, known_from=DAY) for rows in told))
    first, second = Correction.objects.order_by("id").values_list("before", "after")
    assert first[0] == "Coal" and first[1] == second[0]
    assert second[1] == Loan.objects.get(pk=loan.pk).purpose
    assert Borrower.objects.count() == 1
