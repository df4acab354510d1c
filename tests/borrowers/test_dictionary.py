"""The printed field dictionary says of every fact what it means, in which unit, from whom, and how sensitive it is."""

import tomllib
from pathlib import Path

from borrowers import dictionary

PRINTED = Path(__file__).resolve().parents[2] / "docs" / "fields.md"


def test_every_field_of_every_fact_has_a_meaning_and_a_class():
    told = {table.name: {field.name for field in table.fields} for table in dictionary.tables()}
    assert {"Borrower", "Loan", "Repayment", "ExternalSignal", "DocumentVersion", "Seizure"} <= set(told)
    assert all(field.meaning and field.sensitivity for table in dictionary.tables() for field in table.fields)


def test_money_and_days_say_their_unit():
    silent = [
        f"{table.name}.{field.name}"
        for table in dictionary.tables()
        for field in table.fields
        if field.type.startswith("decimal") and not field.unit
    ]
    assert silent == []


def test_nothing_is_explained_that_is_not_there():
    said = tomllib.loads(dictionary.MEANINGS.read_text(encoding="utf-8"))
    there = {table.name: {field.name for field in table.fields} for table in dictionary.tables()}
    gone = [f"{name}.{field}" for name in said if name != "_every" for field in said[name] if field != "_source" and field not in there.get(name, ())]
    assert gone == []


def test_the_printed_dictionary_is_the_one_of_the_models():
    assert PRINTED.read_text(encoding="utf-8") == dictionary.markdown()
