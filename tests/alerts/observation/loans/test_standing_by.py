"""What stands by a loan without a family of its own dictionary: collateral, the person responsible, and checks."""

from datetime import date, timedelta
from decimal import Decimal as D

from borrowers.collateral.models import CollateralItem, Pledge, Valuation
from borrowers.loans.models import CheckDuty, Custody
from tests.factories import PersonFactory

SINCE, JUN = date(2026, 2, 1), date(2026, 6, 30)


def day(n: int) -> date:
    return JUN + timedelta(days=n)


def pledged(nights, loan, number="I1", currency="CNY", value=1000):
    said = {"lender": nights.lender, "owner": loan.borrower, "valid_from": SINCE, "known_from": SINCE}
    item = CollateralItem.objects.create(number=number, kind="equipment", currency=currency, **said)
    nights.fact(Pledge, loan, SINCE, item=item)
    nights.fact(Valuation, item, SINCE, value=value, method="survey")
    return item


def test_collateral_in_another_currency_is_counted_and_not_valued(nights):
    loan, mixed = nights.loan(), nights.loan()
    pledged(nights, loan)
    pledged(nights, mixed, number="I2")
    pledged(nights, mixed, number="I3", currency="USD")
    nights.close(JUN)
    assert [(nights.seen(one, "collateral_items"), nights.seen(one, "collateral_value")) for one in (loan, mixed)] == [(1, D(1000)), (2, None)]


def test_of_two_pledges_of_an_item_the_later_stands_and_an_end_of_it_ends_the_pledge(nights):
    loan = nights.loan()
    item = pledged(nights, loan)
    nights.fact(Pledge, loan, JUN, item=item, prior_liens=300, to_on=day(2))
    days = (day(-1), JUN, day(1), day(2))
    assert nights.series(loan, "collateral_value", *days) == [1000, 700, 700, None]
    assert [nights.seen(loan, "collateral_items", on) for on in days] == [1, 1, 1, 0]


def test_the_first_day_without_a_responsible_person_is_day_one(nights):
    loan, never = nights.loan(), nights.loan()
    person = PersonFactory(lender=nights.lender)
    Custody.objects.create(lender=nights.lender, bucket=loan.bucket, loan=loan, person=person, capacity="lead", from_on=SINCE, to_on=JUN)
    assert nights.series(loan, "handover_gap_days", day(-1), JUN, day(1)) == [0, 1, 2]
    assert nights.seen(never, "handover_gap_days") is None


def test_checks_are_overdue_from_the_day_after_and_unknown_where_none_was_ever_planned(nights):
    loan, unplanned = nights.loan(), nights.loan()
    CheckDuty.objects.create(lender=nights.lender, bucket=loan.bucket, loan=loan, kind="routine", due_on=JUN, known_from=day(-1), done_on=day(3))
    assert nights.series(loan, "inspection_overdue_days", day(-1), JUN, day(1), day(2), day(3)) == [None, 0, 1, 2, 0]
    assert nights.seen(unplanned, "inspection_overdue_days") is None
