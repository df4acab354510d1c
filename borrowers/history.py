"""Master data as it was known on a day: the row of today, read back through its corrections. Revised facts answer by `known_on`."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import models

from borrowers.facts import Correction


def as_known(model: type[models.Model], pk: int, known_on: date) -> dict[str, Any] | None:
    """Column -> value of one row of master data as it was known at the close of `known_on`; None when it was not known by then."""
    return as_known_all(model, [pk], known_on).get(pk)


def as_known_all(model: type[models.Model], pks: Iterable[int], known_on: date) -> dict[int, dict[str, Any]]:
    """As `as_known`, of many rows with two queries: id -> column -> value. Rows that were not known by then are left out.

    Of a field's corrections known after `known_on` the earliest one says what stood before; where there is none, the row does.
    """
    wanted = list(pks)
    columns: dict[str, Any] = {str(f.column): f for f in model._meta.concrete_fields}
    rows: dict[int, dict[str, Any]] = {
        row["pk"]: {column: row[f.attname] for column, f in columns.items()}
        for row in model._default_manager.filter(pk__in=wanted, known_from__lte=known_on).values("pk", *(f.attname for f in columns.values()))
    }
    later = Correction.objects.filter(subject=model._meta.label_lower, subject_id__in=wanted, known_from__gt=known_on)
    for pk, column, before in later.order_by("-id").values_list("subject_id", "field", "before"):  # the earliest one is set last, and counts
        if pk in rows and column in columns:
            rows[pk][column] = columns[column].to_python(before)
    return rows
