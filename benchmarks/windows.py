"""What a window over flows costs in a night, by its length, and whether carrying it is the same as summing it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from benchmarks.book import FIRST, Shape, tell
from benchmarks.meter import Series, measured

DAYS = (30, 365)


def carried(lender: Any, shape: Shape, repeat: int) -> dict[str, float]:
    """Processor seconds of one night's carrying of a sum over 30 and one over 365 days, medians; and rows that a rescan disagrees with.

    The engine of the observation does it, over a table with nothing but the window.
    """
    from django.db import connection, transaction

    from loanwatch.trail.ledger import key_of

    series = {days: Series() for days in DAYS}
    different = 0
    with transaction.atomic(), connection.cursor() as cursor:
        grains = {days: _grain(cursor, days) for days in DAYS}
        for night in range(repeat + 1):
            day = FIRST + timedelta(days=night)
            if night:
                tell(lender, shape, day)
            key = key_of(lender.pk, day, previous=day - timedelta(days=1) if night else None)
            for days, grain in grains.items():
                with measured(watch_memory=False) as took:
                    _observe(cursor, grain, key)
                if night:
                    series[days].took.append(took)
                    different += _different(cursor, grain, key)
        transaction.set_rollback(True)
    cpu = {str(days): one.median("server") for days, one in series.items()}
    return {**cpu, "ratio": cpu[str(DAYS[1])] / max(cpu[str(DAYS[0])], 0.001), "different": different}


def _grain(cursor: Any, days: int) -> Any:
    """Borrowers with nothing but one window of bookings, kept in a table of its own."""
    from alerts.observation.engine import Grain, Windows

    table = f"bench_window_{days}"
    cursor.execute(
        f"CREATE TEMP TABLE {table} (lender_id bigint, as_of date, borrower_id bigint, bucket smallint, shape integer, recheck_on date[], "
        f"moved numeric(20, 2), PRIMARY KEY (lender_id, as_of, borrower_id))"
    )
    window = Windows(
        name="bench", source="borrowers_accounttransaction t JOIN borrowers_depositaccount d ON d.id = t.account_id",
        cut="t.lender_id = %(lender)s AND t.bucket BETWEEN %(lo)s AND %(hi)s", subject="d.borrower_id", on="t.valid_from", known_from="t.known_from",
        revised="SELECT NULL::bigint WHERE false", columns={"moved": ("numeric(20, 2)", days, "t.amount")},
    )  # fmt: skip
    book = "SELECT b.id AS subject_id, b.lender_id, b.bucket FROM borrowers_borrower b WHERE b.lender_id = %(lender)s AND b.bucket BETWEEN %(lo)s AND %(hi)s"
    own = {"lender_id": "b.lender_id", "as_of": "%(day)s::date", "borrower_id": "b.subject_id", "bucket": "b.bucket"}
    return Grain(name=f"bench{days}", table=table, subject="borrower_id", book=book, own=own, families=(), windows=(window,))


def _observe(cursor: Any, grain: Any, key: dict[str, Any], *, fresh: bool = False) -> None:
    from alerts.observation.slice import observe_grain

    observe_grain(cursor, grain, key, fresh=fresh)
    cursor.execute("DROP TABLE lw_book, lw_subject, lw_w_bench")  # the transaction goes on to the next night


def _different(cursor: Any, grain: Any, key: dict[str, Any]) -> int:
    """Rows of the night that are not what summing all days of the window gives."""
    cursor.execute(f"CREATE TEMP TABLE carried AS SELECT * FROM {grain.table} WHERE as_of = %(day)s", key)
    _observe(cursor, replace(grain), key, fresh=True)
    cursor.execute(f"SELECT count(*) FROM carried c FULL JOIN (SELECT * FROM {grain.table} WHERE as_of = %(day)s) n USING (borrower_id) "
                   "WHERE c.moved IS DISTINCT FROM n.moved", key)  # fmt: skip
    found = int(cursor.fetchone()[0])
    cursor.execute("DROP TABLE carried")
    return found
