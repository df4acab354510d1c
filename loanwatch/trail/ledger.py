"""The run ledger: which units of which business day are to be done, who has claimed them, and what is done.

PostgreSQL holds the truth. A claim is a lease that a heartbeat extends; the effects of a unit and its completion are one
transaction; a writer whose claim has meanwhile gone to another is fenced off. Rules R1 to R9 of the reliability rules.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from loanwatch.lenders.models import Lender
from loanwatch.trail.models import BusinessDay, RunException, RunUnit

logger = logging.getLogger(__name__)

MAX_FAILURES = 3  # errors after which a unit is set aside as an exception
MAX_CLAIMS = 12  # claims after which a unit that keeps killing its worker is set aside
BUCKETS = 256  # as in borrowers.facts, which lies downstream


class Fenced(Exception):
    """The lease had passed and another worker has taken the unit: nothing of this attempt is kept."""


def key_of(
    lender_id: int, day: date, *, previous: date | None = None, known: date | None = None, held: Sequence[int] = (), only: Sequence[int] | None = None,
    lo: int = 0, hi: int = BUCKETS - 1,
) -> dict[str, Any]:  # fmt: skip
    """The parameters of a step's SQL.

    previous: the close before, None at the first. known: facts known by this date count; left out, by the day itself. held:
    loans set aside, which the step leaves as they are. only: the loans that are recomputed, None for all. lo, hi: the
    buckets, both included; left out, the whole book.
    """
    return {
        "lender": lender_id, "day": day, "previous": previous, "known": known or day, "lo": lo, "hi": hi, "held": list(held),
        "only": None if only is None else list(only),
    }  # fmt: skip


@dataclass
class Unit:
    """One claimed unit of work, and what the step counted while doing it."""

    id: int
    lender_id: int
    business_date: date
    run_version: int
    step: str
    bucket: int
    bucket_from: int
    bucket_to: int
    attempt: int
    owner: str
    previous_date: date | None
    known: date | None = None  # facts known by this date count; None: by the business date
    held: list[int] = field(default_factory=list)  # loans set aside
    only: list[int] | None = None  # the loans that are recomputed; None: all
    counts: dict[str, int] = field(default_factory=lambda: {"rows_in": 0, "rows_out": 0})

    @property
    def key(self) -> dict[str, Any]:
        """The parameters that cut every input of a step: lender, day, the close before, what is known, bucket range, loans."""
        return key_of(
            self.lender_id, self.business_date, previous=self.previous_date, known=self.known, held=self.held, only=self.only,
            lo=self.bucket_from, hi=self.bucket_to,
        )  # fmt: skip

    def count(self, *, rows_in: int = 0, rows_out: int = 0) -> None:
        self.counts["rows_in"] += rows_in
        self.counts["rows_out"] += rows_out

    @contextmanager
    def effects(self) -> Iterator[CursorWrapper]:
        """One transaction for all that the unit writes and for its being done. Raises Fenced, keeping nothing, if the unit was lost."""
        started = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            # A worker that was stopped in the middle must not hold its locks for longer than its lease is worth.
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [f"{2 * settings.LEASE_SECONDS}s"])
            yield cursor
            cursor.execute(
                """
                UPDATE trail_rununit SET state = 'done', lease_until = NULL, done_at = clock_timestamp(), seconds = %s,
                       rows_in = %s, rows_out = %s, error = ''
                WHERE id = %s AND owner = %s AND attempts = %s AND state = 'running'
                """,
                [time.monotonic() - started, self.counts["rows_in"], self.counts["rows_out"], self.id, self.owner, self.attempt],
            )
            if cursor.rowcount != 1:
                raise Fenced(f"{self.step} {self.business_date} slice {self.bucket}: attempt {self.attempt} was overtaken")


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


def due(lender: Lender, dates: Sequence[date]) -> int:
    """Put business days on the list, once each; returns how many were new. Any number of processes may say the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO trail_businessday (lender_id, business_date, run_version, state, slices, reason)
            SELECT %s, d, 1, 'due', 1, '' FROM unnest(%s::date[]) AS d
            ON CONFLICT (lender_id, business_date, run_version) DO NOTHING
            """,
            [lender.pk, list(dates)],
        )
        return cursor.rowcount


def open_next(lender_id: int, steps: Sequence[tuple[str, bool]], slices: int) -> date | None:
    """Open the earliest due day of a lender, with all its units, unless a day is still closing.

    `steps` is (name, cut by bucket) in order; a step that is not cut is one unit over all buckets.
    Returns the date that was opened, or None when there was nothing to open.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM lenders_lender WHERE id = %s FOR UPDATE", [lender_id])  # one opener per lender at a time
        cursor.execute("SELECT 1 FROM trail_businessday WHERE lender_id = %s AND state = 'closing' LIMIT 1", [lender_id])
        if cursor.fetchone():
            return None
        cursor.execute(
            """
            UPDATE trail_businessday SET state = 'closing', opened_at = clock_timestamp(), slices = %(slices)s,
                   previous_date = (SELECT max(business_date) FROM trail_businessday p WHERE p.lender_id = %(lender)s
                                    AND p.state IN ('closed', 'closed_with_exceptions') AND p.business_date < trail_businessday.business_date)
            WHERE id = (SELECT id FROM trail_businessday WHERE lender_id = %(lender)s AND state = 'due' ORDER BY business_date LIMIT 1)
            RETURNING business_date, run_version
            """,
            {"lender": lender_id, "slices": slices},
        )
        opened = cursor.fetchone()
        if opened is None:
            return None
        business_date, run_version = opened
        rows = [
            (lender_id, business_date, run_version, name, order, part, low, high)
            for order, (name, cut) in enumerate(steps)
            for part, (low, high) in enumerate(cut_buckets(slices if cut else 1))
        ]
        cursor.executemany(
            """
            INSERT INTO trail_rununit (lender_id, business_date, run_version, step, step_order, bucket, bucket_from, bucket_to,
                                       state, owner, attempts, failures, rows_in, rows_out, checksum, error)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'todo', '', 0, 0, 0, 0, '', '') ON CONFLICT DO NOTHING
            """,
            rows,
        )
        cursor.execute("SELECT lw_make_observation_day(%s, %s)", [lender_id, business_date])
        return business_date


def cut_buckets(slices: int) -> list[tuple[int, int]]:
    """The 256 buckets in `slices` ranges of nearly equal length, first and last included."""
    edges = [round(part * BUCKETS / slices) for part in range(slices + 1)]
    return [(low, high - 1) for low, high in pairwise(edges)]


CLAIM = """
WITH next AS (
    SELECT u.id, d.previous_date FROM trail_rununit u
    JOIN trail_businessday d ON d.lender_id = u.lender_id AND d.business_date = u.business_date AND d.run_version = u.run_version
    WHERE d.state = 'closing' AND (%(lender)s IS NULL OR u.lender_id = %(lender)s)
      AND (u.state = 'todo' OR (u.state = 'running' AND u.lease_until < clock_timestamp()))
      AND NOT EXISTS (SELECT 1 FROM trail_rununit p WHERE p.lender_id = u.lender_id AND p.business_date = u.business_date
                      AND p.run_version = u.run_version AND p.step_order < u.step_order AND p.state <> 'done')
    ORDER BY u.business_date, u.step_order, u.bucket
    FOR UPDATE OF u SKIP LOCKED LIMIT 1
)
UPDATE trail_rununit u
SET state = 'running', owner = %(owner)s, attempts = u.attempts + 1, lease_until = clock_timestamp() + %(lease)s * interval '1 second'
FROM next WHERE u.id = next.id
RETURNING u.id, u.lender_id, u.business_date, u.run_version, u.step, u.bucket, u.bucket_from, u.bucket_to, u.attempts, u.owner, next.previous_date
"""


def claim(lender_id: int | None = None) -> Unit | None:
    """Take the next unit that is ready, of any lender or of one; committed before the work starts. None: nothing is ready."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"lender": lender_id, "owner": worker_name(), "lease": settings.LEASE_SECONDS})
            row = cursor.fetchone()
        if row is None:
            return None
        unit = Unit(*row)
        if unit.attempt <= MAX_CLAIMS:
            return unit
        set_aside(unit, f"Claimed {unit.attempt - 1} times and never finished: it seems to kill its worker.")


def fail(unit: Unit, error: str) -> None:
    """An attempt ended in an error: back on the list, or set aside after the third."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE trail_rununit SET failures = failures + 1, error = %s, lease_until = NULL,
                   state = CASE WHEN failures + 1 >= %s THEN 'failed' ELSE 'todo' END
            WHERE id = %s AND owner = %s AND attempts = %s AND state = 'running' RETURNING state
            """,
            [error[-4000:], MAX_FAILURES, unit.id, unit.owner, unit.attempt],
        )
        row = cursor.fetchone()
    if row and row[0] == "failed":
        _except(unit, error)


def set_aside(unit: Unit, error: str) -> None:
    RunUnit.objects.filter(pk=unit.id, attempts=unit.attempt).update(state=RunUnit.State.FAILED, error=error)
    _except(unit, error)


def _except(unit: Unit, error: str) -> None:
    RunException.objects.create(
        lender_id=unit.lender_id, business_date=unit.business_date, run_version=unit.run_version, step=unit.step, bucket=unit.bucket, error=error[-8000:]
    )
    logger.error("%s of %s, slice %s, was set aside: %s", unit.step, unit.business_date, unit.bucket, error.strip().splitlines()[-1])


def retry_failed(lender_id: int, business_date: date) -> int:
    """A person asks for another try: failed units of a day go back on the list."""
    return RunUnit.objects.filter(lender_id=lender_id, business_date=business_date, state=RunUnit.State.FAILED).update(
        state=RunUnit.State.TODO, failures=0, attempts=0
    )


def close_if_done(lender_id: int, business_date: date) -> bool:
    """Close the day when no unit of it is left; True for the one caller that closed it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE trail_businessday d SET state = 'closed', closed_at = clock_timestamp()
            WHERE d.lender_id = %s AND d.business_date = %s AND d.state = 'closing'
              AND NOT EXISTS (SELECT 1 FROM trail_rununit u WHERE u.lender_id = d.lender_id AND u.business_date = d.business_date
                              AND u.run_version = d.run_version AND u.state <> 'done')
            """,
            [lender_id, business_date],
        )
        return cursor.rowcount == 1


@contextmanager
def heartbeat(unit: Unit) -> Iterator[None]:
    """Extend the lease every third of it, from a thread with a connection of its own, until the block ends."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(settings.LEASE_SECONDS / 3):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "UPDATE trail_rununit SET lease_until = clock_timestamp() + %s * interval '1 second' "
                        "WHERE id = %s AND owner = %s AND attempts = %s AND state = 'running'",
                        [settings.LEASE_SECONDS, unit.id, unit.owner, unit.attempt],
                    )
            except Exception:  # a lost beat costs at most the lease; the database decides at the end
                logger.warning("heartbeat of %s %s failed", unit.step, unit.business_date, exc_info=True)
                connection.close()
        connection.close()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def beat(name: str) -> None:
    """Say that `name` is alive; `/readyz` looks at how long ago it last did."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO trail_beat VALUES (%s, clock_timestamp()) ON CONFLICT (name) DO UPDATE SET at = excluded.at", [name])


def is_closed(lender: Lender, business_date: date) -> bool:
    return BusinessDay.objects.filter(lender=lender, business_date=business_date, state__in=["closed", "closed_with_exceptions"]).exists()
