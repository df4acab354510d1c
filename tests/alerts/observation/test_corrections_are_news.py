"""What is corrected in master data is seen on the next close, and a re-run of closed days reaches the loans that it touches."""

from datetime import date, timedelta

import pytest
from django.db import connection

from alerts.observation.rerun import changed_loans
from borrowers.collateral.models import CollateralItem, Pledge, Valuation
from borrowers.covenants.models import Covenant, CovenantTest
from borrowers.facts import Correction
from borrowers.funds.models import AccountTransaction, DepositAccount
from tests.factories import schedule

SINCE, JUN = date(2026, 2, 1), date(2026, 6, 30)


def day(n: int) -> date:
    return JUN + timedelta(days=n)


@pytest.fixture
def loan(nights):
    return nights.loan()


def corrected(nights, row, field, after, on):
    """The row's field becomes `after`, told on `on`."""
    label = row._meta.label_lower
    before = getattr(row, field)
    type(row).objects.filter(pk=row.pk).update(**{field: after})
    Correction.objects.create(
        lender=nights.lender, subject=label, subject_id=row.pk, field=field, before=before, after=after, valid_from=SINCE, known_from=on
    )


@pytest.fixture
def item(nights, loan):
    said = {"lender": nights.lender, "owner": loan.borrower, "valid_from": SINCE, "known_from": SINCE}
    made = CollateralItem.objects.create(number="I1", kind="equipment", currency="CNY", **said)
    nights.fact(Pledge, loan, SINCE, item=made)
    nights.fact(Valuation, made, SINCE, value=1000, method="survey")
    return made


@pytest.fixture
def account(nights, loan):
    made = nights.fact(DepositAccount, loan.borrower, SINCE, number="A1", kind="current", currency="CNY")
    nights.fact(AccountTransaction, made, SINCE, reference="1", amount=50, balance_after=50, bucket=loan.bucket)
    return made


@pytest.fixture
def covenant(nights, loan):
    return nights.fact(
        Covenant, loan.borrower, SINCE, number="C1", title="t", measure="debt_to_assets", comparison="at_most", threshold=1
    )


def test_another_kind_of_collateral_changes_the_allowed_age_of_its_valuation(nights, loan, item):
    nights.close(JUN)
    corrected(nights, item, "kind", "inventory", day(1))
    assert nights.series(loan, "valuation_allowed_days", day(1)) == [90]
    assert nights.seen(loan, "valuation_allowed_days", JUN) == 365


def test_an_account_that_turns_out_to_be_supervised_is_no_balance_to_pay_from(nights, loan, account):
    schedule(loan, (day(5), 100))
    nights.close(JUN)
    corrected(nights, account, "kind", "escrow", day(1))
    assert nights.series(loan, "balance_before_due", day(1)) == [None]
    assert nights.seen(loan, "balance_before_due", JUN) is not None


def touched(nights):
    """Loans of which something about June became known in the five days after it."""
    with connection.cursor() as cursor:
        return changed_loans(cursor, nights.lender, JUN, day(5))


@pytest.mark.parametrize("told_on", [JUN, day(1)])
def test_a_booking_told_late_touches_the_loans_of_its_holder(nights, loan, account, told_on):
    nights.loan()
    assert touched(nights) == []
    nights.fact(AccountTransaction, account, day(-3), reference="2", amount=5, known_from=told_on, bucket=loan.bucket)
    assert touched(nights) == ([loan.pk] if told_on > JUN else [])


def test_a_booking_about_a_later_day_touches_nothing(nights, loan, account):
    nights.fact(AccountTransaction, account, day(1), reference="2", amount=5, bucket=loan.bucket)
    assert touched(nights) == []


def test_a_test_of_a_covenant_told_late_touches_all_loans_that_it_holds_for(nights, loan, covenant):
    other, _stranger = nights.loan(borrower=loan.borrower), nights.loan()
    nights.fact(CovenantTest, covenant, day(-3), covenant=covenant, value=2, result="broken", known_from=day(1))
    assert touched(nights) == sorted([loan.pk, other.pk])


@pytest.mark.parametrize("of", ["item", "account", "covenant"])
def test_corrected_master_data_touches_its_loans(nights, loan, item, account, covenant, of):
    nights.loan()
    row = {"item": item, "account": account, "covenant": covenant}[of]
    corrected(nights, row, "title" if of == "covenant" else "kind", "inventory" if of == "item" else "escrow", day(1))
    assert touched(nights) == [loan.pk]
