"""Warning rules: a rule has versions; a version that is checked is never changed."""

from typing import Any

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["Rule", "RuleSnooze", "RuleTally", "RuleTrial", "RuleVersion", "TrialHit"]


def _codes(label: Any) -> ArrayField:
    none = models.Value([], ArrayField(models.CharField(max_length=30)))
    return ArrayField(models.CharField(max_length=30), verbose_name=label, default=list, db_default=none, blank=True)


class Rule(models.Model):
    """A warning rule of a lender, by its code in the indicator catalogue or the lender's own."""

    class Grain(models.TextChoices):
        LOAN = "loan", _("Loan")
        BORROWER = "borrower", _("Borrower")
        BRANCH = "branch", _("Branch")
        STAFF = "staff", _("Staff")

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


@pghistory.track(
    pghistory.UpdateEvent(level=pghistory.Statement),
    fields=["state", "text", "authors", "checked_by", "approved_by", "valid_from", "valid_to", "reason"],
    model_name="RuleVersionEvent",
)
class RuleVersion(models.Model):
    """The text of a rule from a date on. Written by one and approved by another person; a shipped version names neither.

    States and moves: alerts.rulebook.life. The database refuses other moves, and any change of what a version says once it is
    checked. `authors`: person ids of all who have written at it; none of them, nor `checked_by`, approves it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CHECKED = "checked", _("Checked")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")
        DROPPED = "dropped", _("Dropped")

    class Confidence(models.TextChoices):
        HIGH = "high", _("high")
        MEDIUM = "medium", _("medium")
        LOW = "low", _("low")
        OWN = "own", _("set by the lender")

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions")
    version = models.SmallIntegerField()
    text = models.TextField(_("rule text"))
    tree = models.JSONField()  # the checked tree, so that an old alert can be explained
    fingerprint = models.CharField(max_length=64)
    handling_days = models.JSONField()  # level -> working days to handle
    products = _codes(_("products"))  # codes; empty: all
    segments = _codes(_("segments"))  # codes; empty: all
    branches = _codes(_("branches"))  # codes, each with all below it; empty: all
    cure_days = models.SmallIntegerField(_("closes that stay clear after the first before it is cleared"), default=0, db_default=0)
    hold_days = models.SmallIntegerField(_("closes that stay lower after the first before a level falls"), default=0, db_default=0)
    confidence = models.CharField(_("confidence"), max_length=6, choices=Confidence.choices, default=Confidence.OWN, db_default=Confidence.OWN)
    # What the rule will be called and say from this version on; the rule takes it over when the version is approved. "": as it is.
    name = models.CharField(_("name"), max_length=120, blank=True, default="", db_default="")
    why = models.TextField(_("why it matters"), blank=True, default="", db_default="")
    look_at = models.TextField(_("what to look at on a visit"), blank=True, default="", db_default="")
    basis = models.CharField(_("basis"), max_length=120, blank=True, default="", db_default="")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    valid_from = models.DateField(_("live from"), null=True)
    valid_to = models.DateField(_("live until"), null=True)  # the first day on which it no longer counts
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    authors = ArrayField(models.BigIntegerField(), default=list, db_default=models.Value([], ArrayField(models.BigIntegerField())), blank=True)
    checked_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField(db_default=Now())
    reason = models.TextField(_("reason"), blank=True, default="", db_default="")  # of the last return, of retiring or dropping

    class Meta:
        ordering = ["rule", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "version"], name="one_rule_version_per_number"),
            models.UniqueConstraint(fields=["rule"], condition=Q(state__in=["draft", "checked"]), name="one_open_version_per_rule"),
            models.CheckConstraint(
                condition=Q(made_by__isnull=True) | Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="rule_approved_by_another_person",
                violation_error_message=_("The author of a rule can't approve it."),
            ),
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | Q(approved_by__isnull=True) | ~Q(approved_by=F("checked_by")),
                name="rule_approved_by_who_did_not_check",
                violation_error_message=_("Whoever has checked a rule can't approve it."),
            ),
            models.CheckConstraint(condition=~Q(state="live") | Q(valid_from__isnull=False), name="live_rule_has_a_date"),
            models.CheckConstraint(
                condition=~Q(state="retired") | Q(valid_from__isnull=False, valid_to__isnull=False), name="retired_rule_has_dates"
            ),
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="rule_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(cure_days__range=(0, 400), hold_days__range=(0, 400)), name="rule_days_in_bounds"),
            ExclusionConstraint(
                name="one_version_in_force_per_rule_and_day",
                expressions=[
                    ("rule", RangeOperators.EQUAL),
                    (Func(F("valid_from"), F("valid_to"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=["live", "retired"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} v{self.version}"


class RuleSnooze(models.Model):
    """A rule opens no alert for one borrower from `from_on` to `until`, both included; lifted, it ends on an earlier `until`."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="snoozes")
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+")
    from_on = models.DateField(_("from"))
    until = models.DateField(_("until"))
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    lifted_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=F("from_on")) | Q(lifted_by__isnull=False), name="snooze_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(reason=""), name="snooze_has_a_reason", violation_error_message=_("Say why.")),
            ExclusionConstraint(
                name="one_snooze_per_rule_and_borrower",
                expressions=[
                    ("rule", RangeOperators.EQUAL),
                    ("borrower", RangeOperators.EQUAL),
                    (Func(F("from_on"), F("until") + 1, function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(lifted_by__isnull=True),
            ),
        ]


class RuleTrial(models.Model):
    """A silent test run of a version that is not live: every close from `from_on` to `to_on` keeps what it would have said."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="trials")
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"))  # the last day; a stopped trial ends on an earlier one
    text = models.TextField()  # as it was when the trial began: a draft may be written on later
    tree = models.JSONField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    stopped_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")) | Q(stopped_by__isnull=False), name="trial_ends_after_it_begins"),
        ]


class TrialHit(models.Model):
    """What a trial said of one subject at one close: kept where it, or the version in force, stands above clear.

    `subject`: id of the loan, borrower, branch or person, by the rule's grain; `bucket`: the slice of the close that wrote it.
    `live_level`: what the version in force said, None where none is in force; with it, 0 in `level` is a hit that is no longer one.
    """

    trial = models.ForeignKey(RuleTrial, models.CASCADE, related_name="hits")
    as_of = models.DateField()
    bucket = models.SmallIntegerField(default=0, db_default=0)
    subject = models.BigIntegerField()
    level = models.SmallIntegerField()
    live_level = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "as_of", "subject"], name="one_trial_hit_per_subject_and_day")]


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
