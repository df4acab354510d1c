"""The day's allocate step: repayments meet demands, and each scheduled loan's state follows.

The oldest demand is served first; within a demand fee and interest come before principal. Both follow from running
totals alone: a demand is unpaid as far as what is due up to it exceeds what was paid in all. Everything is taken as known
on the business date, so a day closed late has the figures it would have had then.
"""

from typing import Any

from django.db.backends.utils import CursorWrapper

ON_BOOK = """
    SELECT l.id, l.lender_id, l.bucket FROM borrowers_loan l
    WHERE l.lender_id = %(lender)s AND l.bucket BETWEEN %(lo)s AND %(hi)s AND NOT l.position_fed
      AND l.disbursed_on <= %(day)s AND l.known_from <= %(day)s
      AND NOT EXISTS (
          SELECT 1 FROM borrowers_loanevent e
          WHERE e.loan_id = l.id AND e.kind IN ('settled', 'write_off', 'transfer') AND e.valid_from <= %(day)s AND e.known_from <= %(day)s)
"""

LEAVE = f"""
DELETE FROM borrowers_loanstate s
WHERE s.lender_id = %(lender)s AND s.bucket BETWEEN %(lo)s AND %(hi)s AND s.loan_id NOT IN (SELECT id FROM ({ON_BOOK}) b)
"""

# Only rows that differ are written: on an unchanged night the step writes nothing.
ALLOCATE = f"""
WITH book AS MATERIALIZED ({ON_BOOK}),
version AS (
    SELECT i.loan_id, max(i.version) AS version FROM borrowers_instalment i
    WHERE i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s AND i.known_from <= %(day)s
    GROUP BY i.loan_id
),
paid AS (
    SELECT DISTINCT ON (r.loan_id) r.loan_id, r.cum_paid_minor FROM borrowers_repayment r
    WHERE r.lender_id = %(lender)s AND r.bucket BETWEEN %(lo)s AND %(hi)s AND r.known_from <= %(day)s
    ORDER BY r.loan_id, r.seq DESC
),
demand AS (
    SELECT b.id AS loan_id, b.lender_id, b.bucket, i.version, i.seq, i.due_on, coalesce(p.cum_paid_minor, 0) AS paid_minor,
           (i.principal * 100)::bigint AS principal_minor,
           least(((i.principal + i.interest + i.fee) * 100)::bigint, greatest(0, i.cum_due_minor - coalesce(p.cum_paid_minor, 0))) AS unpaid_minor
    FROM book b
    JOIN version v ON v.loan_id = b.id
    JOIN borrowers_instalment i ON i.loan_id = b.id AND i.version = v.version AND i.lender_id = %(lender)s AND i.bucket BETWEEN %(lo)s AND %(hi)s
    LEFT JOIN paid p ON p.loan_id = b.id
),
state AS (
    SELECT loan_id, lender_id, bucket, version, paid_minor,
           sum(least(unpaid_minor, principal_minor)) AS outstanding_minor,
           coalesce(sum(least(unpaid_minor, principal_minor)) FILTER (WHERE due_on < %(day)s), 0) AS overdue_principal_minor,
           coalesce(sum(greatest(0, unpaid_minor - principal_minor)) FILTER (WHERE due_on < %(day)s), 0) AS overdue_interest_minor,
           min(seq) FILTER (WHERE due_on < %(day)s AND unpaid_minor > %(materiality)s) AS oldest_unpaid_seq,
           min(due_on) FILTER (WHERE due_on < %(day)s AND unpaid_minor > %(materiality)s) AS oldest_unpaid_on,
           min(due_on) FILTER (WHERE due_on < %(day)s AND unpaid_minor > principal_minor) AS interest_unpaid_on,
           min(due_on) FILTER (WHERE due_on < %(day)s AND least(unpaid_minor, principal_minor) > %(materiality)s) AS principal_unpaid_on,
           min(due_on) FILTER (WHERE due_on >= %(day)s AND unpaid_minor > 0) AS next_due_on
    FROM demand GROUP BY loan_id, lender_id, bucket, version, paid_minor
)
INSERT INTO borrowers_loanstate AS old (
    loan_id, lender_id, bucket, as_of, version, paid_minor, outstanding_minor, overdue_principal_minor, overdue_interest_minor,
    oldest_unpaid_seq, oldest_unpaid_on, interest_unpaid_on, principal_unpaid_on, next_due_on)
SELECT loan_id, lender_id, bucket, %(day)s, version, paid_minor, outstanding_minor, overdue_principal_minor, overdue_interest_minor,
       oldest_unpaid_seq, oldest_unpaid_on, interest_unpaid_on, principal_unpaid_on, next_due_on
FROM state
ON CONFLICT (loan_id) DO UPDATE SET
    as_of = excluded.as_of, version = excluded.version, paid_minor = excluded.paid_minor, outstanding_minor = excluded.outstanding_minor,
    overdue_principal_minor = excluded.overdue_principal_minor, overdue_interest_minor = excluded.overdue_interest_minor,
    oldest_unpaid_seq = excluded.oldest_unpaid_seq, oldest_unpaid_on = excluded.oldest_unpaid_on,
    interest_unpaid_on = excluded.interest_unpaid_on, principal_unpaid_on = excluded.principal_unpaid_on, next_due_on = excluded.next_due_on
WHERE (old.version, old.paid_minor, old.outstanding_minor, old.overdue_principal_minor, old.overdue_interest_minor, old.oldest_unpaid_seq,
       old.oldest_unpaid_on, old.interest_unpaid_on, old.principal_unpaid_on, old.next_due_on)
   IS DISTINCT FROM
      (excluded.version, excluded.paid_minor, excluded.outstanding_minor, excluded.overdue_principal_minor, excluded.overdue_interest_minor,
       excluded.oldest_unpaid_seq, excluded.oldest_unpaid_on, excluded.interest_unpaid_on, excluded.principal_unpaid_on, excluded.next_due_on)
"""


def allocate(cursor: CursorWrapper, key: dict[str, Any], *, materiality_minor: int) -> int:
    """Bring the states of one slice of the book to the close of the day; returns how many changed.

    key: lender, day, lo, hi. A demand whose unpaid part is at most `materiality_minor` hundredths does not count as overdue.
    """
    parameters = {**key, "materiality": materiality_minor}
    cursor.execute(LEAVE, parameters)
    left = cursor.rowcount
    cursor.execute(ALLOCATE, parameters)
    return left + cursor.rowcount
