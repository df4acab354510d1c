"""The day's last steps: indicators that only a branch has, and the portfolio figures of every node of the tree.

Both read the observation alone. A node's row covers its whole subtree, so a page of any node reads a few rows.
"""

from typing import Any

from django.db.backends.utils import CursorWrapper

from alerts.observation.reconcile import require_agreement
from alerts.observation.sectors import observe_sectors

BUCKET_COLUMNS = range(5)
CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")

CLEAR_BRANCHES = "DELETE FROM alerts_branchday WHERE lender_id = %(lender)s AND as_of = %(day)s"

# IND-05: share of loans 30+ days past due in their sixth month, newest month of measurement against the mean of the four
# before. IND-06: share of loans that moved to a worse bucket since the last close of the month before, against the mean of
# that share at the month-ends of the last twelve months. Empty where a branch has no such history. What is
# outstanding counts in the lender's currency; a node's rows are of one currency each.
BRANCHES = """
WITH closes AS (
    SELECT max(business_date) AS as_of, date_trunc('month', business_date) AS month FROM trail_businessday
    WHERE lender_id = %(lender)s AND business_date <= %(day)s AND (state IN ('closed', 'closed_with_exceptions') OR business_date = %(day)s)
    GROUP BY 2
),
month_before AS (SELECT max(as_of) AS as_of FROM closes WHERE month < date_trunc('month', %(day)s::date)),
vintage AS (
    SELECT o.branch_id, c.month, avg((o.days_past_due >= 30)::int) AS share, row_number() OVER (PARTITION BY o.branch_id ORDER BY c.month DESC) AS back
    FROM closes c JOIN alerts_loanday o ON o.lender_id = %(lender)s AND o.as_of = c.as_of AND o.months_on_book = 6
    WHERE c.month > %(day)s::date - interval '6 months' AND o.days_past_due IS NOT NULL
    GROUP BY o.branch_id, c.month
),
vintages AS (
    SELECT branch_id, max(share) FILTER (WHERE back = 1) / nullif(avg(share) FILTER (WHERE back BETWEEN 2 AND 5), 0) AS ratio
    FROM vintage GROUP BY branch_id HAVING count(*) >= 5
),
rolled AS (
    SELECT o.branch_id, avg((o.dpd_bucket > p.dpd_bucket)::int) AS share
    FROM month_before m
    JOIN alerts_loanday p ON p.lender_id = %(lender)s AND p.as_of = m.as_of AND p.dpd_bucket BETWEEN 0 AND 3
    JOIN alerts_loanday o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.loan_id = p.loan_id AND o.dpd_bucket >= 0
    GROUP BY o.branch_id
),
usual AS (
    SELECT d.branch_id, avg(d.rolled_share) AS share FROM alerts_branchday d JOIN closes c ON c.as_of = d.as_of
    WHERE d.lender_id = %(lender)s AND d.as_of < %(day)s AND d.as_of > %(day)s - interval '12 months' AND d.rolled_share IS NOT NULL
    GROUP BY d.branch_id HAVING count(*) >= 3
)
INSERT INTO alerts_branchday (lender_id, as_of, branch_id, loans, outstanding, vintage_ratio, roll_ratio, rolled_share)
SELECT %(lender)s, %(day)s, o.branch_id, count(*), coalesce(sum(o.outstanding) FILTER (WHERE o.currency = own.currency), 0),
       round(max(v.ratio), 6), round(max(r.share / nullif(u.share, 0)), 6), round(max(r.share), 6)
FROM alerts_loanday o
JOIN lenders_lender own ON own.id = o.lender_id
LEFT JOIN vintages v ON v.branch_id = o.branch_id
LEFT JOIN rolled r ON r.branch_id = o.branch_id
LEFT JOIN usual u ON u.branch_id = o.branch_id
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s
GROUP BY o.branch_id
"""

_COLUMNS = (
    [f"b{b}_loans" for b in BUCKET_COLUMNS]
    + [f"b{b}_outstanding" for b in BUCKET_COLUMNS]
    + [f"{c}_loans" for c in CLASSES]
    + [f"{c}_outstanding" for c in CLASSES]
)
_SUMS = (
    [f"count(*) FILTER (WHERE o.dpd_bucket = {b})" for b in BUCKET_COLUMNS]
    + [f"coalesce(sum(o.outstanding) FILTER (WHERE o.dpd_bucket = {b}), 0)" for b in BUCKET_COLUMNS]
    + [f"count(*) FILTER (WHERE o.risk_class = '{c}')" for c in CLASSES]
    + [f"coalesce(sum(o.outstanding) FILTER (WHERE o.risk_class = '{c}'), 0)" for c in CLASSES]
)

CLEAR_NODES = "DELETE FROM alerts_nodeday WHERE lender_id = %(lender)s AND as_of = %(day)s"
NODES = f"""
INSERT INTO alerts_nodeday (lender_id, as_of, branch_id, product_id, currency, loans, outstanding, overdue_principal, overdue_interest,
                            {", ".join(_COLUMNS)})
SELECT %(lender)s, %(day)s, t.ancestor_id, o.product_id, o.currency, count(*), sum(o.outstanding), coalesce(sum(o.overdue_principal), 0),
       coalesce(sum(o.overdue_interest), 0), {", ".join(_SUMS)}
FROM alerts_loanday o
JOIN people_branchreach t ON t.descendant_id = o.branch_id AND t.from_on <= %(day)s AND (t.to_on IS NULL OR t.to_on > %(day)s)
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s
GROUP BY t.ancestor_id, o.product_id, o.currency
"""

CLEAR_ROLL = "DELETE FROM alerts_noderoll WHERE lender_id = %(lender)s AND as_of = %(day)s"
ROLL = """
WITH month_before AS (
    SELECT max(business_date) AS as_of FROM trail_businessday
    WHERE lender_id = %(lender)s AND state IN ('closed', 'closed_with_exceptions') AND business_date < date_trunc('month', %(day)s::date)
)
INSERT INTO alerts_noderoll (lender_id, as_of, from_date, branch_id, currency, from_bucket, to_bucket, loans, outstanding)
SELECT %(lender)s, %(day)s, m.as_of, t.ancestor_id, p.currency, p.dpd_bucket, coalesce(o.dpd_bucket, 5), count(*), sum(p.outstanding)
FROM month_before m
JOIN alerts_loanday p ON p.lender_id = %(lender)s AND p.as_of = m.as_of
LEFT JOIN alerts_loanday o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.loan_id = p.loan_id
JOIN people_branchreach t ON t.descendant_id = p.branch_id AND t.from_on <= %(day)s AND (t.to_on IS NULL OR t.to_on > %(day)s)
GROUP BY m.as_of, t.ancestor_id, p.currency, p.dpd_bucket, coalesce(o.dpd_bucket, 5)
"""


def observe_branches(cursor: CursorWrapper, key: dict[str, Any]) -> int:
    """One row per branch that has loans of its own, and one per industry; returns how many branches."""
    cursor.execute("SELECT lw_analyse_observation_day(%(lender)s, %(day)s)", key)  # a new partition has no statistics
    observe_sectors(cursor, key)
    cursor.execute(CLEAR_BRANCHES, key)
    cursor.execute(BRANCHES, key)
    return cursor.rowcount


def roll_up(cursor: CursorWrapper, key: dict[str, Any]) -> int:
    """Figures and migrations of every node; returns the rows written. The tree is the one of the business date.

    Raises FiguresDiffer, so that the day stays open, when the figures do not add up.
    """
    written = 0
    for clear, write in ((CLEAR_NODES, NODES), (CLEAR_ROLL, ROLL)):
        cursor.execute(clear, key)
        cursor.execute(write, key)
        written += cursor.rowcount
    require_agreement(cursor, key)
    return written
