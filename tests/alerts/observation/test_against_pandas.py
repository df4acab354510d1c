"""What the nights observe of every loan equals what pandas makes of the raw facts: 42 columns of loans, three dates."""

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from alerts.observation.models import LoanDay
from borrowers.feeds.actions import Order, load
from borrowers.feeds.importer.formats import find
from borrowers.loans.models import CheckDuty, Custody, Guarantee, Loan, LoanEvent
from loanwatch.demo import seeding
from loanwatch.embedded.roles import acting_as
from loanwatch.kernel.calendars import add_months, month_end
from loanwatch.lenders.actions import open_lender
from loanwatch.lenders.models import Lender
from loanwatch.people.tree import open_head_office
from tests.alerts.observation.by_pandas import INDICATORS, Day
from tests.alerts.observation.nights import observe_day
from tests.alerts.observation.sprinkled import Sprinkler
from tests.factories import PersonFactory, schedule

SHARED = Path(os.environ.get("LOANWATCH_SHARED") or Path(__file__).resolve().parents[4] / "shared")
PANEL = SHARED / "data" / "fannie_mae_2007q3"
SINCE, UNTIL = date(2026, 1, 10), date(2026, 10, 30)
DATES = (date(2026, 9, 30), date(2026, 10, 1), UNTIL)


def assert_the_same(lender_id: int, day: date) -> int:
    """Compare every indicator of every scheduled loan on the book of `day`; returns how many loans there were."""
    second = Day(lender_id, day)
    seen = list(LoanDay.objects.filter(lender_id=lender_id, as_of=day, loan__position_fed=False))
    for row in seen:
        differing = {}
        for name, worked_out in INDICATORS.items():
            ours, theirs = getattr(row, name), worked_out(second.standing[row.loan_id])
            same = ours == theirs or (isinstance(ours, Decimal) and theirs is not None and abs(ours - theirs) * 2 <= Decimal(1).scaleb(ours.as_tuple().exponent))
            if not same:
                differing[name] = (ours, theirs)
        assert not differing, (day, row.loan_id, differing)
    return len(seen)


def repay_by_chance(nights, loan: Loan, chance: Random) -> None:
    """Demands are met in full, in part, late, by others, or not at all; a payment is sometimes taken back."""
    for n in range(1, 10):
        if chance.random() < 0.15:
            continue
        paid_on = add_months(SINCE, n) + timedelta(days=chance.choice((0, 0, 0, 2, 5, 40)))
        amount, kind = chance.choice((100, 100, 100, 40)), chance.choice(("", "borrower", "borrower", "group", "third", "unknown", "staff"))
        paid = nights.pay(loan, paid_on, amount, payer_kind=kind, known_from=paid_on + timedelta(days=chance.choice((0, 0, 3))))
        if chance.random() < 0.05:
            nights.pay(loan, paid.known_from, -amount, reverses=paid)


def book_by_chance(nights, size: int) -> list[Loan]:
    chance, loans = Random(7), []
    manager = PersonFactory(lender=nights.lender)
    for n in range(size):
        loan = nights.loan(disbursed_on=SINCE, matures_on=add_months(SINCE, 12), principal=Decimal(1200))
        interest_only = chance.choice((0, 0, 9))
        schedule(loan, *((add_months(SINCE, k), 0 if k <= interest_only else 1200 // (12 - interest_only)) for k in range(1, 13)))
        repay_by_chance(nights, loan, chance)
        if n % 3 == 0:
            on = SINCE + timedelta(days=chance.randrange(200))
            kind = chance.choice(("extension", "restructure", "refinance"))
            nights.fact(LoanEvent, loan, on, kind=kind, days_past_due=chance.randrange(60), matures_on=add_months(loan.matures_on, 6))
        if n % 4 == 0 and loans:
            nights.fact(Guarantee, loan, SINCE, guarantor=chance.choice(loans).borrower, amount=1)
        if n % 2:
            ends = chance.choice((None, UNTIL - timedelta(days=9)))
            Custody.objects.create(loan=loan, lender=nights.lender, bucket=loan.bucket, person=manager, capacity="lead", from_on=SINCE, to_on=ends)
            done = chance.choice((None, UNTIL))
            CheckDuty.objects.create(loan=loan, lender=nights.lender, bucket=loan.bucket, kind="first", due_on=UNTIL - timedelta(days=20), known_from=SINCE, done_on=done)
        loans.append(loan)
    Sprinkler(7, SINCE, UNTIL).over(loans)
    return loans


def test_a_book_made_by_chance_is_observed_as_pandas_works_it_out(nights):
    loans = book_by_chance(nights, 20)
    for day in DATES:
        nights.close(day, fresh=day == UNTIL)
        assert assert_the_same(nights.lender.pk, day) == len(loans)


@pytest.mark.long
def test_every_loan_of_the_demo_book_is_observed_as_pandas_works_it_out(transactional_db, as_worker, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    with acting_as("owner"):
        seeding.seed(number=1, loans=200, as_of=date(2026, 11, 20), password="a-password-for-tests")
    lender, days = Lender.objects.get(code="DEMO"), [date(2026, 10, 30), date(2026, 11, 19), date(2026, 11, 20)]
    Sprinkler(3, date(2026, 5, 1), date(2026, 11, 20)).over(list(Loan.objects.filter(lender=lender).select_related("borrower")[::3]))
    for previous, day in zip([None, *days], days, strict=False):
        observe_day(lender, day, previous)
        assert assert_the_same(lender.pk, day) > 150


@pytest.mark.long
@pytest.mark.skipif(not PANEL.is_dir(), reason=f"The real mortgage panel is not here: there is no folder {PANEL}.")
def test_every_loan_of_the_mortgage_panel_is_observed_as_pandas_works_it_out_of_the_raw_files(transactional_db, as_worker):
    lender = open_lender(code="PANEL", currency="USD", zone="America/New_York", calendar="month_end", holidays_until=2013)
    open_head_office(lender, name="Head office", on=date(1970, 1, 1))
    first, days = date(2007, 7, 31), [date(2009, 12, 31), date(2010, 1, 31), date(2010, 12, 31)]
    load(Order(lender, find("mortgage_acquisition"), PANEL / "acquisition.csv.gz", first))
    months = [month_end(add_months(first, n)) for n in range(42)]
    for month in months:
        load(Order(lender, find("mortgage_performance"), PANEL / "performance.csv.gz", month))
    rows = pd.read_csv(PANEL / "performance.csv.gz", dtype=str, keep_default_na=False)
    rows["day"] = pd.to_datetime(rows["monthly_reporting_period"], format="%m/%d/%Y") + pd.offsets.MonthEnd(0)
    rows["late"] = rows["current_loan_delinquency_status"].where(rows["zero_balance_code"] == "", "0").astype(int) * 30
    original = pd.read_csv(PANEL / "acquisition.csv.gz", dtype=str, keep_default_na=False).set_index("loan_id")["orig_upb"]
    previous = None
    for day in months[months.index(days[0]) :]:
        observe_day(lender, day, previous)
        previous = day
        if day in days:
            seen = {row.loan.number: row for row in LoanDay.objects.filter(lender=lender, as_of=day).select_related("loan")}
            today = rows[(rows.day == pd.Timestamp(day)) & (rows.zero_balance_code == "")]
            assert set(seen) == set(today.loan_id)
            year = rows[(rows.day <= pd.Timestamp(day)) & (rows.day > pd.Timestamp(day) - pd.DateOffset(months=12)) & (rows.zero_balance_code == "")]
            for row in today.itertuples():
                late = year[year.loan_id == row.loan_id].late
                ours = seen[row.loan_id]
                balance = Decimal(row.current_actual_upb or original[row.loan_id])
                theirs = (row.late, late.max(), int((late >= 30).sum()), balance, Decimal(row.interest_rate))
                assert (ours.days_past_due, ours.worst_dpd_12m, ours.instalments_missed_12m, ours.outstanding, ours.rate) == theirs, (day, row.loan_id)
