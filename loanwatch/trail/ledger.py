"""The run ledger: which units of which business day are to be done, who has claimed them, and what is done.

PostgreSQL holds the truth. A claim is a lease that a heartbeat extends; the effects of a unit and its completion are one
transaction; a writer whose claim has meanwhile gone to another is fenced off. docs/adr/0010 says why the numbers are these.
"""

import json
import logging
import os
import secrets
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

MAX_FAILURES = 3  # errors after which the loan to blame is searched for, or a unit that is not cut is set aside
MAX_LOST = 3  # workers lost after which the loan to blame is searched for
MAX_LOST_WHOLE = 12  # workers lost, with growing pauses, after which a unit in which no loan is to blame is set aside
LONGEST_PAUSE = 300  # seconds between two tries of a unit that loses its workers
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
    cut: bool = True  # single loans can be left out of it
    failures: int = 0
    lost: int = 0
    search: dict[str, Any] | None = None  # how far the search for the loan to blame has come
    subject_id: int | None = None  # what an errand is about
    known: date | None = None  # facts known by this date count; None: by the business date
    held: list[int] = field(default_factory=list)  # loans set aside
    only: list[int] | None = None  # the loans that are recomputed; None: all
    counts: dict[str, int] = field(default_factory=lambda: {"rows_in": 0, "rows_out": 0})
    checksum: str = ""

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

    @property
    def to_search(self) -> bool:
        """Whether the unit has failed or lost its worker so often that a loan of it is to blame, and it was not yet looked for."""
        often = self.failures >= MAX_FAILURES or self.lost >= MAX_LOST
        return self.cut and not (self.search or {}).get("ended") and (often or self.search is not None)

    @contextmanager
    def effects(self, *, alone: bool = False) -> Iterator[CursorWrapper]:
        """One transaction for all that the unit writes and for its being done. Raises Fenced, keeping nothing, if the unit was lost.

        `alone`: no other unit of the lender has its effects at the same time. Fills `held` with the loans set aside by now.
        """
        started = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            begin(cursor, self.lender_id, alone=alone)
            self.held = held_loans(cursor, self.lender_id)
            yield cursor
            cursor.execute(
                """
                UPDATE trail_rununit SET state = 'done', lease_until = NULL, done_at = clock_timestamp(), seconds = %s,
                       rows_in = %s, rows_out = %s, checksum = %s, error = ''
                WHERE id = %s AND owner = %s AND attempts = %s AND state = 'running'
                """,
                [time.monotonic() - started, self.counts["rows_in"], self.counts["rows_out"], self.checksum, self.id, self.owner, self.attempt],
            )
            if cursor.rowcount != 1:
                raise Fenced(f"{self.step} {self.business_date} slice {self.bucket}: attempt {self.attempt} was overtaken")
            if self.attempt > 1:
                cursor.execute(RESOLVE_UNIT, [self.lender_id, self.business_date, self.run_version, self.step, self.bucket])

    def note_search(self, search: dict[str, Any]) -> None:
        """Keep at once how far the search has come, so that whoever takes the unit next goes on from there. Raises Fenced."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE trail_rununit SET search = %s, lost = 0 WHERE id = %s AND owner = %s AND attempts = %s AND state = 'running'",
                [json.dumps(search), self.id, self.owner, self.attempt],
            )
            if cursor.rowcount != 1:
                raise Fenced(f"{self.step} {self.business_date} slice {self.bucket}: the search was overtaken")
        self.search = search


RESOLVE_UNIT = """
UPDATE trail_runexception SET resolved_at = clock_timestamp()
WHERE lender_id = %s AND business_date = %s AND run_version = %s AND step = %s AND bucket = %s AND loan_id IS NULL AND resolved_at IS NULL
"""


def begin(cursor: CursorWrapper, lender_id: int, *, alone: bool = False) -> None:
    """The first statements of a transaction on the book: beside other units of the lender, or alone until it ends."""
    # A worker that was stopped in the middle must not hold its locks for longer than its lease is worth.
    cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [f"{2 * settings.LEASE_SECONDS}s"])
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    cursor.execute(f"SELECT {lock}(hashtextextended('effects of ' || %s, 0))", [lender_id])


def held_loans(cursor: CursorWrapper, lender_id: int) -> list[int]:
    """Ids of the loans that are set aside."""
    cursor.execute("SELECT loan_id FROM trail_runexception WHERE lender_id = %s AND resolved_at IS NULL AND loan_id IS NOT NULL ORDER BY 1", [lender_id])
    return [loan for (loan,) in cursor.fetchall()]


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
            (lender_id, business_date, run_version, name, order, cut, part, low, high)
            for order, (name, cut) in enumerate(steps)
            for part, (low, high) in enumerate(cut_buckets(slices if cut else 1))
        ]
        cursor.executemany(
            """
            INSERT INTO trail_rununit (lender_id, business_date, run_version, step, step_order, cut, bucket, bucket_from, bucket_to,
                                       state, owner, attempts, failures, rows_in, rows_out, checksum, error)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'todo', '', 0, 0, 0, 0, '', '') ON CONFLICT DO NOTHING
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
    SELECT u.id, d.previous_date, coalesce(d.known_on, u.business_date) AS known FROM trail_rununit u
    JOIN trail_businessday d ON d.lender_id = u.lender_id AND d.business_date = u.business_date AND d.run_version = u.run_version
    WHERE (d.state = 'closing' OR u.step_order < 0) AND (%(lender)s IS NULL OR u.lender_id = %(lender)s)
      AND u.state = 'todo' AND (u.not_before IS NULL OR u.not_before <= clock_timestamp())
      AND NOT EXISTS (SELECT 1 FROM trail_rununit p WHERE p.lender_id = u.lender_id AND p.business_date = u.business_date
                      AND p.run_version = u.run_version AND p.step_order < u.step_order AND p.state NOT IN ('done', 'accepted'))
      -- What a day is closed on stays as it is while it is being closed. A loan that is tried again is caught up for that day too.
      AND NOT (u.step IN ('rerun', 'replace') AND EXISTS (
          SELECT 1 FROM trail_businessday c JOIN trail_rununit b ON b.lender_id = c.lender_id AND b.business_date = c.business_date
               AND b.run_version = c.run_version AND b.step_order >= 0 AND b.state <> 'todo'
          WHERE c.lender_id = u.lender_id AND c.state = 'closing'))
    ORDER BY u.business_date, u.step_order, u.bucket
    FOR UPDATE OF u SKIP LOCKED LIMIT 1
)
UPDATE trail_rununit u
SET state = 'running', owner = %(owner)s, attempts = u.attempts + 1, claimed_at = clock_timestamp(),
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
FROM next WHERE u.id = next.id
RETURNING u.id, u.lender_id, u.business_date, u.run_version, u.step, u.bucket, u.bucket_from, u.bucket_to, u.attempts, u.owner, next.previous_date,
          u.cut, u.failures, u.lost, u.search, u.subject_id, next.known
"""


def claim(lender_id: int | None = None) -> Unit | None:
    """Take the next unit that is ready, of any lender or of one; committed before the work starts. None: nothing is ready."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"lender": lender_id, "owner": worker_name(), "lease": settings.LEASE_SECONDS})
            row = cursor.fetchone()
        if row is None:
            if sweep():
                continue
            return None
        unit = Unit(*row)
        unit.search = json.loads(unit.search) if isinstance(unit.search, str) else unit.search
        if unit.lost < MAX_LOST_WHOLE:
            return unit
        set_aside(unit, f"The unit lost its worker {unit.lost} times, and no loan of it is to blame.")


SWEEP = """
UPDATE trail_rununit u
SET state = 'todo', owner = '', lease_until = NULL, lost = u.lost + 1,
    not_before = u.claimed_at + least(%(longest)s, %(pause)s * 2 ^ greatest(0, u.lost + 1 - %(often)s)) * interval '1 second'
WHERE u.id IN (SELECT id FROM trail_rununit WHERE state = 'running' AND lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED)
RETURNING u.not_before <= clock_timestamp()
"""


def sweep() -> bool:
    """Put units back on the list whose lease has run out; True when one of them may be taken at once.

    Two starts of a unit that loses its workers lie `RESTART_SECONDS` apart, and ever further from the fourth on.
    """
    with connection.cursor() as cursor:
        cursor.execute(SWEEP, {"pause": settings.RESTART_SECONDS, "often": MAX_LOST, "longest": LONGEST_PAUSE})
        return any(ready for (ready,) in cursor.fetchall())


def fail(unit: Unit, error: str) -> None:
    """An attempt ended in an error: back on the list; set aside when nothing more can be tried."""
    final = (unit.search or {}).get("ended", False) if unit.cut else unit.failures + 1 >= MAX_FAILURES
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE trail_rununit SET failures = failures + 1, error = %s, lease_until = NULL, state = %s
            WHERE id = %s AND owner = %s AND attempts = %s AND state = 'running'
            """,
            [error[-4000:], "failed" if final else "todo", unit.id, unit.owner, unit.attempt],
        )
        if cursor.rowcount and final:
            _except(unit, error)


def set_aside(unit: Unit, error: str) -> None:
    """Give a unit up, with the exception that tells of it."""
    with transaction.atomic():
        mine = RunUnit.objects.filter(pk=unit.id, attempts=unit.attempt, owner=unit.owner)
        if mine.update(state=RunUnit.State.FAILED, error=error, lease_until=None):
            _except(unit, error)


def _except(unit: Unit, error: str) -> None:
    trace = secrets.token_hex(8)
    RunException.objects.create(
        lender_id=unit.lender_id, business_date=unit.business_date, run_version=unit.run_version, step=unit.step, bucket=unit.bucket,
        error=error[-8000:], trace_id=trace,
    )  # fmt: skip
    logger.error("%s of %s, slice %s, was set aside (trace %s): %s", unit.step, unit.business_date, unit.bucket, trace, error.strip().splitlines()[-1])


def retry_failed(lender_id: int, business_date: date) -> int:
    """A person asks for another try: units of a day that were set aside go back on the list."""
    return RunUnit.objects.filter(lender_id=lender_id, business_date=business_date, state=RunUnit.State.FAILED).update(
        state=RunUnit.State.TODO, failures=0, lost=0, search=None, not_before=None
    )


def errand(day: BusinessDay, step: str, subject_id: int | None = None) -> RunUnit:
    """Put what a person asked for on the list of `day`, as a unit over the whole book that comes before the steps; once while it waits.

    Call it in a transaction.
    """
    Lender.objects.select_for_update(no_key=True).get(pk=day.lender_id)  # numbers are given one by one
    mine = RunUnit.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=day.run_version, step=step)
    waiting = mine.filter(state__in=[RunUnit.State.TODO, RunUnit.State.RUNNING], subject_id=subject_id).first()
    return waiting or RunUnit.objects.create(
        lender_id=day.lender_id, business_date=day.business_date, run_version=day.run_version, step=step, step_order=-1, subject_id=subject_id,
        bucket=mine.count(), bucket_from=0, bucket_to=BUCKETS - 1,
    )  # fmt: skip


CLOSE = """
WITH open AS (
    SELECT count(*) AS left_out, count(*) FILTER (WHERE e.accepted_by_id IS NULL) AS not_accepted,
           (array_agg(e.accepted_by_id ORDER BY e.id DESC) FILTER (WHERE e.accepted_by_id IS NOT NULL))[1] AS accepted_by_id,
           (array_agg(e.accepted_reason ORDER BY e.id DESC) FILTER (WHERE e.accepted_by_id IS NOT NULL))[1] AS reason
    FROM trail_runexception e
    WHERE e.lender_id = %(lender)s AND e.resolved_at IS NULL
      AND (e.loan_id IS NOT NULL AND e.business_date <= %(day)s OR e.loan_id IS NULL AND e.business_date = %(day)s AND e.run_version = 1)
)
UPDATE trail_businessday d
SET state = CASE WHEN open.left_out > 0 THEN 'closed_with_exceptions' ELSE 'closed' END, closed_at = clock_timestamp(),
    accepted_by_id = CASE WHEN open.left_out > 0 THEN coalesce(d.accepted_by_id, open.accepted_by_id) ELSE d.accepted_by_id END,
    reason = CASE WHEN open.left_out > 0 AND d.reason = '' THEN open.reason ELSE d.reason END
FROM open
WHERE d.lender_id = %(lender)s AND d.business_date = %(day)s AND d.state = 'closing' AND open.not_accepted = 0
  AND NOT EXISTS (SELECT 1 FROM trail_rununit u WHERE u.lender_id = d.lender_id AND u.business_date = d.business_date
                  AND u.run_version = d.run_version AND u.state NOT IN ('done', 'accepted'))
"""


def close_if_done(lender_id: int, business_date: date) -> bool:
    """Close the day when no unit of it is left; True for the one caller that closed it.

    A day on which something was left out closes with exceptions, and only when a person has accepted each of them, on this
    day or on an earlier one.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, {"lender": lender_id, "day": business_date})
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
