"""What a borrower promised beside paying, how it was tested, and when the lender did not insist."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from borrowers.facts import Fact, RevisedLoanFact, ends_after_it_begins, one_per_key
from borrowers.loans.models import Facility, Loan
from borrowers.parties.models import Borrower

__all__ = ["ApprovalCondition", "Covenant", "CovenantTest", "CovenantWaiver"]


class Covenant(Fact):
    """A promise of the borrower that is measured at set dates, for one loan or for a whole facility. Master data."""

    class Comparison(models.TextChoices):
        AT_LEAST = "at_least", _("at least")
        AT_MOST = "at_most", _("at most")
        HAPPENS = "happens", _("must be delivered or done")

    number = models.CharField(_("covenant number"), max_length=40)
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="covenants")
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="covenants", null=True)
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="covenants", null=True)
    title = models.CharField(_("what is promised"), max_length=200)
    measure = models.CharField(_("measure"), max_length=60)  # such as debt_to_assets; free where it happens or not
    comparison = models.CharField(_("comparison"), max_length=10, choices=Comparison.choices)
    threshold = models.DecimalField(_("threshold"), max_digits=20, decimal_places=6, null=True)
    every_months = models.SmallIntegerField(_("tested every … months"), default=3)
    grace_days = models.SmallIntegerField(_("days to deliver after the test date"), default=45)
    ends_on = models.DateField(_("ends on"), null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_covenant_per_number"),
            models.CheckConstraint(condition=Q(comparison="happens") | Q(threshold__isnull=False), name="covenant_has_a_threshold"),
            models.CheckConstraint(condition=Q(every_months__gt=0, grace_days__gte=0), name="covenant_interval_positive"),
            models.CheckConstraint(condition=Q(loan__isnull=True) | Q(facility__isnull=True), name="covenant_of_loan_or_facility"),
        ]

    def __str__(self) -> str:
        return self.number


class CovenantTest(RevisedLoanFact):
    """One measurement of a covenant as of `valid_from`, the test date."""

    KEY = ("covenant", "valid_from")

    class Result(models.TextChoices):
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Broken")
        NOT_DELIVERED = "not_delivered", _("Not delivered")

    covenant = models.ForeignKey(Covenant, models.PROTECT, related_name="tests")
    value = models.DecimalField(_("measured"), max_digits=20, decimal_places=6, null=True)
    result = models.CharField(_("result"), max_length=13, choices=Result.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["covenant", "valid_from"]
        constraints = [one_per_key("one_test_per_covenant_and_day", "covenant", "valid_from")]
        indexes = [models.Index(fields=["lender", "bucket"], name="covenant_test_by_bucket")]


class CovenantWaiver(RevisedLoanFact):
    """The lender does not insist on a covenant from `valid_from` to before `to_on`; who allowed it, and why."""

    KEY = ("covenant", "valid_from")

    covenant = models.ForeignKey(Covenant, models.PROTECT, related_name="waivers")
    to_on = models.DateField(_("until"), null=True)
    reason = models.CharField(_("reason"), max_length=200)
    approved_by = models.CharField(_("approved by"), max_length=120)

    class Meta:
        ordering = ["covenant", "valid_from"]
        constraints = [one_per_key("one_waiver_per_covenant_and_day", "covenant", "valid_from"), ends_after_it_begins("waiver_ends_after_it_begins")]


class ApprovalCondition(RevisedLoanFact):
    """Something that the approval of `valid_from` demands by `due_on`, of the borrower as a whole, one facility or one loan."""

    KEY = ("borrower", "reference")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="approval_conditions")
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="dated_conditions", null=True)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="approval_conditions", null=True)
    reference = models.CharField(_("number of the condition"), max_length=60)
    text = models.CharField(_("what is demanded"), max_length=200)
    due_on = models.DateField(_("to be met by"))
    met_on = models.DateField(_("met on"), null=True)

    class Meta:
        ordering = ["borrower", "due_on"]
        constraints = [
            one_per_key("one_condition_per_reference", "borrower", "reference"),
            models.CheckConstraint(condition=Q(loan__isnull=True) | Q(facility__isnull=True), name="condition_of_loan_or_facility"),
        ]
        indexes = [models.Index(fields=["lender", "bucket", "known_from"], name="condition_by_bucket")]
