"""The day's observation of staff: what their dated acts say, and what became of the loans in their care.

Acts are read from the facts that the slices record (`borrowers.conduct`); nothing is read off a form. The window of 90 days
holds the business date and the 89 days before it.
"""

from typing import Any

from django.db.backends.utils import CursorWrapper

from alerts.observation.loans.sources import tells
from alerts.observation.numbers import edge_numbers
from borrowers.revisions import known
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import InForce

# A loan crosses a limit on the close at which it is past it and was not at the last close that has it: the one before, or an earlier
# one where it was left out since. Of a loan that was never observed nobody knows when it crossed. Earlier closes are read where they
# are kept, since a re-run copies only some.
CLEAR_CROSSINGS = "DELETE FROM alerts_crossing WHERE lender_id = %(lender)s AND as_of = %(day)s AND bucket BETWEEN %(lo)s AND %(hi)s"
CROSSINGS = """
INSERT INTO alerts_crossing (lender_id, bucket, loan_id, as_of, days)
SELECT o.lender_id, o.bucket, o.loan_id, o.as_of, c.days
FROM alerts_loanday o CROSS JOIN (VALUES (30), (60), (90)) AS c (days)
LEFT JOIN alerts_loanday w ON w.lender_id = %(lender)s AND w.as_of = %(previous)s AND w.loan_id = o.loan_id
CROSS JOIN LATERAL (
    SELECT w.days_past_due WHERE w.loan_id IS NOT NULL
    UNION ALL
    (SELECT e.days_past_due FROM public.alerts_loanday e
     WHERE w.loan_id IS NULL AND e.lender_id = %(lender)s AND e.loan_id = o.loan_id AND e.as_of < %(previous)s ORDER BY e.as_of DESC LIMIT 1)
) b
WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s
  AND o.days_past_due > c.days AND coalesce(b.days_past_due, 0) <= c.days
"""

# Whether the words of reports are compared at all: without a single such act, "none" would be a guess.
_COMPARED = tells("borrowers_conductfact", "told.kind = 'copied_words'")
CLEAR = "DELETE FROM alerts_staffday WHERE lender_id = %(lender)s AND as_of = %(day)s"
STAFF = f"""
WITH act AS MATERIALIZED (
    SELECT f.person_id, f.kind, f."on", f.loan_id, f.figure, f.detail, f."on" > %(day)s::date - 90 AS in_90, f."on" > %(day)s::date - 30 AS in_30
    FROM borrowers_conductfact f
    WHERE f.lender_id = %(lender)s AND f.known_from <= %(known)s AND f."on" <= %(day)s AND f."on" > %(day)s - interval '18 months'
),
care AS (
    SELECT o.manager_id AS person_id, count(*) AS loans, max(o.inspection_overdue_days) AS overdue_worst,
           coalesce(sum(o.outstanding) FILTER (WHERE o.currency = l.currency), 0) AS outstanding,
           count(*) FILTER (WHERE o.inspection_overdue_days > 0) AS overdue,
           (array_agg(o.branch_id ORDER BY o.outstanding DESC, o.loan_id))[1] AS branch_id
    FROM alerts_loanday o JOIN lenders_lender l ON l.id = o.lender_id
    WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.manager_id IS NOT NULL GROUP BY o.manager_id
),
acts AS (
    SELECT person_id,
           sum(figure) FILTER (WHERE kind = 'copied_picture' AND in_90) AS pictures,
           sum((detail ->> 'before_loan')::int) FILTER (WHERE kind = 'copied_picture' AND in_90) AS pictures_before,
           max(figure) FILTER (WHERE kind = 'copied_words' AND in_90) AS words,
           count(*) FILTER (WHERE kind = 'copied_words' AND in_90 AND figure > 0.9) AS words_reports,
           count(*) FILTER (WHERE kind = 'impossible_route' AND in_30) AS routes,
           count(*) FILTER (WHERE kind = 'visit_reported' AND in_90) AS reports,
           sum((detail ->> 'points')::int) FILTER (WHERE kind = 'visit_verified' AND in_90) AS points,
           sum((detail ->> 'changed')::int) FILTER (WHERE kind = 'visit_verified' AND in_90) AS changed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY figure) FILTER (WHERE kind = 'review_time' AND in_90) AS seconds,
           sum((detail ->> 'points')::int) FILTER (WHERE kind = 'review_time' AND in_90) AS reviewed,
           sum((detail ->> 'agreed')::int) FILTER (WHERE kind = 'review_time' AND in_90) AS agreed,
           count(*) FILTER (WHERE kind = 'entry' AND in_90) AS entries,
           count(*) FILTER (WHERE kind = 'entry' AND in_90 AND figure > 3) AS late_entries
    FROM act GROUP BY person_id
),
surprise AS (
    SELECT a.person_id, count(DISTINCT c.loan_id) AS loans
    FROM act a JOIN alerts_crossing c ON c.loan_id = a.loan_id AND c.days = 30 AND c.as_of > a."on" AND c.as_of <= a."on" + 90
         AND c.as_of > %(day)s - interval '12 months' AND c.as_of <= %(day)s
    WHERE a.kind = 'visit_reported' AND a.detail ->> 'conclusion' = 'no_problem'
      AND NOT EXISTS (SELECT FROM alerts_alert x WHERE x.loan_id = c.loan_id AND NOT x.staff_conduct AND x.opened_on < c.as_of - 30
                      AND (x.closed_on IS NULL OR x.closed_on >= c.as_of))
    GROUP BY a.person_id
),
benign AS (
    SELECT a.person_id, count(*) AS closures, count(*) FILTER (WHERE EXISTS (
               SELECT FROM alerts_crossing c WHERE c.loan_id = a.loan_id AND c.days = 60 AND c.as_of > a."on" AND c.as_of <= least(a."on" + 180, %(day)s))) AS defaults
    FROM act a WHERE a.kind = 'alert_closed' AND a.detail ->> 'outcome' = 'false_alarm' AND a.loan_id IS NOT NULL AND a."on" > %(day)s - interval '12 months'
    GROUP BY a.person_id
),
edges AS (
    SELECT c.person_id, count(*) AS extensions
    FROM borrowers_loanevent e JOIN borrowers_custody c ON c.loan_id = e.loan_id AND c.capacity = 'lead' AND c.from_on <= e.valid_from
         AND (c.to_on IS NULL OR c.to_on > e.valid_from)
    WHERE e.lender_id = %(lender)s AND e.kind IN ('extension', 'restructure') AND {known('e', 'borrowers_loanevent')} AND e.valid_from <= %(day)s
      AND e.valid_from >= date_trunc('quarter', %(day)s::date)
      AND (EXISTS (SELECT FROM unnest(%(edge_from)s::int[], %(edge_to)s::int[]) AS edge (low, high) WHERE e.days_past_due BETWEEN edge.low AND edge.high)
           OR (e.days_past_due > 0 AND (date_trunc('quarter', e.valid_from) + interval '3 months')::date - e.valid_from <= 10))
    GROUP BY c.person_id
),
who AS (SELECT person_id FROM care UNION SELECT person_id FROM act)
INSERT INTO alerts_staffday (lender_id, as_of, person_id, branch_id, loans, outstanding, inspections_overdue, inspection_overdue_worst,
    copied_pictures_90d, preloan_pictures_90d, copied_words_worst_90d, copied_words_reports_90d, impossible_routes_30d, disagreement_share_90d,
    review_seconds_90d, review_agreement_90d, surprise_defaults_12m, benign_default_share_12m, late_entry_share_90d, edge_extensions_quarter)
SELECT %(lender)s, %(day)s, w.person_id, coalesce(c.branch_id, held.branch_id), coalesce(c.loans, 0), coalesce(c.outstanding, 0), coalesce(c.overdue, 0), c.overdue_worst,
       CASE WHEN a.reports > 0 THEN coalesce(a.pictures, 0) END, CASE WHEN a.reports > 0 THEN coalesce(a.pictures_before, 0) END,
       CASE WHEN a.reports > 0 AND {_COMPARED} THEN coalesce(a.words, 0) END, CASE WHEN a.reports > 0 AND {_COMPARED} THEN a.words_reports END,
       CASE WHEN a.reports > 0 THEN a.routes END,
       CASE WHEN a.points >= %(staff_points)s THEN round(a.changed::numeric / a.points, 6) END,
       CASE WHEN a.reviewed >= %(staff_reviews)s THEN round(a.seconds::numeric, 2) END,
       CASE WHEN a.reviewed >= %(staff_reviews)s THEN round(a.agreed::numeric / a.reviewed, 6) END,
       coalesce(s.loans, 0), CASE WHEN b.closures > 0 THEN round(b.defaults::numeric / b.closures, 6) END,
       CASE WHEN a.entries > 0 THEN round(a.late_entries::numeric / a.entries, 6) END, coalesce(g.extensions, 0)
FROM who w
LEFT JOIN care c ON c.person_id = w.person_id
LEFT JOIN acts a ON a.person_id = w.person_id
LEFT JOIN surprise s ON s.person_id = w.person_id
LEFT JOIN benign b ON b.person_id = w.person_id
LEFT JOIN edges g ON g.person_id = w.person_id
LEFT JOIN LATERAL (
    SELECT r.branch_id FROM people_roleheld r WHERE r.person_id = w.person_id AND r.from_on <= %(day)s AND (r.to_on IS NULL OR r.to_on > %(day)s)
    ORDER BY r.from_on DESC, r.id DESC LIMIT 1) held ON true
"""


def cross(cursor: CursorWrapper, key: dict[str, Any]) -> int:
    """Note the loans of one slice that went past 30, 60 or 90 days at this close; returns how many."""
    cursor.execute(CLEAR_CROSSINGS, key)
    cursor.execute(CROSSINGS, key)
    return cursor.rowcount


def observe_staff(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """One row per person with loans in their care or a noted act in 18 months; returns how many."""
    values = InForce(lender, key["day"])
    least = values["conduct.least_points"]
    numbers = {**key, **edge_numbers(values), "staff_points": least["verified"], "staff_reviews": least["reviewed"]}
    cursor.execute(CLEAR, key)
    cursor.execute(STAFF, numbers)
    return cursor.rowcount
