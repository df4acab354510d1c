"""Loans and units that were set aside: written down, accepted by a person, let go again."""

import logging
import secrets
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person
from loanwatch.trail import ledger
from loanwatch.trail.models import BusinessDay, RunException, RunUnit

logger = logging.getLogger(__name__)


def set_loan_aside(unit: ledger.Unit, loan_id: int, number: str, error: str) -> None:
    """Leave a loan out of this and every later step and day until it is tried again with success. A loan is set aside once."""
    trace = secrets.token_hex(8)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO trail_runexception (lender_id, business_date, run_version, step, bucket, loan_id, subject, error, trace_id)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (loan_id) WHERE resolved_at IS NULL AND loan_id IS NOT NULL DO NOTHING
            """,
            [unit.lender_id, unit.business_date, unit.run_version, unit.step, unit.bucket, loan_id, number, error[-8000:], trace],
        )
    logger.error("loan %s was set aside in %s of %s (trace %s): %s", number, unit.step, unit.business_date, trace, error.strip().splitlines()[-1])


def open_exceptions(lender: Lender, upto: date | None = None) -> QuerySet[RunException]:
    """What is set aside of a lender and not resolved, the oldest first; `upto` keeps what bears on the close of that date."""
    found = RunException.objects.filter(lender=lender, resolved_at=None).select_related("accepted_by").order_by("business_date", "pk")
    if upto:
        found = found.filter(Q(loan_id__isnull=False, business_date__lte=upto) | Q(business_date=upto))
    return found


def waits_for_acceptance(lender: Lender) -> tuple[BusinessDay, list[RunException]] | None:
    """The closing day on which all is done but what was set aside, and what of that nobody has accepted; None where there is none."""
    day = BusinessDay.objects.filter(lender=lender, state=BusinessDay.State.CLOSING).first()
    if day is None or at_work(day):
        return None
    left = list(open_exceptions(lender, day.business_date).filter(accepted_by=None))
    return (day, left) if left else None


def at_work(day: BusinessDay) -> bool:
    """Whether a unit of the day runs, or may begin because all before it is done."""
    units = RunUnit.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=day.run_version)
    undone = units.filter(step_order__lt=OuterRef("step_order")).exclude(state__in=[RunUnit.State.DONE, RunUnit.State.ACCEPTED])
    return units.filter(Q(state=RunUnit.State.RUNNING) | Q(state=RunUnit.State.TODO) & ~Exists(undone)).exists()


def accept(day: BusinessDay, exceptions: list[RunException], person: Person, reason: str) -> None:
    """Write down that `person` accepts what was set aside, so that the day goes on and can be closed with exceptions.

    A slice that was set aside takes no further part in the day: the steps that follow leave it out too, since they would
    build on figures of another date.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        RunException.objects.filter(pk__in=[e.pk for e in exceptions]).update(accepted_by=person, accepted_reason=reason)
        cursor.execute(
            """
            UPDATE trail_rununit u SET state = 'accepted', lease_until = NULL FROM trail_rununit f
            WHERE f.lender_id = %(lender)s AND f.business_date = %(day)s AND f.run_version = %(run)s AND f.state = 'failed'
              AND u.lender_id = f.lender_id AND u.business_date = f.business_date AND u.run_version = f.run_version
              AND (u.id = f.id OR f.cut AND u.cut AND u.step_order > f.step_order AND u.bucket_from = f.bucket_from AND u.state <> 'done')
            """,
            {"lender": day.lender_id, "day": day.business_date, "run": day.run_version},
        )
        BusinessDay.objects.filter(pk=day.pk).update(accepted_by=person, reason=reason)


def tried(exception: RunException, error: str = "") -> None:
    """A loan was tried again: let it go, or keep it with the new error."""
    changes: dict[str, Any] = {"error": error[-8000:], "trace_id": secrets.token_hex(8)} if error else {"resolved_at": Now()}
    RunException.objects.filter(pk=exception.pk).update(tried_at=Now(), tries=exception.tries + 1, **changes)
