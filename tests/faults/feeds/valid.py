"""Valid files of one feed in every kind of container, from the same rows: what the malformed ones are made of."""

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from borrowers.feeds.importer.formats import Format, parse

HEADER = ["number", "holder", "day", "balance", "days", "note"]
LOANS = [f"{n:05}" for n in range(1, 31)]
NAMES = ["王小明", "李𠮷", "김철수", "Müller", "O'Brien", "欧阳修"]
KOREAN = ["김철수", "똠방각하", "이영희"]
DAY = date(2026, 1, 31)
FIXED_AT = {"number": [1, 8], "holder": [9, 20], "day": [21, 30], "balance": [31, 45], "days": [46, 50], "note": [51, 70]}
Row = list[str]


def rows(names: Sequence[str] = tuple(NAMES)) -> list[Row]:
    return [
        [
            number,
            names[place % len(names)],
            DAY.isoformat(),
            f"{1000 + place}.{place:02}",
            str(place * 3),
            "note, with comma" if place % 7 == 0 else "",
        ]
        for place, number in enumerate(LOANS)
    ]


@cache
def a_format(kind: str, *, encodings: tuple[str, ...] = ("utf-8",), percent: int = 100, trailer: bool = False) -> Format:
    """The feed in one kind of file. `percent`: of bad rows that the good ones survive."""
    columns: dict[str, dict[str, Any]] = {
        "number": {"required": True, "pattern": "[0-9]{1,20}"}, "holder": {"max_length": 40}, "day": {"type": "date", "format": "YYYY-MM-DD"},
        "balance": {"type": "decimal", "required": True, "min": 0, "below": "NEGATIVE_BALANCE"}, "days": {"type": "int", "min": 0, "max": 9999},
        "note": {},
    }  # fmt: skip
    spec: dict[str, Any] = {
        "kind": kind, "currency": "CNY", "key": ["number"], "columns": columns, "max_megabytes": 64, "bad_rows": {"hold_over_percent": percent},
        "position": {"loan_number": "number", "balance": "balance", "days_past_due": "days"},
    }  # fmt: skip
    if kind in {"csv", "fixed", "xml", "folder"}:
        spec["encodings"] = list(encodings)
    if kind == "fixed":
        spec["columns"] = {name: {**column, "at": FIXED_AT[name]} for name, column in columns.items()}
    if kind == "xml":
        spec["record"] = "book/loan"
    if kind == "folder":
        spec |= {
            "driving": "loans",
            "files": {"loans": {"name": "loans.csv"}, "holders": {"name": "holders.csv", "join": {"holder_of": "number"}}},
        }
        spec["columns"] |= {"holder_of": {"file": "holders", "header": "number"}, "full_name": {"file": "holders", "header": "name"}}
    if trailer:
        spec["control"] = {"trailer": "TOTAL", "totals": {"balance": 3}}
    return parse(spec, f"fuzz_{kind}")


def text(table: Sequence[Row] | None = None, *, delimiter: str = ",", end: str = "\n", header: Sequence[str] = tuple(HEADER)) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows() if table is None else table)
    return out.getvalue()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def folder(loans: bytes, holders: bytes | None = None) -> bytes:
    return zipped(
        ("loans.csv", loans),
        ("holders.csv", ("number,name\n" + "".join(f"{n},A\n" for n in LOANS)).encode() if holders is None else holders),
    )


def workbook(table: Sequence[Sequence[Any]] | None = None, *sheets: str, header: Sequence[str] = tuple(HEADER)) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name in sheets or ("Loans",):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, header)
        for line, row in enumerate(table if table is not None else [[n, h, DAY, float(b), int(d), t] for n, h, _, b, d, t in rows()], 1):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(line, place, value, day)
                elif isinstance(value, str) and value.startswith("="):
                    sheet.write_formula(line, place, value, None, "#DIV/0!")
                elif isinstance(value, str):
                    sheet.write_string(line, place, value)
                else:
                    sheet.write(line, place, value)
    book.close()
    return out.getvalue()


def parquet(**changed: Any) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet as pq

    table = rows()
    columns: dict[str, Any] = {name: pa.array([row[place] for row in table]) for place, name in enumerate(HEADER)}
    columns |= {
        "balance": pa.array([Decimal(row[3]) for row in table]),
        "days": pa.array([int(row[4]) for row in table]),
        "day": pa.array([DAY] * len(table)),
    }
    out = io.BytesIO()
    pq.write_table(pa.table({**columns, **changed}), out, row_group_size=7, compression=changed.pop("compression", "snappy"))
    return out.getvalue()


def fixed(table: Sequence[Row] | None = None) -> str:
    lines = []
    for row in rows() if table is None else table:
        cells = [cell.ljust(last - first + 1)[: last - first + 1] for cell, (first, last) in zip(row, FIXED_AT.values(), strict=True)]
        lines.append("".join(cells))
    return "\n".join(lines) + "\n"


def xml(table: Sequence[Row] | None = None, head: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> str:
    from xml.sax.saxutils import escape

    loans = [
        "<loan>" + "".join(f"<{name}>{escape(cell)}</{name}>" for name, cell in zip(HEADER, row, strict=True)) + "</loan>\n"
        for row in (rows() if table is None else table)
    ]
    return f"{head}<book>\n{''.join(loans)}</book>\n"


@dataclass(frozen=True)
class Base:
    """A valid file: its name, its format, its bytes, and how to pack changed contents again (None: bytes are as they are)."""

    name: str
    declared: Format
    content: bytes
    packing: str = ""

    def packed(self, content: bytes) -> bytes:
        if self.packing == "gzip":
            return gzip.compress(content, mtime=0)
        if self.packing == "zip":
            return zipped(("loans.csv", content))
        if self.packing == "folder":
            return folder(content)
        return content


@cache
def bases() -> tuple[Base, ...]:
    """Every kind of valid file; each loads without a fault."""
    chinese, korean = rows(["王小明", "李𠮷", "㛃心"]), rows(KOREAN)
    plain = Base("csv", a_format("csv"), text().encode())
    total = sum(Decimal(row[3]) for row in rows())
    return (
        plain,
        replace(plain, name="csv_bom", content=b"\xef\xbb\xbf" + plain.content),
        replace(plain, name="csv_crlf", content=text(end="\r\n").encode()),
        Base("csv_strict", a_format("csv", percent=0), plain.content),
        Base("csv_trailer", a_format("csv", trailer=True), plain.content + f"TOTAL,{len(LOANS)},{total},,,\n".encode()),
        Base("csv_gb18030", a_format("csv", encodings=("gb18030",)), text(chinese).encode("gb18030")),
        Base("csv_cp949", a_format("csv", encodings=("utf-8", "cp949")), text(korean).encode("cp949")),
        replace(plain, name="gzip", packing="gzip"),
        replace(plain, name="zip", packing="zip"),
        Base("folder", a_format("folder"), plain.content, "folder"),
        Base("xlsx", a_format("xlsx"), workbook()),
        Base("parquet", a_format("parquet"), parquet()),
        Base("fixed", a_format("fixed"), fixed().encode()),
        Base("xml", a_format("xml"), xml().encode()),
    )
