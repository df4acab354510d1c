"""What was typed or sent for a checkpoint, in the form in which it is stored. Pure; the phone follows the same cases."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from inspections.checklists.rules import Point

NUMBER = re.compile(r"^-?\d{1,15}(\.\d{1,2})?$")
IN_UNITS = re.compile(r"^-?\d{1,7}\.\d{1,8}$")
UNITS = {"万": 10_000, "만": 10_000, "億": 100_000_000, "亿": 100_000_000, "억": 100_000_000}
DATE = re.compile(r"^(\d{4})(?:[-/.年년]\s*|(?=\d{4}$))(\d{1,2})(?:[-/.月월]\s*|(?=\d{2}$))(\d{1,2})[日일.]?$")
DEGREES = re.compile(r"^-?\d{1,3}(\.\d{1,15})?$")
LONGEST = 4000  # characters of a text
LONGEST_CELL = 200
MOST_ROWS = 200
MOST_PERCENT = 100_000


class BadAnswer(Exception):
    """An answer that can't be read; `code` says why: number, choice, long, percent, date, position, items, signature."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_number(text: str) -> Decimal:
    """A figure as people type it: 1200, 1,200.00, 120万, 1.2억, full-width digits. Two decimals at most, kept as typed.

    Raises BadAnswer("number") for anything else; NaN, Infinity and exponents are not figures.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "").replace(" ", "").replace("\u2212", "-")
    factor = UNITS.get(plain[-1:], 1)
    if factor > 1:
        plain = plain[:-1]
    # 1.2345亿 has more decimals than a plain figure may have, and still is a whole amount.
    if not NUMBER.fullmatch(plain) and (factor == 1 or not IN_UNITS.fullmatch(plain)):
        raise BadAnswer("number")
    try:
        found = Decimal(plain) * factor
    except InvalidOperation as error:
        raise BadAnswer("number") from error
    if found != found.quantize(Decimal("0.01")) or abs(found) >= Decimal(10) ** 15:
        raise BadAnswer("number")
    return found


def _number(text: str) -> str:
    return f"{read_number(text).normalize():f}"


def _money(text: str) -> str:
    return str(read_number(text).quantize(Decimal("0.01")))


def _percent(text: str) -> str:
    """35, 35%, 35 ％: up to 100,000 either way, two decimals at most."""
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("%")
    try:
        found = read_number(plain)
    except BadAnswer as error:
        raise BadAnswer("percent") from error
    if plain[-1:] in UNITS or abs(found) > MOST_PERCENT:
        raise BadAnswer("percent")
    return f"{found.normalize():f}"


def _date(text: str) -> str:
    """A day as people write it in three languages: 2026-11-20, 2026/11/20, 20261120, 2026年11月20日, 2026년 11월 20일."""
    found = DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        day = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2100:
        raise BadAnswer("date")
    return day.isoformat()


def _text(text: str) -> str:
    if len(text) > LONGEST:
        raise BadAnswer("long")
    return text


def _position(given: Any) -> dict[str, Any]:
    """{"latitude", "longitude"} as text with six decimals, and what else the device said: accuracy, distance (metres), at."""
    if isinstance(given, str):
        parts = [part.strip() for part in unicodedata.normalize("NFKC", given).split(",")]
        given = dict(zip(("latitude", "longitude"), parts, strict=False)) if len(parts) == 2 else {}
    if not isinstance(given, Mapping):
        raise BadAnswer("position")
    found: dict[str, Any] = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        typed = str(given.get(name, ""))
        if not DEGREES.fullmatch(typed) or abs(Decimal(typed)) > most:
            raise BadAnswer("position")
        found[name] = str(Decimal(typed).quantize(Decimal("0.000001")))
    for name in ("accuracy", "distance"):
        if isinstance(given.get(name), int | float) and not isinstance(given[name], bool) and 0 <= given[name] < 10**8:
            found[name] = round(given[name])
    if isinstance(given.get("at"), str) and len(given["at"]) <= 40:
        found["at"] = given["at"]
    return found


def _items(point: Point, given: Any) -> list[dict[str, str]] | None:
    """Rows with a cell for each column. From a text: one row a line, the cells divided by a tab, a bar or a semicolon."""
    if isinstance(given, str):
        cells = [re.split(r"[\t|;；]", line) for line in given.splitlines() if line.strip()]
        if any(len(row) > len(point.columns) for row in cells):
            raise BadAnswer("items")
        given = [dict(zip((code for code, _kind in point.columns), row, strict=False)) for row in cells]
    if not isinstance(given, list) or len(given) > MOST_ROWS or not all(isinstance(row, Mapping) for row in given):
        raise BadAnswer("items")
    rows = [_row(point, row) for row in given if any(str(cell or "").strip() for cell in row.values())]
    return rows or None


def _row(point: Point, row: Mapping[str, Any]) -> dict[str, str]:
    read = {"number": _number, "money": _money}
    found = {}
    for code, kind in point.columns:
        cell = str(row.get(code) or "").strip()
        try:
            found[code] = read[kind](cell) if cell and kind in read else cell
        except BadAnswer as error:
            raise BadAnswer("items") from error
        if len(cell) > LONGEST_CELL:
            raise BadAnswer("items")
    if not found or not next(iter(found.values())):
        raise BadAnswer("items")
    return found


def _signature(given: Any) -> dict[str, str]:
    name = given.get("name", "") if isinstance(given, Mapping) else given
    if not isinstance(name, str) or not 2 <= len(name.strip()) <= 80:
        raise BadAnswer("signature")
    return {"name": name.strip()}


def read_answer(point: Point, given: Any) -> Any:
    """The stored form of what was typed or sent for `point`; None for nothing. Raises BadAnswer.

    given: text for every kind; a list of rows, a position or a signature may come as such. Photos and documents have no value.
    """
    if given is None or point.kind in {"photo", "document"}:
        return None
    if isinstance(given, str):
        given = given.strip()
    if given in ("", [], {}):
        return None
    if point.kind == "items":
        return _items(point, given)
    if point.kind == "position":
        return _position(given)
    if point.kind == "signature":
        return _signature(given)
    if not isinstance(given, str):
        raise BadAnswer({"yes_no": "choice", "text": "long", "money": "number"}.get(point.kind, point.kind))
    if point.kind in {"yes_no", "choice"}:
        if given not in (("yes", "no", "not_seen") if point.kind == "yes_no" else point.options):
            raise BadAnswer("choice")
        return given
    return {"number": _number, "money": _money, "percent": _percent, "date": _date}.get(point.kind, _text)(given)
