"""What staff are told after a close: one message per person and day, never one on a person's own conduct.

It counts what came up with this close: red and orange alerts that opened, opened again or got worse, for the account manager who answers
for the loan or the borrower (for head and risk officer of the branch, where it has neither), alerts on staff conduct for heads above and
audit (never to a group), alerts past their time for the nearest branch head, tasks that are new or overdue for whoever has them.
"""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.backends.utils import CursorWrapper

from alerts.reminders import tell as reminders
from alerts.reminders.queries import settings_of, words
from alerts.reminders.rules import DIGEST
from loanwatch.lenders.models import Lender

KIND = "notice.day"
USEFUL_DAYS = 2

HELD = "r.from_on <= %(day)s AND (r.to_on IS NULL OR r.to_on > %(day)s)"
REACH = "b.from_on <= %(day)s AND (b.to_on IS NULL OR b.to_on > %(day)s)"
OPEN = "a.lender_id = %(lender)s AND a.state <> 'closed'"

NOTICES = f"""
WITH fresh AS (SELECT a.* FROM alerts_alert a WHERE {OPEN} AND greatest(a.opened_on, a.reopened_on, a.risen_on) = %(day)s AND (a.level >= 2 OR a.staff_conduct)),
told AS (
    SELECT o.manager_id AS person_id, CASE f.level WHEN 3 THEN 'red' ELSE 'orange' END AS what, f.number
    FROM fresh f JOIN alerts_loanday o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.loan_id = f.loan_id WHERE NOT f.staff_conduct
    UNION ALL
    SELECT o.manager_id, CASE f.level WHEN 3 THEN 'red' ELSE 'orange' END, f.number
    FROM fresh f JOIN alerts_borrowerday o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.borrower_id = f.borrower_id
    WHERE NOT f.staff_conduct AND f.loan_id IS NULL AND o.manager_id IS NOT NULL
    UNION ALL
    SELECT r.person_id, CASE f.level WHEN 3 THEN 'red' ELSE 'orange' END, f.number
    FROM fresh f JOIN people_roleheld r ON r.branch_id = f.branch_id AND r.role IN ('branch_head', 'risk_officer') AND {HELD}
    WHERE NOT f.staff_conduct AND f.borrower_id IS NULL
    UNION ALL
    SELECT DISTINCT r.person_id, 'conduct', ''
    FROM fresh f JOIN people_branchreach b ON b.descendant_id = f.branch_id AND {REACH}
    JOIN people_roleheld r ON r.branch_id = b.ancestor_id AND r.role IN ('branch_head', 'auditor') AND {HELD}
    WHERE f.staff_conduct AND r.person_id IS DISTINCT FROM f.concerns_id
    UNION ALL
    SELECT head.person_id, 'late_alert', a.number
    FROM alerts_alert a CROSS JOIN LATERAL (
        SELECT r.person_id FROM people_branchreach b JOIN people_roleheld r ON r.branch_id = b.ancestor_id AND r.role = 'branch_head' AND {HELD}
        WHERE b.descendant_id = a.branch_id AND {REACH} ORDER BY b.depth, r.id LIMIT 1) head
    WHERE {OPEN} AND NOT a.staff_conduct AND a.state <> 'submitted' AND a.due_on >= %(since)s AND a.due_on < %(day)s
    UNION ALL
    SELECT t.assigned_to_id, CASE WHEN t.opened_on = %(day)s THEN 'new_task' ELSE 'late_task' END, ''
    FROM inspections_task t
    WHERE t.lender_id = %(lender)s AND t.state IN ('due', 'started', 'returned')
      AND (t.opened_on = %(day)s OR (t.due_on >= %(since)s AND t.due_on < %(day)s))
),
counted AS (
    SELECT p.id AS person_id, p.staff_no, p.name,
           count(*) FILTER (WHERE what = 'red') AS red, count(*) FILTER (WHERE what = 'orange') AS orange, count(*) FILTER (WHERE what = 'conduct') AS conduct,
           count(*) FILTER (WHERE what = 'late_alert') AS late_alerts, count(*) FILTER (WHERE what = 'new_task') AS new_tasks,
           count(*) FILTER (WHERE what = 'late_task') AS late_tasks, e.email,
           array_to_string((array_agg(number ORDER BY number) FILTER (WHERE number <> ''))[1:10], ', ') AS numbers
    FROM told JOIN people_person p ON p.id = told.person_id LEFT JOIN LATERAL (
        SELECT k.email FROM people_account k WHERE k.person_id = p.id AND k.is_active AND k.email <> '' ORDER BY k.id LIMIT 1) e ON true
    -- a robot speaks to a group, in which those may be whom it concerns
    WHERE (p.left_on IS NULL OR p.left_on > %(day)s) AND (told.what <> 'conduct' OR e.email IS NOT NULL)
    GROUP BY p.id, p.staff_no, p.name, e.email
)
INSERT INTO trail_outboxmessage (lender_id, kind, subject, business_date, channel, recipient, lane, about, language, headline, body, send_on,
                                 not_before, expires_at, hour_from, hour_to, state)
SELECT %(lender)s, '{KIND}', c.staff_no, %(day)s, CASE WHEN c.email IS NULL THEN 'robot' ELSE 'email' END, coalesce(c.email, c.staff_no),
       'person:' || c.person_id, jsonb_build_object('person', c.person_id, 'text', %(version)s), %(language)s, {{headline}}, {{body}}, %(send_on)s,
       %(not_before)s, %(expires)s, %(hour_from)s, %(hour_to)s, 'waiting'
FROM counted c
WHERE NOT EXISTS (SELECT 1 FROM trail_outboxmessage m WHERE m.lender_id = %(lender)s AND m.kind = '{KIND}' AND m.subject = c.staff_no AND m.business_date = %(day)s)
ORDER BY c.person_id
ON CONFLICT DO NOTHING
"""
VALUES = {
    "date": "to_char(%(day)s::date, 'YYYY-MM-DD')", "red": "c.red::text", "orange": "c.orange::text",
    "conduct": "CASE WHEN c.email IS NULL THEN '–' ELSE c.conduct::text END",
    "late_alerts": "c.late_alerts::text", "new_tasks": "c.new_tasks::text", "late_tasks": "c.late_tasks::text",
    "numbers": "coalesce(c.numbers, '')", "lender": "%(lender_name)s", "name": "c.name",
}  # fmt: skip


def tell(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """The tell step: reminders of one slice, and with the slice that holds the first bucket what staff are told. Returns messages written.

    key: as `loanwatch.trail.ledger.key_of` makes it. A repair, which names its loans, tells staff nothing twice.
    """
    written = reminders.tell(cursor, key, lender)
    if key["lo"] == 0 and key["only"] is None:
        written += tell_staff(cursor, key, lender)
    return written


def tell_staff(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """One message for each person for whom something came up with the close of the day. Twice writes nothing more."""
    day, settings = key["day"], settings_of(lender, key["day"])
    language = settings.language_of(lender.currency)
    version, headline, body = words(lender, day)[DIGEST, language]
    zone, send_on = ZoneInfo(lender.zone), day + timedelta(days=1)
    parameters = {
        "lender": lender.pk, "lender_name": lender.name, "day": day, "since": key["previous"] or day - timedelta(days=1), "language": language,
        "version": version, "headline": headline, "body": body, "send_on": send_on, "hour_from": settings.hours[0], "hour_to": settings.hours[1],
        "not_before": datetime.combine(send_on, time(settings.hours[0] or 0), zone),
        "expires": datetime.combine(send_on + timedelta(days=USEFUL_DAYS), time(), zone),
    }  # fmt: skip
    cursor.execute(NOTICES.format(headline=f"left({reminders.filled_in('%(headline)s', VALUES)}, 200)", body=reminders.filled_in("%(body)s", VALUES)), parameters)
    return cursor.rowcount
