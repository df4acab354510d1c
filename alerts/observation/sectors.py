"""The book by industry at each close: what the sector indicators of borrowers and of the lender are taken from."""

from typing import Any

from django.db.backends.utils import CursorWrapper

CLEAR = "DELETE FROM alerts_sectorday WHERE lender_id = %(lender)s AND as_of = %(day)s"
SECTORS = """
INSERT INTO alerts_sectorday (lender_id, as_of, industry, loans, loans_90, outstanding, outstanding_90)
SELECT o.lender_id, o.as_of, p.industry, count(*), count(*) FILTER (WHERE o.days_past_due > 90),
       coalesce(sum(o.outstanding) FILTER (WHERE o.currency = l.currency), 0),
       coalesce(sum(o.outstanding) FILTER (WHERE o.currency = l.currency AND o.days_past_due > 90), 0)
FROM alerts_loanday o JOIN borrowers_borrower p ON p.id = o.borrower_id JOIN lenders_lender l ON l.id = o.lender_id
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND p.industry <> '' AND o.days_past_due IS NOT NULL
GROUP BY o.lender_id, o.as_of, p.industry
"""


def observe_sectors(cursor: CursorWrapper, key: dict[str, Any]) -> int:
    """One row per industry with loans whose days past due are known; amounts in the lender's currency. Returns how many."""
    cursor.execute(CLEAR, key)
    cursor.execute(SECTORS, key)
    return cursor.rowcount
