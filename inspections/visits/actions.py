"""Recording a visit: begin, save as one goes, photos, position, submit. After submitting nothing can be changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import IO, Any, cast

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.checklists.actions import conditions_sheet, install_templates
from inspections.checklists.models import Template
from inspections.planning import actions as planning
from inspections.planning.models import Kind, Task
from inspections.visits import rules
from inspections.visits.completeness import CONCLUDES, NotComplete, check_complete
from inspections.visits.models import Answer, Checkpoint, Photo, Reading, Signature, Visit
from inspections.visits.noted import note_visit
from inspections.visits.packet import same_hands
from inspections.visits.pictures import KeptPicture, is_paper, keep_picture, store
from inspections.visits.queries import checkpoints_of, content_of, form_for, point_of, said_of
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.people.policy import Act
from loanwatch.people.reader import as_house
from loanwatch.trail.record import record

__all__ = [
    "NotComplete",
    "add_photo",
    "check_complete",
    "disclose",
    "form_of",
    "install_templates",
    "remove_photo",
    "save_answers",
    "set_position",
    "start_visit",
    "submit_visit",
]

MOST_PHOTOS = 40  # of one visit

ALIKE = """
SELECT p.id FROM inspections_photo p JOIN inspections_visit v ON v.id = p.visit_id
WHERE p.lender_id = %(lender)s AND p.what = 'photo' AND v.task_id <> %(task)s
  AND (p.sha256 = %(sha256)s OR (%(telling)s AND bit_count((p.likeness # %(likeness)s)::bit(64)) <= %(most)s))
ORDER BY p.id LIMIT 1
"""


def form_of(task: Task, on: date) -> tuple[Template | None, Template | None]:
    """The form with which a task is recorded, and the conditions of the approval that are asked in addition; each None where there is none.

    A verification visit is recorded with what the visit it verifies was recorded with: the loan's last one that waits for it.
    Writes the sheet of conditions where it is new.
    """
    if task.kind == Kind.VERIFY:
        waiting = Visit.objects.filter(loan=task.loan_id, state=Visit.State.SUBMITTED).exclude(task__kind=Kind.VERIFY)
        if visit := waiting.order_by("-pk").select_related("template", "conditions").first():
            return visit.template, visit.conditions
    return form_for(task.loan, task.kind), conditions_sheet(task.loan, on)


@dataclass(frozen=True)
class Sent:
    """What a phone sent of a picture or document: where the bytes lie as they came, and what the phone says of them."""

    original: str  # below MEDIA_ROOT
    sha256: str
    type: str
    taken_at: datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    accuracy: int | None = None


@transaction.atomic
def start_visit(*, task_id: int, by: Access, form: tuple[Template, Template | None] | None = None) -> Visit:
    """Begin the form of a task, or return the one `by` has begun. After a return it is filled with what was recorded before,
    where the same person, the same agency, or another of the bank's people recorded it; nobody else gets to see it that way.

    form: template and conditions of the approval, where the form was begun without a network and may be an older version.
    Raises Refused when the task is not assigned to `by`, Conflict when it is handed in, closed or has no form.
    """
    task = Task.objects.visible_to(by).select_for_update(of=("self",)).select_related("lender", "loan__product").get(pk=task_id)
    by.check(Act.VISIT_RECORD, task)
    if draft := Visit.objects.filter(task=task, state=Visit.State.DRAFT, recorded_by=by.person).first():
        return draft
    template, conditions = form or form_of(task, by.on)
    if not by.may(Act.LOAN_SEE):
        conditions = None  # what the approval asks is not an agency's to know
    if template is None:
        raise Conflict(_("There is no form for this kind of inspection yet. Ask credit administration for one."), code="NO_TEMPLATE")
    last = Visit.objects.filter(task=task).select_related("recorded_by").order_by("-attempt").first()
    before = last if last and same_hands(by, last) else None
    same = before if before and (form is None or before.template_id == template.pk) else None
    planning.start(task)
    visit = Visit.objects.create(
        task=task,
        attempt=last.attempt + 1 if last else 1,
        lender=task.lender,
        bucket=task.bucket,
        loan=task.loan,
        branch_id=task.branch_id,
        template=same.template if same else template,
        conditions=same.conditions if same else conditions,
        recorded_by=cast(Person, by.person),  # the act was checked: it is the person the task is assigned to
        visited_on=before.visited_on if before else by.on,
        conclusion=before.conclusion if before else "",
        summary=before.summary if before else "",
    )
    if same:
        _carry_over(same, visit)
    record("visit.started", by=by, subject=visit, task=task.number, attempt=visit.attempt)
    return visit


def _carry_over(before: Visit, visit: Visit) -> None:
    """Answers and photos of the returned attempt, as a start; place and time are the new attempt's own."""
    Answer.objects.bulk_create(
        Answer(visit=visit, checkpoint_id=a.checkpoint_id, value=a.value, note=a.note) for a in Answer.objects.filter(visit=before)
    )
    kept = (
        "lender_id",
        "checkpoint_id",
        "what",
        "file",
        "original",
        "sent_sha256",
        "sent_type",
        "sha256",
        "size",
        "width",
        "height",
        "taken_at",
        "latitude",
        "longitude",
        "accuracy",
        "likeness",
        "uploaded_at",
        "reused_from_id",
    )
    Photo.objects.bulk_create(
        Photo(visit=visit, carried_from=p, **{name: getattr(p, name) for name in kept}) for p in Photo.objects.filter(visit=before)
    )


def _own_draft(visit_id: int, by: Access) -> Visit:
    """The locked draft of `by`. Raises DoesNotExist for another's, Conflict once it is submitted."""
    own = Visit.objects.filter(recorded_by=by.person) if by.person else Visit.objects.none()
    visit = own.select_for_update(of=("self",)).select_related("task", "loan__borrower", "template", "recorded_by").get(pk=visit_id)
    by.check(Act.VISIT_RECORD, visit.task)
    if visit.state != Visit.State.DRAFT:
        raise Conflict(_("This inspection was submitted and can no longer be changed."), code="VISIT_FROZEN")
    return visit


@transaction.atomic
def save_answers(
    *, visit_id: int, answers: Mapping[str, tuple[Any, str]], by: Access, said_at: Mapping[str, datetime | None] | None = None
) -> Visit:
    """Keep answers of a draft: code -> (stored value or None, note). Points that are not named stay as they are.

    said_at: by the phone's clock, by code, where the answers were given without a network.
    """
    visit = _own_draft(visit_id, by)
    ids = {c.code: c.pk for c in checkpoints_of(visit.template_id, visit.conditions_id)}
    Answer.objects.bulk_create(
        [
            Answer(visit=visit, checkpoint_id=ids[code], value=value, note=note.strip()[:4000], said_at=(said_at or {}).get(code))
            for code, (value, note) in answers.items()
            if code in ids
        ],
        update_conflicts=True,
        unique_fields=["visit", "checkpoint"],
        update_fields=["value", "note", "saved_at", "said_at"],
    )
    return visit


@transaction.atomic
def set_position(
    *, visit_id: int, latitude: Decimal, longitude: Decimal, accuracy: int | None, by: Access, at: datetime | None = None
) -> Visit:
    """Keep where the phone says it is, and how far that is from the borrower's address (metres), where that is known.

    at: when that was, by the server's clock; now, where it is not given.
    """
    visit = _own_draft(visit_id, by)
    home = visit.loan.borrower
    visit.latitude, visit.longitude, visit.accuracy, visit.position_at = latitude, longitude, accuracy, at or timezone.now()
    visit.distance = None
    if home.latitude is not None and home.longitude is not None:
        visit.distance = rules.metres_between(float(latitude), float(longitude), float(home.latitude), float(home.longitude))
    visit.save(update_fields=["latitude", "longitude", "accuracy", "distance", "position_at"])
    return visit


@transaction.atomic
def note_device(*, visit_id: int, started_at: datetime | None, finished_at: datetime | None, clock_off: int | None, by: Access) -> None:
    """Keep when a draft was begun and finished by the phone's own clock, and how many seconds that clock was behind the server's."""
    visit = _own_draft(visit_id, by)
    visit.device_started_at, visit.device_finished_at, visit.clock_off = started_at, finished_at, clock_off
    visit.save(update_fields=["device_started_at", "device_finished_at", "clock_off"])


@transaction.atomic
def add_photo(
    *,
    visit_id: int,
    code: str,
    upload: IO[bytes],
    size: int,
    by: Access,
    what: str = Photo.What.PHOTO,
    sent: Sent | None = None,
    ready: KeptPicture | None = None,
) -> Photo:
    """Check, clean and keep a photo, signature or document for a checkpoint of a draft, beside the bytes as they came.

    A photo that another inspection has used before is kept and marked. sent: where the bytes came from a phone in pieces; ready: where
    they were checked and cleaned when the last piece came; such a photo is not compared here: the evidence guard does that for all.
    Raises BadPhoto (nothing is stored), Conflict when the visit is submitted or full, Checkpoint.DoesNotExist.
    """
    visit = _own_draft(visit_id, by)
    checkpoint = Checkpoint.objects.get(section__template_id__in=[visit.template_id, visit.conditions_id], code=code)
    if Photo.objects.filter(visit=visit).count() >= MOST_PHOTOS:
        raise Conflict(_("An inspection holds at most %(most)s photos. Remove one first.") % {"most": MOST_PHOTOS}, code="TOO_MANY_PHOTOS")
    alike = what == Photo.What.PHOTO and ready is None
    if ready is None:
        original = sent.original if sent else ""
        ready = keep_picture(upload, size, paper=what == Photo.What.DOCUMENT and is_paper(upload), original=original)
    sent = sent or _keep_original(upload, ready)
    photo = Photo.objects.create(
        lender_id=visit.lender_id,
        visit=visit,
        checkpoint=checkpoint,
        what=what,
        file=ready.file,
        original=sent.original,
        sent_sha256=sent.sha256,
        sent_type=sent.type,
        sha256=ready.sha256,
        size=ready.size,
        width=ready.width,
        height=ready.height,
        taken_at=ready.taken_at or sent.taken_at,
        latitude=sent.latitude if ready.latitude is None else ready.latitude,
        longitude=sent.longitude if ready.longitude is None else ready.longitude,
        accuracy=sent.accuracy if ready.latitude is None else None,
        likeness=ready.likeness,
        reused_from_id=_alike(visit, ready) if alike else None,
    )
    record("visit.photo_added", by=by, subject=visit, photo=photo.pk, what=what, sha256=ready.sha256, reused_from=photo.reused_from_id)
    return photo


@transaction.atomic
def sign(
    *,
    visit_id: int,
    name: str,
    by: Access,
    upload: IO[bytes] | None = None,
    size: int = 0,
    sent: Sent | None = None,
    ready: KeptPicture | None = None,
) -> Signature | None:
    """Keep the recorder's own signature under a draft: typed, drawn, or both; it takes the place of an earlier one.

    None where there is neither. Raises BadPhoto where the drawing is no picture.
    """
    visit = _own_draft(visit_id, by)
    if not name.strip() and upload is None:
        return None
    drawn = {"file": "", "original": "", "sent_sha256": ""}
    if upload is not None:
        ready = ready or keep_picture(upload, size)
        sent = sent or _keep_original(upload, ready)
        drawn = {"file": ready.file, "original": sent.original, "sent_sha256": sent.sha256}
    made, _new = Signature.objects.update_or_create(visit=visit, defaults={"name": name.strip()[:80], **drawn})
    return made


def _keep_original(upload: IO[bytes], picture: KeptPicture) -> Sent:
    """The bytes as they came, under a random name without an ending: nothing opens them by mistake."""
    upload.seek(0)
    raw = upload.read()
    return Sent(store(raw, "originals", "") if picture.width else picture.file, sha256(raw).hexdigest(), picture.type)


def _alike(visit: Visit, picture: KeptPicture) -> int | None:
    """The earliest photo of another inspection of the lender that shows the same picture. Asked for the house: an officer sees few."""
    with as_house(), connection.cursor() as cursor:
        cursor.execute(
            ALIKE,
            {
                "lender": visit.lender_id,
                "task": visit.task_id,
                "sha256": picture.sha256,
                "likeness": picture.likeness,
                "telling": rules.telling(picture.likeness),
                "most": rules.SAME_PICTURE,
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


@transaction.atomic
def remove_photo(*, visit_id: int, photo_id: int, by: Access) -> None:
    """Take a photo out of a draft. The file goes as well, unless an earlier attempt holds it."""
    visit = _own_draft(visit_id, by)
    photo = Photo.objects.get(pk=photo_id, visit=visit)
    gone = {photo.file, photo.original} - {""}
    photo.delete()
    gone -= set(Photo.objects.filter(file__in=gone).values_list("file", flat=True))
    gone -= set(Photo.objects.filter(original__in=gone).values_list("original", flat=True))
    for path in gone:
        transaction.on_commit(partial(default_storage.delete, path))
    record("visit.photo_removed", by=by, subject=visit, photo=photo_id, sha256=photo.sha256)


@transaction.atomic
def submit_visit(
    *,
    visit_id: int,
    visited_on: date,
    conclusion: str,
    summary: str,
    position_reason: str = "",
    by: Access,
    before: Mapping[str, Any] | None = None,
) -> Visit:
    """Hand the visit in: seal its content and freeze it. Submitting twice is submitting once.

    before: the earlier answers that the recorder had to compare with, where that is not what was confirmed by now.
    Raises NotComplete with what is missing; Conflict when the task was closed meanwhile; Refused when it went to another person.
    """
    own = Visit.objects.filter(recorded_by=by.person) if by.person else Visit.objects.none()
    if (already := own.select_for_update(of=("self",)).get(pk=visit_id)).state == Visit.State.SUBMITTED:
        return already
    visit = _own_draft(visit_id, by)
    task = Task.objects.select_for_update(of=("self",)).get(pk=visit.task_id)
    if not by.has(*CONCLUDES):
        conclusion = Visit.Conclusion.NOT_GIVEN  # an agency delivers material; the conclusion is the bank's
    check_complete(visit, visited_on, conclusion, summary, position_reason, by=by, before=before)
    points, said = [point_of(c) for c in checkpoints_of(visit.template_id, visit.conditions_id)], said_of(visit)
    hidden = {p.code for p in points} - {p.code for p in rules.shown(points, said)}
    Answer.objects.filter(visit=visit, checkpoint__code__in=hidden).delete()
    visit.visited_on, visit.conclusion, visit.summary, visit.position_reason = (
        visited_on,
        conclusion,
        summary.strip(),
        position_reason.strip(),
    )
    move(rules.MOVES, visit, Visit.State.SUBMITTED)
    visit.score = rules.score(points, said).percent
    visit.submitted_at, visit.submitted_on, visit.content_hash = timezone.now(), by.on, rules.seal(content_of(visit))
    visit.save(
        update_fields=["visited_on", "conclusion", "summary", "position_reason", "state", "score", "submitted_at", "submitted_on", "content_hash"]
    )
    planning.hand_in(task, on=by.on, visited_on=visited_on)
    note_visit(visit, by=by)
    # The trail is read by officers who work blind: what was concluded stands where the visit may be read.
    record("visit.submitted", by=by, subject=visit, content_hash=visit.content_hash)
    return visit


def disclose(visit: Visit, *, to: Access) -> None:
    """From now on a risk officer may read this visit: the own view is recorded. The database asks for that view."""
    Reading.objects.get_or_create(visit=visit, person=to.person)
