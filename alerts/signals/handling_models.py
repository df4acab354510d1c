"""What people and the day add to an alert: notes, files, signals, orders, and how far it was escalated. Nothing is ever deleted."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alerts.signals.models import Alert, Level
from borrowers.loans.models import Loan
from loanwatch.people.models import Person

__all__ = ["AlertEscalation", "AlertFile", "AlertNote", "AlertOrder", "AlertSignal", "Stage"]


class AlertNote(models.Model):
    """What somebody wrote, measured or decided while an alert was handled."""

    class Measure(models.TextChoices):
        DUNNING = "dunning", _("Reminder or dunning")
        PLAN = "plan", _("Repayment plan agreed")
        DOCUMENTS = "documents", _("Documents asked for")
        COVER = "cover", _("More collateral or a guarantor asked for")
        LIMIT = "limit", _("Limit cut or payments stopped")
        RESTRUCTURE = "restructure", _("Extension or restructuring prepared")
        LEGAL = "legal", _("Legal steps")
        WATCH = "watch", _("Closer watch")
        OTHER = "other", pgettext_lazy("measure", "Other")

    class Channel(models.TextChoices):
        TELEPHONE = "telephone", _("Telephone")
        VISIT = "visit", _("Visit")
        MESSAGE = "message", _("Message")
        MAIL = "mail", _("E-mail")
        LETTER = "letter", _("Letter")

    class Answer(models.TextChoices):
        REACHED = "reached", _("Reached")
        PROMISED = "promised", _("Promised to pay")
        DISPUTES = "disputes", _("Disputes it")
        REFUSED = "refused", _("Refused to talk")
        NOT_REACHED = "not_reached", _("Not reached")

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="notes")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=12)  # measure, contact, order, signal, submit, return, close
    measure = models.CharField(_("measure"), max_length=12, choices=Measure.choices, blank=True, default="", db_default="")
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices, blank=True, default="", db_default="")
    answer = models.CharField(_("outcome of the contact"), max_length=12, choices=Answer.choices, blank=True, default="", db_default="")
    text = models.TextField()
    due_on = models.DateField(_("to be done by"), null=True)  # of a measure
    done_on = models.DateField(_("done on"), null=True)
    done_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind="measure") | Q(measure="", due_on__isnull=True, done_on__isnull=True), name="only_a_measure_is_due"),
            models.CheckConstraint(condition=Q(kind="contact") | Q(channel="", answer=""), name="only_a_contact_has_a_channel"),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, done_by__isnull=True) | Q(done_on__isnull=False, done_by__isnull=False), name="measure_done_by_somebody"
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(kind="measure", done_on__isnull=True), name="alert_measure_open")]


class AlertFile(models.Model):
    """A file that belongs to an alert. It lies in the archive of documents, but only who sees the alert sees it. Append-only."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="files")
    filename = models.CharField(_("file"), max_length=200)  # for people to read; never a path
    sha256 = models.CharField(max_length=64)  # of the bytes as they came
    stored_sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(pgettext_lazy("file", "size"))
    content_type = models.CharField(max_length=80)
    stored_as = models.CharField(max_length=200, unique=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["alert", "sha256"], name="same_file_once_per_alert")]


class AlertSignal(models.Model):
    """Something that a person saw, a visit found or others know, on which an alert stands. Append-only."""

    class Kind(models.TextChoices):
        BUSINESS = "business", _("Business in trouble")
        OWNER = "owner", _("Owner or key person")
        CASH = "cash", _("Cash and payments")
        STOCK = "stock", _("Stock or orders")
        COLLATERAL = "collateral", _("Collateral")
        GUARANTOR = "guarantor", _("Guarantor or group")
        PURPOSE = "purpose", _("Use of the money")
        OTHER = "other", pgettext_lazy("signal", "Other")

    class Source(models.TextChoices):
        PERSON = "person", pgettext_lazy("source of a signal", "A person")
        VISIT = "visit", pgettext_lazy("source of a signal", "An inspection")
        OUTSIDE = "outside", pgettext_lazy("source of a signal", "Outside records")

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="signals")
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.OTHER)
    level = models.SmallIntegerField(_("level"), choices=Level.choices)
    text = models.TextField(_("what was seen"))
    reference = models.CharField(max_length=80, blank=True)  # the visit or fact it comes from
    on = models.DateField(pgettext_lazy("day of a signal", "on"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "reference"], condition=~Q(reference=""), name="a_fact_raises_one_signal"),
            models.CheckConstraint(condition=~Q(source="person") | Q(by__isnull=False), name="somebody_raised_the_signal"),
        ]


class AlertOrder(models.Model):
    """A special inspection that an alert asks for. The day's plan opens its task with the close of `from_on`. Append-only."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="orders")
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    from_on = models.DateField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["alert", "loan"], name="one_order_per_alert_and_loan")]
        indexes = [models.Index(fields=["loan"], name="alert_order_by_loan")]


class Stage(models.IntegerChoices):
    """Who is told of an alert that waits too long."""

    MANAGER = 1, _("Account manager reminded")
    HEAD = 2, _("Branch head told")
    ADMIN = 3, _("Credit administration told")


class AlertEscalation(models.Model):
    """How far an alert was escalated, stage by stage, and at which close. Written by the day's escalate step only. Append-only."""

    class Cause(models.TextChoices):
        ACKNOWLEDGE = "acknowledge", _("Not acknowledged in time")
        HANDLING = "handling", _("Not handled in time")

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="escalations")
    round = models.SmallIntegerField()  # how often the alert had been reopened
    stage = models.SmallIntegerField(_("stage"), choices=Stage.choices)
    cause = models.CharField(_("cause"), max_length=12, choices=Cause.choices)
    on = models.DateField(pgettext_lazy("day of an escalation", "on"))

    class Meta:
        ordering = ["alert", "id"]
        constraints = [models.UniqueConstraint(fields=["alert", "round", "stage"], name="one_escalation_per_stage")]
        indexes = [models.Index(fields=["on"], name="escalation_by_day")]
