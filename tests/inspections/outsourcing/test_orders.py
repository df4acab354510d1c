"""An agency is asked for visits, answers, delivers, is reviewed and paid, and sees nothing but the packet."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inspections.four_eyes import actions as four_eyes
from inspections.outsourcing import actions, queries, rules
from inspections.outsourcing.models import Agency, Agent, Contract, Order, OrderedVisit, PhoneLink
from inspections.outsourcing.reviewing import Judgement, review, review_many
from inspections.planning.models import Task
from inspections.visits import actions as visits
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Role, RoleHeld
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import TODAY, Bank, fill, hire, make_task, own_view, submit

TERMS = {
    "number": "C-1", "from_on": date(2026, 1, 1), "to_on": date(2027, 1, 1), "currency": "CNY", "accept_days": 2, "deliver_days": 10, "most_open": 3,
    "late_percent": 20, "free_reworks": 1,
}  # fmt: skip


@dataclass
class Firm:
    """An agency with a leading agent, a second one, and a contract in force."""

    bank: Bank
    agency: Agency
    lead: Access
    second: Access


@pytest.fixture
def firm(bank) -> Firm:
    bank.people["credit2"] = hire(bank, "credit2", Role.CREDIT_ADMIN, bank.branch)
    bank.people["agent2"] = hire(bank, "agent2", Role.FIELD_AGENT, bank.branch)
    agency = actions.keep_agency(lender=bank.lender, code="north", name="North Inspections", by=bank.credit)
    for access, leads in ((bank.agent, True), (bank.agent2, False)):
        actions.add_agent(agency_id=agency.pk, person=access.person, leads=leads, on=TODAY, by=bank.credit)
    contract = actions.propose_contract(agency_id=agency.pk, terms=TERMS, fees={"routine": Decimal("300.00")}, by=bank.credit)
    actions.agree_contract(contract_id=contract.pk, by=bank.credit2)
    return Firm(bank, agency, bank.agent, bank.agent2)


def ordered(firm: Firm, *tasks: Task) -> Order:
    chosen = tasks or (make_task(firm.bank),)
    return actions.order_visits(agency_id=firm.agency.pk, branch=firm.bank.branch, task_ids=[t.pk for t in chosen], by=firm.bank.head)


def accepted(firm: Firm) -> OrderedVisit:
    order = ordered(firm)
    actions.answer_order(order_id=order.pk, accepts=True, by=firm.lead)
    return order.visits.get()


def delivered(firm: Firm) -> tuple[OrderedVisit, Visit]:
    item = accepted(firm)
    visit = visits.start_visit(task_id=item.task_id, by=firm.lead)
    fill(visit, firm.lead)
    return item, submit(visit, firm.lead)


# Agencies and contracts -----------------------------------------------------------------------------------------------------


def test_the_name_of_the_agency_stands_with_its_people_so_that_none_of_them_verifies_its_visits(firm):
    firm.lead.person.refresh_from_db()
    assert firm.lead.person.agency == "North Inspections"


def test_only_a_person_whose_one_role_is_field_agent_works_for_an_agency(firm):
    with pytest.raises(Refused, match="one role is field agent"):
        actions.add_agent(agency_id=firm.agency.pk, person=firm.bank.manager.person, leads=False, on=TODAY, by=firm.bank.credit)


def test_a_person_works_for_one_agency_at_a_time(firm):
    other = actions.keep_agency(lender=firm.bank.lender, code="south", name="South", by=firm.bank.credit)
    with pytest.raises(Conflict, match="North Inspections"):
        actions.add_agent(agency_id=other.pk, person=firm.lead.person, leads=False, on=TODAY, by=firm.bank.credit)


def test_whoever_proposed_a_contract_does_not_agree_to_it(firm):
    contract = actions.propose_contract(agency_id=firm.agency.pk, terms=TERMS | {"number": "C-2"}, fees={"routine": Decimal(1)}, by=firm.bank.credit)
    with pytest.raises(Refused, match="did not propose"):
        actions.agree_contract(contract_id=contract.pk, by=firm.bank.credit)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(state="agreed", approved_by=firm.bank.credit.person)


def test_an_agreed_contract_and_its_fees_never_change_not_even_by_sql(firm):
    contract = firm.agency.contracts.get()
    for statement in (
        f"UPDATE inspections_contract SET late_percent = 0 WHERE id = {contract.pk}",
        f"UPDATE inspections_fee SET amount = 900 WHERE contract_id = {contract.pk}",
        f"INSERT INTO inspections_fee (contract_id, kind, amount) VALUES ({contract.pk}, 'first', 900)",
        f"DELETE FROM inspections_contract WHERE id = {contract.pk}",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# Orders ---------------------------------------------------------------------------------------------------------------------


def test_an_order_names_until_when_it_is_answered_and_delivered(firm):
    order = ordered(firm)
    assert (order.accept_by, order.deliver_by) == (TODAY + timedelta(days=2), TODAY + timedelta(days=10))
    assert order.visits.get().fee == Decimal("300.00")


def test_what_cannot_be_ordered_is_refused_and_nothing_is_ordered(firm):
    started = make_task(firm.bank)
    visits.start_visit(task_id=started.pk, by=firm.bank.manager)
    fresh = make_task(firm.bank)
    for refused, tasks in (
        ("already begun", [fresh, started]),
        ("names no fee", [fresh, make_task(firm.bank, kind="first")]),
        ("3 visits may be open", [make_task(firm.bank) for _ in range(4)]),
    ):
        with pytest.raises((Refused, Conflict), match=refused):
            ordered(firm, *tasks)
    assert not Order.objects.exists()


def test_a_visit_is_ordered_from_one_agency_at_a_time(firm):
    task = make_task(firm.bank)
    ordered(firm, task)
    with pytest.raises(Conflict, match="already ordered"):
        ordered(firm, task)


@pytest.mark.parametrize(("day", "works"), [(date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2027, 1, 1), True), (date(2027, 1, 2), False)])
def test_a_contract_is_in_force_from_its_first_to_its_last_day(firm, day, works):
    assert (actions.contract_in_force(firm.agency, day) is not None) is works


def test_a_suspended_agency_gets_no_order(firm):
    actions.suspend(agency_id=firm.agency.pk, reason="Copied pictures", by=firm.bank.credit)
    with pytest.raises(Refused, match="Copied pictures"):
        ordered(firm)


def test_an_accepted_order_puts_its_visits_on_the_phone_of_whoever_leads_who_shares_them_out(firm):
    item = accepted(firm)
    assert Task.objects.get(pk=item.task_id).assigned_to == firm.lead.person
    actions.share_out(visit_id=item.pk, person_id=firm.second.person.pk, by=firm.lead)
    assert Task.objects.get(pk=item.task_id).assigned_to == firm.second.person


def test_an_agent_who_does_not_lead_answers_nothing(firm):
    order = ordered(firm)
    with pytest.raises(Refused, match="person who leads"):
        actions.answer_order(order_id=order.pk, accepts=True, by=firm.second)


def test_a_visit_is_shared_out_within_the_agency_only(firm):
    item = accepted(firm)
    with pytest.raises(Refused, match="agent of your agency"):
        actions.share_out(visit_id=item.pk, person_id=firm.bank.manager.person.pk, by=firm.lead)


def test_declining_needs_a_reason_and_leaves_the_task_with_the_manager(firm):
    order = ordered(firm)
    with pytest.raises(Refused, match="Say why"):
        actions.answer_order(order_id=order.pk, accepts=False, by=firm.lead)
    actions.answer_order(order_id=order.pk, accepts=False, answer="No car that week", by=firm.lead)
    assert order.visits.get().task.assigned_to == firm.bank.manager.person
    with pytest.raises(Conflict, match="no longer waiting"):
        actions.answer_order(order_id=order.pk, accepts=True, by=firm.lead)


def test_another_agency_cannot_answer(firm):
    other = actions.keep_agency(lender=firm.bank.lender, code="south", name="South", by=firm.bank.credit)
    stranger = hire(firm.bank, "stranger", Role.FIELD_AGENT, firm.bank.branch)
    actions.add_agent(agency_id=other.pk, person=stranger.person, leads=True, on=TODAY, by=firm.bank.credit)
    order = ordered(firm)
    with pytest.raises(Order.DoesNotExist):
        actions.answer_order(order_id=order.pk, accepts=True, by=stranger)


def test_withdrawing_gives_back_what_nobody_has_begun(firm):
    item = accepted(firm)
    actions.withdraw_order(order_id=item.order_id, reason="Not needed", by=firm.bank.head)
    item.refresh_from_db()
    assert (item.state, item.task.assigned_to, item.order.state) == ("dropped", firm.bank.manager.person, "withdrawn")


def test_withdrawing_leaves_a_visit_that_is_begun_with_the_agency(firm):
    item = accepted(firm)
    visits.start_visit(task_id=item.task_id, by=firm.lead)
    order = actions.withdraw_order(order_id=item.order_id, reason="Not needed", by=firm.bank.head)
    item.refresh_from_db()
    assert (item.state, order.state) == ("taken", "accepted")


# Deliveries -----------------------------------------------------------------------------------------------------------------


def test_a_delivered_visit_is_accepted_with_a_grade_and_its_fee_is_owed(firm):
    item, visit = delivered(firm)
    assert visit.conclusion == "not_given"
    review(visit_id=item.pk, judgement=Judgement("accept", 4), by=firm.bank.head)
    item.refresh_from_db()
    assert (item.state, item.owed, item.late_days, item.quality) == ("accepted", Decimal("300.00"), 0, 4)
    assert AuditEvent.objects.filter(event="agency.visit_accepted").count() == 1


def test_what_was_reviewed_is_frozen_in_the_database(firm):
    item, _visit = delivered(firm)
    review(visit_id=item.pk, judgement=Judgement("accept", 4), by=firm.bank.head)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderedVisit.objects.filter(pk=item.pk).update(owed=0)


def test_nobody_of_an_agency_reviews_not_even_by_sql(firm):
    item, _visit = delivered(firm)
    with pytest.raises(Refused):
        review(visit_id=item.pk, judgement=Judgement("accept", 4), by=firm.lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderedVisit.objects.filter(pk=item.pk).update(
            state="accepted", quality=5, reviewed_by=firm.second.person, reviewed_on=TODAY, owed=300, late_days=0, reworks=0
        )


def test_a_review_asks_for_a_grade_and_a_rejection_for_words(firm):
    item, _visit = delivered(firm)
    for judgement, words in ((Judgement("accept"), "grade"), (Judgement("reject", 1), "Say why"), (Judgement("perhaps", 3), "Choose")):
        with pytest.raises(Refused, match=words):
            review(visit_id=item.pk, judgement=judgement, by=firm.bank.head)


def test_a_visit_that_was_not_delivered_is_not_reviewed(firm):
    item = accepted(firm)
    with pytest.raises(Conflict, match="not waiting"):
        review(visit_id=item.pk, judgement=Judgement("accept", 4), by=firm.bank.head)


def test_sending_back_is_a_decision_of_the_verification_and_asks_for_the_own_view(firm):
    item, visit = delivered(firm)
    with pytest.raises(Conflict, match="own view first"):
        review(visit_id=item.pk, judgement=Judgement("rework", note="No gate"), by=firm.bank.officer)
    own_view(visit, firm.bank.officer)
    review(visit_id=item.pk, judgement=Judgement("rework", note="No gate"), by=firm.bank.officer)
    seen = queries.with_standing(OrderedVisit.objects.filter(pk=item.pk)).get()
    assert (seen.standing, seen.returned) == ("rework", 1)


def test_a_batch_answers_for_each_item_and_one_refusal_harms_no_other(firm):
    first, _visit = delivered(firm)
    second = accepted(firm)
    found = review_many(items={first.pk: Judgement("accept", 5), second.pk: Judgement("accept", 5), 99999: Judgement("accept", 5)}, by=firm.bank.head)
    assert [(one.item == first.pk, one.done) for one in found] == [(True, True), (False, False), (False, False)]


@pytest.mark.parametrize(
    ("late", "returns", "owed"),
    [(0, 0, "300.00"), (0, 1, "300.00"), (1, 0, "240.00"), (0, 2, "150.00"), (1, 2, "120.00"), (30, 1, "240.00")],
)
def test_lateness_and_returns_lower_the_fee(late, returns, owed):
    assert rules.owed(Decimal(300), late=late, late_percent=20, returns=returns, free_returns=1, currency="CNY") == Decimal(owed)


def test_won_are_owed_in_whole_won():
    assert rules.owed(Decimal(33333), late=1, late_percent=50, returns=0, free_returns=0, currency="KRW") == Decimal(16667)


@pytest.mark.parametrize(("on", "late"), [(-1, 0), (0, 0), (1, 1)])
def test_a_visit_is_late_from_the_day_after_the_agreed_one(on, late):
    assert rules.days_late(TODAY + timedelta(days=on), TODAY) == late


WEIGHTS = {"on_time": 30, "first_time": 20, "quality": 30, "agreement": 20}


@pytest.mark.parametrize(
    ("record", "score"),
    [
        (rules.Record(), None),
        (rules.Record(delivered=4, on_time=4, first_time=4, graded=4, grades=20, same=10, compared=10), 100),
        (rules.Record(delivered=4, on_time=2, first_time=4, graded=4, grades=12, same=5, compared=10), 60),
        (rules.Record(delivered=2, on_time=0, first_time=1), 20),  # only what can be told counts: (0·30 + 50·20) / 50
    ],
)
def test_the_score_of_an_agency_is_made_of_what_can_be_told(record, score):
    assert rules.score(record, WEIGHTS) == score


def test_the_record_of_an_agency_counts_deliveries_grades_and_agreement(firm):
    item, visit = delivered(firm)
    own_view(visit, firm.bank.officer)
    visit.refresh_from_db()
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", by=firm.bank.officer)
    review(visit_id=item.pk, judgement=Judgement("accept", 5), by=firm.bank.head)
    told = queries.records(firm.bank.lender, TODAY, TODAY)[firm.agency.pk]
    assert (told.delivered, told.on_time, told.first_time, told.graded, told.grades) == (1, 1, 1, 1, 5)
    assert told.compared > 0
    assert told.same == told.compared


def test_an_agent_of_the_firm_that_made_a_visit_is_never_its_verifier(firm):
    _item, visit = delivered(firm)
    colleague = hire(firm.bank, "turncoat", Role.RISK_OFFICER, firm.bank.branch)
    colleague.person.agency = firm.agency.name
    colleague.person.save(update_fields=["agency"])
    with pytest.raises(Refused, match="your own agency"):
        own_view(visit, colleague)


# The link -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def link(firm, settings) -> str:
    settings.BUSINESS_DATE = str(TODAY)
    place = Agent.objects.get(person=firm.lead.person)
    return reverse("agencies:phone_link", args=[actions.make_link(agent_id=place.pk, by=firm.bank.head)])


def test_a_link_asks_first_then_logs_in_once(link):
    phone = Client()
    assert phone.get(link).status_code == 200
    assert "_auth_user_id" not in phone.session
    assert phone.post(link).status_code == 302
    assert phone.get("/agency/").status_code == 200
    second = Client()
    assert second.post(link).status_code == 410
    assert "_auth_user_id" not in second.session


def test_a_link_is_kept_as_a_digest_alone(link):
    token = link.rstrip("/").rsplit("/", 1)[1]
    kept = PhoneLink.objects.get()
    assert token not in str(vars(kept))
    assert not AuditEvent.objects.filter(details__icontains=token).exists()


@pytest.mark.parametrize(("hours", "status"), [(23, 302), (25, 410)])
def test_a_link_is_good_for_a_day(link, monkeypatch, hours, status):
    later = timezone.now() + timedelta(hours=hours)
    monkeypatch.setattr(actions.timezone, "now", lambda: later)
    assert Client().post(link).status_code == status


def test_a_new_link_ends_the_one_before(firm, link):
    actions.make_link(agent_id=Agent.objects.get(person=firm.lead.person).pk, by=firm.bank.head)
    assert Client().post(link).status_code == 410


def test_whoever_left_the_agency_or_gained_another_role_is_logged_in_by_no_link(firm, link):
    actions.agent_leaves(agent_id=Agent.objects.get(person=firm.lead.person).pk, on=TODAY, by=firm.bank.credit)
    assert Client().post(link).status_code == 410


def test_the_link_of_somebody_who_became_more_than_an_agent_no_longer_works(firm, link):
    RoleHeld.objects.create(person=firm.lead.person, role=Role.RISK_OFFICER, branch=firm.bank.sibling, from_on=TODAY)
    assert Client().post(link).status_code == 410


def test_a_used_link_cannot_be_made_fresh_by_sql(link):
    Client().post(link)
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneLink.objects.update(used_at=None)
