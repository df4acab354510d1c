"""Cases: what is open on one borrower in one place, and cohorts of such cases that have one cause."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alerts.signals.models import Alert, Level
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Case", "CaseAlert", "CaseEvent"]


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> "CaseQuerySet":
        return self.filter(state=Case.State.OPEN)

    def visible_to(self, access: "Access") -> "CaseQuerySet":
        """Cases of borrowers of whom this person may see a loan; cohorts with such a case, for superiors and audit, and own ones."""
        borrowers = Loan.objects.visible_to(access).order_by().values("borrower_id")
        seen = Q(borrower_id__in=borrowers)
        if access.has(Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR):
            members = Case.objects.filter(cohort__isnull=False, borrower_id__in=borrowers)
            seen |= Q(borrower__isnull=True, pk__in=members.values("cohort_id"))
            if access.person:
                seen |= Q(borrower__isnull=True, made_by=access.person)
        return self.filter(seen)


class Case(models.Model):
    """What is open on a borrower; or, without a borrower, a cohort: cases of several borrowers that have one cause.

    Alerts on staff conduct are never in a case.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("case", "Open")
        CLOSED = "closed", pgettext_lazy("case", "Closed")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    number = models.CharField(_("case number"), max_length=24, unique=True)
    borrower = models.ForeignKey(Borrower, models.PROTECT, related_name="+", null=True)
    cohort = models.ForeignKey("self", models.PROTECT, related_name="members", null=True)
    cause = models.CharField(_("cause"), max_length=200, blank=True)  # of a cohort
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    level = models.SmallIntegerField(_("level"), choices=Level.choices, null=True)  # of its worst open alert at the last close; a cohort has none
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.OPEN)
    opened_on = models.DateField(_("opened on"))
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # empty: the day
    closed_on = models.DateField(_("closed on"), null=True)
    closed_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # empty: closed because nothing came for long

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["borrower"], condition=Q(state="open", borrower__isnull=False), name="one_open_case_per_borrower"),
            models.CheckConstraint(
                condition=Q(borrower__isnull=False, cause="") | (Q(borrower__isnull=True, cohort__isnull=True, made_by__isnull=False) & ~Q(cause="")),
                name="case_of_a_borrower_or_a_cohort",
            ),
            models.CheckConstraint(condition=~Q(cohort=F("id")), name="cohort_is_not_in_itself"),
            models.CheckConstraint(
                condition=Q(state="open", closed_on__isnull=True, closed_by__isnull=True) | Q(state="closed", closed_on__isnull=False),
                name="case_closed_on_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["lender", "-level"], condition=Q(state="open"), name="case_worklist"),
            models.Index(fields=["cohort"], condition=Q(cohort__isnull=False), name="case_by_cohort"),
            models.Index(fields=["borrower"], name="case_by_borrower"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseAlert(models.Model):
    """An alert in a case, from a day on. An alert that is reopened after its case was closed goes into the next case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="gathered")
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="in_cases")
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["alert"], condition=Q(to_on__isnull=True), name="alert_in_one_case"),
            models.UniqueConstraint(fields=["case", "alert"], name="alert_once_in_a_case"),
        ]


class CaseEvent(models.Model):
    """What happened to a case. Append-only."""

    class Kind(models.TextChoices):
        OPENED = "opened", pgettext_lazy("case", "Opened")
        ESCALATED = "escalated", pgettext_lazy("case", "Level rose")
        EASED = "eased", pgettext_lazy("case", "Level fell")
        JOINED = "joined", _("Joined a cohort")
        SPLIT = "split", _("Left a cohort")
        NOTED = "noted", _("Note")
        CLOSED = "closed", pgettext_lazy("case", "Closed")

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    on = models.DateField(pgettext_lazy("day of an event", "on"))
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    old_level = models.SmallIntegerField(choices=Level.choices, null=True)
    new_level = models.SmallIntegerField(choices=Level.choices, null=True)
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="+", null=True)  # that made the level rise
    other = models.ForeignKey(Case, models.PROTECT, related_name="+", null=True)  # the cohort that was joined or left
    text = models.TextField(_("reason"), blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "on", "kind"], condition=Q(kind__in=["opened", "escalated", "eased"]), name="one_level_event_per_case_and_day")
        ]
        indexes = [models.Index(fields=["on", "kind"], name="case_event_by_day")]
