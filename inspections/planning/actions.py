"""Opening tasks by plan, assigning them, and moving them on as the visit moves."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from borrowers.loans import duties
from inspections.planning import rules
from inspections.planning.models import Task
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import InForce
from loanwatch.people.access import Access
from loanwatch.people.models import BranchReach, Person, Role, RoleHeld
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

KEYS = (
    "inspection.first_days", "inspection.routine_days", "inspection.size_limits", "inspection.special_days", "inspection.task_days",
)  # fmt: skip

BOOK = """o.lender_id = %(lender)s AND o.as_of = %(day)s AND o.bucket BETWEEN %(lo)s AND %(hi)s"""

# Loans that are set aside keep their tasks as they are; a repair or correction touches only the loans it recomputes.
TOUCHED = "NOT ({alias}.loan_id = ANY (%(held)s::bigint[])) AND (%(only)s::bigint[] IS NULL OR {alias}.loan_id = ANY (%(only)s::bigint[]))"

# The loan has left the book: nothing is left to inspect. What was handed in is still verified.
CANCEL = f"""
WITH gone AS (
    UPDATE inspections_task t SET state = 'cancelled', closed_on = %(day)s
    WHERE t.lender_id = %(lender)s AND t.bucket BETWEEN %(lo)s AND %(hi)s
      AND t.state IN ('due', 'started', 'returned') AND t.opened_on <= %(day)s AND {TOUCHED.format(alias="t")}
      AND NOT EXISTS (SELECT 1 FROM alerts_loanday o WHERE {BOOK} AND o.loan_id = t.loan_id)
    RETURNING t.loan_id, t.bucket, t.kind, t.due_on
)
SELECT loan_id, bucket, kind, due_on FROM gone
"""
# A task that nobody has begun goes with the loan to its new account manager, unless a branch head gave it to somebody.
FOLLOW = f"""
UPDATE inspections_task t SET assigned_to_id = o.manager_id FROM alerts_loanday o
WHERE {BOOK} AND o.loan_id = t.loan_id AND t.lender_id = %(lender)s AND t.bucket BETWEEN %(lo)s AND %(hi)s AND t.state = 'due'
  AND t.assigned_by_id IS NULL AND t.assigned_to_id IS DISTINCT FROM o.manager_id AND {TOUCHED.format(alias="t")}
"""
OPEN_TASKS = """
WITH called AS ({called}),
opened AS (
    INSERT INTO inspections_task
        (lender_id, bucket, loan_id, borrower_id, branch_id, kind, alert_id, opened_on, due_on, assigned_to_id, state)
    SELECT %(lender)s, c.bucket, c.loan_id, c.borrower_id, c.branch_id, %(kind)s, c.alert_id, %(day)s, c.due_on, c.manager_id, 'due'
    FROM called c
    ON CONFLICT (loan_id, kind) WHERE state IN ('due', 'started', 'submitted', 'returned') DO NOTHING
    RETURNING loan_id, bucket, kind, due_on
)
SELECT loan_id, bucket, kind, due_on FROM opened
"""
FIRST = f"""
    SELECT o.bucket, o.loan_id, o.borrower_id, o.branch_id, o.manager_id, NULL::bigint AS alert_id,
           CASE WHEN due.on_day < %(day)s THEN %(day)s + %(notice)s ELSE due.on_day END AS due_on
    FROM alerts_loanday o JOIN borrowers_loan l ON l.id = o.loan_id
    CROSS JOIN LATERAL (SELECT l.disbursed_on + coalesce((%(first_days)s::jsonb ->> o.product_kind)::int, %(first_default)s) AS on_day) due
    WHERE {BOOK} AND {TOUCHED.format(alias="o")} AND (NOT (o.product_kind = ANY (%(retail)s)) OR %(first_days)s::jsonb ? o.product_kind)
      AND l.disbursed_on <= %(day)s AND due.on_day >= %(day)s - %(missed)s
      AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = o.loan_id AND t.kind = 'first' AND t.state <> 'cancelled')
"""
# The last inspection of whichever kind counts; before the first one, the disbursement. Says the same as rules.routine_interval.
ROUTINE = f"""
    SELECT n.bucket, n.loan_id, n.borrower_id, n.branch_id, n.manager_id, NULL::bigint AS alert_id,
           CASE WHEN n.last_on IS NULL AND n.next_on < %(day)s - %(missed)s THEN %(day)s + %(notice)s + n.bucket %% %(spread)s
                ELSE greatest(n.next_on, %(day)s + %(notice)s) END AS due_on
    FROM (
        SELECT o.bucket, o.loan_id, o.borrower_id, o.branch_id, o.manager_id, last.on_day AS last_on,
               coalesce(last.on_day, l.disbursed_on) + CASE
                   WHEN o.product_kind = ANY (%(retail)s) THEN (%(days)s::jsonb ->> o.product_kind)::int
                   ELSE least(
                       coalesce((%(days)s::jsonb ->> o.product_kind)::int,
                                (%(days)s::jsonb ->> by_size.key)::int),
                       (%(days)s::jsonb ->> by_class.key)::int,
                       (%(days)s::jsonb ->> by_alert.key)::int)
               END AS next_on
        FROM alerts_loanday o JOIN borrowers_loan l ON l.id = o.loan_id
        LEFT JOIN (
            SELECT t.loan_id, max(t.submitted_on) AS on_day FROM inspections_task t
            WHERE t.lender_id = %(lender)s AND t.bucket BETWEEN %(lo)s AND %(hi)s AND t.state IN ('submitted', 'done')
              AND t.submitted_on <= %(day)s GROUP BY t.loan_id
        ) last ON last.loan_id = o.loan_id
        LEFT JOIN (
            SELECT a.loan_id, max(a.level) AS level FROM alerts_alert a
            WHERE a.lender_id = %(lender)s AND a.bucket BETWEEN %(lo)s AND %(hi)s AND a.state <> 'closed' AND NOT a.staff_conduct
            GROUP BY a.loan_id
        ) alert ON alert.loan_id = o.loan_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN o.principal >= %(large)s THEN 'large' WHEN o.principal >= %(medium)s THEN 'medium' ELSE 'small' END AS key
        ) by_size
        CROSS JOIN LATERAL (
            SELECT CASE o.risk_class WHEN 'normal' THEN NULL WHEN 'special_mention' THEN 'yellow' ELSE 'red' END AS key
        ) by_class
        CROSS JOIN LATERAL (SELECT CASE alert.level WHEN 1 THEN 'yellow' WHEN 2 THEN 'orange' WHEN 3 THEN 'red' END AS key) by_alert
        WHERE {BOOK} AND {TOUCHED.format(alias="o")}
    ) n
    WHERE n.next_on <= %(day)s + %(ahead)s
      -- one visit at a time: a first or special check that is still to be done stands for the routine one
      AND NOT EXISTS (SELECT 1 FROM inspections_task t
                      WHERE t.loan_id = n.loan_id AND t.state IN ('due', 'started', 'submitted', 'returned'))
"""
# A red alert on a loan calls for one, and any alert of which somebody asked for it. One on staff conduct makes no task: it is not shown
# to the person who would be sent.
SPECIAL = f"""
    SELECT DISTINCT ON (o.loan_id) o.bucket, o.loan_id, o.borrower_id, o.branch_id, o.manager_id, c.alert_id,
           %(day)s + %(special)s AS due_on
    FROM (
        SELECT a.id AS alert_id, a.loan_id, greatest(a.opened_on, a.reopened_on, a.risen_on) AS called_on FROM alerts_alert a
        WHERE a.lender_id = %(lender)s AND a.bucket BETWEEN %(lo)s AND %(hi)s AND a.state <> 'closed' AND a.level = 3 AND NOT a.staff_conduct
          AND a.loan_id IS NOT NULL AND greatest(a.opened_on, a.reopened_on) <= %(day)s
        UNION ALL
        SELECT a.id, i.loan_id, i.from_on FROM alerts_alertorder i JOIN alerts_alert a ON a.id = i.alert_id
        WHERE a.lender_id = %(lender)s AND a.bucket BETWEEN %(lo)s AND %(hi)s AND NOT a.staff_conduct AND i.from_on <= %(day)s
    ) c
    JOIN alerts_loanday o ON {BOOK} AND o.loan_id = c.loan_id
    WHERE {TOUCHED.format(alias="o")}
      AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = c.loan_id AND t.kind = 'special'
                      AND (t.alert_id = c.alert_id AND t.opened_on >= c.called_on OR t.submitted_on >= c.called_on))
    ORDER BY o.loan_id, c.alert_id
"""


def schedule_tasks(cursor: Any, key: Mapping[str, Any], lender: Lender) -> int:
    """Bring the tasks of one slice of the book up to date with the plan at the close of the business date.

    cursor: a DB-API cursor inside the caller's transaction. key: as `ledger.key_of` makes it. Reads the day's observation and
    the open alerts; opens first, special and routine tasks with their duties, cancels tasks of loans that left the book, lets
    untouched tasks follow custody. Running it twice changes nothing more. Returns tasks written.
    """
    values = InForce(lender, key["day"])
    plan = rules.plan_from({name: values[name] for name in KEYS})
    numbers = {
        **key,
        "retail": sorted(rules.RETAIL),
        "first_days": json.dumps(plan.first_days),
        "first_default": plan.first_default,
        "days": json.dumps(plan.routine_days),
        "large": plan.large_from,
        "medium": plan.medium_from,
        "special": plan.special_days,
        "missed": plan.missed_first,
        "notice": plan.shortest_notice,
        "ahead": plan.opens_before,
        "spread": plan.spread,
    }
    cursor.execute(CANCEL, numbers)
    gone = cursor.fetchall()
    duties.release(cursor, key, gone)
    cursor.execute(FOLLOW, numbers)
    written = len(gone)
    for kind, called in (("first", FIRST), ("special", SPECIAL), ("routine", ROUTINE)):
        cursor.execute(OPEN_TASKS.format(called=called), {**numbers, "kind": kind})
        opened = cursor.fetchall()
        duties.take_on(cursor, key, opened)
        written += len(opened)
    return written


@transaction.atomic
def assign_task(*, task_id: int, to_person_id: int, by: Access) -> Task:
    """Give a task that nobody has begun to another account manager or field agent of the branch.

    Raises Refused when `by` may not, Conflict when the form is begun or handed in, Task.DoesNotExist when it is out of sight.
    """
    task = Task.objects.visible_to(by).select_for_update(of=("self",)).get(pk=task_id)
    by.check(Act.TASK_ASSIGN, task)
    if task.state not in rules.ASSIGNABLE:
        raise Conflict(
            _("%(task)s is already begun or closed and can no longer be given to another person.") % {"task": task}, code="TASK_BEGUN"
        )
    person = assignable_people(task, by.on).filter(pk=to_person_id).first()
    if person is None:
        raise Refused(
            _("An inspection is given to an account manager or field agent who works for the loan's branch today."), code="NOT_ASSIGNABLE"
        )
    task.assigned_to, task.assigned_by = person, by.person
    task.save(update_fields=["assigned_to", "assigned_by"])
    record("task.assigned", by=by, subject=task, to=person.staff_no)
    return task


def assignable_people(task: Task, on: date) -> Any:
    """Account managers and field agents whose role reaches the task's branch on `on`, as a queryset of Person."""
    above = BranchReach.objects.filter(descendant_id=task.branch_id, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    held = RoleHeld.objects.filter(
        role__in=[Role.ACCOUNT_MANAGER, Role.FIELD_AGENT], branch_id__in=above.values("ancestor_id"), from_on__lte=on
    )
    held = held.filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    return Person.objects.filter(pk__in=held.values("person_id")).filter(Q(left_on__isnull=True) | Q(left_on__gt=on))


def start(task: Task) -> None:
    """The form of a locked task is begun, for the first time or after a return."""
    move(rules.MOVES, task, "started")
    task.save(update_fields=["state"])


def hand_in(task: Task, *, on: date, visited_on: date) -> None:
    """The visit of a locked task is submitted on `on`: the duty counts as done on the day of the visit."""
    move(rules.MOVES, task, "submitted")
    task.submitted_on = task.submitted_on or on
    task.save(update_fields=["state", "submitted_on"])
    duties.done(loan_id=task.loan_id, kind=task.kind, due_on=task.due_on, on=visited_on)


def send_back(task: Task) -> None:
    """The visit of a locked task is returned: it is the manager's turn again, and the duty is open again."""
    move(rules.MOVES, task, "returned")
    task.save(update_fields=["state"])
    duties.reopened(loan_id=task.loan_id, kind=task.kind, due_on=task.due_on)


def finish(task: Task, *, on: date) -> None:
    """The visit of a locked task is confirmed on `on`."""
    move(rules.MOVES, task, "done")
    task.closed_on = on
    task.save(update_fields=["state", "closed_on"])

