"""How long ago what must never be silent was heard, and how much of what waits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from borrowers.feeds.board import missing, now_of
from loanwatch.lenders.models import Lender
from loanwatch.trail.models import Beat
from loanwatch.trail.outbox.relay import outbox_ages

WORKER = "worker:"  # what the names of beats of worker processes begin with
QUIET = 300  # seconds after which a worker counts as gone; it beats every 20
FORGOTTEN = 7 * 86400  # seconds after which a process that is gone is no longer listed

AGES = f"""
SELECT (SELECT extract(epoch FROM clock_timestamp() - at)::int FROM trail_beat WHERE name = 'tick'),
       (SELECT extract(epoch FROM clock_timestamp() - max(at))::int FROM trail_beat WHERE name LIKE '{WORKER}%%'),
       (SELECT count(*) FROM trail_beat WHERE name LIKE '{WORKER}%%' AND at > clock_timestamp() - interval '{QUIET} seconds'),
       (SELECT extract(epoch FROM clock_timestamp() - at)::int FROM trail_beat WHERE name = 'watch'),
       (SELECT extract(epoch FROM clock_timestamp() - min(d.opened_at))::int FROM trail_rununit u
        JOIN trail_businessday d ON d.lender_id = u.lender_id AND d.business_date = u.business_date AND d.run_version = u.run_version
             AND d.state = 'closing'
        WHERE u.state IN ('todo', 'running')),
       (SELECT count(*) FROM trail_rununit u
        JOIN trail_businessday d ON d.lender_id = u.lender_id AND d.business_date = u.business_date AND d.run_version = u.run_version
             AND d.state = 'closing'
        WHERE u.state = 'failed'),
       (SELECT count(*) FROM trail_runexception WHERE resolved_at IS NULL),
       (SELECT count(*) FROM borrowers_quarantinedrow WHERE state = 'waiting'),
       (SELECT count(*) FROM borrowers_delivery WHERE state = 'held'),
       (SELECT count(*) FROM trail_businessday WHERE state = 'due'),
       (SELECT count(*) FROM alerts_alert WHERE state <> 'closed')
"""
NAMES = (
    "last_tick", "last_worker", "workers_alive", "last_watch", "oldest_open_unit", "failed_units", "open_exceptions", "quarantined_rows",
    "held_deliveries", "days_due", "open_alerts",
)  # fmt: skip


def ages() -> dict[str, Any]:
    """Ages in seconds (None: nothing of the kind is there) and counts of what waits.

    `oldest_outbox_row` counts from when the message might have left. `oldest_unsealed_event` is None as long as audit events
    aren't sealed.
    """
    with connection.cursor() as cursor:
        cursor.execute(AGES)
        found = dict(zip(NAMES, cursor.fetchone(), strict=True))
    outbox = outbox_ages()
    found |= {"oldest_outbox_row": outbox.pop("oldest_outbox"), **outbox}
    return found | {"oldest_unsealed_event": None, "missing_feeds": len(missing_feeds())}


def missing_feeds() -> list[str]:
    """A sentence for each feed whose due time has passed without a delivery."""
    return [
        f"The feed {day.format} of {lender.code} for {day.on} was due {day.due:%Y-%m-%d %H:%M} and has not come."
        for lender in Lender.objects.all()
        for day in missing(lender, now_of(lender))
    ]


@dataclass(frozen=True)
class Process:
    """One process that says it is alive. kind: scheduler, worker, watch or other."""

    kind: str
    name: str
    host: str
    heard: datetime
    age: int  # seconds

    @property
    def alive(self) -> bool:
        return self.age <= QUIET


def processes() -> list[Process]:
    """Every process that was heard within a week, those that fell silent first, then by kind and name."""
    rows = Beat.objects.annotate(now=Now(), age=Now() - F("at")).order_by("name")
    found = [_process(row.name, row.at, int(row.age.total_seconds())) for row in rows]
    return sorted((p for p in found if p.age <= FORGOTTEN), key=lambda p: (p.alive, p.kind != "scheduler", p.name))


def _process(name: str, at: datetime, age: int) -> Process:
    kind, _, own = name.rpartition(":")
    label, _, host = own.partition("@")
    return Process({"tick": "scheduler"}.get(name, kind or name), label if kind else "", host, at, max(0, age))
