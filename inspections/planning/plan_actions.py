"""The life of a version of the plan: begun as a draft, changed by its maker, proposed, approved by another person, read by all."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.planning import rules
from inspections.planning.models import PlanReading, PlanRow, PlanText, PlanVersion
from inspections.planning.plans import lines_of, readers, to_be_read
from loanwatch.kernel.moves import may_move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.lenders.parameters import require_open
from loanwatch.lenders.queries import business_days
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

State = PlanVersion.State
COPIED = (
    "occasion", "kind", "product_kind", "size", "class_from", "class_to", "exposure_from", "exposure_to", "tier_from", "tier_to",
    "level_from", "level_to", "days", "clause",
)  # fmt: skip


@transaction.atomic
def begin_draft(*, by: Access, copy_of: PlanVersion | None) -> PlanVersion:
    """A draft of the next version, with the lines, texts and limits of another one."""
    by.check(Act.PLAN_PROPOSE)
    lender = by.person.lender if by.person else None
    if lender is None:
        raise Refused(_("A plan belongs to a lender, and this account belongs to none."), code="NO_LENDER")
    Lender.objects.select_for_update(no_key=True).get(pk=lender.pk)
    newest = PlanVersion.objects.filter(lender=lender).aggregate(n=Max("number"))["n"] or 0
    limits = {"postpone_times": copy_of.postpone_times, "postpone_days": copy_of.postpone_days, "source": copy_of.source} if copy_of else {}
    made = PlanVersion.objects.create(lender=lender, number=newest + 1, made_by=by.person, **limits)
    if copy_of is not None:
        PlanRow.objects.bulk_create(
            PlanRow(version=made, place=place, **{name: getattr(row, name) for name in COPIED}) for place, row in enumerate(copy_of.rows.all(), start=1)
        )
        PlanText.objects.bulk_create(
            PlanText(version=made, language=t.language, title=t.title, clause=t.clause, text=t.text) for t in copy_of.texts.all()
        )
    record("plan.begun", by=by, subject=made, number=made.number, copy_of=copy_of.number if copy_of else None)
    return made


def own_draft(by: Access, version_id: int) -> PlanVersion:
    """The draft, locked. Raises Refused for anybody but its maker, Conflict when it is no draft any more."""
    by.check(Act.PLAN_PROPOSE)
    found = PlanVersion.objects.visible_to(by).select_for_update(of=("self",)).get(pk=version_id)
    if found.state != State.DRAFT:
        raise Conflict(_("Version %(number)s of the plan was proposed and is frozen. Begin a new version.") % {"number": found.number}, code="PLAN_FROZEN")
    if by.person is None or found.made_by_id != by.person.pk:
        raise Refused(_("Only the person who began this draft changes it; another one approves it."), code="NOT_MAKER")
    return found


@transaction.atomic
def change_draft(*, by: Access, version_id: int, **fields: Any) -> PlanVersion:
    """Set source, date of the regulation, why it was made and the limits of postponing."""
    version = own_draft(by, version_id)
    for name, value in fields.items():
        setattr(version, name, value)
    version.save(update_fields=list(fields))
    record("plan.changed", by=by, subject=version, number=version.number, **{name: str(value) for name, value in fields.items()})
    return version


@transaction.atomic
def write_text(*, by: Access, version_id: int, language: str, title: str, clause: str, text: str) -> None:
    """The house regulation in one language; without a title and a text the language is dropped."""
    version = own_draft(by, version_id)
    if not title and not text:
        PlanText.objects.filter(version=version, language=language).delete()
    else:
        PlanText.objects.update_or_create(version=version, language=language, defaults={"title": title, "clause": clause, "text": text})
    record("plan.changed", by=by, subject=version, number=version.number, language=language, title=title, text=text)


@transaction.atomic
def put_row(*, by: Access, version_id: int, row_id: int | None = None, **fields: Any) -> PlanRow:
    """Add a line at the end, or change one. Raises ValidationError with a sentence for a line that can't be."""
    version = own_draft(by, version_id)
    last = version.rows.aggregate(n=Max("place"))["n"] or 0
    row = PlanRow(version=version, place=last + 1) if row_id is None else version.rows.get(pk=row_id)
    before = {name: str(getattr(row, name)) for name in COPIED} if row_id else None
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    record("plan.changed", by=by, subject=version, number=version.number, place=row.place, before=before, after={n: str(getattr(row, n)) for n in COPIED})
    return row


@transaction.atomic
def move_row(*, by: Access, version_id: int, row_id: int, up: bool) -> None:
    """Let a line change places with its neighbour; the first one can't go up, nor the last one down."""
    version = own_draft(by, version_id)
    row = version.rows.get(pk=row_id)
    beside = version.rows.filter(place__lt=row.place).last() if up else version.rows.filter(place__gt=row.place).first()
    if beside is None:
        return
    PlanRow.objects.filter(pk=beside.pk).update(place=row.place)
    PlanRow.objects.filter(pk=row.pk).update(place=beside.place)
    record("plan.changed", by=by, subject=version, number=version.number, place=row.place, to_place=beside.place)


@transaction.atomic
def drop_row(*, by: Access, version_id: int, row_id: int) -> None:
    """Take a line out of a draft; those below move up."""
    version = own_draft(by, version_id)
    row = version.rows.get(pk=row_id)
    row.delete()
    version.rows.filter(place__gt=row.place).update(place=F("place") - 1)
    record("plan.changed", by=by, subject=version, number=version.number, dropped=row.place)


@transaction.atomic
def propose_plan(*, by: Access, version_id: int, valid_from: date) -> PlanVersion:
    """Freeze the draft and ask for approval, to count from a later business date.

    Raises Conflict when another version waits, when the day is past, closed, no business day or taken by another version, when
    the version has no line or no text, when a line is never reached, or when an off-site line reaches a loan in trouble.
    """
    version = own_draft(by, version_id)
    _require_first_day(version, valid_from, by.on)
    if PlanVersion.objects.filter(lender=version.lender, state=State.PROPOSED).exists():
        raise Conflict(_("A version of the plan waits for approval already; approve or withdraw it first."), code="PLAN_WAITS")
    lines = lines_of(version)
    if not lines:
        raise Conflict(_("The plan has no line yet."), code="PLAN_EMPTY")
    if not version.texts.exists():
        raise Conflict(_("Write down the house regulation that the plan carries out, in at least one language."), code="PLAN_WITHOUT_TEXT")
    if any(rules.off_site_fits_trouble(line) for line in lines):
        raise Conflict(
            _("An off-site check is only for small loans of class normal without an open orange or red alert: the row must say so."),
            code="PLAN_OFF_SITE",
        )
    if never := rules.unreachable(lines):
        raise Conflict(
            _("Line %(place)s is never reached: a line above it fits every loan that it fits.") % {"place": never[0].place}, code="PLAN_LINE_UNREACHED"
        )
    version.state, version.valid_from, version.proposed_at = State.PROPOSED, valid_from, timezone.now()
    version.save(update_fields=["state", "valid_from", "proposed_at"])
    record("plan.proposed", by=by, subject=version, number=version.number, valid_from=valid_from.isoformat())
    return version


def _require_first_day(version: PlanVersion, valid_from: date, on: date) -> None:
    if valid_from <= on:
        raise Conflict(_("A plan counts from a later business date than today."), code="PLAN_NOT_LATER")
    require_open(version.lender, valid_from)
    if not business_days(version.lender, valid_from, valid_from):
        raise Conflict(_("%(day)s is no business day of the lender.") % {"day": valid_from}, code="NO_BUSINESS_DAY")
    if PlanVersion.objects.filter(lender=version.lender, state=State.APPROVED, valid_from=valid_from).exists():
        raise Conflict(_("Another version counts from this day already."), code="PLAN_DAY_TAKEN")


def _waiting(by: Access, version_id: int) -> PlanVersion:
    found = PlanVersion.objects.visible_to(by).select_for_update(of=("self",)).get(pk=version_id)
    if not may_move(rules.PLAN_MOVES, found.state, State.APPROVED):
        raise Conflict(_("Version %(number)s of the plan does not wait for approval.") % {"number": found.number}, code="PLAN_DECIDED")
    return found


@transaction.atomic
def approve_plan(*, by: Access, version_id: int) -> PlanVersion:
    """The version counts from its day. Raises Refused for its maker, Conflict when it is decided or its day has come meanwhile."""
    version = _waiting(by, version_id)
    by.check(Act.PLAN_APPROVE, version)
    if version.valid_from is None:
        raise Conflict(_("The plan has no first day."), code="PLAN_NOT_LATER")
    _require_first_day(version, version.valid_from, by.on)
    version.state, version.approved_by, version.approved_at = State.APPROVED, by.person, timezone.now()
    version.save(update_fields=["state", "approved_by", "approved_at"])
    record("plan.approved", by=by, subject=version, number=version.number, valid_from=version.valid_from.isoformat())
    return version


@transaction.atomic
def withdraw_plan(*, by: Access, version_id: int, reason: str) -> PlanVersion:
    """A draft or proposal that is not to come: by credit administration, with a reason. What is in force is never withdrawn."""
    by.check(Act.PLAN_PROPOSE)
    version = PlanVersion.objects.visible_to(by).select_for_update(of=("self",)).get(pk=version_id)
    if not may_move(rules.PLAN_MOVES, version.state, State.WITHDRAWN):
        raise Conflict(_("A plan in force is never withdrawn; propose another one from a later day."), code="PLAN_DECIDED")
    if not reason.strip():
        raise Conflict(_("Say why the plan is withdrawn."), code="REASON_MISSING")
    version.state, version.withdrawn_by, version.withdrawn_reason = State.WITHDRAWN, by.person, reason.strip()
    version.save(update_fields=["state", "withdrawn_by", "withdrawn_reason"])
    record("plan.withdrawn", by=by, subject=version, number=version.number, reason=reason.strip())
    return version


@transaction.atomic
def confirm_reading(*, by: Access, version_id: int) -> PlanReading:
    """`by` has read the regulation of the version that is to be read. Twice counts once.

    Raises Refused for those who don't work by the plan, Conflict for a version that is not, or no longer, to be read.
    """
    by.check(Act.PLAN_READ)
    version = PlanVersion.objects.visible_to(by).get(pk=version_id)
    person = by.person
    if person is None or not readers(version.lender, by.on).filter(pk=person.pk).exists():
        raise Refused(_("That the house regulation was read is confirmed by those who work by it."), code="NOT_A_READER")
    if version != to_be_read(version.lender, by.on):
        raise Conflict(_("This version is not the one to be read now."), code="PLAN_NOT_TO_READ")
    made, new = PlanReading.objects.get_or_create(version=version, person=person, defaults={"on": by.on})
    if new:
        record("plan.read", by=by, subject=version, number=version.number)
    return made


