"""The day's observe step: one wide row per loan on the book, computed over sets, every input cut by lender and bucket.

What each column means stands in `alerts.observation.dictionary`. Everything is as known at the close of the business date:
facts that became known later are not seen, so a day closed late has the figures it would have had then. Windows end with
the business date and reach back a whole number of calendar months.
"""

from typing import Any

from django.db.backends.utils import CursorWrapper

from alerts.observation.pieces import BEHAVIOUR, BOOK, CIRCLES, COLLATERAL, EVENTS, GUARANTORS, PEOPLE

CLEAR = """
DELETE FROM alerts_loanday WHERE lender_id = %(lender)s AND as_of = %(day)s AND bucket BETWEEN %(lo)s AND %(hi)s
"""

OBSERVE = f"""
WITH {BOOK}, {EVENTS}, {BEHAVIOUR}, {COLLATERAL}, {GUARANTORS}, {CIRCLES}, {PEOPLE}
INSERT INTO alerts_loanday (
    lender_id, as_of, loan_id, borrower_id, bucket, branch_id, product_id, manager_id, currency, product_code, product_kind, segment,
    principal, rate, outstanding, overdue_principal, overdue_interest, days_past_due, delivered_days_past_due, interest_days_past_due,
    principal_days_past_due, dpd_bucket, days_to_maturity, months_on_book, instalments_missed_12m, worst_dpd_12m, late_payments_6m,
    lateness_slope_6, lateness_rising_3, lateness_last, part_payment_share_6m, restructured, restructures, relapse_days, extensions_24m,
    edge_extensions_24m, months_no_principal, rollovers, collateral_items, ltv, ltv_agreed, value_change, valuation_age_days,
    valuation_allowed_days, guarantors, guarantor_dpd, circle_length, circle_share, circle_worst_dpd, inspection_overdue_days,
    inputs_missing, inputs_missing_days, handover_gap_days, risk_class)
SELECT
    b.lender_id, %(day)s, b.loan_id, b.borrower_id, b.bucket, b.branch_id, b.product_id, lead.person_id, b.currency, b.product_code,
    b.product_kind, b.segment, b.principal, b.rate, b.outstanding, b.overdue_principal, b.overdue_interest, b.days_past_due,
    b.delivered_days_past_due, b.interest_days_past_due, b.principal_days_past_due,
    CASE WHEN b.days_past_due IS NULL THEN -1 ELSE width_bucket(b.days_past_due, %(bucket_edges)s::int[]) END,
    coalesce(ev.matures_on, b.matures_on) - %(day)s,
    (extract(year FROM age(%(day)s, b.disbursed_on)) * 12 + extract(month FROM age(%(day)s, b.disbursed_on)))::int,
    CASE WHEN b.position_fed THEN seen.missed ELSE beh.missed_12m END,
    CASE WHEN b.position_fed THEN seen.worst ELSE greatest(beh.worst_12m, b.days_past_due) END,
    beh.late_6m, round(beh.slope_6::numeric, 4), beh.last_1 > beh.last_2 AND beh.last_2 > beh.last_3, beh.last_1,
    round(beh.part_6m::numeric / nullif(beh.due_6m, 0), 6),
    (ev.restructured_on IS NOT NULL AND ev.restructured_on + %(observation_months)s * interval '1 month' > %(day)s) OR coalesce(b.modified, false),
    coalesce(ev.restructures, 0) + CASE WHEN b.modified THEN 1 ELSE 0 END,
    CASE WHEN ev.restructured_on + %(observation_months)s * interval '1 month' > %(day)s THEN b.days_past_due END,
    coalesce(ev.extensions_24m, 0), coalesce(ev.edge_24m, 0),
    (extract(year FROM age(%(day)s, beh.principal_on)) * 12 + extract(month FROM age(%(day)s, beh.principal_on)))::int,
    coalesce(ev.rollovers, 0), coalesce(col.items, 0),
    CASE WHEN col.net_value > 0 THEN round(b.outstanding / col.net_value, 6) END,
    b.ltv_agreed, round(col.value_change, 6), col.age_days, col.allowed_days,
    coalesce(gu.guarantors, 0), gu.worst_dpd, coalesce(ci.length, 0), round(ci.exposure / nullif(br.outstanding, 0), 6), ci.worst_dpd,
    coalesce(du.overdue_days, 0), miss.inputs,
    CASE WHEN miss.inputs = 0 THEN 0 ELSE coalesce(was.inputs_missing_days, 0) + (%(day)s - coalesce(%(previous)s, %(day)s - 1)) END,
    CASE WHEN lead.person_id IS NOT NULL THEN 0 ELSE %(day)s - last_lead.until END,
    coalesce((SELECT c.class FROM unnest(%(class_over)s::int[], %(class_names)s::text[]) AS c (over, class)
              WHERE b.days_past_due > c.over ORDER BY c.over DESC LIMIT 1), 'normal')
FROM book b
LEFT JOIN events ev ON ev.loan_id = b.loan_id
LEFT JOIN behaviour beh ON beh.loan_id = b.loan_id
LEFT JOIN seen ON seen.loan_id = b.loan_id
LEFT JOIN collateral col ON col.loan_id = b.loan_id
LEFT JOIN guarantors gu ON gu.loan_id = b.loan_id
LEFT JOIN circles ci ON ci.borrower_id = b.borrower_id
LEFT JOIN branch_exposure br ON br.branch_id = b.branch_id
LEFT JOIN lead ON lead.loan_id = b.loan_id
LEFT JOIN last_lead ON last_lead.loan_id = b.loan_id
LEFT JOIN duties du ON du.loan_id = b.loan_id
LEFT JOIN alerts_loanday was ON was.lender_id = %(lender)s AND was.as_of = %(previous)s AND was.loan_id = b.loan_id
CROSS JOIN LATERAL (
    SELECT ((b.days_past_due IS NULL)::int + (coalesce(col.items, 0) > 0 AND col.net_value IS NULL)::int
            + (b.matures_on IS NULL AND ev.matures_on IS NULL AND b.product_kind <> 'card')::int) AS inputs
) miss
"""


def observe(cursor: CursorWrapper, key: dict[str, Any], numbers: dict[str, Any]) -> int:
    """Write the observation of one slice of the book at the close of the day; returns the number of loans on the book.

    key: lender, day, previous (the close before, or None), lo, hi. numbers: the parameters in force on the day, as
    `alerts.observation.numbers.numbers_for` reads them. Twice leaves the same rows.
    """
    parameters = {**key, **numbers}
    cursor.execute(CLEAR, parameters)
    cursor.execute(OBSERVE, parameters)
    return cursor.rowcount
