"""The shipped rules: readable, translatable, and true to the indicator catalogue at each limit."""

from decimal import Decimal

import pytest

from alerts.observation.dictionary import FIELDS_BRANCH, FIELDS_LOAN, GRAINS
from alerts.rulebook.evaluator import evaluate
from alerts.rulebook.language import parse
from alerts.rulebook.rules import fields_used
from alerts.rulebook.seeds import SEEDS, Confidence

D = Decimal
BY_CODE = {seed.code: seed for seed in SEEDS}
# A sound secured loan: nothing fires on it.
SOUND = {
    "days_past_due": 0,
    "interest_days_past_due": 0,
    "principal_days_past_due": 0,
    "late_payments_6m": 0,
    "lateness_slope_6": D(0),
    "lateness_rising_3": False,
    "lateness_last": 0,
    "part_payment_share_6m": D(0),
    "restructured": False,
    "restructures": 0,
    "extensions_24m": 0,
    "edge_extensions_24m": 0,
    "worst_dpd_12m": 0,
    "risk_class": "normal",
    "collateral_items": 1,
    "ltv": D("0.60"),
    "ltv_agreed": D("0.70"),
    "valuation_age_days": 100,
    "valuation_allowed_days": 365,
    "circle_length": 0,
    "inspection_overdue_days": 0,
}


def level(code: str, **known) -> int:
    seed = BY_CODE[code]
    row = {**dict.fromkeys(GRAINS[seed.grain]), **(SOUND if seed.grain == "loan" else {}), **known}
    return int(evaluate(parse(seed.text, seed.grain), row).level)


def test_twelve_rules_on_loans_and_one_on_branches_are_shipped():
    assert [seed.code for seed in SEEDS if seed.grain == "loan"] == [
        "REP-01", "REP-02", "REP-03", "REP-04", "REP-06", "REP-10", "MSK-02", "MSK-03", "COL-01", "COL-03", "COL-10", "PRC-01",
    ]  # fmt: skip
    assert [seed.code for seed in SEEDS if seed.grain == "branch"] == ["IND-06"]


@pytest.mark.parametrize("code", [seed.code for seed in SEEDS if seed.grain == "loan"])
def test_a_sound_loan_is_clear_of_every_shipped_rule(code):
    assert level(code) == 0


@pytest.mark.parametrize(
    ("code", "known", "said"),
    [
        ("REP-01", {"days_past_due": 1}, 1),
        ("REP-01", {"days_past_due": 30}, 1),
        ("REP-01", {"days_past_due": 31}, 2),
        ("REP-01", {"days_past_due": 61}, 3),
        ("REP-01", {"days_past_due": None}, -1),
        ("REP-02", {"interest_days_past_due": 14}, 1),
        ("REP-02", {"interest_days_past_due": 15}, 2),
        ("REP-02", {"interest_days_past_due": 60}, 3),
        ("REP-02", {"interest_days_past_due": 60, "principal_days_past_due": 1}, 0),
        ("REP-03", {"late_payments_6m": 1}, 0),
        ("REP-03", {"late_payments_6m": 2}, 1),
        ("REP-03", {"late_payments_6m": 3}, 2),
        ("REP-03", {"late_payments_6m": 5}, 3),
        ("REP-04", {"lateness_slope_6": D("1.0")}, 0),
        ("REP-04", {"lateness_slope_6": D("1.1")}, 1),
        ("REP-04", {"lateness_slope_6": D("3.1")}, 2),
        ("REP-04", {"lateness_rising_3": True, "lateness_last": 10}, 2),
        ("REP-04", {"lateness_rising_3": True, "lateness_last": 9}, 0),
        ("REP-06", {"part_payment_share_6m": D("0.2")}, 1),
        ("REP-06", {"part_payment_share_6m": D("0.4")}, 2),
        ("REP-10", {"relapse_days": 40}, 0),
        ("REP-10", {"restructured": True, "restructures": 1, "relapse_days": 7}, 0),
        ("REP-10", {"restructured": True, "restructures": 1, "relapse_days": 8}, 2),
        ("REP-10", {"restructured": True, "restructures": 1, "relapse_days": 31}, 3),
        ("REP-10", {"restructured": True, "restructures": 2, "relapse_days": 0}, 3),
        ("MSK-02", {"extensions_24m": 3}, 0),
        ("MSK-02", {"extensions_24m": 1, "worst_dpd_12m": 1}, 1),
        ("MSK-02", {"extensions_24m": 2, "risk_class": "special_mention"}, 2),
        ("MSK-02", {"extensions_24m": 3, "restructured": True}, 3),
        ("MSK-03", {"edge_extensions_24m": 1}, 1),
        ("MSK-03", {"edge_extensions_24m": 2}, 2),
        ("MSK-03", {"edge_extensions_24m": 4}, 3),
        ("COL-01", {"ltv": D("0.70")}, 0),
        ("COL-01", {"ltv": D("0.71")}, 1),
        ("COL-01", {"ltv": D("0.736")}, 2),
        ("COL-01", {"ltv": D("0.771")}, 3),
        ("COL-01", {"ltv": D("0.77")}, 2),
        ("COL-01", {"ltv": None}, -1),
        ("COL-01", {"ltv": None, "ltv_agreed": None, "collateral_items": 0}, 0),
        ("COL-03", {"valuation_age_days": 328}, 0),
        ("COL-03", {"valuation_age_days": 329}, 1),
        ("COL-03", {"valuation_age_days": 366}, 2),
        ("COL-03", {"valuation_age_days": 548}, 3),
        ("COL-03", {"valuation_age_days": None}, 3),
        ("COL-03", {"valuation_age_days": None, "valuation_allowed_days": None, "collateral_items": 0}, 0),
        ("COL-10", {"circle_length": 3, "circle_share": D("0.2"), "circle_worst_dpd": 0}, 1),
        ("COL-10", {"circle_length": 3, "circle_share": D("0.21"), "circle_worst_dpd": 30}, 2),
        ("COL-10", {"circle_length": 3, "circle_share": D("0.01"), "circle_worst_dpd": 31}, 3),
        ("PRC-01", {"inspection_overdue_days": 5}, 0),
        ("PRC-01", {"inspection_overdue_days": 6}, 1),
        ("PRC-01", {"inspection_overdue_days": 16}, 2),
        ("PRC-01", {"inspection_overdue_days": 31}, 3),
        ("IND-06", {"roll_ratio": D("1.19")}, 0),
        ("IND-06", {"roll_ratio": D("1.2")}, 1),
        ("IND-06", {"roll_ratio": D("1.4")}, 2),
        ("IND-06", {"roll_ratio": D("1.8")}, 3),
        ("IND-06", {}, -1),
    ],
)
def test_a_shipped_rule_fires_at_its_limit_and_not_before(code, known, said):
    assert level(code, **known) == said


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.code)
def test_a_shipped_rule_says_why_it_matters_and_what_to_look_at(seed):
    assert seed.name and seed.why.endswith(".") and seed.look_at.endswith((".", "?"))
    assert seed.basis and seed.confidence in Confidence
    assert len(seed.name) <= 120 and len(seed.basis) <= 120 and len(seed.family) <= 20
    assert set(seed.handling_days) == set(seed.acknowledge_hours) == {"red", "orange", "yellow"}
    assert set(fields_used(parse(seed.text, seed.grain))) <= set(FIELDS_LOAN if seed.grain == "loan" else FIELDS_BRANCH)


def test_rules_on_the_work_of_colleagues_are_marked_so():
    assert {seed.code for seed in SEEDS if seed.staff_conduct} == {"PRC-01"}
