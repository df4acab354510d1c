"""The goals of the nightly run and what was measured of them: one line each, met or missed."""

from collections.abc import Callable
from typing import Any

Goal = tuple[str, str, str, Callable[[dict[str, Any]], tuple[float | str, bool]]]


def _ratio(value: float, limit: float, *, least: bool = False) -> tuple[float | str, bool]:
    return round(value, 2), (value >= limit) if least else (value <= limit)


def _large(found: dict[str, Any]) -> bool:
    return bool(found["loans"] >= 600_000)


def _same_statements(found: dict[str, Any]) -> tuple[str, bool]:
    """Of steps cut by bucket, so that each unit has the same ones."""
    each = [found[name]["statements"] / found[name]["units"] for name in ("night", "smaller")]
    return f"{each[0]:.1f} and {each[1]:.1f}", abs(each[0] - each[1]) < 0.1 * each[1]


def _same_rows(found: dict[str, Any]) -> tuple[str, bool]:
    one = found["1"]["checksums"]
    differing = sorted({step for other in found.values() for step in one if other["checksums"].get(step) != one[step]})
    return ", ".join(differing) or "the same", not differing


# Part of the findings it needs, what, the goal in words, how it is judged.
GOALS: list[Goal] = [
    ("night", "whole night in full, over F", "at most 5 (5.5 from 600,000 loans on)", lambda f: _ratio(f["night"]["cpu"] / f["night"]["floor"], 5.5 if _large(f) else 5)),
    ("exponent", "growth exponent of the night", "at most 1.05", lambda f: _ratio(f["exponent"], 1.05)),
    ("orm_bulk", "times faster than the careful ORM program", "at least 15", lambda f: _ratio(f["orm_bulk"]["times"], 15, least=True)),
    ("orm_naive", "times faster than the naive ORM program", "at least 100", lambda f: _ratio(f["orm_naive"]["times"], 100, least=True)),
    ("rules", "40 rules over a scan of all columns", "at most 6", lambda f: _ratio(f["rules"]["over_scan"], 6)),
    ("rules", "60 rules over 60 comparisons by hand, 200,000 rows", "at most 1.5", lambda f: _ratio(f["rules"]["over_hand"], 1.5)),
    ("rules", "80 rules over 40", "at most 2.2", lambda f: _ratio(f["rules"]["doubled"], 2.2)),
    ("windows", "window of 365 days over one of 30", "at most 1.2", lambda f: _ratio(f["windows"]["ratio"], 1.2)),
    ("windows", "carried windows that differ from summed ones", "none", lambda f: (f["windows"]["different"], f["windows"]["different"] == 0)),
    ("history", "loan with 700 days behind it over a new one", "at most 1.2", lambda f: _ratio(f["history"]["old"] / f["history"]["new"], 1.2)),
    ("still", "alert rows written in a night without news", "none", lambda f: (f["still"]["alerts"] + f["still"]["evidence"], f["still"]["warned"] == 0)),
    ("smaller", "statements per unit, this book and the smaller one", "the same", _same_statements),
    ("night", "peak memory of a process, MB", "at most 512", lambda f: _ratio(f["night"]["memory"], 512)),
    ("smaller", "peak memory over that of the smaller book", "within 20 %", lambda f: _ratio(f["night"]["memory"] / f["smaller"]["memory"], 1.2)),
    ("workers", "two workers, times faster than one", "at least 1.5", lambda f: _ratio(f["workers"]["1"] / f["workers"]["2"], 1.5, least=True)),
    ("slices", "1, 2 and 7 slices", "the same rows", lambda f: _same_rows(f["slices"])),
    ("graph", "graph of guarantees, seconds", "at most 10", lambda f: _ratio(f["graph"]["cpu"], 10)),
]


def verdicts(found: dict[str, Any]) -> list[str]:
    """One line per goal of which something was measured."""
    lines = []
    for part, what, goal, judge in GOALS:
        if part in found:
            value, met = judge(found)
            lines.append(f"{'met   ' if met else 'MISSED'} {what:<52}{value!s:>14}   goal: {goal}")
    return lines
