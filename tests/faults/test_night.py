"""Single faults of a night: a worker that was stopped and comes back late, many who run the same day, nobody who rings, a loan that kills."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psycopg2
import pytest

from loanwatch.embedded import processes
from tests.faults.storms import OPEN, disagreeing, pool, ring
from tests.installation import ROOT, Installation, assert_same_rows

pytestmark = [pytest.mark.faults]
FIRST, LAST = "2026-11-16", "2026-11-20"
RUNNING = "SELECT id, split_part(owner, ':', 2)::int, attempts FROM trail_rununit WHERE state = 'running'"
WRITERS_WAITING = "SELECT count(DISTINCT pid)::int FROM pg_locks WHERE relation = 'alerts_nodeday'::regclass AND NOT granted"


def closed(at: Installation) -> int:
    return at.ask("SELECT count(*) FROM trail_businessday WHERE state = 'closed'")[0][0]


def all_closed(at: Installation, seconds: float = 120) -> None:
    """Wait for the days, ringing so that nobody has to wait for the next tick."""

    def over() -> bool:
        ring(at)
        time.sleep(0.3)
        return not at.ask(OPEN)

    at.wait(over, seconds)


@contextmanager
def held_up(at: Installation, table: str) -> Iterator[None]:
    """Nobody can write to the table while the block lasts: a unit that does is caught in the middle."""
    blocker = at.connect()
    blocker.autocommit = False
    with blocker.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
    try:
        yield
    finally:
        blocker.close()


def test_a_stopped_worker_is_fenced_off_and_missed_days_come_in_order(night, undisturbed):
    with night.up(workers=2):
        with held_up(night, "alerts_nodeday"):
            mine = f"{RUNNING} AND step = 'roll_up'"
            night.wait(lambda: night.ask(mine), 60)
            unit, pid, attempts = night.ask(mine)[0]
            os.kill(pid, signal.SIGSTOP)
            night.wait(lambda: (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "T", 10)

            def taken() -> bool:
                ring(night)
                return bool(night.ask(f"{RUNNING} AND id = {unit} AND attempts > {attempts}"))

            try:
                night.wait(taken, 30)
                night.wait(lambda: night.ask(WRITERS_WAITING) == [(2,)], 30)
            finally:
                os.kill(pid, signal.SIGCONT)
        all_closed(night)
        assert night.ask(f"SELECT attempts, state FROM trail_rununit WHERE id = {unit}") == [(2, "done")]
        assert pid in pool(night), "the late writer did not come back"
        in_order = night.ask("SELECT business_date, opened_at, closed_at FROM trail_businessday ORDER BY closed_at")
        assert in_order == sorted(in_order)
        assert all(before[2] <= after[1] for before, after in pairwise(in_order)), "a day was opened before the one before it was closed"
        assert len(in_order) == 5
        dates = "SELECT opened_on, count(*) FROM alerts_alert GROUP BY 1 ORDER BY 1"
        assert len(night.ask(dates)) > 2
        assert night.ask(dates) == undisturbed.ask(dates), "each alert has the date of its own day"
        assert_same_rows(night, undisturbed)
        assert disagreeing(night) == []


def test_ten_who_run_the_same_days_at_once_do_what_one_does(night, undisturbed):
    """Also a night without scheduler and without workers: an operator, or ten, close the days by hand."""
    with night.database():
        runs = [night.start("run_day", FIRST, "--to", LAST) for _ in range(10)]
        assert [run.wait(timeout=200) for run in runs] == [0] * 10, night.log("run_day")
        hands = night.ask("SELECT count(DISTINCT owner) FROM trail_rununit")[0][0]
        assert hands > 1, "only one of them found anything to do"
        assert night.ask("SELECT count(*) FROM trail_rununit WHERE attempts <> 1") == [(0,)]
        assert_same_rows(night, undisturbed)
        assert disagreeing(night) == []


def test_a_night_without_a_scheduler_leaves_the_same_rows(night, undisturbed):
    with night.database(broker=True) as addresses, (night.folder / "worker.log").open("wb") as log:
        env = {**night.env, **addresses, "LOANWATCH_PROCESS": "worker"}
        worker = subprocess.Popen(processes.worker(1), cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            night.wait(lambda: pool(night), 60)
            time.sleep(3)
            assert night.ask("SELECT count(*) FROM trail_rununit") == [(0,)], "somebody else opened the day"
            ring(night, "tick")
            night.wait(lambda: closed(night) == 5, 120)
        finally:
            worker.terminate()
            worker.wait(timeout=120)  # it finishes the unit at hand first
        assert_same_rows(night, undisturbed)


def test_a_stop_in_the_middle_of_the_night_leaves_nothing_half_done_and_no_exception(night, undisturbed):
    up = night.start("up", "--workers", "2", "--port", "18400")
    try:
        night.wait(lambda: "http" in night.running() and night.ask("SELECT 1 FROM trail_rununit WHERE state = 'done' LIMIT 1"), 90)
        night.wait(lambda: night.ask(RUNNING), 60)
        began = time.monotonic()
        up.send_signal(signal.SIGTERM)
        up.wait(timeout=60)
        took = time.monotonic() - began
    finally:
        night.stop(up)
    assert took < 30
    with night.database():
        assert night.ask(OPEN), "the night was over before it was stopped"
        assert night.ask(f"{RUNNING} AND lease_until > clock_timestamp()") == []
        assert night.ask("SELECT 1 FROM trail_runexception") == []
    night.run("catch_up")
    with night.database():
        assert_same_rows(night, undisturbed)
        assert night.ask("SELECT 1 FROM trail_runexception") == []


POISON = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.loan_id = {loan} THEN PERFORM pg_sleep(60); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER poison BEFORE INSERT ON alerts_loanday FOR EACH ROW EXECUTE FUNCTION poison();
"""
ANTIDOTE = "DROP TRIGGER poison ON alerts_loanday; DROP FUNCTION poison();"
SWALLOWED = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


class Poison:
    """Kills, until `stop`, every worker that touches the loan. `alone`: how often it had nothing else to do."""

    def __init__(self, at: Installation, loan: int) -> None:
        self.at, self.loan, self.kills, self.alone = at, loan, 0, 0
        at.ask(POISON.format(loan=loan))
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._lurk, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join(timeout=10)
        self.at.ask(ANTIDOTE)

    def _lurk(self) -> None:
        while not self.stopped.wait(0.05):
            for (backend,) in self.at.ask(SWALLOWED):
                for pid, search in self.at.ask("SELECT split_part(owner, ':', 2)::int, search FROM trail_rununit WHERE state = 'running'"):
                    os.kill(pid, signal.SIGKILL)
                    self.kills += 1
                    self.alone += bool(search) and search["open"][0] == [self.loan, self.loan]
                try:
                    self.at.ask(f"SELECT pg_terminate_backend({backend})")  # its client is no more
                except psycopg2.Error:
                    continue


@pytest.mark.long
def test_a_loan_that_kills_its_workers_is_set_aside_and_the_rest_goes_on(night, undisturbed):
    with night.database():
        loan, number = night.ask("SELECT id, number FROM borrowers_loan WHERE disbursed_on < '2026-06-01' AND matures_on > '2027-01-01' ORDER BY id LIMIT 1")[0]
        poison = Poison(night, loan)
        with night.up(workers=2):
            try:

                def waiting() -> bool:
                    ring(night)
                    return bool(night.ask("SELECT 1 FROM trail_runexception"))

                night.wait(waiting, 200)
                night.wait(lambda: not night.ask("SELECT 1 FROM trail_rununit WHERE state <> 'done'"), 60)
            finally:
                poison.stop()
            assert poison.kills > 3
            assert poison.alone == 3, "three chances alone, and no more"
            exceptions = night.ask("SELECT id, loan_id, business_date::text, step, error FROM trail_runexception")
            assert [row[1:4] for row in exceptions] == [(loan, FIRST, "observe")]
            assert "ended without a word" in exceptions[0][4]
            assert night.ask("SELECT state FROM trail_businessday WHERE business_date <= '2026-11-17' ORDER BY business_date") == [("closing",), ("due",)]
            others = night.ask(f"SELECT count(*), count(*) FILTER (WHERE loan_id = {loan}) FROM alerts_loanday WHERE as_of = '{FIRST}'")[0]
            assert others[0] > 200
            assert others[1] == 0
            person = night.ask("SELECT p.staff_no FROM people_person p JOIN people_roleheld r ON r.person_id = p.id WHERE r.role = 'credit_admin' LIMIT 1")[0][0]
            assert night.run("retry_exception", str(exceptions[0][0]), "--person", person)["resolved"], f"{number} is no poison any more"
            all_closed(night)
        # The loan is caught up after the day's digest to staff was told, so that one counts it not; its step ran once more.
        assert_same_rows(night, undisturbed, but=("messages", "units"))
