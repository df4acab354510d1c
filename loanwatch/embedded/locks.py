"""Locks between processes. The kernel drops them with the process that held them, so a kill -9 leaves none behind."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path


class Lock:
    """One file that several processes may hold together (shared) or one alone (exclusive)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Hold the lock; with `wait=False` False at once when others hold it. Taking again changes shared to exclusive or back."""
        if self._handle is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            self.release()
            return False
        return True

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        self.take()
        try:
            yield
        finally:
            self.release()


def held_alone(path: Path) -> bool:
    """Whether some process holds the lock at `path` exclusively right now."""
    if not path.exists():
        return False
    probe = Lock(path)
    free = probe.take(shared=True, wait=False)
    probe.release()
    return not free


def wait_until(happened, seconds: float, every: float = 0.02) -> bool:
    """Ask `happened` every few hundredths of a second; False when it has not come true after `seconds`."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
