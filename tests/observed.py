"""The promise of the observation: what is carried forward is what would be computed afresh."""

from datetime import date
from typing import Any

from django.db import connection, transaction

from alerts.observation.observe import observe
from loanwatch.lenders.models import Lender
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import BusinessDay

TABLES = ("alerts_loanday", "alerts_borrowerday")


def rows(lender: Lender, day: date) -> dict[str, list[dict[str, Any]]]:
    """The stored rows of one close by table, in the order of their subjects; `recheck_on` is left out, which may be earlier when carried."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} WHERE lender_id = %s AND as_of = %s ORDER BY 1, 2, 3", [lender.pk, day])
            names = [column.name for column in cursor.description]
            found[table] = [{k: v for k, v in zip(names, row, strict=True) if k != "recheck_on"} for row in cursor.fetchall()]
    return found


def assert_carried_is_fresh(lender: Lender, day: date) -> None:
    """Compute the newest close again from the facts alone and compare every column of every row; nothing is kept."""
    previous = BusinessDay.objects.get(lender=lender, business_date=day).previous_date
    carried = rows(lender, day)
    with transaction.atomic():
        with connection.cursor() as cursor:
            observe(cursor, key_of(lender.pk, day, previous=previous), lender, fresh=True)
        fresh = rows(lender, day)
        transaction.set_rollback(True)
    for table in TABLES:
        assert len(carried[table]) == len(fresh[table]), table
        for old, new in zip(carried[table], fresh[table], strict=True):
            differing = {name: (old[name], new[name]) for name in old if old[name] != new[name]}
            assert not differing, (table, day, old.get("loan_id") or old.get("borrower_id"), differing)
