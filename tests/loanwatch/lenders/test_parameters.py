"""Parameters change under four eyes, from a day on, and what is in force is never rewritten."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders import parameters as actions
from loanwatch.lenders.models import Parameter
from loanwatch.lenders.queries import parameter
from loanwatch.lenders.words import fault_of
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, BusinessDay
from tests.loanwatch.people.conftest import TODAY, browser_of

KEY = "alerts.reopen_days"
LATER = TODAY + timedelta(days=10)


def proposed(bank, value=3, valid_from=LATER):
    return actions.propose(
        by=bank.first, lender=bank.lender, key=KEY, value=value, valid_from=valid_from, source="Decision 12", confidence="own"
    )


def form(**changed):
    return {"value": "3", "valid_from": LATER.isoformat(), "source": "Decision 12", "confidence": "own"} | changed


def test_a_proposed_value_counts_only_when_another_person_has_approved_it_and_from_its_day(bank):
    made = proposed(bank)
    assert parameter(bank.lender, KEY, LATER) == 14
    actions.approve(by=bank.second, parameter=made)
    assert parameter(bank.lender, KEY, LATER - timedelta(days=1)) == 14
    assert parameter(bank.lender, KEY, LATER) == 3


def test_the_proposer_cannot_approve_on_the_page(bank):
    made = proposed(bank)
    browser = browser_of(bank.first)
    page = browser.get(reverse("lenders:parameter", args=[KEY])).content.decode()
    assert reverse("lenders:approve", args=[made.pk]) not in page and "Another credit administrator must approve it" in page
    assert browser.post(reverse("lenders:approve", args=[made.pk])).status_code == 403
    with pytest.raises(Refused):
        actions.approve(by=bank.first, parameter=made)
    assert browser_of(bank.second).post(reverse("lenders:approve", args=[made.pk])).status_code == 302


def test_the_proposer_cannot_approve_with_a_second_account_of_the_same_person(bank):
    from loanwatch.people.access import Access
    from loanwatch.people.models import Account

    made = proposed(bank)
    second = Account.objects.create(username="second-account", person=bank.first.person)
    with pytest.raises(Refused):
        actions.approve(by=Access.of(second, TODAY), parameter=made)


def test_a_value_whose_first_day_was_closed_meanwhile_is_not_approved(bank):
    BusinessDay.objects.create(lender=bank.lender, business_date=LATER - timedelta(days=1), state="closed")
    made = proposed(bank)
    BusinessDay.objects.create(lender=bank.lender, business_date=LATER, state="closing")
    with pytest.raises(Conflict) as refusal:
        actions.approve(by=bank.second, parameter=made)
    assert refusal.value.code == "DAY_CLOSED"
    assert parameter(bank.lender, KEY, LATER) == 14
    actions.withdraw(by=bank.first, parameter=made, reason="Too late")
    with pytest.raises(Conflict):
        proposed(bank)
    actions.approve(by=bank.second, parameter=proposed(bank, valid_from=LATER + timedelta(days=1)))


def sql(text: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text, values)


def test_the_database_refuses_the_proposer_as_approver(bank):
    made = proposed(bank)
    with pytest.raises(DatabaseError, match="parameter_approved_by_another_person"):
        sql("UPDATE lenders_parameter SET approved_by = proposed_by WHERE id = %s", made.pk)


@pytest.mark.parametrize(
    "change", ["value = '99'", "valid_from = '2000-01-01'", "approved_by = ''", "proposed_by = 'X'", "source = 'none'"]
)
def test_the_database_keeps_a_value_in_force_as_it_is(bank, change):
    made = proposed(bank)
    with pytest.raises(DatabaseError):
        sql(f"UPDATE lenders_parameter SET {change}, approved_at = now() WHERE key = 'four_eyes.cooling_months'")
    actions.approve(by=bank.second, parameter=made)
    with pytest.raises(DatabaseError):
        sql(f"UPDATE lenders_parameter SET {change} WHERE id = %s", made.pk)
    with pytest.raises(DatabaseError):
        sql("DELETE FROM lenders_parameter WHERE id = %s", made.pk)


def test_a_proposal_is_not_changed_under_the_approvers_eyes(bank):
    made = proposed(bank)
    with pytest.raises(DatabaseError):
        sql("UPDATE lenders_parameter SET value = '99' WHERE id = %s", made.pk)


def test_two_proposals_for_one_parameter_cannot_wait_at_once(bank):
    proposed(bank)
    with pytest.raises(Conflict):
        proposed(bank, value=4)


def test_a_value_is_approved_once(bank):
    made = proposed(bank)
    actions.approve(by=bank.second, parameter=made)
    with pytest.raises(Conflict):
        actions.approve(by=bank.second, parameter=made)


def test_a_withdrawn_proposal_stays_in_the_trail_with_its_reason(bank):
    made = proposed(bank)
    answer = browser_of(bank.second).post(reverse("lenders:withdraw", args=[made.pk]), {"reason": "Too short for visits by boat"})
    assert answer.status_code == 302 and not Parameter.objects.filter(pk=made.pk).exists()
    assert AuditEvent.objects.get(event="parameter.withdrawn").details["reason"] == "Too short for visits by boat"
    with pytest.raises(Refused):
        actions.withdraw(by=bank.second, parameter=Parameter.objects.filter(key=KEY).get(), reason="shipped")


@pytest.mark.parametrize(
    "changed",
    [
        {"value": "three"},
        {"value": "-1"},
        {"value": "3.5"},
        {"value": "true"},
        {"value": "NaN"},
        {"value": "Infinity"},
        {"value": "[3]"},
        {"value": ""},
        {"value": "14"},
        {"valid_from": (TODAY - timedelta(days=1)).isoformat()},
        {"valid_from": "2026-02-30"},
        {"source": ""},
        {"confidence": "sure"},
    ],
)
def test_a_value_that_does_not_fit_is_not_proposed_and_nothing_typed_is_lost(bank, changed):
    answer = browser_of(bank.first).post(reverse("lenders:propose", args=[KEY]), form(**changed))
    assert answer.status_code == 422
    assert not Parameter.objects.exclude(proposed_by="").exists()
    if changed.get("value") == "three":
        assert ">\nthree</textarea>" in answer.content.decode()


def test_a_list_of_rows_keeps_its_shape(bank):
    key = "class.days_past_due"
    rows = '[{"over": 0, "class": "special_mention"}, {"over": 60, "class": "substandard"}, {"over": 360, "class": "loss"}]'
    post = browser_of(bank.first).post
    assert post(reverse("lenders:propose", args=[key]), form(value='[{"over": 0}]')).status_code == 422
    assert post(reverse("lenders:propose", args=[key]), form(value='[{"over": "0", "class": "loss"}]')).status_code == 422
    assert post(reverse("lenders:propose", args=[key]), form(value=rows)).status_code == 302


@pytest.mark.parametrize(
    ("value", "example", "fits"),
    [
        (3, 5, True),
        (3.0, 5, False),
        (3, 5.5, True),
        (True, 5, False),
        (1, True, False),
        ([], [1], False),
        ([1, 2], [1], True),
        ([1, "x"], [1], False),
        ({"a": 1}, {"a": 2, "b": 3}, False),
        ({"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 3}, True),
        ({"a": 1, "b": "x"}, {"a": 2, "b": 3}, False),
        ("", "x", False),
        (-1, 5, False),
        (-1, -5, True),
        (float("nan"), 5.0, False),
    ],
)
def test_a_value_has_the_shape_of_the_one_in_force(value, example, fits):
    assert (not fault_of(value, example)) is fits


def test_risk_officers_and_auditors_read_parameters_and_propose_none(bank):
    for role in (Role.RISK_OFFICER, Role.AUDITOR):
        browser = browser_of(bank.hire(role, "HO"))
        page = browser.get(reverse("lenders:parameter", args=[KEY]))
        assert page.status_code == 200 and "Propose a value" not in page.content.decode()
        assert browser.post(reverse("lenders:propose", args=[KEY]), form()).status_code == 403


def test_the_list_shows_the_value_of_today_and_says_when_it_changes(bank):
    actions.approve(by=bank.second, parameter=proposed(bank))
    page = browser_of(bank.first).get(reverse("lenders:parameters")).content.decode()
    assert "changes on 30 Nov 2026" in page
    assert date(2026, 11, 30) == LATER
