"""The class of a loan that people decided on: a dated fact beside what days past due propose every night."""

from django.db import models
from django.db.models import Q

from borrowers.facts import LoanFact
from borrowers.loans.models import Loan

__all__ = ["ClassDecision"]

CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")


class ClassDecision(LoanFact):
    """From `valid_from` on the loan is of `risk_class`, until a later decision. Append-only; the last one by number counts.

    `proposed` is what was proposed: another class than `risk_class` where the proposal was overruled, with the reason.
    """

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="class_decisions")
    risk_class = models.CharField(max_length=16)
    proposed = models.CharField(max_length=16)
    reason = models.CharField(max_length=2000, blank=True)
    subject = models.CharField(max_length=60)  # what was decided about, such as proposal:731: decided once

    class Meta:
        ordering = ["loan", "id"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "subject"], name="one_class_decision_per_subject"),
            models.CheckConstraint(condition=Q(risk_class__in=CLASSES, proposed__in=CLASSES), name="class_decision_knows_its_class"),
            models.CheckConstraint(condition=Q(risk_class=models.F("proposed")) | ~Q(reason=""), name="overruled_class_has_a_reason"),
            models.CheckConstraint(condition=Q(entered_by__isnull=False), name="class_is_decided_by_a_person"),
        ]
        indexes = [
            models.Index(fields=["lender", "bucket", "known_from"], name="class_decision_by_bucket"),
            models.Index(fields=["loan", "id"], name="class_decision_by_loan"),
        ]
