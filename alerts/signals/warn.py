"""The day's warn step: all live rules of one grain in one scan, and alerts that change only when something changed.

A rule that holds opens an alert; while it is open and the level stays, nothing is written. A change of level appends
evidence of its own; a level rises at once and falls when the rule stayed lower for as long as its version says. A rule that stays
clear marks the alert 'condition cleared', which closes nothing: a person does. A rule that can't be evaluated today leaves an open
alert as it is. A rule that fires again soon after the alert was closed opens the same alert again; later, its next episode.
Versions on trial are looked at in the same scan and leave hits of their own, never an alert.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from alerts.observation.models import BorrowerDay, BranchDay, LoanDay, StaffDay
from alerts.rulebook.models import RuleVersion
from alerts.rulebook.queries import LimitInForce, limits_in_force, live_versions, trial_versions
from alerts.rulebook.rules import Level, RuleTree, fields_used
from alerts.rulebook.scan import Scope, earlier_closes, scan, scan_values, scopes
from alerts.rulebook.writing import thresholds, tree_from_json
from alerts.signals import statements
from alerts.signals.queries import setting
from alerts.signals.system import HANDLING_DAYS, system_rule
from borrowers.loans.allocation import MINE
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import working_day_after

NAMES = {Level.YELLOW: "yellow", Level.ORANGE: "orange", Level.RED: "red"}


@dataclass(frozen=True)
class Grain:
    """Where observations of a grain lie and which column of an alert names their subject."""

    name: str
    model: Any
    table: str
    observed_subject: str
    columns: str  # subject, loan, borrower, branch, bucket, person concerned, exposure, currency of the observation `o`
    subject_of: str  # of alert `a`, NULL where it is about something else
    same_subject: str  # of alert `a` and hit `h`
    mine: str = "true"  # which alerts `a` a run over this slice may touch
    sliced: bool = True


LOAN = Grain(
    "loan", LoanDay, "alerts_loanday", "o.loan_id", "o.loan_id, o.loan_id, o.borrower_id, o.branch_id, o.bucket, o.manager_id, o.outstanding, o.currency",
    "a.loan_id", "a.loan_id = h.subject", MINE.format(id="a.loan_id"),
)  # fmt: skip
BORROWER = Grain(
    "borrower", BorrowerDay, "alerts_borrowerday", "o.borrower_id",
    "o.borrower_id, NULL::bigint, o.borrower_id, o.branch_id, o.bucket, o.manager_id, o.outstanding, o.currency",
    "CASE WHEN a.loan_id IS NULL THEN a.borrower_id END", "a.loan_id IS NULL AND a.borrower_id = h.subject",
    "a.loan_id IS NULL AND NOT EXISTS (SELECT 1 FROM borrowers_loan x WHERE x.borrower_id = a.borrower_id AND x.id = ANY (%(held)s::bigint[]))"
    " AND (%(only)s::bigint[] IS NULL OR a.borrower_id IN (SELECT borrower_id FROM borrowers_loan WHERE id = ANY (%(only)s::bigint[])))",
)  # fmt: skip
BRANCH = Grain(
    "branch", BranchDay, "alerts_branchday", "o.branch_id", "o.branch_id, NULL::bigint, NULL::bigint, o.branch_id, 0, NULL::bigint, o.outstanding, ''",
    "CASE WHEN a.borrower_id IS NULL AND a.concerns_id IS NULL THEN a.branch_id END",
    "a.borrower_id IS NULL AND a.concerns_id IS NULL AND a.branch_id = h.subject", sliced=False,
)  # fmt: skip
# Who works nowhere in particular is looked after at the top of the tree.
STAFF = Grain(
    "staff", StaffDay, "alerts_staffday", "o.person_id",
    "o.person_id, NULL::bigint, NULL::bigint, coalesce(o.branch_id, (SELECT b.id FROM people_branch b WHERE b.lender_id = o.lender_id"
    " AND NOT EXISTS (SELECT 1 FROM people_branchreach u WHERE u.descendant_id = b.id AND u.depth > 0 AND u.from_on <= o.as_of"
    " AND (u.to_on IS NULL OR u.to_on > o.as_of)) ORDER BY b.id LIMIT 1)), 0, o.person_id, o.outstanding, ''",
    "CASE WHEN a.borrower_id IS NULL THEN a.concerns_id END", "a.borrower_id IS NULL AND a.concerns_id = h.subject", sliced=False,
)  # fmt: skip


@dataclass(frozen=True)
class Book:
    """The rules of one grain as they count on one day. Keys: ids of live versions, and of trials with a minus before them."""

    versions: list[RuleVersion]
    trials: list[Any]
    trees: Mapping[int, RuleTree]
    scopes: Mapping[int, Scope]
    limits: Mapping[str, LimitInForce]
    closes: Mapping[int, date | None] = field(default_factory=dict)

    @classmethod
    def of(cls, lender: Lender, day: date, grain: str, *, with_trials: bool = True) -> "Book":
        versions = live_versions(lender, day, grain)
        trials = trial_versions(lender, day, grain) if with_trials else []
        keyed = {v.pk: v for v in versions} | {-v.trial.pk: v for v in trials}
        trees = {key: tree_from_json(v.tree) for key, v in keyed.items()}
        closes = earlier_closes(lender, day, trees.values())
        return cls(versions, trials, trees, scopes(lender, day, keyed), limits_in_force(lender, day), closes)

    def scan(self, grain: Grain, key: dict[str, Any]) -> tuple[str, list[Any]]:
        """The beginning of a statement that has `levels (subject, key, level)` of all that is not clear, and its parameters."""
        limits = {name: limit.value for name, limit in self.limits.items()}
        sql, values = scan(grain.name, _observed(grain, key), self.trees, limits, self.closes, self.scopes)
        names = ", ".join(f"l{n}" for n in range(len(self.trees)))
        return statements.LEVELS.format(scan=sql, names=names), [*values, list(self.trees)]


def warn(cursor: CursorWrapper, key: dict[str, Any], grain: Grain, lender: Lender) -> int:
    """Evaluate every live rule of `grain` over one slice and bring the alerts up to date; returns the alerts written.

    key: as `loanwatch.trail.ledger.key_of` makes it. The slice of the branch and staff grains is the whole book. With `only`, the alerts
    of these loans (and of their borrowers) alone, and the tallies and trials of the slice stay as they are: `tally_again` counts them.
    """
    day: date = key["day"]
    book = Book.of(lender, day, grain.name, with_trials=key["only"] is None)
    if not book.trees:
        return 0
    cursor.execute(statements.RULES)
    _tell_rules(cursor, lender, day, book)
    _look(cursor, key, grain, lender, book)
    cooldown, reopen = setting(lender, "alerts.cooldown_days", day), setting(lender, "alerts.reopen_days", day)
    parameters = {**key, "grain": grain.name, "cooldown": cooldown, "reopen": reopen}
    parts = {
        "open": statements.OPEN.format(mine=grain.mine), "same": grain.same_subject, "table": grain.table, "columns": grain.columns,
        "observed_subject": grain.observed_subject, "of_staff": "true" if grain is STAFF else "false",
    }  # fmt: skip
    cursor.execute("SELECT count(*) FROM lw_hit WHERE level > 0")
    fires = cursor.fetchone()[0] > 0
    done = [statements.CLEARED]
    if fires:
        done += [statements.AGAIN, statements.MOVED, statements.LOWER, statements.FRESH, statements.REOPENED, statements.OPENED]
    written = 0
    for statement in done:
        cursor.execute(statement.format(**parts), parameters)
        written += 0 if statement is statements.FRESH else cursor.rowcount
    if fires:
        _keep_evidence(cursor, key, grain, book, parameters)
    return written


def hear(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """Raise what confirmed inspections of a slice found amiss, each once; returns the alerts written. Twice writes nothing more."""
    cursor.execute(statements.HEARD, key)
    cursor.execute("SELECT count(*) FROM lw_heard")
    if not cursor.fetchone()[0]:
        return 0
    version = system_rule(lender, "visit")
    due = {level.value: working_day_after(lender, key["day"], HANDLING_DAYS[name]).isoformat() for level, name in NAMES.items()}
    reopen = setting(lender, "alerts.reopen_days", key["day"])
    parameters = {**key, "rule": version.rule_id, "version": version.pk, "due": json.dumps(due), "reopen": reopen}
    written = 0
    for statement in (statements.HEARD_WORSE, statements.HEARD_AGAIN, statements.HEARD_NEW):
        cursor.execute(statement, parameters)
        written += cursor.rowcount
    cursor.execute(statements.HEARD_EVIDENCE, parameters)
    cursor.execute(statements.HEARD_SIGNALS, parameters)
    return written


def tally_again(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> None:
    """Count anew at how many loans and borrowers of a slice each live rule stands at which level; no alert is touched."""
    for grain in (LOAN, BORROWER):
        book = Book.of(lender, key["day"], grain.name, with_trials=False)
        if book.trees:
            levels, values = book.scan(grain, key)
            _clear_tally(cursor, key, grain)
            cursor.execute(levels + statements.TALLY, [*values, *_tallied(key, grain, lender, book)])


def levels_of(cursor: CursorWrapper, key: dict[str, Any], lender: Lender, table: str) -> None:
    """Make the temporary table `table` (subject, rule_id, level) of the levels above clear at which the live rules of the loan grain stand."""
    book = Book.of(lender, key["day"], LOAN.name, with_trials=False)
    cursor.execute(f"CREATE TEMP TABLE {table} (subject bigint, rule_id bigint, level smallint) ON COMMIT DROP")
    if book.trees:
        levels, values = book.scan(LOAN, key)
        found = "SELECT l.subject, v.rule_id, l.level FROM levels l JOIN alerts_ruleversion v ON v.id = l.key WHERE l.level > 0"
        cursor.execute(f"{levels} INSERT INTO {table} {found}", values)


def _look(cursor: CursorWrapper, key: dict[str, Any], grain: Grain, lender: Lender, book: Book) -> None:
    """The one scan: fill lw_hit, and with it tallies and hits of trials."""
    levels, values = book.scan(grain, key)
    hits, hit_values = statements.HITS.format(subject_of=grain.subject_of), [lender.pk, key["lo"], key["hi"]]
    if key["only"] is not None:
        cursor.execute(levels + hits, [*values, *hit_values])
        return
    _clear_tally(cursor, key, grain)
    parts, part_values = [f"tally AS ({statements.TALLY})"], _tallied(key, grain, lender, book)
    if book.trials:
        live = {v.rule_id: v.pk for v in book.versions}
        trials = [v.trial.pk for v in book.trials]
        cursor.execute(statements.CLEAR_TRIALS, [trials, key["day"], key["lo"], key["hi"]])
        parts.append(f"trials AS ({statements.TRIALS})")
        part_values += [key["day"], key["lo"], trials, [live.get(v.rule_id, 0) for v in book.trials]]
    cursor.execute(f"{levels}, {', '.join(parts)} {hits}", [*values, *part_values, *hit_values])


def _clear_tally(cursor: CursorWrapper, key: dict[str, Any], grain: Grain) -> None:
    cursor.execute(statements.CLEAR_TALLY, {**key, "grain": grain.name})


def _tallied(key: dict[str, Any], grain: Grain, lender: Lender, book: Book) -> list[Any]:
    rows = _observed(grain, key).count()
    return [lender.pk, key["day"], key["lo"], rows, [v.pk for v in book.versions] if rows else []]


def _keep_evidence(cursor: CursorWrapper, key: dict[str, Any], grain: Grain, book: Book, parameters: dict[str, Any]) -> None:
    """The values that the rules read, for the alerts that changed alone."""
    cursor.execute("SELECT DISTINCT version_id FROM lw_changed")
    changed = [version for (version,) in cursor.fetchall()]
    if not changed:
        return
    names = list(dict.fromkeys(name for version in changed for name in fields_used(book.trees[version])))
    of = grain.observed_subject.removeprefix("o.")
    rows = _observed(grain, key).extra(where=[f"{grain.table}.{of} IN (SELECT subject FROM lw_changed)"])  # noqa: S610
    sql, values = scan_values(grain.name, rows, names, book.closes)
    cursor.execute(f"CREATE TEMP TABLE lw_value (subject, told) ON COMMIT DROP AS {sql}", values)
    cursor.execute(statements.EVIDENCE, parameters)


def _observed(grain: Grain, key: dict[str, Any]) -> QuerySet[Any]:
    rows: QuerySet[Any] = grain.model.objects.filter(lender_id=key["lender"], as_of=key["day"]).order_by()
    if not grain.sliced:
        return rows
    rows = rows.filter(bucket__gte=key["lo"], bucket__lte=key["hi"])
    if grain is BORROWER and key["held"]:
        # the row of a borrower with a loan that is set aside tells of the rest of its loans alone
        whole = "NOT EXISTS (SELECT 1 FROM borrowers_loan x WHERE x.borrower_id = alerts_borrowerday.borrower_id AND x.id = ANY (%s::bigint[]))"
        rows = rows.extra(where=[whole], params=[key["held"]])  # noqa: S610
    if grain is LOAN and key["held"]:
        rows = rows.extra(where=["NOT (alerts_loanday.loan_id = ANY (%s::bigint[]))"], params=[key["held"]])
    if key["only"] is not None:
        mine = "alerts_loanday.loan_id = ANY (%s::bigint[])"
        if grain is BORROWER:
            mine = "alerts_borrowerday.borrower_id IN (SELECT borrower_id FROM borrowers_loan WHERE id = ANY (%s::bigint[]))"
        rows = rows.extra(where=[mine], params=[key["only"]])  # noqa: S610
    return rows


def _tell_rules(cursor: CursorWrapper, lender: Lender, day: date, book: Book) -> None:
    """Fill lw_rule: what the statements after the scan need to know of each rule, deadlines included."""
    needed = {days for v in book.versions for days in v.handling_days.values()}
    due = {days: working_day_after(lender, day, days).isoformat() for days in needed}
    limits = {name: limit.value for name, limit in book.limits.items()}
    told = [_told(version, book.trees[version.pk], due, book.limits, limits) for version in book.versions]
    cursor.execute(statements.TELL_RULES, [json.dumps(told)])


def _told(version: RuleVersion, tree: RuleTree, due: Mapping[int, str], known: Mapping[str, LimitInForce], limits: Mapping[str, Any]) -> dict[str, Any]:
    days = version.handling_days
    marks = {level.value: [_mark(t.as_json(), known) for t in thresholds(tree, level, limits)] for level in NAMES if level in tree.levels}
    return {
        "version_id": version.pk, "rule_id": version.rule_id, "staff_conduct": version.rule.staff_conduct, "cure": version.cure_days,
        "hold": version.hold_days, "fields": list(fields_used(tree)), "thresholds": marks,
        "due": {level.value: due[days[name]] for level, name in NAMES.items() if name in days},
    }  # fmt: skip


def _mark(mark: dict[str, Any], limits: Mapping[str, LimitInForce]) -> dict[str, Any]:
    """A threshold as it is frozen: for every limit it speaks of also where its value comes from, and since when it counts."""
    sources = {name: {"source": limits[name].source, "from": limits[name].valid_from.isoformat()} for name in mark.get("limits", ()) if name in limits}
    return mark | ({"sources": sources} if sources else {})
