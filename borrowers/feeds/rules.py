"""What a cell of a feed may look like. Pure: text in, value out, or a Fault with a reason code.

Every cell is read as text and converted here, by our own grammar: a library's idea of a number lets `NaN`, `1E5` or
`1_000` through, and its idea of a date lets a day slip. `docs/feeds.md` lists the reason codes.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

TYPES = ("text", "code", "int", "decimal", "date", "month")
MOST_DIGITS = 18  # before the point: what fits numeric(20,2)
FIRST_YEAR, LAST_YEAR = 1900, 2200
YES, NO = frozenset({"Y", "y", "1", "true", "TRUE"}), frozenset({"N", "n", "0", "false", "FALSE"})

# Characters that no cell may hold: controls, invisible and direction marks, the replacement character, private use.
SUSPECT = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ue000-\uf8ff\U000f0000-\U0010ffff]")
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5}
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
GROUPED_NUMBER = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
EXPONENT_NUMBER = re.compile(r"-?[0-9](\.[0-9]+)?E\+[0-9]{2}", re.ASCII)
SIGNED_PLUS = re.compile(r"\+[0-9].*", re.ASCII)
IMPLIED = re.compile(r"-?[0-9]{1,60}", re.ASCII)
SWAPPED = str.maketrans(",.", ".,")
ARABIC_DIGITS = {first + digit: 0x30 + digit for first in (0x660, 0x6F0) for digit in range(10)} | {0x66B: 0x2E}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DATE_PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})", "Mon": f"(?P<name>{'|'.join(MONTHS)})", "MM": r"(?P<month>[0-9]{2})", "DD": r"(?P<day>[0-9]{2})",
    "M": r"(?P<month>1[0-2]|[1-9])", "D": r"(?P<day>[12][0-9]|3[01]|[1-9])",
}  # fmt: skip
DATE_PART = re.compile(r"YYYY|(?<![A-Za-z])(?:Mon|M|D)(?![A-Za-z])|MM|DD")


class Cell(str):
    """The text of a cell that was no text where it came from: a number or day of a spreadsheet (`value`), a number with more
    digits than it keeps (`lost`), the error of a formula (`error`)."""

    __slots__ = ("nature",)
    nature: str

    def __new__(cls, text: str, nature: str) -> "Cell":
        made = super().__new__(cls, text)
        made.nature = nature
        return made


class Fault(Exception):
    """A cell or row that can't be used. `reason` is one of the documented codes."""

    def __init__(self, reason: str, column: str = "", value: str = "") -> None:
        super().__init__(reason)
        self.reason, self.column, self.value = reason, column, value


@dataclass(frozen=True)
class Column:
    """What a format declares of one column."""

    name: str
    headers: tuple[str, ...]
    type: str = "text"
    required: bool = False
    blanks: frozenset[str] = frozenset()  # texts that mean "not known", besides the empty one
    placeholders: Mapping[str, str] = field(default_factory=dict)  # text -> what it stands for; read as empty
    codes: Mapping[str, str] | None = None  # text -> meaning; None: any
    least: Decimal | date | None = None
    most: Decimal | date | None = None
    decimals: int = 2
    max_length: int = 200
    pattern: re.Pattern[str] | None = None
    date_format: re.Pattern[str] | None = None
    other_dates: tuple[re.Pattern[str], ...] = ()  # further ways in which the column writes a day
    optional: bool = False  # the file may lack the column; its cells are blank then
    full_width: bool = False
    grouping: bool = False
    exponent: bool = False
    point_zero: bool = False
    trim: bool = False
    reread: str = ""  # text that was UTF-8 and once read in this encoding (PÃºblicas) is read right (Públicas)
    number_cells: bool = False  # text that may come from a cell of a number: no leading zero can have been lost
    parentheses: bool = False  # (100.00) is minus 100.00
    trailing_minus: bool = False  # 100.00- is minus 100.00
    plus: bool = False  # +100.00
    minus_sign: bool = False  # U+2212 and the full-width minus
    arabic_digits: bool = False  # Arabic-Indic and Persian digits
    decimal_comma: bool = False  # 1234,50, and 1.234,50 where grouping is declared
    implied_decimals: int = 0  # digits after a point that is not written: 123450 is 1234.50
    not_after_business_date: bool = False
    below: str = "OUT_OF_RANGE"  # reason for a value under `least`
    at: tuple[int, int] | None = None  # first and last position in a line of fixed width, counted from 1
    file: str = ""  # of several files that belong together; empty: the driving one
    written: tuple[str, ...] = ()  # the declared ways of writing a day, as text


def date_format(text: str) -> re.Pattern[str]:
    """The pattern of a declared format such as `MM/DD/YYYY`, `M/D/YYYY`, `YYYYMMDD` or `Mon-YYYY`.

    MM and DD have two digits, M and D no leading zero, Mon is the month in three English letters. Raises ValueError when the format
    lacks year or month, or names one twice.
    """
    parts = DATE_PART.findall(text)
    kinds = sorted({"Mon": "M"}.get(part, part[0]) for part in parts)
    if kinds not in (["M", "Y"], ["D", "M", "Y"]):
        raise ValueError(f"A date format names YYYY, a month (MM, M or Mon) and for a day DD or D, each once: {text!r} does not.")
    around = [re.escape(constant) for constant in DATE_PART.split(text)]
    return re.compile(around[0] + "".join(DATE_PARTS[part] + after for part, after in zip(parts, around[1:], strict=True)), re.ASCII)


def date_formats(texts: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    """The patterns of declared alternatives. Raises ValueError when one text could be read as two different days."""
    seen: dict[str, list[str]] = {}
    for text in texts:
        order = [part[0] for part in DATE_PART.findall(text)]
        if seen.setdefault(DATE_PART.sub("#", text), order) != order:
            raise ValueError(f"{text!r} and an alternative would read one text as two different days.")
    return tuple(date_format(text) for text in texts)


def as_written(day: date, text: str) -> str:
    """A day in a declared format, the reverse of reading it: `as_written(date(2026, 1, 2), "D.M.YYYY")` is `2.1.2026`."""
    parts = {
        "YYYY": f"{day.year:04}", "MM": f"{day.month:02}", "DD": f"{day.day:02}", "M": str(day.month), "D": str(day.day),
        "Mon": MONTHS[day.month - 1],
    }  # fmt: skip
    return DATE_PART.sub(lambda found: parts[found.group()], text)


ISO_DAY = date_format("YYYY-MM-DD")


def read(column: Column, text: str) -> Any:
    """The value of a cell: str, int, Decimal or date; None when it is blank or a placeholder. Raises Fault."""
    if type(text) is not str and isinstance(text, Cell):
        _require_fit(column, text)
    if column.trim:
        text = text.strip(" ")
    if not text or text in column.blanks:
        if column.required:
            raise Fault("MISSING_VALUE")
        return None
    if column.full_width:
        text = text.translate(FULL_WIDTH)
    if text in column.placeholders:
        return None
    value: Any = READERS[column.type](column, text)
    if column.least is not None and value < column.least:
        raise Fault(column.below)
    if column.most is not None and value > column.most:
        raise Fault("OUT_OF_RANGE")
    return value


def _require_fit(column: Column, cell: Cell) -> None:
    """Raises Fault where a cell that was no text can't be trusted in this column."""
    if cell.nature == "error":
        raise Fault("FORMULA_ERROR")
    if cell.nature == "lost":
        raise Fault("LOST_DIGITS")
    if column.type == "text" and not column.number_cells:
        raise Fault("NUMBER_IN_TEXT")


def read_text(column: Column, text: str) -> str:
    """Text as it came, in normal form C. Numbers of loans stay text: leading zeros and twenty digits survive."""
    value = unicodedata.normalize("NFC", _read_right(text, column.reread) if column.reread else text)
    if len(value) > column.max_length:
        raise Fault("TOO_LONG")
    if column.pattern is not None and not column.pattern.fullmatch(value):
        raise Fault("BAD_PATTERN")
    return value


def _read_right(text: str, encoding: str) -> str:
    """The text without the wrong conversion that its bytes went through; text that did not go through it stays."""
    try:
        return text.encode(encoding).decode("utf-8")
    except UnicodeError:
        return text


def read_code(column: Column, text: str) -> str:
    if column.codes is not None and text not in column.codes:
        raise Fault("NOT_A_CODE")
    return text


def read_number(column: Column, text: str) -> Decimal:
    """A decimal of at most 18 digits before the point and the declared number of decimals after it.

    No sign but a leading minus, no blank, no grouping or exponent, no other script's digits unless the column declares it.
    Zeros past the declared decimals are harmless and accepted; any other digit there is TOO_PRECISE.
    """
    text = _plainly(column, text)
    if column.grouping and GROUPED_NUMBER.fullmatch(text):
        text = text.replace(",", "")
    if not PLAIN_NUMBER.fullmatch(text) and not (column.exponent and EXPONENT_NUMBER.fullmatch(text)):
        raise Fault("FULL_WIDTH" if _is_number(column, text.translate(FULL_WIDTH)) else "BAD_NUMBER")
    if len(text) > 60:
        raise Fault("OUT_OF_RANGE")
    value = Decimal(text)
    if value.adjusted() >= MOST_DIGITS:
        raise Fault("OUT_OF_RANGE")
    if value != round(value, column.decimals):
        raise Fault("TOO_PRECISE")
    return value


def _plainly(column: Column, text: str) -> str:
    """The number without what the column declares: each of these ways of writing is refused elsewhere."""
    if column.arabic_digits:
        text = text.translate(ARABIC_DIGITS)
    if column.minus_sign and text[:1] in "\u2212\uff0d":
        text = f"-{text[1:]}" if text else text
    if column.plus and SIGNED_PLUS.fullmatch(text):
        text = text[1:]
    if column.parentheses and text.startswith("(") and text.endswith(")") and "-" not in text:
        text = f"-{text[1:-1]}"
    if column.trailing_minus and text.endswith("-") and "-" not in text[:-1]:
        text = f"-{text[:-1]}"
    if column.decimal_comma:
        text = text.translate(SWAPPED) if column.grouping or "." not in text else f"?{text}"
    if column.implied_decimals:
        point = len(text) - column.implied_decimals
        text = f"{text[:point]}.{text[point:]}" if IMPLIED.fullmatch(text) and text[:point].strip("-") else f"?{text}"
    return text


def _is_number(column: Column, text: str) -> bool:
    return bool(PLAIN_NUMBER.fullmatch(text) or (column.grouping and GROUPED_NUMBER.fullmatch(text)))


def read_int(column: Column, text: str) -> int:
    """A whole number; `12.0` only where the column declares `point_zero`."""
    if "." in text and not column.point_zero and not column.exponent:
        raise Fault("BAD_NUMBER")
    value = read_number(column, text)
    if value != value.to_integral_value():
        raise Fault("BAD_NUMBER")
    return int(value)


def read_date(column: Column, text: str) -> date:
    """A day that exists, written exactly as declared; a month counts as its first day."""
    patterns = (column.date_format or ISO_DAY, *column.other_dates)
    found = _first_match(patterns, text)
    if found is None:
        raise Fault("FULL_WIDTH" if _first_match(patterns, text.translate(FULL_WIDTH)) else "BAD_DATE")
    parts = found.groupdict()
    year = int(parts["year"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Fault("BAD_DATE")
    try:
        month = MONTHS.index(parts["name"]) + 1 if parts.get("name") else int(parts["month"])
        return date(year, month, int(parts.get("day") or 1))
    except ValueError:
        raise Fault("BAD_DATE") from None


def _first_match(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next((found for pattern in patterns if (found := pattern.fullmatch(text))), None)


READERS: dict[str, Callable[[Column, str], Any]] = {
    "text": read_text,
    "code": read_code,
    "int": read_int,
    "decimal": read_number,
    "date": read_date,
    "month": read_date,
}
