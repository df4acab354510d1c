"""What a file ended in error, a correction opens again."""

from datetime import date

from borrowers.loans.models import Position
from tests.borrowers.feeds.conftest import months

AUGUST, SEPTEMBER = date(2007, 8, 31), date(2007, 9, 30)


def test_a_loan_that_was_closed_in_error_and_reopened_takes_positions_again(two_loans, deliver, staff):
    first = {"loan_id": "L1"}, {"loan_id": "L2"}
    deliver("mortgage_performance", months(*first))
    august = {"monthly_reporting_period": "08/01/2007"}
    ended = months({"loan_id": "L1", **august, "zero_balance_code": "01", "current_actual_upb": "0"}, {"loan_id": "L2", **august})
    assert deliver("mortgage_performance", ended, AUGUST).state == "applied"
    mended = months({"loan_id": "L1", **august}, {"loan_id": "L2", **august})
    assert deliver("mortgage_performance", mended, AUGUST, approved_by=staff("CA1")).state == "applied"
    september = {"monthly_reporting_period": "09/01/2007"}
    done = deliver("mortgage_performance", months({"loan_id": "L1", **september}, {"loan_id": "L2", **september}), SEPTEMBER)
    assert (done.state, done.applied, done.reasons) == ("applied", 2, {})
    assert Position.objects.filter(loan__number="L1", valid_from=SEPTEMBER).count() == 1
