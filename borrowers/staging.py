"""Brings many rows into a temporary table by COPY, and from there into the facts as one set.

Temporary tables are the only ones that web and worker may make. One belongs to its transaction and goes with it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg2 import sql

Names = Sequence[str]
CHUNK_ROWS = 2000
WORK_MEMORY = "96MB"  # for a sort or hash of what is staged, until the transaction ends: the usual few MB go through files
SAMPLE = 10  # statistics target of what is staged: 3,000 of its rows show how many there are, and its plans ask little more
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


NULL = "\\N"


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
            yield as_copy_line(row)


class _Chunks:
    """Chunks of COPY text as a file that is read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = (chunk for chunk in chunks if chunk)  # an empty read would be the end
        self.waiting, self.at = b"", 0

    def read(self, size: int = -1) -> bytes:
        if self.at >= len(self.waiting):
            self.waiting, self.at = next(self.chunks, b""), 0
        part = self.waiting[self.at : self.at + size] if size is not None and size >= 0 else self.waiting[self.at :]
        self.at += len(part)
        return part


def as_copy_line(row: Sequence[Any]) -> str:
    """A row as a line of COPY text, with its end."""
    return "\t".join(map(as_copy_text, row)) + "\n"


def as_copy_text(value: Any) -> str:
    """A value as COPY reads it; NULL for None."""
    if value is None:
        return NULL
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
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        run(cursor, sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(sql.Identifier(table)))
        run(cursor, sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(sql.Identifier(table), declared))
        each = (sql.SQL("ALTER {} SET STATISTICS {}").format(sql.Identifier(name), sql.Literal(SAMPLE)) for name in columns)
        run(cursor, sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(table), sql.SQL(", ").join(each)))
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


def fill_text(table: str, columns: Names, chunks: Iterable[bytes], *, null: str = "") -> int:
    """Append COPY text (tab between values, `null` for NULL) to a staged table; returns how many rows."""
    with connection.cursor() as cursor:
        statement = sql.SQL("COPY {} ({}) FROM STDIN (NULL {})").format(sql.Identifier(table), _identifiers(columns), sql.Literal(null))
        cursor.copy_expert(statement.as_string(cursor.connection), _Chunks(chunks), 1024 * 1024)
        filled = cursor.rowcount
        if filled:
            run(cursor, sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    return filled


@dataclass(frozen=True)
class Change:
    """Who brings a change to master data (ids), and as of which business date; without a date, each row's own `known_from`."""

    lender: int
    delivery: int | None = None
    entered_by: int | None = None
    told_on: date | None = None


def update_differing(table: str, told: str, columns: Names, *, subject: str, change: Change, blanks: bool = False, audited: bool = True) -> int:
    """Bring master data to what is told, where it differs; returns how many rows changed.

    `told` is SQL of rows with `number`, `known_from`, `said_from` and `columns`, and may use the parameter `lender`. `said_from` is the
    day a person names since which it is so; of a delivery it does not count, as files repeat the day on which a loan began. A NULL there means that
    the source does not say, and changes nothing, unless `blanks`. What was told as of a later business date stays. Each changed
    field leaves a `Correction`, and each changed row, if `audited`, an audit event `fact.corrected` on `subject` (a model label)
    with the values before and after: nothing is overwritten silently.
    """
    parts = _corrected(table=sql.Identifier(table), told=sql.SQL(told), columns=columns, blanks=blanks)
    audit = sql.SQL(AUDITED).format(before=_json("was_", columns), after=_json("", columns)) if audited else sql.SQL("SELECT FROM written")
    with connection.cursor() as cursor:
        return run(cursor, sql.SQL(CORRECT).format(**parts, audit=audit), {**asdict(change), "subject": subject})


# The row is locked and compared; of what differs, fields that were corrected as of a later date are left as they are.
CORRECT = """
WITH candidates AS (
    SELECT t.id, greatest(t.known_from, s.known_from) AS known_from, coalesce(%(told_on)s, s.known_from) AS told_on,
           CASE WHEN %(entered_by)s::bigint IS NOT NULL THEN s.said_from END AS said_from, {news}, {olds}
    FROM {table} t JOIN {told} s ON t.number = s.number LEFT JOIN borrowers_delivery d ON d.id = t.delivery_id
    WHERE t.lender_id = %(lender)s AND ({new}) IS DISTINCT FROM ({old})
      AND coalesce(d.business_date, t.known_from) <= coalesce(%(told_on)s, s.known_from)
    ORDER BY t.id FOR UPDATE OF t
), judged AS (
    SELECT k.id, greatest(k.known_from, later.known_from) AS known_from, k.told_on, k.said_from, {kept}, {was}
    FROM candidates k CROSS JOIN LATERAL (
        SELECT max(c.known_from) AS known_from, coalesce(array_agg(c.field) FILTER (WHERE coalesce(c.told_on, c.valid_from) > k.told_on), ARRAY[]::varchar[]) AS fields
        FROM borrowers_correction c WHERE c.subject = %(subject)s AND c.subject_id = k.id
    ) later
), changed AS (
    SELECT * FROM judged c WHERE ({becomes}) IS DISTINCT FROM ({was})
), written AS (
    UPDATE {table} t SET {assignments} FROM changed c WHERE t.id = c.id RETURNING t.id
), logged AS (
    INSERT INTO borrowers_correction
        (lender_id, subject, subject_id, field, before, after, valid_from, told_on, known_from, delivery_id, entered_by_id)
    SELECT %(lender)s, %(subject)s, c.id, v.field, v.was, v.becomes, coalesce(c.said_from, c.told_on), c.told_on, c.known_from, %(delivery)s, %(entered_by)s
    FROM changed c CROSS JOIN LATERAL (VALUES {each}) AS v (field, was, becomes) WHERE v.was IS DISTINCT FROM v.becomes
)
{audit}
"""
AUDITED = """
INSERT INTO trail_auditevent (lender_id, person_id, event, subject_kind, subject_id, request_id, details)
SELECT %(lender)s, %(entered_by)s, 'fact.corrected', %(subject)s, c.id::text, '',
       jsonb_build_object('delivery', %(delivery)s::bigint, 'before', {before}, 'after', {after})
FROM changed c JOIN written USING (id)
"""


def _corrected(*, table: sql.Identifier, told: sql.SQL, columns: Names, blanks: bool) -> dict[str, sql.Composable]:
    new = [_column("s", c) if blanks else sql.SQL("COALESCE({}, {})").format(_column("s", c), _column("t", c)) for c in columns]
    was = [sql.Identifier(f"was_{c}") for c in columns]
    every, listed = sql.SQL(", "), list(zip(columns, new, was, strict=True))
    return {
        "table": table,
        "told": told,
        "new": every.join(new),
        "old": every.join(_column("t", c) for c in columns),
        "news": every.join(sql.SQL("{} AS {}").format(value, sql.Identifier(c)) for c, value, _ in listed),
        "olds": every.join(sql.SQL("{} AS {}").format(_column("t", c), before) for c, _, before in listed),
        "kept": every.join(
            sql.SQL("CASE WHEN {} = ANY (later.fields) THEN {} ELSE {} END AS {}").format(
                sql.Literal(c), before, _column("k", c), sql.Identifier(c)
            )
            for c, _, before in listed
        ),
        "was": every.join(was),
        "becomes": every.join(_column("c", c) for c in columns),
        "assignments": every.join(sql.SQL("{} = {}").format(sql.Identifier(c), _column("c", c)) for c in columns),
        "each": every.join(
            sql.SQL("({}, {}, {})").format(sql.Literal(c), _exact(sql.SQL("c.{}").format(before)), _exact(_column("c", c)))
            for c, _, before in listed
        ),
    }


def _exact(value: sql.Composable) -> sql.Composed:
    """A value as JSON without loss: a number with decimals as text, as JSON's readers make a float of it."""
    return sql.SQL("CASE pg_typeof({v})::text WHEN 'numeric' THEN to_jsonb({v}::text) ELSE to_jsonb({v}) END").format(v=value)


def _identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _column(alias: str, name: str) -> sql.Composed:
    return sql.SQL("{}.{}").format(sql.Identifier(alias), sql.Identifier(name))


def _json(prefix: str, columns: Names) -> sql.Composed:
    pairs = sql.SQL(", ").join(sql.SQL("{}, {}").format(sql.Literal(c), _column("c", prefix + c)) for c in columns)
    return sql.SQL("jsonb_build_object({})").format(pairs)
