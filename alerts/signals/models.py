"""Alerts: one open per rule and subject, evidence frozen when it fires, nothing ever deleted."""

from typing import TYPE_CHECKING

import pghistory
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alerts.rulebook.models import Rule, RuleVersion
from borrowers.loans.models import MONEY, Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Alert", "AlertEvidence", "AlertNote", "Level"]


class Level(models.IntegerChoices):
    YELLOW = 1, _("Yellow")
    ORANGE = 2, _("Orange")
    RED = 3, _("Red")


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> "AlertQuerySet":
        return self.exclude(state=Alert.State.CLOSED)

    def visible_to(self, access: "Access") -> "AlertQuerySet":
        """Alerts on loans this person may see, and branch alerts of own subtree; never one on the person's own conduct."""
        loans = Q(loan_id__in=Loan.objects.visible_to(access).values("pk"))
        branches = Q(loan__isnull=True, branch_id__in=access.subtree()) if access.branches_held(
            Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR
        ) else Q(pk__in=[])
        seen = self.filter(Q(staff_conduct=False) & loans | Q(staff_conduct=False) & branches | Q(staff_conduct=True) & (loans | branches))
        if access.person:
            seen = seen.exclude(staff_conduct=True, concerns=access.person)
        if not access.has(Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR):
            seen = seen.filter(staff_conduct=False)
        return seen


@pghistory.track(
    pghistory.UpdateEvent(level=pghistory.Statement),
    fields=["state", "level", "cleared_on", "handler", "submitted_by", "closed_by", "outcome"],
    model_name="AlertEvent",
)
class Alert(models.Model):
    """A rule holds for a subject, from the close that opened it until a person closes it."""

    class State(models.TextChoices):
        OPEN = "open", _("New")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        HANDLING = "handling", _("In handling")
        SUBMITTED = "submitted", _("Second check")
        CLOSED = "closed", _("Closed")

    class Outcome(models.TextChoices):
        RESOLVED = "resolved", _("Resolved")
        FALSE_ALARM = "false_alarm", _("False alarm")
        ACCEPTED = "accepted", _("Accepted with approval")
        RECOVERY = "recovery", _("Moved to recovery")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    number = models.CharField(_("alert number"), max_length=24, unique=True)
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="alerts")
    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="+")  # the one that opened it
    bucket = models.SmallIntegerField()
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+", null=True)
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+", null=True)
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    level = models.SmallIntegerField(_("level"), choices=Level.choices)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    opened_on = models.DateField(_("opened on"))
    cleared_on = models.DateField(_("condition cleared on"), null=True)
    due_on = models.DateField(_("handle by"), null=True)
    exposure = models.DecimalField(_("exposure"), null=True, **MONEY)  # when it opened or last changed level
    currency = models.CharField(max_length=3, blank=True)
    staff_conduct = models.BooleanField(default=False)
    concerns = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    handler = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    acknowledged_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    submitted_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    closed_on = models.DateField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-level", "due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(loan__isnull=False, borrower__isnull=False) | Q(loan__isnull=True, borrower__isnull=True), name="alert_has_one_subject"
            ),
            models.UniqueConstraint(fields=["rule", "loan"], condition=~Q(state="closed") & Q(loan__isnull=False), name="one_open_alert_per_rule_and_loan"),
            models.UniqueConstraint(
                fields=["rule", "branch"], condition=~Q(state="closed") & Q(loan__isnull=True), name="one_open_alert_per_rule_and_branch"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | (Q(closed_by__isnull=False, submitted_by__isnull=False) & ~Q(closed_by=F("submitted_by")) & ~Q(outcome="")),
                name="alert_closed_by_another_person",
                violation_error_message=_("The person who submitted an alert for closing can't close it."),
            ),
        ]
        indexes = [
            models.Index(fields=["branch", "-level", "due_on"], condition=~Q(state="closed"), name="alert_worklist"),
            models.Index(fields=["lender", "bucket"], condition=~Q(state="closed"), name="alert_by_bucket"),
            models.Index(fields=["loan"], name="alert_by_loan"),
        ]

    def __str__(self) -> str:
        return self.number


class AlertEvidence(models.Model):
    """Why an alert stands at a level: the values, thresholds and rule version of the close that said so. Append-only."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="evidence")
    as_of = models.DateField()
    level = models.SmallIntegerField(choices=Level.choices)
    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="+")
    values = models.JSONField()  # field -> value as observed
    thresholds = models.JSONField()  # the level's comparisons
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["alert", "id"]
        constraints = [models.UniqueConstraint(fields=["alert", "as_of"], name="one_evidence_per_alert_and_day")]


class AlertNote(models.Model):
    """What somebody wrote, measured or decided while an alert was handled."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="notes")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=12)  # measure, contact, return, close
    text = models.TextField()

    class Meta:
        ordering = ["id"]
