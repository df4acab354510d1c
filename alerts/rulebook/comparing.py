"""Two versions of a rule side by side: the text line by line, and every other thing that changed. Pure."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

KEPT, GONE, NEW = "kept", "gone", "new"
COMPARED = ("name", "why", "look_at", "basis", "handling_days", "products", "segments", "branches", "cure_days", "hold_days", "confidence")


@dataclass(frozen=True)
class TextLine:
    """One line: kept, gone (of the older text only) or new (of the newer only), with its number in each text."""

    kind: str
    old: int | None
    new: int | None
    text: str


def text_lines(old: str, new: str) -> list[TextLine]:
    """Both texts as one, line by line. Blanks at the end of a line count for nothing."""
    return list(_lines([line.rstrip() for line in old.splitlines()], [line.rstrip() for line in new.splitlines()]))


def _lines(old: list[str], new: list[str]) -> Iterator[TextLine]:
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (TextLine(KEPT, a + n + 1, c + n + 1, line) for n, line in enumerate(old[a:b]))
        else:
            yield from (TextLine(GONE, n + 1, None, old[n]) for n in range(a, b))
            yield from (TextLine(NEW, None, n + 1, new[n]) for n in range(c, d))


def changed(old: Any, new: Any, rule: Any) -> list[tuple[str, Any, Any]]:
    """What else differs between two versions: (column, before, after). An empty name, reason or basis is the rule's own."""
    found = []
    for column in COMPARED:
        before, after = (getattr(version, column) or getattr(rule, column, None) for version in (old, new))
        if (before or None) != (after or None):
            found.append((column, before, after))
    return found
