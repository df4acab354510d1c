"""Borrowers and the accounts with which they see their own loans."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from borrowers.facts import Fact
from loanwatch.people.models import Account

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Borrower", "PortalAccess"]


class BorrowerQuerySet(models.QuerySet["Borrower"]):
    def visible_to(self, access: "Access") -> "BorrowerQuerySet":
        """Borrowers with at least one loan that this person may see."""
        from borrowers.loans.models import Loan

        return self.filter(Exists(Loan.objects.visible_to(access).filter(borrower=OuterRef("pk"))))


class Borrower(Fact):
    """A person or company that owes or guarantees."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")

    class Segment(models.TextChoices):
        PERSON = "person", _("Person")
        MICRO = "micro", _("Micro enterprise")
        SMALL = "small", _("Small enterprise")
        MEDIUM = "medium", _("Medium enterprise")
        LARGE = "large", _("Large enterprise")

    bucket = models.SmallIntegerField()
    number = models.CharField(_("borrower number"), max_length=40)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=160, blank=True)
    segment = models.CharField(_("size"), max_length=8, choices=Segment.choices)
    industry = models.CharField(_("industry"), max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    key_customer = models.BooleanField(_("key customer"), default=False)

    objects = BorrowerQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_borrower_per_number"),
            models.CheckConstraint(condition=Q(bucket__range=(0, 255)), name="borrower_bucket_in_range"),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class PortalAccess(models.Model):
    """An account with which a borrower sees own loans and nothing of anybody else."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="+")
    borrower = models.ForeignKey(Borrower, models.CASCADE, related_name="portal_accesses")
