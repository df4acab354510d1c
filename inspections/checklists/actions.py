"""Writing inspection forms: those that ship, and the conditions of a loan's approval as points of its visits."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from borrowers.covenants.models import ApprovalCondition
from borrowers.loans.models import Loan
from inspections.checklists.models import Checkpoint, Section, Template
from inspections.checklists.shipped import TEMPLATES
from loanwatch.lenders.models import Lender

LANGUAGES = ("en", "zh-hans", "ko")


@transaction.atomic
def install_templates(lender: Lender) -> int:
    """Write the shipped forms that `lender` lacks; returns how many were written."""
    present = set(Template.objects.filter(lender=lender, loan__isnull=True).values_list("code", flat=True))
    lacking = [shipped for shipped in TEMPLATES if shipped["code"] not in present]
    templates = Template.objects.bulk_create(
        Template(
            lender=lender,
            code=shipped["code"],
            version=1,
            kind=shipped["kind"],
            product_kind=shipped["product_kind"],
            security=shipped.get("security", ""),
            name=shipped["name"],
            shipped=True,
        )
        for shipped in lacking
    )
    write_parts((template, shipped["sections"]) for template, shipped in zip(templates, lacking, strict=True))
    Template.objects.filter(pk__in=[t.pk for t in templates]).update(state=Template.State.LIVE)
    return len(templates)


def write_parts(parts: Iterable[tuple[Template, Iterable[Mapping[str, Any]]]]) -> None:
    """Sections and checkpoints of drafts: {"title", "checkpoints": [fields of a checkpoint]} in their order."""
    wanted = [(template, number, part) for template, sections in parts for number, part in enumerate(sections, start=1)]
    sections = Section.objects.bulk_create(
        Section(template=template, position=number, title=part["title"]) for template, number, part in wanted
    )
    Checkpoint.objects.bulk_create(
        Checkpoint(section=section, position=n, **point)
        for section, (_template, _number, part) in zip(sections, wanted, strict=True)
        for n, point in enumerate(part["checkpoints"], start=1)
    )


def conditions_sheet(loan: Loan, on: date) -> Template | None:
    """The conditions of the approval that hold for `loan` on `on`, as a frozen form of one section; None where there are none.

    A condition of the borrower as a whole or of the loan's facility counts as well. One that is met is asked no more. While the
    conditions read the same, visits share one sheet; a change makes its next version, and earlier visits keep theirs.
    """
    known = ApprovalCondition.objects.in_force(on).filter(borrower_id=loan.borrower_id).order_by("due_on", "reference")
    asked = [
        c
        for c in known
        if (c.met_on is None or c.met_on > on)
        and (c.loan_id or loan.pk) == loan.pk
        and (c.facility_id is None or c.facility_id == loan.facility_id)
    ]
    if not asked:
        return None
    points = [_condition_point(c) for c in asked]
    with transaction.atomic():
        Loan.objects.select_for_update().get(pk=loan.pk)  # two visits of a loan that begin at once share the sheet
        last = Template.objects.filter(loan=loan).order_by("-version").first()
        before = Checkpoint.objects.filter(section__template=last).order_by("position") if last else ()
        if last and [(c.code, c.label, c.hint) for c in before] == [(p["code"], p["label"], p["hint"]) for p in points]:
            return last
        sheet = Template.objects.create(
            lender=loan.lender,
            loan=loan,
            code=f"conditions-{loan.pk}",
            version=last.version + 1 if last else 1,
            kind="routine",
            name=_in_all(lambda: _("Conditions of the approval")),
        )
        title = _in_all(lambda: _("Conditions of the approval"))
        write_parts([(sheet, [{"title": title, "checkpoints": points}])])
        sheet.state = Template.State.LIVE
        sheet.save(update_fields=["state"])
    return sheet


def _in_all(words: Any) -> dict[str, str]:
    """A sentence of the software in each language of a form."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = words()
    return found


def _condition_point(condition: ApprovalCondition) -> dict[str, Any]:
    """A condition as a checkpoint: what is demanded in the approval's own words, answered yes, no or not seen."""
    said = {"text": condition.text, "day": condition.due_on.isoformat(), "reference": condition.reference}
    return {
        "code": f"condition-{condition.reference}"[:40],
        "kind": "yes_no",
        "label": _in_all(lambda: _("Is this condition of the approval met: %(text)s") % said),
        "hint": _in_all(lambda: _("Condition %(reference)s, to be met by %(day)s.") % said),
        "fails_when": ["no"],
        "signal": _in_all(lambda: _("A condition of the approval is not met: %(text)s") % said),
        "evidence": [{"when": "not_seen", "needs": ["note"]}],
        "score": {"weight": 5, "full": ["yes"]},
        "key_point": True,
        "at_desk": True,
    }
