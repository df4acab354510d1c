"""What staff are told after a close: one message each, nothing on one's own conduct, nothing twice."""

from datetime import timedelta

import pytest
from django.db import connection

from alerts.signals.models import Alert, Level
from inspections.planning.models import Task
from loanwatch.day.notices import tell_staff
from loanwatch.people.models import Account, Role
from loanwatch.trail.ledger import key_of
from loanwatch.trail.outbox.models import OutboxMessage
from tests.factories import DAY, AlertFactory, BranchFactory, LoanDayFactory, LoanFactory, RuleVersionFactory, close_days, hire

BEFORE = DAY - timedelta(days=1)


@pytest.fixture
def branch(db, as_worker):
    branch = BranchFactory()
    close_days(branch.lender, DAY)
    return branch


@pytest.fixture
def told(branch):
    def run() -> dict[str, OutboxMessage]:
        with connection.cursor() as cursor:
            run.written = tell_staff(cursor, key_of(branch.lender_id, DAY, previous=BEFORE), branch.lender)
        return {m.subject: m for m in OutboxMessage.objects.all()}

    return run


def alert(branch, manager=None, **more) -> Alert:
    loan = LoanFactory(branch=branch, lead=manager.person if manager else None)
    LoanDayFactory(loan=loan)
    conduct = more.get("staff_conduct", False)
    version = RuleVersionFactory(lender=branch.lender, code="CON-01" if conduct else "REP-01", staff_conduct=conduct)
    return AlertFactory(loan=loan, version=version, **more)


def test_the_account_manager_is_told_of_new_red_and_orange_alerts_in_one_message(branch, told):
    manager = hire(branch, Role.ACCOUNT_MANAGER)
    Account.objects.filter(pk=manager.account.pk).update(email="manager@bank.example")
    red, orange = alert(branch, manager), alert(branch, manager, level=Level.ORANGE)
    alert(branch, manager, level=Level.YELLOW)
    alert(branch, manager, opened_on=BEFORE)
    message = told()[manager.person.staff_no]
    assert "红色1条，橙色1条，员工行为0条" in message.body
    assert red.number in message.body
    assert orange.number in message.body
    assert (message.channel, message.recipient, message.lane) == ("email", "manager@bank.example", f"person:{manager.person.pk}")
    assert len(told()) == 1
    assert told.written == 0


def test_who_has_no_address_is_told_through_the_group_robot_by_staff_number(branch, told):
    manager = hire(branch, Role.ACCOUNT_MANAGER)
    alert(branch, manager)
    message = told()[manager.person.staff_no]
    assert (message.channel, message.recipient) == ("robot", manager.person.staff_no)


def test_an_alert_on_conduct_is_told_to_the_head_and_to_audit_and_never_to_whom_it_concerns(branch, told):
    top = BranchFactory(lender=branch.lender)
    manager, head, auditor = hire(branch, Role.ACCOUNT_MANAGER), hire(branch, Role.BRANCH_HEAD), hire(branch, Role.AUDITOR)
    stranger = hire(top, Role.BRANCH_HEAD)
    made = alert(branch, manager, staff_conduct=True, concerns=manager.person)
    for who in (manager, head, auditor, stranger):
        Account.objects.filter(pk=who.account.pk).update(email=f"{who.person.staff_no}@bank.example")
    found = told()
    assert set(found) == {head.person.staff_no, auditor.person.staff_no}
    assert stranger.person.staff_no not in found
    assert made.number not in str([m.body for m in found.values()])


def test_nothing_of_staff_conduct_reaches_a_group_through_its_robot(branch, told):
    head, auditor = hire(branch, Role.BRANCH_HEAD), hire(branch, Role.AUDITOR)
    alert(branch, hire(branch, Role.ACCOUNT_MANAGER), staff_conduct=True)
    assert told() == {}
    Account.objects.filter(pk=auditor.account.pk).update(email="audit@bank.example")
    alert(branch, opened_on=DAY - timedelta(days=9), due_on=BEFORE)
    found = told()
    assert "员工行为1条" in found[auditor.person.staff_no].body
    assert (found[head.person.staff_no].channel, "员工行为–条" in found[head.person.staff_no].body) == ("robot", True)


def test_a_head_whom_an_alert_on_conduct_concerns_is_not_told_of_it(branch, told):
    head = hire(branch, Role.BRANCH_HEAD)
    alert(branch, staff_conduct=True, concerns=head.person)
    assert told() == {}


def test_an_alert_past_its_time_escalates_once_to_the_nearest_head(branch, told):
    manager, head = hire(branch, Role.ACCOUNT_MANAGER), hire(branch, Role.BRANCH_HEAD)
    late = alert(branch, manager, opened_on=DAY - timedelta(days=9), due_on=BEFORE)
    alert(branch, manager, opened_on=DAY - timedelta(days=9), due_on=DAY)
    alert(branch, manager, opened_on=DAY - timedelta(days=9), due_on=BEFORE - timedelta(days=1))
    found = told()
    assert set(found) == {head.person.staff_no}
    assert "超时未处置的预警信号：1条" in found[head.person.staff_no].body
    assert late.number in found[head.person.staff_no].body


def test_new_and_overdue_tasks_are_told_to_whoever_has_them(branch, told):
    agent = hire(branch, Role.FIELD_AGENT)
    for opened_on, due_on in ((DAY, DAY + timedelta(days=5)), (DAY - timedelta(days=9), BEFORE), (DAY - timedelta(days=9), DAY)):
        loan = LoanFactory(branch=branch)
        Task.objects.create(
            lender=branch.lender, bucket=loan.bucket, loan=loan, borrower=loan.borrower, branch=branch, kind="routine", opened_on=opened_on, due_on=due_on,
            assigned_to=agent.person,
        )  # fmt: skip
    assert "新增1项，逾期1项" in told()[agent.person.staff_no].body


def test_who_has_left_is_told_nothing(branch, told):
    manager = hire(branch, Role.ACCOUNT_MANAGER)
    alert(branch, manager)
    type(manager.person).objects.filter(pk=manager.person.pk).update(left_on=DAY)
    assert told() == {}
