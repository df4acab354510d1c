"""The day's step for what falls due: opened ahead of its day, closed by the fact itself, as often as it is run."""

import json
from collections.abc import Mapping
from typing import Any

from inspections.deadlines import rules
from inspections.deadlines.calls import BOOK, CALLS, ITEMS
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import InForce

STAGE = f"""
DROP TABLE IF EXISTS lw_due_book, lw_due_item, lw_due;
CREATE TEMP TABLE lw_due_book ON COMMIT DROP AS {BOOK};
ANALYZE lw_due_book;
CREATE TEMP TABLE lw_due_item ON COMMIT DROP AS {ITEMS};
ANALYZE lw_due_item;
CREATE TEMP TABLE lw_due (
    kind varchar(14) NOT NULL, subject bigint NOT NULL, reference varchar(80) NOT NULL, loan_id bigint NOT NULL, borrower_id bigint NOT NULL,
    branch_id bigint NOT NULL, responsible_id bigint, bucket smallint NOT NULL, item_id bigint, covenant_id bigint, document_id bigint,
    guarantor_id bigint, facility_id bigint, staff_id bigint, due_on date, before integer NOT NULL
) ON COMMIT DROP
"""

# Loans that are set aside keep what they have; a repair or correction touches only the loans it recomputes.
LEAVE = """
DELETE FROM lw_due
WHERE loan_id = ANY (%(held)s::bigint[]) OR (%(only)s::bigint[] IS NOT NULL AND NOT loan_id = ANY (%(only)s::bigint[]))
"""
TOUCHED = """d.lender_id = %(lender)s AND d.bucket BETWEEN %(lo)s AND %(hi)s AND d.state = 'open' AND d.opened_on <= %(day)s
      AND NOT (d.loan_id = ANY (%(held)s::bigint[])) AND (%(only)s::bigint[] IS NULL OR d.loan_id = ANY (%(only)s::bigint[]))"""
SAME = "c.kind = d.kind AND c.subject = d.subject AND c.reference = d.reference"

CLOSE = f"""
WITH ended AS (
    SELECT d.id, CASE
        WHEN NOT EXISTS (SELECT FROM lw_due c WHERE {SAME}) THEN CASE WHEN d.kind = 'maturity' THEN 'repaid' ELSE 'gone' END
        WHEN d.kind <> 'covenant_test' AND EXISTS (SELECT FROM lw_due c WHERE {SAME} AND c.due_on < d.due_on) THEN 'moved'
        ELSE 'renewed' END AS cause
    FROM inspections_deadline d WHERE {TOUCHED} AND NOT EXISTS (SELECT FROM lw_due c WHERE {SAME} AND c.due_on = d.due_on)
)
UPDATE inspections_deadline d
SET state = CASE WHEN ended.cause IN ('renewed', 'repaid') THEN 'done' ELSE 'cancelled' END, cause = ended.cause, closed_on = %(day)s
FROM ended WHERE d.id = ended.id
"""
# A deadline goes with its loan to the new account manager.
FOLLOW = f"""
UPDATE inspections_deadline d SET responsible_id = c.responsible_id, loan_id = c.loan_id, borrower_id = c.borrower_id, branch_id = c.branch_id
FROM lw_due c WHERE {TOUCHED} AND {SAME} AND c.due_on = d.due_on
  AND (d.responsible_id, d.loan_id, d.borrower_id, d.branch_id) IS DISTINCT FROM (c.responsible_id, c.loan_id, c.borrower_id, c.branch_id)
"""
# One that was closed is opened again where the fact that had closed it was taken back, or where a loan of another slice answers
# for it now: then it does not matter which slice comes first. What two people have set aside stays so.
OPEN = """
INSERT INTO inspections_deadline
    (lender_id, bucket, kind, loan_id, borrower_id, branch_id, item_id, covenant_id, document_id, guarantor_id, facility_id, staff_id, reference,
     due_on, opened_on, responsible_id, state, cause, reason)
SELECT %(lender)s, c.bucket, c.kind, c.loan_id, c.borrower_id, c.branch_id, c.item_id, c.covenant_id, c.document_id, c.guarantor_id, c.facility_id,
       c.staff_id, c.reference, c.due_on, %(day)s, c.responsible_id, 'open', '', ''
FROM lw_due c
WHERE c.due_on <= %(day)s + c.before AND (c.kind <> 'covenant_test' OR c.due_on > %(day)s - %(look_back)s)
ON CONFLICT (kind, subject, reference, due_on) DO UPDATE
SET state = 'open', cause = '', closed_on = NULL, bucket = excluded.bucket, loan_id = excluded.loan_id, borrower_id = excluded.borrower_id,
    branch_id = excluded.branch_id, responsible_id = excluded.responsible_id
WHERE inspections_deadline.state IN ('done', 'cancelled')
   OR (inspections_deadline.state = 'open' AND inspections_deadline.bucket <> excluded.bucket)
"""


def schedule_deadlines(cursor: Any, key: Mapping[str, Any], lender: Lender) -> int:
    """Open and close the deadlines of one slice of the book at the close of the business date; returns the rows written.

    cursor: within the caller's transaction. key: as `ledger.key_of` makes it; facts known by `known` count. Running it twice changes
    nothing more. The number of statements does not depend on the size of the slice. Raises KeyError for a parameter that is missing.
    """
    values = InForce(lender, key["day"])
    numbers = {
        **key,
        "notice": json.dumps(values["maturity.notice_days"]),
        "before": json.dumps(values["deadline.days_before"]),
        "allowed": json.dumps(values["valuation.allowed_days"]),
        "rating": int(values["rating.allowed_days"]),
        "look_back": rules.LOOK_BACK,
    }
    cursor.execute(STAGE, numbers)
    for call in CALLS.values():
        cursor.execute(call, numbers)
    cursor.execute(LEAVE, numbers)
    cursor.execute("ANALYZE lw_due")
    written = 0
    for statement in (CLOSE, FOLLOW, OPEN):
        cursor.execute(statement, numbers)
        written += cursor.rowcount
    return written
