"""The observation of one grain at one close: what has news is computed from the facts, all else is carried forward.

A *family* of indicators is one SELECT over the subjects with news. Its columns stay as they are until a fact arrives or a
date is reached that the family itself names (`recheck_on`): a window that a demand leaves, a period that ends. So the cost
of a night follows what happened in it, neither the age of the loans nor the length of the windows. What moves with every day
is never stored as such: *derived* columns are worked out each night, for all subjects, from what is stored.

Each family has its own touched subjects and its own recheck date, so a demand that comes near runs the family that looks ahead
and no other. A family therefore names everything that it reads as news of its own.

Carried or computed afresh, the row is the same; `fresh` computes everything and is the check, the rebuild and the re-run.
Each row keeps the `shape` of what computed it, so that a changed definition is never carried on.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.backends.utils import CursorWrapper

from alerts.observation.fields import Field

# Storage types. Ratios and numbers are rounded when they are stored, so a carried value is the value that was computed.
MONEY, RATIO, NUMBER, INT, DATE, BOOL = "numeric(20, 2)", "numeric(14, 6)", "numeric(20, 6)", "integer", "date", "boolean"
_SUBJECT = re.compile(r"\blw_subject\b")


@dataclass(frozen=True)
class Family:
    """Indicators with the same sources.

    sql: one SELECT (a WITH is allowed) giving exactly one row per row of `lw_subject (subject_id)`, the subjects with news for
    this family (always with an alias): subject_id, then every name of `columns`, and `recheck_on` where `rechecks`: the earliest
    later date on which a column may change although no fact arrives, NULL for never. `lw_book` holds all subjects of the slice
    with what is new every day.
    columns: stored, name -> SQL type. derived: name -> (SQL type, expression over the row `r`, which has the book's and all
    families' columns). news: SELECTs of subjects with a new fact for this family since the close before. carried: where a column
    of a carried row is not simply that of the close before: an expression over `w` (that row) and `b` (today's book); `recheck_on` too.
    was: names in `r` for expressions over `w`, which is empty for a subject that is new. nightly: sql runs for all subjects
    (`lw_book`) every night, for what depends on other subjects; nothing is carried.
    """

    name: str
    sql: str
    columns: Mapping[str, str]
    derived: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    news: tuple[str, ...] = ()
    carried: Mapping[str, str] = field(default_factory=dict)
    was: Mapping[str, str] = field(default_factory=dict)
    rechecks: bool = False
    nightly: bool = False
    fields: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        if self.nightly and (self.news or self.carried or self.rechecks):
            raise ValueError(f"{self.name}: what is computed every night is not carried")


@dataclass(frozen=True)
class Months:
    """`count` calendar months that are over; the last of them ended `back` months before the month of the business date began."""

    count: int
    back: int = 0


@dataclass(frozen=True)
class Windows:
    """Sums over the last days or months of flows: the sum at the close before plus what came in minus what left, however long the window.

    source: FROM clause of the flows, alias `t`, cut by lender and bucket in `cut`, which leaves out what is not the truth as
    known. subject, on, known_from: expressions over it: whose flow, the day it is about, the day it became known. revised:
    SELECT of subjects whose flows were corrected or withdrawn since the close before; they are summed anew. columns: name ->
    (SQL type, window, what is summed: an expression over `t`, NULL for what does not count). A window of n days holds the
    business date and the n - 1 days before it. latest: name -> (days, condition): the last day within so many days with a flow
    that meets the condition, NULL for none.
    """

    name: str
    source: str
    cut: str
    subject: str
    on: str
    known_from: str
    revised: str
    columns: Mapping[str, tuple[str, "int | Months", str]]
    latest: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def stored(self) -> dict[str, str]:
        """Name -> SQL type of every column."""
        return {name: kind for name, (kind, _, _) in self.columns.items()} | dict.fromkeys(self.latest, DATE)


@dataclass(frozen=True)
class Grain:
    """Who is observed.

    book: SELECT of the subjects of the slice, `subject_id` first. own: table column -> expression over `b`. news: as that of a
    family, for what all families read: the master data that the book shows. mine: which rows of the table, alias `x`, a run over
    this slice replaces.
    """

    name: str
    table: str
    subject: str
    book: str
    own: Mapping[str, str]
    families: tuple[Family, ...]
    windows: tuple[Windows, ...] = ()
    news: tuple[str, ...] = ()
    mine: str = "true"

    @property
    def carried(self) -> tuple[Family, ...]:
        """Families that are computed only where there is news. Their place here is that of their date in `recheck_on`."""
        return tuple(family for family in self.families if not family.nightly)

    @property
    def stored(self) -> dict[str, str]:
        """Every column that families and windows keep: name -> SQL type."""
        found: dict[str, str] = {}
        for family in self.families:
            found |= dict(family.columns) | {name: kind for name, (kind, _) in family.derived.items()}
        for window in self.windows:
            found |= window.stored
        return found


def new_fact(alias: str, on: str = "valid_from") -> str:
    """Condition: the fact became known, or began to be so, after the close before and by this one.

    A revision that moves a fact into the future is news on the day it becomes known, for what it revises is no longer so.
    """
    return (
        f"({alias}.known_from > %(previous)s OR ({alias}.{on} > %(previous)s AND {alias}.{on} <= %(day)s)) AND {alias}.known_from <= %(known)s"
    )


def later(dates: str) -> str:
    """For `recheck_on`: the earliest of `dates` (SQL expressions with commas between them), tomorrow at the soonest; NULL where all are NULL.

    `greatest` alone would make tomorrow of NULL, and every subject would be computed every night.
    """
    return f"CASE WHEN least({dates}) IS NOT NULL THEN greatest(%(day)s::date + 1, least({dates})::date) END"


def observe_grain(cursor: CursorWrapper, grain: Grain, parameters: Mapping[str, Any], *, fresh: bool = False) -> int:
    """Write the rows of one slice; returns how many. Twice leaves the same rows.

    parameters: those of `loanwatch.trail.ledger.key_of` and whatever the grain's SQL names. fresh: compute every subject from
    the facts, as on the first close, although there is a close before to carry from.
    """
    whole = {**parameters, "fresh": fresh or parameters["previous"] is None, "shape": shape(grain.name, tuple(statements(grain)))}
    for statement in statements(grain):
        cursor.execute(statement, whole)
    return cursor.rowcount


@cache
def shape(name: str, of: tuple[str, ...]) -> int:
    """A number that changes with the definition of a grain, as a signed 32-bit integer."""
    return zlib.crc32("".join((name, *of)).encode()) - 2**31


def statements(grain: Grain) -> list[str]:
    """The SQL of one slice, in order; their number depends on the grain only, never on the book."""
    was = f"w.lender_id = %(lender)s AND w.as_of = %(previous)s AND w.{grain.subject} = b.subject_id"
    temps = ["lw_book", "lw_subject"] + [f"lw_f_{f.name}" for f in grain.families] + [f"lw_w_{w.name}" for w in grain.windows]
    return [
        f"DROP TABLE IF EXISTS {', '.join(temps)}",
        f"CREATE TEMP TABLE lw_book ON COMMIT DROP AS {grain.book}",
        "ALTER TABLE lw_book ADD PRIMARY KEY (subject_id)",
        "ANALYZE lw_book",
        _touched(grain, was),
        "ALTER TABLE lw_subject ADD PRIMARY KEY (subject_id)",
        "ANALYZE lw_subject",
        *[sql for family in grain.families for sql in _family(family)],
        *[sql for window in grain.windows for sql in _window(window, grain)],
        f"DELETE FROM {grain.table} x WHERE x.lender_id = %(lender)s AND x.as_of = %(day)s AND x.bucket BETWEEN %(lo)s AND %(hi)s AND {grain.mine}",
        _insert(grain, was),
    ]


def _touched(grain: Grain, was: str) -> str:
    """Subjects with news for any family, and for which: one column each, whose statistics tell the planner how many they are."""
    bits = {family.name: 1 << place for place, family in enumerate(grain.carried)}
    told = [(sql, bits[family.name]) for family in grain.carried for sql in family.news] + [(sql, sum(bits.values())) for sql in grain.news]
    news = [f"SELECT n.subject_id, {bit} FROM ({sql}) n (subject_id) WHERE NOT %(fresh)s" for sql, bit in told]
    flags = [
        f"coalesce(n.bits & {bits[family.name]} <> 0, false) OR coalesce(w.recheck_on[{place}] <= %(day)s, false)"
        for place, family in enumerate(grain.carried, 1)
    ]
    anew = "%(fresh)s OR w.shape IS DISTINCT FROM %(shape)s"
    columns = "".join(f", {anew} OR {flag} AS for_{family.name}" for family, flag in zip(grain.carried, flags, strict=True))
    return f"""
        CREATE TEMP TABLE lw_subject ON COMMIT DROP AS
        WITH news (subject_id, bits) AS ({" UNION ALL ".join(news) or "SELECT NULL::bigint, 0 WHERE false"}),
        told AS (SELECT subject_id, bit_or(bits) AS bits FROM news GROUP BY subject_id)
        SELECT * FROM (
            SELECT b.subject_id, w.shape IS DISTINCT FROM %(shape)s AS is_new{columns}
            FROM lw_book b LEFT JOIN told n ON n.subject_id = b.subject_id LEFT JOIN {grain.table} w ON {was}) t
        WHERE {" OR ".join(["%(fresh)s OR is_new", *(f"for_{family.name}" for family in grain.carried)])}
        """


def _family(family: Family) -> list[str]:
    name, touched = f"lw_f_{family.name}", f"(SELECT subject_id FROM lw_subject WHERE for_{family.name})"
    # Only subject_id is joined on: statistics of the other columns would cost more than many a family.
    return [f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {_SUBJECT.sub(touched, family.sql)}", f"ANALYZE {name} (subject_id)"]


def _bounds(window: "int | Months", at: str) -> tuple[str, str]:
    """SQL of the days between which a window lies at the close of `at`: after the first, up to and with the second."""
    if isinstance(window, int):
        return f"({at}::date - {window})", f"{at}::date"
    month = f"date_trunc('month', {at}::date)"
    return f"(({month} - interval '{window.count + window.back} months')::date - 1)", f"(({month} - interval '{window.back} months')::date - 1)"


def _window(window: Windows, grain: Grain) -> list[str]:
    """Two sums per column: anew for subjects that are new or corrected, else the difference to the close before."""
    name, t_on = f"lw_w_{window.name}", window.on
    spans = list(dict.fromkeys([span for _, span, _ in window.columns.values()] + [days for days, _ in window.latest.values()]))

    def within(span: "int | Months", day: str, known: str) -> str:
        low, high = _bounds(span, day)
        return f"({t_on} > {low} AND {t_on} <= {high} AND {window.known_from} <= {known})"

    now = {span: within(span, "%(day)s", "%(known)s") for span in spans}
    before = {span: within(span, "%(previous)s", "%(previous)s") for span in spans}
    # Only what became known since, and what lies where a window began or ended at one of the two closes and not at the other.
    edges = dict.fromkeys(
        (then, today) for span in spans for then, today in zip(_bounds(span, "%(previous)s"), _bounds(span, "%(day)s"), strict=True)
    )
    moved_over = " OR ".join(f"({t_on} > {then} AND {t_on} <= {today})" for then, today in edges)
    first = f"least({', '.join(_bounds(span, '%(day)s')[0] for span in spans)})"
    last = [f"max({t_on}) FILTER (WHERE {now[days]} AND {condition}) AS {col}" for col, (days, condition) in window.latest.items()]
    full = [f"coalesce(sum({what}) FILTER (WHERE {now[span]}), 0) AS {col}" for col, (_, span, what) in window.columns.items()]
    moved = [
        f"coalesce(sum({what}) FILTER (WHERE {now[span]}), 0) - coalesce(sum({what}) FILTER (WHERE {before[span]}), 0) AS {col}"
        for col, (_, span, what) in window.columns.items()
    ]
    return [
        f"""
        CREATE TEMP TABLE {name} ON COMMIT DROP AS
        WITH anew AS MATERIALIZED (
            SELECT s.subject_id FROM lw_subject s WHERE s.is_new OR %(fresh)s
            UNION SELECT b.subject_id FROM lw_book b WHERE b.subject_id IN ({window.revised})
            -- the row of the close before may have been written with later knowledge, by a re-run or a repair
            UNION SELECT {window.subject} FROM {window.source}
            WHERE {window.cut} AND {window.known_from} > %(previous)s AND {window.known_from} <= %(known)s AND {t_on} <= %(previous)s
              AND {window.subject} IN (SELECT subject_id FROM lw_book)
        )
        SELECT {window.subject} AS subject_id, true AS anew, {", ".join(full + last)} FROM {window.source}
        WHERE {window.cut} AND {window.subject} IN (SELECT subject_id FROM anew) AND {t_on} > {first} AND {t_on} <= %(day)s
        GROUP BY 1
        UNION ALL
        SELECT anew.subject_id, true, {", ".join(["0"] * len(full) + ["NULL"] * len(last))} FROM anew
        WHERE NOT EXISTS (SELECT FROM {window.source} WHERE {window.cut} AND {window.subject} = anew.subject_id
                          AND {t_on} > {first} AND {t_on} <= %(day)s)
        UNION ALL
        SELECT {window.subject}, false, {", ".join(moved + last)} FROM {window.source}
        WHERE NOT %(fresh)s AND {window.cut} AND ({window.known_from} > %(previous)s OR {moved_over})
          AND {window.subject} NOT IN (SELECT subject_id FROM anew)
        GROUP BY 1
        """,
        f"ANALYZE {name} (subject_id)",
    ]


def _summed(window: Windows) -> dict[str, str]:
    """Column -> its value at this close, from that of the close before (`w`) and what the window found."""
    found = f"lw_w_{window.name}"
    anew = f"{found}.anew OR w.shape IS DISTINCT FROM %(shape)s"
    sums = {c: f"(CASE WHEN {anew} THEN 0 ELSE w.{c} END + coalesce({found}.{c}, 0))::{kind}" for c, (kind, _, _) in window.columns.items()}
    newest = {c: (days, f"CASE WHEN {anew} THEN {found}.{c} ELSE greatest(w.{c}, {found}.{c}) END") for c, (days, _) in window.latest.items()}
    return sums | {c: f"CASE WHEN {value} > %(day)s::date - {days} THEN {value} END" for c, (days, value) in newest.items()}


def _insert(grain: Grain, was: str) -> str:
    """One INSERT: rows with news and carried rows beneath, derived columns above. Of a row with news, each family is computed or carried."""
    carried_families, nightly = grain.carried, [f for f in grain.families if f.nightly]
    names = ["recheck_on"] + [c for f in carried_families for c in f.columns] + [c for w in grain.windows for c in w.stored]
    names += [c for f in nightly for c in f.columns] + [c for f in grain.families for c in f.was]
    moved = [f"least(w.recheck_on[{n}], {f.carried['recheck_on']})" if "recheck_on" in f.carried else f"w.recheck_on[{n}]"
             for n, f in enumerate(carried_families, 1)]  # fmt: skip
    dates = [f"CASE WHEN s.for_{f.name} THEN {f'lw_f_{f.name}.recheck_on' if f.rechecks else 'NULL'} ELSE {date} END"
             for f, date in zip(carried_families, moved, strict=True)]  # fmt: skip
    fresh, kept = [f"ARRAY[{', '.join(dates)}]::date[]"], [f"ARRAY[{', '.join(moved)}]::date[]"]
    if not any("recheck_on" in f.carried for f in carried_families):
        kept = ["w.recheck_on"]
    carried = [(f, c, kind, f"({f.carried.get(c, f'w.{c}')})::{kind}") for f in carried_families for c, kind in f.columns.items()]
    fresh += [f"CASE WHEN s.for_{f.name} THEN lw_f_{f.name}.{c}::{kind} ELSE {value} END" for f, c, kind, value in carried]
    kept += [value for _, _, _, value in carried]
    every = [value for w in grain.windows for value in _summed(w).values()]
    every += [f"lw_f_{f.name}.{c}::{kind}" for f in nightly for c, kind in f.columns.items()]
    every += [f"({expression})" for f in grain.families for expression in f.was.values()]
    joined = " ".join(
        [f"LEFT JOIN lw_w_{w.name} ON lw_w_{w.name}.subject_id = b.subject_id" for w in grain.windows]
        + [f"JOIN lw_f_{f.name} ON lw_f_{f.name}.subject_id = b.subject_id" for f in nightly]
    )
    families = " ".join(f"LEFT JOIN lw_f_{f.name} ON lw_f_{f.name}.subject_id = b.subject_id" for f in carried_families)
    derived = {name: f"({sql})::{kind}" for f in grain.families for name, (kind, sql) in f.derived.items()}
    stored = ["recheck_on"] + [c for f in grain.families for c in f.columns] + [c for w in grain.windows for c in w.stored]
    target = ["shape", *grain.own, *stored, *derived]
    values = ["%(shape)s", *(f"r.own_{name}" for name in grain.own), *(f"r.{name}" for name in stored), *derived.values()]
    own = ", ".join(f"{sql} AS own_{name}" for name, sql in grain.own.items())
    fresh_list = ", ".join(f"{sql} AS {name}" for name, sql in zip(names, fresh + every, strict=True))
    kept_list = ", ".join(f"{sql} AS {name}" for name, sql in zip(names, kept + every, strict=True))
    return f"""
        INSERT INTO {grain.table} ({", ".join(target)})
        SELECT {", ".join(values)} FROM (
            SELECT b.*, {own}, {fresh_list}
            FROM lw_book b JOIN lw_subject s ON s.subject_id = b.subject_id {families} LEFT JOIN {grain.table} w ON {was} {joined}
            UNION ALL
            SELECT b.*, {own}, {kept_list}
            FROM lw_book b JOIN {grain.table} w ON {was} {joined}
            WHERE NOT EXISTS (SELECT FROM lw_subject s WHERE s.subject_id = b.subject_id)
        ) r
        """
