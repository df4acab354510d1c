"""Prints of photos and reports: made once, and the ones asked for that share the most with a given one. The database looks, by its index."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Q
from PIL import Image, UnidentifiedImageError

from inspections.evidence import words
from inspections.evidence.models import PhotoPrint, ReportPrint
from inspections.evidence.pictures import Likeness, asking_words, compare, print_of
from inspections.visits.models import Answer, Photo, Visit

logger = logging.getLogger(__name__)

LEAST_SHARED = 3  # words that two photos share before they are laid on each other
MOST_LOOKED_AT = 30  # photos that are laid on one
MOST_REPORTS = 20  # reports compared with one
HOUSE_REPORTS = 2000  # newest reports that say which words the house uses

SHARING = """
SELECT p.photo_id, f.sha256 = %(sha256)s AS same_file, v.id, p.plain, p.grey
FROM inspections_photoprint p
JOIN inspections_photo f ON f.id = p.photo_id
JOIN inspections_visit v ON v.id = f.visit_id
CROSS JOIN LATERAL (SELECT count(*) AS n FROM unnest(p.words) w WHERE w = ANY(%(words)s)) shared
WHERE p.lender_id = %(lender)s AND p.words && %(words)s::int[] AND v.task_id <> %(task)s
  AND (v.submitted_at, v.id) < (%(submitted_at)s, %(visit)s)
  AND (f.sha256 = %(sha256)s OR shared.n >= %(least)s)
ORDER BY f.sha256 = %(sha256)s DESC, shared.n DESC, p.photo_id LIMIT %(most)s
"""
NEAR_REPORTS = """
SELECT r.visit_id, r.shingles FROM inspections_reportprint r JOIN inspections_visit v ON v.id = r.visit_id JOIN inspections_task t ON t.id = v.task_id
CROSS JOIN LATERAL (SELECT count(*) AS n FROM unnest(r.bands) b WHERE b = ANY(%(bands)s)) shared
WHERE r.lender_id = %(lender)s AND (r.person_id = %(person)s OR v.branch_id = %(branch)s OR t.borrower_id = %(borrower)s)
  AND r.bands && %(bands)s::bigint[] AND v.task_id <> %(task)s
  AND (v.submitted_at, v.id) < (%(submitted_at)s, %(visit)s)
ORDER BY shared.n DESC, r.visit_id DESC LIMIT %(most)s
"""
OF_THE_HOUSE = """
SELECT u.s FROM (
    SELECT r.person_id, r.shingles FROM inspections_reportprint r
    WHERE r.lender_id = %(lender)s AND r.person_id <> %(person)s AND r.shingles && %(asked)s::bigint[] ORDER BY r.id DESC LIMIT %(most)s
) r CROSS JOIN LATERAL unnest(r.shingles) u(s)
WHERE u.s = ANY(%(asked)s) GROUP BY u.s HAVING count(DISTINCT r.person_id) >= %(people)s
"""


@dataclass(frozen=True)
class Same:
    """An earlier photo that is the same picture."""

    photo: int
    visit: int
    likeness: Likeness


def file_word(photo: Photo) -> int:
    """A word for the file as such, so that the very same file is found whatever it shows."""
    return int(photo.sha256[:8], 16) >> 1


def print_photos(photos: Iterable[Photo]) -> dict[int, PhotoPrint]:
    """Prints of photos that have none yet, kept; by photo. One that can't be read any more is plain and found by its file only.

    The same file is read once. Signatures and documents have none: the same paper may be handed in twice.
    """
    made: dict[int, PhotoPrint] = {}
    by_file: dict[str, Any] = {}
    for photo in photos:
        if photo.what != Photo.What.PHOTO:
            continue
        told = by_file.get(photo.sha256)
        if told is None:
            try:
                with default_storage.open(photo.file) as file:
                    told = print_of(Image.open(file))
                found, grey, plain = told.words, told.grey, told.plain
            except (OSError, UnidentifiedImageError):
                logger.warning("photo %s can't be read; it is compared by its file only", photo.pk)
                found, grey, plain = [], b"", True
            by_file[photo.sha256] = (found, grey, plain)
        found, grey, plain = by_file[photo.sha256]
        made[photo.pk] = PhotoPrint(lender_id=photo.lender_id, photo=photo, words=[*found, file_word(photo)], grey=grey, plain=plain)
    PhotoPrint.objects.bulk_create(made.values(), ignore_conflicts=True)
    return made


def unprinted(lender_id: int, until: Visit | None = None) -> Any:
    """Photos of submitted visits without a print, the newest first; those handed in no later than `until`, where that is given."""
    photos = Photo.objects.filter(lender_id=lender_id, print__isnull=True, what=Photo.What.PHOTO).exclude(visit__state=Visit.State.DRAFT)
    if until is not None:
        photos = photos.filter(
            Q(visit__submitted_at__lt=until.submitted_at) | Q(visit__submitted_at=until.submitted_at, visit_id__lte=until.pk)
        )
    return photos.order_by("-pk")


def alike_in_visit(photos: list[Photo], printed: dict[int, PhotoPrint], limits: dict[str, Any]) -> list[tuple[Photo, Photo]]:
    """(earlier, later) photos of one visit for different points that are the same file or the same picture; each later one once."""
    found = []
    told = {pk: (set(made.words), bytes(made.grey)) for pk, made in printed.items()}
    for place, photo in enumerate(photos):
        asked: set[int] | None = None
        for before in photos[:place]:
            if before.checkpoint_id == photo.checkpoint_id:
                continue
            if before.sha256 == photo.sha256:
                found.append((before, photo))
                break
            if any(pk not in printed or printed[pk].plain for pk in (before.pk, photo.pk)):
                continue
            asked = set(asking_words(told[photo.pk][1])) if asked is None else asked
            if len(asked & told[before.pk][0]) < LEAST_SHARED:
                continue
            alike = compare(told[photo.pk][1], told[before.pk][1])
            if alike.coarse >= limits["shades"] and alike.fine >= limits["outlines"]:
                found.append((before, photo))
                break
    return found


def same_pictures(photo: Photo, printed: PhotoPrint, visit: Visit, limits: dict[str, Any]) -> list[Same]:
    """Earlier photos of other inspections of the lender that are the same picture, the earliest first.

    Candidates share `LEAST_SHARED` words or the file; each is then laid over the photo. `shades` and `outlines` say from which
    correlation the two are one. A plain picture is only compared as a file.
    """
    grey = bytes(printed.grey)
    asked = [file_word(photo), *(asking_words(grey) if grey and not printed.plain else [])]
    with connection.cursor() as cursor:
        cursor.execute(
            SHARING,
            {"lender": visit.lender_id, "task": visit.task_id, "visit": visit.pk, "submitted_at": visit.submitted_at, "words": asked,
             "sha256": photo.sha256, "least": LEAST_SHARED, "most": MOST_LOOKED_AT},
        )  # fmt: skip
        rows = cursor.fetchall()
    found = []
    for other, same_file, other_visit, plain, other_grey in rows:
        if same_file:
            found.append(Same(other, other_visit, Likeness(1.0, 1.0, 0)))
        elif not plain and not printed.plain:
            alike = compare(grey, bytes(other_grey))
            if alike.coarse >= limits["shades"] and alike.fine >= limits["outlines"]:
                found.append(Same(other, other_visit, alike))
    return sorted(found, key=lambda same: same.photo)


# Words -----------------------------------------------------------------------------------------------------------------------


def words_of(visit: Visit) -> list[str]:
    """What the person wrote freely in a visit: summary, notes, answers in words, and why the position is missing."""
    answers = Answer.objects.filter(visit=visit).select_related("checkpoint")
    free = [answer.note for answer in answers] + [str(answer.value) for answer in answers if answer.checkpoint.kind == "text" and answer.value]
    return [text for text in (visit.summary, visit.position_reason, *free) if text and text.strip()]


def words_of_form(visit: Visit) -> list[str]:
    """The words of the form itself in all languages: whoever repeats them copies nobody."""
    texts = []
    for answer in Answer.objects.filter(visit=visit).select_related("checkpoint"):
        point = answer.checkpoint
        texts += [*point.label.values(), *point.hint.values(), *point.signal.values()]
        texts += [label for option in point.options for label in option.get("label", {}).values()]
    return [text for text in texts if isinstance(text, str)]


def print_report(visit: Visit) -> ReportPrint:
    """The print of a visit's words, kept once; what the form itself says is left out."""
    own = words.shingles(words_of(visit)) - words.shingles(words_of_form(visit))
    made, _fresh = ReportPrint.objects.get_or_create(
        visit=visit, defaults={"lender_id": visit.lender_id, "person_id": visit.recorded_by_id, "shingles": sorted(own), "bands": words.bands(own)}
    )
    return made


def near_reports(printed: ReportPrint, visit: Visit) -> list[tuple[int, set[int]]]:
    """(visit, shingles) of earlier reports that share the most bands with this one: the person's own, the branch's and those on the borrower."""
    with connection.cursor() as cursor:
        cursor.execute(
            NEAR_REPORTS,
            {"lender": visit.lender_id, "person": printed.person_id, "branch": visit.branch_id, "borrower": visit.task.borrower_id,
             "bands": printed.bands, "task": visit.task_id, "visit": visit.pk, "submitted_at": visit.submitted_at,
             "most": MOST_REPORTS},
        )  # fmt: skip
        return [(number, set(found)) for number, found in cursor.fetchall()]


def of_the_house(printed: ReportPrint, asked: set[int], people: int) -> set[int]:
    """Those shingles that at least `people` other people of the lender write as well: turns of phrase, nobody's own words."""
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            OF_THE_HOUSE, {"lender": printed.lender_id, "person": printed.person_id, "asked": list(asked), "people": people, "most": HOUSE_REPORTS}
        )
        return {number for (number,) in cursor.fetchall()}
