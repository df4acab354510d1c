"""For each branch of the world: the lender's plan, an absence of the manager, and an inspection that he asks to postpone."""

from datetime import timedelta
from typing import Any

from inspections.planning import load_actions
from inspections.planning.models import Absence, PlanVersion
from inspections.planning.plans import give_plan
from tests.inspections import book


def plan_things(bank: book.Bank) -> dict[str, Any]:
    """`plan`, `plan line`, `absence` (long past, so that nothing depends on it) and `postponement`."""
    plan = give_plan(bank.lender) or PlanVersion.objects.filter(lender=bank.lender, state="approved").first()
    manager = bank.people["manager"]
    past = book.TODAY - timedelta(days=100)
    absence = Absence.objects.create(lender=bank.lender, person=manager.person, from_on=past, to_on=past, reason="leave", entered_by=manager.person)
    task = book.make_task(bank, due_on=book.TODAY + timedelta(days=3))
    asked = load_actions.ask_postponement(
        by=manager, task_id=task.pk, to_day=book.TODAY + timedelta(days=13), cause="lender", reason="Nobody is there."
    )
    return {"plan": plan, "plan line": plan.rows.first() if plan else None, "absence": absence, "postponement": asked}
