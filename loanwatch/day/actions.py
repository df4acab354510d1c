"""Closing business days: put them on the list, do their units, close them in order. Screen, scheduler and shell share this path."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import wraps

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Max

from alerts.observation.keeping import drop_outlived
from borrowers.feeds import plans
from borrowers.feeds.board import now_of, waited_for
from borrowers.feeds.models import Delivery
from borrowers.loans.models import Loan
from loanwatch.day import checksums, errands, isolation, steps
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import business_days, parameter, require_business_day
from loanwatch.people.clock import today
from loanwatch.trail import held, ledger
from loanwatch.trail.models import BusinessDay, RunException, RunUnit
from loanwatch.trail.queries import CLOSED, last_closed

logger = logging.getLogger(__name__)

LOANS_PER_UNIT = 10_000  # a unit of this size takes seconds, so that a lost one costs seconds (reliability rule R4)
SMALL_BOOK = 1_000  # below it one unit does; cutting would cost more than it saves
SHIFT = 20  # seconds after which a worker hands on: a stop of the service never waits longer, and no time limit cuts a unit
PATIENCE = 90  # seconds that a run waits for a database that is being restarted


def slices_for(lender: Lender) -> int:
    """How many units each step is cut into: one for a small book, at least two above, one more for every 10,000 loans."""
    loans = Loan.objects.filter(lender=lender).count()
    return 1 if loans < SMALL_BOOK else min(ledger.BUCKETS, 1 + -(-loans // LOANS_PER_UNIT))


def ensure_days(lender: Lender, first: date, last: date) -> list[date]:
    """Put every business day from `first` to `last` on the list. Returns them, new or not, in order.

    Days missed between the newest closed one and `first` are put on the list too and not returned. A day before the newest
    one that is closed or closing is never put on the list: the past is not closed behind its own back.
    """
    newest = BusinessDay.objects.filter(lender=lender, state__in=[*CLOSED, BusinessDay.State.CLOSING]).aggregate(d=Max("business_date"))["d"]
    days = business_days(lender, first, last)
    missed = missed_between(lender, newest, first) if newest else []
    ledger.due(lender, missed + [d for d in days if newest is None or d > newest])
    return days


def missed_between(lender: Lender, newest: date, first: date) -> list[date]:
    """Business days after the newest closed one and before `first`."""
    return business_days(lender, newest + timedelta(days=1), first - timedelta(days=1)) if first - newest > timedelta(days=1) else []


def due_upto(lender: Lender) -> date | None:
    """The last date whose facts should be here: the newest delivery of a lender with feeds, today at the latest; else yesterday."""
    delivered = Delivery.objects.filter(lender=lender, state=Delivery.State.APPLIED).aggregate(d=Max("business_date"))["d"]
    now = today(lender.zone)
    return min(delivered, now) if delivered else now - timedelta(days=1)


def missed_days(lender: Lender) -> list[date]:
    """Business days after the newest known one, up to what is due; none for a lender that has never closed a day."""
    known = BusinessDay.objects.filter(lender=lender).aggregate(d=Max("business_date"))["d"]
    upto = due_upto(lender)
    if known is None or upto is None:
        return []
    return ensure_days(lender, known + timedelta(days=1), upto) if upto > known else []


def tick() -> None:
    """What the scheduler says every few seconds; any number of processes may, any number of times.

    Puts missed days on the list of lenders that close by themselves, and opens the next one where none is open. Tells of
    feeds that have not come by their due time. What fails for one lender is logged and holds up no other.
    """
    ledger.sweep()
    for lender in Lender.objects.all():
        try:
            _tick(lender)
        except Exception:
            if not connection.is_usable():
                raise  # the database is away, for every lender
            logger.exception("the tick failed for %s", lender.code)
    ledger.beat("tick")


def _tick(lender: Lender) -> None:
    plans.raise_alarms(lender, now_of(lender))
    if parameter(lender, "day.automatic", today(lender.zone)):
        missed_days(lender)
    advance(lender)
    if newest := last_closed(lender):
        drop_outlived(lender, newest)


def advance(lender: Lender) -> None:
    """Close what is done and open what is next, unless that day still waits for a feed."""
    for business_date in BusinessDay.objects.filter(lender=lender, state=BusinessDay.State.CLOSING).values_list("business_date", flat=True):
        close_if_done(lender, business_date)
    if held_back(lender) is None:
        ledger.open_next(lender.pk, steps.PLAN, slices_for(lender))


def close_if_done(lender: Lender, business_date: date) -> bool:
    """Close the day when nothing of it is left and nothing waits for a person, and keep its checksum; True for the one that closed it."""
    with transaction.atomic():
        closed = ledger.close_if_done(lender.pk, business_date)
        if closed:
            checksums.seal(BusinessDay.objects.get(lender=lender, business_date=business_date, run_version=1))
    return closed


def held_back(lender: Lender) -> tuple[date, list[str]] | None:
    """The day that would be opened next and the feeds it waits for; None where it waits for none."""
    first = BusinessDay.objects.filter(lender=lender, state=BusinessDay.State.DUE).order_by("business_date").first()
    names = waited_for(lender, first.business_date) if first else []
    return (first.business_date, names) if first and names else None


def work(lender: Lender | None = None, ring: Callable[[], None] = lambda: None, stop: Callable[[], bool] = lambda: False) -> int:
    """Claim and do units until none is ready, the shift is over or `stop` says so; returns how many were done.

    `ring` wakes other workers when a step has opened, and the next shift when this one ends with work left.
    """
    done, until = 0, time.monotonic() + SHIFT
    while not stop() and (unit := ledger.claim(lender.pk if lender else None)):
        done += attempt(unit)
        if not RunUnit.objects.filter(
            lender_id=unit.lender_id, business_date=unit.business_date, run_version=unit.run_version, step=unit.step, state__in=["todo", "running"]
        ).exists():
            advance(Lender.objects.get(pk=unit.lender_id))
            ring()
        if time.monotonic() > until:
            ring()
            break
    return done


def attempt(unit: ledger.Unit) -> int:
    """Do one unit under its heartbeat; 1 when it was done, 0 when it failed or was overtaken."""
    try:
        with ledger.heartbeat(unit):
            if unit.step in errands.ERRANDS:
                errands.ERRANDS[unit.step](unit)
                return 1
            if unit.to_search:
                isolate(unit)
            steps.do(unit)
        return 1
    except ledger.Fenced as fenced:
        logger.warning("%s", fenced)
    except (OperationalError, InterfaceError):
        raise  # the database is gone: the lease runs out and somebody takes the unit again
    except Exception:
        ledger.fail(unit, traceback.format_exc())
    return 0


def isolate(unit: ledger.Unit) -> None:
    """Set aside the loans for which the unit can't be done. Raises NotALoan when it is none of them."""
    lender = Lender.objects.get(pk=unit.lender_id)

    def only(loans: list[int]) -> None:
        with connection.cursor() as cursor:
            steps.run(cursor, unit.step, {**unit.key, "only": loans}, lender)

    isolation.isolate(unit, only)


def patient(call: Callable[[], bool]) -> bool:
    """`call`, tried again while the database is away, for up to 90 seconds."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


class Stuck(Exception):
    """Something of a day was set aside, or a day waits for a feed; the message says where to look."""


def close_days(lender: Lender, first: date, last: date, *, without_feeds: str = "") -> Iterator[BusinessDay]:
    """Close the business days from `first` to `last` in order, beside any number of workers; yields each when it is closed.

    Days that were due before them are closed first and not yielded. Raises NoBusinessDay when `first` or `last` is none,
    and Stuck when something was set aside that nobody has accepted, or a day waits for a feed. `without_feeds` is the reason for which the days from
    `first` to `last` may close without what they wait for; it is kept with the feeds.
    """
    require_business_day(lender, first)
    if last != first:
        require_business_day(lender, last)
    wanted: list[date] = []

    def start() -> bool:
        wanted[:] = ensure_days(lender, first, last)
        for business_date in wanted:
            ledger.retry_failed(lender.pk, business_date)
        return True

    patient(start)
    for business_date in wanted:
        if without_feeds and not ledger.is_closed(lender, business_date) and waited_for(lender, business_date):
            plans.let_close(lender=lender, business_date=business_date, reason=without_feeds, by=None)
        while not patient(lambda: _push(lender, business_date)):  # noqa: B023  called before the next turn
            time.sleep(0.1)
        yield BusinessDay.objects.get(lender=lender, business_date=business_date, run_version=1)


def _push(lender: Lender, business_date: date) -> bool:
    """Do what is ready; True when the day is closed."""
    advance(lender)
    work(lender)
    if ledger.is_closed(lender, business_date):
        return True
    if waiting := held.waits_for_acceptance(lender):
        raise Stuck(_for_a_person(*waiting))
    if not BusinessDay.objects.filter(lender=lender, business_date=business_date).exists():
        raise Stuck(f"{business_date} lies before the newest closed day of {lender.code}; a closed past is not opened again.")
    if (waits := held_back(lender)) and waits[0] <= business_date:
        raise Stuck(
            f"{waits[0]} waits for {', '.join(waits[1])}: not delivered, or not applied. Load the file, "
            f"or close the day without it: run_day {waits[0]} --without-feeds REASON."
        )
    return False


def _for_a_person(day: BusinessDay, left: list[RunException]) -> str:
    """What a day waits for when something of it was set aside."""
    what = []
    for exception in left[:5]:
        line = exception.error.strip().splitlines()[-1] if exception.error.strip() else "no message"
        where = f"loan {exception.subject}" if exception.loan_id else f"slice {exception.bucket}"
        what.append(f"{exception.step} of {exception.business_date} set {where} aside (exception {exception.pk}, trace {exception.trace_id}): {line}")
    more = f" And {len(left) - 5} more." if len(left) > 5 else ""
    return (
        f"{'; '.join(what)}{more} {day.business_date} stays open, and later days wait for it: mend the cause and try again "
        f"(retry_exception, or run_day for a slice), or accept it: accept_day {day.business_date} --person STAFF_NO --reason REASON."
    )


def retried(call: Callable[[], object]) -> Callable[[], None]:
    """A task that a lost database ends quietly: the next ring takes up where it stopped."""

    @wraps(call)
    def quiet() -> None:
        try:
            call()
        except (OperationalError, InterfaceError):
            logger.warning("the database is away; the next ring goes on", exc_info=True)
            connection.close()

    return quiet
