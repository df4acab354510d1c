"""How the tables of cases are written: `on("days_past_due", "0 clear, 1 yellow, 30 yellow, 31 orange, - missing")`.

Each entry is a value of the field and what the rule must say; `-` is an empty value. What stands around it is named by keyword, with
its value as text. A field that a case doesn't name is empty.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from alerts.observation.dictionary import GRAINS
from alerts.observation.fields import Kind
from alerts.rulebook.rules import Level

SAID = {"clear": Level.CLEAR, "yellow": Level.YELLOW, "orange": Level.ORANGE, "red": Level.RED, "missing": Level.NOT_EVALUABLE}


class Told(NamedTuple):
    """One case. values: field → value as text, None where it is empty. said: a word of SAID."""

    values: dict[str, str | None]
    said: str


def on(field: str, told: str, **around: str) -> list[Told]:
    """The cases of one field, in the order they are told."""
    pairs = (entry.rsplit(" ", 1) for entry in told.split(", "))
    return [Told({**around, field: None if value == "-" else value}, said) for value, said in pairs]


def observation(grain: str, values: dict[str, str | None]) -> dict[str, object]:
    """The values as an observation of the grain has them; raises KeyError for a field that it does not have."""
    fields = GRAINS[grain]
    return {**dict.fromkeys(fields), **{name: _value(fields[name].kind, text) for name, text in values.items()}}


def _value(kind: Kind, text: str | None) -> object:
    if text is None:
        return None
    if kind is Kind.BOOL:
        return {"yes": True, "no": False}[text]
    if kind is Kind.DATE:
        return date.fromisoformat(text)
    if kind is Kind.INT:
        return int(text)
    if kind in (Kind.TEXT, Kind.CHOICE):
        return text
    return Decimal(text[:-1]) / 100 if text.endswith("%") else Decimal(text)
