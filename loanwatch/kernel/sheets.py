"""Tables as files: CSV and XLSX with the filters and the data date in the first rows. Pure: rows in, bytes out."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {CSV: "text/csv; charset=utf-8", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
# A cell that begins like this is a formula to a spreadsheet program, and could send data away when the file is opened.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(value: Any) -> Any:
    """Text that a spreadsheet program would take for a formula, with an apostrophe before it; everything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value


def sheet(kind: str, *, head: Iterable[Sequence[Any]], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The table as a file of `kind`, CSV or XLSX: the lines of `head`, an empty line, the column names, the rows.

    Dates are ISO text, amounts plain digits with a point. CSV is UTF-8 with a byte order mark, so that Excel reads Chinese names.
    """
    lines: list[Sequence[Any]] = [*head, [], columns]
    return _xlsx([*lines, *rows], len(lines)) if kind == XLSX else _csv([*lines, *rows])


def _csv(lines: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    for line in lines:
        writer.writerow(["" if v is None else harmless(v.isoformat() if isinstance(v, date) else v) for v in line])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(lines: Iterable[Sequence[Any]], first_row: int) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet()
    bold, money, day = (
        book.add_format({"bold": True}),
        book.add_format({"num_format": "#,##0.00"}),
        book.add_format({"num_format": "yyyy-mm-dd"}),
    )
    for y, line in enumerate(lines):
        for x, value in enumerate(line):
            if isinstance(value, Decimal):
                page.write_number(y, x, float(value), money)
            elif isinstance(value, date):
                page.write_datetime(y, x, value, day)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                page.write_number(y, x, value)
            elif value is not None:
                page.write_string(y, x, str(harmless(value)), bold if y == first_row - 1 else None)
    page.freeze_panes(first_row, 0)
    page.set_column(0, 12, 16)
    book.close()
    return out.getvalue()
