"""The page on which a risk officer writes a rule, and what it would say at the last close."""

import json
from decimal import Decimal as D

import pytest
from django.db import connection
from django.urls import reverse

from alerts.rulebook.editing import preview as previews
from alerts.rulebook.language import parse
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.writing import tree_to_json
from loanwatch.people.models import Role
from tests.factories import DAY, BranchFactory, LoanDayFactory, LoanFactory, RuleVersionFactory, close_days, hire

LIVE = "red when days_past_due >= 61"


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, DAY)
    for days in (0, 35, 70, None):
        LoanDayFactory(loan=LoanFactory(branch=branch), days_past_due=days, outstanding=D(1000))
    other = BranchFactory(lender=branch.lender)
    LoanDayFactory(loan=LoanFactory(branch=other), days_past_due=99)
    return branch


@pytest.fixture
def officer(branch, client):
    access = hire(branch, Role.RISK_OFFICER)
    client.force_login(access.account)
    return access


@pytest.fixture
def rule(branch):
    version = RuleVersionFactory(lender=branch.lender, text=LIVE, tree=tree_to_json(parse(LIVE)))
    Rule.objects.filter(pk=version.rule_id).update(why="It costs money.", basis="Practice")
    return version.rule


def form(text: str, **more) -> dict:
    return {"do": "save", "view": "text", "code": "OWN-07", "grain": "loan", "name": "Late twice", "text": text, "red": "3", "yellow": "9", "cure_days": "0",
            "hold_days": "0", "why": "Because.", **more}  # fmt: skip


def shown(client, text: str, **more) -> str:
    return client.post(reverse("rulebook:preview"), form(text, **more), headers={"HX-Request": "true"}).text


def test_a_new_rule_is_written_and_kept_as_a_draft(client, officer):
    page = client.get(reverse("rulebook:new"))
    assert page.status_code == 200 and "OWN-01" in page.text
    saved = client.post(reverse("rulebook:new"), form("red when days_past_due > 30 and borrower.loans > 1\nyellow when days_past_due > 3"))
    assert saved.url == reverse("rulebook:edit", args=["OWN-07"])
    version = RuleVersion.objects.get(rule__code="OWN-07")
    assert (version.state, version.handling_days, version.why) == ("draft", {"red": 3, "yellow": 9}, "Because.")
    assert "borrower.loans" in client.get(saved.url).text


def test_a_further_version_begins_as_the_one_in_force(client, officer, rule):
    page = client.get(reverse("rulebook:edit", args=[rule.code]))
    assert LIVE.replace(">", "&gt;") in page.text and "It costs money." in page.text
    client.post(reverse("rulebook:edit", args=[rule.code]), form("red when days_past_due >= 45"))
    assert rule.versions.get(state="draft").text == "red when days_past_due >= 45"
    assert rule.versions.get(state="live").text == LIVE


def test_what_was_typed_stays_when_it_cannot_be_kept_and_every_fault_has_its_place(client, officer):
    page = client.post(reverse("rulebook:new"), form("red when days_pst_due > 30\n  and ltv > x", code="nonsense"))
    assert page.status_code == 422
    assert "days_pst_due &gt; 30" in page.text and "Line 1, column 10" in page.text and "Line 2, column 13" in page.text
    assert "Did you mean “days_past_due”?" in page.text and "for example OWN-01" in page.text


def test_a_level_without_days_to_handle_it_is_asked_for(client, officer):
    page = client.post(reverse("rulebook:new"), form("orange when ltv > 1"))
    assert page.status_code == 422 and "Say within how many working days this level is handled." in page.text


def test_text_becomes_rows_and_rows_become_text(client, officer):
    address = reverse("rulebook:new")
    rows = client.post(address, form("red when ltv > 95% or days_past_due > 60", do="builder", name="")).text
    assert "required" not in rows.partition("<main")[2].replace("aria-required", "").replace(" required", "")
    assert 'name="red-field" list="rule-fields" value="ltv"' in rows and 'value="95%"' in rows
    sent = form("", view="builder", do="text") | {"red-join": "or", "red-field": ["ltv", "restructured"], "red-operator": [">", "is true"], "red-value": ["90%", ""]}
    assert "red when ltv &gt; 90% or restructured</textarea>" in client.post(address, sent).text
    assert client.post(address, sent | {"do": "add-red"}).text.count('name="red-field"') == 3
    assert client.post(address, sent | {"do": "drop-red-0"}).text.count('name="red-field"') == 1
    assert client.post(address, sent | {"do": "save"}).status_code == 302
    assert RuleVersion.objects.get(rule__code="OWN-07").text == "red when ltv > 90% or restructured"


def test_a_rule_that_rows_cannot_say_stays_text_and_the_page_says_so(client, officer):
    page = client.post(reverse("rulebook:new"), form("red when restructured and (ltv > 1 or ltv is empty)", do="builder")).text
    assert "so it stays text" in page and "<textarea" in page


def test_the_preview_counts_and_lists_what_would_fire_beside_the_live_version(client, officer, rule):
    told = shown(client, "red when days_past_due > 60\nyellow when days_past_due > 30", rule=rule.code)
    assert "2 loans" in told and "of 4 that you may see" in told and "1 new" in told and "0 no longer" in told and "1 not evaluable" in told
    assert told.count("/loans/") == 2 and "¥2,000" in told and "1 red" in told and "1 yellow" in told
    told = shown(client, "red when days_past_due > 99", rule=rule.code)
    assert "0 loans" in told and "1 no longer" in told


def test_a_new_rule_is_previewed_without_a_live_version_and_before_it_has_a_name(client, officer):
    told = shown(client, "red when days_past_due > 60", name="", code="")
    assert "1 loan" in told and "no longer" not in told
    assert "1 loan" in shown(client, "red when days_past_due > 60", rule="\x00")


def test_a_rule_that_cannot_be_read_says_where_and_counts_nothing(client, officer):
    told = shown(client, "red when days_pst_due > 60")
    assert "Line 1, column 10" in told and 'data-proposal="days_past_due"' in told and "nothing is counted" in told


def test_a_scope_narrows_the_preview(client, officer, branch):
    assert "0 loans" in shown(client, "red when days_past_due > 60", segments=["micro"])
    assert "1 loan" in shown(client, "red when days_past_due > 60", branches=branch.code)


@pytest.mark.parametrize("page", ["rulebook:preview", "rulebook:new"])
@pytest.mark.parametrize(
    ("scope", "said"), [({"branches": "NOWHERE"}, "There is no branch with the code NOWHERE."), ({"products": ["NONE"]}, "NONE is not one of the available choices")]
)
def test_a_scope_that_the_lender_does_not_have_is_said_and_nothing_is_counted(client, officer, page, scope, said):
    told = client.post(reverse(page), form("red when days_past_due > 60", do="preview", name="", **scope)).text
    assert said in told and "nothing is counted" in told and "would fire" not in told


def test_a_scope_that_narrows_nothing_is_not_kept(client, officer):
    page = client.post(reverse("rulebook:new"), form("red when roll_ratio > 2", grain="branch", segments=["small"]))
    assert page.status_code == 422 and "Only a rule that looks at loans or borrowers counts for some sizes alone." in page.text


@pytest.mark.parametrize("text", ["red when days_past_due > 60", "red when days_past_due > 60 and staff_payments_24m is empty"])
def test_what_a_rule_says_of_the_conduct_of_staff_is_counted_and_never_listed(client, officer, text):
    conduct = {} if "staff" in text else {"staff_conduct": "on"}
    told = shown(client, text, **conduct)
    assert "1 loan" in told and "counted and not listed" in told and "/loans/" not in told and "outstanding" not in told.lower()
    Rule.objects.create(lender=officer.person.lender, code="OWN-08", name="Conduct", family="own", grain="loan", staff_conduct=True)
    assert "/loans/" not in shown(client, "red when days_past_due > 60", rule="OWN-08")


def test_a_look_back_past_the_first_close_that_is_kept_is_named(client, officer):
    told = shown(client, "red when was(days_past_due, 400 days) > 60 or was(days_past_due, 0001 days) > 60")
    assert "No close is kept from so many days before: 1, 400." in told


def test_the_time_that_a_preview_may_take_is_not_left_to_what_follows(officer):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '77s'")
        previews._run("SELECT '{}'", [])
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("77s",)


def test_a_limit_without_a_value_is_named(client, officer, monkeypatch):
    monkeypatch.setattr(previews, "limit_values", lambda lender, day: {})
    assert "No value is set that day for: rating_age" in shown(client, "red when days_past_due > limit.rating_age")


def test_a_preview_that_takes_too_long_is_stopped_and_says_so(client, officer, monkeypatch):
    monkeypatch.setattr(previews, "LONGEST_MS", 50)
    monkeypatch.setattr(previews, "COUNTED", previews.COUNTED + ", pg_sleep(3)")
    assert "was stopped" in shown(client, "red when days_past_due > 60")


def test_the_preview_is_a_page_of_its_own_without_the_script(client, officer):
    page = client.post(reverse("rulebook:preview"), form("red when days_past_due > 60"))
    assert "<html" in page.text and "1 loan" in page.text
    assert "1 loan" in client.post(reverse("rulebook:new"), form("red when days_past_due > 60", do="preview")).text


def test_suggestions_carry_meaning_unit_and_sample(client, officer):
    answer = client.post(reverse("rulebook:complete"), {"text": "red when days_past", "grain": "loan", "position": "18"})
    (found,) = [s for s in json.loads(answer.content)["suggestions"] if s["text"] == "days_past_due"]
    assert found["unit"] == "days" and found["meaning"] and found["sample"]
    assert client.post(reverse("rulebook:complete"), {"text": "red when \x00\ud800"[:10], "position": "9" * 30, "grain": "x"}).status_code == 200


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.CREDIT_ADMIN, Role.AUDITOR, Role.BRANCH_HEAD])
def test_only_a_risk_officer_writes(client, branch, rule, role):
    client.force_login(hire(branch, role).account)
    assert client.get(reverse("rulebook:new")).status_code == 403
    assert client.post(reverse("rulebook:edit", args=[rule.code]), form(LIVE)).status_code == 403
    assert client.post(reverse("rulebook:preview"), form(LIVE)).status_code == 403
    assert client.post(reverse("rulebook:complete"), {"text": ""}).status_code == 403


def test_a_rule_of_another_lender_is_not_there(client, officer):
    stranger = RuleVersionFactory(code="REP-99").rule
    assert client.get(reverse("rulebook:edit", args=[stranger.code])).status_code == 404
