"""How long daily observations are kept: the days of a parameter, month-ends for ever. What was dropped can be computed again."""

from datetime import date, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Max
from django.db.models.functions import TruncMonth
from psycopg2.errors import LockNotAvailable

from alerts.observation.models import DroppedDay
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.queries import CLOSED

AT_ONCE = 31  # days dropped at a time, so that the first call on an old book does not hold its locks for long


def outlived(lender: Lender, newest: date) -> list[date]:
    """Closed days whose daily observation is kept no longer at the close of `newest`, the oldest first.

    A day goes when it lies more than `observation.keep_days` before `newest` and is not the last close of its month.
    """
    closed = BusinessDay.objects.filter(lender=lender, state__in=CLOSED)
    month_ends = closed.annotate(month=TruncMonth("business_date")).values("month").annotate(last=Max("business_date")).values("last")
    dropped = DroppedDay.objects.filter(lender=lender).values("as_of")
    before = newest - timedelta(days=parameter(lender, "observation.keep_days", newest))
    days = closed.filter(business_date__lt=before).exclude(business_date__in=month_ends).exclude(business_date__in=dropped)
    return list(days.order_by("business_date").values_list("business_date", flat=True).distinct()[:AT_ONCE])


def drop_outlived(lender: Lender, newest: date) -> list[date]:
    """Drop what `outlived` names; returns the days dropped. A day that somebody is reading is left for the next call."""
    gone = []
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
