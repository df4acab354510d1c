"""The borrower's observation put together: what today's loans of the borrower add up to, and the families of indicators."""

from alerts.observation.borrowers.contacts import CONTACTS
from alerts.observation.borrowers.figures import FIGURES
from alerts.observation.borrowers.financials import FINANCIALS
from alerts.observation.borrowers.flows import BOOKINGS, FLOWS
from alerts.observation.borrowers.group import GROUP
from alerts.observation.borrowers.sector import SECTOR
from alerts.observation.borrowers.signals import SIGNALS
from alerts.observation.engine import Family, Grain, Windows

MINE = "(%(only)s::bigint[] IS NULL OR {id} IN (SELECT m.borrower_id FROM borrowers_loan m WHERE m.id = ANY (%(only)s::bigint[])))"

# Amounts in the lender's own currency only: sums never mix currencies. The home branch and manager are those of the largest loan.
BOOK = f"""
SELECT o.borrower_id AS subject_id, o.lender_id, o.bucket, p.kind, p.segment, p.industry, l.currency,
       (array_agg(o.branch_id ORDER BY o.outstanding DESC, o.loan_id))[1] AS branch_id,
       (array_agg(o.manager_id ORDER BY o.outstanding DESC, o.loan_id))[1] AS manager_id,
       count(*) AS loans, count(*) FILTER (WHERE o.currency <> l.currency) AS loans_in_other_currency,
       coalesce(sum(o.outstanding) FILTER (WHERE o.currency = l.currency), 0) AS outstanding,
       coalesce(sum(o.outstanding) FILTER (WHERE o.currency = l.currency AND o.days_past_due > 90), 0) AS outstanding_90,
       max(o.days_past_due) AS days_past_due
FROM alerts_loanday o
JOIN borrowers_borrower p ON p.id = o.borrower_id
JOIN lenders_lender l ON l.id = o.lender_id
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s AND {MINE.format(id="o.borrower_id")}
GROUP BY o.borrower_id, o.lender_id, o.bucket, p.kind, p.segment, p.industry, l.currency
"""
OWN = {
    "lender_id": "b.lender_id",
    "as_of": "%(day)s::date",
    "borrower_id": "b.subject_id",
    **{
        name: f"b.{name}"
        for name in ("bucket", "branch_id", "manager_id", "kind", "segment", "industry", "currency", "loans", "outstanding", "outstanding_90", "days_past_due")
    },
}
FAMILIES: tuple[Family, ...] = (SECTOR, FINANCIALS, FIGURES, SIGNALS, CONTACTS, GROUP, FLOWS)
WINDOWS: tuple[Windows, ...] = (BOOKINGS,)
BORROWER = Grain(
    name="borrower", table="alerts_borrowerday", subject="borrower_id", book=BOOK, own=OWN, families=FAMILIES, windows=WINDOWS,
    mine=MINE.format(id="x.borrower_id"), joined=("kind", "industry", "currency"),
)  # fmt: skip
