"""Giving alerts away, measures, contacts, files, orders, taking back, and signals that people raise; every refusal."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from alerts.signals import actions, handling
from alerts.signals.handling_models import AlertNote, AlertOrder, AlertSignal
from alerts.signals.models import Alert
from alerts.signals.raising import raise_signal
from borrowers.documents.uploads.limits import BadUpload
from borrowers.loans.models import Loan
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.factories import DAY, AlertFactory, BranchFactory, LoanFactory, RuleVersionFactory, hire


@pytest.fixture
def branch(db):
    return BranchFactory()


@pytest.fixture
def manager(branch):
    return hire(branch, Role.ACCOUNT_MANAGER)


@pytest.fixture
def officer(branch):
    return hire(branch, Role.RISK_OFFICER)


@pytest.fixture
def alert(branch, manager):
    return AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))


def submitted(alert, manager):
    actions.note_measure(number=alert.number, by=manager, text="Called the owner.")
    return actions.submit_for_closing(number=alert.number, by=manager, text="Paid today.")


# --- who handles it ---


def test_an_officer_gives_an_alert_to_a_colleague_and_takes_it_back(alert, officer, branch, manager):
    other = hire(branch, Role.ACCOUNT_MANAGER)
    handling.assign(number=alert.number, to=manager.person.staff_no, by=officer)
    assert handling.assign(number=alert.number, to=other.person.staff_no, by=officer).assigned_to == other.person
    assert handling.undo_assign(number=alert.number, by=officer).assigned_to == manager.person
    with pytest.raises(Conflict, match="could still be taken back"):
        handling.undo_assign(number=alert.number, by=officer)


def test_an_assignment_is_taken_back_by_its_author_alone_and_soon(alert, officer, branch, manager):
    handling.assign(number=alert.number, to=manager.person.staff_no, by=officer)
    with pytest.raises(Conflict, match="of yours"):
        handling.undo_assign(number=alert.number, by=hire(branch, Role.BRANCH_HEAD))


def test_an_alert_is_not_given_to_a_stranger_nor_by_an_account_manager_nor_once_submitted(alert, officer, manager, branch):
    stranger = hire(BranchFactory(lender=branch.lender), Role.ACCOUNT_MANAGER)
    with pytest.raises(Refused, match="works for its branch"):
        handling.assign(number=alert.number, to=stranger.person.staff_no, by=officer)
    with pytest.raises(Refused, match="risk officer or the branch head"):
        handling.assign(number=alert.number, to=manager.person.staff_no, by=manager)
    submitted(alert, manager)
    with pytest.raises(Conflict, match="waits for a risk officer"):
        handling.assign(number=alert.number, to=manager.person.staff_no, by=officer)


def test_an_alert_on_conduct_is_never_given_to_whom_it_concerns(branch, officer):
    concerned = hire(branch, Role.RISK_OFFICER)
    version = RuleVersionFactory(lender=branch.lender, code="PRC-01", staff_conduct=True)
    alert = AlertFactory(loan=LoanFactory(branch=branch), version=version, staff_conduct=True, concerns=concerned.person)
    with pytest.raises(Refused, match="does not concern"):
        handling.assign(number=alert.number, to=concerned.person.staff_no, by=officer)


def test_an_acknowledgement_is_taken_back_by_its_author_within_ten_minutes(alert, manager, officer):
    actions.acknowledge(number=alert.number, by=manager)
    with pytest.raises(Refused, match="Only whoever acknowledged"):
        handling.undo_acknowledge(number=alert.number, by=officer)
    Alert.objects.filter(pk=alert.pk).update(acknowledged_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(Conflict, match="too long ago"):
        handling.undo_acknowledge(number=alert.number, by=manager)
    Alert.objects.filter(pk=alert.pk).update(acknowledged_at=timezone.now() - timedelta(minutes=9))
    assert handling.undo_acknowledge(number=alert.number, by=manager).state == "open"
    with pytest.raises(Conflict, match="does not follow"):
        handling.undo_acknowledge(number=alert.number, by=manager)


# --- measures, contacts, files, orders ---


def test_a_measure_has_a_kind_and_a_day_and_is_done_once_not_in_the_future(alert, manager):
    note = actions.note_measure(number=alert.number, by=manager, text="Asked for statements.", measure="documents", due_on=DAY)
    with pytest.raises(Conflict, match="day to come"):
        handling.measure_done(number=alert.number, note_id=note.pk, by=manager, done_on=DAY + timedelta(days=1))
    done = handling.measure_done(number=alert.number, note_id=note.pk, by=manager, done_on=DAY)
    assert (done.done_on, done.done_by, done.get_measure_display()) == (DAY, manager.person, "Documents asked for")
    with pytest.raises(Conflict, match="already"):
        handling.measure_done(number=alert.number, note_id=note.pk, by=manager, done_on=DAY)
    other = AlertFactory(loan=alert.loan, version=RuleVersionFactory(lender=alert.lender, code="REP-02"))
    with pytest.raises(AlertNote.DoesNotExist):
        handling.measure_done(number=other.number, note_id=note.pk, by=manager, done_on=DAY)


def test_a_contact_has_a_channel_and_an_outcome(alert, manager):
    note = actions.note_measure(number=alert.number, by=manager, text="Will pay.", kind="contact", channel="telephone", answer="promised", measure="plan")
    assert (note.channel, note.answer, note.measure) == ("telephone", "promised", "")


def test_a_file_is_kept_once_and_only_what_the_archive_keeps(alert, manager, officer, settings, tmp_path):
    from tests.borrowers.documents.files import pdf

    kept = handling.attach(number=alert.number, by=manager, upload=io.BytesIO(pdf()), filename="letter.pdf")
    assert (kept.filename, kept.content_type, kept.by) == ("letter.pdf", "application/pdf", manager.person)
    assert handling.file_of(number=alert.number, file_id=kept.pk, by=officer)[1].startswith(b"%PDF")
    with pytest.raises(Conflict, match="already"):
        handling.attach(number=alert.number, by=manager, upload=io.BytesIO(pdf()), filename="again.pdf")
    with pytest.raises(BadUpload):
        handling.attach(number=alert.number, by=manager, upload=io.BytesIO(b"MZ program"), filename="x.pdf")
    with pytest.raises(Refused, match="account manager"):
        handling.attach(number=alert.number, by=officer, upload=io.BytesIO(pdf()), filename="x.pdf")


def test_an_inspection_is_ordered_once_for_a_loan_and_never_by_an_alert_on_conduct(alert, manager, branch, officer):
    order = handling.order_inspection(number=alert.number, by=officer, reason="See the stock.")
    assert (order.loan, order.by) == (alert.loan, officer.person)
    with pytest.raises(Conflict, match="already asked for"):
        handling.order_inspection(number=alert.number, by=manager, reason="Again")
    version = RuleVersionFactory(lender=branch.lender, code="PRC-01", staff_conduct=True)
    conduct = AlertFactory(loan=alert.loan, version=version, staff_conduct=True, concerns=manager.person)
    with pytest.raises(Conflict, match="no inspection"):
        handling.order_inspection(number=conduct.number, by=officer, reason="x")
    assert AlertOrder.objects.count() == 1


# --- many at once ---


def test_submitting_and_closing_many_tell_of_each_what_became_of_it(alert, manager, officer, branch):
    other = AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))
    actions.note_measure(number=alert.number, by=manager, text="x")
    told = actions.each(actions.submit_for_closing, numbers=[alert.number, other.number], by=manager, text="Paid.")
    assert [o.done for o in told] == [True, False]
    told = actions.each(actions.close_alert, numbers=[alert.number, other.number, "AL-0"], by=officer, outcome="resolved", note="Seen.")
    assert [o.done for o in told] == [True, False, False]
    assert "no alert AL-0" in told[2].sentence


def test_of_one_who_returns_and_one_who_closes_at_once_one_decides_and_the_other_is_told(transactional_db):
    branch = BranchFactory()
    manager, officers = hire(branch, Role.ACCOUNT_MANAGER), [hire(branch, Role.RISK_OFFICER) for _ in range(2)]
    alert = AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))
    submitted(alert, manager)

    def decide(n):
        try:
            if n:
                actions.close_alert(number=alert.number, by=officers[1], outcome="resolved", note="x")
            else:
                actions.return_alert(number=alert.number, by=officers[0], reason="x")
            return "decided"
        except Conflict as conflict:
            return conflict.sentence
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(decide, range(2)), key=len)
    assert results[0] == "decided"
    assert "Nothing was changed" in results[1]
    decisions = AuditEvent.objects.filter(subject_id=str(alert.pk), event__in=["alert.closed", "alert.returned"])
    assert decisions.count() == 1


# --- signals of people ---


def test_what_a_person_saw_on_a_loan_becomes_an_alert_with_number_level_and_deadline(alert, manager, officer):
    made = raise_signal(by=manager, level=2, kind="stock", text="The yard is empty.", loan_number=alert.loan.number)
    assert (made.rule.code, made.level, made.state, made.loan, made.raised_by) == ("SIG-MANUAL", 2, "open", alert.loan, manager.person)
    assert made.due_on > DAY
    assert Alert.objects.visible_to(officer).filter(pk=made.pk).exists()
    again = raise_signal(by=officer, level=3, kind="owner", text="The owner has left.", loan_number=alert.loan.number)
    assert (again.pk, again.level) == (made.pk, 3)
    assert list(AlertSignal.objects.values_list("kind", "by")) == [("stock", manager.person.pk), ("owner", officer.person.pk)]
    assert raise_signal(by=manager, level=1, kind="cash", text="x", loan_number=alert.loan.number).level == 3


def test_a_signal_on_a_borrower_is_another_alert_than_one_on_the_loan(alert, manager):
    one = raise_signal(by=manager, level=1, kind="cash", text="x", loan_number=alert.loan.number)
    other = raise_signal(by=manager, level=1, kind="cash", text="x", borrower_number=alert.borrower.number)
    assert (one.grain, other.grain) == ("loan", "borrower")


def test_nobody_raises_a_signal_on_what_they_can_not_see(alert, branch):
    stranger = hire(branch, Role.ACCOUNT_MANAGER)
    with pytest.raises(Loan.DoesNotExist):
        raise_signal(by=stranger, level=1, kind="cash", text="x", loan_number=alert.loan.number)
    with pytest.raises(Refused, match="account managers"):
        raise_signal(by=hire(branch, Role.AUDITOR), level=1, kind="cash", text="x", loan_number=alert.loan.number)


def test_the_rule_of_a_signal_is_in_force_on_no_day(alert, manager):
    from alerts.rulebook.queries import live_versions

    raise_signal(by=manager, level=1, kind="cash", text="x", loan_number=alert.loan.number)
    assert "SIG-MANUAL" not in {v.rule.code for v in live_versions(alert.lender, DAY, "loan")}
