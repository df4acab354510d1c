"""What every fact carries: whose it is, since when it was so, since when we knew, and the delivery it came from."""

from django.db import models
from django.db.models.functions import Now

from borrowers.feeds.models import Delivery
from loanwatch.lenders.models import Lender

BUCKETS = 256  # fixed: a unit of work covers a range of them, so a growing book is cut finer without rewriting a row


class Fact(models.Model):
    """`known_from` is the business date of the delivery or entry; `recorded_at` is for audit only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    valid_from = models.DateField()
    known_from = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+", null=True)

    class Meta:
        abstract = True


class LoanFact(Fact):
    """A fact that the nightly run reads by bucket: the borrower's, so that all of a borrower's facts lie together."""

    bucket = models.SmallIntegerField()

    class Meta:
        abstract = True
