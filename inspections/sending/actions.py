"""Taking in what a phone sends: announced, piece by piece, and in the end all at once or not at all.

Every step may come twice, come late, or come while another tab sends the same; each locks the sending first and counts once.
"""

import errno
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from inspections.checklists.models import Template
from inspections.checklists.queries import checkpoints_of, point_of
from inspections.checklists.reading import BadAnswer, read_answer
from inspections.planning.models import Task
from inspections.sending import pieces, rules
from inspections.sending.models import Carried, Sending, SentFile
from inspections.sending.refusals import NotTaken
from inspections.visits import actions as visits
from inspections.visits.models import Answer, Visit
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.trail.record import record

FULL = {errno.ENOSPC, errno.EDQUOT}


# Announcing ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def announce(told: Any, *, by: Access) -> Sending:
    """Take the manifest of one revision; returns the sending as it then stands. The same manifest again changes nothing.

    A higher revision replaces a lower one until all is received. Raises NotTaken: the manifest's own faults (422), TASK_UNKNOWN (404),
    SENDING_UNKNOWN (404: it is another person's), OLDER_REVISION and OTHER_TASK (409), QUOTA (413).
    """
    try:
        manifest = rules.read_manifest(told)
    except rules.BadManifest as error:
        raise NotTaken(error.code, 422, where=error.where) from error
    task = _task_for(manifest.task, by)
    sending, new = Sending.objects.get_or_create(client_id=manifest.client_id, defaults=_columns(manifest, told, task, by))
    sending = Sending.objects.select_for_update().get(pk=sending.pk)
    if not new:
        if sending.person_id != cast(Person, by.person).pk:
            raise NotTaken("SENDING_UNKNOWN", 404)
        if sending.state == Sending.State.RECEIVED:
            return sending
        if sending.task_id != task.pk:
            raise NotTaken("OTHER_TASK", 409)
        if manifest.revision == sending.revision and rules.essence_of(told) == rules.essence_of(sending.manifest):
            return sending
        if manifest.revision <= sending.revision:
            raise NotTaken("OLDER_REVISION", 409, revision=sending.revision)
        _replace(sending, manifest, told)
    _take_files(sending, manifest.files)
    _within_quota(by)
    if new:
        record("sending.begun", by=by, subject=sending, task=task.number, client_id=str(sending.client_id))
    return sending


def _task_for(task_id: int, by: Access) -> Task:
    """The task, where its data ever lay on a phone of this person or it is assigned to the person. Raises NotTaken TASK_UNKNOWN."""
    own = Q(assigned_to=by.person) | Q(pk__in=Carried.objects.filter(person=by.person).values("task_id"))
    task = Task.objects.filter(own, pk=task_id).first() if by.person else None
    if task is None:
        raise NotTaken("TASK_UNKNOWN", 404)
    return task


def _columns(manifest: rules.Manifest, told: Any, task: Task, by: Access) -> dict[str, Any]:
    now = timezone.now()
    return {
        "lender_id": task.lender_id,
        "branch_id": task.branch_id,
        "person": by.person,
        "task": task,
        "device_started_at": manifest.started_at,
        "clock_off": round((now - manifest.device_time).total_seconds()) if manifest.device_time else None,
        **_of_revision(manifest, told),
    }


def _of_revision(manifest: rules.Manifest, told: Any) -> dict[str, Any]:
    return {
        "template": manifest.template,
        "revision": manifest.revision,
        "manifest": told,
        "sha256": manifest.sha256,
        "finished": manifest.finished,
        "device_time": manifest.device_time,
    }


def _replace(sending: Sending, manifest: rules.Manifest, told: Any) -> None:
    for name, value in _of_revision(manifest, told).items():
        setattr(sending, name, value)
    if sending.state == Sending.State.REFUSED:
        move(rules.MOVES, sending, Sending.State.RECEIVING)
        sending.reason, sending.faults = "", {}
    sending.heard_at = timezone.now()
    sending.save()


def _take_files(sending: Sending, files: Iterable[rules.File]) -> None:
    """Bring the rows in line with what is announced: new ones in, those taken out on the phone away with their bytes."""
    wanted = {f.file_id: f for f in files}
    for row in sending.files.all():
        told = wanted.get(row.file_id)
        if told is None or (told.sha256, told.size) != (row.sha256, row.size):
            row.delete()
            transaction.on_commit(partial(pieces.drop, row.path))
        else:
            _describe(row, told)
            row.save()
            del wanted[row.file_id]
    made = []
    for told in wanted.values():
        made.append(
            _describe(SentFile(sending=sending, file_id=told.file_id, size=told.size, sha256=told.sha256, path=pieces.new_path()), told)
        )
    SentFile.objects.bulk_create(made)


def _describe(row: SentFile, told: rules.File) -> SentFile:
    row.code, row.what, row.type, row.taken_at = told.code, told.what, told.type, told.taken_at
    place = told.place
    row.latitude, row.longitude, row.accuracy = (place.latitude, place.longitude, place.accuracy) if place else (None, None, None)
    return row


def _within_quota(by: Access) -> None:
    waiting = Sending.objects.of(by).exclude(state=Sending.State.RECEIVED)
    size = SentFile.objects.filter(sending__in=waiting).aggregate(n=Sum("size"))["n"] or 0
    if waiting.count() > rules.MOST_OPEN or size > rules.MOST_WAITING:
        raise NotTaken("QUOTA", 413)


# Pieces -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_piece(client_id: UUID, file_id: UUID, *, offset: int, piece: bytes, digest: str, by: Access) -> SentFile:
    """Put a piece behind what is here; it is on the disk when this returns. The same piece again is confirmed and changes nothing.

    Raises NotTaken: PIECE_TOO_LARGE (413), PIECE_DAMAGED (422), WRONG_OFFSET (409, "received" says where to go on), FILE_DAMAGED and
    NOT_A_PHOTO (422, the last piece; the file begins anew), STORAGE_FULL (507).
    """
    sending = _own_locked(client_id, by)
    if len(piece) > rules.PIECE:
        raise NotTaken("PIECE_TOO_LARGE", 413, most=rules.PIECE)
    if not piece or sha256(piece).hexdigest() != digest.lower():
        raise NotTaken("PIECE_DAMAGED", 422)
    row = SentFile.objects.filter(sending=sending, file_id=file_id).first()
    if row is None:
        raise NotTaken("FILE_UNKNOWN", 404)
    if row.whole or sending.state == Sending.State.RECEIVED:
        return row
    row.received = min(row.received, pieces.here(row.path))  # a restored disk may hold less than the database remembers
    if offset != row.received or offset + len(piece) > row.size:
        raise NotTaken("WRONG_OFFSET", 409, received=row.received)
    try:
        pieces.append(row.path, offset, piece)
    except OSError as error:
        if error.errno in FULL:
            raise NotTaken("STORAGE_FULL", 507) from error
        raise
    row.received += len(piece)
    fault = ""
    if row.received == row.size:
        fault = _fault_of(row)
        row.whole, row.received = not fault, 0 if fault else row.size
    row.save(update_fields=["received", "whole"])
    Sending.objects.filter(pk=sending.pk).update(heard_at=timezone.now())
    row.fault = fault  # type: ignore[attr-defined]  # told to the phone, after what was read is kept
    return row


def _fault_of(row: SentFile) -> str:
    if pieces.hash_of(row.path) != row.sha256:
        return "FILE_DAMAGED"
    return "" if rules.right_beginning(row.type, pieces.beginning(row.path)) else "NOT_A_PHOTO"


def _own_locked(client_id: UUID, by: Access) -> Sending:
    """The person's own sending, locked. Raises NotTaken SENDING_UNKNOWN, also for another person's."""
    sending = Sending.objects.of(by).select_for_update(of=("self",)).filter(client_id=client_id).first()
    if sending is None:
        raise NotTaken("SENDING_UNKNOWN", 404)
    return sending


# Finishing ----------------------------------------------------------------------------------------------------------------


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


@transaction.atomic
def finish(client_id: UUID, *, by: Access) -> Outcome:
    """Make the visit of what was sent, with all checks of a visit, in one transaction; finishing twice is finishing once.

    A refusal is kept with its reason; what was sent stays, and may be finished again. Raises NotTaken: SENDING_UNKNOWN (404),
    NOT_FINISHED and PIECES_MISSING (409).
    """
    sending = _own_locked(client_id, by)
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
    visit = visits.start_visit(task_id=task.pk, by=by, form=form)
    if visit.template_id != form[0].pk:
        raise _Refusal("OTHER_FORM_BEGUN")
    _fill(visit, manifest, sending, by)
    return visits.submit_visit(
        visit_id=visit.pk,
        visited_on=manifest.visited_on or by.on,
        conclusion=manifest.conclusion,
        summary=manifest.summary,
        position_reason=manifest.position_reason,
        by=by,
    )


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


def _fill(visit: Visit, manifest: rules.Manifest, sending: Sending, by: Access) -> None:
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
    Answer.objects.filter(visit=visit).exclude(checkpoint__code__in=answers).delete()  # what was begun on another page does not count
    visits.save_answers(visit_id=visit.pk, answers=answers, by=by, said_at={code: given.at for code, given in manifest.answers.items()})
    off = timedelta(seconds=sending.clock_off or 0)
    if place := manifest.place:
        at = _by_server(place.at or manifest.device_time, off)
        visits.set_position(
            visit_id=visit.pk, latitude=place.latitude, longitude=place.longitude, accuracy=place.accuracy, at=at, by=by
        )
    visits.note_device(
        visit_id=visit.pk, started_at=manifest.started_at, finished_at=manifest.device_time, clock_off=sending.clock_off, by=by
    )
    _fill_files(visit, manifest, sending, set(points), by)


def _fill_files(visit: Visit, manifest: rules.Manifest, sending: Sending, codes: set[str], by: Access) -> None:
    drawn = None
    for row in sending.files.order_by("id"):
        if row.code == rules.RECORDER:
            drawn = row
        if row.code not in codes:
            continue
        with pieces.opened(row.path) as upload:
            visits.add_photo(visit_id=visit.pk, code=row.code, upload=upload, size=row.size, what=row.what, sent=_sent(row), by=by)
    if drawn is None:
        visits.sign(visit_id=visit.pk, name=manifest.signed, by=by)
        return
    with pieces.opened(drawn.path) as upload:
        visits.sign(visit_id=visit.pk, name=manifest.signed, upload=upload, size=drawn.size, sent=_sent(drawn), by=by)


def _sent(row: SentFile) -> visits.Sent:
    return visits.Sent(row.path, row.sha256, row.type, row.taken_at, row.latitude, row.longitude, row.accuracy)


def _by_server(at: datetime | None, off: timedelta) -> datetime:
    """A moment of the phone's clock by the server's clock, and never one that is still to come."""
    now = timezone.now()
    return min(at + off, now) if at else now

