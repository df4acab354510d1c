"""Borrow the servers of a state folder: the first user starts them, the last one's leaving stops them."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import IO, cast

from loanwatch.embedded.broker import Broker
from loanwatch.embedded.locks import Lock, held_alone, wait_until
from loanwatch.embedded.postgres import Postgres
from loanwatch.embedded.state import ROOT, State

Tell = Callable[[str], None]
DATABASE_VARIABLES = ("DATABASE_URL", "DATABASE_URL_OWNER", "DATABASE_URL_WEB", "DATABASE_URL_WORKER")

in_use: set[str] = set()  # names of the embedded servers this process borrows


def _silent(sentence: str) -> None:
    """Commands that run a moment say nothing about the server they borrowed."""


@contextlib.contextmanager
def services(
    state: State | None = None, *, database: bool = True, broker: bool = False, durable: bool = True, tell: Tell = _silent
) -> Iterator[dict[str, str]]:
    """The environment (addresses, secret key) under which a process finds its services, while the block runs.

    A server whose address the environment gives already is not started. A broker that somebody else runs in the same
    state folder is used even when `broker` is False, so that a command can ring the workers. Safe from several processes.
    """
    state = state or State.current()
    with contextlib.ExitStack() as held:
        found: dict[str, str] = {}
        if database and not external_database():
            found |= held.enter_context(use(Postgres(state, durable=durable), tell))
        if not external_broker() and (broker or keeper_runs(state, Broker.name)):
            found |= held.enter_context(use(Broker(state), tell))
        if found or os.environ.get("LOANWATCH_SETTINGS") == "demo":
            found |= _kept_secrets(state)
        yield found


def _kept_secrets(state: State) -> dict[str, str]:
    """The secrets of the state folder that the environment does not give."""
    kept = state.secrets()
    offered = {"LOANWATCH_SECRET_KEY": kept["secret_key"], "LOANWATCH_DEMO_PASSWORD": kept["demo_password"]}
    return {name: value for name, value in offered.items() if not (os.environ.get(name) or os.environ.get(f"{name}_FILE"))}


@contextlib.contextmanager
def use(server: Postgres | Broker, tell: Tell = _silent) -> Iterator[dict[str, str]]:
    """Hold one server for the length of the block; yields its part of the environment."""
    users = server.state.lock(f"{server.name}-users")
    start_if_needed(server, users, tell)
    in_use.add(server.name)
    try:
        yield server.environment()
    finally:
        in_use.discard(server.name)
        users.release()
        _wait_for_stop(server)


def start_if_needed(server: Postgres | Broker, users: Lock, tell: Tell = _silent) -> None:
    """Take a user's place and see that a keeper runs. SystemExit with the server's reason when it cannot start."""
    with server.state.lock(f"{server.name}-start").alone():
        users.take(shared=True)  # waits while a keeper is stopping the server
        if keeper_runs(server.state, server.name):
            return
        tell(f"Starting the {server.name}")
        command = [sys.executable, "-m", "loanwatch.embedded.keeper", server.name, str(server.state.folder), *server.options]
        with server.state.open_log(server.name) as log:
            keeper = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True, text=True
            )
        said = cast(IO[str], keeper.stdout)
        answer = said.readline()
        if answer != "ready\n":
            answer += said.read()
            keeper.wait()
            users.release()
            raise SystemExit(answer.strip() or f"The {server.name} did not start; see {server.state.logs / server.name}.log")
        said.close()
        keeper.returncode = 0  # it outlives us on purpose, if others use the server then; nobody is to wait for it


def external_database() -> bool:
    """Whether the environment names a database of its own."""
    return any(os.environ.get(name) or os.environ.get(f"{name}_FILE") for name in DATABASE_VARIABLES)


def external_broker() -> bool:
    """Whether the environment names a broker of its own."""
    return bool(os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE"))


def keeper_runs(state: State, name: str) -> bool:
    """Whether the `database` or the `broker` of this state folder is being kept by some process."""
    return held_alone(state.lock_path(f"{name}-keeper"))


def _wait_for_stop(server: Postgres | Broker) -> None:
    # When we were the last user, the command ends with the server stopped: nothing is left running behind a prompt.
    wait_until(lambda: not keeper_runs(server.state, server.name) or _has_users(server), 30)


def _has_users(server: Postgres | Broker) -> bool:
    probe = server.state.lock(f"{server.name}-users")
    nobody = probe.take(wait=False)
    probe.release()
    stopping = not nobody and held_alone(server.state.lock_path(f"{server.name}-users"))
    return not nobody and not stopping
