"""A business day as the commands print it."""

from typing import Any

from django.db.models import Count, Sum

from loanwatch.trail.models import BusinessDay, RunException, RunUnit


def day_report(day: BusinessDay) -> dict[str, Any]:
    """{date, state, steps: {name: {units, rows, seconds}}, exceptions} of one day; seconds are summed over the units."""
    units = RunUnit.objects.filter(lender_id=day.lender_id, business_date=day.business_date, run_version=day.run_version)
    rows = units.values("step", "step_order").annotate(units=Count("id"), rows=Sum("rows_out"), seconds=Sum("seconds")).order_by("step_order")
    return {
        "date": day.business_date.isoformat(),
        "state": day.state,
        "steps": {r["step"]: {"units": r["units"], "rows": r["rows"], "seconds": round(r["seconds"] or 0, 3)} for r in rows},
        "exceptions": RunException.objects.filter(lender_id=day.lender_id, business_date=day.business_date, resolved_at=None).count(),
    }
