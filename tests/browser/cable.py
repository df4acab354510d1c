"""The way between a phone and the server: a relay on a port of its own, which can be cut at any moment and after any number of bytes."""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class Cable:
    """Listens on `address`; passes on what comes to the server at `target` while it is plugged in."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.plugged = True
        self.sent = 0  # bytes towards the server since the cable was plugged in last
        self.cut_after: int | None = None
        self.open: set[socket.socket] = set()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._welcome, daemon=True).start()

    def unplug(self) -> None:
        """From now on nobody is reached, and whoever was in the middle of a word is cut off."""
        self.plugged = False
        for one in list(self.open):
            self._close(one)

    def plug_in(self, cut_after: int | None = None) -> None:
        """Reachable again; `cut_after` bytes towards the server it breaks once more."""
        self.sent, self.cut_after, self.plugged = 0, cut_after, True

    def close(self) -> None:
        self.unplug()
        self.door.close()

    def _welcome(self) -> None:
        while True:
            try:
                near, _ = self.door.accept()
            except OSError:
                return
            if not self.plugged:
                self._close(near)
                continue
            try:
                far = socket.create_connection(self.target, timeout=5)
                far.settimeout(None)
            except OSError:
                self._close(near)
                continue
            self.open |= {near, far}
            threading.Thread(target=self._pass_on, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(far, near, False), daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket, out: bool) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                if out:
                    self.sent += len(data)
                    if self.cut_after is not None and self.sent > self.cut_after:
                        self.unplug()
                        break
                there.sendall(data)
        self._close(here)
        self._close(there)

    def _close(self, one: socket.socket) -> None:
        self.open.discard(one)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
