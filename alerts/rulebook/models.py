"""Warning rules: a rule has versions; a version that is live is never changed."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["Rule", "RuleTally", "RuleVersion"]


class Rule(models.Model):
    """A warning rule of a lender, by its code in the indicator catalogue or the lender's own."""

    class Grain(models.TextChoices):
        LOAN = "loan", _("Loan")
        BRANCH = "branch", _("Branch")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="rules")
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)  # English source text; shown through gettext
    family = models.CharField(_("family"), max_length=20)
    grain = models.CharField(_("grain"), max_length=8, choices=Grain.choices)
    staff_conduct = models.BooleanField(_("about staff conduct"), default=False)  # never shown to the person concerned
    why = models.TextField(_("why it matters"), blank=True)
    look_at = models.TextField(_("what to look at on a visit"), blank=True)
    basis = models.CharField(_("basis"), max_length=120, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["lender", "code"], name="one_rule_per_code")]

    def __str__(self) -> str:
        return self.code


class RuleVersion(models.Model):
    """The text of a rule from a date on. Made by one and approved by another person; a shipped version names neither."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions")
    version = models.SmallIntegerField()
    text = models.TextField(_("rule text"))
    tree = models.JSONField()  # the checked tree, so that an old alert can be explained
    fingerprint = models.CharField(max_length=64)
    handling_days = models.JSONField()  # level -> working days to handle
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    valid_from = models.DateField(_("live from"), null=True)
    valid_to = models.DateField(_("live until"), null=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["rule", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "version"], name="one_rule_version_per_number"),
            models.CheckConstraint(
                condition=Q(made_by__isnull=True) | Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="rule_approved_by_another_person",
                violation_error_message=_("The author of a rule can't approve it."),
            ),
            models.CheckConstraint(condition=~Q(state="live") | Q(valid_from__isnull=False), name="live_rule_has_a_date"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} v{self.version}"


class RuleTally(models.Model):
    """What one rule version said over one unit of one day: how many fired at which level, were clear, or could not be evaluated."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+", db_constraint=False)
    as_of = models.DateField()
    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="tallies")
    bucket = models.SmallIntegerField()
    red = models.IntegerField()
    orange = models.IntegerField()
    yellow = models.IntegerField()
    clear = models.IntegerField()
    not_evaluable = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "as_of", "rule_version", "bucket"], name="one_tally_per_unit")]
