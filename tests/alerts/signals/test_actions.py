from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from alerts.signals import actions
from alerts.signals.handling_models import AlertNote
from alerts.signals.models import Alert
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


def handled(alert, manager):
    actions.note_measure(number=alert.number, by=manager, text="Called the owner.")
    return actions.submit_for_closing(number=alert.number, by=manager, text="Paid today.")


def test_an_alert_goes_from_new_to_closed_by_two_persons_and_leaves_a_trail(alert, manager, officer):
    actions.acknowledge(number=alert.number, by=manager)
    handled(alert, manager)
    actions.close_alert(number=alert.number, by=officer, outcome="resolved", note="Seen the payment.")
    alert.refresh_from_db()
    assert (alert.state, alert.closed_by, alert.submitted_by, alert.closed_on) == ("closed", officer.person, manager.person, DAY)
    events = AuditEvent.objects.filter(subject_id=str(alert.pk)).order_by("id").values_list("event", flat=True)
    assert list(events) == ["alert.acknowledged", "alert.handling_started", "alert.submitted", "alert.closed"]
    assert set(AlertNote.objects.filter(alert=alert).values_list("kind", flat=True)) == {"measure", "submit", "close"}


def test_handling_a_new_alert_acknowledges_it(alert, manager):
    actions.note_measure(number=alert.number, by=manager, text="Called.", kind="contact")
    alert.refresh_from_db()
    assert (alert.state, alert.handler) == ("handling", manager.person)
    assert alert.acknowledged_at is not None


@pytest.mark.parametrize("step", ["submit", "return", "close"])
def test_a_new_alert_can_neither_be_submitted_nor_returned_nor_closed(alert, manager, officer, step):
    with pytest.raises(Conflict, match="does not follow"):
        if step == "submit":
            actions.submit_for_closing(number=alert.number, by=manager, text="x")
        elif step == "return":
            actions.return_alert(number=alert.number, by=officer, reason="x")
        else:
            actions.close_alert(number=alert.number, by=officer, outcome="resolved", note="x")
    alert.refresh_from_db()
    assert alert.state == "open"


def test_a_returned_alert_goes_back_to_its_handler_with_the_reason(alert, manager, officer):
    handled(alert, manager)
    actions.return_alert(number=alert.number, by=officer, reason="No receipt attached.")
    alert.refresh_from_db()
    assert (alert.state, alert.submitted_by, alert.handler) == ("handling", None, manager.person)
    assert AlertNote.objects.get(alert=alert, kind="return").text == "No receipt attached."


def test_what_is_submitted_waits_and_takes_no_more_notes(alert, manager):
    handled(alert, manager)
    with pytest.raises(Conflict, match="waits for a risk officer"):
        actions.note_measure(number=alert.number, by=manager, text="One more thing.")


def test_the_account_manager_can_not_close(alert, manager):
    handled(alert, manager)
    with pytest.raises(Refused, match="risk officer"):
        actions.close_alert(number=alert.number, by=manager, outcome="resolved", note="x")


def test_the_submitter_can_not_close_even_as_a_risk_officer(alert, branch):
    both = hire(branch, Role.RISK_OFFICER)
    Alert.objects.filter(pk=alert.pk).update(state="submitted", submitted_by=both.person)
    with pytest.raises(Refused, match="did not submit"):
        actions.close_alert(number=alert.number, by=both, outcome="resolved", note="x")


def test_the_database_refuses_a_closer_who_submitted(alert, officer):
    with pytest.raises(IntegrityError, match="alert_closed_by_another_person"), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(state="closed", submitted_by=officer.person, closed_by=officer.person, outcome="resolved")


def test_an_officer_can_not_handle_in_the_managers_place(alert, officer):
    with pytest.raises(Refused, match="account manager"):
        actions.note_measure(number=alert.number, by=officer, text="x")


def test_an_alert_of_another_branch_does_not_exist(alert):
    stranger = hire(BranchFactory(lender=alert.lender), Role.RISK_OFFICER)
    with pytest.raises(Alert.DoesNotExist):
        actions.acknowledge(number=alert.number, by=stranger)


def test_an_alert_on_ones_own_conduct_does_not_exist_for_oneself(branch, officer):
    version = RuleVersionFactory(lender=branch.lender, code="PRC-01", staff_conduct=True)
    alert = AlertFactory(loan=LoanFactory(branch=branch), version=version, staff_conduct=True, concerns=officer.person)
    with pytest.raises(Alert.DoesNotExist):
        actions.acknowledge(number=alert.number, by=officer)
    assert actions.acknowledge(number=alert.number, by=hire(branch, Role.RISK_OFFICER)).state == "acknowledged"


def test_acknowledging_many_tells_of_each_what_became_of_it(alert, branch, manager):
    done = AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))
    actions.acknowledge(number=done.number, by=manager)
    outcomes = actions.acknowledge_many(numbers=[alert.number, done.number, "AL-99-000000", alert.number], by=manager)
    assert [(o.number, o.done) for o in outcomes] == [(alert.number, True), (done.number, False), ("AL-99-000000", False)]
    assert "Acknowledged" in outcomes[1].sentence


def test_of_two_closers_at_once_one_wins_and_the_other_is_told_who(transactional_db):
    branch = BranchFactory()
    manager, officers = hire(branch, Role.ACCOUNT_MANAGER), [hire(branch, Role.RISK_OFFICER) for _ in range(2)]
    alert = AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))
    handled(alert, manager)

    def close(officer):
        try:
            actions.close_alert(number=alert.number, by=officer, outcome="resolved", note="x")
            return "closed"
        except Conflict as conflict:
            return conflict.sentence
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(close, officers), key=len)
    assert results[0] == "closed"
    assert "already been closed by" in results[1]
    assert AlertNote.objects.filter(alert=alert, kind="close").count() == 1
