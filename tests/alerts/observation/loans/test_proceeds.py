"""Where the money went: agreed payees, forbidden uses, money that came back, proofs, slices, cash, the project."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from borrowers.funds.models import AccountTransaction, AgreedPayee, DepositAccount, DisbursementPayment
from borrowers.outside.models import OutsideFigure

PAID_OUT = date(2026, 1, 10)  # 1,000


def day(n: int) -> date:
    return PAID_OUT + timedelta(days=n)


@pytest.fixture
def loan(nights):
    return nights.loan()


@pytest.fixture
def paid(nights):
    numbers = iter(range(1, 100))

    def pay(loan, on, amount, kind="supplier", payee="Works", mode="self_paid", **given):
        said = {"reference": f"P{next(numbers)}", "mode": mode, "payee": payee, "amount": amount, "payee_kind": kind}
        return nights.fact(DisbursementPayment, loan, on, **said | given)

    return pay


@pytest.fixture
def booked(nights):
    numbers = iter(range(1, 100))

    def book(loan, on, amount, category="", **given):
        account, _ = DepositAccount.objects.get_or_create(
            lender=nights.lender, number=f"A{loan.borrower_id}", borrower=loan.borrower, bucket=loan.bucket, kind="current", currency="CNY",
            defaults={"valid_from": PAID_OUT, "known_from": PAID_OUT},
        )  # fmt: skip
        said = {"reference": f"B{next(numbers)}", "amount": amount, "category": category, "bucket": loan.bucket}
        return nights.fact(AccountTransaction, account, on, **said | given)

    return book


def test_what_went_to_others_than_the_agreed_payees_is_a_share_of_the_loan(nights, loan, paid):
    nights.fact(AgreedPayee, loan, PAID_OUT, payee="Works", payee_account="77")
    paid(loan, PAID_OUT, 700)
    paid(loan, PAID_OUT, 100, payee="Works (new name)", payee_account="77")
    paid(loan, day(2), 50, payee="Somebody else")
    assert nights.series(loan, "paid_outside_share", PAID_OUT, day(1), day(2)) == [0, 0, D("0.05")]


def test_without_agreed_payees_or_without_payments_nothing_is_said_of_payees(nights, loan, paid):
    other = nights.loan()
    paid(loan, PAID_OUT, 700)
    nights.fact(AgreedPayee, other, PAID_OUT, payee="Works")
    nights.close(PAID_OUT)
    assert [nights.seen(which, "paid_outside_share") for which in (loan, other)] == [None, None]


def test_a_payee_agreed_later_is_inside_from_then_on(nights, loan, paid):
    nights.fact(AgreedPayee, loan, PAID_OUT, payee="First")
    paid(loan, PAID_OUT, 500)
    nights.fact(AgreedPayee, loan, day(3), payee="Works", known_from=day(1))
    assert nights.series(loan, "paid_outside_share", PAID_OUT, day(2), day(3)) == [D("0.5"), D("0.5"), 0]


@pytest.mark.parametrize(
    ("n", "kind", "share"), [(30, "securities", D("0.1")), (31, "securities", 0), (5, "property", D("0.1")), (5, "lender", D("0.1")), (5, "supplier", 0)]
)
def test_forbidden_payees_count_within_thirty_days(nights, loan, paid, n, kind, share):
    paid(loan, day(n), 100, kind)
    assert nights.series(loan, "forbidden_use_share", day(n)) == [share]
    assert nights.seen(loan, "forbidden_payments") == int(share > 0)


def test_a_mortgage_may_buy_property(nights, paid):
    loan = nights.loan("mortgage")
    paid(loan, day(1), 900, "property", mode="entrusted")
    assert nights.series(loan, "forbidden_use_share", day(1)) == [0]


def test_bookings_of_the_first_thirty_days_are_the_second_step_and_one_payment_is_not_counted_twice(nights, loan, paid, booked):
    paid(loan, day(1), 100, "securities")
    booked(loan, day(1), -100, "securities")
    booked(loan, day(30), -50, "wealth")
    booked(loan, day(31), -400, "wealth")
    booked(loan, day(2), 300, "securities")
    days = (PAID_OUT, day(1), day(30), day(31))
    assert nights.series(loan, "forbidden_use_share", *days) == [None, D("0.1"), D("0.15"), D("0.15")]
    assert nights.seen(loan, "forbidden_payments") == 2


def test_a_booking_corrected_out_of_the_first_days_is_forgotten(nights, loan, booked):
    booked(loan, day(2), -100, "wealth", reference="W")
    booked(loan, day(90), -100, "wealth", reference="W", known_from=day(4))
    assert nights.series(loan, "forbidden_use_share", day(3), day(4)) == [D("0.1"), None]


def test_what_payees_send_back_within_thirty_days_and_what_related_parties_get_came_back(nights, loan, paid, booked):
    paid(loan, PAID_OUT, 500)
    paid(loan, day(1), 50, "related", payee="Own holding")
    booked(loan, day(30), 200, counterparty="Works")
    booked(loan, day(31), 100, counterparty="Works")
    booked(loan, day(5), 100, counterparty="A customer")
    assert nights.series(loan, "returned_share", PAID_OUT, day(1), day(30), day(31)) == [0, D("0.05"), D("0.25"), D("0.25")]


def test_days_with_proofs_missing_end_when_eighty_per_cent_are_proven(nights, loan, paid):
    paid(loan, PAID_OUT, 790, proof="Contract 7")
    paid(loan, day(40), 10, proof="Invoice 9")
    assert nights.series(loan, "proofs_missing_days", day(39), day(40)) == [39, 0]
    assert [nights.seen(loan, "proven_share", d) for d in (day(39), day(40))] == [D("0.79"), D("0.8")]


@pytest.mark.parametrize(
    ("payments", "patterns"),
    [
        (((0, 400_000), (5, 500_000), (9, 450_000)), 1), (((0, 400_000), (5, 500_000), (10, 450_000)), 0), (((0, 400_000), (5, 399_999), (9, 450_000)), 0),
        (((0, 400_000), (5, 500_001), (9, 450_000)), 0), (((0, 500_000), (5, 500_000)), 0),
    ],
)  # fmt: skip
def test_three_payments_to_one_payee_just_below_the_limit_within_ten_days_are_slices(nights, paid, payments, patterns):
    loan = nights.loan("personal_business", principal=D(3_000_000))
    for n, amount in payments:
        paid(loan, day(n), amount)
    paid(loan, day(1), 450_000, payee="Another")
    assert nights.series(loan, "split_payments", day(20)) == [patterns]


def test_cash_and_persons_within_three_days_are_a_share_of_what_the_borrower_paid_himself(nights, loan, paid):
    paid(loan, PAID_OUT, 500, mode="entrusted")
    paid(loan, day(1), 100)
    paid(loan, day(3), 60, "cash")
    paid(loan, day(3), 20, "person")
    paid(loan, day(4), 20, "cash")
    assert nights.series(loan, "cash_share", PAID_OUT, day(1), day(3), day(4)) == [None, 0, D("0.444444"), D("0.4")]


def project(nights, loan, measure, on, value, **given):
    return nights.fact(OutsideFigure, loan.borrower, on, measure=f"project_{measure}", value=value, source="s", **given)


def test_a_project_lags_behind_plan_or_behind_its_money(nights):
    loan = nights.loan("fixed_asset")
    project(nights, loan, "progress", PAID_OUT, 30)
    nights.close(PAID_OUT)
    project(nights, loan, "planned", day(1), 40)
    project(nights, loan, "spent", day(2), 450, currency="CNY")
    project(nights, loan, "budget", day(2), 1000, currency="CNY")
    project(nights, loan, "progress", day(3), 38)
    assert nights.series(loan, "project_behind", day(1), day(2), day(3)) == [10, 15, 7]
    assert nights.seen(loan, "project_behind", PAID_OUT) is None


def test_money_of_two_currencies_is_not_compared_and_other_loans_of_the_borrower_finance_no_project(nights, loan):
    works = nights.loan("fixed_asset", borrower=loan.borrower)
    project(nights, works, "progress", PAID_OUT, 30)
    project(nights, works, "planned", PAID_OUT, 30)
    project(nights, works, "spent", PAID_OUT, 900, currency="USD")
    project(nights, works, "budget", PAID_OUT, 1000, currency="CNY")
    nights.close(PAID_OUT)
    assert [nights.seen(which, "project_behind") for which in (works, loan)] == [0, None]


def test_a_project_stands_since_its_progress_was_first_as_high(nights):
    loan = nights.loan("fixed_asset")
    for n, value in ((0, 30), (10, 30), (20, 31)):
        project(nights, loan, "progress", day(n), value)
    assert nights.series(loan, "project_stands_days", day(9), day(10), day(19), day(20)) == [None, 10, 19, 0]
