"""Legal entities and what each sets for itself: calendar, products, dated parameters."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loanwatch.kernel import calendars


class Lender(models.Model):
    """One legal entity whose loans are watched; a book belongs to it."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    currency = models.CharField(_("currency"), max_length=3)
    zone = models.CharField(_("time zone"), max_length=60)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="lender_currency_is_a_code")]

    def __str__(self) -> str:
        return self.code


class LenderCalendar(models.Model):
    """Which calendar a lender keeps from a date on, until the next row's date."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="calendars")
    kind = models.CharField(max_length=12, choices=[(k, k) for k in calendars.KINDS])
    from_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "from_on"], name="one_calendar_per_lender_and_date")]


class DayException(models.Model):
    """A day on which a national calendar differs from Monday-to-Friday: a holiday or a make-up workday."""

    calendar = models.CharField(max_length=12)
    on = models.DateField()
    is_business = models.BooleanField()
    name = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "on"], name="one_exception_per_calendar_day")]


class CalendarChange(models.Model):
    """A proposed change of a national calendar: days that become holidays or make-up workdays. Applied when another person approves it.

    `days`: list of {"on": ISO date, "is_business": bool or null (back to Monday-to-Friday), "name": text}.
    """

    calendar = models.CharField(_("calendar"), max_length=12)
    days = models.JSONField(_("days"))
    source = models.CharField(_("source"), max_length=200)
    proposed_by = models.CharField(_("proposed by"), max_length=20)  # staff number: this table lies below the people
    proposed_at = models.DateTimeField(db_default=Now())
    approved_by = models.CharField(_("approved by"), max_length=20, blank=True)
    decided_at = models.DateTimeField(null=True)
    rejected = models.BooleanField(default=False)
    reason = models.CharField(_("reason given"), max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("proposed_by")),
                name="calendar_change_approved_by_another_person",
                violation_error_message=_("The person who proposed a change of the calendar can't approve it."),
            ),
            models.CheckConstraint(condition=~Q(proposed_by=""), name="calendar_change_has_a_proposer"),
        ]


class Product(models.Model):
    """A loan product of a lender."""

    class Kind(models.TextChoices):
        WORKING_CAPITAL = "working_capital", _("Working capital")
        FIXED_ASSET = "fixed_asset", _("Fixed assets")
        PERSONAL_BUSINESS = "personal_business", _("Personal business")
        CONSUMER = "consumer", _("Consumer")
        MORTGAGE = "mortgage", _("Mortgage")
        MICRO = "micro", _("Micro and farm")
        CARD = "card", _("Card")
        SMALL_BUSINESS = "small_business", _("Small business")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="products")
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["lender", "code"], name="one_product_per_code")]

    def __str__(self) -> str:
        return self.name


class ProductTerms(models.Model):
    """How demands of a product count, from a date on until the next approved row's date. Frozen once approved."""

    class Convention(models.TextChoices):
        NONE = "none", _("the due date itself")
        FOLLOWING = "following", _("the next business day")
        MODIFIED_FOLLOWING = "modified_following", _("the next business day, within the month")
        PRECEDING = "preceding", _("the business day before")

    class DayCount(models.TextChoices):
        THIRTY_360 = "30/360", "30/360"
        ACT_360 = "ACT/360", "ACT/360"
        ACT_365 = "ACT/365", "ACT/365"

    product = models.ForeignKey(Product, models.PROTECT, related_name="terms")
    valid_from = models.DateField(_("valid from"))
    convention = models.CharField(_("a due date on a holiday counts from"), max_length=20, choices=Convention.choices, default=Convention.NONE)
    grace_days = models.SmallIntegerField(_("days of grace"), default=0)
    materiality_minor = models.BigIntegerField(_("small arrears, hundredths"), default=0)  # arrears up to this do not count
    materiality_percent = models.DecimalField(_("small arrears, % of the outstanding amount"), max_digits=7, decimal_places=4, default=0)
    day_count = models.CharField(_("day count"), max_length=8, choices=DayCount.choices, default=DayCount.ACT_360)
    source = models.CharField(_("source"), max_length=200)
    proposed_by = models.CharField(_("proposed by"), max_length=20, blank=True)  # a shipped row names neither
    approved_by = models.CharField(_("approved by"), max_length=20, blank=True)
    proposed_at = models.DateTimeField(db_default=Now())
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["product", "-valid_from", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(grace_days__gte=0, materiality_minor__gte=0, materiality_percent__gte=0), name="terms_not_negative"),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("proposed_by")),
                name="terms_approved_by_another_person",
                violation_error_message=_("The person who proposed terms can't approve them."),
            ),
        ]


class Parameter(models.Model):
    """A number that a regulator or the lender sets, from a date on, with where it comes from.

    Proposed by one and approved by another person (staff numbers: this table lies below the people); a shipped value
    names neither. `value` is JSON: a number, or a list of rows for bands.
    """

    class Confidence(models.TextChoices):
        HIGH = "high", _("high")
        MEDIUM = "medium", _("medium")
        LOW = "low", _("low")
        OWN = "own", _("set by the lender")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="parameters")
    key = models.CharField(_("parameter"), max_length=60)
    value = models.JSONField(_("value"))
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=200)
    confidence = models.CharField(_("confidence"), max_length=10, choices=Confidence.choices)
    proposed_by = models.CharField(_("proposed by"), max_length=20, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=20, blank=True)
    proposed_at = models.DateTimeField(db_default=Now())
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["key", "-valid_from", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("proposed_by")),
                name="parameter_approved_by_another_person",
                violation_error_message=_("The person who proposed a parameter can't approve it."),
            )
        ]

    def __str__(self) -> str:
        return self.key
