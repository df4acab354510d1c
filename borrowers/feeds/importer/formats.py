"""Reads a format file: what a feed looks like and which facts its rows make. `docs/feeds.md` describes every key."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from borrowers.feeds.importer import schema
from borrowers.feeds.importer.columns import column_of
from borrowers.feeds.importer.layouts import Layout, layout_of
from borrowers.feeds.importer.remarks import Remark, declare
from borrowers.feeds.importer.values import BadSpec, Value, value_of
from borrowers.feeds.rules import Column
from borrowers.kinds import NEEDED as NEEDED_OF_KINDS
from borrowers.kinds import TARGETS as KINDS_TOLD

# Beside the kinds of facts, a row may say how the equal instalments of its loan fall due: `plans.add_schedules` makes them.
SCHEDULE = {"loan_number": "text", "instalments": "integer", "amount": "numeric", "since": "date"}
TARGETS = {**KINDS_TOLD, "schedule": SCHEDULE}
NEEDED = {**NEEDED_OF_KINDS, "schedule": set(SCHEDULE)}

FOLDER = Path(__file__).resolve().parent.parent / "formats"


@dataclass(frozen=True)
class Control:
    """Where the control record is and which columns it totals. `trailer`, `header`: text of the first cell of that line."""

    required: bool = False
    trailer: str = ""  # of the last line
    header: str = ""  # of the first line, before the names of the columns
    rows_cell: int = 2  # of the record, counted from 1
    totals: Mapping[str, int] = field(default_factory=dict)  # column -> cell of the record
    places: tuple[tuple[int, int], ...] = ()  # where kind is fixed: first and last position of the count and of each total


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
    carries_absent: bool = False  # loans that a delivery does not tell of stand where they stood
    borrower_stays: bool = False  # a loan that is there keeps its borrower, however the file writes it
    layout: Layout = field(default_factory=Layout)
    scripts: tuple[str, ...] = ()  # expected in text; empty: what the encoding suggests
    hold_over_rows: int | None = None  # more bad rows than this hold the file, whatever their share

    @property
    def kind(self) -> str:
        return self.layout.kind

    def too_many_bad(self, bad: int, rows: int) -> str:
        """Why a file of which `bad` of `rows` can't be used must wait for a person; empty when its good rows may be applied.

        Exactly as many as the format allows are allowed.
        """
        if bad and 100 * bad > self.hold_over_percent * rows:
            return f"{bad} of {rows} rows can't be used; the feed takes at most {self.hold_over_percent:f} percent."
        if self.hold_over_rows is not None and bad > self.hold_over_rows:
            return f"{bad} of {rows} rows can't be used; the feed takes at most {self.hold_over_rows}."
        return ""

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
    if wrong := schema.faults(spec):
        raise BadSpec(": ".join(wrong[0]))
    name = spec.get("name", stem)
    if not re.fullmatch(r"[a-z0-9_]{1,60}", name):
        raise BadSpec("name: small letters, digits and _ only.")
    columns = {key: column_of(key, declared) for key, declared in spec["columns"].items()}
    dates, bad_rows = spec.get("dates", {"rows": "all"}), spec.get("bad_rows", {})
    readable = {*columns, *(alias for pick in dates.get("picks", {}).values() for alias in pick)}
    targets = {part: target_of(part, spec[part], spec.get("lists", {}), readable) for part in TARGETS if part in spec}
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
        control=_control(spec.get("control", {}), spec.get("kind", "csv")),
        limit=spec.get("limit", {}),
        full_position=bool(spec.get("full_position", False)),
        blank_balance_is_principal=bool(spec.get("blank_balance_is_principal", False)),
        creates_branches=bool(spec.get("branches", {}).get("create", False)),
        products=spec.get("products", {}),
        attributes=tuple(spec.get("attributes", ())),
        targets=targets,
        remarks=declare(spec.get("remarks", {}), columns, set(targets)),
        carries_absent=spec.get("absent", "") == "carried",
        borrower_stays=bool(spec.get("borrower_stays", False)),
        layout=layout_of(spec, columns),
        scripts=tuple(spec.get("scripts", ())),
        hold_over_rows=bad_rows.get("hold_over_rows"),
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
    if not made.targets:
        raise BadSpec(f"A format makes at least one of {', '.join(TARGETS)}.")
    if made.dates not in {"all", "month", "day", "pick"} or (made.dates in {"month", "day"}) != bool(made.date_column):
        raise BadSpec("dates.rows: all, pick, or month or day with a column.")
    if made.carries_absent and (made.full_position or "position" not in made.targets):
        raise BadSpec("absent: only where positions are told, and not in a full position file.")
    if "loan" in made.targets and not {"borrower", "branch"} <= set(made.targets):
        raise BadSpec("A loan needs a borrower and a branch.")
    if {"loan", "position"} & set(made.targets) and not re.fullmatch("[A-Z]{3}", made.currency):
        raise BadSpec("currency: three letters.")


def _control(spec: Mapping[str, Any], kind: str) -> Control:
    if "trailer" in spec and "header" in spec:
        raise BadSpec("control: a record is the first line (header) or the last one (trailer), not both.")
    at = {"rows_at", "totals_at"} & set(spec)
    if kind != "fixed":
        if at:
            raise BadSpec(f"control.{min(at)}: only where kind is fixed.")
        return Control(**spec)
    if {"rows_cell", "totals"} & set(spec) or ({"trailer", "header"} & set(spec) and "rows_at" not in spec):
        raise BadSpec("control: where kind is fixed, rows_at and totals_at say at which positions a trailer or header holds its figures.")
    totals = spec.get("totals_at", {})
    return Control(
        required=bool(spec.get("required", False)), trailer=spec.get("trailer", ""), header=spec.get("header", ""),
        totals={name: place for place, name in enumerate(totals, 3)},
        places=tuple((int(first), int(last)) for first, last in (spec.get("rows_at", (1, 1)), *totals.values())),
    )  # fmt: skip


def target_of(part: str, spec: Mapping[str, Any], lists: Mapping[str, Any], readable: set[str], *, whole: bool = True) -> dict[str, Value]:
    """The fields of one part of a fact, as a format declares them; `whole`: with all that the part needs. Raises BadSpec."""
    if whole and (missing := NEEDED[part] - set(spec)):
        raise BadSpec(f"{part}: {sorted(missing)[0]} is needed.")
    made = {name: value_of(declared, lists, f"{part}.{name}") for name, declared in spec.items()}
    for name, value in made.items():
        if unknown := value.columns() - readable:
            raise BadSpec(f"{part}.{name}: {sorted(unknown)[0]} is no declared column.")
    return made
