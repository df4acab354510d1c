"""Brings many rows into a temporary table by COPY, and from there into the facts as one set.

Temporary tables are the only ones that web and worker may make. One belongs to its transaction and goes with it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg2 import sql

Names = Sequence[str]
CHUNK_ROWS = 2000
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class _CopyStream:
    """Rows as PostgreSQL's COPY text, produced as it is read, so that memory does not grow with the file."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows = iter(rows)
        self.waiting = ""
        self.count = 0

    def read(self, size: int = -1) -> str:
        if not self.waiting:
            self.waiting = "".join(self._some_lines())
        if size is None or size < 0:
            size = len(self.waiting)
        part, self.waiting = self.waiting[:size], self.waiting[size:]
        return part

    def _some_lines(self) -> Iterator[str]:
        for _ in range(CHUNK_ROWS):
            row = next(self.rows, None)
            if row is None:
                return
            self.count += 1
            yield "\t".join(map(_as_copy_text, row)) + "\n"


def _as_copy_text(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).translate(ESCAPES)


def run(cursor: Any, statement: sql.Composable, values: Any = None) -> int:
    """Execute a composed statement; returns the rows it touched. As text, because requests keep history by reading it."""
    cursor.execute(statement.as_string(cursor.connection), values)
    return cursor.rowcount


def stage(table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]] = ()) -> int:
    """Make the temporary table `table` (column -> SQL type) anew and fill it; returns how many rows went in.

    Must run inside a transaction. Values are str, int, Decimal, bool, date, None (NULL), or anything JSON holds.
    """
    declared = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items())
    with connection.cursor() as cursor:
        run(cursor, sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(sql.Identifier(table)))
        run(cursor, sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(sql.Identifier(table), declared))
    return fill(table, list(columns), rows)


def fill(table: str, columns: Names, rows: Iterable[Sequence[Any]]) -> int:
    """Append rows to a staged table; returns how many. Its statistics are refreshed, as plans depend on them."""
    stream = _CopyStream(rows)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _identifiers(columns)).as_string(cursor.connection), stream
        )
        if stream.count:
            run(cursor, sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    return stream.count


def insert_new(table: str, staged: str, key: Names, columns: Names, fixed: Mapping[str, Any] | None = None, blanks: Names = ()) -> int:
    """Insert the staged rows whose `key` the table does not hold yet; returns how many.

    `columns` (with the key) are copied by name, `fixed` gives columns with one value for all. Of `blanks`, a staged
    NULL ("the source does not say") becomes an empty text.
    """
    fixed = fixed or {}
    copied = [*key, *(c for c in columns if c not in key)]
    values = [sql.SQL("COALESCE(s.{}, '')").format(sql.Identifier(c)) if c in blanks else _column("s", c) for c in copied]
    statement = sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {values} FROM {staged} s "
        "WHERE NOT EXISTS (SELECT FROM {table} t WHERE {same}) ON CONFLICT DO NOTHING"
    ).format(
        table=sql.Identifier(table),
        names=_identifiers([*copied, *fixed]),
        values=sql.SQL(", ").join([*values, *(sql.Placeholder() for _ in fixed)]),
        staged=sql.Identifier(staged),
        same=_same_key("s", "t", key, fixed),
    )
    with connection.cursor() as cursor:
        return run(cursor, statement, [*fixed.values(), *_key_values(key, fixed)])


def update_differing(table: str, staged: str, key: Names, columns: Names, *, lender_id: int, delivery_id: int | None, subject: str) -> int:
    """Bring master data to what is staged, where it differs; returns how many rows changed.

    A staged NULL means that the source does not say, and changes nothing. Each changed row leaves an audit event
    `fact.corrected` on `subject` (a model label) with the values before and after: nothing is overwritten silently.
    """
    new = [sql.SQL("COALESCE({}, {})").format(_column("s", c), _column("t", c)) for c in columns]
    statement = sql.SQL(
        """
        WITH changed AS (
            SELECT t.id, {before} AS was, {after} AS becomes, {picked}
            FROM {table} t JOIN {staged} s ON {same}
            WHERE t.lender_id = %(lender)s AND ({new}) IS DISTINCT FROM ({old}) FOR UPDATE OF t
        ), written AS (
            UPDATE {table} t SET {assignments} FROM changed c WHERE t.id = c.id RETURNING t.id
        )
        INSERT INTO trail_auditevent (lender_id, event, subject_kind, subject_id, request_id, details)
        SELECT %(lender)s, 'fact.corrected', %(subject)s, c.id::text, '',
               jsonb_build_object('delivery', %(delivery)s::bigint, 'before', c.was, 'after', c.becomes)
        FROM changed c JOIN written USING (id)
        """
    ).format(
        table=sql.Identifier(table),
        staged=sql.Identifier(staged),
        same=sql.SQL(" AND ").join(sql.SQL("{} = {}").format(_column("t", c), _column("s", c)) for c in key),
        new=sql.SQL(", ").join(new),
        old=sql.SQL(", ").join(_column("t", c) for c in columns),
        before=_json("t", columns),
        after=sql.SQL("jsonb_build_object({})").format(
            sql.SQL(", ").join(sql.SQL("{}, {}").format(sql.Literal(c), value) for c, value in zip(columns, new, strict=True))
        ),
        picked=sql.SQL(", ").join(sql.SQL("{} AS {}").format(value, sql.Identifier(c)) for c, value in zip(columns, new, strict=True)),
        assignments=sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(c), _column("c", c)) for c in columns),
    )
    with connection.cursor() as cursor:
        return run(cursor, statement, {"lender": lender_id, "delivery": delivery_id, "subject": subject})


def _identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _column(alias: str, name: str) -> sql.Composed:
    return sql.SQL("{}.{}").format(sql.Identifier(alias), sql.Identifier(name))


def _json(alias: str, columns: Names) -> sql.Composed:
    pairs = sql.SQL(", ").join(sql.SQL("{}, {}").format(sql.Literal(c), _column(alias, c)) for c in columns)
    return sql.SQL("jsonb_build_object({})").format(pairs)


def _same_key(staged: str, table: str, key: Names, fixed: Mapping[str, Any]) -> sql.Composed:
    parts = [sql.SQL("{} = {}").format(_column(table, c), _column(staged, c)) for c in key]
    parts += [sql.SQL("{} = {}").format(_column(table, c), sql.Placeholder()) for c in fixed if c == "lender_id"]
    return sql.SQL(" AND ").join(parts)


def _key_values(key: Names, fixed: Mapping[str, Any]) -> list[Any]:
    return [value for name, value in fixed.items() if name == "lender_id"]
