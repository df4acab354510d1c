"""The rules without a condition under which signals of people, inspections and outside stand."""

from datetime import date

from alerts.rulebook.models import Rule, RuleVersion
from loanwatch.lenders.models import Lender

EPOCH = date(1990, 1, 1)
HANDLING_DAYS = {"red": 3, "orange": 7, "yellow": 15}
# Code, name, family. Each is a rule without a condition: its alert is opened by a signal and closed by people.
SYSTEM_RULES = {
    "person": ("SIG-MANUAL", "Signal raised by a person", "signal"),
    "visit": ("SIG-VISIT", "Failed checkpoint of an inspection", "signal"),
    "outside": ("SIG-OUTSIDE", "Outside record of a borrower", "signal"),
}


def system_rule(lender: Lender, source: str) -> RuleVersion:
    """The version under which signals of a source stand; written when a lender has its first one. In force on no day, so no scan reads it."""
    code, name, family = SYSTEM_RULES[source]
    rule, _made = Rule.objects.get_or_create(lender=lender, code=code, defaults={"name": name, "family": family, "grain": "loan"})
    version = rule.versions.filter(version=1).first()
    return version or RuleVersion.objects.create(
        rule=rule, version=1, text="", tree={}, fingerprint="", handling_days=HANDLING_DAYS, state="retired", valid_from=EPOCH, valid_to=EPOCH
    )
