"""Turns the text of a row into the typed fields of the facts it makes. Pure, but for the file it walks through."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from borrowers.feeds.importer.formats import TARGETS, Format, find
from borrowers.feeds.importer.reading import FileFault, Line, Rows, examine
from borrowers.feeds.importer.remarks import Noticed
from borrowers.feeds.importer.values import BUSINESS_DATE, as_text
from borrowers.feeds.rules import FULL_WIDTH, SUSPECT, Fault, read
from loanwatch.kernel.calendars import month_end

OWN = {"line": "integer", "key": "text", "digest": "text", "reason": "text", "at_column": "text", "value": "text", "raw": "jsonb"}


def staging_columns(declared: Format) -> dict[str, str]:
    """Column -> SQL type of the staging table of a format: our own columns, then `part__field` for each fact."""
    fields = {f"{part}__{name}": kind for part in declared.targets for name, kind in TARGETS[part].items()}
    return {**OWN, **fields, **({"loan__attributes": "jsonb"} if "loan" in declared.targets else {})}


class Parser:
    """Reads the rows of one delivery of `declared` for `business_date`. Counts what it leaves out in `counts`."""

    def __init__(self, declared: Format, business_date: date, *, all_rows: bool = False, only_keys: frozenset[str] | None = None) -> None:
        self.declared, self.business_date, self.all_rows, self.only_keys = declared, business_date, all_rows, only_keys
        self.counts: Counter[str] = Counter()
        self.notes: dict[str, Any] = {}
        self.noticed = Noticed(declared.remarks)
        self.fault: FileFault | None = None
        self.pick: Mapping[str, str] = {}
        if declared.dates == "pick":
            month = f"{business_date:%Y-%m}"
            if month not in declared.picks:
                known = ", ".join(sorted(declared.picks))
                raise FileFault("NO_SUCH_MONTH", f"The file tells of {known}, not of {month}.", held=False)
            self.pick = declared.picks[month]
        self.fields = [(part, name, declared.targets[part].get(name)) for part in declared.targets for name in TARGETS[part]]

    def staged(self, rows: Rows) -> Iterator[tuple[Any, ...]]:
        """One tuple per row that belongs to the delivery, in the order of `staging_columns`; bad rows have a reason.

        A fault of the whole file ends the rows and is left in `fault`: raised inside a COPY it would be lost.
        """
        try:
            for line in rows:
                self.counts["read"] += 1
                made = self.one(line, rows.order)
                if made is not None:
                    yield made
        except FileFault as fault:
            self.fault = fault
        if self.noticed.rows:
            self.notes["remarks"] = self.noticed.as_notes()

    def one(self, line: Line, order: list[str]) -> tuple[Any, ...] | None:
        """The staging tuple of one row, or None when the row is of another month or left out by the format's limit."""
        cells = dict(zip(order, line.cells, strict=False))
        digest = hashlib.md5("\x1f".join(cells.get(name, "") for name in self.declared.columns).encode(), usedforsecurity=False).hexdigest()
        key = "\x1f".join(cells.get(name, "") for name in self.declared.key)
        try:
            if not line.whole:
                raise Fault("WRONG_CELL_COUNT", "", str(len(line.cells)))
            when = self.belongs_to(cells)
            if when is None:
                self.counts["other_month"] += 1
                return None
            if self.only_keys is not None and cells[self.declared.limit["own"]] not in self.only_keys:
                self.counts["left_out"] += 1
                return None
            values = self.values(cells)
            looked = self.noticed.look(line.number, cells, values)
            if looked is None:
                self.counts["left_out"] += 1
                return None
            return (line.number, key, digest, None, None, None, line.cells, *self.facts(values, when, *looked))
        except Fault as fault:
            empty = [None] * (len(staging_columns(self.declared)) - len(OWN))
            return (line.number, _shown(key), digest, fault.reason, fault.column, _shown(fault.value), _shown_all(line.cells), *empty)

    def belongs_to(self, cells: Mapping[str, str]) -> date | None:
        """The business date that a row is for; None when that is not this delivery's. Raises Fault."""
        if not self.declared.date_column:
            return self.business_date
        column = self.declared.columns[self.declared.date_column]
        when = _read(column, cells[column.name])
        if when is None:
            raise Fault("MISSING_VALUE", column.name)
        when = month_end(when) if self.declared.dates == "month" else when
        wanted = when <= self.business_date if self.all_rows else when == self.business_date
        return when if wanted else None

    def values(self, cells: Mapping[str, str]) -> dict[str, Any]:
        """Each column's value. Raises Fault with the first column that can't be read."""
        if SUSPECT.search("".join(cells.values())):
            where = next(name for name, text in cells.items() if SUSPECT.search(text))
            raise Fault("CONTROL_CHARACTER", where, cells[where])
        values: dict[str, Any] = {BUSINESS_DATE: self.business_date}
        for name, column in self.declared.columns.items():
            text = cells.get(name, "")
            values[name] = value = _read(column, text)
            if column.full_width and text.translate(FULL_WIDTH) != text:
                self.notes["FULL_WIDTH_CONVERTED"] = self.notes.get("FULL_WIDTH_CONVERTED", 0) + 1
            if column.not_after_business_date and value is not None and value > self.business_date:
                raise Fault("FUTURE_DATE", name, text)
        for alias, name in self.pick.items():
            values[alias] = values[name]
        return values

    def facts(self, values: Mapping[str, Any], when: date, read: Mapping[str, Any], without: frozenset[str]) -> Iterator[Any]:
        """The fields of the facts of one row, in the order of `staging_columns`. Raises Fault.

        `values` are the cells as delivered, `read` as remarks of the format read them; the parts named in `without` stay empty.
        """
        made = {(part, name): value.of(read) if value and part not in without else None for part, name, value in self.fields}
        begins, ends = made.get(("loan", "disbursed_on")), made.get(("loan", "matures_on"))
        if begins and ends and ends < begins:
            raise Fault("DATE_ORDER", "", f"{begins} > {ends}")
        if ("position", "valid_from") in made and made["position", "valid_from"] is None:
            made["position", "valid_from"] = when
        yield from made.values()
        if "loan" in self.declared.targets:
            yield {name: as_text(values[name]) for name in self.declared.attributes if values[name] is not None}


def _read(column: Any, text: str) -> Any:
    try:
        return read(column, text)
    except Fault as fault:
        raise Fault(fault.reason, column.name, text) from None


def _shown(text: str) -> str:
    """A value as it can be stored and shown: suspect characters as their code points."""
    return SUSPECT.sub(lambda found: f"<U+{ord(found.group()):04X}>", text)[:200]


def _shown_all(cells: Iterable[str]) -> list[str]:
    return [SUSPECT.sub(lambda found: f"<U+{ord(found.group()):04X}>", cell) for cell in cells]


def keys_beside(declared: Format, path: Path) -> frozenset[str] | None:
    """The keys to which the format's `limit` file, lying beside `path`, limits the rows; None when there is none."""
    place = path.with_name(declared.limit["file"]) if declared.limit else None
    if place is None or not place.is_file():
        return None
    other = find(declared.limit["format"])
    source = examine(place, other)
    if source.fault:
        raise source.fault
    rows = Rows(source, replace(other, final_newline=False))
    column = declared.limit["column"]
    return frozenset(line.cells[rows.order.index(column)] for line in rows if line.whole)


def total_columns(expected: Mapping[str, Any]) -> dict[str, Decimal]:
    """The columns that a control record totals, each at zero."""
    return {name: Decimal(0) for name in expected.get("totals", {})}
