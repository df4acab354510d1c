"""A version of the plan: begun, changed by its maker only, proposed, approved by another person, read by all; every refusal."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from inspections.planning import plan_actions as plans
from inspections.planning.models import PlanReading, PlanRow, PlanVersion
from inspections.planning.plans import give_plan, plan_in_force, readers, unread_by
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, BusinessDay
from tests.inspections.book import TODAY, hire

LATER = TODAY + timedelta(days=10)
LINE = {"occasion": "routine", "kind": "routine", "days": 100}


@pytest.fixture
def bank(bank):
    bank.people["credit2"] = hire(bank, "credit2", Role.CREDIT_ADMIN, bank.branch)
    give_plan(bank.lender)
    return bank


@pytest.fixture
def draft(bank) -> PlanVersion:
    return plans.begin_draft(by=bank.credit, copy_of=plan_in_force(bank.lender, TODAY))


@pytest.fixture
def proposed(bank, draft) -> PlanVersion:
    return plans.propose_plan(by=bank.credit, version_id=draft.pk, valid_from=LATER)


def refused(code, do, **what):
    with pytest.raises((Conflict, Refused)) as caught, transaction.atomic():
        do(**what)
    assert caught.value.code == code
    return caught.value.sentence


def test_a_draft_begins_as_a_copy_and_is_a_question_nobody_answers_yet(bank, draft):
    live = plan_in_force(bank.lender, LATER)
    assert (draft.number, draft.state, draft.rows.count(), draft.texts.count()) == (2, "draft", live.rows.count(), 3)
    assert live.number == 1


def test_an_approved_version_counts_from_its_first_day_and_the_old_one_stays_for_the_days_before(bank, proposed):
    plans.approve_plan(by=bank.credit2, version_id=proposed.pk)
    assert plan_in_force(bank.lender, LATER - timedelta(days=1)).number == 1
    assert plan_in_force(bank.lender, LATER).number == 2
    assert set(AuditEvent.objects.values_list("event", flat=True)) >= {"plan.begun", "plan.proposed", "plan.approved"}


def test_the_maker_does_not_approve(bank, proposed):
    refused("PLAN_APPROVE", plans.approve_plan, by=bank.credit, version_id=proposed.pk)
    with pytest.raises(IntegrityError, match="plan_approved_by_another_person"), transaction.atomic():
        PlanVersion.objects.filter(pk=proposed.pk).update(state="approved", approved_by=bank.credit.person)


def test_another_administrator_does_not_change_the_draft_that_they_would_approve(bank, draft):
    refused("NOT_MAKER", plans.put_row, by=bank.credit2, version_id=draft.pk, **LINE)


@pytest.mark.parametrize("role", ["manager", "officer", "head", "auditor"])
def test_only_credit_administration_makes_plans(bank, role):
    refused("PLAN_PROPOSE", plans.begin_draft, by=bank.people[role], copy_of=None)


@pytest.mark.parametrize("ago", [0, 1])
def test_a_plan_counts_from_a_later_day_only(bank, draft, ago):
    refused("PLAN_NOT_LATER", plans.propose_plan, by=bank.credit, version_id=draft.pk, valid_from=TODAY - timedelta(days=ago))
    assert plans.propose_plan(by=bank.credit, version_id=draft.pk, valid_from=TODAY + timedelta(days=1)).state == "proposed"


def test_a_plan_does_not_count_from_a_day_that_is_being_closed(bank, draft):
    BusinessDay.objects.create(lender=bank.lender, business_date=LATER, run_version=1, state="running")
    refused("DAY_CLOSED", plans.propose_plan, by=bank.credit, version_id=draft.pk, valid_from=LATER)


def test_a_plan_counts_from_a_business_day(bank, draft):
    bank.lender.calendars.create(kind="CN", from_on=TODAY - timedelta(days=900))
    sunday = TODAY + timedelta(days=6 - TODAY.weekday())
    refused("NO_BUSINESS_DAY", plans.propose_plan, by=bank.credit, version_id=draft.pk, valid_from=sunday)


def test_one_version_waits_at_a_time(bank, proposed):
    other = plans.begin_draft(by=bank.credit, copy_of=proposed)
    refused("PLAN_WAITS", plans.propose_plan, by=bank.credit, version_id=other.pk, valid_from=LATER + timedelta(days=1))


def test_two_versions_do_not_count_from_the_same_day(bank, proposed):
    plans.approve_plan(by=bank.credit2, version_id=proposed.pk)
    other = plans.begin_draft(by=bank.credit, copy_of=proposed)
    refused("PLAN_DAY_TAKEN", plans.propose_plan, by=bank.credit, version_id=other.pk, valid_from=LATER)


def test_a_plan_without_lines_or_without_the_regulation_is_not_proposed(bank):
    empty = plans.begin_draft(by=bank.credit, copy_of=None)
    refused("PLAN_EMPTY", plans.propose_plan, by=bank.credit, version_id=empty.pk, valid_from=LATER)
    plans.put_row(by=bank.credit, version_id=empty.pk, **LINE)
    refused("PLAN_WITHOUT_TEXT", plans.propose_plan, by=bank.credit, version_id=empty.pk, valid_from=LATER)
    plans.write_text(by=bank.credit, version_id=empty.pk, language="ko", title="규정", clause="3", text="점검한다.")
    assert plans.propose_plan(by=bank.credit, version_id=empty.pk, valid_from=LATER).state == "proposed"


def test_a_line_that_is_never_reached_is_not_proposed(bank, draft):
    row = plans.put_row(by=bank.credit, version_id=draft.pk, occasion="red_alert", kind="special", size="small", days=3)
    sentence = refused("PLAN_LINE_UNREACHED", plans.propose_plan, by=bank.credit, version_id=draft.pk, valid_from=LATER)
    assert str(row.place) in sentence
    for _ in range(2):
        plans.move_row(by=bank.credit, version_id=draft.pk, row_id=row.pk, up=True)
    assert plans.propose_plan(by=bank.credit, version_id=draft.pk, valid_from=LATER).state == "proposed"


TROUBLE = [{"size": "medium"}, {"size": ""}, {"class_to": 2}, {"class_to": None}, {"level_to": 2}, {"level_to": None}]


@pytest.mark.parametrize("wrong", TROUBLE)
def test_no_plan_looks_at_a_loan_in_trouble_from_the_desk(bank, draft, wrong):
    row = {"occasion": "routine", "kind": "off_site", "size": "small", "class_to": 1, "level_to": 1, "days": 180} | wrong
    with pytest.raises(ValidationError), transaction.atomic():
        plans.put_row(by=bank.credit, version_id=draft.pk, **row)
    with pytest.raises(IntegrityError, match="off_site_for_small_loans"), transaction.atomic():
        PlanRow.objects.create(version=draft, place=99, **row)


@pytest.mark.parametrize(
    "wrong", [{"kind": "special"}, {"days": 0}, {"class_from": 3, "class_to": 2}, {"tier_from": 6}, {"exposure_from": 5, "exposure_to": 5}]
)
def test_a_line_that_makes_no_sense_is_refused(bank, draft, wrong):
    with pytest.raises(ValidationError), transaction.atomic():
        plans.put_row(by=bank.credit, version_id=draft.pk, **(LINE | wrong))


def test_what_was_proposed_is_frozen_for_the_page_and_for_sql(bank, proposed):
    refused("PLAN_FROZEN", plans.put_row, by=bank.credit, version_id=proposed.pk, **LINE)
    row = proposed.rows.first()
    for change in (
        lambda: PlanRow.objects.filter(pk=row.pk).update(days=1),
        lambda: PlanRow.objects.filter(pk=row.pk).delete(),
        lambda: PlanRow.objects.create(version=proposed, place=99, **LINE),
        lambda: proposed.texts.update(text="Nothing."),
        lambda: PlanVersion.objects.filter(pk=proposed.pk).update(valid_from=TODAY),
        lambda: PlanVersion.objects.filter(pk=proposed.pk).update(postpone_times=9),
        lambda: PlanVersion.objects.filter(pk=proposed.pk).update(state="draft"),
        lambda: PlanVersion.objects.filter(pk=proposed.pk).update(made_by=bank.credit2.person),
        lambda: PlanVersion.objects.filter(pk=proposed.pk).delete(),
        lambda: PlanVersion.objects.create(lender=bank.lender, number=9, state="approved", valid_from=LATER, made_by=None),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_what_is_in_force_is_never_withdrawn_and_a_proposal_only_with_a_reason(bank, proposed):
    refused("REASON_MISSING", plans.withdraw_plan, by=bank.credit2, version_id=proposed.pk, reason=" ")
    assert plans.withdraw_plan(by=bank.credit2, version_id=proposed.pk, reason="Too many visits.").state == "withdrawn"
    refused("PLAN_DECIDED", plans.approve_plan, by=bank.credit2, version_id=proposed.pk)
    live = plan_in_force(bank.lender, TODAY)
    refused("PLAN_DECIDED", plans.withdraw_plan, by=bank.credit, version_id=live.pk, reason="No more.")


def test_everybody_who_works_by_the_plan_reads_the_new_version_once(bank, proposed):
    assert unread_by(bank.manager.person, TODAY) is None
    refused("PLAN_NOT_TO_READ", plans.confirm_reading, by=bank.manager, version_id=proposed.pk)
    plans.approve_plan(by=bank.credit2, version_id=proposed.pk)
    assert unread_by(bank.manager.person, TODAY) == proposed
    assert unread_by(bank.auditor.person, TODAY) is None
    plans.confirm_reading(by=bank.manager, version_id=proposed.pk)
    plans.confirm_reading(by=bank.manager, version_id=proposed.pk)
    assert unread_by(bank.manager.person, TODAY) is None
    assert PlanReading.objects.count() == 1
    assert bank.head.person in readers(bank.lender, TODAY)
    refused("PLAN_READ", plans.confirm_reading, by=bank.auditor, version_id=proposed.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanReading.objects.all().delete()


def test_drafts_are_shown_to_those_who_make_and_audit_them_only(bank, draft):
    seen = {name: PlanVersion.objects.visible_to(bank.people[name]).filter(pk=draft.pk).exists() for name in ("credit", "auditor", "manager", "head")}
    assert seen == {"credit": True, "auditor": True, "manager": False, "head": False}
