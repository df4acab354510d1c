"""How far the work is, for `manage.py status`."""

from typing import Any

from django.db.models import Count

from loanwatch.lenders.models import Lender
from loanwatch.trail.models import BusinessDay, RunUnit
from loanwatch.trail.queries import last_closed
from loanwatch.watch.ages import ages


def summary() -> dict[str, Any]:
    """Days and last close per lender, units by state, and the ages and counts of `/readyz`."""
    states: dict[str, dict[str, int]] = {}
    for code, state, days in BusinessDay.objects.order_by().values_list("lender__code", "state").annotate(n=Count("id")):
        states.setdefault(code, {})[state] = days
    lenders = [{"lender": lender.code, "last_closed": last_closed(lender), "days": states.get(lender.code, {})} for lender in Lender.objects.order_by("code")]
    units = dict(RunUnit.objects.order_by().values_list("state").annotate(n=Count("id")))
    return {"lenders": lenders, "units": units, "waiting": ages()}
