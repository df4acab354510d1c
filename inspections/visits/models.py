"""What was recorded with an inspection form: visits, answers, photos, and who has seen what."""

from typing import TYPE_CHECKING

import pghistory
from django.apps import apps
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from borrowers.loans.models import Loan
from inspections.checklists.models import Checkpoint, Template
from inspections.planning.models import LOAN_READERS, Kind, Task
from inspections.visits.words import WordsBeside
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Answer", "Checkpoint", "Photo", "Reading", "Signature", "Template", "Visit"]


class VisitQuerySet(models.QuerySet["Visit"]):
    def visible_to(self, access: "Access") -> "VisitQuerySet":
        """Visits this person may know of, on own loans or recorded by the person. What they say: see `readable_by`."""
        reach = Q(recorded_by=access.person) if access.person else Q(pk__in=[])
        if access.has(*LOAN_READERS):
            reach |= Q(loan_id__in=Loan.objects.visible_to(access).values("pk"))
        return self.filter(reach)

    def readable_by(self, access: "Access") -> "VisitQuerySet":
        """Visits whose answers, photos and conclusion this person may read.

        A draft is read by its author alone. A risk officer reads what somebody else recorded only after the own view is
        recorded (blind verification), or once the inspection is confirmed.
        """
        own = Q(recorded_by=access.person) if access.person else Q(pk__in=[])
        seen = self.visible_to(access).filter(own | ~Q(state=Visit.State.DRAFT))
        if access.has(Role.RISK_OFFICER):
            opened = Reading.objects.filter(person=access.person).values("visit_id")
            seen = seen.filter(own | Q(pk__in=opened) | Q(task__state=Task.State.DONE))
        # What a verifier saw on the own visit is the verifier's own view: nobody else reads it before the inspection is decided.
        undecided = apps.get_model("inspections", "Verification").objects.filter(own_visit=OuterRef("pk"), visit__state=Visit.State.SUBMITTED)
        return seen.filter(own | ~Q(task__kind=Kind.VERIFY) | (Q(task__state=Task.State.DONE) & ~Exists(undecided)))


@pghistory.track(
    pghistory.InsertEvent(level=pghistory.Statement),
    pghistory.UpdateEvent(level=pghistory.Statement),
    fields=["state", "verified_by", "content_hash", "recorded_by"],
    model_name="VisitEvent",
)
class Visit(WordsBeside, models.Model):
    """One record of an inspection by one person. A returned one stays as it was; the next attempt is a new row."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        RETURNED = "returned", _("Returned")
        VERIFIED = "verified", _("Verified")

    class Conclusion(models.TextChoices):
        NO_PROBLEM = "no_problem", _("No problem found")
        CONCERN = "concern", _("Concern, keep watching")
        PROBLEM = "problem", _("Problem, action needed")
        NOT_GIVEN = "not_given", _("Material only, no conclusion")  # an agency delivers material; a conclusion is the bank's

    task = models.ForeignKey(Task, models.PROTECT, related_name="visits")
    attempt = models.SmallIntegerField(default=1)
    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    bucket = models.SmallIntegerField()
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    template = models.ForeignKey(Template, models.PROTECT, related_name="+")
    conditions = models.ForeignKey(Template, models.PROTECT, related_name="+", null=True)  # of the approval, as they stood at the start
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    started_at = models.DateTimeField(db_default=Now())
    visited_on = models.DateField(_("visited on"), null=True)
    conclusion = models.CharField(_("conclusion"), max_length=10, choices=Conclusion.choices, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    accuracy = models.IntegerField(null=True)  # metres, as the phone says
    distance = models.IntegerField(null=True)  # metres to the borrower's address
    position_at = models.DateTimeField(null=True)
    position_reason = models.TextField(_("why the position is missing or far away"), blank=True)
    submitted_at = models.DateTimeField(null=True)
    submitted_on = models.DateField(null=True)  # in the lender's calendar
    score = models.SmallIntegerField(_("score"), null=True)  # percent of what could be reached; empty: no point has a score
    content_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of all that was submitted
    device_started_at = models.DateTimeField(null=True)  # by the phone's own clock, when the form was begun on it
    device_finished_at = models.DateTimeField(null=True)  # by the phone's own clock, when the form was finished on it
    clock_off = models.IntegerField(null=True)  # seconds the phone's clock was behind the server's when it was first heard of
    verified_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    verified_at = models.DateTimeField(null=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "attempt"], name="one_visit_per_attempt"),
            models.UniqueConstraint(
                fields=["task"], condition=Q(state__in=["draft", "submitted", "verified"]), name="one_live_visit_per_task"
            ),
            models.CheckConstraint(
                condition=~Q(state="verified")
                | (Q(verified_by__isnull=False, verified_at__isnull=False) & ~Q(verified_by=F("recorded_by"))),
                name="verifier_is_not_recorder",
                violation_error_message=_("The person who recorded an inspection can't verify it."),
            ),
            models.CheckConstraint(
                condition=Q(state="verified") | Q(verified_by__isnull=True, verified_at__isnull=True),
                name="only_verified_visits_name_a_verifier",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", submitted_at__isnull=True, content_hash="")
                | (
                    ~Q(state="draft")
                    & Q(
                        submitted_at__isnull=False,
                        submitted_on__isnull=False,
                        visited_on__isnull=False,
                        content_hash__regex=r"^[0-9a-f]{64}$",
                    )
                    & ~Q(conclusion="")
                ),
                name="submitted_visit_is_complete_and_sealed",
            ),
        ]
        indexes = [
            models.Index(fields=["branch", "submitted_at"], condition=Q(state="submitted"), name="visit_waiting"),
            models.Index(fields=["recorded_by", "-id"], name="visit_of_person"),
            models.Index(fields=["loan", "-id"], name="visit_of_loan"),
        ]

    def __str__(self) -> str:
        return f"{self.task} / {self.attempt}"


class Answer(models.Model):
    """What the recorder answered to one checkpoint. Frozen when the visit is submitted."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="answers")
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="+")
    value = models.JSONField(null=True)  # text; figures as decimal text; None: not answered yet
    note = models.TextField(blank=True)
    saved_at = models.DateTimeField(auto_now=True)
    said_at = models.DateTimeField(null=True)  # by the phone's clock, where it was answered without a network

    class Meta:
        ordering = ["visit", "checkpoint"]
        constraints = [models.UniqueConstraint(fields=["visit", "checkpoint"], name="one_answer_per_checkpoint")]


class Photo(models.Model):
    """A photo, signature or document of a visit, under a random name.

    `file` is what is shown: re-encoded, with what the camera said about time and place kept apart. `original` is what came, byte
    for byte; it proves, and is never shown in a page. A PDF document is kept as it came, with neither width nor height.
    """

    class What(models.TextChoices):
        PHOTO = "photo", _("Photo")
        SIGNATURE = "signature", _("Signature")
        DOCUMENT = "document", _("Document")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="photos")
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="+")
    what = models.CharField(_("what"), max_length=9, choices=What.choices, default=What.PHOTO, db_default=What.PHOTO)
    file = models.CharField(max_length=120)  # below MEDIA_ROOT
    original = models.CharField(max_length=120, blank=True, default="", db_default="")  # below MEDIA_ROOT
    sent_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")  # of the original
    sent_type = models.CharField(max_length=20, blank=True, default="", db_default="")  # image/jpeg, image/png, image/webp, application/pdf
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField()  # bytes
    width = models.IntegerField()
    height = models.IntegerField()
    taken_at = models.DateTimeField(null=True)  # by the camera's clock
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    accuracy = models.IntegerField(null=True)  # metres, of the place the phone gave for the picture
    uploaded_at = models.DateTimeField(db_default=Now())
    likeness = models.BigIntegerField()  # 64-bit difference hash, as a signed number
    carried_from = models.ForeignKey("self", models.PROTECT, related_name="+", null=True)  # the same photo in the attempt before
    reused_from = models.ForeignKey(
        "self", models.PROTECT, related_name="+", null=True
    )  # a photo of another inspection that looks the same

    class Meta:
        ordering = ["visit", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(original="", sent_sha256="") | (~Q(original="") & Q(sent_sha256__regex=r"^[0-9a-f]{64}$")),
                name="original_is_kept_with_its_hash",
            ),
        ]
        indexes = [models.Index(fields=["lender"], name="photo_of_lender")]


class Signature(models.Model):
    """The recorder's own signature under a visit: the name as typed, and what was drawn, where it was. Frozen with the visit."""

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="signature")
    name = models.CharField(_("name"), max_length=80, blank=True)
    file = models.CharField(max_length=120, blank=True)  # below MEDIA_ROOT, on white; empty: only typed
    original = models.CharField(max_length=120, blank=True)  # as it came
    sent_sha256 = models.CharField(max_length=64, blank=True)
    signed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name="") | ~Q(file=""), name="signature_is_typed_or_drawn")]

    def __str__(self) -> str:
        return self.name


class Reading(models.Model):
    """From when on a risk officer may read what somebody else recorded: the own view had been recorded. Append-only."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="readings")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "person"], name="one_reading_per_visit_and_person")]
