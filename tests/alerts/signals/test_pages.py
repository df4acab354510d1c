import io
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse

from alerts.signals.actions import note_measure, submit_for_closing
from alerts.signals.models import Alert, Level
from loanwatch.kernel.sheets import harmless
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.factories import (
    DAY,
    MONTH_BEFORE,
    AlertFactory,
    BranchFactory,
    LoanDayFactory,
    LoanFactory,
    RuleVersionFactory,
    close_days,
    hire,
)


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, DAY)
    return branch


@pytest.fixture
def manager(branch):
    return hire(branch, Role.ACCOUNT_MANAGER)


@pytest.fixture
def officer(branch):
    return hire(branch, Role.RISK_OFFICER)


@pytest.fixture
def alert(branch, manager):
    return AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))


def numbers(response):
    return [a.number for a in response.context["rows"]]


def test_the_list_is_ordered_by_deadline_and_opens_the_first_in_the_pane(client, officer, branch, alert):
    sooner = AlertFactory(loan__branch=branch, due_on=DAY - timedelta(days=1), level=Level.YELLOW)
    client.force_login(officer.account)
    response = client.get(reverse("alerts:list"))
    assert numbers(response) == [sooner.number, alert.number]
    assert response.context["alert"].number == sooner.number
    assert "1 day over" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("level=red", {"red"}),
        ("level=orange&level=yellow", {"late"}),
        ("overdue=1", {"late"}),
        ("state=closed", set()),
        ("level=purple&page=99", {"red", "late"}),
        ("q=Late+Works", {"late"}),
        ("branch=NOWHERE", set()),
    ],
)
def test_the_address_holds_the_filters_and_an_unknown_one_does_no_harm(client, officer, branch, query, found):
    red = AlertFactory(loan__branch=branch)
    late = AlertFactory(loan__branch=branch, loan__borrower__name="Late Works", level=Level.ORANGE, due_on=DAY - timedelta(days=2))
    client.force_login(officer.account)
    names = {red.number: "red", late.number: "late"}
    assert {names[n] for n in numbers(client.get(f"{reverse('alerts:list')}?{query}"))} == found


def test_the_branch_filter_reaches_the_branches_below(client, branch):
    region = BranchFactory(lender=branch.lender)
    below = BranchFactory(lender=branch.lender, parent=region)
    alert = AlertFactory(loan__branch=below)
    client.force_login(hire(region, Role.BRANCH_HEAD).account)
    assert numbers(client.get(f"{reverse('alerts:list')}?branch={region.code}")) == [alert.number]


def test_an_alert_of_another_branch_is_not_found(client, branch, alert):
    client.force_login(hire(BranchFactory(lender=branch.lender), Role.RISK_OFFICER).account)
    assert client.get(reverse("alerts:detail", args=[alert.number])).status_code == 404
    assert client.post(reverse("alerts:acknowledge", args=[alert.number])).status_code == 404


def test_a_staff_conduct_alert_is_hidden_from_managers_and_from_whom_it_concerns(client, branch, manager, officer):
    version = RuleVersionFactory(lender=branch.lender, code="PRC-01", staff_conduct=True)
    alert = AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person), version=version, staff_conduct=True, concerns=officer.person)
    for reader, seen in ((manager, []), (officer, []), (hire(branch, Role.BRANCH_HEAD), [alert.number])):
        client.force_login(reader.account)
        response = client.get(reverse("alerts:list"))
        assert numbers(response) == seen
        assert client.get(reverse("alerts:detail", args=[alert.number])).status_code == (200 if seen else 404)


def test_the_page_says_why_it_fired_with_value_threshold_and_version(client, officer, alert):
    client.force_login(officer.account)
    page = client.get(reverse("alerts:detail", args=[alert.number])).content.decode()
    assert "71 days" in page
    assert "(&gt;= 61)" in page
    assert "REP-01 v1" in page


def test_the_page_draws_the_figure_over_the_closes(client, officer, alert):
    close_days(alert.lender, MONTH_BEFORE)
    LoanDayFactory(loan=alert.loan, as_of=MONTH_BEFORE, days_past_due=41)
    LoanDayFactory(loan=alert.loan, as_of=DAY, days_past_due=71)
    client.force_login(officer.account)
    chart = client.get(reverse("alerts:detail", args=[alert.number])).context["chart"]
    assert chart["series"][0]["values"] == [41.0, 71.0]
    assert chart["threshold"]["value"] == 61.0


def test_the_pane_is_a_part_for_htmx_and_leads_to_the_page_for_everybody_else(client, officer, alert):
    client.force_login(officer.account)
    url = reverse("alerts:pane", args=[alert.number])
    part = client.get(url, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert client.get(url).url == reverse("alerts:detail", args=[alert.number])


def test_a_measure_without_words_is_asked_for_again_and_nothing_is_lost(client, manager, alert):
    client.force_login(manager.account)
    response = client.post(reverse("alerts:measure", args=[alert.number]), {"kind": "contact", "text": " "})
    assert response.status_code == 422
    assert response.context["measure_form"].data["kind"] == "contact"
    assert Alert.objects.get(pk=alert.pk).state == "open"


def test_the_story_of_an_alert_through_its_pages(client, manager, officer, alert):
    client.force_login(manager.account)
    client.post(reverse("alerts:measure", args=[alert.number]), {"kind": "measure", "text": "Called the owner."})
    client.post(reverse("alerts:submit", args=[alert.number]), {"text": "Paid today."})
    client.force_login(officer.account)
    assert "Check and close" in client.get(reverse("alerts:detail", args=[alert.number])).content.decode()
    client.post(reverse("alerts:close", args=[alert.number]), {"outcome": "resolved", "note": "Seen the payment."})
    page = client.get(reverse("alerts:detail", args=[alert.number])).content.decode()
    assert f"Closed by {officer.person}" in page
    assert "Called the owner." in page


def test_closing_twice_answers_that_it_is_closed_already(client, manager, officer, alert):
    note_measure(number=alert.number, by=manager, text="x")
    submit_for_closing(number=alert.number, by=manager, text="x")
    client.force_login(officer.account)
    url, given = reverse("alerts:close", args=[alert.number]), {"outcome": "resolved", "note": "x"}
    assert client.post(url, given).status_code == 302
    second = client.post(url, given)
    assert second.status_code == 409
    assert "already been closed by" in second.content.decode()


def test_acknowledging_a_selection_says_for_each_what_became_of_it(client, manager, alert):
    client.force_login(manager.account)
    response = client.post(reverse("alerts:acknowledge_many"), {"number": [alert.number, "AL-99-000001"], "query": "level=red"})
    page = response.content.decode()
    assert "1 of 2 done" in page
    assert "There is no alert AL-99-000001" in page


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_file_holds_the_filtered_rows_the_filters_and_the_data_date_and_no_formula(client, officer, branch, kind):
    alert = AlertFactory(loan__branch=branch, loan__borrower__name='=HYPERLINK("http://bad")')
    AlertFactory(loan__branch=branch, level=Level.YELLOW)
    client.force_login(officer.account)
    response = client.get(f"{reverse('alerts:export', args=[kind])}?level=red")
    assert response["Content-Disposition"].endswith(f'alerts-{DAY}.{kind}"')
    if kind == "csv":
        text = response.content.decode("utf-8-sig")
        assert text.splitlines()[1] == f"Data as of,{DAY}"
        assert "Filter,level,red" in text
        assert "'=HYPERLINK" in text
        assert text.count("AL-26-") == 1
    else:
        text = zipfile.ZipFile(io.BytesIO(response.content)).read("xl/sharedStrings.xml").decode()
        assert "'=HYPERLINK" in text
    assert alert.number in text
    assert AuditEvent.objects.get(event="alerts.exported").details["rows"] == 1


@pytest.mark.parametrize(
    ("typed", "kept"), [("=1+1", "'=1+1"), ("+86 512", "'+86 512"), ("-5", "'-5"), ("@SUM", "'@SUM"), ("恒锐", "恒锐"), (5, 5)]
)
def test_text_that_looks_like_a_formula_is_made_harmless(typed, kept):
    assert harmless(typed) == kept


def test_the_list_costs_the_same_queries_for_one_alert_and_for_twenty(client, officer, branch, django_assert_max_num_queries):
    client.force_login(officer.account)
    for size in (1, 19):
        for _ in range(size):
            AlertFactory(loan__branch=branch)
        with django_assert_max_num_queries(34):
            client.get(reverse("alerts:list"))


def test_closed_alerts_stand_with_the_last_closed_first_and_can_not_be_selected(client, officer, branch):
    people = {"submitted_by": hire(branch, Role.ACCOUNT_MANAGER).person, "closed_by": officer.person, "outcome": "resolved", "state": "closed"}
    old = AlertFactory(loan__branch=branch, closed_on=MONTH_BEFORE, **people)
    new = AlertFactory(loan__branch=branch, closed_on=DAY, **people)
    client.force_login(officer.account)
    response = client.get(f"{reverse('alerts:list')}?state=closed")
    assert numbers(response) == [new.number, old.number]
    assert not response.context["may_acknowledge"]
