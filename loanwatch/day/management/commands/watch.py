"""`manage.py watch`: the dead man's switch. Looks once, for a timer of the system, or again and again in a container."""

import contextlib
import json as js
import os
import time
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from loanwatch.trail import ledger
from loanwatch.watch.checks import alarms
from loanwatch.watch.switch import Told, look


class Command(BaseCommand):
    help = (
        "Looks whether the day was closed in time and whether scheduler, workers, outbox and feeds are heard of; tells by mail, webhook and "
        "on standard error what is wrong, each alarm at most once an hour, and when it is over. Exit status 1 while something is wrong."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="look again and again, until stopped")
        parser.add_argument("--every", type=int, default=60, metavar="SECONDS", help="with --loop: seconds between two looks (60)")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument("--state", help="state folder (default .loanwatch, or what LOANWATCH_STATE says)")

    def handle(self, *, loop: bool, every: int, json: bool, **_: Any) -> None:
        if every < 1:
            raise CommandError("--every must be at least one second.", returncode=2)
        os.environ.setdefault("PGCONNECT_TIMEOUT", "10")  # a database host that swallows packets must not silence the watch
        while True:
            told = self._look()
            if json:
                self.stdout.write(js.dumps(report(told), ensure_ascii=False))
                self.stdout.flush()
            if not loop:
                break
            connection.close()  # the next look must not find a connection that died meanwhile
            time.sleep(every)
        if told.standing:
            raise SystemExit(1)

    def _look(self) -> Told:
        told = look(alarms(), datetime.now(UTC))
        for line in [*told.text.splitlines(), *told.unsent]:
            self.stderr.write(line)
        with contextlib.suppress(DatabaseError):
            ledger.beat("watch")  # so that /metrics shows whether anybody watches
        return told


def report(told: Told) -> dict[str, Any]:
    """{ok, alarms: [{key, sentence, told}], over, unsent}; `told`: whether this look told it."""
    now = {alarm.key for alarm in told.tell}
    return {
        "ok": not told.standing,
        "alarms": [{"key": alarm.key, "sentence": alarm.sentence, "told": alarm.key in now} for alarm in told.standing],
        "over": told.over,
        "unsent": told.unsent,
    }
