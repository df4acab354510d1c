"""Reads a format file: what a feed looks like and which facts its rows make. `docs/feeds.md` describes every key."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from borrowers.feeds.importer.remarks import Remark, declare
from borrowers.feeds.importer.values import BadSpec, Value, value_of
from borrowers.feeds.rules import TYPES, Column, date_formats

FOLDER = Path(__file__).resolve().parent.parent / "formats"

# The facts a row may make: part of a fact -> field -> SQL type of its column in the staging table.
TARGETS: dict[str, dict[str, str]] = {
    "borrower": {"number": "text", "kind": "text", "name": "text", "segment": "text", "industry": "text", "region": "text"},
    "branch": {"code": "text", "name": "text", "region_code": "text", "region_name": "text"},
    "loan": {
        "number": "text", "product": "text", "principal": "numeric", "rate": "numeric", "disbursed_on": "date", "matures_on": "date",
        "purpose": "text", "ltv_agreed": "numeric",
    },
    "position": {
        "loan_number": "text", "valid_from": "date", "balance": "numeric", "days_past_due": "integer", "overdue_principal": "numeric",
        "overdue_interest": "numeric", "rate": "numeric", "matures_on": "date", "modified": "boolean", "paid": "numeric", "status": "text",
        "closed_as": "text",
    },
    "collateral": {
        "number": "text", "kind": "text", "description": "text", "value": "numeric", "valued_on": "date", "index_region": "text",
    },
    "guarantee": {"guarantor_number": "text", "guarantor_name": "text", "amount": "numeric"},
    "event": {"kind": "text", "on": "date", "amount": "numeric", "note": "text"},
    "price": {"series": "text", "region": "text", "on": "date", "value": "numeric"},
}  # fmt: skip
NEEDED = {
    "borrower": {"number", "kind", "segment"}, "branch": {"code"},
    "loan": {"number", "product", "principal", "disbursed_on"},
    "position": {"loan_number", "balance"}, "collateral": {"number", "kind"}, "guarantee": {"guarantor_number", "amount"},
    "event": {"kind", "on"}, "price": {"series", "region", "on", "value"},
}  # fmt: skip
TOP = {
    "name", "title", "currency", "encodings", "delimiter", "max_megabytes", "final_newline", "key", "dates", "bad_rows", "columns",
    "control",
    "limit", "full_position", "blank_balance_is_principal", "branches", "products", "lists", "attributes", "remarks", *TARGETS,
}  # fmt: skip


@dataclass(frozen=True)
class Control:
    """Where the control record is and which columns it totals. `trailer`: text of the first cell of the last line."""

    required: bool = False
    trailer: str = ""
    rows_cell: int = 2  # of the trailer, counted from 1
    totals: Mapping[str, int] = field(default_factory=dict)  # column -> cell of the trailer


@dataclass(frozen=True)
class Format:
    """One feed, as its file declares it."""

    name: str
    title: str
    currency: str
    encodings: tuple[str, ...]
    delimiter: str
    max_bytes: int
    final_newline: bool
    key: tuple[str, ...]
    dates: str  # all | month | day | pick
    date_column: str
    picks: Mapping[str, Mapping[str, str]]
    hold_over_percent: Decimal
    columns: Mapping[str, Column]
    control: Control
    limit: Mapping[str, str]
    full_position: bool
    blank_balance_is_principal: bool
    creates_branches: bool
    products: Mapping[str, Mapping[str, str]]
    attributes: tuple[str, ...]
    targets: Mapping[str, Mapping[str, Value]]
    remarks: tuple[Remark, ...] = ()

    @property
    def feeds_positions(self) -> bool:
        return "position" in self.targets


def find(name_or_path: str) -> Format:
    """The format named, or the one in a file. Raises BadSpec with a sentence."""
    path = FOLDER / f"{name_or_path}.toml" if re.fullmatch(r"[a-z0-9_]+", name_or_path) else Path(name_or_path)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise BadSpec(f"There is no feed format {name_or_path}. Known are {known}, or the path of a format file.")
    try:
        return parse(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise BadSpec(f"{path.name} is no readable TOML file: {fault}.") from None


def parse(spec: Mapping[str, Any], stem: str) -> Format:
    """The Format that a parsed TOML file declares. Raises BadSpec with the place."""
    _only(spec, TOP, "the file")
    name = spec.get("name", stem)
    if not re.fullmatch(r"[a-z0-9_]{1,60}", name):
        raise BadSpec("name: small letters, digits and _ only.")
    columns = {key: _column(key, declared) for key, declared in spec.get("columns", {}).items()}
    if not columns:
        raise BadSpec("columns: a format declares at least one.")
    dates, bad_rows = spec.get("dates", {"rows": "all"}), spec.get("bad_rows", {})
    readable = {*columns, *(alias for pick in dates.get("picks", {}).values() for alias in pick)}
    targets = {part: _target(part, spec[part], spec.get("lists", {}), readable) for part in TARGETS if part in spec}
    made = Format(
        name=name,
        title=spec.get("title", name),
        currency=spec.get("currency", ""),
        encodings=tuple(spec.get("encodings", ["utf-8"])),
        delimiter=spec.get("delimiter", ","),
        max_bytes=int(spec.get("max_megabytes", 2048)) * 1024 * 1024,
        final_newline=spec.get("final_newline", "required") == "required",
        key=tuple(spec.get("key", ())),
        dates=dates.get("rows", "all"),
        date_column=dates.get("column", ""),
        picks=dates.get("picks", {}),
        hold_over_percent=Decimal(str(bad_rows.get("hold_over_percent", 0 if "position" in targets else 50))),
        columns=columns,
        control=Control(**spec.get("control", {})),
        limit=spec.get("limit", {}),
        full_position=bool(spec.get("full_position", False)),
        blank_balance_is_principal=bool(spec.get("blank_balance_is_principal", False)),
        creates_branches=bool(spec.get("branches", {}).get("create", False)),
        products=spec.get("products", {}),
        attributes=tuple(spec.get("attributes", ())),
        targets=targets,
        remarks=declare(spec.get("remarks", {}), columns, set(targets)),
    )
    _require_sense(made)
    return made


def _require_sense(made: Format) -> None:
    for place, names in {
        "key": made.key,
        "attributes": made.attributes,
        "dates.column": (made.date_column,),
        "control": made.control.totals,
    }.items():
        if unknown := [n for n in names if n and n not in made.columns]:
            raise BadSpec(f"{place}: {unknown[0]} is no declared column.")
    if not made.key:
        raise BadSpec("key: the columns by which a row is known.")
    if not made.targets:
        raise BadSpec(f"A format makes at least one of {', '.join(TARGETS)}.")
    if made.dates not in {"all", "month", "day", "pick"} or (made.dates in {"month", "day"}) != bool(made.date_column):
        raise BadSpec("dates.rows: all, pick, or month or day with a column.")
    if "loan" in made.targets and not {"borrower", "branch"} <= set(made.targets):
        raise BadSpec("A loan needs a borrower and a branch.")
    if {"loan", "position"} & set(made.targets) and not re.fullmatch("[A-Z]{3}", made.currency):
        raise BadSpec("currency: three letters.")


def _only(spec: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := set(spec) - known:
        raise BadSpec(f"{where}: {sorted(unknown)[0]} is unknown. Known are {', '.join(sorted(known))}.")


def _column(name: str, declared: Mapping[str, Any]) -> Column:
    spec = dict(declared)
    kind = spec.get("type", "text")
    if kind not in TYPES:
        raise BadSpec(f"columns.{name}: the type is one of {', '.join(TYPES)}.")
    header = spec.pop("header", name)
    written = spec.pop("format", [])
    written = [written] if isinstance(written, str) else written
    if (kind in {"date", "month"}) != bool(written):
        raise BadSpec(f"columns.{name}: a date or month, and nothing else, has a format such as MM/DD/YYYY.")
    try:
        changed: dict[str, Any] = {
            "date_format": date_formats(written)[0] if written else None,
            "other_dates": date_formats(written)[1:],
            "pattern": re.compile(spec["pattern"]) if "pattern" in spec else None,
            "blanks": frozenset(spec.get("blanks", ())),
            "codes": _codes(spec["codes"]) if "codes" in spec else None,
            "least": _bound(spec.pop("min", None)),
            "most": _bound(spec.pop("max", None)),
        }
        return Column(name=name, headers=(header,) if isinstance(header, str) else tuple(header), **{**spec, **changed})
    except (TypeError, ValueError, re.error) as fault:
        raise BadSpec(f"columns.{name}: {fault}") from None


def _codes(declared: Any) -> Mapping[str, str]:
    return {str(k): v for k, v in declared.items()} if isinstance(declared, Mapping) else {str(k): "" for k in declared}


def _bound(value: Any) -> Decimal | date | None:
    return value if value is None or isinstance(value, date) else Decimal(str(value))


def _target(part: str, spec: Mapping[str, Any], lists: Mapping[str, Any], readable: set[str]) -> dict[str, Value]:
    _only(spec, set(TARGETS[part]), part)
    if missing := NEEDED[part] - set(spec):
        raise BadSpec(f"{part}: {sorted(missing)[0]} is needed.")
    made = {name: value_of(declared, lists, f"{part}.{name}") for name, declared in spec.items()}
    for name, value in made.items():
        if unknown := value.columns() - readable:
            raise BadSpec(f"{part}.{name}: {sorted(unknown)[0]} is no declared column.")
    return made
