"""One terminal runs everything, and leaves nothing behind however it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loanwatch.embedded import processes
from loanwatch.embedded.ensure import DATABASE_VARIABLES, ROOT
from loanwatch.embedded.locks import wait_until
from loanwatch.embedded.postgres import wheel_binaries
from loanwatch.embedded.state import State, free_port
from tests.loanwatch.embedded.conftest import alive, thrown_away_afterwards

pytestmark = [pytest.mark.faults, pytest.mark.skipif(wheel_binaries() is None, reason="the embedded servers are not installed")]
GIVEN_BY_THE_TEST_RUN = {
    *DATABASE_VARIABLES, "REDIS_URL", "LOANWATCH_SECRET_KEY", "LOANWATCH_SETTINGS", "LOANWATCH_PROCESS", "DJANGO_SETTINGS_MODULE",
}  # fmt: skip


class Terminal:
    """`manage.py` as somebody types it, for one state folder."""

    def __init__(self, state: State) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in GIVEN_BY_THE_TEST_RUN}
        self.environment = kept | {"LOANWATCH_STATE": str(state.folder)}
        self.state = state

    def run(self, *words: str) -> subprocess.CompletedProcess:
        command = self._command(words)
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False)

    def up(self, port: int) -> subprocess.Popen:
        """Start it and wait until it says that it is ready."""
        log = (self.state.folder / "terminal").open("w")
        started = subprocess.Popen(
            self._command(["up", "--port", str(port)]), cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        assert wait_until(lambda: "ready: " in self.said() or started.poll() is not None, 180)
        assert started.poll() is None, self.said()
        return started

    def said(self) -> str:
        return (self.state.folder / "terminal").read_text()

    def processes(self) -> list[int]:
        """Whatever still runs for this state folder, by its command line or its environment."""
        mark = str(self.state.folder).encode()
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._belongs(entry, mark)]

    def nothing_runs(self) -> bool:
        return not self.processes()

    def _command(self, words) -> list[str]:
        return [sys.executable, "manage.py", *words]

    def _belongs(self, entry: Path, mark: bytes) -> bool:
        try:
            return alive(int(entry.name)) and mark in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            return False


@pytest.fixture(scope="module")
def terminal() -> Iterator[Terminal]:
    # One folder for all: making and migrating a database is the long part, and every start but the first is a second one.
    with thrown_away_afterwards() as state:
        yield Terminal(state)


def test_ctrl_c_stops_all_that_up_started(terminal):
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        taken = taker.getsockname()[1]
        up = terminal.up(taken)
    assert f"Port {taken} is taken" in terminal.said()

    told = json.loads(terminal.run("status", "--json").stdout)
    assert told["running"] and {"database", "broker", "worker1", "relay", "scheduler", "web"} == {p["name"] for p in told["processes"]}
    port = int(told["address"].rpartition(":")[2].strip("/"))
    assert processes.web_answers(port)

    second = terminal.run("up")
    assert second.returncode == 1 and told["address"] in second.stderr

    web = next(p["pid"] for p in told["processes"] if p["name"] == "web")
    os.kill(web, signal.SIGKILL)
    assert wait_until(lambda: processes.web_answers(port), 60, every=0.5), "a killed web process is started again"

    os.kill(up.pid, signal.SIGINT)
    assert up.wait(60) == 0
    assert terminal.nothing_runs()
    assert json.loads(terminal.run("status", "--json").stdout)["running"] is False


def test_down_stops_it_from_another_terminal(terminal):
    up = terminal.up(free_port(set()))
    assert terminal.run("down").stdout.strip() == "Stopped."
    assert up.wait(10) == 0 and terminal.nothing_runs()
    assert "Nothing runs" in terminal.run("down").stdout


def test_nothing_is_left_when_up_itself_is_killed_and_the_next_start_works(terminal):
    up = terminal.up(free_port(set()))
    up.kill()
    up.wait()
    assert wait_until(terminal.nothing_runs, 60, every=0.5), terminal.processes()
    again = terminal.up(free_port(set()))
    again.terminate()
    assert again.wait(60) == 0 and terminal.nothing_runs()


def test_a_command_starts_the_database_for_itself_and_answers_one_json_object(terminal):
    opened = terminal.run("new_lender", "BANK", "--currency", "CNY", "--zone", "Asia/Shanghai", "--calendar", "month_end")
    assert opened.returncode == 0, opened.stderr
    answer = terminal.run("access_matrix", "--json")
    assert answer.returncode == 0, answer.stderr
    json.loads(answer.stdout)
    assert wait_until(terminal.nothing_runs, 20)
