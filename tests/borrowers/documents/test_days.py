"""Expiry and retention on the days where they turn."""

from datetime import date

import pytest

from borrowers.documents import rules


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 11, 20), 12, date(2027, 11, 20)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day, months, later):
    assert rules.add_months(day, months) == later


def test_a_policy_of_twelve_months_is_good_to_the_day_before_its_birthday():
    last = rules.expires_on(date(2026, 3, 1), 12, None)
    assert last == date(2027, 2, 28)
    assert not rules.is_expired(last, date(2027, 2, 28)) and rules.is_expired(last, date(2027, 3, 1))


def test_a_given_day_counts_before_the_months_of_the_kind():
    assert rules.expires_on(date(2026, 3, 1), 12, date(2026, 6, 30)) == date(2026, 6, 30)
    assert rules.expires_on(date(2026, 3, 1), None, None) is None and not rules.is_expired(None, date(2099, 1, 1))


@pytest.mark.parametrize(
    ("on", "may"), [(date(2036, 6, 29), False), (date(2036, 6, 30), False), (date(2036, 7, 1), True), (date(2040, 1, 1), True)]
)
def test_retention_ends_the_day_after_the_anniversary_of_the_loans_end(on, may):
    assert rules.may_be_destroyed(date(2026, 6, 30), 10, on) is may


def test_nothing_is_destroyed_while_the_loan_runs():
    assert not rules.may_be_destroyed(None, 0, date(2099, 1, 1))


def test_paper_is_lent_only_from_a_shelf_and_a_destroyed_paper_moves_no_more():
    assert "borrowed" not in rules.SHELF_MOVES[""] and "borrowed" not in rules.SHELF_MOVES["borrowed"]
    assert rules.SHELF_MOVES["borrowed"] == {"returned"} and not rules.SHELF_MOVES["destroyed"]
