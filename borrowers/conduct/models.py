"""Talks with the borrower, and what staff did: dated facts that the acts record and the next day's observation reads."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.facts import RevisedLoanFact, one_per_key
from borrowers.loans.models import MONEY, Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["ConductFact", "ContactAttempt", "PaymentPromise"]


class PaymentPromise(RevisedLoanFact):
    """The borrower promised on `valid_from` to pay `amount` by `due_on`."""

    KEY = ("loan", "valid_from", "due_on")

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="promises")
    due_on = models.DateField(_("promised for"))
    amount = models.DecimalField(_("amount"), **MONEY)
    told_by = models.CharField(_("who promised"), max_length=120, blank=True)

    class Meta:
        ordering = ["loan", "-due_on"]
        constraints = [
            one_per_key("one_promise_per_day", "loan", "valid_from", "due_on"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="promise_is_positive"),
            models.CheckConstraint(condition=Q(due_on__gte=models.F("valid_from")), name="promise_is_for_a_later_day"),
        ]
        indexes = [models.Index(fields=["lender", "bucket", "known_from"], name="promise_by_bucket")]


class ContactAttempt(RevisedLoanFact):
    """Somebody of the lender tried to reach the borrower on `valid_from`."""

    KEY = ("borrower", "reference")

    class Channel(models.TextChoices):
        TELEPHONE = "telephone", _("Telephone")
        MESSAGE = "message", _("Message")
        MAIL = "mail", _("E-mail")
        LETTER = "letter", _("Letter")
        VISIT = "visit", _("Visit")

    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="contact_attempts")
    reference = models.CharField(_("number of the contact"), max_length=60)
    channel = models.CharField(_("channel"), max_length=9, choices=Channel.choices)
    reached = models.BooleanField(_("reached"))
    premises_closed = models.BooleanField(_("premises closed"), default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["borrower", "-valid_from"]
        constraints = [one_per_key("one_contact_per_reference", "borrower", "reference")]
        indexes = [models.Index(fields=["lender", "bucket", "known_from"], name="contact_by_bucket")]


class ConductFact(models.Model):
    """Something that one of the lender's own people did or left undone, as its slice recorded it. Append-only; not told by feeds.

    What `figure` and `detail` hold is said with each kind in `borrowers.conduct.rules`.
    """

    class Kind(models.TextChoices):
        VISIT_VERIFIED = "visit_verified", _("Report checked by another person")
        REVIEW_TIME = "review_time", _("Time taken to check a report")
        COPIED_PICTURE = "copied_picture", _("Picture seen before")
        COPIED_WORDS = "copied_words", _("Words of another report")
        IMPOSSIBLE_ROUTE = "impossible_route", _("Impossible route")
        ENTRY = "entry", _("Record entered by hand")
        ALERT_CLOSED = "alert_closed", _("Alert closed")
        VISIT_REPORTED = "visit_reported", _("Report of a visit handed in")
        VISIT_POSTPONED = "visit_postponed", _("Visit postponed by the borrower")
        VISIT_REFUSED = "visit_refused", _("Visit refused by the borrower")
        CLASS_WAIT = "class_wait", _("Proposed class decided")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="conduct")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    on = models.DateField(pgettext_lazy("day of an act", "on"))
    known_from = models.DateField(_("known from"))
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="conduct", null=True)
    subject = models.CharField(
        _("about"), max_length=80
    )  # what it was done to, such as visit:731: one act of a kind on a subject is noted once
    figure = models.DecimalField(_("figure"), max_digits=20, decimal_places=4, null=True)
    detail = models.JSONField(_("particulars"), default=dict)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "person", "kind", "subject"], name="one_act_per_subject"),
            models.CheckConstraint(condition=Q(known_from__gte=models.F("on")), name="act_is_not_known_before_it_happens"),
        ]
        indexes = [
            models.Index(fields=["lender", "known_from"], name="conduct_by_day"),
            models.Index(fields=["person", "kind", "on"], name="conduct_by_person"),
            models.Index(fields=["loan"], condition=Q(loan__isnull=False), name="conduct_by_loan"),
        ]
