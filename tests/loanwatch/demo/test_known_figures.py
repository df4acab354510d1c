"""The whole history of 24 months closes with the figures that the generator of the demo book knows by construction."""

from datetime import date
from typing import Any

import pytest

from loanwatch.day.actions import close_days
from loanwatch.embedded.roles import acting_as
from loanwatch.lenders.models import Lender
from tests.loanwatch.demo.comparing import compare, compare_planted, drawn_again
from tests.loanwatch.demo.conftest import AS_OF

pytestmark = [pytest.mark.django_db, pytest.mark.faults]


@pytest.fixture(scope="module")
def history(made: dict[str, Any], django_db_blocker: Any) -> list[date]:
    """Every business day of the book, closed in order by a worker."""
    with django_db_blocker.unblock(), acting_as("worker"):
        return [day.business_date for day in close_days(Lender.objects.get(code="DEMO"), made["first_day"], AS_OF)]


def test_twenty_four_months_close_in_order_with_the_generators_own_figures(made: dict[str, Any], history: list[date]) -> None:
    assert history == sorted(history) and len(history) == made["days_due"]
    assert (history[-1].year - history[0].year) * 12 + history[-1].month - history[0].month == 24
    drawn = drawn_again(AS_OF)
    compare(drawn, history)
    for close in (*history[:24:6], AS_OF):
        compare_planted(drawn, close)
