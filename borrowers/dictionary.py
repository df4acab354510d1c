"""The field dictionary: what every field of every fact means, its unit, its usual source and how sensitive it is.

Types and tables come from the models, meanings from `fields.toml`; a field without a meaning is a fault that a test finds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models

MEANINGS = Path(__file__).resolve().parent / "fields.toml"
CLASSES = ("public", "internal", "confidential", "personal", "secret")
# Tables of the house that hold no facts: deliveries and formats are described in docs/feeds.md, row history in docs/states.md.
NO_FACTS = {"FormatVersion", "FeedPlan", "Delivery", "QuarantinedRow", "WebhookSource", "ApiBatch", "CustodyEvent", "FeedGap", "DayReceipt"}
HEADS = ("Field", "Meaning", "Type", "Unit", "Class")


@dataclass(frozen=True)
class Field:
    """One field of a fact, as the dictionary prints it."""

    name: str
    meaning: str
    type: str
    unit: str
    sensitivity: str
    codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FactTable:
    """One table of facts: the model's name, what it is, who tells it, its fields."""

    name: str
    what: str
    source: str
    fields: tuple[Field, ...]


def tables() -> Iterator[FactTable]:
    """Every table of facts in river order. Raises KeyError naming the table or field that `fields.toml` does not explain."""
    said = tomllib.loads(MEANINGS.read_text(encoding="utf-8"))
    every = said["_every"]
    for model in apps.get_app_config("borrowers").get_models():
        if model.__name__ in NO_FACTS:
            continue
        own = said[model.__name__]
        fields = tuple(_field(model, field, own.get(field.name) or every[field.name]) for field in _told(model))
        yield FactTable(model.__name__, (model.__doc__ or "").strip().splitlines()[0], own["_source"], fields)


def _told(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The fields of a model but its key, its own ones first."""
    common = {"lender", "valid_from", "known_from", "recorded_at", "delivery", "entered_by", "revision", "withdrawn", "bucket"}
    fields = [f for f in model._meta.concrete_fields if not (f.primary_key and not f.is_relation)]
    return sorted(fields, key=lambda f: f.name in common)


def _field(model: type[models.Model], field: models.Field[Any, Any], told: list[str]) -> Field:
    meaning, sensitivity, *unit = told
    if sensitivity not in CLASSES:
        raise KeyError(f"{model.__name__}.{field.name}: {sensitivity} is no class. Known are {', '.join(CLASSES)}.")
    codes = tuple((str(value), str(label)) for value, label in (field.choices or ()))
    return Field(field.name, meaning, _type(field), unit[0] if unit else "", sensitivity, codes)


def _type(field: models.Field[Any, Any]) -> str:
    if field.is_relation:
        return f"→ {field.related_model.__name__}" if field.related_model else ""
    if isinstance(field, models.DecimalField):
        return f"decimal({field.max_digits},{field.decimal_places})"
    if isinstance(field, models.CharField):
        return f"text({field.max_length})"
    named: list[tuple[type[models.Field[Any, Any]], str]] = [
        (models.DateTimeField, "moment"), (models.DateField, "date"), (models.BooleanField, "yes or no"), (models.JSONField, "JSON"),
        (models.TextField, "text"), (models.IntegerField, "whole number"),
    ]  # fmt: skip
    return next(word for kind, word in named if isinstance(field, kind))


def markdown() -> str:
    """The dictionary as `docs/fields.md` holds it."""
    parts = [
        "# Field dictionary",
        "Made from the models by `manage.py field_dictionary > docs/fields.md`; a test compares.",
        "Sensitivity: *public* · *internal* · *confidential* (bank secrecy: what is known of a customer) · *personal* (names or finds a "
        "natural person) · *secret* (numbers that open accounts or identities).",
    ]
    for table in tables():
        lines = [f"## {table.name}", table.what, f"Told by: {table.source}.", ""]
        lines += [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
        for f in table.fields:
            codes = f" ({', '.join(f'`{value}`' for value, _ in f.codes)})" if f.codes else ""
            lines.append(f"| `{f.name}` | {f.meaning}{codes} | {f.type} | {f.unit} | {f.sensitivity} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
