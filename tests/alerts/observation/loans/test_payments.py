"""Returned debits, promises, payers, balances and what falls due next: each boundary on both sides, carried and computed afresh."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from borrowers.conduct.models import PaymentPromise
from borrowers.funds.models import AccountTransaction, DepositAccount, PaymentReturn
from tests.factories import schedule

MAR_2, JUN_1, JUN_2 = date(2026, 3, 2), date(2026, 6, 1), date(2026, 6, 2)


def day(n: int, start: date = MAR_2) -> date:
    return start + timedelta(days=n)


# --- REP-05 ---


def test_a_returned_debit_counts_for_three_months_to_the_day(nights):
    loan = nights.loan()
    nights.fact(PaymentReturn, loan, MAR_2, reference="D1", amount=5, retries=2)
    days = (MAR_2, JUN_1, JUN_2)
    assert nights.series(loan, "returned_debits_3m", *days) == [1, 1, 0]
    assert [nights.seen(loan, "returned_debit_retries_3m", d) for d in days] == [2, 2, 0]


def test_a_debit_that_came_back_for_a_technical_reason_is_left_out_and_one_withdrawn_is_forgotten(nights):
    loan = nights.loan()
    nights.fact(PaymentReturn, loan, MAR_2, reference="D1", amount=5, technical=True)
    nights.fact(PaymentReturn, loan, MAR_2, reference="D2", amount=5)
    nights.fact(PaymentReturn, loan, MAR_2, reference="D2", amount=5, known_from=day(2), withdrawn=True)
    assert nights.series(loan, "returned_debits_3m", MAR_2, day(1), day(2)) == [1, 1, 0]


def test_without_any_source_of_returned_debits_the_count_is_unknown_and_afterwards_none_for_the_others(nights):
    loan, other = nights.loan(), nights.loan()
    assert nights.series(loan, "returned_debits_3m", MAR_2) == [None]
    nights.fact(PaymentReturn, other, day(1), reference="D1", amount=5)
    assert nights.series(loan, "returned_debits_3m", day(1)) == [0]


def test_a_debit_told_late_and_one_told_ahead_count_from_when_they_are_known_and_so(nights):
    loan = nights.loan()
    nights.fact(PaymentReturn, loan, MAR_2, reference="D1", amount=5, known_from=day(3))
    nights.fact(PaymentReturn, loan, day(5), reference="D2", amount=5, known_from=day(1))
    assert nights.series(loan, "returned_debits_3m", *(day(n) for n in range(1, 6))) == [0, 0, 1, 1, 2]


# --- REP-07 and MSK-06 ---


def test_the_share_paid_by_third_parties_leaves_the_group_out(nights):
    loan = nights.loan()
    for kind, amount in (("borrower", 40), ("group", 20), ("third", 30), ("unknown", 10)):
        nights.pay(loan, MAR_2, amount, payer_kind=kind)
    nights.close(MAR_2)
    assert (nights.seen(loan, "third_party_paid_share_6m"), nights.seen(loan, "unknown_payer_share_6m")) == (D("0.4"), D("0.1"))


def test_a_payment_leaves_the_six_months_on_its_day_and_nothing_paid_means_nothing_to_say(nights):
    loan = nights.loan()
    nights.pay(loan, MAR_2, 30, payer_kind="third")
    assert nights.series(loan, "third_party_paid_share_6m", MAR_2, date(2026, 9, 1), date(2026, 9, 2)) == [1, 1, None]


def test_payments_that_name_no_payer_do_not_say_that_nobody_else_paid(nights):
    loan = nights.loan()
    nights.pay(loan, MAR_2, 30)
    assert nights.series(loan, "third_party_paid_share_6m", MAR_2) == [None]


def test_a_payment_taken_back_counts_for_nobody(nights):
    loan = nights.loan()
    nights.pay(loan, MAR_2, 50, payer_kind="borrower")
    wrong = nights.pay(loan, MAR_2, 50, payer_kind="staff")
    nights.pay(loan, day(1), -50, reverses=wrong)
    assert nights.series(loan, "third_party_paid_share_6m", MAR_2, day(1)) == [D("0.5"), 0]
    assert [nights.seen(loan, "staff_payments_24m", d) for d in (MAR_2, day(1))] == [1, 0]


# --- REP-08, REP-09, REP-11 ---


def account(nights, loan, **given):
    return nights.fact(DepositAccount, loan.borrower, date(2026, 1, 1), **{"number": f"A{loan.pk}", "kind": "current", "currency": "CNY"} | given)


def test_the_balance_of_the_five_days_before_is_held_against_a_demand_due_within_seven(nights):
    loan = nights.loan()
    schedule(loan, (date(2026, 3, 20), 100), (date(2026, 4, 20), 100))
    own = account(nights, loan)
    nights.fact(AccountTransaction, own, date(2026, 3, 1), reference="1", amount=200, balance_after=200, bucket=loan.bucket)
    nights.fact(AccountTransaction, own, date(2026, 3, 11), reference="2", amount=-150, balance_after=50, bucket=loan.bucket)
    # on the 13th: three days at 200 and two at 50; on the 20th the demand is due, the next one is a month away
    days = [date(2026, 3, n) for n in (12, 13, 19, 20)]
    assert nights.series(loan, "balance_before_due", *days) == [None, D("1.4"), D("0.5"), None]
    assert [nights.seen(loan, "next_demand_days", d) for d in days] == [8, 7, 1, 31]


def test_the_average_takes_the_days_of_which_the_balance_is_known_and_adds_up_accounts(nights):
    loan = nights.loan()
    schedule(loan, (date(2026, 3, 20), 100))
    first, second = account(nights, loan), account(nights, loan, number="second")
    nights.fact(AccountTransaction, first, date(2026, 3, 13), reference="1", amount=60, balance_after=60, bucket=loan.bucket)
    nights.fact(AccountTransaction, second, date(2026, 3, 1), reference="1", amount=40, balance_after=40, bucket=loan.bucket)
    account(nights, loan, number="never told")
    # until the day after its first booking the balance of the first account is not known
    assert nights.series(loan, "balance_before_due", date(2026, 3, 13), date(2026, 3, 15)) == [D("0.4"), 1]


def test_a_corrected_earlier_booking_is_not_the_last_of_its_day_and_ten_comes_after_nine(nights):
    loan = nights.loan()
    schedule(loan, (date(2026, 3, 20), 100))
    own = account(nights, loan)
    early = {"reference": "9", "amount": 30, "bucket": loan.bucket}
    nights.fact(AccountTransaction, own, date(2026, 3, 1), balance_after=30, **early)
    nights.fact(AccountTransaction, own, date(2026, 3, 1), reference="10", amount=20, balance_after=50, bucket=loan.bucket)
    nights.fact(AccountTransaction, own, date(2026, 3, 1), balance_after=30, known_from=date(2026, 3, 2), **early | {"counterparty": "Shop"})
    assert nights.series(loan, "balance_before_due", date(2026, 3, 15)) == [D("0.5")]


def test_a_supervised_account_or_one_in_another_currency_is_no_balance_to_pay_from(nights):
    loan = nights.loan()
    schedule(loan, (date(2026, 3, 20), 100))
    for number, given in enumerate(({"kind": "escrow"}, {"currency": "USD"})):
        closed = account(nights, loan, number=f"X{number}", **given)
        nights.fact(AccountTransaction, closed, date(2026, 3, 1), reference="1", amount=200, balance_after=200, bucket=loan.bucket)
    assert nights.series(loan, "balance_before_due", date(2026, 3, 15)) == [None]


def test_an_account_opened_within_the_week_is_seen_the_same_night(nights):
    loan = nights.loan()
    schedule(loan, (date(2026, 3, 20), 100))
    nights.close(date(2026, 3, 15))
    own = account(nights, loan, known_from=date(2026, 3, 16))
    nights.fact(AccountTransaction, own, date(2026, 3, 10), reference="1", amount=70, balance_after=70, known_from=date(2026, 3, 17), bucket=loan.bucket)
    assert nights.series(loan, "balance_before_due", date(2026, 3, 16), date(2026, 3, 17)) == [None, D("0.7")]


def test_principal_due_in_ninety_days_holds_the_ninetieth_and_not_the_day_itself(nights):
    loan = nights.loan()
    schedule(loan, (date(2026, 3, 10), 10), (date(2026, 6, 8), 500), (date(2026, 6, 9), 7))
    assert nights.series(loan, "principal_due_90d", date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11)) == [10, 500, 507]


def test_what_was_paid_ahead_is_not_due_any_more(nights):
    loan = nights.loan()
    schedule(loan, (date(2026, 3, 10), 100), (date(2026, 4, 10), 100))
    nights.pay(loan, date(2026, 3, 3), 130)
    assert nights.series(loan, "principal_due_90d", MAR_2, date(2026, 3, 3)) == [200, 70]
    assert [nights.seen(loan, "next_demand", d) for d in (MAR_2, date(2026, 3, 3))] == [100, 70]


@pytest.mark.parametrize(
    ("principals", "days"),
    [((0, 0, 100, 100), 61), ((0, 0, 0, 100), None), ((50, 50, 50, 50), None), ((100, 0, 0, 0), None), ((0, 100, 100, 100), 31)],
)
def test_the_first_full_instalment_is_the_one_after_demands_without_principal(nights, principals, days):
    loan = nights.loan()
    due = (date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10), date(2026, 6, 10))
    schedule(loan, *((on, amount) for on, amount in zip(due, principals, strict=True)))
    assert nights.series(loan, "full_instalment_days", date(2026, 3, 10)) == [days]


def test_the_first_full_instalment_is_told_until_its_due_date(nights):
    loan = nights.loan()
    schedule(loan, (date(2026, 3, 10), 0), (date(2026, 4, 10), 100), (date(2026, 5, 10), 100))
    assert nights.series(loan, "full_instalment_days", date(2026, 4, 9), date(2026, 4, 10), date(2026, 4, 11)) == [1, 0, None]


# --- REP-12 ---


@pytest.mark.parametrize(("paid", "broken"), [(94, 1), (95, 0)])
def test_a_promise_is_kept_by_ninety_five_per_cent_of_it(nights, paid, broken):
    loan = nights.loan()
    nights.fact(PaymentPromise, loan, MAR_2, due_on=day(5), amount=100)
    nights.pay(loan, day(5), paid)
    assert nights.series(loan, "broken_promises_60d", day(5), day(6)) == [0, broken]


def test_a_broken_promise_counts_from_the_day_after_its_date_for_sixty_days(nights):
    loan = nights.loan()
    nights.fact(PaymentPromise, loan, MAR_2, due_on=day(5), amount=100)
    assert nights.series(loan, "broken_promises_60d", day(5), day(6), day(65), day(66)) == [0, 1, 1, 0]


def test_money_from_before_the_promise_or_after_its_date_does_not_keep_it(nights):
    loan = nights.loan()
    nights.pay(loan, day(-1), 100)
    nights.fact(PaymentPromise, loan, MAR_2, due_on=day(5), amount=100)
    nights.pay(loan, day(6), 100)
    assert nights.series(loan, "broken_promises_60d", day(6)) == [1]


def test_a_payment_told_late_mends_a_promise_thought_broken_and_one_taken_back_breaks_it(nights):
    loan = nights.loan()
    nights.fact(PaymentPromise, loan, MAR_2, due_on=day(5), amount=100)
    late = nights.pay(loan, day(4), 100, known_from=day(7))
    nights.pay(loan, day(8), -100, reverses=late)
    assert nights.series(loan, "broken_promises_60d", day(6), day(7), day(8)) == [1, 0, 1]


def test_without_a_register_of_promises_nothing_is_said(nights):
    assert nights.series(nights.loan(), "broken_promises_60d", MAR_2) == [None]
