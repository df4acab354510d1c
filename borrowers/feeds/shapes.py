"""How each kind of fact looks when it is told over the API: its fields, and the format that checks and applies them.

A batch becomes a delivery like any file: the same grammar, the same checks, the same quarantine.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from borrowers.feeds.importer.formats import Format, parse
from borrowers.kinds import FLOW, KINDS, PARTS, Field, Kind

PREFIX = "facts_"  # of the name of the feed under which a batch stands on the board
ISO_DAY = "YYYY-MM-DD"
PAYMENT_KEY = ("loan_number", "reference")  # a repayment is known by the sender's own number of it
PLAN_KEY = ("loan_number", "version", "seq")


def told_kinds() -> list[Kind]:
    """Every kind that may be told over the API, in the order in which senders had best tell them."""
    return list(KINDS.values())


def key_names(kind: Kind) -> tuple[str, ...]:
    """The fields by which a row of the kind is known."""
    if kind.shape != FLOW:
        return kind.key_names
    return PAYMENT_KEY if kind.name == "repayment" else PLAN_KEY


def field_names(kind: Kind) -> tuple[str, ...]:
    """The names a row may have. Free attributes of a loan come by file only."""
    return tuple(name for name, sql in kind.columns.items() if name != "known_from" and sql != "jsonb")


def format_of(kind: Kind) -> Format:
    """The format of a batch of the kind: one column per field, by name, good rows applied and bad ones set aside."""
    return _format(kind.name)


@cache
def _format(name: str) -> Format:
    kind = KINDS[name]
    part = next(part for part, told in PARTS.items() if told is kind)
    names = field_names(kind)
    spec = {
        "name": PREFIX + kind.name,
        "title": str(kind.model._meta.verbose_name),
        "key": list(key_names(kind)),
        "encodings": ["utf-8"],
        "bad_rows": {"hold_over_percent": 100},
        "columns": {name: _column(kind, name) for name in names},
        part: {name: {"column": name, "flag": True} if kind.columns[name] == "boolean" else name for name in names},
    }
    return parse(spec, PREFIX + kind.name)


def find_told(name: str) -> Format | None:
    """The format of a feed named as batches are; None when it is no such name."""
    kind = KINDS.get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
    return format_of(kind) if kind else None


def _column(kind: Kind, name: str) -> dict[str, Any]:
    sql = kind.columns[name]
    told: dict[str, Any] = {"required": name in key_names(kind)}
    if sql == "date":
        return told | {"type": "date", "format": ISO_DAY}
    if sql == "numeric":
        field = _field(kind, name)
        return told | {"type": "int"} if field.decimals is None else told | {"type": "decimal", "decimals": field.decimals}
    if sql == "boolean":
        return told | {"type": "code", "codes": {"true": "", "false": ""}}
    return told | {"max_length": 4000}  # the exact length is checked with the table's own limits


def _field(kind: Kind, name: str) -> Field:
    return next(field for field in kind.fields if field.name == name)


def described(kind: Kind) -> dict[str, Any]:
    """The kind as the API describes it to senders: fields with type, whether needed, code lists, references."""
    return {"fact": kind.name, "shape": kind.shape, "key": list(key_names(kind)), "fields": list(_described_fields(kind))}


def _described_fields(kind: Kind) -> Iterator[dict[str, Any]]:
    words = {"numeric": "number", "date": "date", "boolean": "true or false", "text": "text"}
    references = {reference.name: reference.table.removeprefix("borrowers_") for reference in kind.references}
    for name in field_names(kind):
        told: dict[str, Any] = {"name": name, "type": words[kind.columns[name]], "needed": name in kind.needed or name in key_names(kind)}
        if name in references:
            told["names"] = references[name]
        elif codes := next((f.codes for f in kind.fields if f.name == name), ()):
            told["codes"] = list(codes)
        yield told
