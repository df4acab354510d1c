"""What two versions of a form say differently, point by point. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIELDS = (
    "section", "kind", "label", "hint", "required", "options", "columns", "unit", "fails_when", "shown_when", "evidence", "score",
    "prefill", "signal", "tolerance", "material", "key_point", "at_desk",
)  # fmt: skip


@dataclass(frozen=True)
class Changed:
    """One point in both versions. result: added, removed, changed or moved; `fields`: (name, before, after) of what changed."""

    code: str
    result: str
    fields: list[tuple[str, Any, Any]] = field(default_factory=list)


def differences(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> list[Changed]:
    """Points by code, each with `FIELDS`, in the order of the newer form; those taken out come last. A point that only went to another section is "moved"."""
    found = []
    for code, new in after.items():
        if code not in before:
            found.append(Changed(code, "added"))
            continue
        changed = [(name, before[code].get(name), new.get(name)) for name in FIELDS if before[code].get(name) != new.get(name)]
        said = [change for change in changed if change[0] != "section"]
        if said:
            found.append(Changed(code, "changed", said))
        elif changed:
            found.append(Changed(code, "moved"))
    return found + [Changed(code, "removed") for code in before if code not in after]
