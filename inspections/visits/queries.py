"""Visits for lists, and a visit laid out as the sheet that form, review, reading page and comparison show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from borrowers.loans.models import Loan
from inspections.checklists.queries import checkpoints_of, form_for, in_language, in_words, point_of, template_for
from inspections.planning.models import Kind, Task
from inspections.visits import rules
from inspections.visits.models import Answer, Checkpoint, Photo, Signature, Visit
from loanwatch.people.access import Access

__all__ = [
    "Question",
    "Sheet",
    "SheetSection",
    "answers_of",
    "checkpoints_of",
    "confirmed_of",
    "content_of",
    "for_loan",
    "form_for",
    "in_language",
    "in_words",
    "last_answers",
    "last_figures",
    "lay_out",
    "own_visits",
    "point_of",
    "points_of",
    "said_of",
    "sheet_of",
    "states_of",
    "template_for",
    "today_of",
    "visits_readable_by",
    "with_readability",
    "yes_no_options",
]


def points_of(visit: Visit) -> list[Checkpoint]:
    """All checkpoints of a visit in the order of the form: those of its template, then the conditions of the loan's approval."""
    return checkpoints_of(visit.template_id, visit.conditions_id)


def said_of(visit: Visit, photos: Iterable[Photo] | None = None) -> dict[str, rules.Said]:
    """The answers of a visit by checkpoint code. Two queries."""
    counts: dict[int, dict[str, Any]] = {}
    for photo in visit.photos.all() if photos is None else photos:
        files = counts.setdefault(photo.checkpoint_id, {})
        files[f"{photo.what}s"] = files.get(f"{photo.what}s", 0) + 1
    said = {
        a.checkpoint.code: rules.Said(a.value, a.note, **counts.pop(a.checkpoint_id, {}))
        for a in visit.answers.select_related("checkpoint")
    }
    for checkpoint in Checkpoint.objects.filter(pk__in=counts):
        said[checkpoint.code] = rules.Said(**counts[checkpoint.pk])
    return said


def confirmed_of(loan_id: int) -> QuerySet[Visit, Any]:
    """The confirmed visits of a loan that a later one is compared with; a verifier's own visit is none of them."""
    return Visit.objects.filter(loan_id=loan_id, state=Visit.State.VERIFIED).exclude(task__kind=Kind.VERIFY)


def answers_of(visit: Visit) -> dict[str, Any]:
    """What a visit said, by checkpoint code, where it said something."""
    return dict(Answer.objects.filter(visit=visit, value__isnull=False).values_list("checkpoint__code", "value"))


def _said_last(loan_id: int, before: Visit | None) -> QuerySet[Answer, Any]:
    confirmed = confirmed_of(loan_id)
    if before is not None:
        confirmed = confirmed.filter(pk__lt=before.pk)
    last = confirmed.order_by("-visited_on", "-id").first()
    return Answer.objects.filter(visit=last, value__isnull=False) if last else Answer.objects.none()


def last_answers(loan_id: int, before: Visit | None = None) -> dict[str, Any]:
    """What the loan's last confirmed visit said, by checkpoint code: the last one begun before `before`, where that is given."""
    return dict(_said_last(loan_id, before).values_list("checkpoint__code", "value"))


def last_figures(loan_id: int, before: Visit | None = None) -> dict[str, str]:
    """The figures among the `last_answers`, as decimal text."""
    figures = _said_last(loan_id, before).filter(checkpoint__kind__in=rules.FIGURES)
    return {code: str(value) for code, value in figures.values_list("checkpoint__code", "value")}


@dataclass
class Question:
    """One checkpoint as a page shows it: the words in the reader's language, what was answered, and what is wrong with it."""

    checkpoint: Checkpoint
    number: str
    label: str
    hint: str
    options: list[tuple[str, str]]
    value: str | None = None
    typed: str = ""  # what stands in the field: the stored value, or what could not be read
    note: str = ""
    photos: list[Photo] = field(default_factory=list)
    shown: bool = True
    failed: bool = False
    signal: str = ""
    before: str | None = None  # last confirmed visit, for figures
    jump: Decimal | None = None
    error: str = ""

    @property
    def code(self) -> str:
        return self.checkpoint.code

    @property
    def kind(self) -> str:
        return self.checkpoint.kind

    @property
    def answer_label(self) -> str:
        """The answer in words: the option's text for choices, else the value."""
        words = in_words(self.kind, self.value)
        return dict(self.options).get(words, words)


@dataclass
class Sheet:
    """A form with its answers, section by section."""

    sections: list["SheetSection"]
    answered: int
    total: int

    @property
    def questions(self) -> list[Question]:
        return [question for section in self.sections for question in section.questions]

    @property
    def signals(self) -> list[Question]:
        return [question for question in self.questions if question.shown and question.failed and question.signal]


@dataclass
class SheetSection:
    number: int
    title: str
    questions: list[Question]
    answered: int = 0
    total: int = 0

    @property
    def done(self) -> bool:
        return self.answered == self.total


def yes_no_options() -> list[tuple[str, str]]:
    return [("yes", _("Yes")), ("no", _("No")), ("not_seen", _("Not seen"))]


def lay_out(
    checkpoints: list[Checkpoint],
    said: Mapping[str, rules.Said],
    *,
    photos: Iterable[Photo] = (),
    before: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Sheet:
    """Bring checkpoints and answers together. `errors`: sentences by code; `typed`: what could not be read, by code."""
    points = {c.code: point_of(c) for c in checkpoints}
    visible = {point.code for point in rules.shown(list(points.values()), said)}
    album: dict[int, list[Photo]] = {}
    for photo in photos:
        album.setdefault(photo.checkpoint_id, []).append(photo)
    sections: dict[int, SheetSection] = {}
    for checkpoint in checkpoints:
        section = sections.setdefault(checkpoint.section_id, SheetSection(len(sections) + 1, in_language(checkpoint.section.title), []))
        given, point = said.get(checkpoint.code, rules.NOTHING), points[checkpoint.code]
        earlier = (before or {}).get(checkpoint.code)
        question = Question(
            checkpoint=checkpoint,
            number=f"{section.number}.{len(section.questions) + 1}",
            label=in_language(checkpoint.label),
            hint=in_language(checkpoint.hint),
            options=yes_no_options()
            if checkpoint.kind == "yes_no"
            else [(o["value"], in_language(o["label"])) for o in checkpoint.options],
            value=given.value,
            typed=(typed or {}).get(checkpoint.code, in_words(checkpoint.kind, given.value)),
            note=given.note,
            photos=album.get(checkpoint.pk, []),
            shown=checkpoint.code in visible,
            failed=rules.fails(point, given.value),
            signal=in_language(checkpoint.signal),
            before=earlier,
            jump=rules.jump(given.value, earlier) if checkpoint.kind in rules.FIGURES else None,
            error=(errors or {}).get(checkpoint.code, ""),
        )
        section.questions.append(question)
        section.total += question.shown
        section.answered += question.shown and rules.answered(point, given)
    answered, total = rules.progress(list(points.values()), said)
    return Sheet(list(sections.values()), answered, total)


def sheet_of(
    visit: Visit, *, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None, masked: bool = False
) -> Sheet:
    """A visit's form with its answers and photos. The caller has made sure that the reader may see them.

    masked: without the figures of the last visit, for somebody of an agency.
    """
    photos = list(visit.photos.select_related("reused_from__visit__task", "reused_from__visit__recorded_by"))
    return lay_out(
        points_of(visit),
        said_of(visit, photos),
        photos=photos,
        before={} if masked else last_figures(visit.loan_id, visit),
        errors=errors,
        typed=typed,
    )


def own_visits(access: Access) -> QuerySet[Visit, Any]:
    """Visits that this person recorded, drafts included, with what the form's pages show around the answers."""
    own = Visit.objects.filter(recorded_by=access.person) if access.person else Visit.objects.none()
    return own.select_related("task__borrower", "task__alert__rule", "template", "loan__borrower", "recorded_by")


def today_of(access: Access, tasks: Iterable[Task]) -> list[dict[str, Any]]:
    """Tasks with the person's draft and how far it is filled in. One sheet is read per draft, and a person has few."""
    tasks = list(tasks)
    drafts = {v.task_id: v for v in Visit.objects.filter(task__in=tasks, state=Visit.State.DRAFT, recorded_by=access.person)}
    rows = []
    for task in tasks:
        draft = drafts.get(task.pk)
        done, total = rules.progress([point_of(c) for c in points_of(draft)], said_of(draft)) if draft else (0, 0)
        rows.append({"task": task, "draft": draft, "answered": done, "total": total, "late": task.due_on < access.on})
    return rows


def visits_readable_by(access: Access) -> QuerySet[Visit, Any]:
    """Visits whose content this person may read; the pages, photos and the API all start here (blind verification)."""
    return Visit.objects.readable_by(access)


def with_readability(visits: QuerySet[Visit, Any], access: Access) -> QuerySet[Visit, Any]:
    """Adds `readable`: whether conclusion and answers may be shown to this person."""
    readable = Visit.objects.readable_by(access).filter(pk=OuterRef("pk"))
    return visits.annotate(readable=Exists(readable)).select_related("task", "recorded_by", "verified_by", "template")


def for_loan(access: Access, loan: Loan) -> QuerySet[Visit, Any]:
    """Visits of one loan this person may know of, newest first, each with `readable`.

    Where `readable` is False the page may say that there is a visit, by whom and when, and nothing of what it found.
    """
    visits = Visit.objects.visible_to(access).filter(loan=loan).exclude(state=Visit.State.DRAFT)
    return with_readability(visits, access).order_by("-id")


def content_of(visit: Visit) -> dict[str, Any]:
    """Everything that is sealed on submission, in JSON-ready form; the same rows give the same text for ever."""
    answers = Answer.objects.filter(visit=visit).select_related("checkpoint")
    photos = Photo.objects.filter(visit=visit).select_related("checkpoint")
    number = lambda value: None if value is None else f"{value:f}"  # noqa: E731
    signed = Signature.objects.filter(visit=visit).first()
    began, ended = visit.device_started_at, visit.device_finished_at
    return {
        "task": visit.task_id,
        "attempt": visit.attempt,
        "loan": visit.loan.number,
        "template": str(visit.template),
        "recorded_by": visit.recorded_by.staff_no,
        "visited_on": visit.visited_on.isoformat() if visit.visited_on else None,
        "conclusion": visit.conclusion,
        "summary": visit.summary,
        "position": [number(visit.latitude), number(visit.longitude), visit.accuracy, visit.distance, visit.position_reason],
        "answers": sorted([a.checkpoint.code, a.value, a.note] for a in answers),
        "photos": sorted([p.checkpoint.code, p.sha256, p.pk, *([p.sent_sha256] if p.sent_sha256 else [])] for p in photos),
        **({"signed": [signed.name, signed.sent_sha256]} if signed else {}),
        **({"device": [began.isoformat(), ended.isoformat() if ended else None, visit.clock_off]} if began else {}),
    }


def states_of(visit: Visit) -> list[tuple[str, Any]]:
    """(state, when) as the database itself has kept them, oldest first; saving a draft again is no new state."""
    kept = apps.get_model("inspections", "VisitEvent").objects.filter(pgh_obj_id=visit.pk).order_by("pgh_id")
    states: list[tuple[str, Any]] = []
    for state, at in kept.values_list("state", "pgh_created_at"):
        if not states or states[-1][0] != state:
            states.append((state, at))
    return states
