"""Format files are declarations; one that says something impossible is refused with the place."""

import pytest

from borrowers.feeds.importer.formats import FOLDER, find, parse
from borrowers.feeds.importer.values import BadSpec

SMALL = {
    "currency": "CNY", "key": ["n"], "columns": {"n": {"required": True}, "b": {"type": "decimal"}},
    "position": {"loan_number": "n", "balance": "b"},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_every_shipped_format_says_what_it_is_called_and_can_be_read(name):
    assert find(name).name == name


def test_balances_hold_the_whole_file_unless_the_format_says_otherwise():
    assert parse(SMALL, "small").hold_over_percent == 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"colour": "red"}, "colour is unknown"),
        ({"key": ["x"]}, "key: x is no declared column"),
        ({"columns": {**SMALL["columns"], "d": {"type": "date"}}}, "columns.d: a date"),
        ({"columns": {**SMALL["columns"], "d": {"type": "money"}}}, "columns.d.type: "),
        ({"columns": {**SMALL["columns"], "d": {"size": 3}}}, "columns.d"),
        ({"position": {"loan_number": "n"}}, "position: balance is needed"),
        ({"position": {"loan_number": "n", "balance": "z"}}, "position.balance: z is no declared column"),
        ({"position": {"loan_number": "n", "balance": {"text": "{n.__class__}"}}}, "name of a column"),
        ({"currency": "yuan"}, "currency: .*Three letters"),
        ({"dates": {"rows": "month"}}, "dates.rows"),
    ],
)
def test_a_format_that_asks_for_the_impossible_is_refused(changed, sentence):
    with pytest.raises(BadSpec, match=sentence):
        parse({**SMALL, **changed}, "small")


def test_an_unknown_format_is_refused_with_the_names_of_the_known_ones():
    with pytest.raises(BadSpec, match="mortgage_performance"):
        find("nothing")


@pytest.mark.parametrize(
    ("declared", "bad", "rows", "waits"),
    [
        ({"hold_over_percent": 0}, 0, 100, False),
        ({"hold_over_percent": 0}, 1, 1_000_000, True),
        ({"hold_over_percent": 1}, 1, 100, False),
        ({"hold_over_percent": 1}, 2, 100, True),
        ({"hold_over_percent": 0.5}, 1, 200, False),
        ({"hold_over_percent": 100}, 100, 100, False),
        ({"hold_over_percent": 100, "hold_over_rows": 5}, 5, 100, False),
        ({"hold_over_percent": 100, "hold_over_rows": 5}, 6, 100, True),
        ({"hold_over_percent": 100, "hold_over_rows": 0}, 1, 100, True),
    ],
)
def test_a_file_waits_for_a_person_over_a_share_or_over_a_count_of_bad_rows(declared, bad, rows, waits):
    assert bool(parse({**SMALL, "bad_rows": declared}, "small").too_many_bad(bad, rows)) is waits
