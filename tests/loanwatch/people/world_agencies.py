"""An agency for each place of the world: one contract, one order that waits and one visit that is with the agency."""

from datetime import timedelta
from typing import Any

from inspections.outsourcing.models import Agency, Agent, Contract, Fee, Order, OrderedVisit
from tests.inspections import book


def agency_things(bank: book.Bank) -> dict[str, Any]:
    number, today = next(book.COUNTER), book.TODAY
    credit, agent = bank.people["credit_admin"].person, bank.people["agent"].person
    agency = Agency.objects.create(lender=bank.lender, code=f"a{number}", name=f"Agency {number}", made_by=credit)
    Agent.objects.create(agency=agency, person=agent, leads=True, from_on=book.LONG_AGO)
    contract = Contract.objects.create(
        agency=agency, number="C-1", from_on=book.LONG_AGO, to_on=today + timedelta(days=400), currency="CNY", accept_days=2, deliver_days=9, most_open=50,
        made_by=credit,
    )  # fmt: skip
    Fee.objects.create(contract=contract, kind="routine", amount=300)
    days = {"ordered_on": today, "accept_by": today, "deliver_by": today + timedelta(days=9)}
    order = Order.objects.create(lender=bank.lender, agency=agency, contract=contract, branch=bank.branch, ordered_by=credit, **days)
    visit = OrderedVisit.objects.create(order=order, task=book.make_task(bank, to=bank.people["agent"]), fee=300, currency="CNY")
    return {"agency": agency, "order": order, "ordered visit": visit}
