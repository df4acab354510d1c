"""What weakens the cover of a loan: claims of others, insurance, counts of stock, prices, guarantors, rights that lapse.

The items are those pledged for the loan today. "To" days are the first day on which something no longer holds.
"""

from alerts.observation.engine import BOOL, DATE, INT, RATIO, Family
from alerts.observation.loans.collateral import INDEXED, ITEM_CORRECTED, PLEDGED, VALUED
from alerts.observation.loans.cover_fields import COVER_FIELDS
from alerts.observation.loans.sources import tells, told
from borrowers.revisions import known

CLAIMS = ("none", "lease", "later_lien", "seizure")  # from best to worst
# Matters on which a guarantor's word is worth less; rumours do not count.
GRAVE = (
    "('lender_sues', 'enforcement', 'dishonest_debtor', 'travel_ban', 'insolvency', 'tax_case', 'serious_violation', 'licence_withdrawn', 'fraud', "
    "'owner_fled', 'arrears_elsewhere')"
)

ITEM = f"""
item AS (
    SELECT s.subject_id, ci.id, ci.kind, ci.owner_id, ci.index_region, min(pl.to_on) AS to_on
    FROM lw_subject s JOIN borrowers_pledge pl ON pl.loan_id = s.subject_id
    JOIN borrowers_collateralitem ci ON ci.id = pl.item_id
    WHERE pl.lender_id = %(lender)s AND pl.valid_from <= %(day)s AND {known("pl", "borrowers_pledge")}
      AND (pl.to_on IS NULL OR pl.to_on > %(day)s)
    GROUP BY s.subject_id, ci.id
)"""
CLAIM = f"""
told_claim AS (
    SELECT i.subject_id, 3 AS weight, z.valid_from, z.to_on
    FROM item i JOIN borrowers_seizure z ON z.item_id = i.id AND {known("z", "borrowers_seizure")}
    UNION ALL
    SELECT i.subject_id, CASE x.topic WHEN 'collateral_leased' THEN 1 WHEN 'second_lien' THEN 2 ELSE 3 END, x.valid_from, x.to_on
    FROM item i JOIN borrowers_externalsignal x ON x.borrower_id = i.owner_id AND x.topic IN ('collateral_leased', 'second_lien', 'auction_notice')
         AND x.confidence <> 'rumour' AND {known("x", "borrowers_externalsignal")}
),
claim AS (
    SELECT subject_id, max(weight) FILTER (WHERE valid_from <= %(day)s AND (to_on IS NULL OR to_on > %(day)s)) AS worst,
           least(min(valid_from) FILTER (WHERE valid_from > %(day)s), min(to_on) FILTER (WHERE to_on > %(day)s)) AS moves_on
    FROM told_claim GROUP BY subject_id
)"""
# A policy that follows on before the one in force ends carries the cover on.
INSURED = f"""
policy AS (
    SELECT i.subject_id, i.id, n.valid_from, coalesce(n.to_on, 'infinity') AS to_on, n.lender_is_payee
    FROM item i JOIN borrowers_insurance n ON n.item_id = i.id AND {known("n", "borrowers_insurance")}
    WHERE i.kind = ANY (%(insured_kinds)s)
),
covered AS (
    SELECT subject_id, id, max(to_on) FILTER (WHERE valid_from <= %(day)s) AS until, bool_or(valid_from <= %(day)s AND to_on > %(day)s) AS in_force,
           bool_or(lender_is_payee) FILTER (WHERE valid_from <= %(day)s AND to_on > %(day)s) AS payee_right,
           least(min(valid_from) FILTER (WHERE valid_from > %(day)s), min(to_on) FILTER (WHERE to_on > %(day)s)) AS moves_on
    FROM policy GROUP BY subject_id, id
),
insured AS (
    SELECT i.subject_id, count(*) FILTER (WHERE NOT coalesce(c.in_force, false)) AS uninsured, bool_or(NOT c.payee_right) AS wrong_payee,
           min(greatest(c.until, f.to_on)) AS until, min(c.moves_on) AS moves_on
    FROM item i LEFT JOIN covered c ON c.subject_id = i.subject_id AND c.id = i.id
    LEFT JOIN LATERAL (SELECT max(p.to_on) AS to_on FROM policy p
                       WHERE p.subject_id = i.subject_id AND p.id = i.id AND p.valid_from > %(day)s AND p.valid_from <= c.until) f ON true
    WHERE i.kind = ANY (%(insured_kinds)s)
    GROUP BY i.subject_id
)"""
COUNTED = f"""
counted AS (
    SELECT i.subject_id, max(1 - q.counted / q.pledged) AS short, bool_or(q.access_refused) AS refused, min(ahead.on_day) AS moves_on
    FROM item i
    LEFT JOIN LATERAL (SELECT n.* FROM borrowers_collateralcount n WHERE n.item_id = i.id AND n.valid_from <= %(day)s AND {known("n", "borrowers_collateralcount")}
                       ORDER BY n.valid_from DESC LIMIT 1) q ON true
    LEFT JOIN LATERAL (SELECT min(n.valid_from) AS on_day FROM borrowers_collateralcount n
                       WHERE n.item_id = i.id AND n.valid_from > %(day)s AND n.known_from <= %(known)s) ahead ON true
    WHERE q.id IS NOT NULL OR ahead.on_day IS NOT NULL
    GROUP BY i.subject_id
)"""
# Only a series that is told at least weekly says what happened in seven days: a monthly figure would show a month's fall on one day.
PRICED = f"""
price AS (
    SELECT i.subject_id, x.series, x."on", x.value FROM item i
    JOIN borrowers_priceindex x ON x.region = i.index_region AND i.index_region <> '' AND x."on" <= %(day)s AND x."on" > %(day)s::date - 14
    LEFT JOIN borrowers_delivery d ON d.id = x.delivery_id
    WHERE d.id IS NULL OR d.business_date <= %(known)s
    UNION ALL
    SELECT i.subject_id, i.id::text, v.valid_from, v.value FROM item i
    JOIN borrowers_valuation v ON v.item_id = i.id AND v.method = 'quote' AND v.valid_from <= %(day)s AND v.valid_from > %(day)s::date - 14
         AND {known("v", "borrowers_valuation")}
),
series AS (
    SELECT subject_id, (array_agg(value ORDER BY "on" DESC) FILTER (WHERE "on" > %(day)s::date - 7))[1]
                       / nullif((array_agg(value ORDER BY "on" DESC) FILTER (WHERE "on" <= %(day)s::date - 7))[1], 0) - 1 AS change
    FROM price GROUP BY subject_id, series
),
moved AS (
    SELECT subject_id, min(change) AS change FROM series GROUP BY subject_id
)"""
BACKED = f"""
backer AS (
    SELECT s.subject_id, g.guarantor_id, g.valid_from, g.to_on FROM lw_subject s
    JOIN borrowers_guarantee g ON g.loan_id = s.subject_id AND {known("g", "borrowers_guarantee")}
),
backed AS (
    SELECT b.subject_id, count(DISTINCT x.id) FILTER (WHERE b.valid_from <= %(day)s AND (b.to_on IS NULL OR b.to_on > %(day)s)
               AND x.valid_from <= %(day)s AND (x.to_on IS NULL OR x.to_on > %(day)s)) AS signals,
           bool_or(b.valid_from <= %(day)s AND (b.to_on IS NULL OR b.to_on > %(day)s)) AS any_backer,
           min(b.to_on) FILTER (WHERE b.valid_from <= %(day)s AND b.to_on > %(day)s) AS ends_on,
           least(min(b.valid_from) FILTER (WHERE b.valid_from > %(day)s), min(b.to_on) FILTER (WHERE b.to_on > %(day)s),
                 min(x.valid_from) FILTER (WHERE x.valid_from > %(day)s), min(x.to_on) FILTER (WHERE x.to_on > %(day)s)) AS moves_on
    FROM backer b LEFT JOIN borrowers_externalsignal x ON x.borrower_id = b.guarantor_id AND x.topic IN {GRAVE} AND x.confidence <> 'rumour'
         AND {known("x", "borrowers_externalsignal")}
    GROUP BY b.subject_id
),
registered AS (
    SELECT e.subject_id, min(e.until) AS until, min(e.begins_on) AS moves_on
    FROM (SELECT i.subject_id, i.id, max(coalesce(n.to_on, 'infinity')) FILTER (WHERE n.valid_from <= %(day)s) AS until,
                 min(n.valid_from) FILTER (WHERE n.valid_from > %(day)s) AS begins_on
          FROM item i JOIN borrowers_registration n ON n.item_id = i.id AND {known("n", "borrowers_registration")} GROUP BY i.subject_id, i.id) e
    GROUP BY e.subject_id
)"""

_SIGNALS, _SEIZURES, _POLICIES = tells("borrowers_externalsignal"), tells("borrowers_seizure"), tells("borrowers_insurance")
_REGISTER = f"({_SEIZURES} OR {_SIGNALS})"
SQL = f"""
WITH {ITEM}, {CLAIM}, {INSURED}, {COUNTED}, {PRICED}, {BACKED},
held AS (SELECT subject_id, min(to_on) AS ends_on FROM item GROUP BY subject_id)
SELECT s.subject_id, CASE WHEN h.subject_id IS NOT NULL THEN coalesce(c.worst, 0) END AS claim_weight,
       nullif(n.until, 'infinity') AS insured_until, n.uninsured AS items_uninsured, n.wrong_payee AS insurance_payee_wrong,
       round(q.short, 6) AS stock_short, q.refused AS stock_access_refused, round(m.change, 6) AS price_change_7d,
       CASE WHEN b.any_backer THEN b.signals END AS backer_signals, nullif(least(r.until, b.ends_on), 'infinity') AS rights_until,
       least(h.ends_on, c.moves_on, nullif(n.moves_on, 'infinity'), q.moves_on, b.moves_on, r.moves_on,
             CASE WHEN m.subject_id IS NOT NULL THEN %(day)s::date + 1 END) AS recheck_on
FROM lw_subject s
LEFT JOIN held h ON h.subject_id = s.subject_id
LEFT JOIN claim c ON c.subject_id = s.subject_id
LEFT JOIN insured n ON n.subject_id = s.subject_id
LEFT JOIN counted q ON q.subject_id = s.subject_id
LEFT JOIN moved m ON m.subject_id = s.subject_id
LEFT JOIN backed b ON b.subject_id = s.subject_id
LEFT JOIN registered r ON r.subject_id = s.subject_id
"""


def _of_item(table: str) -> str:
    return told(table, "p.loan_id", "JOIN borrowers_pledge p ON p.item_id = n.item_id", bucket=False)


_OWNED = "JOIN borrowers_collateralitem i ON i.owner_id = n.borrower_id JOIN borrowers_pledge p ON p.item_id = i.id"
OWNER = told("borrowers_externalsignal", "p.loan_id", _OWNED, bucket=False)
BACKER = told("borrowers_externalsignal", "g.loan_id", "JOIN borrowers_guarantee g ON g.guarantor_id = n.borrower_id", bucket=False)

COVER = Family(
    name="cover",
    sql=SQL,
    columns={
        "claim_weight": INT, "insured_until": DATE, "items_uninsured": INT, "insurance_payee_wrong": BOOL, "stock_short": RATIO,
        "stock_access_refused": BOOL, "price_change_7d": RATIO, "backer_signals": INT, "rights_until": DATE,
    },
    derived={
        "collateral_claim": ("varchar(10)", f"CASE WHEN {_REGISTER} THEN (ARRAY{list(CLAIMS)})[r.claim_weight + 1] END"),
        "insurance_days": (INT, "r.insured_until - %(day)s"),
        "uninsured_items": (INT, f"CASE WHEN {_POLICIES} THEN r.items_uninsured END"),
        "guarantor_signals": (INT, f"CASE WHEN {_SIGNALS} THEN r.backer_signals END"),
        "guarantor_class": (
            "varchar(16)",
            """CASE WHEN r.guarantor_dpd IS NOT NULL THEN coalesce((SELECT c.class FROM unnest(%(class_over)s::int[], %(class_names)s::text[]) AS c (over, class)
               WHERE r.guarantor_dpd > c.over ORDER BY c.over DESC LIMIT 1), 'normal') END""",
        ),
        "rights_lapse_days": (INT, "r.rights_until - %(day)s"),
    },
    news=(
        PLEDGED, told("borrowers_guarantee"), OWNER, BACKER, _of_item("borrowers_seizure"), _of_item("borrowers_insurance"),
        _of_item("borrowers_collateralcount"), _of_item("borrowers_registration"), INDEXED, VALUED, ITEM_CORRECTED,
    ),
    rechecks=True,
    sources=("borrowers_pledge", "borrowers_guarantee"),
    fields=COVER_FIELDS,
)  # fmt: skip
