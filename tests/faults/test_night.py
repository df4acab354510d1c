"""A night in which a worker, the broker with its data, and PostgreSQL are killed ends with the rows of an undisturbed twin."""

import json
import os
import shutil
import signal
from pathlib import Path

import psycopg2
import pytest

from tests.installation import SEED, Installation, fingerprint

pytestmark = [pytest.mark.faults]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def broker_pid(at: Installation) -> int | None:
    """The broker's process, found by the address in its title; None while there is none."""
    title = f"127.0.0.1:{json.loads((at.folder / 'ports.json').read_text())['broker']}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes().rstrip(b"\0 ").endswith(title):
                return int(entry.name)
        except OSError:
            continue  # it ended while we looked
    return None


def closed(at: Installation) -> int:
    return at.ask("SELECT count(*) FROM trail_businessday WHERE state = 'closed'")[0][0]


def kill_a_worker_in_the_middle_of_a_step(at: Installation, night: int) -> tuple[int, int]:
    """Holds the step's last write up and the shell's run stopped, so that a worker is caught in the middle.

    The stopped run wakes after its lease has passed: a late writer besides. Returns (unit, attempts when the worker was killed).
    """
    blocker = at.connect()
    blocker.autocommit = False
    with blocker.cursor() as cursor:
        cursor.execute("LOCK TABLE alerts_nodeday IN SHARE MODE")
        os.kill(night, signal.SIGSTOP)
        caught = f"SELECT id, owner, attempts FROM trail_rununit WHERE state = 'running' AND step = 'roll_up' AND owner NOT LIKE '%:{night}:%'"
        Installation.wait(lambda: at.ask(caught), 90)
        unit, owner, attempts = at.ask(caught)[0]
        kill(int(owner.split(":")[1]))
    blocker.rollback()
    blocker.close()
    os.kill(night, signal.SIGCONT)
    return unit, attempts


def test_kills_of_worker_broker_and_database_leave_the_rows_of_an_undisturbed_twin(tmp_path):
    quiet, stormy = Installation(tmp_path / "quiet"), Installation(tmp_path / "stormy")
    for at in (quiet, stormy):
        at.folder.mkdir()
        at.run("seed_demo", *SEED)
    quiet.run("catch_up")

    with stormy.up() as _:
        night = stormy.start("catch_up")
        stormy.wait(lambda: closed(stormy) >= 3, 90)
        unit, attempts = kill_a_worker_in_the_middle_of_a_step(stormy, night.pid)
        stormy.wait(lambda: stormy.ask(f"SELECT 1 FROM trail_rununit WHERE id = {unit} AND state = 'done'"), 60)
        assert stormy.ask(f"SELECT attempts FROM trail_rununit WHERE id = {unit}")[0][0] > attempts, "the kill hit nothing"

        broker = broker_pid(stormy)
        kill(broker)
        shutil.rmtree(stormy.servers / "broker" / "appendonlydir")
        stormy.wait(lambda: broker_pid(stormy) not in {None, broker}, 60)

        began = stormy.ask("SELECT pg_postmaster_start_time()")[0][0]
        kill(int((stormy.servers / "pgdata" / "postmaster.pid").read_text().splitlines()[0]))
        with pytest.raises(psycopg2.OperationalError):
            stormy.connect()
        stormy.wait(lambda: stormy.ask("SELECT pg_postmaster_start_time()")[0][0] > began, 60)

        stormy.wait(lambda: not stormy.ask("SELECT 1 FROM trail_businessday WHERE state <> 'closed' LIMIT 1"), 300)
        night.wait(timeout=60)
        assert night.returncode == 0
        assert closed(stormy) > 60
        after_the_storm = fingerprint(stormy)
    with quiet.database():
        assert fingerprint(quiet) == after_the_storm
    assert after_the_storm["observations"][0] > 5000
    for at in (quiet, stormy):
        at.discard()
