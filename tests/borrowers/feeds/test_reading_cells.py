"""One table for every way of writing a number or a day: what a feed takes without declaring anything, and what it takes when it does."""

from datetime import date
from decimal import Decimal

import pytest

from borrowers.feeds.importer.columns import column_of
from borrowers.feeds.rules import SUSPECT, Cell, Fault, as_written, date_format, read
from tests.borrowers.feeds.files import COLUMNS, a_format, cells, reason

# text, verdict without any declaration, the one key that allows it, value then
NUMBERS = [
    ("NaN", "BAD_NUMBER", {}, None),
    ("Infinity", "BAD_NUMBER", {}, None),
    ("1E5", "BAD_NUMBER", {"exponent": True}, "BAD_NUMBER"),
    ("1.00E+05", "BAD_NUMBER", {"exponent": True}, Decimal(100000)),
    ("1_000", "BAD_NUMBER", {"grouping": True}, "BAD_NUMBER"),
    ("1,234.50", "BAD_NUMBER", {"grouping": True}, Decimal("1234.50")),
    ("12,34.50", "BAD_NUMBER", {"grouping": True}, "BAD_NUMBER"),
    ("(100.00)", "BAD_NUMBER", {"parentheses": True}, Decimal(-100)),
    ("(-100.00)", "BAD_NUMBER", {"parentheses": True}, "BAD_NUMBER"),
    ("(100.00", "BAD_NUMBER", {"parentheses": True}, "BAD_NUMBER"),
    ("()", "BAD_NUMBER", {"parentheses": True}, "BAD_NUMBER"),
    ("100.00-", "BAD_NUMBER", {"trailing_minus": True}, Decimal(-100)),
    ("-100.00-", "BAD_NUMBER", {"trailing_minus": True}, "BAD_NUMBER"),
    ("+5", "BAD_NUMBER", {"plus": True}, Decimal(5)),
    ("+-5", "BAD_NUMBER", {"plus": True}, "BAD_NUMBER"),
    ("++5", "BAD_NUMBER", {"plus": True}, "BAD_NUMBER"),
    ("\u22125", "BAD_NUMBER", {"minus_sign": True}, Decimal(-5)),
    ("\uff0d5", "FULL_WIDTH", {"minus_sign": True}, Decimal(-5)),
    ("\u2212-5", "BAD_NUMBER", {"minus_sign": True}, "BAD_NUMBER"),
    ("１２３．５０", "FULL_WIDTH", {"full_width": True}, Decimal("123.50")),
    ("١٢٣٫٥", "BAD_NUMBER", {"arabic_digits": True}, Decimal("123.5")),
    ("۱۲۳", "BAD_NUMBER", {"arabic_digits": True}, Decimal(123)),
    ("१२३", "BAD_NUMBER", {"arabic_digits": True}, "BAD_NUMBER"),
    ("²", "BAD_NUMBER", {"full_width": True}, "BAD_NUMBER"),
    ("1234,50", "BAD_NUMBER", {"decimal_comma": True}, Decimal("1234.50")),
    ("1234.50", Decimal("1234.50"), {"decimal_comma": True}, "BAD_NUMBER"),
    ("1.234,50", "BAD_NUMBER", {"decimal_comma": True, "grouping": True}, Decimal("1234.50")),
    ("123450", Decimal(123450), {"implied_decimals": 2}, Decimal("1234.50")),
    ("1234.50", Decimal("1234.50"), {"implied_decimals": 2}, "BAD_NUMBER"),
    ("-5", Decimal(-5), {"implied_decimals": 2}, "BAD_NUMBER"),
    (" 12 ", "BAD_NUMBER", {"trim": True}, Decimal(12)),
    ("", None, {"required": True}, "MISSING_VALUE"),
    ("9" * 30, "OUT_OF_RANGE", {}, None),
    ("9" * 18, Decimal("9" * 18), {}, None),
    ("9" * 19, "OUT_OF_RANGE", {}, None),
    ("0" * 61, "OUT_OF_RANGE", {}, None),
    ("1.005", "TOO_PRECISE", {"decimals": 3}, Decimal("1.005")),
    ("-0.01", Decimal("-0.01"), {"min": 0, "below": "NEGATIVE_BALANCE"}, "NEGATIVE_BALANCE"),
    ("0.00", Decimal(0), {"min": 0, "below": "NEGATIVE_BALANCE"}, Decimal(0)),
    ("12 34", "BAD_NUMBER", {"grouping": True}, "BAD_NUMBER"),
    ("¥12", "BAD_NUMBER", {}, None),
    ("12元", "BAD_NUMBER", {}, None),
    ("0x1F", "BAD_NUMBER", {}, None),
    ("1\n", "BAD_NUMBER", {"trim": True}, "BAD_NUMBER"),
]
DAYS = [
    ("2026-02-28", "YYYY-MM-DD", date(2026, 2, 28)), ("2026-02-30", "YYYY-MM-DD", "BAD_DATE"), ("2024-02-29", "YYYY-MM-DD", date(2024, 2, 29)),
    ("26-02-28", "YYYY-MM-DD", "BAD_DATE"), ("0000-00-00", "YYYY-MM-DD", "BAD_DATE"), ("1899-12-31", "YYYY-MM-DD", "BAD_DATE"),
    ("2200-12-31", "YYYY-MM-DD", date(2200, 12, 31)), ("2201-01-01", "YYYY-MM-DD", "BAD_DATE"), ("20260228", "YYYYMMDD", date(2026, 2, 28)),
    ("2026年02月28日", "YYYY年MM月DD日", date(2026, 2, 28)), ("2026년 2월 8일", "YYYY년 M월 D일", date(2026, 2, 8)),
    ("2026.2.8", "YYYY.M.D", date(2026, 2, 8)), ("2026.02.8", "YYYY.M.D", "BAD_DATE"), ("02/08/2026", "DD/MM/YYYY", date(2026, 8, 2)),
    ("13/08/2026", "MM/DD/YYYY", "BAD_DATE"), ("Feb-2026", "Mon-YYYY", date(2026, 2, 1)), ("feb-2026", "Mon-YYYY", "BAD_DATE"),
    ("２０２６-02-28", "YYYY-MM-DD", "FULL_WIDTH"), ("٢٠٢٦-02-28", "YYYY-MM-DD", "BAD_DATE"), ("2026-02-28T00:00", "YYYY-MM-DD", "BAD_DATE"),
    ("2026-2-28", "YYYY-MM-DD", "BAD_DATE"), (" 2026-02-28", "YYYY-MM-DD", "BAD_DATE"), ("46081", "YYYY-MM-DD", "BAD_DATE"),
]  # fmt: skip


def verdict(spec, text):
    try:
        return read(column_of("a", spec), text)
    except Fault as fault:
        return fault.reason


@pytest.mark.parametrize(("text", "plain", "declared", "then"), NUMBERS)
def test_a_way_of_writing_a_number_is_taken_only_where_it_is_declared(text, plain, declared, then):
    assert verdict({"type": "decimal"}, text) == plain
    if declared:
        assert verdict({"type": "decimal", **declared}, text) == then


@pytest.mark.parametrize(("text", "written", "expected"), DAYS)
def test_a_day_exists_and_is_written_as_declared(text, written, expected):
    kind = "date" if "D" in written else "month"
    assert verdict({"type": kind, "format": written}, text) == expected
    if isinstance(expected, date):
        assert as_written(expected, written) == text
        assert date_format(written).fullmatch(as_written(expected, written))


@pytest.mark.parametrize("number", ["00123", "12345678901234567890", "0", "007" * 6])
def test_the_number_of_a_loan_is_text_with_all_its_zeros(number, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"number,holder,day,balance\n{number},,,1\n")
    assert cells(path, a_format())[0][0] == number
    assert read(column_of("n", COLUMNS["number"]), number) == number


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("number,holder,day,balance", ""),
        ("balance,day,number,holder", ""),
        ("借据号,holder,day,余额", ""),
        ("number,holder,day,balance,extra", "EXTRA_COLUMN"),
        ("number,day,balance", "MISSING_COLUMN"),
        ("number,holder,day,잔액", "EXTRA_COLUMN"),
        ("number,number,holder,day,balance", "EXTRA_COLUMN"),
        ("number,借据号,holder,day,balance", "EXTRA_COLUMN"),
        ("Number,holder,day,balance", "EXTRA_COLUMN"),
        ("1,Wang,2026-01-31,5", "EXTRA_COLUMN"),
    ],
)
def test_columns_are_found_by_a_declared_name_and_never_by_their_place(tmp_path, header, expected):
    path = tmp_path / "a.csv"
    path.write_text(header + "\n", encoding="utf-8")
    names = {
        "number": {**COLUMNS["number"], "header": ["number", "借据号"]},
        "balance": {**COLUMNS["balance"], "header": ["balance", "余额"]},
    }
    assert reason(path, a_format(columns={**COLUMNS, **names}))[0] == expected


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "%0A"])
def test_text_that_looks_like_a_formula_is_stored_as_it_is(text):
    assert verdict({}, text) == text
    assert not SUSPECT.search(text)


@pytest.mark.parametrize(
    "text", ["\t=1", "a\x00", "\u202etxt", "a\u200bb", "\u2066a", "\ufeffa", "a\ufffd", "\ue123", "\x1b[1m", "\x7f", "\u2028"]
)
def test_invisible_and_control_characters_set_the_row_aside(text):
    assert SUSPECT.search(text)


def test_a_cell_that_was_no_text_stays_so_in_columns_of_codes_numbers_and_days():
    assert verdict({"type": "code", "codes": ["1"]}, Cell("1", "value")) == "1"
    assert verdict({"type": "decimal"}, Cell("1", "value")) == 1
    assert verdict({"type": "date", "format": "YYYY-MM-DD"}, Cell("2026-01-31", "value")) == date(2026, 1, 31)
    assert verdict({"number_cells": True}, Cell("12", "lost")) == "LOST_DIGITS"
    assert verdict({"type": "decimal"}, Cell("#", "error")) == "FORMULA_ERROR"
