"""The account the servers run as. PostgreSQL refuses root; root lends its servers to an account that owns nothing else."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The unprivileged account for servers when we are root; None when we are an ordinary user ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise SystemExit("PostgreSQL does not run as root, and this machine has no account 'nobody'. Start LoanWatch as an ordinary user.")


def give(path: Path) -> None:
    """Make the servers' account the owner of `path`."""
    if account := server_account():
        os.chown(path, account.uid, account.gid)


def can_enter(folder: Path) -> bool:
    """Whether the servers' account reaches `folder`; asked by trying, which also sees access lists and mount options."""
    folder.mkdir(parents=True, exist_ok=True)
    return run_as_server(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0


def can_run(program: Path) -> bool:
    """Whether the servers' account may execute `program` where it lies."""
    try:
        return run_as_server([str(program), "--version"]).returncode == 0
    except PermissionError:
        return False


def run_as_server(command: list[str], **more) -> subprocess.CompletedProcess:
    """Run a program to its end as the servers' account, in a clean environment; output is captured as text."""
    return subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **_conditions(), **more)


def start_as_server(command: list[str], *, log, dies_with_parent: signal.Signals) -> subprocess.Popen:
    """Start a server as the servers' account, away from the terminal's Ctrl-C; it gets the signal when this process dies."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        start_new_session=True, preexec_fn=lambda: die_with_parent(dies_with_parent), **_conditions(),
    )  # fmt: skip


def die_with_parent(how: signal.Signals) -> None:
    """For a child between fork and exec: ask Linux to send it this signal when its parent dies. Elsewhere nothing is done."""
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, int(how))


def _conditions() -> dict:
    account = server_account()
    dropped = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    return {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}, **dropped}
