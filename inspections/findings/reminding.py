"""Part of a close: whoever is to put a finding right is told before it is due, on the day and late; then the branch head, then credit administration.

Days are working days of people, by the parameter `findings.remind_days`. Each stage is told once for each due date: a later date that
was agreed begins the stages anew, a remedy that waits to be verified is nobody's lateness.
"""

from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_noop

from alerts.signals.escalation import days_before
from alerts.signals.notices import STAYS, nearest, tell_people
from inspections.findings.models import FindingReminder
from inspections.findings.queries import setting
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import working_day_after

Stage = FindingReminder.Stage
DUE, LATE = "notice.finding_due", "notice.finding_late"
DUE_HEADLINE, LATE_HEADLINE = gettext_noop("Findings that fall due"), gettext_noop("Findings that are late")
DUE_BODY = gettext_noop("{name}: {count} findings are to be put right in the next days. {numbers}")
LATE_BODY = gettext_noop("{name}: {count} findings were not put right in time. {numbers}")

# A finding that is raised late, or whose stages were missed while no day closed, gets the newest stage that it has reached.
REACH = """
WITH stage AS (SELECT * FROM unnest(%(stages)s::int[], %(from_due)s::date[], %(to_due)s::date[]) AS s (stage, from_due, to_due))
INSERT INTO inspections_findingreminder (finding_id, due_on, stage, "on")
SELECT f.id, f.due_on, s.stage, %(day)s
FROM inspections_finding f JOIN stage s ON f.due_on BETWEEN s.from_due AND s.to_due
WHERE f.lender_id = %(lender)s AND f.state IN ('open', 'returned') AND f.raised_on <= %(day)s
  AND NOT EXISTS (SELECT 1 FROM inspections_findingreminder r WHERE r.finding_id = f.id AND r.due_on = f.due_on AND r.stage >= s.stage)
ORDER BY f.id
ON CONFLICT DO NOTHING
"""
# `number` as Finding.number; an owner who has left is answered for by whoever comes next.
REACHED = """
    WITH reached AS (
        SELECT 'FI-' || to_char(f.raised_on, 'YY') || '-' || lpad(f.id::text, 6, '0') AS number, f.branch_id, f.owner_id, r.stage, NULL::bigint AS hidden_from
        FROM inspections_findingreminder r JOIN inspections_finding f ON f.id = r.finding_id
        WHERE f.lender_id = %(lender)s AND r."on" = %(day)s AND r.stage {stages}
    )
"""
OWNERS = f"SELECT a.owner_id AS person_id, a.number, false AS conduct FROM reached a JOIN people_person s ON s.id = a.owner_id AND {STAYS}"
_ABOVE = nearest("CASE WHEN a.stage = 5 THEN '{credit_admin,branch_head}'::text[] ELSE '{branch_head,credit_admin}' END")
ABOVE = f"SELECT n.person_id, a.number, false AS conduct FROM reached a CROSS JOIN LATERAL ({_ABOVE}) n"
GONE = f"WHERE NOT EXISTS (SELECT 1 FROM people_person s WHERE s.id = a.owner_id AND {STAYS})"
PEOPLE_DUE = f"{REACHED.format(stages='<= 2')} {OWNERS} UNION ALL {ABOVE} {GONE}"
PEOPLE_LATE = f"{REACHED.format(stages='> 2')} {OWNERS} WHERE a.stage = 3 UNION ALL {ABOVE} WHERE a.stage > 3 UNION ALL {ABOVE} {GONE} AND a.stage = 3"


def remind_findings(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """Keep which findings have reached which stage at this close, and tell whom it concerns. Twice writes nothing more; returns rows and messages."""
    day: date = key["day"]
    cursor.execute(REACH, {**key, **_windows(lender, day)})
    written = cursor.rowcount
    if written:
        written += tell_people(cursor, key, lender, kind=DUE, people=PEOPLE_DUE, headline=DUE_HEADLINE, body=DUE_BODY)
        written += tell_people(cursor, key, lender, kind=LATE, people=PEOPLE_LATE, headline=LATE_HEADLINE, body=LATE_BODY)
    return written


def _windows(lender: Lender, day: date) -> dict[str, list[Any]]:
    """For each stage the due dates, first and last, that have reached it and not yet the next at the close of `day`."""
    days = setting(lender, "findings.remind_days", day)
    late = [int(n) for n in days["late"]][:3]
    before = days_before(lender, day, max(late, default=0))
    ahead = working_day_after(lender, day, int(days["before"]))
    # A stage is reached by what was due on its last day or earlier, and left for the next one by what was due on that one's.
    last = [ahead, day, *(before[n] for n in late)]
    first = [*(date.fromordinal(upto.toordinal() + 1) for upto in last[1:]), date.min]
    return {"stages": [stage.value for stage in Stage][: len(last)], "from_due": first, "to_due": last}
