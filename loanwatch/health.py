"""Answers for the machines that watch the machine: alive, ready, and figures for the monitoring."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from borrowers.feeds.board import missing, now_of
from loanwatch.lenders.models import Lender

# Seconds after which silence is a fault. The tick comes every 20 seconds; a unit takes seconds and may be retried.
LIMITS = {"last_tick": 120, "oldest_open_unit": 900}

AGES = """
SELECT (SELECT extract(epoch FROM clock_timestamp() - at)::int FROM trail_beat WHERE name = 'tick'),
       (SELECT extract(epoch FROM clock_timestamp() - min(d.opened_at))::int FROM trail_rununit u
        JOIN trail_businessday d ON d.lender_id = u.lender_id AND d.business_date = u.business_date AND d.state = 'closing'
        WHERE u.state IN ('todo', 'running')),
       (SELECT count(*) FROM trail_rununit WHERE state = 'failed'),
       (SELECT count(*) FROM trail_runexception WHERE resolved_at IS NULL),
       (SELECT count(*) FROM borrowers_quarantinedrow WHERE state = 'waiting'),
       (SELECT count(*) FROM borrowers_delivery WHERE state = 'held'),
       (SELECT count(*) FROM trail_businessday WHERE state = 'due'),
       (SELECT count(*) FROM alerts_alert WHERE state <> 'closed')
"""
NAMES = ("last_tick", "oldest_open_unit", "failed_units", "open_exceptions", "quarantined_rows", "held_deliveries", "days_due", "open_alerts")


def ages() -> dict[str, int | None]:
    """Ages in seconds (None: nothing of the kind is there) and counts of what waits."""
    with connection.cursor() as cursor:
        cursor.execute(AGES)
        return dict(zip(NAMES, cursor.fetchone(), strict=True)) | {"missing_feeds": len(missing_feeds())}


def missing_feeds() -> list[str]:
    """A sentence for each feed whose due time has passed without a delivery."""
    return [
        f"The feed {day.format} of {lender.code} for {day.on} was due {day.due:%Y-%m-%d %H:%M} and has not come."
        for lender in Lender.objects.all()
        for day in missing(lender, now_of(lender))
    ]


def alive(request: HttpRequest) -> JsonResponse:
    """The process answers. Says nothing of the database: a restart would not mend that."""
    return JsonResponse({"alive": True})


def ready(request: HttpRequest) -> JsonResponse:
    """200 while work flows, 503 with the reasons when something has been silent or waiting for too long."""
    try:
        found, late = ages(), missing_feeds()
    except DatabaseError:
        return JsonResponse({"ready": False, "reasons": ["The database does not answer."]}, status=503)
    reasons = [f"{name} is {found[name]} s ago, the limit is {limit} s." for name, limit in LIMITS.items() if (found[name] or 0) > limit]
    if found["last_tick"] is None and not settings.DEBUG:
        reasons.append("The scheduler has never ticked.")
    if found["failed_units"]:
        reasons.append(f"{found['failed_units']} units of a business day were set aside.")
    reasons += late
    return JsonResponse({"ready": not reasons, "reasons": reasons, **found}, status=503 if reasons else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """The same figures in the text format that Prometheus reads."""
    lines = [f"loanwatch_{name}{'_seconds' if name in LIMITS else ''} {value}" for name, value in ages().items() if value is not None]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")
