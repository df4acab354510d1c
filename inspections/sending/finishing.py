"""The end of sending: the visit is made of what a phone sent, all at once or not at all, and finishing twice is finishing once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from inspections.checklists.models import Template
from inspections.checklists.queries import checkpoints_of, point_of
from inspections.checklists.reading import BadAnswer, read_answer
from inspections.checklists.rules import Said
from inspections.planning.models import Task
from inspections.sending import pieces, rules
from inspections.sending.actions import FULL, own_locked
from inspections.sending.models import Sending, SentFile
from inspections.sending.refusals import NotTaken
from inspections.visits import actions as visits
from inspections.visits.models import Answer, Photo, Visit
from inspections.visits.packet import is_masked
from inspections.visits.pictures import KeptPicture, is_paper, keep_picture
from inspections.visits.queries import answers_of, confirmed_of, said_of
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.trail.record import record


@dataclass(frozen=True)
class Outcome:
    """What became of a finished sending. `code` is empty when it was received; `note` is a code of something to be told beside."""

    sending: Sending
    code: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    note: str = ""


class _Refusal(Exception):
    def __init__(self, code: str, faults: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code, self.faults = code, faults or {}


def finish(client_id: UUID, *, by: Access) -> Outcome:
    """Make the visit of what was sent, with all checks of a visit, in one transaction; finishing twice is finishing once.

    A refusal is kept with its reason; what was sent stays, and may be finished again. Raises NotTaken: SENDING_UNKNOWN (404),
    NOT_FINISHED and PIECES_MISSING (409), STORAGE_FULL (507).
    """
    _ask_again_for_what_is_lost(client_id, by)
    try:
        return _finish(client_id, by)
    except OSError as error:
        if error.errno in FULL:
            raise NotTaken("STORAGE_FULL", 507) from error
        raise


@transaction.atomic
def _ask_again_for_what_is_lost(client_id: UUID, by: Access) -> None:
    """A restored disk may hold less than the database remembers: such files are no longer whole, and the phone sends them again."""
    sending = own_locked(client_id, by)
    if sending.state == Sending.State.RECEIVED:
        return
    for row in sending.files.filter(whole=True):
        there = pieces.here(row.path)
        if there != row.size:
            SentFile.objects.filter(pk=row.pk).update(whole=False, received=min(there, row.size - 1))


@transaction.atomic
def _finish(client_id: UUID, by: Access) -> Outcome:
    sending = own_locked(client_id, by)
    if sending.state == Sending.State.RECEIVED:
        return Outcome(sending, note=_note(sending))
    if not sending.finished:
        raise NotTaken("NOT_FINISHED", 409)
    if lacking := list(sending.files.filter(whole=False).values_list("file_id", flat=True)):
        raise NotTaken("PIECES_MISSING", 409, files=[str(f) for f in lacking])
    try:
        with transaction.atomic():
            visit = _make_visit(sending, by)
    except _Refusal as no:
        return _refuse(sending, no.code, no.faults, by)
    except visits.NotComplete as no:
        return _refuse(sending, no.code, no.faults, by)
    except (Conflict, Refused) as no:
        return _refuse(sending, no.code, {}, by)
    move(rules.MOVES, sending, Sending.State.RECEIVED)
    sending.visit, sending.received_at, sending.heard_at, sending.reason, sending.faults = visit, timezone.now(), timezone.now(), "", {}
    sending.save()
    record("sending.received", by=by, subject=sending, visit=visit.pk, revision=sending.revision, files=sending.files.count())
    return Outcome(sending, note=_note(sending))


def _refuse(sending: Sending, code: str, faults: dict[str, str], by: Access) -> Outcome:
    again = sending.state == Sending.State.REFUSED and sending.reason == code
    move(rules.MOVES, sending, Sending.State.REFUSED)
    sending.reason, sending.faults, sending.heard_at = code[:30], faults, timezone.now()
    sending.save()
    if not again:
        record("sending.refused", by=by, subject=sending, reason=code, task=sending.task_id)
    return Outcome(sending, code=code, faults=faults)


def _note(sending: Sending) -> str:
    """FORM_CHANGED where the form has a newer version than the one the inspection was made with."""
    visit = sending.visit
    return "FORM_CHANGED" if visit and visit.template.state != Template.State.LIVE else ""


def _make_visit(sending: Sending, by: Access) -> Visit:
    manifest = rules.read_manifest(sending.manifest)
    task = Task.objects.select_for_update(of=("self",)).get(pk=sending.task_id)
    if code := standing_of(task, by):
        raise _Refusal(code)
    form = _form(sending, manifest)
    begun = Visit.objects.filter(task=task, state=Visit.State.DRAFT, recorded_by=by.person).exists()
    visit = visits.start_visit(task_id=task.pk, by=by, form=form)
    if visit.template_id != form[0].pk:
        raise _Refusal("OTHER_FORM_BEGUN")
    _fill(visit, manifest, sending, by, begun=begun)
    said, before = (manifest.visited_on or by.on, manifest.conclusion, manifest.summary, manifest.position_reason), _before(visit, manifest, by)
    visit = Visit.objects.select_related("task").get(pk=visit.pk)
    visits.check_complete(visit, *said, by=by, before=before, said=_said_with_files(visit, sending))  # before a picture is touched
    day, conclusion, summary, reason = said
    with _files_go_on_failure() as made:
        _fill_files(visit, manifest, sending, made, by)
        return visits.submit_visit(
            visit_id=visit.pk, visited_on=day, conclusion=conclusion, summary=summary, position_reason=reason, by=by, before=before
        )


@contextmanager
def _files_go_on_failure() -> Iterator[list[str]]:
    """Paths of copies made meanwhile; where something fails, the transaction takes back the rows, and this the files."""
    made: list[str] = []
    try:
        yield made
    except BaseException:
        for path in made:
            default_storage.delete(path)
        raise


def _before(visit: Visit, manifest: rules.Manifest, by: Access) -> dict[str, Any] | None:
    """What the phone had to compare with: the visit that was confirmed when the form was begun, not one confirmed since. None: not told."""
    if manifest.before is None or is_masked(by):
        return None
    if manifest.before == 0:
        return {}
    earlier = confirmed_of(visit.loan_id).filter(pk=manifest.before).first()
    return answers_of(earlier) if earlier else None


def _said_with_files(visit: Visit, sending: Sending) -> dict[str, Said]:
    """What the visit will say when the pictures that were sent are added."""
    said = dict(said_of(visit))
    for (code, what), number in Counter(sending.files.values_list("code", "what")).items():
        own = said.get(code, Said())
        said[code] = replace(own, **{f"{what}s": getattr(own, f"{what}s") + number})
    return said


def standing_of(task: Task, by: Access) -> str:
    """Why `by` can no longer hand in an inspection of `task`, as a code; empty where nothing stands against it."""
    if task.state == Task.State.CANCELLED:
        return "TASK_CANCELLED"
    handed_in = Visit.objects.filter(task=task, state__in=[Visit.State.SUBMITTED, Visit.State.VERIFIED]).order_by("-attempt").first()
    if handed_in:
        return "DONE_ALREADY" if by.person and handed_in.recorded_by_id == by.person.pk else "DONE_BY_OTHER"
    return "" if by.person and task.assigned_to_id == by.person.pk else "TASK_REASSIGNED"


def _form(sending: Sending, manifest: rules.Manifest) -> tuple[Template, Template | None]:
    """The version of the form the phone filled in, also one that was replaced since; a draft of a form never was on a phone."""
    known = Template.objects.filter(lender=sending.lender_id).exclude(state__in=[Template.State.DRAFT, Template.State.PROPOSED])
    template = known.filter(pk=manifest.template, loan__isnull=True).first()
    if template is None:
        raise _Refusal("TEMPLATE_UNKNOWN")
    if manifest.conditions is None:
        return template, None
    conditions = known.filter(pk=manifest.conditions, loan=sending.task.loan_id).first()
    if conditions is None:
        raise _Refusal("TEMPLATE_UNKNOWN")
    return template, conditions


def _fill(visit: Visit, manifest: rules.Manifest, sending: Sending, by: Access, *, begun: bool) -> None:
    points = {c.code: point_of(c) for c in checkpoints_of(visit.template_id, visit.conditions_id)}
    answers, faults = {}, {}
    for code, given in manifest.answers.items():
        if code not in points:
            continue
        try:
            answers[code] = (read_answer(points[code], given.value), given.note)
        except BadAnswer as error:
            faults[code] = error.code
    if faults:
        raise _Refusal("VISIT_INCOMPLETE", faults)
    there = Answer.objects.filter(visit=visit)
    if begun:  # on another page, by the same person: what was said only there stays, and what the phone says instead is written down
        instead = sorted(there.filter(checkpoint__code__in=answers).values_list("checkpoint__code", flat=True))
        kept = sorted(there.exclude(checkpoint__code__in=answers).values_list("checkpoint__code", flat=True))
        record("sending.joined", by=by, subject=sending, visit=visit.pk, kept=kept, instead=instead, photos=Photo.objects.filter(visit=visit).count())
    else:  # what was taken over from a returned attempt and taken out on the phone
        there.exclude(checkpoint__code__in=answers).delete()
    visits.save_answers(visit_id=visit.pk, answers=answers, by=by, said_at={code: given.at for code, given in manifest.answers.items()})
    off = timedelta(seconds=sending.clock_off or 0)
    if place := manifest.place:
        at = _by_server(place.at or manifest.device_time, off)
        visits.set_position(
            visit_id=visit.pk, latitude=place.latitude, longitude=place.longitude, accuracy=place.accuracy, at=at, by=by
        )
    visits.note_device(
        visit_id=visit.pk, started_at=manifest.started_at, finished_at=manifest.finished_at, clock_off=sending.clock_off, by=by
    )


def _fill_files(visit: Visit, manifest: rules.Manifest, sending: Sending, made: list[str], by: Access) -> None:
    codes = {c.code for c in checkpoints_of(visit.template_id, visit.conditions_id)}
    _sign(visit, manifest, _add_files(visit, sending, codes, made, by), made, by)


def _add_files(visit: Visit, sending: Sending, codes: set[str], made: list[str], by: Access) -> SentFile | None:
    drawn = None
    for row in sending.files.order_by("id"):
        if row.code == rules.RECORDER:
            drawn = row
        if row.code not in codes:
            continue
        with pieces.opened(row.path) as upload:
            ready = _cleaned(row, upload, made)
            visits.add_photo(
                visit_id=visit.pk, code=row.code, upload=upload, size=row.size, what=row.what, sent=_sent(row), ready=ready, by=by
            )
    return drawn


def _cleaned(row: SentFile, upload: IO[bytes], made: list[str]) -> KeptPicture:
    ready = keep_picture(upload, row.size, paper=row.what == Photo.What.DOCUMENT and is_paper(upload), original=row.path)
    if ready.file != row.path:
        made.append(ready.file)
    return ready


def _sign(visit: Visit, manifest: rules.Manifest, drawn: SentFile | None, made: list[str], by: Access) -> None:
    if drawn is None:
        visits.sign(visit_id=visit.pk, name=manifest.signed, by=by)
        return
    with pieces.opened(drawn.path) as upload:
        ready = _cleaned(drawn, upload, made)
        visits.sign(visit_id=visit.pk, name=manifest.signed, upload=upload, size=drawn.size, sent=_sent(drawn), ready=ready, by=by)


def _sent(row: SentFile) -> visits.Sent:
    return visits.Sent(row.path, row.sha256, row.type, row.taken_at, row.latitude, row.longitude, row.accuracy)


def _by_server(at: datetime | None, off: timedelta) -> datetime:
    """A moment of the phone's clock by the server's clock, and never one that is still to come."""
    now = timezone.now()
    return min(at + off, now) if at else now

