"""The day's escalate step: what waits too long is told first to the account manager, then to the branch head, then to credit administration.

Late is an alert that nobody has acknowledged in the working days of `alerts.acknowledge_days`, or that is not submitted by the day it is
to be handled by; after how many working days of lateness who is told stands in `alerts.escalation_days`. An alert that waits for its
second check is late no more. Once an alert is reopened, the stages begin anew.
"""

from datetime import date, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_noop

from alerts.signals.models import Level
from alerts.signals.notices import STAYS, nearest, tell_people
from alerts.signals.queries import setting
from loanwatch.kernel import calendars
from loanwatch.lenders.models import DayException, Lender
from loanwatch.lenders.queries import calendar_kind

KIND = "notice.escalation"
HEADLINE = gettext_noop("Alerts that have waited too long")
BODY = gettext_noop("{name}: {count} alerts were not answered in time and are now with you. {numbers}")

# acknowledged_by, handled_by: what began, or was due, on or before these days is late enough for the stage.
ESCALATE = """
WITH late AS (SELECT * FROM unnest(%(levels)s::int[], %(stages)s::int[], %(acknowledged_by)s::date[], %(handled_by)s::date[])
                  AS l (level, stage, acknowledged_by, handled_by))
INSERT INTO alerts_alertescalation (alert_id, round, stage, cause, "on")
SELECT a.id, a.reopened, l.stage, CASE WHEN a.due_on <= l.handled_by THEN 'handling' ELSE 'acknowledge' END, %(day)s
FROM alerts_alert a JOIN late l ON l.level = a.level
WHERE a.lender_id = %(lender)s AND a.state IN ('open', 'acknowledged', 'handling') AND greatest(a.opened_on, a.reopened_on) <= %(day)s
  AND (a.due_on <= l.handled_by OR a.state = 'open' AND greatest(a.opened_on, a.reopened_on, a.risen_on) <= l.acknowledged_by)
  AND NOT EXISTS (SELECT 1 FROM alerts_alertescalation e WHERE e.alert_id = a.id AND e.round = a.reopened AND e.stage = l.stage)
ORDER BY a.id, l.stage
ON CONFLICT DO NOTHING
"""
# Who has left is never asked; where nobody holds the role, whoever comes next in it.
_FIRST = nearest("CASE a.stage WHEN 1 THEN '{risk_officer,branch_head,credit_admin}'::text[] WHEN 2 THEN '{branch_head,risk_officer,credit_admin}'"
                 " ELSE '{credit_admin,branch_head}' END")  # fmt: skip
PEOPLE = f"""
    WITH reached AS (
        SELECT a.id, a.number, a.branch_id, a.staff_conduct, e.stage, CASE WHEN a.staff_conduct THEN a.concerns_id END AS hidden_from,
               CASE WHEN e.stage = 1 AND NOT a.staff_conduct AND a.borrower_id IS NOT NULL THEN (
                   SELECT s.id FROM unnest(ARRAY[a.assigned_to_id, a.handler_id, o.manager_id, p.manager_id]) WITH ORDINALITY AS w (id, nth)
                   JOIN people_person s ON s.id = w.id AND {STAYS} ORDER BY w.nth LIMIT 1) END AS manager_id
        FROM alerts_alertescalation e JOIN alerts_alert a ON a.id = e.alert_id
        LEFT JOIN alerts_loanday o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.loan_id = a.loan_id
        LEFT JOIN alerts_borrowerday p ON p.lender_id = %(lender)s AND p.as_of = %(day)s AND p.borrower_id = a.borrower_id
        WHERE a.lender_id = %(lender)s AND e."on" = %(day)s
    )
    SELECT a.manager_id AS person_id, a.number, false AS conduct FROM reached a WHERE a.manager_id IS NOT NULL
    UNION ALL
    SELECT n.person_id, a.number, a.staff_conduct FROM reached a CROSS JOIN LATERAL ({_FIRST}) n WHERE a.manager_id IS NULL
"""


def escalate(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """Keep which alerts have reached which stage at this close, and tell whom it concerns. Twice writes nothing more; returns rows and messages."""
    day: date = key["day"]
    cursor.execute(ESCALATE, {**key, **_late(lender, day)})
    written = cursor.rowcount
    if written:
        written += tell_people(cursor, key, lender, kind=KIND, people=PEOPLE, headline=HEADLINE, body=BODY)
    return written


def _late(lender: Lender, day: date) -> dict[str, list[Any]]:
    """For each level and stage, the last days on which what is late enough by the close of `day` began or was due."""
    seen, stages = setting(lender, "alerts.acknowledge_days", day), setting(lender, "alerts.escalation_days", day)
    rows = [(level.value, n, seen[level.name.lower()], late) for level in Level for n, late in enumerate(stages[level.name.lower()], 1)]
    before = days_before(lender, day, max((first + late for _, _, first, late in rows), default=0))
    return {
        "levels": [level for level, _, _, _ in rows],
        "stages": [n for _, n, _, _ in rows],
        "acknowledged_by": [before[first + late] for _, _, first, late in rows],
        "handled_by": [before[late] for _, _, _, late in rows],
    }


def days_before(lender: Lender, day: date, most: int) -> list[date]:
    """n → the last date since which `n` working days of people have gone by, up to and with `day`; for n from 0 to `most`."""
    kind, first = calendar_kind(lender, day), day - timedelta(days=3 * most + 40)
    exceptions: dict[date, bool] = {}
    if kind in {calendars.CN, calendars.KR}:
        exceptions = dict(DayException.objects.filter(calendar=kind, on__range=(first, day)).values_list("on", "is_business"))
    found, at = [day], day
    while len(found) <= most and at >= first:
        if calendars.is_business_day(calendars.CN, at, exceptions):
            found.append(at - timedelta(days=1))
        at -= timedelta(days=1)
    return found
