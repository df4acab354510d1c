"""A crashed process is started again; one that keeps crashing is named, loudly, and nothing is left behind."""

import sys

import pytest

from loanwatch.embedded import supervisor
from loanwatch.embedded.supervisor import GaveUp, Supervisor
from tests.loanwatch.embedded.conftest import alive

SLEEPS = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]  # fmt: skip


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def house(state, said, monkeypatch):
    monkeypatch.setattr(supervisor.signal, "signal", lambda *_: None)  # the test run keeps its own Ctrl-C
    monkeypatch.setattr(supervisor, "SECONDS_TO_STOP", 1)
    house = Supervisor(state, said.append)
    yield house
    house.stop()


def test_a_crashed_process_is_started_again(house, said):
    child = house.start("web", SLEEPS)
    first = child.process.pid
    child.process.kill()
    child.process.wait()
    assert house.watch(lambda: child.runs and child.process.pid != first)
    assert said == ["web ended with status -9; starting it again in 0.5 s"]


def test_a_process_that_keeps_crashing_is_given_up_with_the_place_of_its_words(house, monkeypatch):
    monkeypatch.setattr(supervisor, "CRASHES_ALLOWED", 1)
    house.start("worker1", [sys.executable, "-c", "raise SystemExit('no broker')"])
    with pytest.raises(GaveUp, match=r"worker1 ended 2 times within 120 seconds; see .*worker1\.log"):
        house.watch(lambda: False)
    assert "no broker" in (house.state.logs / "worker1.log").read_text()


def test_the_last_started_is_asked_to_end_first(house, said):
    house.start("worker1", SLEEPS)
    house.start("web", SLEEPS)
    house.stop()
    assert said == ["Stopping web", "Stopping worker1"]


def test_a_process_that_does_not_end_is_killed(house, said):
    child = house.start("worker1", STUBBORN)
    log = house.state.logs / "worker1.log"
    assert house.watch(lambda: log.exists() and "up" in log.read_text())
    house.stop()
    assert not alive(child.process.pid) and "is killed" in said[-1]
