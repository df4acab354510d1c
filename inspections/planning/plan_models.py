"""The inspection plan as versioned data: the house regulation it carries out, its rows, and who has read it."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from borrowers.loans.models import MONEY
from inspections.planning.rules import CLASSES
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Person

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Kind", "Occasion", "PlanReading", "PlanRow", "PlanText", "PlanVersion"]


class Kind(models.TextChoices):
    """Why an inspection is made; also says which template is filled in."""

    FIRST = "first", _("First check after disbursement")
    ROUTINE = "routine", _("Routine inspection")
    SPECIAL = "special", _("Special inspection")
    MATURITY = "maturity", _("Inspection before maturity")
    VERIFY = "verify", _("Verification visit")
    OFF_SITE = "off_site", _("Off-site check by data")


class Occasion(models.TextChoices):
    """What an inspection is called for by, and from which day its days are counted."""

    DISBURSEMENT = "disbursement", _("After disbursement")
    ROUTINE = "routine", _("Since the last inspection")
    MATURITY = "maturity", _("Before maturity")
    RED_ALERT = "red_alert", _("Red alert")
    ASKED = "asked", _("Asked for with an alert")
    CLASS_WORSE = "class_worse", _("Risk class became worse")
    COVENANT = "covenant", _("Covenant broken")
    ROLLOVER = "rollover", _("Extended or rolled over")


class Size(models.TextChoices):
    LARGE = "large", pgettext_lazy("size of a loan", "Large")
    MEDIUM = "medium", pgettext_lazy("size of a loan", "Medium")
    SMALL = "small", pgettext_lazy("size of a loan", "Small")


class RiskRank(models.IntegerChoices):
    NORMAL = 1, _("Normal")
    SPECIAL_MENTION = 2, _("Special mention")
    SUBSTANDARD = 3, _("Substandard")
    DOUBTFUL = 4, _("Doubtful")
    LOSS = 5, _("Loss")


class AlertRank(models.IntegerChoices):
    NONE = 0, pgettext_lazy("level of the worst open alert", "None")
    YELLOW = 1, _("Yellow")
    ORANGE = 2, _("Orange")
    RED = 3, _("Red")


SPECIAL_OCCASIONS = [Occasion.RED_ALERT, Occasion.ASKED, Occasion.CLASS_WORSE, Occasion.COVENANT, Occasion.ROLLOVER]


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    def visible_to(self, access: "Access") -> "PlanVersionQuerySet":
        """The versions of the reader's lender; drafts only for credit administration and audit."""
        person = access.person
        if person is None or person.lender_id is None:
            return self.none()
        found = self.filter(lender_id=person.lender_id)
        return found if access.may("plan.propose") or access.may("sampling.unseal") else found.exclude(state=PlanVersion.State.DRAFT)


class PlanVersion(models.Model):
    """One version of a lender's inspection plan. Frozen once proposed; in force from `valid_from` until the next approved one.

    A shipped version names nobody. Past versions stay: a day of the past is planned by the version that was in force on it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("state of a plan", "Draft")
        PROPOSED = "proposed", pgettext_lazy("state of a plan", "Proposed")
        APPROVED = "approved", pgettext_lazy("state of a plan", "Approved")
        WITHDRAWN = "withdrawn", pgettext_lazy("state of a plan", "Withdrawn")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    number = models.SmallIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    valid_from = models.DateField(_("valid from"), null=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    regulation_on = models.DateField(_("date of the regulation"), null=True, blank=True)
    why = models.CharField(_("why it was made"), max_length=300, blank=True)
    postpone_times = models.SmallIntegerField(_("times an inspection may be postponed"), default=2)
    postpone_days = models.SmallIntegerField(_("days an inspection may be postponed in all"), default=30)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField(db_default=Now())
    proposed_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    withdrawn_reason = models.CharField(_("reason given"), max_length=300, blank=True)

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        ordering = ["lender", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_plan_per_number"),
            models.UniqueConstraint(fields=["lender", "valid_from"], condition=Q(state="approved"), name="one_plan_from_a_day"),
            models.UniqueConstraint(fields=["lender"], condition=Q(state="proposed"), name="one_plan_waits_for_approval"),
            models.CheckConstraint(condition=Q(state__in=["draft", "withdrawn"]) | Q(valid_from__isnull=False), name="plan_has_its_first_day"),
            models.CheckConstraint(condition=~Q(state="approved") | Q(made_by__isnull=True) | Q(approved_by__isnull=False), name="plan_in_force_was_approved"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="plan_approved_by_another_person",
                violation_error_message=_("The person who made an inspection plan can't approve it."),
            ),
            models.CheckConstraint(condition=Q(postpone_times__range=(0, 10), postpone_days__range=(0, 365)), name="plan_limits_postponement"),
        ]

    def __str__(self) -> str:
        return str(_("Inspection plan %(number)s") % {"number": self.number})

    def words(self) -> Any:
        """The house regulation in the reader's language, else in any; None where nobody has written it down."""
        texts = {text.language: text for text in self.texts.all()}
        return texts.get(get_language() or "") or texts.get("en") or next(iter(texts.values()), None)


class PlanText(models.Model):
    """What the house regulation says that the plan carries out, in one language."""

    LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("ko", "한국어")]

    version = models.ForeignKey(PlanVersion, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES)
    title = models.CharField(_("title"), max_length=200)
    clause = models.CharField(_("clause"), max_length=80, blank=True)
    text = models.TextField(_("text"))

    class Meta:
        ordering = ["version", "language"]
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="one_text_per_plan_and_language")]


class PlanRow(models.Model):
    """One line of the plan: which loans it is about, and which inspection is due when. Of an occasion the first line that fits counts.

    An empty condition fits every loan. `days`: after the disbursement, the last inspection or the event, or before maturity;
    empty says that such a loan is not inspected on this occasion.
    """

    version = models.ForeignKey(PlanVersion, models.CASCADE, related_name="rows")
    place = models.SmallIntegerField(_("place"))
    occasion = models.CharField(_("occasion"), max_length=12, choices=Occasion.choices)
    kind = models.CharField(_("kind"), max_length=10, choices=[c for c in Kind.choices if c[0] != Kind.VERIFY])
    product_kind = models.CharField(_("product kind"), max_length=20, choices=Product.Kind.choices, blank=True)
    size = models.CharField(_("size"), max_length=6, choices=Size.choices, blank=True)
    class_from = models.SmallIntegerField(_("risk class at least"), choices=RiskRank.choices, null=True, blank=True)
    class_to = models.SmallIntegerField(_("risk class at most"), choices=RiskRank.choices, null=True, blank=True)
    exposure_from = models.DecimalField(_("exposure of the borrower from"), null=True, blank=True, **MONEY)
    exposure_to = models.DecimalField(_("exposure of the borrower below"), null=True, blank=True, **MONEY)
    tier_from = models.SmallIntegerField(_("key-customer tier from"), null=True, blank=True)
    tier_to = models.SmallIntegerField(_("key-customer tier to"), null=True, blank=True)
    level_from = models.SmallIntegerField(_("open alert at least"), choices=AlertRank.choices, null=True, blank=True)
    level_to = models.SmallIntegerField(_("open alert at most"), choices=AlertRank.choices, null=True, blank=True)
    days = models.SmallIntegerField(_("days"), null=True, blank=True)
    clause = models.CharField(_("clause"), max_length=80, blank=True)

    class Meta:
        ordering = ["version", "place"]
        constraints = [
            models.UniqueConstraint(fields=["version", "place"], name="one_row_per_place", deferrable=models.Deferrable.DEFERRED),
            models.CheckConstraint(condition=Q(days__isnull=True) | Q(days__range=(1, 3650)), name="plan_row_days_make_sense"),
            models.CheckConstraint(
                condition=Q(occasion="disbursement", kind="first")
                | Q(occasion="routine", kind__in=["routine", "off_site"])
                | Q(occasion="maturity", kind="maturity")
                | Q(occasion__in=SPECIAL_OCCASIONS, kind="special"),
                name="plan_row_kind_suits_its_occasion",
                violation_error_message=_("This kind of inspection does not suit the occasion."),
            ),
            # An empty end of a range is open, so the row itself must say that it stops below the trouble.
            models.CheckConstraint(
                condition=~Q(kind="off_site")
                | Q(size="small", class_to=1, level_to__lte=1, class_to__isnull=False, level_to__isnull=False),
                name="off_site_for_small_loans_of_low_risk_only",
                violation_error_message=_(
                    "An off-site check is only for small loans of class normal without an open orange or red alert: the row must say so."
                ),
            ),
            models.CheckConstraint(
                condition=(Q(class_from__isnull=True) | Q(class_to__isnull=True) | Q(class_from__lte=F("class_to")))
                & (Q(exposure_from__isnull=True) | Q(exposure_to__isnull=True) | Q(exposure_from__lt=F("exposure_to")))
                & (Q(tier_from__isnull=True) | Q(tier_to__isnull=True) | Q(tier_from__lte=F("tier_to")))
                & (Q(level_from__isnull=True) | Q(level_to__isnull=True) | Q(level_from__lte=F("level_to"))),
                name="plan_row_ranges_are_not_empty",
                violation_error_message=_("A range of this row begins after its end: no loan would fit."),
            ),
            models.CheckConstraint(
                condition=(Q(tier_from__isnull=True) | Q(tier_from__range=(1, 5))) & (Q(tier_to__isnull=True) | Q(tier_to__range=(1, 5))),
                name="plan_row_tier_in_range",
            ),
            models.CheckConstraint(
                condition=(Q(class_from__isnull=True) | Q(class_from__range=(1, len(CLASSES))))
                & (Q(class_to__isnull=True) | Q(class_to__range=(1, len(CLASSES))))
                & (Q(level_from__isnull=True) | Q(level_from__range=(0, 3)))
                & (Q(level_to__isnull=True) | Q(level_to__range=(0, 3))),
                name="plan_row_class_and_level_in_range",
            ),
        ]


class PlanReading(models.Model):
    """A person confirms having read the regulation of a version. Append-only."""

    version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="readings")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    on = models.DateField(pgettext_lazy("day of an act", "on"))
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["version", "person"]
        constraints = [models.UniqueConstraint(fields=["version", "person"], name="one_reading_per_person_and_plan")]
