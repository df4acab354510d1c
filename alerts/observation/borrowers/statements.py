"""Twelve months of statements, and the same twelve months of the years before.

Statements cover periods of their own length. Twelve months are taken from one statement of twelve months, else laid together
from statements of equal length, else made of the year to date, the last whole year and, taken off again, the year to date a
year before. Of an audited and an unaudited statement for the same period the audited one counts. Figures in different
currencies are never laid together or compared.
"""

from borrowers.revisions import known

FLOWS = (
    "revenue", "ebitda", "interest_expense", "operating_cash_flow", "cost_of_sales", "gross_profit", "operating_profit", "tax_paid",
    "maintenance_capex", "debt_service", "interest_income", "purchases",
)  # fmt: skip
STOCKS = (
    "total_assets", "current_assets", "cash", "receivables", "inventory", "total_liabilities", "current_liabilities", "borrowings", "equity",
    "payables", "other_receivables",
)  # fmt: skip
MONTH = "(extract(year FROM {0}) * 12 + extract(month FROM {0}))::int"  # months counted through, so that every month-end meets its like

_LAID = ", ".join(f"CASE WHEN count(p.{name}) = count(*) THEN sum(p.sign * p.{name}) END AS {name}" for name in FLOWS)
_FLOWS = ", ".join(f"w.{name}" for name in FLOWS)
_STOCKS = ", ".join(f"c.{name}" for name in STOCKS)
_PARTS = ", ".join(f"p.{name}" for name in FLOWS)

PERIODS = f"""
statement AS MATERIALIZED (
    SELECT DISTINCT ON (f.borrower_id, {MONTH.format("f.valid_from")}, f.months) f.*, {MONTH.format("f.valid_from")} AS month
    FROM lw_subject s JOIN borrowers_financialstatement f ON f.borrower_id = s.subject_id
    WHERE f.lender_id = %(lender)s AND f.valid_from <= %(day)s AND {known("f", "borrowers_financialstatement")}
    ORDER BY f.borrower_id, {MONTH.format("f.valid_from")}, f.months, f.audited DESC, f.valid_from DESC, f.id DESC
),
part AS (
    SELECT w.borrower_id, w.month, w.months, w.currency, (w.months < 12)::int AS way, 12 / w.months AS needed, 1 AS sign, {_PARTS}
    FROM statement w
    JOIN statement p ON p.borrower_id = w.borrower_id AND p.currency = w.currency AND p.months = w.months AND p.month <= w.month AND p.month > w.month - 12
         AND (w.month - p.month) %% w.months = 0
    WHERE w.months <= 12 AND 12 %% w.months = 0
    UNION ALL
    SELECT w.borrower_id, w.month, w.months, w.currency, 2, 3, CASE WHEN p.month = w.month - 12 THEN -1 ELSE 1 END, {_PARTS}
    FROM statement w
    JOIN statement p ON p.borrower_id = w.borrower_id AND p.currency = w.currency
         AND ((p.months = w.months AND p.month IN (w.month, w.month - 12)) OR (p.months = 12 AND p.month = w.month - w.months))
    WHERE w.months < 12
),
twelve AS (
    SELECT DISTINCT ON (p.borrower_id, p.month) p.borrower_id, p.month, p.currency, {_LAID}
    FROM part p GROUP BY p.borrower_id, p.month, p.months, p.currency, p.way, p.needed HAVING count(*) = p.needed
    ORDER BY p.borrower_id, p.month, p.way, p.months DESC
),
closing AS (
    SELECT DISTINCT ON (borrower_id, month) * FROM statement ORDER BY borrower_id, month, audited DESC, months DESC, valid_from DESC
),
period AS MATERIALIZED (
    SELECT c.borrower_id, c.month, c.valid_from, c.currency, {_STOCKS}, {_FLOWS}, w.month IS NOT NULL AS whole_year,
           row_number() OVER (PARTITION BY c.borrower_id ORDER BY c.month DESC) AS back,
           row_number() OVER (PARTITION BY c.borrower_id, w.month IS NOT NULL ORDER BY c.month DESC) AS year_back
    FROM closing c LEFT JOIN twelve w ON w.borrower_id = c.borrower_id AND w.month = c.month AND w.currency = c.currency
)"""


def share(part: str, of: str) -> str:
    """SQL of `part` over `of`: NULL where one is missing or `of` is not positive; at most ten million, so that it can be stored."""
    return f"(CASE WHEN ({of}) > 0 AND ({part}) IS NOT NULL THEN least(greatest(({part}) / ({of}), -9999999), 9999999) END)"


def change(now: str, before: str) -> str:
    """SQL of the relative change from `before` to `now`; NULL where one is missing or `before` is not positive."""
    return share(f"({now}) - ({before})", before)
