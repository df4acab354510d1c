"""A system administrator keeps people, accounts and roles; what is withdrawn counts on the very next request."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from loanwatch.kernel.policy import Refused
from loanwatch.people import actions
from loanwatch.people.access import Access
from loanwatch.people.models import Account, ApiToken, Person, Role, RoleHeld
from loanwatch.people.tokens import make_token
from loanwatch.trail.models import AuditEvent
from tests.loanwatch.people.conftest import TODAY, browser_of, grant

AM, RO = Role.ACCOUNT_MANAGER, Role.RISK_OFFICER


def role_form(office, role=AM, code="B11", **changed):
    return {"role": role, "branch": office.branch(code).pk, "from_on": TODAY.isoformat(), "to_on": ""} | changed


def new_person(office, **changed):
    return (
        {"name": "Li Wei", "staff_no": "7001", "agency": "", "certificate_until": "", "username": "li.wei", "email": ""}
        | role_form(office)
        | changed
    )


def test_a_person_gets_an_account_with_a_temporary_password_shown_once_and_a_first_role(office, sysadmin):
    browser = browser_of(sysadmin)
    answer = browser.post(reverse("people:user_new"), new_person(office))
    assert answer.status_code == 200
    account = Account.objects.get(username="li.wei")
    password = answer.context["password"]
    assert account.check_password(password) and account.must_change_password
    assert "no-store" in answer["Cache-Control"]
    assert account.person.lender == office.lender
    held = account.person.roles_held.get()
    assert (held.role, held.branch.code, held.granted_by) == (AM, "B11", sysadmin.person)
    assert {"person.created", "account.opened", "role.granted"} <= set(AuditEvent.objects.values_list("event", flat=True))
    assert password not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_the_temporary_password_leads_to_the_password_page_until_it_is_changed(office, sysadmin):
    person = office.newcomer()
    grant(person, RO, office.branch("B11"))
    account, password = actions.open_account(by=sysadmin, person=person, username="new.officer")
    browser = Client()
    assert browser.post("/accounts/login/", {"login": "new.officer", "password": password}).status_code == 302
    page = reverse("account_change_password")
    assert browser.get(reverse("lenders:parameters")).headers["Location"] == page
    key = make_token(account, "too early")
    assert browser.get("/api/v1/loans/", headers={"Authorization": f"Token {key}"}).json()["code"] == "PASSWORD_MUST_CHANGE"
    chosen = {"oldpassword": password, "password1": "a quiet harbour at dawn", "password2": "a quiet harbour at dawn"}
    assert browser.post(page, chosen).status_code == 302
    assert browser.get(reverse("lenders:parameters")).status_code == 200
    assert not Account.objects.get(pk=account.pk).must_change_password


@pytest.mark.parametrize(
    "changed", [{"username": ""}, {"name": ""}, {"branch": ""}, {"role": "borrower"}, {"from_on": "2026-02-30"}, {"staff_no": ""}]
)
def test_a_form_with_a_fault_saves_nothing_and_names_the_field(office, sysadmin, changed):
    before = Person.objects.count()
    answer = browser_of(sysadmin).post(reverse("people:user_new"), new_person(office, **changed))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode() and f"#id_{next(iter(changed))}" in answer.content.decode()
    assert Person.objects.count() == before


def test_nobody_can_be_given_manager_and_officer_over_the_same_loans(office, sysadmin):
    officer = office.hire(RO, "R1")
    answer = browser_of(sysadmin).post(reverse("people:role_grant", args=[officer.person.pk]), role_form(office))
    assert answer.status_code == 422
    assert "account manager and risk officer over the same loans" in answer.content.decode()
    with pytest.raises(Refused, match="same loans"):
        actions.grant_role(by=sysadmin, person=officer.person, role=AM, branch=office.branch("B11"), from_on=TODAY)


def test_an_administrator_cannot_grant_or_end_a_role_of_his_own(office, sysadmin):
    browser = browser_of(sysadmin)
    me = sysadmin.person
    assert browser.post(reverse("people:role_grant", args=[me.pk]), role_form(office, Role.AUDITOR, "HO")).status_code == 403
    assert browser.post(reverse("people:role_end", args=[me.roles_held.get().pk])).status_code == 403
    assert "disabled" in browser.get(reverse("people:user", args=[me.pk])).content.decode()
    assert me.roles_held.count() == 1


def test_a_withdrawn_role_counts_on_the_very_next_request(office, sysadmin):
    auditor = office.hire(Role.AUDITOR, "HO")
    browser = browser_of(auditor)
    assert browser.get(reverse("trail:events")).status_code == 200
    browser_of(sysadmin).post(reverse("people:role_end", args=[auditor.person.roles_held.get().pk]))
    assert browser.get(reverse("trail:events")).status_code == 403


def test_a_role_counts_from_its_first_day_to_before_its_last(office):
    person = office.newcomer()
    account = Account.objects.create(username="dated", person=person)
    grant(person, RO, office.branch("B11"), date(2026, 3, 1), date(2026, 4, 1))
    held = {day: bool(Access.of(account, day).roles) for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))}
    assert list(held.values()) == [False, True, True, False]


def test_a_deactivated_account_loses_its_sessions_and_keys_at_once_and_for_good(office, sysadmin):
    auditor = office.hire(Role.AUDITOR, "HO")
    key = make_token(auditor.account, "report")
    browser, program = browser_of(auditor), {"Authorization": f"Token {key}"}
    assert browser.get(reverse("people:profile")).status_code == 200
    assert Client().get("/api/v1/alerts/", headers=program).status_code == 200
    keeper = browser_of(sysadmin)
    keeper.post(reverse("people:account_deactivate", args=[auditor.account.pk]))
    assert browser.get(reverse("people:profile")).status_code == 302
    assert Client().get("/api/v1/alerts/", headers=program).status_code == 401
    keeper.post(reverse("people:account_activate", args=[auditor.account.pk]))
    assert browser.get(reverse("people:profile")).status_code == 302, "the old session stays ended"
    assert Client().get("/api/v1/alerts/", headers=program).status_code == 401, "the old key stays revoked"


def test_a_new_password_ends_the_sessions_of_the_old_one(office, sysadmin):
    head = office.hire(Role.BRANCH_HEAD, "B11")
    browser = browser_of(head)
    answer = browser_of(sysadmin).post(reverse("people:password_reset", args=[head.account.pk]))
    assert Account.objects.get(pk=head.account.pk).check_password(answer.context["password"])
    assert browser.get(reverse("people:profile")).status_code == 302


def test_who_has_left_may_do_nothing_from_that_day(office, sysadmin):
    manager = office.hire(AM, "B11")
    key = make_token(manager.account, "phone")
    browser_of(sysadmin).post(reverse("people:leave", args=[manager.person.pk]), {"left_on": TODAY.isoformat()})
    manager.person.refresh_from_db()
    assert manager.person.left_on == TODAY
    assert not Account.objects.get(pk=manager.account.pk).is_active
    assert ApiToken.objects.get(account=manager.account).revoked_at
    assert RoleHeld.objects.get(person=manager.person).to_on == TODAY
    assert Client().get("/api/v1/loans/", headers={"Authorization": f"Token {key}"}).status_code == 401
    assert not Access.of(Account.objects.get(pk=manager.account.pk), TODAY).roles


def test_nobody_deactivates_the_account_they_are_logged_in_with(office, sysadmin):
    assert browser_of(sysadmin).post(reverse("people:account_deactivate", args=[sysadmin.account.pk])).status_code == 403


def test_a_regional_administrator_keeps_nobody_with_a_role_elsewhere(office):
    regional = office.hire(Role.SYSADMIN, "R1")
    local, both = office.hire(RO, "B11"), office.hire(RO, "B11")
    grant(both.person, Role.AUDITOR, office.branch("HO"))
    former = office.hire(Role.BRANCH_HEAD, "B12")
    former.person.roles_held.update(to_on=TODAY)
    grant(former.person, Role.CREDIT_ADMIN, office.branch("HO"), TODAY)
    kept = set(Person.objects.kept_by(regional))
    assert local.person in kept
    assert both.person not in kept and former.person not in kept, "whoever resets a password can become that person"
    assert browser_of(regional).post(reverse("people:password_reset", args=[former.account.pk])).status_code == 404


def test_a_role_over_the_whole_installation_is_granted_only_by_who_holds_one(office, sysadmin):
    person = office.hire(Role.SYSADMIN, "B11").person
    with pytest.raises(Refused):
        actions.grant_role(by=sysadmin, person=person, role=Role.SYSADMIN, branch=None, from_on=TODAY)
    whole = office.hire(Role.SYSADMIN, None)
    assert actions.grant_role(by=whole, person=person, role=Role.SYSADMIN, branch=None, from_on=TODAY).branch is None
    with pytest.raises(Refused):
        actions.grant_role(by=whole, person=person, role=Role.AUDITOR, branch=None, from_on=TODAY)


def test_search_and_filters_find_people_and_the_list_is_paged(office, sysadmin):
    for number in range(60):
        office.newcomer(f"Person {number:02d}")
        grant(Person.objects.latest("pk"), AM, office.branch("B11"))
    office.hire(RO, "B12", "Rare")
    browser = browser_of(sysadmin)
    page = browser.get(reverse("people:users"))
    assert page.context["page"].paginator.num_pages == 2
    assert [p.name for p in browser.get(reverse("people:users"), {"q": "rare"}).context["page"]] == [
        Person.objects.get(name__startswith="Rare").name
    ]
    assert len(browser.get(reverse("people:users"), {"role": RO}).context["page"]) == 1
    assert len(browser.get(reverse("people:users"), {"branch": "R2"}).context["page"]) == 0
    assert "Nobody matches" in browser.get(reverse("people:users"), {"q": "no such person"}).content.decode()


def test_the_page_of_people_asks_the_same_number_of_questions_for_one_or_fifty(office, sysadmin, django_assert_max_num_queries):
    for number in range(50):
        grant(office.newcomer(f"Person {number:02d}"), AM, office.branch("B11"))
    browser = browser_of(sysadmin)
    with django_assert_max_num_queries(20):
        browser.get(reverse("people:users"))


def test_after_ten_wrong_passwords_the_account_is_locked_for_a_while(office, settings):
    settings.AXES_FAILURE_LIMIT = 3
    account = Account.objects.create_user("careful", "the right one, finally", person=office.newcomer())
    browser = Client()
    for _attempt in range(3):
        answer = browser.post("/accounts/login/", {"login": "careful", "password": "wrong"})
    assert answer.status_code in {403, 429}
    assert browser.post("/accounts/login/", {"login": "careful", "password": "the right one, finally"}).status_code in {403, 429}
    assert AuditEvent.objects.filter(event="account.locked_out", subject_id=str(account.person_id)).exists()


def test_who_logs_in_is_kept_in_the_trail(office):
    Account.objects.create_user("visitor", "the right one, finally", person=office.newcomer())
    Client().post("/accounts/login/", {"login": "visitor", "password": "the right one, finally"})
    assert AuditEvent.objects.filter(event="account.logged_in", account__username="visitor").exists()


def test_a_nul_in_an_address_is_a_missing_page_not_a_fault(office, sysadmin):
    browser = browser_of(office.hire(RO, "B11"))
    assert browser.get("/api/v1/loans/%00/").status_code == 404
    assert browser.get("/api/v1/loans/?branch=%00").status_code == 400
    assert browser_of(sysadmin).get(reverse("people:users") + "?q=%00").status_code == 400


def test_own_keys_are_made_once_shown_and_revoked_by_their_owner_alone(office):
    auditor, other = office.hire(Role.AUDITOR, "HO"), office.hire(Role.AUDITOR, "HO")
    browser = browser_of(auditor)
    key = browser.post(reverse("people:key_new"), {"name": "monthly report"}).context["key"]
    header = {"Authorization": f"Token {key}"}
    assert Client().get("/api/v1/alerts/", headers=header).status_code == 200
    token = ApiToken.objects.get(account=auditor.account)
    assert key not in token.digest
    assert browser_of(other).post(reverse("people:key_revoke", args=[token.pk])).status_code == 404
    browser.post(reverse("people:key_revoke", args=[token.pk]))
    assert Client().get("/api/v1/alerts/", headers=header).status_code == 401


def test_an_expired_key_opens_nothing(office):
    auditor = office.hire(Role.AUDITOR, "HO")
    last = make_token(auditor.account, "until today", expires_on=TODAY)
    past = make_token(auditor.account, "until yesterday", expires_on=TODAY - timedelta(days=1))
    codes = [Client().get("/api/v1/alerts/", headers={"Authorization": f"Token {key}"}).status_code for key in (last, past)]
    assert codes == [200, 401]
