"""The night gathers the open alerts of a borrower in one case, whose level follows the worst; what waits too long is escalated once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from alerts.cases.gather import gather as gather_step
from alerts.cases.models import Case, CaseAlert, CaseEvent
from alerts.observation.models import BorrowerDay
from alerts.signals.escalation import days_before
from alerts.signals.escalation import escalate as escalate_step
from alerts.signals.handling_models import AlertEscalation
from alerts.signals.models import Alert
from loanwatch.people.models import Account, Person, Role
from loanwatch.trail.ledger import key_of
from loanwatch.trail.outbox.models import OutboxMessage
from tests.alerts.signals.nights import close
from tests.factories import DAY, AlertFactory, BranchFactory, LoanDayFactory, LoanFactory, RuleVersionFactory, close_days, hire

pytestmark = pytest.mark.usefixtures("as_worker")
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def branch(db):
    made = BranchFactory()
    close_days(made.lender, DAY, TOMORROW)
    return made


@pytest.fixture
def manager(branch):
    return hire(branch, Role.ACCOUNT_MANAGER)


@pytest.fixture
def loan(branch, manager):
    return LoanFactory(branch=branch, lead=manager.person)


def alert(loan, code="REP-01", **parts):
    return AlertFactory(loan=loan, version=RuleVersionFactory(lender=loan.lender, code=code, staff_conduct=parts.get("staff_conduct", False)), **parts)


def run(step, lender, day=DAY):
    with transaction.atomic(), connection.cursor() as cursor:
        return step(cursor, key_of(lender.pk, day), lender)


def kinds(case):
    return list(CaseEvent.objects.filter(case=case).values_list("kind", flat=True))


# --- gather ---


def test_the_alerts_of_a_borrower_come_into_one_case_and_a_second_night_writes_nothing(loan, branch):
    other = LoanFactory(branch=branch, borrower=loan.borrower)
    alert(loan, level=1)
    alert(other, "COL-01", level=2)
    assert run(gather_step, loan.lender) > 0
    case = Case.objects.get()
    assert (case.borrower, case.level, case.state, case.opened_on, case.gathered.count(), kinds(case)) == (loan.borrower, 2, "open", DAY, 2, ["opened"])
    assert case.number.startswith("CS-26-")
    assert run(gather_step, loan.lender) == 0


def test_an_alert_on_conduct_or_on_a_branch_is_in_no_case(loan, manager):
    alert(loan, "PRC-01", staff_conduct=True, concerns=manager.person)
    assert run(gather_step, loan.lender) == 0


def test_a_worse_signal_escalates_the_case_with_its_reason_and_is_told_once(loan, branch, manager):
    officer = hire(branch, Role.RISK_OFFICER)
    Account.objects.update(email="someone@bank.test")
    alert(loan, level=1)
    run(gather_step, loan.lender)
    BorrowerDay.objects.create(
        lender=loan.lender, as_of=TOMORROW, borrower=loan.borrower, bucket=loan.bucket, branch=branch, manager=manager.person, kind="company",
        segment="small", industry="", currency="CNY", loans=1, outstanding=10, outstanding_90=0,
    )  # fmt: skip
    worse = alert(loan, "COL-01", level=3, opened_on=TOMORROW)
    run(gather_step, loan.lender, TOMORROW)
    event = CaseEvent.objects.get(kind="escalated")
    assert (event.old_level, event.new_level, event.alert, event.on) == (1, 3, worse, TOMORROW)
    told = OutboxMessage.objects.filter(kind="notice.case")
    assert set(told.values_list("subject", flat=True)) == {manager.person.staff_no, officer.person.staff_no}
    assert {m.language for m in told} == {"zh-hans"}
    assert event.case.number in told[0].body
    assert run(gather_step, loan.lender, TOMORROW) == 0


def test_that_a_case_rose_is_told_to_the_nearest_risk_officers_however_far_above(branch, manager):
    middle = BranchFactory(lender=branch.lender, parent=branch)
    village = BranchFactory(lender=branch.lender, parent=middle)
    loan = LoanFactory(branch=village)
    far, gone = hire(branch, Role.RISK_OFFICER), hire(village, Role.RISK_OFFICER)
    Person.objects.filter(pk=gone.person.pk).update(left_on=DAY)
    Account.objects.update(email="someone@bank.test")
    alert(loan, level=1)
    run(gather_step, loan.lender)
    alert(loan, "COL-01", level=3, opened_on=TOMORROW)
    run(gather_step, loan.lender, TOMORROW)
    assert list(OutboxMessage.objects.filter(kind="notice.case").values_list("subject", flat=True)) == [far.person.staff_no]


def test_a_closed_alert_eases_the_case_and_ninety_quiet_days_close_it(loan):
    first = alert(loan)
    run(gather_step, loan.lender)
    close(first, DAY)
    run(gather_step, loan.lender, DAY + timedelta(days=89))
    case = Case.objects.get()
    assert (case.level, case.state, kinds(case)) == (None, "open", ["opened", "eased"])
    run(gather_step, loan.lender, DAY + timedelta(days=90))
    case.refresh_from_db()
    assert (case.state, case.closed_by) == ("closed", None)
    alert(loan, opened_on=DAY + timedelta(days=91))
    run(gather_step, loan.lender, DAY + timedelta(days=91))
    assert Case.objects.filter(borrower=loan.borrower).count() == 2


def test_a_reopened_alert_of_a_closed_case_goes_into_the_next_one(loan):
    first = alert(loan)
    run(gather_step, loan.lender)
    close(first, DAY)
    Case.objects.update(state="closed", closed_on=DAY, level=None)
    Alert.objects.filter(pk=first.pk).update(
        state="open", reopened=1, reopened_on=TOMORROW, closed_by=None, closed_on=None, submitted_by=None, outcome=""
    )
    run(gather_step, loan.lender, TOMORROW)
    assert list(CaseAlert.objects.order_by("id").values_list("alert", "to_on")) == [(first.pk, TOMORROW), (first.pk, None)]


def test_the_database_holds_one_open_case_per_borrower_and_one_case_per_alert(loan):
    made = alert(loan)
    run(gather_step, loan.lender)
    case = Case.objects.get()
    with pytest.raises(IntegrityError, match="one_open_case_per_borrower"), transaction.atomic():
        Case.objects.create(lender=loan.lender, number="CS-X", borrower=loan.borrower, branch=loan.branch, opened_on=DAY)
    other = Case.objects.create(lender=loan.lender, number="CS-Y", borrower=loan.borrower, branch=loan.branch, opened_on=DAY, state="closed", closed_on=DAY)
    with pytest.raises(IntegrityError, match="alert_in_one_case"), transaction.atomic():
        CaseAlert.objects.create(case=other, alert=made, from_on=DAY)
    assert case.gathered.get().alert == made


# --- escalate ---

MONDAY = DAY + timedelta(days=3)  # DAY is a Friday


@pytest.mark.parametrize(
    ("on", "stages"),
    [(MONDAY, []), (MONDAY + timedelta(days=1), [1]), (MONDAY + timedelta(days=2), [1, 2]), (MONDAY + timedelta(days=3), [1, 2, 3])],
)
def test_a_red_alert_nobody_has_seen_goes_up_working_day_by_working_day(loan, on, stages):
    alert(loan, due_on=DAY + timedelta(days=30))  # opened on Friday, to be seen by Monday
    run(escalate_step, loan.lender, on)
    found = AlertEscalation.objects.order_by("stage")
    assert [(e.stage, e.cause, e.on) for e in found] == [(s, "acknowledge", on) for s in stages]
    assert run(escalate_step, loan.lender, on) == 0


@pytest.mark.parametrize(("late", "stages"), [(0, 0), (1, 1), (3, 2), (5, 3)])
def test_an_orange_alert_in_handling_goes_up_when_it_is_not_handled_in_time(loan, late, stages):
    alert(loan, level=2, state="handling", opened_on=DAY - timedelta(days=20), due_on=DAY - timedelta(days=4))  # a Monday
    run(escalate_step, loan.lender, DAY - timedelta(days=4 - late) if late < 5 else MONDAY)
    assert AlertEscalation.objects.count() == stages


def test_what_waits_for_its_second_check_or_is_closed_is_not_escalated(loan):
    alert(loan, state="submitted", due_on=DAY)
    done = alert(loan, "COL-01", due_on=DAY)
    close(done, DAY)
    assert run(escalate_step, loan.lender, DAY + timedelta(days=60)) == 0


def test_after_it_was_reopened_an_alert_goes_up_anew(loan):
    made = alert(loan, due_on=DAY)
    run(escalate_step, loan.lender, DAY + timedelta(days=30))
    close(made, DAY + timedelta(days=31))
    Alert.objects.filter(pk=made.pk).update(
        state="open", reopened=1, reopened_on=DAY + timedelta(days=32), due_on=DAY + timedelta(days=35), closed_by=None, closed_on=None,
        submitted_by=None, outcome="",
    )  # fmt: skip
    assert run(escalate_step, loan.lender, DAY + timedelta(days=32)) == 0
    run(escalate_step, loan.lender, DAY + timedelta(days=60))
    assert list(AlertEscalation.objects.filter(alert=made).values_list("round", flat=True).order_by("round")) == [0, 0, 0, 1, 1, 1]


def test_manager_head_and_credit_administration_are_told_each_once_in_the_lenders_language(loan, branch, manager):
    head, admin = hire(branch, Role.BRANCH_HEAD), hire(branch, Role.CREDIT_ADMIN)
    Account.objects.update(email="someone@bank.test")
    LoanDayFactory(loan=loan, as_of=TOMORROW)
    made = alert(loan, opened_on=DAY - timedelta(days=30), due_on=DAY - timedelta(days=20))
    run(escalate_step, loan.lender, TOMORROW)
    run(escalate_step, loan.lender, TOMORROW)
    told = OutboxMessage.objects.filter(kind="notice.escalation")
    assert sorted(told.values_list("subject", flat=True)) == sorted(p.person.staff_no for p in (manager, head, admin))
    assert all(made.number in m.body for m in told)


def test_of_an_alert_on_conduct_the_person_concerned_is_told_nothing_and_nobody_its_number(branch, manager):
    concerned, above = hire(branch, Role.BRANCH_HEAD), hire(branch, Role.CREDIT_ADMIN)
    Account.objects.update(email="someone@bank.test")
    loan = LoanFactory(branch=branch, lead=manager.person)
    made = alert(loan, "PRC-01", staff_conduct=True, concerns=concerned.person, opened_on=DAY - timedelta(days=30), due_on=DAY - timedelta(days=20))
    run(escalate_step, loan.lender, TOMORROW)
    told = OutboxMessage.objects.filter(kind="notice.escalation")
    assert list(told.values_list("subject", flat=True)) == [above.person.staff_no]
    assert made.number not in told[0].body


def test_working_days_before_a_day_leave_out_the_weekend(branch):
    assert days_before(branch.lender, MONDAY, 2) == [MONDAY, MONDAY - timedelta(days=1), DAY - timedelta(days=1)]
