"""Findings: what an inspection, a check or an audit found amiss, who puts it right until when, and who saw that it was. Nothing is ever deleted."""

from typing import TYPE_CHECKING

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.findings.models import VisitFinding
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from inspections.findings.rules import HOLD_KINDS, TO_DO, UNSETTLED
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = [
    "Certificate", "Finding", "FindingDismissal", "FindingExtension", "FindingFile", "FindingNote", "FindingReminder", "Hold", "HoldAnswer",
    "HoldKind", "HoldNote", "SigningKey",
]  # fmt: skip


class FindingQuerySet(models.QuerySet["Finding"]):
    def unsettled(self) -> "FindingQuerySet":
        return self.filter(state__in=UNSETTLED)

    def visible_to(self, access: "Access") -> "FindingQuerySet":
        """Findings on loans this person may see, on borrowers of such loans, and those the person owns."""
        loans = Loan.objects.visible_to(access).order_by()
        reach = Q(loan_id__in=loans.values("pk")) | Q(loan__isnull=True, borrower_id__in=loans.values("borrower_id"))
        if access.person:
            reach |= Q(owner=access.person)
        return self.filter(reach) if not access.portal else self.none()


@pghistory.track(
    pghistory.InsertEvent(level=pghistory.Statement),
    pghistory.UpdateEvent(level=pghistory.Statement),
    fields=["state", "owner", "due_on", "submitted_by", "verified_by"],
    model_name="FindingEvent",
)
class Finding(models.Model):
    """One thing that was found amiss on a loan or at a borrower, and is to be put right.

    What was found never changes; state, owner and due date do, by the moves of `rules.MOVES` and under the eyes of the database:
    it places the holds in `blocks` with the row itself and lifts them with the verification.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("finding", "Open")
        REMEDIED = "remedied", pgettext_lazy("finding", "Remedy handed in")
        RETURNED = "returned", pgettext_lazy("finding", "Remedy not enough")
        VERIFIED = "verified", pgettext_lazy("finding", "Verified")

    class Source(models.TextChoices):
        VISIT = "visit", pgettext_lazy("source of a finding", "Inspection")
        VERIFICATION = "verification", pgettext_lazy("source of a finding", "Verification")
        AUDIT = "audit", pgettext_lazy("source of a finding", "Audit")
        ALERT = "alert", pgettext_lazy("source of a finding", "Alert")
        HAND = "hand", pgettext_lazy("source of a finding", "Entered by hand")

    class Severity(models.IntegerChoices):
        MINOR = 1, pgettext_lazy("severity", "Minor")
        SERIOUS = 2, pgettext_lazy("severity", "Serious")
        CRITICAL = 3, pgettext_lazy("severity", "Critical")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    bucket = models.SmallIntegerField()
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+")
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+", null=True)
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    source = models.CharField(pgettext_lazy("finding", "source"), max_length=12, choices=Source.choices)
    reference = models.CharField(max_length=60, blank=True, default="", db_default="")  # what it comes from: visit:731
    points = models.JSONField(default=list, db_default=[])  # codes of the checkpoints that failed
    text = models.TextField(_("what was found"))
    severity = models.SmallIntegerField(_("severity"), choices=Severity.choices)
    measure = models.TextField(_("what is to be done"))
    blocks = ArrayField(models.CharField(max_length=16), verbose_name=_("holds"), default=list, db_default=[], blank=True)
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_on = models.DateField(_("raised on"))
    repeats = models.ForeignKey("self", models.PROTECT, related_name="+", null=True)  # the verified one that came back
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=pgettext_lazy("finding", "owner"))
    due_on = models.DateField(_("due on"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    submitted_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    submitted_on = models.DateField(null=True)
    verified_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    verified_on = models.DateField(_("verified on"), null=True)
    made_at = models.DateTimeField(db_default=Now())

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(severity__range=(1, 3)), name="finding_has_a_severity"),
            models.CheckConstraint(condition=~Q(text="") & ~Q(measure=""), name="finding_says_what_and_what_to_do"),
            models.CheckConstraint(condition=Q(blocks__contained_by=list(HOLD_KINDS)), name="finding_blocks_known_kinds"),
            models.CheckConstraint(condition=Q(due_on__gte=F("raised_on")), name="finding_due_after_it_was_raised"),
            models.CheckConstraint(
                condition=Q(state="open", submitted_by__isnull=True, submitted_on__isnull=True)
                | (~Q(state="open") & Q(submitted_by__isnull=False, submitted_on__isnull=False)),
                name="remedy_was_handed_in_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(state="verified") & Q(verified_by__isnull=False, verified_on__isnull=False))
                | (~Q(state="verified") & Q(verified_by__isnull=True, verified_on__isnull=True)),
                name="verified_finding_names_its_verifier",
            ),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | (~Q(verified_by=F("owner")) & ~Q(verified_by=F("submitted_by"))),
                name="finding_is_verified_by_another_person",
                violation_error_message=_("Neither the owner of a finding nor whoever handed in its remedy can verify it."),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "due_on"], condition=Q(state__in=TO_DO), name="finding_of_person"),
            models.Index(fields=["branch", "due_on"], condition=Q(state__in=UNSETTLED), name="finding_of_branch"),
            models.Index(fields=["lender", "due_on"], condition=Q(state__in=TO_DO), name="finding_falling_due"),
            models.Index(fields=["borrower", "-id"], name="finding_of_borrower"),
            models.Index(fields=["loan", "-id"], condition=Q(loan__isnull=False), name="finding_of_loan"),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="finding_by_reference"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call it: FI-26-000318."""
        return f"FI-{self.raised_on:%y}-{self.pk:06d}"


class FindingNote(models.Model):
    """One thing that somebody did or said on a finding: its timeline. Append-only."""

    class Kind(models.TextChoices):
        RAISED = "raised", pgettext_lazy("finding", "Raised")
        REMEDY = "remedy", pgettext_lazy("finding", "Remedy handed in")
        RETURNED = "returned", pgettext_lazy("finding", "Remedy returned")
        VERIFIED = "verified", pgettext_lazy("finding", "Verified")
        OWNER = "owner", pgettext_lazy("finding", "Given to another owner")
        ASKED = "asked", pgettext_lazy("finding", "More time asked for")
        AGREED = "agreed", pgettext_lazy("finding", "More time agreed")
        REFUSED = "refused", pgettext_lazy("finding", "More time refused")

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField(blank=True)
    no_files = models.TextField(blank=True, default="", db_default="")  # why a remedy comes without a photo or document
    on = models.DateField(pgettext_lazy("day of a note", "on"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=["raised", "verified", "agreed"]) | ~Q(text=""), name="finding_note_says_something")]


class FindingFile(models.Model):
    """A photo or document handed in with a remedy. Lies in the archive of documents; who sees the finding sees it. Append-only."""

    note = models.ForeignKey(FindingNote, models.PROTECT, related_name="files")
    filename = models.CharField(_("file"), max_length=200)  # for people to read; never a path
    sha256 = models.CharField(max_length=64)  # of the bytes as they came
    stored_sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(pgettext_lazy("file", "size"))
    content_type = models.CharField(max_length=80)
    stored_as = models.CharField(max_length=200, unique=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["note", "sha256"], name="same_file_once_per_remedy")]


class FindingExtension(models.Model):
    """More time for a finding: asked for by one person with the reason, agreed or refused by another."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="extensions")
    before_on = models.DateField()  # the due date as it stood
    until_on = models.DateField(_("until"))
    reason = models.TextField(_("reason"))
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_on = models.DateField()
    answered_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    answered_on = models.DateField(null=True)
    agreed = models.BooleanField(null=True)
    answer = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["finding"], condition=Q(answered_by__isnull=True), name="one_open_extension_per_finding"),
            models.CheckConstraint(condition=Q(until_on__gt=F("before_on")), name="extension_gives_more_time"),
            models.CheckConstraint(condition=~Q(reason=""), name="extension_has_a_reason"),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True, answered_on__isnull=True, agreed__isnull=True)
                | Q(answered_by__isnull=False, answered_on__isnull=False, agreed__isnull=False),
                name="extension_answered_as_a_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
                name="extension_agreed_by_another_person",
                violation_error_message=_("Whoever asks for more time can't agree to it."),
            ),
        ]


class FindingDismissal(models.Model):
    """What an inspection found that a risk officer decided not to make a finding of, and why. Append-only."""

    visit_finding = models.OneToOneField(VisitFinding, models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    on = models.DateField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="dismissal_has_a_reason")]


class FindingReminder(models.Model):
    """Who was told of a finding at which close, by the due date it had. Written by the day's step only. Append-only."""

    class Stage(models.IntegerChoices):
        BEFORE = 1, _("Owner reminded before the due date")
        DUE = 2, _("Owner reminded on the due date")
        OWNER = 3, _("Owner told that it is late")
        HEAD = 4, _("Branch head told")
        ADMIN = 5, _("Credit administration told")

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="reminders")
    due_on = models.DateField()
    stage = models.SmallIntegerField(_("stage"), choices=Stage.choices)
    on = models.DateField(pgettext_lazy("day of a reminder", "on"))

    class Meta:
        ordering = ["finding", "id"]
        constraints = [models.UniqueConstraint(fields=["finding", "due_on", "stage"], name="one_reminder_per_stage_and_due_date")]
        indexes = [models.Index(fields=["on"], name="finding_reminder_by_day")]


from inspections.findings.hold_models import (  # noqa: E402  # isort: skip
    Certificate,
    Hold,
    HoldAnswer,
    HoldKind,
    HoldNote,
    SigningKey,
)
