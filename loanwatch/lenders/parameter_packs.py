"""A pack of parameters against what is in force for a lender: compared, proposed and approved in one go under four eyes.

A value of low confidence ships off: it is shown with its source and never applied. To put it in force somebody proposes it by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders import parameters
from loanwatch.lenders.models import Lender, Parameter
from loanwatch.lenders.pack_files import Pack, PackValue
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

SAME, DIFFERS, NEW, WAITS, OFF = "same", "differs", "new", "waits", "off"


@dataclass(frozen=True)
class Line:
    """One value of a pack beside the lender's: in force today, or approved for a later day, and what waits for approval."""

    offered: PackValue
    now: Parameter | None
    later: Parameter | None
    waiting: Parameter | None
    state: str  # same, differs, new (none in force), waits (a proposal does), off (low confidence)


def compare(lender: Lender, pack: Pack, on: date) -> list[Line]:
    """Every value of the pack, in the order of the keys, beside what counts for the lender on `on`. One query."""
    keys = [value.key for value in pack.values]
    rows: dict[str, list[Parameter]] = {}
    for row in Parameter.objects.filter(lender=lender, key__in=keys).order_by("key", "-valid_from", "-id"):
        rows.setdefault(row.key, []).append(row)
    return [_line(value, rows.get(value.key, []), on) for value in pack.values]


def _line(offered: PackValue, rows: list[Parameter], on: date) -> Line:
    waiting = next((row for row in rows if row.proposed_by and not row.approved_by), None)
    approved = [row for row in rows if row is not waiting]
    now = next((row for row in approved if row.valid_from <= on), None)
    later = next((row for row in approved if row.valid_from > on), None)
    newest = later or now
    if newest is not None and newest.value == offered.value:
        state = SAME
    elif offered.ships_off:
        state = OFF
    elif waiting is not None:
        state = WAITS
    else:
        state = DIFFERS if newest else NEW
    return Line(offered, now, later, waiting, state)


@dataclass(frozen=True)
class Result:
    """What became of one of many: `fault` says why nothing was done, empty when it was."""

    key: str
    fault: str = ""


@transaction.atomic
def propose_pack(*, by: Access, lender: Lender, pack: Pack, keys: Sequence[str], valid_from: date) -> list[Result]:
    """Propose the values of the pack with these keys where they differ from what is in force, each for itself, one result a key.

    They count from `valid_from`, or from the pack's own day where that is later, once another person has approved them.
    """
    by.check(Act.PARAMETER_PROPOSE)
    results = []
    wanted = set(keys)
    for line in compare(lender, pack, valid_from):
        key, value = line.offered.key, line.offered
        if key not in wanted:
            continue
        if line.state in (SAME, OFF):
            same = _("This is the value in force already.")
            results.append(Result(key, same if line.state == SAME else _("This value is not confirmed; propose it by hand with a source of your own.")))
            continue
        try:
            with transaction.atomic():
                parameters.propose(
                    by=by, lender=lender, key=key, value=value.value, valid_from=max(valid_from, value.valid_from), source=value.source[:200],
                    confidence=value.confidence,
                )  # fmt: skip
            results.append(Result(key))
        except (Refused, Conflict) as fault:
            results.append(Result(key, str(fault.sentence)))
    record("pack.proposed", by=by, subject=lender, pack=pack.name, keys=[result.key for result in results if not result.fault])
    return results


def approve_many(*, by: Access, lender: Lender, ids: Sequence[int]) -> list[Result]:
    """Approve each of these proposals by itself; what can't be approved stays as it is and says why. Another lender's are not there."""
    by.check(Act.PARAMETER_APPROVE)
    results = []
    for found in parameters.waiting(lender).filter(pk__in=ids):
        try:
            with transaction.atomic():
                parameters.approve(by=by, parameter=found)
            results.append(Result(found.key))
        except (Refused, Conflict) as fault:
            results.append(Result(found.key, str(fault.sentence)))
    return results


@transaction.atomic
def give_pack(lender: Lender, pack: Pack) -> int:
    """Write the confirmed values of a pack for a lender that is being opened, as shipped ones; returns how many differ from before.

    Only before the first day is closed: they count from the pack's own days.
    """
    before = {row.key: row for row in Parameter.objects.filter(~Q(approved_by="") | Q(proposed_by=""), lender=lender).order_by("valid_from", "id")}
    rows = [
        Parameter(lender=lender, key=v.key, value=v.value, valid_from=v.valid_from, source=v.source[:200], confidence=v.confidence)
        for v in pack.applied
        if v.key not in before or before[v.key].value != v.value
    ]
    return len(Parameter.objects.bulk_create(rows))
