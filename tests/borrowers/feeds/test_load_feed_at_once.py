"""Two loads of one file that start together: one applies, the other finds it loaded."""

import threading
from datetime import date

import pytest
from django.db import connection

from borrowers.feeds.actions import Order, load
from borrowers.feeds.importer.formats import find
from borrowers.feeds.models import Delivery
from borrowers.loans.models import Loan
from loanwatch.lenders.actions import open_lender
from loanwatch.people.tree import open_head_office
from tests.borrowers.feeds.conftest import JULY, loans


@pytest.mark.django_db(transaction=True)
def test_of_two_loads_that_start_together_one_applies(tmp_path):
    lender = open_lender(code="PANEL", currency="USD", zone="UTC", calendar="month_end", holidays_until=2008)
    open_head_office(lender, name="Head office", on=date(2000, 1, 1))
    path = tmp_path / "file.csv"
    path.write_text(loans(*(f"L{i}" for i in range(300))))
    together, states = threading.Barrier(4), []

    def one() -> None:
        try:
            together.wait()
            states.append(load(Order(lender, find("mortgage_acquisition"), path, JULY)).state)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == ["already_loaded", "already_loaded", "already_loaded", "applied"]
    assert (Loan.objects.count(), Delivery.objects.count()) == (300, 1)
