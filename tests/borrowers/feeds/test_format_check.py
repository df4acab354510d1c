"""Every fault of a format file is named with its place, whatever its text; what the checks know is what the manual says."""

import dataclasses
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from borrowers.feeds.importer import remarks, schema, values
from borrowers.feeds.importer.checking import BEGIN, END, described, faults
from borrowers.feeds.importer.formats import FOLDER, TARGETS, parse
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.rules import Column
from tests.borrowers.feeds.test_formats import SMALL

MANUAL = Path(__file__).resolve().parents[3] / "docs" / "feed-format.md"
WRONG = """
name = "small"
currency = "yuan"
key = ["m"]
colour = "red"
bad_rows = { hold_over_percent = 101 }
[columns.n]
required = "yes"
[columns.b]
type = "money"
size = 3
[position]
loan_number = "n"
balance = { colunm = "b" }
"""
SENSELESS = """
currency = "CNY"
key = ["m"]
[columns.n]
type = "date"
[columns.b]
type = "decimal"
pattern = "["
[position]
loan_number = "x"
balance = "b"
days_past_due = { column = "b", const = 1 }
"""


def test_every_shipped_format_is_without_a_fault():
    assert {path.stem: faults(path.read_text(), path.stem) for path in FOLDER.glob("*.toml")} == {
        path.stem: [] for path in FOLDER.glob("*.toml")
    }


def test_every_key_that_is_unknown_or_of_a_wrong_type_is_named_with_its_place():
    assert [place for place, _ in faults(WRONG)] == [
        "the file", "bad_rows.hold_over_percent", "columns.b", "columns.b.type", "columns.n.required", "currency", "position.balance"
    ]  # fmt: skip


def test_then_everything_that_makes_no_sense_is_named_with_its_place():
    assert [place for place, _ in faults(SENSELESS)] == ["columns.n", "columns.b", "position.loan_number", "position.days_past_due"]


@pytest.mark.parametrize("text", ["", "key = ", "[columns]\n[columns]\n", "\x00", "key = []\ncolumns = {}\n"])
def test_a_text_that_is_no_format_is_told_and_breaks_nothing(text):
    assert faults(text)


def every_place(keys, before=()):
    for name, declared in keys.items():
        yield (*before, name)
        yield from every_place(declared.get("properties", {}), (*before, name))


@pytest.mark.parametrize("odd", [5, True, "{n!r}", ["x"], {}, {"x": {"y": ["z"]}}])
def test_no_value_under_any_key_breaks_the_check(odd):
    below = [
        *every_place(schema.TOP), *(("columns", "b", key) for key in schema.COLUMN), *(("position", "days_past_due", key) for key in schema.VALUE),
        *(("files", "a", key) for key in schema.FILE), *(("remarks", "CODE", key) for key in schema.REMARK), *(("control", key) for key in schema.CONTROL),
        ("position", "days_past_due"), ("columns", "b"), ("remarks", "CODE"), ("files", "a"), ("loan",), ("unknown",),
    ]  # fmt: skip
    for path in below:
        spec = json.loads(json.dumps(SMALL))
        inside = spec
        for step in path[:-1]:
            inside = inside.setdefault(step, {})
        if not isinstance(inside, dict):
            continue
        inside[path[-1]] = odd
        try:
            parse(spec, "small")
        except BadSpec as fault:
            assert ": " in str(fault) or str(fault).endswith("."), path


def test_what_the_checks_know_is_what_the_reader_reads():
    fields = {field.name for field in dataclasses.fields(Column)}
    own = {"headers": "header", "least": "min", "most": "max", "date_format": "format"}
    assert {own.get(name, name) for name in fields} - {"name", "other_dates", "written"} == set(schema.COLUMN)
    assert set(schema.VALUE) == values.KEYS
    assert set(schema.REMARK) == remarks.KEYS
    assert not set(schema.TOP) & set(TARGETS)


def test_every_key_has_a_meaning_in_the_manual_and_the_manual_is_current():
    for keys in (schema.TOP, schema.COLUMN, schema.VALUE, schema.CONTROL, schema.FILE, schema.REMARK):
        assert [name for name, declared in keys.items() if not declared.get("description") and "properties" not in declared] == []
    text = MANUAL.read_text()
    assert text[text.index(BEGIN) : text.index(END) + len(END)] == described(), (
        "run: manage.py check_format --describe, and put it into the manual"
    )


def test_the_shell_tells_the_faults_of_a_file_and_ends_with_1(tmp_path, capsys):
    path = tmp_path / "small.toml"
    path.write_text(WRONG)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("check_format", str(path), "--json", stdout=out)
    assert json.loads(out.getvalue())[str(path)][0]["sentence"].startswith("colour is unknown")
    out = io.StringIO()
    call_command("check_format", stdout=out)
    assert "mortgage_performance.toml: nothing is wrong with it." in out.getvalue()
    with pytest.raises(CommandError):
        call_command("check_format", str(tmp_path / "none.toml"))
