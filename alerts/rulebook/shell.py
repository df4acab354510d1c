"""The rulebook for the command line: rules as plain values, what is wrong with a text, and what it would say over a whole book."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from alerts.rulebook import queries
from alerts.rulebook.errors import RuleError, RuleRefused
from alerts.rulebook.forms import states_of
from alerts.rulebook.language import parse
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.rules import RuleTree, fields_used, limits_used
from alerts.rulebook.scan import GRAINS, earlier_closes, scan, scopes
from alerts.rulebook.vocabulary import about_conduct
from alerts.rulebook.writing import tree_from_json
from loanwatch.lenders.models import Lender

MOST_SUBJECTS = 1000
TRIED, LIVE = 0, 1
COUNTED = """
WITH levels (subject, tried{live}) AS MATERIALIZED ({scan})
SELECT count(*), count(*) FILTER (WHERE tried = 3), count(*) FILTER (WHERE tried = 2), count(*) FILTER (WHERE tried = 1),
       count(*) FILTER (WHERE tried = 0), count(*) FILTER (WHERE tried = -1), {fresh}, {gone},
       (SELECT array_agg(subject ORDER BY tried DESC, subject) FROM (SELECT * FROM levels WHERE tried > 0 ORDER BY tried DESC, subject LIMIT {most}) f)
FROM levels
"""


def listed(lender: Lender, on: date) -> list[dict[str, Any]]:
    """Every rule with its states on `on` and the version that counts, or else the one that is worked on."""
    return [_rule(rule) for rule in queries.rulebook(lender, on)]


def _rule(rule: Any) -> dict[str, Any]:
    shown: RuleVersion | None = rule.live or rule.draft or rule.last
    return {
        "code": rule.code, "name": rule.name, "family": rule.family, "grain": rule.grain, "states": states_of(rule), "staff_conduct": rule.staff_conduct,
        "version": shown and shown.version, "confidence": shown and shown.confidence, "live_from": shown and _iso(shown.valid_from),
        "live_until": shown and _iso(shown.valid_to), "text": shown and shown.text,
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def checked(text: str, grain: str) -> dict[str, Any]:
    """What a text reads and limits it names, or every error with its place and proposal."""
    try:
        tree = parse(text, grain)
    except RuleRefused as fault:
        return {"valid": False, "errors": [_error(error) for error in fault.errors]}
    levels = [level.name.lower() for level in tree.levels]
    return {"valid": True, "levels": levels, "fields": list(fields_used(tree)), "limits": list(limits_used(tree)), "errors": []}


def _error(error: RuleError) -> dict[str, Any]:
    return {
        "code": error.code, "line": error.line, "column": error.column, "word": error.word, "message": error.message, "proposal": error.proposal,
    }  # fmt: skip


def previewed(lender: Lender, rule: Rule | None, version: RuleVersion | None, tree: RuleTree, day: date) -> dict[str, Any]:
    """What `tree` would say at the close of `day` over the whole book, beside the version of `rule` in force then.

    version: whose scope counts; none is everywhere. Numbers by level; `new` and `no_longer` against the version in force, null where there
    is none; `subjects`: numbers or codes of what fires, the worst first, at most 1,000; none for a rule on staff or their conduct.
    """
    live = next((v for v in queries.live_versions(lender, day, tree.grain) if rule is not None and v.rule_id == rule.pk), None)
    trees = {TRIED: tree} | ({LIVE: tree_from_json(live.tree)} if live else {})
    limits = queries.limit_values(lender, day)
    scoped: Any = {key: v for key, v in ((TRIED, version), (LIVE, live)) if v is not None}
    place = GRAINS[tree.grain]
    rows = place.model.objects.filter(lender=lender, as_of=day)
    sql, values = scan(tree.grain, rows, trees, limits, earlier_closes(lender, day, trees.values()), scopes(lender, day, scoped))
    fresh, gone = ("count(*) FILTER (WHERE tried > 0 AND live <= 0)", "count(*) FILTER (WHERE tried <= 0 AND live > 0)") if live else ("NULL", "NULL")
    with connection.cursor() as cursor:
        cursor.execute(COUNTED.format(scan=sql, live=", live" if live else "", fresh=fresh, gone=gone, most=MOST_SUBJECTS), values)
        observed, red, orange, yellow, clear, unknown, new, no_longer, subjects = cursor.fetchone()
    hidden = about_conduct(tree, marked=rule is not None and rule.staff_conduct)
    return {
        "as_of": day.isoformat(), "observed": observed, "red": red, "orange": orange, "yellow": yellow, "clear": clear, "not_evaluable": unknown,
        "against_version": live and live.version, "new": new, "no_longer": no_longer, "limits_without_value": [n for n in limits_used(tree) if n not in limits],
        "subjects": None if hidden else _named(tree.grain, subjects or []),
    }  # fmt: skip


def _named(grain: str, keys: Sequence[int]) -> list[str]:
    subject: Any = GRAINS[grain].model._meta.get_field(grain).related_model
    column = "code" if grain == Rule.Grain.BRANCH else "number"
    names = dict(subject.objects.filter(pk__in=keys).values_list("pk", column))
    return [names[key] for key in keys if key in names]
