"""Workbooks, Parquet, fixed width, gzip and zip: what comes out is text without loss, and what is dangerous is refused early."""

import gzip
import io
import struct
import time
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from borrowers.feeds.importer.reading import examine
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.rules import Cell, Fault, read
from tests.borrowers.feeds.files import COLUMNS, ROWS, a_format, cells, lines, reason

XLSX, PARQUET, CSV = a_format(kind="xlsx"), a_format(kind="parquet"), a_format()
TEXT = "number,holder,day,balance\n" + "\n".join(map(",".join, ROWS)) + "\n"


def workbook(path, rows, *sheets: str, **options):
    book = xlsxwriter.Workbook(path, {"in_memory": True, **options})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name in sheets or ("Loans",):
        sheet = book.add_worksheet(name)
        for line, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, (date, datetime)):
                    sheet.write_datetime(line, place, value, day)
                elif isinstance(value, str) and value.startswith("="):
                    sheet.write_formula(line, place, value, None, "#DIV/0!")
                elif isinstance(value, str):
                    sheet.write_string(line, place, value)
                else:
                    sheet.write(line, place, value)
    book.close()
    return path


HEADER = ["number", "holder", "day", "balance"]


def verdict(declared, name, text):
    try:
        return read(declared.columns[name], text)
    except Fault as fault:
        return fault.reason


# --- workbooks ---


def test_cells_of_a_sheet_become_text_without_rounding_and_remember_that_they_were_none(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [HEADER, ["00123", "王𠮷", date(2026, 1, 31), 1234.1], [], [123, "=1/0", "2026-01-31", 0.1]])
    assert cells(path, XLSX) == [["00123", "王𠮷", "2026-01-31", "1234.1"], ["123", "#", "2026-01-31", "0.1"]]
    assert [line.number for line in lines(path, XLSX)] == [2, 4]
    first, second = cells(path, XLSX)
    assert [verdict(XLSX, name, text) for name, text in zip(HEADER, first, strict=True)] == [
        "00123", "王𠮷", date(2026, 1, 31), Decimal("1234.1")
    ]  # fmt: skip
    assert verdict(XLSX, "number", second[0]) == "NUMBER_IN_TEXT"
    assert verdict(XLSX, "holder", second[1]) == "FORMULA_ERROR"


@pytest.mark.parametrize(
    ("value", "digits", "text", "verdict_of_it"),
    [
        (0.1 + 0.2, 17, "0.3", Decimal("0.3")),  # a spreadsheet stores what it shows
        (1e-7, 17, "0.0000001", "TOO_PRECISE"),
        (999_999_999_999_999, 17, "999999999999999", Decimal(999_999_999_999_999)),
        (1_000_000_000_000_000, 17, "1000000000000000", "LOST_DIGITS"),
        (12345678901234567890, 17, "12345678901234570000", "LOST_DIGITS"),
        (True, 17, "TRUE", "BAD_NUMBER"),
        (-0.0, 17, "0", Decimal(0)),
    ],
)
def test_a_number_cell_is_written_out_in_full_and_never_with_digits_it_had_not(tmp_path, value, digits, text, verdict_of_it):
    path = workbook(tmp_path / "a.xlsx", [HEADER, ["1", "", "", value]])
    (row,) = cells(path, XLSX)
    assert row[3] == text
    assert verdict(XLSX, "balance", row[3]) == verdict_of_it


def test_fifteen_digits_are_taken_where_the_format_says_so():
    from borrowers.feeds.importer.workbooks import of_number

    assert of_number(0.1 + 0.2) == "0.30000000000000004"
    assert of_number(0.1 + 0.2, 15) == "0.3"


def test_a_number_is_taken_as_text_only_where_the_column_allows_it():
    allowing = a_format(kind="xlsx", columns={**COLUMNS, "holder": {"number_cells": True}})
    assert verdict(allowing, "holder", Cell("7", "value")) == "7"


def test_a_time_of_day_is_no_day(tmp_path):
    (row,) = cells(workbook(tmp_path / "a.xlsx", [HEADER, ["1", "", datetime(2026, 1, 31, 5), 1]]), XLSX)
    assert verdict(XLSX, "day", row[2]) == "BAD_DATE"


def test_a_day_counted_from_1904_is_the_same_day(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [HEADER, ["1", "", date(2026, 1, 31), 1]], date_1904=True)
    assert cells(path, XLSX)[0][2] == "2026-01-31"


def test_the_sheet_and_the_row_of_the_headers_are_declared_and_never_guessed(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["Report"], [], HEADER, ["1", "", "", 5]], "A", "B")
    assert reason(path, XLSX) == ("MISSING_FILE", True)
    assert reason(path, a_format(kind="xlsx", sheet={"name": "C"})) == ("MISSING_FILE", True)
    assert cells(path, a_format(kind="xlsx", sheet={"name": "B", "header_row": 3})) == [["1", "", "", "5"]]
    assert reason(path, a_format(kind="xlsx", sheet={"name": "B"}))[0] == "EXTRA_COLUMN"


def test_a_row_with_more_cells_than_headers_is_not_whole(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [HEADER, ["1", "", "", 5, "note"], ["2", "", "", 6]])
    assert [line.whole for line in lines(path, XLSX)] == [False, True]


def bomb(path, size: int, *, promise: int | None = None):
    """A workbook whose sheet unpacks to `size` bytes, and whose directory may promise fewer."""
    row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(size // len(row)):
                sheet.write(row)
    if promise is not None:
        raw = bytearray(path.read_bytes())
        entry = raw.rindex(b"PK\x01\x02")
        raw[entry + 24 : entry + 28] = struct.pack("<I", promise)
        path.write_bytes(raw)
    return path


def test_a_small_workbook_that_unpacks_to_210_megabytes_is_refused_in_under_two_seconds(tmp_path):
    path = bomb(tmp_path / "bomb.xlsx", 210 * 1024 * 1024)
    assert path.stat().st_size < 1024 * 1024
    began = time.monotonic()
    assert reason(path, XLSX) == ("TOO_LARGE", False)
    assert time.monotonic() - began < 2


def test_a_workbook_whose_directory_promises_too_little_is_refused_before_much_is_unpacked(tmp_path):
    path = bomb(tmp_path / "bomb.xlsx", 210 * 1024 * 1024, promise=1_000_000)
    tracemalloc.start()
    began = time.monotonic()
    assert reason(path, XLSX) == ("UNSAFE_ARCHIVE", False)
    assert time.monotonic() - began < 2
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def changed(path, member: str, change) -> None:
    """Rewrite one member of an archive."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    parts[member] = change(parts[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)


SHEET1 = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("member", "change", "expected"),
    [
        (SHEET1, lambda raw: raw.replace(b'r="D2"', b'r="XFD1048576"'), ("TOO_LARGE", False)),  # two cells, far apart
        (SHEET1, lambda raw: raw.replace(b"<worksheet", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet'), ("UNSAFE_ARCHIVE", False)),
        (SHEET1, lambda raw: raw[: len(raw) // 2], ("UNREADABLE", False)),
        (SHEET1, lambda raw: b"", ("UNREADABLE", False)),
        ("xl/workbook.xml", lambda raw: raw.replace(b"rId1", b"rId9"), ("UNREADABLE", False)),
        ("xl/sharedStrings.xml", lambda raw: raw.replace(b"</si>", b""), ("UNREADABLE", False)),
        ("../evil", lambda raw: b"x", ("UNSAFE_ARCHIVE", False)),
    ],
)  # fmt: skip
def test_a_workbook_that_is_broken_or_dangerous_inside_is_refused(tmp_path, member, change, expected):
    path = workbook(tmp_path / "a.xlsx", [HEADER, ["1", "x", "", 5]])
    if member == "../evil":
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(member, b"x")
    else:
        changed(path, member, change)
    assert reason(path, XLSX) == expected


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"number,holder\n", b"\xd0\xcf\x11\xe0" + bytes(600), gzip.compress(b"x"), b"PK\x05\x06" + bytes(18)]
)
def test_what_is_no_workbook_is_refused(tmp_path, content):
    (tmp_path / "a.xlsx").write_bytes(content)
    assert reason(tmp_path / "a.xlsx", XLSX) == ("UNREADABLE", False)


# --- parquet ---


def parquet(path, **columns):
    import pyarrow as pa
    from pyarrow import parquet as pq

    pq.write_table(pa.table({"number": pa.array(["00123", "7"]), "holder": pa.array(["王𠮷", None]), **columns}), path, row_group_size=1)
    return path


def test_parquet_keeps_decimals_days_and_text_exactly(tmp_path):
    import pyarrow as pa

    path = parquet(
        tmp_path / "a.parquet",
        day=pa.array([date(2026, 1, 31), None]),
        balance=pa.array([Decimal("1234567890123456.50"), Decimal("-0.01")]),
    )
    assert cells(path, PARQUET) == [["00123", "王𠮷", "2026-01-31", "1234567890123456.5"], ["7", "", "", "-0.01"]]
    assert verdict(PARQUET, "balance", cells(path, PARQUET)[0][3]) == Decimal("1234567890123456.50")


def test_in_parquet_numbers_in_text_and_numbers_that_are_none_are_faults_of_the_row(tmp_path):
    import pyarrow as pa

    days = pa.array([datetime(2026, 1, 31), datetime(2026, 1, 31, 5)], pa.timestamp("us"))
    path = parquet(tmp_path / "a.parquet", day=days, balance=pa.array([float("nan"), 1e300]), number=pa.array([7, 8]))
    first, second = cells(path, PARQUET)
    assert verdict(PARQUET, "number", first[0]) == "NUMBER_IN_TEXT"
    assert (verdict(PARQUET, "day", first[2]), verdict(PARQUET, "day", second[2])) == (date(2026, 1, 31), "BAD_DATE")
    assert (verdict(PARQUET, "balance", first[3]), verdict(PARQUET, "balance", second[3])) == ("BAD_NUMBER", "LOST_DIGITS")


def test_parquet_with_lists_cut_off_or_too_large_is_refused(tmp_path):
    import pyarrow as pa

    path = parquet(tmp_path / "a.parquet", day=pa.array([None, None], pa.date32()), balance=pa.array([[1], [2]]))
    assert reason(path, PARQUET) == ("UNREADABLE", False)
    good = parquet(tmp_path / "b.parquet", day=pa.array([None, None], pa.date32()), balance=pa.array([1, 2]))
    raw = good.read_bytes()
    good.write_bytes(raw[:-20])
    assert reason(good, PARQUET) == ("TRUNCATED", True)
    good.write_bytes(raw[:4] + raw[40:])
    assert reason(good, PARQUET)[0] == "UNREADABLE"
    wide = parquet(
        tmp_path / "c.parquet", day=pa.array([None, None], pa.date32()), balance=pa.array([1, 2]), holder=pa.array(["x" * 1_500_000] * 2)
    )
    assert reason(wide, a_format(kind="parquet", max_megabytes=1))[0] == "TOO_LARGE"


# --- fixed width ---

FIXED = {
    "number": {**COLUMNS["number"], "at": [1, 6]}, "holder": {"at": [8, 13]},
    "balance": {"type": "decimal", "required": True, "at": [14, 20], "implied_decimals": 2},
}  # fmt: skip


def test_fixed_width_is_cut_at_the_declared_positions(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("000123 王𠮷    0123450\n     7 Kim   0000010\n\n")
    declared = a_format(kind="fixed", columns=FIXED)
    assert cells(path, declared) == [["000123", "王𠮷", "0123450"], ["7", "Kim", "0000010"]]
    assert verdict(declared, "balance", "0123450") == Decimal("1234.50")
    assert verdict(declared, "balance", "01234.5") == "BAD_NUMBER"


def test_positions_may_count_bytes_and_never_cut_a_character_in_two(tmp_path):
    path = tmp_path / "a.txt"
    declared = a_format(kind="fixed", positions="bytes", encodings=["gb18030"], columns=FIXED)
    path.write_bytes("000123 王朋  0123450\n".encode("gb18030") + "000124 a王bc 0123450\n".encode("gb18030") * 2)
    assert cells(path, declared)[0] == ["000123", "王朋", "0123450"]
    path.write_bytes("000123 aaaaa王123450\n".encode("gb18030") + "000124 a王bc 0123450\n".encode("gb18030"))
    assert [line.whole for line in lines(path, declared)] == [False, True]


@pytest.mark.parametrize("line", ["000123 Kim   01234", "000123 Kim   012345000", "000123xKim   0123450"])
def test_a_line_that_is_short_long_or_filled_between_the_columns_is_not_whole(tmp_path, line):
    path = tmp_path / "a.txt"
    path.write_text(f"{line}\n000123 Kim   0123450\n")
    assert [found.whole for found in lines(path, a_format(kind="fixed", columns=FIXED))] == [False, True]


def test_a_trailer_of_fixed_width_tells_count_and_total_at_its_own_positions(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("000123 Kim   0123450\nT00001 000123450\n")
    control = {"trailer": "T", "rows_at": [2, 6], "totals_at": {"balance": [8, 16]}}
    rows = examine(path, a_format(kind="fixed", columns=FIXED, control=control))
    found = rows.rows(a_format(kind="fixed", columns=FIXED, control=control))
    assert len(list(found)) == 1
    assert found.control.expected == {"rows": 1, "totals": {"balance": "1234.50"}}


def test_overlapping_positions_are_refused_with_the_place():
    with pytest.raises(BadSpec, match=r"columns\.holder: at"):
        a_format(kind="fixed", columns={**FIXED, "holder": {"at": [6, 13]}})


# --- packing ---


def zipped(path, *members, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("loans.csv")
    info.external_attr = 0o120777 << 16
    return info


def inner() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", TEXT)
    return out.getvalue()


def test_a_zip_or_gzip_of_one_file_is_that_file(tmp_path):
    assert cells(zipped(tmp_path / "a.zip", ("loans.csv", TEXT)), CSV) == ROWS
    (tmp_path / "a.gz").write_bytes(gzip.compress(TEXT.encode()))
    assert cells(tmp_path / "a.gz", CSV) == ROWS


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([("../loans.csv", TEXT)], "UNSAFE_ARCHIVE"),
        ([("a/../../loans.csv", TEXT)], "UNSAFE_ARCHIVE"),
        ([("..\\loans.csv", TEXT)], "UNSAFE_ARCHIVE"),
        ([("/etc/loans.csv", TEXT)], "UNSAFE_ARCHIVE"),
        ([("C:loans.csv", TEXT)], "UNSAFE_ARCHIVE"),
        ([("folder/", "")], "UNSAFE_ARCHIVE"),
        ([(link(), "/etc/passwd")], "UNSAFE_ARCHIVE"),
        ([("a.csv", TEXT), ("b.csv", TEXT)], "UNSAFE_ARCHIVE"),
        ([], "UNSAFE_ARCHIVE"),
        ([("a.zip", inner())], "UNSAFE_ARCHIVE"),
        ([("a.csv", inner())], "UNSAFE_ARCHIVE"),
        ([("a.csv", gzip.compress(TEXT.encode()))], "UNSAFE_ARCHIVE"),
        ([("a.csv", "0" * 30_000_000)], "TOO_LARGE"),
    ],
)
def test_a_dangerous_zip_is_refused_with_a_reason(tmp_path, members, expected):
    assert reason(zipped(tmp_path / "a.zip", *members), CSV)[0] == expected


def test_gzip_in_gzip_and_gzip_that_unpacks_to_too_much_are_refused(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(gzip.compress(TEXT.encode())))
    assert reason(tmp_path / "a.gz", CSV) == ("UNSAFE_ARCHIVE", False)
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"0,0,0,0\n" * 4_000_000))
    assert reason(tmp_path / "a.gz", CSV) == ("TOO_LARGE", False)
    (tmp_path / "a.gz").write_bytes(gzip.compress(TEXT.encode())[:-9])
    assert reason(tmp_path / "a.gz", CSV) == ("TRUNCATED", True)


def test_a_zip_that_holds_more_than_its_directory_promises_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a.csv", TEXT * 100))
    raw = bytearray(path.read_bytes())
    entry = raw.rindex(b"PK\x01\x02")
    raw[entry + 24 : entry + 28] = struct.pack("<I", 50)
    path.write_bytes(raw)
    assert reason(path, CSV)[0] in {"UNREADABLE", "UNSAFE_ARCHIVE"}
