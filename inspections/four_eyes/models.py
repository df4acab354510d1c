"""The second pair of eyes: a risk officer's own view, recorded blind, and the decision on a visit."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inspections.visits.models import Checkpoint, Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["OwnAnswer", "Verification"]


class Verification(models.Model):
    """One risk officer's check of one submitted visit. Several officers may begin; one decides."""

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        RETURNED = "returned", _("Returned")

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
    own_conclusion = models.CharField(_("own conclusion"), max_length=10, choices=Visit.Conclusion.choices, blank=True)
    own_summary = models.TextField(_("own view"), blank=True)
    own_recorded_at = models.DateTimeField(null=True)
    seen_hash = models.CharField(max_length=64, blank=True)  # of the content on which was decided
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)
    explanation = models.TextField(_("explanation"), blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "officer"], name="one_verification_per_visit_and_officer"),
            models.UniqueConstraint(fields=["visit"], condition=~Q(decision=""), name="one_decision_per_visit"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True)
                | (~Q(decision="") & Q(decided_at__isnull=False, own_recorded_at__isnull=False) & ~Q(seen_hash="")),
                name="decided_after_own_view",
            ),
            models.CheckConstraint(condition=Q(own_recorded_at__isnull=True) | ~Q(own_conclusion=""), name="own_view_has_a_conclusion"),
            models.CheckConstraint(condition=~Q(decision="returned") | (~Q(reason="") & ~Q(explanation="")), name="return_has_a_reason"),
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
