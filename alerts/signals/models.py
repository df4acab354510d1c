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

__all__ = ["Alert", "AlertClosure", "AlertEvidence", "Level"]


class Level(models.IntegerChoices):
    YELLOW = 1, _("Yellow")
    ORANGE = 2, _("Orange")
    RED = 3, _("Red")


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> "AlertQuerySet":
        return self.exclude(state=Alert.State.CLOSED)

    def visible_to(self, access: "Access") -> "AlertQuerySet":
        """Alerts on loans this person may see and on their borrowers, on branches and staff of own subtree, and those given to the person.

        Never one on the person's own conduct; on the conduct of others only for superiors and audit.
        """
        seen_loans = Loan.objects.visible_to(access).order_by()
        loans = Q(loan_id__in=seen_loans.values("pk")) | Q(loan__isnull=True, borrower_id__in=seen_loans.values("borrower_id"))
        branches = Q(borrower__isnull=True, branch_id__in=access.subtree()) if access.branches_held(
            Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR
        ) else Q(pk__in=[])
        given = Q(assigned_to=access.person) if access.person else Q(pk__in=[])
        seen = self.filter(loans | branches | given)
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
    # Runs of closes that are not over yet: at which the rule was lower than the level, and at which it was clear.
    lower_since = models.DateField(null=True)
    clear_since = models.DateField(null=True)
    episode = models.SmallIntegerField(_("episode"), default=1, db_default=1)
    previous = models.ForeignKey("self", models.PROTECT, related_name="+", null=True)  # the episode before
    reopened = models.SmallIntegerField(_("times reopened"), default=0, db_default=0)
    reopened_on = models.DateField(_("reopened on"), null=True)
    risen_on = models.DateField(_("level rose on"), null=True)  # the last time since it opened
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # empty: a rule
    assigned_to = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    acknowledged_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
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
            # A loan with its borrower, a borrower, a member of staff, or a branch.
            models.CheckConstraint(
                condition=Q(borrower__isnull=False) | Q(loan__isnull=True, concerns__isnull=True) | Q(loan__isnull=True, staff_conduct=True),
                name="alert_has_one_subject",
            ),
            models.UniqueConstraint(fields=["rule", "loan"], condition=~Q(state="closed") & Q(loan__isnull=False), name="one_open_alert_per_rule_and_loan"),
            models.UniqueConstraint(
                fields=["rule", "borrower"], condition=~Q(state="closed") & Q(loan__isnull=True, borrower__isnull=False),
                name="one_open_alert_per_rule_and_borrower",
            ),
            models.UniqueConstraint(
                fields=["rule", "concerns"], condition=~Q(state="closed") & Q(borrower__isnull=True, concerns__isnull=False),
                name="one_open_alert_per_rule_and_person",
            ),
            models.UniqueConstraint(
                fields=["rule", "branch"], condition=~Q(state="closed") & Q(borrower__isnull=True, concerns__isnull=True),
                name="one_open_alert_per_rule_and_branch",
            ),
            models.UniqueConstraint(fields=["previous"], condition=Q(previous__isnull=False), name="one_next_episode"),
            models.CheckConstraint(
                condition=Q(previous__isnull=True, episode=1) | Q(previous__isnull=False, episode__gt=1), name="later_episode_has_one_before"
            ),
            models.CheckConstraint(
                condition=Q(reopened=0, reopened_on__isnull=True) | Q(reopened__gt=0, reopened_on__isnull=False), name="reopened_on_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | (Q(closed_by__isnull=False, submitted_by__isnull=False) & ~Q(closed_by=F("submitted_by")) & ~Q(outcome="")),
                name="alert_closed_by_another_person",
                violation_error_message=_("The person who submitted an alert for closing can't close it."),
            ),
        ]
        indexes = [
            models.Index(fields=["branch", "-level", "due_on"], condition=~Q(state="closed"), name="alert_worklist"),
            models.Index(fields=["due_on", "-level", "id"], condition=~Q(state="closed"), name="alert_by_deadline"),
            models.Index(fields=["lender", "bucket"], condition=~Q(state="closed"), name="alert_by_bucket"),
            models.Index(fields=["loan"], name="alert_by_loan"),
            models.Index(fields=["borrower"], condition=Q(borrower__isnull=False), name="alert_by_borrower"),
            models.Index(fields=["rule", "-closed_on"], condition=Q(state="closed"), name="alert_closed_by_rule"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def grain(self) -> str:
        """What it is about: loan, borrower, staff or branch."""
        return "loan" if self.loan_id else "borrower" if self.borrower_id else "staff" if self.concerns_id else "branch"


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
        constraints = [models.UniqueConstraint(fields=["alert", "as_of", "level"], name="one_evidence_per_alert_day_and_level")]


class AlertClosure(models.Model):
    """How an alert was closed, and by whom; it stays when the alert opens again. Written by the database with each closing. Append-only."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="closures")
    round = models.SmallIntegerField()  # how often the alert had been reopened
    began_on = models.DateField()  # when it was opened, or opened again
    level = models.SmallIntegerField(choices=Level.choices)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Alert.Outcome.choices)
    acknowledged_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    closed_on = models.DateField(_("closed on"))

    class Meta:
        ordering = ["alert", "round"]
        constraints = [models.UniqueConstraint(fields=["alert", "round"], name="one_closure_per_alert_and_round")]
        indexes = [models.Index(fields=["closed_on"], name="alert_closure_by_day")]
