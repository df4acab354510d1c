"""Batches of facts over the API: the same checks and the same quarantine as a file, each row answered, each key once."""

import json
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from borrowers.feeds.models import ApiBatch, Delivery, QuarantinedRow
from borrowers.parties.models import Borrower, ExternalSignal, KeyCustomerTier
from loanwatch.people.models import Role
from loanwatch.people.tokens import make_token
from loanwatch.trail.models import AuditEvent
from tests.factories import DAY, LoanFactory, hire

TIER = {"borrower_number": "B-1", "tier": 2, "valid_from": "2026-01-05", "reason": "Large exposure"}


class Sender:
    """A program that tells facts with the key of a person."""

    def __init__(self, account: Any) -> None:
        self.key = make_token(account, "core system")

    def tell(self, fact: str, rows: Any, key: str = "k1", day: str = DAY.isoformat(), **more: Any) -> Any:
        body = more.pop("body", json.dumps({"business_date": day, "rows": rows}))
        headers = {"Authorization": f"Token {self.key}"} | ({"Idempotency-Key": key} if key else {})
        address = f"/api/v1/facts/{fact}/" + ("?back_dated=true" if more.pop("back_dated", False) else "")
        return Client().post(address, body, content_type="application/json", headers=headers)


@pytest.fixture
def loan(db, settings):
    settings.BUSINESS_DATE = DAY.isoformat()
    return LoanFactory(borrower__number="B-1", number="L-1")


@pytest.fixture
def sender(loan):
    return Sender(hire(loan.branch, Role.CREDIT_ADMIN).account)


def test_good_rows_are_taken_and_a_bad_one_is_set_aside_with_its_reason(sender, loan):
    answer = sender.tell("tier", [TIER, TIER | {"borrower_number": "NOBODY"}, TIER | {"valid_from": "05.01.2026"}])
    told = answer.json()
    assert answer.status_code == 200, told
    assert [row["result"] for row in told["results"]] == ["taken", "set_aside", "set_aside"]
    assert [row.get("reason") for row in told["results"]] == [None, "UNKNOWN_BORROWER", "BAD_DATE"]
    assert told["rows"] == {"read": 3, "applied": 1, "unchanged": 0, "quarantined": 2}
    assert KeyCustomerTier.objects.get(borrower=loan.borrower).tier == 2
    waiting = QuarantinedRow.objects.get(reason="UNKNOWN_BORROWER")
    assert (waiting.waits_for, waiting.delivery.channel) == ("NOBODY", Delivery.Channel.API)
    assert AuditEvent.objects.filter(event="facts.received").count() == 1


def test_the_same_request_again_gets_the_same_answer_and_writes_nothing(sender):
    first, again = sender.tell("tier", [TIER]), sender.tell("tier", [TIER])
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (Delivery.objects.count(), KeyCustomerTier.objects.count()) == (1, 1)


def test_a_batch_that_comes_again_with_a_new_key_is_told_the_same_of_each_row(sender):
    rows = [TIER, TIER | {"borrower_number": "NOBODY"}]
    first, again = sender.tell("tier", rows, key="k1").json(), sender.tell("tier", rows, key="k2").json()
    assert again["state"] == "already_loaded"
    assert again["results"] == first["results"]
    assert again["rows"] == {"read": 2, "applied": 0, "unchanged": 1, "quarantined": 1}


def test_a_row_released_since_is_told_as_taken_when_its_batch_comes_again(sender):
    late = [TIER | {"borrower_number": "B-9"}]
    sender.tell("tier", late, key="k1")
    sender.tell("borrower", [{"number": "B-9", "kind": "company", "segment": "small", "name": "Late Ltd"}], key="k2")
    assert sender.tell("tier", late, key="k3").json()["results"] == [{"row": 1, "result": "taken"}]


def test_a_key_with_another_body_or_another_fact_is_refused(sender):
    sender.tell("tier", [TIER])
    assert sender.tell("tier", [TIER | {"tier": 3}]).json()["code"] == "KEY_REUSED"
    assert sender.tell("borrower", [{"number": "B-2"}]).status_code == 422
    assert KeyCustomerTier.objects.get().tier == 2


def test_the_keys_of_two_senders_do_not_meet(sender, loan):
    other = Sender(hire(loan.branch, Role.CREDIT_ADMIN).account)
    assert sender.tell("tier", [TIER]).status_code == 200
    assert other.tell("tier", [TIER | {"tier": 3}]).status_code == 200


@pytest.mark.parametrize(("key", "status"), [("", 400), ("k" * 120, 200), ("k" * 121, 400)])
def test_a_batch_needs_a_key(sender, key, status):
    assert sender.tell("tier", [TIER], key=key).status_code == status


def test_a_changed_fact_becomes_its_next_revision(sender, loan):
    sender.tell("tier", [TIER], key="k1")
    assert sender.tell("tier", [TIER | {"tier": 1}], key="k2").json()["rows"]["applied"] == 1
    assert sender.tell("tier", [TIER | {"tier": 1, "reason": "Large exposure"}], key="k3").json()["rows"]["applied"] == 0
    assert list(KeyCustomerTier.objects.order_by("revision").values_list("revision", "tier")) == [(1, 2), (2, 1)]


def test_a_row_that_was_set_aside_for_a_missing_borrower_is_applied_when_the_borrower_arrives(sender):
    sender.tell("tier", [TIER | {"borrower_number": "B-9"}], key="k1")
    assert not KeyCustomerTier.objects.exists()
    told = sender.tell("borrower", [{"number": "B-9", "kind": "company", "segment": "small", "name": "Late Ltd"}], key="k2").json()
    assert told["rows"]["applied"] == 1
    assert KeyCustomerTier.objects.get().borrower == Borrower.objects.get(number="B-9")
    assert QuarantinedRow.objects.get().state == QuarantinedRow.State.RELEASED


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(1234.5, None), ("1234.50", None), ("1E5", "BAD_NUMBER"), ("1,234.50", "BAD_NUMBER"), ("(100.00)", "BAD_NUMBER"), ("NaN", "BAD_NUMBER"),
     ("０１", "FULL_WIDTH"), (0.001, "TOO_PRECISE"), ("9" * 30, "OUT_OF_RANGE"), (True, "BAD_NUMBER")],
)  # fmt: skip
def test_amounts_pass_the_same_grammar_as_in_a_file(sender, amount, reason):
    row = {"borrower_number": "B-1", "kind": "court", "source": "Court", "reference": "1", "headline": "Sued", "confidence": "confirmed",
           "valid_from": "2026-01-05", "currency": "CNY", "amount": amount}  # fmt: skip
    result = sender.tell("external_signal", [row]).json()["results"][0]
    assert result.get("reason") == reason
    assert ExternalSignal.objects.exists() == (reason is None)


@pytest.mark.parametrize(
    "fact", ["loan", "borrower", "facility", "position", "event", "guarantee", "collateral", "repayment", "instalment"]
)
def test_every_kind_of_fact_describes_itself_and_refuses_an_empty_row(sender, fact):
    answer = sender.tell(fact, [{}])
    assert answer.status_code == 200, answer.json()
    assert answer.json()["results"][0]["result"] == "set_aside"
    described = Client().get(f"/api/v1/facts/{fact}/", headers={"Authorization": f"Token {sender.key}"}).json()
    assert described["fact"] == fact and any(field["needed"] for field in described["fields"])


def test_a_loan_its_schedule_and_a_repayment_are_told_in_three_batches(sender, loan):
    new = {"number": "L-2", "borrower_number": "B-1", "product_code": loan.product.code, "branch_code": loan.branch.code, "currency": "CNY",
           "principal": "300.00", "disbursed_on": "2026-01-05", "valid_from": "2026-01-05"}  # fmt: skip
    plan = [
        {"loan_number": "L-2", "version": 1, "seq": n, "due_on": f"2026-0{n + 1}-05", "principal": "100.00", "interest": "1.00", "fee": "0"}
        for n in (1, 2, 3)
    ]
    paid = {"loan_number": "L-2", "reference": "P-1", "paid_on": "2026-02-05", "amount": "101.00"}
    for fact, rows in (("loan", [new]), ("instalment", plan), ("repayment", [paid])):
        told = sender.tell(fact, rows, key=fact).json()
        assert told["rows"]["applied"] == len(rows), told
    made = type(loan).objects.get(number="L-2")
    assert (made.instalments.count(), made.repayments.get().cum_paid_minor) == (3, 10100)


def test_a_day_that_is_no_business_day_refuses_the_batch_as_a_whole(sender, loan):
    from loanwatch.lenders.models import LenderCalendar

    LenderCalendar.objects.update_or_create(lender=loan.lender, defaults={"kind": "month_end", "from_on": "1990-01-01"})
    answer = sender.tell("tier", [TIER], day="2026-11-11")
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_BUSINESS_DAY")
    assert not KeyCustomerTier.objects.exists()


def test_a_body_that_is_no_batch_is_refused_before_anything_is_stored(sender):
    assert sender.tell("tier", [], body="{").json()["code"] == "NOT_JSON"
    assert sender.tell("tier", [{"nonsense": 1}]).json()["code"] == "UNKNOWN_FIELD"
    assert sender.tell("nothing", [{}]).status_code == 404
    assert not ApiBatch.objects.exists()


@pytest.mark.parametrize("role", [Role.RISK_OFFICER, Role.ACCOUNT_MANAGER, Role.AUDITOR])
def test_others_than_the_keepers_of_feeds_send_nothing(loan, role):
    assert Sender(hire(loan.branch, role).account).tell("tier", [TIER]).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_fifty_requests_of_one_key_at_once_make_one_delivery_and_get_one_answer(settings):
    settings.BUSINESS_DATE = DAY.isoformat()
    loan = LoanFactory(borrower__number="B-1")
    sender, answers = Sender(hire(loan.branch, Role.CREDIT_ADMIN).account), []

    def ask() -> None:
        try:
            answers.append(sender.tell("tier", [TIER]))
        finally:
            connections.close_all()

    threads = [Thread(target=ask) for _ in range(10)]
    for _ in range(5):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        threads = [Thread(target=ask) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1 and len(answers) == 50
    assert (Delivery.objects.count(), KeyCustomerTier.objects.count()) == (1, 1)
