"""From what a back-test has kept, close by close, to its figures: over the whole book and by part, for each least level, in one statement."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection

from alerts.backtests import rules
from alerts.backtests.models import BacktestRun

TENTH = Decimal("0.1")

COUNTED = """
SELECT part, grouping(part), sum(observed), sum(not_evaluable), sum(in_target), coalesce(sum(observed - in_target) FILTER (WHERE NOT complete), 0),
       coalesce(sum(observed - in_target) FILTER (WHERE complete), 0)
FROM alerts_backtestclose WHERE run_id = %(run)s GROUP BY GROUPING SETS ((), (part))
"""
FIRED = """
WITH hits AS (
    SELECT r.nth, r.part, r.in_target, r.complete, r.reached_on, t.least,
           lag(r.nth) OVER (PARTITION BY t.least, r.subject ORDER BY r.nth) AS before
    FROM alerts_backtestrow r JOIN unnest(%(levels)s::smallint[]) AS t (least) ON r.level >= t.least WHERE r.run_id = %(run)s
), told AS (
    SELECT *, before IS NULL OR nth - before > %(gap)s AS begins, complete AND NOT in_target AS judged FROM hits
)
SELECT least, part, grouping(part), count(*), count(*) FILTER (WHERE judged), count(*) FILTER (WHERE judged AND reached_on IS NOT NULL),
       count(*) FILTER (WHERE in_target), count(*) FILTER (WHERE NOT in_target AND NOT complete),
       count(*) FILTER (WHERE begins), count(*) FILTER (WHERE begins AND nth > %(oldest)s), count(*) FILTER (WHERE begins AND judged),
       count(*) FILTER (WHERE begins AND judged AND reached_on IS NOT NULL)
FROM told GROUP BY GROUPING SETS ((least), (least, part))
"""
FOLLOWED = """
WITH reached AS (
    SELECT r.subject, r.reached_on, r.part, r.as_of, r.level, r.nth FROM alerts_backtestrow r
    WHERE r.run_id = %(run)s AND r.complete AND NOT r.in_target AND r.reached_on IS NOT NULL
), times AS (
    SELECT r.subject, r.reached_on, t.least, (array_agg(r.part ORDER BY r.nth DESC))[1] AS part, count(*) AS closes,
           r.reached_on - min(r.as_of) FILTER (WHERE r.level >= t.least) AS lead
    FROM reached r CROSS JOIN unnest(%(levels)s::smallint[]) AS t (least) GROUP BY r.subject, r.reached_on, t.least
)
SELECT least, part, grouping(part), count(*), count(lead), percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY lead),
       array_agg(lead ORDER BY lead) FILTER (WHERE lead IS NOT NULL)
FROM times GROUP BY GROUPING SETS ((least), (least, part))
"""
REACHED = """
SELECT part, grouping(part), count(*) FROM alerts_backtestrow
WHERE run_id = %(run)s AND complete AND NOT in_target AND reached_on IS NOT NULL GROUP BY GROUPING SETS ((), (part))
"""

Counts = dict[str | None, dict[int, dict[str, Any]]]  # part (None: the whole book) -> least level -> figures


def summed(run: BacktestRun, plan: rules.Plan) -> dict[str, Any]:
    """The result of a run whose closes are all done, ready to be kept.

    `levels`: least level -> figures of the whole book; `parts`: the same by part, most loan-closes first; `closes`, `first`, `last`, `judged_to`:
    how many closes were asked, from when to when, and the last one whose window is over.
    """
    first, final = plan.asked[0], plan.asked[-1]
    found: Counts = {}
    keys = {"run": run.pk, "gap": run.gap, "levels": list(rules.LEVELS), "oldest": plan.number(first)}
    with connection.cursor() as cursor:
        for part, whole, *values in _rows(cursor, COUNTED, keys):
            for level in rules.LEVELS:
                stood = ("observed", "not_evaluable", "in_target", "open", "judged")
                found.setdefault(None if whole else part, {}).setdefault(level, {}).update(zip(stood, values, strict=True))
        for part, whole, reached in _rows(cursor, REACHED, keys):
            for level in rules.LEVELS:
                found.setdefault(None if whole else part, {}).setdefault(level, {})["reached"] = reached
        names = ("hits", "hits_judged", "hits_true", "hits_in_target", "hits_open", "episodes", "fresh", "episodes_judged", "episodes_true")
        for level, part, whole, *values in _rows(cursor, FIRED, keys):
            found[None if whole else part][level].update(zip(names, values, strict=True))
        for level, part, whole, targets, caught, lead, leads in _rows(cursor, FOLLOWED, keys):
            told = {"targets": targets, "caught": caught, "lead": _quartiles(lead) if caught else None, "leads": rules.bars(leads or [])}
            # the part is that of the last close before the target; it may hold no other figure
            found.setdefault(None if whole else part, {}).setdefault(level, {}).update(told)
    days = (final - first).days
    whole = _levels(found.pop(None, {}), days, run.hours)
    parts = [{"part": part, "levels": _levels(levels, days, run.hours)} for part, levels in found.items()] if run.cut else []
    judged = [day for day in plan.asked if rules.window_end(day, run.months) <= plan.last]
    return {
        "levels": whole, "parts": sorted(parts, key=lambda p: (-p["levels"]["1"]["observed"], p["part"])), "closes": len(plan.asked),
        "first": first.isoformat(), "last": final.isoformat(), "judged_to": judged[-1].isoformat() if judged else None, "judged_closes": len(judged),
        "newest": plan.last.isoformat(),
    }  # fmt: skip


def _rows(cursor: Any, statement: str, keys: dict[str, Any]) -> list[Any]:
    cursor.execute(statement, keys)
    return list(cursor.fetchall())


def _quartiles(values: list[float]) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(value)).quantize(TENTH, rounding=ROUND_HALF_UP) for value in values)


def _levels(by_level: dict[int, dict[str, Any]], days: int, hours: Decimal) -> dict[str, Any]:
    return {str(level): rules.Figures(**{**_whole(by_level.get(level, {})), "days": days, "hours": hours}).as_json() for level in rules.LEVELS}


def _whole(counts: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in counts.items()}
