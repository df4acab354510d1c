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

# Corrections that put a loan under other terms of counting.
MOVED_TERMS = "c.subject = 'borrowers.loan' AND c.field IN ('product_id', 'disbursed_on', 'position_fed')"

LEAVE = f"""
DELETE FROM borrowers_loanstate s
WHERE s.lender_id = %(lender)s AND s.bucket BETWEEN %(lo)s AND %(hi)s AND {MINE.format(id="s.loan_id")}
  AND s.loan_id NOT IN (SELECT id FROM ({ON_BOOK}) b)
"""

KEPT = ["version", "paid_minor", "outstanding_minor", "overdue_principal_minor", "overdue_interest_minor", "oldest_unpaid_seq",
        "oldest_unpaid_on", "counts_from", "interest_counts_from", "principal_counts_from", "next_due_on"]  # fmt: skip

# Loans whose state may be another than at the close before; every other one is as it was, as long as the terms are. What a demand
# leaves is served by payments alone, and a demand counts from a day on: so a payment, a demand that fell due, or a change of the
# plan, the product or the pauses. A thirtieth of the book is looked at each night whatever is told, and compared.
NEWS = f"""
    SELECT r.loan_id FROM borrowers_repayment r WHERE r.lender_id = %(lender)s AND r.bucket BETWEEN %(lo)s AND %(hi)s
      AND r.known_from > %(previous)s AND r.known_from <= %(known)s
    UNION ALL
    SELECT r.loan_id FROM borrowers_repayment r WHERE r.lender_id = %(lender)s AND r.bucket BETWEEN %(lo)s AND %(hi)s
      AND r.paid_on > r.known_from AND r.paid_on > %(previous)s AND r.paid_on <= %(day)s
    UNION ALL
    SELECT i.loan_id FROM borrowers_instalment i WHERE i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
      AND i.due_on >= %(previous)s AND i.due_on < %(day)s
    UNION ALL
    SELECT i.loan_id FROM borrowers_instalment i WHERE i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s AND i.version > 1
      AND (i.known_from > %(previous)s OR i.valid_from > %(previous)s)
    UNION ALL
    SELECT p.loan_id FROM borrowers_countingpause p WHERE p.lender_id = %(lender)s AND p.bucket BETWEEN %(lo)s AND %(hi)s
    UNION ALL
    SELECT c.subject_id FROM borrowers_correction c WHERE c.lender_id = %(lender)s AND c.known_from > %(previous)s
      AND {MOVED_TERMS}
    UNION ALL
    SELECT s.loan_id FROM borrowers_loanstate s WHERE s.lender_id = %(lender)s AND s.bucket BETWEEN %(lo)s AND %(hi)s
      AND (s.oldest_unpaid_seq IS NOT NULL AND s.counts_from IS NULL
           OR s.overdue_interest_minor > 0 AND s.interest_counts_from IS NULL OR s.overdue_principal_minor > 0 AND s.principal_counts_from IS NULL)
"""
WITH_NEWS = f"""AND (l.bucket %% 30 = (%(day)s::date - '2000-01-01') %% 30 OR l.id IN ({NEWS})
                  OR NOT EXISTS (SELECT FROM borrowers_loanstate s WHERE s.loan_id = l.id))"""

# What was paid in all is the running total of the last payment known, less what is only to be paid after the day. Of each loan the
# first demand that is not wholly paid decides: all before it leave nothing, all after it are untouched. Only of loans in arrears
# every demand is looked at part by part. Only rows that differ are written: on an unchanged night the step writes nothing.
ALLOCATE = f"""
WITH terms AS (
    SELECT * FROM unnest(%(products)s::bigint[], %(grace)s::int[], %(materiality)s::bigint[], %(percent)s::numeric[], %(convention)s::text[])
        AS t (product_id, grace, materiality, percent, convention)
),
book AS MATERIALIZED (
    SELECT l.*, t.grace, t.materiality, t.percent, t.convention FROM ({ON_BOOK} {{with_news}}) l JOIN terms t ON t.product_id = l.product_id
),
replaced AS (
    SELECT i.loan_id, max(i.version) AS version FROM borrowers_instalment i
    WHERE i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s AND i.version > 1 AND i.known_from <= %(known)s AND i.valid_from <= %(day)s
    GROUP BY i.loan_id
),
ahead AS (
    SELECT r.loan_id, (sum(r.amount) * 100)::bigint AS minor FROM (
        SELECT a.loan_id, a.amount FROM borrowers_repayment a
        WHERE a.lender_id = %(lender)s AND a.bucket BETWEEN %(lo)s AND %(hi)s AND a.paid_on > a.known_from AND a.paid_on > %(day)s AND a.known_from <= %(day)s
        UNION ALL
        SELECT a.loan_id, a.amount FROM borrowers_repayment a
        WHERE a.lender_id = %(lender)s AND a.bucket BETWEEN %(lo)s AND %(hi)s AND a.known_from > %(day)s AND a.known_from <= %(known)s AND a.paid_on > %(day)s
    ) r GROUP BY r.loan_id
),
pause AS (
    SELECT p.loan_id, range_agg(daterange(p.valid_from, p.to_on)) AS days FROM borrowers_countingpause p
    WHERE p.lender_id = %(lender)s AND p.bucket BETWEEN %(lo)s AND %(hi)s AND {known("p", "borrowers_countingpause")}
    GROUP BY p.loan_id
),
paid AS MATERIALIZED (
    SELECT b.*, coalesce(v.version, 1) AS version, greatest(0, coalesce(last.minor, 0) - coalesce(a.minor, 0)) AS paid_minor
    FROM book b
    LEFT JOIN replaced v ON v.loan_id = b.id
    LEFT JOIN ahead a ON a.loan_id = b.id
    LEFT JOIN LATERAL (
        SELECT r.cum_paid_minor AS minor FROM borrowers_repayment r WHERE r.loan_id = b.id AND r.known_from <= %(known)s ORDER BY r.seq DESC LIMIT 1
    ) last ON true
),
summed AS MATERIALIZED (
    SELECT p.id, max(i.cum_principal_minor) AS whole,
           coalesce(max(i.cum_due_minor) FILTER (WHERE i.cum_due_minor <= p.paid_minor), 0) AS due_before,
           coalesce(max(i.cum_principal_minor) FILTER (WHERE i.cum_due_minor <= p.paid_minor), 0) AS principal_before,
           min(i.cum_due_minor) FILTER (WHERE i.cum_due_minor > p.paid_minor) AS due_with,
           min(i.cum_principal_minor) FILTER (WHERE i.cum_due_minor > p.paid_minor) AS principal_with,
           min({{counts_from}}) FILTER (WHERE i.cum_due_minor > p.paid_minor AND {{counts_from}} >= %(day)s
                                        AND (i.principal > 0 OR i.interest > 0 OR i.fee > 0)) AS next_due_on,
           bool_or(i.cum_due_minor > p.paid_minor AND {{counts_from}} < %(day)s) AS late{{first_parts}}
    FROM paid p
    JOIN borrowers_instalment i ON i.loan_id = p.id AND i.version = p.version AND i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
         AND i.known_from <= %(known)s AND i.valid_from <= %(day)s
    {{moves}}
    GROUP BY p.id
),
stood AS (
    SELECT p.*, s.next_due_on, s.late,
           CASE WHEN s.due_with IS NULL THEN 0
                ELSE s.whole - s.principal_with + least(s.principal_with - s.principal_before,
                                                       greatest(0, s.due_with - p.paid_minor - ({{first_later}}))) END AS outstanding_minor
    FROM paid p JOIN summed s ON s.id = p.id
),
served AS (
    SELECT p.id AS loan_id, p.materiality, p.percent, p.outstanding_minor, i.seq, i.due_on, {{counts_from}} AS counts_from,
           greatest(0, i.cum_due_minor - p.paid_minor) AS left_so_far, part.unpaid_minor,
           least(part.principal_minor, greatest(0, part.unpaid_minor - ({{later_parts}}))) AS principal_minor
    FROM stood p
    JOIN borrowers_instalment i ON i.loan_id = p.id AND i.version = p.version AND i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
         AND i.cum_due_minor > p.paid_minor
    {{moves}}
    CROSS JOIN LATERAL (
        SELECT (i.principal * 100)::bigint AS principal_minor,
               least(((i.principal + i.interest + i.fee) * 100)::bigint, greatest(0, i.cum_due_minor - p.paid_minor)) AS unpaid_minor
    ) part
    WHERE p.late
),
arrears AS (
    SELECT loan_id, sum(principal_minor)::bigint AS overdue_principal_minor, sum(unpaid_minor - principal_minor)::bigint AS overdue_interest_minor,
           min(seq) FILTER (WHERE left_so_far > {{allowed}}) AS oldest_unpaid_seq,
           min(due_on) FILTER (WHERE left_so_far > {{allowed}}) AS oldest_unpaid_on,
           min(counts_from) FILTER (WHERE left_so_far > {{allowed}}) AS since,
           min(counts_from) FILTER (WHERE unpaid_minor > principal_minor) AS interest_since,
           min(counts_from) FILTER (WHERE principal_minor > 0) AS principal_since
    FROM served WHERE counts_from < %(day)s GROUP BY loan_id
),
state AS (
    SELECT s.id AS loan_id, s.lender_id, s.bucket, s.version, s.paid_minor, s.outstanding_minor,
           coalesce(a.overdue_principal_minor, 0) AS overdue_principal_minor, coalesce(a.overdue_interest_minor, 0) AS overdue_interest_minor,
           a.oldest_unpaid_seq, a.oldest_unpaid_on, {{since}} AS counts_from, {{interest_since}} AS interest_counts_from,
           {{principal_since}} AS principal_counts_from, s.next_due_on
    FROM stood s LEFT JOIN (SELECT a.*, b.grace FROM arrears a JOIN book b ON b.id = a.loan_id) a ON a.loan_id = s.id LEFT JOIN pause u ON u.loan_id = s.id
)
INSERT INTO borrowers_loanstate (loan_id, lender_id, bucket, as_of, {", ".join(KEPT)})
SELECT n.loan_id, n.lender_id, n.bucket, %(day)s, {", ".join(f"n.{name}" for name in KEPT)}
FROM state n LEFT JOIN borrowers_loanstate old ON old.loan_id = n.loan_id
WHERE old.loan_id IS NULL OR ({", ".join(f"old.{name}" for name in KEPT)}) IS DISTINCT FROM ({", ".join(f"n.{name}" for name in KEPT)})
ON CONFLICT (loan_id) DO UPDATE SET as_of = excluded.as_of, {", ".join(f"{name} = excluded.{name}" for name in KEPT)}
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
        ON m.convention = p.convention AND m.due_on = i.due_on"""
DUE_DATES = """
SELECT DISTINCT i.due_on FROM borrowers_instalment i
WHERE i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
"""


# A slice that was left out of the close before stands as of an earlier one: what became known on that day is no news any more.
LEFT_OUT = """
SELECT EXISTS (SELECT FROM trail_rununit u WHERE u.lender_id = %(lender)s AND u.business_date = %(previous)s AND u.run_version = 1
               AND u.step = 'allocate' AND u.state <> 'done' AND u.bucket_from <= %(hi)s AND u.bucket_to >= %(lo)s)
"""
STARTED = """
SELECT EXISTS (SELECT FROM borrowers_loanstate s WHERE s.lender_id = %(lender)s AND s.bucket BETWEEN %(lo)s AND %(hi)s AND s.as_of > %(previous)s)
"""


def allocate(cursor: CursorWrapper, key: dict[str, Any], lender: Lender, *, whole: bool = False) -> int:
    """Bring the states of one slice of the book to the close of the day; returns how many changed.

    key: as `loanwatch.trail.ledger.key_of` makes it. Demands count by the terms of each product in force on the day. On a normal
    night only loans with news are computed, and a thirtieth of the others; `whole` computes every loan, with the same result.
    """
    terms = counting.countings(lender, key["day"])
    parameters = {**key, **_columns(terms), **_moves(cursor, key, lender, terms)}
    cursor.execute(LEAVE, parameters)
    left = cursor.rowcount
    cursor.execute(_statement(terms, news_only=not whole and _follows_the_close_before(cursor, key, lender, terms)), parameters)
    changed = cursor.rowcount
    cursor.execute(FORGET, parameters)
    cursor.execute(COMPARE, parameters)
    return left + changed


def _follows_the_close_before(cursor: CursorWrapper, key: dict[str, Any], lender: Lender, terms: Mapping[int, Counting]) -> bool:
    """Whether the states are those of the close before, under the same terms, so that what has no news stands as it stood.

    Not at a repair, a correction or a night that is run again; not where due dates move with the calendar, which may have changed; and
    not where the close before was accepted without this slice or a part of it.
    """
    if key["previous"] is None or key["known"] != key["day"] or key["only"] is not None:
        return False
    if any(t.convention != NONE for t in terms.values()) or counting.countings(lender, key["previous"]) != terms:
        return False
    for otherwise in (LEFT_OUT, STARTED):
        cursor.execute(otherwise, key)
        if cursor.fetchone()[0]:
            return False
    return True


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


def _statement(terms: Mapping[int, Counting], *, news_only: bool) -> str:
    """ALLOCATE with only what the terms of the day need: without moves, percentages or pauses it costs nothing to have them."""
    order = next((t.order for t in terms.values()), (FEE, INTEREST, PRINCIPAL))
    later = order[order.index(PRINCIPAL) + 1 :]
    moving = any(t.convention != NONE for t in terms.values())
    relative = any(t.materiality_percent for t in terms.values())
    # What of the first unpaid demand is served after its principal; the sums behind it are over that one demand.
    first = "".join(f", (array_agg(i.{part} ORDER BY i.seq) FILTER (WHERE i.cum_due_minor > p.paid_minor))[1] AS first_{part}" for part in later)
    return ALLOCATE.format(
        with_news=WITH_NEWS if news_only else "",
        counts_from="coalesce(m.counts_from, i.due_on)" if moving else "i.due_on",
        moves=MOVES if moving else "",
        first_parts=first,
        first_later=" + ".join(f"(s.first_{part} * 100)::bigint" for part in later) or "0",
        later_parts=" + ".join(f"(i.{part} * 100)::bigint" for part in later) or "0",
        allowed="greatest(materiality, floor(percent * outstanding_minor / 100))" if relative else "materiality",
        since=_counted("a.since"),
        interest_since=_counted("CASE WHEN a.interest_since IS NOT NULL AND a.since IS NOT NULL THEN greatest(a.interest_since, a.since) END"),
        principal_since=_counted("CASE WHEN a.principal_since IS NOT NULL AND a.since IS NOT NULL THEN greatest(a.principal_since, a.since) END"),
    )


def _counted(since: str) -> str:
    """The day counting begins, later by the days that a pause covers; NULL within the days of grace or where nothing counts."""
    paused = f"""CASE WHEN u.days IS NULL THEN 0 ELSE (
            SELECT coalesce(sum(upper(r) - lower(r)), 0)::int FROM unnest(u.days * datemultirange(daterange({since}, %(day)s, '(]'))) AS r) END"""
    return f"(SELECT CASE WHEN %(day)s - c.on_day > a.grace THEN c.on_day END FROM (SELECT {since} + {paused} AS on_day) c)"
