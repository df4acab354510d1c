"""One slice of a grain observed: first what the night has to ask at all, then only that.

Most of what a night of a few loans costs is the planning of queries that find nothing. So a family of whose sources the lender
has no row is not asked, one without touched subjects is carried in the INSERT alone, and small tables are neither indexed nor
analysed. The number of statements is bounded by the number of families, whatever the size of the book.
"""

import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db.backends.utils import CursorWrapper

from alerts.observation import statements
from alerts.observation.engine import Family, Grain, Source, Windows
from alerts.observation.statements import Asked

SMALL = 100  # rows up to which an index and statistics cost more than they save


def observe_grain(cursor: CursorWrapper, grain: Grain, parameters: Mapping[str, Any], *, fresh: bool = False) -> int:
    """Write the rows of one slice; returns how many. Twice leaves the same rows.

    parameters: those of `loanwatch.trail.ledger.key_of` and whatever the grain's SQL names. fresh: compute every subject from
    the facts, as on the first close, although there is a close before to carry from.
    """
    whole = {**parameters, "fresh": fresh or parameters["previous"] is None, "shape": shape(grain)}
    told = _told(cursor, grain, whole)
    cursor.execute(statements.drop(grain))
    subjects = _table(cursor, "lw_book", statements.book(grain), whole, statistics=", ".join(("subject_id", *grain.joined)))
    cursor.execute(statements.clear(grain), whole)
    if not subjects:
        return 0
    first = Asked(told=told, fresh=whole["fresh"])
    new = _table(cursor, "lw_subject", statements.touched(grain, first), whole)
    asked = Asked(told=told, fresh=first.fresh, touched=_touched(cursor, grain, first, new), some=new > 0, all=new == subjects)
    for family in grain.families:
        if asked.computes(family):
            _table(cursor, f"lw_f_{family.name}", statements.family(family), whole, statistics="subject_id", key=False)
    for window in grain.windows:
        _table(cursor, f"lw_w_{window.name}", statements.window(window, asked), whole, statistics="subject_id", key=False)
    cursor.execute(statements.insert(grain, asked), whole)
    return cursor.rowcount


def most_statements(grain: Grain) -> int:
    """How many statements a slice takes at most: so many for each family and window, and a few."""
    return 12 + 2 * (len(grain.families) + len(grain.windows))


@cache
def shape(grain: Grain) -> int:
    """A number that changes with the definition of a grain, as a signed 32-bit integer."""
    told = frozenset(f.name for f in grain.families) | frozenset(w.name for w in grain.windows)
    whole = Asked(told=told, touched=frozenset(f.name for f in grain.carried))
    parts = [grain.name, statements.book(grain), statements.touched(grain, whole), statements.insert(grain, whole)]
    parts += [statements.family(family) for family in grain.families] + [statements.window(window, whole) for window in grain.windows]
    parts += [repr((family.name, family.sources, sorted(family.without.items()))) for family in grain.families]
    return zlib.crc32("".join(parts).encode()) - 2**31


def _table(cursor: CursorWrapper, name: str, select: str, parameters: Mapping[str, Any], *, statistics: str = "", key: bool = True) -> int:
    """A temporary table of what `select` gives, with an index and statistics where they pay; returns its rows."""
    cursor.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {select}", parameters)
    rows = cursor.rowcount
    if rows > SMALL:
        if key:
            cursor.execute(f"ALTER TABLE {name} ADD PRIMARY KEY (subject_id)")
        # Of families only subject_id is joined on: statistics of the other columns would cost more than many a family.
        cursor.execute(f"ANALYZE {name}" + (f" ({statistics})" if statistics else ""))
    return rows


def _told(cursor: CursorWrapper, grain: Grain, parameters: Mapping[str, Any]) -> frozenset[str]:
    """Families and windows that name no sources, or of whose sources the lender has a row."""
    parts: list[Family | Windows] = [*grain.families, *grain.windows]
    sources = list(dict.fromkeys(source for part in parts for source in part.sources))
    if not sources:
        return frozenset(part.name for part in parts)
    cursor.execute("SELECT " + ", ".join(_exists(source) for source in sources), parameters)
    there = {source for source, found in zip(sources, cursor.fetchone(), strict=True) if found}
    return frozenset(part.name for part in parts if not part.sources or there.intersection(part.sources))


def _exists(source: Source) -> str:
    table, such = source if isinstance(source, tuple) else (source, "true")
    return f"EXISTS (SELECT FROM {table} WHERE lender_id = %(lender)s AND {such})"


def _touched(cursor: CursorWrapper, grain: Grain, asked: Asked, subjects: int) -> frozenset[str]:
    """Families for which at least one subject has news."""
    names = [family.name for family in grain.carried if family.name in asked.told]
    if asked.fresh or not names or not subjects:
        return frozenset(names if subjects else ())
    cursor.execute(f"SELECT {', '.join(f'bool_or(for_{name})' for name in names)} FROM lw_subject")
    return frozenset(name for name, found in zip(names, cursor.fetchone(), strict=True) if found)
