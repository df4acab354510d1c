"""Every planted indicator is one of the catalogue, with a field of the observation and limits in the rule language.

That the observation finds them is shown on the whole history, see `test_known_figures`.
"""

import pytest

from alerts.observation.dictionary import GRAINS
from alerts.rulebook.language import parse
from loanwatch.demo import answer_key, conduct
from loanwatch.demo.readings import READINGS


@pytest.mark.parametrize("indicator", sorted(READINGS))
def test_the_limits_of_an_indicator_are_a_rule_on_a_field_that_is_said_to_be_its(indicator: str) -> None:
    reading = READINGS[indicator]
    assert GRAINS[reading.grain][reading.field].indicator == indicator
    assert parse(reading.limits, reading.grain).levels


def test_every_planted_indicator_has_a_field() -> None:
    assert {*(i for _, case in answer_key.garden().cases for i in case.finds), *(row[1] for row in conduct.STAFF_KEY)} == set(READINGS)
