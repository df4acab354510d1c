"""State folders that are thrown away, whoever owns the servers' files in them."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loanwatch.embedded.broker import Broker
from loanwatch.embedded.postgres import Postgres
from loanwatch.embedded.state import State


@pytest.fixture
def state() -> Iterator[State]:
    with thrown_away_afterwards() as state:
        yield state


@contextlib.contextmanager
def thrown_away_afterwards() -> Iterator[State]:
    """A new state folder. It lies below /tmp itself: pytest's own folders are closed to the servers' account."""
    folder = Path(tempfile.mkdtemp(prefix="loanwatch-test-"))
    folder.chmod(0o755)
    yield State(folder)
    throw_away(State(folder))


def throw_away(state: State) -> None:
    """Stop what a test left running and remove its files, those kept elsewhere too."""
    for server in (Postgres(state), Broker(state)):
        if (pid := server.pid()) and alive(pid):
            os.kill(pid, signal.SIGKILL)
    note = state.folder / "servers-home"
    if note.exists() and Path(note.read_text()) != state.folder:
        shutil.rmtree(note.read_text(), ignore_errors=True)
    shutil.rmtree(state.folder, ignore_errors=True)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
