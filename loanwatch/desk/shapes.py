"""Small pictures and countdowns that the server computes: sparklines, limit bars, heat steps, deadlines.

Numbers in, plain values out; the templates in `templates/components/` draw them as SVG attributes, so that no page needs a
style attribute or a script for them.
"""

from dataclasses import dataclass
from datetime import date, datetime

from loanwatch.desk.formats import decimal_of

WIDTH, TOP, BOTTOM = 100.0, 4.0, 22.0


@dataclass(frozen=True)
class Spark:
    """A line in a box of 100 by 26: SVG points of the line and of the area below it, and the height of the limit or None."""

    line: str
    area: str
    threshold: str | None
    last_x: str
    last_y: str


def spark(values, threshold=None) -> Spark | None:
    """The sparkline of a row of figures, oldest first. None when fewer than two are known; unknown ones are skipped."""
    known = [(i, float(found)) for i, found in enumerate(decimal_of(v) for v in values) if found is not None]
    if len(known) < 2:
        return None
    limit = decimal_of(threshold)
    heights = [v for _, v in known] + ([float(limit)] if limit is not None else [])
    low, span = min(heights), (max(heights) - min(heights)) or 1.0
    last = known[-1][0]

    def y(value: float) -> float:
        return BOTTOM - (value - low) / span * (BOTTOM - TOP)

    first = known[0][0]
    points = [(f"{(i - first) / (last - first) * WIDTH:.1f}", f"{y(v):.1f}") for i, v in known]
    line = " ".join(f"{a},{b}" for a, b in points)
    return Spark(line, f"0,26 {line} 100,26", None if limit is None else f"{y(float(limit)):.1f}", *points[-1])


@dataclass(frozen=True)
class LimitBar:
    """A bar of 100 wide: how far it is filled, where the tick of the limit stands, and green, yellow, orange or red."""

    width: str
    tick: str | None
    tone: str
    over: bool


def limit_bar(value, limit, floor: bool = False, scale=None) -> LimitBar | None:
    """A value against its limit. Red past the limit, orange from nine tenths of it on, else plain.

    With `floor` the limit is the least allowed: red below it, orange up to a tenth above. `scale` is the value at full width;
    left out, it is 1.25 times the limit, or the value when that is more. None when value or limit is unknown.
    """
    found, bound = decimal_of(value), decimal_of(limit)
    if found is None or bound is None:
        return None
    full = float(decimal_of(scale) or max(bound * 5 / 4, found) or 1)
    if floor:
        over, near = found < bound, found <= bound * 11 / 10
    else:
        over, near = found > bound, found >= bound * 9 / 10
    tone = "red" if over else "orange" if near else ""
    width = min(max(float(found) / full * 100, 0), 100)
    return LimitBar(f"{width:.1f}", f"{min(float(bound) / full * 100, 98.4):.1f}", tone, over)


HEAT_STEPS = (0, 2, 5, 10, 20, 40, 60, 80)


def heat(value) -> int:
    """The step h0 to h7 of a share in percent: the more of a bucket got worse, the darker."""
    found = decimal_of(value)
    if found is None:
        return 0
    return max((i for i, edge in enumerate(HEAT_STEPS) if found >= edge), default=0)


@dataclass(frozen=True)
class Countdown:
    """Time to a deadline: `state` is late, soon or ok; the parts say how long, `over` that it has passed."""

    state: str
    over: bool
    days: int
    hours: int
    minutes: int
    dated: bool


def countdown(deadline: date | datetime, at: date | datetime) -> Countdown:
    """What is left at the moment `at`, or how long it is over.

    Two moments are counted to the minute and are `soon` under 24 hours. Two dates are counted in days: a task due today is not
    late before tomorrow, and is `soon` today and the day before.
    """
    if isinstance(deadline, datetime) and isinstance(at, datetime):
        seconds = int((deadline - at).total_seconds())
        over, rest = seconds < 0, abs(seconds)
        days, rest = divmod(rest, 86400)
        hours, rest = divmod(rest, 3600)
        state = "late" if over else "soon" if days == 0 else "ok"
        return Countdown(state, over, days, hours, rest // 60, dated=False)
    left = (_as_date(deadline) - _as_date(at)).days
    return Countdown("late" if left < 0 else "soon" if left <= 1 else "ok", left < 0, abs(left), 0, 0, dated=True)


def _as_date(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
