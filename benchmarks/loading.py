"""Measures loading: `python -m benchmarks.loading --loans 50000 [--repeat 3] [--json]`.

A made-up book is written to files (a loan master file and a schedule of 12 demands a loan) and loaded through
`borrowers.feeds.actions.load`, with every check, into a database of its own. The floor is measured in the same run: a bare COPY of
the same bytes into a table with the file's columns, without index, key or check. Then the master file comes again with 5 % of its
rows changed; its floor is reading that file row by row. Each figure is given twice: as time on the clock, and as processor time of
loader and database server together. Ratios can be compared between machines, seconds can't.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".loanwatch" / "bench"
DAY = date(2026, 6, 30)
DEMANDS = 12
LOAD_GOAL, DAILY_GOAL, MEMORY_GOAL = 4, 3, 500

MASTER = """
name = "bench_loans"
title = "Loans of the benchmark"
currency = "CNY"
key = ["loan"]
[borrower]
number = "borrower"
kind = { const = "company" }
name = "name"
segment = "segment"
[branch]
code = { const = "HO" }
[loan]
number = "loan"
product = { const = "WC" }
principal = "principal"
rate = "rate"
disbursed_on = "disbursed_on"
matures_on = "matures_on"
position_fed = { const = "N", flag = true }
[columns]
loan = { required = true, max_length = 40 }
borrower = { required = true, max_length = 40 }
name = { required = true }
segment = { type = "code", codes = ["small", "medium"], required = true }
principal = { type = "decimal", required = true, min = 0 }
rate = { type = "decimal", decimals = 6, required = true }
disbursed_on = { type = "date", format = "YYYY-MM-DD", required = true }
matures_on = { type = "date", format = "YYYY-MM-DD", required = true }
"""
SCHEDULE = """
name = "bench_schedule"
title = "Schedules of the benchmark"
currency = "CNY"
key = ["loan", "seq"]
[instalment]
loan_number = "loan"
seq = "seq"
due_on = "due_on"
principal = "principal"
interest = "interest"
[columns]
loan = { required = true, max_length = 40 }
seq = { type = "int", required = true, min = 1, max = 400 }
due_on = { type = "date", format = "YYYY-MM-DD", required = true }
principal = { type = "decimal", required = true, min = 0 }
interest = { type = "decimal", required = true, min = 0 }
"""
FLOOR = {
    "bench_loans": "loan text, borrower text, name text, segment text, principal numeric(20,2), rate numeric(9,6), disbursed_on date, matures_on date",
    "bench_schedule": "loan text, seq smallint, due_on date, principal numeric(20,2), interest numeric(20,2)",
}


@dataclass
class Took:
    """Seconds on the clock, and of the processor in this process and in the server behind it; peak memory of this process in MB."""

    wall: float = 0
    loader: float = 0
    server: float = 0
    memory: int = 0

    @property
    def cpu(self) -> float:
        return self.loader + self.server


@dataclass
class Figures:
    """All that was measured, by name; a name stands once per repetition."""

    loans: int
    took: dict[str, list[Took]] = field(default_factory=dict)

    def add(self, name: str, took: Took) -> None:
        self.took.setdefault(name, []).append(took)

    def median(self, name: str, what: str) -> float:
        return statistics.median(getattr(took, what) for took in self.took[name])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=1, help="books loaded, each with its floor; the medians count")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ |= {"LOANWATCH_SETTINGS": "demo", "LOANWATCH_PROCESS": "owner", "DJANGO_SETTINGS_MODULE": "loanwatch.settings.demo"}
    os.environ.setdefault("LOANWATCH_STATE", str(STATE))
    for name in ("DATABASE_URL", "DATABASE_URL_OWNER", "DATABASE_URL_WEB", "DATABASE_URL_WORKER"):
        os.environ.pop(name, None)  # never a database that holds anything else

    from loanwatch.embedded import ensure
    from loanwatch.embedded.state import State

    with ensure.services(State(Path(os.environ["LOANWATCH_STATE"]))) as addresses, tempfile.TemporaryDirectory() as folder:
        os.environ.update(addresses)
        import django

        django.setup()
        from loanwatch.embedded import schema

        schema.migrate()
        _one_book(Figures(100), Path(folder), "W")  # unmeasured: what a process imports and connects once
        figures = Figures(options.loans)
        for turn in range(options.repeat):
            _one_book(figures, Path(folder), str(turn))
    tell = summary(figures)
    sys.stdout.write(json.dumps(tell) + "\n" if options.json else table(tell))


def _one_book(figures: Figures, folder: Path, turn: str) -> None:
    from loanwatch.lenders.models import Product

    lender = _new_lender(turn)
    Product.objects.create(lender=lender, code="WC", name="Working capital", kind="working_capital")
    formats = {name: _format(folder, name, text) for name, text in (("bench_loans", MASTER), ("bench_schedule", SCHEDULE))}
    files = {"bench_loans": _master_file(folder, figures.loans, DAY), "bench_schedule": _schedule_file(folder, figures.loans)}
    for name, path in files.items():
        figures.add(f"floor {name}", _measured(partial(_bare_copy, name, path)))
        figures.add(f"load {name}", _measured(partial(_load, lender, formats[name], path, DAY)))
        path.unlink()
    tomorrow = _master_file(folder, figures.loans, DAY + timedelta(days=1))
    figures.add("floor daily", _measured(lambda: _read_through(tomorrow)))
    figures.add("load daily", _measured(lambda: _load(lender, formats["bench_loans"], tomorrow, DAY + timedelta(days=1), changed=20)))
    tomorrow.unlink()


def _new_lender(turn: str) -> Any:
    from django.core.management import call_command

    from loanwatch.lenders.models import Lender

    code = f"LOAD{int(time.time())}{turn}"
    call_command("new_lender", code, currency="CNY", zone="Asia/Shanghai", calendar="daily", stdout=sys.stderr)
    return Lender.objects.get(code=code)


def _format(folder: Path, name: str, text: str) -> Any:
    from borrowers.feeds.importer.formats import find

    path = folder / f"{name}.toml"
    path.write_text(text)
    return find(str(path))


def _master_file(folder: Path, loans: int, day: date) -> Path:
    """A row per loan; a later day has another rate in every twentieth row."""
    path = folder / f"loans-{day}.csv"
    with path.open("w") as out:
        out.write("loan,borrower,name,segment,principal,rate,disbursed_on,matures_on\n")
        for n in range(1, loans + 1):
            rate = "4.50" if day > DAY and n % 20 == 0 else "4.35"
            out.write(
                f"L{n:09},B{n:09},Company {n} Limited,{'small' if n % 3 else 'medium'},{12000 + n % 977}.00,{rate},2026-06-15,2027-06-15\n"
            )
    return path


def _schedule_file(folder: Path, loans: int) -> Path:
    path = folder / "schedule.csv"
    due = [date(2026 + (6 + s) // 12, (6 + s) % 12 + 1, 1) for s in range(DEMANDS)]
    with path.open("w") as out:
        out.write("loan,seq,due_on,principal,interest\n")
        for n in range(1, loans + 1):
            out.writelines(
                f"L{n:09},{s + 1},{due[s] + timedelta(days=n % 28)},{1000 + (n % 977 if s == DEMANDS - 1 else 0)}.00,{43 + (n + s) % 17}.50\n"
                for s in range(DEMANDS)
            )
    return path


def _bare_copy(name: str, path: Path) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor, path.open("rb") as content:
        cursor.execute(f"CREATE TABLE floor_{name} ({FLOOR[name]})")
        cursor.copy_expert(f"COPY floor_{name} FROM STDIN (FORMAT csv, HEADER)", content, 1024 * 1024)
        cursor.execute(f"DROP TABLE floor_{name}")


def _read_through(path: Path) -> None:
    import csv

    with path.open(newline="") as content:
        for _ in csv.reader(content):
            pass


def _load(lender: Any, declared: Any, path: Path, day: date, changed: int = 1) -> None:
    from borrowers.feeds.actions import Order, load

    outcome = load(Order(lender, declared, path, day))
    if outcome.state != "applied" or outcome.applied != outcome.read // changed or outcome.quarantined:
        raise SystemExit(f"{path.name} was {outcome.state}: {outcome.as_json()}")  # a fast wrong answer is no result


# --- measuring ---


def _measured(work: Callable[[], None]) -> Took:
    from django.db import connection

    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = cursor.fetchone()[0]
    took = Took()
    with _peak_memory(took):
        began, loader, backend = time.monotonic(), time.process_time(), _cpu_of(server)
        work()
        took.wall, took.loader, took.server = time.monotonic() - began, time.process_time() - loader, _cpu_of(server) - backend
    return took


def _cpu_of(pid: int) -> float:
    used = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _peak_memory(took: Took) -> Iterator[None]:
    """The resident memory of this process, looked at twenty times a second."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            took.memory = max(took.memory, pages * os.sysconf("SC_PAGE_SIZE") // 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


# --- telling ---

WHOLE = {"whole load": (("load bench_loans", "load bench_schedule"), ("floor bench_loans", "floor bench_schedule"), LOAD_GOAL)}
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], int | None]] = {
    "loan master file": (("load bench_loans",), ("floor bench_loans",), None),
    "schedules": (("load bench_schedule",), ("floor bench_schedule",), None),
    **WHOLE,
    "daily, 5 % changed": (("load daily",), ("floor daily",), DAILY_GOAL),
}


def summary(figures: Figures) -> dict[str, Any]:
    lines = {}
    for name, (done, floor, goal) in PARTS.items():
        sums = {what: [sum(figures.median(one, what) for one in names) for names in (done, floor)] for what in ("wall", "cpu")}
        lines[name] = {
            "seconds": round(sums["wall"][0], 2), "floor": round(sums["wall"][1], 2), "cpu_seconds": round(sums["cpu"][0], 2),
            "cpu_floor": round(sums["cpu"][1], 2), "loader_cpu": round(sum(figures.median(one, "loader") for one in done), 2),
            "ratio": round(sums["wall"][0] / sums["wall"][1], 1), "cpu_ratio": round(sums["cpu"][0] / sums["cpu"][1], 1), "goal": goal,
        }  # fmt: skip
    peak = max(took.memory for name, all_of in figures.took.items() if name.startswith("load") for took in all_of)
    return {
        "loans": figures.loans,
        "demands": figures.loans * DEMANDS,
        "lines": lines,
        "peak_memory_mb": peak,
        "memory_goal_mb": MEMORY_GOAL,
    }


def table(tell: dict[str, Any]) -> str:
    head = f"{tell['loans']} loans with {DEMANDS} demands each; floor: a bare COPY, for the daily delivery reading the file"
    lines = [head, f"{'':<20}{'seconds':>9}{'floor':>8}{'ratio':>7}{'cpu s':>9}{'floor':>8}{'ratio':>7}{'goal':>6}"]
    for name, one in tell["lines"].items():
        goal = one["goal"] or ""
        lines.append(
            f"{name:<20}{one['seconds']:>9}{one['floor']:>8}{one['ratio']:>7}{one['cpu_seconds']:>9}{one['cpu_floor']:>8}{one['cpu_ratio']:>7}{goal:>6}"
        )
    lines.append(f"peak memory of the loader {tell['peak_memory_mb']} MB, goal {tell['memory_goal_mb']} MB")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
