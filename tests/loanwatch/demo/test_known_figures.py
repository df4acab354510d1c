"""The whole history of 24 months closes with the figures that the generator of the demo book knows by construction, and with what it planted."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from alerts.observation.dictionary import GRAINS
from alerts.observation.models import BorrowerDay, LoanDay, StaffDay
from alerts.rulebook.evaluator import evaluate
from alerts.rulebook.language import parse
from alerts.rulebook.queries import limit_values
from alerts.rulebook.rules import Level
from loanwatch.day.actions import close_days
from loanwatch.demo import answer_key, conduct
from loanwatch.demo.readings import READINGS, RULES
from loanwatch.embedded.roles import acting_as
from loanwatch.lenders.models import Lender
from tests.loanwatch.demo.comparing import compare, compare_planted, drawn_again
from tests.loanwatch.demo.conftest import AS_OF
from tests.observed import assert_carried_is_fresh

pytestmark = [pytest.mark.django_db, pytest.mark.long]
WHO = {"loan": "loan__number", "borrower": "borrower__loans__number", "staff": "person__accounts__username"}
ROWS: dict[str, Any] = {"loan": LoanDay, "borrower": BorrowerDay, "staff": StaffDay}
TOLD = [(note.number, case.code, indicator, *told) for note, case in answer_key.garden().cases for indicator, told in case.finds.items()]
TOLD += [(login, "conduct", indicator, value, level) for login, indicator, value, level, _ in conduct.STAFF_KEY]


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


@pytest.mark.parametrize(("who", "code", "indicator", "value", "level"), TOLD, ids=[f"{who} {code} {indicator}" for who, code, indicator, _, _ in TOLD])
def test_the_last_close_finds_the_planted_indicator(history: list[date], who: str, code: str, indicator: str, value: str, level: str) -> None:
    reading = READINGS[indicator]
    row = ROWS[reading.grain].objects.get(as_of=AS_OF, **{WHO[reading.grain]: who})
    observation = {name: getattr(row, field.column, None) for name, field in GRAINS[reading.grain].items()}
    found = observation[reading.field]
    assert found is not None, f"{reading.field} is not evaluable"
    if value:
        assert (round(Decimal(found), 6) == Decimal(value)) if isinstance(found, int | Decimal) else str(found) == value
    limits = limit_values(Lender.objects.get(code="DEMO"), AS_OF)
    said = evaluate(parse(RULES[indicator].text, reading.grain), observation, limits).level
    assert max(said, Level.CLEAR).name.lower() == (level or "clear")


def test_the_last_close_carried_on_through_the_history_is_what_the_facts_say(history: list[date]) -> None:
    assert_carried_is_fresh(Lender.objects.get(code="DEMO"), AS_OF)
