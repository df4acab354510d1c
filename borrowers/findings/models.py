"""What a confirmed inspection found amiss on a loan: a dated fact that the next close warns on."""

from django.db import models
from django.db.models import Q

from borrowers.facts import LoanFact
from borrowers.loans.models import Loan

__all__ = ["VisitFinding"]


class VisitFinding(LoanFact):
    """Checkpoints of one inspection whose answers failed. Append-only; one per inspection. `level`: 1 yellow, 2 orange, 3 red."""

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="visit_findings")
    subject = models.CharField(max_length=60)  # the inspection, such as visit:731
    points = models.JSONField()  # codes of the failed checkpoints
    level = models.SmallIntegerField()
    text = models.TextField()

    class Meta:
        ordering = ["loan", "id"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "subject"], name="one_finding_per_visit"),
            models.CheckConstraint(condition=Q(level__range=(1, 3)), name="finding_has_a_level"),
        ]
        indexes = [models.Index(fields=["lender", "bucket", "known_from"], name="visit_finding_by_bucket")]
