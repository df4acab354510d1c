"""The compiled rule says in the database exactly what the evaluator says: property tests over random rules and rows."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext, isolate_apps
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alerts.observation.dictionary import FIELDS_LOAN
from alerts.observation.fields import Kind
from alerts.observation.models import BranchDay, LoanDay
from alerts.rulebook.compiler import compile_levels
from alerts.rulebook.errors import RuleRefused
from alerts.rulebook.evaluator import evaluate
from alerts.rulebook.language import parse
from alerts.rulebook.seeds import SEEDS
from alerts.rulebook.writing import describe, tree_from_json, tree_to_json

D = Decimal


def _column(field) -> models.Field:
    if field.name == "rate":  # one share is kept as a float, to show that it is compared as a decimal all the same
        return models.FloatField(null=True)
    return {
        Kind.MONEY: models.DecimalField(max_digits=20, decimal_places=2, null=True),
        Kind.NUMBER: models.DecimalField(max_digits=20, decimal_places=6, null=True),
        Kind.RATIO: models.DecimalField(max_digits=20, decimal_places=6, null=True),
        Kind.INT: models.IntegerField(null=True),
        Kind.DATE: models.DateField(null=True),
        Kind.BOOL: models.BooleanField(null=True),
    }.get(field.kind, models.CharField(max_length=40, null=True))


with isolate_apps("alerts"):
    Row = type(
        "Row",
        (models.Model,),
        {
            "__module__": "alerts.rulebook_tests",
            **{field.column: _column(field) for field in FIELDS_LOAN.values()},
            "Meta": type("Meta", (), {"app_label": "alerts", "db_table": "rule_row", "managed": False}),
        },
    )


@pytest.fixture
def rows(as_worker):
    """An empty table with the columns of a loan's observation, all of which may be empty."""
    columns = ", ".join(f'"{f.column}" {f.db_type(connection)}' for f in Row._meta.local_fields if not f.primary_key)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE rule_row (id serial PRIMARY KEY, {columns}) ON COMMIT DROP")
    return Row.objects.order_by("pk")


# Random rules, as text: every value in brackets, so that nothing depends on how tightly the signs bind.
PLAIN = st.sampled_from(["0", "1", "3", "0.5", "1.05", "30", "31", "999999999999999", "-1"])
PERCENT = st.sampled_from(["0%", "5%", "33.3%", "95%", "110%", "-35%"])
DAY = st.sampled_from(["as_of", "2026-11-20", "as_of - 30 days", "as_of + 9999 days", "2026-02-28 + 1 day"])
TEXT = st.sampled_from(["WC", "流动", "%", "_", "'", "\\", "%s", "{0}", "'; DROP TABLE rule_row; --"])
ORDER = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
EQUAL = st.sampled_from(["=", "!="])
LEAVES = {
    "money": st.sampled_from(["outstanding", "principal", "overdue_principal"]),
    "days": st.sampled_from(["days_past_due", "valuation_age_days", "(as_of - 2026-01-01)"]),
    "count": st.sampled_from(["restructures", "extensions_24m"]),
    "number": st.sampled_from(["rate", "lateness_slope_6"]),
    "ratio": st.sampled_from(["ltv", "ltv_agreed", "value_change"]),
}


def _formula(kind: str) -> st.SearchStrategy[str]:
    def larger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("({} {} {})".format, part, st.sampled_from(["+", "-"]), part),
            st.builds("({} * {})".format, st.one_of(PLAIN, PERCENT, LEAVES["ratio"]), part),
            st.builds("({} / {})".format, part, st.one_of(st.sampled_from(["3", "0.7", "-11"]), LEAVES["ratio"])),
            st.builds("(-{})".format, part),
        )

    return st.recursive(LEAVES[kind], larger, max_leaves=4)


SHARE = st.one_of(*(st.builds("({} / {})".format, _formula(kind), _formula(kind)) for kind in ("money", "days")), _formula("ratio"))
FORMULAS = [(SHARE, st.one_of(PERCENT, PLAIN))] + [(_formula(kind), PLAIN) for kind in LEAVES]


def _numeric(formula: st.SearchStrategy[str], literal: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    other = st.one_of(formula, literal)
    return st.one_of(
        st.builds("{} {} {}".format, formula, ORDER, other),
        st.builds("{} {} {}".format, literal, ORDER, formula),
        st.builds("{} {} {} and {}".format, formula, st.sampled_from(["between", "not between"]), other, other),
        st.builds("{} {} ({}, {})".format, formula, st.sampled_from(["in", "not in"]), literal, literal),
    )


COMPARISON = st.one_of(
    *(_numeric(formula, literal) for formula, literal in FORMULAS),
    st.builds("{} {} {}".format, DAY.filter(lambda day: "as_of" in day), ORDER, DAY),
    st.builds("risk_class {} {}".format, EQUAL, st.sampled_from(["loss", "normal"])),
    st.builds("segment {} (micro, large)".format, st.sampled_from(["in", "not in"])),
    st.builds('product {} "{}"'.format, st.sampled_from(["contains", "not contains", "=", "!="]), TEXT),
    st.builds("{} {}".format, st.sampled_from(["ltv", "segment", "restructured", "as_of"]), st.sampled_from(["is empty", "is not empty"])),
    st.sampled_from(["restructured", "not lateness_rising_3", "restructured = false", "restructured != lateness_rising_3"]),
)
CONDITION = st.recursive(
    COMPARISON,
    lambda part: st.one_of(
        st.builds("({} and {})".format, part, part), st.builds("({} or {})".format, part, part), st.builds("(not ({}))".format, part)
    ),
    max_leaves=5,
)
RULE = st.one_of(
    st.builds("red when {}".format, CONDITION),
    st.builds("red when {} orange when {}".format, CONDITION, CONDITION),
    st.builds("yellow when {} orange when {} red when {}".format, CONDITION, CONDITION, CONDITION),
)

MONEY = st.sampled_from([None, D("0"), D("0.01"), D("1"), D("3"), D("30"), D("-7.77"), D("100"), D("999999999999999999.99")])
INT = st.sampled_from([None, 0, 1, 3, 30, 31, -1, 2147483647])
SHARES = st.sampled_from([None, D("0"), D("0.05"), D("0.333333"), D("0.95"), D("1"), D("1.1"), D("-0.35"), D("99999.999999")])
FLOATS = st.sampled_from([None, 0.0, 0.1 + 0.2, 1 / 3, 1.05, -0.0, 30.0, 1e-7, 123456789.123456789, 1e17])
BOOL = st.sampled_from([None, True, False])
OBSERVATION = st.fixed_dictionaries(
    {
        "outstanding": MONEY, "principal": MONEY, "overdue_principal": MONEY,
        "days_past_due": INT, "valuation_age_days": INT, "restructures": INT, "extensions_24m": INT,
        "ltv": SHARES, "ltv_agreed": SHARES, "value_change": SHARES, "lateness_slope_6": SHARES, "rate": FLOATS,
        "restructured": BOOL, "lateness_rising_3": BOOL,
        "as_of": st.sampled_from([None, date(2026, 11, 20), date(2024, 2, 29), date(2026, 12, 20)]),
        "risk_class": st.sampled_from([None, "normal", "loss"]),
        "segment": st.sampled_from([None, "", "micro", "small"]),
        "product": st.sampled_from([None, "", "WC", "WC-12M", "流动资金贷款", "50%_'\\", "%s{0}"]),
    }
)  # fmt: skip


def stored(observation: dict) -> dict:
    return {FIELDS_LOAN[name].column: value for name, value in observation.items()}


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(RULE, min_size=1, max_size=4), observations=st.lists(OBSERVATION, min_size=1, max_size=8))
def test_the_database_and_the_evaluator_say_the_same_of_any_rule_and_any_row(rows, texts, observations):
    try:
        trees = [parse(text) for text in texts]
    except RuleRefused as refused:
        assert {error.code for error in refused.errors} <= {"too_deep", "too_large"}
        assume(False)
    rows.all().delete()
    Row.objects.bulk_create(Row(**stored(observation)) for observation in observations)
    columns = {f"rule_{number}": compile_levels(tree) for number, tree in enumerate(trees)}
    said = [list(levels) for levels in rows.values_list(*columns.values())]
    assert said == [[int(evaluate(tree, observation).level) for tree in trees] for observation in observations], texts


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=RULE)
def test_any_rule_comes_back_the_same_from_its_canonical_text_and_from_storage(text):
    try:
        tree = parse(text)
    except RuleRefused:
        assume(False)
    assert parse(describe(tree)) == tree
    assert tree_from_json(tree_to_json(tree)) == tree


def test_fifty_rules_are_one_scan(rows):
    Row.objects.create(days_past_due=35)
    trees = [parse(f"red when days_past_due > {limit}") for limit in range(50)]
    with CaptureQueriesContext(connection) as seen:
        (levels,) = rows.values_list(*(compile_levels(tree) for tree in trees))
    assert len(seen) == 1
    assert levels == tuple([3] * 35 + [0] * 15)


def test_what_the_author_wrote_never_becomes_sql(rows):
    tree = parse("red when product = \"'; DROP TABLE alerts_alert; --\"")
    sql, parameters = rows.values_list(compile_levels(tree)).query.sql_with_params()
    assert "DROP" not in sql
    assert "'; DROP TABLE alerts_alert; --" in parameters


@pytest.mark.parametrize(("grain", "model"), [("loan", LoanDay), ("branch", BranchDay)])
def test_the_shipped_rules_run_over_the_real_tables(as_worker, grain, model):
    trees = [parse(seed.text, seed.grain) for seed in SEEDS if seed.grain == grain]
    if grain == "branch":
        trees.append(parse('red when branch = "SZ-012" and as_of > 2026-01-01', "branch"))
    assert list(model.objects.values_list(*(compile_levels(tree) for tree in trees))) == []
