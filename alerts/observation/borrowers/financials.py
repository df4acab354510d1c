"""What the borrower's statements say: growth, cash, cover, debt, margins, turnover of stocks and claims, the auditor, lateness."""

from alerts.observation.borrowers.financials_fields import FINANCIALS_FIELDS
from alerts.observation.borrowers.statements import MONTH, PERIODS, change, share
from alerts.observation.engine import DATE, INT, MONEY, NUMBER, RATIO, Family, new_fact
from borrowers.revisions import known

# Two years of months for what the tax office and the utility count, to hold against the growth of sales.
_COUNTED = f"""
counted AS (
    SELECT p.borrower_id, o.measure,
           {change("sum(o.value) FILTER (WHERE o.month > p.month - 12)", "sum(o.value) FILTER (WHERE o.month <= p.month - 12)")} AS growth
    FROM period p
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (x.measure, {MONTH.format("x.valid_from")}) x.measure, x.value, x.currency, {MONTH.format("x.valid_from")} AS month
        FROM borrowers_outsidefigure x
        WHERE x.borrower_id = p.borrower_id AND x.lender_id = %(lender)s AND x.measure IN ('vat_base', 'electricity') AND x.valid_from <= %(day)s
          AND {known("x", "borrowers_outsidefigure")}
        ORDER BY x.measure, {MONTH.format("x.valid_from")}, x.valid_from DESC) o
    WHERE p.whole_year AND p.year_back = 1 AND o.month <= p.month AND o.month > p.month - 24
    GROUP BY p.borrower_id, o.measure HAVING count(*) = 24 AND count(DISTINCT o.currency) = 1
)"""
# The oldest promised statement that is still to come: the first test date after the last period delivered, and its days of grace.
_PROMISED = """
promised AS (
    SELECT s.subject_id, min(d.due_on) AS due_on
    FROM lw_subject s JOIN borrowers_covenant c ON c.borrower_id = s.subject_id
    CROSS JOIN LATERAL (
        SELECT (c.valid_from + k * c.every_months * interval '1 month')::date AS test_on,
               (c.valid_from + k * c.every_months * interval '1 month')::date + c.grace_days AS due_on
        FROM generate_series(1, 600) AS k
        WHERE NOT EXISTS (SELECT FROM period p WHERE p.borrower_id = c.borrower_id AND p.valid_from >= (c.valid_from + k * c.every_months * interval '1 month')::date)
        ORDER BY k LIMIT 1) d
    WHERE c.lender_id = %(lender)s AND c.comparison = 'happens' AND c.measure = 'statements' AND c.known_from <= %(known)s AND c.valid_from <= %(day)s
      AND (c.ends_on IS NULL OR d.test_on <= c.ends_on)
    GROUP BY s.subject_id
)"""
_AUDIT = """
audit AS (
    SELECT DISTINCT ON (a.borrower_id) a.borrower_id,
           CASE WHEN a.opinion IN ('adverse', 'disclaimer', 'going_concern') THEN 'refused'
                WHEN a.opinion = 'qualified' OR a.restated THEN 'qualified'
                WHEN a.auditor <> '' AND a.before <> '' AND a.auditor <> a.before THEN 'auditor_changed'
                WHEN a.opinion = 'unqualified' THEN 'none' END AS trouble
    FROM (SELECT st.*, lag(st.auditor) OVER (PARTITION BY st.borrower_id ORDER BY st.month) AS before FROM statement st
          WHERE st.audited AND st.months = 12) a
    ORDER BY a.borrower_id, a.month DESC
)"""
_REST = """
plan AS (
    SELECT DISTINCT ON (borrower_id) borrower_id, revenue, plan_revenue FROM statement
    WHERE revenue IS NOT NULL AND plan_revenue > 0 AND months <= 12 ORDER BY borrower_id, month DESC, months DESC
),
burning AS (
    SELECT borrower_id, CASE WHEN NOT bool_or(year_back = 1 AND operating_cash_flow IS NULL) THEN
               coalesce(min(year_back) FILTER (WHERE operating_cash_flow IS NULL OR operating_cash_flow >= 0) - 1, count(*)) END AS periods
    FROM period WHERE whole_year GROUP BY borrower_id
)"""


def _cash_and_loans(now: str, before: str) -> str:
    """SQL: much cash, much debt and hardly any interest on the cash, at one closing."""
    return (
        f"({now}.cash > %(idle_cash)s * {now}.total_assets AND {now}.borrowings > %(idle_debt)s * {now}.total_assets"
        f" AND {now}.interest_income < %(idle_yield)s * ({now}.cash + {before}.cash) / 2)"
    )


def _days(stock: str, flow: str, at: str) -> str:
    return share(f"{at}.{stock} * 365", f"{at}.{flow}")


def _margin(profit: str, at: str) -> str:
    return share(f"{at}.{profit}", f"{at}.revenue")


def _squeeze(profit: str) -> str:
    """SQL: the margin less its mean over the three years before, of which two must be there."""
    past = ", ".join(f"({_margin(profit, at)})" for at in ("f12", "f24", "f36"))
    return f"({_margin(profit, 'f')} - (SELECT CASE WHEN count(m) >= 2 THEN avg(m) END FROM (VALUES {past}) AS past (m)))"


_VALUES = {
    "statements_to": ("now.valid_from", DATE),
    "statements_due_on": ("promised.due_on", DATE),
    "statement_currency": ("now.currency", "varchar(3)"),
    "net_assets": ("now.equity", MONEY),
    "sales": ("f.revenue", MONEY),
    "sales_change": (change("f.revenue", "f12.revenue"), RATIO),
    "negative_cash_flow_periods": ("burning.periods", INT),
    "ebitda": ("f.ebitda", MONEY),
    "ebitda_change": (change("f.ebitda", "f12.ebitda"), RATIO),
    "debt_service_cover": (share("f.ebitda - f.tax_paid - f.maintenance_capex", "f.debt_service"), RATIO),
    "interest_cover": (share("f.operating_profit", "f.interest_expense"), RATIO),
    "net_debt_to_ebitda": (share("f.borrowings - f.cash", "f.ebitda"), RATIO),
    "net_debt_to_ebitda_before": (share("f1.borrowings - f1.cash", "f1.ebitda"), RATIO),
    "debt_to_assets": (share("now.total_liabilities", "now.total_assets"), RATIO),
    "debt_to_assets_change": (f"{share('now.total_liabilities', 'now.total_assets')} - {share('y.total_liabilities', 'y.total_assets')}", RATIO),
    "current_ratio": (share("now.current_assets", "now.current_liabilities"), RATIO),
    "margin_squeeze": (f"least({_squeeze('gross_profit')}, {_squeeze('operating_profit')})", RATIO),
    "receivable_days": (_days("receivables", "revenue", "f"), NUMBER),
    "receivable_days_change": (change(_days("receivables", "revenue", "f"), _days("receivables", "revenue", "f12")), RATIO),
    "inventory_days_change": (change(_days("inventory", "cost_of_sales", "f"), _days("inventory", "cost_of_sales", "f12")), RATIO),
    "payable_days_change": (change(_days("payables", "purchases", "f"), _days("payables", "purchases", "f12")), RATIO),
    "other_receivables_share": (share("now.other_receivables", "now.equity"), RATIO),
    "cash_and_loans_years": (
        f"CASE WHEN {_cash_and_loans('f', 'f12')} THEN 1 + coalesce({_cash_and_loans('f12', 'f24')}, false)::int"
        f" WHEN {_cash_and_loans('f', 'f12')} IS NOT NULL THEN 0 END", INT,
    ),
    "sales_growth_gap": (f"(SELECT max(abs({change('f.revenue', 'f12.revenue')} - n.growth)) FROM counted n WHERE n.borrower_id = s.subject_id)", RATIO),
    "audit_trouble": ("audit.trouble", "varchar(15)"),
    "plan_met": (share("plan.revenue", "plan.plan_revenue"), RATIO),
}  # fmt: skip
_BEFORE = "\n".join(
    f"LEFT JOIN period f{n} ON f{n}.borrower_id = f.borrower_id AND f{n}.month = f.month - {n} AND f{n}.currency = f.currency AND f{n}.whole_year"
    for n in (12, 24, 36)
)
SQL = f"""
WITH {PERIODS}, {_COUNTED}, {_PROMISED}, {_AUDIT}, {_REST}
SELECT s.subject_id, {", ".join(f"{sql} AS {name}" for name, (sql, _) in _VALUES.items())}
FROM lw_subject s
LEFT JOIN period now ON now.borrower_id = s.subject_id AND now.back = 1
LEFT JOIN period y ON y.borrower_id = now.borrower_id AND y.month = now.month - 12 AND y.currency = now.currency
LEFT JOIN period f ON f.borrower_id = s.subject_id AND f.whole_year AND f.year_back = 1
LEFT JOIN period f1 ON f1.borrower_id = s.subject_id AND f1.whole_year AND f1.year_back = 2
{_BEFORE}
LEFT JOIN promised ON promised.subject_id = s.subject_id
LEFT JOIN audit ON audit.borrower_id = s.subject_id
LEFT JOIN plan ON plan.borrower_id = s.subject_id
LEFT JOIN burning ON burning.borrower_id = s.subject_id
"""
STATED = f"SELECT n.borrower_id FROM borrowers_financialstatement n WHERE n.lender_id = %(lender)s AND {new_fact('n')}"
PROMISED = f"""
SELECT n.borrower_id FROM borrowers_covenant n WHERE n.lender_id = %(lender)s AND n.measure = 'statements' AND ({new_fact("n")}
    OR EXISTS (SELECT FROM borrowers_correction x WHERE x.subject = 'borrowers.covenant' AND x.subject_id = n.id
               AND x.known_from > %(previous)s AND x.known_from <= %(known)s))
"""
COUNTED = f"""
SELECT n.borrower_id FROM borrowers_outsidefigure n
WHERE n.lender_id = %(lender)s AND n.bucket BETWEEN %(lo)s AND %(hi)s AND n.measure IN ('vat_base', 'electricity') AND {new_fact("n")}
"""

FINANCIALS = Family(
    name="financials",
    sql=SQL,
    columns={name: kind for name, (_, kind) in _VALUES.items()},
    derived={
        "statements_age_days": (INT, "%(day)s - r.statements_to"),
        "statements_late_days": (INT, "CASE WHEN r.statements_due_on IS NOT NULL THEN greatest(0, %(day)s - r.statements_due_on) END"),
    },
    news=(STATED, PROMISED, COUNTED),
    sources=("borrowers_financialstatement", "borrowers_covenant"),
    fields=FINANCIALS_FIELDS,
)
