"""The day's warn step: all live rules of one grain in one scan, and alerts that change only when something changed.

A rule that holds opens an alert; while it is open and the level stays, nothing is written. A change of level appends
evidence of its own. A rule that is clear again marks the alert 'condition cleared', which closes nothing: a person does.
A rule that can't be evaluated today leaves an open alert as it is.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from alerts.observation.dictionary import FIELDS_BRANCH, FIELDS_LOAN
from alerts.observation.models import BranchDay, LoanDay
from alerts.rulebook.compiler import compile_levels
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.queries import live_versions
from alerts.rulebook.rules import Level, fields_used
from alerts.rulebook.writing import thresholds, tree_from_json
from borrowers.loans.allocation import MINE
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter, working_day_after

NAMES = {Level.YELLOW: "yellow", Level.ORANGE: "orange", Level.RED: "red"}


@dataclass(frozen=True)
class Grain:
    """Where observations of a grain lie and which column of an alert names their subject."""

    name: str
    columns: str  # subject, loan, borrower, branch, bucket, person concerned, exposure, currency of the observation `o`
    table: str
    same_subject: str  # of alert `a` and hit `h`
    mine: str = "true"  # which alerts `a` a run over this slice may touch


LOAN = Grain("loan", "o.loan_id, o.loan_id, o.borrower_id, o.branch_id, o.bucket, o.manager_id, o.outstanding, o.currency", "alerts_loanday",
             "a.loan_id = h.subject", MINE.format(id="a.loan_id"))
BRANCH = Grain("branch", "o.branch_id, NULL::bigint, NULL::bigint, o.branch_id, 0, NULL::bigint, o.outstanding, ''", "alerts_branchday",
               "a.loan_id IS NULL AND a.branch_id = h.subject")

RULES = """
DROP TABLE IF EXISTS lw_rule, lw_hit;
CREATE TEMP TABLE lw_rule (version_id bigint PRIMARY KEY, rule_id bigint, staff_conduct boolean, fields text[], due jsonb, thresholds jsonb) ON COMMIT DROP;
CREATE TEMP TABLE lw_hit (version_id bigint, rule_id bigint, level smallint, subject bigint, PRIMARY KEY (subject, rule_id)) ON COMMIT DROP;
"""
CLEAR_TALLY = """
DELETE FROM alerts_ruletally t USING alerts_ruleversion v, alerts_rule r
WHERE t.lender_id = %(lender)s AND t.as_of = %(day)s AND t.bucket = %(lo)s AND v.id = t.rule_version_id AND r.id = v.rule_id AND r.grain = %(grain)s
"""
LEVELS = """
WITH observed AS ({observed}),
levels AS MATERIALIZED (
    SELECT q.subject, u.version_id, u.level FROM observed q (subject, {names})
    CROSS JOIN LATERAL unnest(%s::bigint[], ARRAY[{names}]::smallint[]) AS u (version_id, level)
)
"""
TALLY = """
    INSERT INTO alerts_ruletally (lender_id, as_of, rule_version_id, bucket, red, orange, yellow, clear, not_evaluable)
    SELECT %s, %s, version_id, %s, count(*) FILTER (WHERE level = 3), count(*) FILTER (WHERE level = 2), count(*) FILTER (WHERE level = 1),
           count(*) FILTER (WHERE level = 0), count(*) FILTER (WHERE level = -1)
    FROM levels GROUP BY version_id
"""
HITS = "INSERT INTO lw_hit SELECT l.version_id, r.rule_id, l.level, l.subject FROM levels l JOIN lw_rule r USING (version_id) WHERE l.level <> 0"
OPEN = "a.lender_id = %(lender)s AND a.state <> 'closed' AND a.bucket BETWEEN %(lo)s AND %(hi)s AND a.rule_id IN (SELECT rule_id FROM lw_rule) AND {mine}"
CLEARED = """
UPDATE alerts_alert a SET cleared_on = %(day)s
WHERE {open} AND a.cleared_on IS NULL AND NOT EXISTS (SELECT 1 FROM lw_hit h WHERE h.rule_id = a.rule_id AND {same})
"""
AGAIN = """
UPDATE alerts_alert a SET cleared_on = NULL FROM lw_hit h
WHERE {open} AND a.cleared_on IS NOT NULL AND h.rule_id = a.rule_id AND {same} AND h.level > 0
"""
EVIDENCE = """
    INSERT INTO alerts_alertevidence (alert_id, as_of, level, rule_version_id, "values", thresholds)
    SELECT c.id, %(day)s, c.level, c.version_id,
           (SELECT coalesce(jsonb_object_agg(e.key, e.value), '{{}}') FROM jsonb_each(to_jsonb(o)) e WHERE e.key = ANY (r.fields)),
           coalesce(r.thresholds -> c.level::text, '[]')
    FROM changed c JOIN lw_rule r ON r.version_id = c.version_id JOIN {table} o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND {observed_subject} = c.subject
"""
MOVED = """
WITH changed AS (
    UPDATE alerts_alert a
    SET level = h.level, exposure = o.outstanding, due_on = least(a.due_on, (r.due ->> h.level::text)::date)
    FROM lw_hit h JOIN lw_rule r ON r.version_id = h.version_id
    JOIN {table} o ON o.lender_id = %(lender)s AND o.as_of = %(day)s AND {observed_subject} = h.subject
    WHERE {open} AND h.rule_id = a.rule_id AND {same} AND h.level > 0 AND a.level <> h.level
    RETURNING a.id, h.level, h.version_id, h.subject
)
""" + EVIDENCE
OPENED = """
WITH fresh AS (
    SELECT nextval('alerts_alert_id_seq') AS id, h.* FROM lw_hit h
    WHERE h.level > 0
      AND NOT EXISTS (SELECT 1 FROM alerts_alert a WHERE a.rule_id = h.rule_id AND {same} AND a.state <> 'closed')
      -- what a person has closed does not come back at the same level before the cool-down is over
      AND NOT EXISTS (SELECT 1 FROM alerts_alert a WHERE a.rule_id = h.rule_id AND {same} AND a.state = 'closed'
                      AND a.level >= h.level AND a.closed_on > %(day)s - %(cooldown)s)
),
opened AS (
    INSERT INTO alerts_alert (id, lender_id, number, rule_id, rule_version_id, loan_id, borrower_id, branch_id, bucket, concerns_id, exposure,
                              currency, level, state, opened_on, due_on, staff_conduct, outcome)
    SELECT f.id, %(lender)s, 'AL-' || to_char(%(day)s, 'YY') || '-' || lpad(f.id::text, 6, '0'), f.rule_id, f.version_id, s.loan_id, s.borrower_id,
           s.branch_id, s.bucket, CASE WHEN r.staff_conduct THEN s.person_id END, s.exposure, s.currency, f.level, 'open', %(day)s,
           (r.due ->> f.level::text)::date, r.staff_conduct, ''
    FROM fresh f JOIN lw_rule r ON r.version_id = f.version_id
    JOIN LATERAL (SELECT {columns} FROM {table} o WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s AND {observed_subject} = f.subject)
        AS s (subject, loan_id, borrower_id, branch_id, bucket, person_id, exposure, currency) ON true
),
changed AS (SELECT id, level, version_id, subject FROM fresh)
""" + EVIDENCE


def warn(cursor: CursorWrapper, key: dict[str, Any], grain: Grain, lender: Lender) -> int:
    """Evaluate every live rule of `grain` over one slice and bring the alerts up to date; returns the alerts written.

    key: as `loanwatch.trail.ledger.key_of` makes it. The slice of the branch grain is the whole book. With `only`, the alerts of
    these loans alone, and the tallies of the slice stay as they are: `tally_again` counts them.
    """
    day: date = key["day"]
    versions = live_versions(lender, day, grain.name)
    if not versions:
        return 0
    trees = {v.pk: tree_from_json(v.tree) for v in versions}
    cursor.execute(RULES)
    _tell_rules(cursor, lender, day, versions, trees)
    parameters = {**key, "grain": grain.name, "cooldown": parameter(lender, "alerts.cooldown_days", day)}
    levels, values = _levels(grain, key, trees)
    if key["only"] is None:
        cursor.execute(CLEAR_TALLY, parameters)
        cursor.execute(f"{levels}, tally AS ({TALLY}) {HITS}", [*values, lender.pk, day, key["lo"]])
    else:
        cursor.execute(levels + HITS, values)
    written = 0
    subject = f"o.{grain.name}_id"
    for statement in (CLEARED, AGAIN, MOVED, OPENED):
        cursor.execute(
            statement.format(open=OPEN.format(mine=grain.mine), same=grain.same_subject, table=grain.table, columns=grain.columns, observed_subject=subject), parameters
        )
        written += cursor.rowcount
    return written


def tally_again(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> None:
    """Count anew at how many loans of a slice each live rule stands at which level; no alert is touched."""
    trees = {v.pk: tree_from_json(v.tree) for v in live_versions(lender, key["day"], LOAN.name)}
    if trees:
        cursor.execute(CLEAR_TALLY, {**key, "grain": LOAN.name})
        levels, values = _levels(LOAN, key, trees)
        cursor.execute(levels + TALLY, [*values, lender.pk, key["day"], key["lo"]])


def levels_of(cursor: CursorWrapper, key: dict[str, Any], lender: Lender, table: str) -> None:
    """Make the temporary table `table` (subject, rule_id, level) of the levels above clear at which the live rules of the loan grain stand."""
    versions = live_versions(lender, key["day"], LOAN.name)
    cursor.execute(f"CREATE TEMP TABLE {table} (subject bigint, rule_id bigint, level smallint) ON COMMIT DROP")
    if versions:
        levels, values = _levels(LOAN, key, {v.pk: tree_from_json(v.tree) for v in versions})
        found = "SELECT l.subject, v.rule_id, l.level FROM levels l JOIN alerts_ruleversion v ON v.id = l.version_id WHERE l.level > 0"
        cursor.execute(f"{levels} INSERT INTO {table} {found}", values)


def _levels(grain: Grain, key: dict[str, Any], trees: dict[int, Any]) -> tuple[str, list[Any]]:
    """The beginning of a statement that has `levels (subject, version_id, level)`, and its parameters."""
    rows = _observed(grain, key).annotate(**{f"level_{pk}": compile_levels(tree) for pk, tree in trees.items()})
    names = [f"level_{pk}" for pk in trees]
    sql, values = rows.values_list(f"{grain.name}_id", *names).query.sql_with_params()
    return LEVELS.format(observed=sql, names=", ".join(names)), [*values, list(trees)]


def _observed(grain: Grain, key: dict[str, Any]) -> QuerySet[Any]:
    if grain is BRANCH:
        return BranchDay.objects.filter(lender_id=key["lender"], as_of=key["day"]).order_by()
    rows: QuerySet[Any] = LoanDay.objects.filter(
        lender_id=key["lender"], as_of=key["day"], bucket__gte=key["lo"], bucket__lte=key["hi"]
    ).order_by()
    if key["held"]:
        rows = rows.extra(where=["NOT (alerts_loanday.loan_id = ANY (%s::bigint[]))"], params=[key["held"]])
    if key["only"] is not None:
        rows = rows.extra(where=["alerts_loanday.loan_id = ANY (%s::bigint[])"], params=[key["only"]])
    return rows


def _tell_rules(cursor: CursorWrapper, lender: Lender, day: date, versions: list[RuleVersion], trees: dict[int, Any]) -> None:
    """Fill lw_rule: what the statements after the scan need to know of each rule, deadlines included."""
    needed = {days for v in versions for days in v.handling_days.values()}
    due = {days: working_day_after(lender, day, days).isoformat() for days in needed}
    for version in versions:
        tree = trees[version.pk]
        columns = FIELDS_LOAN if version.rule.grain == Rule.Grain.LOAN else FIELDS_BRANCH
        rule: Rule = version.rule
        deadlines = {level.value: due[version.handling_days[name]] for level, name in NAMES.items() if name in version.handling_days}
        marks = {level.value: [t.as_json() for t in thresholds(tree, level)] for level in NAMES if level in tree.levels}
        cursor.execute(
            "INSERT INTO lw_rule VALUES (%s, %s, %s, %s, %s, %s)",
            [version.pk, rule.pk, rule.staff_conduct, [columns[name].column for name in fields_used(tree)], json.dumps(deadlines), json.dumps(marks)],
        )
