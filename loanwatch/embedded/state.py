"""The state folder: secrets, ports, locks, logs and, where the servers' account can reach it, their data."""

import json
import os
import secrets
import socket
import tempfile
from pathlib import Path

from loanwatch.embedded import account
from loanwatch.embedded.locks import Lock

ROOT = Path(__file__).resolve().parent.parent.parent
WELL_KNOWN_PORTS = {5432, 6379}  # a server of the machine's own is expected there
EASY_TO_READ = "abcdefghjkmnpqrstuvwxyz23456789"


class State:
    """One installation's folder. Nothing of it is shared with another folder, so several can run side by side."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).resolve()
        self.logs = self.folder / "logs"

    @classmethod
    def current(cls) -> "State":
        return cls(Path(os.environ.get("LOANWATCH_STATE") or ROOT / ".loanwatch"))

    def lock(self, name: str) -> Lock:
        return Lock(self.lock_path(name))

    def lock_path(self, name: str) -> Path:
        return self.folder / "locks" / name

    def open_log(self, name: str):
        self.logs.mkdir(parents=True, exist_ok=True)
        return (self.logs / f"{name}.log").open("ab", buffering=0)

    # --- what is made once and kept ---

    def secrets(self) -> dict[str, str]:
        """Passwords and keys, made at the first start; one file that only its owner reads."""
        path = self.folder / "secrets.json"
        with self.lock("secrets").alone():
            if not path.exists():
                names = ("secret_key", "superuser", "owner", "web", "worker", "broker")
                made = {name: secrets.token_urlsafe(32) for name in names}
                made["demo_password"] = "-".join("".join(secrets.choice(EASY_TO_READ) for _ in range(4)) for _ in range(3))
                _write_private(path, json.dumps(made, indent=1))
            return json.loads(path.read_text())

    def port(self, name: str) -> int:
        """The port kept for `name`: the one of last time while it is free, else a new free one."""
        path = self.folder / "ports.json"
        with self.lock("ports").alone():
            kept = json.loads(path.read_text()) if path.exists() else {}
            if not is_free(kept.get(name, 0)):
                kept[name] = free_port(besides=set(kept.values()))
                _write_private(path, json.dumps(kept))
            return kept[name]

    def kept_port(self, name: str) -> int:
        """The port written down by the process that runs `name`."""
        return json.loads((self.folder / "ports.json").read_text())[name]

    def servers_home(self) -> Path:
        """The folder of the servers' data: the state folder itself, or, where the servers' account cannot enter it, one elsewhere.

        The place is written down, so that a restart finds the same data. No folder of the user is opened to others.
        """
        note = self.folder / "servers-home"
        with self.lock("servers-home").alone():
            if not note.exists():
                note.write_text(str(self.folder if account.can_enter(self.folder) else _folder_elsewhere(self.folder)))
            return Path(note.read_text())

    # --- what `up` tells others while it runs ---

    def read_running(self) -> dict:
        """What the last `up` wrote about itself: pid, address, demo, services. Empty when none ever ran."""
        path = self.folder / "running.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def write_running(self, facts: dict) -> None:
        _write_private(self.folder / "running.json", json.dumps(facts))


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1; 0 is never free."""
    if not port:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(besides: set[int]) -> int:
    """A port nobody listens on, never one of the well-known ones nor of `besides`."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in besides | WELL_KNOWN_PORTS:
            return port


def _folder_elsewhere(state: Path) -> Path:
    # /var/lib outlives a restart of the machine and is not swept; the others are for machines where it cannot be written.
    for parent in (Path("/var/lib/loanwatch"), Path("/var/tmp"), Path(tempfile.gettempdir())):  # noqa: S108  private random name below
        try:
            parent.mkdir(mode=0o711, exist_ok=True)
            home = parent / f"loanwatch-{secrets.token_hex(8)}"
            home.mkdir(mode=0o711)
        except OSError:
            continue
        if account.can_enter(home):
            (home / "belongs-to").write_text(f"{state}\n")
            return home
    raise SystemExit(
        f"The servers run as an account of their own, not as root, and it can enter neither {state} "
        "nor /var/lib, /var/tmp or the temporary folder. Set LOANWATCH_STATE to a folder that others can enter."
    )


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    draft.replace(path)
