"""Every planted indicator is one of the catalogue, with a field of the observation and limits in the rule language.

That the observation finds them is shown on the whole history, see `test_known_figures`.
"""

import pytest

from alerts.observation.dictionary import GRAINS
from alerts.rulebook.language import parse
from alerts.rulebook.rules import fields_used
from loanwatch.demo import answer_key, conduct
from loanwatch.demo.readings import READINGS, RULES

CASES = answer_key.garden().cases
FOUND = {*(i for _, case in CASES for i in case.finds), *(row[1] for row in conduct.STAFF_KEY)}
ON_A_BRANCH = {"IND-06"}  # shown by sub-branch 122, see `test_planted_cases`
UNPLANTED = {"MSK-07": "a better class is confirmed by people between two closes; the book is made of facts before the first"}


@pytest.mark.parametrize("indicator", sorted(READINGS))
def test_the_rule_of_an_indicator_reads_the_field_that_is_said_to_be_its(indicator: str) -> None:
    reading, rule = READINGS[indicator], RULES[indicator]
    assert reading.grain == rule.grain and reading.field in fields_used(parse(rule.text, rule.grain))
    assert GRAINS[reading.grain][reading.field].indicator == indicator


def test_every_planted_indicator_has_a_field() -> None:
    assert set(READINGS) == FOUND


def test_every_rule_that_ships_live_has_a_planted_case() -> None:
    shown = {rule for _, case in CASES for rule, level in case.shows.items() if level}
    found = {indicator for _, case in CASES for indicator, (_, level) in case.finds.items() if level}
    staff = {indicator for _, indicator, _, level, _ in conduct.STAFF_KEY if level}
    planted = shown | found | staff | ON_A_BRANCH
    assert {code for code, rule in RULES.items() if rule.ships_live} - planted == set(UNPLANTED)
    assert set(UNPLANTED) <= set(RULES)
