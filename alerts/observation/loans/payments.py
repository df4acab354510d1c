"""What comes next and who pays: the demands ahead, returned debits, broken promises, and payers.

Principal is served last, so what is paid ahead of a demand lowers its principal last. A demand is ahead from the day after
the business date. A payment that was taken back counts neither for the one who paid it nor for a promise.
"""

from alerts.observation.engine import DATE, INT, MONEY, RATIO, Family, later
from alerts.observation.loans.payments_fields import PAYMENT_FIELDS
from alerts.observation.loans.sources import tells, told
from borrowers.revisions import known

# Of a reversal, the day and payer of what it takes back.
PAYMENT = """
    SELECT r.loan_id, r.amount, coalesce(back.paid_on, r.paid_on) AS paid_on, coalesce(back.payer_kind, r.payer_kind) AS payer_kind
    FROM borrowers_repayment r LEFT JOIN borrowers_repayment back ON back.id = r.reverses_id
    WHERE r.known_from <= %(known)s AND r.paid_on <= %(day)s AND r.lender_id = %(lender)s AND r.bucket BETWEEN %(lo)s AND %(hi)s"""

AHEAD = """
plan AS (
    SELECT i.loan_id, i.version, i.seq, i.due_on, i.principal, owed.minor AS unpaid,
           min(i.due_on) FILTER (WHERE i.due_on > %(day)s AND owed.minor > 0) OVER (PARTITION BY i.loan_id) AS next_on
    FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
    JOIN borrowers_loanstate st ON st.loan_id = b.subject_id
    JOIN borrowers_instalment i ON i.loan_id = b.subject_id AND i.version = b.version AND i.lender_id = %(lender)s
         AND i.bucket BETWEEN %(lo)s AND %(hi)s AND i.due_on >= %(day)s
    CROSS JOIN LATERAL (SELECT least(((i.principal + i.interest + i.fee) * 100)::bigint, greatest(0, i.cum_due_minor - st.paid_minor)) AS minor) owed
),
ahead AS (
    SELECT loan_id, version, max(next_on) AS next_on, sum(unpaid) FILTER (WHERE due_on = next_on) / 100.0 AS next_demand,
           coalesce(sum(least((principal * 100)::bigint, unpaid)) FILTER (WHERE due_on > %(day)s AND due_on <= %(day)s::date + 90), 0) / 100.0 AS principal_90,
           min(seq) AS first_seq, min(seq) FILTER (WHERE principal > 0) AS full_seq, min(due_on) FILTER (WHERE principal > 0) AS full_on,
           count(*) FILTER (WHERE principal > 0) AS full_demands,
           least(min(due_on) + 1, min(due_on) FILTER (WHERE due_on > %(day)s), min(due_on) FILTER (WHERE due_on > %(day)s::date + 90) - 90) AS moves_on
    FROM plan GROUP BY loan_id, version
),
full_demand AS (
    SELECT a.loan_id, a.full_on FROM ahead a
    LEFT JOIN borrowers_instalment last ON last.loan_id = a.loan_id AND last.version = a.version AND last.seq = a.full_seq - 1 AND last.principal = 0
    WHERE a.full_demands > 1 AND (a.first_seq < a.full_seq OR last.id IS NOT NULL)
)"""

RETURNED = f"""
returned AS (
    SELECT pr.loan_id, count(*) FILTER (WHERE pr.valid_from <= %(day)s) AS debits, max(pr.retries) FILTER (WHERE pr.valid_from <= %(day)s) AS retries,
           least(min(pr.valid_from) FILTER (WHERE pr.valid_from > %(day)s),
                 greatest(%(day)s::date + 1, (min(pr.valid_from) FILTER (WHERE pr.valid_from <= %(day)s) + interval '3 months')::date)) AS moves_on
    FROM lw_subject s JOIN borrowers_paymentreturn pr ON pr.loan_id = s.subject_id
    WHERE NOT pr.technical AND pr.valid_from > %(day)s - interval '3 months' AND {known("pr", "borrowers_paymentreturn")}
    GROUP BY pr.loan_id
)"""

PROMISED = f"""
promised AS (
    SELECT pp.loan_id,
           count(*) FILTER (WHERE pp.valid_from <= %(day)s AND pp.due_on < %(day)s AND coalesce(paid.amount, 0) < %(promise_share)s * pp.amount) AS broken,
           min(CASE WHEN pp.due_on < %(day)s THEN pp.due_on + 61 ELSE pp.due_on + 1 END) AS moves_on,
           min(pp.valid_from) FILTER (WHERE pp.valid_from > %(day)s) AS begins_on
    FROM lw_subject s JOIN borrowers_paymentpromise pp ON pp.loan_id = s.subject_id
    LEFT JOIN LATERAL (SELECT sum(p.amount) AS amount FROM ({PAYMENT} AND r.loan_id = pp.loan_id) p
                       WHERE p.paid_on BETWEEN pp.valid_from AND pp.due_on) paid ON true
    WHERE pp.due_on >= %(day)s::date - 60 AND {known("pp", "borrowers_paymentpromise")}
    GROUP BY pp.loan_id
)"""

PAYERS = f"""
payer AS (
    SELECT p.loan_id,
           CASE WHEN bool_or(p.in_6m AND p.payer_kind <> '') AND sum(p.amount) FILTER (WHERE p.in_6m) > 0 THEN sum(p.amount) FILTER (WHERE p.in_6m) END AS total,
           coalesce(sum(p.amount) FILTER (WHERE p.in_6m AND p.payer_kind IN ('third', 'unknown', 'staff')), 0) AS others,
           coalesce(sum(p.amount) FILTER (WHERE p.in_6m AND p.payer_kind = 'unknown'), 0) AS unknown,
           CASE WHEN bool_or(p.payer_kind <> '') THEN coalesce(sum(sign(p.amount)) FILTER (WHERE p.payer_kind = 'staff'), 0) END AS by_staff,
           CASE WHEN bool_or(p.payer_kind <> '')
                THEN least(min(p.paid_on) FILTER (WHERE p.in_6m) + interval '6 months', min(p.paid_on) + interval '24 months') END AS moves_on
    FROM (SELECT f.*, f.paid_on > %(day)s - interval '6 months' AS in_6m
          FROM lw_subject s CROSS JOIN LATERAL ({PAYMENT} AND r.loan_id = s.subject_id) f
          WHERE f.paid_on > %(day)s - interval '24 months') p
    GROUP BY p.loan_id
),
paid_ahead AS (
    SELECT r.loan_id, min(r.paid_on) AS moves_on FROM lw_subject s JOIN borrowers_repayment r ON r.loan_id = s.subject_id
    WHERE r.known_from <= %(known)s AND r.paid_on > %(day)s GROUP BY r.loan_id
)"""

_RETURNS, _PROMISES = tells("borrowers_paymentreturn"), tells("borrowers_paymentpromise")
SQL = f"""
WITH {AHEAD}, {RETURNED}, {PROMISED}, {PAYERS}
SELECT s.subject_id, CASE WHEN b.version IS NOT NULL THEN coalesce(a.principal_90, 0) END AS principal_due_90d,
       a.next_on AS next_demand_on, a.next_demand, f.full_on AS full_instalment_on,
       CASE WHEN {_RETURNS} THEN coalesce(re.debits, 0) END AS returned_debits_3m,
       CASE WHEN {_RETURNS} THEN coalesce(re.retries, 0) END AS returned_debit_retries_3m,
       CASE WHEN {_PROMISES} THEN coalesce(pr.broken, 0) END AS broken_promises_60d,
       round(pa.others / pa.total, 6) AS third_party_paid_share_6m, round(pa.unknown / pa.total, 6) AS unknown_payer_share_6m,
       pa.by_staff AS staff_payments_24m,
       least({later("a.moves_on, pa.moves_on::date, pr.moves_on")}, re.moves_on, pr.begins_on, pd.moves_on) AS recheck_on
FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
LEFT JOIN ahead a ON a.loan_id = s.subject_id
LEFT JOIN full_demand f ON f.loan_id = s.subject_id
LEFT JOIN returned re ON re.loan_id = s.subject_id
LEFT JOIN promised pr ON pr.loan_id = s.subject_id
LEFT JOIN payer pa ON pa.loan_id = s.subject_id
LEFT JOIN paid_ahead pd ON pd.loan_id = s.subject_id
"""
STATE = "SELECT n.subject_id FROM lw_book n WHERE n.state_as_of = %(day)s"

PAYMENTS = Family(
    name="payments",
    sql=SQL,
    columns={
        "principal_due_90d": MONEY, "next_demand_on": DATE, "next_demand": MONEY, "full_instalment_on": DATE,
        "returned_debits_3m": INT, "returned_debit_retries_3m": INT, "broken_promises_60d": INT,
        "third_party_paid_share_6m": RATIO, "unknown_payer_share_6m": RATIO, "staff_payments_24m": INT,
    },
    derived={
        "next_demand_days": (INT, "r.next_demand_on - %(day)s"),
        "full_instalment_days": (INT, "r.full_instalment_on - %(day)s"),
    },
    carried={
        "returned_debits_3m": f"CASE WHEN {_RETURNS} THEN coalesce(w.returned_debits_3m, 0) END",
        "returned_debit_retries_3m": f"CASE WHEN {_RETURNS} THEN coalesce(w.returned_debit_retries_3m, 0) END",
        "broken_promises_60d": f"CASE WHEN {_PROMISES} THEN coalesce(w.broken_promises_60d, 0) END",
    },
    news=(STATE, told("borrowers_paymentreturn"), told("borrowers_paymentpromise"), told("borrowers_repayment")),
    rechecks=True,
    fields=PAYMENT_FIELDS,
)  # fmt: skip
