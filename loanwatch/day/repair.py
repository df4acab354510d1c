"""A loan that was set aside is tried again: for each day it missed, in order, each as of its own date. Nothing else changes."""

import logging
import traceback
from datetime import date

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from alerts.observation.models import DroppedDay
from alerts.signals.warn import tally_again
from borrowers.loans.models import Loan
from loanwatch.day import checksums, steps
from loanwatch.lenders.models import Lender
from loanwatch.people.clock import today
from loanwatch.trail import held, ledger
from loanwatch.trail.models import BusinessDay, RunException, RunUnit
from loanwatch.trail.queries import CLOSED, open_day
from loanwatch.trail.record import record

logger = logging.getLogger(__name__)

# Steps over the whole book that add up what the loans have; the others judge or tell, and have done so for that date.
ADD_UP = ("observe_branches", "observe_staff", "roll_up")


def do(unit: ledger.Unit) -> None:
    """The errand `retry`: catch the loan up and let it go, or keep it set aside with the new error.

    What was known on each day is tried first. If the loan still fails, a fact that was mended since is to blame, and each
    day is done with what is known today.
    """
    with unit.effects(alone=True):
        exception = RunException.objects.select_for_update().get(pk=unit.subject_id or 0)
        if exception.resolved_at is not None:
            return
        lender = Lender.objects.get(pk=unit.lender_id)
        error = ""
        for known in (None, open_day(lender, today(lender.zone))):
            error = _try(unit, lender, exception, known)
            if not error:
                break
        held.tried(exception, error)
        record("exception.caught_up" if not error else "exception.failed_again", by=None, subject=exception, loan=exception.subject,
               known=known.isoformat() if known else None)  # fmt: skip


def _try(unit: ledger.Unit, lender: Lender, exception: RunException, known: date | None) -> str:
    try:
        with transaction.atomic():
            _catch_up(unit, lender, exception, known)
        return ""
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.warning("loan %s still cannot be processed", exception.subject, exc_info=True)
        return traceback.format_exc()


def _catch_up(unit: ledger.Unit, lender: Lender, exception: RunException, known: date | None) -> None:
    mine = exception.loan_id or 0
    bucket = Loan.objects.values_list("bucket", flat=True).get(pk=mine)
    others = [loan for loan in unit.held if loan != mine]
    days = BusinessDay.objects.filter(lender=lender, business_date__gte=exception.business_date, state__in=[*CLOSED, BusinessDay.State.CLOSING])
    days = days.exclude(business_date__in=DroppedDay.objects.filter(lender=lender).values("as_of"))  # their rows are kept no longer
    with connection.cursor() as cursor:
        for day in days.order_by("business_date"):
            _one_day(cursor, lender, day, mine, bucket, others, known)
            if day.state in CLOSED:
                checksums.seal(day)


def _one_day(cursor: CursorWrapper, lender: Lender, day: BusinessDay, loan: int, bucket: int, others: list[int], known: date | None) -> None:
    """Every unit of the day that is done and had the loan's bucket, for this loan alone; then what adds up the loans of the day."""
    done = RunUnit.objects.filter(
        lender=lender, business_date=day.business_date, run_version=1, state=RunUnit.State.DONE, bucket_from__lte=bucket, bucket_to__gte=bucket,
        step_order__gte=0,
    )  # fmt: skip
    for unit in done.order_by("step_order"):
        if not unit.cut and unit.step not in ADD_UP:
            continue
        whole = ledger.key_of(
            lender.pk, day.business_date, previous=day.previous_date, known=day.known_on, held=others, lo=unit.bucket_from, hi=unit.bucket_to
        )
        mine = {**whole, "known": known or whole["known"], "only": [loan]}  # what is known later is for the loan alone
        steps.run(cursor, unit.step, mine if unit.cut else whole, lender)
        if unit.step == "warn":
            tally_again(cursor, whole, lender)
        if unit.step in checksums.OBSERVING:
            RunUnit.objects.filter(pk=unit.pk).update(checksum=checksums.of_unit(cursor, unit.step, whole)[1])
