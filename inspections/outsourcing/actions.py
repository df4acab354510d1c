"""Agencies, contracts and orders: each step checked, locked and told to the trail."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.outsourcing.models import Agency, Agent, Contract, Fee, Order, OrderedVisit, PhoneLink
from inspections.outsourcing.queries import agents_of, own_agency
from inspections.planning import rules as planning
from inspections.planning.actions import assignable_people, give, give_back, give_up
from inspections.planning.models import Task
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.actions import name_agency
from loanwatch.people.clock import today
from loanwatch.people.models import Account, Branch, Person, Role
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

LINK_HOURS = 24


# Agencies and contracts -----------------------------------------------------------------------------------------------------


@transaction.atomic
def keep_agency(*, lender: Lender, code: str, name: str, contact: str = "", phone: str = "", email: str = "", by: Access) -> Agency:
    """A new agency, or new particulars of the one with this code. The name of an agency that has people never changes."""
    by.check(Act.AGENCY_KEEP)
    agency = Agency.objects.select_for_update(of=("self",)).filter(lender=lender, code=code).first()
    if agency is None:
        agency = Agency(lender=lender, code=code, name=name, made_by=by.person)
    elif agency.name != name and agency.agents.exists():
        raise Conflict(_("People work under this agency's name. Make a new agency instead."), code="AGENCY_HAS_PEOPLE")
    agency.name, agency.contact, agency.phone, agency.email = name, contact, phone, email
    agency.save()
    record("agency.kept", by=by, subject=agency, name=name)
    return agency


@transaction.atomic
def suspend(*, agency_id: int, reason: str, by: Access) -> Agency:
    """The agency gets no more orders, until `reason` is empty again. What it has it still delivers."""
    by.check(Act.AGENCY_KEEP)
    agency = _agency(agency_id, by)
    agency.state, agency.reason = (Agency.State.SUSPENDED, reason.strip()) if reason.strip() else (Agency.State.WORKING, "")
    agency.save(update_fields=["state", "reason"])
    record("agency.suspended" if agency.reason else "agency.resumed", by=by, subject=agency, reason=agency.reason)
    return agency


def _agency(agency_id: int, by: Access) -> Agency:
    return Agency.objects.select_for_update(of=("self",)).get(pk=agency_id, lender=by.person.lender if by.person else None)


def is_only_agent(person: Person, on: date) -> bool:
    """Whether field agent is the one role that the person holds on `on` or will hold later; a role that ends some day counts until then."""
    held = person.roles_held.filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    return set(held.values_list("role", flat=True)) == {Role.FIELD_AGENT}


@transaction.atomic
def add_agent(*, agency_id: int, person: Person, leads: bool, on: date, by: Access) -> Agent:
    """Say that a field agent works for the agency from `on`. Raises Refused for a person with any other role, Conflict for one taken."""
    by.check(Act.AGENCY_KEEP)
    agency = _agency(agency_id, by)
    if not is_only_agent(person, by.on) or person.lender_id != agency.lender_id:
        raise Refused(_("Only a person whose one role is field agent can work for an agency."), code="NOT_A_FIELD_AGENT")
    if (taken := Agent.objects.filter(person=person, to_on__isnull=True).select_related("agency").first()) and taken.agency_id != agency.pk:
        raise Conflict(_("%(person)s works for %(agency)s.") % {"person": person, "agency": taken.agency}, code="AGENT_TAKEN")
    agent, _fresh = Agent.objects.update_or_create(
        agency=agency, person=person, to_on=None, defaults={"leads": leads}, create_defaults={"leads": leads, "from_on": on}
    )
    name_agency(by=by, person=person, agency=agency.name)
    record("agency.agent_added", by=by, subject=agency, person=person.staff_no, leads=leads)
    return agent


@transaction.atomic
def agent_leaves(*, agent_id: int, on: date, by: Access) -> Agent:
    """The person works for the agency no longer: links and log-ins end at once, and no visit stays in the person's hands.

    What is not begun goes to a colleague who leads, or, without one, back to the loan's account manager. A form that was begun can't be
    finished by anybody else: that inspection ends, and the plan calls for another. The agency's name stays with the person.
    """
    by.check(Act.AGENCY_KEEP)
    agent = Agent.objects.select_for_update(of=("self",)).get(pk=agent_id, agency__lender=by.person.lender if by.person else None)
    agent.to_on = max(on, agent.from_on)
    agent.save(update_fields=["to_on"])
    PhoneLink.objects.filter(person_id=agent.person_id, used_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())
    Account.objects.filter(person_id=agent.person_id).update(session_round=F("session_round") + 1)
    left = _take_from(agent, by)
    record("agency.agent_left", by=by, subject=agent.agency, person=agent.person.staff_no, tasks=left)
    return agent


def _take_from(agent: Agent, by: Access) -> list[str]:
    """Give away what the person still had to do; returns the numbers of these inspections."""
    leads = agents_of(agent.agency_id, by.on).filter(leads=True).exclude(person_id=agent.person_id)
    tasks = list(Task.objects.select_for_update(of=("self",)).filter(assigned_to=agent.person_id, state__in=planning.TO_DO).select_related("lender").order_by("id"))
    for task in tasks:
        item = OrderedVisit.objects.select_for_update(of=("self",)).filter(task=task, state="taken", order__agency=agent.agency_id).first()
        if task.state == Task.State.STARTED:
            give_up(task, on=by.on)  # what was ordered is dropped with it
        elif item and (lead := leads.filter(person__in=assignable_people(task, by.on)).first()):
            give(task, lead.person, task.assigned_by)
            item.agent = lead.person
            item.save(update_fields=["agent"])
        else:
            _drop(item)
            give_back(task)
    return [task.number for task in tasks]


def _drop(item: OrderedVisit | None) -> None:
    if item:
        item.state = OrderedVisit.State.DROPPED
        item.save(update_fields=["state"])


@transaction.atomic
def propose_contract(*, agency_id: int, terms: Mapping[str, Any], fees: Mapping[str, Decimal], by: Access) -> Contract:
    """A contract with its fees by kind of visit; in force once another credit administrator agrees. terms: the columns of Contract."""
    by.check(Act.AGENCY_KEEP)
    agency = _agency(agency_id, by)
    if not fees:
        raise Refused(_("A contract names the fee of at least one kind of visit."), code="NO_FEE")
    if agency.contracts.filter(number=terms["number"]).exists():
        raise Conflict(_("This agency already has a contract %(number)s.") % {"number": terms["number"]}, code="CONTRACT_EXISTS")
    contract = Contract.objects.create(agency=agency, made_by=cast(Person, by.person), **terms)
    Fee.objects.bulk_create(Fee(contract=contract, kind=kind, amount=amount) for kind, amount in fees.items())
    record("agency.contract_proposed", by=by, subject=agency, contract=contract.number)
    return contract


@transaction.atomic
def agree_contract(*, contract_id: int, by: Access) -> Contract:
    """Put a proposed contract in force. Raises Refused for whoever proposed it, Conflict when it is no longer proposed."""
    by.check(Act.AGENCY_KEEP)
    contract = Contract.objects.select_for_update(of=("self",)).get(pk=contract_id, agency__lender=by.person.lender if by.person else None)
    if contract.state != Contract.State.PROPOSED:
        raise Conflict(_("This contract is no longer a proposal."), code="NOT_PROPOSED")
    if by.person is None or contract.made_by_id == by.person.pk:
        raise Refused(_("A credit administrator who did not propose the contract must agree to it."), code="OWN_CONTRACT")
    contract.state, contract.approved_by = Contract.State.AGREED, by.person
    contract.save(update_fields=["state", "approved_by"])
    record("agency.contract_agreed", by=by, subject=contract.agency, contract=contract.number)
    return contract


# Orders ---------------------------------------------------------------------------------------------------------------------


def contract_in_force(agency: Agency, on: date) -> Contract | None:
    """The contract under which `agency` works on `on`; the newest where several run."""
    return agency.contracts.filter(state=Contract.State.AGREED, from_on__lte=on, to_on__gte=on).order_by("-from_on", "-id").first()


@transaction.atomic
def order_visits(*, agency_id: int, branch: Branch, task_ids: Sequence[int], note: str = "", by: Access) -> Order:
    """Ask an agency to make the visits of these tasks of one branch. All or none: a refusal names the task and changes nothing.

    Raises Refused (suspended, no contract in force, no fee for a kind, too many open), Conflict (begun, or already ordered).
    """
    by.check(Act.AGENCY_ORDER)
    agency = _agency(agency_id, by)
    if agency.state != Agency.State.WORKING:
        raise Refused(_("%(agency)s is suspended: %(reason)s") % {"agency": agency, "reason": agency.reason}, code="AGENCY_SUSPENDED")
    contract = contract_in_force(agency, by.on)
    if contract is None:
        raise Refused(_("%(agency)s has no contract in force today.") % {"agency": agency}, code="NO_CONTRACT")
    tasks = list(Task.objects.visible_to(by).filter(pk__in=task_ids, branch=branch).select_for_update(of=("self",)).order_by("id"))
    if not tasks or len(tasks) != len(set(task_ids)):
        raise Refused(_("Choose visits of this branch that nobody has begun."), code="NO_VISITS")
    _check_room(contract, len(tasks))
    fees = dict(contract.fees.values_list("kind", "amount"))
    for task in tasks:
        _check_orderable(task, fees)
    days = contract.deliver_days
    order = Order.objects.create(
        lender=agency.lender, agency=agency, contract=contract, branch=branch, note=note.strip(), ordered_by=cast(Person, by.person), ordered_on=by.on,
        accept_by=by.on + timedelta(days=min(contract.accept_days, days)), deliver_by=by.on + timedelta(days=days),
    )  # fmt: skip
    OrderedVisit.objects.bulk_create(OrderedVisit(order=order, task=task, fee=fees[task.kind], currency=contract.currency) for task in tasks)
    record("agency.ordered", by=by, subject=order, agency=agency.code, visits=len(tasks))
    return order


def _check_room(contract: Contract, more: int) -> None:
    taken = OrderedVisit.objects.filter(order__contract=contract, state__in=["asked", "taken"]).count()
    if taken + more > contract.most_open:
        raise Refused(
            _("Under this contract %(most)s visits may be open at one time; %(taken)s are.") % {"most": contract.most_open, "taken": taken},
            code="TOO_MANY_OPEN",
        )


def _check_orderable(task: Task, fees: Mapping[str, Decimal]) -> None:
    if task.kind not in fees:
        raise Refused(
            _("The contract names no fee for %(task)s (%(kind)s).") % {"task": task, "kind": task.get_kind_display()}, code="NO_FEE"
        )
    if task.state == Task.State.RETURNED:
        raise Conflict(
            _("%(task)s was returned to the person who made it. An agency is asked for visits that nobody has made.") % {"task": task}, code="TASK_RETURNED"
        )
    if task.state != Task.State.DUE:
        raise Conflict(_("%(task)s is already begun or closed and can no longer be ordered.") % {"task": task}, code="TASK_BEGUN")
    if OrderedVisit.objects.filter(task=task, state__in=["asked", "taken"]).exists():
        raise Conflict(_("%(task)s is already ordered from an agency.") % {"task": task}, code="ALREADY_ORDERED")


def _own_order(order_id: int, by: Access) -> Order:
    """The locked order of the agency that `by` leads. Raises Order.DoesNotExist for another agency's, Refused for one who does not lead."""
    agent = own_agency(by)
    order = Order.objects.select_for_update(of=("self",)).get(pk=order_id, agency_id=agent.agency_id if agent else 0)
    if agent is None or not agent.leads:
        raise Refused(_("Orders are answered by the person who leads at your agency."), code="NOT_LEADING")
    return order


@transaction.atomic
def answer_order(*, order_id: int, accepts: bool, answer: str = "", by: Access) -> Order:
    """Accept an order: its tasks go to whoever accepts, who shares them out. Or decline it, with a reason.

    Each visit is asked anew: what was begun, made or cancelled meanwhile is dropped, and the rest is taken. Raises Conflict when the
    order was answered or withdrawn meanwhile or its day is past, Refused without a reason, for a suspended agency, an ended contract,
    or one who does not work for the branch.
    """
    by.check(Act.PACKET_ANSWER)
    order = _own_order(order_id, by)
    if order.state != Order.State.SENT:
        raise Conflict(_("This order is no longer waiting for an answer."), code="ORDER_ANSWERED")
    if not accepts and not answer.strip():
        raise Refused(_("Say why the order is declined."), code="REASON_NEEDED")
    if accepts:
        _require_acceptable(order, by)
    order.state = Order.State.ACCEPTED if accepts else Order.State.DECLINED
    order.answered_by, order.answered_on, order.answer = by.person, by.on, answer.strip()
    order.save(update_fields=["state", "answered_by", "answered_on", "answer"])
    for visit in order.visits.select_for_update(of=("self",)).filter(state="asked").select_related("task"):
        if accepts and by.person and visit.task.state == Task.State.DUE:
            _give(visit, by.person, order)
        else:
            _drop(visit)
    record("agency.order_accepted" if accepts else "agency.order_declined", by=by, subject=order, answer=order.answer)
    return order


def _require_acceptable(order: Order, by: Access) -> None:
    if by.on > order.accept_by:
        raise Conflict(
            _("%(order)s was to be accepted by %(day)s. Decline it, or ask the bank for a new one.") % {"order": order, "day": order.accept_by},
            code="ORDER_TOO_OLD",
        )  # fmt: skip
    if order.agency.state != Agency.State.WORKING or not order.contract.from_on <= by.on <= order.contract.to_on:
        raise Refused(_("The bank takes no more orders from your agency under this contract. Decline the order."), code="NO_CONTRACT")
    task = Task.objects.filter(pk__in=order.visits.values("task_id")).first()
    if task and by.person and not assignable_people(task, by.on).filter(pk=by.person.pk).exists():
        raise Refused(_("The visits go to whoever accepts them, and you do not work for this branch today."), code="NOT_OUR_BRANCH")


def _give(visit: OrderedVisit, person: Person, order: Order) -> None:
    task = Task.objects.select_for_update(of=("self",)).get(pk=visit.task_id)
    own = Agent.objects.filter(agency=order.agency_id).values("person_id")
    others = Visit.objects.filter(task=task).exclude(recorded_by__in=own).exists()
    if task.state not in planning.ASSIGNABLE or others:
        raise Conflict(_("%(task)s is already begun or closed and can no longer be given to another person.") % {"task": task}, code="TASK_BEGUN")
    give(task, person, order.ordered_by)
    visit.state, visit.agent = OrderedVisit.State.TAKEN, person
    visit.save(update_fields=["state", "agent"])


@transaction.atomic
def share_out(*, visit_id: int, person_id: int, by: Access) -> OrderedVisit:
    """Give a visit of the own agency to one of its agents. Raises Refused for somebody else's, Conflict when the form is begun."""
    by.check(Act.PACKET_ANSWER)
    visit = OrderedVisit.objects.select_for_update(of=("self",)).select_related("order", "task").get(pk=visit_id)
    order = _own_order(visit.order_id, by)
    if visit.state != OrderedVisit.State.TAKEN:
        raise Conflict(_("This visit is no longer with the agency."), code="NOT_TAKEN")
    colleague = agents_of(order.agency_id, by.on).filter(person_id=person_id).first()
    if colleague is None or not assignable_people(visit.task, by.on).filter(pk=person_id).exists():
        raise Refused(_("A visit is given to an agent of your agency who works for the loan's branch today."), code="NOT_OUR_AGENT")
    _give(visit, colleague.person, order)
    record("agency.visit_given", by=by, subject=order, task=visit.task.number, to=colleague.person.staff_no)
    return visit


@transaction.atomic
def withdraw_order(*, order_id: int, reason: str, by: Access) -> Order:
    """Take back what nobody has begun: those tasks return to the account manager of the loan. Raises Refused without a reason."""
    by.check(Act.AGENCY_ORDER)
    order = Order.objects.visible_to(by).select_for_update(of=("self",)).get(pk=order_id)
    if order.state not in {Order.State.SENT, Order.State.ACCEPTED}:
        raise Conflict(_("This order is closed."), code="ORDER_CLOSED")
    if not reason.strip():
        raise Refused(_("Say why the order is withdrawn."), code="REASON_NEEDED")
    kept = 0
    for visit in order.visits.select_for_update(of=("self",)).filter(state__in=["asked", "taken"]):
        task = Task.objects.select_for_update(of=("self",)).get(pk=visit.task_id)
        if visit.state == OrderedVisit.State.TAKEN and task.state not in planning.ASSIGNABLE:
            kept += 1
            continue
        taken = visit.state == OrderedVisit.State.TAKEN
        _drop(visit)  # first: what an agency has, the database gives to nobody else
        if taken:
            give_back(task)
    if not kept:
        order.state, order.answered_by, order.answered_on, order.answer = Order.State.WITHDRAWN, by.person, by.on, reason.strip()
        order.save(update_fields=["state", "answered_by", "answered_on", "answer"])
    record("agency.order_withdrawn", by=by, subject=order, reason=reason.strip(), still_begun=kept)
    return order


# The link that logs an agent in on a phone ----------------------------------------------------------------------------------


@transaction.atomic
def make_link(*, agent_id: int, by: Access) -> str:
    """A token for one log-in of an agent within a day. Returned this once; links made before end. Raises Refused without an account."""
    by.check(Act.AGENCY_ORDER)
    agent = Agent.objects.select_related("person", "agency").get(pk=agent_id, agency__lender=by.person.lender if by.person else None)
    account = Account.objects.filter(person=agent.person, is_active=True).first()
    if account is None or agent.to_on is not None:
        raise Refused(_("%(person)s has no account yet. The system administrator opens one.") % {"person": agent.person}, code="NO_ACCOUNT")
    now = timezone.now()
    PhoneLink.objects.filter(person=agent.person, used_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=now)
    token = secrets.token_urlsafe(32)
    PhoneLink.objects.create(
        person=agent.person, digest=digest_of(token), made_by=cast(Person, by.person), valid_until=now + timedelta(hours=LINK_HOURS)
    )  # fmt: skip
    record("agency.link_made", by=by, subject=agent.agency, person=agent.person.staff_no)
    return token


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def use_link(*, token: str) -> Account | None:
    """The account that the link logs in, and the link is used up; None for a link that is unknown, used, withdrawn or over.

    Only for a person whose one role is field agent, today and later: whoever has another role logs in as everybody does.
    """
    link = PhoneLink.objects.select_for_update(of=("self",)).filter(digest=digest_of(token)).select_related("person", "made_by").first()
    if link is None or link.used_at or link.withdrawn_at or link.valid_until < timezone.now():
        return None
    account = Account.objects.filter(person=link.person, is_active=True).first()
    if account is None or not is_only_agent(link.person, today()):
        return None
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    record("account.logged_in_by_link", by=None, subject=link.person, link_made_by=link.made_by.staff_no)
    return account
