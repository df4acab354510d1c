"""An alert on somebody's own conduct is nowhere to be found by that person: every page, part, export and endpoint is asked."""

import pytest
from django.urls import reverse

from alerts.rulebook.models import Rule
from alerts.signals.models import Alert
from alerts.signals.queries import counts
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from tests.inspections import book
from tests.loanwatch.people.test_access_matrix import addresses, ask, world  # noqa: F401 - the fixture
from tests.loanwatch.people.world import OWN, TODAY

PEOPLE = (Role.ACCOUNT_MANAGER, Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR)


@pytest.fixture(scope="module")
def hiding(world):  # noqa: F811
    """On each of the people of the own branch two alerts: one on the loan, and one on the person as such; role → alerts."""
    place, made = world.places[OWN], {}
    for role in PEOPLE:
        made[role] = []
        for on_loan in (True, False):
            alert = book.make_alert(place.bank, place.things["loan"], opened_on=TODAY)
            Rule.objects.filter(pk=alert.rule_id).update(name=f"Hidden conduct {role} {on_loan}", staff_conduct=True)
            subject = {} if on_loan else {"loan": None, "borrower": None}
            number = f"AL-HID-{role}"[:22] + f"-{on_loan:d}"
            Alert.objects.filter(pk=alert.pk).update(staff_conduct=True, concerns=place.bank.people[role].person, number=number, **subject)
            made[role].append(Alert.objects.select_related("rule").get(pk=alert.pk))
    world.hidden = made
    return world


def words(answer) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")


def is_rulebook(address) -> bool:
    """Where the rules themselves stand, on conduct as well: whom one has fired on is not said there."""
    return address.name.startswith(("rulebook:", "backtests:", "api:rule"))


def shown(made, role: str) -> list[str]:
    """The addresses at which this person is shown an alert on the own conduct."""
    found, asked = [], [a for a in addresses() if a.method == "GET"]
    for address in asked:
        url = address.url(made, role, OWN)
        said = words(ask(made, address, url, (role, "B11")))
        found += [f"{address.name} names {a.number}" for a in made.hidden[role] if a.number in said or (not is_rulebook(address) and a.rule.name in said)]
    return found


def searched(made, role: str) -> list[str]:
    """Lists and searches that are asked for the very number."""
    found = []
    for address in (a for a in addresses() if a.method == "GET" and not a.parts):
        for alert in [] if is_rulebook(address) else made.hidden[role]:
            said = words(ask(made, address, f"{address.url(made, role, OWN)}?q={alert.number}&state=any&rule={alert.rule.code}", (role, "B11")))
            found += [f"{address.name} finds {alert.number}"] if alert.rule.name in said else []
    return found


def test_a_colleague_above_sees_what_the_person_concerned_does_not(hiding):
    listed = next(a for a in addresses() if a.name == "alerts:list")
    for role in PEOPLE:
        said = words(ask(hiding, listed, reverse("alerts:list"), (Role.BRANCH_HEAD if role != Role.BRANCH_HEAD else Role.AUDITOR, "R1")))
        assert all(alert.number in said for alert in hiding.hidden[role]), role


@pytest.mark.parametrize("role", PEOPLE)
def test_the_pages_and_the_endpoint_of_the_alert_do_not_exist_for_the_person_concerned(hiding, role):
    for address in addresses():
        if (address.name.startswith("alerts:") and "number" in address.parts) or address.name == "api:alert":
            for alert in hiding.hidden[role]:
                parts = {part: alert.number if part == "number" else 1 for part in address.parts}
                answer = ask(hiding, address, reverse(address.name, kwargs=parts), (role, "B11"))
                assert answer.status_code in {403, 404, 422} or (answer.status_code == 302 and "login" in answer["Location"]), (address.name, answer.status_code)
                assert alert.rule.name not in words(answer)


def test_the_pages_of_the_rule_itself_its_back_tests_and_its_endpoint_say_of_nothing_that_it_fired_there(hiding):
    asked = [a for a in addresses() if a.method == "GET" and is_rulebook(a) and "code" in a.parts and set(a.parts) <= {"code", "version"}]
    assert {"rulebook:rule", "rulebook:version", "rulebook:trial", "rulebook:compare", "backtests:start", "api:rule"} <= {a.name for a in asked}
    found = []
    for role in PEOPLE:
        alert = hiding.hidden[role][0]
        for address in asked:
            parts = {part: alert.rule.code if part == "code" else 1 for part in address.parts}
            said = words(ask(hiding, address, reverse(address.name, kwargs=parts), (role, "B11")))
            found += [f"{address.name} says {told} to {role}" for told in (alert.number, alert.loan.number, alert.loan.borrower.name) if told in said]
    assert found == []


@pytest.mark.faults  # every address for each of the people: seconds each, in the slower gate
@pytest.mark.parametrize("role", PEOPLE)
def test_no_page_export_or_endpoint_names_it_to_the_person_concerned(hiding, role):
    assert shown(hiding, role) == []


@pytest.mark.faults
@pytest.mark.parametrize("role", PEOPLE)
def test_no_search_finds_it(hiding, role):
    assert searched(hiding, role) == []


def test_counts_leave_it_out(hiding):
    for role in PEOPLE:
        access = Access.of(hiding.accounts[role, "B11"], TODAY)
        mine = Alert.objects.visible_to(access)
        assert not mine.filter(concerns=access.person, staff_conduct=True).exists()
        assert counts(access, TODAY)["open"] == mine.open().count()
