"""What stands behind a loan: items, which loans they secure in which rank, what they are worth, and price indices."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from borrowers.facts import Fact, LoanFact
from borrowers.feeds.models import Delivery
from borrowers.loans.models import MONEY, Loan
from borrowers.parties.models import Borrower

__all__ = ["CollateralItem", "Pledge", "PriceIndex", "Valuation"]


class CollateralItem(Fact):
    """One pledged or mortgaged thing."""

    class Kind(models.TextChoices):
        RESIDENTIAL = "residential_property", _("Residential property")
        COMMERCIAL = "commercial_property", _("Commercial property")
        EQUIPMENT = "equipment", _("Equipment")
        INVENTORY = "inventory", _("Inventory")
        RECEIVABLES = "receivables", _("Receivables")
        SHARES = "shares", _("Listed shares")
        VEHICLE = "vehicle", _("Vehicle")
        OTHER = "other", _("Other")

    number = models.CharField(_("collateral number"), max_length=40)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    description = models.CharField(_("description"), max_length=200, blank=True)
    owner = models.ForeignKey(Borrower, models.PROTECT, related_name="collateral_owned")
    currency = models.CharField(max_length=3)
    index_region = models.CharField(max_length=20, blank=True)  # region of the price index that revalues it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "number"], name="one_item_per_number")]

    def __str__(self) -> str:
        return self.number


class Pledge(LoanFact):
    """An item secures a loan in a rank; `prior_liens` is what others may take before us."""

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="pledges")
    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="pledges")
    rank = models.SmallIntegerField(default=1)
    prior_liens = models.DecimalField(default=0, **MONEY)
    to_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["loan", "item", "valid_from"], name="one_pledge_per_loan_and_item"),
            models.CheckConstraint(condition=Q(prior_liens__gte=0), name="prior_liens_not_negative"),
        ]
        indexes = [models.Index(fields=["lender", "bucket"], name="pledge_by_bucket")]


class Valuation(Fact):
    """What an item was worth on `valid_from`, and who or what says so."""

    class Method(models.TextChoices):
        APPRAISAL = "appraisal", _("Appraisal")
        INDEX = "index", _("Index")
        QUOTE = "quote", _("Market quote")
        ORIGINATION = "origination", _("At origination")

    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="valuations")
    value = models.DecimalField(**MONEY)
    method = models.CharField(max_length=12, choices=Method.choices)
    appraiser = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["item", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["item", "valid_from", "method"], name="one_valuation_per_item_day_method"),
            models.CheckConstraint(condition=Q(value__gte=0), name="valuation_not_negative"),
        ]


class PriceIndex(models.Model):
    """One point of a published price series."""

    series = models.CharField(max_length=40)
    region = models.CharField(max_length=20)
    on = models.DateField()  # last day of the period the figure is for
    value = models.DecimalField(max_digits=14, decimal_places=4)
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+", null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "region", "on"], name="one_index_point"),
            models.CheckConstraint(condition=Q(value__gt=0), name="index_is_positive"),
        ]
