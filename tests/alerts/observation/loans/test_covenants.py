"""Headroom, breaches, tests without figures and conditions of the approval, each boundary on both sides."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from borrowers.covenants.models import ApprovalCondition, Covenant, CovenantTest, CovenantWaiver
from borrowers.loans.models import Facility

SINCE, FEB = date(2026, 1, 1), date(2026, 2, 1)
JUN = date(2026, 6, 30)


@pytest.fixture
def loan(nights):
    return nights.loan()


@pytest.fixture
def promise(nights, loan):
    def make(number="C1", **given):
        said = {"number": number, "borrower": loan.borrower, "title": "Debt to assets", "measure": "debt_to_assets", "comparison": "at_most", "threshold": 70}
        return nights.fact(Covenant, loan, SINCE, **said | given)

    return make


@pytest.fixture
def tested(nights, loan):
    def tell(covenant, on, result="kept", value=None, **given):
        return nights.fact(CovenantTest, covenant, on, result=result, value=value, bucket=loan.bucket, **given)

    return tell


@pytest.mark.parametrize(
    ("comparison", "limit", "value", "result", "headroom"),
    [
        ("at_most", 70, 63, "kept", D("0.1")), ("at_most", 70, 70, "kept", 0), ("at_most", 70, 71, "broken", None),
        ("at_least", D("1.2"), D("1.26"), "kept", D("0.05")), ("at_least", D("1.2"), D("1.1"), "broken", None), ("at_least", 0, 5, "kept", None),
        ("at_least", -100, -90, "kept", D("0.1")), ("at_most", 70, None, "not_delivered", None),
    ],
)  # fmt: skip
def test_headroom_is_the_distance_to_the_limit_on_the_safe_side(nights, loan, promise, tested, comparison, limit, value, result, headroom):
    tested(promise(comparison=comparison, threshold=limit), JUN, result, value)
    assert nights.series(loan, "covenant_headroom", JUN) == [headroom]


def test_the_least_headroom_of_all_covenants_counts_and_the_last_test_of_each(nights, loan, promise, tested):
    first, second = promise("C1"), promise("C2")
    tested(first, FEB, value=69)
    tested(first, JUN, value=56)
    tested(second, JUN, value=63)
    assert nights.series(loan, "covenant_headroom", FEB, JUN) == [D("0.014286"), D("0.1")]


def test_a_breach_stands_until_a_test_is_kept(nights, loan, promise, tested):
    covenant = promise()
    tested(covenant, date(2026, 3, 31), "broken", 75)
    tested(covenant, date(2026, 5, 1), "not_delivered")
    tested(covenant, JUN, "kept", 65)
    assert nights.series(loan, "covenant_breaches", FEB, date(2026, 3, 31), date(2026, 5, 1), JUN) == [None, 1, 1, 0]


@pytest.mark.parametrize(("results", "of_4"), [("kbkkb", 2), ("bkkkb", 1), ("bbbbk", 0), ("bbbbb", 4)])
def test_a_covenant_broken_now_is_asked_for_its_last_four_tests(nights, loan, promise, tested, results, of_4):
    covenant = promise()
    for month, result in enumerate(results, 1):
        tested(covenant, date(2026, month, 28), {"k": "kept", "b": "broken"}[result], 65)
    assert nights.series(loan, "covenant_breaches_of_4", JUN) == [of_4]


def test_a_waiver_covers_a_breach_from_its_first_day_to_before_its_last_and_having_ended_is_told(nights, loan, promise, tested):
    covenant = promise()
    tested(covenant, date(2026, 3, 31), "broken", 75)
    nights.fact(CovenantWaiver, covenant, date(2026, 4, 2), to_on=date(2026, 4, 10), reason="r", approved_by="a", bucket=loan.bucket)
    days = [date(2026, 4, n) for n in (1, 2, 9, 10)]
    assert nights.series(loan, "covenant_breaches", *days) == [1, 0, 0, 1]
    assert [nights.seen(loan, "covenant_waiver_expired", d) for d in days] == [False, False, False, True]


def test_a_test_told_late_or_corrected_counts_from_when_it_is_known(nights, loan, promise, tested):
    covenant = promise()
    tested(covenant, JUN, "kept", 65, known_from=date(2026, 7, 10))
    tested(covenant, JUN, "broken", 75, known_from=date(2026, 7, 12))
    tested(covenant, JUN, "broken", 75, known_from=date(2026, 7, 14), withdrawn=True)
    assert nights.series(loan, "covenant_breaches", *(date(2026, 7, n) for n in (9, 10, 12, 14))) == [None, 0, 1, None]


def test_a_covenant_of_the_facility_counts_for_its_loans_and_that_of_another_loan_does_not(nights, loan, promise, tested):
    line = Facility.objects.create(lender=nights.lender, number="F1", borrower=loan.borrower, currency="CNY", limit=5000, valid_from=SINCE, known_from=SINCE)
    drawn = nights.loan(borrower=loan.borrower, facility=line)
    tested(promise("C1", loan=None, facility=line), JUN, "broken", 75)
    tested(promise("C2", loan=drawn, facility=None), JUN, "kept", 65)
    nights.close(JUN)
    assert [nights.seen(which, "covenant_breaches") for which in (drawn, loan)] == [1, None]
    tested(promise("C3", loan=None, facility=None, known_from=date(2026, 7, 1)), JUN, "broken", 75, known_from=date(2026, 7, 1))
    nights.close(date(2026, 7, 1))
    assert [nights.seen(which, "covenant_breaches") for which in (drawn, loan)] == [2, 1]


def test_a_test_without_figures_is_missing_the_day_after_its_days_of_grace(nights, loan, promise, tested):
    # agreed for 1 April and 1 July with 45 days each: missing from 17 May and 16 August
    covenant = promise()
    days = [date(2026, 5, 16), date(2026, 5, 17), date(2026, 8, 15), date(2026, 8, 16), date(2026, 8, 17), date(2026, 8, 18)]
    tested(covenant, date(2026, 4, 1), "kept", 65, known_from=date(2026, 8, 17))
    tested(covenant, JUN, "kept", 65, known_from=date(2026, 8, 18))
    assert nights.series(loan, "covenant_tests_missing", *days) == [0, 1, 1, 2, 1, 0]


def test_a_covenant_that_ended_or_that_only_asks_for_statements_misses_no_test(nights, loan, promise):
    promise("C1", comparison="happens", measure="statements", threshold=None)
    promise("C2", ends_on=date(2026, 5, 20))
    assert nights.series(loan, "covenant_tests_missing", date(2026, 5, 20), date(2026, 5, 21)) == [1, None]


@pytest.mark.parametrize(
    ("due", "met", "days"), [(JUN, None, 0), (JUN - timedelta(1), None, 1), (JUN - timedelta(9), JUN, 0), (JUN - timedelta(9), JUN + timedelta(1), 9)]
)
def test_a_condition_of_the_approval_is_late_from_the_day_after_its_date_until_it_is_met(nights, loan, due, met, days):
    nights.fact(ApprovalCondition, loan.borrower, SINCE, reference="1", text="t", due_on=due, met_on=met, bucket=loan.bucket)
    assert nights.series(loan, "condition_overdue_days", JUN) == [days]


def test_a_condition_met_later_and_one_that_is_never_told(nights, loan):
    other = nights.loan()
    nights.fact(ApprovalCondition, loan.borrower, SINCE, reference="1", text="t", due_on=date(2026, 6, 1), bucket=loan.bucket)
    nights.close(JUN)
    nights.fact(
        ApprovalCondition, loan.borrower, SINCE, reference="1", text="t", due_on=date(2026, 6, 1), met_on=JUN, known_from=date(2026, 7, 3), bucket=loan.bucket
    )
    assert nights.series(loan, "condition_overdue_days", date(2026, 7, 2), date(2026, 7, 3)) == [31, 0]
    assert nights.seen(other, "condition_overdue_days") is None
