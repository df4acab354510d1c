"""Tasks: the inspections that the plan calls for, from the day they open until they are confirmed."""

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alerts.signals.models import Alert
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from inspections.planning.load_models import Absence, Capacity
from inspections.planning.plan_models import Kind, Occasion, PlanReading, PlanRow, PlanText, PlanVersion
from inspections.planning.rules import OPEN, TO_DO
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Absence", "Capacity", "Kind", "Occasion", "PlanReading", "PlanRow", "PlanText", "PlanVersion", "Postponement", "Task"]

LOAN_READERS = (Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR, Role.ACCOUNT_MANAGER)


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> "TaskQuerySet":
        return self.filter(state__in=OPEN)

    def to_do(self) -> "TaskQuerySet":
        """Tasks on which it is the manager's turn: not begun, begun or returned."""
        return self.filter(state__in=TO_DO)

    def visible_to(self, access: "Access") -> "TaskQuerySet":
        """Tasks on loans this person may see, and those assigned to the person. A field agent: the assigned ones only."""
        reach = Q(assigned_to=access.person) if access.person and access.has(Role.ACCOUNT_MANAGER, Role.FIELD_AGENT) else Q(pk__in=[])
        if access.person and access.has(Role.FIELD_AGENT) and not access.has(Role.ACCOUNT_MANAGER):
            places = apps.get_model("inspections", "Agent").objects.filter(person=access.person)
            there = places.filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
            reach &= Q(Exists(there)) | ~Q(Exists(places))  # whoever has left the agency has its visits no longer
        if access.has(*LOAN_READERS):
            reach |= Q(loan_id__in=Loan.objects.visible_to(access).values("pk"))
        return self.filter(reach)


class Task(models.Model):
    """One inspection of one loan that must be done by a date. At most one of a kind is open for a loan."""

    class State(models.TextChoices):
        DUE = "due", _("To do")
        STARTED = "started", _("Begun")
        SUBMITTED = "submitted", _("Waiting for verification")
        RETURNED = "returned", _("Returned")
        DONE = "done", _("Confirmed")
        CANCELLED = "cancelled", _("Cancelled")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    bucket = models.SmallIntegerField()
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+")
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="+", null=True)  # why a special inspection is made
    plan_row = models.ForeignKey(PlanRow, models.PROTECT, related_name="+", null=True)  # the line of the plan that called for it
    called_on = models.DateField(null=True)  # the day it is counted from: disbursement, maturity, or the event
    opened_on = models.DateField(_("opened on"))
    due_on = models.DateField(_("due on"))
    assigned_to = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    assigned_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # empty: the plan, which follows custody
    standing_in = models.ForeignKey(Absence, models.PROTECT, related_name="tasks", null=True)  # assigned in place of somebody who is away
    planned_on = models.DateField(_("planned for"), null=True)
    planned_at = models.TimeField(_("at"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DUE)
    submitted_on = models.DateField(_("first submitted on"), null=True)  # stays when the visit is returned: it measures the manager
    closed_on = models.DateField(_("closed on"), null=True)
    made_at = models.DateTimeField(db_default=Now())

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "kind"], condition=Q(state__in=OPEN), name="one_open_task_per_loan_and_kind"),
            models.CheckConstraint(condition=Q(alert__isnull=True) | Q(kind="special"), name="only_special_tasks_name_an_alert"),
            models.CheckConstraint(condition=Q(planned_at__isnull=True) | Q(planned_on__isnull=False), name="planned_time_has_its_day"),
            models.CheckConstraint(
                condition=Q(state__in=["done", "cancelled"], closed_on__isnull=False) | Q(state__in=OPEN, closed_on__isnull=True),
                name="closed_task_has_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "returned", "done"]) | Q(submitted_on__isnull=False), name="task_submitted_on_a_day"
            ),
        ]
        indexes = [
            models.Index(fields=["assigned_to", "due_on"], condition=Q(state__in=OPEN), name="task_of_person"),
            models.Index(fields=["branch", "due_on"], condition=Q(state__in=OPEN), name="task_of_branch"),
            models.Index(fields=["lender", "bucket"], condition=Q(state__in=OPEN), name="task_by_bucket"),
            models.Index(fields=["loan", "kind"], name="task_of_loan"),
            models.Index(fields=["branch", "submitted_on"], condition=Q(submitted_on__isnull=False), name="task_done_in_branch"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call it: IN-26-000318."""
        return f"IN-{self.opened_on:%y}-{self.pk:06d}"


class PostponementQuerySet(models.QuerySet["Postponement"]):
    def visible_to(self, access: "Access") -> "PostponementQuerySet":
        """Those of the tasks this person may see."""
        return self.filter(task__in=Task.objects.visible_to(access))


class Postponement(models.Model):
    """The person who is to make an inspection asks for a later day; a branch head or risk officer agrees, or does not."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for a decision")
        AGREED = "agreed", _("Agreed")
        REFUSED = "refused", _("Refused")

    class Cause(models.TextChoices):
        BORROWER = "borrower", _("The borrower asked for it")
        LENDER = "lender", _("The lender could not come")
        WEATHER = "weather", _("Weather or roads")
        OTHER = "other", _("Other")

    task = models.ForeignKey(Task, models.PROTECT, related_name="postponements")
    cause = models.CharField(_("cause"), max_length=8, choices=Cause.choices)
    reason = models.CharField(_("reason"), max_length=300)
    from_day = models.DateField(_("due until now"))
    to_day = models.DateField(_("due from then on"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_on = models.DateField(_("asked on"))
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    decided_on = models.DateField(_("decided on"), null=True)
    answer = models.CharField(_("answer"), max_length=300, blank=True)

    objects = PostponementQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task"], condition=Q(state="asked"), name="one_postponement_waits_per_task"),
            models.CheckConstraint(condition=Q(to_day__gt=F("from_day")), name="postponed_to_a_later_day"),
            models.CheckConstraint(condition=~Q(reason=""), name="postponed_with_a_reason"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by__isnull=True, decided_on__isnull=True)
                | (~Q(state="asked") & Q(decided_by__isnull=False, decided_on__isnull=False)),
                name="postponement_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="postponement_agreed_by_another_person",
                violation_error_message=_("The person who asks to postpone an inspection can't agree to it."),
            ),
        ]
        indexes = [models.Index(fields=["task"], name="postponement_of_task")]

    def __str__(self) -> str:
        return f"{self.task} → {self.to_day}"
