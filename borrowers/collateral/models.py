"""What stands behind a loan: items, which loans they secure in which rank, what they are worth, and price indices."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from borrowers.facts import Fact, RevisedFact, RevisedLoanFact, ends_after_it_begins, one_per_key, revisions_by_key
from borrowers.feeds.models import Delivery
from borrowers.loans.models import MONEY, Loan
from borrowers.parties.models import Borrower

__all__ = ["CollateralCount", "CollateralItem", "Insurance", "Pledge", "PriceIndex", "Registration", "Seizure", "Valuation"]


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


class Pledge(RevisedLoanFact):
    """An item secures a loan in a rank; `prior_liens` is what others may take before us."""

    KEY = ("loan", "item", "valid_from")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="pledges")
    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="pledges")
    rank = models.SmallIntegerField(default=1)
    prior_liens = models.DecimalField(default=0, **MONEY)
    to_on = models.DateField(null=True)

    class Meta:
        constraints = [
            one_per_key("one_pledge_per_loan_and_item", "loan", "item", "valid_from"),
            models.CheckConstraint(condition=Q(prior_liens__gte=0), name="prior_liens_not_negative"),
        ]
        indexes = [
            models.Index(fields=["lender", "bucket"], name="pledge_by_bucket"),
            revisions_by_key("pledge_revisions", "loan", "item", "valid_from"),
        ]


class Valuation(RevisedFact):
    """What an item was worth on `valid_from`, and who or what says so."""

    KEY = ("item", "valid_from", "method")

    class Method(models.TextChoices):
        APPRAISAL = "appraisal", _("Appraisal")
        INDEX = "index", _("Index")
        QUOTE = "quote", _("Market quote")
        ORIGINATION = "origination", _("At origination")
        SALE = "sale", _("Proceeds of a sale")

    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="valuations")
    value = models.DecimalField(**MONEY)
    method = models.CharField(max_length=12, choices=Method.choices)
    appraiser = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["item", "valid_from"]
        constraints = [
            one_per_key("one_valuation_per_item_day_method", "item", "valid_from", "method"),
            models.CheckConstraint(condition=Q(value__gte=0), name="valuation_not_negative"),
        ]
        indexes = [revisions_by_key("valuation_revisions", "item", "valid_from", "method")]


class Insurance(RevisedFact):
    """A policy on an item, from `valid_from` to before `to_on`."""

    KEY = ("item", "policy")

    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="insurances")
    policy = models.CharField(_("policy number"), max_length=60)
    insurer = models.CharField(_("insurer"), max_length=120)
    sum_insured = models.DecimalField(_("sum insured"), **MONEY)
    currency = models.CharField(max_length=3)
    to_on = models.DateField(_("insured until"), null=True)
    lender_is_payee = models.BooleanField(_("the lender is first payee"), default=False)

    class Meta:
        ordering = ["item", "valid_from"]
        constraints = [
            one_per_key("one_insurance_per_policy", "item", "policy"),
            ends_after_it_begins("insurance_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(sum_insured__gte=0), name="sum_insured_not_negative"),
        ]


class Registration(RevisedFact):
    """The lender's right in an item as a public register has it (他项权证 · 등기), from `valid_from` to before `to_on`."""

    KEY = ("item", "number")

    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="registrations")
    number = models.CharField(_("number in the register"), max_length=60)
    register = models.CharField(_("register"), max_length=120)
    rank = models.SmallIntegerField(_("rank"), default=1)
    amount = models.DecimalField(_("registered amount"), null=True, **MONEY)
    to_on = models.DateField(_("registered until"), null=True)

    class Meta:
        ordering = ["item", "rank"]
        constraints = [
            one_per_key("one_registration_per_number", "item", "number"),
            ends_after_it_begins("registration_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="registration_rank_positive"),
        ]


class Seizure(RevisedFact):
    """Somebody else laid hands on an item (查封 · 압류): a court, tax office or creditor, until it was lifted on `to_on`."""

    KEY = ("item", "reference")

    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="seizures")
    reference = models.CharField(_("case number"), max_length=80)
    by_whom = models.CharField(_("seized by"), max_length=120)
    amount = models.DecimalField(_("amount"), null=True, **MONEY)
    before_us = models.BooleanField(_("ranks before the lender"), default=False)
    to_on = models.DateField(_("lifted on"), null=True)

    class Meta:
        ordering = ["item", "valid_from"]
        constraints = [one_per_key("one_seizure_per_reference", "item", "reference"), ends_after_it_begins("seizure_ends_after_it_begins")]


class CollateralCount(RevisedFact):
    """How much of a pledged stock was there when it was counted on `valid_from`."""

    KEY = ("item", "valid_from")

    item = models.ForeignKey(CollateralItem, models.PROTECT, related_name="counts")
    pledged = models.DecimalField(_("quantity pledged"), max_digits=20, decimal_places=4)
    counted = models.DecimalField(_("quantity counted"), max_digits=20, decimal_places=4, null=True)
    unit = models.CharField(_("unit of the quantity"), max_length=20, blank=True)
    access_refused = models.BooleanField(_("access refused"), default=False)
    counted_by = models.CharField(_("counted by"), max_length=120, blank=True)

    class Meta:
        ordering = ["item", "-valid_from"]
        constraints = [
            one_per_key("one_count_per_item_and_day", "item", "valid_from"),
            models.CheckConstraint(condition=Q(pledged__gt=0), name="quantity_pledged_is_positive"),
            models.CheckConstraint(condition=Q(counted__isnull=True) | Q(counted__gte=0), name="quantity_counted_not_negative"),
            models.CheckConstraint(condition=Q(counted__isnull=False) | Q(access_refused=True), name="count_has_a_quantity"),
        ]
        indexes = [models.Index(fields=["lender", "known_from"], name="collateral_count_by_known")]


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
