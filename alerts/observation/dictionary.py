"""The dictionary of observation fields: the one source for table columns, rule language, rule editor and printed page.

`FIELDS_LOAN` describes a loan at the close of one business date, `FIELDS_BORROWER` a borrower, `FIELDS_BRANCH` a branch, `FIELDS_STAFF` a member of staff; all keep the
order of the printed page.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from alerts.observation.borrower_fields import BORROWER_FIELDS
from alerts.observation.branch_fields import BRANCH_FIELDS
from alerts.observation.fields import Field, Kind
from alerts.observation.loan_fields import LOAN_FIELDS
from alerts.observation.staff_fields import STAFF_FIELDS

FIELDS_LOAN: Mapping[str, Field] = MappingProxyType({field.name: field for field in LOAN_FIELDS})
FIELDS_BORROWER: Mapping[str, Field] = MappingProxyType({field.name: field for field in BORROWER_FIELDS})
FIELDS_BRANCH: Mapping[str, Field] = MappingProxyType({field.name: field for field in BRANCH_FIELDS})
FIELDS_STAFF: Mapping[str, Field] = MappingProxyType({field.name: field for field in STAFF_FIELDS})
GRAINS: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {"loan": FIELDS_LOAN, "borrower": FIELDS_BORROWER, "branch": FIELDS_BRANCH, "staff": FIELDS_STAFF}
)

_TYPE_WORDS = {
    Kind.MONEY: "money",
    Kind.INT: "whole number",
    Kind.NUMBER: "number",
    Kind.RATIO: "share",
    Kind.DATE: "date",
    Kind.BOOL: "yes or no",
    Kind.TEXT: "text",
    Kind.CHOICE: "choice",
}
_HEAD = """\
# Indicators: the fields of an observation

One row is one loan (or one borrower, branch or member of staff) as it stood at the close of one business date. Warning rules, pages and reports read these
fields and nothing else computes them. The rule language is described in [rule-language.md](rule-language.md).

A share is stored as a fraction: 0.35 is 35 %. Money is in the currency of the loan. A field without an entry under
"Missing when" always has a value.
"""
_PARTS = {"loan": "A loan at the close of a day", "borrower": "A borrower at the close of a day", "branch": "A branch at the close of a day",
          "staff": "A member of staff at the close of a day"}


def as_markdown() -> str:
    """The whole dictionary as the page `docs/indicators.md`, in English; the same on every call."""
    parts = [_HEAD]
    for grain, fields in GRAINS.items():
        parts.append(f"## {_PARTS[grain]}\n\n{_table(fields.values())}")
        if any(field.values for field in fields.values()):
            parts.append("### Values of the choice fields\n\n" + _choices(fields.values()))
    return "\n".join(parts)


def _table(fields: Iterable[Field]) -> str:
    lines = [
        "| Field | Indicator | Type, unit | Meaning | Comes from | Owner of the input | Sample | Missing when |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for f in fields:
        unit = _TYPE_WORDS[f.kind] if f.unit in ("", _TYPE_WORDS[f.kind]) else f"{_TYPE_WORDS[f.kind]}, {f.unit}"
        cells = (f"`{f.name}`", f.indicator, unit, f"**{f.label}.** {f.meaning}", f.inputs, f.owner, f"`{f.sample}`", f.empty)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _choices(fields: Iterable[Field]) -> str:
    lines = [f"- `{f.name}`: " + ", ".join(f"`{value}` ({label})" for value, label in f.values) for f in fields if f.values]
    return "\n".join(lines) + "\n"
