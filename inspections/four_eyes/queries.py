"""The queue of visits that wait for a second pair of eyes, and the two views side by side."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DateField, ExpressionWrapper, F, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from borrowers.loans.models import Custody, Loan
from inspections.four_eyes import rules
from inspections.four_eyes.models import OwnAnswer, Verification
from inspections.visits.models import Visit
from inspections.visits.queries import Question, Sheet, checkpoints_of, lay_out, point_of, sheet_of
from inspections.visits.rules import Said
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter
from loanwatch.people.access import Access


def verify_days(lender: Lender, on: date) -> dict[str, int]:
    """Calendar days from handing in to verification by kind of task, as the parameters in force on `on` say."""
    return {kind: int(days) for kind, days in parameter(lender, "inspection.verify_days", on).items()}


def queue(access: Access, *, late: bool = False) -> QuerySet[Visit, Any]:
    """Submitted visits on loans this person may see, the one whose verification is due first on top; own records are left out.

    Adds `verify_by` (date). What the visits say is not read here. late: only those past that date on `access.on`.
    """
    within = verify_days(access.person.lender, access.on) if access.person and access.person.lender else {}
    days = Case(*[When(task__kind=kind, then=Value(n)) for kind, n in within.items()], default=Value(0))
    waiting = Visit.objects.filter(state=Visit.State.SUBMITTED, loan_id__in=Loan.objects.visible_to(access).values("pk"))
    if access.person:
        waiting = waiting.exclude(recorded_by=access.person)
    dated = waiting.annotate(verify_by=ExpressionWrapper(F("submitted_on") + days, output_field=DateField()))
    if late:
        dated = dated.filter(verify_by__lt=access.on)
    shown = dated.select_related("task__borrower", "task__branch", "loan", "recorded_by", "template")
    return shown.prefetch_related("verifications__officer").order_by("verify_by", "submitted_at", "id")


def queue_counts(access: Access) -> tuple[int, int]:
    """How many visits wait for this person, and how many of them past their deadline on `access.on`."""
    return queue(access).count(), queue(access, late=True).count()


def why_not(visit: Visit, access: Access) -> str:
    """The sentence that says why this person may not verify this visit, or empty text. The policy table is asked apart."""
    person = access.person
    if person is None:
        return _("Only a member of staff verifies an inspection.")
    recorder = visit.recorded_by
    if person.agency and person.agency == recorder.agency:
        return _("This inspection was made by your own agency. Somebody of the bank must verify it.")
    months = parameter(visit.lender, "four_eyes.cooling_months", access.on)
    since = rules.months_before(access.on, int(months))
    led = Custody.objects.filter(loan_id=visit.loan_id, person=person, capacity=Custody.Capacity.LEAD)
    if led.filter(Q(to_on__isnull=True) | Q(to_on__gt=since)).exists():
        return _(
            "You are, or were within the last %(months)s months, the account manager of this loan. Another risk officer must verify it."
        ) % {"months": months}
    return ""


def verification_of(access: Access, visit: Visit) -> Verification | None:
    """This officer's own verification of the visit, begun or decided."""
    return Verification.objects.filter(visit=visit, officer=access.person).first() if access.person else None


def blind_sheet(visit: Visit, verification: Verification | None, **shown: Any) -> Sheet:
    """The form with the officer's own answers only. Every point is shown: what the manager's answers would hide is not known."""
    said = _own_said(verification)
    checkpoints = checkpoints_of(visit.template_id, visit.conditions_id)
    sheet = lay_out(checkpoints, said, **shown)
    for question in sheet.questions:
        question.shown = question.kind != "photo"
    return sheet


def _own_said(verification: Verification | None) -> dict[str, Said]:
    if verification is None:
        return {}
    own = OwnAnswer.objects.filter(verification=verification).select_related("checkpoint")
    return {a.checkpoint.code: Said(a.value, a.note) for a in own}


@dataclass
class Row:
    """One checkpoint with both views. `percent`: the officer's figure against the manager's."""

    question: Question
    own: Question
    result: str
    percent: Decimal | None

    @property
    def counts(self) -> bool:
        """Whether it is shown at first: a difference, or a point that fails for either."""
        return self.result in {rules.DIFFERS, rules.MATERIAL} or self.question.failed or self.own.failed


@dataclass
class SideBySide:
    """Both records of one visit. `sections`: (title, rows) in the order of the form."""

    sheet: Sheet
    sections: list[tuple[str, list[Row]]]
    conclusion: rules.Compared
    differing: int
    material: int
    total: int


def side_by_side(visit: Visit, verification: Verification) -> SideBySide:
    """The manager's record beside the officer's own view. Raises Conflict before that view is recorded: it would no longer be blind."""
    if verification.visit_id != visit.pk or verification.own_recorded_at is None:
        raise Conflict(_("Record your own view first. What the account manager found is shown after that."), code="OWN_VIEW_FIRST")
    sheet = sheet_of(visit)
    own = {q.code: q for q in blind_sheet(visit, verification).questions}
    sections, results = [], [rules.compare_conclusions(visit.conclusion, verification.own_conclusion)]
    for section in sheet.sections:
        rows = []
        for question in section.questions:
            if not question.shown or question.kind == "photo":
                continue
            found = rules.compare(point_of(question.checkpoint), question.value, own[question.code].value)
            results.append(found)
            rows.append(Row(question, own[question.code], found.result, found.percent))
        if rows:
            sections.append((section.title, rows))
    differing = sum(found.result in {rules.DIFFERS, rules.MATERIAL} for found in results)
    return SideBySide(sheet, sections, results[0], differing, sum(found.result == rules.MATERIAL for found in results), len(results))


def all_compared(view: SideBySide) -> list[rules.Compared]:
    """The results of all points and of the conclusion."""
    return [view.conclusion, *(rules.Compared(row.result, row.percent) for _title, rows in view.sections for row in rows)]


def waited(visit: Visit, on: date) -> int:
    """Calendar days a submitted visit has waited on `on`."""
    return (on - visit.submitted_on).days if visit.submitted_on else 0
