"""The SQL of one slice of a grain, piece by piece; `alerts.observation.slice` runs what a night has to ask of it."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from alerts.observation.engine import Family, Grain, Months, Windows

_SUBJECT = re.compile(r"\blw_subject\b")


@dataclass(frozen=True)
class Asked:
    """What a night asks: of which families and windows anything was ever told, which families have a touched subject, whether any
    subject has news (`some`) or all have (`all`), and whether all are computed from the facts (`fresh`).
    """

    told: frozenset[str]
    fresh: bool = False
    touched: frozenset[str] = frozenset()
    some: bool = True
    all: bool = False

    def computes(self, family: Family) -> bool:
        """Whether the family's SQL is run."""
        return family.name in self.told and (family.nightly or family.name in self.touched)


def _was(grain: Grain) -> str:
    return f"w.lender_id = %(lender)s AND w.as_of = %(previous)s AND w.{grain.subject} = b.subject_id"


@cache
def drop(grain: Grain) -> str:
    """Away with what an earlier slice of the same transaction left."""
    temps = ["lw_book", "lw_subject"] + [f"lw_f_{f.name}" for f in grain.families] + [f"lw_w_{w.name}" for w in grain.windows]
    return f"DROP TABLE IF EXISTS {', '.join(temps)}"


def book(grain: Grain) -> str:
    """SELECT of the subjects of the slice."""
    return grain.book


def clear(grain: Grain) -> str:
    """The rows that are written anew."""
    return f"DELETE FROM {grain.table} x WHERE x.lender_id = %(lender)s AND x.as_of = %(day)s AND x.bucket BETWEEN %(lo)s AND %(hi)s AND {grain.mine}"


@lru_cache(maxsize=64)
def touched(grain: Grain, asked: Asked) -> str:
    """Subjects with news for any family, and for which: one column each, whose statistics tell the planner how many they are."""
    families = [(place, family) for place, family in enumerate(grain.carried, 1) if family.name in asked.told]
    if asked.fresh:
        columns = "".join(f", true AS for_{family.name}" for _, family in families)
        return f"SELECT b.subject_id, true AS is_new{columns} FROM lw_book b"
    bits = {family.name: 1 << place for place, family in families}
    told = [(sql, bits[family.name]) for _, family in families for sql in family.news] + [(sql, sum(bits.values())) for sql in grain.news]
    news = [f"SELECT n.subject_id, {bit} FROM ({sql}) n (subject_id)" for sql, bit in told]
    columns = "".join(
        f""", w.shape IS DISTINCT FROM %(shape)s OR coalesce(n.bits & {bits[family.name]} <> 0, false)
        OR coalesce(w.recheck_on[{place}] <= %(day)s, false) AS for_{family.name}"""
        for place, family in families
    )
    return f"""
        WITH news (subject_id, bits) AS ({" UNION ALL ".join(news) or "SELECT NULL::bigint, 0 WHERE false"}),
        told AS (SELECT subject_id, bit_or(bits) AS bits FROM news GROUP BY subject_id)
        SELECT * FROM (
            SELECT b.subject_id, w.shape IS DISTINCT FROM %(shape)s AS is_new{columns}
            FROM lw_book b LEFT JOIN told n ON n.subject_id = b.subject_id LEFT JOIN {grain.table} w ON {_was(grain)}) t
        WHERE {" OR ".join(["is_new", *(f"for_{family.name}" for _, family in families)])}
        """


@cache
def family(family: Family) -> str:
    """SELECT of one family over its own touched subjects."""
    return family.sql if family.nightly else _SUBJECT.sub(f"(SELECT subject_id FROM lw_subject WHERE for_{family.name})", family.sql)


def _bounds(window: "int | Months", at: str) -> tuple[str, str]:
    """SQL of the days between which a window lies at the close of `at`: after the first, up to and with the second."""
    if isinstance(window, int):
        return f"({at}::date - {window})", f"{at}::date"
    month = f"date_trunc('month', {at}::date)"
    return f"(({month} - interval '{window.count + window.back} months')::date - 1)", f"(({month} - interval '{window.back} months')::date - 1)"


@lru_cache(maxsize=64)
def window(window: Windows, asked: Asked) -> str:
    """SELECT of two sums per column: anew for subjects that are new or corrected, else the difference to the close before."""
    if window.name not in asked.told:
        sums = [f"0 AS {name}" for name in window.columns] + [f"NULL::date AS {name}" for name in window.latest]
        return f"SELECT s.subject_id, true AS anew, {', '.join(sums)} FROM lw_subject s WHERE s.is_new"
    t_on = window.on
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
    anew = "SELECT s.subject_id FROM lw_subject s WHERE s.is_new"
    if not asked.fresh:
        # The row of the close before may have been written with later knowledge, by a re-run or a repair.
        anew += f"""
            UNION SELECT b.subject_id FROM lw_book b WHERE b.subject_id IN ({window.revised})
            UNION SELECT {window.subject} FROM {window.source}
            WHERE {window.cut} AND {window.known_from} > %(previous)s AND {window.known_from} <= %(known)s AND {t_on} <= %(previous)s
              AND {window.subject} IN (SELECT subject_id FROM lw_book)"""
    changed = f"""
        UNION ALL
        SELECT {window.subject}, false, {", ".join(moved + last)} FROM {window.source}
        WHERE {window.cut} AND ({window.known_from} > %(previous)s OR {moved_over})
          AND {window.subject} NOT IN (SELECT subject_id FROM anew)
        GROUP BY 1"""
    return f"""
        WITH anew AS MATERIALIZED ({anew})
        SELECT {window.subject} AS subject_id, true AS anew, {", ".join(full + last)} FROM {window.source}
        WHERE {window.cut} AND {window.subject} IN (SELECT subject_id FROM anew) AND {t_on} > {first} AND {t_on} <= %(day)s
        GROUP BY 1
        UNION ALL
        SELECT anew.subject_id, true, {", ".join(["0"] * len(full) + ["NULL"] * len(last))} FROM anew
        WHERE NOT EXISTS (SELECT FROM {window.source} WHERE {window.cut} AND {window.subject} = anew.subject_id
                          AND {t_on} > {first} AND {t_on} <= %(day)s)
        {"" if asked.fresh else changed}
        """


def _summed(window: Windows) -> dict[str, str]:
    """Column -> its value at this close, from that of the close before (`w`) and what the window found."""
    found = f"lw_w_{window.name}"
    anew = f"{found}.anew OR w.shape IS DISTINCT FROM %(shape)s"
    sums = {c: f"(CASE WHEN {anew} THEN 0 ELSE w.{c} END + coalesce({found}.{c}, 0))::{kind}" for c, (kind, _, _) in window.columns.items()}
    newest = {c: (days, f"CASE WHEN {anew} THEN {found}.{c} ELSE greatest(w.{c}, {found}.{c}) END") for c, (days, _) in window.latest.items()}
    return sums | {c: f"CASE WHEN {value} > %(day)s::date - {days} THEN {value} END" for c, (days, value) in newest.items()}


@lru_cache(maxsize=64)
def insert(grain: Grain, asked: Asked) -> str:
    """One INSERT: rows with news and carried rows beneath, derived columns above. Of a row with news, each family is computed or carried."""
    fresh, kept, names = _stored(grain, asked)
    joined = " ".join(
        [f"LEFT JOIN lw_w_{w.name} ON lw_w_{w.name}.subject_id = b.subject_id" for w in grain.windows]
        + [f"JOIN lw_f_{f.name} ON lw_f_{f.name}.subject_id = b.subject_id" for f in grain.families if f.nightly and asked.computes(f)]
    )
    families = " ".join(f"LEFT JOIN lw_f_{f.name} ON lw_f_{f.name}.subject_id = b.subject_id" for f in grain.carried if asked.computes(f))
    derived = {name: f"({sql})::{kind}" for f in grain.families for name, (kind, sql) in f.derived.items()}
    stored = ["recheck_on"] + [c for f in grain.families for c in f.columns] + [c for w in grain.windows for c in w.stored]
    target = ["shape", *grain.own, *stored, *derived]
    values = ["%(shape)s", *(f"r.own_{name}" for name in grain.own), *(f"r.{name}" for name in stored), *derived.values()]
    own = ", ".join(f"{sql} AS own_{name}" for name, sql in grain.own.items())
    rows = []
    if asked.some:
        listed = ", ".join(f"{sql} AS {name}" for name, sql in zip(names, fresh, strict=True))
        rows.append(
            f"SELECT b.*, {own}, {listed} FROM lw_book b JOIN lw_subject s ON s.subject_id = b.subject_id {families} "
            f"LEFT JOIN {grain.table} w ON {_was(grain)} {joined}"
        )
    if not asked.all:
        listed = ", ".join(f"{sql} AS {name}" for name, sql in zip(names, kept, strict=True))
        rest = "WHERE NOT EXISTS (SELECT FROM lw_subject s WHERE s.subject_id = b.subject_id)" if asked.some else ""
        rows.append(f"SELECT b.*, {own}, {listed} FROM lw_book b JOIN {grain.table} w ON {_was(grain)} {joined} {rest}")
    return f"INSERT INTO {grain.table} ({', '.join(target)}) SELECT {', '.join(values)} FROM ({' UNION ALL '.join(rows)}) r"


def _stored(grain: Grain, asked: Asked) -> tuple[list[str], list[str], list[str]]:
    """What is stored of a row with news and of a carried one, and the names of these expressions, in the same order."""
    fresh, kept = ([f"ARRAY[{', '.join(dates)}]::date[]"] for dates in _dates(grain, asked))
    if all(f.name in asked.told and "recheck_on" not in f.carried for f in grain.carried):
        kept = ["w.recheck_on"]
    names = ["recheck_on"]
    for f in grain.carried:
        for column, kind in f.columns.items():
            bare = f"({f.without.get(column, 'NULL')})::{kind}"
            value = f"({f.carried.get(column, f'w.{column}')})::{kind}" if f.name in asked.told else bare
            fresh.append(f"CASE WHEN s.for_{f.name} THEN lw_f_{f.name}.{column}::{kind} ELSE {value} END" if asked.computes(f) else value)
            kept.append(value)
            names.append(column)
    every = {column: value for w in grain.windows for column, value in _summed(w).items()}
    for f in grain.families:
        if f.nightly:
            every |= {c: f"lw_f_{f.name}.{c}::{kind}" if asked.computes(f) else f"({f.without.get(c, 'NULL')})::{kind}" for c, kind in f.columns.items()}
        every |= {name: f"({expression})" for name, expression in f.was.items()}
    return fresh + list(every.values()), kept + list(every.values()), names + list(every)


def _dates(grain: Grain, asked: Asked) -> tuple[list[str], list[str]]:
    """The dates on which the families look again: of a row with news, and of a carried one."""
    fresh, kept = [], []
    for place, f in enumerate(grain.carried, 1):
        if f.name not in asked.told:
            date = "NULL"
        else:
            date = f"least(w.recheck_on[{place}], {f.carried['recheck_on']})" if "recheck_on" in f.carried else f"w.recheck_on[{place}]"
        kept.append(date)
        computed = f"lw_f_{f.name}.recheck_on" if f.rechecks else "NULL"
        fresh.append(f"CASE WHEN s.for_{f.name} THEN {computed} ELSE {date} END" if asked.computes(f) else date)
    return fresh, kept
