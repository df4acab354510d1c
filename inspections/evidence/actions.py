"""Examine submitted visits once each, and say what became of what was noticed."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from borrowers.conduct.actions import note_act
from inspections.evidence import prints
from inspections.evidence.examining import KEYS, earlier, examine
from inspections.evidence.models import Examination, Flag, FlagJudgement
from inspections.evidence.queries import backlog
from inspections.evidence.reasons import KINDS
from inspections.evidence.rules import Doubt
from inspections.visits.models import Photo, Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.people.reader import as_house
from loanwatch.trail.record import record

logger = logging.getLogger(__name__)

AT_ONCE = 200  # photos printed beside an examination, the newest first; the night makes the rest
NIGHTLY = 500  # visits examined, and photos printed, by one close at most
SECONDS = 60  # after which a close leaves the rest to the next one; a verifier who opens a report has it examined at once
RECENT = timedelta(days=14)  # visits handed in longer ago than this were examined by people, before there was a guard


@transaction.atomic
def ensure_examined(visit_ids: Iterable[int], *, on: date | None = None) -> int:
    """Examine those of the visits that are submitted and not examined yet; returns how many were. Done again, nothing happens.

    on: the business date on which it is noticed; left out, today in the lender's zone. Reads for the house, so that a verifier
    who may not see the report yet sets it off without seeing it.
    """
    with as_house():
        asked = Visit.objects.filter(pk__in=list(visit_ids), examination__isnull=True).exclude(state=Visit.State.DRAFT)
        if not asked.exists():
            return 0
        _one_at_a_time()
        # A report that somebody is opening is examined there; a night that waited for it would hold up the page that waits for the night.
        locked = asked.select_for_update(of=("self",), skip_locked=True).select_related("lender", "loan", "task__borrower", "template", "recorded_by")
        visits = [visit for visit in locked.order_by("submitted_at", "pk") if not Examination.objects.filter(visit=visit).exists()]
        for visit in visits:
            _examine(visit, on or timezone.now().astimezone(ZoneInfo(visit.lender.zone)).date())
    return len(visits)


def _one_at_a_time() -> None:
    """Until the end of the transaction nobody else examines: two who print the same earlier reports in another order wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inspections.evidence'))")


def _examine(visit: Visit, on: date) -> None:
    prints.print_photos(Photo.objects.filter(visit=visit, print__isnull=True))
    prints.print_photos(prints.unprinted(visit.lender_id, visit)[:AT_ONCE])
    unread = earlier(visit).filter(report_print__isnull=True).order_by("-pk")
    own = unread.filter(recorded_by=visit.recorded_by_id)
    for report in [*own[:AT_ONCE], *unread.exclude(recorded_by=visit.recorded_by_id)[:AT_ONCE]]:  # the others say which words are the house's
        prints.print_report(report)
    limits = {key: parameter(visit.lender, key, on) for key in KEYS}
    doubts = examine(visit, limits)
    flags = [
        Flag(
            lender=visit.lender, visit=visit, person=visit.recorded_by, branch_id=visit.branch_id, kind=KINDS[doubt.code], code=doubt.code,
            photo_id=doubt.photo, other_photo_id=doubt.words.get("other_photo"), other_visit_id=doubt.visit, figure=doubt.figure,
            point=doubt.point, reason={name: value for name, value in doubt.words.items() if name != "other_photo"}, noticed_on=on,
        )
        for doubt in doubts
    ]  # fmt: skip
    Flag.objects.bulk_create(flags)
    Examination.objects.create(lender=visit.lender, visit=visit, examined_on=on, thresholds=limits)
    _note_conduct(visit, doubts)
    if flags:
        record("evidence.flagged", by=None, subject=visit, flags=sorted(flag.code for flag in flags))


def _note_conduct(visit: Visit, doubts: Sequence[Doubt]) -> None:
    """What the flags tell of the person, one act of a kind for the visit."""
    by_code: dict[str, list[Doubt]] = {}
    for doubt in doubts:
        by_code.setdefault(doubt.code, []).append(doubt)
    said: dict[str, Any] = {
        "lender": visit.lender, "person": visit.recorded_by, "on": visit.submitted_on, "subject": f"visit:{visit.pk}", "loan": visit.loan,
    }  # fmt: skip
    reused = [doubt for code in ("same_file", "same_picture") for doubt in by_code.get(code, [])]
    reused_photos = {doubt.photo for doubt in reused}
    old = [doubt for code in ("old_picture", "before_loan") for doubt in by_code.get(code, []) if doubt.photo not in reused_photos]
    before_loan = sum(bool(doubt.words.get("before_loan")) for doubt in reused) + sum(doubt.code == "before_loan" for doubt in old)
    if reused or old:
        note_act("copied_picture", figure=len(reused) + len(old), reused=len(reused), old=len(old), before_loan=before_loan, **said)
    for doubt in by_code.get("same_words", []):
        note_act("copied_words", figure=doubt.figure, other=f"visit:{doubt.visit}", **said)
    for code in ("away", "two_places", "speed"):
        for doubt in by_code.get(code, []):
            other = f"visit:{doubt.visit}" if doubt.visit else ""
            note_act("impossible_route", figure=doubt.figure or Decimal(0), reason=code, other=other, **said)


def examine_of_the_day(cursor: CursorWrapper, key: Mapping[str, Any], lender: Lender) -> int:
    """The step of the day: visits that still wait or were handed in lately, and prints of photos that have none; returns how many visits.

    What is left for the next close is said in the log and on the page (`queries.backlog`).

    What it notes of people is known from the next business day on, so the figures of the day that closes are not touched.
    """
    recent = Q(state=Visit.State.SUBMITTED) | Q(submitted_on__gt=key["day"] - RECENT)
    waiting = Visit.objects.filter(recent, lender=lender, examination__isnull=True, submitted_on__lte=key["day"]).exclude(state=Visit.State.DRAFT)
    begun, examined = monotonic(), 0
    with as_house():
        for number in waiting.order_by(F("state").desc(), "submitted_at", "pk").values_list("pk", flat=True)[:NIGHTLY]:
            examined += ensure_examined([number], on=key["day"])
            if monotonic() > begun + SECONDS * 3 / 4:
                break
        # New ones and the oldest in turn: else a bank that takes more photos than a night prints would never reach those of before the guard.
        _one_at_a_time()
        left = prints.unprinted(lender.pk)
        newest, oldest = list(left[: NIGHTLY // 2]), list(left.order_by("pk")[: NIGHTLY // 2])
        for photo in {photo.pk: photo for pair in zip_longest(newest, oldest) for photo in pair if photo}.values():
            if monotonic() > begun + SECONDS:
                break
            prints.print_photos([photo])
        if any(behind := backlog(lender, until=key["day"])):
            logger.warning("evidence guard of %s: %s inspections are not examined and %s photos not printed yet", lender.code, *behind)
    return examined


@transaction.atomic
def judge_flag(*, flag_id: int, verdict: str, words: str, by: Access) -> FlagJudgement:
    """Say that a flag is explained or stands, and why. May be said anew; the last word counts and all are kept.

    Raises Refused for the person concerned and for those who may not, Flag.DoesNotExist out of sight, Conflict without words.
    """
    by.check(Act.EVIDENCE_JUDGE)
    flag = Flag.objects.visible_to(by).select_related("visit").get(pk=flag_id)
    if by.person is None or flag.person_id == by.person.pk:
        raise Refused(_("Nobody judges what was noticed about a report of his own."), code="FLAG_OWN")
    if verdict not in FlagJudgement.Verdict.values or not words.strip():
        raise Conflict(_("Say whether it is explained or stands, and why."), code="FLAG_WORDS")
    made = FlagJudgement.objects.create(flag=flag, verdict=verdict, words=words.strip()[:2000], judged_by=by.person, judged_on=by.on)
    record("evidence.judged", by=by, subject=flag.visit, flag=flag.pk, code=flag.code, verdict=verdict)
    return made
