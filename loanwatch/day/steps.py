"""The steps of a business day in their order: the one place that imports them all. The ledger knows their names only."""

from collections.abc import Callable
from typing import Any

from django.db.backends.utils import CursorWrapper

from alerts.classification.propose import propose
from alerts.observation.observe import observe
from alerts.observation.rollup import observe_branches, roll_up
from alerts.signals.warn import BRANCH, LOAN, warn
from borrowers.loans.allocation import allocate
from inspections.planning.actions import schedule_tasks
from loanwatch.day.notices import tell
from loanwatch.lenders.models import Lender
from loanwatch.trail.ledger import Unit


def _schedule(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    return schedule_tasks(cursor, key, lender)


# name, cut by bucket, what it does. A step begins when every unit of the one before is done.
STEPS: list[tuple[str, bool, Callable[[CursorWrapper, dict[str, Any], Lender], int]]] = [
    ("allocate", True, allocate),
    ("observe", True, observe),
    ("observe_branches", False, lambda cursor, key, lender: observe_branches(cursor, key)),
    ("warn", True, lambda cursor, key, lender: warn(cursor, key, LOAN, lender)),
    ("warn_branches", False, lambda cursor, key, lender: warn(cursor, key, BRANCH, lender)),
    ("propose", True, lambda cursor, key, lender: propose(cursor, key)),
    ("schedule", True, _schedule),
    ("tell", True, tell),
    ("roll_up", False, lambda cursor, key, lender: roll_up(cursor, key)),
]
PLAN = [(name, cut) for name, cut, _ in STEPS]
_BY_NAME = {name: do for name, _, do in STEPS}


def do(unit: Unit) -> None:
    """Do one claimed unit: all its effects and its completion in one transaction."""
    lender = Lender.objects.get(pk=unit.lender_id)
    with unit.effects() as cursor:
        unit.count(rows_out=_BY_NAME[unit.step](cursor, unit.key, lender))
