"""A closed day computed once more beside what stands: temporary tables of the same names, a comparison, and the replacement.

Within one transaction every table that the observation writes gets a temporary twin, which PostgreSQL finds before the real
one. The steps of a normal night then run as they are, and the real tables stay untouched, which `guard` proves. Alerts are
never judged anew for a date that has passed: what people have seen and handled stays as it was. The comparison lists where
rules would stand at another level, and the next close judges by the figures that then stand.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from loanwatch.lenders.models import Lender

KEPT = 1000  # differences kept of each grain and field; all are counted
NOT_OBSERVED = ("alerts_ruletally", "alerts_classproposal", "alerts_alertevidence", "alerts_droppedday")  # dated tables that judge or ask
NOT_COMPARED = {"id", "shape", "recheck_on", "lender_id", "as_of"}  # how a figure was reached is no figure
LARGE = ("alerts_loanday", "alerts_borrowerday")  # of these only the closes that the steps read are copied
WORKING = ("borrowers_loanstate", "borrowers_reconciliationdifference")  # begin empty: they hold one date only

TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum), array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attidentity <> ''),
       coalesce((SELECT array_agg(k.attname::text ORDER BY k.attnum) FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
                 WHERE i.indrelid = c.oid AND i.indisunique AND EXISTS (SELECT 1 FROM pg_attribute d WHERE d.attrelid = c.oid AND d.attnum = ANY (i.indkey)
                                                                       AND d.attname = 'as_of')), '{}')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND (c.relname LIKE 'alerts\\_%%' OR c.relname = ANY (%(working)s)) AND NOT c.relname = ANY (%(not_observed)s)
GROUP BY c.oid, c.relname
HAVING c.relname = ANY (%(working)s) OR array_agg(a.attname::text) @> ARRAY['lender_id', 'as_of']
ORDER BY c.relname
"""


@dataclass(frozen=True)
class Table:
    """One table of the observation: its columns without a generated number, and what names a subject at a date."""

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def grain(self) -> str:
        return self.name.removeprefix("alerts_").removesuffix("day")

    @property
    def compared(self) -> list[str]:
        return [c for c in self.columns if c not in NOT_COMPARED]


def tables(cursor: CursorWrapper) -> list[Table]:
    """Every table that the observing steps write."""
    cursor.execute(TABLES, {"working": list(WORKING), "not_observed": list(NOT_OBSERVED)})
    return [
        Table(name, tuple(c for c in columns if c not in (numbered or [])), tuple(k for k in keys if k not in ("lender_id", "as_of")))
        for name, columns, numbered, keys in cursor.fetchall()
    ]


def shadow(cursor: CursorWrapper, key: dict[str, Any]) -> list[Table]:
    """Put temporary tables before the real ones until the transaction ends, with the closes that the steps look back on.

    Returns the tables that are compared.
    """
    found = tables(cursor)
    month_ends = """SELECT max(business_date) FROM trail_businessday WHERE lender_id = %(lender)s
                    AND state IN ('closed', 'closed_with_exceptions') AND business_date < %(day)s
                    AND business_date > %(day)s::date - interval '13 months' GROUP BY date_trunc('month', business_date)"""
    for table in found:
        cursor.execute(f"CREATE TEMP TABLE {table.name} (LIKE public.{table.name} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES) ON COMMIT DROP")
        if table.name in WORKING:
            continue
        names = ", ".join(table.columns)
        dates = f"(as_of IN (%(day)s, %(previous)s) OR as_of IN ({month_ends}))" if table.name in LARGE else "as_of <= %(day)s"
        cursor.execute(f"INSERT INTO pg_temp.{table.name} ({names}) SELECT {names} FROM public.{table.name} WHERE lender_id = %(lender)s AND {dates}", key)
        cursor.execute(f"ANALYZE pg_temp.{table.name}")
    return [t for t in found if t.name not in WORKING]


WRITTEN = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables WHERE schemaname = 'public' AND relname NOT LIKE 'trail\\_%'
"""


@contextmanager
def guard(cursor: CursorWrapper) -> Iterator[None]:
    """Raises AssertionError when the block has written to a table of the book: then a step writes where no twin stands."""
    cursor.execute(WRITTEN)
    before = dict(cursor.fetchall())
    yield
    cursor.execute(WRITTEN)
    touched = sorted(name for name, rows in cursor.fetchall() if rows > before.get(name, 0))
    if touched:
        raise AssertionError(f"A re-run wrote to {', '.join(touched)}; these tables need a temporary twin.")


LABELS = {
    "loan_id": "SELECT number FROM borrowers_loan WHERE id = d.subject_id",
    "borrower_id": "SELECT number FROM borrowers_borrower WHERE id = d.subject_id",
    "branch_id": "SELECT code FROM people_branch WHERE id = d.subject_id",
    "person_id": "SELECT staff_no FROM people_person WHERE id = d.subject_id",
}


LEVELS = """
INSERT INTO lw_difference
SELECT 'rule', subject, '', r.code, l.number, to_jsonb(coalesce(a.level, 0)), to_jsonb(coalesce(b.level, 0))
FROM lw_levels_then a FULL JOIN lw_levels_now b USING (subject, rule_id)
JOIN alerts_rule r ON r.id = rule_id JOIN borrowers_loan l ON l.id = subject
WHERE a.level IS DISTINCT FROM b.level
"""


def compare(cursor: CursorWrapper, key: dict[str, Any], lender: Lender, run_version: int, compared: list[Table]) -> dict[str, dict[str, int]]:
    """Write the differences of the run and return their number by grain and field; those of an earlier comparison are replaced.

    `lw_levels_then` and `lw_levels_now` (subject, rule_id, level) hold at which level the rules stand by either.
    """
    cursor.execute("DROP TABLE IF EXISTS lw_difference")
    cursor.execute(
        """
        CREATE TEMP TABLE lw_difference
            (grain text, subject_id bigint, part text, field text, label text, "then" jsonb, now jsonb) ON COMMIT DROP
        """
    )
    for table in compared:
        _compare_table(cursor, key, table)
    cursor.execute(LEVELS)
    cursor.execute(
        "DELETE FROM alerts_rundifference WHERE lender_id = %s AND business_date = %s AND run_version = %s", [lender.pk, key["day"], run_version]
    )
    cursor.execute(
        """
        INSERT INTO alerts_rundifference (lender_id, business_date, run_version, grain, subject_id, label, field, "then", now)
        SELECT %s, %s, %s, grain, subject_id, left(concat_ws(' ', label, nullif(part, '')), 80), field, "then", now
        FROM (SELECT *, row_number() OVER (PARTITION BY grain, field ORDER BY subject_id, part) AS nth FROM lw_difference) d WHERE nth <= %s
        """,
        [lender.pk, key["day"], run_version, KEPT],
    )
    cursor.execute("SELECT grain, field, count(*) FROM lw_difference GROUP BY 1, 2 ORDER BY 1, 2")
    found: dict[str, dict[str, int]] = {}
    for grain, field, number in cursor.fetchall():
        found.setdefault(grain, {})[field] = number
    return found


def _compare_table(cursor: CursorWrapper, key: dict[str, Any], table: Table) -> None:
    subject = next((k for k in table.keys if k in LABELS), None)
    part = ", ".join(f"k.{k}::text" for k in table.keys if k != subject) or "''"
    same = " AND ".join(f"a.{k} = b.{k}" for k in table.keys)
    either = ", ".join(f"coalesce(a.{k}, b.{k}) AS {k}" for k in table.keys)
    mine = "lender_id = %(lender)s AND as_of = %(day)s"
    rows = [f"ROW({', '.join(f'{side}.{c}' for c in table.compared)})" for side in "ab"]
    drop = "ARRAY['id', 'shape', 'recheck_on', 'lender_id', 'as_of']"
    label = f"({LABELS[subject]})" if subject else "''"
    cursor.execute(
        f"""
        INSERT INTO lw_difference
        SELECT d.grain, d.subject_id, d.part, d.field, {label}, d."then", d.now FROM (
            SELECT '{table.grain}' AS grain, {f"k.{subject}" if subject else "0"} AS subject_id, concat_ws(' ', {part}) AS part, f.field, f."then", f.now
            FROM (
                SELECT {either}, to_jsonb(a) - {drop} AS was, to_jsonb(b) - {drop} AS is_now
                FROM (SELECT * FROM public.{table.name} WHERE {mine}) a
                FULL JOIN (SELECT * FROM pg_temp.{table.name} WHERE {mine}) b ON {same}
                WHERE {rows[0]} IS DISTINCT FROM {rows[1]}
            ) k
            CROSS JOIN LATERAL (
                SELECT e.field, k.was -> e.field AS "then", k.is_now -> e.field AS now
                FROM jsonb_object_keys(k.was) AS e (field) WHERE k.was IS NOT NULL AND k.is_now IS NOT NULL AND k.was -> e.field <> k.is_now -> e.field
                UNION ALL SELECT '', to_jsonb(k.was IS NOT NULL), to_jsonb(k.is_now IS NOT NULL) WHERE k.was IS NULL OR k.is_now IS NULL
            ) f
        ) d
        """,
        key,
    )


def put_in_place(cursor: CursorWrapper, key: dict[str, Any], compared: list[Table]) -> int:
    """Let the rows of the temporary tables take the place of those that differ; returns how many were written."""
    written = 0
    for table in compared:
        same = " AND ".join(f"a.{k} = b.{k}" for k in table.keys)
        rows = [f"ROW({', '.join(f'{side}.{c}' for c in table.columns)})" for side in "ab"]
        names = ", ".join(table.columns)
        mine = "{0}.lender_id = %(lender)s AND {0}.as_of = %(day)s"
        cursor.execute(
            f"DELETE FROM public.{table.name} a WHERE {mine.format('a')} AND NOT EXISTS "
            f"(SELECT FROM pg_temp.{table.name} b WHERE {mine.format('b')} AND {same} AND {rows[0]} IS NOT DISTINCT FROM {rows[1]})",
            key,
        )
        cursor.execute(
            f"INSERT INTO public.{table.name} ({names}) SELECT {names} FROM pg_temp.{table.name} b WHERE {mine.format('b')} AND NOT EXISTS "
            f"(SELECT FROM public.{table.name} a WHERE {mine.format('a')} AND {same})",
            key,
        )
        written += cursor.rowcount
    return written


FACTS = """
SELECT c.relname, bool_or(a.attname = 'loan_id'), bool_or(a.attname = 'borrower_id'), bool_or(a.attname = 'item_id'),
       bool_or(a.attname = 'account_id'), bool_or(a.attname = 'covenant_id'),
       (array_agg(a.attname::text) FILTER (WHERE a.attname IN ('valid_from', 'paid_on', 'on', 'due_on')))[1]
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname LIKE 'borrowers\\_%'
GROUP BY c.relname
HAVING array_agg(a.attname::text) @> ARRAY['lender_id', 'known_from'] AND bool_or(a.attname IN ('loan_id', 'borrower_id', 'item_id', 'account_id', 'covenant_id'))
ORDER BY c.relname
"""

# A covenant holds for one loan, for those of a facility, or for all of the borrower.
PROMISED = "l.borrower_id = c.borrower_id AND (c.loan_id = l.id OR c.loan_id IS NULL AND (c.facility_id IS NULL OR c.facility_id = l.facility_id))"


def changed_loans(cursor: CursorWrapper, lender: Lender, day: date, known: date) -> list[int]:
    """Loans of which something about `day` or earlier became known after it and by `known`: of the loan, its borrower or its collateral.

    Not the loans of others that are tied to these, as guarantors or in a group: their figures follow when all are run again.
    """
    cursor.execute(FACTS)
    told = "t.lender_id = %(lender)s AND t.known_from > %(day)s AND t.known_from <= %(known)s"
    of_borrower = "SELECT l.id FROM borrowers_loan l WHERE l.lender_id = %(lender)s AND l.borrower_id IN ({})"
    parts = [f"SELECT t.id FROM borrowers_loan t WHERE {told} AND t.disbursed_on <= %(day)s"]
    for table, loan, borrower, item, account, covenant, on in cursor.fetchall():
        about = f'{told} AND t."{on}" <= %(day)s' if on and on != "due_on" else told
        if table == "borrowers_loan":
            continue
        if loan:
            parts.append(f"SELECT t.loan_id FROM {table} t WHERE {about}")
        if borrower:  # what names a loan besides is about that loan
            of_all = f"{about} AND t.loan_id IS NULL" if loan else about
            parts.append(of_borrower.format(f"SELECT t.borrower_id FROM {table} t WHERE {of_all}"))
        if account:
            parts.append(of_borrower.format(f"SELECT a.borrower_id FROM {table} t JOIN borrowers_depositaccount a ON a.id = t.account_id WHERE {about}"))
        if covenant:
            parts.append(f"SELECT l.id FROM {table} t JOIN borrowers_covenant c ON c.id = t.covenant_id JOIN borrowers_loan l ON {PROMISED} WHERE {about}")
        if item and not loan:
            parts.append(f"SELECT p.loan_id FROM borrowers_pledge p WHERE p.item_id IN (SELECT t.item_id FROM {table} t WHERE {about})")
    corrected = f"SELECT t.subject_id FROM borrowers_correction t WHERE {told} AND t.valid_from <= %(day)s AND t.subject = "
    parts += [
        f"{corrected}'borrowers.loan'",
        of_borrower.format(f"{corrected}'borrowers.borrower'"),
        of_borrower.format(f"SELECT a.borrower_id FROM borrowers_depositaccount a WHERE a.id IN ({corrected}'borrowers.depositaccount')"),
        f"SELECT p.loan_id FROM borrowers_pledge p WHERE p.item_id IN ({corrected}'borrowers.collateralitem')",
        f"SELECT l.id FROM borrowers_covenant c JOIN borrowers_loan l ON {PROMISED} WHERE c.id IN ({corrected}'borrowers.covenant')",
    ]
    cursor.execute(
        f"SELECT DISTINCT id FROM ({' UNION ALL '.join(parts)}) c (id) WHERE id IS NOT NULL ORDER BY 1",
        {"lender": lender.pk, "day": day, "known": known},
    )
    return [loan for (loan,) in cursor.fetchall()]
