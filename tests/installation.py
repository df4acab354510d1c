"""A whole installation in a folder of its own: real servers, real workers, started as an operator would."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
OWNER, DATABASE = "loanwatch", "loanwatch"
KEEP_SERVERS = """
import json, sys
from loanwatch.embedded import ensure
from loanwatch.embedded.state import State
with ensure.services(State.current(), broker={broker}) as addresses:
    print(json.dumps(addresses), flush=True)
    sys.stdin.read()
"""


class Installation:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LOANWATCH_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS"))}
        self.env = {**inherited, "LOANWATCH_STATE": str(folder), "LOANWATCH_LEASE_SECONDS": "2", "LOANWATCH_SETTINGS": "demo"}

    @property
    def servers(self) -> Path:
        """Where the servers keep their data: elsewhere when the state folder can't be reached by their account."""
        return Path((self.folder / "servers-home").read_text())

    def discard(self) -> None:
        """Remove what the servers keep outside the state folder, which a test's own folder would not take along."""
        if self.servers != self.folder:
            shutil.rmtree(self.servers, ignore_errors=True)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder.parent / f"{self.folder.name}-{command[0]}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True)

    def running(self) -> str:
        """What the running `up` wrote down, empty while it has not."""
        path = self.folder / "running.json"
        return path.read_text() if path.exists() else ""

    def log(self, command: str) -> str:
        return (self.folder.parent / f"{self.folder.name}-{command}.log").read_text(errors="replace")[-3000:]

    @staticmethod
    def stop(process: "subprocess.Popen[bytes]") -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=120)

    def run(self, *command: str, timeout: float = 400) -> dict[str, Any]:
        done = subprocess.run([sys.executable, "manage.py", *command, "--json"], cwd=ROOT, env=self.env, capture_output=True, timeout=timeout, check=False)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return json.loads(done.stdout)

    @contextmanager
    def up(self, workers: int = 2) -> Iterator[subprocess.Popen[bytes]]:
        process = self.start("up", "--workers", str(workers), "--port", "18400")
        try:
            self.wait(lambda: "http" in self.running(), 90)
            yield process
        finally:
            self.stop(process)

    @contextmanager
    def database(self, *, broker: bool = False) -> Iterator[dict[str, str]]:
        """The servers alone, without workers and scheduler, while the block lasts; yields where they are found."""
        keep = [sys.executable, "-c", KEEP_SERVERS.format(broker=broker)]
        process = subprocess.Popen(keep, cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout
        assert process.stdin
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(timeout=60)

    def copy(self, folder: Path) -> "Installation":
        """Another installation with all that this one holds; neither may be running."""
        self._copy(self.folder, folder)
        home = folder
        if self.servers != self.folder:
            home = self.servers.with_name(f"loanwatch-{secrets.token_hex(8)}")
            self._copy(self.servers, home)
        (folder / "servers-home").write_text(str(home))
        made = Installation(folder)
        made.env |= {name: value for name, value in self.env.items() if name != "LOANWATCH_STATE"}
        return made

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        subprocess.run(["cp", "-a", str(source), str(target)], check=True)  # the data belong to the servers' account

    def connect(self) -> psycopg2.extensions.connection:
        words, ports = (json.loads((self.folder / f"{name}.json").read_text()) for name in ("secrets", "ports"))
        connection = psycopg2.connect(host="127.0.0.1", port=ports["database"], dbname=DATABASE, user=OWNER, password=words["owner"])
        connection.autocommit = True
        return connection

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer to a question, asked again while the database is coming back. Nothing to fetch: an empty answer."""
        until = time.monotonic() + 60
        while True:
            try:
                connection = self.connect()
                try:
                    with connection.cursor() as cursor:
                        cursor.execute(sql)
                        return cursor.fetchall() if cursor.description else []
                finally:
                    connection.close()
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    @staticmethod
    def wait(true: Callable[[], object], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"not within {seconds} s"
            time.sleep(0.05)


# Every effect of the days. Copies of one book share the ids of its loans and people; what the days themselves number is left out,
# because a number that an attempt drew before it was rolled back is not given again.
EFFECTS = {
    "loans": "SELECT to_jsonb(o) AS row FROM alerts_loanday o",
    "borrowers": "SELECT to_jsonb(o) AS row FROM alerts_borrowerday o",
    "branches": "SELECT to_jsonb(o) - 'id' AS row FROM alerts_branchday o",
    "staff": "SELECT to_jsonb(o) - 'id' AS row FROM alerts_staffday o",
    "states": "SELECT to_jsonb(s) AS row FROM borrowers_loanstate s",
    "nodes": "SELECT to_jsonb(n) - 'id' AS row FROM alerts_nodeday n",
    "rolls": "SELECT to_jsonb(n) - 'id' AS row FROM alerts_noderoll n",
    "alerts": "SELECT rule_id, loan_id, branch_id, concerns_id, level, state, opened_on, cleared_on, due_on, exposure FROM alerts_alert",
    "evidence": """SELECT a.rule_id, a.loan_id, a.branch_id, a.concerns_id, e.as_of, e.level, e.rule_version_id, e."values", e.thresholds
        FROM alerts_alertevidence e JOIN alerts_alert a ON a.id = e.alert_id""",
    "tallies": "SELECT to_jsonb(t) - 'id' AS row FROM alerts_ruletally t",
    "proposals": "SELECT loan_id, as_of, old_class, new_class, state FROM alerts_classproposal",
    "tasks": "SELECT loan_id, kind, due_on, opened_on, state, assigned_to_id FROM inspections_task",
    "deadlines": """SELECT kind, loan_id, bucket, item_id, covenant_id, document_id, guarantor_id, facility_id, due_on, opened_on, closed_on, state, cause,
        responsible_id FROM inspections_deadline""",
    "messages": "SELECT key, kind, business_date, channel, recipient, send_on, body FROM trail_outboxmessage",
    "days": "SELECT business_date, state, checksum FROM trail_businessday",
    # How many messages a day told and took back hangs on what the relay had sent by then; the messages themselves are compared.
    "units": "SELECT business_date, run_version, step, bucket, state, rows_in, CASE WHEN step <> 'tell' THEN rows_out END, checksum FROM trail_rununit",
}


def fingerprint(at: Installation) -> dict[str, tuple[int, str]]:
    """Rows and digest of every table the days write."""
    digest = "SELECT count(*), coalesce(md5(string_agg(q::text, '|' ORDER BY q::text COLLATE \"C\")), '') FROM ({}) q"
    return {name: at.ask(digest.format(sql))[0] for name, sql in EFFECTS.items()}  # type: ignore[misc]


def assert_same_rows(found: Installation, expected: Installation, *, but: tuple[str, ...] = ()) -> None:
    """Every effect of the days, `but` those named, is the same in both, row by row; the servers of both are running. Says which differ."""
    one, other = fingerprint(found), fingerprint(expected)
    told = []
    for name in [name for name in EFFECTS if one[name] != other[name] and name not in but]:
        here, there = ({row for (row,) in at.ask(f"SELECT q::text FROM ({EFFECTS[name]}) q")} for at in (found, expected))
        told.append(f"{name}: {len(here - there)} rows that the twin does not have, {len(there - here)} that only the twin has, such as")
        told += [*sorted(here - there)[:2], *sorted(there - here)[:2]]
    assert not told, "\n".join(told)
