"""Which version of the plan is in force when, what it says as pure lines, and who must have read it."""

from dataclasses import fields
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from inspections.planning import shipped
from inspections.planning.models import PlanReading, PlanRow, PlanText, PlanVersion
from inspections.planning.rules import Line
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person, Role, RoleHeld

State = PlanVersion.State
READERS = (Role.ACCOUNT_MANAGER, Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN)


def plan_in_force(lender: Lender, on: date) -> PlanVersion | None:
    """The approved version that counts on `on`; None before the first one. A lender without any version begins with the shipped one."""
    approved = PlanVersion.objects.filter(lender=lender, state=State.APPROVED)
    found = approved.filter(valid_from__lte=on).order_by("-valid_from").first()
    if found is None and not approved.exists():
        give_plan(lender)
        found = approved.filter(valid_from__lte=on).order_by("-valid_from").first()
    return found


@transaction.atomic
def give_plan(lender: Lender) -> PlanVersion | None:
    """Write the shipped version for a lender that has none; None when it has one already."""
    Lender.objects.select_for_update(no_key=True).get(pk=lender.pk)
    if PlanVersion.objects.filter(lender=lender, state=State.APPROVED).exists():
        return None
    number = PlanVersion.objects.filter(lender=lender).count() + 1
    version = PlanVersion.objects.create(lender=lender, number=number, valid_from=shipped.EPOCH, source=shipped.SOURCE)
    PlanRow.objects.bulk_create(PlanRow(version=version, **row) for row in shipped.ROWS)
    PlanText.objects.bulk_create(PlanText(version=version, language=language, **words) for language, words in shipped.TEXTS.items())
    version.state = State.APPROVED
    version.save(update_fields=["state"])
    return version


def lines_of(version: PlanVersion | None) -> list[Line]:
    """The lines of a version in their order, for the pure rules."""
    return [] if version is None else [line_of(row) for row in version.rows.all()]


def line_of(row: PlanRow) -> Line:
    return Line(**{field.name: getattr(row, field.name) for field in fields(Line)})


def to_be_read(lender: Lender, on: date) -> PlanVersion | None:
    """The version that everybody has to read: the newest approved one that somebody of the house made, also before its first day."""
    return PlanVersion.objects.filter(lender=lender, state=State.APPROVED, made_by__isnull=False).order_by("-valid_from").first()


def readers(lender: Lender, on: date) -> QuerySet[Person, Any]:
    """The people who work by the plan on `on`: they have to read each new version."""
    held = RoleHeld.objects.filter(role__in=READERS, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    people = Person.objects.filter(lender=lender, pk__in=held.values("person_id"))
    return people.filter(Q(left_on__isnull=True) | Q(left_on__gt=on)).order_by("name", "pk")


def unread_by(person: Person | None, on: date) -> PlanVersion | None:
    """The version that this person has still to read; None when there is none, or the person does not work by the plan."""
    if person is None or person.lender is None:
        return None
    version = to_be_read(person.lender, on)
    if version is None or PlanReading.objects.filter(version=version, person=person).exists():
        return None
    return version if readers(person.lender, on).filter(pk=person.pk).exists() else None
