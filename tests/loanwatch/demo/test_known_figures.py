"""The whole history of 24 months closes with the figures that the generator of the demo book knows by construction."""

from typing import Any

import pytest

from loanwatch.day.actions import close_days
from loanwatch.embedded.roles import acting_as
from loanwatch.lenders.models import Lender
from tests.loanwatch.demo.comparing import compare, compare_planted, drawn_again
from tests.loanwatch.demo.conftest import AS_OF

pytestmark = pytest.mark.django_db


@pytest.mark.faults
def test_twenty_four_months_close_in_order_with_the_generators_own_figures(made: dict[str, Any]) -> None:
    drawn, lender = drawn_again(AS_OF), Lender.objects.get(code="DEMO")
    with acting_as("worker"):
        days = [day.business_date for day in close_days(lender, made["first_day"], AS_OF)]
    assert days == sorted(days) and len(days) == made["days_due"]
    assert (days[-1].year - days[0].year) * 12 + days[-1].month - days[0].month == 24
    compare(drawn, days)
    for close in (*days[:24:6], AS_OF):
        compare_planted(drawn, close)
