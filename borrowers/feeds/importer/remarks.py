"""What is no fault but has to be told of a row: a format declares on which cells, how it is read, and it is counted. Pure.

    [remarks.RESIDUE_AFTER_REPAYMENT]
    says = "Marked as fully repaid, and yet an amount is due: a matter of data quality, not a debt."
    when = { status = ["Fully Repaid"], due = { not = ["0"] } }
    shows = "due"
    read_as = { due = "0" }

Every condition of `when` must hold. For the text of a cell, as it stands in the file: a list of texts, `not`, `matches` (a
pattern found anywhere in it), `blank`, `same_as` and `differs_from` (another column). For its value: `above` and `below` a figure, a
day or the value of another column. The attributes of a loan keep what was delivered, whatever `read_as` says.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.rules import Column, Fault, read

SAMPLE = 5
KEYS = {"says", "when", "shows", "read_as", "leave_out", "without"}
Row = tuple[Mapping[str, str], Mapping[str, Any]]  # the texts of a row and their values, by column
Test = Callable[[str, Any, Row], bool]


@dataclass(frozen=True)
class Remark:
    """One declared remark: which rows it is of, the column whose text is shown, and what it changes.

    `read_as`: column -> value that counts instead of the cell's. `leave_out`: the row makes no fact. `without`: parts of facts
    that the row does not make.
    """

    code: str
    says: str
    when: tuple[tuple[str, Test], ...]
    shows: str
    read_as: Mapping[str, Any] = field(default_factory=dict)
    leave_out: bool = False
    without: frozenset[str] = frozenset()

    def holds(self, cells: Mapping[str, str], values: Mapping[str, Any]) -> bool:
        row = (cells, values)
        return all(test(cells.get(name, ""), values[name], row) for name, test in self.when)


@dataclass
class Noticed:
    """The remarks of one delivery as they add up: code -> rows, and the first few with line and text."""

    declared: tuple[Remark, ...]
    rows: dict[str, int] = field(default_factory=dict)
    sample: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def look(self, line: int, cells: Mapping[str, str], values: Mapping[str, Any]) -> tuple[Mapping[str, Any], frozenset[str]] | None:
        """Count what is to be said of one row; returns its values as they are to be read, and the parts of facts that it does not make.

        None when it makes nothing at all. Conditions see the row as delivered, not as another remark reads it.
        """
        held = [remark for remark in self.declared if remark.holds(cells, values)]
        read = values
        for remark in held:
            self.rows[remark.code] = self.rows.get(remark.code, 0) + 1
            shown = self.sample.setdefault(remark.code, [])
            if len(shown) < SAMPLE:
                shown.append({"line": line, "value": cells.get(remark.shows, "")[:200]})
            if remark.read_as:
                read = {**read, **remark.read_as}
        if any(remark.leave_out for remark in held):
            return None
        return read, frozenset().union(*(remark.without for remark in held))

    def as_notes(self) -> dict[str, dict[str, Any]]:
        """For `Delivery.notes["remarks"]`, in the order of the format: code -> says, column, rows, sample; only what was noticed."""
        return {
            remark.code: {
                "says": remark.says, "column": remark.shows, "rows": self.rows[remark.code], "sample": self.sample[remark.code],
            }
            for remark in self.declared
            if remark.code in self.rows
        }  # fmt: skip


COLUMN_TESTS = ("same_as", "differs_from", "above", "below")  # may name another column


def declare(spec: Mapping[str, Any], columns: Mapping[str, Column], parts: set[str]) -> tuple[Remark, ...]:
    """The remarks that `[remarks]` of a format declares. Raises BadSpec with the place."""
    return tuple(_remark(code, said, columns, parts) for code, said in spec.items())


def _remark(code: str, said: Mapping[str, Any], columns: Mapping[str, Column], parts: set[str]) -> Remark:
    where = f"remarks.{code}"
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{2,39}", code):
        raise BadSpec(f"{where}: a code has capital letters, digits and _.")
    if unknown := set(said) - KEYS:
        raise BadSpec(f"{where}: {sorted(unknown)[0]} is unknown. Known are {', '.join(sorted(KEYS))}.")
    when, read_as = said.get("when", {}), said.get("read_as", {})
    if not said.get("says") or not when:
        raise BadSpec(f"{where}: a remark has a sentence (says) and a condition (when).")
    shows = said.get("shows", next(iter(when)))
    if unknown := {shows, *when, *read_as} - set(columns):
        raise BadSpec(f"{where}: {sorted(unknown)[0]} is no declared column.")
    if unknown := set(said.get("without", ())) - parts:
        raise BadSpec(f"{where}: the format makes no {sorted(unknown)[0]}.")
    tests = tuple((name, test) for name, condition in when.items() for test in _tests(condition, f"{where}.when.{name}", columns))
    return Remark(
        code, said["says"], tests, shows, {name: _value(columns[name], text, where) for name, text in read_as.items()},
        bool(said.get("leave_out", False)), frozenset(said.get("without", ())),
    )  # fmt: skip


def _value(column: Column, text: Any, where: str) -> Any:
    try:
        return read(column, str(text)) if text != "" else None
    except Fault as fault:
        raise BadSpec(f"{where}.read_as: {column.name} can't be read as {text!r} ({fault.reason}).") from None


def _tests(condition: Any, where: str, columns: Mapping[str, Column]) -> list[Test]:
    if isinstance(condition, list):
        condition = {"in": condition}
    if not isinstance(condition, Mapping) or not condition:
        raise BadSpec(f"{where}: a list of texts, or a table of {', '.join(MAKERS)}.")
    if unknown := set(condition) - set(MAKERS):
        raise BadSpec(f"{where}: {sorted(unknown)[0]} is unknown. Known are {', '.join(MAKERS)}.")
    if unknown := {other for key in COLUMN_TESTS if isinstance(other := condition.get(key), str)} - set(columns):
        raise BadSpec(f"{where}: {sorted(unknown)[0]} is no declared column.")
    try:
        return [MAKERS[key](wanted) for key, wanted in condition.items()]
    except (ArithmeticError, TypeError, re.error) as fault:
        raise BadSpec(f"{where}: {fault}.") from None


def _one_of(wanted: list[Any]) -> Test:
    texts = frozenset(map(str, wanted))
    return lambda text, value, row: text in texts


def _none_of(wanted: list[Any]) -> Test:
    texts = frozenset(map(str, wanted))
    return lambda text, value, row: text not in texts


def _matches(wanted: str) -> Test:
    pattern = re.compile(wanted)
    return lambda text, value, row: pattern.search(text) is not None


def _bound(wanted: Any) -> Callable[[Row], Any]:
    """The figure or day to compare with: one for all rows, or the value of a column."""
    if isinstance(wanted, str):
        return lambda row: row[1][wanted]
    fixed = wanted if isinstance(wanted, date) else Decimal(str(wanted))
    return lambda row: fixed


def _above(wanted: Any) -> Test:
    bound = _bound(wanted)
    return lambda text, value, row: value is not None and (least := bound(row)) is not None and value > least


def _below(wanted: Any) -> Test:
    bound = _bound(wanted)
    return lambda text, value, row: value is not None and (most := bound(row)) is not None and value < most


MAKERS: dict[str, Callable[[Any], Test]] = {
    "in": _one_of,
    "not": _none_of,
    "matches": _matches,
    "blank": lambda wanted: lambda text, value, row: (text == "") is bool(wanted),
    "above": _above,
    "below": _below,
    "same_as": lambda other: lambda text, value, row: text == row[0].get(other, ""),
    "differs_from": lambda other: lambda text, value, row: text != row[0].get(other, ""),
}
