"""Feeds: which are due when, how their files look, what was delivered, and the rows that were set aside."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["ApiBatch", "DayReceipt", "Delivery", "FeedGap", "FeedPlan", "FormatVersion", "QuarantinedRow", "WebhookSource"]


class FormatVersion(models.Model):
    """A format that a lender keeps for itself, beside the shipped files: TOML text, made by one and approved by another."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="formats")
    name = models.CharField(_("feed"), max_length=60)
    version = models.SmallIntegerField(_("version"))
    text = models.TextField(_("format"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "name", "version"], name="one_format_per_version"),
            models.UniqueConstraint(fields=["lender", "name"], condition=Q(state="live"), name="one_live_format_per_name"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="format_approved_by_another_person",
                violation_error_message=_("The person who made a format can't approve it."),
            ),
            models.CheckConstraint(condition=~Q(state="live") | Q(approved_by__isnull=False), name="live_format_is_approved"),
        ]


class FeedPlan(models.Model):
    """When a feed is due: for each business date of the lender, or each last one of a month, by a time of day after it."""

    class Every(models.TextChoices):
        BUSINESS_DAY = "business_day", _("every business day")
        MONTH = "month", _("every last business day of a month")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="feed_plans")
    format = models.CharField(_("feed"), max_length=60)
    every = models.CharField(_("due"), max_length=12, choices=Every.choices, default=Every.BUSINESS_DAY)
    days_after = models.SmallIntegerField(_("calendar days after the business date"), default=1)
    by_time = models.TimeField(_("by"))  # in the lender's time zone
    blocks_close = models.BooleanField(_("the day is not closed without it"), default=True)
    contact = models.CharField(_("who to ask"), max_length=120, blank=True)
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"), null=True)

    class Meta:
        ordering = ["format", "from_on"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "format", "from_on"], name="one_plan_per_feed_and_date"),
            models.CheckConstraint(condition=Q(to_on__isnull=True) | Q(to_on__gt=F("from_on")), name="plan_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(days_after__gte=0), name="plan_due_after_the_date"),
        ]


class FeedGap(models.Model):
    """A feed that had not come by its due time: alarmed once, and, where a person lets the day close without it, why."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="feed_gaps")
    format = models.CharField(_("feed"), max_length=60)
    business_date = models.DateField(_("business date"))
    alarmed_at = models.DateTimeField(null=True)  # empty: let go before it was late
    let_go_at = models.DateTimeField(null=True)
    let_go_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # empty: from the command line
    reason = models.CharField(_("reason given"), max_length=200, blank=True)

    class Meta:
        ordering = ["business_date", "format"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "format", "business_date"], name="one_gap_per_feed_and_date"),
            models.CheckConstraint(
                condition=Q(let_go_at__isnull=True, reason="") | (Q(let_go_at__isnull=False) & ~Q(reason="")), name="let_go_with_a_reason"
            ),
        ]


class Delivery(models.Model):
    """One file of a feed for one business date, as it came. The same content again is the same delivery."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        APPLIED = "applied", _("Applied")
        HELD = "held", _("Held")
        REJECTED = "rejected", _("Rejected")

    class Channel(models.TextChoices):
        FILE = "file", _("File")
        SCREEN = "screen", _("Uploaded")
        API = "api", _("API")
        WEBHOOK = "webhook", _("Webhook")

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
    channel = models.CharField(_("came by"), max_length=8, choices=Channel.choices, default=Channel.FILE)
    kept_as = models.CharField(max_length=200, blank=True)  # key of the file in the storage, so that it can be looked at and approved later
    received_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # of other content for a date already applied
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
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(received_by__isnull=True) | ~Q(approved_by=F("received_by")),
                name="delivery_approved_by_another_person",
                violation_error_message=_("The person who brought a delivery can't approve it."),
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
    waits_for = models.CharField(max_length=80, blank=True)  # number of the loan, borrower or item that has not arrived yet
    note = models.CharField(_("reason given"), max_length=200, blank=True)  # by the person who rejected the row
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    corrected_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["delivery", "line"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "line"], name="one_quarantined_row_per_line"),
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(note=""), name="rejected_row_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(state="released")
                | Q(corrected_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(corrected_by=F("decided_by")),
                name="correction_is_released_by_another_person",
                violation_error_message=_("The person who corrected a row can't release it."),
            ),
        ]


class WebhookSource(models.Model):
    """Somebody who sends facts by signed webhook. The key is derived from the installation's secret, never stored."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="webhook_sources")
    name = models.SlugField(_("name"), max_length=40)
    generation = models.SmallIntegerField(default=1)  # counts up when the key is changed; the one before stops working
    facts = models.JSONField(default=list)  # kinds of facts that it may tell
    active = models.BooleanField(_("in use"), default=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["lender", "name"], name="one_webhook_source_per_name")]


class ApiBatch(models.Model):
    """The answer to one batch of facts, kept by its key: the same request again gets the same answer, another body a refusal."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    sender = models.CharField(max_length=80)  # the account or webhook source that sent it
    key = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)  # of the body
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+", null=True)
    status = models.SmallIntegerField(null=True)  # empty while the first request is still at work
    answer = models.JSONField(null=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "sender", "key"], name="one_answer_per_key")]


class DayReceipt(models.Model):
    """What the close of a business date found of one feed. Written by the day's receive step only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="receipts")
    format = models.CharField(_("feed"), max_length=60)
    business_date = models.DateField(_("business date"))
    deliveries = models.IntegerField(_("deliveries applied"), default=0)
    not_applied = models.IntegerField(_("deliveries not applied"), default=0)
    rows_applied = models.BigIntegerField(_("rows applied"), default=0)
    rows_unchanged = models.BigIntegerField(_("rows that say nothing new"), default=0)
    rows_quarantined = models.BigIntegerField(_("rows set aside"), default=0)
    waited_seconds = models.IntegerField(_("waited, seconds"), default=0)  # from the due time until it came or was let go
    let_go = models.BooleanField(_("closed without it"), default=False)
    let_go_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # empty: from the command line
    reason = models.CharField(_("reason given"), max_length=200, blank=True)

    class Meta:
        ordering = ["business_date", "format"]
        constraints = [models.UniqueConstraint(fields=["lender", "business_date", "format"], name="one_receipt_per_feed_and_date")]
