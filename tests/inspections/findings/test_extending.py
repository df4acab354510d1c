"""A due date moves only when somebody else agrees, and not for ever."""

from datetime import timedelta

import pytest

from inspections.findings import actions, extending
from inspections.findings.rules import late_days
from loanwatch.kernel.policy import Conflict, Refused
from tests.inspections.book import TODAY, Bank


def later(finding, days: int = 10):
    return finding.due_on + timedelta(days=days)


def test_more_time_is_asked_by_the_owner_and_agreed_by_a_risk_officer(bank: Bank, raised) -> None:
    finding = raised()
    until = later(finding)
    extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=until, reason="The surveyor is ill.")
    finding.refresh_from_db()
    assert finding.due_on < until
    with pytest.raises(Conflict, match="already"):
        extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=until, reason="Again.")
    for person in (bank.manager, bank.head, bank.auditor):
        with pytest.raises(Refused):
            extending.answer_time(finding_id=finding.pk, by=person, agrees=True)
    assert extending.answer_time(finding_id=finding.pk, by=bank.officer, agrees=True).due_on == until
    with pytest.raises(Conflict, match="Nobody"):
        extending.answer_time(finding_id=finding.pk, by=bank.officer, agrees=True)


def test_more_time_has_a_reason_and_an_owner_who_asks(bank: Bank, raised) -> None:
    finding = raised()
    with pytest.raises(Refused, match="more time is needed"):
        extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=later(finding), reason=" ")
    for person in (bank.head, bank.officer):
        with pytest.raises(Refused):
            extending.ask_for_time(finding_id=finding.pk, by=person, until_on=later(finding), reason="So.")


def test_one_extension_reaches_thirty_days_and_there_are_two(bank: Bank, raised) -> None:
    finding = raised()
    for days in (0, 31):
        with pytest.raises(Conflict, match="at most"):
            extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=later(finding, days), reason="So.")
    for _n in range(2):
        extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=later(finding, 30), reason="So.")
        finding = extending.answer_time(finding_id=finding.pk, by=bank.officer, agrees=True)
    with pytest.raises(Conflict, match="moved 2 times"):
        extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=later(finding, 1), reason="So.")


def test_a_refusal_says_why_and_is_not_counted(bank: Bank, raised) -> None:
    finding = raised()
    extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=later(finding), reason="So.")
    with pytest.raises(Refused, match="no more time"):
        extending.answer_time(finding_id=finding.pk, by=bank.officer, agrees=False)
    assert extending.answer_time(finding_id=finding.pk, by=bank.officer, agrees=False, text="Urgent.").due_on == finding.due_on
    assert extending.limits(finding)[0] == 2


def test_no_time_is_asked_for_what_waits_or_is_verified(bank: Bank, raised) -> None:
    finding = raised()
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    with pytest.raises(Conflict, match="not with its owner"):
        extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=later(finding), reason="So.")


def test_late_begins_the_day_after_the_due_date_and_ends_with_the_remedy() -> None:
    assert [late_days(TODAY, "open", TODAY + timedelta(days=n)) for n in (-1, 0, 1, 5)] == [0, 0, 1, 5]
    assert late_days(TODAY, "returned", TODAY + timedelta(days=2)) == 2
    assert late_days(TODAY, "remedied", TODAY + timedelta(days=2)) == 0
