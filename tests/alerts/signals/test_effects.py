"""What an alert asks for and what inspections find: orders become tasks, failed checkpoints become alerts, each once."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from alerts.signals import handling
from alerts.signals.handling_models import AlertSignal
from alerts.signals.models import Alert, Level
from alerts.signals.warn import hear
from borrowers.findings.actions import note_finding
from inspections.planning.models import Task
from inspections.planning.schedule import schedule_tasks
from loanwatch.people.models import Role
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import BusinessDay
from tests.alerts.signals.nights import close
from tests.factories import DAY, AlertFactory, BranchFactory, LoanDayFactory, LoanFactory, RuleVersionFactory, close_days, hire

pytestmark = pytest.mark.usefixtures("as_worker")
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def branch(db):
    made = BranchFactory()
    close_days(made.lender, DAY, NEXT)
    BusinessDay.objects.filter(lender=made.lender, business_date=NEXT).update(state="due")
    return made


@pytest.fixture
def manager(branch):
    return hire(branch, Role.ACCOUNT_MANAGER)


@pytest.fixture
def loan(branch, manager):
    made = LoanFactory(branch=branch, lead=manager.person)
    LoanDayFactory(loan=made, as_of=NEXT)
    return made


def night(step, lender, day=NEXT):
    with transaction.atomic(), connection.cursor() as cursor:
        return step(cursor, key_of(lender.pk, day), lender)


@pytest.mark.parametrize("on_borrower", [False, True])
def test_an_inspection_that_an_alert_asks_for_is_planned_with_the_next_close_once(loan, manager, on_borrower):
    alert = AlertFactory(loan=loan, level=Level.ORANGE)
    if on_borrower:
        Alert.objects.filter(pk=alert.pk).update(loan=None)
    handling.order_inspection(number=alert.number, by=manager, reason="See the stock.", loan_number=loan.number)
    night(schedule_tasks, loan.lender)
    task = Task.objects.get(kind="special")
    assert (task.loan, task.alert, task.assigned_to) == (loan, alert, manager.person)
    assert night(schedule_tasks, loan.lender) == 0


def test_an_orange_alert_of_which_nobody_asked_plans_no_special_inspection(loan):
    AlertFactory(loan=loan, level=Level.ORANGE)
    night(schedule_tasks, loan.lender)
    assert not Task.objects.filter(kind="special").exists()


def find(loan, by, subject, level):
    return note_finding(loan=loan, subject=subject, points=["stock"], level=level, text="The yard is empty.", on=NEXT, by=by.person)


def test_what_an_inspection_found_amiss_becomes_one_alert_of_its_loan_that_rises(loan, branch):
    officer = hire(branch, Role.RISK_OFFICER)
    find(loan, officer, "visit:1", 1)
    assert night(hear, loan.lender) == 1
    alert = Alert.objects.get()
    assert (alert.rule.code, alert.level, alert.loan, alert.state, alert.evidence.count()) == ("SIG-VISIT", 1, loan, "open", 1)
    assert night(hear, loan.lender) == 0
    find(loan, officer, "visit:2", 3)
    night(hear, loan.lender)
    assert Alert.objects.get().level == 3
    assert list(AlertSignal.objects.values_list("reference", "level", "source")) == [("visit:1", 1, "visit"), ("visit:2", 3, "visit")]
    close(alert, NEXT)
    find(loan, officer, "visit:3", 2)
    night(hear, loan.lender)
    assert Alert.objects.get(state="open").previous == alert


def test_what_is_not_known_yet_raises_nothing(loan, branch):
    find(loan, hire(branch, Role.RISK_OFFICER), "visit:1", 1)
    assert night(hear, loan.lender, DAY) == 0
    RuleVersionFactory(lender=loan.lender)
    assert not Alert.objects.exists()
