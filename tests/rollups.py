"""What must hold after every close, whatever happened on the way: the figures of the nodes are the sums over the loans."""

from datetime import date

from django.db import connection

from alerts.observation.reconcile import differences_of
from loanwatch.lenders.models import Lender


def assert_rollups_agree(lender: Lender, day: date, held: list[int] | None = None) -> None:
    """For each branch, product and currency of a close: counts and sums, to the hundredth. `held`: loans that were set aside."""
    with connection.cursor() as cursor:
        found = differences_of(cursor, lender, day, held)
    assert not found, "\n".join(map(str, found))
