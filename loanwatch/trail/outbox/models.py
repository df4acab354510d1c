"""Messages that are to leave the house, each exactly once, and what people said of those whose fate nobody knew."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["OutboxMessage", "OutboxSettlement"]


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    def visible_to(self, access: "Access") -> "OutboxQuerySet":
        """The messages of the lenders for which this person works; of all, for a role over the whole installation."""
        if access.everywhere:
            return self
        return self.filter(lender__in=Lender.objects.filter(branches__in=access.branches_held()).values("pk"))


class OutboxMessage(models.Model):
    """One message to one recipient over one channel, written in the transaction of what causes it.

    The database refuses every move but those of `rules.MOVES`, changes of what is said and to whom, a row that is born sent,
    and any change by the web log-in. A trigger makes `key` out of what makes the message one of its kind.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("message", "Waiting")
        SENDING = "sending", pgettext_lazy("message", "Being sent")
        SENT = "sent", pgettext_lazy("message", "Sent")
        UNCERTAIN = "uncertain", pgettext_lazy("message", "Uncertain")
        FAILED = "failed", pgettext_lazy("message", "Failed")
        DROPPED = "dropped", pgettext_lazy("message", "Dropped")

    class Channel(models.TextChoices):
        SMS = "sms", _("Text message")
        EMAIL = "email", _("E-mail")
        MESSENGER = "messenger", _("Messenger")
        ROBOT = "robot", _("Group robot")
        WEBHOOK = "webhook", _("Webhook")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    key = models.CharField(_("key"), max_length=240, unique=True, editable=False)  # also what the provider knows the message by
    kind = models.CharField(_("kind"), max_length=40)
    subject = models.CharField(pgettext_lazy("message", "about"), max_length=100)  # loan and instalment, alert, person: as text, upstream of all
    business_date = models.DateField(_("business date"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    recipient = models.CharField(_("recipient"), max_length=200)
    lane = models.CharField(max_length=60)  # whoever it is for: messages of one lane leave one after another
    bucket = models.SmallIntegerField(null=True)
    about = models.JSONField(default=dict, db_default={})  # ids that the cause is asked about again before sending
    language = models.CharField(_("language"), max_length=10, blank=True)
    headline = models.CharField(pgettext_lazy("message", "subject line"), max_length=200, blank=True)
    body = models.TextField(pgettext_lazy("message", "text"))
    send_on = models.DateField(_("to be sent on"))
    not_before = models.DateTimeField(_("not before"))
    expires_at = models.DateTimeField(_("worthless after"), null=True)
    # Hours of the lender's zone in which it may disturb: from the one to before the other, over midnight where the first is
    # the later one. Empty: at any hour.
    hour_from = models.SmallIntegerField(null=True)
    hour_to = models.SmallIntegerField(null=True)
    made_at = models.DateTimeField(db_default=Now())
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.SmallIntegerField(_("attempts"), default=0, db_default=0)  # also the fencing token of a claim
    next_try_at = models.DateTimeField(_("next attempt"), null=True)
    lease_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=80, blank=True, db_default="")
    sent_at = models.DateTimeField(_("sent at"), null=True)
    receipt = models.CharField(_("receipt"), max_length=200, blank=True, db_default="")
    error = models.CharField(_("last error"), max_length=400, blank=True, db_default="")
    reason = models.CharField(_("dropped because"), max_length=60, blank=True, db_default="")
    tries = models.JSONField(default=list, db_default=[])  # attempts that brought no receipt: {at, by, outcome, error}

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lender", "kind", "subject", "business_date", "channel", "recipient"], name="one_message_per_cause_and_recipient"
            ),
            models.CheckConstraint(condition=~Q(state="sent") | (~Q(receipt="") & Q(sent_at__isnull=False)), name="sent_has_a_receipt"),
            models.CheckConstraint(condition=~Q(state="dropped") | ~Q(reason=""), name="dropped_has_a_reason"),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(error=""), name="failed_has_an_error"),
            models.CheckConstraint(
                condition=~Q(state="sending") | (~Q(claimed_by="") & Q(lease_until__isnull=False, attempts__gt=0)), name="sending_is_claimed"
            ),
            models.CheckConstraint(condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("not_before")), name="message_expires_after_it_may_leave"),
            models.CheckConstraint(
                condition=Q(hour_from__isnull=True, hour_to__isnull=True) | Q(hour_from__range=(0, 23), hour_to__range=(0, 24)), name="hours_of_a_day"
            ),
        ]
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state="waiting"), name="outbox_waiting"),
            models.Index(fields=["expires_at"], condition=Q(state="waiting"), name="outbox_expiring"),
            models.Index(fields=["lane", "id"], condition=Q(state__in=["waiting", "sending"]), name="outbox_lane_open"),
            models.Index(fields=["lender", "bucket"], condition=Q(state="waiting"), name="outbox_waiting_by_bucket"),
            models.Index(fields=["state", "lease_until"], condition=Q(state__in=["sending", "uncertain", "failed"]), name="outbox_unsettled"),
            models.Index(fields=["lane", "send_on"], name="outbox_by_lane"),
            models.Index(fields=["lender", "business_date", "kind"], name="outbox_by_day"),
            models.Index(fields=["subject"], name="outbox_by_subject", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.key


class OutboxSettlement(models.Model):
    """What a person decided about a message that waits, failed or is uncertain. Append-only; writing it moves the message."""

    class Verdict(models.TextChoices):
        ARRIVED = "arrived", _("It arrived")
        AGAIN = "again", _("Send it again")
        DROP = "drop", _("Don't send it")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    message = models.ForeignKey(OutboxMessage, models.PROTECT, related_name="settlements")
    verdict = models.CharField(_("decision"), max_length=7, choices=Verdict.choices)
    reason = models.CharField(_("reason"), max_length=200)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="settlement_has_a_reason")]
