from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from alerts.observation.rollup import BRANCHES, CLEAR_BRANCHES, roll_up
from alerts.signals.models import Alert
from loanwatch.desk.closes import closes_of_lender
from loanwatch.people.models import Role
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import BusinessDay
from tests.factories import DAY, MONTH_BEFORE, AlertFactory, BranchFactory, LoanDayFactory, LoanFactory, close_days, hire

URL = "/portfolio/"


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, MONTH_BEFORE, DAY)
    return branch


@pytest.fixture
def head(branch):
    return hire(branch, Role.BRANCH_HEAD)


def rolled_up(lender):
    from django.db import connection

    with connection.cursor() as cursor:
        for day in (MONTH_BEFORE, DAY):
            cursor.execute(CLEAR_BRANCHES, key_of(lender.pk, day))
            cursor.execute(BRANCHES, key_of(lender.pk, day))
            roll_up(cursor, key_of(lender.pk, day))


def book(branch, manager=None, size=6):
    """Loans that a month ago were on time; now every third is 10, every other third 40 days late."""
    for n in range(size):
        loan = LoanFactory(branch=branch, lead=manager)
        LoanDayFactory(loan=loan, as_of=MONTH_BEFORE, outstanding=Decimal(100))
        LoanDayFactory(loan=loan, as_of=DAY, outstanding=Decimal(100), days_past_due=(0, 10, 40)[n % 3], overdue_principal=Decimal(n % 3))
    rolled_up(branch.lender)


def test_the_tiles_tell_the_figures_and_whether_they_got_worse(client, branch, head):
    book(branch)
    client.force_login(head.account)
    tiles = client.get(URL).context["tiles"]
    par30 = next(t for t in tiles if t["label"] == "PAR 30")
    assert (par30["value"], par30["delta"], par30["word"], par30["mood"]) == ("33.33", "+33.33 pp", "worse", "bad")
    assert [t["value"] for t in tiles if t["label"] == "Outstanding"] == ["600"]


def test_every_figure_opens_exactly_its_loans(client, branch, head):
    book(branch)
    client.force_login(head.account)
    response = client.get(URL)
    opened = {t["label"]: client.get(t["url"]).context["page"].paginator.count for t in response.context["tiles"] if "/loans/" in t["url"]}
    assert opened == {"Outstanding": 6, "PAR 30": 2, "PAR 90": 0, "NPL ratio": 0, "Overdue amount": 4}
    for line in response.context["classes"]:
        assert client.get(line["url"]).context["page"].paginator.count == line["loans"]


def test_every_cell_of_the_migration_opens_its_loans(client, branch, head):
    book(branch)
    LoanDayFactory(loan__branch=branch, as_of=MONTH_BEFORE, outstanding=Decimal(100))  # off the book since
    rolled_up(branch.lender)
    client.force_login(head.account)
    cells = [c for row in client.get(URL).context["migration"]["rows"] for c in row["cells"] if c["count"]]
    assert {(c["to"], c["count"]) for c in cells} == {("Current", 2), ("1–29", 2), ("30–59", 2), ("Off book", 1)}
    for cell in cells:
        assert client.get(cell["url"]).context["page"].paginator.count == cell["count"]


def test_managers_stand_with_their_book_and_alerts_the_worst_first(client, branch, head):
    good, bad = hire(branch, Role.ACCOUNT_MANAGER).person, hire(branch, Role.ACCOUNT_MANAGER).person
    book(branch, good, size=2)
    book(branch, bad, size=3)
    AlertFactory(loan=LoanFactory(branch=branch, lead=bad))
    client.force_login(head.account)
    lines = client.get(URL).context["managers"]["lines"]
    assert [(m["name"], m["loans"], m["red"]) for m in lines] == [(bad.name, 3, 1), (good.name, 2, 0)]


def test_a_head_sees_the_own_subtree_and_never_a_sibling(client, branch):
    region = BranchFactory(lender=branch.lender)
    below = BranchFactory(lender=branch.lender, parent=region)
    book(branch, size=3)
    book(below, size=1)
    client.force_login(hire(region, Role.BRANCH_HEAD).account)
    assert client.get(URL).context["figures"].loans == 1
    asked = client.get(f"{URL}?branch={branch.code}")  # not in reach: the own node is shown
    assert asked.context["node"] == region


def test_the_page_costs_the_same_queries_for_ten_loans_and_for_two_hundred(client, branch, head, django_assert_num_queries):
    client.force_login(head.account)
    book(branch, size=10)
    client.get(URL)
    own = 7  # closes, nodes, their figures, migration, alerts, managers, inspections
    # Session, account with person and lender, roles, who reads (said before and, in tests, after); in the side bar alerts, inspections,
    # the plan to be read and postponements.
    around = 9
    with django_assert_num_queries(own + around):
        client.get(URL)
    book(branch, hire(branch, Role.ACCOUNT_MANAGER).person, size=190)
    with django_assert_num_queries(own + around):
        client.get(URL)


def test_before_the_first_close_the_page_says_how_far_history_is(client, db):
    branch = BranchFactory()
    for day in (date(2026, 9, 30), date(2026, 10, 30)):
        BusinessDay.objects.create(lender=branch.lender, business_date=day)
    client.force_login(hire(branch, Role.BRANCH_HEAD).account)
    page = client.get(URL).content.decode()
    assert "History is being closed: 30 Sep 2026, 0 of 2 days done." in page
    assert "No business day is closed yet" in page


def test_of_the_months_before_the_last_close_stands_for_the_month(branch):
    close_days(branch.lender, date(2026, 10, 29), date(2026, 9, 29), date(2026, 8, 31))
    known = closes_of_lender(branch.lender)
    assert known.month_ends(DAY, 13) == [date(2026, 8, 31), MONTH_BEFORE, DAY]
    assert known.chosen("2026-10-29") == date(2026, 10, 29)
    assert known.chosen("2026-02-30") == known.chosen("2026-10-28") == known.chosen(None) == DAY


def test_a_manager_has_no_portfolio_page_and_is_told_who_has(client, branch):
    client.force_login(hire(branch, Role.ACCOUNT_MANAGER).account)
    response = client.get(URL)
    assert response.status_code == 403
    assert "Portfolio figures are shown to branch heads" in response.content.decode()


def test_alerts_of_the_node_count_once(client, branch, head):
    AlertFactory(loan__branch=branch)
    book(branch, size=1)
    client.force_login(head.account)
    response = client.get(URL)
    assert response.context["alerts"]["red"] == Alert.objects.count() == 1
    assert client.get(reverse("alerts:list") + f"?level=red&branch={branch.code}").context["page"].paginator.count == 1


def test_a_day_that_is_run_again_does_not_wait_to_be_closed(branch):
    credit = hire(branch, Role.CREDIT_ADMIN)
    for state in ("comparing", "due"):
        BusinessDay.objects.create(
            lender=branch.lender, business_date=DAY if state == "comparing" else DAY + timedelta(days=1), run_version=2 if state == "comparing" else 1,
            state=state, asked_by=credit.person, asked_reason="a look",
        )  # fmt: skip
    assert closes_of_lender(branch.lender).waiting == (DAY + timedelta(days=1),)
