"""Who answers for the loan, since when nobody does, the check that is longest overdue, and how many inputs are missing."""

from alerts.observation.engine import DATE, INT, Family

SQL = """
WITH
lead AS (
    SELECT c.loan_id, c.person_id FROM borrowers_custody c
    WHERE c.lender_id = %(lender)s AND c.bucket BETWEEN %(lo)s AND %(hi)s AND c.capacity = 'lead' AND c.from_on <= %(day)s
      AND (c.to_on IS NULL OR c.to_on > %(day)s)
),
last_lead AS (
    SELECT c.loan_id, max(c.to_on) AS until FROM borrowers_custody c
    WHERE c.lender_id = %(lender)s AND c.bucket BETWEEN %(lo)s AND %(hi)s AND c.capacity = 'lead' AND c.to_on <= %(day)s
    GROUP BY c.loan_id
),
duties AS (
    SELECT d.loan_id, coalesce(max(%(day)s - d.due_on) FILTER (WHERE d.due_on < %(day)s AND (d.done_on IS NULL OR d.done_on > %(day)s)), 0) AS overdue_days
    FROM borrowers_checkduty d
    WHERE d.lender_id = %(lender)s AND d.bucket BETWEEN %(lo)s AND %(hi)s AND d.known_from < %(known)s -- the night's own are planned after it is observed
    GROUP BY d.loan_id
)
SELECT b.subject_id, lead.person_id AS manager_id, last_lead.until AS led_until, du.overdue_days AS inspection_overdue_days
FROM lw_book b
LEFT JOIN lead ON lead.loan_id = b.subject_id
LEFT JOIN last_lead ON last_lead.loan_id = b.subject_id
LEFT JOIN duties du ON du.loan_id = b.subject_id
"""
_MISSING = """((r.days_past_due IS NULL)::int + (r.collateral_items > 0 AND r.collateral_value IS NULL)::int
               + (r.planned_end IS NULL AND r.extended_to IS NULL AND r.product_kind <> 'card')::int)"""

PEOPLE = Family(
    name="people",
    sql=SQL,
    # led_until is the first day on which nobody led the loan
    columns={"manager_id": "bigint", "led_until": DATE, "inspection_overdue_days": INT},
    derived={
        "handover_gap_days": (INT, "CASE WHEN r.manager_id IS NOT NULL THEN 0 ELSE %(day)s - r.led_until + 1 END"),
        "inputs_missing": ("smallint", _MISSING),
        "inputs_missing_days": (
            INT,
            f"CASE WHEN {_MISSING} = 0 THEN 0 ELSE coalesce(r.was_missing_days, 0) + (%(day)s - coalesce(%(previous)s, %(day)s - 1)) END",
        ),
    },
    was={"was_missing_days": "w.inputs_missing_days"},
    nightly=True,
    sources=("borrowers_custody", "borrowers_checkduty"),
)
