"""What the bank's people recorded never reaches an agency with a visit, and what an agency has stays with it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from inspections.four_eyes import actions as four_eyes
from inspections.outsourcing import actions, queries
from inspections.outsourcing.models import Agent, OrderedVisit
from inspections.outsourcing.reviewing import Judgement, review
from inspections.planning.actions import assign_task
from inspections.planning.models import Task
from inspections.sending.parcel import parcel_of
from inspections.visits import actions as visits
from inspections.visits.models import Photo
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Role, RoleHeld
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import TODAY, fill, hire, make_task, own_view, submit, submitted
from tests.inspections.outsourcing.test_orders import accepted, delivered, firm, ordered  # noqa: F401


def returned(bank, task=None, visit=None):
    """A visit that the risk officer sent back with words of the bank."""
    visit = visit or submitted(bank, task, purpose_kept=("yes", "The owner's brother showed the books."))
    own_view(visit, bank.officer)
    visit.refresh_from_db()
    four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason="evidence", explanation="The figures of March lack.", by=bank.officer)
    visit.refresh_from_db()
    return visit


def told_of(access, task_id):
    return next(t for t in parcel_of(access, "")["tasks"] if t["id"] == task_id)


def test_what_was_returned_to_the_manager_is_not_ordered_from_an_agency(bank, firm):  # noqa: F811
    visit = returned(bank)
    with pytest.raises(Conflict, match="returned to the person who made it"):
        ordered(firm, visit.task)
    assert not OrderedVisit.objects.exists()


def test_an_agent_to_whom_a_returned_visit_is_given_gets_nothing_of_what_the_manager_recorded(bank):
    visit = returned(bank)
    own = told_of(bank.manager, visit.task_id)
    assert own["earlier"]["summary"] == "All in order." and own["returned"]["explanation"] == "The figures of March lack."
    assign_task(task_id=visit.task_id, to_person_id=bank.agent.person.pk, by=bank.head)
    told = told_of(bank.agent, visit.task_id)
    assert (told["earlier"], told["returned"], told["prefill"]) == (None, None, {})
    attempt = visits.start_visit(task_id=visit.task_id, by=bank.agent)
    assert (attempt.attempt, attempt.summary, attempt.conclusion) == (2, "", "")
    assert not attempt.answers.exclude(value=None).exists()
    assert not Photo.objects.filter(visit=attempt).exists()


def test_an_agency_goes_on_with_what_its_own_agent_recorded(bank, firm):  # noqa: F811
    item, visit = delivered(firm)
    returned(bank, visit=visit)
    actions.share_out(visit_id=item.pk, person_id=firm.second.person.pk, by=firm.lead)
    firm.second.person.refresh_from_db()
    assert told_of(firm.second, item.task_id)["earlier"]["answers"]
    assert Photo.objects.filter(visit=visits.start_visit(task_id=item.task_id, by=firm.second)).exists()


# What an agency has stays with it -------------------------------------------------------------------------------------------


def test_what_an_agency_has_is_given_to_nobody_else_not_even_by_sql(bank, firm):  # noqa: F811
    item = accepted(firm)
    with pytest.raises(Conflict, match="ordered from an agency"):
        assign_task(task_id=item.task_id, to_person_id=bank.manager2.person.pk, by=bank.head)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=item.task_id).update(assigned_to=bank.manager2.person)
    actions.withdraw_order(order_id=item.order_id, reason="Not needed", by=bank.head)
    assert assign_task(task_id=item.task_id, to_person_id=bank.manager2.person.pk, by=bank.head).assigned_to == bank.manager2.person


def test_the_agency_is_not_paid_for_a_visit_that_somebody_else_made(bank, firm):  # noqa: F811
    item = accepted(firm)
    Agent.objects.filter(agency=firm.agency).update(agency=actions.keep_agency(lender=bank.lender, code="south", name="South", by=bank.credit))
    visit = visits.start_visit(task_id=item.task_id, by=firm.lead)
    fill(visit, firm.lead)
    submit(visit, firm.lead)
    with pytest.raises(Conflict, match="not made by the agency"):
        review(visit_id=item.pk, judgement=Judgement("accept", 4), by=bank.head)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderedVisit.objects.filter(pk=item.pk).update(
            state="accepted", quality=5, reviewed_by=bank.head.person, reviewed_on=TODAY, owed=300, late_days=0, reworks=0
        )


def test_what_is_no_longer_to_be_made_is_dropped_from_the_order_and_the_rest_is_taken(bank, firm):  # noqa: F811
    kept, begun, gone = make_task(bank), make_task(bank), make_task(bank)
    order = ordered(firm, kept, begun, gone)
    visits.start_visit(task_id=begun.pk, by=bank.manager)
    Task.objects.filter(pk=gone.pk).update(state="cancelled", closed_on=TODAY)
    actions.answer_order(order_id=order.pk, accepts=True, by=firm.lead)
    assert dict(order.visits.values_list("task_id", "state")) == {kept.pk: "taken", begun.pk: "dropped", gone.pk: "dropped"}


def test_a_visit_that_is_cancelled_leaves_the_agency_and_its_contract(bank, firm):  # noqa: F811
    item = accepted(firm)
    Task.objects.filter(pk=item.task_id).update(state="cancelled", closed_on=TODAY)
    assert queries.with_standing(OrderedVisit.objects.filter(pk=item.pk)).get().standing == "cancelled"
    assert not OrderedVisit.objects.filter(state__in=["asked", "taken"]).exists()
    assert actions.withdraw_order(order_id=item.order_id, reason="Nothing left", by=bank.head).state == "withdrawn"


@pytest.mark.parametrize(("days", "works"), [(2, True), (3, False)])
def test_an_order_is_accepted_until_its_day(bank, firm, days, works):  # noqa: F811
    order = ordered(firm)
    late = Access.of(firm.lead.account, TODAY + timedelta(days=days))
    if works:
        assert actions.answer_order(order_id=order.pk, accepts=True, by=late).state == "accepted"
    else:
        with pytest.raises(Conflict, match="was to be accepted by"):
            actions.answer_order(order_id=order.pk, accepts=True, by=late)


def test_whoever_does_not_work_for_the_branch_accepts_nothing_and_neither_does_a_suspended_agency(bank, firm):  # noqa: F811
    order = ordered(firm)
    actions.suspend(agency_id=firm.agency.pk, reason="Copied pictures", by=bank.credit)
    with pytest.raises(Refused, match="takes no more orders"):
        actions.answer_order(order_id=order.pk, accepts=True, by=firm.lead)
    actions.suspend(agency_id=firm.agency.pk, reason="", by=bank.credit)
    RoleHeld.objects.filter(person=firm.lead.person).update(to_on=TODAY)
    with pytest.raises(Refused, match="do not work for this branch"):
        actions.answer_order(order_id=order.pk, accepts=True, by=firm.lead)


# Who has left, and who can log in for whom ----------------------------------------------------------------------------------


def test_whoever_leaves_the_agency_is_logged_out_and_has_none_of_its_visits(bank, firm):  # noqa: F811
    fresh, begun = accepted(firm), accepted(firm)
    for item in (fresh, begun):
        actions.share_out(visit_id=item.pk, person_id=firm.second.person.pk, by=firm.lead)
    visits.start_visit(task_id=begun.task_id, by=firm.second)
    before = firm.second.account.session_round
    actions.agent_leaves(agent_id=firm.agency.agents.get(person=firm.second.person).pk, on=TODAY, by=bank.credit)
    firm.second.account.refresh_from_db()
    assert firm.second.account.session_round == before + 1
    assert parcel_of(firm.second, "")["tasks"] == []
    assert not Task.objects.visible_to(firm.second).exists()
    assert Task.objects.get(pk=fresh.task_id).assigned_to == firm.lead.person
    assert (Task.objects.get(pk=begun.task_id).state, OrderedVisit.objects.get(pk=begun.pk).state) == ("cancelled", "dropped")


def test_when_the_last_one_who_leads_leaves_the_visits_go_back_to_the_bank(bank, firm):  # noqa: F811
    item = accepted(firm)
    actions.agent_leaves(agent_id=firm.agency.agents.get(person=firm.lead.person).pk, on=TODAY, by=bank.credit)
    item.refresh_from_db()
    assert (item.state, item.task.assigned_to) == ("dropped", bank.manager.person)


@pytest.mark.parametrize(("first", "last", "status"), [(-10, 20, 410), (-10, 0, 302), (5, None, 410)])
def test_a_role_that_ends_or_begins_some_other_day_counts_for_the_link(bank, firm, settings, first, last, status):  # noqa: F811
    settings.BUSINESS_DATE = str(TODAY)
    token = actions.make_link(agent_id=firm.agency.agents.get(person=firm.lead.person).pk, by=bank.head)
    ends = None if last is None else TODAY + timedelta(days=last)
    RoleHeld.objects.create(person=firm.lead.person, role=Role.CREDIT_ADMIN, branch=bank.sibling, from_on=TODAY + timedelta(days=first), to_on=ends)
    assert Client().post(reverse("agencies:phone_link", args=[token])).status_code == status


def test_whoever_made_the_link_reviews_nothing_that_was_recorded_since(bank, firm, settings):  # noqa: F811
    settings.BUSINESS_DATE = str(TODAY)
    Client().post(reverse("agencies:phone_link", args=[actions.make_link(agent_id=firm.agency.agents.get(person=firm.lead.person).pk, by=bank.head)]))
    assert AuditEvent.objects.get(event="account.logged_in_by_link").details["link_made_by"] == bank.head.person.staff_no
    item, _visit = delivered(firm)
    with pytest.raises(Refused, match="You made the link"):
        review(visit_id=item.pk, judgement=Judgement("accept", 4), by=bank.head)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderedVisit.objects.filter(pk=item.pk).update(
            state="accepted", quality=5, reviewed_by=bank.head.person, reviewed_on=TODAY, owed=300, late_days=0, reworks=0
        )
    other = hire(bank, "head2", Role.BRANCH_HEAD, bank.branch)
    assert "is accepted" in review(visit_id=item.pk, judgement=Judgement("accept", 4), by=other)


# Before and after the verification ------------------------------------------------------------------------------------------


def test_a_risk_officer_takes_nothing_before_the_verification_is_decided(bank, firm):  # noqa: F811
    item, visit = delivered(firm)
    with pytest.raises(Refused, match="Before the verification is decided"):
        review(visit_id=item.pk, judgement=Judgement("accept", 5), by=bank.officer)
    own_view(visit, bank.officer)
    visit.refresh_from_db()
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", by=bank.officer)
    assert "is accepted" in review(visit_id=item.pk, judgement=Judgement("accept", 5), by=bank.officer)


def test_a_return_after_the_acceptance_ends_it_and_counts(bank, firm):  # noqa: F811
    item, visit = delivered(firm)
    review(visit_id=item.pk, judgement=Judgement("accept", 5), by=bank.head)
    returned(bank, visit=visit)
    item.refresh_from_db()
    seen = queries.with_standing(OrderedVisit.objects.filter(pk=item.pk)).get()
    assert (item.state, item.owed, seen.standing, seen.returned) == ("taken", None, "rework", 1)
