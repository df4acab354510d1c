"""The parts of the observe step's SQL: each a list of named sub-queries, one input each, all cut by lender and bucket."""

from borrowers.revisions import known

# Loans on the book: scheduled ones by what allocation left, position-fed ones by their position of the day.
BOOK = f"""
book AS MATERIALIZED (
    SELECT l.id AS loan_id, l.lender_id, l.borrower_id, l.bucket, l.branch_id, l.product_id, l.currency, p.code AS product_code,
           p.kind AS product_kind, l.segment, l.principal, coalesce(po.rate, l.rate) AS rate, l.disbursed_on,
           coalesce(po.matures_on, l.matures_on) AS matures_on, l.ltv_agreed, l.position_fed, po.modified,
           CASE WHEN l.position_fed THEN po.balance ELSE s.outstanding_minor / 100.0 END AS outstanding,
           CASE WHEN l.position_fed THEN po.overdue_principal ELSE s.overdue_principal_minor / 100.0 END AS overdue_principal,
           CASE WHEN l.position_fed THEN po.overdue_interest ELSE s.overdue_interest_minor / 100.0 END AS overdue_interest,
           CASE WHEN l.position_fed THEN po.days_past_due ELSE coalesce(%(day)s - s.counts_from, 0) END AS days_past_due,
           po.days_past_due AS delivered_days_past_due,
           CASE WHEN NOT l.position_fed THEN coalesce(%(day)s - s.interest_counts_from, 0) END AS interest_days_past_due,
           CASE WHEN NOT l.position_fed THEN coalesce(%(day)s - s.principal_counts_from, 0) END AS principal_days_past_due,
           s.version
    FROM borrowers_loan l
    JOIN lenders_product p ON p.id = l.product_id
    LEFT JOIN borrowers_loanstate s ON s.loan_id = l.id AND NOT l.position_fed
    LEFT JOIN borrowers_position po ON po.loan_id = l.id AND po.lender_id = %(lender)s AND po.valid_from = %(day)s
         AND {known("po", "borrowers_position")} AND po.bucket BETWEEN %(lo)s AND %(hi)s
    WHERE l.lender_id = %(lender)s AND l.bucket BETWEEN %(lo)s AND %(hi)s
      AND ((l.position_fed AND po.closed_as = '') OR (s.outstanding_minor > 0 OR s.overdue_interest_minor > 0))
)"""

# Extensions and restructures. An extension sits at an edge when the loan was just short of the next overdue bucket, or
# late at all within ten days of a quarter's end (indicator MSK-03).
EVENTS = f"""
events AS (
    SELECT e.loan_id,
           count(*) FILTER (WHERE e.kind IN ('extension', 'refinance')) AS rollovers,
           count(*) FILTER (WHERE e.kind IN ('extension', 'refinance') AND e.valid_from > %(day)s - interval '24 months') AS extensions_24m,
           count(*) FILTER (WHERE e.kind IN ('extension', 'restructure') AND e.valid_from > %(day)s - interval '24 months' AND (
               EXISTS (SELECT 1 FROM unnest(%(edge_from)s::int[], %(edge_to)s::int[]) AS edge (low, high)
                       WHERE e.days_past_due BETWEEN edge.low AND edge.high)
               OR (e.days_past_due > 0 AND (date_trunc('quarter', e.valid_from) + interval '3 months')::date - e.valid_from <= 10))) AS edge_24m,
           count(*) FILTER (WHERE e.kind = 'restructure') AS restructures,
           max(e.valid_from) FILTER (WHERE e.kind = 'restructure') AS restructured_on,
           (array_agg(e.matures_on ORDER BY e.valid_from DESC, e.id DESC) FILTER (WHERE e.matures_on IS NOT NULL))[1] AS matures_on
    FROM borrowers_loanevent e
    WHERE e.lender_id = %(lender)s AND e.bucket BETWEEN %(lo)s AND %(hi)s AND e.valid_from <= %(day)s
      AND {known("e", "borrowers_loanevent")}
    GROUP BY e.loan_id
)"""

# How each demand of the last 24 months was met: when it was first paid at all, and when in full. A payment that was taken back
# later, so that the demand was open again, met nothing.
BEHAVIOUR = f"""
demand AS (
    SELECT i.loan_id, i.due_on, i.principal,
           row_number() OVER (PARTITION BY i.loan_id ORDER BY i.seq DESC) AS back,
           settled.paid_on AS settled_on,
           greatest(0, coalesce(settled.paid_on, %(day)s) - i.due_on) AS late,
           i.due_on > %(day)s - interval '6 months' AS in_6m,
           i.due_on > %(day)s - interval '12 months' AS in_12m,
           first.cum_paid_minor - (i.cum_due_minor - total.minor) < 0.95 * total.minor AS part_paid
    FROM book b
    JOIN borrowers_instalment i ON i.loan_id = b.loan_id AND i.version = b.version AND i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
         AND i.due_on <= %(day)s AND i.due_on > %(day)s - interval '24 months'
    CROSS JOIN LATERAL (SELECT ((i.principal + i.interest + i.fee) * 100)::bigint AS minor) total
    LEFT JOIN (SELECT DISTINCT loan_id FROM borrowers_repayment WHERE amount < 0) gone ON gone.loan_id = b.loan_id
    LEFT JOIN LATERAL (
        SELECT r.paid_on FROM borrowers_repayment r
        WHERE r.loan_id = i.loan_id AND r.cum_paid_minor >= i.cum_due_minor AND r.amount > 0 AND r.known_from <= %(known)s
          AND (gone.loan_id IS NULL OR NOT EXISTS (SELECT FROM borrowers_repayment back WHERE back.amount < 0 AND back.loan_id = r.loan_id AND back.seq > r.seq
                          AND back.known_from <= %(known)s AND back.cum_paid_minor < i.cum_due_minor))
        ORDER BY r.cum_paid_minor LIMIT 1) settled ON true
    LEFT JOIN LATERAL (
        SELECT r.cum_paid_minor FROM borrowers_repayment r
        WHERE r.loan_id = i.loan_id AND r.cum_paid_minor > i.cum_due_minor - total.minor AND r.amount > 0 AND r.known_from <= %(known)s
          AND (gone.loan_id IS NULL OR NOT EXISTS (SELECT FROM borrowers_repayment back WHERE back.amount < 0 AND back.loan_id = r.loan_id AND back.seq > r.seq
                          AND back.known_from <= %(known)s AND back.cum_paid_minor <= i.cum_due_minor - total.minor))
        ORDER BY r.cum_paid_minor LIMIT 1) first ON true
    WHERE NOT b.position_fed
),
behaviour AS (
    SELECT loan_id,
           count(*) FILTER (WHERE in_12m AND late > 0) AS missed_12m,
           -- a demand was late on some close of the window when it was still unpaid within it
           max(late) FILTER (WHERE coalesce(settled_on, %(day)s) > %(day)s - interval '12 months') AS worst_12m,
           count(*) FILTER (WHERE in_6m AND late >= 3) AS late_6m,
           count(*) FILTER (WHERE in_6m) AS due_6m,
           count(*) FILTER (WHERE in_6m AND part_paid) AS part_6m,
           CASE WHEN count(*) FILTER (WHERE back <= 6) >= 3 THEN regr_slope(late, -back) FILTER (WHERE back <= 6) END AS slope_6,
           max(late) FILTER (WHERE back = 1) AS last_1,
           max(late) FILTER (WHERE back = 2) AS last_2,
           max(late) FILTER (WHERE back = 3) AS last_3,
           max(settled_on) FILTER (WHERE principal > 0) AS principal_on
    FROM demand GROUP BY loan_id
),
seen AS (
    SELECT po.loan_id, max(po.days_past_due) AS worst, count(*) FILTER (WHERE po.days_past_due >= 30) AS missed
    FROM borrowers_position po
    WHERE po.lender_id = %(lender)s AND po.bucket BETWEEN %(lo)s AND %(hi)s AND {known("po", "borrowers_position")}
      AND po.valid_from <= %(day)s AND po.valid_from > %(day)s - interval '12 months' AND po.closed_as = ''
    GROUP BY po.loan_id
)"""

# Latest and previous valuation of each item; an item with a price index is carried forward by it.
COLLATERAL = f"""
item AS (
    SELECT pl.loan_id, pl.prior_liens, latest.value AS appraised, previous.value AS before, latest.valid_from AS valued_on,
           coalesce((SELECT a.days FROM unnest(%(allowed_kinds)s::text[], %(allowed_days)s::int[]) AS a (kind, days) WHERE a.kind = ci.kind), 365) AS allowed,
           latest.value * coalesce(now_index.value / nullif(then_index.value, 0), 1) AS value
    FROM borrowers_pledge pl
    JOIN borrowers_collateralitem ci ON ci.id = pl.item_id
    LEFT JOIN LATERAL (
        SELECT v.value, v.valid_from FROM borrowers_valuation v
        WHERE v.item_id = pl.item_id AND v.valid_from <= %(day)s AND {known("v", "borrowers_valuation")}
        ORDER BY v.valid_from DESC, v.id DESC LIMIT 1) latest ON true
    LEFT JOIN LATERAL (
        SELECT v.value FROM borrowers_valuation v
        WHERE v.item_id = pl.item_id AND v.valid_from < latest.valid_from AND {known("v", "borrowers_valuation")}
        ORDER BY v.valid_from DESC, v.id DESC LIMIT 1) previous ON true
    LEFT JOIN LATERAL (
        SELECT x.value FROM borrowers_priceindex x WHERE ci.index_region <> '' AND x.region = ci.index_region AND x."on" <= %(day)s
        ORDER BY x."on" DESC LIMIT 1) now_index ON true
    LEFT JOIN LATERAL (
        SELECT x.value FROM borrowers_priceindex x WHERE ci.index_region <> '' AND x.region = ci.index_region AND x."on" <= latest.valid_from
        ORDER BY x."on" DESC LIMIT 1) then_index ON true
    WHERE pl.lender_id = %(lender)s AND pl.bucket BETWEEN %(lo)s AND %(hi)s AND pl.valid_from <= %(day)s AND {known("pl", "borrowers_pledge")}
      AND (pl.to_on IS NULL OR pl.to_on > %(day)s)
),
collateral AS (
    SELECT loan_id, count(*) AS items,
           CASE WHEN bool_and(value IS NOT NULL) THEN sum(greatest(0, value - prior_liens)) END AS net_value,
           min(value / nullif(before, 0) - 1) AS value_change,
           max(%(day)s - valued_on) AS age_days,
           (array_agg(allowed ORDER BY (%(day)s - valued_on)::float8 / allowed DESC NULLS LAST))[1] AS allowed_days
    FROM item GROUP BY loan_id
)"""

# Where any borrower of the lender stands today; guarantors and circle members lie in other buckets. Only allocation and
# positions are read, which are complete before the first observation of the day is written.
GUARANTORS = f"""
standing AS (
    SELECT l.borrower_id, max(coalesce(%(day)s - s.counts_from, po.days_past_due, 0)) AS dpd,
           sum(coalesce(s.outstanding_minor / 100.0, po.balance)) AS outstanding
    FROM borrowers_loan l
    LEFT JOIN borrowers_loanstate s ON s.loan_id = l.id AND NOT l.position_fed
    LEFT JOIN borrowers_position po ON po.loan_id = l.id AND po.valid_from = %(day)s AND po.closed_as = '' AND {known("po", "borrowers_position")}
    WHERE l.lender_id = %(lender)s AND l.borrower_id IN (SELECT guarantor_id FROM borrowers_guarantee WHERE lender_id = %(lender)s)
      AND (s.loan_id IS NOT NULL OR po.id IS NOT NULL)
    GROUP BY l.borrower_id
),
guarantors AS (
    SELECT g.loan_id, count(*) AS guarantors, max(coalesce(st.dpd, 0)) AS worst_dpd
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
    FROM borrowers_guarantee g JOIN borrowers_loan l ON l.id = g.loan_id
    WHERE g.lender_id = %(lender)s AND g.valid_from <= %(day)s AND {known("g", "borrowers_guarantee")} AND (g.to_on IS NULL OR g.to_on > %(day)s)
      AND g.guarantor_id <> l.borrower_id
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
    SELECT c.start AS borrower_id, c.length, sum(st.outstanding) AS exposure, max(st.dpd) AS worst_dpd
    FROM shortest c CROSS JOIN LATERAL unnest(c.members) AS member (id) LEFT JOIN standing st ON st.borrower_id = member.id
    GROUP BY c.start, c.length
),
branch_exposure AS (
    SELECT l.branch_id, sum(s.outstanding_minor) / 100.0 AS outstanding
    FROM borrowers_loanstate s JOIN borrowers_loan l ON l.id = s.loan_id
    WHERE s.lender_id = %(lender)s AND NOT l.position_fed AND EXISTS (SELECT 1 FROM circles)
    GROUP BY l.branch_id
)"""

# Who answers for the loan, since when nobody does, and the check that is longest overdue.
PEOPLE = """
lead AS (
    SELECT c.loan_id, c.person_id FROM borrowers_custody c
    WHERE c.lender_id = %(lender)s AND c.bucket BETWEEN %(lo)s AND %(hi)s AND c.capacity = 'lead' AND c.from_on <= %(day)s
      AND (c.to_on IS NULL OR c.to_on > %(day)s)
),
last_lead AS (
    SELECT c.loan_id, max(c.to_on) AS until FROM borrowers_custody c
    WHERE c.lender_id = %(lender)s AND c.bucket BETWEEN %(lo)s AND %(hi)s AND c.capacity = 'lead' AND c.to_on <= %(day)s
    GROUP BY c.loan_id
),
duties AS (
    SELECT d.loan_id, max(%(day)s - d.due_on) AS overdue_days FROM borrowers_checkduty d
    WHERE d.lender_id = %(lender)s AND d.bucket BETWEEN %(lo)s AND %(hi)s AND d.known_from <= %(known)s AND d.due_on < %(day)s
      AND (d.done_on IS NULL OR d.done_on > %(day)s)
    GROUP BY d.loan_id
)"""
