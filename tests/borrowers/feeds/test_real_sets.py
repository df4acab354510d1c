"""The published data sets load whole: what they hold, and what is wrong in them, is known beforehand."""

import os
import resource
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from borrowers.collateral.models import PriceIndex
from borrowers.feeds.actions import Order, Outcome, load
from borrowers.feeds.importer.formats import find
from borrowers.loans.models import Guarantee, Loan, LoanEvent, Position
from loanwatch.lenders.actions import open_lender
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch
from loanwatch.people.tree import open_head_office

SHARED = Path(os.environ.get("LOANWATCH_SHARED") or Path(__file__).resolve().parents[4] / "shared")
DATA = SHARED / "data"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"The real data sets are not here: there is no folder {DATA}."),
]


def a_lender(currency: str) -> Lender:
    made = open_lender(code="REAL", currency=currency, zone="UTC", calendar="daily", holidays_until=2008)
    open_head_office(made, name="Head office", on=date(1970, 1, 1))
    return made


def take(lender: Lender, format_name: str, path: str, day: date) -> Outcome:
    return load(Order(lender, find(format_name), DATA / path, day))


def test_card_clients_load_within_ten_seconds_and_little_memory(as_worker):
    lender, started = a_lender("TWD"), time.monotonic()
    done = take(lender, "card_clients", "uci_taiwan_cards_2005/clients.csv.gz", date(2005, 9, 30))
    assert (done.state, done.read, done.applied, done.quarantined) == ("applied", 17_900, 17_900, 0)
    assert time.monotonic() - started < 20  # about five seconds on an idle machine
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 600 * 1024
    first = Position.objects.get(loan__number="C1")
    assert (first.balance, first.days_past_due, first.paid, first.status) == (Decimal(3913), 60, Decimal(0), "2")
    assert Loan.objects.get(number="C1").branch.code == "CARD-01"
    assert Branch.objects.filter(lender=lender, code__startswith="CARD-").count() == 20
    assert Position.objects.filter(balance__lt=0).exists()  # overpaid
    again = take(lender, "card_clients", "uci_taiwan_cards_2005/clients.csv.gz", date(2005, 9, 30))
    assert again.state == "already_loaded"


def test_small_business_loans_come_with_outcome_and_guarantee_and_one_row_is_set_aside(as_worker):
    lender = a_lender("USD")
    done = take(lender, "small_business_loans", "sba_case_california/loans.csv.gz", date(2014, 12, 31))
    assert (done.state, done.read, done.applied, done.reasons) == ("applied", 1287, 1286, {"MISSING_VALUE": 1})
    assert done.sample[0]["column"] == "DisbursementDate_iso"
    kinds = dict(LoanEvent.objects.values_list("kind", "id"))
    assert set(kinds) == {"settled", "charge_off"}
    assert LoanEvent.objects.filter(kind="charge_off").count() == 419
    assert Guarantee.objects.count() == 1286
    assert Loan.objects.filter(product__code="SBA-PROPERTY").count() == 253 + 95
    assert not Position.objects.filter(closed_as="").exists()
    a_month_later = take(lender, "small_business_loans", "sba_case_california/loans.csv.gz", date(2015, 1, 31))
    assert (a_month_later.state, a_month_later.applied, a_month_later.unchanged) == ("applied", 0, 1286)


def test_house_prices_are_8364_points_with_1980_as_one_hundred(as_worker):
    done = take(a_lender("USD"), "house_prices_state", "fhfa_hpi/hpi_at_state.csv.gz", date(2016, 1, 31))
    assert (done.state, done.applied) == ("applied", 8364)
    assert PriceIndex.objects.get(region="CA", on=date(1980, 3, 31)).value == 100
