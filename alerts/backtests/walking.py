"""One close of a back-test: the rule asked by the nightly run's own scan, and beside each subject what became of it, in one statement.

Observations are read as they stood at the close, and the lender's limits as they counted that day: nothing that became known later
lets the rule look cleverer than it was. Only the outcome comes from later closes. It walks from the newest close to the oldest and
carries along, for every subject, the next close at which it stands in the target.
"""

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from alerts.backtests import rules
from alerts.backtests.models import BacktestRun, BacktestTarget
from alerts.observation.models import DroppedDay
from alerts.observation.queries import closed_days
from alerts.rulebook.queries import limit_values
from alerts.rulebook.scan import EVERYTHING, GRAINS, earlier_closes, scan, scopes
from alerts.rulebook.writing import tree_from_json
from borrowers.revisions import last
from loanwatch.lenders.models import Lender

LONGEST_MS = 60_000  # one statement; a close of 200,000 loans takes about a second
KEY = 0

PARTS = {
    rules.NO_CUT: "''",
    rules.PRODUCT: "o.product_code",
    rules.BRANCH: "(SELECT b.code FROM people_branch b WHERE b.id = o.branch_id)",
    rules.SEGMENT: "o.segment",
    rules.SIZE: "ntile(4) OVER (ORDER BY o.{amount}, o.{subject})::text",  # quarters of the book, the smallest amounts first
}
# What is known of a subject's outcome, seen from the close: whether it stands in the target, and when it next will.
BY_DAYS = """
    SELECT l.subject, coalesce(o.days_past_due >= %s, false) AS in_target, n.on AS next_on
    FROM levels l JOIN {table} o ON o.lender_id = %s AND o.as_of = %s AND o.{subject} = l.subject
    LEFT JOIN alerts_backtesttarget n ON n.run_id = %s AND n.subject = l.subject
"""
BY_EVENT = """
    SELECT l.subject, coalesce(e.already, false) AS in_target, e.next_on
    FROM levels l LEFT JOIN (
        SELECT {owner} AS subject, bool_or(e.valid_from <= %s) AS already, min(e.valid_from) FILTER (WHERE e.valid_from > %s) AS next_on
        FROM borrowers_loanevent e JOIN borrowers_loan n ON n.id = e.loan_id
        WHERE e.lender_id = %s AND e.kind IN ('charge_off', 'write_off') AND {known} GROUP BY 1
    ) e ON e.subject = l.subject
"""
ASKED = """
WITH levels (subject, level) AS MATERIALIZED ({scan}),
outcome AS ({outcome}),
stood AS MATERIALIZED (
    SELECT l.subject, l.level, u.in_target, coalesce({part}, '') AS part,
           CASE WHEN NOT u.in_target AND u.next_on <= %s THEN u.next_on END AS reached_on
    FROM levels l JOIN outcome u ON u.subject = l.subject
    JOIN {table} o ON o.lender_id = %s AND o.as_of = %s AND o.{subject} = l.subject
),
kept AS (
    INSERT INTO alerts_backtestrow (run_id, as_of, nth, subject, part, level, in_target, reached_on, complete)
    SELECT %s, %s, %s, subject, part, level, in_target, reached_on, %s FROM stood WHERE level > 0 OR (reached_on IS NOT NULL AND %s)
),
counted AS (
    INSERT INTO alerts_backtestclose (run_id, as_of, part, complete, observed, not_evaluable, in_target)
    SELECT %s, %s, part, %s, count(*), count(*) FILTER (WHERE level = -1), count(*) FILTER (WHERE in_target) FROM stood GROUP BY part
)
SELECT count(*) FROM stood
"""
REACHED = """
INSERT INTO alerts_backtesttarget (run_id, subject, "on")
SELECT %s, o.{subject}, o.as_of FROM {table} o WHERE o.lender_id = %s AND o.as_of = %s AND o.days_past_due >= %s
ON CONFLICT (run_id, subject) DO UPDATE SET "on" = excluded."on"
"""


def kept_closes(lender: Lender, pace: str) -> list[date]:
    """The lender's closes whose observations are kept, oldest first: each, or the last one of every month."""
    dropped = DroppedDay.objects.filter(lender=lender).values("as_of")
    days = closed_days(lender).exclude(business_date__in=dropped).values_list("business_date", flat=True)
    return rules.looked_at(days, pace)


def plan_of(run: BacktestRun) -> rules.Plan | None:
    """The closes the run walks through; None when there is none in its period. The newest close is the one known when it began."""
    closes = [day for day in kept_closes(run.lender, run.pace) if run.last_close is None or day <= run.last_close]
    outcomes = run.target in rules.DAYS_OF
    return rules.plan(closes, from_on=run.from_on, to_on=run.to_on, months=run.months, pace=run.pace, outcomes=outcomes)


def walk(run: BacktestRun, plan: rules.Plan, day: date) -> int:
    """Ask the rule at the close of `day` and keep what it said and what followed; returns how many were asked.

    Behind the period only who stands in the target is noted. Call it in a transaction, once per close, from the newest to the oldest.
    """
    place, asked = GRAINS[run.rule.grain], 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LONGEST_MS)])
        if plan.first <= day <= plan.last_judged:
            sql, values = _asked(run, plan, day)
            cursor.execute(sql, values)
            asked = cursor.fetchone()[0]
        if run.target in rules.DAYS_OF:
            statement = REACHED.format(table=place.table, subject=place.subject)
            cursor.execute(statement, [run.pk, run.lender_id, day, rules.DAYS_OF[run.target]])
        cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    return asked


def _asked(run: BacktestRun, plan: rules.Plan, day: date) -> tuple[str, list[Any]]:
    place, tree, lender = GRAINS[run.rule.grain], tree_from_json(run.tree), run.lender
    sql, scanned = scan(tree.grain, _within(run, day), {KEY: tree}, limit_values(lender, day), earlier_closes(lender, day, [tree]))
    until = rules.window_end(day, run.months)
    complete = until <= plan.last
    if run.target in rules.DAYS_OF:
        outcome = BY_DAYS.format(table=place.table, subject=place.subject)
        values: list[Any] = [rules.DAYS_OF[run.target], lender.pk, day, run.pk]
    else:
        outcome = BY_EVENT.format(owner="e.loan_id" if tree.grain == "loan" else "n.borrower_id", known=last("e", "borrowers_loanevent"))
        values = [day, day, lender.pk]
    part = PARTS[run.cut].format(amount="principal" if tree.grain == "loan" else "outstanding", subject=place.subject)
    statement = ASKED.format(scan=sql, outcome=outcome, part=part, table=place.table, subject=place.subject)
    kept = [run.pk, day, plan.number(day), complete, complete]
    return statement, [*scanned, *values, until, lender.pk, day, *kept, run.pk, day, complete]


def _within(run: BacktestRun, day: date) -> QuerySet[Any]:
    """The observations of a close for which the version counts; all of them for a text of its own."""
    place = GRAINS[run.rule.grain]
    rows = place.model.objects.filter(lender_id=run.lender_id, as_of=day)
    scope = scopes(run.lender, day, {KEY: run.version}).get(KEY, EVERYTHING) if run.version else EVERYTHING
    if scope.products and run.rule.grain == "loan":
        rows = rows.filter(product_code__in=scope.products)
    if scope.segments:
        rows = rows.filter(segment__in=scope.segments)
    return rows.filter(branch_id__in=scope.branches) if scope.branches else rows


def put_away(run: BacktestRun) -> None:
    """Empty what only the walk itself needed."""
    BacktestTarget.objects.filter(run=run).delete()
