"""Who stands in for whom, and how far an inspection may be put off; every refusal with its sentence."""

from datetime import date, time, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from borrowers.conduct.models import ConductFact
from borrowers.loans.models import CheckDuty
from inspections.planning import load_actions as load
from inspections.planning.actions import assign_task
from inspections.planning.load import loads, room_of
from inspections.planning.models import Absence, Capacity, Task
from inspections.planning.schedule import schedule_tasks
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Person, Role, RoleHeld
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import TODAY, hire, make_day, make_loan, make_task, observe
from tests.inspections.planning.plan_book import make_plan

FIRST, LAST = TODAY + timedelta(days=3), TODAY + timedelta(days=9)


def refused(code, do, **what):
    with pytest.raises((Conflict, Refused)) as caught, transaction.atomic():
        do(**what)
    assert caught.value.code == code


def away(bank, by=None, person=None, substitute="manager2", first=FIRST, last=LAST) -> Absence:
    substitute = bank.people[substitute].person if isinstance(substitute, str) else substitute
    return load.enter_absence(
        by=by or bank.head, person=person or bank.manager.person, from_on=first, to_on=last, reason="leave", substitute=substitute
    )


def test_tasks_that_fall_due_in_the_absence_go_to_whoever_stands_in_and_no_others(bank):
    tasks = {day: make_task(bank, due_on=TODAY + timedelta(days=day)) for day in (2, 3, 9, 10)}
    begun = make_task(bank, due_on=FIRST)
    Task.objects.filter(pk=begun.pk).update(state="started")
    made = away(bank)
    moved = {day for day, task in tasks.items() if Task.objects.get(pk=task.pk).assigned_to == bank.manager2.person}
    assert moved == {3, 9}
    assert Task.objects.get(pk=begun.pk).assigned_to == bank.manager.person
    assert set(Task.objects.filter(standing_in=made)) == {tasks[3], tasks[9]}
    assert AuditEvent.objects.get(event="absence.entered").details["tasks"] == [tasks[3].number, tasks[9].number]
    load.cancel_absence(by=bank.manager, absence_id=made.pk)
    assert not Task.objects.exclude(assigned_to=bank.manager.person).exists()
    refused("ABSENCE_CANCELLED", load.cancel_absence, by=bank.head, absence_id=made.pk)


@pytest.mark.usefixtures("as_worker")
@pytest.mark.parametrize(("days", "goes_to"), [(2, "manager"), (3, "manager2"), (9, "manager2"), (10, "manager")])
def test_what_the_night_opens_for_somebody_away_goes_to_the_substitute(bank, days, goes_to):
    make_day(bank)
    away(bank)
    make_plan(bank, {"occasion": "disbursement", "kind": "first", "days": days})
    loan = make_loan(bank, disbursed_on=TODAY)
    observe(bank, loan)
    with connection.cursor() as cursor:
        for _ in range(2):  # the second time tasks follow custody
            schedule_tasks(cursor, key_of(bank.lender.pk, TODAY), bank.lender)
    assert Task.objects.get().assigned_to == bank.people[goes_to].person


def test_a_substitute_has_the_role_in_the_same_branch_on_all_days(bank):
    elsewhere = hire(bank, "elsewhere", Role.ACCOUNT_MANAGER, bank.sibling)
    refused("SUBSTITUTE_ROLE", away, bank=bank, substitute=elsewhere.person)
    refused("SUBSTITUTE_ROLE", away, bank=bank, substitute=bank.head.person)
    RoleHeld.objects.filter(person=bank.manager2.person).update(to_on=LAST)
    refused("SUBSTITUTE_ROLE", away, bank=bank)
    third = hire(bank, "third", Role.ACCOUNT_MANAGER, bank.branch)
    RoleHeld.objects.filter(person=third.person).update(to_on=LAST + timedelta(days=1))
    assert away(bank, substitute=third.person).substitute == third.person


@pytest.mark.parametrize(("until", "fits"), [(LAST - timedelta(days=1), False), (LAST, True)])
def test_a_substitute_has_a_certificate_until_the_last_day(bank, until, fits):
    Person.objects.filter(pk=bank.manager2.person.pk).update(certificate_until=until)
    bank.manager2.person.refresh_from_db()
    if fits:
        assert away(bank)
    else:
        refused("SUBSTITUTE_CERTIFICATE", away, bank=bank)


def test_nobody_without_a_certificate_stands_in_for_somebody_with_one(bank):
    Person.objects.filter(pk=bank.manager.person.pk).update(certificate_until=LAST)
    bank.manager.person.refresh_from_db()
    refused("SUBSTITUTE_CERTIFICATE", away, bank=bank)


def test_who_verifies_for_the_branch_does_not_inspect_in_it(bank):
    colleague = hire(bank, "colleague", Role.FIELD_AGENT, bank.branch)
    RoleHeld.objects.create(person=colleague.person, role=Role.RISK_OFFICER, branch=bank.branch, from_on=date(2020, 1, 1))
    refused("SUBSTITUTE_VERIFIER", away, bank=bank, person=bank.agent.person, substitute=colleague.person)


def test_an_officer_who_inspected_the_loan_does_not_make_the_verification_visit(bank):
    loan = make_loan(bank)
    make_task(bank, loan, to=bank.officer2)
    make_task(bank, loan, kind="verify", to=bank.officer, due_on=FIRST)
    refused("SUBSTITUTE_VERIFIER", away, bank=bank, by=bank.officer, person=bank.officer.person, substitute="officer2")


def test_a_substitute_is_there_and_is_nobody_elses_substitute_who_goes_away(bank):
    refused("SUBSTITUTE_SELF", away, bank=bank, substitute="manager")
    away(bank, person=bank.manager2.person, substitute=None, first=LAST, last=LAST)
    refused("SUBSTITUTE_AWAY", away, bank=bank)
    third = hire(bank, "third", Role.ACCOUNT_MANAGER, bank.branch)
    away(bank, substitute=third.person)
    refused("ABSENCE_OF_SUBSTITUTE", away, bank=bank, person=third.person, substitute=None, first=LAST, last=LAST)


def test_absences_do_not_overlap_and_end_after_they_begin(bank):
    away(bank)
    refused("ABSENCE_OVERLAPS", away, bank=bank, substitute=None, first=LAST, last=LAST + timedelta(days=5))
    assert away(bank, substitute=None, first=LAST + timedelta(days=1), last=LAST + timedelta(days=5))
    refused("ABSENCE_DAYS", away, bank=bank, first=LAST, last=FIRST)
    refused("ABSENCE_DAYS", away, bank=bank, first=TODAY - timedelta(days=4), last=TODAY - timedelta(days=1))
    with pytest.raises(IntegrityError, match="away on some of these days"), transaction.atomic():
        Absence.objects.create(
            lender=bank.lender, person=bank.manager.person, from_on=FIRST, to_on=FIRST, reason="leave", entered_by=bank.head.person
        )


def test_people_enter_their_own_absence_and_the_head_that_of_the_branch(bank):
    assert away(bank, by=bank.manager)
    refused("NOT_YOUR_PEOPLE", away, bank=bank, by=bank.manager, person=bank.manager2.person, substitute=None)
    refused("NOT_YOUR_PEOPLE", away, bank=bank, by=bank.officer, person=bank.manager2.person, substitute=None)
    refused("ABSENCE_KEEP", away, bank=bank, by=bank.credit)


@pytest.mark.parametrize(
    ("per_week", "working", "present", "room"), [(5, 5, 5, 5), (5, 5, 0, 0), (5, 4, 4, 4), (3, 5, 4, 2), (3, 5, 3, 2), (None, 5, 5, None), (5, 0, 0, 0)]
)
def test_a_week_with_holidays_or_days_away_has_less_room(per_week, working, present, room):
    assert room_of(per_week, working, present) == room


def test_a_week_with_more_tasks_than_room_is_shown_as_overloaded(bank):
    load.set_capacity(by=bank.head, person_id=bank.manager.person.pk, per_week=2, from_on=TODAY)
    for _ in range(2):
        make_task(bank, due_on=TODAY)
    (line,) = loads(bank.manager, [bank.manager.person], TODAY, TODAY)
    assert (line.total, line.weeks[0].room, line.weeks[0].overloaded) == (2, 2, False)
    make_task(bank, due_on=TODAY - timedelta(days=40))
    (line,) = loads(bank.manager, [bank.manager.person], TODAY, TODAY)
    assert (line.total, line.weeks[0].overloaded) == (3, True)


def test_capacity_is_said_by_the_head_of_the_branch_and_never_rewritten(bank):
    refused("CAPACITY_KEEP", load.set_capacity, by=bank.officer, person_id=bank.manager.person.pk, per_week=5, from_on=TODAY)
    stranger = hire(bank, "stranger", Role.ACCOUNT_MANAGER, bank.sibling)
    with pytest.raises(Person.DoesNotExist):
        load.set_capacity(by=bank.head, person_id=stranger.person.pk, per_week=5, from_on=TODAY)
    load.set_capacity(by=bank.head, person_id=bank.manager.person.pk, per_week=5, from_on=TODAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        Capacity.objects.update(per_week=50)


def test_the_person_assigned_says_when_to_go(bank):
    task = make_task(bank, due_on=LAST)
    load.plan_visit(by=bank.manager, task_id=task.pk, on=FIRST, at=time(9, 30))
    task.refresh_from_db()
    assert (task.planned_on, task.planned_at, task.due_on) == (FIRST, time(9, 30), LAST)
    refused("DAY_PAST", load.plan_visit, by=bank.manager, task_id=task.pk, on=TODAY - timedelta(days=1), at=None)
    refused("VISIT_RECORD", load.plan_visit, by=bank.head, task_id=task.pk, on=FIRST, at=None)
    Task.objects.filter(pk=task.pk).update(state="submitted", submitted_on=TODAY)
    refused("TASK_CLOSED", load.plan_visit, by=bank.manager, task_id=task.pk, on=FIRST, at=None)


# Postponing


def ask(bank, task, days=10, by=None, **changed):
    given = {"to_day": task.due_on + timedelta(days=days), "cause": "borrower", "reason": "The owner is travelling."} | changed
    return load.ask_postponement(by=by or bank.manager, task_id=task.pk, **given)


def agree(bank, asked, by=None, agree=True, answer=""):
    return load.decide_postponement(by=by or bank.head, postponement_id=asked.pk, agree=agree, answer=answer)


@pytest.fixture
def task(bank) -> Task:
    made = make_task(bank, due_on=FIRST)
    CheckDuty.objects.create(lender=bank.lender, bucket=made.bucket, loan=made.loan, kind=made.kind, due_on=FIRST, known_from=TODAY)
    return made


def test_an_agreed_postponement_moves_the_task_and_its_duty_and_is_remembered_of_the_borrower(bank, task):
    asked = ask(bank, task)
    task.refresh_from_db()
    assert task.due_on == FIRST
    agree(bank, asked)
    task.refresh_from_db()
    assert task.due_on == FIRST + timedelta(days=10)
    assert dict(CheckDuty.objects.values_list("due_on", "done_on")) == {FIRST: TODAY, task.due_on: None}
    fact = ConductFact.objects.get(kind="visit_postponed")
    assert (fact.person, fact.figure, fact.loan) == (bank.manager.person, 10, task.loan)


def test_what_the_lender_put_off_is_not_told_of_the_borrower(bank, task):
    agree(bank, ask(bank, task, cause="lender"), by=bank.officer)
    assert not ConductFact.objects.exists()


def test_a_refused_postponement_leaves_the_day_and_says_why(bank, task):
    asked = ask(bank, task)
    refused("REASON_MISSING", agree, bank=bank, asked=asked, agree=False)
    assert agree(bank, asked, agree=False, answer="It is urgent.").state == "refused"
    task.refresh_from_db()
    assert task.due_on == FIRST
    refused("POSTPONEMENT_DECIDED", agree, bank=bank, asked=asked)


def test_postponing_is_asked_by_the_person_assigned_and_agreed_by_another(bank, task):
    refused("TASK_POSTPONE", ask, bank=bank, task=task, by=bank.manager2) if Task.objects.visible_to(bank.manager2).filter(pk=task.pk).exists() else None
    refused("TASK_POSTPONE", ask, bank=bank, task=task, by=bank.head)
    asked = ask(bank, task)
    refused("TASK_POSTPONE_AGREE", agree, bank=bank, asked=asked, by=bank.manager)
    refused("TASK_POSTPONE_AGREE", agree, bank=bank, asked=asked, by=bank.credit)
    with pytest.raises(IntegrityError, match="agreed_by_another_person"), transaction.atomic():
        type(asked).objects.filter(pk=asked.pk).update(state="agreed", decided_by=bank.manager.person, decided_on=TODAY)


@pytest.mark.parametrize(("days", "code"), [(0, "NOT_LATER"), (30, ""), (31, "POSTPONED_TOO_FAR")])
def test_the_plan_says_how_far_an_inspection_may_be_put_off(bank, task, days, code):
    if code:
        refused(code, ask, bank=bank, task=task, days=days)
    else:
        assert ask(bank, task, days=days)


def test_the_plan_says_how_often_and_days_count_from_the_first_due_date(bank, task):
    agree(bank, ask(bank, task, days=10))
    task.refresh_from_db()
    refused("POSTPONED_TOO_FAR", ask, bank=bank, task=task, days=21)
    agree(bank, ask(bank, task, days=20))
    task.refresh_from_db()
    refused("POSTPONED_TOO_OFTEN", ask, bank=bank, task=task, days=1)


def test_no_plan_in_force_puts_off_nothing(bank, task):
    make_plan(bank, {"occasion": "routine", "kind": "routine", "days": 10}, valid_from=TODAY + timedelta(days=1))
    refused("POSTPONED_TOO_OFTEN", ask, bank=bank, task=task, days=1)


def test_an_inspection_is_not_put_off_without_a_reason_twice_at_once_or_to_a_holiday(bank, task):
    refused("REASON_MISSING", ask, bank=bank, task=task, reason=" ")
    bank.lender.calendars.create(kind="CN", from_on=date(2020, 1, 1))
    sunday = FIRST + timedelta(days=6 - FIRST.weekday())
    refused("HOLIDAY", ask, bank=bank, task=task, to_day=sunday if sunday > FIRST else sunday + timedelta(days=7))
    ask(bank, task, to_day=date(2026, 11, 30))
    refused("POSTPONEMENT_WAITS", ask, bank=bank, task=task)


def test_what_was_handed_in_meanwhile_is_not_put_off(bank, task):
    asked = ask(bank, task)
    Task.objects.filter(pk=task.pk).update(state="submitted", submitted_on=TODAY)
    refused("TASK_CLOSED", agree, bank=bank, asked=asked)
    other = make_task(bank)
    Task.objects.filter(pk=other.pk).update(state="submitted", submitted_on=TODAY)
    refused("TASK_CLOSED", ask, bank=bank, task=other)


def test_an_inspection_before_maturity_is_not_put_off_past_it(bank, task):
    Task.objects.filter(pk=task.pk).update(kind="maturity", called_on=FIRST + timedelta(days=5))
    task.refresh_from_db()
    refused("AFTER_MATURITY", ask, bank=bank, task=task, days=5)
    assert ask(bank, task, days=4)


def test_the_due_day_moves_by_an_agreed_postponement_only(bank, task):
    with pytest.raises(IntegrityError, match="moves only by an agreed postponement"), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(due_on=LAST)


def test_what_a_branch_head_gave_to_another_stays_there_when_the_absence_ends(bank):
    task = make_task(bank, due_on=FIRST)
    third = hire(bank, "third", Role.ACCOUNT_MANAGER, bank.branch)
    made = away(bank)
    assign_task(task_id=task.pk, to_person_id=third.person.pk, by=bank.head)
    load.cancel_absence(by=bank.head, absence_id=made.pk)
    assert Task.objects.get(pk=task.pk).assigned_to == third.person


def test_nobody_of_an_agency_stands_in_for_somebody_of_the_bank_or_of_another_agency(bank):
    refused("SUBSTITUTE_AGENCY", away, bank=bank, substitute=bank.agent.person)
    other = hire(bank, "other", Role.FIELD_AGENT, bank.branch)
    Person.objects.filter(pk=other.person.pk).update(agency="South")
    other.person.refresh_from_db()
    refused("SUBSTITUTE_AGENCY", away, bank=bank, person=bank.agent.person, substitute=other.person)
