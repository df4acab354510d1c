from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from alerts.rulebook import actions, silencing
from alerts.rulebook.models import RuleSnooze, RuleTrial
from alerts.rulebook.queries import snoozed, trial_versions
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, BusinessDay
from tests.alerts.rulebook.life.conftest import TEXT, a_draft
from tests.factories import DAY, BranchFactory, LoanFactory, RuleVersionFactory, hire

TOMORROW = DAY + timedelta(days=1)


def close(branch, *days):
    for day in days:
        BusinessDay.objects.create(lender=branch.lender, business_date=day, state=BusinessDay.State.CLOSED)


# Test runs -------------------------------------------------------------------------------------------------------------------


def test_a_draft_is_tried_out_from_the_next_close_for_the_days_asked(draft, officer, branch):
    trial = silencing.start_trial(version_id=draft.pk, by=officer, days=3)
    assert (trial.from_on, trial.to_on) == (TOMORROW, DAY + timedelta(days=3))
    assert [v.pk for v in trial_versions(branch.lender, TOMORROW, "loan")] == [draft.pk]
    assert [v.pk for v in trial_versions(branch.lender, trial.to_on, "loan")] == [draft.pk]
    assert trial_versions(branch.lender, DAY, "loan") == []
    assert trial_versions(branch.lender, trial.to_on + timedelta(days=1), "loan") == []
    assert trial_versions(branch.lender, TOMORROW, "borrower") == []


@pytest.mark.parametrize(("days", "fits"), [(0, False), (1, True), (60, True), (61, False)])
def test_a_test_run_lasts_no_longer_than_the_lender_allows(draft, officer, days, fits):
    if fits:
        assert silencing.start_trial(version_id=draft.pk, by=officer, days=days).to_on == DAY + timedelta(days=days)
    else:
        with pytest.raises(Refused, match="60 days"):
            silencing.start_trial(version_id=draft.pk, by=officer, days=days)


def test_what_is_tried_out_stays_as_it_is_until_the_run_is_stopped(draft, officer, branch):
    silencing.start_trial(version_id=draft.pk, by=officer, days=5)
    with pytest.raises(Conflict, match="tried out"):
        actions.save_draft(by=officer, draft=a_draft(text="red when days_past_due > 1"))
    with pytest.raises(Conflict, match="already"):
        silencing.start_trial(version_id=draft.pk, by=officer, days=5)
    close(branch, TOMORROW)
    silencing.stop_trial(version_id=draft.pk, by=officer)
    with pytest.raises(Conflict, match="under way"):
        silencing.stop_trial(version_id=draft.pk, by=officer)
    actions.save_draft(by=officer, draft=a_draft(text="red when days_past_due > 1"))
    tried = trial_versions(branch.lender, TOMORROW, "loan")
    assert [v.text for v in tried] == [TEXT], "a day that is run again sees what was tried out then"
    assert trial_versions(branch.lender, TOMORROW + timedelta(days=1), "loan") == []


def test_approving_a_version_ends_its_test_run(checked, officer, credit, branch):
    silencing.start_trial(version_id=checked.pk, by=officer, days=5)
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)
    assert trial_versions(branch.lender, TOMORROW, "loan") == []
    with pytest.raises(Conflict, match="not approved yet"):
        silencing.start_trial(version_id=checked.pk, by=officer, days=5)


def test_only_a_risk_officer_tries_out(draft, credit):
    with pytest.raises(Refused, match="risk officer"):
        silencing.start_trial(version_id=draft.pk, by=credit, days=5)


# Silences --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def loan(branch):
    return LoanFactory(branch=branch)


@pytest.fixture
def rule(branch):
    return RuleVersionFactory(lender=branch.lender).rule


def silence(rule, loan, officer, **changed):
    wanted = {"rule_code": rule.code, "borrower": loan.borrower.number, "by": officer, "until": DAY + timedelta(days=9), "reason": "Moves its account."}
    return silencing.snooze(**(wanted | changed))


def test_a_rule_is_silenced_for_one_borrower_until_a_day_with_a_reason(rule, loan, officer, branch):
    made = silence(rule, loan, officer)
    assert (made.from_on, made.until) == (TOMORROW, DAY + timedelta(days=9))
    found = {day: snoozed(branch.lender, day).count() for day in (DAY, TOMORROW, made.until, made.until + timedelta(days=1))}
    assert list(found.values()) == [0, 1, 1, 0]
    assert AuditEvent.objects.get(event="rule.snoozed").details["reason"] == "Moves its account."


@pytest.mark.parametrize(("days", "fits"), [(0, False), (1, True), (180, True), (181, False)])
def test_a_silence_lasts_no_longer_than_the_lender_allows(rule, loan, officer, days, fits):
    if fits:
        assert silence(rule, loan, officer, until=DAY + timedelta(days=days))
    else:
        with pytest.raises(Refused, match="Choose a day"):
            silence(rule, loan, officer, until=DAY + timedelta(days=days))


def test_a_silence_says_why_and_is_there_once(rule, loan, officer):
    with pytest.raises(Refused, match="Say why"):
        silence(rule, loan, officer, reason=" ")
    silence(rule, loan, officer)
    with pytest.raises(Conflict, match="already"):
        silence(rule, loan, officer)


def test_rules_on_conduct_and_on_branches_are_never_silenced(branch, loan, officer):
    conduct = RuleVersionFactory(lender=branch.lender, code="PRC-01", staff_conduct=True).rule
    with pytest.raises(Refused, match="staff conduct"):
        silence(conduct, loan, officer)
    wide = RuleVersionFactory(lender=branch.lender, code="IND-06").rule
    wide.grain = "branch"
    wide.save()
    with pytest.raises(Refused, match="loans or borrowers"):
        silence(wide, loan, officer)


def test_a_borrower_out_of_sight_is_not_there(rule, loan, officer, branch):
    elsewhere = hire(BranchFactory(lender=branch.lender), Role.RISK_OFFICER)
    with pytest.raises(Borrower.DoesNotExist):
        silence(rule, loan, elsewhere)
    made = silence(rule, loan, officer)
    with pytest.raises(RuleSnooze.DoesNotExist):
        silencing.lift_snooze(snooze_id=made.pk, by=elsewhere)


def test_a_silence_is_lifted_from_the_next_close_on_once(rule, loan, officer, branch):
    made = silence(rule, loan, officer)
    close(branch, TOMORROW)
    silencing.lift_snooze(snooze_id=made.pk, by=officer)
    assert [snoozed(branch.lender, day).count() for day in (TOMORROW, TOMORROW + timedelta(days=1))] == [1, 0]
    with pytest.raises(Conflict, match="over"):
        silencing.lift_snooze(snooze_id=made.pk, by=officer)
    assert silence(rule, loan, officer), "it can be silenced again"


def test_only_a_risk_officer_silences(rule, loan, credit, branch):
    for role in (Role.CREDIT_ADMIN, Role.ACCOUNT_MANAGER, Role.BRANCH_HEAD):
        with pytest.raises(Refused, match="risk officer"):
            silence(rule, loan, hire(branch, role))


def test_the_database_lets_nobody_lengthen_a_silence_or_a_test_run(rule, loan, draft, officer):
    silence(rule, loan, officer)
    silencing.start_trial(version_id=draft.pk, by=officer, days=5)
    for rows, change in (
        (RuleSnooze.objects.all(), {"until": DAY + timedelta(days=99), "lifted_by": officer.person}),
        (RuleSnooze.objects.all(), {"reason": "Other."}),
        (RuleTrial.objects.all(), {"to_on": DAY + timedelta(days=99), "stopped_by": officer.person}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleSnooze.objects.all().delete()
