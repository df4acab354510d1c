"""What a version of the plan would open over the next twelve months, on the loans of the last close. Set by set.

The plan meets the book as it stood at the close: each loan keeps its class and alerts, is inspected on its due days, and leaves at its
maturity. New loans and red alerts come as they came in the twelve months before. Events that no table foretells (a class that becomes
worse, a covenant broken) are not counted.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from inspections.planning import rules
from inspections.planning.load import WEEK, capacities, working_days
from inspections.planning.models import PlanVersion
from inspections.planning.schedule import FACTS, LINE
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import InForce
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.trail.ledger import key_of

YEAR = 365

# Loans come from the close; `last` is the last inspection, `pending` one that is open already and counts as made when it is due.
COMING = f"""
WITH facts AS MATERIALIZED ({FACTS}),
made AS (
    SELECT t.loan_id, max(t.submitted_on) FILTER (WHERE t.state IN ('submitted', 'done')) AS any_on,
           max(t.submitted_on) FILTER (WHERE t.state IN ('submitted', 'done') AND t.kind <> 'off_site') AS there_on,
           greatest(max(t.due_on) FILTER (WHERE t.state IN ('due', 'started', 'returned')),
                    CASE WHEN bool_or(t.state IN ('due', 'started', 'returned')) THEN %(day)s + 1 END) AS pending,
           bool_or(t.kind = 'first' AND t.state <> 'cancelled') AS checked,
           max(t.called_on) FILTER (WHERE t.kind = 'maturity' AND t.state <> 'cancelled') AS before_maturity
    FROM inspections_task t WHERE t.lender_id = %(lender)s AND t.kind <> 'verify' GROUP BY t.loan_id
),
coming AS (
    SELECT t.kind, t.branch_id, t.assigned_to_id AS person_id, greatest(t.due_on, %(day)s + 1) AS on_day
    FROM inspections_task t WHERE t.lender_id = %(lender)s AND t.state IN ('due', 'started', 'returned') AND t.kind <> 'verify'
    UNION ALL
    SELECT line.kind, f.branch_id, f.manager_id, s.on_day::date
    FROM facts f {LINE.format(occasion="'routine'")} LEFT JOIN made m ON m.loan_id = f.loan_id
    CROSS JOIN LATERAL (SELECT CASE line.kind WHEN 'off_site' THEN m.any_on ELSE m.there_on END AS last_on) n
    CROSS JOIN LATERAL (SELECT coalesce(n.last_on, f.disbursed_on) + line.days AS next_on) d
    CROSS JOIN LATERAL (SELECT CASE
        WHEN m.pending IS NOT NULL THEN m.pending + line.days
        WHEN n.last_on IS NULL AND d.next_on < %(day)s - %(missed)s THEN %(day)s + %(notice)s + f.bucket %% %(spread)s
        ELSE greatest(d.next_on, %(day)s + %(notice)s) END AS begins) b
    CROSS JOIN LATERAL generate_series(b.begins::timestamp, least(%(until)s::date, f.matures_on - 1)::timestamp, make_interval(days => line.days)) AS s (on_day)
    WHERE line.days IS NOT NULL
    UNION ALL
    SELECT line.kind, f.branch_id, f.manager_id, greatest(f.disbursed_on + line.days, %(day)s + 1)
    FROM facts f {LINE.format(occasion="'disbursement'")} LEFT JOIN made m ON m.loan_id = f.loan_id
    WHERE f.disbursed_on + line.days >= %(day)s - %(missed)s AND NOT coalesce(m.checked, false)
    UNION ALL
    SELECT line.kind, f.branch_id, f.manager_id, f.disbursed_on + {YEAR} + line.days
    FROM facts f {LINE.format(occasion="'disbursement'")} WHERE f.disbursed_on > %(day)s - {YEAR}
    UNION ALL
    SELECT line.kind, f.branch_id, f.manager_id, greatest(f.matures_on - line.days, %(day)s + 1)
    FROM facts f {LINE.format(occasion="'maturity'")} LEFT JOIN made m ON m.loan_id = f.loan_id
    WHERE f.matures_on > %(day)s AND m.before_maturity IS DISTINCT FROM f.matures_on
    UNION ALL
    SELECT line.kind, f.branch_id, f.manager_id, c.called_on + {YEAR} + line.days
    FROM (
        SELECT DISTINCT a.loan_id, greatest(a.opened_on, a.reopened_on) AS called_on, 'red_alert' AS occasion FROM alerts_alert a
        WHERE a.lender_id = %(lender)s AND a.level = 3 AND NOT a.staff_conduct AND a.loan_id IS NOT NULL
          AND greatest(a.opened_on, a.reopened_on) > %(day)s - {YEAR}
        UNION
        SELECT i.loan_id, i.from_on, 'asked' FROM alerts_alertorder i JOIN alerts_alert a ON a.id = i.alert_id
        WHERE a.lender_id = %(lender)s AND i.from_on > %(day)s - {YEAR}
        UNION
        SELECT e.loan_id, e.valid_from, 'rollover' FROM borrowers_loanevent e
        WHERE e.lender_id = %(lender)s AND e.kind IN ('extension', 'refinance') AND NOT e.withdrawn AND e.valid_from BETWEEN %(day)s - {YEAR} + 1 AND %(day)s
    ) c JOIN facts f ON f.loan_id = c.loan_id {LINE.format(occasion="c.occasion")}
)
SELECT kind, date_trunc('month', on_day)::date AS month, branch_id, person_id, count(*)
FROM coming WHERE on_day > %(day)s AND on_day <= %(until)s GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Coming:
    """Inspections of a kind that fall due in a month (its first day), of a branch and a person (None: nobody yet)."""

    kind: str
    month: date
    branch_id: int
    person_id: int | None
    count: int


def coming(version: PlanVersion, lender: Lender, as_of: date) -> list[Coming]:
    """What `version` would have inspected in the 365 days after the close of `as_of`. One statement over the lender's book."""
    values = rules.numbers_from(InForce(lender, as_of))
    numbers = {
        **key_of(lender.pk, as_of), "plan": version.pk, "large": values.large_from, "medium": values.medium_from, "missed": values.missed_first,
        "notice": values.shortest_notice, "spread": values.spread, "until": as_of + timedelta(days=YEAR),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(COMING, numbers)
        return [Coming(*row) for row in cursor.fetchall()]


def seen_by(access: Access, found: list[Coming]) -> list[Coming]:
    """The part that the reader may see: the branches below, otherwise the reader's own inspections."""
    branches = set(access.subtree(Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR).values_list("descendant_id", flat=True))
    own = access.person.pk if access.person else None
    return [row for row in found if row.branch_id in branches or (own is not None and row.person_id == own)]


@dataclass
class Compared:
    """One line of the comparison: what the live version and the other one have inspected, month by month, and the room there is."""

    key: Any
    live: dict[date, int]
    other: dict[date, int]
    room: dict[date, int] | None = None

    @property
    def live_total(self) -> int:
        return sum(self.live.values())

    @property
    def other_total(self) -> int:
        return sum(self.other.values())

    @property
    def more(self) -> int:
        return self.other_total - self.live_total

    def overloaded(self, month: date) -> bool:
        return self.room is not None and self.other.get(month, 0) > self.room.get(month, 0)

    @property
    def overloaded_months(self) -> int:
        return sum(self.overloaded(month) for month in self.other)


def compared(live: list[Coming], other: list[Coming], by: str) -> list[Compared]:
    """Grouped by "kind", "branch_id" or "person_id", the largest change first."""
    sums: dict[Any, tuple[dict[date, int], dict[date, int]]] = defaultdict(lambda: (defaultdict(int), defaultdict(int)))
    for side, rows in enumerate((live, other)):
        for row in rows:
            sums[getattr(row, by)][side][row.month] += row.count
    lines = [Compared(key, dict(one), dict(two)) for key, (one, two) in sums.items()]
    return sorted(lines, key=lambda line: (-abs(line.more), -line.other_total, str(line.key)))


def months_after(as_of: date) -> list[date]:
    """The first days of the thirteen months that the 365 days after `as_of` touch."""
    first = as_of.replace(day=1)
    return [date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1) for n in range(13)]


def room_by_month(lender: Lender, person_ids: list[int], as_of: date) -> dict[int, dict[date, int]]:
    """Inspections that each person with a capacity can make in each month of the 365 days after `as_of`, by its working days; rounded down."""
    per_week = capacities(person_ids, as_of)
    days = Counter(day.replace(day=1) for day in working_days(lender, as_of + timedelta(days=1), as_of + timedelta(days=YEAR)))
    return {person: {month: per_week[person] * days[month] // WEEK for month in months_after(as_of)} for person in per_week}
