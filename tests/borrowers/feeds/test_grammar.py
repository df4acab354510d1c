"""Cells are read by our own grammar: what looks like a number to a library is not one to a bank."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.feeds.rules import SUSPECT, Column, Fault, date_format, read

AMOUNT = Column("amount", ("amount",), "decimal")
DAY = Column("day", ("day",), "date", date_format=date_format("YYYY-MM-DD"))


def verdict(column: Column, text: str):
    try:
        return read(column, text)
    except Fault as fault:
        return fault.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.50", Decimal("1234.50")),
        ("-0.01", Decimal("-0.01")),
        ("0012", Decimal(12)),
        ("1.500", Decimal("1.5")),
        ("", None),
        ("NaN", "BAD_NUMBER"),
        ("Infinity", "BAD_NUMBER"),
        ("-inf", "BAD_NUMBER"),
        ("1E5", "BAD_NUMBER"),
        ("1_000", "BAD_NUMBER"),
        (" 12 ", "BAD_NUMBER"),
        ("1,234.50", "BAD_NUMBER"),
        ("(100.00)", "BAD_NUMBER"),
        ("100.00-", "BAD_NUMBER"),
        ("+5", "BAD_NUMBER"),
        ("−5", "BAD_NUMBER"),
        ("٣٤", "BAD_NUMBER"),
        ("१२", "BAD_NUMBER"),
        (".5", "BAD_NUMBER"),
        ("5.", "BAD_NUMBER"),
        ("1.2.3", "BAD_NUMBER"),
        ("0x10", "BAD_NUMBER"),
        ("１２３", "FULL_WIDTH"),
        ("1" * 30, "OUT_OF_RANGE"),
        ("9" * 18, Decimal("9" * 18)),
        ("1.005", "TOO_PRECISE"),
    ],
)
def test_an_amount_is_plain_digits_with_a_point_or_it_is_refused(text, expected):
    assert verdict(AMOUNT, text) == expected


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ("１２３．５", {"full_width": True}, Decimal("123.5")),
        ("1,234.50", {"grouping": True}, Decimal("1234.50")),
        ("12,34", {"grouping": True}, "BAD_NUMBER"),
        ("1.00E+05", {"exponent": True}, Decimal(100000)),
        ("1E5", {"exponent": True}, "BAD_NUMBER"),
        (" 12 ", {"trim": True}, Decimal(12)),
        ("-1", {"placeholders": {"-1": "disposal"}}, None),
        ("n/a", {"blanks": frozenset({"n/a"})}, None),
        ("-1", {"least": Decimal(0)}, "OUT_OF_RANGE"),
        ("-1", {"least": Decimal(0), "below": "NEGATIVE_BALANCE"}, "NEGATIVE_BALANCE"),
        ("", {"required": True}, "MISSING_VALUE"),
    ],
)
def test_what_a_column_declares_and_nothing_else_is_allowed_in_it(text, declared, expected):
    assert verdict(Column("a", ("a",), "decimal", **declared), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2010-02-28", date(2010, 2, 28)),
        ("2012-02-29", date(2012, 2, 29)),
        ("2010-02-30", "BAD_DATE"),
        ("2010-02-29", "BAD_DATE"),
        ("0000-00-00", "BAD_DATE"),
        ("10-02-28", "BAD_DATE"),
        ("2010-2-28", "BAD_DATE"),
        ("2010/02/28", "BAD_DATE"),
        ("20100228", "BAD_DATE"),
        ("2010-13-01", "BAD_DATE"),
        ("1822-01-01", "BAD_DATE"),
        ("２０１０-02-28", "FULL_WIDTH"),
        ("2010-02-28 ", "BAD_DATE"),
    ],
)
def test_a_day_is_written_as_declared_and_exists(text, expected):
    assert verdict(DAY, text) == expected


def test_a_month_counts_as_its_first_day():
    assert read(Column("m", ("m",), "month", date_format=date_format("MM/YYYY")), "08/2037") == date(2037, 8, 1)


def test_a_loan_number_keeps_its_zeros_and_its_twenty_digits():
    column = Column("n", ("n",))
    assert read(column, "00123") == "00123"
    assert read(column, "12345678901234567890") == "12345678901234567890"


def test_a_whole_number_may_end_in_point_zero_only_where_declared():
    assert verdict(Column("n", ("n",), "int"), "12.0") == "BAD_NUMBER"
    assert verdict(Column("n", ("n",), "int", point_zero=True), "12.0") == 12
    assert verdict(Column("n", ("n",), "int", point_zero=True), "12.5") == "BAD_NUMBER"


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "a\u200bb", "\ufeffa", "a\ufffd", "a\ue000", "a\tb", "a\U000f1234"])
def test_invisible_and_control_characters_are_found(text):
    assert SUSPECT.search(text)


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x", "王𠮷", "똠방각하", "Ünïcode"])
def test_ordinary_text_in_any_script_is_left_alone(text):
    assert not SUSPECT.search(text)
    assert read(Column("n", ("n",)), text) == text


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2, allow_nan=False, allow_infinity=False))
def test_every_amount_with_two_decimals_comes_back_exactly(amount):
    assert read(AMOUNT, f"{amount:f}") == amount


@given(st.text(max_size=20))
def test_no_text_at_all_breaks_the_reader(text):
    assert verdict(AMOUNT, text) in {"BAD_NUMBER", "FULL_WIDTH", "OUT_OF_RANGE", "TOO_PRECISE", None} or isinstance(
        verdict(AMOUNT, text), Decimal
    )
