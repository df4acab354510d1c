"""Runs the processes of `up`: passes on their log lines, starts a crashed one again, and stops all in the order given."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from loanwatch.embedded.account import die_with_parent
from loanwatch.embedded.ensure import Tell
from loanwatch.embedded.state import ROOT, State

LOOK_EVERY = 0.2  # seconds
CRASHES_ALLOWED, CRASH_WINDOW = 5, 120.0  # restarts, seconds
SECONDS_TO_STOP = 20  # a worker finishes the unit in hand; one that is killed loses nothing, its lease runs out


class GaveUp(Exception):
    """A process falls over again and again; its own words are in its log."""


@dataclass
class Child:
    """One process of the application, and what became of it."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[str] = field(init=False)
    crashes: list[float] = field(default_factory=list)
    start_again_at: float = 0.0  # 0: it runs, or its end was not seen yet

    @property
    def runs(self) -> bool:
        return self.process.poll() is None


class Supervisor:
    """The children in their order of start; they stop in the opposite order."""

    def __init__(self, state: State, tell: Tell) -> None:
        self.state, self.tell = state, tell
        self.children: list[Child] = []
        self.told_to_stop = False
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._stop_soon)

    def _stop_soon(self, *_) -> None:
        self.told_to_stop = True

    def start(self, name: str, command: list[str], **environment: str) -> Child:
        """Start a process and go on. It leaves the terminal's Ctrl-C to us and is stopped by Linux when we are killed."""
        child = Child(name, command, environment)
        self.children.append(child)
        self._spawn(child)
        return child

    def watch(self, until: Callable[[], bool]) -> bool:
        """Look after the children until `until` holds (True) or somebody stops us (False). GaveUp when one keeps falling over."""
        while not self.told_to_stop:
            for child in self.children:
                self._look_after(child)
            if until():
                return True
            time.sleep(LOOK_EVERY)
        return False

    def run(self, name: str, command: list[str]) -> int | None:
        """Run a process to its end beside the others; its exit status, or None when we were stopped meanwhile."""
        child = Child(name, command, {})
        self._spawn(child)
        if self.watch(lambda: not child.runs):
            return child.process.returncode
        child.process.terminate()
        child.process.wait()
        return None

    def stop(self) -> None:
        """Ask each to end, last started first; one that has not ended in time is killed."""
        running = [child for child in reversed(self.children) if child.runs]
        for child in running:
            child.process.terminate()
        end = time.monotonic() + SECONDS_TO_STOP
        for child in running:
            self.tell(f"Stopping {child.name}")
            try:
                child.process.wait(max(0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.tell(f"{child.name} did not end within {SECONDS_TO_STOP} seconds and is killed")
                os.killpg(child.process.pid, signal.SIGKILL)  # its pool processes too
                child.process.wait()

    def facts(self) -> list[dict]:
        """Name and process id of each child that runs."""
        return [{"name": child.name, "pid": child.process.pid} for child in self.children if child.runs]

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(
            child.command, cwd=ROOT, env={**os.environ, **child.environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True, preexec_fn=lambda: die_with_parent(signal.SIGTERM),
        )  # fmt: skip
        threading.Thread(target=self._pass_on_lines, args=(child.name, child.process.stdout), daemon=True).start()

    def _pass_on_lines(self, name: str, lines) -> None:
        with self.state.open_log(name) as log, lines:
            for line in lines:
                log.write(line.encode())
                print(f"{name:>9} | {line}", end="", file=sys.stderr, flush=True)

    def _look_after(self, child: Child) -> None:
        if child.runs:
            return
        now = time.monotonic()
        if not child.start_again_at:
            child.crashes = [then for then in child.crashes if now - then < CRASH_WINDOW] + [now]
            if len(child.crashes) > CRASHES_ALLOWED:
                often = f"{len(child.crashes)} times within {CRASH_WINDOW:.0f} seconds"
                raise GaveUp(f"{child.name} ended {often}; see {self.state.logs / child.name}.log")
            pause = 0.5 * 2 ** (len(child.crashes) - 1)
            self.tell(f"{child.name} ended with status {child.process.returncode}; starting it again in {pause:g} s")
            child.start_again_at = now + pause
        elif now >= child.start_again_at:
            child.start_again_at = 0.0
            self._spawn(child)
