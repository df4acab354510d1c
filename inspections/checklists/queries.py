"""Forms for those who fill them in: the words in the reader's language, the points in order, and which form is filled in for what."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.utils.translation import get_language

from borrowers.collateral.models import Pledge
from borrowers.loans.models import Guarantee, Loan
from inspections.checklists import comparing, prefill, rules
from inspections.checklists.faults import Fault, Part, faults_of
from inspections.checklists.models import Checkpoint, Template
from inspections.planning.models import Kind
from loanwatch.lenders.models import Lender

# A kind without a form of its own is recorded with that of another: the verifier's own visit with that of the visit it verifies,
# which is handed in by the caller, and else like a routine inspection.
INSTEAD = {Kind.SPECIAL: Kind.ROUTINE, Kind.MATURITY: Kind.ROUTINE, Kind.VERIFY: Kind.ROUTINE}


def in_language(text: Mapping[str, str] | None) -> str:
    """A text of a template in the reader's language; English where it lacks one."""
    if not text:
        return ""
    return text.get(get_language() or "en") or text.get("en", "")


def point_of(checkpoint: Checkpoint) -> rules.Point:
    """The point as the rules see it."""
    return rules.Point(
        code=checkpoint.code,
        kind=checkpoint.kind,
        required=checkpoint.required,
        options=tuple(option["value"] for option in checkpoint.options),
        fails_when=tuple(checkpoint.fails_when),
        shown_when=checkpoint.shown_when,
        tolerance=checkpoint.tolerance,
        at_desk=checkpoint.at_desk,
        columns=tuple((column["code"], column["kind"]) for column in checkpoint.columns),
        evidence=tuple(checkpoint.evidence),
        score=checkpoint.score,
        prefill=checkpoint.prefill,
        material=checkpoint.material,
        key_point=checkpoint.key_point,
    )


def in_words(kind: str, value: Any) -> str:
    """An answer that is no plain text, as one reads or types it: items a line each, a position, a name; other answers as they are."""
    if isinstance(value, list):
        return "\n".join("; ".join(str(cell) for cell in row.values()) for row in value)
    if isinstance(value, Mapping):
        return f"{value.get('latitude')}, {value.get('longitude')}" if kind == "position" else str(value.get("name", ""))
    return str(value) if value is not None else ""


def checkpoints_of(template_id: int, conditions_id: int | None = None) -> list[Checkpoint]:
    """All checkpoints of a template in the order of the form, sections at hand; the conditions of the approval come last.

    conditions_id: `Visit.conditions_id`, for what is asked on the visits of one loan in addition.
    """
    wanted = [template_id] if conditions_id is None else [template_id, conditions_id]
    last = Case(When(section__template_id=conditions_id, then=Value(1)), default=Value(0), output_field=IntegerField())
    points = Checkpoint.objects.filter(section__template_id__in=wanted).select_related("section")
    return list(points.order_by(last, "section__position", "position"))


def template_for(lender: Lender, kind: str, product_kind: str, security: str = "") -> Template | None:
    """The live form for a kind of inspection: that of product and security, of the product, of the security, then the general one.

    A kind without any form falls back to routine; an off-site check does not, as nobody sees the place.
    """
    live: QuerySet[Template, Any] = Template.objects.filter(lender=lender, state=Template.State.LIVE, loan__isnull=True)
    for wanted in [kind, *([INSTEAD[Kind(kind)]] if kind in INSTEAD else [])]:
        found = live.filter(kind=wanted, product_kind__in={product_kind, ""}, security__in={security, ""})
        if template := found.order_by("-product_kind", "-security").first():
            return template
    return None


def security_of(loan: Loan) -> str:
    """What a loan is secured by, as far as it chooses a form: pledged stock, else a guarantee without any pledge, else nothing special."""
    kinds = set(Pledge.objects.filter(loan=loan, withdrawn=False, to_on__isnull=True).values_list("item__kind", flat=True))
    if "inventory" in kinds:
        return Template.Security.STOCK
    guaranteed = not kinds and Guarantee.objects.filter(loan=loan, withdrawn=False, to_on__isnull=True).exists()
    return Template.Security.GUARANTEE if guaranteed else ""


def form_for(loan: Loan, kind: str) -> Template | None:
    """The live form with which an inspection of `kind` is made at this loan; `template_for` with the loan's product and security."""
    return template_for(loan.lender, kind, loan.product.kind, security_of(loan))


# For the designer -----------------------------------------------------------------------------------------------------------

COPIED = (
    "code", "kind", "label", "hint", "required", "options", "columns", "unit", "fails_when", "shown_when", "evidence", "score", "prefill",
    "signal", "tolerance", "material", "key_point", "at_desk",
)  # fmt: skip


def forms_of(lender: Lender) -> QuerySet[Template, Any]:
    """All versions of a lender's forms with how many points each has; the conditions of single loans are no forms."""
    rows = Template.objects.filter(lender=lender, loan__isnull=True).select_related("made_by", "approved_by")
    return rows.annotate(points=Count("sections__checkpoints")).order_by("code", "-version")


def as_parts(template: Template) -> list[dict[str, Any]]:
    """Sections and points of a form as plain values, in the shape of the shipped ones."""
    sections = template.sections.order_by("position").prefetch_related("checkpoints")
    return [
        {
            "title": section.title,
            "checkpoints": [{name: getattr(point, name) for name in COPIED} for point in sorted(section.checkpoints.all(), key=lambda p: p.position)],
        }
        for section in sections
    ]


def faults_in(template: Template) -> list[Fault]:
    """What is wrong with a form; see `faults.faults_of`. Two queries."""
    parts = as_parts(template)
    told = [
        Part(
            section=number,
            **{name: point[name] for name in ("code", "kind", "label", "options", "columns", "fails_when", "shown_when", "evidence", "score", "signal", "at_desk")},
            prefill_fits=prefill.fits(point["prefill"], point["kind"]),
        )
        for number, part in enumerate(parts, start=1)
        for point in part["checkpoints"]
    ]
    return faults_of(template.kind, template.name, [part["title"] for part in parts], told)


def compared(before: Template, after: Template) -> list[comparing.Changed]:
    """What two forms say differently, by the codes of their points."""
    return comparing.differences(_by_code(before), _by_code(after))


def _by_code(template: Template) -> dict[str, dict[str, Any]]:
    return {point["code"]: point | {"section": part["title"].get("en", "")} for part in as_parts(template) for point in part["checkpoints"]}
