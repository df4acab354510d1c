"""What a branch has outstanding is told in the lender's currency, and the figures still add up."""

from datetime import date
from decimal import Decimal as D

from django.db import connection

from alerts.observation.models import BranchDay
from alerts.observation.rollup import observe_branches, roll_up
from loanwatch.trail.ledger import key_of

JUN = date(2026, 6, 30)


def test_loans_in_another_currency_are_counted_and_not_added(nights):
    nights.loan()
    nights.loan(currency="USD", principal=D(7))
    nights.close(JUN)
    with connection.cursor() as cursor:
        key = key_of(nights.lender.pk, JUN)
        observe_branches(cursor, key)
        roll_up(cursor, key)
    assert BranchDay.objects.filter(lender=nights.lender).values_list("loans", "outstanding").get() == (2, D(1000))
