"""Where the money of a loan went: payees, forbidden uses, money that came back, proofs, split and cash payments, the project.

Two steps of the money are seen: the payment out of the loan and what leaves or enters the borrower's own accounts. Accounts
of payees with other banks are not: what they do with the money stays unknown. A payment that the borrower makes himself may
be told twice, as a payment of the loan and as a booking, so of the two sums the larger counts. All shares are of the amount
of the loan; the first 30 days after disbursement count for forbidden uses and for what comes back.
"""

from alerts.observation.engine import DATE, INT, NUMBER, RATIO, Family
from alerts.observation.loans.proceeds_fields import PROCEEDS_FIELDS
from alerts.observation.loans.sources import told
from borrowers.revisions import known

PAID = f"""
loan AS (
    SELECT b.subject_id, b.borrower_id, b.product_kind, b.currency, b.disbursed_on, nullif(b.principal, 0) AS principal
    FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
),
paid AS (
    SELECT l.*, p.valid_from, p.mode, p.payee, p.payee_account, p.amount, p.proof, p.payee_kind,
           p.valid_from <= l.disbursed_on + 30 AND EXISTS (
               SELECT FROM unnest(%(forbidden_for)s::text[], %(forbidden_payee)s::text[]) AS f (kind, payee)
               WHERE f.kind = l.product_kind AND f.payee = p.payee_kind) AS forbidden
    FROM loan l JOIN borrowers_disbursementpayment p ON p.loan_id = l.subject_id AND p.valid_from <= %(day)s AND {known("p", "borrowers_disbursementpayment")}
),
agreed AS (
    SELECT DISTINCT a.loan_id FROM lw_subject s JOIN borrowers_agreedpayee a ON a.loan_id = s.subject_id AND a.valid_from <= %(day)s
    WHERE {known("a", "borrowers_agreedpayee")}
),
outside AS (
    SELECT p.subject_id, sum(p.amount) AS amount FROM paid p
    WHERE NOT EXISTS (SELECT FROM borrowers_agreedpayee a WHERE a.loan_id = p.subject_id AND a.valid_from <= %(day)s AND {known("a", "borrowers_agreedpayee")}
                      AND (a.payee = p.payee OR (a.payee_account <> '' AND a.payee_account = p.payee_account)))
    GROUP BY p.subject_id
),
totals AS (
    SELECT p.subject_id, sum(p.amount) FILTER (WHERE p.forbidden AND p.mode = 'entrusted') AS forbidden_entrusted,
           sum(p.amount) FILTER (WHERE p.forbidden AND p.mode = 'self_paid') AS forbidden_self,
           count(*) FILTER (WHERE p.forbidden AND p.mode = 'entrusted') AS times_entrusted,
           count(*) FILTER (WHERE p.forbidden AND p.mode = 'self_paid') AS times_self,
           sum(p.amount) FILTER (WHERE p.payee_kind = 'related' AND p.valid_from <= p.disbursed_on + 30) AS related,
           sum(p.amount) FILTER (WHERE p.proof <> '') AS proven, sum(p.amount) FILTER (WHERE p.mode = 'self_paid') AS self_paid,
           sum(p.amount) FILTER (WHERE p.mode = 'self_paid' AND p.payee_kind IN ('cash', 'person') AND p.valid_from <= p.disbursed_on + 3) AS cash
    FROM paid p GROUP BY p.subject_id
)"""
BOOKED = f"""
booked AS (
    SELECT l.subject_id,
           sum(-t.amount) FILTER (WHERE t.amount < 0 AND f.payee IS NOT NULL) AS forbidden, count(f.payee) FILTER (WHERE t.amount < 0) AS times,
           sum(t.amount) FILTER (WHERE t.amount > 0 AND EXISTS (
               SELECT FROM paid p WHERE p.subject_id = l.subject_id AND p.payee_kind <> 'related' AND t.valid_from BETWEEN p.valid_from AND p.valid_from + 30
                 AND (p.payee = t.counterparty OR (p.payee_account <> '' AND p.payee_account = t.counterparty_account)))) AS came_back
    FROM loan l JOIN borrowers_depositaccount a ON a.borrower_id = l.borrower_id AND a.currency = l.currency
    JOIN borrowers_accounttransaction t ON t.account_id = a.id AND t.valid_from BETWEEN l.disbursed_on AND l.disbursed_on + 60
         AND t.valid_from <= %(day)s AND {known("t", "borrowers_accounttransaction")}
    LEFT JOIN unnest(%(forbidden_for)s::text[], %(forbidden_payee)s::text[]) AS f (kind, payee)
         ON f.kind = l.product_kind AND t.category = CASE f.payee WHEN 'lender' THEN 'lender_outside' ELSE f.payee END AND t.valid_from <= l.disbursed_on + 30
    GROUP BY l.subject_id
)"""
# Three payments to one payee within ten days, each from 80 to 100 % of the amount from which the lender pays himself.
SPLIT = """
split AS (
    SELECT q.subject_id, count(DISTINCT q.payee) AS patterns
    FROM (SELECT p.subject_id, p.payee, count(*) OVER near AS times, sum(p.amount) OVER near AS amount, x.amount AS most
          FROM paid p JOIN unnest(%(limit_for)s::text[], %(limit)s::numeric[]) AS x (kind, amount) ON x.kind = p.product_kind
          WHERE p.mode = 'self_paid' AND p.amount BETWEEN 0.8 * x.amount AND x.amount
          WINDOW near AS (PARTITION BY p.subject_id, p.payee ORDER BY p.valid_from RANGE BETWEEN '9 days' PRECEDING AND CURRENT ROW)) q
    WHERE q.times >= 3 AND q.amount > q.most GROUP BY q.subject_id
)"""
PROJECT = f"""
figure AS (
    SELECT l.subject_id, o.measure, o.valid_from, o.value, o.currency, row_number() OVER (PARTITION BY l.subject_id, o.measure ORDER BY o.valid_from DESC) AS back,
           first_value(o.value) OVER (PARTITION BY l.subject_id, o.measure ORDER BY o.valid_from DESC) AS latest
    FROM loan l JOIN borrowers_outsidefigure o ON o.borrower_id = l.borrower_id AND o.valid_from <= %(day)s
    WHERE l.product_kind = 'fixed_asset' AND o.measure IN ('project_progress', 'project_planned', 'project_spent', 'project_budget')
      AND {known("o", "borrowers_outsidefigure")}
),
project AS (
    SELECT subject_id, max(value) FILTER (WHERE measure = 'project_progress' AND back = 1) AS progress,
           max(value) FILTER (WHERE measure = 'project_planned' AND back = 1) AS planned,
           max(value) FILTER (WHERE measure = 'project_spent' AND back = 1) AS spent,
           nullif(max(value) FILTER (WHERE measure = 'project_budget' AND back = 1), 0) AS budget,
           count(DISTINCT currency) FILTER (WHERE measure IN ('project_spent', 'project_budget') AND back = 1) = 1 AS same_currency,
           CASE WHEN count(*) FILTER (WHERE measure = 'project_progress') > 1
                THEN min(valid_from) FILTER (WHERE measure = 'project_progress' AND value >= latest) END AS stands_since
    FROM figure GROUP BY subject_id
)"""
AHEAD = """
ahead AS (
    SELECT l.subject_id, least(
        (SELECT min(p.valid_from) FROM borrowers_disbursementpayment p WHERE p.loan_id = l.subject_id AND p.valid_from > %(day)s AND p.known_from <= %(known)s),
        (SELECT min(a.valid_from) FROM borrowers_agreedpayee a WHERE a.loan_id = l.subject_id AND a.valid_from > %(day)s AND a.known_from <= %(known)s),
        (SELECT min(o.valid_from) FROM borrowers_outsidefigure o WHERE l.product_kind = 'fixed_asset' AND o.borrower_id = l.borrower_id
           AND o.measure LIKE 'project%%' AND o.valid_from > %(day)s AND o.known_from <= %(known)s),
        CASE WHEN %(day)s <= l.disbursed_on + 60 THEN
            (SELECT min(t.valid_from) FROM borrowers_depositaccount a JOIN borrowers_accounttransaction t ON t.account_id = a.id
             WHERE a.borrower_id = l.borrower_id AND t.valid_from > %(day)s AND t.known_from <= %(known)s) END) AS moves_on
    FROM loan l
)"""

SQL = f"""
WITH {PAID}, {BOOKED}, {SPLIT}, {PROJECT}, {AHEAD}
SELECT l.subject_id,
       CASE WHEN t.subject_id IS NOT NULL AND g.loan_id IS NOT NULL THEN round(coalesce(o.amount, 0) / l.principal, 6) END AS paid_outside_share,
       CASE WHEN t.subject_id IS NOT NULL OR b.subject_id IS NOT NULL THEN
           round((coalesce(t.forbidden_entrusted, 0) + greatest(coalesce(t.forbidden_self, 0), coalesce(b.forbidden, 0))) / l.principal, 6) END AS forbidden_use_share,
       CASE WHEN t.subject_id IS NOT NULL OR b.subject_id IS NOT NULL THEN coalesce(t.times_entrusted, 0) + greatest(t.times_self, b.times) END AS forbidden_payments,
       CASE WHEN t.subject_id IS NOT NULL THEN round((coalesce(t.related, 0) + coalesce(b.came_back, 0)) / l.principal, 6) END AS returned_share,
       CASE WHEN t.subject_id IS NOT NULL THEN round(coalesce(t.proven, 0) / l.principal, 6) END AS proven_share,
       CASE WHEN t.subject_id IS NOT NULL THEN coalesce(sp.patterns, 0) END AS split_payments,
       round(coalesce(t.cash, 0) / t.self_paid, 6) AS cash_share,
       CASE WHEN j.progress IS NOT NULL THEN
           greatest(j.planned - j.progress, CASE WHEN j.same_currency THEN j.spent / j.budget * 100 - j.progress END) END AS project_behind,
       j.stands_since AS project_stands_since, a.moves_on AS recheck_on
FROM loan l
JOIN ahead a ON a.subject_id = l.subject_id
LEFT JOIN totals t ON t.subject_id = l.subject_id
LEFT JOIN agreed g ON g.loan_id = l.subject_id
LEFT JOIN outside o ON o.subject_id = l.subject_id
LEFT JOIN booked b ON b.subject_id = l.subject_id
LEFT JOIN split sp ON sp.subject_id = l.subject_id
LEFT JOIN project j ON j.subject_id = l.subject_id
"""
# Bookings matter to loans paid out not long ago, so only these are looked at again when one arrives.
BOOKINGS = told(
    "borrowers_accounttransaction", "l.subject_id",
    """JOIN borrowers_depositaccount a ON a.id = n.account_id
       JOIN lw_book l ON l.borrower_id = a.borrower_id AND n.valid_from BETWEEN l.disbursed_on AND l.disbursed_on + 60""",
)  # fmt: skip
# A correction may move a booking out of the first days, so what the row said before counts as well.
REBOOKED = told(
    "borrowers_accounttransaction", "l.subject_id",
    """JOIN borrowers_accounttransaction old ON n.revision > 1 AND old.account_id = n.account_id AND old.reference = n.reference
       JOIN borrowers_depositaccount a ON a.id = n.account_id
       JOIN lw_book l ON l.borrower_id = a.borrower_id AND old.valid_from BETWEEN l.disbursed_on AND l.disbursed_on + 60""",
)  # fmt: skip
_WORKS = "JOIN lw_book l ON l.borrower_id = n.borrower_id AND l.product_kind = 'fixed_asset' AND n.measure LIKE 'project%%'"
FIGURES = told("borrowers_outsidefigure", "l.subject_id", _WORKS)
ACCOUNTS = told("borrowers_depositaccount", "l.subject_id", "JOIN lw_book l ON l.borrower_id = n.borrower_id")

PROCEEDS = Family(
    name="proceeds",
    sql=SQL,
    columns={
        "paid_outside_share": RATIO, "forbidden_use_share": RATIO, "forbidden_payments": INT, "returned_share": RATIO, "proven_share": RATIO,
        "split_payments": INT, "cash_share": RATIO, "project_behind": NUMBER, "project_stands_since": DATE,
    },
    derived={
        "proofs_missing_days": (INT, "CASE WHEN r.proven_share < %(proven_share)s THEN %(day)s - r.disbursed_on WHEN r.proven_share IS NOT NULL THEN 0 END"),
        "project_stands_days": (INT, "%(day)s - r.project_stands_since"),
    },
    news=(told("borrowers_disbursementpayment"), told("borrowers_agreedpayee"), BOOKINGS, REBOOKED, FIGURES, ACCOUNTS),
    rechecks=True,
    sources=("borrowers_disbursementpayment", "borrowers_agreedpayee", "borrowers_accounttransaction", "borrowers_outsidefigure"),
    fields=PROCEEDS_FIELDS,
)  # fmt: skip
