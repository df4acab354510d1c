from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from borrowers.parties.models import PortalAccess
from loanwatch.desk.loans.queries import settle
from loanwatch.people.models import Account, Role
from loanwatch.trail.models import AuditEvent
from tests.factories import (
    DAY,
    MONTH_BEFORE,
    AlertFactory,
    BranchFactory,
    LoanDayFactory,
    LoanFactory,
    close_days,
    hire,
    repaid,
    schedule,
)


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, MONTH_BEFORE, DAY)
    return branch


@pytest.fixture
def officer(client, branch):
    officer = hire(branch, Role.RISK_OFFICER)
    client.force_login(officer.account)
    return officer


def shown(response):
    return {d.loan.number for d in response.context["page"].object_list}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"FINE", "LATE", "BAD"}),
        ("bucket=1-29", {"LATE"}),
        ("bucket=30-59,60-89,90%2B", {"BAD"}),
        ("bucket=1-29&bucket=90%2B", {"LATE", "BAD"}),
        ("risk_class=substandard", {"BAD"}),
        ("q=la", {"LATE"}),
        ("currency=USD", set()),
        ("manager=-", {"FINE", "LATE", "BAD"}),
        ("bucket=whatever&sort=nonsense&as_of=2026-02-30", {"FINE", "LATE", "BAD"}),
    ],
)
def test_the_list_shows_what_the_address_asks_for(client, branch, officer, query, found):
    for number, days in (("FINE", 0), ("LATE", 5), ("BAD", 120)):
        LoanDayFactory(loan=LoanFactory(branch=branch, number=number, borrower__name="Somebody"), days_past_due=days)
    assert shown(client.get(f"{reverse('desk:loans')}?{query}")) == found


def test_the_list_is_sorted_as_asked_and_the_longest_overdue_stands_first_by_itself(client, branch, officer):
    small = LoanDayFactory(loan__branch=branch, days_past_due=50, outstanding=Decimal(10)).loan
    large = LoanDayFactory(loan__branch=branch, days_past_due=0, outstanding=Decimal(99)).loan
    url = reverse("desk:loans")
    assert [d.loan for d in client.get(url).context["page"]] == [small, large]
    assert [d.loan for d in client.get(f"{url}?sort=-outstanding").context["page"]] == [large, small]


def test_the_file_has_the_rows_of_the_list_and_leaves_a_trail(client, branch, officer):
    LoanDayFactory(loan=LoanFactory(branch=branch, number="BAD", borrower__name="@danger"), days_past_due=120)
    LoanDayFactory(loan__branch=branch)
    text = client.get(f"{reverse('desk:loan_export', args=['csv'])}?bucket=90%2B").content.decode("utf-8-sig")
    assert "Filter,buckets,90+" in text
    assert "BAD,'@danger" in text
    assert len(text.strip().splitlines()) == 7  # three lines of head, the filter, an empty one, the names, one loan
    assert AuditEvent.objects.get(event="loans.exported").details["rows"] == 1


def test_a_loan_of_another_branch_is_not_found_anywhere(client, branch, officer):
    foreign = LoanFactory(branch=BranchFactory(lender=branch.lender), number="FOREIGN", borrower__name="Foreign Works")
    LoanDayFactory(loan=foreign)
    assert client.get(reverse("desk:loan", args=["FOREIGN"])).status_code == 404
    assert client.get(reverse("desk:borrower", args=[foreign.borrower.number])).status_code == 404
    assert shown(client.get(reverse("desk:loans"))) == set()
    assert client.get(reverse("desk:search") + "?q=foreign").context["hits"] == 0


def test_a_manager_sees_the_own_loans_only(client, branch):
    manager = hire(branch, Role.ACCOUNT_MANAGER)
    own = LoanFactory(branch=branch, lead=manager.person)
    for loan in (own, LoanFactory(branch=branch)):
        LoanDayFactory(loan=loan)
    client.force_login(manager.account)
    assert shown(client.get(reverse("desk:loans"))) == {own.number}
    assert client.get(reverse("desk:loan", args=[own.number])).status_code == 200


@pytest.mark.parametrize("tab", ["", "repayment", "alerts", "inspections", "collateral", "unheard-of"])
def test_every_section_of_a_loan_opens(client, branch, officer, tab):
    loan = LoanFactory(branch=branch)
    schedule(loan, (date(2026, 9, 10), 100), (date(2026, 11, 10), 100))
    repaid(loan, date(2026, 9, 20), 40)
    AlertFactory(loan=loan)
    LoanDayFactory(loan=loan, as_of=MONTH_BEFORE, days_past_due=20)
    LoanDayFactory(loan=loan, days_past_due=50)
    response = client.get(f"{reverse('desk:loan', args=[loan.number])}?tab={tab}")
    page = response.content.decode()
    assert response.status_code == 200
    assert "50 days past due" in page
    assert "1 red alert" in page
    if tab in {"", "unheard-of"}:
        assert "Instalment 1 of 10 Sep 2026: ¥60.00 unpaid." in page
        assert response.context["late"]["series"][0]["values"] == [20, 50]


def test_a_loan_without_any_close_still_opens(client, branch, officer):
    loan = LoanFactory(branch=branch)
    assert client.get(reverse("desk:loan", args=[loan.number])).status_code == 200


def test_a_loan_page_costs_the_same_queries_with_one_alert_and_with_ten(client, branch, officer, django_assert_max_num_queries):
    from tests.factories import RuleVersionFactory

    loan = LoanFactory(branch=branch)
    LoanDayFactory(loan=loan)
    url = reverse("desk:loan", args=[loan.number])
    for size in (1, 9):
        for n in range(size):
            AlertFactory(loan=loan, version=RuleVersionFactory(lender=branch.lender, code=f"R-{size}-{n}"))
        with django_assert_max_num_queries(23):
            client.get(url)


def test_the_borrowers_page_shows_loans_guarantees_and_alerts(client, branch, officer):
    loan = LoanFactory(branch=branch)
    LoanDayFactory(loan=loan, days_past_due=12)
    AlertFactory(loan=loan)
    page = client.get(reverse("desk:borrower", args=[loan.borrower.number])).content.decode()
    assert loan.number in page
    assert "Payment overdue" in page
    listed = client.get(reverse("desk:borrowers")).context["rows"]
    assert [(line["borrower"], line["worst"], line["alerts"]) for line in listed] == [(loan.borrower, 12, 1)]


def test_search_finds_loans_borrowers_and_alerts_in_sight(client, branch, officer):
    loan = LoanFactory(branch=branch, number="N-777", borrower__name="恒锐 Hengrui")
    alert = AlertFactory(loan=loan)
    url = reverse("desk:search")
    assert client.get(f"{url}?q=恒锐").context["found"]["borrowers"] == [loan.borrower]
    assert client.get(f"{url}?q=n-777").context["found"]["loans"] == [loan]
    assert client.get(f"{url}?q={alert.number}").context["found"]["alerts"] == [alert]
    assert client.get(f"{url}?q=").context["hits"] == 0


def test_the_oldest_demand_is_settled_first_and_interest_before_principal(branch):
    loan = LoanFactory(branch=branch)
    schedule(loan, (date(2026, 9, 10), 100), (date(2026, 10, 10), 100), (date(2026, 11, 10), 100))
    lines = settle(list(loan.instalments.all()), paid=15_000, as_of=DAY)
    assert [(line["state"], line["unpaid"]) for line in lines] == [("paid", Decimal(0)), ("late", Decimal(50)), ("due", Decimal(100))]


# --- the borrower --------------------------------------------------------------------------------------------------------------


def test_a_borrower_sees_the_own_loans_the_next_payment_and_nothing_else(client, branch):
    loan, other = LoanFactory(branch=branch, number="MINE"), LoanFactory(branch=branch, number="THEIRS")
    schedule(loan, (date(2026, 10, 10), 100), (date(2026, 11, 10), 250))
    account = Account.objects.create(username="borrower-x")
    PortalAccess.objects.create(account=account, borrower=loan.borrower)
    client.force_login(account)
    page = client.get("/portal/").content.decode()
    assert "¥250.00" in page
    assert "¥100.00 of loan MINE is overdue." in page
    assert other.number not in page
    assert client.get("/").url == "/portal/"
    for url in ("/loans/", "/portfolio/", "/alerts/", "/search/?q=x"):
        assert client.get(url).status_code == 403
