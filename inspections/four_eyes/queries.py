"""The queue of visits that wait for a second pair of eyes, and the two views side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, Count, DateField, Exists, ExpressionWrapper, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from borrowers.loans.models import Loan
from inspections.checklists.rules import FILES
from inspections.four_eyes import rules
from inspections.four_eyes.models import Explanation, OwnAnswer, Verification
from inspections.planning.models import Kind
from inspections.visits.models import Photo, Visit
from inspections.visits.queries import Question, Sheet, in_language, lay_out, point_of, points_of, sheet_of
from inspections.visits.rules import Said
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter
from loanwatch.people.access import Access
from loanwatch.people.models import Role

ON_SITE = FILES | {"position"}  # what only somebody who stands there can answer


def verify_days(lender: Lender, on: date) -> dict[str, int]:
    """Calendar days from handing in to verification by kind of task, as the parameters in force on `on` say."""
    return {kind: int(days) for kind, days in parameter(lender, "inspection.verify_days", on).items()}


def queue(access: Access, *, late: bool = False) -> QuerySet[Visit, Any]:
    """Submitted visits on loans this person may see, the one whose verification is due first on top; own records are left out.

    Adds `verify_by` (date). What the visits say is not read here. late: only those past that date on `access.on`. A visit that
    is itself a verification waits for nobody.
    """
    within = verify_days(access.person.lender, access.on) if access.person and access.person.lender else {}
    days = Case(*[When(task__kind=kind, then=Value(n)) for kind, n in within.items()], default=Value(0))
    waiting = Visit.objects.filter(state=Visit.State.SUBMITTED, loan_id__in=Loan.objects.visible_to(access).values("pk"))
    waiting = waiting.exclude(task__kind=Kind.VERIFY)
    if access.person:
        waiting = waiting.exclude(recorded_by=access.person)
    dated = waiting.annotate(verify_by=ExpressionWrapper(F("submitted_on") + days, output_field=DateField()))
    if late:
        dated = dated.filter(verify_by__lt=access.on)
    shown = dated.select_related("task__borrower", "task__branch", "loan", "recorded_by", "template")
    return shown.prefetch_related("verifications__officer").order_by("verify_by", "submitted_at", "id")


def splits(access: Access) -> QuerySet[Visit, Any]:
    """Submitted visits in this person's reach on which two officers decided differently: a third person settles them."""
    decided = Verification.objects.filter(visit=OuterRef("pk")).exclude(decision="").order_by()
    back = Exists(decided.filter(decision=Verification.Decision.RETURNED))
    kept = Exists(decided.exclude(decision=Verification.Decision.RETURNED))
    told = decided.values("visit").annotate(n=Count("decided_conclusion", distinct=True)).values("n")
    waiting = Visit.objects.filter(state=Visit.State.SUBMITTED, loan__branch_id__in=access.subtree(Role.RISK_OFFICER, Role.CREDIT_ADMIN))
    split = waiting.annotate(ways=Subquery(told[:1])).filter((back & kept) | Q(ways__gt=1))
    return split.select_related("task__borrower", "loan", "recorded_by").order_by("submitted_at")


def queue_counts(access: Access) -> tuple[int, int]:
    """How many visits wait for this person, and how many of them past their deadline on `access.on`."""
    return queue(access).count(), queue(access, late=True).count()


def decisions_needed(visit: Visit) -> int:
    """How many officers must decide alike: two above the amount that the parameter names for the loan's currency, else one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lw_decisions_needed(v) FROM inspections_visit v WHERE id = %s", [visit.pk])
        return int(cursor.fetchone()[0])


def why_not(visit: Visit, access: Access) -> str:
    """The sentence that says why this person may not verify this visit, or empty text. The policy table is asked apart."""
    if access.person is None:
        return _("Only a member of staff verifies an inspection.")
    hindrance = hindrances([visit.pk], access.person.pk)[visit.pk]
    if hindrance == "officer_is_not_account_manager":
        months = parameter(visit.lender, "four_eyes.cooling_months", visit.submitted_on or access.on)
        return _(
            "You handle this loan, or you are or were the account manager of this loan within the %(months)s months before the inspection was handed in."
            " Another risk officer must verify it."
        ) % {"months": months}
    return {
        "": "",
        "officer_is_not_recorder": _("You recorded this inspection. Another risk officer must verify it."),
        "officer_is_not_of_the_agency": _("This inspection was made by your own agency. Somebody of the bank must verify it."),
    }.get(hindrance, _("Only a member of staff verifies an inspection."))


def hindrances(visit_ids: Sequence[int], person_id: int) -> dict[int, str]:
    """Why this person is not independent of each visit, as the database itself will judge: visit id -> code, empty text where nothing hinders."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT v.id, coalesce(lw_not_independent(v, %s), '') FROM inspections_visit v WHERE v.id = ANY(%s)", [person_id, list(visit_ids)])
        return dict(cursor.fetchall())


def verification_of(access: Access, visit: Visit) -> Verification | None:
    """This officer's own verification of the visit, begun or decided."""
    return Verification.objects.filter(visit=visit, officer=access.person).first() if access.person else None


def blind_sheet(visit: Visit, verification: Verification | None, **shown: Any) -> Sheet:
    """The form with the officer's own answers only. Every point is shown: what the manager's answers would hide is not known."""
    said = _own_said(verification)
    sheet = lay_out(points_of(visit), said, **shown)
    for question in sheet.questions:
        question.shown = question.kind not in ON_SITE
    return sheet


def _own_said(verification: Verification | None) -> dict[str, Said]:
    if verification is None:
        return {}
    own = OwnAnswer.objects.filter(verification=verification).select_related("checkpoint")
    return {a.checkpoint.code: Said(a.value, a.note) for a in own}


@dataclass
class Row:
    """One checkpoint with both views. `percent`, `amount`: the officer's figure against the manager's. `said`: (pieces, pieces)."""

    question: Question
    own: Question
    result: str
    percent: Decimal | None
    amount: Decimal | None = None
    items: list[rules.ComparedRow] = field(default_factory=list)
    asked: Explanation | None = None

    @property
    def counts(self) -> bool:
        """Whether it is shown at first: a difference, a key point, or a point that fails for either."""
        return self.result in {rules.DIFFERS, rules.MATERIAL} or self.question.checkpoint.key_point or self.question.failed or self.own.failed

    @property
    def texts(self) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]] | None:
        """Both answers in pieces, with what differs marked, where both are text."""
        first, second = self.question.value, self.own.value
        return rules.differing_words(first, second) if self.question.kind == "text" and first is not None and second is not None else None


@dataclass
class SideBySide:
    """Both records of one visit. `sections`: (title, rows) in the order of the form."""

    sheet: Sheet
    sections: list[tuple[str, list[Row]]]
    conclusion: rules.Compared
    differing: int
    material: int
    total: int

    @property
    def rows(self) -> list[Row]:
        return [row for _title, rows in self.sections for row in rows]


def side_by_side(visit: Visit, verification: Verification) -> SideBySide:
    """The manager's record beside the officer's own view. Raises Conflict before that view is recorded: it would no longer be blind."""
    if verification.visit_id != visit.pk or verification.own_recorded_at is None:
        raise Conflict(_("Record your own view first. What the account manager found is shown after that."), code="OWN_VIEW_FIRST")
    sheet = sheet_of(visit)
    own = {q.code: q for q in blind_sheet(visit, verification).questions}
    asked = {e.code: e for e in verification.explanations.select_related("answered_by")}
    sections, results = [], [rules.compare_conclusions(visit.conclusion, verification.own_conclusion)]
    for section in sheet.sections:
        rows = []
        for question in section.questions:
            if not question.shown or question.kind in FILES:
                continue
            row = _row(question, own[question.code], asked.get(question.code))
            results.append(rules.Compared(row.result, row.percent))
            rows.append(row)
        if rows:
            sections.append((section.title, rows))
    differing = sum(found.result in {rules.DIFFERS, rules.MATERIAL} for found in results)
    return SideBySide(sheet, sections, results[0], differing, sum(found.result == rules.MATERIAL for found in results), len(results))


def _row(question: Question, own: Question, asked: Explanation | None) -> Row:
    point = point_of(question.checkpoint)
    found = rules.compare(point, question.value, own.value)
    both = question.kind == "items" and question.value is not None and own.value is not None
    items = rules.compare_items(point, question.value, own.value) if both else []  # type: ignore[arg-type]
    return Row(question, own, found.result, found.percent, found.amount, items, asked)


def all_compared(view: SideBySide) -> list[rules.Compared]:
    """The results of all points and of the conclusion."""
    return [view.conclusion, *(rules.Compared(row.result, row.percent) for row in view.rows)]


@dataclass(frozen=True)
class Pair:
    """Pictures of one place: what the recorder took, and what was taken there at another visit."""

    label: str
    first: Photo | None
    second: Photo | None


def photo_pairs(visit: Visit, verification: Verification) -> tuple[list[Pair], Visit | None]:
    """Photos of the same points from two visits: the officer's own where there is one, else the loan's last confirmed one."""
    other = verification.own_visit
    if other is None:
        other = Visit.objects.filter(loan_id=visit.loan_id, state=Visit.State.VERIFIED, pk__lt=visit.pk).order_by("-visited_on", "-id").first()
    mine, theirs = (_by_point(v) for v in (visit, other))
    labels = {photo.checkpoint.code: in_language(photo.checkpoint.label) for photos in (mine, theirs) for rows in photos.values() for photo in rows}
    pairs = []
    for code, label in labels.items():
        one, two = mine.get(code, []), theirs.get(code, [])
        pairs += [Pair(label, (n < len(one) and one[n]) or None, (n < len(two) and two[n]) or None) for n in range(max(len(one), len(two)))]
    return pairs, other


def _by_point(visit: Visit | None) -> dict[str, list[Photo]]:
    found: dict[str, list[Photo]] = {}
    if visit is not None:
        for photo in visit.photos.filter(what="photo").select_related("checkpoint").order_by("checkpoint__section", "checkpoint__position", "pk"):
            found.setdefault(photo.checkpoint.code, []).append(photo)
    return found


def minutes_of_photos(visit: Visit) -> tuple[int, int] | None:
    """How many photos the camera's clock dates, and within how many minutes all of them were taken; None for fewer than three."""
    told = visit.photos.filter(what="photo", taken_at__isnull=False).aggregate(n=Count("pk"), first=Min("taken_at"), last=Max("taken_at"))
    if told["n"] < 3:
        return None
    return told["n"], round((told["last"] - told["first"]).total_seconds() / 60)


def waited(visit: Visit, on: date) -> int:
    """Calendar days a submitted visit has waited on `on`."""
    return (on - visit.submitted_on).days if visit.submitted_on else 0
