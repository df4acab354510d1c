"""Who can make how many inspections, who is away and who stands in."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from loanwatch.lenders.models import Lender
from loanwatch.people.models import BranchReach, Person, Role, RoleHeld

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Absence", "Capacity"]


class Capacity(models.Model):
    """Inspections a week that a person can make, from a date on until the next row's date. Append-only."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    per_week = models.SmallIntegerField(_("inspections a week"))
    from_on = models.DateField(_("from"))
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["person", "-from_on", "-id"]
        constraints = [models.CheckConstraint(condition=Q(per_week__range=(0, 60)), name="capacity_makes_sense")]
        indexes = [models.Index(fields=["person", "from_on"], name="capacity_of_person")]


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def counting(self) -> "AbsenceQuerySet":
        return self.filter(cancelled_on__isnull=True)

    def kept_by(self, access: "Access") -> "AbsenceQuerySet":
        """Own absences, and for a branch head those of the people below."""
        kept = Q(person=access.person) if access.person else Q(pk__in=[])
        if access.has(Role.BRANCH_HEAD):
            kept |= Q(person_id__in=people_below(access).values("person_id"))
        return self.filter(kept)

    def visible_to(self, access: "Access") -> "AbsenceQuerySet":
        """Own absences, those in which the reader stands in, and those of people who work in the branches the reader looks after."""
        own = Q(person=access.person) | Q(substitute=access.person) if access.person else Q(pk__in=[])
        return self.filter(own | Q(person_id__in=people_below(access).values("person_id")))


def people_below(access: "Access") -> models.QuerySet[RoleHeld]:
    """Roles of inspecting and verifying people held today in the branches below the reader's."""
    held = RoleHeld.objects.filter(
        role__in=[Role.ACCOUNT_MANAGER, Role.FIELD_AGENT, Role.RISK_OFFICER], branch_id__in=access.subtree(), from_on__lte=access.on
    )
    return held.filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))


def reaches(person_id: int, roles: list[str], branch_ids: set[int], first: object, last: object) -> bool:
    """Whether one of `roles` of a person reaches each of the branches on every day from `first` to `last`, both included."""
    held = RoleHeld.objects.filter(person_id=person_id, role__in=roles, from_on__lte=first).filter(Q(to_on__isnull=True) | Q(to_on__gt=last))
    below = BranchReach.objects.filter(ancestor_id__in=held.values("branch_id"), descendant_id__in=branch_ids, from_on__lte=first)
    return set(below.filter(Q(to_on__isnull=True) | Q(to_on__gt=last)).values_list("descendant_id", flat=True)) >= branch_ids


class Absence(models.Model):
    """A person is away from `from_on` to `to_on`, both included; whoever stands in gets the inspections that fall due meanwhile."""

    class Reason(models.TextChoices):
        LEAVE = "leave", _("Leave")
        ILLNESS = "illness", _("Illness")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Other")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="absences", verbose_name=_("who is away"))
    from_on = models.DateField(_("first day"))
    to_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices)
    substitute = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("who stands in"))
    entered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(db_default=Now())
    cancelled_on = models.DateField(null=True)
    cancelled_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["-from_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="absence_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(substitute__isnull=True) | ~Q(substitute=F("person")),
                name="nobody_stands_in_for_themselves",
                violation_error_message=_("Nobody stands in for themselves."),
            ),
            models.CheckConstraint(
                condition=Q(cancelled_on__isnull=True, cancelled_by__isnull=True) | Q(cancelled_on__isnull=False, cancelled_by__isnull=False),
                name="absence_cancelled_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["person", "from_on"], condition=Q(cancelled_on__isnull=True), name="absence_of_person")]
