"""Control records: what the sender says a file holds, beside the file, in its first line or in its last one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from borrowers.feeds.importer.faults import FileFault
from borrowers.feeds.rules import PLAIN_NUMBER, Column, Fault, read_number

if TYPE_CHECKING:
    from borrowers.feeds.importer.formats import Format

SIDECAR = ".control.json"
LARGEST_SIDECAR = 1024 * 1024
MOST_ROWS = 2**31 - 1


@dataclass
class ControlFound:
    """What a control record says, and what the file holds."""

    expected: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)

    def found(self) -> dict[str, Any]:
        return {"rows": self.rows, "totals": {name: str(total) for name, total in self.totals.items()}}


def read_control(path: Path | None, source: Path) -> dict[str, Any]:
    """The control record beside a file (`FILE.control.json`, or `path`): {"rows": n, "totals": {column: "text"}}; {} when there is none.

    `date` is there as well when the record names a business date. Raises FileFault when it can't be read.
    """
    place = path or source.with_name(source.name + SIDECAR)
    if not place.exists():
        if path:
            raise FileFault("CONTROL_MISSING", f"There is no control record {path.name}.")
        return {}
    try:
        if place.stat().st_size > LARGEST_SIDECAR:
            raise ValueError("it is larger than one megabyte")
        said = json.loads(place.read_text(encoding="utf-8-sig"), parse_float=Decimal)
        found: dict[str, Any] = {"rows": _count(str(said["rows"])), "totals": {str(k): str(v) for k, v in said.get("totals", {}).items()}}
        return {**found, "date": date.fromisoformat(said["date"]).isoformat()} if "date" in said else found
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise FileFault("CONTROL_MISMATCH", f"The control record {place.name} can't be read: {fault}.") from None


def record_in_file(cells: list[str], line: int, declared: "Format") -> dict[str, Any]:
    """What the first or last line of a file says, by the cells that the format's `control` names. Raises FileFault.

    A total is written as its column writes numbers; one that can't be read stays as it is, and so agrees with nothing.
    """
    rule = declared.control
    try:
        totals = {name: _total(declared.columns[name], cells[cell - 1].strip()) for name, cell in rule.totals.items()}
        return {"rows": _count(cells[rule.rows_cell - 1].strip()), "totals": totals}
    except (IndexError, ValueError):
        raise FileFault("CONTROL_MISMATCH", f"Line {line}, the control record, can't be read.") from None


def _total(column: Column, text: str) -> str:
    try:
        return f"{read_number(replace(column, decimals=12), text):f}"
    except Fault:
        return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) > MOST_ROWS:
        raise ValueError(f"{text[:40]!r} is no count of rows")
    return int(text)


def compare(expected: Mapping[str, Any], found: ControlFound, business_date: date | None = None) -> str:
    """A sentence that names the first difference between a control record and the file; empty when they agree.

    `business_date` is compared as well where the record names a date. The least difference counts: 0.01, or one row.
    """
    if expected.get("rows") is not None and expected["rows"] != found.rows:
        return f"The control record says {expected['rows']} rows, the file has {found.rows}."
    for name, text in expected.get("totals", {}).items():
        total = found.totals.get(name)
        if total is None or len(text) > 60 or not PLAIN_NUMBER.fullmatch(text) or Decimal(text) != total:
            return f"The control record says {text[:60]} for the total of {name}, the file has {total}."
    if business_date and expected.get("date") not in {None, business_date.isoformat()}:
        return f"The control record is for {expected['date']}, the delivery for {business_date}."
    return ""
