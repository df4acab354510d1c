"""What an alert goes through more than once: it rises, is closed and opens again, is given away; and what then stays known of it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from alerts.backtests.quality import quality, thumb_of
from alerts.cases.models import Case, CaseAlert
from alerts.observation.models import BorrowerDay, LoanDay, StaffDay
from alerts.rulebook.models import RuleTally
from alerts.signals import actions, handling, queries
from alerts.signals.escalation import escalate
from alerts.signals.models import Alert, AlertClosure, AlertEvidence
from alerts.signals.raising import raise_signal
from alerts.signals.warn import BORROWER, LOAN, STAFF, hear
from borrowers.findings.models import VisitFinding
from borrowers.loans.models import Custody
from loanwatch.day.notices import tell_staff
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Account, BranchReach, Person, Role
from loanwatch.trail.ledger import key_of
from loanwatch.trail.outbox.models import OutboxMessage
from tests.alerts.signals.nights import DAYS, close, rule, warn
from tests.factories import DAY, AlertFactory, BranchFactory, LoanDayFactory, LoanFactory, close_days, hire

TEXT = "red when days_past_due >= 61\norange when days_past_due >= 31\nyellow when days_past_due >= 1"


@pytest.fixture
def branch(db):
    made = BranchFactory()
    close_days(made.lender, *DAYS[:20])
    return made


@pytest.fixture
def manager(branch):
    return hire(branch, Role.ACCOUNT_MANAGER)


@pytest.fixture
def officer(branch):
    return hire(branch, Role.RISK_OFFICER)


@pytest.fixture
def loan(branch, manager):
    return LoanFactory(branch=branch, lead=manager.person)


def night(loan, n, days, grain=LOAN, **key):
    LoanDayFactory(loan=loan, as_of=DAYS[n], days_past_due=days)
    return warn(loan.lender, DAYS[n], grain, **key)


def submitted(alert, manager):
    actions.note_measure(number=alert.number, by=manager, text="Called the owner.")
    return actions.submit_for_closing(number=alert.number, by=manager, text="Paid today.")


def told(step, lender, day):
    Account.objects.update(email="someone@bank.test")
    with transaction.atomic(), connection.cursor() as cursor:
        step(cursor, key_of(lender.pk, day, previous=day - timedelta(days=1)), lender)
    return set(OutboxMessage.objects.filter(business_date=day).values_list("subject", flat=True))


def observed(loan, n, **parts):
    return BorrowerDay.objects.create(
        lender=loan.lender, as_of=DAYS[n], borrower=loan.borrower, bucket=loan.bucket, branch=loan.branch, kind="company", segment="small", industry="",
        currency="CNY", loans=1, outstanding=10, outstanding_90=10, **parts,
    )  # fmt: skip


# --- a loan that is set aside ---


def test_a_loan_that_is_set_aside_neither_clears_nor_moves_nor_opens_alerts_of_its_borrower(loan):
    rule(loan.lender, "red when outstanding >= 10\nyellow when outstanding >= 1", "borrower")
    observed(loan, 0)
    assert warn(loan.lender, DAYS[0], BORROWER) == 1
    assert warn(loan.lender, DAYS[1], BORROWER, held=[loan.pk]) == 0  # no row: its only loan is set aside
    rest = observed(loan, 2)
    BorrowerDay.objects.filter(pk=rest.pk).update(outstanding=1)
    assert warn(loan.lender, DAYS[2], BORROWER, held=[loan.pk]) == 0  # the rest of its loans
    alert = Alert.objects.get()
    assert (alert.level, alert.cleared_on) == (3, None)
    assert not RuleTally.objects.filter(as_of=DAYS[2], yellow__gt=0).exists()
    assert warn(loan.lender, DAYS[2], BORROWER) == 1
    assert Alert.objects.get().level == 1


# --- given to somebody ---


def test_whoever_an_alert_was_given_to_sees_and_handles_it_and_it_waits_for_them_alone(branch, loan, manager, officer):
    colleague = hire(branch, Role.ACCOUNT_MANAGER)
    alert = AlertFactory(loan=loan)
    assert not Alert.objects.visible_to(colleague).exists()
    handling.assign(number=alert.number, to=colleague.person.staff_no, by=officer)
    assert Alert.objects.visible_to(colleague).filter(queries.waiting_for(colleague)).exists()
    assert not Alert.objects.visible_to(manager).filter(queries.waiting_for(manager)).exists()
    assert actions.note_measure(number=alert.number, by=colleague, text="Called.").alert == alert


@pytest.mark.parametrize("role", [Role.RISK_OFFICER, Role.BRANCH_HEAD])
def test_a_superior_handles_an_alert_on_a_loan_only_when_it_was_given_to_them(branch, loan, officer, role):
    superior, alert = hire(branch, role), AlertFactory(loan=loan)
    with pytest.raises(Refused, match="was given it"):
        actions.note_measure(number=alert.number, by=superior, text="Called.")
    handling.assign(number=alert.number, to=superior.person.staff_no, by=officer)
    actions.note_measure(number=alert.number, by=superior, text="Called.")
    assert actions.submit_for_closing(number=alert.number, by=superior, text="Paid.").state == "submitted"


# --- a rise ---


def test_a_rise_asks_again_whoever_acknowledged_and_a_fall_does_not(loan, manager):
    rule(loan.lender, TEXT)
    night(loan, 0, 31)
    actions.acknowledge(number=Alert.objects.get().number, by=manager)
    night(loan, 1, 5)
    assert (Alert.objects.get().state, Alert.objects.get().risen_on) == ("acknowledged", None)
    night(loan, 2, 61)
    assert (Alert.objects.get().state, Alert.objects.get().risen_on) == ("open", DAYS[2])


def test_the_second_pair_of_eyes_closes_only_the_level_that_it_saw(loan, manager, officer):
    rule(loan.lender, TEXT)
    night(loan, 0, 5)
    alert = submitted(Alert.objects.get(), manager)
    night(loan, 1, 61)
    with pytest.raises(Conflict, match="meanwhile changed its level and is now at “Red”"):
        actions.close_alert(number=alert.number, by=officer, outcome="resolved", note="Seen.", level=1)
    assert actions.close_alert(number=alert.number, by=officer, outcome="resolved", note="Seen.", level=3).state == "closed"


def test_the_page_of_an_alert_that_rose_since_it_was_shown_closes_nothing(client, loan, manager, officer):
    rule(loan.lender, TEXT)
    night(loan, 0, 5)
    alert = submitted(Alert.objects.get(), manager)
    client.force_login(officer.account)
    assert '<input type="hidden" name="level" value="1">' in client.get(f"/alerts/{alert.number}/").content.decode()
    night(loan, 1, 61)
    answer = client.post(f"/alerts/{alert.number}/close/", {"outcome": "resolved", "note": "Seen.", "level": "1"})
    assert (answer.status_code, Alert.objects.get().state) == (409, "submitted")


def test_the_clock_of_acknowledging_begins_anew_with_a_rise(loan, branch):
    risen = AlertFactory(loan=loan, opened_on=DAY - timedelta(days=60), due_on=DAY + timedelta(days=60), risen_on=DAY)
    told(escalate, loan.lender, DAY)
    assert not risen.escalations.exists()


def test_an_alert_that_opened_again_or_got_worse_is_told_after_the_close(branch, loan, manager):
    rule(loan.lender, TEXT)
    night(loan, 0, 5)
    assert told(tell_staff, loan.lender, DAYS[0]) == set()  # yellow
    night(loan, 1, 61)
    assert told(tell_staff, loan.lender, DAYS[1]) == {manager.person.staff_no}
    close(Alert.objects.get(), DAYS[1])
    night(loan, 2, 61)
    assert Alert.objects.get().reopened == 1
    assert told(tell_staff, loan.lender, DAYS[2]) == {manager.person.staff_no}
    night(loan, 3, 61)
    assert told(tell_staff, loan.lender, DAYS[3]) == set()


def test_an_alert_on_conduct_that_opens_again_is_told_to_superiors_and_never_to_whom_it_concerns(branch, loan, manager):
    head, auditor = hire(branch, Role.BRANCH_HEAD), hire(branch, Role.AUDITOR)
    rule(loan.lender, TEXT, staff_conduct=True)
    night(loan, 0, 5)
    close(Alert.objects.get(), DAYS[0])
    night(loan, 1, 5)
    assert told(tell_staff, loan.lender, DAYS[1]) == {head.person.staff_no, auditor.person.staff_no}


# --- evidence ---


def test_a_level_that_rises_twice_on_a_day_has_evidence_of_each(loan, manager, officer):
    made = raise_signal(by=manager, level=1, kind="stock", text="The yard is empty.", loan_number=loan.number)
    raise_signal(by=officer, level=3, kind="owner", text="The owner has left.", loan_number=loan.number)
    assert list(made.evidence.values_list("level", flat=True)) == [1, 3]
    (said,) = queries.as_json(loan.lender, DAY)["alerts"]
    assert said["level"] == "red"


def test_a_loan_judged_again_on_the_same_day_has_evidence_of_both_levels(loan):
    rule(loan.lender, TEXT)
    night(loan, 0, 5)
    LoanDay.objects.filter(loan=loan, as_of=DAYS[0]).update(days_past_due=61)
    warn(loan.lender, DAYS[0], only=[loan.pk])
    warn(loan.lender, DAYS[0], only=[loan.pk])
    assert list(AlertEvidence.objects.values_list("level", "values")) == [(1, {"days_past_due": 5}), (3, {"days_past_due": 61})]


# --- signals ---


def test_a_signal_on_an_alert_that_waits_for_its_second_check_is_kept_and_brings_it_back(loan, manager):
    made = raise_signal(by=manager, level=1, kind="stock", text="The yard is empty.", loan_number=loan.number)
    submitted(made, manager)
    again = raise_signal(by=manager, level=3, kind="owner", text="The owner has left.", loan_number=loan.number)
    assert (again.pk, again.state, again.level, again.submitted_by, again.signals.count()) == (made.pk, "handling", 3, None, 2)


@pytest.mark.parametrize(("after", "same"), [(14, True), (15, False)])
def test_a_signal_after_a_closed_one_opens_it_again_within_the_window_and_later_the_next_episode(branch, loan, after, same):
    first = raise_signal(by=hire(branch, Role.RISK_OFFICER), level=2, kind="stock", text="x", loan_number=loan.number)
    close(first, DAY)
    later = hire(branch, Role.RISK_OFFICER, on=DAY + timedelta(days=after))
    second = raise_signal(by=later, level=3, kind="stock", text="y", loan_number=loan.number)
    assert (second.pk == first.pk) is same
    assert (second.state, second.level, second.reopened, second.episode) == (("open", 3, 1, 1) if same else ("open", 3, 0, 2))
    assert second.previous == (None if same else first)


@pytest.mark.parametrize(("after", "same"), [(14, True), (15, False)])
def test_a_finding_of_an_inspection_after_a_closed_one_opens_it_again_within_the_window(branch, loan, after, same):
    def found(n, level):
        VisitFinding.objects.create(
            lender=loan.lender, bucket=loan.bucket, loan=loan, subject=f"visit:{n}", points=["stock"], level=level, text="The yard is empty.",
            valid_from=DAYS[n], known_from=DAYS[n],
        )  # fmt: skip
        with transaction.atomic(), connection.cursor() as cursor:
            return hear(cursor, key_of(loan.lender_id, DAYS[n]), loan.lender)

    assert found(0, 2) == 1
    close(Alert.objects.get(), DAYS[0])
    assert found(after, 3) == 1
    last = Alert.objects.order_by("id").last()
    assert (last.level, last.state, last.reopened, last.episode, Alert.objects.count()) == ((3, "open", 1, 1, 1) if same else (3, "open", 0, 2, 2))
    assert list(last.evidence.values_list("as_of", "level"))[-1] == (DAYS[after], 3)


# --- closing and opening again ---


def test_a_closing_stays_known_after_the_alert_opened_again(loan, officer):
    version = rule(loan.lender, TEXT)
    night(loan, 0, 5)
    Alert.objects.update(acknowledged_at="2026-10-30T08:00Z")
    close(Alert.objects.get(), DAYS[0], "false_alarm")
    night(loan, 1, 61)
    assert (Alert.objects.get().state, Alert.objects.get().acknowledged_at) == ("open", None)
    kept = AlertClosure.objects.get()
    assert (kept.round, kept.began_on, kept.closed_on, kept.level, kept.outcome) == (0, DAYS[0], DAYS[0], 1, "false_alarm")
    assert kept.acknowledged_at is not None
    found = dict(quality(officer, loan.lender, DAYS[5], 3, thumb_of(loan.lender, DAYS[5])).rows)
    assert found[version.rule].false_alarm == 1
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        AlertClosure.objects.update(outcome="resolved")


def test_an_alert_on_the_conduct_of_one_does_not_open_again_as_one_on_the_conduct_of_another(branch, loan, manager):
    successor = hire(branch, Role.BRANCH_HEAD)
    rule(loan.lender, TEXT, staff_conduct=True)
    night(loan, 0, 5)
    close(Alert.objects.get(), DAYS[0])
    Custody.objects.filter(loan=loan).update(person=successor.person)
    night(loan, 1, 5)
    old, new = Alert.objects.order_by("id")
    assert (old.state, old.concerns, new.concerns, new.previous) == ("closed", manager.person, successor.person, old)
    assert list(Alert.objects.visible_to(successor)) == [old]


# --- where and to whom ---


def test_staff_who_work_nowhere_are_looked_after_at_the_top_of_the_tree_whichever_branch_came_first(branch, manager):
    top = BranchFactory(lender=branch.lender)
    BranchReach.objects.create(ancestor=top, descendant=branch, depth=1, from_on=DAYS[0] - timedelta(days=900))
    rule(branch.lender, "yellow when copied_pictures_90d >= 1", "staff", staff_conduct=True)
    StaffDay.objects.create(
        lender=branch.lender, as_of=DAYS[0], person=manager.person, branch=None, loans=1, outstanding=5, inspections_overdue=0,
        copied_pictures_90d=1, surprise_defaults_12m=0, edge_extensions_quarter=0,
    )  # fmt: skip
    warn(branch.lender, DAYS[0], STAFF)
    assert Alert.objects.get().branch == top


def test_of_a_late_alert_somebody_who_is_still_there_is_told(branch, loan, manager, officer):
    gone = hire(branch, Role.ACCOUNT_MANAGER)
    LoanDayFactory(loan=loan, as_of=DAY)
    AlertFactory(loan=loan, opened_on=DAY - timedelta(days=3), due_on=DAY + timedelta(days=9), assigned_to=gone.person, handler=gone.person)
    Person.objects.filter(pk=gone.person.pk).update(left_on=DAY - timedelta(days=1))
    assert manager.person.staff_no in told(escalate, loan.lender, DAY)


def test_a_late_alert_without_a_manager_goes_to_the_risk_officer_and_one_without_a_head_to_whoever_is_next(branch, officer):
    loan = LoanFactory(branch=branch)
    head = hire(branch, Role.BRANCH_HEAD)
    Person.objects.filter(pk=head.person.pk).update(left_on=DAY - timedelta(days=1))
    made = AlertFactory(loan=loan, opened_on=DAY - timedelta(days=30), due_on=DAY - timedelta(days=20))
    assert told(escalate, loan.lender, DAY) == {officer.person.staff_no}
    assert made.escalations.count() == 3


def test_notes_are_never_rewritten_and_a_measure_is_done_once(loan, manager):
    note = actions.note_measure(number=AlertFactory(loan=loan).number, by=manager, text="Asked for statements.", measure="documents", due_on=DAY)
    for change in ({"text": "Never asked."}, {"at": "2026-01-01T00:00Z"}, {"due_on": None}):
        with pytest.raises(IntegrityError, match="no longer change"), transaction.atomic():
            type(note).objects.filter(pk=note.pk).update(**change)
    handling.measure_done(number=note.alert.number, note_id=note.pk, by=manager, done_on=DAY)
    with pytest.raises(IntegrityError, match="no longer change"), transaction.atomic():
        type(note).objects.filter(pk=note.pk).update(done_on=None, done_by=None)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        note.delete()


def test_cases_and_what_was_in_them_are_never_deleted(loan):
    case = Case.objects.create(lender=loan.lender, number="CS-X", borrower=loan.borrower, branch=loan.branch, opened_on=DAY)
    held = CaseAlert.objects.create(case=case, alert=AlertFactory(loan=loan), from_on=DAY)
    for kept in (held, case):
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            type(kept).objects.filter(pk=kept.pk)._raw_delete("default")
