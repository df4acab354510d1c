"""The day's allocate step: repayments meet demands, and each scheduled loan's state follows.

The rule of `borrowers.loans.rules` over sets: the oldest demand is served first, so all follows from two running totals,
what is due up to a demand and what was paid in all. Everything is taken as known on the business date, so a day closed
late has the figures it would have had then. Where the core system delivers figures of its own, what differs is kept.
"""

from collections.abc import Mapping
from typing import Any

from django.db.backends.utils import CursorWrapper

from borrowers.loans import counting
from borrowers.loans.rules import FEE, INTEREST, NONE, PRINCIPAL, Counting
from borrowers.revisions import known
from loanwatch.lenders.models import Lender

POSITION = f"po.loan_id = l.id AND po.valid_from = %(day)s AND {known('po', 'borrowers_position')} AND po.closed_as = ''"

# Loans set aside are left as they stand; a repair names the loans it is about.
MINE = "NOT ({id} = ANY (%(held)s::bigint[])) AND (%(only)s::bigint[] IS NULL OR {id} = ANY (%(only)s::bigint[]))"

# A loan whose position is delivered is on the book on the days of its positions; the plan is asked for first, as most have none.
ON_BOOK = f"""
    SELECT l.id, l.lender_id, l.bucket, l.product_id FROM borrowers_loan l
    WHERE l.lender_id = %(lender)s AND l.bucket BETWEEN %(lo)s AND %(hi)s AND {MINE.format(id="l.id")}
      AND l.disbursed_on <= %(day)s AND l.known_from <= %(known)s
      AND (NOT l.position_fed OR (EXISTS (SELECT FROM borrowers_instalment i WHERE i.loan_id = l.id)
                                  AND EXISTS (SELECT FROM borrowers_position po WHERE {POSITION})))
      AND NOT EXISTS (
          SELECT 1 FROM borrowers_loanevent e
          WHERE e.loan_id = l.id AND e.kind IN ('settled', 'write_off', 'transfer') AND e.valid_from <= %(day)s
            AND {known("e", "borrowers_loanevent")})
"""

LEAVE = f"""
DELETE FROM borrowers_loanstate s
WHERE s.lender_id = %(lender)s AND s.bucket BETWEEN %(lo)s AND %(hi)s AND {MINE.format(id="s.loan_id")}
  AND s.loan_id NOT IN (SELECT id FROM ({ON_BOOK}) b)
"""

KEPT = ["version", "paid_minor", "outstanding_minor", "overdue_principal_minor", "overdue_interest_minor", "oldest_unpaid_seq",
        "oldest_unpaid_on", "counts_from", "interest_counts_from", "principal_counts_from", "next_due_on"]  # fmt: skip

# Only rows that differ are written: on an unchanged night the step writes nothing.
ALLOCATE = f"""
WITH terms AS (
    SELECT * FROM unnest(%(products)s::bigint[], %(grace)s::int[], %(materiality)s::bigint[], %(percent)s::numeric[], %(convention)s::text[])
        AS t (product_id, grace, materiality, percent, convention)
),
book AS MATERIALIZED (
    SELECT l.*, t.grace, t.materiality, t.percent, t.convention FROM ({ON_BOOK}) l JOIN terms t ON t.product_id = l.product_id
),
version AS (
    SELECT i.loan_id, max(i.version) AS version FROM borrowers_instalment i
    WHERE i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s AND i.known_from <= %(known)s AND i.valid_from <= %(day)s
    GROUP BY i.loan_id
),
paid AS (
    SELECT r.loan_id, greatest(0, (sum(r.amount) * 100)::bigint) AS minor FROM borrowers_repayment r
    WHERE r.lender_id = %(lender)s AND r.bucket BETWEEN %(lo)s AND %(hi)s AND r.known_from <= %(known)s AND r.paid_on <= %(day)s
    GROUP BY r.loan_id
),
pause AS (
    SELECT p.loan_id, range_agg(daterange(p.valid_from, p.to_on)) AS days FROM borrowers_countingpause p
    WHERE p.lender_id = %(lender)s AND p.bucket BETWEEN %(lo)s AND %(hi)s AND {known("p", "borrowers_countingpause")}
    GROUP BY p.loan_id
),
served AS (
    SELECT b.id AS loan_id, b.lender_id, b.bucket, b.grace, b.materiality, b.percent, i.version, i.seq, i.due_on, coalesce(p.minor, 0) AS paid_minor,
           {{counts_from}} AS counts_from, greatest(0, i.cum_due_minor - coalesce(p.minor, 0)) AS left_so_far, part.unpaid_minor,
           least(part.principal_minor, greatest(0, part.unpaid_minor - ({{later_parts}}))) AS principal_minor
    FROM book b
    JOIN version v ON v.loan_id = b.id
    JOIN borrowers_instalment i ON i.loan_id = b.id AND i.version = v.version AND i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
    LEFT JOIN paid p ON p.loan_id = b.id
    {{moves}}
    CROSS JOIN LATERAL (
        SELECT (i.principal * 100)::bigint AS principal_minor,
               least(((i.principal + i.interest + i.fee) * 100)::bigint, greatest(0, i.cum_due_minor - coalesce(p.minor, 0))) AS unpaid_minor
    ) part
),
demand AS (SELECT *, {{allowed}} AS allowed_minor FROM served),
arrears AS (
    SELECT loan_id, lender_id, bucket, version, paid_minor, grace,
           sum(principal_minor) AS outstanding_minor,
           coalesce(sum(principal_minor) FILTER (WHERE counts_from < %(day)s), 0) AS overdue_principal_minor,
           coalesce(sum(unpaid_minor - principal_minor) FILTER (WHERE counts_from < %(day)s), 0) AS overdue_interest_minor,
           min(seq) FILTER (WHERE counts_from < %(day)s AND left_so_far > allowed_minor) AS oldest_unpaid_seq,
           min(due_on) FILTER (WHERE counts_from < %(day)s AND left_so_far > allowed_minor) AS oldest_unpaid_on,
           min(counts_from) FILTER (WHERE counts_from < %(day)s AND left_so_far > allowed_minor) AS since,
           min(counts_from) FILTER (WHERE counts_from < %(day)s AND unpaid_minor > principal_minor) AS interest_since,
           min(counts_from) FILTER (WHERE counts_from < %(day)s AND principal_minor > 0) AS principal_since,
           min(counts_from) FILTER (WHERE counts_from >= %(day)s AND unpaid_minor > 0) AS next_due_on
    FROM demand GROUP BY loan_id, lender_id, bucket, version, paid_minor, grace
),
state AS (
    SELECT a.*, {{since}} AS counts_from, {{interest_since}} AS interest_counts_from, {{principal_since}} AS principal_counts_from
    FROM arrears a LEFT JOIN pause u ON u.loan_id = a.loan_id
)
INSERT INTO borrowers_loanstate AS old (loan_id, lender_id, bucket, as_of, {", ".join(KEPT)})
SELECT loan_id, lender_id, bucket, %(day)s, {", ".join(KEPT)} FROM state
ON CONFLICT (loan_id) DO UPDATE SET as_of = excluded.as_of, {", ".join(f"{name} = excluded.{name}" for name in KEPT)}
WHERE ({", ".join(f"old.{name}" for name in KEPT)}) IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in KEPT)})
"""

FORGET = f"""
DELETE FROM borrowers_reconciliationdifference d
WHERE d.lender_id = %(lender)s AND d.as_of = %(day)s AND d.bucket BETWEEN %(lo)s AND %(hi)s AND {MINE.format(id="d.loan_id")}
"""
# A figure that the core system does not deliver is not compared.
COMPARE = f"""
INSERT INTO borrowers_reconciliationdifference (lender_id, bucket, loan_id, as_of, figure, delivered, computed, size)
SELECT l.lender_id, l.bucket, l.id, %(day)s, f.figure, f.delivered, f.computed, abs(f.delivered - f.computed)
FROM borrowers_loan l
JOIN borrowers_loanstate s ON s.loan_id = l.id
JOIN borrowers_position po ON {POSITION}
CROSS JOIN LATERAL (VALUES
    ('days_past_due', po.days_past_due::numeric, coalesce(%(day)s - s.counts_from, 0)::numeric),
    ('balance', po.balance, s.outstanding_minor / 100.0),
    ('overdue_principal', po.overdue_principal, s.overdue_principal_minor / 100.0),
    ('overdue_interest', po.overdue_interest, s.overdue_interest_minor / 100.0)) AS f (figure, delivered, computed)
WHERE l.lender_id = %(lender)s AND l.bucket BETWEEN %(lo)s AND %(hi)s AND l.position_fed AND f.delivered <> f.computed
  AND {MINE.format(id="l.id")}
"""

MOVES = """LEFT JOIN unnest(%(moved_as)s::text[], %(moved_from)s::date[], %(moved_to)s::date[]) AS m (convention, due_on, counts_from)
        ON m.convention = b.convention AND m.due_on = i.due_on"""
DUE_DATES = """
SELECT DISTINCT i.due_on FROM borrowers_instalment i
WHERE i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
"""


def allocate(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """Bring the states of one slice of the book to the close of the day; returns how many changed.

    key: as `loanwatch.trail.ledger.key_of` makes it. Demands count by the terms of each product in force on the day.
    """
    terms = counting.countings(lender, key["day"])
    parameters = {**key, **_columns(terms), **_moves(cursor, key, lender, terms)}
    cursor.execute(LEAVE, parameters)
    left = cursor.rowcount
    cursor.execute(_statement(terms), parameters)
    changed = cursor.rowcount
    cursor.execute(FORGET, parameters)
    cursor.execute(COMPARE, parameters)
    return left + changed


def _columns(terms: Mapping[int, Counting]) -> dict[str, list[Any]]:
    """The terms as arrays, one place per product."""
    return {
        "products": list(terms),
        "grace": [t.grace_days for t in terms.values()],
        "materiality": [t.materiality_minor for t in terms.values()],
        "percent": [t.materiality_percent for t in terms.values()],
        "convention": [t.convention for t in terms.values()],
    }


def _moves(cursor: CursorWrapper, key: dict[str, Any], lender: Lender, terms: Mapping[int, Counting]) -> dict[str, list[Any]]:
    """Where due dates on closed days move, per convention in use; a handful of rows, none when no product moves any."""
    found: list[tuple[str, Any, Any]] = []
    used = {t.convention for t in terms.values()} - {NONE}
    if used:
        cursor.execute(DUE_DATES, key)
        dates = {due_on for (due_on,) in cursor.fetchall()}
        found = [(name, a, b) for name in sorted(used) if dates for a, b in counting.moves(lender, dates, name).items()]
    return {"moved_as": [f[0] for f in found], "moved_from": [f[1] for f in found], "moved_to": [f[2] for f in found]}


def _statement(terms: Mapping[int, Counting]) -> str:
    """ALLOCATE with only what the terms of the day need: without moves, percentages or pauses it costs nothing to have them."""
    order = next((t.order for t in terms.values()), (FEE, INTEREST, PRINCIPAL))
    later = [f"(i.{part} * 100)::bigint" for part in order[order.index(PRINCIPAL) + 1 :]]
    moving = any(t.convention != NONE for t in terms.values())
    relative = any(t.materiality_percent for t in terms.values())
    share = "floor(percent * sum(principal_minor) OVER (PARTITION BY loan_id) / 100)"
    return ALLOCATE.format(
        counts_from="coalesce(m.counts_from, i.due_on)" if moving else "i.due_on",
        moves=MOVES if moving else "",
        later_parts=" + ".join(later) or "0",
        allowed=f"greatest(materiality, {share})" if relative else "materiality",
        since=_counted("a.since"),
        interest_since=_counted("CASE WHEN a.interest_since IS NOT NULL AND a.since IS NOT NULL THEN greatest(a.interest_since, a.since) END"),
        principal_since=_counted("CASE WHEN a.principal_since IS NOT NULL AND a.since IS NOT NULL THEN greatest(a.principal_since, a.since) END"),
    )


def _counted(since: str) -> str:
    """The day counting begins, later by the days that a pause covers; NULL within the days of grace or where nothing counts."""
    paused = f"""CASE WHEN u.days IS NULL THEN 0 ELSE (
            SELECT coalesce(sum(upper(r) - lower(r)), 0)::int FROM unnest(u.days * datemultirange(daterange({since}, %(day)s, '(]'))) AS r) END"""
    return f"(SELECT CASE WHEN %(day)s - c.on_day > a.grace THEN c.on_day END FROM (SELECT {since} + {paused} AS on_day) c)"
