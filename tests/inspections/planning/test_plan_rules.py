"""How often a loan is inspected, on both sides of each limit."""

from datetime import date
from decimal import Decimal

import pytest

from inspections.planning.rules import days_late, first_check_due, plan_from, routine_interval, size_of

PLAN = plan_from(
    {
        "inspection.first_days": {"working_capital": 15, "default": 30},
        "inspection.routine_days": {"red": 30, "orange": 30, "yellow": 60, "large": 90, "medium": 180, "small": 365},
        "inspection.size_limits": {"large": 5_000_000, "medium": 1_000_000},
        "inspection.special_days": 5,
        "inspection.task_days": {"opens_before": 14, "shortest_notice": 10, "missed_first": 31, "spread": 80},
    }
)


@pytest.mark.parametrize(
    ("amount", "size"), [("999999.99", "small"), ("1000000", "medium"), ("4999999.99", "medium"), ("5000000", "large")]
)
def test_the_limit_belongs_to_the_larger_size(amount, size):
    assert size_of(Decimal(amount), PLAN) == size


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
    assert routine_interval(PLAN, amount=amount, risk_class=risk_class, alert_level=level, product_kind=kind) == days


@pytest.mark.parametrize(("kind", "due"), [("working_capital", date(2026, 3, 16)), ("fixed_asset", date(2026, 3, 31)), ("card", None)])
def test_the_first_check_is_due_by_product(kind, due):
    assert first_check_due(PLAN, disbursed_on=date(2026, 3, 1), product_kind=kind) == due


@pytest.mark.parametrize(
    ("state", "on", "late"), [("due", 20, 0), ("due", 21, 1), ("returned", 23, 3), ("submitted", 25, 0), ("done", 25, 0)]
)
def test_a_task_is_late_from_the_day_after_while_it_is_the_managers_turn(state, on, late):
    assert days_late(date(2026, 11, 20), state, date(2026, 11, on)) == late
