"""Rows from a workbook (XLSX). Before anything opens it, what it unpacks to and how far its cells reach is counted, member by member."""

import math
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defusedxml.ElementTree import fromstring

from borrowers.feeds.importer import archives
from borrowers.feeds.importer.faults import FileFault
from borrowers.feeds.rules import Cell, Column, as_written

if TYPE_CHECKING:
    from borrowers.feeds.importer.formats import Format

MOST_BYTES = 128 * 1024 * 1024  # unpacked: a sheet is held in memory as a whole. Larger feeds come as text or Parquet
MOST_CELLS = 5_000_000  # rows times columns, blank ones too
MOST_ERRORS = 10_000
OLD = b"\xd0\xcf\x11\xe0"
PARTS = {"[Content_Types].xml", "xl/workbook.xml"}
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])([^<>]{0,400})>")
PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,4})([0-9]{1,8})["']""")
IS_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
OVERLAP = 512
EXACT = Decimal(10) ** 15  # a spreadsheet keeps fifteen digits


@dataclass
class _Extent:
    """How far the cells of one sheet reach, counted from 1, and which of them hold the error of a formula."""

    rows: int = 0
    columns: int = 0
    errors: set[tuple[int, int]] = field(default_factory=set)

    def see(self, text: bytes) -> None:
        for found in CELL.finditer(text):
            place = PLACE.search(found[1])
            if place is None:
                continue
            column = 0
            for letter in place[1].upper():
                column = 26 * column + letter - 64
            row = int(place[2])
            self.rows, self.columns = max(self.rows, row), max(self.columns, column)
            if IS_ERROR.search(found[1]):
                self.errors.add((row, column))


def check(path: Path, declared: "Format") -> None:
    """Look through a workbook without opening it. Raises FileFault when it is none, damaged, dangerous or too large."""
    with path.open("rb") as raw:
        head = raw.read(4)
    if head == OLD:
        raise FileFault("UNREADABLE", "The workbook is of the old kind (XLS) or locked with a password; deliver it as XLSX.", held=False)
    if head != archives.ZIP:
        raise FileFault("UNREADABLE", "The file is no workbook (XLSX).", held=False)
    _extents(path, min(declared.max_bytes, MOST_BYTES))


def _extents(path: Path, most: int) -> dict[str, _Extent]:
    names = archives.check_zip(path, most, several=True)
    if not set(names) >= PARTS:
        raise FileFault("UNREADABLE", "The file is an archive, but no workbook (XLSX).", held=False)
    found: dict[str, _Extent] = {}
    with archives.damage_told(), zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            extent = found.setdefault(info.filename, _Extent()) if SHEET.fullmatch(info.filename) else _Extent()
            kept = b""
            for block in archives.inflated(path, info):
                text = kept + block
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                    raise archives.unsafe("The workbook declares entities; they are not read.")
                if info.filename in found:
                    extent.see(text)
                    _require_small(extent)
                kept = text[-OVERLAP:]
    return found


def _require_small(extent: _Extent) -> None:
    if extent.rows * extent.columns > MOST_CELLS:
        raise FileFault("TOO_LARGE", f"The sheet reaches over more than {MOST_CELLS:,} cells.", held=False)
    if len(extent.errors) > MOST_ERRORS:
        raise FileFault("UNREADABLE", f"More than {MOST_ERRORS:,} cells hold the error of a formula.")


def records(path: Path, declared: "Format") -> Iterator[tuple[int, list[str]]]:
    """The rows of the declared sheet from the row of the headers on, each with its number in the sheet. Raises FileFault."""
    layout = declared.layout
    with _told():
        from python_calamine import CalamineWorkbook

        with path.open("rb") as raw, CalamineWorkbook.from_filelike(raw) as book:
            name = layout.sheet or _only(book.sheet_names)
            if name not in book.sheet_names:
                raise FileFault("MISSING_FILE", f"The workbook has no sheet {name}.")
            sheet = book.get_sheet_by_name(name)
            yield from _rows(sheet, declared, _errors(path, name))


def _only(names: list[str]) -> str:
    if len(names) != 1:
        raise FileFault("MISSING_FILE", f"The workbook has {len(names)} sheets, and the format does not say which one is read.")
    return names[0]


def _errors(path: Path, name: str) -> set[tuple[int, int]]:
    """The cells of a sheet that hold the error of a formula: the library reads them as blank."""
    with archives.damage_told(), zipfile.ZipFile(path) as archive:
        book = fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
        relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    wanted = next((_by_local(sheet, "id") for sheet in book.iter() if sheet.tag.endswith("}sheet") and sheet.get("name") == name), "")
    target = next((relation.get("Target", "") for relation in relations if relation.get("Id") == wanted), "")
    member = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    found = _extents(path, MOST_BYTES).get(member)
    if found is None:
        raise FileFault("UNREADABLE", f"The sheet {name} lies at an unusual place in the workbook.", held=False)
    return found.errors


def _by_local(element: Any, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.endswith("}" + name)), "")


def _rows(sheet: Any, declared: "Format", errors: set[tuple[int, int]]) -> Iterator[tuple[int, list[str]]]:
    by_header = {header: column for column in declared.columns.values() for header in column.headers}
    columns: list[Column | None] = []
    width = 0
    left = sheet.start[1] if sheet.start else 0
    for number, values in enumerate(sheet.iter_rows(), 1):
        if number < declared.layout.header_row:
            continue
        if not columns:
            header = [_text(value, None, 17) for value in values]
            width = max((place for place, text in enumerate(header, 1) if text), default=0)
            columns = [by_header.get(text.strip()) for text in header]
            yield number, [str(text) for text in header[:width]]
            continue
        cells = [_text(value, column, declared.layout.significant_digits) for value, column in zip(values, columns, strict=True)]
        for place in range(len(cells)):
            if (number, place + 1 + left) in errors and cells[place] == "":
                cells[place] = Cell("#", "error")
        if any(cells):
            yield number, cells if any(cells[width:]) else cells[:width]


def _text(value: Any, column: Column | None, digits: int) -> str:
    """The cell as text. A number is written out in full, a day as its column declares it; both remember that they were no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", "value")
    if isinstance(value, (int, float)):
        return of_number(value, digits)
    if isinstance(value, datetime) and value.time() == time_of_day(0):
        value = value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return Cell(as_written(value, column.written[0] if column and column.written else "YYYY-MM-DD"), "value")
    return Cell(str(value), "value")


def of_number(value: float, digits: int = 17) -> Cell:
    """The shortest decimal that is stored as this number, or its first fifteen digits: never more digits than were there."""
    if isinstance(value, int) or not math.isfinite(value):
        return Cell(str(value), "value")
    exact = Decimal(repr(value)) if digits == 17 else Decimal(f"{value:.15g}")
    text = f"{exact:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return Cell(text if text != "-0" else "0", "lost" if abs(exact) >= EXACT else "value")


@contextmanager
def _told() -> Iterator[None]:
    """Turns what the library says of a damaged workbook, its panics too, into a FileFault."""
    try:
        yield
    except (FileFault, GeneratorExit, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as fault:  # a panic of the library is no Exception
        raise FileFault("UNREADABLE", f"The workbook is damaged: {str(fault)[:200]}.", held=False) from None
