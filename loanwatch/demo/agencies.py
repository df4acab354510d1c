"""The outside agencies of the demo: a contract that two people agreed to, and the visits their agents have to make as an order."""

from datetime import date, timedelta
from decimal import Decimal
from typing import cast

from inspections.outsourcing import actions
from inspections.planning.models import Task
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Person

FIRMS = (("huaxin", "agent", "head"), ("anda", "agent2", "head2"))
FEES = {"first": Decimal("380.00"), "routine": Decimal("320.00"), "special": Decimal("450.00"), "maturity": Decimal("350.00")}


def order_from_agencies(lender: Lender, on: date) -> int:
    """Name the agencies that agents already work for, and put what was given to them in orders; returns how many visits."""
    ordered = 0
    people = {a.username: Access.of(a, on) for a in Account.objects.filter(person__lender=lender).select_related("person")}
    for code, agent, head in FIRMS:
        firm, lead = cast(Person, people[agent].person), people[agent]
        agency = actions.keep_agency(lender=lender, code=code, name=firm.agency, phone="0512-5550", by=people["credit"])
        actions.add_agent(agency_id=agency.pk, person=firm, leads=True, on=on, by=people["credit"])
        terms = {
            "number": f"{code.upper()}-2026-01", "from_on": on - timedelta(days=300), "to_on": on + timedelta(days=430), "currency": lender.currency,
            "accept_days": 2, "deliver_days": 10, "most_open": 40, "late_percent": 20, "free_reworks": 1,
        }  # fmt: skip
        contract = actions.propose_contract(agency_id=agency.pk, terms=terms, fees=FEES, by=people["credit"])
        actions.agree_contract(contract_id=contract.pk, by=people["credit2"])
        given = Task.objects.filter(lender=lender, assigned_to=firm, state="due", kind__in=FEES).select_related("branch").order_by("branch_id", "id")
        by_branch: dict[int, list[Task]] = {}
        for task in given:
            by_branch.setdefault(task.branch_id, []).append(task)
        for tasks in by_branch.values():
            order = actions.order_visits(agency_id=agency.pk, branch=tasks[0].branch, task_ids=[t.pk for t in tasks], by=people[head])
            actions.answer_order(order_id=order.pk, accepts=True, by=lead)
            ordered += len(tasks)
    return ordered
