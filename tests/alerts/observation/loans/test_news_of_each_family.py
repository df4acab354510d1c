"""A family of indicators is looked at for its own news and on its own days, whatever others have heard."""

from datetime import date, timedelta

import pytest
from django.db import connection

from alerts.observation.loans.grain import LOAN
from borrowers.collateral.models import CollateralItem, Pledge

SINCE, JUN = date(2026, 2, 1), date(2026, 6, 30)


def day(n: int) -> date:
    return JUN + timedelta(days=n)


@pytest.fixture
def loan(nights):
    return nights.loan()


def each(nights, loan, field, *days):
    """The field at each close; every one of them is held against the facts alone."""
    return [nights.series(loan, field, on)[0] for on in days]


def test_a_pledge_told_ahead_counts_from_its_day_to_its_end_in_every_family(nights, loan):
    item = CollateralItem.objects.create(
        number="I1", kind="equipment", lender=nights.lender, owner=loan.borrower, currency="CNY", valid_from=SINCE, known_from=SINCE
    )
    nights.fact(Pledge, loan, day(2), item=item, known_from=day(-1), to_on=day(4))
    assert each(nights, loan, "collateral_items", JUN, day(1), day(2), day(3), day(4)) == [0, 0, 1, 1, 0]


def test_a_repayment_told_ahead_is_asked_where_it_came_from_on_its_day(nights, loan):
    nights.loan(borrower=loan.borrower, disbursed_on=day(-1), principal=400)
    nights.pay(loan, day(2), 400, known_from=JUN)
    assert each(nights, loan, "new_loan_repaid_share", JUN, day(1), day(2), day(3)) == [None, None, 1, 1]


def test_each_family_keeps_a_date_of_its_own(nights, loan):
    nights.close(JUN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT recheck_on FROM alerts_loanday WHERE loan_id = %s AND as_of = %s", [loan.pk, JUN])
        (dates,) = cursor.fetchone()
    assert len(dates) == len(LOAN.carried)
    assert all(on is None or on > JUN for on in dates)
