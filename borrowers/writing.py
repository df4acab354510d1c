"""The two writing doors that every kind of fact comes through, as sets, from the kind's temporary table.

Rows name what they refer to by number; ids, buckets and defaults are filled in here. A row that lacks what it needs or
names something unknown is left out: who stages rows checks them first (`borrowers.told`).

Writers don't lock a kind against each other: a row of the same key, written by another at the same moment, is waited for,
looked at again and revised. Both sort by key, so that two sets can't wait for each other in a ring.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from borrowers import staging
from borrowers.feeds.models import Delivery
from borrowers.kinds import MASTER, Field, Kind
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

MOST_TRIES = 20  # of a set against other writers of the very same keys


class Contended(RuntimeError):
    """Others kept revising the same facts; nothing of this set was written, and it may be tried again."""


@dataclass(frozen=True)
class Saved:
    """What a door did with what it was given: rows that are new, and rows that were there and differed."""

    new: int
    changed: int

    @property
    def written(self) -> int:
        return self.new + self.changed


@transaction.atomic
def save_master(kind: Kind, lender: Lender, *, delivery: Delivery | None = None, entered_by: Person | None = None) -> Saved:
    """Insert what is new and bring the rest up to what is told, from the kind's staged table; keyed by number.

    A NULL means that the source does not say. Of several rows for one number the one known last counts, and of those the
    last one. Each changed field is kept as a `Correction`; what was told as of a later business date stays.
    """
    by = _by(lender, delivery, entered_by)
    told = _look(kind, lender)
    new = 0 if told.there == told.rows else _insert_master(kind, dict(by), told)  # a request's history adds a parameter of its own to it
    if new == told.rows:
        return Saved(new, 0)
    rows = f"({_once('q.*', f'({_resolved(kind, defaults=False)}) q', told, alias='q.')})"
    columns = [c for c in kind.values if c not in kind.fixed and c != "valid_from"]
    return Saved(new, staging.update_differing(kind.table, rows, columns, subject=kind.label, change=staging.Change(**by)))


@transaction.atomic
def revise(kind: Kind, lender: Lender, *, delivery: Delivery | None = None, entered_by: Person | None = None) -> Saved:
    """Insert the first revision of what is new, and the next one of what differs from the last, from the kind's staged table.

    A row that says the same again writes nothing, and so does one that is told as of an earlier business date than the
    last revision: it arrived late and is no news. `withdrawn` rows end a fact and repeat its last values. Of several rows for one
    key known from one day the last counts. Raises Contended.
    """
    by = _by(lender, delivery, entered_by)
    new = _insert_first(kind, by)
    if new == _count(kind):
        return Saved(new, 0)
    key = _listed(kind.key)
    changed = 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.told_again")
        cursor.execute(
            f"CREATE TEMPORARY TABLE told_again ON COMMIT DROP AS SELECT q.*, row_number() OVER (PARTITION BY {key} ORDER BY known_from) AS nth "
            f"FROM (SELECT DISTINCT ON ({key}, known_from) * FROM ({_resolved(kind, defaults=True)}) s "
            f"ORDER BY {key}, known_from, place DESC) q",
            by,
        )
        cursor.execute("ANALYZE told_again")
        cursor.execute("SELECT coalesce(max(nth), 0) FROM told_again")
        for nth in range(1, cursor.fetchone()[0] + 1):
            changed += _revise_nth(cursor, kind, {**by, "nth": nth})
        cursor.execute("DROP TABLE told_again")
    return Saved(new, changed)


def _revise_nth(cursor: Any, kind: Kind, by: Mapping[str, Any]) -> int:
    written = 0
    for _ in range(MOST_TRIES):
        cursor.execute(_revision(kind), by)
        wanted, done = cursor.fetchone()
        written += done
        if wanted == done:
            return written
    raise Contended(f"Others are writing the same rows of {kind.name}. Nothing was written; try again.")


def _by(lender: Lender, delivery: Delivery | None, entered_by: Person | None) -> dict[str, Any]:
    told_on: date | None = delivery.business_date if delivery else None
    return {
        "lender": lender.pk, "delivery": delivery.pk if delivery else None, "entered_by": entered_by.pk if entered_by else None,
        "told_on": told_on,
    }  # fmt: skip


def _count(kind: Kind) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {kind.staged}")
        return cursor.fetchone()[0]


def _listed(names: Any, alias: str = "") -> str:
    return ", ".join(f'{alias}"{name}"' for name in names)


def _value(one: Field, *, default: bool) -> str:
    value = f's."{one.name}"'
    if one.decimals is not None:
        value = f"round({value}, {one.decimals})"
    if default and one.default is not None:
        value = f"coalesce({value}, {one.default})"
    return f'{value}::{one.cast} AS "{one.name}"'


def _resolved(kind: Kind, *, defaults: bool) -> str:
    """SQL of the staged rows with ids for numbers, values as the facts hold them, and what follows from the references."""
    fields = [_value(f, default=defaults) for f in kind.fields if f.name != "valid_from"]
    ids = [f"{r.alias}.id AS {r.column}" for r in kind.references]
    follows = [f"{expression} AS {column}" for column, expression in kind.from_references.items()]
    joins = [
        f"{'JOIN' if r.needed and kind.shape != MASTER else 'LEFT JOIN'} {r.table} {r.alias} "
        f'ON {r.alias}.lender_id = %(lender)s AND {r.alias}.{r.named} = s."{r.name}"'
        for r in kind.references
    ]
    days = ["s.known_from", "s.valid_from AS said_from", "coalesce(s.valid_from, %(told_on)s, s.known_from) AS valid_from"]
    picked = ", ".join(["s.ctid AS place", *days, *fields, *ids, *follows])
    return f"SELECT {picked} FROM {kind.staged} s {' '.join(joins)}"


@dataclass(frozen=True)
class _Told:
    """A kind's staged rows: how many, how many numbers they tell of, and how many rows tell of a number that is there."""

    rows: int
    numbers: int
    there: int


def _look(kind: Kind, lender: Lender) -> _Told:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), count(DISTINCT s.number), count(t.id) FROM {kind.staged} s "
            f"LEFT JOIN {kind.table} t ON t.lender_id = %s AND t.number = s.number",
            [lender.pk],
        )
        return _Told(*cursor.fetchone())


def _once(picked: str, source: str, told: _Told, *, alias: str, where: str = "true") -> str:
    """SQL of the rows of `source`, one for each number: that known last, and of those the last one."""
    if told.numbers == told.rows:
        return f"SELECT {picked} FROM {source} WHERE {where}"
    order = ", ".join(f"{alias}{column}" for column in ("number", "known_from DESC", "place DESC"))
    return f"SELECT DISTINCT ON ({alias}number) {picked} FROM {source} WHERE {where} ORDER BY {order}"


def _insert_master(kind: Kind, by: Mapping[str, Any], told: _Told) -> int:
    columns = ["number", *kind.values, *kind.from_references, "known_from"]
    whole = [r.column for r in kind.references if r.needed] + [f.name for f in kind.fields if f.needed]
    wanted = " AND ".join(f's."{column}" IS NOT NULL' for column in whole) or "true"
    if told.there:
        wanted += f" AND NOT EXISTS (SELECT FROM {kind.table} t WHERE t.lender_id = %(lender)s AND t.number = s.number)"
    # Ids rise with the bucket, so that what a book's first load writes for its loans grows every index at one end.
    order = f"ORDER BY {'d.bucket, ' if 'bucket' in columns else ''}d.number"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {kind.table} (lender_id, delivery_id, entered_by_id, {_listed(columns)})
            SELECT %(lender)s, %(delivery)s, %(entered_by)s, {_listed(columns, "d.")} FROM (
                {_once(_listed(columns, "s."), f"({_resolved(kind, defaults=True)}) s", told, alias="s.", where=wanted)}) d
            {order} ON CONFLICT DO NOTHING
            """,
            by,
        )
        return cursor.rowcount


def _insert_first(kind: Kind, by: Mapping[str, Any]) -> int:
    key = _listed(kind.key, "s.")
    columns = _listed([*kind.key, *kind.values, *kind.from_references, "known_from"])
    values = _listed([*kind.key, *kind.values, *kind.from_references, "known_from"], "s.")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {kind.table} (lender_id, delivery_id, entered_by_id, {columns})
            SELECT DISTINCT ON ({key}) %(lender)s, %(delivery)s, %(entered_by)s, {values}
            FROM ({_resolved(kind, defaults=True)}) s WHERE NOT s.withdrawn
            ORDER BY {key}, s.known_from, s.place DESC ON CONFLICT DO NOTHING
            """,
            by,
        )
        return cursor.rowcount


def _revision(kind: Kind) -> str:
    """SQL that writes the next revision where the last differs; answers with how many were wanted and how many went in."""
    same = " AND ".join(f't."{column}" = s."{column}"' for column in kind.key)
    # A fact whose day is not said again holds since the day that was said or assumed first.
    becomes = {c: "coalesce(s.said_from, l.valid_from)" if c == "valid_from" else f's."{c}"' for c in kind.values}
    values = ", ".join(f'CASE WHEN s.withdrawn THEN l."{c}" ELSE {value} END AS "{c}"' for c, value in becomes.items())
    differs = f"({', '.join(becomes.values())}) IS DISTINCT FROM ({_listed(kind.values, 'l.')})" if kind.values else "false"
    copied = [*kind.key, *kind.values, *kind.from_references, "revision", "withdrawn", "known_from"]
    return f"""
        WITH wanted AS (
            SELECT {_listed([*kind.key, *kind.from_references], "s.")}, {values}{"," if values else ""} l.revision + 1 AS revision, s.withdrawn,
                   greatest(s.known_from, l.known_from) AS known_from
            FROM told_again s
            JOIN LATERAL (SELECT * FROM {kind.table} t WHERE {same} ORDER BY t.revision DESC LIMIT 1) l ON true
            LEFT JOIN borrowers_delivery d ON d.id = l.delivery_id
            WHERE s.nth = %(nth)s AND coalesce(d.business_date, l.known_from) <= coalesce(%(told_on)s, s.known_from)
              AND CASE WHEN s.withdrawn OR l.withdrawn THEN s.withdrawn <> l.withdrawn ELSE {differs} END
        ), written AS (
            INSERT INTO {kind.table} (lender_id, delivery_id, entered_by_id, {_listed(copied)})
            SELECT %(lender)s, %(delivery)s, %(entered_by)s, {_listed(copied)} FROM wanted ORDER BY {_listed(kind.key)}
            ON CONFLICT DO NOTHING RETURNING 1
        )
        SELECT (SELECT count(*) FROM wanted), (SELECT count(*) FROM written)
    """
