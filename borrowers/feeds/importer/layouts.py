"""How the cells of a file are laid out: the part of a format file that differs between kinds of files. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from borrowers.feeds.importer.values import BadSpec

KINDS = ("csv", "xlsx", "parquet", "fixed", "xml", "folder")
TEXT_KINDS = frozenset({"csv", "fixed", "xml"})
KEYS_OF: Mapping[str, frozenset[str]] = {  # keys of the top level that belong to some kinds only
    "delimiter": frozenset({"csv", "folder"}),
    "final_newline": frozenset({"csv", "fixed", "folder"}),
    "encodings": frozenset({*TEXT_KINDS, "folder"}),
    "scripts": frozenset({*TEXT_KINDS, "folder"}),
    "sheet": frozenset({"xlsx"}),
    "record": frozenset({"xml"}),
    "positions": frozenset({"fixed"}),
    "files": frozenset({"folder"}),
    "driving": frozenset({"folder"}),
}
SHEET_KEYS, FILE_KEYS = {"name", "header_row", "significant_digits"}, {"name", "join", "where", "ignore", "encodings", "delimiter"}
NAME = re.compile(r"[^/\\\x00-\x1f:]{1,120}")


@dataclass(frozen=True)
class Table:
    """One table of a folder: the file it is read from, under one of its names, and the columns that lead to it."""

    names: tuple[str, ...]
    join: Mapping[str, str] = field(default_factory=dict)  # column of this table -> column of a table read before
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)  # column of this table -> texts it must have
    ignore: frozenset[str] = frozenset()
    encodings: tuple[str, ...] = ()
    delimiter: str = ""


@dataclass(frozen=True)
class Layout:
    """What a format declares of its kind of file. Only the fields of the kind are used."""

    kind: str = "csv"
    ignore: frozenset[str] = frozenset()  # headers that a file has and nobody reads
    sheet: str = ""  # empty: the only one
    header_row: int = 1
    significant_digits: int = 17  # of a number cell; 17: exactly what is stored, 15: what a spreadsheet shows
    record: tuple[str, ...] = ()  # names of the elements from the root down to the one that is a row
    in_bytes: bool = False  # positions count bytes, not characters
    tables: Mapping[str, Table] = field(default_factory=dict)
    driving: str = ""


def layout_of(spec: Mapping[str, Any], columns: Mapping[str, Any]) -> Layout:
    """The Layout that the top level of a format file declares. Raises BadSpec with the place."""
    kind = spec.get("kind", "csv")
    if kind not in KINDS:
        raise BadSpec(f"kind: one of {', '.join(KINDS)}.")
    _require_own_keys(kind, spec, columns)
    made: dict[str, Any] = {"kind": kind, "ignore": _texts(spec.get("ignore", ()), "ignore")}
    if kind == "xlsx":
        made |= _sheet(spec.get("sheet", {}))
    if kind == "xml":
        made["record"] = _record(spec.get("record", ""))
    if kind == "fixed":
        made["in_bytes"] = _positions(spec.get("positions", "characters"), columns)
    if kind == "folder":
        made |= _folder(spec, columns)
    return Layout(**made)


def _require_own_keys(kind: str, spec: Mapping[str, Any], columns: Mapping[str, Any]) -> None:
    for key, kinds in KEYS_OF.items():
        if key in spec and kind not in kinds:
            raise BadSpec(f"{key}: only where kind is {' or '.join(sorted(kinds))}.")
    for name, column in columns.items():
        if (kind == "fixed") != (column.at is not None):
            raise BadSpec(f"columns.{name}: at = [first, last] is declared where kind is fixed, and nowhere else.")
        if column.file and kind != "folder":
            raise BadSpec(f"columns.{name}: file is declared only where kind is folder.")


def _texts(value: Any, where: str) -> frozenset[str]:
    if isinstance(value, str) or not all(isinstance(one, str) for one in value):
        raise BadSpec(f"{where}: a list of texts.")
    return frozenset(value)


def _sheet(spec: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(spec) - SHEET_KEYS:
        raise BadSpec(f"sheet: {sorted(unknown)[0]} is unknown. Known are {', '.join(sorted(SHEET_KEYS))}.")
    row, digits = spec.get("header_row", 1), spec.get("significant_digits", 17)
    if not isinstance(row, int) or not 1 <= row <= 1000:
        raise BadSpec("sheet.header_row: a row from 1 to 1000.")
    if digits not in {15, 17}:
        raise BadSpec("sheet.significant_digits: 17 (as stored) or 15 (as a spreadsheet shows them).")
    return {"sheet": str(spec.get("name", "")), "header_row": row, "significant_digits": digits}


def _record(text: str) -> tuple[str, ...]:
    names = tuple(text.split("/"))
    if not all(re.fullmatch(r"[^\W\d][\w.-]*", name) for name in names):
        raise BadSpec("record: the names of the elements from the root to one row, as in assetData/assets.")
    return names


def _positions(unit: str, columns: Mapping[str, Any]) -> bool:
    if unit not in {"characters", "bytes"}:
        raise BadSpec("positions: characters or bytes.")
    ends = 0
    for first, last, name in sorted((*column.at, name) for name, column in columns.items()):
        if not ends < first <= last <= 100_000:
            raise BadSpec(f"columns.{name}: at = [first, last], counted from 1, after the column before it.")
        ends = last
    return unit == "bytes"


def _folder(spec: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    tables = {name: _table(name, declared) for name, declared in spec.get("files", {}).items()}
    driving = spec.get("driving", "")
    if driving not in tables:
        raise BadSpec("driving: the name of the file under [files] whose rows are the rows of the delivery.")
    for name, column in columns.items():
        if column.file and column.file not in tables:
            raise BadSpec(f"columns.{name}: there is no file {column.file} under [files].")
    reached = {driving}
    for name, table in tables.items():
        _require_reachable(name, table, driving, reached, columns)
        reached.add(name)
    return {"tables": tables, "driving": driving}


def _require_reachable(name: str, table: Table, driving: str, reached: set[str], columns: Mapping[str, Any]) -> None:
    if (name == driving) == bool(table.join):
        raise BadSpec(f"files.{name}.join: every file but the driving one is joined by its columns.")
    own = {column for column, declared in columns.items() if (declared.file or driving) == name}
    for place, names in (("join", table.join), ("where", table.where)):
        if unknown := set(names) - own:
            raise BadSpec(f"files.{name}.{place}: {sorted(unknown)[0]} is no declared column of this file.")
    if optional := [
        column for column in (*table.join, *table.join.values(), *table.where) if column in columns and columns[column].optional
    ]:
        raise BadSpec(f"files.{name}: {optional[0]} leads to a row and can't be optional.")
    for theirs in table.join.values():
        if theirs not in columns or (columns[theirs].file or driving) not in reached:
            raise BadSpec(f"files.{name}.join: {theirs} is no column of the driving file or of a file declared above.")
    if not own:
        raise BadSpec(f"files.{name}: no column is declared of this file.")


def _table(name: str, spec: Mapping[str, Any]) -> Table:
    if unknown := set(spec) - FILE_KEYS:
        raise BadSpec(f"files.{name}: {sorted(unknown)[0]} is unknown. Known are {', '.join(sorted(FILE_KEYS))}.")
    names = spec.get("name", "")
    names = (names,) if isinstance(names, str) else tuple(names)
    if not names or not all(isinstance(one, str) and NAME.fullmatch(one) for one in names):
        raise BadSpec(f"files.{name}.name: the name of a file, or several that it may have, without a folder.")
    return Table(
        names=names,
        join=dict(spec.get("join", {})),
        where={column: frozenset(map(str, allowed)) for column, allowed in spec.get("where", {}).items()},
        ignore=_texts(spec.get("ignore", ()), f"files.{name}.ignore"),
        encodings=tuple(spec.get("encodings", ())),
        delimiter=spec.get("delimiter", ""),
    )
