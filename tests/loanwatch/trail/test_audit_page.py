"""Auditors read the trail; nobody changes it; what leaves the house is harmless and is itself kept."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from loanwatch.people.models import Role
from loanwatch.trail.export import neutral
from loanwatch.trail.models import AuditEvent
from loanwatch.trail.record import record
from tests.loanwatch.people.conftest import TODAY, Office, browser_of, office  # noqa: F401  the fixture


@pytest.fixture
def auditor(office: Office):  # noqa: F811
    return office.hire(Role.AUDITOR, "HO", "Auditor")


def shown(browser: Client, **asked: str) -> list[str]:
    return [event.event for event, _word, _details in browser.get(reverse("trail:events"), asked).context["listed"]]


def test_the_newest_event_stands_first_and_filters_narrow_the_list(office, auditor):  # noqa: F811
    head = office.hire(Role.BRANCH_HEAD, "R1", "Head")
    record("role.granted", by=head, subject=head.person, role="auditor")
    record("product.added", by=auditor)
    browser = browser_of(auditor)
    assert shown(browser)[:3] == ["account.logged_in", "product.added", "role.granted"]
    assert shown(browser, event="product.added") == ["product.added"]
    assert shown(browser, person=head.person.name) == ["role.granted"]
    assert shown(browser, event="role.") == ["role.granted"]
    assert shown(browser, subject="people.person", subject_id=str(head.person.pk)) == ["role.granted"]
    assert shown(browser, first=(date.today() + timedelta(days=2)).isoformat()) == []
    assert browser.get(reverse("trail:events"), {"first": "no date"}).status_code == 200


def test_an_auditor_of_a_region_reads_what_its_people_did_and_nothing_of_the_other(office, auditor):  # noqa: F811
    for code in ("B11", "B21"):
        record(f"seen.{code}", by=office.hire(Role.RISK_OFFICER, code))
    record("seen.system", by=None, subject=auditor.person)
    regional = browser_of(office.hire(Role.AUDITOR, "R1"))
    assert set(shown(regional)) == {"seen.B11", "account.logged_in"}
    assert {"seen.B11", "seen.B21", "seen.system"} <= set(shown(browser_of(auditor)))


def test_an_export_asks_for_a_reason_carries_it_and_is_kept(office, auditor):  # noqa: F811
    record("product.added", by=auditor, name="=HYPERLINK(1)")
    browser = browser_of(auditor)
    assert browser.post(reverse("trail:export"), {"reason": ""}).status_code == 422
    answer = browser.post(reverse("trail:export"), {"reason": "Quarterly review", "event": "product.added"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert ["Reason", "Quarterly review"] in rows
    assert [row[4] for row in rows if len(row) == 8][1:] == ["product.added"]
    assert AuditEvent.objects.get(event="trail.exported").details == {
        "reason": "Quarterly review",
        "filters": {"event": "product.added"},
        "count": 1,
    }


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_is_never_a_formula(text):
    assert neutral(text) == f"'{text}"
    assert neutral("plain") == "plain"


def test_the_web_process_can_neither_change_nor_delete_an_event(auditor):
    record("product.added", by=auditor)
    for statement in ("UPDATE trail_auditevent SET event = 'x'", "DELETE FROM trail_auditevent", "TRUNCATE trail_auditevent"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
