"""Pure rules of verification: comparing two views point by point, and how long a verification may wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from inspections.visits.rules import Point, fails

SAME, DIFFERS, MATERIAL, ONE_SIDED = "same", "differs", "material", "one_sided"
MATERIAL_TIMES = 3  # a figure off by more than this many times its tolerance is a material difference
KEY_FINDING = {"no_problem": 0, "not_given": 0, "concern": 1, "problem": 2}


@dataclass(frozen=True)
class Compared:
    """How two answers to one point stand to each other. `percent`: second against first, for figures that differ."""

    result: str
    percent: Decimal | None = None


def compare(point: Point, first: str | None, second: str | None) -> Compared:
    """The recorder's answer beside the officer's.

    Choices differ, and materially so when one of the two fails the point. Figures are the same within the point's tolerance
    (percent of the recorder's figure, the limit included), materially different beyond three times that. Text is never
    judged: it is read. One side empty, or "not seen", is one-sided. A change from 0 is material without a percent.
    """
    if first is None or second is None or "not_seen" in (first, second) or point.kind in {"text", "photo"}:
        return Compared(SAME if first is not None and first == second else ONE_SIDED)
    if point.kind in {"number", "money"}:
        return _compare_figures(point, Decimal(first), Decimal(second))
    if first == second:
        return Compared(SAME)
    return Compared(MATERIAL if fails(point, first) != fails(point, second) else DIFFERS)


def _compare_figures(point: Point, first: Decimal, second: Decimal) -> Compared:
    if first == second:
        return Compared(SAME)
    if first == 0:
        return Compared(MATERIAL)
    percent = (second - first) / abs(first) * 100
    rounded = percent.quantize(Decimal(1), ROUND_HALF_UP)
    if abs(percent) <= point.tolerance:
        return Compared(SAME, rounded)
    return Compared(MATERIAL if abs(percent) > MATERIAL_TIMES * point.tolerance else DIFFERS, rounded)


def compare_conclusions(first: str, second: str) -> Compared:
    """Two conclusions: "problem" against "no problem" is material; one that was never given is one-sided."""
    if "not_given" in (first, second) or not first or not second:
        return Compared(ONE_SIDED)
    apart = abs(KEY_FINDING[first] - KEY_FINDING[second])
    return Compared((SAME, DIFFERS, MATERIAL)[apart])


def must_explain(results: Sequence[Compared]) -> bool:
    """A decision on a visit with a material difference needs an explanation."""
    return any(found.result == MATERIAL for found in results)


def deadline(kind: str, submitted_on: date, within: Mapping[str, int]) -> date:
    """Until when a visit of a task of `kind` is to be verified. `within`: calendar days from submission, by kind."""
    return submitted_on + timedelta(days=within[kind])


def months_before(day: date, months: int) -> date:
    """The same day `months` months earlier; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
