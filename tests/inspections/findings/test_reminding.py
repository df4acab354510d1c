"""Whoever is to put a finding right is told in time, once, and others when it is late."""

from datetime import date, timedelta

import pytest
from django.db import connection

from inspections.findings import actions, extending
from inspections.findings.models import FindingReminder
from inspections.findings.reminding import remind_findings
from loanwatch.trail.outbox.models import OutboxMessage
from tests.inspections.book import TODAY, Bank, make_loan

DUE = date(2026, 12, 4)  # a Friday
pytestmark = pytest.mark.usefixtures("as_worker")


def close(bank: Bank, day: date) -> int:
    with connection.cursor() as cursor:
        return remind_findings(cursor, {"lender": bank.lender.pk, "day": day, "lo": 0, "hi": 255, "only": None, "held": []}, bank.lender)


def told(day: date) -> list[tuple[str, str]]:
    return sorted(OutboxMessage.objects.filter(business_date=day).values_list("kind", "subject"))


def stages() -> list[int]:
    return list(FindingReminder.objects.order_by("id").values_list("stage", flat=True))


def test_owner_branch_head_and_credit_administration_are_told_in_turn_and_once(bank: Bank, raised) -> None:
    raised(due_on=DUE)
    owner, head, credit = (p.person.staff_no for p in (bank.manager, bank.head, bank.credit))
    expected = {
        date(2026, 11, 30): [],
        date(2026, 12, 1): [("notice.finding_due", owner)],  # Tuesday: three working days before
        date(2026, 12, 2): [],
        DUE: [("notice.finding_due", owner)],
        date(2026, 12, 6): [],  # Sunday: no working day has gone by
        date(2026, 12, 7): [("notice.finding_late", owner)],
        date(2026, 12, 8): [],
        date(2026, 12, 9): [("notice.finding_late", head)],
        date(2026, 12, 10): [],
        date(2026, 12, 11): [("notice.finding_late", credit)],
        date(2026, 12, 14): [],
    }
    for day, messages in expected.items():
        close(bank, day)
        assert close(bank, day) == 0
        assert told(day) == messages, day
    assert stages() == [1, 2, 3, 4, 5]


def test_one_person_gets_one_message_with_all_numbers(bank: Bank, raised) -> None:
    first, second = raised(due_on=DUE), raised(due_on=DUE)
    close(bank, DUE)
    (message,) = OutboxMessage.objects.all()
    assert first.number in message.body
    assert second.number in message.body


def test_a_remedy_that_waits_is_nobodys_lateness(bank: Bank, raised) -> None:
    finding = raised(due_on=DUE)
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    assert close(bank, DUE + timedelta(days=10)) == 0
    actions.return_remedy(finding_id=finding.pk, by=bank.officer, reason="Not enough.")
    close(bank, DUE + timedelta(days=10))
    assert stages() == [5]  # what was missed meanwhile is not told afterwards


def test_more_time_begins_the_stages_anew(bank: Bank, raised) -> None:
    finding = raised(due_on=DUE)
    close(bank, DUE)
    extending.ask_for_time(finding_id=finding.pk, by=bank.manager, until_on=DUE + timedelta(days=7), reason="So.")
    extending.answer_time(finding_id=finding.pk, by=bank.officer, agrees=True)
    assert close(bank, DUE + timedelta(days=3)) == 0
    close(bank, DUE + timedelta(days=7))
    assert stages() == [2, 2]


def test_an_owner_who_has_left_is_answered_for_by_the_branch_head(bank: Bank, raised) -> None:
    raised(make_loan(bank), due_on=DUE)
    person = bank.manager.person
    person.left_on = TODAY + timedelta(days=1)
    person.save()
    close(bank, DUE)
    assert told(DUE) == [("notice.finding_due", bank.head.person.staff_no)]


def test_a_thousand_findings_cost_as_many_statements_as_one(bank: Bank, raised, django_assert_max_num_queries) -> None:
    loan = make_loan(bank)
    for _n in range(15):
        raised(loan, due_on=DUE)
    with django_assert_max_num_queries(20):
        close(bank, DUE)
    assert len(stages()) == 15
