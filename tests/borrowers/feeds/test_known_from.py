"""A file that comes after its day was closed is known from the day after the last close: what a close was made of stays."""

from datetime import date

import pytest

from borrowers.loans.models import Position
from loanwatch.trail.models import BusinessDay
from tests.borrowers.feeds.conftest import JULY, loans, months

AUGUST = date(2007, 8, 31)


@pytest.fixture
def loan(lender, deliver):
    deliver("mortgage_acquisition", loans("L1"))
    deliver("mortgage_performance", months({"loan_id": "L1"}))
    return lender


@pytest.mark.parametrize(("closed", "known"), [([], JULY), ([JULY], date(2007, 8, 1)), ([JULY, AUGUST], date(2007, 9, 1))])
def test_a_late_figure_is_known_from_the_day_after_the_last_close(loan, deliver, staff, closed, known):
    for day in closed:
        BusinessDay.objects.create(lender=loan, business_date=day, slices=1, state="closed")
    late = months({"loan_id": "L1", "current_actual_upb": "126000"})
    assert deliver("mortgage_performance", late, back_dated=True, approved_by=staff("CA1")).state == "applied"
    first, second = Position.objects.order_by("revision")
    assert (first.known_from, second.known_from) == (JULY, known)
    for day in closed:
        assert Position.objects.known_on(day).get() == first
    assert Position.objects.known_on(known).get() == second
