"""How often a loan is inspected by the shipped plan, on both sides of each limit."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inspections.planning import rules, shipped
from inspections.planning.rules import Facts, Line, Numbers, days_late, line_for, size_of

NUMBERS = Numbers(large_from=5_000_000, medium_from=1_000_000, opens_before=14, shortest_notice=10, missed_first=31, spread=80)
LINES = [Line(**{key: value for key, value in row.items() if key != "clause"}) for row in shipped.ROWS]
DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("amount", "size"), [("999999.99", "small"), ("1000000", "medium"), ("4999999.99", "medium"), ("5000000", "large")]
)
def test_the_limit_belongs_to_the_larger_size(amount, size):
    assert size_of(Decimal(amount), NUMBERS) == size


@pytest.mark.parametrize(
    ("amount", "risk_class", "level", "kind", "days"),
    [
        (500_000, "normal", 0, "working_capital", 365),
        (1_000_000, "normal", 0, "working_capital", 180),
        (5_000_000, "normal", 0, "working_capital", 90),
        (5_000_000, "normal", 1, "working_capital", 60),
        (500_000, "special_mention", 0, "working_capital", 60),
        (500_000, "substandard", 0, "working_capital", 30),
        (500_000, "loss", 1, "working_capital", 30),
        (500_000, "normal", 2, "working_capital", 30),
        (5_000_000, "normal", 3, "mortgage", None),
    ],
)
def test_a_loan_is_inspected_as_often_as_its_worst_trait_asks(amount, risk_class, level, kind, days):
    facts = Facts(kind, size_of(amount, NUMBERS), rules.CLASSES.index(risk_class) + 1, level)
    assert line_for(LINES, "routine", facts).days == days


@pytest.mark.parametrize(("kind", "due"), [("working_capital", date(2026, 3, 16)), ("fixed_asset", date(2026, 3, 31)), ("card", None)])
def test_the_first_check_is_due_by_product(kind, due):
    line = line_for(LINES, "disbursement", Facts(kind, "small"))
    assert rules.first_due(line, NUMBERS, disbursed_on=date(2026, 3, 1), on=date(2026, 3, 1)) == due


@pytest.mark.parametrize(("ago", "due"), [(30, DAY), (31, DAY + timedelta(days=10)), (61, DAY + timedelta(days=10)), (62, None)])
def test_a_first_check_that_was_missed_too_long_ago_is_left_to_the_routine_plan(ago, due):
    assert rules.first_due(Line(1, "disbursement", "first", 30), NUMBERS, disbursed_on=DAY - timedelta(days=ago), on=DAY) == due


@pytest.mark.parametrize(("ahead", "due"), [(45, None), (44, 14), (30, 0), (29, 10), (10, 9), (1, 0), (0, None)])
def test_an_inspection_before_maturity_never_falls_on_the_maturity_itself(ahead, due):
    found = rules.maturity_due(Line(1, "maturity", "maturity", 30), NUMBERS, matures_on=DAY + timedelta(days=ahead), on=DAY)
    assert found == (None if due is None else DAY + timedelta(days=due))


FIRST_WINS = [
    Line(1, "routine", "routine", 20, tier_from=1, tier_to=2),
    Line(2, "routine", "routine", 40, exposure_from=Decimal(10_000_000), exposure_to=Decimal(50_000_000)),
    Line(3, "routine", "routine", None, product_kind="micro"),
    Line(4, "routine", "off_site", 180, size="small", class_to=1, level_to=1),
    Line(5, "routine", "routine", 90),
]


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        (Facts("micro", "small", tier=2, exposure=Decimal(20_000_000)), 1),
        (Facts("micro", "small", tier=3, exposure=Decimal(20_000_000)), 2),
        (Facts("micro", "small", exposure=Decimal("9999999.99")), 3),
        (Facts("fixed_asset", "large", exposure=Decimal(10_000_000)), 2),
        (Facts("fixed_asset", "large", exposure=Decimal(50_000_000)), 5),
        (Facts("fixed_asset", "small"), 4),
        (Facts("fixed_asset", "small", level=1), 4),
        (Facts("fixed_asset", "small", level=2), 5),
        (Facts("fixed_asset", "small", rank=2), 5),
        (Facts("fixed_asset", "medium"), 5),
    ],
)
def test_the_first_line_that_fits_counts(facts, place):
    assert line_for(reversed(FIRST_WINS), "routine", facts).place == place


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ({"size": "small", "class_to": 1, "level_to": 1}, False),
        ({"size": "small", "class_to": 1, "level_to": 0}, False),
        ({"size": "medium", "class_to": 1, "level_to": 1}, True),
        ({"size": "", "class_to": 1, "level_to": 1}, True),
        ({"size": "small", "class_to": 2, "level_to": 1}, True),
        ({"size": "small", "class_to": 1, "level_to": 2}, True),
        ({"size": "small", "class_to": 1}, True),
        ({"size": "small", "level_to": 1}, True),
    ],
)
def test_nothing_in_trouble_and_nothing_large_is_looked_at_from_the_desk(line, trouble):
    assert rules.off_site_fits_trouble(Line(1, "routine", "off_site", 180, **line)) is trouble


def test_a_line_below_one_that_asks_no_more_is_never_reached():
    lines = [Line(1, "routine", "routine", 30, class_from=2), Line(2, "routine", "routine", 60, class_from=3), Line(3, "routine", "routine", 90)]
    assert [line.place for line in rules.unreachable(lines)] == [2]
    assert rules.unreachable(LINES) == []


@pytest.mark.parametrize(
    ("before", "days", "limit"), [(0, 30, ""), (1, 30, ""), (2, 1, "times"), (0, 31, "days")]
)
def test_an_inspection_is_postponed_within_the_limits_of_the_plan(before, days, limit):
    assert rules.may_postpone(agreed_before=before, first_due_on=DAY, to_day=DAY + timedelta(days=days), times=2, days=30) == limit


@pytest.mark.parametrize(
    ("state", "on", "late"), [("due", 20, 0), ("due", 21, 1), ("returned", 23, 3), ("submitted", 25, 0), ("done", 25, 0)]
)
def test_a_task_is_late_from_the_day_after_while_it_is_the_managers_turn(state, on, late):
    assert days_late(date(2026, 11, 20), state, date(2026, 11, on)) == late
