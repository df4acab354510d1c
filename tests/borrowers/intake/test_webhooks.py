"""Webhooks: only a known source with the right key is believed, for the facts it may tell."""

import json
import time

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from borrowers.feeds.models import WebhookSource
from borrowers.intake.rules import signature
from borrowers.intake.sources import key_of
from borrowers.intake.webhooks import webhook
from borrowers.parties.models import ExternalSignal, KeyCustomerTier
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.factories import DAY, LoanFactory, hire

SIGNAL = {"borrower_number": "B-1", "kind": "court", "source": "District court", "reference": "17", "headline": "Sued", "confidence": "confirmed",
          "valid_from": "2026-01-05"}  # fmt: skip


@pytest.fixture
def admin(db, settings):
    settings.BUSINESS_DATE = DAY.isoformat()
    return hire(LoanFactory(borrower__number="B-1").branch, Role.SYSADMIN)


@pytest.fixture
def source(admin):
    return WebhookSource.objects.create(lender=admin.person.lender, name="bureau", facts=["external_signal"], made_by=admin.person)


def send(source, *rows, fact="external_signal", key=None, name=None, moment=None, delivery=None):
    body = json.dumps({"fact": fact, "business_date": DAY.isoformat(), "rows": rows}).encode()
    moment = str(moment or int(time.time()))
    headers = {"X-LoanWatch-Timestamp": moment, "X-LoanWatch-Signature": signature(key or key_of(source), moment, delivery or "", body)}
    headers |= {"X-LoanWatch-Delivery": delivery} if delivery else {}
    address = f"/api/v1/hooks/{source.lender.code}/{name or source.name}/"
    return Client(enforce_csrf_checks=True).post(address, body, content_type="application/json", headers=headers)


def test_a_signed_message_becomes_facts_once_however_often_it_is_sent(source):
    assert send(source, SIGNAL).json()["rows"]["applied"] == 1
    again = send(source, SIGNAL)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ExternalSignal.objects.count() == 1


def test_the_senders_own_number_of_a_message_counts_where_there_is_one(source):
    assert send(source, SIGNAL, delivery="m-1").status_code == 200
    assert send(source, SIGNAL | {"headline": "Other"}, delivery="m-1").json()["code"] == "KEY_REUSED"
    assert send(source, SIGNAL | {"headline": "Other"}, delivery="m-2").status_code == 200


def test_what_is_not_believed_leaves_nothing(source):
    assert send(source, SIGNAL, key="0" * 64).json()["code"] == "BAD_SIGNATURE"
    assert send(source, SIGNAL, name="nobody").json()["code"] == "BAD_SIGNATURE"
    assert send(source, SIGNAL, moment=1_000_000_000).json()["code"] == "TOO_OLD"
    WebhookSource.objects.update(active=False)
    assert send(source, SIGNAL).status_code == 401
    assert not ExternalSignal.objects.exists()


def test_the_number_of_a_message_is_signed_with_it(source):
    body = json.dumps({"fact": "external_signal", "business_date": DAY.isoformat(), "rows": [SIGNAL]}).encode()
    moment = str(int(time.time()))
    headers = {"X-LoanWatch-Timestamp": moment, "X-LoanWatch-Signature": signature(key_of(source), moment, "m-1", body)}
    address = f"/api/v1/hooks/{source.lender.code}/{source.name}/"
    for number, status in (("m-2", 401), ("", 401), ("m-1", 200)):
        sent = Client().post(
            address, body, content_type="application/json", headers=headers | ({"X-LoanWatch-Delivery": number} if number else {})
        )
        assert sent.status_code == status


@pytest.mark.parametrize(("length", "status"), [("twelve", 400), ("²", 400), ("9" * 5000, 400), ("9" * 18, 413)])
def test_a_length_that_is_no_number_or_too_large_is_refused(source, length, status):
    request = RequestFactory().post("/", b"{}", content_type="application/json")
    request.META["CONTENT_LENGTH"] = length
    assert webhook(request, lender=source.lender.code, name=source.name).status_code == status


def test_a_source_tells_only_what_it_may(source):
    answer = send(source, {"borrower_number": "B-1", "kind": "court"}, fact="tier")
    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_ALLOWED")
    assert not KeyCustomerTier.objects.exists()


def test_a_new_key_ends_the_old_one(source, admin):
    old = key_of(source)
    browser = Client()
    browser.force_login(admin.account)
    assert browser.post(reverse("intake:key_change", args=[source.pk])).status_code == 302
    source.refresh_from_db()
    assert send(source, SIGNAL, key=old).status_code == 401
    assert send(source, SIGNAL).status_code == 200


def test_an_administrator_adds_a_source_and_reading_its_key_leaves_a_trail(admin):
    browser = Client()
    browser.force_login(admin.account)
    assert browser.post(reverse("intake:source_new"), {"name": "registry", "facts": ["external_signal", "statement"]}).status_code == 302
    source = WebhookSource.objects.get(name="registry")
    page = browser.get(reverse("intake:source", args=[source.pk])).content.decode()
    assert key_of(source) not in page
    assert key_of(source) in browser.post(reverse("intake:key_read", args=[source.pk])).content.decode()
    assert AuditEvent.objects.filter(event="webhook.key_read", subject_id=str(source.pk)).exists()


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "facts": ["statement"]},
        {"name": "Bad Name", "facts": ["statement"]},
        {"name": "good", "facts": []},
        {"name": "good", "facts": ["gold"]},
    ],
)
def test_a_source_with_a_fault_is_not_added(admin, data):
    browser = Client()
    browser.force_login(admin.account)
    assert browser.post(reverse("intake:source_new"), data).status_code == 422
    assert not WebhookSource.objects.exists()


def test_a_name_is_given_once_and_a_source_can_be_switched_off_and_on(admin, source):
    browser = Client()
    browser.force_login(admin.account)
    assert browser.post(reverse("intake:source_new"), {"name": "bureau", "facts": ["statement"]}).status_code == 409
    for active, now in (("no", False), ("yes", True)):
        browser.post(reverse("intake:switch", args=[source.pk]), {"active": active})
        source.refresh_from_db()
        assert source.active is now
