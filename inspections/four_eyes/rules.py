"""Pure rules of verification: comparing two views point by point, and how long a verification may wait."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from difflib import SequenceMatcher
from typing import Any

from inspections.visits.rules import Point, fails

SAME, DIFFERS, MATERIAL, ONE_SIDED = "same", "differs", "material", "one_sided"
MATERIAL_TIMES = 3  # a figure off by more than this many times its tolerance is a material difference
WORSE = (SAME, ONE_SIDED, DIFFERS, MATERIAL)
FIGURES = frozenset({"number", "money", "percent"})
UNJUDGED = frozenset({"text", "photo", "document", "position", "signature"})
WORD = re.compile(r"\s+|[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
KEY_FINDING = {"no_problem": 0, "not_given": 0, "concern": 1, "problem": 2}


@dataclass(frozen=True)
class Compared:
    """How two answers to one point stand to each other. `percent`, `amount`: second against first, for figures that differ."""

    result: str
    percent: Decimal | None = None
    amount: Decimal | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ComparedRow:
    """One row of two counted tables, matched by its first column. A side that lacks the row is None."""

    name: str
    first: Mapping[str, str] | None
    second: Mapping[str, str] | None
    result: str
    amount: Decimal | None = None


def compare(point: Point, first: Any, second: Any) -> Compared:
    """The recorder's answer beside the officer's.

    Choices differ, and materially so when one of the two fails the point. Figures are the same within the point's tolerance
    (percent of the recorder's figure, the limit included), materially different beyond its `material` percent, or three times
    the tolerance where it names none. Percentages are compared as figures; dates are the same or differ. Counted tables are
    compared row by row: the worst row counts. Text is never judged: it is read. One side empty, or "not seen", is one-sided, also
    where both sides say it; so are texts, files, positions and signatures: what can't lower an agreement doesn't raise it either. A
    change from 0 is material without a percent.
    """
    if first is None or second is None or "not_seen" in (first, second) or point.kind in UNJUDGED:
        return Compared(ONE_SIDED)
    if point.kind in FIGURES:
        return _compare_figures(point, Decimal(first), Decimal(second))
    if point.kind == "items":
        rows = compare_items(point, first, second)
        amounts = [row.amount for row in rows if row.amount]
        return Compared(max((row.result for row in rows), key=WORSE.index, default=SAME), amount=sum(amounts, Decimal(0)) or None)
    if first == second:
        return Compared(SAME)
    return Compared(MATERIAL if fails(point, first) != fails(point, second) else DIFFERS)


def compare_items(point: Point, first: Sequence[Mapping[str, str]], second: Sequence[Mapping[str, str]]) -> list[ComparedRow]:
    """Two counted tables row by row, in the recorder's order, then what the officer alone counted.

    Rows are matched by the text of the first column, without regard to case and blanks at the ends. The last column that holds
    figures decides, by the point's tolerance; a row that one side lacks is material.
    """
    columns = [code for code, _kind in point.columns]
    figures = [code for code, kind in point.columns if kind in FIGURES]
    if not columns:
        return []

    def name_of(row: Mapping[str, str]) -> str:
        return str(row.get(columns[0], "")).strip()

    mine, theirs = ({name_of(row).casefold(): row for row in rows} for rows in (first, second))
    found = []
    for key in [*mine, *(key for key in theirs if key not in mine)]:
        one, other = mine.get(key), theirs.get(key)
        name = name_of(one or other or {})
        if one is None or other is None:
            found.append(ComparedRow(name, one, other, MATERIAL))
            continue
        pair = (one.get(figures[-1]), other.get(figures[-1])) if figures else (None, None)
        if None in pair or "" in pair:
            found.append(ComparedRow(name, one, other, SAME if dict(one) == dict(other) else DIFFERS))
            continue
        compared = _compare_figures(point, Decimal(str(pair[0])), Decimal(str(pair[1])))
        found.append(ComparedRow(name, one, other, compared.result, compared.amount))
    return found


def material_from(point: Point) -> int:
    """Percent beyond which two figures differ materially."""
    return point.material if point.material is not None else MATERIAL_TIMES * point.tolerance


def _compare_figures(point: Point, first: Decimal, second: Decimal) -> Compared:
    if first == second:
        return Compared(SAME)
    if first == 0:
        return Compared(MATERIAL, amount=second)
    percent = (second - first) / abs(first) * 100
    rounded = percent.quantize(Decimal(1), ROUND_HALF_UP)
    if abs(percent) <= point.tolerance:
        return Compared(SAME, rounded, second - first)
    return Compared(MATERIAL if abs(percent) > material_from(point) else DIFFERS, rounded, second - first)


def differing_words(first: str, second: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both texts cut into pieces, each with whether the other text lacks it. Joined, the pieces are the text.

    Words are told apart by blanks; in scripts that write without blanks each sign is a word.
    """
    one, other = (WORD.findall(text) for text in (first, second))
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for tag, a, b, c, d in SequenceMatcher(a=one, b=other, autojunk=False).get_opcodes():
        if b > a:
            left.append(("".join(one[a:b]), tag != "equal"))
        if d > c:
            right.append(("".join(other[c:d]), tag != "equal"))
    return left, right


def compare_conclusions(first: str, second: str) -> Compared:
    """Two conclusions: "problem" against "no problem" is material; one that was never given is one-sided."""
    if "not_given" in (first, second) or not first or not second:
        return Compared(ONE_SIDED)
    apart = abs(KEY_FINDING[first] - KEY_FINDING[second])
    return Compared((SAME, DIFFERS, MATERIAL)[apart])


def must_explain(results: Sequence[Compared]) -> bool:
    """A decision on a visit with a material difference needs an explanation."""
    return any(found.result == MATERIAL for found in results)


def split(outcomes: Sequence[tuple[bool, str]]) -> bool:
    """Whether decisions, each (sent back, conclusion that counts), say different things."""
    return len(set(outcomes)) > 1


def deadline(kind: str, submitted_on: date, within: Mapping[str, int]) -> date:
    """Until when a visit of a task of `kind` is to be verified. `within`: calendar days from submission, by kind."""
    return submitted_on + timedelta(days=within[kind])


def months_before(day: date, months: int) -> date:
    """The same day `months` months earlier; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
