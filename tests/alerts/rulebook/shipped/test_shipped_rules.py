"""Every shipped rule says what the catalogue wants on both sides of each limit, and that it can't judge where a value is missing."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from alerts.observation.dictionary import GRAINS
from alerts.observation.models import BorrowerDay, BranchDay, LoanDay, StaffDay
from alerts.rulebook.compiler import compile_levels
from alerts.rulebook.evaluator import evaluate
from alerts.rulebook.language import parse
from alerts.rulebook.limits import LIMITS as known_limits
from alerts.rulebook.limits import PREFIX, typed
from alerts.rulebook.rules import Level, fields_used, limits_used
from alerts.rulebook.seeds import FAMILIES, PROPOSED, SEEDS, Confidence, Seed
from alerts.rulebook.seeds.page import as_markdown
from loanwatch.lenders.pack_files import packs
from tests.alerts.rulebook.shipped.every_table import TABLES
from tests.alerts.rulebook.shipped.reading import SAID, Told, observation

TREES = {seed.code: parse(seed.text, seed.grain) for seed in SEEDS}
BY_CODE = {seed.code: seed for seed in SEEDS}
CASES = [(code, told) for code, table in TABLES.items() for told in table]
STORED = {told.key.removeprefix(PREFIX): told.value for told in packs()["generic"].applied if told.key.startswith(PREFIX)}
LIMITS = {name: typed(name, value) for name, value in STORED.items()}
PAGE = settings.ROOT / "docs" / "rulebook.md"
MODELS: dict[str, type[models.Model]] = {"loan": LoanDay, "borrower": BorrowerDay, "branch": BranchDay, "staff": StaffDay}
# Nothing can be missing for these: what is empty has a meaning of its own, which the text of the rule says.
NEVER_MISSING = {"MSK-07"}


@pytest.mark.parametrize("code", TABLES)
def test_a_shipped_rule_fires_at_its_limit_and_not_before(code: str) -> None:
    said = [(told, evaluate(TREES[code], observation(BY_CODE[code].grain, told.values), LIMITS).level) for told in TABLES[code]]
    assert [(told.values, level.name) for told, level in said if level != SAID[told.said]] == []


def test_every_shipped_rule_is_judged_on_both_sides_of_each_level_and_without_a_value() -> None:
    """A boundary pair: two cases of one rule that differ in one value only, of which one reaches the level and the other doesn't."""
    unproven = [f"{code} {level.name}" for code, tree in TREES.items() for level in tree.levels if not _has_pair(TABLES[code], level)]
    assert unproven == []
    assert {code for code, table in TABLES.items() if all(told.said != "missing" for told in table)} == NEVER_MISSING
    assert [code for code, table in TABLES.items() if {n for told in table for n in told.values} < set(fields_used(TREES[code]))] == []


def _has_pair(table: list[Told], level: Level) -> bool:
    return any(_pair(level, one, two) for one in table for two in table)


def _pair(level: Level, one: Told, two: Told) -> bool:
    differs = [name for name in {**one.values, **two.values} if one.values.get(name) != two.values.get(name)]
    known = "missing" not in (one.said, two.said)
    return known and len(differs) == 1 and SAID[one.said] == level and SAID[two.said] < level


def test_the_tables_are_of_the_shipped_rules() -> None:
    assert set(TABLES) == set(BY_CODE) and len(BY_CODE) == len(SEEDS) >= 60


@pytest.mark.parametrize("grain", GRAINS)
def test_the_database_says_the_same_of_every_case_in_one_query(grain: str, as_worker: Any) -> None:
    codes = [seed.code for seed in SEEDS if seed.grain == grain]
    cases = [(code, told) for code, told in CASES if code in codes]
    _lay_out(grain, [observation(grain, told.values) for _, told in cases])
    with CaptureQueriesContext(connection) as asked:
        levels = [compile_levels(TREES[code], limits=LIMITS) for code in codes]
        rows = list(MODELS[grain].objects.order_by("lender_id").values_list(*levels))
    assert len(asked) == 1
    said = [Level(row[codes.index(code)]) for row, (code, _) in zip(rows, cases, strict=True)]
    assert said == [SAID[told.said] for _, told in cases]


def _lay_out(grain: str, observations: list[dict[str, Any]]) -> None:
    """The observations as rows of a table that stands before the real one for this connection, numbered by `lender_id`."""
    table = MODELS[grain]._meta.db_table
    columns = {field.column: name for name, field in GRAINS[grain].items() if "__" not in field.column}
    told = [{"lender_id": number, **{column: row[name] for column, name in columns.items()}} for number, row in enumerate(observations)]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT * FROM {table} WHERE false")
        cursor.executemany(
            f"INSERT INTO {table} (lender_id, {', '.join(columns)}) VALUES (%(lender_id)s, {', '.join(f'%({column})s' for column in columns)})",
            told,
        )


def test_every_shipped_rule_says_why_it_matters_and_what_to_look_at() -> None:
    for seed in SEEDS:
        _says_enough(seed)


def _says_enough(seed: Seed) -> None:
    for sentences in (seed.why, seed.look_at, seed.basis):
        assert sentences.endswith((".", "?")), seed.code
    assert len(seed.look_at) >= 60 and len(seed.why) >= 40, seed.code
    assert 0 < len(seed.name) <= 120 and len(seed.basis) <= 120 and len(seed.family) <= 20, seed.code
    assert set(seed.handling_days) == set(seed.acknowledge_hours) == {"red", "orange", "yellow"}


def test_no_two_rules_say_the_same() -> None:
    for said in (
        [seed.name for seed in SEEDS],
        [seed.why for seed in SEEDS],
        [seed.look_at for seed in SEEDS],
        [seed.text for seed in SEEDS],
    ):
        assert len(set(said)) == len(said)


def test_what_rests_on_our_own_proposal_alone_ships_off() -> None:
    off = {seed.code for seed in SEEDS if not seed.ships_live}
    assert off == {seed.code for seed in SEEDS if seed.confidence == Confidence.LOW}
    # The limits of FIN-08 are a project's for all industries alike, which no bank should take over as they are.
    # For four of repayment the EU names the sign, changed payment behaviour, and no limit.
    assert off == {seed.code for seed in SEEDS if seed.basis == PROPOSED} | {"FIN-08"} | {"REP-03", "REP-04", "REP-06", "REP-12"}


# Rules of which no regulation, published practice or public project gives so much as one limit.
OURS_ALONE = {
    "REP-03", "REP-04", "REP-06", "REP-12", "ACC-08", "ACC-09", "ACC-11", "USE-05", "USE-06", "FIN-02", "FIN-07", "FIN-12", "FIN-14", "COL-06",
    "COL-09", "GRP-04", "EXT-10", "IND-01", "IND-02", "IND-05", "MSK-03", "PRC-05", "PRC-06", "PRC-07", "PRC-08", "PRC-10",
}  # fmt: skip


def test_a_rule_whose_limits_are_all_ours_warns_only_when_the_bank_has_taken_it_over() -> None:
    assert {code for code in OURS_ALONE if BY_CODE[code].ships_live} == set()
    assert sum(seed.ships_live for seed in SEEDS) >= 60


def test_rules_on_the_work_of_colleagues_are_marked_so() -> None:
    assert {s.code for s in SEEDS if s.staff_conduct} == {s.code for s in SEEDS if s.code.startswith("PRC") or s.code == "MSK-06"}
    assert all(seed.staff_conduct for seed in SEEDS if seed.grain == "staff")


def test_every_family_of_the_catalogue_has_rules() -> None:
    assert {seed.family for seed in SEEDS} == set(FAMILIES.values())


def test_every_limit_that_a_live_rule_reads_has_a_confirmed_value_from_the_first_day() -> None:
    used = {name for seed in SEEDS if seed.ships_live for name in limits_used(TREES[seed.code])}
    assert used and used <= set(LIMITS) and None not in {LIMITS[name] for name in used}


def test_a_limit_that_no_shipped_rule_reads_says_so() -> None:
    used = {name for seed in SEEDS for name in limits_used(TREES[seed.code])}
    assert {name for name, kind in known_limits.items() if "For rules of your own" in kind.meaning} == set(known_limits) - used


def test_the_rulebook_in_the_documentation_is_the_one_that_ships() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown()
