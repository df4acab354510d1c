"""Figures that others keep of a borrower, and what befalls a whole line of business."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.facts import Fact, RevisedLoanFact, ends_after_it_begins, one_per_key
from borrowers.outside.rules import AMOUNTS, SHARES
from borrowers.parties.models import Borrower

__all__ = ["OutsideFigure", "SectorEvent"]


class OutsideFigure(RevisedLoanFact):
    """One figure that a bureau, tax office, utility, register or rating gives of a borrower as of `valid_from`; a series by measure."""

    KEY = ("borrower", "measure", "valid_from")

    class Measure(models.TextChoices):
        BUREAU_SCORE = "bureau_score", _("Score of the credit bureau")
        BUREAU_TOTAL_DEBT = "bureau_total_debt", _("Debt at all lenders")
        BUREAU_DEBT_OTHERS = "bureau_debt_others", _("Debt at other lenders")
        BUREAU_INQUIRIES = "bureau_inquiries", _("New credit inquiries in 60 days")
        BUREAU_DPD_OTHERS = "bureau_dpd_others", _("Days past due at other lenders")
        BUREAU_NPL_SHARE = "bureau_npl_share", _("Share of the debt at all lenders that is more than 90 days past due")
        GUARANTEES_GIVEN = "guarantees_given", _("Guarantees given for others")
        OWNER_DPD = "owner_dpd", _("The owner's own days past due")
        OWNER_NEW_LOANS = "owner_new_loans", _("The owner's new personal loans in 90 days")
        SHARES_PLEDGED = "shares_pledged", _("Share of the controller's holding that is pledged")
        VAT_BASE = "vat_base", _("Sales by value-added tax, of the month")
        TAX_CLASS = "tax_class", _("Class given by the tax office")
        ELECTRICITY = "electricity", _("Electricity used in the month")
        INSURED_EMPLOYEES = "insured_employees", _("Employees with social insurance")
        EXTERNAL_RATING = "external_rating", _("External rating")
        INTERNAL_RATING = "internal_rating", _("Internal rating")
        PROJECT_PROGRESS = "project_progress", _("Progress of the project")
        PROJECT_PLANNED = "project_planned", _("Planned progress of the project")
        PROJECT_SPENT = "project_spent", _("Spent on the project")
        PROJECT_BUDGET = "project_budget", _("Budget of the project")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="outside_figures")
    measure = models.CharField(_("measure"), max_length=20, choices=Measure.choices)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3, blank=True)  # of an amount
    scale = models.CharField(
        pgettext_lazy("rating", "scale"), max_length=40, blank=True
    )  # of a score or rating: figures of two scales are not compared
    source = models.CharField(_("source"), max_length=120)

    class Meta:
        ordering = ["borrower", "measure", "-valid_from"]
        constraints = [
            one_per_key("one_figure_per_measure_and_day", "borrower", "measure", "valid_from"),
            models.CheckConstraint(condition=~Q(measure__in=AMOUNTS) | ~Q(currency=""), name="amount_from_outside_has_a_currency"),
            models.CheckConstraint(condition=Q(value__gte=0), name="figure_from_outside_not_negative"),
            models.CheckConstraint(condition=~Q(measure__in=SHARES) | Q(value__lte=100), name="share_from_outside_in_percent"),
        ]
        indexes = [models.Index(fields=["lender", "bucket", "known_from"], name="outside_figure_by_bucket")]


class SectorEvent(Fact):
    """Something that befalls a whole industry from `valid_from` to before `to_on`: a price shock, a new rule, a ban. Master data."""

    class Level(models.TextChoices):
        MILD = "mild", pgettext_lazy("event of an industry", "Mild")
        STRONG = "strong", pgettext_lazy("event of an industry", "Strong")
        BAN = "ban", _("Ban or closure")

    number = models.CharField(_("number of the notice"), max_length=40)
    industry = models.CharField(_("industry"), max_length=80)
    level = models.CharField(_("level"), max_length=6, choices=Level.choices)
    headline = models.CharField(_("what is said"), max_length=200)
    source = models.CharField(_("source"), max_length=120)
    to_on = models.DateField(_("until"), null=True)

    class Meta:
        ordering = ["-valid_from", "number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_sector_event_per_number"),
            ends_after_it_begins("sector_event_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(industry=""), name="sector_event_names_an_industry"),
        ]

    def __str__(self) -> str:
        return self.headline
