"""Cohorts of cases with one cause, and closing: every move with its refusals, by page and by action."""

from datetime import timedelta

import pytest

from alerts.cases import actions
from alerts.cases.models import Case, CaseAlert, CaseEvent
from alerts.signals.models import Alert
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from tests.alerts.signals.nights import close
from tests.factories import DAY, AlertFactory, BranchFactory, LoanFactory, RuleVersionFactory, hire
from tests.loanwatch.people.conftest import browser_of


@pytest.fixture
def branch(db):
    return BranchFactory()


@pytest.fixture
def officer(branch):
    return hire(branch, Role.RISK_OFFICER)


@pytest.fixture
def manager(branch):
    return hire(branch, Role.ACCOUNT_MANAGER)


@pytest.fixture
def cases(branch, manager):
    """Three borrowers of the account manager, each with an open alert in a case."""
    made = []
    for n in range(3):
        alert = AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))
        case = Case.objects.create(lender=branch.lender, number=f"CS-26-00000{n}", borrower=alert.borrower, branch=branch, level=3, opened_on=DAY)
        CaseAlert.objects.create(case=case, alert=alert, from_on=DAY)
        made.append(case)
    return made


def cohort(officer, *cases, cause="The buyer of all of them stopped paying"):
    return actions.make_cohort(by=officer, cause=cause, numbers=[c.number for c in cases])


def test_a_cohort_holds_the_cases_of_several_borrowers_with_one_cause(cases, officer):
    made = cohort(officer, *cases[:2])
    assert (made.borrower, made.members.count(), made.made_by) == (None, 2, officer.person)
    assert set(CaseEvent.objects.filter(other=made).values_list("kind", "text")) == {("joined", made.cause)}


def test_a_cohort_has_at_least_two_cases_none_of_another_and_none_out_of_sight(cases, officer, branch):
    with pytest.raises(Conflict, match="from two"):
        cohort(officer, cases[0])
    cohort(officer, *cases[:2])
    with pytest.raises(Conflict, match="belongs to a cohort already"):
        cohort(officer, cases[1], cases[2])
    with pytest.raises(Case.DoesNotExist):
        cohort(hire(BranchFactory(lender=branch.lender), Role.RISK_OFFICER), *cases)


def test_only_a_risk_officer_makes_joins_splits_and_closes(cases, manager):
    for step in (
        lambda: cohort(manager, *cases),
        lambda: actions.join(number=cases[0].number, by=manager, cohort=cases[1].number),
        lambda: actions.split(number=cases[0].number, by=manager, text="x"),
        lambda: actions.close_case(number=cases[0].number, by=manager, text="x"),
        lambda: actions.note_case(number=cases[0].number, by=manager, text="x"),
    ):
        with pytest.raises(Refused, match="Only a risk officer"):
            step()


def test_a_case_is_merged_into_a_cohort_and_split_off_again(cases, officer):
    made = cohort(officer, *cases[:2])
    actions.join(number=cases[2].number, by=officer, cohort=made.number)
    assert made.members.count() == 3
    actions.split(number=cases[2].number, by=officer, text="Paid by another buyer.")
    assert made.members.count() == 2
    with pytest.raises(Conflict, match="belongs to no cohort"):
        actions.split(number=cases[2].number, by=officer, text="x")
    with pytest.raises(Conflict, match="not a cohort"):
        actions.join(number=cases[2].number, by=officer, cohort=cases[0].number)
    with pytest.raises(Conflict, match="a cohort itself"):
        actions.join(number=made.number, by=officer, cohort=made.number)


def test_a_cohort_closes_only_when_the_alerts_of_every_member_are_closed(cases, officer):
    made = cohort(officer, *cases[:2])
    close(Alert.objects.get(in_cases__case=cases[0]), DAY)
    with pytest.raises(Conflict, match=r"1 alert of .* still open"):
        actions.close_case(number=made.number, by=officer, text="x")
    close(Alert.objects.get(in_cases__case=cases[1]), DAY)
    assert actions.close_case(number=made.number, by=officer, text="All paid.").closed_by == officer.person
    with pytest.raises(Conflict, match="is closed"):
        actions.note_case(number=made.number, by=officer, text="x")


# --- pages ---


def test_the_manager_sees_the_case_of_an_own_borrower_and_no_cohort(cases, manager, officer, branch):
    made = cohort(officer, *cases)
    page = browser_of(manager).get(f"/cases/{cases[0].number}/")
    assert page.status_code == 200
    assert made.cause not in page.content.decode()
    assert browser_of(manager).get(f"/cases/{made.number}/").status_code == 404
    assert browser_of(hire(branch, Role.ACCOUNT_MANAGER)).get(f"/cases/{cases[0].number}/").status_code == 404
    assert made.cause in browser_of(officer).get(f"/cases/{made.number}/").content.decode()


def test_the_list_counts_only_alerts_that_the_reader_sees_in_a_fixed_number_of_queries(cases, officer, django_assert_max_num_queries, branch):
    browser = browser_of(officer)
    browser.get("/cases/")
    with django_assert_max_num_queries(30) as few:
        page = browser.get("/cases/")
    for n in range(5):
        alert = AlertFactory(loan=LoanFactory(branch=branch))
        case = Case.objects.create(lender=branch.lender, number=f"CS-26-10000{n}", borrower=alert.borrower, branch=branch, level=3, opened_on=DAY)
        CaseAlert.objects.create(case=case, alert=alert, from_on=DAY)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = browser.get("/cases/?level=red")
    assert [c.open_alerts for c in page.context["rows"]] == [1] * 8


def test_a_cohort_is_made_from_the_ticked_cases_of_the_list(cases, officer):
    browser = browser_of(officer)
    answer = browser.post("/cases/cohort/", {"cause": "One buyer", "number": [c.number for c in cases[:2]]})
    assert answer.status_code == 302
    assert Case.objects.get(borrower__isnull=True).cause == "One buyer"
    assert "One buyer" in browser.get("/cases/?kind=cohort").content.decode()
    assert browser.get("/cases/export.csv").status_code == 200


def test_a_step_without_a_reason_is_asked_again(cases, officer):
    assert browser_of(officer).post(f"/cases/{cases[0].number}/close/", {"text": ""}).status_code == 422


def test_a_later_episode_is_linked_from_the_page_of_the_alert(cases, officer, branch):
    first = Alert.objects.get(in_cases__case=cases[0])
    close(first, DAY)
    AlertFactory(loan=first.loan, version=RuleVersionFactory(lender=branch.lender), episode=2, previous=first, opened_on=DAY + timedelta(days=40))
    assert "Episode 2" in browser_of(officer).get(f"/alerts/{first.number}/").content.decode()
