"""The day's gather step: every open alert of a borrower into one case, whose level is that of the worst; set-based.

A borrower without an open case gets one. A worse alert makes the level rise, with the alert as its reason, and is told to the account
manager and the nearest risk officers at or above the branch. A case in which nothing was open for long closes by itself.
"""

from typing import Any

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_noop

from alerts.signals.notices import nearest, tell_people
from alerts.signals.queries import setting
from loanwatch.lenders.models import Lender

KIND = "notice.case"
HEADLINE = gettext_noop("Cases whose level rose")
BODY = gettext_noop("{name}: the level of {count} cases has risen. {numbers}")

OPEN = "a.lender_id = %(lender)s AND a.state <> 'closed' AND a.borrower_id IS NOT NULL AND NOT a.staff_conduct AND greatest(a.opened_on, a.reopened_on) <= %(day)s"
LOOSE = f"""
DROP TABLE IF EXISTS lw_loose;
CREATE TEMP TABLE lw_loose ON COMMIT DROP AS
SELECT a.id AS alert_id, a.borrower_id, a.branch_id, a.level FROM alerts_alert a
WHERE {OPEN} AND NOT EXISTS (SELECT 1 FROM alerts_casealert c JOIN alerts_case k ON k.id = c.case_id AND k.state = 'open'
                             WHERE c.alert_id = a.id AND c.to_on IS NULL)
"""
LEAVE = "UPDATE alerts_casealert c SET to_on = %(day)s FROM lw_loose l WHERE c.alert_id = l.alert_id AND c.to_on IS NULL"
BEGIN = """
WITH fresh AS (
    SELECT nextval('alerts_case_id_seq') AS id, f.* FROM (
        SELECT l.borrower_id, (array_agg(l.branch_id ORDER BY l.level DESC, l.alert_id))[1] AS branch_id, max(l.level) AS level,
               (array_agg(l.alert_id ORDER BY l.level DESC, l.alert_id))[1] AS alert_id
        FROM lw_loose l WHERE NOT EXISTS (SELECT 1 FROM alerts_case k WHERE k.borrower_id = l.borrower_id AND k.state = 'open')
        GROUP BY l.borrower_id ORDER BY l.borrower_id) f
),
made AS (
    INSERT INTO alerts_case (id, lender_id, number, borrower_id, cause, branch_id, level, state, opened_on)
    SELECT id, %(lender)s, 'CS-' || to_char(%(day)s, 'YY') || '-' || lpad(id::text, 6, '0'), borrower_id, '', branch_id, level, 'open', %(day)s FROM fresh
)
INSERT INTO alerts_caseevent (case_id, "on", kind, new_level, alert_id, text) SELECT id, %(day)s, 'opened', level, alert_id, '' FROM fresh
"""
JOIN = """
INSERT INTO alerts_casealert (case_id, alert_id, from_on)
SELECT k.id, l.alert_id, %(day)s FROM lw_loose l JOIN alerts_case k ON k.borrower_id = l.borrower_id AND k.state = 'open' ORDER BY l.alert_id
"""
LEVEL = """
WITH worst AS (
    SELECT k.id, k.level AS old, max(a.level) AS new, (array_agg(a.id ORDER BY a.level DESC, greatest(a.opened_on, a.reopened_on) DESC, a.id))[1] AS alert_id
    FROM alerts_case k LEFT JOIN alerts_casealert c ON c.case_id = k.id AND c.to_on IS NULL
    LEFT JOIN alerts_alert a ON a.id = c.alert_id AND a.state <> 'closed'
    WHERE k.lender_id = %(lender)s AND k.state = 'open' AND k.borrower_id IS NOT NULL GROUP BY k.id
),
moved AS (UPDATE alerts_case k SET level = w.new FROM worst w WHERE w.id = k.id AND k.level IS DISTINCT FROM w.new RETURNING k.id)
INSERT INTO alerts_caseevent (case_id, "on", kind, old_level, new_level, alert_id, text)
SELECT w.id, %(day)s, CASE WHEN coalesce(w.new, 0) > coalesce(w.old, 0) THEN 'escalated' ELSE 'eased' END, w.old, w.new,
       CASE WHEN coalesce(w.new, 0) > coalesce(w.old, 0) THEN w.alert_id END, ''
FROM worst w JOIN moved m USING (id)
ON CONFLICT DO NOTHING
"""
QUIET = """
WITH quiet AS (
    UPDATE alerts_case k SET state = 'closed', closed_on = %(day)s
    WHERE k.lender_id = %(lender)s AND k.state = 'open' AND k.borrower_id IS NOT NULL AND k.level IS NULL
      AND NOT EXISTS (SELECT 1 FROM alerts_casealert c JOIN alerts_alert a ON a.id = c.alert_id WHERE c.case_id = k.id AND c.to_on IS NULL
                      AND (a.state <> 'closed' OR a.closed_on > %(day)s - %(quiet)s::int))
    RETURNING k.id
)
INSERT INTO alerts_caseevent (case_id, "on", kind, text) SELECT id, %(day)s, 'closed', '' FROM quiet
"""
PEOPLE = f"""
    WITH rose AS (
        SELECT k.id, k.number, k.borrower_id, k.branch_id, NULL::bigint AS hidden_from FROM alerts_caseevent e JOIN alerts_case k ON k.id = e.case_id
        WHERE k.lender_id = %(lender)s AND e."on" = %(day)s AND e.kind = 'escalated'
    )
    SELECT p.manager_id AS person_id, r.number, false AS conduct FROM rose r
    JOIN alerts_borrowerday p ON p.lender_id = %(lender)s AND p.as_of = %(day)s AND p.borrower_id = r.borrower_id WHERE p.manager_id IS NOT NULL
    UNION ALL
    SELECT n.person_id, a.number, false FROM rose a CROSS JOIN LATERAL ({nearest("'{risk_officer,branch_head}'::text[]")}) n
"""


def gather(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """Bring the cases of the whole book up to date with its alerts. Twice writes nothing more; returns rows and messages written."""
    cursor.execute(LOOSE, key)
    cursor.execute("SELECT count(*) FROM lw_loose")
    loose = cursor.fetchone()[0]
    written = 0
    for statement in ([LEAVE, BEGIN, JOIN] if loose else []) + [LEVEL]:
        cursor.execute(statement, key)
        written += cursor.rowcount
    cursor.execute(QUIET, {**key, "quiet": setting(lender, "cases.quiet_days", key["day"])})
    written += cursor.rowcount
    return written + tell_people(cursor, key, lender, kind=KIND, people=PEOPLE, headline=HEADLINE, body=BODY)
