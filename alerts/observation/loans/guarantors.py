"""Who stands behind the loan, and the circles in which borrowers stand behind each other.

They hang on other borrowers' loans, so they are looked at every night. Only allocation and positions are read, which are
complete before the first observation of the day is written.
"""

from alerts.observation.engine import INT, RATIO, Family
from borrowers.revisions import known

# Today's loans: by what allocation left, or by today's position; of a loan whose position is missing today, the last one tells whether it is over.
STANDS = f"""
    LEFT JOIN borrowers_loanstate s ON s.loan_id = l.id AND NOT l.position_fed
    LEFT JOIN borrowers_position po ON po.loan_id = l.id AND l.position_fed AND po.valid_from = %(day)s AND {known("po", "borrowers_position")}
    LEFT JOIN LATERAL (
        SELECT p.closed_as FROM borrowers_position p WHERE p.loan_id = l.id AND p.valid_from < %(day)s AND {known("p", "borrowers_position")}
        ORDER BY p.valid_from DESC LIMIT 1) before ON l.position_fed AND po.id IS NULL"""
ON_BOOK = "(s.outstanding_minor > 0 OR s.overdue_interest_minor > 0 OR coalesce(po.closed_as, before.closed_as) = '')"
DAYS = "CASE WHEN l.position_fed THEN po.days_past_due ELSE coalesce(%(day)s - s.counts_from, 0) END"


def worst(days: str, unknown: str) -> str:
    """SQL: the highest of `days`. Who is late is late, whatever the others are; that nobody is late is known only where all are."""
    return f"CASE WHEN bool_or({unknown}) THEN nullif(max({days}), 0) ELSE max({days}) END"


# Where any guarantor of the lender stands today; guarantors and circle members lie in other buckets.
STANDING = f"""
standing AS (
    SELECT l.borrower_id, {worst(DAYS, f"({DAYS}) IS NULL")} AS dpd,
           sum(coalesce(s.outstanding_minor / 100.0, po.balance)) FILTER (WHERE l.currency = own.currency) AS outstanding
    FROM borrowers_loan l JOIN lenders_lender own ON own.id = l.lender_id {STANDS}
    WHERE l.lender_id = %(lender)s AND l.borrower_id IN (SELECT guarantor_id FROM borrowers_guarantee WHERE lender_id = %(lender)s) AND {ON_BOOK}
    GROUP BY l.borrower_id
),
guarantors AS (
    SELECT g.loan_id, count(*) AS guarantors,
           {worst("CASE WHEN st.borrower_id IS NULL THEN 0 ELSE st.dpd END", "st.borrower_id IS NOT NULL AND st.dpd IS NULL")} AS worst_dpd
    FROM borrowers_guarantee g
    LEFT JOIN standing st ON st.borrower_id = g.guarantor_id
    WHERE g.lender_id = %(lender)s AND g.bucket BETWEEN %(lo)s AND %(hi)s AND g.valid_from <= %(day)s AND {known("g", "borrowers_guarantee")}
      AND (g.to_on IS NULL OR g.to_on > %(day)s)
    GROUP BY g.loan_id
)"""

# Guarantee circles of at most four members: walk from each borrower of the slice who both gives and has guarantees.
CIRCLES = f"""
edge AS MATERIALIZED (
    SELECT DISTINCT g.guarantor_id AS giver, l.borrower_id AS taker
    FROM borrowers_guarantee g JOIN borrowers_loan l ON l.id = g.loan_id {STANDS}
    WHERE g.lender_id = %(lender)s AND g.valid_from <= %(day)s AND {known("g", "borrowers_guarantee")} AND (g.to_on IS NULL OR g.to_on > %(day)s)
      AND g.guarantor_id <> l.borrower_id AND {ON_BOOK}
),
walk AS (
    SELECT ARRAY[a.giver, a.taker, b.taker, c.taker, d.taker] AS path, a.giver AS start,
           CASE WHEN b.taker = a.giver THEN 2 WHEN c.taker = a.giver THEN 3 WHEN d.taker = a.giver THEN 4 END AS length
    FROM edge a
    JOIN borrowers_borrower s ON s.id = a.giver AND s.bucket BETWEEN %(lo)s AND %(hi)s
    JOIN edge b ON b.giver = a.taker
    LEFT JOIN edge c ON c.giver = b.taker AND b.taker <> a.giver
    LEFT JOIN edge d ON d.giver = c.taker AND c.taker <> a.giver
    WHERE b.taker = a.giver OR c.taker = a.giver OR d.taker = a.giver
),
shortest AS (
    SELECT DISTINCT ON (start) start, path[1:length] AS members, length FROM walk ORDER BY start, length, path
),
circles AS (
    SELECT c.start AS borrower_id, c.length, sum(st.outstanding) AS exposure,
           {worst("st.dpd", "st.borrower_id IS NOT NULL AND st.dpd IS NULL")} AS worst_dpd
    FROM shortest c CROSS JOIN LATERAL unnest(c.members) AS member (id) LEFT JOIN standing st ON st.borrower_id = member.id
    GROUP BY c.start, c.length
),
branch_exposure AS (
    SELECT l.branch_id, sum(CASE WHEN l.position_fed THEN po.balance ELSE s.outstanding_minor / 100.0 END) AS outstanding
    FROM borrowers_loan l JOIN lenders_lender own ON own.id = l.lender_id AND own.currency = l.currency
    LEFT JOIN borrowers_loanstate s ON s.loan_id = l.id
    LEFT JOIN borrowers_position po ON po.loan_id = l.id AND l.position_fed AND po.valid_from = %(day)s AND po.closed_as = ''
         AND {known("po", "borrowers_position")}
    WHERE l.lender_id = %(lender)s AND EXISTS (SELECT 1 FROM circles)
    GROUP BY l.branch_id
)"""

SQL = f"""
WITH {STANDING}, {CIRCLES}
SELECT b.subject_id, coalesce(gu.guarantors, 0) AS guarantors, gu.worst_dpd AS guarantor_dpd, coalesce(ci.length, 0) AS circle_length,
       round(ci.exposure / nullif(br.outstanding, 0), 6) AS circle_share, ci.worst_dpd AS circle_worst_dpd
FROM lw_book b
LEFT JOIN guarantors gu ON gu.loan_id = b.subject_id
LEFT JOIN circles ci ON ci.borrower_id = b.borrower_id
LEFT JOIN branch_exposure br ON br.branch_id = b.branch_id
"""

GUARANTORS = Family(
    name="guarantors",
    sql=SQL,
    columns={"guarantors": INT, "guarantor_dpd": INT, "circle_length": INT, "circle_share": RATIO, "circle_worst_dpd": INT},
    nightly=True,
    sources=("borrowers_guarantee",),
    without={"guarantors": "0", "circle_length": "0"},
)
