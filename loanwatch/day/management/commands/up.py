"""`manage.py up`: everything of one installation in the foreground of one terminal."""

import os
import sys
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from loanwatch.embedded import ensure, processes, schema
from loanwatch.embedded.progress import tell
from loanwatch.embedded.state import ROOT, State, is_free
from loanwatch.embedded.supervisor import GaveUp, Supervisor
from loanwatch.lenders.models import Lender
from loanwatch.trail.models import BusinessDay

DEMO_LOGINS = ("manager", "officer", "head", "credit", "agent", "auditor", "sysadmin", "borrower")


class Command(BaseCommand):
    help = "Starts database, broker, workers, scheduler, relay and web in the foreground; Ctrl-C stops them all."
    requires_system_checks: list[str] = []  # `make check` runs them; a start should not take their seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="fill an empty database with the demo book")
        parser.add_argument("--port", type=int, default=8000, help="port of the pages on 127.0.0.1; the next free one when it is taken")
        parser.add_argument("--state", help="state folder (default .loanwatch, or what LOANWATCH_STATE says)")
        parser.add_argument("--workers", type=int, default=1, help="worker processes")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same demo book")
        parser.add_argument("--loans", type=int, default=2000, help="loans in the demo book")

    def handle(self, *, demo: bool, port: int, workers: int, seed: int, loans: int, **_: Any) -> None:
        self.state = State.current()
        self.supervisor = Supervisor(self.state, tell)
        self.demo, self.port = demo, next_free_port(port)
        self.address = f"http://127.0.0.1:{self.port}/"
        self._write_down("starting up")
        try:
            self._prepare()
            seed_first = demo and not Lender.objects.exists()
            connections.close_all()
            self._start_processes(workers)
            if seed_first:
                self._seed(seed, loans)
            if self.supervisor.watch(lambda: processes.web_answers(self.port)):
                self._ready()
                if demo and self.supervisor.watch(self._history_is_closed):
                    self._let_people_act()
                self.supervisor.watch(self._a_server_is_gone)
        except GaveUp as reason:
            raise CommandError(str(reason)) from None
        finally:
            self.supervisor.stop()
            tell("Stopping broker and database")

    def _prepare(self) -> None:
        if "database" in ensure.in_use:
            schema.bring_up_to_date(self.state, tell)
        else:
            tell("Migrating the database")
            schema.migrate()
        if hasattr(staticfiles_storage, "manifest_name"):
            tell("Collecting the static files")
            call_command("collectstatic", interactive=False, verbosity=0)

    def _start_processes(self, workers: int) -> None:
        tell("Starting workers, scheduler, relay and web")
        for number in range(1, workers + 1):
            self.supervisor.start(f"worker{number}", processes.worker(number), LOANWATCH_PROCESS="worker", **processes.QUIET)
        self.supervisor.start("scheduler", processes.scheduler(self.state), LOANWATCH_PROCESS="worker")
        self.supervisor.start("relay", processes.relay(), LOANWATCH_PROCESS="worker")
        self.supervisor.start("web", processes.web(self.port), LOANWATCH_PROCESS="web")

    def _seed(self, seed: int, loans: int) -> None:
        tell(f"Making the demo book: {loans} loans from seed {seed}")
        status = self.supervisor.run(
            "demo", [sys.executable, str(ROOT / "manage.py"), "seed_demo", "--seed", str(seed), "--loans", str(loans)]
        )
        if status:
            raise CommandError("The demo book could not be made; the reason stands above.")

    def _ready(self) -> None:
        self._write_down(self.address)
        self._ring()
        tell(f"ready: {self.address}")
        if self.demo:
            self.stdout.write(
                f"\n  Open {self.address} and log in as {', '.join(DEMO_LOGINS[:-1])} or {DEMO_LOGINS[-1]};"
                "\n  each has a colleague in another branch: manager2, officer2, head2 and so on."
                f"\n  The password of all of them: {self.state.secrets()['demo_password']}"
                "\n  The book's history is being closed day by day in the background; the pages say how far it is."
                "\n  Ctrl-C stops everything. What you did is there again at the next start.\n"
            )
            self.stdout.flush()

    def _history_is_closed(self) -> bool:
        self._a_server_is_gone()
        try:
            return not BusinessDay.objects.filter(state__in=["due", "closing"]).exists()
        except DatabaseError:  # its keeper is starting it again
            connections.close_all()
            return False

    def _let_people_act(self) -> None:
        """The people of the demo book answer the alerts of its past, once: a desk without any handled alert shows little."""
        connections.close_all()
        self.supervisor.run("acts", [sys.executable, str(ROOT / "manage.py"), "seed_demo_acts"])

    def _ring(self) -> None:
        """The first tick at once. Losing it costs the scheduler's interval and no more."""
        from loanwatch.celery import app

        try:
            app.send_task("loanwatch.day.tasks.tick", retry=False)
        except Exception as failed:  # whatever the broker's client raises
            tell(f"The workers could not be rung ({failed}); the scheduler will do it")

    def _a_server_is_gone(self) -> bool:
        """Ends the watch for good when a server's keeper has given up; short of that the keeper mends it."""
        gone = [name for name in sorted(ensure.in_use) if not ensure.keeper_runs(self.state, name)]
        if gone:
            raise GaveUp(f"The {gone[0]} is gone and cannot be started again; see {self.state.logs / gone[0]}.log")
        return False

    def _write_down(self, address: str) -> None:
        facts = {"pid": os.getpid(), "address": address, "demo": self.demo, "processes": self.supervisor.facts()}
        self.state.write_running(facts)


def next_free_port(wanted: int) -> int:
    """`wanted`, or the next port after it that nobody listens on."""
    port = next(number for number in range(wanted, 65536) if is_free(number))
    if port != wanted:
        tell(f"Port {wanted} is taken; using {port}")
    return port
