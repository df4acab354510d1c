"""Taking in what a phone sends: announced, then piece by piece; `finishing` makes the visit of it.

Every step may come twice, come late, or come while another tab sends the same; each locks the sending first and counts once.
"""

import errno
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from inspections.planning.models import Task
from inspections.sending import pieces, rules
from inspections.sending.models import Carried, Sending, SentFile
from inspections.sending.refusals import NotTaken
from loanwatch.kernel.moves import move
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
    lately = timezone.now() - timedelta(days=rules.LATELY)
    waiting = Sending.objects.of(by).exclude(state=Sending.State.RECEIVED).filter(heard_at__gte=lately)
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
    sending = own_locked(client_id, by)
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


def own_locked(client_id: UUID, by: Access) -> Sending:
    """The person's own sending, locked. Raises NotTaken SENDING_UNKNOWN, also for another person's."""
    sending = Sending.objects.of(by).select_for_update(of=("self",)).filter(client_id=client_id).first()
    if sending is None:
        raise NotTaken("SENDING_UNKNOWN", 404)
    return sending
