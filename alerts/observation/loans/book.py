"""Loans on the book, with what every close says anew: scheduled ones by what allocation left, position-fed ones by their position."""

from borrowers.loans.allocation import MINE
from borrowers.revisions import known

BOOK = f"""
SELECT l.id AS subject_id, l.lender_id, l.borrower_id, l.bucket, l.branch_id, l.product_id, l.currency, p.code AS product_code,
       p.kind AS product_kind, l.segment, l.principal, coalesce(po.rate, l.rate) AS rate, l.disbursed_on, l.facility_id,
       coalesce(po.matures_on, l.matures_on) AS planned_end, l.ltv_agreed, l.position_fed, coalesce(po.modified, false) AS modified,
       CASE WHEN l.position_fed THEN po.balance ELSE s.outstanding_minor / 100.0 END AS outstanding,
       CASE WHEN l.position_fed THEN po.overdue_principal ELSE s.overdue_principal_minor / 100.0 END AS overdue_principal,
       CASE WHEN l.position_fed THEN po.overdue_interest ELSE s.overdue_interest_minor / 100.0 END AS overdue_interest,
       CASE WHEN l.position_fed THEN po.days_past_due ELSE coalesce(%(day)s - s.counts_from, 0) END AS days_past_due,
       po.days_past_due AS delivered_days_past_due,
       CASE WHEN NOT l.position_fed THEN coalesce(%(day)s - s.interest_counts_from, 0) END AS interest_days_past_due,
       CASE WHEN NOT l.position_fed THEN coalesce(%(day)s - s.principal_counts_from, 0) END AS principal_days_past_due,
       s.version, s.as_of AS state_as_of, s.next_due_on
FROM borrowers_loan l
JOIN lenders_product p ON p.id = l.product_id
LEFT JOIN borrowers_loanstate s ON s.loan_id = l.id AND NOT l.position_fed
LEFT JOIN borrowers_position po ON po.loan_id = l.id AND po.lender_id = %(lender)s AND po.valid_from = %(day)s
     AND {known("po", "borrowers_position")} AND po.bucket BETWEEN %(lo)s AND %(hi)s
WHERE l.lender_id = %(lender)s AND l.bucket BETWEEN %(lo)s AND %(hi)s AND {MINE.format(id="l.id")}
  AND ((l.position_fed AND po.closed_as = '') OR (s.outstanding_minor > 0 OR s.overdue_interest_minor > 0))
"""

# Column of the table -> expression over today's book `b`.
OWN = {
    "lender_id": "b.lender_id",
    "as_of": "%(day)s::date",
    "loan_id": "b.subject_id",
    **{
        name: f"b.{name}"
        for name in (
            "borrower_id", "bucket", "branch_id", "product_id", "currency", "product_code", "product_kind", "segment", "principal", "rate",
            "outstanding", "overdue_principal", "overdue_interest", "days_past_due", "delivered_days_past_due", "interest_days_past_due",
            "principal_days_past_due", "ltv_agreed",
        )
    },
    "dpd_bucket": "CASE WHEN b.days_past_due IS NULL THEN -1 ELSE width_bucket(b.days_past_due, %(bucket_edges)s::int[]) END",
    "months_on_book": "(extract(year FROM age(%(day)s, b.disbursed_on)) * 12 + extract(month FROM age(%(day)s, b.disbursed_on)))::int",
    "risk_class": """coalesce((SELECT c.class FROM unnest(%(class_over)s::int[], %(class_names)s::text[]) AS c (over, class)
                               WHERE b.days_past_due > c.over ORDER BY c.over DESC LIMIT 1), 'normal')""",
}  # fmt: skip
