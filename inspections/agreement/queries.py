"""How often two views agree, by whatever the page asks for, and what the work of each verifying officer comes to."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, F, FloatField, Max, Q, QuerySet
from django.db.models.functions import Cast, NullIf, TruncMonth

from inspections.agreement.rules import AT_ONCE_MINUTES, LEAST, LEAST_WORDS, Agreement, Work, signs
from inspections.four_eyes.models import PointResult
from inspections.planning.models import Task
from inspections.visits.models import Checkpoint, Template
from inspections.visits.queries import in_language
from loanwatch.people.access import Access
from loanwatch.people.models import Branch
from loanwatch.people.policy import Act
from loanwatch.people.reader import as_house

# By what it is grouped -> (the column, the columns that name it).
BY: dict[str, tuple[str, tuple[str, ...]]] = {
    "manager": ("verification__visit__recorded_by", ("verification__visit__recorded_by__name", "verification__visit__recorded_by__staff_no")),
    "officer": ("verification__officer", ("verification__officer__name", "verification__officer__staff_no")),
    "branch": ("verification__visit__branch", ("verification__visit__branch__name", "verification__visit__branch__code")),
    "checkpoint": ("code", ()),
    "template": ("verification__visit__template", ()),
    "month": ("month", ()),
}
SORTS = ("name", "points", "same", "differs", "material", "checks")
TREND_MONTHS = 6


@dataclass
class Line:
    """One group: who or what, the counts, and the share that was the same month by month (percent; None where nothing was compared)."""

    key: Any
    name: str
    detail: str
    agreement: Agreement
    trend: list[float | None] = field(default_factory=list)


def results(access: Access, *, since: date | None = None, until: date | None = None, **narrowed: Any) -> QuerySet[PointResult, Any]:
    """Results of decided checks in the branches of this person, without those in which the person had a part.

    Who verifies sees only what is confirmed: of a returned visit the next attempt still waits for blind eyes. since, until: days
    of the decision in the lender's calendar, both included. Adds `month`. narrowed: manager, officer (staff numbers), branch (code), template (code), method, kind.
    """
    found = PointResult.objects.filter(verification__visit__branch_id__in=access.subtree()).exclude(verification__decision="")
    if access.person:
        found = found.exclude(Q(verification__officer=access.person) | Q(verification__visit__recorded_by=access.person))
    if not access.may(Act.AGREEMENT_OFFICERS):
        found = found.filter(verification__visit__task__state=Task.State.DONE)
    zone = _zone(access)
    if since:
        found = found.filter(verification__decided_at__gte=datetime.combine(since, time.min, zone))
    if until:
        found = found.filter(verification__decided_at__lt=datetime.combine(until + timedelta(days=1), time.min, zone))
    found = found.annotate(month=TruncMonth("verification__decided_at", tzinfo=zone))
    columns = {
        "manager": "verification__visit__recorded_by__staff_no", "officer": "verification__officer__staff_no",
        "branch": "verification__visit__branch__code", "template": "verification__visit__template__code", "method": "verification__method",
        "kind": "verification__visit__task__kind", "checkpoint": "code",
    }  # fmt: skip
    return found.filter(**{columns[name]: value for name, value in narrowed.items() if value})


def _zone(access: Access) -> ZoneInfo:
    lender = access.person.lender if access.person else None
    return ZoneInfo(lender.zone if lender else "UTC")


COUNTED = {
    "same": Count("pk", filter=Q(result="same")),
    "differs": Count("pk", filter=Q(result="differs")),
    "material": Count("pk", filter=Q(result="material")),
    "one_sided": Count("pk", filter=Q(result="one_sided")),
    "points": Count("pk", filter=~Q(result="one_sided")),
    "checks": Count("verification", distinct=True),
}


def grouped(found: QuerySet[PointResult, Any], by: str, sort: str) -> QuerySet[PointResult, Any]:
    """One row a group, sorted: a share with few points never stands before one that says something."""
    key, names = BY[by]
    rows = found.order_by().values(key, *names).annotate(**COUNTED)
    if by == "checkpoint":
        rows = rows.annotate(newest=Max("checkpoint"))
    down, column = sort.startswith("-"), sort.lstrip("-")
    if column in {"same", "differs", "material"}:
        rows = rows.annotate(part=Cast(F(column), FloatField()) / NullIf(F("points"), 0), few=Q(points__lt=LEAST))
        part = F("part").desc(nulls_last=True) if down else F("part").asc(nulls_last=True)
        return rows.order_by("few", part, key)
    if column == "name":
        first = names[0] if names else key
        return rows.order_by(f"-{first}" if down else first, key)
    return rows.order_by(sort, key)


def lines(rows: Any, found: QuerySet[PointResult, Any], by: str, on: date) -> list[Line]:
    """The groups of a page with their names and trends. Two queries at most."""
    rows = list(rows)
    key = BY[by][0]
    labels = _labels(rows, by)
    trends = {} if by == "month" else _trends(found, by, [row[key] for row in rows], on)
    made = []
    for row in rows:
        name, detail = labels[row[key]]
        counts = Agreement(row["same"], row["differs"], row["material"], row["one_sided"], row["checks"])
        made.append(Line(row[key], name, detail, counts, trends.get(row[key], [])))
    return made


def _labels(rows: list[dict[str, Any]], by: str) -> dict[Any, tuple[str, str]]:
    key, names = BY[by]
    if by == "checkpoint":
        kept = dict(Checkpoint.objects.filter(pk__in=[row["newest"] for row in rows]).values_list("pk", "label"))
        return {row[key]: (in_language(kept.get(row["newest"])), row[key]) for row in rows}
    if by == "template":
        forms = {t.pk: t for t in Template.objects.filter(pk__in=[row[key] for row in rows])}
        return {pk: (in_language(t.name), str(t)) for pk, t in forms.items()}
    if by == "month":
        return {row[key]: (f"{row[key]:%Y-%m}", "") for row in rows}
    return {row[key]: (row[names[0]], row[names[1]]) for row in rows}


def _months(on: date) -> list[tuple[int, int]]:
    last = on.year * 12 + on.month - 1
    return [divmod(n, 12) for n in range(last - TREND_MONTHS + 1, last + 1)]


def _trends(found: QuerySet[PointResult, Any], by: str, keys: list[Any], on: date) -> dict[Any, list[float | None]]:
    key = BY[by][0]
    first_year, first_month = _months(on)[0]
    since = datetime(first_year, first_month + 1, 1, tzinfo=ZoneInfo("UTC")) - timedelta(days=1)
    recent = found.filter(**{f"{key}__in": keys, "month__gte": since})
    counted = recent.order_by().values(key, "month")
    counted = counted.annotate(same=COUNTED["same"], points=COUNTED["points"])
    kept = {(row[key], row["month"].year, row["month"].month - 1): row for row in counted}
    return {
        k: [100 * row["same"] / row["points"] if (row := kept.get((k, *month))) and row["points"] else None for month in _months(on)] for k in keys
    }


def whole(found: QuerySet[PointResult, Any]) -> Agreement:
    """All results as one group."""
    row = found.aggregate(**COUNTED)
    return Agreement(row["same"], row["differs"], row["material"], row["one_sided"], row["checks"])


# Work of the officers --------------------------------------------------------------------------------------------------------

WORK = """
WITH checked AS (
    SELECT f.id, f.officer_id, f.method, f.decision, v.recorded_by_id, v.branch_id, v.submitted_at, f.decided_at, f.opened_at, f.own_recorded_at,
           CASE WHEN d.drawn_at <= f.own_recorded_at THEN d.method END AS drawn,  -- one drawn afterwards could not be followed
           EXISTS (SELECT 1 FROM inspections_verification o WHERE o.visit_id = v.id AND o.method = 'visit' AND o.own_recorded_at IS NOT NULL) AS gone,
           regexp_replace(lower(normalize(f.own_summary, NFKC)), '[[:space:][:punct:]]', '', 'g') AS own_words,
           regexp_replace(lower(normalize(w.summary, NFKC)), '[[:space:][:punct:]]', '', 'g') AS report_words,
           r.points, r.same
    FROM inspections_verification f
    JOIN inspections_visit v ON v.id = f.visit_id
    JOIN lenders_lender z ON z.id = f.lender_id
    LEFT JOIN inspections_draw d ON d.visit_id = v.id
    LEFT JOIN inspections_visitwords w ON w.visit_id = v.id
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE p.result <> 'one_sided') AS points, count(*) FILTER (WHERE p.result = 'same') AS same
        FROM inspections_pointresult p WHERE p.verification_id = f.id
    ) r ON true
    WHERE f.decision <> '' AND v.branch_id = ANY (%(branches)s) AND (f.decided_at AT TIME ZONE z.zone)::date BETWEEN %(since)s AND %(until)s
      AND f.officer_id IS DISTINCT FROM %(reader)s
),
pairs AS (SELECT officer_id, max(n) AS largest FROM (SELECT officer_id, recorded_by_id, count(*) AS n FROM checked GROUP BY 1, 2) p GROUP BY 1),
recorders AS (
    SELECT o.officer_id, count(DISTINCT c.recorded_by_id) AS n
    FROM (SELECT DISTINCT officer_id, branch_id FROM checked) o JOIN checked c ON c.branch_id = o.branch_id GROUP BY 1
)
SELECT s.id, s.name, s.staff_no, count(*), coalesce(sum(c.points), 0), coalesce(sum(c.same), 0),
       count(*) FILTER (WHERE c.method <> 'batch'), coalesce(sum(c.points) FILTER (WHERE c.method <> 'batch'), 0),
       count(*) FILTER (WHERE c.points > 0 AND c.points = c.same AND c.method <> 'batch'),
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM c.own_recorded_at - c.opened_at) / nullif(c.points, 0))
           FILTER (WHERE c.method = 'desk'))::numeric(12, 1),
       count(*) FILTER (WHERE c.decision = 'confirmed' AND c.decided_at - c.submitted_at <= make_interval(mins => %(minutes)s)),
       max(p.largest), max(w.n),
       count(*) FILTER (WHERE c.drawn = 'visit'), count(*) FILTER (WHERE c.drawn = 'visit' AND NOT c.gone),
       count(*) FILTER (WHERE length(c.own_words) >= %(words)s AND c.own_words = c.report_words)
FROM checked c JOIN people_person s ON s.id = c.officer_id JOIN pairs p USING (officer_id) JOIN recorders w USING (officer_id)
GROUP BY s.id, s.name, s.staff_no
ORDER BY s.name, s.id
"""


@dataclass(frozen=True)
class Officer:
    """One verifying officer with the figures of a period and the signs they show."""

    person_id: int
    name: str
    staff_no: str
    work: Work
    signs: list[str]

    @property
    def agreement(self) -> Agreement:
        return Agreement(self.work.same, self.work.points - self.work.same, 0, 0, self.work.checks)


def officers(access: Access, *, since: date, until: date, branch: str = "") -> list[Officer]:
    """The officers who decided on visits in this person's branches, never the person. Two queries. branch: a code."""
    access.check(Act.AGREEMENT_OFFICERS)
    reach = Branch.objects.filter(pk__in=access.subtree())
    if branch:
        reach = reach.filter(code=branch)
    asked: dict[str, Any] = {
        "branches": list(reach.values_list("pk", flat=True)), "since": since, "until": until, "minutes": AT_ONCE_MINUTES, "words": LEAST_WORDS,
        "reader": access.person.pk if access.person else None,
    }  # fmt: skip
    with as_house(), connection.cursor() as cursor:  # words are compared, and none of them shown
        cursor.execute(WORK, asked)
        rows = cursor.fetchall()
    made = []
    for pk, name, staff_no, *figures in rows:
        work = Work(*figures)
        made.append(Officer(pk, name, staff_no, work, signs(work)))
    return made


def since_of(on: date, days: int) -> date:
    """The first day of a period of `days` that ends on `on`."""
    return on - timedelta(days=days - 1)
