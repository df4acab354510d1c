"""Tasks: the inspections that the plan calls for, from the day they open until they are confirmed."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alerts.signals.models import Alert
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from inspections.planning.rules import OPEN, TO_DO
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Kind", "Task"]

LOAN_READERS = (Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR, Role.ACCOUNT_MANAGER)


class Kind(models.TextChoices):
    """Why an inspection is made; also says which template is filled in."""

    FIRST = "first", _("First check after disbursement")
    ROUTINE = "routine", _("Routine inspection")
    SPECIAL = "special", _("Special inspection")
    MATURITY = "maturity", _("Inspection before maturity")
    VERIFY = "verify", _("Verification visit")
    OFF_SITE = "off_site", _("Off-site check by data")


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> "TaskQuerySet":
        return self.filter(state__in=OPEN)

    def to_do(self) -> "TaskQuerySet":
        """Tasks on which it is the manager's turn: not begun, begun or returned."""
        return self.filter(state__in=TO_DO)

    def visible_to(self, access: "Access") -> "TaskQuerySet":
        """Tasks on loans this person may see, and those assigned to the person. A field agent: the assigned ones only."""
        reach = Q(assigned_to=access.person) if access.person and access.has(Role.ACCOUNT_MANAGER, Role.FIELD_AGENT) else Q(pk__in=[])
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
    opened_on = models.DateField(_("opened on"))
    due_on = models.DateField(_("due on"))
    assigned_to = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    assigned_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # empty: the plan, which follows custody
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
