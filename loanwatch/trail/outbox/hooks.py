"""What lies downstream says here whether the cause of its messages still holds; the outbox itself knows no causes."""

from loanwatch.trail.outbox.rules import Recheck

_RECHECKS: dict[str, Recheck] = {}


def recheck_before_sending(kind_prefix: str, recheck: Recheck) -> None:
    """Before messages whose kind begins with `kind_prefix` leave, ask `recheck` which of them must not, and why."""
    _RECHECKS[kind_prefix] = recheck


def gone(kinds: dict[int, str]) -> dict[int, str]:
    """Of messages given as id → kind, those whose cause is gone, each with its reason. One question per prefix."""
    found: dict[int, str] = {}
    for prefix, recheck in _RECHECKS.items():
        if asked := [pk for pk, kind in kinds.items() if kind.startswith(prefix)]:
            found |= recheck(asked)
    return found
