"""What the delivered positions of a year say of a loan that has no plan with us: its worst close, and how many were bad.

The worst close is carried: a new one that is as bad takes its place; when its day leaves the window, the year is read again.
"""

from alerts.observation.engine import DATE, INT, Family
from borrowers.revisions import known

SQL = f"""
SELECT s.subject_id, max(po.days_past_due) AS worst_seen_12m,
       CASE WHEN max(po.days_past_due) > 0 THEN (array_agg(po.valid_from ORDER BY po.days_past_due DESC NULLS LAST, po.valid_from DESC))[1] END
           AS worst_seen_on,
       CASE WHEN b.position_fed THEN count(po.loan_id) FILTER (WHERE po.days_past_due >= 30) END AS closes_missed_12m,
       -- never, where there is no position: greatest() alone would say tomorrow
       nullif(greatest(%(day)s::date + 1, coalesce(least(
           (min(po.valid_from) FILTER (WHERE po.days_past_due >= 30) + interval '12 months')::date,
           (CASE WHEN max(po.days_past_due) > 0 THEN (array_agg(po.valid_from ORDER BY po.days_past_due DESC NULLS LAST, po.valid_from DESC))[1] END
            + interval '12 months')::date,
           -- a year in which no close told the days is no longer "none", it is unknown
           (max(po.valid_from) FILTER (WHERE po.days_past_due IS NOT NULL) + interval '12 months')::date), 'infinity')), 'infinity') AS recheck_on
FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
LEFT JOIN borrowers_position po ON po.loan_id = s.subject_id AND b.position_fed AND {known("po", "borrowers_position")}
     AND po.valid_from <= %(day)s AND po.valid_from > %(day)s - interval '12 months' AND po.closed_as = ''
GROUP BY s.subject_id, b.position_fed
"""
# Today's position is in the book; what else became known is about an earlier close.
NEWS = """
SELECT po.loan_id FROM borrowers_position po
WHERE po.lender_id = %(lender)s AND po.bucket BETWEEN %(lo)s AND %(hi)s AND po.known_from > %(previous)s AND po.known_from <= %(known)s
  AND po.valid_from < %(day)s
"""

POSITIONS = Family(
    name="positions",
    sql=SQL,
    columns={"worst_seen_12m": INT, "worst_seen_on": DATE, "closes_missed_12m": INT},
    carried={
        "worst_seen_12m": "CASE WHEN b.position_fed THEN greatest(w.worst_seen_12m, b.days_past_due) END",
        "worst_seen_on": "CASE WHEN b.days_past_due > 0 AND b.days_past_due >= coalesce(w.worst_seen_12m, 0) AND b.position_fed THEN %(day)s ELSE w.worst_seen_on END",
        "closes_missed_12m": "w.closes_missed_12m + (coalesce(b.days_past_due, 0) >= 30)::int",
        "recheck_on": "CASE WHEN b.position_fed THEN (%(day)s + interval '12 months')::date END",
    },
    news=(NEWS,),
    rechecks=True,
    sources=("borrowers_position",),
    without={"closes_missed_12m": "CASE WHEN b.position_fed THEN 0 END"},
)
