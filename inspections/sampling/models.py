"""How inspections are drawn: the approved policy, the sealed seed of each month, and the one draw of each inspection."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.loans.models import MONEY
from inspections.sampling import rules
from inspections.visits.models import Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Draw", "SamplingPolicy", "SamplingSeed", "SamplingStratum"]

PERCENT: dict[str, Any] = {"max_digits": 5, "decimal_places": 2}


class Method(models.TextChoices):
    """How the second pair of eyes looks at an inspection."""

    VISIT = "visit", _("Own visit")
    DESK = "desk", _("Desk check")
    BATCH = "batch", _("Batch check")


class SamplingPolicy(models.Model):
    """A version of how inspections are drawn. Frozen once proposed; the shipped one names no maker."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Proposed")
        APPROVED = "approved", _("Approved")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    version = models.SmallIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DRAFT)
    valid_from = models.DateField(_("valid from"))
    why = models.CharField(_("reason for this version"), max_length=400)
    base_share = models.DecimalField(_("share of every inspection at least, %"), **PERCENT)
    flag_points = models.DecimalField(_("for each evidence flag, % points"), **PERCENT)
    alert_points = models.DecimalField(_("for each open alert, % points"), **PERCENT)
    class_points = models.DecimalField(_("for each class below normal, % points"), **PERCENT)
    exposure_from = models.DecimalField(_("large exposure from"), null=True, blank=True, **MONEY)
    exposure_points = models.DecimalField(_("for a large exposure, % points"), **PERCENT)
    most_points = models.DecimalField(_("for risk together at most, % points"), **PERCENT)
    last_points = models.IntegerField(_("disagreement is measured over the last points"))
    least_points = models.IntegerField(_("and says nothing with fewer points than"))
    disagree_from = models.DecimalField(_("high disagreement from, %"), **PERCENT)
    raised_points = models.DecimalField(_("for high disagreement, % points"), **PERCENT)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField(db_default=Now())
    proposed_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    text_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of rules.policy_text, from the proposal on

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "version"], name="one_sampling_policy_per_version"),
            models.UniqueConstraint(fields=["lender", "valid_from"], condition=Q(state="approved"), name="one_sampling_policy_per_first_day"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(made_by__isnull=False) & ~Q(approved_by=F("made_by")),
                name="sampling_policy_approved_by_another_person",
                violation_error_message=_("The person who made a sampling policy can't approve it."),
            ),
            models.CheckConstraint(
                condition=Q(state="approved") & (Q(approved_by__isnull=False, approved_at__isnull=False) | Q(made_by__isnull=True))
                | ~Q(state="approved") & Q(approved_by__isnull=True, approved_at__isnull=True),
                name="sampling_policy_in_force_is_approved",
            ),
            models.CheckConstraint(condition=Q(state__in=["draft", "withdrawn"]) | Q(text_hash__regex=r"^[0-9a-f]{64}$"), name="sampling_policy_is_sealed"),
            models.CheckConstraint(
                condition=Q(
                    base_share__range=(0, 100), flag_points__range=(0, 100), alert_points__range=(0, 100), class_points__range=(0, 100),
                    exposure_points__range=(0, 100), most_points__range=(0, 100), raised_points__range=(0, 100), disagree_from__range=(0, 100),
                    last_points__range=(1, 10_000), least_points__range=(1, 10_000),
                ),
                name="sampling_policy_within_bounds",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.version)

    def as_rules(self) -> rules.Policy:
        """The policy with its rows in their order. One query for the rows, none where they were fetched."""
        names = ("version", "base_share", "flag_points", "alert_points", "class_points", "exposure_from", "exposure_points", "most_points",
                 "last_points", "least_points", "disagree_from", "raised_points")  # fmt: skip
        rows = sorted(self.strata.all(), key=lambda row: row.position)
        return rules.Policy(strata=tuple(row.as_rules() for row in rows), **{name: getattr(self, name) for name in names})


class SamplingStratum(models.Model):
    """A row of a policy; the first that fits an inspection counts."""

    policy = models.ForeignKey(SamplingPolicy, models.PROTECT, related_name="strata")
    position = models.SmallIntegerField()
    code = models.CharField(_("row"), max_length=30)
    kinds = models.JSONField(_("kinds of inspection"), default=list, blank=True)
    levels = models.JSONField(_("worst open alert"), default=list, blank=True)
    tiers = models.JSONField(_("key customer tiers"), default=list, blank=True)
    products = models.JSONField(_("products"), default=list, blank=True)
    amount_from = models.DecimalField(_("amount from"), null=True, blank=True, **MONEY)
    amount_below = models.DecimalField(_("amount below"), null=True, blank=True, **MONEY)
    share = models.DecimalField(pgettext_lazy("part of all inspections", "share, %"), **PERCENT)
    method = models.CharField(_("those drawn"), max_length=5, choices=Method.choices, default=Method.VISIT)
    otherwise = models.CharField(_("the rest"), max_length=5, choices=Method.choices, default=Method.DESK)

    class Meta:
        ordering = ["policy", "position"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "position"], name="one_sampling_row_per_position"),
            models.UniqueConstraint(fields=["policy", "code"], name="one_sampling_row_per_code"),
            models.CheckConstraint(condition=Q(share__range=(0, 100)), name="sampling_share_is_a_percentage"),
            models.CheckConstraint(condition=~Q(method=F("otherwise")), name="sampling_methods_differ"),
        ]

    def __str__(self) -> str:
        return self.code

    def as_rules(self) -> rules.Stratum:
        return rules.Stratum(
            code=self.code, share=self.share, method=self.method, otherwise=self.otherwise, kinds=tuple(self.kinds), levels=tuple(self.levels),
            tiers=tuple(self.tiers), products=tuple(self.products), amount_from=self.amount_from, amount_below=self.amount_below,
        )  # fmt: skip


class SamplingSeed(models.Model):
    """32 random bytes from which a month's inspections are drawn: sealed, known only by the hash until an auditor opens it."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    month = models.DateField(_("month"))  # its first day
    commitment = models.CharField(_("published hash"), max_length=64)
    sealed = models.TextField()  # encrypted with a key of the installation, base64
    published_on = models.DateField(_("published on"))  # business date
    published_at = models.DateTimeField(db_default=Now())
    seed = models.CharField(_("seed"), max_length=64, blank=True)  # hexadecimal, once it is opened
    opened_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    opened_on = models.DateField(_("opened on"), null=True)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "month"], name="one_seed_per_month"),
            models.UniqueConstraint(fields=["commitment"], name="one_commitment_per_seed"),
            models.CheckConstraint(condition=Q(month__day=1), name="seed_month_is_a_first_day"),
            models.CheckConstraint(condition=Q(commitment__regex=r"^[0-9a-f]{64}$"), name="commitment_is_a_hash"),
            models.CheckConstraint(
                condition=Q(seed="", opened_by__isnull=True, opened_on__isnull=True, opened_at__isnull=True)
                | Q(seed__regex=r"^[0-9a-f]{64}$", opened_by__isnull=False, opened_on__isnull=False, opened_at__isnull=False),
                name="opened_seed_has_its_opener",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def ahead(self) -> bool:
        """Whether the hash was published before the month began."""
        return self.published_on < self.month

    @property
    def ends_before(self) -> date:
        return rules.next_month(self.month)


class DrawQuerySet(models.QuerySet["Draw"]):
    def visible_to(self, access: "Access") -> "DrawQuerySet":
        """Draws of inspections this person may know of, never of those the person recorded."""
        seen = self.filter(visit__in=Visit.objects.visible_to(access).values("pk"))
        return seen.exclude(visit__recorded_by=access.person) if access.person else seen


class Draw(models.Model):
    """Which method the sealed number gave a submitted inspection, with the facts that made its share. One for each; append-only."""

    class Reason(models.TextChoices):
        ALL = "all", _("All of these")
        DRAWN = "drawn", _("Drawn by the number")
        NOT_DRAWN = "not_drawn", _("Not drawn by the number")
        EARLIER = "earlier", _("As strictly as an earlier attempt")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="draw")
    seed = models.ForeignKey(SamplingSeed, models.PROTECT, related_name="draws")
    policy = models.ForeignKey(SamplingPolicy, models.PROTECT, related_name="+")
    policy_hash = models.CharField(max_length=64)
    stratum = models.ForeignKey(SamplingStratum, models.PROTECT, related_name="+", null=True)  # empty: no row fitted
    content_hash = models.CharField(max_length=64)
    facts = models.JSONField()  # rules.Facts.as_json
    share = models.DecimalField(pgettext_lazy("part of all inspections", "share, %"), **PERCENT)
    number = models.CharField(_("number"), max_length=64)  # hexadecimal, below 2^256
    method = models.CharField(_("method"), max_length=5, choices=Method.choices)
    reason = models.CharField(_("reason"), max_length=9, choices=Reason.choices)
    drawn_on = models.DateField(_("drawn on"))
    drawn_at = models.DateTimeField(db_default=Now())

    objects = DrawQuerySet.as_manager()

    class Meta:
        ordering = ["visit"]
        constraints = [
            models.CheckConstraint(condition=Q(share__range=(0, 100)), name="drawn_share_is_a_percentage"),
            models.CheckConstraint(condition=Q(number__regex=r"^[0-9a-f]{64}$"), name="drawn_number_has_256_bits"),
            models.CheckConstraint(condition=~Q(reason="all") | Q(share=100), name="all_are_drawn_at_a_hundred"),
        ]
        indexes = [models.Index(fields=["lender", "drawn_on"], name="draw_by_day")]

    def __str__(self) -> str:
        return f"{self.visit_id}: {self.method}"

    @property
    def fraction(self) -> float:
        return rules.fraction(self.number)
