"""The rulebook from the command line and in the API."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from alerts.rulebook import actions
from loanwatch.people.models import Role
from loanwatch.people.tokens import make_token
from tests.alerts.rulebook.life.conftest import a_draft
from tests.factories import DAY, LoanDayFactory, LoanFactory, RuleVersionFactory, close_days, hire

TOMORROW = DAY + timedelta(days=1)


def say(*words):
    out = io.StringIO()
    call_command("rules", *words, stdout=out)
    return out.getvalue()


def told(*words):
    return json.loads(say(*words, "--json"))


def test_the_shell_lists_rules_with_their_states(draft, branch):
    RuleVersionFactory(lender=branch.lender)
    rules = {rule["code"]: rule["states"] for rule in told("list", "--lender", branch.lender.code)["rules"]}
    assert rules == {"OWN-01": ["draft", "off"], "REP-01": ["live"]}
    assert "OWN-01" in say("list")
    assert told("show", "OWN-01")["why"] == "Who pays late has less money than planned."


def test_the_shell_checks_a_text_and_says_every_error_with_its_place(draft, tmp_path):
    assert told("check", "OWN-01")["fields"] == ["days_past_due"]
    wrong = tmp_path / "rule.txt"
    wrong.write_text("red when days_past_du > 1\nyellow when nothing_such = 2")
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("rules", "check", "--file", str(wrong), "--json", stdout=out)
    errors = json.loads(out.getvalue())["errors"]
    assert [(e["line"], e["column"], e["word"]) for e in errors] == [(1, 10, "days_past_du"), (2, 13, "nothing_such")]
    assert errors[0]["proposal"] == "days_past_due"


@pytest.mark.parametrize("words", [("check",), ("show", "NONE-1"), ("show", "OWN-01", "--version", "9"), ("check", "--file", "/nowhere")])
def test_the_shell_says_in_a_sentence_what_it_can_not_do(draft, words):
    with pytest.raises(CommandError):
        say(*words)


def test_the_shell_previews_a_text_against_the_version_in_force(as_worker, branch, tmp_path):
    close_days(branch.lender, TOMORROW)
    officer, credit = hire(branch, Role.RISK_OFFICER), hire(branch, Role.CREDIT_ADMIN)
    made = actions.save_draft(by=officer, draft=a_draft(), new=True)
    actions.approve(version_id=actions.check(version_id=made.pk, by=officer).pk, by=credit, valid_from=TOMORROW + timedelta(days=1))
    loans = [LoanFactory(branch=branch) for _ in range(3)]
    for loan, days in zip(loans, (0, 40, 91), strict=True):
        LoanDayFactory(loan=loan, as_of=TOMORROW, days_past_due=days)
    found = told("preview", "OWN-01", "--as-of", TOMORROW.isoformat())
    assert (found["observed"], found["red"], found["yellow"], found["clear"], found["against_version"]) == (3, 1, 1, 1, None)
    assert found["subjects"] == [loans[2].number, loans[1].number]
    text = tmp_path / "rule.txt"
    text.write_text("red when days_past_due > 1000")
    assert told("preview", "OWN-01", "--file", str(text))["subjects"] == []
    with pytest.raises(CommandError):
        say("preview", "OWN-01", "--as-of", "2020-01-01")


def test_the_api_gives_rules_with_versions_to_those_who_may_read_them(settings, checked, officer, credit, branch):
    settings.BUSINESS_DATE = DAY.isoformat()
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)

    def get(who, path, **asked):
        return Client().get(f"/api/v1/{path}", asked, headers={"Authorization": f"Token {make_token(who.account, 'test')}"})

    one = get(credit, "rules/OWN-01/").json()
    assert (one["code"], one["versions"][0]["state"], one["versions"][0]["approved_by"]) == ("OWN-01", "live", credit.person.staff_no)
    assert [get(credit, "rules/", live_on=day).json()["count"] for day in (DAY, TOMORROW)] == [0, 1]
    assert get(credit, "rules/NONE-1/").status_code == 404
    assert get(hire(branch, Role.ACCOUNT_MANAGER), "rules/").status_code == 403
