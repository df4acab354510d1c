"""The rules under which signals of people, inspections and outside stand are nobody's to write."""

import pytest
from django.urls import reverse

from alerts.backtests.quality import quality
from alerts.backtests.thumb import Thumb
from alerts.rulebook import actions, silencing
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.queries import rulebook
from alerts.signals.system import SYSTEM_RULES, system_rule
from loanwatch.kernel.policy import Refused
from tests.alerts.rulebook.life.conftest import a_draft
from tests.factories import DAY, LoanFactory, RuleVersionFactory


@pytest.fixture
def signal(branch, settings):
    settings.BUSINESS_DATE = DAY.isoformat()
    return system_rule(branch.lender, "person")


@pytest.mark.parametrize("source", SYSTEM_RULES)
def test_nobody_drafts_under_the_code_of_a_signal_before_or_after_the_first_one(branch, officer, source):
    code = SYSTEM_RULES[source][0]
    for new in (True, False):
        with pytest.raises(Refused) as refused:
            actions.save_draft(by=officer, draft=a_draft(code=code), new=new)
        assert refused.value.code == "RULE_SYSTEM"
        system_rule(branch.lender, source)
    assert RuleVersion.objects.get(rule__code=code).text == ""


def test_the_rule_of_a_signal_is_neither_moved_nor_silenced(signal, branch, officer, credit):
    for step in (actions.check, actions.approve, actions.retire):
        by, more = (officer, {}) if step is actions.check else (credit, {"valid_from": DAY} if step is actions.approve else {"from_on": DAY, "reason": "No."})
        with pytest.raises(RuleVersion.DoesNotExist):
            step(version_id=signal.pk, by=by, **more)
    with pytest.raises(Rule.DoesNotExist):
        silencing.snooze(rule_code="SIG-MANUAL", borrower=LoanFactory(branch=branch).borrower.number, by=officer, until=DAY, reason="No.")


def test_the_rulebook_and_its_quality_leave_it_out_and_its_page_offers_nothing(signal, branch, officer, client):
    RuleVersionFactory(lender=branch.lender)
    assert [rule.code for rule in rulebook(branch.lender, DAY)] == ["REP-01"]
    assert [rule.code for rule, _ in quality(officer, branch.lender, DAY, 3, Thumb()).rows] == ["REP-01"]
    client.force_login(officer.account)
    assert "SIG-MANUAL" not in client.get(reverse("rulebook:list")).text
    assert client.get(reverse("rulebook:edit", args=["SIG-MANUAL"])).status_code == 404
    assert client.get(reverse("rulebook:snooze", args=["SIG-MANUAL"])).status_code == 404
    page = client.get(reverse("rulebook:rule", args=["SIG-MANUAL"]))
    assert "not by a condition" in page.text
    for offered in ("/edit/", "/snooze/", "/back-test", "Replaced", "Not live"):
        assert offered not in page.text.partition("<main")[2], offered
