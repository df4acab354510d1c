"""Nights of the made-up book: a database of their own, the day's news, the close by the day's own steps, and the floor beside it."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.book import BOOKINGS, PAYMENTS, Shape, parameters_of
from benchmarks.meter import Took, measured

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".loanwatch" / "bench"
SESSION = ("SET max_parallel_workers_per_gather = 0",)  # the time of parallel workers would not be seen; see benchmarks.meter

FEEDS = {
    "bench_payments": """
name = "bench_payments"
title = "Payments of the benchmark"
currency = "CNY"
key = ["loan", "reference"]
[repayment]
loan_number = "loan"
paid_on = "paid_on"
amount = "amount"
reference = "reference"
[columns]
loan = { required = true, max_length = 40 }
paid_on = { type = "date", format = "YYYY-MM-DD", required = true }
amount = { type = "decimal", required = true }
reference = { required = true, max_length = 60 }
""",
    "bench_bookings": """
name = "bench_bookings"
title = "Bookings of the benchmark"
currency = "CNY"
key = ["reference"]
[transaction]
account_number = "account"
reference = "reference"
valid_from = "on_day"
amount = "amount"
balance_after = "balance"
[columns]
account = { required = true, max_length = 60 }
reference = { required = true, max_length = 60 }
on_day = { type = "date", format = "YYYY-MM-DD", required = true }
amount = { type = "decimal", required = true }
balance = { type = "decimal", required = true }
""",
}
NEWS = {
    "bench_payments": f"SELECT p.number AS loan, p.paid_on, 1060.00 AS amount, 'R' || p.seq AS reference FROM ({PAYMENTS}) p ORDER BY p.loan_id",
    "bench_bookings": f"SELECT t.number AS account, t.reference, t.on_day, t.amount, 5000 + t.amount AS balance FROM ({BOOKINGS}) t ORDER BY t.account_id",
}
BARE = {
    "bench_payments": "loan text, paid_on date, amount numeric(20,2), reference text",
    "bench_bookings": "account text, reference text, on_day date, amount numeric(20,2), balance numeric(20,2)",
}
GRAINS = ("alerts_loanday", "alerts_borrowerday")  # the observation tables whose rows come by the subject


@contextmanager
def server() -> Iterator[str]:
    """Django on the server of the state folder, with a migrated empty database to copy from; yields that one's name."""
    os.environ |= {"LOANWATCH_SETTINGS": "demo", "LOANWATCH_PROCESS": "owner", "DJANGO_SETTINGS_MODULE": "loanwatch.settings.demo"}
    os.environ.setdefault("LOANWATCH_STATE", str(STATE))
    for name in ("DATABASE_URL", "DATABASE_URL_OWNER", "DATABASE_URL_WEB", "DATABASE_URL_WORKER"):
        os.environ.pop(name, None)  # never a database that holds anything else

    from loanwatch.embedded import ensure
    from loanwatch.embedded.state import State

    with ensure.services(State(Path(os.environ["LOANWATCH_STATE"]))) as addresses:
        os.environ.update(addresses)
        import django

        django.setup()
        from loanwatch.embedded import schema

        pattern = f"bench_{os.getpid()}"
        _execute("loanwatch", f"CREATE DATABASE {pattern}")
        try:
            use(pattern)
            schema.migrate()
            yield pattern
        finally:
            _execute("loanwatch", f"DROP DATABASE IF EXISTS {pattern} WITH (FORCE)")


@contextmanager
def database(pattern: str, purpose: str, *, keep: bool = False) -> Iterator[str]:
    """A database of its own for one book, copied from `pattern`; dropped at the end unless `keep`. Yields its name."""
    name = f"{pattern}_{purpose}"
    _execute("loanwatch", f"CREATE DATABASE {name} TEMPLATE {pattern}")
    use(name)
    try:
        yield name
    finally:
        if not keep:
            _execute("loanwatch", f"DROP DATABASE {name} WITH (FORCE)")


def _execute(database: str, statement: str) -> None:
    from django.db import connection

    use(database)
    with connection.cursor() as cursor:
        cursor.execute(statement)


def use(name: str) -> None:
    """Let the default connection be to the database `name`, with the settings under which is measured."""
    from django.db import connection
    from django.db.backends.signals import connection_created

    connection.close()
    connection.settings_dict["NAME"] = name
    connection_created.connect(_settings, dispatch_uid="benchmark")


def _settings(connection: Any, **_: Any) -> None:
    with connection.cursor() as cursor:
        for statement in SESSION:
            cursor.execute(statement)


def load_news(lender: Any, shape: Shape, day: date) -> tuple[Took, Took]:
    """The day's feeds, delivered as files: what loading them took, and what a bare COPY of the same bytes takes."""
    from django.db import connection

    from borrowers.feeds.actions import Order, load
    from borrowers.feeds.importer.formats import find

    loaded, bare = Took(), Took()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FEEDS.items():
            declared, path = Path(folder) / f"{name}.toml", Path(folder) / f"{name}.csv"
            declared.write_text(text)
            with connection.cursor() as cursor, path.open("wb") as out:
                query = cursor.mogrify(NEWS[name], {**parameters_of(lender, shape), "from": day, "to": day}).decode()
                cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", out)
            with measured() as took:
                _bare_copy(name, path)
            bare += took
            with measured() as took:
                outcome = load(Order(lender, find(str(declared)), path, day))
            if outcome.state not in {"applied", "already_loaded"} or outcome.quarantined:
                raise SystemExit(f"{name} of {day} was {outcome.state}: {outcome.as_json()}")  # a fast wrong answer is no result
            took.rows = outcome.applied
            loaded += took
    return loaded, bare


def _bare_copy(name: str, path: Path) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor, path.open("rb") as content:
        cursor.execute(f"CREATE TEMP TABLE floor_{name} ({BARE[name]}) ON COMMIT DROP")
        cursor.copy_expert(f"COPY floor_{name} FROM STDIN (FORMAT csv, HEADER)", content, 1024 * 1024)


def close(lender: Any, day: date, slices: int | None = None, *, whole: bool = True) -> dict[str, Took]:
    """Close one day by its own steps, one unit after another; what each step took, its slices together.

    whole: every loan is allocated, as the goal asks; False: only those with news, as on a normal night.
    """
    from functools import partial

    from borrowers.loans.allocation import allocate
    from loanwatch.day import actions, steps
    from loanwatch.trail import ledger
    from loanwatch.trail.models import RunUnit

    steps._BY_NAME["allocate"] = partial(allocate, whole=whole)

    actions.ensure_days(lender, day, day)
    with measured() as opening:
        if ledger.open_next(lender.pk, steps.PLAN, slices or actions.slices_for(lender)) != day:
            raise SystemExit(f"{day} could not be opened")
    found: dict[str, Took] = {"open": opening}
    while unit := ledger.claim(lender.pk):
        with measured() as took:
            _do(unit)
        took.rows = RunUnit.objects.values_list("rows_out", flat=True).get(pk=unit.id)
        found.setdefault(unit.step, Took()).__iadd__(took)
    if not ledger.close_if_done(lender.pk, day):
        failed = RunUnit.objects.filter(lender=lender, business_date=day, state="failed").values_list("step", "error")
        raise SystemExit(f"{day} could not be closed: {list(failed)}")
    return found


def _do(unit: Any) -> None:
    """One unit, without the clockwork that sets poisonous loans aside: an error ends the benchmark."""
    from loanwatch.day import steps

    steps.do(unit)


def close_by_workers(lender: Any, day: date, workers: int, name: str) -> float:
    """Close one day by so many processes of their own; seconds on the clock from the first claim to the last unit."""
    import subprocess
    import sys

    from loanwatch.day import actions, steps
    from loanwatch.trail import ledger

    actions.ensure_days(lender, day, day)
    ready = [subprocess.Popen([sys.executable, "-m", "benchmarks.worker", name, str(lender.pk), str(day)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
             for _ in range(workers)]  # fmt: skip
    for process in ready:
        process.stdout.readline()  # type: ignore[union-attr]
    if ledger.open_next(lender.pk, steps.PLAN, actions.slices_for(lender)) != day:
        raise SystemExit(f"{day} could not be opened")
    began = time.monotonic()
    for process in ready:
        process.stdin.close()  # type: ignore[union-attr]
    for process in ready:
        if process.wait() != 0:
            raise SystemExit("A worker failed.")
    took = time.monotonic() - began
    if not ledger.close_if_done(lender.pk, day):
        raise SystemExit(f"{day} could not be closed")
    return took


# --- the floor: what the same data costs at least ---


def floors(lender: Any, day: date) -> dict[str, Took]:
    """What reading and writing the night's data costs when nothing is thought about; measured after the night of `day`."""
    from django.db import connection

    place = {"lender": lender.pk, "day": day}
    tables = [table for table in GRAINS if table in connection.introspection.table_names()]
    _make_hits(lender, day)
    found = {
        "grouped scan of the demands": _took(
            "SELECT count(*) FROM (SELECT loan_id, sum(principal), max(cum_due_minor) FROM borrowers_instalment WHERE lender_id = %(lender)s GROUP BY loan_id) q",
            place,
        ),
        "copy of the day's observation": Took(), "scan of all its columns": Took(),
    }  # fmt: skip
    for table in tables:
        copy = f"CREATE TABLE floor_copy AS SELECT * FROM {table} WHERE lender_id = %(lender)s AND as_of = %(day)s"
        found["copy of the day's observation"] += _took(copy, place, drop="floor_copy")
        with connection.cursor() as cursor:
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        counts = ", ".join(f'count("{column}")' for column in columns)
        found["scan of all its columns"] += _took(f"SELECT {counts} FROM {table} WHERE lender_id = %(lender)s AND as_of = %(day)s", place)
    found["write of the hits"] = _took("CREATE TABLE floor_hits AS SELECT * FROM bench_hit", place, drop="floor_hits")
    found["hits joined with open alerts"] = _took(
        "SELECT count(*) FROM bench_hit h FULL JOIN (SELECT * FROM alerts_alert WHERE lender_id = %(lender)s AND state <> 'closed') a "
        "ON a.rule_id = h.rule_id AND a.loan_id = h.loan_id", place,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_hit")
    return found


def _took(sql: str, parameters: dict[str, Any], drop: str = "") -> Took:
    from django.db import connection

    with measured(watch_memory=False) as took, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    if drop:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {drop}")
    return took


def _make_hits(lender: Any, day: date) -> None:
    """Every rule that holds for a loan on `day`, in a table; not measured."""
    from django.db import connection

    from alerts.observation.models import LoanDay
    from alerts.rulebook.compiler import compile_levels
    from alerts.rulebook.queries import live_versions
    from alerts.rulebook.writing import tree_from_json

    versions = live_versions(lender, day, "loan")
    rows = LoanDay.objects.filter(lender=lender, as_of=day).order_by().annotate(**{f"r{v.rule_id}": compile_levels(tree_from_json(v.tree)) for v in versions})
    names = [f"r{v.rule_id}" for v in versions]
    sql, values = rows.values_list("loan_id", *names).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE bench_hit AS SELECT u.rule_id, u.level, q.loan_id FROM ({sql}) q (loan_id, {', '.join(names)}) "
            f"CROSS JOIN LATERAL unnest(%s::bigint[], ARRAY[{', '.join(names)}]::smallint[]) AS u (rule_id, level) WHERE u.level > 0",
            [*values, [v.rule_id for v in versions]],
        )
        cursor.execute("ANALYZE bench_hit")
