from datetime import timedelta

import pytest

from borrowers.loans.models import LoanState
from loanwatch.lenders.models import Parameter
from loanwatch.people.models import Role
from tests.factories import DAY, AlertFactory, BranchFactory, LoanFactory, close_days, hire


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, DAY)
    return branch


def test_a_managers_home_shows_alerts_on_own_loans_and_coming_due_dates(client, branch):
    manager = hire(branch, Role.ACCOUNT_MANAGER)
    loan = LoanFactory(branch=branch, lead=manager.person)
    alert = AlertFactory(loan=loan)
    AlertFactory(loan__branch=branch)  # a colleague's
    nothing = dict.fromkeys(("paid_minor", "outstanding_minor", "overdue_principal_minor", "overdue_interest_minor"), 0)
    due = {"as_of": DAY, "version": 1, "next_due_on": DAY + timedelta(days=3)}
    LoanState.objects.create(loan=loan, lender=loan.lender, bucket=loan.bucket, **due, **nothing)
    client.force_login(manager.account)
    response = client.get("/")
    assert [w.detail for w in response.context["work"]] == [alert.number]
    assert [s.loan for s in response.context["due_soon"]] == [loan]


def test_an_officers_home_orders_all_work_by_deadline(client, branch):
    later = AlertFactory(loan__branch=branch, due_on=DAY + timedelta(days=5))
    sooner = AlertFactory(loan__branch=branch, due_on=DAY - timedelta(days=1))
    client.force_login(hire(branch, Role.RISK_OFFICER).account)
    response = client.get("/")
    assert [w.detail for w in response.context["work"]] == [sooner.number, later.number]
    assert "1 deadline today or passed" in response.content.decode()


def test_a_tile_counts_what_it_opens(client, branch):
    AlertFactory(loan__branch=branch)
    client.force_login(hire(branch, Role.RISK_OFFICER).account)
    assert client.get("/").context["counts"]["mine"] == client.get("/alerts/?mine=1").context["page"].paginator.count == 1


def test_a_credit_administrator_finds_what_another_has_proposed(client, branch):
    credit = hire(branch, Role.CREDIT_ADMIN)
    for who in (credit.person.staff_no, "P-OTHER"):
        Parameter.objects.create(
            lender=branch.lender, key=f"x.{who}", value=1, valid_from=DAY, source="test", confidence="own", proposed_by=who
        )
    client.force_login(credit.account)
    page = client.get("/").content.decode()
    assert "Your own proposal; another administrator approves it." in page
    assert "P-OTHER" in page


@pytest.mark.parametrize(
    ("role", "goes_to"), [(Role.BRANCH_HEAD, "/portfolio/"), (Role.AUDITOR, "/trail/"), (Role.FIELD_AGENT, "/m/list/"), (Role.SYSADMIN, None)]
)
def test_every_other_role_has_a_home_of_its_own(client, branch, role, goes_to):
    client.force_login(hire(branch, role).account)
    response = client.get("/")
    assert response.url.startswith(goes_to) if goes_to else response.status_code == 200


def test_a_system_administrator_sees_days_and_feeds_but_no_loans(client, branch):
    client.force_login(hire(branch, Role.SYSADMIN).account)
    assert "Business days" in client.get("/").content.decode()
    for url in ("/loans/", "/borrowers/", "/portfolio/", "/alerts/"):
        assert client.get(url).status_code == 403


def test_somebody_without_a_role_may_see_nothing_and_is_told_so(client, branch):
    from loanwatch.people.models import Account
    from tests.factories import PersonFactory

    client.force_login(Account.objects.create(username="nobody", person=PersonFactory(lender=branch.lender)))
    assert client.get("/").status_code == 403
