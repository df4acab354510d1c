"""Who did what, and which units of which business day ran. The ledger knows step names, never steps."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loanwatch.lenders.models import Lender
from loanwatch.people.models import Account, Person


class AuditEvent(models.Model):
    """One thing that somebody did or saw, as it was. Append-only in the database."""

    at = models.DateTimeField(db_default=Now())
    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+", null=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", null=True)
    event = models.CharField(_("event"), max_length=60)
    subject_kind = models.CharField(_("subject"), max_length=40, blank=True)
    subject_id = models.CharField(max_length=40, blank=True)
    details = models.JSONField(_("details"), default=dict)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="event_by_subject")]


class BusinessDay(models.Model):
    """One business date of one lender, as the run ledger sees it."""

    class State(models.TextChoices):
        DUE = "due", _("Due")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")
        CLOSED_WITH_EXCEPTIONS = "closed_with_exceptions", _("Closed with exceptions")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="days")
    business_date = models.DateField()
    run_version = models.SmallIntegerField(default=1)
    state = models.CharField(max_length=24, choices=State.choices, default=State.DUE)
    previous_date = models.DateField(null=True)  # the close before this one: windows cover what lies between
    slices = models.SmallIntegerField(default=1)  # how many units of equal work each step is cut into
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-business_date"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "business_date", "run_version"], name="one_run_per_business_day"),
            models.CheckConstraint(
                condition=~Q(state="closed_with_exceptions") | (Q(accepted_by__isnull=False) & ~Q(reason="")),
                name="exceptions_are_accepted_by_a_person_with_a_reason",
            ),
        ]


class RunUnit(models.Model):
    """One unit of work: a step of a business day over one slice of the buckets. Claimed with a lease, done once."""

    class State(models.TextChoices):
        TODO = "todo", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    business_date = models.DateField()
    run_version = models.SmallIntegerField()
    step = models.CharField(max_length=20)
    step_order = models.SmallIntegerField()
    bucket = models.SmallIntegerField()  # the slice's number
    bucket_from = models.SmallIntegerField()
    bucket_to = models.SmallIntegerField()  # included
    state = models.CharField(max_length=8, choices=State.choices, default=State.TODO)
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)  # claims so far; also the fencing token
    failures = models.SmallIntegerField(default=0)  # claims that ended in an error
    rows_in = models.BigIntegerField(default=0)
    rows_out = models.BigIntegerField(default=0)
    seconds = models.FloatField(null=True)
    checksum = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "business_date", "run_version", "step", "bucket"], name="one_unit_per_step_and_bucket"),
            models.CheckConstraint(condition=Q(bucket_from__lte=F("bucket_to")), name="unit_covers_buckets"),
        ]
        indexes = [
            models.Index(fields=["lender", "business_date", "step_order"], condition=~Q(state="done"), name="unit_open"),
        ]


class RunException(models.Model):
    """Something that could not be processed on a business date, set aside so that the rest could go on."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    business_date = models.DateField()
    run_version = models.SmallIntegerField()
    step = models.CharField(max_length=20)
    bucket = models.SmallIntegerField()
    subject = models.CharField(max_length=60, blank=True)
    error = models.TextField()
    at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]


class Beat(models.Model):
    """When a process that must never be silent was last heard of."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()


from loanwatch.trail.outbox.models import *  # noqa: E402, F403  # isort: skip
