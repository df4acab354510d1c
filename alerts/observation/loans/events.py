"""Extensions and restructures.

An extension sits at an edge when the loan was just short of the next overdue bucket, or late at all within ten days of a
quarter's end (indicator MSK-03).
"""

from alerts.observation.engine import BOOL, DATE, INT, Family, later, new_fact
from borrowers.revisions import known

SQL = f"""
SELECT s.subject_id,
       count(e.id) FILTER (WHERE e.kind IN ('extension', 'refinance')) AS rollovers,
       count(e.id) FILTER (WHERE e.kind IN ('extension', 'refinance') AND e.valid_from > %(day)s - interval '24 months') AS extensions_24m,
       count(e.id) FILTER (WHERE e.kind IN ('extension', 'restructure') AND e.valid_from > %(day)s - interval '24 months' AND (
           EXISTS (SELECT 1 FROM unnest(%(edge_from)s::int[], %(edge_to)s::int[]) AS edge (low, high)
                   WHERE e.days_past_due BETWEEN edge.low AND edge.high)
           OR (e.days_past_due > 0 AND (date_trunc('quarter', e.valid_from) + interval '3 months')::date - e.valid_from <= 10)))
           AS edge_extensions_24m,
       count(e.id) FILTER (WHERE e.kind = 'restructure') AS restructure_events,
       max(e.valid_from) FILTER (WHERE e.kind = 'restructure') AS restructured_on,
       (array_agg(e.matures_on ORDER BY e.valid_from DESC, e.id DESC) FILTER (WHERE e.matures_on IS NOT NULL))[1] AS extended_to,
       {later("min(e.valid_from) FILTER (WHERE e.valid_from > %(day)s - interval '24 months') + interval '24 months'")} AS recheck_on
FROM lw_subject s
LEFT JOIN borrowers_loanevent e ON e.loan_id = s.subject_id AND e.valid_from <= %(day)s AND {known("e", "borrowers_loanevent")}
GROUP BY s.subject_id
"""
NEWS = f"SELECT e.loan_id FROM borrowers_loanevent e WHERE e.lender_id = %(lender)s AND {new_fact('e')}"
_IN_OBSERVATION = "r.restructured_on + %(observation_months)s * interval '1 month' > %(day)s"

EVENTS = Family(
    name="events",
    sql=SQL,
    columns={
        "rollovers": INT, "extensions_24m": INT, "edge_extensions_24m": INT, "restructure_events": INT, "restructured_on": DATE, "extended_to": DATE,
    },
    derived={
        "days_to_maturity": (INT, "coalesce(r.extended_to, r.planned_end) - %(day)s"),
        "restructured": (BOOL, f"coalesce({_IN_OBSERVATION}, false) OR r.modified"),
        "restructures": (INT, "r.restructure_events + r.modified::int"),
        "relapse_days": (INT, f"CASE WHEN {_IN_OBSERVATION} THEN r.days_past_due END"),
    },
    news=(NEWS,),
    rechecks=True,
    sources=("borrowers_loanevent",),
    without={"rollovers": "0", "extensions_24m": "0", "edge_extensions_24m": "0", "restructure_events": "0"},
)  # fmt: skip
