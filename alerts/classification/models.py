"""Class proposals: what days past due say about a loan's class, waiting for people."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from alerts.observation.models import RiskClass
from borrowers.loans.models import Loan
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["ClassProposal"]


class ClassProposal(models.Model):
    """On the close of `as_of` a loan's days past due called for another class than the one before."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        CONFIRMED = "confirmed", _("Confirmed")
        OVERRULED = "overruled", _("Overruled")
        REPLACED = "replaced", _("Replaced by a later proposal")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    bucket = models.SmallIntegerField()
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+")
    as_of = models.DateField()
    old_class = models.CharField(max_length=16, choices=RiskClass.choices)
    new_class = models.CharField(max_length=16, choices=RiskClass.choices)
    days_past_due = models.IntegerField()
    before_days_past_due = models.IntegerField(null=True)  # at the close before; empty for proposals made before it was kept
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    decided_on = models.DateField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-as_of", "loan"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "as_of"], name="one_proposal_per_loan_and_day"),
            models.CheckConstraint(condition=~Q(old_class=F("new_class")), name="proposal_changes_the_class"),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "overruled"]) | (Q(decided_by__isnull=False) & Q(decided_on__isnull=False)),
                name="proposal_is_decided_by_a_person",
            ),
        ]
        indexes = [models.Index(fields=["lender", "state"], name="proposal_by_state")]
