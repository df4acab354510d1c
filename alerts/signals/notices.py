"""Messages to staff about alerts and cases: one per person, kind and close, written to the outbox set-based and each once."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext, override

from alerts.signals.queries import setting
from loanwatch.lenders.models import Lender

USEFUL_DAYS = 2
HELD = "r.from_on <= %(day)s AND (r.to_on IS NULL OR r.to_on > %(day)s)"
REACH = "b.from_on <= %(day)s AND (b.to_on IS NULL OR b.to_on > %(day)s)"

STAYS = "(s.left_on IS NULL OR s.left_on > %(day)s)"


def nearest(roles: str) -> str:
    """SQL: person_id of those nearest above `a.branch_id` who hold the first of `roles` that anybody holds; never `a.hidden_from`, never who has left.

    roles: SQL of a text array. All who hold that role at the same branch are named.
    """
    return f"""
    SELECT q.person_id FROM (
        SELECT r.person_id, rank() OVER (ORDER BY w.nth, b.depth) AS place FROM unnest({roles}) WITH ORDINALITY AS w (role, nth)
        JOIN people_roleheld r ON r.role = w.role AND {HELD}
        JOIN people_branchreach b ON b.ancestor_id = r.branch_id AND b.descendant_id = a.branch_id AND {REACH}
        JOIN people_person s ON s.id = r.person_id AND {STAYS}
        WHERE r.person_id IS DISTINCT FROM a.hidden_from) q
    WHERE q.place = 1"""


# people: SELECT of person_id, number of the alert or case, and whether it is about staff conduct. Of these the number is never told,
# and a robot, which speaks to a group, does not speak of them.
_TELL = """
WITH told AS (SELECT DISTINCT person_id, number, conduct FROM ({people}) x),
counted AS (
    SELECT p.id AS person_id, p.staff_no, p.name, count(*) AS n, e.email,
           coalesce(array_to_string((array_agg(number ORDER BY number) FILTER (WHERE NOT conduct))[1:10], ', '), '') AS numbers
    FROM told JOIN people_person p ON p.id = told.person_id LEFT JOIN LATERAL (
        SELECT k.email FROM people_account k WHERE k.person_id = p.id AND k.is_active AND k.email <> '' ORDER BY k.id LIMIT 1) e ON true
    WHERE (p.left_on IS NULL OR p.left_on > %(day)s) AND (NOT told.conduct OR e.email IS NOT NULL)
    GROUP BY p.id, p.staff_no, p.name, e.email
)
INSERT INTO trail_outboxmessage (lender_id, kind, subject, business_date, channel, recipient, lane, about, language, headline, body, send_on,
                                 not_before, expires_at, hour_from, hour_to, state)
SELECT %(lender)s, %(kind)s, c.staff_no, %(day)s, CASE WHEN c.email IS NULL THEN 'robot' ELSE 'email' END, coalesce(c.email, c.staff_no),
       'person:' || c.person_id, jsonb_build_object('person', c.person_id), %(language)s, left(%(headline)s, 200),
       replace(replace(replace(%(body)s, '{{count}}', c.n::text), '{{numbers}}', c.numbers), '{{name}}', c.name), %(send_on)s,
       %(not_before)s, %(expires)s, %(hour_from)s, %(hour_to)s, 'waiting'
FROM counted c
WHERE NOT EXISTS (SELECT 1 FROM trail_outboxmessage m WHERE m.lender_id = %(lender)s AND m.kind = %(kind)s AND m.subject = c.staff_no AND m.business_date = %(day)s)
ORDER BY c.person_id
ON CONFLICT DO NOTHING
"""


def language_of(lender: Lender, day: date) -> str:
    """The language in which the lender's staff is written to, one of the shipped ones."""
    chosen: Mapping[str, str] = setting(lender, "reminder.language", day)
    language = chosen.get(lender.currency, chosen.get("default", "en"))
    return language if language in dict(settings.LANGUAGES) else "en"


def tell_people(cursor: CursorWrapper, key: Mapping[str, Any], lender: Lender, *, kind: str, people: str, headline: str, body: str) -> int:
    """Write a message to everybody whom the SQL `people` names; twice writes nothing more. Returns messages written.

    headline, body: English source text, with {count}, {numbers} and {name} in the body; sent in the language of the lender's staff.
    """
    day: date = key["day"]
    quiet = setting(lender, "reminder.quiet_hours", day)
    hour_from, hour_to = (quiet["until"] % 24, quiet["from"] % 24) if quiet["until"] != quiet["from"] else (None, None)
    zone, send_on, language = ZoneInfo(lender.zone), day + timedelta(days=1), language_of(lender, day)
    with override(language):
        said = {"headline": gettext(headline), "body": gettext(body)}
    cursor.execute(
        _TELL.format(people=people),
        {
            **key, **said, "kind": kind, "language": language, "send_on": send_on, "hour_from": hour_from, "hour_to": hour_to,
            "not_before": datetime.combine(send_on, time(hour_from or 0), zone),
            "expires": datetime.combine(send_on + timedelta(days=USEFUL_DAYS), time(), zone),
        },
    )  # fmt: skip
    return cursor.rowcount
