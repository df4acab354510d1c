"""What stands around every page: who sees which entries, in which language and theme."""

import sys
from datetime import date
from types import ModuleType

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path

from loanwatch.desk import shell
from loanwatch.people.access import Access
from loanwatch.people.models import Account
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

PAGES = {
    "desk": [("home", Act.HOME_SEE), ("portfolio", Act.PORTFOLIO_SEE), ("search", Act.BORROWER_SEE)],
    "alerts": [("list", Act.ALERT_SEE)],
    "inspections": [("tasks", Act.TASK_SEE), ("four_eyes", Act.FOUR_EYES_SEE)],
    "loans": [("list", Act.LOAN_SEE)],
    "trail": [("events", Act.TRAIL_SEE)],
    "people": [("users", Act.USER_KEEP)],
    "visits": [("today", Act.VISIT_RECORD)],
    "portal": [("home", Act.PORTAL_SEE)],
}


@pytest.fixture(autouse=True)
def _a_bank_with_some_of_the_pages(settings, monkeypatch):
    pages = ModuleType("pages_of_the_shell_test")
    slices = {
        name: [route(f"{name}/{page}/", lambda request: HttpResponse(), name=page, get=act) for page, act in acts]
        for name, acts in PAGES.items()
    }
    pages.urlpatterns = [path("", include((patterns, name))) for name, patterns in slices.items()]
    monkeypatch.setitem(sys.modules, pages.__name__, pages)
    settings.ROOT_URLCONF = pages.__name__
    for name in list(shell.COUNTS):
        monkeypatch.setitem(shell.COUNTS, name, lambda access: (7, True))


def around(*roles: str, at: str = "/desk/home/", **cookies) -> shell.Shell:
    request = RequestFactory().get(at)
    request.COOKIES |= cookies
    request.access = Access(Account(username="wang"), date(2026, 11, 20), held=[(role, 1) for role in roles], portal="borrower" in roles)
    return shell.Shell(request)


def entries(around: shell.Shell) -> list[str]:
    return [entry.name for group in around.groups for entry in group.entries]


def test_a_field_agent_sees_visits_and_nothing_else():
    assert entries(around("field_agent")) == ["visits:today"]


def test_a_system_administrator_sees_no_loan_and_no_alert():
    assert entries(around("sysadmin")) == ["desk:home", "people:users"]


def test_a_borrower_sees_own_loans_only():
    assert entries(around("borrower")) == ["portal:home"]


def test_a_risk_officer_sees_the_four_eyes_queue_and_a_branch_head_does_not():
    assert "inspections:four_eyes" in entries(around("risk_officer"))
    assert "inspections:four_eyes" not in entries(around("branch_head"))


def test_two_roles_give_both_menus_and_no_entry_twice():
    found = entries(around("account_manager", "branch_head"))
    assert len(found) == len(set(found)) and {"visits:today", "desk:portfolio"} <= set(found)


def test_a_page_that_does_not_exist_is_no_entry():
    assert "rulebook:list" not in entries(around("risk_officer"))


def test_the_page_that_is_open_is_marked_also_below_its_address():
    marked = [e.name for g in around("risk_officer", at="/alerts/list/AL-26-1/").groups for e in g.entries if e.current]
    assert marked == ["alerts:list"]


def test_what_is_red_is_counted_in_red():
    (alerts,) = [e for g in around("risk_officer").groups for e in g.entries if e.name == "alerts:list"]
    assert (alerts.count, alerts.hot) == (7, True)


def test_search_is_offered_to_those_who_may_see_borrowers():
    assert around("risk_officer").search_url == "/desk/search/"
    assert around("sysadmin").search_url == ""


def test_a_cookie_that_was_tampered_with_changes_nothing():
    tampered = around("auditor", lw_theme='"><script>', lw_density="huge")
    assert (tampered.theme, tampered.density) == ("", "compact")
    assert around("auditor", lw_theme="dark", lw_density="comfortable").theme == "dark"


def test_nobody_logged_in_has_no_menu_and_no_data_date():
    outside = shell.Shell(RequestFactory().get("/"))
    assert outside.groups == [] and outside.data_date is None and outside.frame == "plain.html"
