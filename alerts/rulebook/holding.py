"""What every step in the life of a rule begins with: the rule held still, and the state it must be in."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from alerts.rulebook.life import MOVES, RETIRED, SYSTEM
from alerts.rulebook.models import Rule, RuleTrial, RuleVersion
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.trail.queries import last_taken


def lender_of(by: Access) -> Lender:
    """The lender whose rules this person works on; Refused for whoever is of none."""
    if by.person is None or by.person.lender is None:
        raise Refused(_("Only staff of a lender works on its rules."), code="NO_LENDER")
    return by.person.lender


def locked(version_id: int, by: Access) -> RuleVersion:
    """The version as it is once nobody else is at its rule. Raises RuleVersion.DoesNotExist for another lender's
    and for the rule of a signal."""
    written = RuleVersion.objects.exclude(rule__code__startswith=SYSTEM)
    rule_id = written.values_list("rule_id", flat=True).get(pk=version_id, rule__lender=lender_of(by))
    Rule.objects.select_for_update().get(pk=rule_id)
    return RuleVersion.objects.select_related("rule__lender").get(pk=version_id)


def move(version: RuleVersion, new: str) -> None:
    """Set the state, unsaved; Conflict when the step does not follow from the present one."""
    if new not in MOVES[version.state]:
        parts = {"n": version.version, "rule": version.rule.code, "state": version.get_state_display()}
        raise Conflict(_("Version %(n)s of %(rule)s is in the state “%(state)s”; this step does not follow. Nothing was changed.") % parts, code="RULE_STATE")
    version.state = new


def may_end_earlier(version: RuleVersion) -> bool:
    """Whether a version that another one replaces on a later day is still in force, or will be, for a day that is not closed."""
    taken = last_taken(version.rule.lender)
    if version.state != RETIRED or version.valid_from is None or version.valid_to is None or version.valid_from == version.valid_to:
        return False
    return taken is None or version.valid_to > taken + timedelta(days=1)


def said(reason: str) -> str:
    """The reason without blanks around it; Refused when there is none."""
    if not reason.strip():
        raise Refused(_("Say why."), code="REASON_MISSING")
    return reason.strip()


def running_trials(version: RuleVersion) -> Any:
    """The test runs of a version that still wait for a close."""
    taken = last_taken(version.rule.lender)
    rows = RuleTrial.objects.filter(rule_version=version, stopped_by=None)
    return rows.filter(to_on__gt=taken) if taken else rows


def end_trials(version: RuleVersion, by: Access) -> None:
    """Test runs that still run end with the last day that was closed, or before their first one."""
    taken = last_taken(version.rule.lender)
    for trial in running_trials(version):
        trial.to_on, trial.stopped_by = max(taken or trial.from_on - timedelta(days=1), trial.from_on - timedelta(days=1)), by.person
        trial.save(update_fields=["to_on", "stopped_by"])
