"""Opens branches and keeps the closure of their tree. Moving a branch is another door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, BranchReach

HEAD_OFFICE = "HO"

REACH = """
INSERT INTO people_branchreach (ancestor_id, descendant_id, depth, from_on, to_on)
SELECT b.id, b.id, 0, %(on)s, NULL::date FROM people_branch b WHERE b.lender_id = %(lender)s AND b.code = ANY(%(codes)s)
UNION ALL
SELECT up.ancestor_id, child.id, up.depth + 1, %(on)s, NULL::date
FROM unnest(%(codes)s, %(parents)s) AS n (code, parent)
JOIN people_branch child ON child.lender_id = %(lender)s AND child.code = n.code
JOIN people_branch parent ON parent.lender_id = %(lender)s AND parent.code = n.parent
JOIN people_branchreach up ON up.descendant_id = parent.id AND up.to_on IS NULL
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class NewBranch:
    """A branch to open; `parent` is the code of the branch it belongs to, empty for the head office alone."""

    code: str
    name: str
    kind: str  # Branch.Kind
    parent: str = HEAD_OFFICE


def open_head_office(lender: Lender, *, name: str, on: date) -> Branch:
    """The root of a lender's tree, code `HO`."""
    open_branches(lender, [NewBranch(HEAD_OFFICE, name, Branch.Kind.HEAD_OFFICE, parent="")], on=on)
    return Branch.objects.get(lender=lender, code=HEAD_OFFICE)


def open_branch(lender: Lender, *, code: str, name: str, kind: str, parent: str = HEAD_OFFICE, on: date) -> Branch:
    """One branch below `parent` from `on` on; one that is there already stays as it is.

    Raises Branch.DoesNotExist when there is no such parent.
    """
    open_branches(lender, [NewBranch(code, name, kind, parent)], on=on)
    return Branch.objects.get(lender=lender, code=code)


@transaction.atomic
def open_branches(lender: Lender, rows: Sequence[NewBranch], *, on: date) -> int:
    """Any number of branches, parents before or after their children; returns how many are new.

    A code that is there already stays as and where it is. The branches lie below their parents from `on` on. Raises
    Branch.DoesNotExist when a parent is neither there nor among `rows`.
    """
    there = set(Branch.objects.filter(lender=lender).values_list("code", flat=True))
    waiting = {row.code: row for row in rows if row.code not in there}
    opened = 0
    while waiting:
        now = [row for row in waiting.values() if not row.parent or row.parent in there]
        if not now:
            missing = next(iter(waiting.values()))
            raise Branch.DoesNotExist(
                f"{lender.code} has no branch {missing.parent}, to which {missing.code} is to belong. Nothing was opened."
            )
        Branch.objects.bulk_create(
            [Branch(lender=lender, code=r.code, name=r.name, kind=r.kind, opened_on=on) for r in now], ignore_conflicts=True
        )
        with connection.cursor() as cursor:
            cursor.execute(REACH, {"lender": lender.pk, "on": on, "codes": [r.code for r in now], "parents": [r.parent for r in now]})
        there |= {row.code for row in now}
        waiting = {code: row for code, row in waiting.items() if code not in there}
        opened += len(now)
    return opened


def reach_of(branch: Branch, on: date) -> list[int]:
    """Ids of the branches at or below `branch` on `on`."""
    rows = BranchReach.objects.filter(ancestor=branch, from_on__lte=on).exclude(to_on__lte=on)
    return sorted(rows.values_list("descendant_id", flat=True))
