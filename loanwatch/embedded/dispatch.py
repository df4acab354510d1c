"""Decides what a command needs before the settings are read: services, log-in, settings module; then hands it to Django."""

import contextlib
import os
import sys

from loanwatch.embedded import catalogues, ensure, progress
from loanwatch.embedded.postgres import Postgres
from loanwatch.embedded.state import State

WITHOUT_DATABASE = {"check", "check_translations", "collectstatic", "diffsettings", "down", "findstatic", "help", "spectacular", "version"}
# Everything else works as the worker, which owns nothing.
AS_OWNER = {
    "create_admin", "dbshell", "flush", "grant_roles", "loaddata", "makemigrations", "migrate", "new_lender", "seed_demo", "shell",
    "showmigrations", "sqlmigrate", "up",
}  # fmt: skip
NOT_MIGRATED_FOR = {"dbshell", "flush", "grant_roles", "makemigrations", "migrate", "showmigrations", "sqlmigrate", "status", "up", "watch"}
# Gives settings the right kind of database without a server: nothing listens there, and nothing asks.
NO_SERVER = "postgres://loanwatch@127.0.0.1:1/loanwatch"


def run(argv: list[str]) -> int:
    """Run one command of manage.py; returns its exit status."""
    command = argv[1] if len(argv) > 1 else "help"
    _choose_state(argv)
    state = State.current()
    os.environ["LOANWATCH_PROCESS"] = "owner" if command in AS_OWNER else "worker"
    os.environ.setdefault("LOANWATCH_SETTINGS", _settings_for(command, argv, state))
    os.environ["DJANGO_SETTINGS_MODULE"] = f"loanwatch.settings.{os.environ['LOANWATCH_SETTINGS']}"
    catalogues.compile_outdated()
    with contextlib.ExitStack() as held:
        if not needs_database(command, argv, state):
            if not ensure.external_database():
                os.environ["DATABASE_URL"] = NO_SERVER
            os.environ.setdefault("LOANWATCH_SECRET_KEY", "not-used-by-this-command")
        elif command == "up":
            held.enter_context(_only_one_up(state))
            os.environ.update(held.enter_context(ensure.services(state, broker=True, tell=progress.tell)))
        else:
            embedded = not ensure.external_database()
            os.environ.update(held.enter_context(ensure.services(state)))
            if embedded and command not in NOT_MIGRATED_FOR:
                _migrate_if_missing(state)
        from django.core.management import execute_from_command_line

        try:
            execute_from_command_line(argv)
        except KeyboardInterrupt:
            return 130  # as a shell counts a command that Ctrl-C ended
    return 0


def needs_database(command: str, argv: list[str], state: State) -> bool:
    """Whether this command talks to the database at all."""
    if {"-h", "--help", "--version"} & set(argv[1:]):
        return False
    if command == "status":  # looking must not make an installation where there is none
        return ensure.external_database() or (state.folder / "migrated").exists()
    if command == "watch":  # a database that is down is what it is to tell of: it starts none
        return ensure.external_database() or ensure.keeper_runs(state, Postgres.name)
    return command not in WITHOUT_DATABASE or (command == "check" and "--database" in argv)


def _choose_state(argv: list[str]) -> None:
    for position, word in enumerate(argv):
        if word == "--state" and position + 1 < len(argv):
            os.environ["LOANWATCH_STATE"] = argv[position + 1]
        elif word.startswith("--state="):
            os.environ["LOANWATCH_STATE"] = word.partition("=")[2]


def _settings_for(command: str, argv: list[str], state: State) -> str:
    """A database of one's own means production, except where a demo was begun: what began as a demo stays one."""
    demo_began = (command == "up" and "--demo" in argv) or state.read_running().get("demo", False)
    return "production" if ensure.external_database() and not demo_began else "demo"


def _migrate_if_missing(state: State) -> None:
    from loanwatch.embedded import schema

    if not schema.is_current(state):
        import django

        django.setup()
        schema.bring_up_to_date(state, progress.tell)


@contextlib.contextmanager
def _only_one_up(state: State):
    alone = state.lock("up")
    if not alone.take(wait=False):
        running = state.read_running()
        where = running.get("address", "starting up")
        sys.exit(f"LoanWatch already runs from {state.folder} (process {running.get('pid', 'unknown')}): {where}")
    try:
        yield
    finally:
        alone.release()
