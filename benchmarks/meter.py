"""Measuring: seconds on the clock, seconds of the processor here and in the database server, memory, and statements.

Seconds of the server are read from the operating system (`/proc/PID/stat`, user and system time) for every backend that serves this
database, before and after; the sessions measured never start parallel workers, whose time would be lost with them. Memory is the
anonymous resident memory (`RssAnon`) of this process and of the fattest backend, looked at thirty times a second: shared buffers are
not counted, as they belong to the server and not to the night.
"""

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Took:
    """What one piece of work took. memory: MB of the fattest process; rows: what it wrote, where it says so."""

    wall: float = 0
    here: float = 0
    server: float = 0
    memory: int = 0
    statements: int = 0
    rows: int = 0

    @property
    def cpu(self) -> float:
        return self.here + self.server

    def __iadd__(self, other: "Took") -> "Took":
        self.wall, self.here, self.server = self.wall + other.wall, self.here + other.here, self.server + other.server
        self.memory, self.statements, self.rows = max(self.memory, other.memory), self.statements + other.statements, self.rows + other.rows
        return self


@dataclass
class Series:
    """The same work measured several times; the median counts."""

    took: list[Took] = field(default_factory=list)

    def median(self, what: str) -> float:
        return statistics.median(getattr(one, what) for one in self.took)

    def most(self, what: str) -> int:
        return max(getattr(one, what) for one in self.took)


@contextmanager
def measured(watch_memory: bool = True) -> Iterator[Took]:
    """Fills the Took it yields when the block ends. The block uses Django's default connection."""
    from django.db import connection

    took, pids = Took(), backends()

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        took.statements += 1
        return execute(sql, params, many, context)

    with _peak(took, pids) if watch_memory else _nothing():
        began, here, server = time.monotonic(), time.process_time(), _server_seconds(pids)
        with connection.execute_wrapper(count):
            yield took
        took.wall, took.here, took.server = time.monotonic() - began, time.process_time() - here, _server_seconds(pids) - server


def backends() -> list[int]:
    """Process ids of the backends that serve clients of this database on this machine."""
    from django.db import connection

    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database()")
        return [pid for (pid,) in cursor.fetchall()]


def _server_seconds(pids: Sequence[int]) -> float:
    return sum(seconds_of(pid) for pid in pids)


def seconds_of(pid: int) -> float:
    """User and system seconds of a process; 0 when it is no more."""
    try:
        used = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return (int(used[11]) + int(used[12])) / TICK


def anonymous_mb(pid: int) -> int:
    try:
        line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("RssAnon"))
    except (OSError, StopIteration):
        return 0
    return int(line.split()[1]) // 1024


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _peak(took: Took, pids: Sequence[int]) -> Iterator[None]:
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.03):
            took.memory = max([took.memory, *(anonymous_mb(pid) for pid in (os.getpid(), *pids))])

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
