"""Which rules are live."""

from datetime import date

from django.db.models import Q

from alerts.rulebook.models import RuleVersion
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
