"""Public loans, two statements of them: the later one is spelt otherwise and partial. It updates, and duplicates nothing."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from django.db.models import Sum

from borrowers.facts import Correction
from borrowers.loans.models import Guarantee, Loan, LoanEvent, Position
from borrowers.parties.models import Borrower, GroupMembership
from loanwatch.people.models import Branch
from tests.borrowers.feeds.real_sets import a_lender, needs_data, raw, remarks, take, touched

pytestmark = [*needs_data, pytest.mark.faults]  # whole published files: too long for the fast suite
FEED = "public_loans"
FIRST, LAST = date(2023, 5, 31), date(2025, 9, 30)
FIRST_FILE, LAST_FILE = "ibrd_loans/snapshot_2023-05-31.csv.gz", "ibrd_loans/snapshot_2025-09-30_partial.csv.gz"
CLOSED = {"Fully Repaid", "Fully Cancelled", "Fully Transferred", "Terminated"}


def statement(path: str) -> pd.DataFrame:
    """A statement with the columns of the earlier one; loans without a signed agreement are no loans yet."""
    names = list(raw(FIRST_FILE).columns)
    rows = raw(path).iloc[:, : len(names)].set_axis(names, axis=1).set_index("Loan Number")
    rows["due"] = rows["Due to IBRD"].map(Decimal).where(rows["Loan Status"] != "Fully Repaid", Decimal(0))
    return rows


def signed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["Agreement Signing Date"] != ""]


def balances(day: date) -> Decimal:
    return Position.objects.filter(valid_from=day).aggregate(s=Sum("balance"))["s"]


def test_the_later_partial_statement_updates_the_first_one_and_duplicates_nothing(as_worker, tmp_path):
    """One test, as loading the first statement takes seconds; each sentence below looks at another side of the two."""
    lender = a_lender("USD")
    done = take(lender, FEED, FIRST_FILE, FIRST)
    every_signed_loan_comes_with_guarantor_country_group_and_balance(done)
    na_is_namibia()
    what_is_odd_stands_in_the_report(done)
    a_residue_on_a_repaid_loan_is_no_debt_and_is_kept_as_delivered()
    done = take(lender, FEED, LAST_FILE, LAST)
    each_loan_is_there_once(done)
    loans_that_it_does_not_tell_of_stand_where_they_stood(done)
    a_restated_principal_is_a_correction_with_before_and_after(lender, done)
    a_borrower_written_otherwise_stays_and_a_name_misread_before_is_read_right(done)
    again_is_nothing_new_and_other_content_of_the_day_waits_for_a_person(lender, done, tmp_path)


def every_signed_loan_comes_with_guarantor_country_group_and_balance(done):
    rows = statement(FIRST_FILE)
    wanted = signed(rows)
    assert (done.state, done.read, done.applied, done.quarantined) == ("applied", 5529, len(wanted), 0)
    assert done.left_out == (rows["Agreement Signing Date"] == "").sum() == 105
    assert set(Loan.objects.values_list("number", flat=True)) == set(wanted.index)
    assert balances(FIRST) == sum(wanted["due"], Decimal(0))
    assert Loan.objects.aggregate(s=Sum("principal"))["s"] == sum(wanted["Original Principal Amount"].map(Decimal), Decimal(0))
    guaranteed = wanted[(wanted["Guarantor Country Code"] != "") & (wanted["Original Principal Amount"].map(Decimal) > 0)]
    assert Guarantee.objects.count() == len(guaranteed)
    borrowers = {(code, name.casefold()) for code, name in zip(wanted["Country Code"], wanted["Borrower"], strict=True)}
    assert Borrower.objects.filter(number__startswith="PB-").count() == GroupMembership.objects.count() == len(borrowers)
    assert Branch.objects.filter(code__startswith="CTY-").count() == wanted["Country Code"].nunique()


def na_is_namibia():
    rows = signed(statement(FIRST_FILE))
    ours = Loan.objects.filter(branch__code="CTY-NA")
    assert set(ours.values_list("number", flat=True)) == set(rows.index[rows["Country"] == "Namibia"])
    assert set(ours.values_list("guarantees__guarantor__number", "branch__name")) == {("GOV-NA", "Namibia")}


def what_is_odd_stands_in_the_report(done):
    rows = statement(FIRST_FILE)
    due, status = rows["Due to IBRD"].map(Decimal), rows["Loan Status"]
    late = pd.to_datetime(rows["Last Repayment Date"].str[:10], format="%m/%d/%Y").dt.date.lt(FIRST)
    assert remarks(done) == {
        "NOT_SIGNED": 105,
        "RESIDUE_AFTER_REPAYMENT": ((status == "Fully Repaid") & (due != 0)).sum(),
        "NEGATIVE_DUE": ((status != "Fully Repaid") & (due < 0)).sum(),
        "DUE_AFTER_MATURITY": ((status != "Fully Repaid") & (due > 0) & late).sum(),
        "RATE_ZERO": (rows["Interest Rate"] == "0").sum(),
        "NAMIBIA": (rows["Country Code"] == "NA").sum(),
        "BORROWER_NOT_NAMED": (rows["Borrower"] == "").sum(),
        "PRINCIPAL_ZERO": (rows["Original Principal Amount"] == "0").sum(),
    }
    residue = done.notes["remarks"]["RESIDUE_AFTER_REPAYMENT"]
    assert residue["column"] == "due"
    assert {"line": 3840, "value": "-100507431.09"} in residue["sample"]


def a_residue_on_a_repaid_loan_is_no_debt_and_is_kept_as_delivered():
    loan = Loan.objects.get(number="IBRD70000")
    position = Position.objects.get(loan=loan)
    assert (position.balance, position.closed_as) == (0, "Fully Repaid")
    assert loan.attributes["due"] == "-100507431.09"
    assert loan.settled_on == min(loan.matures_on, FIRST)


def each_loan_is_there_once(done):
    before, after = signed(statement(FIRST_FILE)), signed(statement(LAST_FILE))
    assert (done.state, done.read, done.quarantined, done.left_out) == ("applied", 837, 0, 837 - len(after))
    assert done.applied + done.unchanged == len(after)
    assert Loan.objects.count() == len(set(before.index) | set(after.index))
    assert Loan.objects.filter(delivery_id=done.delivery).count() == len(set(after.index) - set(before.index))
    settled = set(before.index[before["Loan Status"] == "Fully Repaid"]) | set(after.index[after["Loan Status"] == "Fully Repaid"])
    assert LoanEvent.objects.filter(kind="settled").count() == len(settled)


def loans_that_it_does_not_tell_of_stand_where_they_stood(done):
    before, after = signed(statement(FIRST_FILE)), signed(statement(LAST_FILE))
    carried = before[~before["Loan Status"].isin(CLOSED) & ~before.index.isin(after.index)]
    assert remarks(done)["ABSENT_CARRIED"] == len(carried) == 1174
    assert balances(LAST) == sum(after["due"], Decimal(0)) + sum(carried["due"], Decimal(0))
    on_book = Position.objects.filter(valid_from=LAST, closed_as="")
    assert set(on_book.values_list("loan__number", flat=True)) == set(carried.index) | set(after.index[~after["Loan Status"].isin(CLOSED)])


def a_restated_principal_is_a_correction_with_before_and_after(lender, done):
    before, after = signed(statement(FIRST_FILE)), signed(statement(LAST_FILE))
    there = before.index.intersection(after.index)
    was, becomes = (rows.loc[there, "Original Principal Amount"].map(Decimal) for rows in (before, after))
    changed = [number for number in there if was[number] != becomes[number]]
    told = Correction.objects.filter(lender=lender, subject="borrowers.loan", field="principal", delivery_id=done.delivery)
    numbers = dict(Loan.objects.values_list("id", "number"))
    assert {numbers[c.subject_id]: (Decimal(c.before), Decimal(c.after)) for c in told} == {n: (was[n], becomes[n]) for n in changed}
    assert remarks(done)["RESTATED_PRINCIPAL"] == len(changed) == 92
    assert {c.known_from for c in told} == {LAST}


def a_borrower_written_otherwise_stays_and_a_name_misread_before_is_read_right(done):
    assert remarks(done)["NAME_MISREAD_BEFORE"] == raw(LAST_FILE)["Borrower"].str.contains("Ã|â€").sum()
    assert remarks(done)["BORROWER_KEPT"] == 31
    assert not Borrower.objects.filter(name__contains="Ã").exists()
    public_finance = Borrower.objects.filter(name="Ministerio de Finanzas Públicas", region="Guatemala")
    assert public_finance.count() == 1


def again_is_nothing_new_and_other_content_of_the_day_waits_for_a_person(lender, done, tmp_path):
    assert take(lender, FEED, LAST_FILE, LAST).state == "already_loaded"
    row = int((raw(LAST_FILE)["Loan_Status"] == "Repaying").idxmax())
    other = take(lender, FEED, touched(LAST_FILE, tmp_path, {"Due_to_IBRD_": "1.00"}, row), LAST)
    assert (other.state, other.applied, other.reasons) == ("held", 0, {"OTHER_CONTENT": 1})
    assert other.notes["difference"] == {"to_delivery": done.delivery, "rows_that_would_change": 1}
    wrong_day = take(lender, FEED, FIRST_FILE, date(2025, 10, 1))
    assert wrong_day.reasons == {"NO_ROWS_FOR_DATE": 1}
