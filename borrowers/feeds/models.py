"""Deliveries of feeds, and the rows of them that were set aside."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["Delivery", "QuarantinedRow"]


class Delivery(models.Model):
    """One file of a feed for one business date, as it came. The same content again is the same delivery."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        APPLIED = "applied", _("Applied")
        HELD = "held", _("Held")
        REJECTED = "rejected", _("Rejected")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="deliveries")
    format = models.CharField(_("feed"), max_length=60)
    business_date = models.DateField(_("business date"))
    version = models.SmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    filename = models.CharField(_("file"), max_length=200)
    size = models.BigIntegerField()
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVED)
    rows_read = models.IntegerField(default=0)
    rows_applied = models.IntegerField(default=0)
    rows_unchanged = models.IntegerField(default=0)
    rows_quarantined = models.IntegerField(default=0)
    rows_left_out = models.IntegerField(default=0)  # by the format's own limit, such as loans without performance
    all_rows = models.BooleanField(default=False)  # rows of earlier dates as well, not only of the business date
    reasons = models.JSONField(default=dict)  # reason code -> rows
    control = models.JSONField(default=dict)  # {"expected": {...}, "found": {...}}
    notes = models.JSONField(default=dict)  # what is no fault but worth knowing: absent loans, differences, duplicates
    hold_reason = models.TextField(blank=True)
    received_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lender", "format", "business_date", "all_rows", "sha256"],
                condition=Q(state="applied"),
                name="one_applied_delivery_per_content",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.business_date} v{self.version}"


class QuarantinedRow(models.Model):
    """One row of a delivery that was set aside: which line, what was wrong, and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RELEASED = "released", _("Released")
        REJECTED = "rejected", _("Rejected")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="quarantined")
    line = models.IntegerField(_("line"))
    reason = models.CharField(_("reason"), max_length=40)
    column = models.CharField(_("column"), max_length=60, blank=True)
    value = models.CharField(_("value"), max_length=200, blank=True)
    raw = models.JSONField()  # column -> text, as read
    corrected = models.JSONField(null=True)  # column -> text, as a person corrected it
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    corrected_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["delivery", "line"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "line"], name="one_quarantined_row_per_line"),
            models.CheckConstraint(
                condition=Q(corrected_by__isnull=True) | Q(decided_by__isnull=True) | ~Q(corrected_by=F("decided_by")),
                name="correction_is_released_by_another_person",
                violation_error_message=_("The person who corrected a row can't release it."),
            ),
        ]
