"""The figures of `/metrics`, asked of the database at each reading: any number of web processes say the same."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from alerts.signals.models import Alert, Level
from borrowers.feeds.board import missing, now_of
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import business_days
from loanwatch.trail.models import BusinessDay, RunUnit
from loanwatch.trail.queries import CLOSED
from loanwatch.watch.ages import ages

__all__ = ["CONTENT_TYPE", "exposition"]

AGES = {
    "last_tick": "Seconds since the scheduler was heard.",
    "last_worker": "Seconds since any worker was heard.",
    "last_relay": "Seconds since the relay of messages was heard.",
    "last_watch": "Seconds since the watch (manage.py watch) last looked.",
    "oldest_open_unit": "Seconds since the oldest business day at work was opened whose units still wait.",
    "oldest_outbox_row": "Seconds that the oldest message that may leave has waited.",
    "oldest_unsealed_event": "Seconds since the oldest audit event that is not sealed yet.",
}
COUNTS = {
    "workers_alive": "Workers heard within five minutes.",
    "failed_units": "Units of a business day at work that failed for good.",
    "open_exceptions": "What was set aside and is not repaired.",
    "quarantined_rows": "Rows of deliveries that wait for a decision.",
    "held_deliveries": "Deliveries that wait for a decision.",
    "days_due": "Business days that wait to be opened.",
}
LEVELS = {Level.YELLOW: "yellow", Level.ORANGE: "orange", Level.RED: "red"}

# The newest closed day of each lender, in its highest version.
LAST_DAY = """
SELECT DISTINCT ON (d.lender_id) l.code, d.lender_id, d.business_date, d.run_version, extract(epoch FROM d.closed_at - d.opened_at)
FROM trail_businessday d JOIN lenders_lender l ON l.id = d.lender_id
WHERE d.state IN ('closed', 'closed_with_exceptions')
ORDER BY d.lender_id, d.business_date DESC, d.run_version DESC
"""
STEPS = f"""
SELECT d.code, u.step, sum(u.seconds), sum(u.rows_out) FROM ({LAST_DAY}) AS d (code, lender_id, business_date, run_version, took)
JOIN trail_rununit u ON u.lender_id = d.lender_id AND u.business_date = d.business_date AND u.run_version = d.run_version
GROUP BY d.code, u.step ORDER BY d.code, min(u.step_order)
"""
UNITS = """
SELECT u.state, count(*) FROM trail_businessday d
JOIN trail_rununit u ON u.lender_id = d.lender_id AND u.business_date = d.business_date AND u.run_version = d.run_version
WHERE d.state = 'closing' GROUP BY u.state
"""


def exposition() -> bytes:
    """All figures as Prometheus reads them. Raises DatabaseError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return generate_latest(registry)


class Figures(Collector):
    """Asks once per reading; a figure of which there is nothing is left out, a count of none is 0."""

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []  # else a registry asks the database when this is registered

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = ages()
        for name, words in AGES.items():
            if found[name] is not None:
                yield GaugeMetricFamily(f"loanwatch_{name}_seconds", words, value=found[name])
        for name, words in COUNTS.items():
            yield GaugeMetricFamily(f"loanwatch_{name}", words, value=found[name])
        yield from _last_day()
        units = dict.fromkeys(RunUnit.State.values, 0) | dict(_rows(UNITS))
        yield _labelled("loanwatch_units", "Units of the business days at work by state.", ["state"], units.items())
        outbox = {state: found[f"outbox_{state}"] for state in ("waiting", "uncertain", "failed")}
        yield _labelled("loanwatch_outbox_rows", "Messages that wait to leave, or wait for somebody's decision.", ["state"], outbox.items())
        yield from _per_lender()
        yield _labelled("loanwatch_open_alerts", "Alerts that are not closed, by level.", ["lender", "level"], _alerts())


def _labelled(name: str, words: str, labels: list[str], rows: Iterable[tuple[Any, float]]) -> GaugeMetricFamily:
    made = GaugeMetricFamily(name, words, labels=labels)
    for key, value in rows:
        made.add_metric([str(k) for k in key] if isinstance(key, tuple) else [str(key)], float(value or 0))
    return made


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _last_day() -> Iterator[GaugeMetricFamily]:
    took = [(code, seconds) for code, _lender, _on, _version, seconds in _rows(LAST_DAY) if seconds is not None]
    steps = _rows(STEPS)
    yield _labelled("loanwatch_last_day_seconds", "From the opening to the close of the last closed business day.", ["lender"], took)
    yield _labelled(
        "loanwatch_step_seconds", "Seconds of work of each step of the last closed business day, over all its units.", ["lender", "step"],
        [((code, step), seconds) for code, step, seconds, _ in steps],
    )  # fmt: skip
    yield _labelled(
        "loanwatch_step_rows", "Rows that each step of the last closed business day wrote.", ["lender", "step"],
        [((code, step), rows) for code, step, _, rows in steps],
    )  # fmt: skip


def _per_lender() -> Iterator[GaugeMetricFamily]:
    closed = dict(BusinessDay.objects.filter(state__in=CLOSED).order_by().values_list("lender_id").annotate(d=Max("business_date")))
    behind, gone = [], []
    for lender in Lender.objects.order_by("code"):
        now = now_of(lender)
        gone.append((lender.code, len(missing(lender, now))))
        if (last := closed.get(lender.pk)) is not None:
            behind.append((lender.code, len(business_days(lender, last + timedelta(days=1), now.date() - timedelta(days=1)))))
    yield _labelled(
        "loanwatch_last_closed_age_business_days", "Business days between the last closed one and today, both left out.", ["lender"], behind
    )
    yield _labelled("loanwatch_missing_feeds", "Feeds whose due time has passed without a delivery.", ["lender"], gone)


def _alerts() -> list[tuple[tuple[str, str], float]]:
    rows = Alert.objects.exclude(state=Alert.State.CLOSED).order_by().values_list("lender__code", "level").annotate(n=Count("pk"))
    found = {(code, LEVELS[Level(level)]): n for code, level, n in rows}
    codes = Lender.objects.order_by("code").values_list("code", flat=True)
    return [((code, level), found.get((code, level), 0)) for code in codes for level in LEVELS.values()]
