"""The second pair of eyes: a risk officer's own view, recorded blind, and the decision on a visit."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inspections.planning.models import Task
from inspections.visits.models import Checkpoint, Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["Explanation", "OwnAnswer", "PointResult", "Settlement", "Verification", "VisitWords"]


class Verification(models.Model):
    """One risk officer's check of one submitted visit. Above a limit two officers must decide alike; a split goes to a third person."""

    class Method(models.TextChoices):
        DESK = "desk", _("At the desk")
        VISIT = "visit", _("Own visit")
        BATCH = "batch", _("In a batch")

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        RETURNED = "returned", _("Returned")
        OVERRULED = "overruled", _("Overruled")  # the visit stays as recorded, the officer's findings decide

    class Reason(models.TextChoices):
        INCOMPLETE = "incomplete", _("Answers are missing or too thin")
        CONTRADICTS = "contradicts", _("It contradicts what the files show")
        EVIDENCE = "evidence", _("Photos are missing, unclear or reused")
        PLACE = "place", _("Place or time of the visit is in doubt")
        CONCLUSION = "conclusion", _("The conclusion does not follow from the answers")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="verifications")
    officer = models.ForeignKey(Person, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=Now())
    method = models.CharField(_("method"), max_length=5, choices=Method.choices, default=Method.DESK, db_default=Method.DESK)
    own_task = models.ForeignKey(Task, models.PROTECT, related_name="+", null=True)  # to go and see, given to the officer
    own_visit = models.ForeignKey(Visit, models.PROTECT, related_name="+", null=True)  # whose answers became the own view
    desk_reason = models.CharField(_("why at the desk after all"), max_length=400, blank=True, default="", db_default="")  # though drawn for an own visit
    own_conclusion = models.CharField(_("own conclusion"), max_length=10, choices=Visit.Conclusion.choices, blank=True)
    own_summary = models.TextField(_("own view"), blank=True)
    own_recorded_at = models.DateTimeField(null=True)
    seen_hash = models.CharField(max_length=64, blank=True)  # of the content on which was decided
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)
    explanation = models.TextField(_("explanation"), blank=True)
    decided_conclusion = models.CharField(  # the database writes it: the recorder's where confirmed, the officer's where overruled
        _("conclusion that counts"), max_length=10, choices=Visit.Conclusion.choices, blank=True, default="", db_default=""
    )
    proposed_class = models.CharField(_("class proposed"), max_length=20, blank=True, default="", db_default="")
    review_asked = models.BooleanField(_("review of the account manager asked"), default=False, db_default=False)
    finding = models.JSONField(_("finding that follows"), null=True, blank=True)  # raised when the visit is closed; until then nobody else reads it
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "officer"], name="one_verification_per_visit_and_officer"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True)
                | (~Q(decision="") & Q(decided_at__isnull=False, own_recorded_at__isnull=False) & ~Q(seen_hash="")),
                name="decided_after_own_view",
            ),
            models.CheckConstraint(condition=Q(own_recorded_at__isnull=True) | ~Q(own_conclusion=""), name="own_view_has_a_conclusion"),
            models.CheckConstraint(condition=~Q(decision="returned") | (~Q(reason="") & ~Q(explanation="")), name="return_has_a_reason"),
            models.CheckConstraint(condition=~Q(decision="overruled") | ~Q(explanation=""), name="overruling_is_explained"),
            models.CheckConstraint(
                condition=~Q(method="visit") | Q(own_recorded_at__isnull=True) | Q(own_visit__isnull=False), name="own_visit_is_named"
            ),
            models.UniqueConstraint(fields=["own_visit"], name="one_verification_per_own_visit"),
        ]


class OwnAnswer(models.Model):
    """What the officer thinks of one checkpoint, before seeing the manager's answer. Frozen with the own view."""

    verification = models.ForeignKey(Verification, models.PROTECT, related_name="own_answers")
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="+")
    value = models.JSONField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["verification", "checkpoint"]
        constraints = [models.UniqueConstraint(fields=["verification", "checkpoint"], name="one_own_answer_per_checkpoint")]


class PointResult(models.Model):
    """How the two answers to one point stood to each other when it was decided. Append-only; statistics of agreement read it.

    code: of the checkpoint, or "conclusion" (then without a checkpoint). percent: the officer's figure against the recorder's.
    """

    class Result(models.TextChoices):
        SAME = "same", _("Same")
        DIFFERS = "differs", _("Differs")
        MATERIAL = "material", _("Material")
        ONE_SIDED = "one_sided", _("One side only")

    verification = models.ForeignKey(Verification, models.PROTECT, related_name="results")
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="+", null=True)
    code = models.CharField(max_length=80)
    result = models.CharField(max_length=10, choices=Result.choices)
    percent = models.DecimalField(max_digits=20, decimal_places=2, null=True)

    class Meta:
        ordering = ["verification", "id"]
        constraints = [models.UniqueConstraint(fields=["verification", "code"], name="one_result_per_point")]
        indexes = [models.Index(fields=["checkpoint", "result"], name="result_of_checkpoint")]


class Explanation(models.Model):
    """What the officer asked the recorder about a difference, and the dated answer. Asked and answered once, or withdrawn in words."""

    verification = models.ForeignKey(Verification, models.PROTECT, related_name="explanations")
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="+", null=True)
    code = models.CharField(max_length=80)
    question = models.TextField(_("question"))
    asked_at = models.DateTimeField(db_default=Now())
    asked_on = models.DateField()  # in the lender's calendar
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    answered_at = models.DateTimeField(null=True)
    withdrawn = models.CharField(_("why the question was withdrawn"), max_length=400, blank=True, default="", db_default="")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["verification", "id"]
        constraints = [
            models.UniqueConstraint(fields=["verification", "code"], name="one_question_per_point"),
            models.CheckConstraint(condition=~Q(question=""), name="a_question_has_words"),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="an_answer_has_its_person_and_time",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn="", withdrawn_at__isnull=True) | (~Q(withdrawn="") & Q(answer="", withdrawn_at__isnull=False)),
                name="a_withdrawal_has_its_words_and_time",
            ),
        ]


class Settlement(models.Model):
    """What a third person decided where two officers decided differently. Append-only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="settlement")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    outcome = models.CharField(_("decision"), max_length=10, choices=Verification.Decision.choices)
    conclusion = models.CharField(_("conclusion that counts"), max_length=10, choices=Visit.Conclusion.choices, blank=True)
    explanation = models.TextField(_("explanation"))
    seen_hash = models.CharField(max_length=64)
    settled_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(explanation=""), name="settlement_is_explained"),
            models.CheckConstraint(condition=Q(outcome="returned") | ~Q(conclusion=""), name="settlement_has_a_conclusion"),
        ]


class VisitWords(models.Model):
    """What a visit concludes, beside its row: the database shows it to those who may read the visit (see `visits.words`).

    Written by the triggers of the visit alone. The visit's own columns get it back when it is verified.
    """

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="words", primary_key=True)
    conclusion = models.CharField(max_length=10, blank=True, db_default="")
    summary = models.TextField(blank=True, db_default="")
    position_reason = models.TextField(blank=True, db_default="")
    score = models.SmallIntegerField(null=True)
