"""What a rule says about one loan, and why: levels, missing values, reasons."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from alerts.observation.dictionary import FIELDS_LOAN
from alerts.rulebook.evaluator import evaluate
from alerts.rulebook.language import parse
from alerts.rulebook.rules import Level, fields_used

D = Decimal


def judge(text: str, **known):
    return evaluate(parse(text), {**dict.fromkeys(FIELDS_LOAN), **known})


def level(text: str, **known) -> int:
    return int(judge(text, **known).level)


OVERDUE = "yellow when days_past_due >= 1 orange when days_past_due >= 31 red when days_past_due >= 61"


@pytest.mark.parametrize(("days", "said"), [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (None, -1)])
def test_a_level_begins_at_its_limit(days, said):
    assert level(OVERDUE, days_past_due=days) == said


@pytest.mark.parametrize(
    ("condition", "known", "said"),
    [
        ("days_past_due > 3", {}, None),
        ("not days_past_due > 3", {}, None),
        ("days_past_due is empty", {}, True),
        ("days_past_due is not empty", {}, False),
        ("not days_past_due is empty", {"days_past_due": 0}, True),
        ("days_past_due > 3 and restructured", {"restructured": False}, False),
        ("days_past_due > 3 and restructured", {"restructured": True}, None),
        ("days_past_due > 3 or restructured", {"restructured": True}, True),
        ("days_past_due > 3 or restructured", {"restructured": False}, None),
        ("ltv > ltv_agreed", {"ltv": D("0.8")}, None),
        ("outstanding between 5 and principal", {"outstanding": D(3)}, False),
        ("outstanding between 5 and principal", {"outstanding": D(7)}, None),
        ("outstanding / principal > 50%", {"outstanding": D(7), "principal": D(0)}, None),
        ("risk_class in (loss, doubtful)", {"risk_class": "loss"}, True),
        ("risk_class not in (loss, doubtful)", {}, None),
        ("segment = micro", {"segment": ""}, None),
        ("segment is empty", {"segment": ""}, True),
        ('product contains "流动"', {"product": "流动资金贷款"}, True),
        ('product contains "流动"', {}, None),
        ('product contains "wc"', {"product": "WC-12M"}, False),
        ("as_of - 30 days >= 2026-10-21", {"as_of": date(2026, 11, 20)}, True),
        ("as_of - 30 days >= 2026-10-22", {"as_of": date(2026, 11, 20)}, False),
        ("as_of - 2026-11-01 = 19 days", {"as_of": date(2026, 11, 20)}, True),
        ("restructured = false", {"restructured": False}, True),
        ("value_change <= -35%", {"value_change": D("-0.35")}, True),
        ("value_change <= -35%", {"value_change": -0.35}, True),
        ("ltv > 110% * ltv_agreed", {"ltv": D("0.77"), "ltv_agreed": D("0.7")}, False),
        ("outstanding / 3 * 3 = outstanding", {"outstanding": D(1)}, False),
    ],
)
def test_conditions_are_true_false_or_unknown(condition, known, said):
    assert level(f"red when {condition}", **known) == {True: 3, False: 0, None: -1}[said]


def test_a_known_lower_level_stands_when_a_higher_one_cannot_be_judged():
    result = judge("red when ltv > 1 yellow when days_past_due >= 1", days_past_due=5)
    assert (result.level, result.missing) == (Level.YELLOW, ("ltv",))


def test_what_is_missing_is_named_once_and_only_where_it_matters():
    text = "red when (ltv > 1 and restructured) or days_past_due > 90 yellow when (ltv > 0.5 and rate > 3) or days_past_due > 1"
    result = judge(text, restructured=False, days_past_due=0)
    assert (result.level, result.missing) == (Level.NOT_EVALUABLE, ("ltv", "rate"))


def test_a_zero_divisor_is_named_as_what_is_missing():
    result = judge("red when outstanding / principal > 50%", outstanding=D(7), principal=D(0))
    assert (result.level, result.missing) == (Level.NOT_EVALUABLE, ("principal",))


def test_the_reasons_are_the_comparisons_that_held():
    text = "red when (ltv > 110% * ltv_agreed and not (days_past_due < 3 or restructured)) or outstanding > 1000000"
    result = judge(text, ltv=D("0.8"), ltv_agreed=D("0.7"), days_past_due=5, restructured=False, outstanding=D(10))
    assert [(r.field, r.value, r.operator, r.threshold) for r in result.reasons] == [
        ("ltv", D("0.8"), ">", D("0.77")),
        ("days_past_due", 5, ">=", 3),
        ("restructured", False, "=", False),
    ]
    assert result.reasons[0].as_json() == {
        "level": "red",
        "field": "ltv",
        "value": "0.8",
        "operator": ">",
        "threshold": "0.77",
        "text": "ltv > 110% * ltv_agreed",
    }


def test_nothing_is_given_as_a_reason_when_nothing_fired():
    assert judge(OVERDUE, days_past_due=0).reasons == ()


def test_a_field_that_the_observation_does_not_have_stops_the_evaluation():
    with pytest.raises(KeyError, match="days_past_due"):
        evaluate(parse(OVERDUE), {"ltv": D(1)})


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("as_of - 1 month = 2026-02-28", True),
        ("as_of - 13 months = 2025-02-28", True),
        ("as_of + 1 month = 2026-04-30", True),
        ("as_of - 25 months = 2024-02-29", True),
        ("as_of + 12 months = 2027-03-31", True),
        ("as_of - 30 days = 2026-03-01", True),
    ],
)
def test_a_date_moved_by_months_keeps_its_day_or_takes_the_last_of_the_month(condition, said):
    assert bool(level(f"red when {condition}", as_of=date(2026, 3, 31))) is said


@pytest.mark.parametrize(("value", "said"), [(30, 3), (31, 0), (None, -1), (Decimal(30), 3), (10**18, -1)])
def test_a_limit_counts_as_the_lender_has_set_it(value, said):
    tree = parse("red when days_past_due >= limit.past_due_watch")
    limits = {} if value is None else {"past_due_watch": value}
    result = evaluate(tree, {"days_past_due": 30}, limits)
    assert int(result.level) == said
    assert [reason.threshold for reason in result.reasons] == ([Decimal(30)] if said == 3 else [])
    assert result.missing == (("limit.past_due_watch",) if said == -1 else ())


def test_a_gap_at_an_earlier_close_is_named():
    result = evaluate(parse("red when ltv > was(ltv, 30 days)"), {"ltv": Decimal(1), "was(ltv, 30 days)": None})
    assert (int(result.level), result.missing) == (-1, ("was(ltv, 30 days)",))


def test_the_examples_of_missing_data_on_the_language_page_are_true():
    page = (Path(__file__).parents[3] / "docs" / "rule-language.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `((?:red|yellow) when .*?)` \| (`.*?) \| (red|orange|yellow|clear|not evaluable) \|", page, re.MULTILINE)
    assert len(rows) == 16
    for text, observed, said in rows:
        known = {name: {"empty": None, "true": True, "false": False}.get(value, value) for name, value in re.findall(r"`([^`]+)` = ([^,]+)", observed)}
        tree = parse(text)
        result = evaluate(tree, {**dict.fromkeys(fields_used(tree)), **known})
        assert result.level.name.lower().replace("_", " ") == said, text
