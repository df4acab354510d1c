"""The rule of days past due as tables of cases: each boundary with the day on both sides."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from borrowers.loans.rules import Counting, Demand, Pause, Payment, counted_days, moved, serve, stand

DUE = date(2026, 3, 10)
ONE_DEMAND = [Demand(1, DUE, principal=10_000, interest=600, fee=50)]
THREE = [Demand(n, date(2026, 2 + n, 10), principal=10_000, interest=600) for n in (1, 2, 3)]


@pytest.mark.parametrize("days", [-1, 0, 1, 29, 30, 31, 59, 60, 61, 89, 90, 91, 180, 181, 270, 271, 360, 361])
def test_days_count_from_the_day_after_the_due_date(days):
    found = stand(ONE_DEMAND, [], DUE + timedelta(days=days), Counting())
    assert found.days_past_due == found.principal_days == found.interest_days == max(0, days)
    assert (found.oldest_unpaid_due_on == DUE) == (days > 0)


@pytest.mark.parametrize(("paid", "left"), [(10_649, 1), (10_650, 0), (10_651, 0)])
def test_a_demand_that_lacks_a_hundredth_is_unpaid(paid, left):
    found = stand(ONE_DEMAND, [Payment(DUE, paid)], date(2026, 3, 20), Counting())
    assert (found.outstanding, found.days_past_due) == (left, 10 if left else 0)
    assert found.unallocated == max(0, paid - 10_650)


@pytest.mark.parametrize(("on", "days"), [(date(2026, 4, 9), 30), (date(2026, 4, 10), 0), (date(2026, 4, 11), 0)])
def test_a_payment_counts_at_the_close_of_its_own_day(on, days):
    assert stand(ONE_DEMAND, [Payment(date(2026, 4, 10), 10_650)], on, Counting()).days_past_due == days


def test_the_oldest_demand_is_served_first_and_the_count_moves_on_to_the_next():
    found = stand(THREE, [Payment(DUE, 10_600)], date(2026, 5, 1), Counting())
    assert (found.oldest_unpaid_due_on, found.days_past_due) == (date(2026, 4, 10), 21)
    assert (found.overdue_principal, found.overdue_interest, found.next_due_on) == (10_000, 600, date(2026, 5, 10))


@pytest.mark.parametrize(
    ("order", "left"),
    [
        (("fee", "interest", "principal"), (9_650, 0)),
        (("principal", "interest", "fee"), (9_000, 650)),
        (("interest", "principal", "fee"), (9_600, 50)),
        (("fee", "principal", "interest"), (9_050, 600)),
    ],
)
def test_a_part_payment_serves_the_parts_of_a_demand_in_the_lenders_order(order, left):
    (line,) = serve(ONE_DEMAND, 1_000, Counting(order=order))
    assert (line.principal_left, line.interest_left) == left


@pytest.mark.parametrize("order", [("fee", "interest"), ("fee", "fee", "principal"), ("fee", "interest", "penalty")])
def test_an_order_that_does_not_name_each_part_once_is_refused(order):
    with pytest.raises(ValueError, match="once each"):
        Counting(order=order)


def test_principal_and_interest_have_each_their_own_days():
    found = stand(THREE, [Payment(DUE, 600)], date(2026, 4, 20), Counting())
    assert (found.principal_days, found.interest_days, found.days_past_due) == (41, 10, 41)


@pytest.mark.parametrize(("grace", "day", "counted"), [(10, 10, 0), (10, 11, 11), (0, 1, 1), (7, 7, 0), (7, 8, 8)])
def test_days_of_grace_count_nought_and_the_day_after_them_counts_in_full(grace, day, counted):
    assert stand(ONE_DEMAND, [], DUE + timedelta(days=day), Counting(grace_days=grace)).days_past_due == counted


@pytest.mark.parametrize(
    ("floor", "percent", "counts"),
    [
        (10_649, "0", True), (10_650, "0", False),  # absolute: must be exceeded
        (0, "106.4999", True), (0, "106.5", False),  # relative to 10,000 outstanding
        (10_649, "106.5", False), (10_650, "106", False), (10_649, "106", True),  # both must be exceeded
    ],
)  # fmt: skip
def test_arrears_count_only_when_they_exceed_both_limits(floor, percent, counts):
    found = stand(ONE_DEMAND, [], DUE + timedelta(days=5), Counting(materiality_minor=floor, materiality_percent=Decimal(percent)))
    assert found.days_past_due == (5 if counts else 0)
    assert found.overdue_principal == 10_000  # the amounts stay what they are


def test_small_arrears_add_up_and_count_from_the_demand_that_makes_them_large():
    demands = [Demand(n, date(2026, 2 + n, 10), principal=60) for n in (1, 2, 3)]
    found = stand(demands, [], date(2026, 5, 20), Counting(materiality_minor=100))
    assert (found.oldest_unpaid_due_on, found.days_past_due, found.principal_days) == (date(2026, 4, 10), 40, 40)


@pytest.mark.parametrize(
    ("pauses", "counted"),
    [
        ([], 20),
        ([(11, 12)], 19),  # the first day that would count
        ([(10, 11)], 20),  # the due date itself never counted
        ([(30, 31)], 19),  # the day shown
        ([(31, 60)], 20),  # after it
        ([(1, 60)], 0),
        ([(12, 15), (14, 17)], 15),
        ([(12, 17), (13, 14)], 15),
        ([(14, 17), (12, 15)], 15),
    ],
)
def test_paused_days_do_not_count_and_none_is_taken_off_twice(pauses, counted):
    march = [Pause(DUE + timedelta(days=a - 10), DUE + timedelta(days=b - 10)) for a, b in pauses]
    assert counted_days(DUE, DUE + timedelta(days=20), march, 0) == counted


SATURDAY, SUNDAY, MONDAY, FRIDAY = date(2026, 5, 30), date(2026, 5, 31), date(2026, 6, 1), date(2026, 5, 29)


@pytest.mark.parametrize(
    ("due", "convention", "counts_from"),
    [
        (FRIDAY, "following", FRIDAY), (SATURDAY, "none", SATURDAY), (SATURDAY, "following", MONDAY), (SUNDAY, "following", MONDAY),
        (SATURDAY, "modified_following", FRIDAY), (date(2026, 5, 23), "modified_following", date(2026, 5, 25)), (SUNDAY, "preceding", FRIDAY),
    ],
)  # fmt: skip
def test_a_due_date_on_a_closed_day_moves_as_the_product_says(due, convention, counts_from):
    assert moved(due, convention, lambda day: day.weekday() < 5) == counts_from


@pytest.mark.parametrize(("day", "counted"), [(SUNDAY, 0), (MONDAY, 0), (date(2026, 6, 2), 1)])
def test_a_moved_demand_is_late_only_after_the_day_it_moved_to(day, counted):
    found = stand([Demand(1, SATURDAY, 100)], [], day, Counting(convention="following", moves={SATURDAY: MONDAY}))
    assert found.days_past_due == counted
    assert found.next_due_on == (None if counted else MONDAY)


def test_a_calendar_without_business_days_and_an_unknown_convention_are_faults():
    with pytest.raises(ValueError, match="no business day within 40 days"):
        moved(SATURDAY, "following", lambda day: False)
    with pytest.raises(ValueError, match="no business-day convention"):
        moved(SATURDAY, "next", lambda day: day.weekday() < 5)


@pytest.mark.parametrize(("on", "outstanding", "written_off", "days"), [(DUE + timedelta(days=9), 10_000, 0, 9), (DUE + timedelta(days=10), 0, 10_000, 0)])
def test_from_its_write_off_on_nothing_is_outstanding_or_late(on, outstanding, written_off, days):
    found = stand(ONE_DEMAND, [Payment(DUE, 650)], on, Counting(), written_off_on=DUE + timedelta(days=10))
    assert (found.outstanding, found.written_off, found.days_past_due) == (outstanding, written_off, days)


def test_what_comes_in_after_a_write_off_makes_it_smaller():
    found = stand(ONE_DEMAND, [Payment(DUE, 650), Payment(date(2026, 6, 1), 4_000)], date(2026, 6, 1), Counting(), written_off_on=date(2026, 5, 1))
    assert (found.written_off, found.principal_repaid, found.outstanding) == (6_000, 4_000, 0)
