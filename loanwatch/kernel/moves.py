"""State moves: one table per kind of thing says which state may follow which."""

from collections.abc import Mapping, Set
from typing import Any

from loanwatch.kernel.policy import Conflict


def may_move(moves: Mapping[str, Set[str]], old: str, new: str) -> bool:
    return new in moves.get(old, frozenset())


def move(moves: Mapping[str, Set[str]], thing: Any, new: str) -> None:
    """Set `thing.state` to `new`, without saving. Raises Conflict when the table has no such move."""
    if not may_move(moves, thing.state, new):
        raise Conflict(f"{thing} is {thing.state}; it can't become {new} from there.", code="STATE_MOVE")
    thing.state = new


def diagram(moves: Mapping[str, Set[str]]) -> str:
    """The table as a Mermaid state diagram, for docs/."""
    lines = [f"    {old} --> {new}" for old, news in moves.items() for new in sorted(news)]
    return "\n".join(["stateDiagram-v2", *lines])
