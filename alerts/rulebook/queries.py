"""Which rules are live, and what they have been saying."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet, Sum

from alerts.rulebook.life import APPROVED
from alerts.rulebook.limits import LIMITS, PREFIX, LimitValue, typed
from alerts.rulebook.models import Rule, RuleSnooze, RuleTally, RuleTrial, RuleVersion
from loanwatch.lenders.models import Lender, Parameter


def live_versions(lender: Lender, on: date, grain: str) -> list[RuleVersion]:
    """The versions in force on `on` of a grain's rules, one per rule, in the order of their codes.

    Dates alone decide, so a day that is run again sees the rules of its own time.
    """
    rows = (
        RuleVersion.objects.filter(rule__lender=lender, rule__grain=grain, state__in=APPROVED, valid_from__lte=on)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
        .select_related("rule")
        .order_by("rule__code", "-version")
        .distinct("rule__code")
    )
    return list(rows)


def trial_versions(lender: Lender, day: date, grain: str) -> list[RuleVersion]:
    """The versions of a grain that are tried out silently on `day`, in the order of their rules' codes.

    Each carries its RuleTrial as `.trial`, and `text` and `tree` as they were when the trial began. Dates alone decide.
    """
    rows = RuleTrial.objects.filter(lender=lender, from_on__lte=day, to_on__gte=day, rule_version__rule__grain=grain)
    found = []
    for trial in rows.select_related("rule_version__rule").order_by("rule_version__rule__code", "pk"):
        version: Any = trial.rule_version
        version.trial, version.text, version.tree = trial, trial.text, trial.tree
        found.append(version)
    return found


def snoozed(lender: Lender, day: date) -> QuerySet[RuleSnooze]:
    """The snoozes that count on `day`: for these, (rule_id, borrower_id) opens no alert."""
    return RuleSnooze.objects.filter(lender=lender, from_on__lte=day, until__gte=day)


@dataclass(frozen=True)
class LimitInForce:
    """The value of a limit as it counts on a day, since when, and where it comes from."""

    value: LimitValue
    valid_from: date
    source: str
    confidence: str


def limits_in_force(lender: Lender, day: date) -> dict[str, LimitInForce]:
    """The limits with a value in force on `day`, by name without `limit.`; approved or shipped ones only. One query.

    A limit nobody has set is not there, and neither is a value that does not fit the limit's type: both are missing to a rule.
    """
    rows = Parameter.objects.filter(~Q(approved_by="") | Q(proposed_by=""), lender=lender, key__startswith=PREFIX, valid_from__lte=day)
    found = {}
    for row in rows.order_by("key", "-valid_from", "-id").distinct("key"):
        name = row.key.removeprefix(PREFIX)
        if name in LIMITS and (value := typed(name, row.value)) is not None:
            found[name] = LimitInForce(value, row.valid_from, row.source, row.confidence)
    return found


def limit_values(lender: Lender, day: date) -> dict[str, LimitValue]:
    """The limits in force on `day` as rules compare them, by name without `limit.`; an absent one is not evaluable."""
    return {name: limit.value for name, limit in limits_in_force(lender, day).items()}


def tally_series(versions: Iterable[RuleVersion], since: date) -> list[dict[str, Any]]:
    """What the rules said at each close from `since` on: as_of, rule_id, red, orange, yellow, clear, not_evaluable; oldest first."""
    sums = {name: Sum(name) for name in ("red", "orange", "yellow", "clear", "not_evaluable")}
    rows = RuleTally.objects.filter(rule_version__in=[v.pk for v in versions], as_of__gte=since)
    found: Iterable[Any] = rows.values("as_of", rule_id=F("rule_version__rule_id")).annotate(**sums).order_by("as_of")
    return list(found)


def rulebook(lender: Lender) -> list[Any]:
    """Every rule with `live`, its version in force, or None. Two queries, however many rules."""
    live = Prefetch("versions", RuleVersion.objects.filter(state=RuleVersion.State.LIVE).order_by("-version"), to_attr="live_ones")
    rules = Rule.objects.filter(lender=lender).prefetch_related(live)
    found: list[Any] = list(rules.order_by("code"))
    for rule in found:
        rule.live = rule.live_ones[0] if rule.live_ones else None
    return found
