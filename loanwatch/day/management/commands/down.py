"""`manage.py down`: stops a running `up` of the same state folder."""

import os
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from loanwatch.embedded.locks import held_alone, wait_until
from loanwatch.embedded.state import State

SECONDS = 90  # workers finish the unit in hand, the database writes its last checkpoint


class Command(BaseCommand):
    help = "Stops the LoanWatch that runs from this state folder."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--state", help="state folder (default .loanwatch, or what LOANWATCH_STATE says)")

    def handle(self, **_: Any) -> None:
        state = State.current()
        lock = state.lock_path("up")
        if not held_alone(lock):
            self.stdout.write(f"Nothing runs from {state.folder}.")
            return
        os.kill(state.read_running()["pid"], signal.SIGTERM)
        if not wait_until(lambda: not held_alone(lock), SECONDS):
            raise CommandError(f"It has not stopped within {SECONDS} seconds; see the logs in {state.logs}.")
        self.stdout.write("Stopped.")
