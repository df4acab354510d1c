"""Measures the nightly run: `python -m benchmarks.nightly --loans 200000 [--repeat 3] [--compare orm_naive,orm_bulk] [--json]`.

A made-up book (see `benchmarks.book`) in a database of its own; each night its news are delivered as files and loaded, and the day is
closed by its own steps, with every loan allocated. The floor F is measured after each night on the same data: a bare COPY of the
day's feeds, a grouped scan of the demands, a copy of the day's observation, a scan over all its columns, a write of the hits of the
rules and a join of the hits with the open alerts. Ratios are of processor seconds (this process and the server together; see
`benchmarks.meter`) and can be compared between machines, seconds can't. Goals that are missed are printed as missed.
"""

import argparse
import json
import math
import sys
from datetime import timedelta
from typing import Any

from benchmarks import goals, nights
from benchmarks.book import FIRST, Shape, make, tell
from benchmarks.meter import Series, Took, measured

WARM = 2  # nights closed before the first one that is measured: the first close opens nearly all alerts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3, help="nights measured; the median counts")
    parser.add_argument("--smaller", type=int, default=0, help="loans of the book that growth is measured against; a fifth when left out")
    parser.add_argument("--flow-days", type=int, default=92, help="days of bookings before the first night")
    parser.add_argument("--compare", default="", help="orm_naive, orm_bulk or both, with a comma")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--parties", type=int, default=1_000_000, help="of the graph of guarantees, with twice as many guarantees")
    parser.add_argument("--keep", action="store_true", help="leave the database of the large book, to look at")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {"loans": options.loans, "repeat": options.repeat}
    with nights.server() as pattern:
        for part in options.parts.split(","):
            sys.stderr.write(f"{part} …\n")
            PARTS[part](found, pattern, options)
    sys.stdout.write(json.dumps(found, default=str) + "\n" if options.json else "\n".join([*report(found), *goals.verdicts(found)]) + "\n")


def book(found: dict[str, Any], pattern: str, options: argparse.Namespace) -> None:
    """The large book: nights in full, their floors, a normal night, two workers, and the programs it is compared with."""
    shape = Shape(options.loans, flow_days=options.flow_days)
    with nights.database(pattern, "book", keep=options.keep) as name:
        lender, figures = _nights(shape, options.repeat)
        found["night"] = figures
        day = FIRST + timedelta(days=WARM + options.repeat)
        nights.load_news(lender, shape, day)
        found["normal_night"] = _sums(nights.close(lender, day, whole=False))
        for program in filter(None, options.compare.split(",")):
            from benchmarks import reference

            day += timedelta(days=1)
            nights.load_news(lender, shape, day)
            found[program] = reference.compare(program, lender, day, figures["cpu_per_loan"])
        if "workers" in options.parts:
            walls = {}
            for workers in (1, 2, 1, 2):
                day += timedelta(days=1)
                nights.load_news(lender, shape, day)
                walls.setdefault(workers, []).append(nights.close_by_workers(lender, day, workers, name))
            found["workers"] = {str(workers): min(walls[workers]) for workers in walls}


def growth(found: dict[str, Any], pattern: str, options: argparse.Namespace) -> None:
    """The same night on a smaller book."""
    loans = options.smaller or options.loans // 5
    with nights.database(pattern, "smaller"):
        _, figures = _nights(Shape(loans, flow_days=options.flow_days), options.repeat)
    found["smaller"] = figures
    if "night" in found:
        steps = math.log(options.loans / loans)
        found["exponent"] = round(math.log(found["night"]["cpu"] / figures["cpu"]) / steps, 3)
        found["floor_exponent"] = round(math.log(found["night"]["floor"] / figures["floor"]) / steps, 3)


def _nights(shape: Shape, repeat: int) -> tuple[Any, dict[str, Any]]:
    """A book and its nights: lender, and medians of processor seconds by step, the floor, and what else was counted."""
    lender = make("BENCH", shape)
    _analyse()
    steps: dict[str, Series] = {}
    floors: dict[str, Series] = {}
    for night in range(WARM + repeat):
        day = FIRST + timedelta(days=night)
        loaded, bare = nights.load_news(lender, shape, day) if night else (Took(), Took())
        took = {"load": loaded, **nights.close(lender, day)}
        if night < WARM:
            _analyse()
            continue
        for name, one in took.items():
            steps.setdefault(name, Series()).took.append(one)
        for name, one in {"COPY of the day's feeds": bare, **nights.floors(lender, day)}.items():
            floors.setdefault(name, Series()).took.append(one)
    floor = sum(series.median("cpu") for series in floors.values())
    closing = [series for name, series in steps.items() if name != "load"]
    cpu = sum(series.median("cpu") for series in closing)
    return lender, {
        "loans": shape.loans,
        "steps": {name: {what: round(series.median(what), 3) for what in ("cpu", "here", "server", "wall")}
                  | {what: series.most(what) for what in ("rows", "statements", "memory")} for name, series in steps.items()},
        "floors": {name: {what: round(series.median(what), 4) for what in ("cpu", "wall")} for name, series in floors.items()},
        "floor": floor, "floor_wall": sum(series.median("wall") for series in floors.values()),
        "cpu": cpu, "wall": sum(series.median("wall") for series in closing),
        "with_load": cpu + steps["load"].median("cpu"), "cpu_per_loan": cpu / shape.loans,
        "memory": max(series.most("memory") for name, series in steps.items() if name != "load"),
        "units": _units(lender, FIRST + timedelta(days=WARM + repeat - 1)),
        "statements": sum(series.most("statements") for series in closing),
    }  # fmt: skip


def _analyse() -> None:
    """What autovacuum does within minutes in an installation, and would do in the middle of a measurement here."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _units(lender: Any, day: Any) -> int:
    from loanwatch.trail.models import RunUnit

    return RunUnit.objects.filter(lender=lender, business_date=day).count()


def _sums(steps: dict[str, Took]) -> dict[str, float]:
    return {"cpu": sum(one.cpu for one in steps.values()), "allocate": steps["allocate"].cpu, "observe": steps["observe"].cpu}


def history(found: dict[str, Any], pattern: str, options: argparse.Namespace) -> None:
    """Loans with 700 days behind them beside loans with 35, the same number of demands falling due."""
    size = max(1000, options.loans // 10)
    found["history"] = {}
    for purpose, age in (("old", 700), ("new", 35)):
        with nights.database(pattern, purpose):
            _, figures = _nights(Shape(size, age_days=age, flow_days=10), options.repeat)
        found["history"][purpose] = figures["cpu_per_loan"]


def still(found: dict[str, Any], pattern: str, options: argparse.Namespace) -> None:
    """A night in which nothing happened: nothing is due, paid or booked, and no limit is crossed."""
    with nights.database(pattern, "still"):
        found["still"] = still_night(2000)


def still_night(loans: int) -> dict[str, Any]:
    """Alerts and evidence written by a night without news; the book must be the only one of its database."""
    from alerts.signals.models import Alert, AlertEvidence

    # Everybody pays on the day or not at all, and all demands fell due on the last of the month: 12 days later no limit is just crossed.
    lender = make("STILL", Shape(loans, spread=False, late=False, flow_days=5))
    for night in (10, 11):
        nights.close(lender, FIRST + timedelta(days=night), whole=False)
    before = (Alert.objects.filter(lender=lender).count(), AlertEvidence.objects.filter(alert__lender=lender).count(), _alert_events())
    day = FIRST + timedelta(days=12)
    took = nights.close(lender, day, whole=False)
    after = (Alert.objects.filter(lender=lender).count(), AlertEvidence.objects.filter(alert__lender=lender).count(), _alert_events())
    return {
        "open": before[0], "alerts": after[0] - before[0], "evidence": after[1] - before[1], "changes": after[2] - before[2],
        "states": took["allocate"].rows, "warned": took["warn"].rows, "by": _said_on(lender, day),
    }  # fmt: skip


def _said_on(lender: Any, day: Any) -> list[str]:
    """What alerts said on a day: rule, level and values."""
    from alerts.signals.models import AlertEvidence

    rows = AlertEvidence.objects.filter(alert__lender=lender, as_of=day).values_list("alert__rule__code", "level", "values")
    return [f"{code} {level} {values}" for code, level, values in rows]


def _alert_events() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM alerts_alertevent")
        return int(cursor.fetchone()[0])


def slices(found: dict[str, Any], pattern: str, options: argparse.Namespace) -> None:
    """The same book closed in 1, 2 and 7 slices."""
    found["slices"] = {}
    for count in (1, 2, 7):
        with nights.database(pattern, f"slices{count}"):
            found["slices"][str(count)] = slices_night(2000, count)


def slices_night(loans: int, count: int, nights_closed: int = 3) -> dict[str, Any]:
    """Checksum of the day by step, and statements per unit, after some nights in `count` slices."""
    from loanwatch.trail.models import RunUnit

    shape = Shape(loans, flow_days=5)
    lender = make("SLICES", shape)
    took: dict[str, Took] = {}
    for night in range(nights_closed):
        day = FIRST + timedelta(days=night)
        if night:
            tell(lender, shape, day)
        took = nights.close(lender, day, slices=count, whole=False)
    sums: dict[str, int] = {}
    for step, checksum in RunUnit.objects.filter(lender=lender, business_date=day).values_list("step", "checksum"):
        sums[step] = (sums.get(step, 0) + int(checksum or "0", 16)) % 2**64
    return {"checksums": sums, "rows": {step: one.rows for step, one in took.items()}}


def rules(found: dict[str, Any], pattern: str, options: argparse.Namespace) -> None:
    """Forty, sixty and eighty rules beside a scan that reads every column of the observation, and beside comparisons by hand."""
    from benchmarks.rules import scans

    with nights.database(pattern, "rules"):
        shape = Shape(2_000, flow_days=0)
        lender = make("RULES", shape)
        nights.close(lender, FIRST)
        _analyse()
        found["rules"] = scans(lender, FIRST, options.repeat)


def windows(found: dict[str, Any], pattern: str, options: argparse.Namespace) -> None:
    """A sum over 30 days and one over 365 days of bookings, carried over a night, beside the sum computed anew."""
    from benchmarks.windows import carried

    with nights.database(pattern, "windows"):
        shape = Shape(max(2000, options.loans // 10), flow_days=400, flow_percent=15)
        lender = make("WINDOWS", shape)
        found["windows"] = carried(lender, shape, options.repeat)


def graph(found: dict[str, Any], pattern: str, options: argparse.Namespace) -> None:
    """Groups and short circles of a made-up graph of guarantees."""
    import numpy as np

    from alerts.observation.graph import circles_of, graph_of

    chance, count = np.random.default_rng(7), 2 * options.parties
    giver = chance.integers(1, options.parties, count)
    near = giver // 10 * 10 + chance.integers(0, 10, count)  # most guarantee a neighbour, one in ten anybody
    taker = np.where(chance.random(count) < 0.9, near, chance.integers(1, options.parties, count))
    giver[: count // 20] = chance.integers(1, 200, count // 20)  # professional guarantors
    amount = chance.integers(1, 10**9, count)
    with measured() as took:
        made = graph_of(giver, taker, amount)
        circles = circles_of(made)
    found["graph"] = {
        "parties": options.parties, "guarantees": count, "cpu": took.cpu, "wall": took.wall, "memory": took.memory, "hubs": len(made.hubs),
        "groups": len(made.group_sizes()), "circles": {str(n): int((circles.length == n).sum()) for n in range(2, 7)},
    }  # fmt: skip


PARTS = {
    "book": book, "growth": growth, "history": history, "still": still, "slices": slices, "rules": rules, "windows": windows, "graph": graph,
    "workers": lambda found, pattern, options: None,
}  # fmt: skip


def report(found: dict[str, Any]) -> list[str]:
    lines = []
    for figures in (found[name] for name in ("night", "smaller") if name in found):
        floor = figures["floor"]
        lines += [f"{figures['loans']} loans, {found['repeat']} nights; processor seconds, medians; floor F = {floor:.2f} s (clock {figures['floor_wall']:.2f})"]
        lines += [f"  {name:<34}{one['cpu']:>9.3f}{one['wall']:>9.2f}" for name, one in figures["floors"].items()]
        lines += [f"{'step':<18}{'cpu':>9}{'/ F':>7}{'server':>9}{'clock':>9}{'rows':>10}{'statements':>12}{'MB':>6}"]
        for name, one in figures["steps"].items():
            lines.append(
                f"{name:<18}{one['cpu']:>9.2f}{one['cpu'] / floor:>7.2f}{one['server']:>9.2f}{one['wall']:>9.2f}{one['rows']:>10}"
                f"{one['statements']:>12}{one['memory']:>6}"
            )
        lines.append(f"{'the day':<18}{figures['cpu']:>9.2f}{figures['cpu'] / floor:>7.2f}{'':>9}{figures['wall']:>9.2f}   in {figures['units']} units")
        lines.append(f"{'with loading':<18}{figures['with_load']:>9.2f}{figures['with_load'] / floor:>7.2f}")
        lines.append(f"{figures['loans'] / figures['cpu']:.0f} loans per processor second")
    return lines


if __name__ == "__main__":
    main()
