"""What the borrower's accounts hold before the next demand: looked at on each night of its last seven days, and on no other."""

from alerts.observation.engine import RATIO, Family, later
from alerts.observation.loans.sources import corrected, told
from borrowers.revisions import known

# Bookings of a day follow each other as they were first told: a correction of an earlier one does not make it the last.
SEQUENCE = """CASE WHEN {0}.revision = 1 THEN {0}.id ELSE (
    SELECT min(f.id) FROM borrowers_accounttransaction f WHERE f.account_id = {0}.account_id AND f.reference = {0}.reference) END"""
# The balance at the end of each of the five days before today, as far as it is known, of all accounts in the loan's currency that
# the borrower may draw on.
SQL = f"""
WITH ahead AS (
    SELECT s.subject_id AS loan_id, b.borrower_id, b.currency, n.next_on, n.next_demand
    FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id JOIN borrowers_loanstate st ON st.loan_id = b.subject_id
    CROSS JOIN LATERAL (
        SELECT i.due_on AS next_on, sum(owed.minor) / 100.0 AS next_demand FROM borrowers_instalment i
        CROSS JOIN LATERAL (SELECT least(((i.principal + i.interest + i.fee) * 100)::bigint, greatest(0, i.cum_due_minor - st.paid_minor)) AS minor) owed
        WHERE i.loan_id = b.subject_id AND i.version = b.version AND i.lender_id = %(lender)s AND i.bucket = b.bucket AND i.due_on > %(day)s AND owed.minor > 0
        GROUP BY i.due_on ORDER BY i.due_on LIMIT 1) n
),
due AS (SELECT * FROM ahead WHERE next_on <= %(day)s::date + 7),
account AS (
    SELECT d.loan_id, d.next_demand, a.id FROM due d JOIN borrowers_depositaccount a ON a.borrower_id = d.borrower_id
    WHERE a.currency = d.currency AND a.kind <> 'escrow' AND (a.closed_on IS NULL OR a.closed_on > %(day)s) AND a.known_from <= %(known)s
),
funds AS (
    SELECT a.loan_id, round(sum(o.balance) / min(a.next_demand), 6) AS cover
    FROM account a CROSS JOIN LATERAL (
      SELECT sum(d.balance * d.days) / sum(d.days) AS balance
      FROM (SELECT l.balance, least(l.to_on, %(day)s) - greatest(l.from_on, %(day)s::date - 5) AS days FROM (
        SELECT e.balance_after AS balance, e.valid_from AS from_on, lead(e.valid_from, 1, %(day)s::date) OVER (ORDER BY e.valid_from) AS to_on
        FROM (SELECT DISTINCT ON (t.valid_from) t.valid_from, t.balance_after FROM borrowers_accounttransaction t
              WHERE t.account_id = a.id AND t.valid_from < %(day)s AND t.balance_after IS NOT NULL AND {known("t", "borrowers_accounttransaction")}
              ORDER BY t.valid_from, {SEQUENCE.format("t")} DESC) e) l
        WHERE l.to_on > %(day)s::date - 5) d) o
    GROUP BY a.loan_id HAVING count(o.balance) > 0
)
SELECT s.subject_id, fu.cover AS balance_before_due,
       CASE WHEN EXISTS (SELECT FROM borrowers_depositaccount h WHERE h.borrower_id = a.borrower_id) THEN {later("a.next_on - 7")} END AS recheck_on
FROM lw_subject s LEFT JOIN ahead a ON a.loan_id = s.subject_id LEFT JOIN funds fu ON fu.loan_id = s.subject_id
"""
STATE = "SELECT n.subject_id FROM lw_book n WHERE n.state_as_of = %(day)s"
ACCOUNT = told("borrowers_depositaccount", "l.id", "JOIN borrowers_loan l ON l.borrower_id = n.borrower_id")
ACCOUNT_CORRECTED = corrected(
    "borrowers.depositaccount", "l.id", "JOIN borrowers_depositaccount a ON a.id = n.subject_id JOIN borrowers_loan l ON l.borrower_id = a.borrower_id"
)

FUNDS = Family(
    name="funds",
    sql=SQL,
    columns={"balance_before_due": RATIO},
    news=(STATE, ACCOUNT, ACCOUNT_CORRECTED),
    rechecks=True,
    sources=("borrowers_depositaccount",),
)
