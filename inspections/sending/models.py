"""Inspections on their way from a phone: what was announced, which pieces are here, and what a phone was given to carry."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inspections.planning.models import Task
from inspections.visits.models import Photo, Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Carried", "Sending", "SentFile"]

SHA256 = r"^[0-9a-f]{64}$"


class Carried(models.Model):
    """That the data of a task were given to a person's phone. Written once: it says what lies on a phone that is lost."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, related_name="+")
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "task"], name="carried_once_per_person_and_task")]


class SendingQuerySet(models.QuerySet["Sending"]):
    def of(self, access: "Access") -> "SendingQuerySet":
        """What this person's own phones have sent."""
        return self.filter(person=access.person) if access.person else self.none()

    def visible_to(self, access: "Access") -> "SendingQuerySet":
        """Sendings a branch head or system administrator may know of. What they say is shown to nobody."""
        return self if access.everywhere else self.filter(branch_id__in=access.subtree(Role.BRANCH_HEAD, Role.SYSADMIN))


class Sending(models.Model):
    """One inspection as one phone sends it, under a name the phone gave it when the form was begun. A received one is frozen."""

    class State(models.TextChoices):
        RECEIVING = "receiving", _("On its way")
        RECEIVED = "received", _("Received")
        REFUSED = "refused", _("Refused")

    client_id = models.UUIDField(unique=True)  # made on the phone
    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, related_name="+")
    template = models.IntegerField()  # as the phone names it: no key, for a form that is gone must be told, not fail
    revision = models.IntegerField()  # the phone's own count; a higher one replaces a lower one until all is received
    manifest = models.JSONField()
    sha256 = models.CharField(max_length=64)  # of the manifest in canonical form
    finished = models.BooleanField(default=False)  # the form is finished on the phone; before that it is a copy kept safe
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.RECEIVING)
    reason = models.CharField(_("reason"), max_length=30, blank=True, default="")  # code of the refusal
    faults = models.JSONField(default=dict)  # checkpoint code or field -> what it lacks
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="sending", null=True)
    device_started_at = models.DateTimeField(null=True)  # by the phone's clock
    device_time = models.DateTimeField(null=True)  # by the phone's clock, when this revision was made
    clock_off = models.IntegerField(null=True)  # seconds the phone's clock was behind the server's when it was first heard of
    begun_at = models.DateTimeField(db_default=Now())
    heard_at = models.DateTimeField(db_default=Now())  # last piece or word of the phone
    received_at = models.DateTimeField(null=True)

    objects = SendingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="received", visit__isnull=False, received_at__isnull=False, finished=True)
                | (~Q(state="received") & Q(visit__isnull=True, received_at__isnull=True)),
                name="received_sending_has_its_visit",
            ),
            models.CheckConstraint(condition=Q(state="refused") ^ Q(reason=""), name="refused_sending_says_why"),
            models.CheckConstraint(condition=Q(sha256__regex=SHA256), name="manifest_has_its_hash"),
            models.CheckConstraint(condition=Q(revision__gte=0), name="revision_counts_up"),
        ]
        indexes = [
            models.Index(fields=["person", "heard_at"], condition=~Q(state="received"), name="sending_open_of_person"),
            models.Index(fields=["branch", "heard_at"], condition=~Q(state="received"), name="sending_open_of_branch"),
            models.Index(fields=["task"], name="sending_of_task"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.client_id}"


class SentFile(models.Model):
    """One picture, signature or document of a sending, as far as it is here. `received` bytes are safe on the disk."""

    sending = models.ForeignKey(Sending, models.PROTECT, related_name="files")
    file_id = models.UUIDField()  # made on the phone
    code = models.CharField(max_length=80)  # the checkpoint
    what = models.CharField(max_length=9, choices=Photo.What.choices)
    type = models.CharField(max_length=20)
    size = models.IntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    received = models.IntegerField(default=0)  # bytes
    whole = models.BooleanField(default=False)  # all bytes are here and their hash is the announced one
    path = models.CharField(max_length=120, unique=True)  # below MEDIA_ROOT, a random name
    taken_at = models.DateTimeField(null=True)  # by the phone's clock
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    accuracy = models.IntegerField(null=True)  # metres

    class Meta:
        ordering = ["sending", "id"]
        constraints = [
            models.UniqueConstraint(fields=["sending", "file_id"], name="sent_file_once_per_sending"),
            models.CheckConstraint(condition=Q(received__gte=0, received__lte=F("size"), size__gt=0), name="sent_file_is_no_longer_than_said"),
            models.CheckConstraint(condition=Q(whole=False) | Q(received=F("size")), name="whole_file_has_all_bytes"),
            models.CheckConstraint(condition=Q(sha256__regex=SHA256), name="sent_file_has_its_hash"),
        ]

    def __str__(self) -> str:
        return str(self.file_id)
