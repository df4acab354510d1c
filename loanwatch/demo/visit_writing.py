"""Writes the inspections of the past through the same doors of the database as real ones: draft, answers, submission, own view, decision.

Set by set instead of one by one, so that thousands take seconds; every guard of the tables sees every row.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import connection
from psycopg2.extras import execute_values

from borrowers.loans.models import CheckDuty
from inspections.four_eyes.models import OwnAnswer, Verification
from inspections.planning.models import Task
from inspections.visits.models import Answer, Checkpoint, Photo, Template, Visit
from inspections.visits.queries import template_for
from inspections.visits.rules import metres_between, seal
from loanwatch.demo import photos
from loanwatch.demo.copying import copy, take_ids
from loanwatch.demo.inspecting import Attempt, Decision, Inspection
from loanwatch.demo.staff import RUBBER_STAMP
from loanwatch.demo.writing import Writer
from loanwatch.people.models import Person

SEALED = "CREATE TEMP TABLE lw_demo_sealed (id bigint, submitted_at timestamptz, submitted_on date, content_hash text) ON COMMIT DROP"
SUBMIT = """
UPDATE inspections_visit v
SET state = 'submitted', submitted_at = s.submitted_at, submitted_on = s.submitted_on, content_hash = s.content_hash
FROM lw_demo_sealed s WHERE s.id = v.id
"""
VIEWED = """
CREATE TEMP TABLE lw_demo_viewed (id bigint, visit_id bigint, officer_id bigint, conclusion text, summary text, decision text, reason text,
                                  explanation text, at timestamptz) ON COMMIT DROP
"""
VIEW = """
UPDATE inspections_verification v SET own_conclusion = w.conclusion, own_summary = w.summary, own_recorded_at = w.at - interval '20 minutes'
FROM lw_demo_viewed w WHERE w.id = v.id
"""
READ = """
INSERT INTO inspections_reading (visit_id, person_id, since) SELECT visit_id, officer_id, at - interval '20 minutes' FROM lw_demo_viewed
"""
DECIDE = """
UPDATE inspections_verification v SET decision = w.decision, reason = w.reason, explanation = w.explanation, decided_at = w.at,
       seen_hash = (SELECT content_hash FROM inspections_visit WHERE id = v.visit_id)
FROM lw_demo_viewed w WHERE w.id = v.id
"""
# How the officer's answers stand to the report, point by point, by the rules of the comparison: figures within the tolerance are the
# same, three times beyond it or a change of what fails is material, one side empty is one-sided.
COMPARE = """
INSERT INTO inspections_pointresult (verification_id, checkpoint_id, code, result, percent)
SELECT w.id, c.id, c.code,
       CASE WHEN o.value IS NULL OR c.kind = 'text' OR '"not_seen"' IN (a.value::text, o.value::text) THEN 'one_sided'
            WHEN a.value = o.value OR abs(f.percent) <= c.tolerance THEN 'same'
            WHEN abs(f.percent) > coalesce(c.material, 3 * c.tolerance) OR (c.fails_when @> a.value) <> (c.fails_when @> o.value) THEN 'material'
            ELSE 'differs' END,
       CASE WHEN a.value <> o.value THEN f.percent END
FROM lw_demo_viewed w
JOIN inspections_answer a ON a.visit_id = w.visit_id AND a.value IS NOT NULL
JOIN inspections_checkpoint c ON c.id = a.checkpoint_id
LEFT JOIN inspections_ownanswer o ON o.verification_id = w.id AND o.checkpoint_id = c.id
LEFT JOIN LATERAL (
    SELECT CASE WHEN c.kind IN ('number', 'money', 'percent') THEN
        round(100 * ((o.value #>> '{}')::numeric - (a.value #>> '{}')::numeric) / nullif(abs((a.value #>> '{}')::numeric), 0), 2) END AS percent
) f ON true
"""
SETTLE = """
UPDATE inspections_visit v SET state = CASE w.decision WHEN 'confirmed' THEN 'verified' ELSE 'returned' END,
       verified_by_id = CASE w.decision WHEN 'confirmed' THEN w.officer_id END, verified_at = CASE w.decision WHEN 'confirmed' THEN w.at END
FROM lw_demo_viewed w WHERE w.visit_id = v.id
"""


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant of a working day in Shanghai."""
    return datetime.combine(day, time(hour, minute), tzinfo=UTC) - timedelta(hours=8)


class Recorder:
    """Writes tasks and visits; `writer` knows the ids of loans, people and branches."""

    def __init__(self, writer: Writer, people: dict[str, Person]) -> None:
        self.stops: dict[tuple[str, date], Iterator[int]] = defaultdict(count)  # one visit of a person after another, an hour apart
        self.writer, self.people = writer, people
        kinds = {(kind, "") for kind in ("first", "routine", "special")}  # the general forms, which `findings` answers
        self.templates: dict[tuple[str, str], Template | None] = {key: template_for(writer.lender, *key) for key in kinds}
        wanted = [t.pk for t in self.templates.values() if t]
        rows = Checkpoint.objects.filter(section__template__in=wanted).values_list("section__template_id", "code", "pk")
        self.points = {(template, code): pk for template, code, pk in rows}
        self.pictures: dict[int, tuple[str, photos.Picture]] = {}
        self.used: dict[int, int] = {}  # picture -> photo that showed it first

    def tasks(self, found: list[Inspection]) -> dict[int, int]:
        """Tasks with their duties; returns their ids by the inspection's place."""
        ids = dict(enumerate(take_ids(Task, len(found))))
        w = self.writer
        copy(
            Task,
            "id lender_id bucket loan_id borrower_id branch_id kind opened_on due_on assigned_to_id assigned_by_id"
            " state submitted_on closed_on",
            [
                (
                    ids[place],
                    w.lender.pk,
                    w.bucket[i.note.party.number],
                    w.loan_ids[i.note.number],
                    w.party_ids[i.note.party.number],
                    w.branches[i.note.party.branch],
                    i.kind,
                    i.opened_on,
                    i.due_on,
                    w.people[i.manager],
                    w.people[i.assigned_by] if i.assigned_by else None,
                    i.state,
                    i.attempts[0].submitted_on if i.attempts and not i.attempts[0].draft else None,
                    i.closed_on,
                )
                for place, i in enumerate(found)
            ],
        )
        copy(
            CheckDuty,
            "lender_id bucket loan_id kind due_on done_on known_from",
            [
                (
                    w.lender.pk,
                    w.bucket[i.note.party.number],
                    w.loan_ids[i.note.number],
                    i.kind,
                    i.due_on,
                    i.done_on,
                    w.calendar.known(i.opened_on),
                )
                for i in found
            ],
        )
        return ids

    def visits(self, found: list[Inspection], tasks: dict[int, int], attempt: int) -> int:
        """All visits that are the `attempt`-th of their task, from draft to decision; returns how many."""
        chosen = [(tasks[place], i, i.attempts[attempt]) for place, i in enumerate(found) if len(i.attempts) > attempt]
        ids = take_ids(Visit, len(chosen))
        rows = [(number, task, i, a) for number, (task, i, a) in zip(ids, chosen, strict=True)]
        self._drafts(rows, attempt + 1)
        self._answers(rows)
        self._photos(rows)
        submitted = [row for row in rows if not row[3].draft]
        with connection.cursor() as cursor:
            self._seal(cursor, submitted, attempt + 1)
            self._decide(cursor, [(number, i, a.decision) for number, _task, i, a in submitted if a.decision])
        return len(rows)

    def _template(self, one: Inspection) -> Template:
        template = self.templates[one.kind, ""]
        if template is None:
            raise LookupError(f"There is no form for a {one.kind} inspection of {one.note.product}.")
        return template

    def _place(self, number: int, one: Inspection) -> tuple[Decimal, Decimal, int, int]:
        """Latitude, longitude, accuracy and distance in metres: near the borrower's address."""
        latitude = Decimal(one.note.party.position[0]) + Decimal(number % 17) / 100_000
        longitude = Decimal(one.note.party.position[1]) + Decimal(number % 13) / 100_000
        away = metres_between(float(latitude), float(longitude), float(one.note.party.position[0]), float(one.note.party.position[1]))
        return latitude.quantize(Decimal("0.000001")), longitude.quantize(Decimal("0.000001")), 6 + number % 9, away

    def _drafts(self, rows: Sequence[tuple[int, int, Inspection, Attempt]], attempt: int) -> None:
        w = self.writer
        copy(
            Visit,
            "id task_id attempt lender_id bucket loan_id branch_id template_id"
            " recorded_by_id state started_at visited_on conclusion summary latitude longitude accuracy distance position_at"
            " position_reason content_hash",
            [
                (
                    number,
                    task,
                    attempt,
                    w.lender.pk,
                    w.bucket[i.note.party.number],
                    w.loan_ids[i.note.number],
                    w.branches[i.note.party.branch],
                    self._template(i).pk,
                    w.people[i.manager],
                    "draft",
                    at(a.visited_on, 10),
                    a.visited_on,
                    "" if a.draft else a.said.conclusion,
                    "" if a.draft else a.said.summary,
                    *self._place(task, i),
                    at(a.visited_on, 9 + next(self.stops[i.manager, a.visited_on]) % 12, 2),
                    "",
                    "",
                )
                for number, task, i, a in rows
            ],
        )

    def _answers(self, rows: Sequence[tuple[int, int, Inspection, Attempt]]) -> None:
        copy(
            Answer,
            "visit_id checkpoint_id value note saved_at",
            [
                (number, self.points[self._template(i).pk, code], f'"{value}"', note, at(a.visited_on, 10, a.minutes % 60))
                for number, _task, i, a in rows
                for code, value, note in (a.said.answers[:4] if a.draft else a.said.answers)
            ],
        )

    def _photos(self, rows: Sequence[tuple[int, int, Inspection, Attempt]]) -> None:
        shown = [(number, i, a, code, picture) for number, _task, i, a in rows for code, picture in a.photos]
        made = []
        self.photo_ids = dict(zip(((number, code) for number, _i, _a, code, _p in shown), take_ids(Photo, len(shown)), strict=True))
        for number, i, a, code, picture in shown:
            path, kept = self.pictures.setdefault(picture, photos.keep(picture)) if picture not in self.pictures else self.pictures[picture]
            photo = self.photo_ids[number, code]
            first = self.used.setdefault(picture, photo)
            reused = first if first != photo and a is i.attempts[0] else None
            made.append(
                (
                    photo,
                    self.writer.lender.pk,
                    number,
                    self.points[self._template(i).pk, code],
                    path,
                    kept.sha256,
                    len(kept.data),
                    kept.width,
                    kept.height,
                    at(a.visited_on, 10, 5),
                    kept.likeness,
                    reused,
                    at(a.visited_on, 10, 6),
                )
            )
        columns = "id lender_id visit_id checkpoint_id file sha256 size width height taken_at likeness reused_from_id uploaded_at"
        copy(Photo, columns, made)

    def _seal(self, cursor: Any, rows: Sequence[tuple[int, int, Inspection, Attempt]], attempt: int) -> None:
        sealed = []
        for number, task, i, a in rows:
            latitude, longitude, accuracy, away = self._place(task, i)
            content = {
                "task": task,
                "attempt": attempt,
                "loan": i.note.number,
                "template": str(self._template(i)),
                "recorded_by": self.people[i.manager].staff_no,
                "visited_on": a.visited_on.isoformat(),
                "conclusion": a.said.conclusion,
                "summary": a.said.summary,
                "position": [f"{latitude:f}", f"{longitude:f}", accuracy, away, ""],
                "answers": sorted([code, value, note] for code, value, note in a.said.answers),
                "photos": sorted([code, self.pictures[picture][1].sha256, self.photo_ids[number, code]] for code, picture in a.photos),
            }
            sealed.append(
                (number, at(a.submitted_on, 11 if a.submitted_on == a.visited_on else 9, a.minutes % 60), a.submitted_on, seal(content))
            )
        cursor.execute("DROP TABLE IF EXISTS lw_demo_sealed")
        cursor.execute(SEALED)
        _fill(cursor, "lw_demo_sealed", sealed)
        cursor.execute(SUBMIT)

    def _decide(self, cursor: Any, rows: Sequence[tuple[int, Inspection, Decision]]) -> None:
        decided = list(zip(take_ids(Verification, len(rows)), rows, strict=True))
        copy(
            Verification,
            "id lender_id visit_id officer_id opened_at own_conclusion own_summary seen_hash decision reason explanation",
            [
                (pk, self.writer.lender.pk, number, self.writer.people[d.officer], _opened(d), "", "", "", "", "", "")
                for pk, (number, _one, d) in decided
            ],
        )
        copy(
            OwnAnswer,
            "verification_id checkpoint_id value note",
            [
                (pk, self.points[self._template(one).pk, code], f'"{value}"', "")
                for pk, (_number, one, d) in decided
                for code, value, _note in d.own.answers
            ],
        )
        cursor.execute("DROP TABLE IF EXISTS lw_demo_viewed")
        cursor.execute(VIEWED)
        views = [
            (pk, number, self.writer.people[d.officer], d.own.conclusion, d.own.summary, d.outcome, d.reason, d.explanation, at(d.on, 15))
            for pk, (number, _one, d) in decided
        ]
        _fill(cursor, "lw_demo_viewed", views)
        for statement in (VIEW, READ, COMPARE, DECIDE, SETTLE):
            cursor.execute(statement)


def _opened(decision: Decision) -> datetime:
    """When the check was begun: forty minutes before the own view, half a minute where somebody waves everything through."""
    viewed = at(decision.on, 14, 40)
    return viewed - (timedelta(seconds=24) if decision.officer == RUBBER_STAMP else timedelta(minutes=40))


def _fill(cursor: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        execute_values(cursor, f"INSERT INTO {table} VALUES %s", rows, page_size=1000)
