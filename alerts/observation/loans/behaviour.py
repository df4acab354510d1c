"""How the demands of a scheduled loan were met: when each of the last 24 months was first paid at all, and when in full.

A payment that was taken back later, so that the demand was open again, met nothing. A loan with an unpaid demand is looked at
every night, one that pays only when a demand falls due, is paid, or leaves a window.
"""

from alerts.observation.engine import BOOL, DATE, INT, RATIO, Family, later

SQL = f"""
WITH demand AS (
    SELECT i.loan_id, i.due_on, i.principal,
           row_number() OVER (PARTITION BY i.loan_id ORDER BY i.seq DESC) AS back,
           settled.paid_on AS settled_on,
           greatest(0, coalesce(settled.paid_on, %(day)s) - i.due_on) AS late,
           i.due_on > %(day)s - interval '6 months' AS in_6m,
           i.due_on > %(day)s - interval '12 months' AS in_12m,
           first.cum_paid_minor - (i.cum_due_minor - total.minor) < 0.95 * total.minor AS part_paid
    FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
    JOIN borrowers_instalment i ON i.loan_id = b.subject_id AND i.version = b.version AND i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
         AND i.due_on <= %(day)s AND i.due_on > %(day)s - interval '24 months'
    CROSS JOIN LATERAL (SELECT ((i.principal + i.interest + i.fee) * 100)::bigint AS minor) total
    LEFT JOIN (SELECT DISTINCT loan_id FROM borrowers_repayment WHERE amount < 0 AND lender_id = %(lender)s) gone ON gone.loan_id = i.loan_id
    LEFT JOIN LATERAL (
        SELECT r.paid_on FROM borrowers_repayment r
        WHERE r.loan_id = i.loan_id AND r.cum_paid_minor >= i.cum_due_minor AND r.amount > 0 AND r.known_from <= %(known)s AND r.paid_on <= %(day)s
          AND (gone.loan_id IS NULL OR NOT EXISTS (SELECT FROM borrowers_repayment back WHERE back.amount < 0 AND back.loan_id = r.loan_id AND back.seq > r.seq
                          AND back.known_from <= %(known)s AND back.cum_paid_minor < i.cum_due_minor))
        ORDER BY r.cum_paid_minor LIMIT 1) settled ON true
    LEFT JOIN LATERAL (
        SELECT r.cum_paid_minor FROM borrowers_repayment r
        WHERE r.loan_id = i.loan_id AND r.cum_paid_minor > i.cum_due_minor - total.minor AND r.amount > 0 AND r.known_from <= %(known)s AND r.paid_on <= %(day)s
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
           max(settled_on) FILTER (WHERE principal > 0) AS principal_on,
           bool_or(settled_on IS NULL) AS open,
           min(due_on + interval '6 months') FILTER (WHERE in_6m) AS leaves_6m,
           min(due_on + interval '12 months') FILTER (WHERE in_12m) AS leaves_12m,
           min(settled_on + interval '12 months') FILTER (WHERE settled_on > %(day)s - interval '12 months') AS cured_12m,
           min(due_on + interval '24 months') AS leaves_24m
    FROM demand GROUP BY loan_id
)
SELECT s.subject_id, d.missed_12m AS demands_missed_12m, d.worst_12m AS demand_worst_12m, d.late_6m AS late_payments_6m,
       round(d.slope_6::numeric, 4) AS lateness_slope_6, CASE WHEN d.last_3 IS NOT NULL THEN d.last_1 > d.last_2 AND d.last_2 > d.last_3 END AS lateness_rising_3,
       d.last_1 AS lateness_last, round(d.part_6m::numeric / nullif(d.due_6m, 0), 6) AS part_payment_share_6m, d.principal_on AS principal_paid_on,
       CASE WHEN d.open THEN %(day)s::date + 1
            ELSE {later('d.leaves_6m, d.leaves_12m, d.cured_12m, d.leaves_24m, next.due_on')} END AS recheck_on
FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
LEFT JOIN behaviour d ON d.loan_id = s.subject_id
LEFT JOIN LATERAL (
    SELECT min(i.due_on) AS due_on FROM borrowers_instalment i
    WHERE i.loan_id = s.subject_id AND i.version = b.version AND i.lender_id = %(lender)s AND i.bucket = b.bucket AND i.due_on > %(day)s) next ON true
"""
# A payment, a demand that became overdue and a new plan all change the loan's state, and the state says on which close.
NEWS = "SELECT n.subject_id FROM lw_book n WHERE n.state_as_of = %(day)s"

BEHAVIOUR = Family(
    name="behaviour",
    sql=SQL,
    columns={
        "demands_missed_12m": INT, "demand_worst_12m": INT, "late_payments_6m": INT, "lateness_slope_6": "numeric(12, 4)",
        "lateness_rising_3": BOOL, "lateness_last": INT, "part_payment_share_6m": RATIO, "principal_paid_on": DATE,
    },
    derived={
        "instalments_missed_12m": (INT, "CASE WHEN r.position_fed THEN r.closes_missed_12m ELSE r.demands_missed_12m END"),
        "worst_dpd_12m": (INT, "CASE WHEN r.position_fed THEN r.worst_seen_12m ELSE greatest(r.demand_worst_12m, r.days_past_due) END"),
        "months_no_principal": (
            INT, "extract(year FROM age(%(day)s, r.principal_paid_on)) * 12 + extract(month FROM age(%(day)s, r.principal_paid_on))"
        ),
    },
    news=(NEWS,),
    rechecks=True,
)  # fmt: skip
