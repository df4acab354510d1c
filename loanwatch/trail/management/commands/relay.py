"""`manage.py relay`: hands the messages of the outbox to their channels, until it is stopped."""

import json
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from loanwatch.trail.outbox.relay import Relay, outbox_ages


class Command(BaseCommand):
    help = "Sends the messages of the outbox until it is stopped; any number of processes may run it. --once ends when nothing is left to send now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing can be sent now")
        parser.add_argument("--json", action="store_true", help="with --once: print one JSON object")

    def handle(self, *, once: bool, json: bool, **_: Any) -> None:
        relay = Relay()
        self.told_to_stop = False
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self._stop_soon)
        if not once:
            relay.run(lambda: self.told_to_stop)
            return
        handled = 0
        while not self.told_to_stop and (done := relay.turn()):
            handled += done
        self._tell({"handled": handled, **outbox_ages()}, json)

    def _stop_soon(self, *_: Any) -> None:
        """The message in hand is finished first; a second signal changes nothing."""
        self.told_to_stop = True

    def _tell(self, answer: dict[str, Any], as_json: bool) -> None:
        left = f"{answer['outbox_waiting']} wait, {answer['outbox_uncertain']} are uncertain, {answer['outbox_failed']} failed"
        self.stdout.write(json.dumps(answer) if as_json else f"{answer['handled']} messages were taken in hand; {left}.")
