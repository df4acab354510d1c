"""What the evidence guard noticed, as pages show it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from inspections.evidence.models import Flag, FlagJudgement
from inspections.evidence.prints import unprinted
from inspections.evidence.reasons import sentence
from inspections.visits.models import Photo, Visit
from inspections.visits.queries import in_language, visits_readable_by
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.reader import as_house

SORTS = {"noticed": "noticed_on", "person": "person__name", "kind": "kind"}


def flags_of(visit: Visit, access: Access | None = None) -> list[Flag]:
    """The flags of a visit as `explained` gives them. Never those about the reader; the caller has asked whether the visit may be read."""
    flags = Flag.objects.filter(visit=visit)
    if access is not None and access.person is not None:
        flags = flags.exclude(person=access.person)
    return explained(_with_all(flags.order_by("pk")), access)


def backlog(lender: Lender, *, until: date | None = None) -> tuple[int, int]:
    """What the evidence guard has not got to: inspections that wait for a decision unexamined, and photos of submitted ones without a print.

    until: the last day of handing in that counts; a past day that is closed late does not miss what came after it.
    """
    waiting = Visit.objects.filter(lender=lender, state=Visit.State.SUBMITTED, examination__isnull=True)
    if until:
        waiting = waiting.filter(submitted_on__lte=until)
    with as_house():  # counted for all, whoever asks
        return waiting.count(), unprinted(lender.pk).count()


def flags_seen(
    access: Access, *, kind: str = "", state: str = "", person: str = "", branch: str = "", start: date | None = None, end: date | None = None,
    sort: str = "-noticed",
) -> QuerySet[Flag, Any]:
    """Flags this person may see, filtered: kind of Flag.Kind; state open, explained or stands; person and branch by id; days of noticing."""
    found = Flag.objects.visible_to(access).judged()
    if kind:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(state=state)  # type: ignore[misc]
    if person.isdecimal():
        found = found.filter(person=int(person))
    if branch.isdecimal():
        found = found.filter(branch=int(branch))
    if start:
        found = found.filter(noticed_on__gte=start)
    if end:
        found = found.filter(noticed_on__lte=end)
    column = SORTS.get(sort.lstrip("-"), "noticed_on")
    return _with_all(found).order_by(f"{'-' if sort.startswith('-') else ''}{column}", "-pk")


def _with_all(flags: QuerySet[Flag, Any]) -> QuerySet[Flag, Any]:
    """With what a list shows of each. The words beside an unverified visit are not asked for: no flag shows them."""
    shown = flags.judged() if "state" not in flags.query.annotations else flags  # type: ignore[attr-defined]
    return shown.select_related("person", "branch", "visit__task__borrower", "photo__checkpoint", "other_visit__task").prefetch_related(
        "judgements__judged_by"
    )


def explained(flags: Iterable[Flag], access: Access | None = None) -> list[Flag]:
    """Each flag with `sentence` in the reader's language, `about` (the checkpoint's label), `last` (judgement or None), `turned_words`,
    `other` (the earlier photo, where the reader may see it) and `other_hidden`."""
    shown = list(flags)
    readable = set(Visit.objects.filter(pk__in=[f.other_visit_id for f in shown if f.other_visit_id]).values_list("pk", flat=True))
    if access is not None:
        readable &= set(visits_readable_by(access).filter(pk__in=readable).values_list("pk", flat=True))
    others = Photo.objects.filter(pk__in=[f.other_photo_id for f in shown if f.other_photo_id], visit__in=readable).in_bulk()
    for flag in shown:
        told: Any = flag
        told.sentence = sentence(flag.code, flag.reason, flag.figure)
        told.about = in_language(flag.photo.checkpoint.label) if flag.photo else ""
        judgements = list(flag.judgements.all())
        told.last = judgements[0] if judgements else None
        told.state_words = told.last.get_verdict_display() if told.last else _("Not looked at yet")
        told.other = others.get(flag.other_photo_id or 0)
        told.other_hidden = bool(flag.other_photo_id) and told.other is None
    return shown


def people_of(access: Access) -> list[tuple[str, str]]:
    """(id, name) of everybody with a flag that this person may see, by name."""
    found = Flag.objects.visible_to(access).values_list("person_id", "person__name").distinct().order_by("person__name")
    return [(str(number), name) for number, name in found]


def branches_of(access: Access) -> list[tuple[str, str]]:
    found = Flag.objects.visible_to(access).values_list("branch_id", "branch__name").distinct().order_by("branch__name")
    return [(str(number), name) for number, name in found]


STATES = ("open", *FlagJudgement.Verdict.values)
