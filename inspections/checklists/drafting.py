"""Writing a draft of an inspection form, and its way: proposed, approved by another, returned, retired."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.observation.queries import lender_of
from inspections.checklists.actions import write_parts
from inspections.checklists.models import Checkpoint, Section, Template
from inspections.checklists.queries import as_parts, faults_in
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

MOST_SECTIONS = 12


def _person(by: Access) -> Person:
    return cast(Person, by.person)  # the act was checked: credit administration are people


def _locked(template_id: int, lender: Lender) -> Template:
    return Template.objects.select_for_update(of=("self",)).get(pk=template_id, lender=lender, loan__isnull=True)


def own_draft(template_id: int, by: Access) -> Template:
    """The draft, locked. Raises DoesNotExist for another lender's, and what `check_writable` raises."""
    by.check(Act.CHECKLIST_WRITE)
    draft = _locked(template_id, lender_of(by))
    check_writable(draft, by)
    return draft


def check_writable(draft: Template, by: Access) -> None:
    """Raises Conflict where a form is no draft, or a draft that another person writes."""
    if draft.state != Template.State.DRAFT:
        raise Conflict(_("This version can no longer be changed. Copy it as a new draft."), code="FORM_FROZEN")
    if draft.made_by_id != _person(by).pk:
        raise Conflict(_("Another person is writing this draft. Whoever changes it could not approve it."), code="DRAFT_OF_ANOTHER")


@transaction.atomic
def begin(*, code: str, kind: str, product_kind: str, security: str, name: Mapping[str, str], by: Access) -> Template:
    """An empty draft of a new form. Raises Conflict where the code is taken."""
    by.check(Act.CHECKLIST_WRITE)
    lender = lender_of(by)
    if Template.objects.filter(lender=lender, code=code).exists():
        raise Conflict(_("There is a form with this code. Copy it as a new draft, or choose another code."), code="CODE_TAKEN")
    draft = Template.objects.create(
        lender=lender, code=code, version=1, kind=kind, product_kind=product_kind, security=security, name=dict(name), made_by=_person(by)
    )
    Section.objects.create(template=draft, position=1, title={"en": "Section 1", "zh-hans": "第一部分", "ko": "1부"})
    record("checklist.drafted", by=by, subject=draft, code=code, version=1)
    return draft


@transaction.atomic
def copy_as_draft(*, template_id: int, by: Access) -> Template:
    """The next version of a form as a draft that says the same. Raises Conflict where a draft or proposal of it is open already."""
    by.check(Act.CHECKLIST_WRITE)
    source = _locked(template_id, lender_of(by))
    versions = Template.objects.filter(lender=source.lender, code=source.code)
    if versions.filter(state__in=[Template.State.DRAFT, Template.State.PROPOSED]).exists():
        raise Conflict(_("There is an open draft of this form already."), code="DRAFT_OPEN")
    draft = Template.objects.create(
        lender=source.lender,
        code=source.code,
        version=(versions.aggregate(last=Max("version"))["last"] or 0) + 1,
        kind=source.kind,
        product_kind=source.product_kind,
        security=source.security,
        name=source.name,
        made_by=_person(by),
    )
    write_parts([(draft, as_parts(source))])
    record("checklist.drafted", by=by, subject=draft, code=draft.code, version=draft.version, copied_from=source.version)
    return draft


@transaction.atomic
def describe(*, template_id: int, by: Access, **changed: Any) -> Template:
    """Change name, use or note of a draft. changed: name, kind, product_kind, security, change_note."""
    draft = own_draft(template_id, by)
    for field, value in changed.items():
        setattr(draft, field, value)
    draft.save(update_fields=list(changed))
    record("checklist.changed", by=by, subject=draft, fields=sorted(changed))
    return draft


@transaction.atomic
def add_section(*, template_id: int, title: Mapping[str, str], by: Access) -> Section:
    """A further section at the end."""
    draft = own_draft(template_id, by)
    last = draft.sections.aggregate(last=Max("position"))["last"] or 0
    if last >= MOST_SECTIONS:
        raise Conflict(_("A form has at most %(most)s sections.") % {"most": MOST_SECTIONS}, code="TOO_MANY_SECTIONS")
    record("checklist.changed", by=by, subject=draft, fields=["sections"])
    return Section.objects.create(template=draft, position=last + 1, title=dict(title))


@transaction.atomic
def name_section(*, template_id: int, section_id: int, title: Mapping[str, str], by: Access) -> None:
    """Another title for a section of a draft. Raises DoesNotExist for a section of another form."""
    section = own_draft(template_id, by).sections.get(pk=section_id)
    section.title = dict(title)
    section.save(update_fields=["title"])


@transaction.atomic
def save_point(*, template_id: int, section_id: int, point_id: int | None, fields: Mapping[str, Any], by: Access) -> Checkpoint:
    """Write a point of a draft, a new one at the end of its section. fields: those of `Checkpoint` without section and position."""
    draft = own_draft(template_id, by)
    section = draft.sections.get(pk=section_id)
    point = Checkpoint(section=section) if point_id is None else Checkpoint.objects.get(pk=point_id, section__template=draft)
    if point_id is None or point.section_id != section.pk:
        point.section, point.position = section, (section.checkpoints.aggregate(last=Max("position"))["last"] or 0) + 1
    if Checkpoint.objects.filter(section__template=draft, code=fields["code"]).exclude(pk=point.pk).exists():
        raise Conflict(_("Another point of this form has this code."), code="POINT_CODE_TAKEN")
    for name, value in fields.items():
        setattr(point, name, value)
    point.save()
    record("checklist.changed", by=by, subject=draft, fields=[f"point {point.code}"])
    return point


@transaction.atomic
def drop_point(*, template_id: int, point_id: int, by: Access) -> None:
    """Take a point out of a draft."""
    draft = own_draft(template_id, by)
    point = Checkpoint.objects.get(pk=point_id, section__template=draft)
    point.delete()
    record("checklist.changed", by=by, subject=draft, fields=[f"point {point.code}"])


@transaction.atomic
def drop_section(*, template_id: int, section_id: int, by: Access) -> None:
    """Take a section and its points out of a draft."""
    draft = own_draft(template_id, by)
    section = draft.sections.get(pk=section_id)
    section.checkpoints.all().delete()
    section.delete()
    record("checklist.changed", by=by, subject=draft, fields=["sections"])


@transaction.atomic
def move_point(*, template_id: int, point_id: int, up: bool, by: Access) -> None:
    """One place up or down; at the edge of a section into the next one."""
    draft = own_draft(template_id, by)
    sections = list(draft.sections.order_by("position"))
    points = {s.pk: list(s.checkpoints.order_by("position")) for s in sections}
    point = Checkpoint.objects.get(pk=point_id, section__template=draft)
    here = next(n for n, s in enumerate(sections) if s.pk == point.section_id)
    row = points[point.section_id]
    at = next(n for n, p in enumerate(row) if p.pk == point.pk)
    to = at - 1 if up else at + 1
    if 0 <= to < len(row):
        row[at], row[to] = row[to], row[at]
    elif 0 <= (there := here - 1 if up else here + 1) < len(sections):
        row.pop(at)
        other = points[sections[there].pk]
        other.insert(len(other) if up else 0, point)
        point.section = sections[there]
        _number(other)
    _number(row)


@transaction.atomic
def move_section(*, template_id: int, section_id: int, up: bool, by: Access) -> None:
    """One place up or down."""
    draft = own_draft(template_id, by)
    sections = list(draft.sections.order_by("position"))
    at = next(n for n, s in enumerate(sections) if s.pk == section_id)
    to = at - 1 if up else at + 1
    if 0 <= to < len(sections):
        sections[at], sections[to] = sections[to], sections[at]
        for place, section in enumerate(sections, start=1):
            section.position = place
        Section.objects.bulk_update(sections, ["position"])


def _number(points: Sequence[Checkpoint]) -> None:
    for place, point in enumerate(points, start=1):
        point.position = place
    Checkpoint.objects.bulk_update(points, ["position", "section"])


@transaction.atomic
def discard(*, template_id: int, by: Access) -> None:
    """Give a draft up. Nothing was recorded with it."""
    draft = own_draft(template_id, by)
    record("checklist.discarded", by=by, subject=draft, code=draft.code, version=draft.version)
    Checkpoint.objects.filter(section__template=draft).delete()
    draft.sections.all().delete()
    draft.delete()


@transaction.atomic
def propose(*, template_id: int, change_note: str, by: Access) -> Template:
    """Hand a draft to another credit administrator. Raises Conflict while it has faults that stop it, or no word on what changes."""
    draft = own_draft(template_id, by)
    if not change_note.strip():
        raise Conflict(_("Say what changes and why."), code="NO_CHANGE_NOTE")
    if any(fault.stops for fault in faults_in(draft)):
        raise Conflict(_("The form has faults that must be mended first."), code="FORM_FAULTY")
    draft.state, draft.change_note, draft.return_reason = Template.State.PROPOSED, change_note.strip()[:300], ""
    draft.save(update_fields=["state", "change_note", "return_reason"])
    record("checklist.proposed", by=by, subject=draft, code=draft.code, version=draft.version)
    return draft


def _proposed(template_id: int, by: Access) -> Template:
    form = _locked(template_id, lender_of(by))
    by.check(Act.CHECKLIST_APPROVE, form)
    if form.state != Template.State.PROPOSED:
        raise Conflict(_("This form does not wait for approval any more."), code="FORM_NOT_PROPOSED")
    return form


@transaction.atomic
def approve(*, template_id: int, by: Access) -> Template:
    """Put a proposed form into use from today. The form used for the same until now is retired; visits begun keep theirs.

    Raises Refused for the person who wrote it.
    """
    form = _proposed(template_id, by)
    same_use = Template.objects.filter(
        lender=form.lender, kind=form.kind, product_kind=form.product_kind, security=form.security, state=Template.State.LIVE, loan__isnull=True
    )
    earlier = Template.objects.filter(lender=form.lender, code=form.code, state=Template.State.LIVE)
    for old in (same_use | earlier).select_for_update():
        old.state, old.retired_on = Template.State.RETIRED, by.on
        old.save(update_fields=["state", "retired_on"])
        record("checklist.retired", by=by, subject=old, code=old.code, version=old.version, replaced_by=str(form))
    form.state, form.approved_by, form.approved_at, form.valid_from = Template.State.LIVE, _person(by), timezone.now(), by.on
    form.save(update_fields=["state", "approved_by", "approved_at", "valid_from"])
    record("checklist.approved", by=by, subject=form, code=form.code, version=form.version)
    return form


@transaction.atomic
def give_back(*, template_id: int, reason: str, by: Access) -> Template:
    """Return a proposal to its writer, with the reason."""
    form = _proposed(template_id, by)
    if not reason.strip():
        raise Conflict(_("Say why the form is returned."), code="NO_REASON")
    form.state, form.return_reason = Template.State.DRAFT, reason.strip()[:300]
    form.save(update_fields=["state", "return_reason"])
    record("checklist.returned", by=by, subject=form, code=form.code, version=form.version, reason=form.return_reason)
    return form


@transaction.atomic
def retire(*, template_id: int, by: Access) -> Template:
    """Take a form out of use. Inspections of its kind then use the general form, or can't be begun where there is none."""
    form = _locked(template_id, lender_of(by))
    by.check(Act.CHECKLIST_APPROVE, form)
    if form.state != Template.State.LIVE:
        raise Conflict(_("Only a form in use can be retired."), code="FORM_NOT_LIVE")
    form.state, form.retired_on = Template.State.RETIRED, by.on
    form.save(update_fields=["state", "retired_on"])
    record("checklist.retired", by=by, subject=form, code=form.code, version=form.version)
    return form
