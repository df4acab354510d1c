"""Writes docs/states.md from the tables of moves; `--check` fails when the file is behind them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from alerts.backtests.rules import MOVES as BACKTEST
from alerts.cases.rules import MOVES as CASE
from alerts.classification.actions import MOVES as PROPOSAL
from alerts.rulebook.life import MOVES as RULE
from alerts.signals.actions import MOVES as ALERT
from inspections.deadlines.rules import MOVES as DEADLINE
from inspections.findings.rules import MOVES as FINDING
from inspections.planning.rules import MOVES as TASK
from inspections.visits.rules import MOVES as VISIT
from loanwatch.kernel.moves import diagram

PATH = settings.ROOT / "docs" / "states.md"
THINGS = (
    (
        "Alert",
        ALERT,
        "Opened by the day's warn step or by a person's signal; a person who did not submit it closes it. The warn step alone opens a closed "
        "one again, when its rule fires within `alerts.reopen_days`.",
    ),
    ("Case", CASE, "Opened by the day's gather step, or as a cohort by a risk officer; closed when all its alerts are."),
    (
        "Version of a warning rule",
        RULE,
        "Written by risk officers, approved by a credit administrator who neither wrote nor checked it; frozen from `checked` on. The "
        "database itself allows no other move. A version that a newer one replaces is retired from that day.",
    ),
    (
        "Back-test of a warning rule",
        BACKTEST,
        "Asked for by a risk officer; a worker takes it, hands it back at the end of its shift, and ends it. Any risk officer cancels it.",
    ),
    ("Class proposal", PROPOSAL, "Written by the day's propose step when days past due call for another class."),
    (
        "Inspection task",
        TASK,
        "Opened by the day's schedule step. A returned visit makes it the manager's turn again; "
        "it is cancelled when the loan leaves the book.",
    ),
    (
        "Deadline",
        DEADLINE,
        "Opened ahead of its day and closed by the day's schedule step, by the facts alone; opened again when the fact that had closed it "
        "is taken back. `not_applicable` takes two people and is final.",
    ),
    (
        "Inspection (visit)",
        VISIT,
        "Frozen from submission on. The database itself allows no other move, and `verified` only with the confirmed decision "
        "of another person. After a return the next attempt is a new record.",
    ),
    (
        "Finding",
        FINDING,
        "Raised by a person; its owner hands in the remedy, a risk officer who took no part verifies or returns it. The database itself allows "
        "no other move; it places the holds of a blocking finding with the row and lifts them with `verified`, which is final.",
    ),
)


def page() -> str:
    """The whole of docs/states.md."""
    parts = ["# States and moves\n\nWritten by `manage.py state_diagrams` from the tables the code itself moves by; do not edit.\n"]
    parts += [f"## {name}\n\n{words}\n\n```mermaid\n{diagram(moves)}\n```\n" for name, moves, words in THINGS]
    return "\n".join(parts)


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Compare only; exit 1 when the file differs.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            PATH.write_text(page(), encoding="utf-8")
        elif not PATH.exists() or PATH.read_text(encoding="utf-8") != page():
            raise CommandError("docs/states.md is behind the tables of moves. Run: manage.py state_diagrams")
