"""A delivery is applied whole, or nothing of it is, and the reason is told by code, line, column and value."""

import gzip
import json
from datetime import date
from decimal import Decimal

import pytest

from borrowers.collateral.models import PriceIndex, Valuation
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.loans.models import Loan, Position
from loanwatch.lenders.actions import open_lender
from loanwatch.people.models import Branch
from loanwatch.people.tree import open_head_office
from loanwatch.trail.models import AuditEvent, BusinessDay
from tests.borrowers.feeds.conftest import JULY, loans, months, text_of

pytestmark = pytest.mark.django_db
AUGUST = date(2007, 8, 31)
PERFORMANCE = "mortgage_performance"


def test_loans_come_with_branch_product_and_collateral_by_the_rules_of_the_format(two_loans):
    loan = Loan.objects.select_related("branch", "product", "borrower").get(number="L1")
    assert (loan.branch.code, loan.product.code, loan.currency, loan.principal) == ("ST-OR", "MTG-PP", "USD", Decimal(128000))
    assert (loan.disbursed_on, loan.matures_on, loan.ltv_agreed) == (date(2007, 6, 1), date(2037, 7, 1), Decimal("0.8"))
    assert loan.attributes["seller_name"] == "OTHER"
    assert Valuation.objects.get(item__number="RP-L1").value == Decimal("160000.00")
    region = Branch.objects.get(code="DIV-PAC")
    assert region.reach_down.filter(descendant=loan.branch, depth=1).exists()


def test_positions_are_days_past_due_and_balance_with_a_blank_meaning_the_original_one(two_loans, deliver):
    done = deliver(
        PERFORMANCE, months({"loan_id": "L1", "current_loan_delinquency_status": "3"}, {"loan_id": "L2", "current_actual_upb": ""})
    )
    assert (done.state, done.read, done.applied) == ("applied", 2, 2)
    first, second = Position.objects.order_by("loan__number")
    assert (first.days_past_due, first.balance, first.valid_from, first.known_from) == (90, Decimal("127000.50"), JULY, JULY)
    assert (second.days_past_due, second.balance) == (0, Decimal("128000.00"))


def test_a_zero_balance_code_keeps_the_row_as_the_end_of_the_loan(two_loans, deliver):
    deliver(PERFORMANCE, months({"loan_id": "L1", "current_loan_delinquency_status": "-2", "zero_balance_code": "01"}, {"loan_id": "L2"}))
    position = Position.objects.get(loan__number="L1")
    assert (position.closed_as, position.days_past_due) == ("01", None)


# --- replay, versions, order of dates ---


def test_the_same_file_again_even_under_another_name_changes_nothing(two_loans, deliver):
    content = months({"loan_id": "L1"}, {"loan_id": "L2"})
    first = deliver(PERFORMANCE, content)
    again = deliver(PERFORMANCE, content, name="renamed.csv")
    assert (again.state, again.delivery, again.applied) == ("already_loaded", first.delivery, 0)
    assert Position.objects.count() == 2
    assert Delivery.objects.filter(format=PERFORMANCE).count() == 1


def test_other_figures_for_a_date_that_was_delivered_are_held_with_the_difference(two_loans, deliver):
    deliver(PERFORMANCE, months({"loan_id": "L1"}, {"loan_id": "L2"}))
    done = deliver(PERFORMANCE, months({"loan_id": "L1", "current_actual_upb": "1.00"}, {"loan_id": "L2"}))
    assert (done.state, done.applied, done.reasons) == ("held", 0, {"OTHER_CONTENT": 1})
    change = done.notes["changes"]["sample"][0]
    assert (change["field"], change["was"], change["becomes"]) == ("balance", "127000.50", "1.00")
    assert Position.objects.get(loan__number="L1").balance == Decimal("127000.50")
    assert Delivery.objects.get(pk=done.delivery).version == 2


def test_approved_other_figures_are_a_further_revision_and_the_first_stays(two_loans, deliver, staff):
    deliver(PERFORMANCE, months({"loan_id": "L1"}, {"loan_id": "L2"}))
    content = months({"loan_id": "L1", "current_actual_upb": "1.00"}, {"loan_id": "L2"})
    done = deliver(PERFORMANCE, content, approved_by=staff("CA1"))
    assert (done.state, done.applied, done.unchanged) == ("applied", 1, 1)
    told = Position.objects.filter(loan__number="L1").order_by("revision").values_list("revision", "balance", "delivery__version")
    assert list(told) == [(1, Decimal("127000.50"), 1), (2, Decimal("1.00"), 2)]
    assert Position.objects.known_on(JULY).get(loan__number="L1").balance == Decimal("1.00")


def test_a_later_delivery_that_tells_an_earlier_month_otherwise_waits_unless_it_is_declared_a_correction(two_loans, deliver):
    deliver(PERFORMANCE, months({"loan_id": "L1"}))
    content = months({"loan_id": "L1", "current_actual_upb": "5.00"}, {"loan_id": "L1", "monthly_reporting_period": "08/01/2007"})
    done = deliver(PERFORMANCE, content, AUGUST, all_rows=True)
    assert (done.state, done.reasons, done.notes["difference"]["rows_that_would_change"]) == ("held", {"OTHER_CONTENT": 1}, 1)
    assert deliver(PERFORMANCE, content, AUGUST, all_rows=True, back_dated=True).applied == 2
    assert Position.objects.known_on(JULY).get(valid_from=JULY).balance == Decimal("127000.50")
    assert Position.objects.known_on(AUGUST).get(valid_from=JULY).balance == Decimal("5.00")


def test_a_second_version_that_only_adds_rows_waits_for_approval(two_loans, deliver, staff):
    deliver(PERFORMANCE, months({"loan_id": "L1"}))
    both = months({"loan_id": "L1"}, {"loan_id": "L2"})
    done = deliver(PERFORMANCE, both)
    assert (done.state, list(done.reasons), done.notes["difference"]["rows_that_would_change"]) == ("held", ["OTHER_CONTENT"], 1)
    assert Position.objects.count() == 1
    approved = deliver(PERFORMANCE, both, approved_by=staff("CA1"))
    assert (approved.state, approved.applied, approved.unchanged) == ("applied", 1, 1)
    assert AuditEvent.objects.get(event="feed.applied", person__staff_no="CA1").subject_id == str(approved.delivery)


def test_yesterdays_file_after_todays_is_refused_unless_back_dated(two_loans, deliver):
    deliver(PERFORMANCE, months({"loan_id": "L1", "monthly_reporting_period": "08/01/2007"}), AUGUST)
    july = months({"loan_id": "L1"})
    done = deliver(PERFORMANCE, july)
    assert (done.state, done.reasons) == ("rejected", {"BACK_DATED": 1})
    assert deliver(PERFORMANCE, july, back_dated=True).state == "applied"


def test_positions_for_a_closed_day_are_refused(two_loans, deliver, lender):
    BusinessDay.objects.create(lender=lender, business_date=JULY, state="closed")
    done = deliver(PERFORMANCE, months({"loan_id": "L1"}))
    assert (done.state, done.reasons) == ("rejected", {"DAY_CLOSED": 1})


def test_a_date_that_is_no_business_day_is_refused_with_the_calendar(deliver):
    done = deliver("mortgage_acquisition", loans("L1"), date(2007, 7, 30))
    assert (done.state, list(done.reasons)) == ("rejected", ["NO_BUSINESS_DAY"])
    assert "month_end" in done.reason
    assert not Loan.objects.exists()


@pytest.mark.parametrize(("today", "state"), [("2007-07-31", "applied"), ("2007-07-30", "rejected")])
def test_a_file_for_a_day_that_has_not_come_is_refused(deliver, settings, today, state):
    settings.BUSINESS_DATE = today
    done = deliver("mortgage_acquisition", loans("L1"))
    assert (done.state, "FUTURE_DAY" in done.reasons) == (state, state == "rejected")


def test_rows_of_other_months_are_unchanged_unless_all_months_are_asked_for(two_loans, deliver):
    content = months({"loan_id": "L1"}, {"loan_id": "L1", "monthly_reporting_period": "08/01/2007"})
    done = deliver(PERFORMANCE, content, AUGUST)
    assert (done.applied, done.unchanged) == (1, 1)
    done = deliver(PERFORMANCE, content, AUGUST, all_rows=True)
    assert (done.applied, done.unchanged) == (1, 1)
    assert set(Position.objects.values_list("valid_from", "known_from")) == {(JULY, AUGUST), (AUGUST, AUGUST)}


def test_a_loan_that_the_full_file_leaves_out_is_listed(two_loans, deliver):
    deliver(PERFORMANCE, months({"loan_id": "L1"}, {"loan_id": "L2"}))
    done = deliver(PERFORMANCE, months({"loan_id": "L2", "monthly_reporting_period": "08/01/2007"}), AUGUST)
    assert done.notes["absent"] == {"loans": 1, "sample": ["L1"]}


def test_loans_without_performance_are_left_out_where_that_file_lies_beside(deliver, tmp_path):
    (tmp_path / "performance.csv.gz").write_bytes(gzip.compress(months({"loan_id": "L2"}).encode()))
    done = deliver("mortgage_acquisition", loans("L1", "L2", "L3"))
    assert (done.read, done.applied, done.left_out) == (3, 1, 2)


def test_a_dry_run_tells_everything_and_writes_nothing(deliver):
    done = deliver("mortgage_acquisition", loans("L1"), dry_run=True)
    assert (done.state, done.applied, done.delivery) == ("dry_run", 1, None)
    assert not (Loan.objects.exists() or Delivery.objects.exists() or Branch.objects.filter(code="ST-OR").exists())


# --- files that can't be used as a whole ---


def the_whole_file_waits(done, reason: str) -> None:
    assert done.state in {"held", "rejected"}
    assert done.reasons.get(reason) == 1
    assert done.applied == 0
    assert done.reason
    assert not Position.objects.exists()
    assert Delivery.objects.get(pk=done.delivery).hold_reason == done.reason


def test_a_file_cut_in_a_row_is_held(two_loans, deliver):
    the_whole_file_waits(deliver(PERFORMANCE, months({"loan_id": "L1"}, {"loan_id": "L2"})[:-20]), "TRUNCATED")


def test_a_file_cut_inside_its_last_cell_is_held(two_loans, deliver):
    the_whole_file_waits(deliver(PERFORMANCE, months({"loan_id": "L1"}).removesuffix("\n")), "TRUNCATED")


def test_a_packed_file_cut_off_is_held(two_loans, deliver):
    packed = gzip.compress(months(*({"loan_id": f"L{i}"} for i in range(200))).encode())
    the_whole_file_waits(deliver(PERFORMANCE, packed[: len(packed) // 2]), "TRUNCATED")


def test_a_quotation_that_never_ends_is_a_cut_file(two_loans, deliver):
    the_whole_file_waits(deliver(PERFORMANCE, months({"loan_id": "L1"}) + 'L2,"07/01'), "TRUNCATED")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"rows": 3, "totals": {}}, "says 3 rows, the file has 2"),
        (
            {"rows": 2, "totals": {"current_actual_upb": "254001.01"}},
            "says 254001.01 for the total of current_actual_upb, the file has 254001.00",
        ),
    ],
)
def test_a_control_total_off_by_one_hundredth_or_a_count_off_by_one_holds_the_file(two_loans, deliver, tmp_path, said, sentence):
    (tmp_path / "file.csv.control.json").write_text(json.dumps(said))
    done = deliver(PERFORMANCE, months({"loan_id": "L1"}, {"loan_id": "L2"}))
    the_whole_file_waits(done, "CONTROL_MISMATCH")
    assert sentence in done.reason


def test_a_control_record_that_agrees_is_kept_with_what_was_found(two_loans, deliver, tmp_path):
    (tmp_path / "file.csv.control.json").write_text('{"rows": 2, "totals": {"current_actual_upb": 254001.00}}')
    done = deliver(PERFORMANCE, months({"loan_id": "L1"}, {"loan_id": "L2"}))
    assert done.state == "applied"
    assert done.control["expected"] == done.control["found"] == {"rows": 2, "totals": {"current_actual_upb": "254001.00"}}


def test_a_file_in_another_encoding_than_declared_is_rejected(two_loans, deliver):
    content = months({"loan_id": "L1", "servicer": "中国银行"}).encode("gb18030")
    the_whole_file_waits(deliver(PERFORMANCE, content), "WRONG_ENCODING")


def test_a_byte_order_mark_is_no_part_of_the_first_column(two_loans, deliver):
    assert deliver(PERFORMANCE, b"\xef\xbb\xbf" + months({"loan_id": "L1"}).encode()).state == "applied"


def test_columns_are_found_by_name_whatever_their_order_but_each_must_be_there_and_no_other(two_loans, deliver):
    lines = [line.split(",") for line in months({"loan_id": "L1"}).splitlines()]
    turned = "".join(",".join(reversed(cells)) + "\n" for cells in lines)
    missing = "".join(",".join(cells[:-1]) + "\n" for cells in lines)
    extra = "".join(",".join([*cells, "x"]) + "\n" for cells in lines)
    the_whole_file_waits(deliver(PERFORMANCE, missing), "MISSING_COLUMN")
    the_whole_file_waits(deliver(PERFORMANCE, extra), "EXTRA_COLUMN")
    assert deliver(PERFORMANCE, turned).state == "applied"


def test_a_zip_archive_and_an_empty_file_are_no_deliveries(two_loans, deliver):
    the_whole_file_waits(deliver(PERFORMANCE, b"PK\x03\x04" + b"x" * 100), "UNREADABLE")
    the_whole_file_waits(deliver(PERFORMANCE, ""), "EMPTY_FILE")


# --- rows that can't be used: balances hold the whole file ---


@pytest.mark.parametrize(
    ("cells", "reason", "column"),
    [
        ({"current_actual_upb": "NaN"}, "BAD_NUMBER", "current_actual_upb"),
        ({"current_actual_upb": "１２３"}, "FULL_WIDTH", "current_actual_upb"),
        ({"current_actual_upb": "-0.01"}, "NEGATIVE_BALANCE", "current_actual_upb"),
        ({"last_paid_installment_date": "02/30/2010"}, "BAD_DATE", "last_paid_installment_date"),
        ({"monthly_reporting_period": "2007-07"}, "BAD_DATE", "monthly_reporting_period"),
        ({"zero_balance_code": "77"}, "NOT_A_CODE", "zero_balance_code"),
        ({"current_loan_delinquency_status": ""}, "MISSING_VALUE", "current_loan_delinquency_status"),
        ({"servicer": "BANK\u202e"}, "CONTROL_CHARACTER", "servicer"),
        ({"loan_id": "L9"}, "UNKNOWN_LOAN", "loan_number"),
    ],
)
def test_a_bad_row_holds_a_balance_file_and_is_kept_with_line_column_and_value(two_loans, deliver, cells, reason, column):
    done = deliver(PERFORMANCE, months({"loan_id": "L1"}, {"loan_id": "L2", **cells}))
    assert (done.state, done.read, done.applied, done.quarantined, done.reasons) == ("held", 2, 0, 1, {reason: 1})
    assert not Position.objects.exists()
    row = QuarantinedRow.objects.get(delivery_id=done.delivery)
    assert (row.line, row.reason, row.column) == (3, reason, column)
    assert row.raw["interest_rate"] == "6.375"


def test_a_held_file_is_taken_when_it_comes_again_after_the_loan_has_come(deliver):
    content = months({"loan_id": "L1"})
    assert deliver(PERFORMANCE, content).reasons == {"UNKNOWN_LOAN": 1}
    deliver("mortgage_acquisition", loans("L1"))
    assert deliver(PERFORMANCE, content).state == "applied"
    assert deliver(PERFORMANCE, content).state == "already_loaded"


def test_a_loan_of_another_lender_is_not_taken(two_loans, deliver):
    other = open_lender(code="OTHER", currency="USD", zone="UTC", calendar="month_end", holidays_until=2008)
    open_head_office(other, name="Head office", on=date(2000, 1, 1))
    assert deliver(PERFORMANCE, months({"loan_id": "L1"}), lender=other).reasons == {"OTHER_LENDER": 1}


def test_a_loan_that_has_left_the_book_gets_no_further_position(two_loans, deliver):
    deliver(PERFORMANCE, months({"loan_id": "L1", "zero_balance_code": "01"}))
    done = deliver(PERFORMANCE, months({"loan_id": "L1", "monthly_reporting_period": "08/01/2007"}), AUGUST)
    assert done.reasons == {"CLOSED_LOAN": 1}


# --- rows of master data: the good ones are applied, the bad ones set aside ---


def test_a_row_twice_with_equal_content_is_applied_once_and_noted(deliver):
    content = loans("L1", "L2")
    done = deliver("mortgage_acquisition", content + content.splitlines(keepends=True)[1])
    assert (done.state, done.read, done.applied, done.unchanged, done.notes["EQUAL_ROWS"]) == ("applied", 3, 2, 1, 1)


def test_a_key_twice_with_different_content_is_set_aside_both_times(deliver):
    content = loans("L1", "L2", "L3") + loans("L1", orig_upb="1").splitlines(keepends=True)[1]
    done = deliver("mortgage_acquisition", content)
    assert (done.state, done.applied, done.reasons) == ("applied", 2, {"DUPLICATE_KEY": 2})
    assert sorted(Loan.objects.values_list("number", flat=True)) == ["L2", "L3"]


def test_a_maturity_before_the_disbursement_and_an_unknown_product_are_set_aside(deliver):
    rows = [loans("L1", first_pay_date="08/1997", orig_loan_term="12"), loans("L2", occupancy_status="I", loan_purpose="U"), loans("L3")]
    content = rows[0] + "".join(r.splitlines(keepends=True)[1] for r in rows[1:])
    done = deliver("mortgage_acquisition", content)
    assert done.reasons == {"DATE_ORDER": 1}
    assert Loan.objects.count() == 2


def test_more_bad_rows_than_the_feed_allows_hold_the_whole_file(deliver):
    done = deliver(
        "mortgage_acquisition", loans("L1") + "".join(loans("L2", orig_upb="x", zip=z).splitlines(keepends=True)[1] for z in ("001", "002"))
    )
    assert (done.state, done.applied, done.quarantined) == ("held", 0, 2)
    assert not Loan.objects.exists()


def test_a_corrected_loan_is_brought_up_to_date_and_counted_once(deliver):
    deliver("mortgage_acquisition", loans("L1", "L2"))
    content = loans("L1") + loans("L2", orig_interest_rate="7.25", property_state="WA").splitlines(keepends=True)[1]
    done = deliver("mortgage_acquisition", content, AUGUST)
    assert (done.state, done.applied, done.unchanged) == ("applied", 1, 1)
    assert Loan.objects.get(number="L2").rate == Decimal("7.25")


def test_price_points_are_for_the_last_day_of_their_quarter(deliver):
    done = deliver("house_prices_state", text_of("house_prices_state", [{"State": "OR", "Year": "2007", "Quarter": "2", "HPI": "410.11"}]))
    assert done.applied == 1
    assert PriceIndex.objects.values_list("region", "on", "value").get() == ("OR", date(2007, 6, 30), Decimal("410.11"))
