"""What the database refuses of a version that enters it, and where the history of every kept row may be written."""

from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from pghistory.models import Event

from alerts.rulebook import actions
from alerts.rulebook.actions import EPOCH
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.seeds import SEEDS
from alerts.signals.system import SYSTEM_RULES, system_rule
from loanwatch.trail.grants import HISTORY
from tests.alerts.rulebook.life.conftest import a_draft
from tests.factories import BranchFactory

SAYS = {"text": "red when days_past_due > 1", "tree": {}, "fingerprint": "", "handling_days": {"red": 3}}


def forged(case, rule, officer, colleague):
    """A version as somebody with the log-in of the pages might insert it to have it count without a second person."""
    one, other = officer.person, colleague.person
    return {
        "live, by nobody": {"state": "live", "valid_from": date(2027, 1, 1)},
        "live from the first day, by nobody": {"state": "live", "valid_from": EPOCH},
        "live for a while, by nobody": {"state": "retired", "valid_from": date(2027, 1, 1), "valid_to": date(2028, 1, 1)},
        "live, by somebody": {"state": "live", "valid_from": date(2027, 1, 1), "made_by": one, "authors": [one.pk]},
        "live, approved": {"state": "live", "valid_from": date(2027, 1, 1), "made_by": one, "authors": [one.pk], "checked_by": one, "approved_by": other},
        "checked": {"state": "checked", "made_by": one, "authors": [one.pk], "checked_by": other},
        "checked, by nobody": {"state": "checked", "checked_by": other},
        "a draft that hides its writer": {"state": "draft", "made_by": one, "authors": [other.pk]},
        "a draft of nobody": {"state": "draft"},
        "a draft of authors and no maker": {"state": "draft", "authors": [one.pk]},
        "a draft that is checked already": {"state": "draft", "made_by": one, "authors": [one.pk], "checked_by": other},
    }[case]


CASES = (
    "live, by nobody", "live from the first day, by nobody", "live for a while, by nobody", "live, by somebody", "live, approved", "checked",
    "checked, by nobody", "a draft that hides its writer", "a draft of nobody", "a draft of authors and no maker", "a draft that is checked already",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_no_version_enters_past_the_second_pair_of_eyes(draft, officer, colleague, case):
    actions.drop_draft(version_id=draft.pk, by=officer)
    with pytest.raises(IntegrityError, match="begins as a draft"), transaction.atomic():
        RuleVersion.objects.create(rule=draft.rule, version=2, **SAYS, **forged(case, draft.rule, officer, colleague))


@pytest.mark.parametrize("case", ["live for a while, by nobody", "live, by somebody", "checked, by nobody", "a draft of authors and no maker"])
def test_not_even_the_first_version_of_a_rule_does(branch, officer, colleague, case):
    rule = Rule.objects.create(lender=branch.lender, code="OWN-09", name="Forged", family="own", grain="loan")
    with pytest.raises(IntegrityError, match="begins as a draft"), transaction.atomic():
        RuleVersion.objects.create(rule=rule, version=1, **SAYS, **forged(case, rule, officer, colleague))


def test_a_new_lender_has_its_shipped_rules_and_the_rules_of_signals(db):
    lender = BranchFactory().lender
    assert actions.install_seeds(lender) == len(SEEDS)
    for source in SYSTEM_RULES:
        assert system_rule(lender, source).valid_to == EPOCH
    assert actions.install_seeds(lender) == 0


def test_an_approved_version_still_enters_as_its_writers_draft(checked, credit, officer):
    actions.return_draft(version_id=checked.pk, by=credit, reason="Not yet.")
    kept = actions.save_draft(by=officer, draft=a_draft(text="red when days_past_due > 60", handling_days={"red": 2}))
    assert (kept.pk, kept.authors) == (checked.pk, [officer.person.pk])


def test_every_history_of_rows_is_only_read_by_those_who_log_in():
    kept = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if issubclass(model, Event) and not model._meta.proxy and model._meta.managed}
    assert kept and kept <= set(HISTORY)
