"""The day's schedule step: which tasks a close opens, and that repeating it changes nothing."""

from datetime import date, timedelta

import pytest
from django.db import connection

from borrowers.loans.models import CheckDuty, Custody
from inspections.planning.models import Task
from inspections.planning.schedule import schedule_tasks
from loanwatch.trail.ledger import key_of
from tests.alerts.signals.nights import close
from tests.inspections.book import TODAY, make_alert, make_day, make_loan, observe

pytestmark = pytest.mark.usefixtures("as_worker")


@pytest.fixture
def day(bank):
    make_day(bank)
    return bank


def schedule(bank, day=TODAY, **cut) -> int:
    with connection.cursor() as cursor:
        return schedule_tasks(cursor, key_of(bank.lender.pk, day, **cut), bank.lender)


def tasks() -> list[tuple]:
    return list(Task.objects.order_by("id").values_list("kind", "state", "due_on", "assigned_to_id"))


def test_a_new_loan_gets_its_first_check_with_the_duty_and_its_account_manager(day):
    loan = make_loan(day, disbursed_on=TODAY - timedelta(days=2))
    observe(day, loan)
    assert schedule(day) == 1
    assert tasks() == [("first", "due", TODAY + timedelta(days=13), day.manager.person.pk)]
    assert CheckDuty.objects.get().due_on == TODAY + timedelta(days=13)


def test_repeating_the_step_changes_nothing(day):
    loan = make_loan(day, disbursed_on=TODAY - timedelta(days=2))
    observe(day, loan)
    make_alert(day, loan)
    assert schedule(day) == 2
    before = tasks()
    assert schedule(day) == 0
    assert tasks() == before


def test_an_open_red_alert_calls_for_a_special_inspection_once(day):
    loan = make_loan(day)
    observe(day, loan)
    alert = make_alert(day, loan)
    make_alert(day, loan)
    schedule(day)
    (task,) = Task.objects.filter(kind="special")
    assert (task.alert, task.due_on) == (alert, TODAY + timedelta(days=5))


@pytest.mark.parametrize("again", [{"reopened": 1, "reopened_on": TODAY}, {"risen_on": TODAY}])
def test_a_red_alert_that_opened_again_or_has_just_become_red_calls_for_another_special_inspection(day, again):
    loan = make_loan(day)
    observe(day, loan)
    before = TODAY - timedelta(days=10)
    alert = make_alert(day, loan, opened_on=before)
    done = Task.objects.create(
        lender=day.lender, bucket=loan.bucket, loan=loan, borrower=loan.borrower, branch=loan.branch, kind="special", alert=alert, opened_on=before,
        due_on=before, state="done", submitted_on=before, closed_on=before,
    )  # fmt: skip
    schedule(day)
    assert list(Task.objects.filter(kind="special")) == [done]
    if "reopened" in again:
        close(alert, TODAY - timedelta(days=1))
        again = again | {"state": "open", "submitted_by": None, "closed_by": None, "closed_on": None, "outcome": ""}
    type(alert).objects.filter(pk=alert.pk).update(**again)
    schedule(day)
    assert Task.objects.filter(kind="special", state="due", alert=alert).count() == 1


@pytest.mark.parametrize("alert", [{"level": 2}, {"staff_conduct": True}])
def test_no_special_inspection_below_red_or_for_staff_conduct(day, alert):
    loan = make_loan(day)
    observe(day, loan)
    make_alert(day, loan, **alert)
    schedule(day)
    assert not Task.objects.filter(kind="special").exists()


def test_a_routine_inspection_opens_two_weeks_before_it_is_due(day):
    loan = make_loan(day, disbursed_on=TODAY - timedelta(days=365 - 15))
    Task.objects.create(
        lender=day.lender,
        bucket=loan.bucket,
        loan=loan,
        borrower=loan.borrower,
        branch=loan.branch,
        kind="first",
        opened_on=TODAY - timedelta(days=400),
        due_on=TODAY - timedelta(days=360),
        state="done",
        submitted_on=TODAY - timedelta(days=365 - 14),
        closed_on=TODAY - timedelta(days=340),
    )
    observe(day, loan)
    schedule(day)
    assert list(Task.objects.filter(kind="routine").values_list("due_on", flat=True)) == [TODAY + timedelta(days=14)]


def test_a_routine_inspection_that_is_not_near_yet_is_left_out(day):
    loan = make_loan(day, disbursed_on=TODAY - timedelta(days=300))
    observe(day, loan)
    assert schedule(day) == 0


def test_a_book_that_was_never_inspected_is_spread_over_a_quarter(day):
    loan = make_loan(day, disbursed_on=date(2020, 1, 1))
    observe(day, loan)
    schedule(day)
    (task,) = Task.objects.all()
    assert TODAY + timedelta(days=10) <= task.due_on < TODAY + timedelta(days=90)


@pytest.mark.parametrize("kind", ["card", "consumer", "mortgage"])
def test_retail_loans_are_inspected_after_a_red_alert_only(day, kind):
    loan = make_loan(day, kind=kind, disbursed_on=date(2020, 1, 1))
    new = make_loan(day, kind=kind, disbursed_on=TODAY)
    observe(day, loan)
    observe(day, new)
    assert schedule(day) == 0
    make_alert(day, loan)
    assert schedule(day) == 1


def test_tasks_of_a_loan_that_left_the_book_are_cancelled_and_the_duty_ends(day):
    loan = make_loan(day, disbursed_on=TODAY)
    observe(day, loan)
    schedule(day)
    tomorrow = TODAY + timedelta(days=1)
    make_day(day, tomorrow)
    assert schedule(day, tomorrow) == 1
    assert [(t.state, t.closed_on) for t in Task.objects.all()] == [("cancelled", tomorrow)]
    assert CheckDuty.objects.get().done_on == tomorrow


def test_a_task_nobody_has_begun_follows_the_loan_to_its_new_manager(day):
    loan = make_loan(day, disbursed_on=TODAY)
    observe(day, loan)
    schedule(day)
    tomorrow = TODAY + timedelta(days=1)
    make_day(day, tomorrow)
    observe(day, loan, tomorrow, manager=day.manager2)
    schedule(day, tomorrow)
    assert Task.objects.get().assigned_to == day.manager2.person


def test_a_loan_without_a_lead_gets_a_task_that_waits_for_the_branch_head(day):
    loan = make_loan(day, disbursed_on=TODAY)
    Custody.objects.all().delete()
    observe(day, loan)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_loanday SET manager_id = NULL")
    schedule(day)
    assert Task.objects.get().assigned_to is None


def test_a_loan_that_is_set_aside_keeps_its_tasks_as_they_are(day):
    loan, other = make_loan(day, disbursed_on=TODAY), make_loan(day, disbursed_on=TODAY)
    observe(day, loan)
    observe(day, other)
    assert schedule(day, held=[loan.pk]) == 1
    assert Task.objects.get().loan == other
    assert schedule(day, only=[loan.pk]) == 1


def test_a_set_aside_loan_that_is_missing_from_the_book_is_not_taken_for_gone(day):
    loan = make_loan(day, disbursed_on=TODAY)
    observe(day, loan)
    schedule(day)
    tomorrow = TODAY + timedelta(days=1)
    make_day(day, tomorrow)
    assert schedule(day, tomorrow, held=[loan.pk]) == 0
    assert Task.objects.get().state == "due"
