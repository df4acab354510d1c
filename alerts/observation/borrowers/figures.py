"""Figures that bureau, tax office, utility, register and ratings give of the borrower, and the guarantees given for others.

A figure counts as today's for a number of days among the parameters; ratings and pledged shares stand until the next. "A year
before" is the latest figure that is twelve to fifteen months older than today's.
"""

from alerts.observation.borrowers.figures_fields import FIGURES_FIELDS
from alerts.observation.borrowers.statements import MONTH, change, share
from alerts.observation.engine import DATE, INT, MONEY, NUMBER, RATIO, Family, new_fact
from alerts.observation.loans.sources import corrected
from borrowers.revisions import known

_FIGURES = f"""
figure AS MATERIALIZED (
    SELECT o.borrower_id, o.measure, o.value, o.currency, o.scale, o.valid_from, {MONTH.format("o.valid_from")} AS month,
           row_number() OVER w AS back, first_value(o.valid_from) OVER w AS latest_on, first_value(o.value) OVER w AS latest,
           first_value(o.currency) OVER w AS latest_currency, first_value(o.scale) OVER w AS latest_scale,
           first_value({MONTH.format("o.valid_from")}) OVER w AS latest_month,
           lag(o.valid_from) OVER w AS until,
           o.measure IN ('external_rating', 'internal_rating', 'shares_pledged')
               OR first_value(o.valid_from) OVER w > %(day)s::date - %(figure_days)s AS current
    FROM lw_subject s JOIN borrowers_outsidefigure o ON o.borrower_id = s.subject_id
    WHERE o.lender_id = %(lender)s AND o.valid_from <= %(day)s AND {known("o", "borrowers_outsidefigure")}
    WINDOW w AS (PARTITION BY o.borrower_id, o.measure ORDER BY o.valid_from DESC, o.id DESC)
)"""
# A monthly series: three months in a row, and the same three a year before.
_SEASONS = f"""
season AS (
    SELECT borrower_id, {change("sum(value) FILTER (WHERE month > latest_month - 3)", "sum(value) FILTER (WHERE month <= latest_month - 12)")} AS change
    FROM figure WHERE measure = 'electricity' AND current AND (month > latest_month - 3 OR month BETWEEN latest_month - 14 AND latest_month - 12)
    GROUP BY borrower_id HAVING count(DISTINCT month) = 6 AND count(*) = 6
)"""
# A guarantee ends with its loan, which lies anywhere in the book.
_CLOSED = f"SELECT FROM borrowers_position p WHERE p.loan_id = l.id AND p.closed_as <> '' AND p.valid_from <= %(day)s AND {known('p', 'borrowers_position')}"
OVER = f"""CASE WHEN l.position_fed THEN EXISTS ({_CLOSED})
            ELSE EXISTS (SELECT FROM borrowers_loanstate st WHERE st.loan_id = l.id AND st.outstanding_minor <= 0 AND st.overdue_interest_minor <= 0) END"""
_GUARANTEES = f"""
given AS (
    SELECT g.guarantor_id AS borrower_id, sum(g.amount) AS amount, min(g.to_on) AS ends_on
    FROM lw_subject s JOIN borrowers_guarantee g ON g.guarantor_id = s.subject_id JOIN borrowers_loan l ON l.id = g.loan_id AND NOT {OVER}
    JOIN lw_book b ON b.subject_id = s.subject_id AND b.currency = l.currency
    WHERE g.lender_id = %(lender)s AND g.valid_from <= %(day)s AND {known("g", "borrowers_guarantee")} AND (g.to_on IS NULL OR g.to_on > %(day)s)
    GROUP BY g.guarantor_id
)"""


def _latest(measure: str) -> str:
    return f"max(value) FILTER (WHERE measure = '{measure}' AND back = 1 AND current)"


def _bounded(figure: str) -> str:
    """SQL: the figure, held to a million either way, so that a slip in a feed cannot stop the night."""
    return f"CASE WHEN ({figure}) IS NOT NULL THEN greatest(least({figure}, 999999), -999999) END"


def _year_change(measure: str) -> str:
    """SQL: today's figure against the one a year before, in the same currency."""
    before = (
        f"(array_agg(value ORDER BY valid_from DESC) FILTER (WHERE measure = '{measure}' AND current AND currency = latest_currency"
        " AND valid_from <= latest_on - interval '12 months' AND valid_from > latest_on - interval '15 months'))[1]"
    )
    return change(_latest(measure), before)


def _worsened(measure: str) -> str:
    """SQL: by how much a grade, larger = worse, lies above the best that stood within the last twelve months, on the same scale."""
    return (
        f"max(latest - value) FILTER (WHERE measure = '{measure}' AND current AND scale = latest_scale"
        " AND (until IS NULL OR until > %(day)s - interval '12 months'))"
    )


_SCORE_CHANGE = """CASE WHEN count(*) FILTER (WHERE measure = 'bureau_score' AND current AND scale = latest_scale
                                              AND valid_from > latest_on - interval '12 months') >= 2
    THEN min(latest - value) FILTER (WHERE measure = 'bureau_score' AND current AND scale = latest_scale AND valid_from > latest_on - interval '12 months') END"""
_VALUES = {
    "total_debt": (_latest("bureau_total_debt"), MONEY),
    "total_debt_currency": ("max(currency) FILTER (WHERE measure = 'bureau_total_debt' AND back = 1 AND current)", "varchar(3)"),
    "total_debt_change": (_year_change("bureau_total_debt"), RATIO),
    "tax_class": (_bounded(_latest("tax_class")), INT),
    "tax_class_steps_down": (_bounded(_worsened("tax_class")), INT),
    "external_rating": (_bounded("max(value) FILTER (WHERE measure = 'external_rating' AND back = 1)"), INT),
    "rating_notches_down": (_bounded(_worsened("external_rating")), INT),
    "bureau_score_change": (_bounded(_SCORE_CHANGE), NUMBER),
    "bureau_inquiries": (_bounded(_latest("bureau_inquiries")), INT),
    "bureau_dpd_others": (_bounded(_latest("bureau_dpd_others")), INT),
    "bureau_npl_share": (f"{_latest('bureau_npl_share')} / 100", RATIO),
    "insured_employees_change": (_year_change("insured_employees"), RATIO),
    "owner_dpd": (_bounded(_latest("owner_dpd")), INT),
    "owner_new_loans": (_bounded(_latest("owner_new_loans")), INT),
    "shares_pledged_share": (f"{_latest('shares_pledged')} / 100", RATIO),
    "guarantees_by_bureau": (_latest("guarantees_given"), MONEY),
    "guarantees_currency": ("max(currency) FILTER (WHERE measure = 'guarantees_given' AND back = 1 AND current)", "varchar(3)"),
    "rated_on": ("max(valid_from) FILTER (WHERE measure = 'internal_rating')", DATE),
}
_SHOWN = {"bureau_npl_share": "CASE WHEN b.kind = 'company' THEN t.bureau_npl_share END AS bureau_npl_share"}
_NEXT = """least(
    min(valid_from + %(figure_days)s) FILTER (WHERE back = 1 AND valid_from + %(figure_days)s > %(day)s),
    min((until + interval '12 months')::date) FILTER (WHERE until > %(day)s - interval '12 months' AND measure IN ('external_rating', 'tax_class')))"""
SQL = f"""
WITH {_FIGURES}, {_SEASONS}, {_GUARANTEES},
told AS (SELECT borrower_id, {", ".join(f"{sql} AS {name}" for name, (sql, _) in _VALUES.items())}, {_NEXT} AS next_on FROM figure GROUP BY borrower_id)
SELECT s.subject_id, {", ".join(_SHOWN.get(name, f"t.{name}") for name in _VALUES)}, season.change AS electricity_change, coalesce(given.amount, 0) AS guarantees_here,
       CASE WHEN least(t.next_on, given.ends_on) IS NOT NULL THEN greatest(%(day)s::date + 1, least(t.next_on, given.ends_on)) END AS recheck_on
FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
LEFT JOIN told t ON t.borrower_id = s.subject_id
LEFT JOIN season ON season.borrower_id = s.subject_id
LEFT JOIN given ON given.borrower_id = s.subject_id
"""
TOLD = f"""
SELECT n.borrower_id FROM borrowers_outsidefigure n WHERE n.lender_id = %(lender)s AND n.bucket BETWEEN %(lo)s AND %(hi)s AND {new_fact("n")}
"""
GIVEN = f"SELECT n.guarantor_id FROM borrowers_guarantee n WHERE n.lender_id = %(lender)s AND {new_fact('n')}"
REPAID = f"""
SELECT n.guarantor_id FROM lw_book b JOIN borrowers_guarantee n ON n.guarantor_id = b.subject_id
JOIN borrowers_loanstate st ON st.loan_id = n.loan_id AND st.as_of = %(day)s WHERE n.lender_id = %(lender)s
UNION ALL
SELECT n.guarantor_id FROM lw_book b JOIN borrowers_guarantee n ON n.guarantor_id = b.subject_id JOIN borrowers_position p ON p.loan_id = n.loan_id
WHERE n.lender_id = %(lender)s AND p.lender_id = %(lender)s AND {new_fact("p")} AND p.valid_from <= %(day)s AND (p.closed_as <> '' OR p.revision > 1)
"""
# Guarantees in the lender's currency against net assets in it; the bureau knows of those for other lenders too.
_GIVEN = "greatest(r.guarantees_here, CASE WHEN r.guarantees_currency = r.currency THEN r.guarantees_by_bureau END)"

FIGURES = Family(
    name="figures",
    sql=SQL,
    columns={name: kind for name, (_, kind) in _VALUES.items()} | {"electricity_change": RATIO, "guarantees_here": MONEY},
    derived={
        "internal_rating_age": (RATIO, "(%(day)s - r.rated_on)::numeric / nullif(%(rating_days)s, 0)"),
        "guarantee_load": (RATIO, f"CASE WHEN r.statement_currency = r.currency THEN {share(_GIVEN, 'r.net_assets')} END"),
    },
    news=(TOLD, GIVEN, REPAID, corrected("borrowers.borrower", "n.subject_id", "")),
    rechecks=True,
    sources=("borrowers_outsidefigure", "borrowers_guarantee"),
    without={"guarantees_here": "0"},
    fields=FIGURES_FIELDS,
)
