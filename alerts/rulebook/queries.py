"""Which rules are live, and what they have been saying."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import F, Prefetch, Q, Sum

from alerts.rulebook.models import Rule, RuleTally, RuleVersion
from loanwatch.lenders.models import Lender


def live_versions(lender: Lender, on: date, grain: str) -> list[RuleVersion]:
    """The versions in force on `on` of a grain's rules, one per rule, in the order of their codes."""
    rows = (
        RuleVersion.objects.filter(rule__lender=lender, rule__grain=grain, state__in=["live", "retired"], valid_from__lte=on)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
        .select_related("rule")
        .order_by("rule__code", "-version")
        .distinct("rule__code")
    )
    return list(rows)


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
