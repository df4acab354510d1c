"""Rows and text are the same rule."""

import pytest

from alerts.rulebook.editing.builder import Part, Row, parts_of, posted, text_of
from alerts.rulebook.language import parse
from alerts.rulebook.seeds import SEEDS

SIMPLE = [
    "red when days_past_due > 60\nyellow when days_past_due > limit.past_due_watch",
    "orange when ltv > 110% * ltv_agreed and collateral_items > 0 and not restructured",
    'red when risk_class in (doubtful, loss) or product contains "WC" or lateness_rising_3',
    "red when days_to_maturity not between 0 and 30 or valuation_age_days is not empty or segment not in (micro, small)",
    "red when days_past_due - was(days_past_due, 30 days) > 20 and borrower.segment = small and product is empty",
]


@pytest.mark.parametrize("text", SIMPLE)
def test_a_simple_rule_comes_back_the_same_from_its_rows(text):
    tree = parse(text)
    assert parse(text_of(parts_of(tree))) == tree


@pytest.mark.parametrize(
    "text", ["red when restructured and (ltv > 1 or ltv is empty)", "red when not ltv > 1", "red when not (restructured or ltv > 1) and ltv > 2"]
)
def test_what_rows_cannot_say_stays_text(text):
    assert parts_of(parse(text)) is None


def test_every_shipped_rule_that_rows_can_say_comes_back_the_same():
    trees = [parse(seed.text, seed.grain) for seed in SEEDS]
    simple = [(tree, parts) for tree in trees if (parts := parts_of(tree))]
    assert len(simple) > len(trees) / 2
    for tree, parts in simple:
        assert parse(text_of(parts), tree.grain) == tree


def test_rows_as_a_form_sends_them_are_read_and_empty_ones_count_for_nothing():
    sent = {
        "red-join": ["or"], "red-field": ["ltv", "", "restructured"], "red-operator": [">", ">", "is true"], "red-value": ["95%", "7", ""],
        "yellow-field": ["ltv"], "yellow-operator": ["; drop"], "yellow-value": ["90%"],
    }  # fmt: skip
    assert text_of(posted(sent)) == "red when ltv > 95% or restructured\nyellow when ltv > 90%"
    assert text_of([Part("red", "and", (Row(),))]) == ""
