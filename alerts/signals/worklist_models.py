"""What people keep about the list of alerts: views of their own, and what a branch head leaves undone for a week."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from borrowers.loans.models import MONEY
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, BranchReach, Person

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["LineAccepted", "SavedView"]


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def kept(self) -> "SavedViewQuerySet":
        return self.filter(dropped_at__isnull=True)

    def owned_by(self, access: "Access") -> "SavedViewQuerySet":
        """The person's own views, dropped ones as well: they can be taken back."""
        return self.filter(person=access.person) if access.person else self.none()

    def visible_to(self, access: "Access") -> "SavedViewQuerySet":
        """Own views, and those that a colleague shares with a branch which this person works in or above which the person works."""
        if access.person is None:
            return self.none()
        held = access.branches_held()
        above = BranchReach.objects.filter(descendant_id__in=held, from_on__lte=access.on).filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
        shared = Q(shared_with__in=above.values("ancestor_id"), dropped_at__isnull=True)
        return self.filter(Q(person=access.person) | shared)


class SavedView(models.Model):
    """Filters and order of the list of alerts under a name, kept by one person. Shared, it is shown to the colleagues of a branch as well."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    name = models.CharField(_("name of the view"), max_length=60)
    query = models.CharField(max_length=1000)  # what stands behind the question mark
    is_default = models.BooleanField(_("opens first"), default=False)
    shared_with = models.ForeignKey(Branch, models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField(db_default=Now())
    dropped_at = models.DateTimeField(null=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], condition=Q(dropped_at__isnull=True), name="one_view_per_person_and_name"),
            models.UniqueConstraint(fields=["person"], condition=Q(is_default=True, dropped_at__isnull=True), name="one_view_opens_first"),
            models.CheckConstraint(condition=~Q(name=""), name="a_view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class LineAccepted(models.Model):
    """What a branch does not get to in a week, as its head accepted it: how much fell below the workload line, and why. Append-only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    week = models.DateField(_("week from"))  # its Monday
    nth = models.SmallIntegerField()  # accepted anew when more fell below the line
    hours = models.DecimalField(_("hours of the week"), max_digits=8, decimal_places=2)
    alerts = models.IntegerField(_("alerts below the line"))
    exposure = models.DecimalField(_("exposure below the line"), **MONEY)
    expected_loss = models.DecimalField(_("expected loss below the line"), **MONEY)
    currency = models.CharField(max_length=3)
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-week", "-nth"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "week", "nth"], name="one_acceptance_per_branch_week_and_turn"),
            models.CheckConstraint(condition=Q(alerts__gt=0, nth__gt=0, hours__gte=0) & ~Q(reason=""), name="something_is_accepted_for_a_reason"),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="a_week_begins_on_monday"),
            models.CheckConstraint(condition=Q(exposure__gte=F("expected_loss")), name="no_more_is_lost_than_lent"),
        ]

    def __str__(self) -> str:
        return f"{self.branch} {self.week}"
