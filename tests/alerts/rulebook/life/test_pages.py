from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alerts.rulebook import actions, comparing, silencing
from alerts.rulebook.models import RuleSnooze, RuleVersion, TrialHit
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.alerts.rulebook.life.conftest import TEXT, a_draft
from tests.factories import DAY, BranchFactory, LoanFactory, RuleVersionFactory, hire

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def the_day_before_tomorrow(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


def page(client, access, name, *parts, **asked):
    client.force_login(access.account)
    answer = client.get(reverse(f"rulebook:{name}", args=parts), asked)
    return answer, answer.content.decode(errors="replace") if hasattr(answer, "content") else ""


def act(client, access, name, *parts, **sent):
    client.force_login(access.account)
    return client.post(reverse(f"rulebook:{name}", args=parts), sent)


def test_a_rule_is_checked_returned_approved_and_retired_on_its_page_by_those_who_may(client, draft, officer, credit):
    shown = page(client, officer, "version", "OWN-01", 1)[1]
    assert "State that it is complete" in shown
    assert "Live from</label>" not in shown
    act(client, officer, "check", "OWN-01", 1)
    assert "OWN-01" in page(client, credit, "waiting")[1]
    assert act(client, credit, "return", "OWN-01", 1, **{"return-reason": ""}).status_code == 422
    act(client, credit, "return", "OWN-01", 1, **{"return-reason": "Too many would fire."})
    assert "Too many would fire." in page(client, officer, "version", "OWN-01", 1)[1]
    act(client, officer, "check", "OWN-01", 1)
    assert act(client, officer, "approve", "OWN-01", 1, valid_from=TOMORROW).status_code == 403
    assert act(client, credit, "approve", "OWN-01", 1, valid_from="someday").status_code == 422
    assert act(client, credit, "approve", "OWN-01", 1, valid_from=DAY).status_code == 409
    assert act(client, credit, "approve", "OWN-01", 1, valid_from=TOMORROW).status_code == 302
    assert act(client, credit, "approve", "OWN-01", 1, valid_from=TOMORROW).status_code == 409
    assert act(client, credit, "retire", "OWN-01", 1, **{"retire-from_on": DAY + timedelta(days=9), "retire-reason": "Never fired."}).status_code == 302
    version = RuleVersion.objects.get(pk=draft.pk)
    assert (version.state, version.valid_from, version.valid_to) == ("retired", TOMORROW, DAY + timedelta(days=9))
    told = page(client, credit, "rule", "OWN-01")[1]
    assert "Warning rule returned: version 1" in told
    assert "Never fired." in told


def test_a_planned_version_is_cancelled_and_the_page_says_what_remains(client, checked, officer, credit):
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)
    second = actions.check(version_id=actions.save_draft(by=officer, draft=a_draft()).pk, by=officer)
    later = DAY + timedelta(days=9)
    actions.approve(version_id=second.pk, by=credit, valid_from=later)
    assert "Retire this rule?" in page(client, credit, "version", "OWN-01", 1)[1]
    assert "Retire this rule?" not in page(client, officer, "version", "OWN-01", 1)[1]
    client.force_login(credit.account)
    sent = {"retire-from_on": later, "retire-reason": "Not needed: 50 % of it."}
    told = client.post(reverse("rulebook:retire", args=["OWN-01", 2]), sent, follow=True).text
    assert "Version 2 of OWN-01 will never count. No version of the rule warns from" in told
    sent["retire-from_on"] = later - timedelta(days=1)
    assert act(client, credit, "retire", "OWN-01", 1, **sent).status_code == 302
    assert act(client, credit, "retire", "OWN-01", 1, **(sent | {"retire-from_on": later})).status_code == 409


def test_a_writer_who_is_also_a_credit_administrator_is_told_that_another_must_approve(client, branch, checked, officer):
    from tests.alerts.rulebook.life.test_life import both

    shown = page(client, both(officer), "version", "OWN-01", 1)[1]
    assert "another credit administrator must approve it" in shown
    assert "/approve/" not in shown
    assert act(client, officer, "approve", "OWN-01", 1, valid_from=TOMORROW).status_code == 403


def test_a_draft_is_given_up_on_its_page_and_another_lender_sees_nothing_of_it(client, draft, officer):
    stranger = hire(BranchFactory(), Role.RISK_OFFICER)
    for name in ("version", "trial"):
        assert page(client, stranger, name, "OWN-01", 1)[0].status_code == 404
    assert act(client, stranger, "check", "OWN-01", 1).status_code == 404
    act(client, officer, "drop", "OWN-01", 1)
    assert RuleVersion.objects.get(pk=draft.pk).state == "dropped"


# The list --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def book(branch, officer):
    RuleVersionFactory(lender=branch.lender, code="REP-01", confidence="medium")
    RuleVersionFactory(lender=branch.lender, code="PRC-01", staff_conduct=True, confidence="medium")
    RuleVersionFactory(lender=branch.lender, code="COL-10", state="draft", valid_from=None, confidence="low")
    actions.save_draft(by=officer, draft=a_draft(code="OWN-01"), new=True)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"REP-01", "PRC-01", "COL-10", "OWN-01"}),
        ({"state": "live"}, {"REP-01", "PRC-01"}),
        ({"state": "draft"}, {"COL-10", "OWN-01"}),
        ({"state": "off"}, {"COL-10", "OWN-01"}),
        ({"confidence": "low"}, {"COL-10"}),
        ({"conduct": "1"}, {"PRC-01"}),
        ({"level": "yellow"}, {"OWN-01"}),
        ({"grain": "branch"}, set()),
        ({"family": "Repayment", "state": "draft"}, {"OWN-01"}),
        ({"state": "nonsense"}, {"REP-01", "PRC-01", "COL-10", "OWN-01"}),
    ],
)
def test_the_rulebook_is_filtered_by_its_address(client, officer, book, asked, found):
    shown = page(client, officer, "list", **asked)[1]
    assert {code for code in ("REP-01", "PRC-01", "COL-10", "OWN-01") if f"/rules/{code}/" in shown} == found


def test_the_list_asks_the_same_number_of_questions_however_many_rules(client, officer, book, branch):
    def asked():
        with CaptureQueriesContext(connection, ) as queries:
            page(client, officer, "list")
        return len(queries)

    page(client, officer, "list")
    before = asked()
    for number in range(20):
        RuleVersionFactory(lender=branch.lender, code=f"EXT-{number:02}")
    assert asked() == before


@pytest.mark.parametrize("kind", ["csv", "xlsx", "txt"])
def test_the_rulebook_is_exported_as_filtered_and_the_trail_is_told(client, officer, book, kind):
    answer = page(client, officer, "export", kind, state="live")[0]
    assert answer.status_code == 200
    if kind != "xlsx":
        text = answer.content.decode("utf-8-sig")
        assert "REP-01" in text
        assert "COL-10" not in text
    assert AuditEvent.objects.get(event="rules.exported").details["rows"] == 2


def test_a_file_of_another_kind_is_not_there(client, officer, book):
    assert page(client, officer, "export", "pdf")[0].status_code == 404


# Comparing -------------------------------------------------------------------------------------------------------------------


def test_two_texts_are_compared_line_by_line():
    lines = comparing.text_lines("yellow when a > 1\nred when a > 90", "yellow when a > 1  \norange when a > 30\nred when a > 60")
    assert [(line.kind, line.old, line.new) for line in lines] == [
        ("kept", 1, 1), ("gone", 2, None), ("new", None, 2), ("new", None, 3),
    ]  # fmt: skip


def test_two_versions_are_compared_with_everything_that_changed(client, checked, officer, credit):
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)
    changed = {"text": "red when days_past_due > 60", "handling_days": {"red": 2}, "cure_days": 5, "segments": ("small",)}
    actions.save_draft(by=officer, draft=a_draft(**changed))
    shown = page(client, officer, "compare", "OWN-01")[1]
    for words in ("− red when days_past_due &gt; 90", "+ red when days_past_due &gt; 60", "red: 2", "small", "<ins>5</ins>"):
        assert words in shown, words
    assert "− red" not in page(client, officer, "compare", "OWN-01", old=2, new=2)[1]


# Test runs -------------------------------------------------------------------------------------------------------------------


def test_the_page_of_a_test_run_says_what_is_new_and_what_no_longer(client, draft, officer, branch):
    assert "never tried out" in page(client, officer, "trial", "OWN-01", 1)[1]
    act(client, officer, "trial_start", "OWN-01", 1, days=5)
    trial = draft.trials.get()
    assert "Nothing to compare yet" in page(client, officer, "trial", "OWN-01", 1)[1]
    new, gone, both, hidden = LoanFactory(branch=branch), LoanFactory(branch=branch), LoanFactory(branch=branch), LoanFactory(branch=BranchFactory(lender=branch.lender))
    levels = ((new, 3, 0), (gone, 0, 2), (both, 1, 1), (hidden, 2, None))
    for loan, level, live in levels:
        TrialHit.objects.create(trial=trial, as_of=TOMORROW, subject=loan.pk, level=level, live_level=live)
    answer, shown = page(client, officer, "trial", "OWN-01", 1)
    row = answer.context["days"][0]
    assert (row["tried"], row["live"], row["new"], row["gone"]) == (3, 2, 2, 1)
    assert [line["subject"] for line in answer.context["new"]["rows"]] == [new]
    assert [line["subject"] for line in answer.context["gone"]["rows"]] == [gone]
    assert both.number not in shown
    assert hidden.number not in shown
    act(client, officer, "trial_stop", "OWN-01", 1)
    assert act(client, officer, "trial_stop", "OWN-01", 1).status_code == 409


def test_a_test_run_of_a_rule_on_conduct_lists_nobody(client, officer, branch):
    made = actions.save_draft(by=officer, draft=a_draft(staff_conduct=True), new=True)
    trial = silencing.start_trial(version_id=made.pk, by=officer, days=5)
    loan = LoanFactory(branch=branch)
    TrialHit.objects.create(trial=trial, as_of=TOMORROW, subject=loan.pk, level=3, live_level=0)
    shown = page(client, officer, "trial", "OWN-01", 1)[1]
    assert "counted and not listed" in shown
    assert loan.number not in shown


def test_a_test_run_of_too_many_days_is_refused_with_the_most_there_may_be(client, draft, officer):
    assert act(client, officer, "trial_start", "OWN-01", 1, days=61).status_code == 403
    assert act(client, officer, "trial_start", "OWN-01", 1, days=0).status_code == 422


# Silences --------------------------------------------------------------------------------------------------------------------


def test_a_rule_is_silenced_and_lifted_on_its_pages(client, officer, branch):
    rule, loan = RuleVersionFactory(lender=branch.lender).rule, LoanFactory(branch=branch)
    assert "No rule is silenced" in page(client, officer, "snoozes")[1]
    sent = {"borrower": loan.borrower.number, "until": DAY + timedelta(days=9), "reason": "Moves its account."}
    assert "There is no borrower" in act(client, officer, "snooze", rule.code, **(sent | {"borrower": "NOBODY"})).content.decode()
    assert act(client, officer, "snooze", rule.code).status_code == 422
    assert act(client, officer, "snooze", rule.code, **sent).status_code == 302
    assert "Moves its account." in page(client, officer, "snoozes")[1]
    elsewhere = hire(BranchFactory(lender=branch.lender), Role.RISK_OFFICER)
    assert "Moves its account." not in page(client, elsewhere, "snoozes")[1]
    made = RuleSnooze.objects.get()
    assert act(client, elsewhere, "lift", made.pk).status_code == 404
    assert act(client, officer, "lift", made.pk).status_code == 302
    assert "Moves its account." in page(client, officer, "snoozes", state="over")[1]
    assert "Moves its account." not in page(client, officer, "snoozes")[1]


def test_the_text_of_a_rule_is_shown_as_text(client, officer):
    actions.save_draft(by=officer, draft=a_draft(name="<b>Bold</b>", text=TEXT), new=True)
    assert "<b>Bold</b>" not in page(client, officer, "version", "OWN-01", 1)[1]
