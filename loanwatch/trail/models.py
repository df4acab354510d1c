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
    """One run of one business date of one lender, as the run ledger sees it.

    The first run closes the day. A later one is a re-run that a person asked for: it is compared with what stands, waits for
    another person, and is dropped, or takes the place of the run before it, which is then `replaced`.
    """

    class State(models.TextChoices):
        DUE = "due", _("Due")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")
        CLOSED_WITH_EXCEPTIONS = "closed_with_exceptions", _("Closed with exceptions")
        COMPARING = "comparing", _("Being run again")
        COMPARED = "compared", _("Run again, waiting for a decision")
        REPLACING = "replacing", _("Being replaced")
        REPLACED = "replaced", _("Replaced by a later run")
        DROPPED = "dropped", _("Re-run dropped")

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
    checksum = models.CharField(max_length=16, blank=True, db_default="")  # over what the run observed, whatever it was cut into
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # of a re-run, as all that follows
    asked_at = models.DateTimeField(null=True)
    asked_reason = models.TextField(blank=True, db_default="")
    known_on = models.DateField(null=True)  # facts known by this date count
    only_changed = models.BooleanField(db_default=True)  # only loans of which something became known since
    loans = models.IntegerField(null=True)  # how many were computed anew
    differences = models.JSONField(default=dict, db_default={})  # {grain: {field: how many}}; the rows themselves lie downstream
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    decided_reason = models.TextField(blank=True, db_default="")

    class Meta:
        ordering = ["-business_date", "-run_version"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "business_date", "run_version"], name="one_run_per_business_day"),
            models.UniqueConstraint(
                fields=["lender", "business_date"], condition=Q(state__in=["closed", "closed_with_exceptions"]), name="one_close_per_business_day"
            ),
            models.UniqueConstraint(
                fields=["lender", "business_date"], condition=Q(state__in=["comparing", "compared", "replacing"]), name="one_rerun_at_a_time"
            ),
            models.CheckConstraint(condition=Q(run_version=1) | (Q(asked_by__isnull=False) & ~Q(asked_reason="")), name="rerun_is_asked_by_a_person"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(state="dropped") | ~Q(decided_by=F("asked_by")), name="rerun_replaces_by_another_person"
            ),
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
        FAILED = "failed", _("Set aside")
        ACCEPTED = "accepted", _("Set aside and accepted")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    business_date = models.DateField()
    run_version = models.SmallIntegerField()
    step = models.CharField(max_length=20)
    step_order = models.SmallIntegerField()  # below 0: an errand that a person asked for, done before the steps
    cut = models.BooleanField(db_default=False)  # one of several slices of its step, so that single loans can be left out of it
    subject_id = models.BigIntegerField(null=True)  # what an errand is about
    bucket = models.SmallIntegerField()  # the slice's number
    bucket_from = models.SmallIntegerField()
    bucket_to = models.SmallIntegerField()  # included
    state = models.CharField(max_length=8, choices=State.choices, default=State.TODO)
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)  # claims so far; also the fencing token
    failures = models.SmallIntegerField(default=0)  # claims that ended in an error
    lost = models.SmallIntegerField(db_default=0)  # claims that ended without a word: the worker died
    claimed_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)  # a unit that loses its workers waits between two tries
    search = models.JSONField(null=True)  # how far the search for the loan to blame has come
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
    """Something that could not be processed on a business date, set aside so that the rest could go on.

    With a loan: that loan is left out of this and every later step and day until it is tried again with success; its last
    close is the one before `business_date`. Without one: a whole unit.
    """

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    business_date = models.DateField()
    run_version = models.SmallIntegerField()
    step = models.CharField(max_length=20)
    bucket = models.SmallIntegerField()
    loan_id = models.BigIntegerField(null=True)  # the table of loans lies downstream
    subject = models.CharField(max_length=60, blank=True)  # the loan's number
    error = models.TextField()
    trace_id = models.CharField(max_length=16, blank=True, db_default="")  # as in the log
    at = models.DateTimeField(db_default=Now())
    tries = models.SmallIntegerField(db_default=0)  # how often a person had it tried again
    tried_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    accepted_reason = models.TextField(blank=True, db_default="")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["loan_id"], condition=Q(resolved_at__isnull=True, loan_id__isnull=False), name="a_loan_is_set_aside_once"),
            models.CheckConstraint(condition=Q(accepted_by__isnull=True) | ~Q(accepted_reason=""), name="exception_is_accepted_with_a_reason"),
        ]
        indexes = [models.Index(fields=["lender", "business_date"], condition=Q(resolved_at__isnull=True), name="exception_open")]


class Beat(models.Model):
    """When a process that must never be silent was last heard of."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()


from loanwatch.trail.outbox.models import *  # noqa: E402, F403  # isort: skip
