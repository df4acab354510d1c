"""How a borrower may be reached, what borrowers do not want, and the words of reminders in their versions."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alerts.reminders.rules import DIGEST, DUE, OVERDUE, SOON
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["ContactPreference", "ContactWay", "ReminderText"]


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"
    KOREAN = "ko", "한국어"


class Way(models.TextChoices):
    """Channels on which a borrower is reached: a part of those that the outbox knows."""

    SMS = "sms", _("Text message")
    EMAIL = "email", _("E-mail")
    MESSENGER = "messenger", _("Messenger")


class ReminderText(models.Model):
    """The words of one kind of message in one language, from a day on until the next version's day. Version 1 is shipped in code."""

    class Kind(models.TextChoices):
        SOON = SOON, _("Before the due date")
        DUE = DUE, _("On the due date")
        OVERDUE = OVERDUE, _("After the due date")
        DIGEST = DIGEST, _("Daily notice to staff")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    language = models.CharField(_("language"), max_length=10, choices=Language.choices)
    version = models.SmallIntegerField(_("version"))
    headline = models.CharField(pgettext_lazy("message", "subject line"), max_length=120)
    body = models.TextField(pgettext_lazy("message", "text"), max_length=1000)
    valid_from = models.DateField(_("in force from"))
    reason = models.CharField(_("reason"), max_length=200)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["kind", "language", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "kind", "language", "version"], name="one_text_per_version"),
            models.CheckConstraint(condition=Q(version__gte=2), name="version_one_is_shipped"),
            models.CheckConstraint(condition=~Q(body="") & ~Q(reason=""), name="text_says_something_and_why"),
        ]


class ContactWay(models.Model):
    """In which language and where a borrower is reached. Without a row: a text message to the telephone that is known."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    borrower = models.OneToOneField(Borrower, models.PROTECT, related_name="+")
    language = models.CharField(_("language"), max_length=10, choices=Language.choices, blank=True)  # empty: by the currency of the loan
    channel = models.CharField(_("channel"), max_length=10, choices=Way.choices, default=Way.SMS)
    address = models.CharField(_("address or number"), max_length=200, blank=True)  # empty: the telephone that is known
    changed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel="sms") | ~Q(address=""), name="way_has_an_address", violation_error_message=_("Say where."))
        ]


class ContactPreference(models.Model):
    """A borrower does not want reminders on a channel (or on any) from a day to before another. Notices of law are not held back."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+")
    channel = models.CharField(_("channel"), max_length=10, choices=Way.choices, blank=True)  # empty: every channel
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"), null=True, blank=True)
    told_by = models.CharField(_("told by"), max_length=120)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-from_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")), name="preference_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(told_by=""), name="preference_was_told_by_somebody"),
            models.UniqueConstraint(fields=["borrower", "channel"], condition=Q(to_on__isnull=True), name="one_open_preference"),
        ]
