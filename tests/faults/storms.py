"""Random faults from a seed over an installation at work: kills of its processes, stops of PostgreSQL, brokers that lose all."""

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

from celery import Celery

from alerts.observation.reconcile import differences_of
from tests.installation import Installation

OPEN = "SELECT 1 FROM trail_businessday WHERE state IN ('due', 'closing') LIMIT 1"
# A unit that has lost two workers is let alone: the storm is to go over the whole of the days and not to stay over one unit.
BUSY = "SELECT split_part(owner, ':', 2)::int FROM trail_rununit WHERE state = 'running' AND attempts <= 2"
LONG_SUFFERING = "SELECT 1 FROM trail_rununit WHERE state IN ('todo', 'running') AND attempts > 2"
# The supervisor and the keepers forgive five ends of one process in one or two minutes, by design: more than five of a kind are
# spread over time. The processes that do the units are no concern of theirs; those are forked again without a limit.
FORGIVEN = 5
PAUSE = {"scheduler": 26.0, "relay": 26.0, "database": 13.0, "broker": 13.0}


def processes(at: Installation) -> Iterator[tuple[int, int, bytes]]:
    """(pid, parent, command line) of every process of this installation."""
    mark = f"LOANWATCH_STATE={at.folder}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                yield int(entry.name), parent, (entry / "cmdline").read_bytes().replace(b"\0", b" ")
        except (OSError, ValueError):
            continue  # it ended while we looked


def pool(at: Installation) -> list[int]:
    """The processes that do the units: children of the workers, which fork others in their place."""
    found = {pid: parent for pid, parent, line in processes(at) if b"celery" in line and b" worker " in line}
    return sorted(pid for pid, parent in found.items() if parent in found)


def named(at: Installation, *words: bytes) -> list[int]:
    """The processes of the installation whose command line has all of these words."""
    return sorted(pid for pid, _, line in processes(at) if all(word in line for word in words))


def database_pid(at: Installation) -> int | None:
    """The postmaster, as it wrote it down itself; None while there is none."""
    try:
        return int((at.servers / "pgdata" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, IndexError):
        return None


def broker_pid(at: Installation) -> int | None:
    """The broker's process, found by the address in its title; None while there is none."""
    title = f"127.0.0.1:{json.loads((at.folder / 'ports.json').read_text())['broker']}".encode()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes().rstrip(b"\0 ").endswith(title):
                return int(entry.name)
        except OSError:
            continue
    return None


def ring(at: Installation, task: str = "work") -> None:
    """Wake a worker by hand, as often as anybody likes; a broker that is away hears nothing."""
    port, words = (json.loads((at.folder / f"{name}.json").read_text()) for name in ("ports", "secrets"))
    bell = Celery(broker=f"redis://:{words['broker']}@127.0.0.1:{port['broker']}/0", broker_transport_options={"global_keyprefix": "lw:"})
    try:
        bell.send_task(f"loanwatch.day.tasks.{task}", retry=False, expires=20)
    except Exception:  # any transport error: the scheduler rings too
        pass
    finally:
        bell.close()


def disagreeing(at: Installation) -> list[str]:
    """Where the figures of branches and products are not the sums over the loans, on any closed day; to the hundredth."""
    connection = at.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT lender_id, business_date FROM trail_businessday WHERE state = 'closed'")
            closed = cursor.fetchall()
            found = [d for lender, day in closed for d in differences_of(cursor, SimpleNamespace(pk=lender), day)]  # type: ignore[arg-type]
        return [str(difference) for difference in found]
    finally:
        connection.close()


class Storm:
    """`hits` counts what was really killed; `left` what is still to come."""

    def __init__(self, at: Installation, seed: int, **faults: int) -> None:
        self.at, self.random = at, random.Random(seed)
        self.left, self.hits = Counter(faults), Counter[str]()
        self.pause = {kind: PAUSE[kind] if faults.get(kind, 0) > FORGIVEN else 2.0 for kind in PAUSE}
        self.again: dict[str, float] = {}
        self.in_the_middle = 0  # kills of a process that had a unit in hand

    def blow(self, over: Callable[[], object], *, every: tuple[float, float], longest: float) -> None:
        """Do the faults in random order until none is left or `over()` holds; AssertionError after `longest` seconds."""
        until = time.monotonic() + longest
        while self.left.total() and not over():
            assert time.monotonic() < until, f"faults left: {self.left}"
            time.sleep(self.random.uniform(*every))
            ring(self.at)  # what a killed process left would wait for the scheduler's next tick; the storm is to be a short one
            kinds = [kind for kind in sorted(self.left) if self.left[kind] and time.monotonic() >= self.again.get(kind, 0)]
            if kinds:
                kind = self.random.choices(kinds, [self.left[k] for k in kinds])[0]
                if getattr(self, f"_{kind}")():
                    self.left[kind] -= 1
                    self.hits[kind] += 1
                    self.again[kind] = time.monotonic() + self.pause.get(kind, 0)

    def _worker(self) -> bool:
        """One that has a unit in hand, three times of four; else any."""
        here, hit = pool(self.at), self.random.random() < 0.75
        busy = sorted({pid for (pid,) in self.at.ask(BUSY)} & set(here))
        if not hit and self.at.ask(LONG_SUFFERING):
            return False
        killed = self._kill(busy if hit else here, signal.SIGKILL)
        self.in_the_middle += killed and hit
        return killed

    def _scheduler(self) -> bool:
        return self._kill(named(self.at, b"celery", b" beat "), signal.SIGKILL)

    def _relay(self) -> bool:
        return self._kill(named(self.at, b"manage.py relay"), signal.SIGKILL)

    def _database(self) -> bool:
        """An immediate stop: every session ends, the log is replayed at the next start."""
        pid = database_pid(self.at)
        return pid is not None and self._kill([pid], signal.SIGQUIT)

    def _broker(self) -> bool:
        pid = broker_pid(self.at)
        killed = pid is not None and self._kill([pid], signal.SIGKILL)
        shutil.rmtree(self.at.servers / "broker" / "appendonlydir", ignore_errors=True)
        return killed

    def _kill(self, pids: list[int], sign: signal.Signals) -> bool:
        if not pids:
            return False
        try:
            os.kill(self.random.choice(pids), sign)
        except ProcessLookupError:
            return False
        return True
