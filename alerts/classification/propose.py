"""The day's propose step: where days past due call for another class than the one so far, a proposal waits for people."""

from typing import Any

from django.db.backends.utils import CursorWrapper

from borrowers.loans.allocation import MINE

CLEAR = f"""
DELETE FROM alerts_classproposal p WHERE p.lender_id = %(lender)s AND p.as_of = %(day)s AND p.bucket BETWEEN %(lo)s AND %(hi)s
  AND p.state = 'proposed' AND {MINE.format(id="p.loan_id")}
"""

REPLACE = f"""
UPDATE alerts_classproposal p SET state = 'replaced'
FROM alerts_loanday o
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s AND {MINE.format(id="o.loan_id")}
  AND p.loan_id = o.loan_id AND p.state = 'proposed' AND p.as_of < %(day)s AND p.new_class <> o.risk_class
"""

# The class so far is the one in force: what people last decided; before any decision, what the loan was when its class first
# changed. A close that calls for the class in force again leaves nothing to decide. What waits for a decision, or was decided, is
# proposed again only when the close calls for another class than the close before. A loan that the close before left out has no row
# there; the last one it has tells its class.
PROPOSE = f"""
INSERT INTO alerts_classproposal (lender_id, bucket, loan_id, as_of, old_class, new_class, days_past_due, before_days_past_due, state, reason)
SELECT o.lender_id, o.bucket, o.loan_id, o.as_of, so_far.risk_class, o.risk_class, coalesce(o.days_past_due, 0), coalesce(w.days_past_due, 0), 'proposed', ''
FROM alerts_loanday o LEFT JOIN alerts_loanday w ON w.lender_id = %(lender)s AND w.as_of = %(previous)s AND w.loan_id = o.loan_id
CROSS JOIN LATERAL (SELECT coalesce(
    (SELECT d.risk_class FROM borrowers_classdecision d WHERE d.loan_id = o.loan_id AND d.known_from <= %(known)s ORDER BY d.id DESC LIMIT 1),
    (SELECT f.old_class FROM alerts_classproposal f WHERE f.loan_id = o.loan_id AND f.as_of < %(day)s ORDER BY f.as_of LIMIT 1),
    w.risk_class,
    (SELECT e.risk_class FROM alerts_loanday e WHERE e.lender_id = %(lender)s AND e.loan_id = o.loan_id AND e.as_of < %(previous)s
     ORDER BY e.as_of DESC LIMIT 1)) AS risk_class) so_far
LEFT JOIN LATERAL (
    SELECT p.new_class, p.state FROM alerts_classproposal p WHERE p.loan_id = o.loan_id AND p.as_of < %(day)s ORDER BY p.as_of DESC LIMIT 1
) last ON true
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s AND o.risk_class <> so_far.risk_class
  AND {MINE.format(id="o.loan_id")}
  AND (last.new_class IS DISTINCT FROM o.risk_class OR last.state = 'replaced' OR last.state <> 'proposed' AND o.risk_class <> w.risk_class)
ON CONFLICT (loan_id, as_of) DO NOTHING
"""


def propose(cursor: CursorWrapper, key: dict[str, Any]) -> int:
    """Write the class proposals of one slice; returns how many. A later proposal replaces one that nobody has decided."""
    cursor.execute(CLEAR, key)
    cursor.execute(REPLACE, key)
    cursor.execute(PROPOSE, key)
    return cursor.rowcount
