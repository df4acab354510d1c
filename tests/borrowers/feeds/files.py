"""Small files of every kind, and formats for them, for tests of what is read. No database."""

from pathlib import Path
from typing import Any

from borrowers.feeds.importer.faults import FileFault
from borrowers.feeds.importer.formats import Format, parse
from borrowers.feeds.importer.reading import Line, examine

COLUMNS = {
    "number": {"required": True, "pattern": "[0-9]{1,20}"}, "holder": {}, "day": {"type": "date", "format": "YYYY-MM-DD"},
    "balance": {"type": "decimal", "required": True},
}  # fmt: skip
ROWS = [["00123", "Wang", "2026-01-31", "1234.50"], ["12345678901234567890", "Kim", "", "0.10"]]


def a_format(**changed: Any) -> Format:
    """A feed of balances; `changed` are keys of the format file."""
    spec = {
        "currency": "CNY", "key": ["number"], "columns": COLUMNS, "position": {"loan_number": "number", "balance": "balance"}, **changed,
    }  # fmt: skip
    return parse(spec, "balances")


def lines(path: Path, declared: Format) -> list[Line]:
    """Every row of a file; raises the FileFault of the whole file."""
    source = examine(path, declared)
    if source.fault:
        raise source.fault
    return list(source.rows(declared))


def cells(path: Path, declared: Format) -> list[list[str]]:
    return [line.cells for line in lines(path, declared)]


def reason(path: Path, declared: Format) -> tuple[str, bool]:
    """The reason code for which a file is not taken as a whole and whether it is held; ("", False) when it is taken."""
    try:
        lines(path, declared)
    except FileFault as fault:
        return fault.reason, fault.held
    return "", False
