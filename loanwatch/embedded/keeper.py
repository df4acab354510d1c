"""One process beside each embedded server: starts it, starts it again when it is killed, stops it when nobody uses it.

Whoever uses the server holds a shared lock (see `ensure`). The keeper goes on trying to get the same lock for itself; when it
gets it, the last user is gone, however it ended, and the server is stopped.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from loanwatch.embedded import account
from loanwatch.embedded.broker import Broker
from loanwatch.embedded.locks import wait_until
from loanwatch.embedded.postgres import Postgres
from loanwatch.embedded.state import State

LOOK_EVERY = 0.1  # seconds
CRASHES_ALLOWED, CRASH_WINDOW = 5, 60.0  # restarts, seconds


class Keeper:
    """Runs `server` from the first user to the last."""

    process: subprocess.Popen

    def __init__(self, server: Postgres | Broker) -> None:
        self.server = server
        self.log = server.state.open_log(server.name)
        self.told_to_stop = False
        signal.signal(signal.SIGTERM, self._stop_soon)

    def _stop_soon(self, *_) -> None:
        self.told_to_stop = True

    def start(self) -> None:
        """Start the server and wait until it answers. SystemExit with a sentence when it does not."""
        server = self.server
        server.prepare()
        self.process = account.start_as_server(server.command(), log=self.log, dies_with_parent=server.parent_died)
        answered = wait_until(lambda: self.process.poll() is not None or server.is_ready(self.process), server.start_seconds)
        if self.process.poll() is not None or not answered:
            self.stop()
            raise SystemExit(f"The {server.name} did not start; the reason is in {self.log.name}")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.server.stop_with)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()

    def keep(self) -> None:
        """Until the last user is gone: look after the server. SystemExit when it keeps falling over."""
        users = self.server.state.lock(f"{self.server.name}-users")
        crashes: list[float] = []
        while not self.told_to_stop and not users.take(wait=False):
            if self.process.poll() is not None:
                now = time.monotonic()
                crashes = [then for then in crashes if now - then < CRASH_WINDOW] + [now]
                self.note(f"the {self.server.name} ended with status {self.process.returncode}; starting it again")
                if len(crashes) > CRASHES_ALLOWED:
                    raise SystemExit(f"The {self.server.name} fell over {len(crashes)} times in {CRASH_WINDOW:.0f} seconds.")
                time.sleep(0.2 * 2 ** (len(crashes) - 1))
                try:
                    self.start()
                except SystemExit as failed:
                    self.note(str(failed))  # counts as a crash at the next look
            time.sleep(LOOK_EVERY)
        self.stop()

    def note(self, sentence: str) -> None:
        self.log.write(f"keeper: {sentence}\n".encode())


def main(name: str, folder: str, *options: str) -> None:
    """Tell the starter 'ready' or the reason on standard output, then go on alone."""
    state = State(Path(folder))
    server = Postgres(state, durable="--not-durable" not in options) if name == Postgres.name else Broker(state)
    alive = state.lock(f"{name}-keeper")
    alive.take()
    keeper = Keeper(server)
    try:
        keeper.start()
    except SystemExit as failed:
        print(failed, flush=True)
        raise
    print("ready", flush=True)
    os.dup2(keeper.log.fileno(), sys.stdout.fileno())
    try:
        keeper.keep()
    except SystemExit as failed:
        keeper.note(str(failed))
    # Given back before the users' lock: whoever waits for that one then sees that no keeper is left.
    alive.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
