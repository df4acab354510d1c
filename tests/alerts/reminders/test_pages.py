"""Pages of reminders and of messages: what is shown, kept and refused."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from alerts.reminders.models import ContactPreference, ContactWay, ReminderText
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, BusinessDay
from loanwatch.trail.outbox.models import OutboxMessage
from tests.factories import BorrowerFactory, BranchFactory, LoanFactory, hire

pytestmark = pytest.mark.django_db
LONG_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _today(settings):
    settings.BUSINESS_DATE = TODAY.isoformat()


@pytest.fixture
def branch():
    return BranchFactory()


@pytest.fixture
def desk(branch):
    def of(role: Role) -> Client:
        client = Client()
        client.force_login(hire(branch, role).account, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return of


def message(lender, **told) -> OutboxMessage:
    plain = {"kind": "reminder.soon_7", "subject": "LN-000015/3", "business_date": TODAY, "channel": "sms", "recipient": "+86 138 0000 1234",
             "lane": "borrower:1", "headline": "Soon", "body": "Pay 1,000.00", "send_on": TODAY, "not_before": LONG_SINCE}  # fmt: skip
    return OutboxMessage.objects.create(lender=lender, **(plain | told))


NEW = {"headline": "Due {due}", "body": "{lender}: {currency} {amount}", "valid_from": TODAY.isoformat(), "reason": "Plainer"}


def test_credit_administration_sees_all_words_in_three_languages_as_a_borrower_would_read_them(desk):
    shown = desk(Role.CREDIT_ADMIN).get("/reminders/").content.decode()
    for words in ("CNY 12,480.00", "您尾号0015的贷款", "KRW 1,248,000", "21:00–08:00"):
        assert words in shown
    assert "{amount}" not in shown


def test_new_words_are_previewed_then_kept_from_a_day_on(desk, branch):
    client = desk(Role.CREDIT_ADMIN)
    preview = client.post("/reminders/texts/soon/en/new/", NEW | {"preview": "1"})
    assert "Bank of Tests: CNY 12,480.00" in preview.content.decode()
    assert not ReminderText.objects.exists()
    client.post("/reminders/texts/soon/en/new/", NEW)
    kept = ReminderText.objects.get()
    assert (kept.version, kept.valid_from, kept.made_by.lender) == (2, TODAY, branch.lender)
    assert AuditEvent.objects.filter(event="reminder.text_made").exists()


@pytest.mark.parametrize("wrong", [{"body": "{salary}"}, {"body": "{"}, {"reason": ""}, {"body": ""}])
def test_words_that_can_not_be_filled_in_are_sent_back(desk, wrong):
    assert desk(Role.CREDIT_ADMIN).post("/reminders/texts/soon/en/new/", NEW | wrong).status_code == 422
    assert not ReminderText.objects.exists()


def test_words_do_not_change_for_a_day_that_is_closed(desk, branch):
    BusinessDay.objects.create(lender=branch.lender, business_date=TODAY, state="closed")
    assert desk(Role.CREDIT_ADMIN).post("/reminders/texts/soon/en/new/", NEW).status_code == 409
    later = NEW | {"valid_from": (TODAY + timedelta(days=1)).isoformat()}
    assert desk(Role.CREDIT_ADMIN).post("/reminders/texts/soon/en/new/", later).status_code == 302


def test_only_credit_administration_keeps_words(desk):
    for role in (Role.ACCOUNT_MANAGER, Role.RISK_OFFICER, Role.SYSADMIN, Role.AUDITOR):
        assert desk(role).get("/reminders/").status_code == 403
        assert desk(role).post("/reminders/texts/soon/en/new/", NEW).status_code == 403


def test_an_unknown_text_is_not_there(desk):
    assert desk(Role.CREDIT_ADMIN).get("/reminders/texts/soon/fr/").status_code == 404


@pytest.fixture
def own(branch):
    """An account manager, and the borrower of a loan that the manager answers for."""
    manager = hire(branch, Role.ACCOUNT_MANAGER, on=TODAY)
    loan = LoanFactory(branch=branch, borrower=BorrowerFactory(lender=branch.lender, phone="+86 138 0000 9876"), lead=manager.person)
    client = Client()
    client.force_login(manager.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client, loan.borrower


def test_the_account_manager_keeps_how_a_borrower_is_reached(own):
    client, borrower = own
    address = f"/reminders/borrowers/{borrower.number}/"
    assert client.get(address).status_code == 200
    client.post(f"{address}way/", {"language": "ko", "channel": "email", "address": "owner@works.example"})
    client.post(f"{address}way/", {"language": "zh-hans", "channel": "sms", "address": ""})
    way = ContactWay.objects.get(borrower=borrower)
    assert (way.language, way.channel, way.address) == ("zh-hans", "sms", "")
    told = AuditEvent.objects.filter(event="contact.changed")
    assert told.count() == 2
    assert "owner@works.example" not in str([event.details for event in told])


@pytest.mark.parametrize("wrong", [{"channel": "email", "address": ""}, {"channel": "email", "address": "nobody"}, {"channel": "fax", "address": "1"}])
def test_a_way_that_leads_nowhere_is_sent_back(own, wrong):
    client, borrower = own
    assert client.post(f"/reminders/borrowers/{borrower.number}/way/", {"language": "ko"} | wrong).status_code == 422


def test_a_borrower_who_does_not_want_reminders_says_so_once_and_may_want_them_again(own):
    client, borrower = own
    address = f"/reminders/borrowers/{borrower.number}/"
    asked = {"channel": "", "from_on": TODAY.isoformat(), "told_by": "The owner, by telephone"}
    assert client.post(f"{address}stop/", asked).status_code == 302
    assert client.post(f"{address}stop/", asked).status_code == 409
    assert client.post(f"{address}stop/", asked | {"told_by": ""}).status_code == 422
    kept = ContactPreference.objects.get()
    assert client.post(f"{address}again/{kept.pk}/").status_code == 302
    assert client.post(f"{address}again/{kept.pk}/").status_code == 409
    kept.refresh_from_db()
    assert kept.to_on == TODAY


def test_a_borrower_of_somebody_else_is_not_there_and_a_risk_officer_only_looks(own, branch, desk):
    _, borrower = own
    address = f"/reminders/borrowers/{borrower.number}/"
    assert desk(Role.ACCOUNT_MANAGER).get(address).status_code == 404
    officer = desk(Role.RISK_OFFICER)
    assert officer.get(address).status_code == 200
    assert officer.post(f"{address}stop/", {}).status_code == 403


def test_the_list_of_messages_narrows_by_state_kind_and_number_and_masks_whom_they_go_to(desk, branch):
    client = desk(Role.CREDIT_ADMIN)
    message(branch.lender)
    message(branch.lender, subject="LN-000099/1", kind="notice.day", channel="email", recipient="head@bank.example", state="dropped", reason="too_late")
    everything = client.get("/outbox/").content.decode()
    assert "*** 1234" in everything
    assert "138 0000" not in everything
    assert "h***@bank.example" in everything
    for query, shown, hidden in (
        ("state=waiting", "LN-000015/3", "LN-000099/1"), ("kind=notice.day", "LN-000099/1", "LN-000015/3"), ("q=LN-000015", "LN-000015/3", "LN-000099/1"),
        ("channel=email", "LN-000099/1", "LN-000015/3"), (f"first={TODAY + timedelta(days=1)}", "No message matches", "LN-000015/3"),
    ):  # fmt: skip
        answer = client.get(f"/outbox/?{query}").content.decode()
        assert (shown in answer, hidden in answer) == (True, False), query


def test_who_keeps_the_system_settles_messages_without_reading_them(desk, branch):
    made = message(branch.lender)
    keeper, credit = desk(Role.SYSADMIN), desk(Role.CREDIT_ADMIN)
    assert "Pay 1,000.00" not in keeper.get(f"/outbox/{made.pk}/").content.decode()
    assert "Pay 1,000.00" in credit.get(f"/outbox/{made.pk}/").content.decode()
    assert keeper.post(f"/outbox/{made.pk}/settle/", {"verdict": "arrived", "reason": "x"}).status_code == 422
    assert keeper.post(f"/outbox/{made.pk}/settle/", {"verdict": "drop", "reason": ""}).status_code == 422
    assert keeper.post(f"/outbox/{made.pk}/settle/", {"verdict": "drop", "reason": "Wrong number"}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.reason) == ("dropped", "by_hand")
    assert keeper.post(f"/outbox/{made.pk}/settle/", {"verdict": "drop", "reason": "Again"}).status_code == 409


def test_several_are_settled_at_once_and_none_without_a_reason(desk, branch):
    ids = [message(branch.lender, subject=f"LN-{n}/1").pk for n in range(3)]
    client = desk(Role.SYSADMIN)
    client.post("/outbox/settle/", {"ids": ids, "verdict": "drop", "reason": ""})
    assert OutboxMessage.objects.filter(state="waiting").count() == 3
    client.post("/outbox/settle/", {"ids": ids, "verdict": "drop", "reason": "Test messages"})
    assert OutboxMessage.objects.filter(state="dropped").count() == 3


def test_an_auditor_looks_and_settles_nothing_and_others_see_no_messages(desk, branch):
    made = message(branch.lender)
    assert desk(Role.AUDITOR).get(f"/outbox/{made.pk}/").status_code == 200
    assert desk(Role.AUDITOR).post(f"/outbox/{made.pk}/settle/", {"verdict": "drop", "reason": "x"}).status_code == 403
    assert desk(Role.ACCOUNT_MANAGER).get("/outbox/").status_code == 403
    stranger = message(BranchFactory().lender)
    assert desk(Role.CREDIT_ADMIN).get(f"/outbox/{stranger.pk}/").status_code == 404
