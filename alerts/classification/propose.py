"""The day's propose step: where days past due call for another class than at the close before, a proposal waits for people."""

from typing import Any

from django.db.backends.utils import CursorWrapper

CLEAR = "DELETE FROM alerts_classproposal WHERE lender_id = %(lender)s AND as_of = %(day)s AND bucket BETWEEN %(lo)s AND %(hi)s AND state = 'proposed'"

REPLACE = """
UPDATE alerts_classproposal p SET state = 'replaced'
FROM alerts_loanday o JOIN alerts_loanday w ON w.lender_id = o.lender_id AND w.as_of = %(previous)s AND w.loan_id = o.loan_id
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s AND o.risk_class <> w.risk_class
  AND p.loan_id = o.loan_id AND p.state = 'proposed' AND p.as_of < %(day)s
"""

PROPOSE = """
INSERT INTO alerts_classproposal (lender_id, bucket, loan_id, as_of, old_class, new_class, days_past_due, state, reason)
SELECT o.lender_id, o.bucket, o.loan_id, o.as_of, w.risk_class, o.risk_class, coalesce(o.days_past_due, 0), 'proposed', ''
FROM alerts_loanday o JOIN alerts_loanday w ON w.lender_id = o.lender_id AND w.as_of = %(previous)s AND w.loan_id = o.loan_id
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s AND o.risk_class <> w.risk_class
ON CONFLICT (loan_id, as_of) DO NOTHING
"""


def propose(cursor: CursorWrapper, key: dict[str, Any]) -> int:
    """Write the class proposals of one slice; returns how many. A later proposal replaces one that nobody has decided."""
    cursor.execute(CLEAR, key)
    cursor.execute(REPLACE, key)
    cursor.execute(PROPOSE, key)
    return cursor.rowcount
