"""Interest runs for the days that the contract's day count says."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanwatch.kernel.daycounts import ACT_360, ACT_365, CONVENTIONS, THIRTY_360, days_between, year_fraction

DATES = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("convention", "start", "end", "days"),
    [
        (THIRTY_360, date(2026, 1, 15), date(2026, 2, 15), 30),
        (THIRTY_360, date(2026, 1, 31), date(2026, 2, 28), 28),  # February is not stretched
        (THIRTY_360, date(2024, 2, 29), date(2024, 3, 31), 31),
        (THIRTY_360, date(2026, 1, 30), date(2026, 1, 31), 0),
        (THIRTY_360, date(2026, 3, 31), date(2026, 4, 30), 30),
        (THIRTY_360, date(2025, 12, 31), date(2026, 12, 31), 360),
        (ACT_360, date(2026, 1, 15), date(2026, 2, 15), 31),
        (ACT_360, date(2024, 2, 28), date(2024, 3, 1), 2),
        (ACT_365, date(2024, 1, 1), date(2025, 1, 1), 366),
        (ACT_365, date(2026, 2, 15), date(2026, 1, 15), -31),
    ],
)
def test_days_of_a_period(convention, start, end, days):
    assert days_between(convention, start, end) == days


def test_a_year_of_360_days_is_longer_than_one_when_real_days_are_counted():
    assert year_fraction(ACT_360, date(2026, 1, 1), date(2027, 1, 1)) == Fraction(365, 360)
    assert year_fraction(ACT_365, date(2026, 1, 1), date(2027, 1, 1)) == 1
    assert year_fraction(THIRTY_360, date(2026, 1, 1), date(2027, 1, 1)) == 1


@given(st.sampled_from(CONVENTIONS), DATES, DATES, DATES)
def test_the_parts_of_a_period_add_up_to_the_period(convention, first, second, third):
    whole = days_between(convention, first, third)
    assert days_between(convention, first, second) + days_between(convention, second, third) == whole


def test_a_day_count_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="ACT/ACT is no day count"):
        days_between("ACT/ACT", date(2026, 1, 1), date(2026, 2, 1))
