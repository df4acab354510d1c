"""Answers for the machines that watch the machine: alive, ready, and figures for the monitoring."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from loanwatch.watch.ages import ages, missing_feeds
from loanwatch.watch.metrics import CONTENT_TYPE, exposition

# Seconds after which silence is a fault. The tick comes every 20 seconds; a unit takes seconds and may be retried.
LIMITS = {"last_tick": 120, "oldest_open_unit": 900, "oldest_outbox_row": 900, "oldest_unsealed_event": 300}


def alive(request: HttpRequest) -> JsonResponse:
    """The process answers. Says nothing of the database: a restart would not mend that."""
    return JsonResponse({"alive": True})


def ready(request: HttpRequest) -> JsonResponse:
    """200 while work flows, 503 with the reasons when something has been silent or waiting for too long."""
    try:
        found, late = ages(), missing_feeds()
    except DatabaseError:
        return JsonResponse({"ready": False, "reasons": ["The database does not answer."]}, status=503)
    reasons = [*_reasons(found), *late]
    return JsonResponse({"ready": not reasons, "reasons": reasons, **found}, status=503 if reasons else 200)


def _reasons(found: dict[str, Any]) -> list[str]:
    reasons = [f"{name} is {found[name]} s ago, the limit is {limit} s." for name, limit in LIMITS.items() if (found[name] or 0) > limit]
    if found["last_tick"] is None and not settings.DEBUG:
        reasons.append("The scheduler has never ticked.")
    if found["failed_units"]:
        reasons.append(f"{found['failed_units']} units of a business day were set aside.")
    return reasons


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in the text format that Prometheus reads; 503 while the database does not answer."""
    try:
        return HttpResponse(exposition(), content_type=CONTENT_TYPE)
    except DatabaseError:
        return HttpResponse("# The database does not answer.\n", content_type=CONTENT_TYPE, status=503)
