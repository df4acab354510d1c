"""The steps of a business day in their order: the one place that imports them all. The ledger knows their names only."""

from collections.abc import Callable
from typing import Any

from django.db.backends.utils import CursorWrapper

from alerts.cases.gather import gather
from alerts.classification.propose import propose
from alerts.observation.observe import observe
from alerts.observation.rollup import observe_branches, roll_up
from alerts.observation.staff import observe_staff
from alerts.rulebook.actions import words_of_the_day
from alerts.signals.escalation import escalate
from alerts.signals.warn import BORROWER, BRANCH, LOAN, STAFF, hear, warn
from borrowers.feeds.receive import receive
from borrowers.loans.allocation import allocate
from inspections.deadlines.schedule import schedule_deadlines
from inspections.evidence.actions import examine_of_the_day
from inspections.findings.reminding import remind_findings
from inspections.planning.schedule import schedule_tasks
from inspections.sampling.actions import draw_of_the_day
from loanwatch.day import checksums
from loanwatch.day.notices import tell
from loanwatch.lenders.models import Lender
from loanwatch.trail.ledger import Unit


def _schedule(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    return schedule_tasks(cursor, key, lender) + schedule_deadlines(cursor, key, lender)


def _warn_branches(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    words_of_the_day(cursor, lender, key["day"])
    return warn(cursor, key, BRANCH, lender) + warn(cursor, key, STAFF, lender)


# name, cut by bucket, what it does. A step begins when every unit of the one before is done.
STEPS: list[tuple[str, bool, Callable[[CursorWrapper, dict[str, Any], Lender], int]]] = [
    ("receive", False, receive),
    ("allocate", True, allocate),
    ("observe", True, observe),
    ("observe_branches", False, lambda cursor, key, lender: observe_branches(cursor, key)),
    ("observe_staff", False, observe_staff),
    ("warn", True, lambda cursor, key, lender: warn(cursor, key, LOAN, lender) + warn(cursor, key, BORROWER, lender) + hear(cursor, key, lender)),
    ("warn_branches", False, _warn_branches),
    ("gather", False, gather),
    ("escalate", False, lambda cursor, key, lender: escalate(cursor, key, lender) + remind_findings(cursor, key, lender)),
    ("propose", True, lambda cursor, key, lender: propose(cursor, key)),
    ("schedule", True, _schedule),
    ("examine", False, examine_of_the_day),
    ("draw", False, draw_of_the_day),  # after the evidence guard: what it noticed raises the share
    ("tell", True, tell),
    ("roll_up", False, lambda cursor, key, lender: roll_up(cursor, key)),
]
PLAN = [(name, cut) for name, cut, _ in STEPS]
_BY_NAME = {name: do for name, _, do in STEPS}


def run(cursor: CursorWrapper, step: str, key: dict[str, Any], lender: Lender) -> int:
    """Run a step by its name; returns the rows it wrote. A night, a catch-up, a repair and a re-run all come through here."""
    return _BY_NAME[step](cursor, key, lender)


def do(unit: Unit) -> None:
    """Do one claimed unit: all its effects, what they add up to, and its completion in one transaction."""
    lender = Lender.objects.get(pk=unit.lender_id)
    with unit.effects() as cursor:
        written = run(cursor, unit.step, unit.key, lender)
        rows, unit.checksum = checksums.of_unit(cursor, unit.step, unit.key)
        unit.count(rows_in=rows, rows_out=written)
