"""How long daily observations are kept: the days of a parameter, month-ends for ever. What was dropped can be computed again."""

from datetime import date, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import CharField, Exists, Max, OuterRef
from django.db.models.functions import Cast, Now, TruncMonth
from psycopg2.errors import LockNotAvailable

from alerts.observation.models import DroppedDay
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter
from loanwatch.trail.models import AuditEvent, BusinessDay, RunException
from loanwatch.trail.queries import CLOSED

REBUILT_STAYS = timedelta(days=7)  # so that whoever had a day computed again can read it
AT_ONCE = 31  # days dropped at a time, so that the first call on an old book does not hold its locks for long


def outlived(lender: Lender, newest: date) -> list[date]:
    """Closed days whose daily observation is kept no longer at the close of `newest`, the oldest first.

    A day goes when it lies more than `observation.keep_days` before `newest` and is not the last close of its month. None goes
    while a loan is set aside, which has to be caught up on the days it missed. A day that was computed again stays for 7 days.
    """
    if RunException.objects.filter(lender=lender, resolved_at=None, loan_id__isnull=False).exists():
        return []
    closed = BusinessDay.objects.filter(lender=lender, state__in=CLOSED)
    month_ends = closed.annotate(month=TruncMonth("business_date")).values("month").annotate(last=Max("business_date")).values("last")
    dropped = DroppedDay.objects.filter(lender=lender).values("as_of")
    before = newest - timedelta(days=parameter(lender, "observation.keep_days", newest))
    days = closed.filter(business_date__lt=before).exclude(business_date__in=month_ends).exclude(business_date__in=dropped)
    rebuilt = AuditEvent.objects.filter(lender=lender, event="day.rebuilt", at__gte=Now() - REBUILT_STAYS, subject_kind=BusinessDay._meta.label_lower)
    days = days.exclude(Exists(rebuilt.filter(subject_id=Cast(OuterRef("pk"), CharField()))))
    return list(days.order_by("business_date").values_list("business_date", flat=True).distinct()[:AT_ONCE])


def drop_outlived(lender: Lender, newest: date) -> list[date]:
    """Drop what `outlived` names; returns the days dropped. None goes while a day of the lender is closing, which would wait
    for the lock; a day that somebody is reading is left for the next call."""
    gone: list[date] = []
    if BusinessDay.objects.filter(lender=lender, state=BusinessDay.State.CLOSING).exists():
        return gone
    for day in outlived(lender, newest):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT lw_drop_observation_day(%s, %s)", [lender.pk, day])
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            break
        gone.append(day)
    return gone
