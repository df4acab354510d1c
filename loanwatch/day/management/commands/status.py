"""`manage.py status`: what runs, and how far the work is."""

import importlib
import importlib.util
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from loanwatch.embedded.broker import Broker
from loanwatch.embedded.dispatch import NO_SERVER
from loanwatch.embedded.locks import held_alone
from loanwatch.embedded.postgres import Postgres
from loanwatch.embedded.state import State


class Command(BaseCommand):
    help = "Says what runs from this state folder and how far the work is: days, units, exceptions, quarantine, ages."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument("--state", help="state folder (default .loanwatch, or what LOANWATCH_STATE says)")

    def handle(self, *, json: bool, **_: Any) -> None:
        facts = running() | ledger()
        self.stdout.write(as_json(facts) if json else "\n".join(f"{name}: {value}" for name, value in facts.items()))


def running() -> dict[str, Any]:
    """Whether an `up` runs, its address and processes; and which servers run, for whomever."""
    state = State.current()
    up = held_alone(state.lock_path("up"))
    noted = state.read_running() if up else {}
    servers = [{"name": server.name, "pid": server.pid()} for server in (Postgres(state), Broker(state)) if _is_kept(state, server.name)]
    return {
        "state": str(state.folder),
        "running": up,
        "pid": noted.get("pid"),
        "address": noted.get("address"),
        "processes": servers + noted.get("processes", []),
    }


def ledger() -> dict[str, Any]:
    """The day's own summary; empty where there is no database yet."""
    if settings.OWNER_URL == NO_SERVER or not importlib.util.find_spec("loanwatch.day.status"):
        return {}
    return importlib.import_module("loanwatch.day.status").summary()


def as_json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, default=str, ensure_ascii=False)


def _is_kept(state: State, name: str) -> bool:
    return held_alone(state.lock_path(f"{name}-keeper"))
