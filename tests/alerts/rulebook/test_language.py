"""What a banker may write, what it means, and what is said when it cannot be read."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from alerts.observation.dictionary import FIELDS_BRANCH, FIELDS_LOAN
from alerts.rulebook import messages
from alerts.rulebook.completion import accepts
from alerts.rulebook.errors import EXPECTED_WORDS, SENTENCES, RuleRefused
from alerts.rulebook.language import LEVEL_WORDS, SPELLINGS, check, parse
from alerts.rulebook.rules import Level, fields_used, limits_used
from alerts.rulebook.writing import describe, fingerprint, thresholds, tree_from_json, tree_to_json

ROOT = Path(__file__).parents[3]
RULES = [
    "red when days_past_due >= 61\norange when days_past_due >= 31\nyellow when days_past_due >= 1",
    "red when ltv > 110% * ltv_agreed or value_change <= -35% and not restructured",
    "red when outstanding / principal > 0.9 and rate >= 12.5",
    "red when outstanding - overdue_principal * 2 > 1200 + (principal - 50% * principal) / 3",
    "red when as_of - 30 days > 2026-11-20 and as_of - 2026-01-01 >= 90 days",
    "red when days_to_maturity between -5 and 30",
    "red when days_to_maturity not between 0 and 30 days",
    "red when risk_class in (doubtful, loss) and segment not in (person, micro)",
    'red when product contains "流动资金" or currency != "CNY"',
    "red when lateness_slope_6 is empty or lateness_rising_3 is not empty",
    "red when (restructured or lateness_rising_3) and not (days_past_due > 3 and restructured = false)",
    "red when -(ltv - ltv_agreed) < -5%",
    "red when borrower.days_past_due > limit.past_due_watch and borrower.segment in (micro, small)",
    "red when days_past_due - was(days_past_due, 30 days) > 20 and was(borrower.loans, 90 days) is empty",
    "red when as_of - 3 months > 2026-11-20 or was(restructured, 30 days)",
]


def first(text: str, grain: str = "loan"):
    return check(text, grain)[0]


@pytest.mark.parametrize("text", RULES)
def test_the_canonical_text_of_a_rule_is_itself(text):
    assert describe(parse(text)) == text


@pytest.mark.parametrize("text", RULES)
def test_a_stored_rule_comes_back_the_same(text):
    tree = parse(text)
    stored = json.loads(json.dumps(tree_to_json(tree)))
    assert tree_from_json(stored) == tree
    assert fingerprint(tree_from_json(stored)) == fingerprint(tree)


def test_spacing_case_comments_and_order_of_levels_do_not_make_another_rule():
    plain = parse("red when days_past_due >= 61 yellow when days_past_due >= 1")
    dressed = parse("# on the house\nYELLOW When DAYS_PAST_DUE >= 1.0 # one\n\n  Red when days_past_due ≥ 61")
    assert fingerprint(plain) == fingerprint(dressed)
    assert fingerprint(plain) != fingerprint(parse("red when days_past_due >= 60 yellow when days_past_due >= 1"))


def test_the_fingerprint_of_a_rule_never_changes_between_releases():
    tree = parse("red when ltv > 110% * ltv_agreed and risk_class in (doubtful, loss)")
    assert fingerprint(tree) == "f622e8bc5e028836e885b32ea7dc7d537ff305688865c9932a555d46aa0c1014"


def test_and_binds_tighter_than_or_and_not_tighter_than_and():
    assert parse("red when restructured or guarantors > 1 and ltv > 1") == parse("red when restructured or (guarantors > 1 and ltv > 1)")
    assert parse("red when not restructured and ltv > 1") == parse("red when (not restructured) and ltv > 1")


def test_the_field_stands_on_the_left_however_it_was_written():
    assert describe(parse("red when 35 < days_past_due")) == "red when days_past_due > 35"


def test_the_thresholds_of_a_level_are_known_for_the_evidence():
    tree = parse("red when ltv > 110% * ltv_agreed or not (days_past_due < 61 and risk_class in (normal))\nyellow when ltv > 95%")
    said = [(t.field, t.operator, t.literal, t.threshold) for t in thresholds(tree, Level.RED)]
    assert said == [
        ("ltv", ">", None, "110% * ltv_agreed"),
        ("days_past_due", ">=", 61, "61"),
        ("risk_class", "not in", ("normal",), "(normal)"),
    ]
    assert [t.as_json()["literal"] for t in thresholds(tree, Level.YELLOW)] == ["0.95"]
    assert thresholds(tree, Level.ORANGE) == ()
    assert fields_used(tree) == ("ltv", "ltv_agreed", "days_past_due", "risk_class")


@pytest.mark.parametrize(
    ("text", "code", "place", "word", "proposal"),
    [
        ("", "empty_rule", (1, 1), "", ""),
        ("# nothing\n", "empty_rule", (1, 1), "", ""),
        ("red when", "unexpected_end", (1, 9), "", ""),
        ("red when\n  days_past_due >", "unexpected_end", (2, 18), "", ""),
        ("red wen days_past_due > 1", "unexpected_word", (1, 5), "wen", "when"),
        ("rd when days_past_due > 1", "unexpected_word", (1, 1), "rd", "red"),
        ("red when outstanding > 1,200", "unexpected_word", (1, 24), "1,200", "1200"),
        ("red when outstanding => 1200", "unexpected_word", (1, 22), "=>", ">="),
        ("red when days_past_due > 1; drop table alerts", "unexpected_character", (1, 27), ";", ""),
        ("red when （days_past_due > 1)", "unexpected_character", (1, 10), "（", "("),
        ("red when days_past_due > ３", "unexpected_character", (1, 26), "３", "3"),
        ('red when product = "WC', "quote_not_closed", (1, 20), '"WC', ""),
        ("red when days_pst_due > 1", "unknown_field", (1, 10), "days_pst_due", "days_past_due"),
        ("red when 逾期天数 > 1", "unknown_field", (1, 10), "逾期天数", ""),
        ("red when risk_class = los", "unknown_choice", (1, 23), "los", "loss"),
        ("red when days_past_due > 1 and loss", "choice_without_field", (1, 32), "loss", ""),
        ("red when product = WC", "text_needs_quotes", (1, 20), "WC", '"WC"'),
        ('red when days_past_due > "x"', "wrong_type", (1, 26), '"x"', ""),
        ("red when outstanding > days_past_due", "wrong_type", (1, 24), "days_past_due", ""),
        ("red when risk_class = segment", "wrong_type", (1, 23), "segment", ""),
        ("red when days_past_due > 5%", "percent_of_what", (1, 26), "5%", ""),
        ("red when rate > 12%", "percent_of_what", (1, 17), "12%", ""),
        ("red when outstanding * principal > 1", "wrong_arithmetic", (1, 10), "outstanding * principal", ""),
        ("red when outstanding + days_past_due > 1", "wrong_arithmetic", (1, 10), "outstanding + days_past_due", ""),
        ("red when risk_class > loss", "no_order", (1, 10), "risk_class", ""),
        ("red when days_past_due", "not_a_condition", (1, 10), "days_past_due", "days_past_due > 0"),
        ("red when (days_past_due > 1) + 2 > 3", "not_a_value", (1, 11), "days_past_due > 1", ""),
        ("red when 1 > 2", "no_field", (1, 10), "1 > 2", ""),
        ("red when true", "no_field", (1, 10), "true", ""),
        ("red when 1 + 2 is empty", "field_needed", (1, 10), "1 + 2", ""),
        ("red when ltv in (ltv_agreed)", "literal_needed", (1, 18), "ltv_agreed", ""),
        ('red when outstanding contains "1"', "not_text", (1, 10), "outstanding", ""),
        ('red when product contains ""', "empty_text", (1, 27), '""', ""),
        ("red when as_of > 01/05/2026", "not_a_date", (1, 18), "01/05/2026", ""),
        ("red when as_of > 2026-02-30", "not_a_date", (1, 18), "2026-02-30", ""),
        ("red when as_of > 0026-02-03", "not_a_date", (1, 18), "0026-02-03", ""),
        ("red when as_of - 30 > 2026-01-01", "date_arithmetic", (1, 10), "as_of - 30", "as_of - 30 days"),
        ("red when days_past_due > 30.5 days", "whole_days", (1, 26), "30.5 days", ""),
        ("red when outstanding > 1234567890123456", "number_too_long", (1, 24), "1234567890123456", ""),
        ("red when outstanding / 0 > 1", "division_by_zero", (1, 24), "0", ""),
        ("red when outstanding > 1e999999", "unexpected_word", (1, 25), "e999999", ""),
        ("red when borrower.lones > 1", "unknown_field", (1, 10), "borrower.lones", "borrower.loans"),
        ("red when guarantor.loans > 1", "unknown_field", (1, 10), "guarantor.loans", "guarantors"),
        ("red when days_past_due > limit.past_due_wach", "unknown_limit", (1, 26), "limit.past_due_wach", "limit.past_due_watch"),
        ("red when ltv > limit.past_due_watch", "wrong_type", (1, 16), "limit.past_due_watch", ""),
        ("red when days_past_due in (limit.past_due_watch)", "literal_needed", (1, 28), "limit.past_due_watch", ""),
        ("red when limit.past_due_watch > 3", "no_field", (1, 10), "limit.past_due_watch > 3", ""),
        ("red when was(days_pst_due, 30 days) > 1", "unknown_field", (1, 14), "days_pst_due", "days_past_due"),
        ("red when was(ltv, 0 days) > 1", "look_back", (1, 19), "0", ""),
        ("red when was(ltv, 1101 days) > 1", "look_back", (1, 19), "1101", ""),
        ("red when was(ltv, 3 months) > 1", "unexpected_word", (1, 21), "months", ""),
        ("red when was(ltv, 1 day) + was(ltv, 2 days) + was(ltv, 3 days) > 1", "too_many_closes", (1, 47), "was(ltv, 3 days)", ""),
        ("red when days_past_due > 3 months", "wrong_type", (1, 26), "3 months", ""),
        ("red when as_of - 1.5 months > 2026-01-01", "whole_months", (1, 18), "1.5 months", ""),
        ("red when ltv > 1 # \x00", "unprintable", (1, 20), "", ""),
        ("red when\n product = \"\u202e\"", "unprintable", (2, 13), "", ""),
        ("red when product = \"\ud800\"", "unprintable", (1, 21), "", ""),
        ("red when -restructured > 1", "no_sign", (1, 11), "restructured", ""),
        ("red when ltv > 1 red when ltv > 2", "level_repeated", (1, 18), "red", ""),
        ("red when " + "(" * 21 + "restructured" + ")" * 21, "too_deep", (1, 1), "", ""),
        ("red when " + "1 + " * 300 + "outstanding > 1", "too_deep", (1, 1), "", ""),
        ("red when " + " or ".join(["restructured"] * 201), "too_large", (1, 1), "", ""),
        ("#" * 4001, "too_long", (1, 1), "", ""),
    ],
)
def test_every_fault_is_named_with_its_place_and_a_remedy(text, code, place, word, proposal):
    error = first(text)
    assert (error.code, (error.line, error.column), error.word, error.proposal) == (code, place, word, proposal)
    assert "%(" not in error.message


def test_all_unknown_names_are_told_at_once():
    errors = check("red when days_pst_due > 1 and balance > 2\nyellow when risk_class = bad or ltv > restructured")
    assert [(e.code, e.line) for e in errors] == [("unknown_field", 1), ("unknown_field", 1), ("unknown_choice", 2), ("wrong_type", 2)]


def test_a_rule_on_branches_knows_branch_fields_only():
    assert fields_used(parse("red when roll_ratio >= 1.8", "branch")) == ("roll_ratio",)
    assert first("red when days_past_due > 1", "branch").code == "unknown_field"
    with pytest.raises(RuleRefused, match="no field named"):
        parse("red when roll_ratio >= 1.8", "loan")


@pytest.mark.parametrize(
    "text", ["red when ltv > 0.95", "red when ltv > 95 %", "red when days_past_due > 30 days", "red when outstanding > 3 * principal"]
)
def test_bare_numbers_take_the_meaning_of_what_they_stand_beside(text):
    assert check(text) == ()


def test_no_choice_is_named_like_a_field_or_a_keyword():
    for fields in (FIELDS_LOAN, FIELDS_BRANCH):
        choices = {value for field in fields.values() for value in field.choices}
        assert not choices & {*fields, *SPELLINGS.values(), *LEVEL_WORDS}
        assert not set(fields) & {*SPELLINGS.values(), *LEVEL_WORDS}


def test_every_sentence_about_an_error_can_be_filled():
    for sentence in (*SENTENCES.values(), *EXPECTED_WORDS.values()):
        assert sentence.strip() == sentence


def test_the_longest_rule_allowed_is_read_quickly():
    text = "red when " + " or ".join(["days_past_due > 1"] * 60)
    assert fields_used(parse(text)) == ("days_past_due",)


@pytest.mark.parametrize(
    ("before", "offered", "not_offered"),
    [
        ("", {"red", "yellow"}, {"days_past_due", "when"}),
        ("red when ltv > 1 o", {"or", "orange"}, {"red", "and"}),
        ("red ", {"when"}, {"red"}),
        ("red when ", {"days_past_due", "not", "("}, {"loss", "and"}),
        ("red when days_p", {"days_past_due"}, {"ltv"}),
        ("red when days_past_due ", {">=", "between", "is"}, {"contains", "and", "orange"}),
        ("red when product ", {"contains", "=", "in"}, {">", "+"}),
        ("red when restructured ", {"and", "is"}, {">", "in"}),
        ("red when risk_class = ", {"loss", "doubtful"}, {"days_past_due"}),
        ("red when was(risk_class, 30 days) = ", {"loss", "doubtful"}, {"days_past_due"}),
        ("red when borrower.", {"borrower.days_past_due", "borrower.loans"}, {"days_past_due"}),
        ("red when days_past_due > li", {"limit.past_due_watch"}, {"limit.debtor_bad_share"}),
        ("red when was(l", {"ltv"}, {"limit.past_due_watch"}),
        ("red when was(ltv, 30 ", {"days"}, {"months"}),
        ("red when business_date - 3 ", {"days", "months"}, set()),
        ("red when risk_class not in (loss, ", {"doubtful"}, {"days_past_due"}),
        ('red when product contains "lo', set(), {"loans"}),
        ("red when ltv > 1 # lo", set(), {"loss"}),
    ],
)
def test_the_editor_is_told_what_may_come_next(before, offered, not_offered):
    said = {suggestion.text for suggestion in accepts(before + " and more", len(before))}
    assert offered <= said
    assert not not_offered & said


def test_a_suggested_field_carries_its_meaning_and_a_sample():
    (field,) = [s for s in accepts("red when days_past") if s.kind == "field"]
    assert (field.text, field.sample) == ("days_past_due", FIELDS_LOAN["days_past_due"].sample)
    assert (field.meaning, field.unit) == (FIELDS_LOAN["days_past_due"].meaning, "days")
    (limit,) = accepts("red when days_past_due > limit.past_due_w")
    assert (limit.kind, limit.unit, limit.sample) == ("limit", "days", "30") and limit.meaning


def test_what_can_be_compared_is_suggested_first():
    fields = [s.text for s in accepts("red when outstanding > ") if s.kind == "field"]
    assert fields.index("principal") < fields.index("as_of") < len(fields)


def test_the_threshold_of_a_limit_is_shown_with_its_value():
    tree = parse("red when days_past_due >= limit.past_due_watch and ltv > 2 * limit.debtor_bad_share")
    watched, formula = thresholds(tree, Level.RED, {"past_due_watch": 30, "debtor_bad_share": Decimal("0.1")})
    assert (watched.threshold, watched.literal, watched.limits) == ("limit.past_due_watch", 30, {"past_due_watch": 30})
    assert formula.as_json()["limits"] == {"debtor_bad_share": "0.1"} and formula.literal is None
    assert [t.as_json()["limits"] for t in thresholds(tree, Level.RED)] == [{"past_due_watch": None}, {"debtor_bad_share": None}]
    assert "limits" not in thresholds(parse("red when ltv > 1"), Level.RED)[0].as_json()
    assert limits_used(tree) == ("past_due_watch", "debtor_bad_share")


def test_the_business_date_has_two_names():
    assert parse("red when business_date - 1 month > 2026-01-01") == parse("red when as_of - 1 months > 2026-01-01")


@pytest.mark.parametrize("grain", ["borrower", "branch", "staff"])
def test_each_grain_knows_its_own_fields_only(grain):
    assert check("red when outstanding > 1 and was(outstanding, 30 days) < 1", grain) == ()
    assert first("red when borrower.loans > 1", grain).code == first("red when ltv > 1", grain).code == "unknown_field"


def test_a_rule_can_be_read_and_explained_without_a_database():
    code = (
        "import sys, django; django.setup()\n"
        "from alerts.observation.dictionary import FIELDS_LOAN\n"
        "from alerts.rulebook.evaluator import evaluate\n"
        "from alerts.rulebook.language import parse\n"
        "level = evaluate(parse('red when days_past_due > 60'), {**dict.fromkeys(FIELDS_LOAN), 'days_past_due': 61})\n"
        "from django.db import connections\n"
        "sys.exit(0 if connections['default'].connection is None and 'RED' in repr(level) else 1)"
    )
    nowhere = {**os.environ, "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none"}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, env=nowhere).returncode == 0

def test_every_example_of_the_language_page_is_read_as_the_page_says():
    page = (ROOT / "docs" / "rule-language.md").read_text(encoding="utf-8")
    for block in re.findall(r"```\n(.*?)```", page, re.DOTALL):
        rules = [block] if "yellow" in block else [line for line in block.splitlines() if line]
        assert [check(rule) for rule in rules] == [()] * len(rules)
    refused = re.findall(r"^\| `(red [^|]*?)` \| ([^|]*?)\.? \|$", page, re.MULTILINE)
    assert len(refused) == 15
    for text, said in refused:
        opening = said.split("such as")[0].split("special_mention")[0].partition(" Did you mean")[0].rstrip(" .,")
        assert opening in messages.sentence(first(text)) or opening.partition(" cannot stand")[0] in messages.sentence(first(text))


def test_an_error_is_said_with_place_and_proposal():
    with translation.override("en"):
        assert messages.placed(first("red when\n  days_pst_due > 1")) == (
            "Line 2, column 3: There is no field named “days_pst_due”. Did you mean “days_past_due”?"
        )
