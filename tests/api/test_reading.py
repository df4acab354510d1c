"""The reading API: what each address gives, to whom, and what it refuses to be asked."""

from datetime import timedelta

import pytest
from django.test import Client

from alerts.signals.models import AlertEvidence
from borrowers.parties.models import PortalAccess
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Role
from loanwatch.trail.models import BusinessDay
from tests.inspections import book
from tests.inspections.book import TODAY

LISTS = ["borrowers/", "loans/", "alerts/"]


def numbers(answer) -> list[str]:
    return [row["number"] for row in answer.json()["results"]]


def closed(bank, day=TODAY) -> None:
    BusinessDay.objects.create(lender=bank.lender, business_date=day, state="closed", slices=1)


# Who -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*LISTS, "figures/", "schema/"])
def test_nobody_reads_without_a_key_or_a_session(db, path):
    assert Client().get(f"/api/v1/{path}").status_code == 401
    assert Client().get(f"/api/v1/{path}", headers={"Authorization": "Token made-up"}).status_code == 401


@pytest.mark.parametrize("path", [*LISTS, "figures/"])
def test_field_agents_administrators_and_borrowers_see_no_loan_data(bank, get, path):
    loan = book.make_loan(bank)
    account = Account.objects.create(username="borrower")
    PortalAccess.objects.create(account=account, borrower=loan.borrower)
    for who in (bank.agent, book.hire(bank, "sysadmin", Role.SYSADMIN, bank.branch), Access.of(account, TODAY)):
        answer = get(who, path)
        assert answer.status_code == 403 and set(answer.json()) == {"code", "detail"}
    assert get(bank.agent, f"loans/{loan.number}/").status_code == 403


def test_each_sees_the_loans_of_own_reach_and_a_foreign_loan_is_as_missing_as_a_missing_one(bank, get):
    mine, colleagues = book.make_loan(bank), book.make_loan(bank, lead=bank.manager2)
    assert numbers(get(bank.manager, "loans/")) == [mine.number]
    assert numbers(get(bank.officer, "loans/")) == sorted([mine.number, colleagues.number])
    assert numbers(get(bank.sibling_officer, "loans/")) == []
    foreign, missing = get(bank.manager, f"loans/{colleagues.number}/"), get(bank.manager, "loans/no-such-loan/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json()
    assert numbers(get(bank.manager, "borrowers/")) == [mine.borrower.number]


def test_an_alert_on_staff_conduct_never_appears_to_the_person_it_concerns(bank, get):
    alert = book.make_alert(bank, book.make_loan(bank), staff_conduct=True)
    alert.concerns = bank.officer.person
    alert.save()
    assert numbers(get(bank.officer2, "alerts/")) == [alert.number]
    assert numbers(get(bank.officer, "alerts/")) == [] and get(bank.officer, "alerts/").json()["count"] == 0
    assert get(bank.officer, f"alerts/{alert.number}/").status_code == 404
    assert numbers(get(bank.manager, "alerts/")) == []


def test_a_session_reads_as_a_key_does(bank):
    loan = book.make_loan(bank)
    browser = Client()
    browser.force_login(bank.officer.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert numbers(browser.get("/api/v1/loans/")) == [loan.number]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(bank, method):
    browser = Client()
    browser.force_login(bank.officer.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in (*LISTS, "figures/"):
        assert getattr(browser, method)(f"/api/v1/{path}", {}, content_type="application/json").status_code == 405


# What is asked ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*LISTS, "figures/", "loans/N1/", "alerts/A1/"])
@pytest.mark.parametrize("name", ["min", "borrower__phone__startswith", "balance", "format"])
def test_a_parameter_that_is_not_declared_is_an_error(bank, get, path, name):
    answer = get(bank.officer, path, **{name: "1"})
    if name == "format":
        assert answer.status_code in {400, 404}
        return
    assert answer.status_code == 400
    assert answer.json()["code"] == "UNKNOWN_PARAMETER" and name in answer.json()["errors"]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("loans/", {"ordering": "borrower__name"}),
        ("loans/", {"ordering": "borrower__phone"}),
        ("alerts/", {"ordering": "handler__name"}),
        ("loans/", {"limit": "0"}),
        ("loans/", {"limit": "201"}),
        ("loans/", {"limit": "NaN"}),
        ("loans/", {"limit": "-1"}),
        ("loans/", {"limit": "٣"}),
        ("loans/", {"offset": "10001"}),
        ("loans/", {"offset": "1e3"}),
        ("loans/", {"disbursed_from": "2026-02-30"}),
        ("loans/", {"risk_class": "bad"}),
        ("loans/", {"days_past_due_from": "NaN"}),
        ("loans/", {"days_past_due_from": "9" * 40}),
        ("loans/", {"days_past_due_from": "abc"}),
        ("loans/", {"as_of": "yesterday"}),
        ("loans/", {"as_of": "2019-01-01"}),
        ("alerts/", {"level": "4"}),
        ("alerts/", {"state": "gone"}),
        ("alerts/", {"opened_from": "NaN"}),
        ("borrowers/", {"kind": "ghost"}),
        ("figures/", {"by": "phone"}),
        ("figures/", {"as_of": "2019-01-01"}),
        ("figures/", {"roll_from": "2019-01-01"}),
        ("figures/", {"as_of": "2026-W47-5"}),
    ],
)
def test_a_value_that_cannot_be_used_is_an_error_that_names_its_parameter(bank, get, path, parameters):
    closed(bank)
    answer = get(bank.officer, path, **parameters)
    assert answer.status_code == 400, answer.content
    assert set(answer.json()["errors"]) == set(parameters)


def test_a_parameter_given_twice_is_an_error(bank, get):
    assert get(bank.officer, "loans/", branch=["MAIN", "SIDE"]).status_code == 400


def test_filters_narrow_and_ordering_orders(bank, get):
    old, new = (
        book.make_loan(bank, disbursed_on=TODAY - timedelta(days=300)),
        book.make_loan(bank, disbursed_on=TODAY - timedelta(days=3), principal=5),
    )
    ask = lambda **asked: numbers(get(bank.officer, "loans/", **asked))  # noqa: E731
    assert ask(disbursed_from=(TODAY - timedelta(days=10)).isoformat()) == [new.number]
    assert ask(borrower=old.borrower.number) == [old.number]
    assert ask(branch="SIDE") == [] and len(ask(branch="MAIN")) == 2
    assert ask(settled="true") == [] and len(ask(settled="false")) == 2
    assert ask(ordering="principal") == [new.number, old.number]
    assert ask(ordering="-principal") == [old.number, new.number]


def test_pages_are_bounded_and_lead_to_each_other(bank, get):
    made = sorted(book.make_loan(bank).number for _ in range(5))
    first = get(bank.officer, "loans/", limit=2).json()
    assert (first["count"], first["counted_all"], first["previous"]) == (5, True, None)
    assert "offset=2" in first["next"]
    assert numbers(get(bank.officer, "loans/", limit=2, offset=4)) == made[4:]


# What is given ---------------------------------------------------------------------------------------------------------------


def test_a_loan_comes_with_its_latest_observation_and_amounts_as_decimal_text(as_worker, bank, get):
    loan = book.make_loan(bank)
    book.make_day(bank)
    book.observe(bank, loan, risk_class="special_mention")
    closed(bank)
    row = get(bank.officer, f"loans/{loan.number}/").json()
    assert (row["principal"], row["currency"], row["product"], row["branch"]) == ("800000.00", "CNY", "working_capital", "MAIN")
    seen = row["observation"]
    assert (seen["as_of"], seen["outstanding"], seen["risk_class"], seen["days_past_due"]) == (
        "2026-11-20",
        "800000.00",
        "special_mention",
        None,
    )
    assert numbers(get(bank.officer, "loans/", risk_class="special_mention")) == [loan.number]
    assert numbers(get(bank.officer, "loans/", risk_class="loss")) == []
    assert get(bank.officer, "loans/").json()["results"][0] == row


def test_a_loan_without_an_observation_says_so(bank, get):
    book.make_loan(bank)
    assert get(bank.officer, "loans/").json()["results"][0]["observation"] is None


def test_personal_data_for_visitors_is_not_given_out(bank, get):
    loan = book.make_loan(bank)
    text = (
        get(bank.officer, f"borrowers/{loan.borrower.number}/").content.decode()
        + get(bank.officer, f"loans/{loan.number}/").content.decode()
    )
    assert loan.borrower.phone not in text and loan.borrower.address not in text


def test_an_alert_comes_with_its_frozen_evidence(bank, get):
    alert = book.make_alert(bank, book.make_loan(bank), level=2)
    AlertEvidence.objects.create(
        alert=alert,
        as_of=TODAY,
        level=2,
        rule_version=alert.rule_version,
        values={"days_past_due": 31},
        thresholds={"days_past_due": ">= 30"},
    )
    row = get(bank.officer, f"alerts/{alert.number}/").json()
    assert (row["level"], row["rule"], row["loan"]) == ("orange", alert.rule.code, alert.loan.number)
    assert row["evidence"] == [
        {
            "as_of": "2026-11-20",
            "level": "orange",
            "rule_version": 1,
            "values": {"days_past_due": 31},
            "thresholds": {"days_past_due": ">= 30"},
        }
    ]
    assert numbers(get(bank.officer, "alerts/", open="true", level="orange")) == [alert.number]
    assert numbers(get(bank.officer, "alerts/", open="false")) == []


def test_figures_count_the_loans_one_may_see_and_agree_with_the_list(as_worker, bank, get):
    book.make_day(bank)
    for _ in range(3):
        book.observe(bank, book.make_loan(bank))
    assert get(bank.officer, "figures/").status_code == 409, "no day is closed yet"
    closed(bank)
    found = get(bank.officer, "figures/", by="branch").json()
    assert (found["loans"], found["outstanding"], found["as_of"]) == (3, {"CNY": "2400000.00"}, "2026-11-20")
    assert found["groups"]["MAIN"]["loans"] == 3
    assert get(bank.sibling_officer, "figures/").json()["loans"] == 0
    assert (
        get(bank.sibling_officer, "figures/", branch="MAIN").status_code
        == get(bank.officer, "figures/", branch="NOWHERE").status_code
        == 404
    )
    assert get(bank.manager, "figures/").status_code == 403


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_the_same_number_of_questions_for_one_or_forty(bank, get, django_assert_max_num_queries, path):
    for _ in range(40):
        book.make_alert(bank, book.make_loan(bank))
    get(bank.officer, path, limit=1)
    with django_assert_max_num_queries(9):
        assert len(get(bank.officer, path).json()["results"]) == 40
