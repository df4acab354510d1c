"""Pure rules of an inspection form: reading answers, what is missing, where the visitor stood, likeness of photos, the seal."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from math import asin, cos, radians, sin, sqrt
from typing import Any

MOVES: Mapping[str, Set[str]] = {
    "draft": {"submitted"},
    "submitted": {"verified", "returned"},
    "returned": set(),
    "verified": set(),
}

FAR = 300  # metres from the borrower's address beyond which a reason is asked
VAGUE = 100  # metres of accuracy beyond which a reason is asked
SAME_PICTURE = 6  # bits of 64 in which two difference hashes of one picture may differ
FLAT_PICTURE = 4  # a hash with fewer bits set, or unset, says too little to compare
JUMP = Decimal(30)  # percent against the last visit from which a figure needs a note
EARTH = 6_371_000  # metres

NUMBER = re.compile(r"^-?\d{1,15}(\.\d{1,2})?$")
IN_UNITS = re.compile(r"^-?\d{1,7}\.\d{1,8}$")
UNITS = {"万": 10_000, "만": 10_000, "億": 100_000_000, "亿": 100_000_000, "억": 100_000_000}


class BadAnswer(Exception):
    """An answer that can't be read; `code` says why: number, choice, long."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Point:
    """One checkpoint as the rules see it."""

    code: str
    kind: str
    required: bool = True
    options: tuple[str, ...] = ()
    fails_when: tuple[str, ...] = ()
    shown_when: Mapping[str, Any] = field(default_factory=dict)
    tolerance: int = 10
    at_desk: bool = False


@dataclass(frozen=True)
class Said:
    """One answer: value as text, or None; the note; how many photos."""

    value: str | None = None
    note: str = ""
    photos: int = 0


NOTHING = Said()


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


def read_answer(point: Point, text: str) -> str | None:
    """The stored form of what was typed for `point`; None for nothing. Raises BadAnswer."""
    text = text.strip()
    if not text or point.kind == "photo":
        return None
    if point.kind in {"number", "money"}:
        found = read_number(text)
        return str(found.quantize(Decimal("0.01"))) if point.kind == "money" else f"{found.normalize():f}"
    if point.kind in {"yes_no", "choice"}:
        allowed = ("yes", "no", "not_seen") if point.kind == "yes_no" else point.options
        if text not in allowed:
            raise BadAnswer("choice")
        return text
    if len(text) > 4000:
        raise BadAnswer("long")
    return text


def shown(points: Iterable[Point], said: Mapping[str, Said]) -> list[Point]:
    """The points that are to be answered, given the answers so far; one that hangs on a hidden point is hidden as well."""
    seen: dict[str, Point] = {}
    for point in points:
        needs = point.shown_when
        if not needs or (needs["code"] in seen and said.get(needs["code"], NOTHING).value in needs["in"]):
            seen[point.code] = point
    return list(seen.values())


def fails(point: Point, value: str | None) -> bool:
    return value is not None and value in point.fails_when


def jump(value: str | None, before: str | None) -> Decimal | None:
    """Change of a figure against the last visit in whole percent, when it is 30 or more; else None. A change from 0 has no percent."""
    if value is None or before is None or Decimal(before) == 0:
        return None
    change = (Decimal(value) - Decimal(before)) / abs(Decimal(before)) * 100
    return change.quantize(Decimal(1)) if abs(change) >= JUMP else None


def answered(point: Point, said: Said) -> bool:
    return said.photos > 0 if point.kind == "photo" else said.value is not None


def missing(points: Sequence[Point], said: Mapping[str, Said], before: Mapping[str, str]) -> dict[str, str]:
    """What must be added before the form can be submitted: code -> "answer", "photo", "note" (it fails) or "jump" (note on a jump).

    before: the figures of the last confirmed visit, by code.
    """
    faults: dict[str, str] = {}
    for point in shown(points, said):
        given = said.get(point.code, NOTHING)
        if point.required and not answered(point, given):
            faults[point.code] = "photo" if point.kind == "photo" else "answer"
        elif fails(point, given.value) and not given.note.strip():
            faults[point.code] = "note"
        elif (
            point.kind in {"number", "money"}
            and jump(given.value, before.get(point.code)) is not None
            and not given.note.strip()
            and not given.photos
        ):
            faults[point.code] = "jump"
    return faults


def progress(points: Sequence[Point], said: Mapping[str, Said]) -> tuple[int, int]:
    """How many of the shown points are answered, and how many are shown."""
    visible = shown(points, said)
    return sum(answered(p, said.get(p.code, NOTHING)) for p in visible), len(visible)


def metres_between(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    """Great-circle distance in metres, rounded."""
    dlat, dlon = radians(lat2 - lat1), radians(lon2 - lon1)
    chord = sin(dlat / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(dlon / 2) ** 2
    return round(2 * EARTH * asin(sqrt(min(chord, 1.0))))


def position_doubt(*, has_position: bool, accuracy: int | None, distance: int | None) -> str:
    """Why a reason is asked for the position: "none", "vague" (worse than ±100 m), "far" (over 300 m); empty when it is fine."""
    if not has_position:
        return "none"
    if accuracy is None or accuracy > VAGUE:
        return "vague"
    return "far" if distance is not None and distance > FAR else ""


def telling(likeness: int) -> bool:
    """Whether a difference hash says enough to call two pictures the same; a plain wall has hardly a bit set."""
    bits = (likeness & (2**64 - 1)).bit_count()
    return FLAT_PICTURE <= bits <= 64 - FLAT_PICTURE


def seal(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a visit's content in canonical form: sorted keys, no spaces, text as it is. JSON-ready values only."""
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
