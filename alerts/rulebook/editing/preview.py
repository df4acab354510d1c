"""What a rule would say if it ran at the last close: the scan of the nightly run over what a person may see, counted and listed."""

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from alerts.observation.models import DroppedDay
from alerts.rulebook.drafting import Draft
from alerts.rulebook.models import RuleVersion
from alerts.rulebook.queries import limit_values, live_versions
from alerts.rulebook.rules import RuleTree, limits_used, looks_back
from alerts.rulebook.scan import GRAINS, earlier_closes, scan, scopes
from alerts.rulebook.vocabulary import about_conduct
from alerts.rulebook.writing import tree_from_json
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access

LONGEST_MS = 5000
PAGE = 10
DRAFT, LIVE = 0, 1
QUERY_CANCELED = "57014"

# What stands at which level; the live version is NULL throughout where there is none.
COUNTED = """
WITH levels (subject, draft, live) AS MATERIALIZED ({scan}),
hits AS (
    SELECT l.subject, l.draft, l.draft > 0 AND l.live <= 0 AS fresh, o.outstanding, {currency} AS currency
    FROM levels l JOIN {table} o ON o.lender_id = %s AND o.as_of = %s AND o.{subject} = l.subject WHERE l.draft > 0
)
SELECT json_build_object(
    'all', count(*), 'red', count(*) FILTER (WHERE draft = 3), 'orange', count(*) FILTER (WHERE draft = 2), 'yellow', count(*) FILTER (WHERE draft = 1),
    'unknown', count(*) FILTER (WHERE draft = -1), 'fires', count(*) FILTER (WHERE draft > 0),
    'fresh', count(*) FILTER (WHERE draft > 0 AND live <= 0), 'gone', count(*) FILTER (WHERE draft <= 0 AND live > 0),
    'amounts', (SELECT json_agg(json_build_array(a.currency, a.amount::text)) FROM
                (SELECT currency, sum(outstanding) AS amount FROM hits GROUP BY currency ORDER BY count(*) DESC) a),
    'rows', (SELECT json_agg(json_build_object('subject', p.subject, 'level', p.draft, 'fresh', p.fresh, 'outstanding', p.outstanding::text, 'currency', p.currency))
             FROM (SELECT * FROM hits ORDER BY draft DESC, outstanding DESC, subject LIMIT %s OFFSET %s) p))::text
FROM levels
"""


@dataclass(frozen=True)
class Preview:
    """How a draft would stand at the close of `as_of`.

    observed, fires, red, orange, yellow, unknown: numbers of subjects. fresh, gone: against the live version, None where there is none.
    amounts: (currency, outstanding) of what fires; currencies are never added. rows: one page, worst and largest first. unset: limits
    that have no value that day. before_history: numbers of days by which the draft looks back and for which no observations are kept, before
    the first close or thinned out since. hidden: the rule is on the conduct of staff, so nothing is listed and no amount told. too_slow: the
    database was stopped after LONGEST_MS, and nothing else is known.
    """

    as_of: date
    observed: int = 0
    fires: int = 0
    levels: tuple[tuple[str, int], ...] = ()
    unknown: int = 0
    fresh: int | None = None
    gone: int | None = None
    amounts: tuple[tuple[str, Decimal], ...] = ()
    rows: list[dict[str, Any]] = field(default_factory=list)
    page: int = 1
    unset: tuple[str, ...] = ()
    before_history: tuple[int, ...] = ()
    hidden: bool = False
    too_slow: bool = False

    @property
    def pages(self) -> int:
        """How many pages the list has, at least one."""
        return max(1, -(-self.fires // PAGE))


def observations(grain: str, lender: Lender, day: date, access: Access) -> QuerySet[Any]:
    """The observations of a close that this person may see."""
    rows = GRAINS[grain].model.objects.filter(lender=lender, as_of=day)
    return rows.filter(branch_id__in=access.subtree()) if grain == "branch" else rows.visible_to(access)


def preview(access: Access, lender: Lender, day: date, draft: Draft, tree: RuleTree, page: int = 1) -> Preview:
    """What `tree` with the scope of `draft` would say at the close of `day`, beside the version of its rule that is live then."""
    live: RuleVersion | None = next((v for v in live_versions(lender, day, tree.grain) if v.rule.code == draft.code), None)
    trees = {DRAFT: tree} | ({LIVE: tree_from_json(live.tree)} if live else {})
    limits, closes = limit_values(lender, day), earlier_closes(lender, day, trees.values())
    gone = set(DroppedDay.objects.filter(lender=lender, as_of__in=[close for close in closes.values() if close]).values_list("as_of", flat=True))
    told: dict[str, Any] = {
        "unset": tuple(name for name in limits_used(tree) if name not in limits), "hidden": about_conduct(tree, marked=draft.staff_conduct),
        "before_history": tuple(n for n in looks_back([tree]) if closes[n] is None or closes[n] in gone),
    }  # fmt: skip
    within = scopes(lender, day, {DRAFT: draft} | ({LIVE: live} if live else {}))
    sql, values = scan(tree.grain, observations(tree.grain, lender, day, access), trees, limits, closes, within)
    if not live:
        sql = f"SELECT s.*, NULL::smallint FROM ({sql}) s"
    place = GRAINS[tree.grain]
    currency = "o.currency" if tree.grain in ("loan", "borrower") else "''"
    statement = COUNTED.format(scan=sql, table=place.table, subject=place.subject, currency=currency)
    page = max(1, page)
    counted = _run(statement, [*values, lender.pk, day, PAGE, (page - 1) * PAGE])
    if counted is None:
        return Preview(day, too_slow=True, **told)
    if told["hidden"]:
        counted |= {"amounts": [], "rows": []}
    return Preview(
        day, observed=counted["all"], fires=counted["fires"], levels=tuple((name, counted[name]) for name in ("red", "orange", "yellow")),
        unknown=counted["unknown"], fresh=counted["fresh"] if live else None, gone=counted["gone"] if live else None,
        amounts=tuple((currency or lender.currency, Decimal(amount)) for currency, amount in counted["amounts"] or []),
        rows=_named(tree.grain, lender, counted["rows"] or []), page=page, **told,
    )  # fmt: skip


def _run(statement: str, values: list[Any]) -> dict[str, Any] | None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LONGEST_MS)])
            cursor.execute(statement, values)
            found: dict[str, Any] = json.loads(cursor.fetchone()[0])
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])  # a statement that is stopped takes it back itself
            return found
    except OperationalError as fault:
        if getattr(fault.__cause__, "pgcode", "") == QUERY_CANCELED:
            return None
        raise


def _named(grain: str, lender: Lender, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with what their subject is called, its number and its borrower."""
    keys = [row["subject"] for row in rows]
    subject: Any = GRAINS[grain].model._meta.get_field(grain if grain != "staff" else "person").related_model
    known = subject.objects.in_bulk(keys) if grain != "loan" else {loan.pk: loan for loan in subject.objects.filter(pk__in=keys).select_related("borrower")}
    for row in rows:
        row |= {"about": known.get(row["subject"]), "outstanding": Decimal(row["outstanding"]), "currency": row["currency"] or lender.currency}
    return rows
