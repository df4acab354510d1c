"""Where a branch lies in the dated tree, how it moves, and the tree as a list. `tree.py` opens branches."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q

from loanwatch.kernel.policy import Conflict
from loanwatch.people.models import Branch, BranchReach

# A branch hangs below one that ranks higher.
RANK = {Branch.Kind.HEAD_OFFICE: 0, Branch.Kind.REGION: 1, Branch.Kind.BRANCH: 2, Branch.Kind.SUB_BRANCH: 3}


def reach_on(on: date) -> Q:
    """The rows of the closure in force on `on`."""
    return Q(from_on__lte=on) & (Q(to_on__isnull=True) | Q(to_on__gt=on))


def may_hang_below(kind: str, parent: Branch | None) -> bool:
    """Whether a branch of `kind` may lie directly below `parent`; only a head office has none."""
    if parent is None:
        return kind == Branch.Kind.HEAD_OFFICE
    return RANK[Branch.Kind(parent.kind)] < RANK[Branch.Kind(kind)]


@transaction.atomic
def move_branch(*, branch: Branch, parent: Branch, on: date) -> None:
    """`branch` and all below it hang below `parent` from `on`; before that day the tree stays what it was.

    Raises Conflict when `parent` lies below `branch`, or when a later change of its place is already recorded.
    """
    list(
        Branch.objects.select_for_update().filter(lender=branch.lender_id).order_by("pk").values_list("pk")
    )  # one change of a tree at a time
    below = dict(BranchReach.objects.filter(ancestor=branch, to_on__isnull=True).values_list("descendant_id", "depth"))
    if parent.pk in below:
        raise Conflict(f"{parent} lies below {branch}; a branch can't be moved under itself.", code="BRANCH_UNDER_ITSELF")
    above = BranchReach.objects.filter(descendant_id__in=below, to_on__isnull=True).exclude(ancestor_id__in=below)
    if above.filter(from_on__gt=on).exists():
        raise Conflict(f"A later change of the place of {branch} is already recorded.", code="BRANCH_MOVED_LATER")
    above.filter(from_on=on).delete()  # it never came into force
    above.update(to_on=on)
    over = list(BranchReach.objects.filter(descendant=parent, to_on__isnull=True).values_list("ancestor_id", "depth"))
    BranchReach.objects.bulk_create(
        BranchReach(ancestor_id=ancestor, descendant_id=moved, depth=up + 1 + down, from_on=on)
        for moved, down in below.items()
        for ancestor, up in over
    )


def parent_of(branch: Branch, on: date) -> Branch | None:
    """The branch directly above on `on`."""
    place = BranchReach.objects.filter(reach_on(on), descendant=branch, depth=1).select_related("ancestor").first()
    return place.ancestor if place else None


def in_tree_order(branches: Iterable[Branch], on: date) -> list[tuple[Branch, int]]:
    """`branches` with how deep each lies below the topmost of them, parents before children, siblings by code."""
    known = {branch.pk: branch for branch in branches}
    parents = dict(BranchReach.objects.filter(reach_on(on), descendant_id__in=known, depth=1).values_list("descendant_id", "ancestor_id"))
    children: dict[int | None, list[Branch]] = {}
    for branch in sorted(known.values(), key=lambda b: (b.lender_id, b.code)):
        parent = parents.get(branch.pk)
        children.setdefault(parent if parent in known else None, []).append(branch)
    found: list[tuple[Branch, int]] = []
    waiting = [(branch, 0) for branch in reversed(children.get(None, []))]
    while waiting:
        branch, depth = waiting.pop()
        found.append((branch, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(branch.pk, []))]
    return found
