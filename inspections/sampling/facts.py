"""What the share of an inspection depends on, read for many inspections at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count

from inspections.evidence.models import Flag
from inspections.sampling.rules import Facts
from loanwatch.lenders.models import Lender
from loanwatch.people.reader import as_house
from loanwatch.trail.queries import last_taken

LOOK_BACK = 730  # days of checks in which the last points are looked for

# The worst alert is the worst of those that were open on the day the inspection was handed in, or since: closing one afterwards
# makes no smaller share. The alert for which a special inspection was ordered counts as well.
VISITS = """
SELECT v.id, v.content_hash, v.submitted_on, v.recorded_by_id, l.branch_id, t.kind, p.kind, l.principal,
       greatest(coalesce(a.worst, 0), coalesce(own.level, 0)), coalesce(a.n, 0), coalesce(tier.tier, 0),
       coalesce(decided.risk_class, o.risk_class, 'normal'), coalesce(whole.outstanding, 0),
       coalesce(earlier.method, '')
FROM inspections_visit v
JOIN inspections_task t ON t.id = v.task_id
JOIN borrowers_loan l ON l.id = v.loan_id
JOIN lenders_product p ON p.id = l.product_id
LEFT JOIN alerts_alert own ON own.id = t.alert_id
LEFT JOIN LATERAL (
    SELECT max(a.level) AS worst, count(*) AS n FROM alerts_alert a
    WHERE (a.loan_id = l.id OR (a.loan_id IS NULL AND a.borrower_id = l.borrower_id)) AND NOT a.staff_conduct
      AND (a.closed_on IS NULL OR a.closed_on >= v.submitted_on) AND a.opened_on <= greatest(v.submitted_on, %(on)s)
) a ON true
LEFT JOIN LATERAL (
    SELECT k.tier FROM borrowers_keycustomertier k
    WHERE k.borrower_id = l.borrower_id AND k.valid_from <= v.submitted_on AND (k.to_on IS NULL OR k.to_on > v.submitted_on)
      AND k.known_from <= %(on)s AND NOT k.withdrawn
      AND NOT EXISTS (SELECT 1 FROM borrowers_keycustomertier r WHERE r.borrower_id = k.borrower_id AND r.valid_from = k.valid_from
                      AND r.revision > k.revision AND r.known_from <= %(on)s)
    ORDER BY k.valid_from DESC LIMIT 1
) tier ON true
LEFT JOIN LATERAL (
    SELECT d.risk_class FROM borrowers_classdecision d WHERE d.loan_id = l.id AND d.known_from <= %(on)s ORDER BY d.id DESC LIMIT 1
) decided ON true
LEFT JOIN LATERAL (
    SELECT o.risk_class FROM alerts_loanday o WHERE o.lender_id = %(lender)s AND o.as_of = %(close)s AND o.loan_id = l.id
) o ON true
LEFT JOIN LATERAL (
    SELECT sum(o.outstanding) AS outstanding FROM alerts_loanday o
    WHERE o.lender_id = %(lender)s AND o.as_of = %(close)s AND o.borrower_id = l.borrower_id AND o.currency = %(currency)s
) whole ON true
LEFT JOIN LATERAL (
    SELECT d.method FROM inspections_visit e JOIN inspections_draw d ON d.visit_id = e.id WHERE e.task_id = v.task_id AND e.attempt < v.attempt
    ORDER BY array_position(ARRAY['visit', 'desk', 'batch'], d.method::text) LIMIT 1
) earlier ON true
WHERE v.lender_id = %(lender)s AND v.state <> 'draft' AND t.kind <> 'verify' AND v.id = ANY (%(visits)s)
ORDER BY v.id
"""
# Points that a verifier compared, the newest first, as far as the last n of them reach into the past.
DISAGREEMENT = """
SELECT who, sum(points), sum(changed) FROM (
    SELECT who, points, changed, sum(points) OVER (PARTITION BY who ORDER BY f."on" DESC, f.id DESC) - points AS before
    FROM (SELECT {who} AS who, f."on", f.id, (f.detail ->> 'points')::int AS points, (f.detail ->> 'changed')::int AS changed
          FROM borrowers_conductfact f {join}
          WHERE f.lender_id = %(lender)s AND f.kind = 'visit_verified' AND f."on" BETWEEN %(since)s AND %(on)s AND {who} = ANY (%(whom)s)) f
) f WHERE before < %(last)s GROUP BY who
"""
OF_PERSON = DISAGREEMENT.format(who="f.person_id", join="")
OF_BRANCH = DISAGREEMENT.format(who="l.branch_id", join="JOIN borrowers_loan l ON l.id = f.loan_id")


@dataclass(frozen=True)
class Drawable:
    """A submitted inspection that a draw may be made of, with what its share depends on."""

    visit_id: int
    content_hash: str
    submitted_on: date
    recorded_by_id: int
    branch_id: int
    facts: Facts


def drawables(lender: Lender, visit_ids: Iterable[int], *, on: date, last_points: int) -> list[Drawable]:
    """The submitted ones of these inspections with their facts as known on `on`. Verification visits are left out.

    last_points: over how many compared points disagreement is looked at. Four queries, whatever the number.
    """
    ids = list(visit_ids)
    if not ids:
        return []
    with connection.cursor() as cursor:
        key: dict[str, Any] = {"lender": lender.pk, "visits": ids, "on": on, "close": last_taken(lender), "currency": lender.currency}
        cursor.execute(VISITS, key)
        rows = cursor.fetchall()
        flags = _flags(ids)
        asked: dict[str, Any] = {"lender": lender.pk, "on": on, "since": on - timedelta(days=LOOK_BACK), "last": last_points}
        cursor.execute(OF_PERSON, asked | {"whom": sorted({row[3] for row in rows})})
        persons = {who: (int(points), int(changed)) for who, points, changed in cursor.fetchall()}
        cursor.execute(OF_BRANCH, asked | {"whom": sorted({row[4] for row in rows})})
        branches = {who: (int(points), int(changed)) for who, points, changed in cursor.fetchall()}
    found = []
    for visit, content, submitted, person, branch, kind, product, amount, level, alerts, tier, risk_class, exposure, before in rows:
        own, of_branch = persons.get(person, (0, 0)), branches.get(branch, (0, 0))
        facts = Facts(
            kind=kind, product=product, amount=Decimal(amount), level=level, tier=tier, flags=flags.get(visit, 0), alerts=alerts,
            risk_class=risk_class, exposure=Decimal(exposure), person_points=own[0], person_changed=own[1], branch_points=of_branch[0],
            branch_changed=of_branch[1], before=before,
        )  # fmt: skip
        found.append(Drawable(visit, content, submitted, person, branch, facts))
    return found


def _flags(ids: list[int]) -> dict[int, int]:
    with as_house():  # who sets the draw off may not see them yet
        return dict(Flag.objects.filter(visit__in=ids).order_by().values_list("visit").annotate(n=Count("pk")))
