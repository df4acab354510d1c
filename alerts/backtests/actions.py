"""Asking for a back-test, taking it back, and doing it: a worker walks through one close after another, each a transaction of its own.

A worker that is lost leaves a lease that runs out; whoever comes next goes on behind the last close that is done. A worker whose lease
has gone to another is fenced off: what it has done of a close is not kept.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from alerts.backtests import rules, walking
from alerts.backtests.models import BacktestRun
from alerts.backtests.summing import summed
from alerts.rulebook.holding import lender_of
from alerts.rulebook.language import parse
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.writing import tree_to_json
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.ledger import worker_name
from loanwatch.trail.record import record

logger = logging.getLogger(__name__)

SHIFT = 20  # seconds after which a worker hands on, so that a stop of the service never waits longer than for one close
LEASE = 150  # seconds: the longest statement, twice, and some
MOST_LOST = 3  # workers lost at the same close after which the run is given up
MOST_WAITING = 20  # of one lender
QUERY_CANCELED = "57014"


class Fenced(Exception):
    """The run was cancelled, or another worker has taken it: nothing of this close is kept."""


@dataclass(frozen=True)
class Order:
    """What is to be tested. text: of its own instead of a version's, which then counts for all loans. hours: that an alert takes."""

    rule_code: str
    from_on: date
    to_on: date
    version: int | None = None
    text: str = ""
    target: str = "dpd90"
    months: int = 12
    pace: str = rules.MONTHLY
    gap: int = 1
    cut: str = rules.NO_CUT
    hours: Decimal = Decimal("1.5")


@transaction.atomic
def ask(order: Order, by: Access) -> BacktestRun:
    """Put a back-test on the list. Raises Rule.DoesNotExist, RuleRefused for a text that can't be used, Refused for what does not fit."""
    by.check(Act.RULE_BACKTEST)
    rule = Rule.objects.select_related("lender").get(lender=lender_of(by), code=order.rule_code)
    if BacktestRun.objects.filter(lender=rule.lender, state__in=[rules.QUEUED, rules.RUNNING]).count() >= MOST_WAITING:
        raise Conflict(_("%(n)s back-tests are waiting already. Cancel one, or wait until some are done.") % {"n": MOST_WAITING}, code="BACKTESTS_WAITING")
    run = put(rule, order)
    run.asked_by = by.person
    run.save(update_fields=["asked_by"])
    told = {"rule": rule.code, "version": order.version, "target": run.target, "months": run.months, "from": str(run.from_on), "to": str(run.to_on)}
    record("backtest.asked", by=by, subject=run, **told)
    return run


def put(rule: Rule, order: Order) -> BacktestRun:
    """The run of an order, on the list; asked by nobody yet. Raises as `ask` does."""
    if rule.grain not in rules.GRAINS:
        raise Refused(_("Only rules on loans and on borrowers can be held against what became of loans."), code="BACKTEST_GRAIN")
    if order.cut not in rules.CUTS[rule.grain]:
        raise Refused(_("A rule on borrowers can't be cut by product."), code="BACKTEST_CUT")
    if order.from_on > order.to_on:
        raise Refused(_("The first day lies behind the last."), code="BACKTEST_PERIOD")
    version = None if order.text else _version(rule, order.version)
    tree = tree_to_json(parse(order.text, rule.grain)) if version is None else version.tree
    run = BacktestRun(
        lender=rule.lender, rule=rule, version=version, text=version.text if version else order.text, tree=tree, target=order.target,
        months=order.months, from_on=order.from_on, to_on=order.to_on, pace=order.pace, gap=order.gap, hours=order.hours, cut=order.cut,
    )  # fmt: skip
    if walking.plan_of(run) is None:
        raise Refused(_("No close lies in this period. Choose one in which days were closed and are still kept."), code="BACKTEST_NO_CLOSE")
    run.save()
    return run


def _version(rule: Rule, number: int | None) -> RuleVersion:
    versions = {v.version: v for v in rule.versions.order_by("version")}
    live = next((v for v in versions.values() if v.state == RuleVersion.State.LIVE), None)
    found = versions.get(number) if number is not None else live or (versions[max(versions)] if versions else None)
    if found is None:
        raise Refused(_("%(rule)s has no such version.") % {"rule": rule.code}, code="BACKTEST_VERSION")
    return found


@transaction.atomic
def cancel(run_id: int, by: Access) -> BacktestRun:
    """Take a back-test back that is not over. Raises BacktestRun.DoesNotExist for another lender's, Conflict when it is over."""
    by.check(Act.RULE_BACKTEST)
    run = BacktestRun.objects.select_for_update(of=("self",)).select_related("rule").get(pk=run_id, lender=lender_of(by))
    if rules.CANCELLED not in rules.MOVES[run.state]:
        raise Conflict(_("This back-test is over already. Nothing was changed."), code="BACKTEST_OVER")
    run.state, run.cancelled_by, run.lease_until, run.owner, run.ended_at = rules.CANCELLED, by.person, None, "", Now()
    run.save(update_fields=["state", "cancelled_by", "lease_until", "owner", "ended_at"])
    record("backtest.cancelled", by=by, subject=run, rule=run.rule.code, closes_done=run.closes_done)
    return run


# The worker's side ---------------------------------------------------------------------------------------------------------

# One at a time, and none while a business day is being closed: the night goes first.
CLAIM = """
UPDATE alerts_backtestrun r
SET state = 'running', owner = %(owner)s, claims = r.claims + 1, lost = CASE WHEN r.state = 'running' THEN r.lost + 1 ELSE r.lost END,
    started_at = coalesce(r.started_at, clock_timestamp()), lease_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE r.id = (
    SELECT w.id FROM alerts_backtestrun w
    WHERE (w.state = 'queued' OR w.state = 'running' AND w.lease_until < clock_timestamp()) AND (%(run)s IS NULL OR w.id = %(run)s)
      AND (%(run)s IS NOT NULL OR NOT EXISTS (SELECT FROM trail_businessday d WHERE d.state = 'closing' AND EXISTS (
          SELECT FROM trail_rununit u WHERE u.lender_id = d.lender_id AND u.business_date = d.business_date AND u.run_version = d.run_version
                 AND u.state IN ('todo', 'running'))))
      AND NOT EXISTS (SELECT FROM alerts_backtestrun o WHERE o.state = 'running' AND o.lease_until >= clock_timestamp() AND o.id <> w.id)
    ORDER BY w.id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING r.id
"""


def claim(run_id: int | None = None) -> BacktestRun | None:
    """Take the back-test that has waited longest, or `run_id`; committed before the work starts. None: nothing is ready."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"owner": worker_name()[:120], "lease": LEASE, "run": run_id})
        row = cursor.fetchone()
    return BacktestRun.objects.select_related("lender", "rule", "version").get(pk=row[0]) if row else None


def work(ring: Callable[[], None] = lambda: None, stop: Callable[[], bool] = lambda: False, run_id: int | None = None) -> int:
    """Walk through closes until nothing is ready, the shift is over or `stop` says so; returns how many closes were done."""
    done, until = 0, time.monotonic() + SHIFT
    while not stop() and time.monotonic() < until and (run := claim(run_id)):
        done += _shift(run, lambda: stop() or time.monotonic() > until)
    if time.monotonic() >= until:
        ring()
    return done


def _shift(run: BacktestRun, over: Callable[[], bool]) -> int:
    """Do what time allows of one run; what it may not finish goes back on the list."""
    done = 0
    try:
        if run.lost >= MOST_LOST:
            _end(run, rules.FAILED, error=_("The worker was lost %(n)s times at the same close. The run was given up.") % {"n": run.lost})
            return 0
        plan = _begin(run)
        if plan is None:
            _end(run, rules.FAILED, error=_("The closes of this period are kept no longer."))
            return 0
        for day in _left(run, plan):
            if over():
                _hand_back(run)
                return done
            _one(run, plan, day)
            done += 1
        _finish(run, plan)
    except Fenced:
        logger.info("back-test %s: cancelled, or taken by another worker", run.pk)
    except OperationalError as fault:
        if getattr(fault.__cause__, "pgcode", "") != QUERY_CANCELED:
            raise  # the database is gone: the lease runs out and somebody takes the run again
        seconds = {"n": walking.LONGEST_MS // 1000}
        _end(run, rules.FAILED, error=_("One close took longer than %(n)s seconds. Test it on monthly closes, or ask for less.") % seconds)
    except Exception:
        logger.exception("back-test %s failed", run.pk)
        _end(run, rules.FAILED, error=_("It ended in an error, which stands in the log of the worker under back-test %(n)s.") % {"n": run.pk})
    return done


def _begin(run: BacktestRun) -> rules.Plan | None:
    plan = walking.plan_of(run)
    if plan is not None and (run.closes is None or run.last_close is None):
        run.closes, run.last_close = len(plan.closes), plan.last
        _still_mine(run, closes=run.closes, last_close=run.last_close)
    return plan


def _left(run: BacktestRun, plan: rules.Plan) -> list[date]:
    """The closes that are still to be done, the newest first."""
    return [day for day in reversed(plan.closes) if run.done_down_to is None or day < run.done_down_to]


@transaction.atomic
def _one(run: BacktestRun, plan: rules.Plan, day: date) -> None:
    started = time.monotonic()
    walking.walk(run, plan, day)
    run.closes_done, run.done_down_to, run.lost, run.seconds = run.closes_done + 1, day, 0, run.seconds + time.monotonic() - started
    _still_mine(run, closes_done=run.closes_done, done_down_to=day, lost=0, seconds=run.seconds, lease=True)


@transaction.atomic
def _finish(run: BacktestRun, plan: rules.Plan) -> None:
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(walking.LONGEST_MS)])
    run.result = summed(run, plan)
    walking.put_away(run)
    run.seconds += time.monotonic() - started
    _still_mine(run, state=rules.DONE, result=run.result, owner="", lease_until=None, ended_at=Now(), seconds=run.seconds)
    run.state = rules.DONE


@transaction.atomic
def _end(run: BacktestRun, state: str, *, error: str) -> None:
    mine = BacktestRun.objects.filter(pk=run.pk, owner=run.owner, claims=run.claims, state=rules.RUNNING)
    if mine.update(state=state, error=error, owner="", lease_until=None, ended_at=Now()):
        walking.put_away(run)
    run.state, run.error = state, error


def _hand_back(run: BacktestRun) -> None:
    _still_mine(run, state=rules.QUEUED, owner="", lease_until=None)


def _still_mine(run: BacktestRun, *, lease: bool = False, **values: Any) -> None:
    """Write the columns of a run that this worker still holds. Raises Fenced, so that its transaction is undone, when it does not."""
    mine = BacktestRun.objects.filter(pk=run.pk, owner=run.owner, claims=run.claims, state=rules.RUNNING)
    if not mine.update(**values):
        raise Fenced
    if lease:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE alerts_backtestrun SET lease_until = clock_timestamp() + %s * interval '1 second' WHERE id = %s", [LEASE, run.pk])


def run_to_end(run: BacktestRun, tell: Callable[[int, int], None] = lambda done, of: None) -> BacktestRun:
    """Do one run here and now, for the shell; returns it as it ended. `tell` hears how many closes are done, of how many."""
    while True:
        work(run_id=run.pk)
        run.refresh_from_db()
        tell(run.closes_done, run.closes or 0)
        if run.state not in (rules.QUEUED, rules.RUNNING):
            return run
        time.sleep(0.5)
