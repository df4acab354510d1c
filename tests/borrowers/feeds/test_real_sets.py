"""The published data sets load whole: what they hold, and what is wrong in them, is known beforehand."""

import resource
import time
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from django.db.models import Count, Sum

from borrowers.collateral.models import PriceIndex
from borrowers.loans.models import Guarantee, Loan, LoanEvent, Position
from borrowers.parties.models import RelatedParty
from loanwatch.people.models import Branch
from tests.borrowers.feeds.real_sets import a_lender, needs_data, part_of, raw, remarks, take, touched

pytestmark = [*needs_data, pytest.mark.faults]  # whole published files: too long for the fast suite


def test_card_clients_load_within_seconds_and_little_memory(as_worker):
    lender, started, before = a_lender("TWD"), time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = take(lender, "card_clients", "uci_taiwan_cards_2005/clients.csv.gz", date(2005, 9, 30))
    assert (done.state, done.read, done.applied, done.quarantined) == ("applied", 17_900, 17_900, 0)
    assert time.monotonic() - started < 60  # about five seconds on an idle machine
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # kilobytes on top of what the test run itself holds
    first = Position.objects.get(loan__number="C1")
    assert (first.balance, first.days_past_due, first.paid, first.status) == (Decimal(3913), 60, Decimal(0), "2")
    assert Loan.objects.get(number="C1").branch.code == "CARD-01"
    assert Branch.objects.filter(lender=lender, code__startswith="CARD-").count() == 20
    assert Position.objects.filter(balance__lt=0).exists()  # overpaid
    rows = raw("uci_taiwan_cards_2005/clients.csv.gz")
    assert remarks(done) == {
        "EDUCATION_NOT_EXPLAINED": rows["EDUCATION"].isin(["0", "5", "6"]).sum(), "MARRIAGE_NOT_EXPLAINED": (rows["MARRIAGE"] == "0").sum(),
    }  # fmt: skip
    assert Position.objects.aggregate(s=Sum("balance"))["s"] == sum(rows["BILL_AMT1"].map(Decimal), Decimal(0))
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
    rows = raw("sba_case_california/loans.csv.gz")
    paid = rows["MIS_Status"] == "P I F"
    assert remarks(done) == {
        "CHARGE_OFF_DAY_ON_PAID": (paid & (rows["ChgOffDate_iso"] != "")).sum(),
        "CHARGE_OFF_AMOUNT_ON_PAID": (paid & (rows["ChgOffPrinGr"].replace("", "0").map(Decimal) > 0)).sum(),
        "STRAY_CODE": (~rows["RevLineCr"].isin(["Y", "N"])).sum(),
        "TERM_ZERO": (rows["Term"] == "0").sum(),
    }
    a_month_later = take(lender, "small_business_loans", "sba_case_california/loans.csv.gz", date(2015, 1, 31))
    assert (a_month_later.state, a_month_later.applied, a_month_later.unchanged) == ("applied", 0, 1286)


def test_house_prices_are_8364_points_with_1980_as_one_hundred(as_worker):
    done = take(a_lender("USD"), "house_prices_state", "fhfa_hpi/hpi_at_state.csv.gz", date(2016, 1, 31))
    assert (done.state, done.applied) == ("applied", 8364)
    assert PriceIndex.objects.get(region="CA", on=date(1980, 3, 31)).value == 100


def test_county_house_prices_leave_out_years_without_a_figure_and_keep_leading_zeros(as_worker, tmp_path):
    """A part of the file: the first 12,000 of 77,114 rows; the whole file is in docs/real-sets.md."""
    path, lender = part_of("fhfa_hpi/hpi_at_bdl_county_annual.csv.gz", tmp_path, 12_000), a_lender("USD")
    done = take(lender, "house_prices_county", path, date(2016, 1, 31))
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    told = rows[rows["HPI"] != "."]
    assert (done.state, done.read, done.applied, done.left_out) == ("applied", 12_000, len(told), 12_000 - len(told))
    assert remarks(done) == {"NO_FIGURE": 12_000 - len(told)}
    points = PriceIndex.objects.filter(series="FHFA-COUNTY")
    sums = {fips: (total, count) for fips, total, count in points.values_list("region").annotate(Sum("value"), Count("id"))}
    expected = told["HPI"].map(Decimal).groupby(told["FIPS code"]).agg(["sum", "size"])
    assert sums == {fips: (row["sum"], row["size"]) for fips, row in expected.iterrows()}
    assert points.get(region="01001", on=date(1987, 12, 31)).value == Decimal("97.83")
    assert take(lender, "house_prices_county", path, date(2016, 1, 31)).state == "already_loaded"


def test_consumer_loans_come_with_the_least_days_of_their_range_and_their_end(as_worker, tmp_path):
    path, lender, day = "lendingclub_2018/loans.csv.gz", a_lender("USD"), date(2018, 6, 30)
    done = take(lender, "consumer_loans", path, day)
    rows = raw(path).set_index("loan_id")
    status = rows["loan_status"]
    assert (done.state, done.read, done.applied, done.quarantined) == ("applied", 6059, 6059, 0)
    least = {"Current": 0, "In Grace Period": 1, "Late (16-30 days)": 16, "Late (31-120 days)": 31, "Fully Paid": None, "Charged Off": None}
    days = dict(Position.objects.values_list("loan__number", "days_past_due"))
    assert days == {f"CL{n}": least[text] for n, text in status.items()}
    assert Position.objects.aggregate(s=Sum("balance"))["s"] == sum(rows["balance"].map(Decimal), Decimal(0))
    lost = {e.loan.number: e.amount for e in LoanEvent.objects.filter(kind="charge_off").select_related("loan")}
    bad = rows[status == "Charged Off"]
    assert lost == {f"CL{n}": Decimal(row["loan_amount"]) - Decimal(row["paid_principal"]) for n, row in bad.iterrows()}
    assert LoanEvent.objects.filter(kind="settled").count() == (status == "Fully Paid").sum()
    assert RelatedParty.objects.filter(kind="co_borrower").count() == (rows["application_type"] == "joint").sum()
    issued = pd.to_datetime(rows["issue_month"], format="%b-%Y").dt.date
    assert dict(Loan.objects.values_list("number", "disbursed_on")) == {f"CL{n}": d for n, d in issued.items()}
    assert remarks(done) == {
        "DAYS_ARE_A_RANGE": status.str.startswith(("Late", "In Grace")).sum(),
        "END_WITHOUT_A_DAY": status.isin(["Fully Paid", "Charged Off"]).sum(),
        "CHARGED_OFF_BALANCE": len(bad),
        "INCOME_NOT_KNOWN": (rows["debt_to_income"] == "").sum(),
    }
    assert take(lender, "consumer_loans", path, day).state == "already_loaded"
    other = take(lender, "consumer_loans", touched(path, tmp_path, {"balance": "1.00"}), day)
    assert (other.state, other.reasons) == ("held", {"OTHER_CONTENT": 1})
    assert other.notes["difference"] == {"to_delivery": done.delivery, "rows_that_would_change": 1}


def test_mortgages_tell_masked_balances_and_statuses_that_stand_for_something_else(as_worker):
    lender, folder, day = a_lender("USD"), "fannie_mae_2007q3", date(2007, 12, 31)
    taken = take(lender, "mortgage_acquisition", f"{folder}/acquisition.csv.gz", day)
    loans, months = raw(f"{folder}/acquisition.csv.gz").set_index("loan_id"), raw(f"{folder}/performance.csv.gz")
    seen = loans.loc[months["loan_id"].unique()]
    assert remarks(taken) == {"INCOME_RATIO_NOT_KNOWN": (seen["dti"] == "").sum()} | (
        {"SCORE_NOT_KNOWN": n} if (n := (seen["borrower_credit_score"] == "").sum()) else {}
    )
    done = take(lender, "mortgage_performance", f"{folder}/performance.csv.gz", day, all_rows=True)
    by_then = months[pd.to_datetime(months["monthly_reporting_period"], format="%m/%d/%Y") <= "2007-12-01"]
    placeholders = by_then["current_loan_delinquency_status"].isin(["-1", "-2"]).sum()
    assert remarks(done) == {"BLANK_BALANCE": (by_then["current_actual_upb"] == "").sum()} | (
        {"PLACEHOLDER_STATUS": placeholders} if placeholders else {}
    )
    assert (done.state, done.applied) == ("applied", len(by_then))
