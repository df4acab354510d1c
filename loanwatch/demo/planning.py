"""Who has read the plan of the demo bank, what its people can make, who is away, and the next version that waits for approval."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from inspections.planning import load_actions, plan_actions
from inspections.planning.load import inspectors
from inspections.planning.models import Absence, PlanReading, PlanVersion, Postponement, Task
from inspections.planning.plans import readers
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import business_days
from loanwatch.people.access import Access
from loanwatch.people.models import Person

UNREAD = 5  # every fifth reader has the plan still to read
HEADS, EACH, PER_WEEK = ("head", "head2"), 5, 4  # each of the first five people of these heads makes four inspections a week
NEXT: tuple[dict[str, Any], ...] = (
    {"occasion": "maturity", "kind": "maturity", "size": "large", "days": 45, "clause": "7"},
    {"occasion": "maturity", "kind": "maturity", "days": 30, "clause": "7"},
    {"occasion": "class_worse", "kind": "special", "days": 10, "clause": "8"},
    {"occasion": "covenant", "kind": "special", "days": 10, "clause": "8"},
    {"occasion": "rollover", "kind": "special", "days": 15, "clause": "8"},
)
OFF_SITE: dict[str, Any] = {"occasion": "routine", "kind": "off_site", "size": "small", "class_to": 1, "level_to": 1, "product_kind": "micro", "days": 180, "clause": "9"}


def plan_ahead(lender: Lender, as_of: date, people: Mapping[str, Person]) -> None:
    """All through the real actions, as the people of the bank would do it on `as_of`."""

    def by(login: str) -> Access:
        return Access.of(people[login].accounts.get(), as_of)

    live = PlanVersion.objects.filter(lender=lender, state="approved").order_by("-valid_from").first()
    read = [person for number, person in enumerate(readers(lender, as_of)) if number % UNREAD]
    PlanReading.objects.bulk_create(PlanReading(version=live, person=person, on=as_of) for person in read)
    for head in HEADS:
        for person in list(inspectors(by(head))[:EACH]):
            load_actions.set_capacity(by=by(head), person_id=person.pk, per_week=PER_WEEK, from_on=as_of)
    away = as_of + timedelta(days=60)
    load_actions.enter_absence(
        by=by("manager"), person=people["manager"], from_on=away, to_on=away + timedelta(days=9), reason=Absence.Reason.LEAVE, substitute=None
    )
    task = Task.objects.filter(lender=lender, assigned_to=people["manager"], state="due", due_on__gt=as_of).order_by("due_on", "id").first()
    if task is not None:
        to_day = business_days(lender, task.due_on + timedelta(days=7), task.due_on + timedelta(days=25))[0]
        load_actions.ask_postponement(
            by=by("manager"), task_id=task.pk, to_day=to_day, cause=Postponement.Cause.BORROWER, reason="负责人出差，下周回来。 The owner is travelling."
        )
    draft = plan_actions.begin_draft(by=by("credit"), copy_of=live)
    for row in NEXT:
        plan_actions.put_row(by=by("credit"), version_id=draft.pk, **row)
    desk = plan_actions.put_row(by=by("credit"), version_id=draft.pk, **OFF_SITE)
    above = draft.rows.filter(place__lt=desk.place, occasion="routine", size="small").first()
    while above is not None and draft.rows.get(pk=desk.pk).place > above.place:
        plan_actions.move_row(by=by("credit"), version_id=draft.pk, row_id=desk.pk, up=True)
        above = draft.rows.get(pk=above.pk)
    why = "到期前检查与小额非现场检查 Visits before maturity, and small loans looked at from the desk"
    plan_actions.change_draft(by=by("credit"), version_id=draft.pk, why=why)
    first_day = business_days(lender, as_of + timedelta(days=10), as_of + timedelta(days=40))[0]
    plan_actions.propose_plan(by=by("credit"), version_id=draft.pk, valid_from=first_day)
