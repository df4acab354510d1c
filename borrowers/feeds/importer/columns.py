"""Reads what a format file declares of its columns. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.rules import TYPES, Column, date_formats


def column_of(name: str, declared: Mapping[str, Any]) -> Column:
    """The Column that `[columns.NAME]` declares. Raises BadSpec with the place."""
    spec = dict(declared)
    kind = spec.get("type", "text")
    if kind not in TYPES:
        raise BadSpec(f"columns.{name}: the type is one of {', '.join(TYPES)}.")
    header = spec.pop("header", name)
    written = spec.pop("format", [])
    written = [written] if isinstance(written, str) else written
    if (kind in {"date", "month"}) != bool(written):
        raise BadSpec(f"columns.{name}: a date or month, and nothing else, has a format such as MM/DD/YYYY.")
    try:
        changed: dict[str, Any] = {
            "date_format": date_formats(written)[0] if written else None,
            "other_dates": date_formats(written)[1:],
            "pattern": re.compile(spec["pattern"]) if "pattern" in spec else None,
            "blanks": frozenset(spec.get("blanks", ())),
            "codes": _codes(spec["codes"]) if "codes" in spec else None,
            "at": _at(spec["at"]) if "at" in spec else None,
            "written": tuple(written),
            "least": _bound(spec.pop("min", None)),
            "most": _bound(spec.pop("max", None)),
        }
        return Column(name=name, headers=(header,) if isinstance(header, str) else tuple(header), **{**spec, **changed})
    except (TypeError, ValueError, re.error) as fault:
        raise BadSpec(f"columns.{name}: {fault}") from None


def _at(place: Any) -> tuple[int, int]:
    if not isinstance(place, list) or len(place) != 2 or not all(type(one) is int for one in place):
        raise ValueError("at = [first, last], counted from 1.")
    return place[0], place[1]


def _codes(declared: Any) -> Mapping[str, str]:
    return {str(k): v for k, v in declared.items()} if isinstance(declared, Mapping) else {str(k): "" for k in declared}


def _bound(value: Any) -> Decimal | date | None:
    return value if value is None or isinstance(value, date) else Decimal(str(value))
