"""What secures the loan: the latest and the previous valuation of each item; an item with a price index is carried forward by it."""

from alerts.observation.engine import DATE, INT, MONEY, RATIO, Family, new_fact
from alerts.observation.loans.sources import corrected
from borrowers.revisions import known

SQL = f"""
WITH
item AS (
    SELECT pl.loan_id, pl.to_on, pl.prior_liens, latest.value AS appraised, previous.value AS before, latest.valid_from AS valued_on,
           ci.currency = b.currency AS same_currency,
           coalesce((SELECT a.days FROM unnest(%(allowed_kinds)s::text[], %(allowed_days)s::int[]) AS a (kind, days) WHERE a.kind = ci.kind), 365) AS allowed,
           latest.value * coalesce(now_index.value / nullif(then_index.value, 0), 1) AS value
    FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
    JOIN (SELECT DISTINCT ON (pl.loan_id, pl.item_id) pl.* FROM lw_subject s JOIN borrowers_pledge pl ON pl.loan_id = s.subject_id
          WHERE pl.lender_id = %(lender)s AND pl.valid_from <= %(day)s AND {known("pl", "borrowers_pledge")}
          ORDER BY pl.loan_id, pl.item_id, pl.valid_from DESC, pl.id DESC) pl ON pl.loan_id = s.subject_id
    JOIN borrowers_collateralitem ci ON ci.id = pl.item_id
    LEFT JOIN LATERAL (
        SELECT v.value, v.valid_from FROM borrowers_valuation v
        WHERE v.item_id = pl.item_id AND v.valid_from <= %(day)s AND {known("v", "borrowers_valuation")}
        ORDER BY v.valid_from DESC, v.id DESC LIMIT 1) latest ON true
    LEFT JOIN LATERAL (
        SELECT v.value FROM borrowers_valuation v
        WHERE v.item_id = pl.item_id AND v.valid_from < latest.valid_from AND {known("v", "borrowers_valuation")}
        ORDER BY v.valid_from DESC, v.id DESC LIMIT 1) previous ON true
    LEFT JOIN LATERAL (
        SELECT x.value FROM borrowers_priceindex x WHERE ci.index_region <> '' AND x.region = ci.index_region AND x."on" <= %(day)s
        ORDER BY x."on" DESC LIMIT 1) now_index ON true
    LEFT JOIN LATERAL (
        SELECT x.value FROM borrowers_priceindex x WHERE ci.index_region <> '' AND x.region = ci.index_region AND x."on" <= latest.valid_from
        ORDER BY x."on" DESC LIMIT 1) then_index ON true
    WHERE pl.to_on IS NULL OR pl.to_on > %(day)s
),
collateral AS (
    SELECT loan_id, count(*) AS items,
           CASE WHEN bool_and(value IS NOT NULL AND same_currency) THEN sum(greatest(0, value - prior_liens)) END AS net_value,
           min(value / nullif(before, 0) - 1) AS value_change,
           min(valued_on) AS valued_on,
           count(DISTINCT allowed) > 1 AS mixed,
           min(to_on) AS ends_on,
           (array_agg(allowed ORDER BY (%(day)s - valued_on)::float8 / allowed DESC NULLS LAST))[1] AS allowed_days
    FROM item GROUP BY loan_id
)
SELECT s.subject_id, coalesce(c.items, 0) AS collateral_items, c.net_value AS collateral_value, c.value_change,
       c.valued_on, c.allowed_days AS valuation_allowed_days,
       -- of items with different allowed ages another one may become the oldest in its kind
       CASE WHEN c.mixed THEN %(day)s::date + 1 ELSE c.ends_on END AS recheck_on
FROM lw_subject s LEFT JOIN collateral c ON c.loan_id = s.subject_id
"""
PLEDGED = f"SELECT n.loan_id FROM borrowers_pledge n WHERE n.lender_id = %(lender)s AND {new_fact('n')}"
VALUED = f"""
SELECT n.loan_id FROM borrowers_pledge n JOIN borrowers_valuation v ON v.item_id = n.item_id
WHERE n.lender_id = %(lender)s AND v.lender_id = %(lender)s AND {new_fact("v")}
"""
INDEXED = """
SELECT n.loan_id FROM borrowers_pledge n JOIN borrowers_collateralitem ci ON ci.id = n.item_id AND ci.index_region <> ''
WHERE n.lender_id = %(lender)s AND EXISTS (SELECT FROM borrowers_priceindex x LEFT JOIN borrowers_delivery d ON d.id = x.delivery_id
    WHERE x.region = ci.index_region AND x."on" <= %(day)s AND (x."on" > %(previous)s OR d.business_date > %(previous)s))
"""
ITEM_CORRECTED = corrected("borrowers.collateralitem", "p.loan_id", "JOIN borrowers_pledge p ON p.item_id = n.subject_id")

COLLATERAL = Family(
    name="collateral",
    sql=SQL,
    columns={"collateral_items": INT, "collateral_value": MONEY, "value_change": RATIO, "valued_on": DATE, "valuation_allowed_days": INT},
    derived={
        "ltv": (RATIO, "CASE WHEN r.collateral_value > 0 THEN r.outstanding / r.collateral_value END"),
        "valuation_age_days": (INT, "%(day)s - r.valued_on"),
    },
    news=(PLEDGED, VALUED, INDEXED, ITEM_CORRECTED),
    rechecks=True,
    sources=("borrowers_pledge",),
    without={"collateral_items": "0"},
)
