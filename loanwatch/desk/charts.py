"""What a chart is made of: its data as plain JSON, its legend, and the table that says the same numbers.

A chart is a mapping. `stacked`, `line` and `bars`: `x` (labels), `series` (list of mappings with `name`, `values`, and optionally
`tone`), `unit`, `places`, and for lines `threshold` ({"value", "name"}), `min`, `max`, `step`, `area`, `hot` (index of the series
to stress). `schedule`: `x`, `paid`, `late`, `due`, `balance`. `graph`: `nodes` (`name`, `full`, `x`, `y`, `kind`: borrower, guarantor,
person or group, `size`, `trouble`) and `links` (`from`, `to`, `words`, `trouble`), at most twelve nodes.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from loanwatch.desk import formats

RAMP = ("q1", "q2", "q3", "q4", "q5")
LINES = ("k1", "k2", "k3", "k4", "k5", "k6")
SCHEDULE = (("paid", "k2"), ("late", "kr"), ("due", "k0"), ("balance", "ln k6"))


def plain(value):
    """The same data with numbers as JSON numbers and dates as short labels: JSON has neither decimals nor dates."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return formats.day_short(value, get_language())
    if isinstance(value, dict):
        return {key: plain(found) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [plain(found) for found in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def schedule_words() -> dict[str, str]:
    """The names of the four parts of a repayment schedule."""
    return {"paid": _("Paid"), "late": _("Overdue"), "due": _("Due"), "balance": _("Balance, right axis")}


def prepared(kind: str, data: dict) -> dict:
    """What the page hands to the script: plain data, and for a schedule the names of its parts."""
    found = plain(data)
    return found | {"names": schedule_words()} if kind == "schedule" else found


def columns(kind: str, data: dict) -> list[tuple[str, list]]:
    """Name and values of every series of the chart, in the order of the legend."""
    if kind == "schedule":
        words = schedule_words()
        return [(words[part], data.get(part, [])) for part, _mark in SCHEDULE if data.get(part)]
    return [(series["name"], series["values"]) for series in data.get("series", [])]


def table(kind: str, data: dict) -> dict:
    """The chart as a table: `heads` and `rows`, each row its label and its cells as text."""
    if kind == "graph":
        rows = [(f"{link['from']} → {link['to']}", [link.get("words", "")]) for link in data.get("links", [])]
        return {"heads": [""], "rows": rows, "unit": ""}
    found = columns(kind, data)
    places = data.get("places")
    rows = []
    for i, label in enumerate(data.get("x", [])):
        cells = [formats.number(values[i] if i < len(values) else None, places) for _name, values in found]
        rows.append((label, cells))
    return {"heads": [name for name, _values in found], "rows": rows, "unit": data.get("unit", "")}


def legend(kind: str, data: dict) -> list[tuple[str, str]]:
    """Class of the mark and name of every series; none for a chart of one series or of lines that carry their own names."""
    found = columns(kind, data)
    if kind == "schedule":
        marks = [mark for part, mark in SCHEDULE if data.get(part)]
    elif kind == "stacked":
        marks = list(RAMP[-len(found) :] if len(found) < len(RAMP) else RAMP)
    elif kind == "line":
        return []
    else:
        marks = list(LINES)
    named = [series.get("tone") for series in data.get("series", [])] or [None] * len(found)
    return [(tone or mark, name) for mark, tone, (name, _values) in zip(marks, named, found, strict=False)] if len(found) > 1 else []
