"""Holds on borrowers, what lending systems were told of them, and the keys with which the answers are signed. Nothing is ever deleted."""

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.parties.models import Borrower
from inspections.findings.models import Finding
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Account, Person

if TYPE_CHECKING:
    from loanwatch.people.access import Access


class HoldKind(models.TextChoices):
    """What a hold stops."""

    NEW_DISBURSEMENT = "new_disbursement", _("New disbursement")
    LIMIT_INCREASE = "limit_increase", _("Higher limit")
    EXTENSION = "extension", pgettext_lazy("what a hold stops", "Extension")
    NEW_CREDIT = "new_credit", _("New credit")


class HoldQuerySet(models.QuerySet["Hold"]):
    def standing(self, on: date) -> "HoldQuerySet":
        """Holds that stop something on `on`: not lifted, and not placed by hand for a time that is over."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), state=Hold.State.STANDING)

    def visible_to(self, access: "Access") -> "HoldQuerySet":
        """Holds on borrowers this person may see."""
        return self.filter(borrower__in=Borrower.objects.visible_to(access)) if not access.portal else self.none()


class Hold(models.Model):
    """One kind of business that a borrower does not get now. The database places and lifts what a blocking finding brings.

    Placed by hand it ends on a day; one of a finding ends with its verification, or earlier when two people agree.
    """

    class State(models.TextChoices):
        STANDING = "standing", pgettext_lazy("hold", "Standing")
        LIFTED = "lifted", pgettext_lazy("hold", "Lifted")

    class Cause(models.TextChoices):
        VERIFIED = "verified", _("The finding was put right and verified")
        AGREED = "agreed", _("Two people lifted it by hand")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    bucket = models.SmallIntegerField()
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+")
    kind = models.CharField(pgettext_lazy("hold", "stops"), max_length=16, choices=HoldKind.choices)
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="holds", null=True)  # empty: placed by hand
    placed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    placed_on = models.DateField(_("placed on"))
    placed_at = models.DateTimeField(db_default=Now())
    reason = models.TextField(_("reason"), blank=True, default="", db_default="")  # of one placed by hand
    ends_on = models.DateField(_("last day"), null=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.STANDING)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    asked_on = models.DateField(null=True)
    asked_reason = models.TextField(_("why it is to be lifted"), blank=True, default="", db_default="")
    cause = models.CharField(_("cause"), max_length=8, choices=Cause.choices, blank=True, default="", db_default="")
    lifted_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    lifted_on = models.DateField(_("lifted on"), null=True)
    lifted_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "kind"], condition=Q(finding__isnull=False), name="one_hold_per_finding_and_kind"),
            models.CheckConstraint(condition=Q(kind__in=HoldKind.values), name="hold_stops_something_known"),
            models.CheckConstraint(
                condition=Q(finding__isnull=False, ends_on__isnull=True) | (Q(finding__isnull=True, ends_on__gte=F("placed_on")) & ~Q(reason="")),
                name="hold_by_hand_has_a_reason_and_an_end",
            ),
            models.CheckConstraint(
                condition=Q(asked_by__isnull=True, asked_on__isnull=True, asked_reason="")
                | (Q(asked_by__isnull=False, asked_on__isnull=False) & ~Q(asked_reason="")),
                name="lifting_is_asked_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="standing", cause="", lifted_by__isnull=True, lifted_on__isnull=True, lifted_at__isnull=True)
                | Q(state="lifted", cause="verified", finding__isnull=False, lifted_by__isnull=False, lifted_on__isnull=False, lifted_at__isnull=False)
                | Q(state="lifted", cause="agreed", asked_by__isnull=False, lifted_by__isnull=False, lifted_on__isnull=False, lifted_at__isnull=False),
                name="hold_is_lifted_by_a_verification_or_by_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(cause="agreed") | ~Q(lifted_by=F("asked_by")),
                name="hold_is_lifted_by_another_person",
                violation_error_message=_("Whoever asks for a hold to be lifted can't agree to it."),
            ),
        ]
        indexes = [
            models.Index(fields=["borrower", "kind"], condition=Q(state="standing"), name="hold_standing"),
            models.Index(fields=["borrower", "-id"], name="hold_of_borrower"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call it: HO-26-000318."""
        return f"HO-{self.placed_on:%y}-{self.pk:06d}"


class HoldNote(models.Model):
    """What people asked, refused and agreed about a hold: its history beside the row. Append-only."""

    class Kind(models.TextChoices):
        PLACED = "placed", pgettext_lazy("hold", "Placed")
        ASKED = "asked", pgettext_lazy("hold", "Lifting asked for")
        REFUSED = "refused", pgettext_lazy("hold", "Lifting refused")
        AGREED = "agreed", pgettext_lazy("hold", "Lifted")

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField(blank=True)
    on = models.DateField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]


class SigningKey(models.Model):
    """An Ed25519 key of a lender. The private half is sealed under the installation's secret; old public halves stay listed for ever."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    name = models.CharField(max_length=24, unique=True)  # what an answer calls it
    public = models.CharField(max_length=44)  # 32 bytes, base64
    sealed = models.BinaryField()  # nonce and AES-256-GCM of the private half
    from_at = models.DateTimeField(db_default=Now())
    to_at = models.DateTimeField(null=True)  # since when it signs no more

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["lender"], condition=Q(to_at__isnull=True), name="one_signing_key_in_use")]


class HoldAnswer(models.Model):
    """One question of a lending system or a person, and the answer word for word with its signature. Append-only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    asked_at = models.DateTimeField()
    as_of = models.DateField()
    blocked = ArrayField(models.CharField(max_length=16), default=list)
    nonce = models.CharField(max_length=32, unique=True)
    said = models.TextField()  # the canonical JSON that was signed
    signature = models.CharField(max_length=88)  # base64
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["borrower", "-id"], name="hold_answer_of_borrower")]


class Certificate(models.Model):
    """What was printed about the holds on a borrower for somebody without a line to this system. Append-only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+")
    number = models.CharField(_("number"), max_length=24)
    as_of = models.DateField()
    valid_until = models.DateField(_("valid until"))
    blocked = ArrayField(models.CharField(max_length=16), default=list)
    said = models.TextField()  # the canonical JSON that was signed: all that is printed
    signature = models.CharField(max_length=88)
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="+")
    code = models.CharField(_("code"), max_length=20, unique=True)
    issued_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="one_certificate_per_number"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("as_of")), name="certificate_is_valid_for_a_day_at_least"),
        ]
        indexes = [models.Index(fields=["borrower", "-id"], name="certificate_of_borrower")]
