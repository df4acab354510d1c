"""The writing doors for collateral: items, the loans they secure, what they are worth, and price series."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from borrowers import staging
from borrowers.doors import save_staged
from borrowers.feeds.models import Delivery
from borrowers.kinds import KINDS
from loanwatch.lenders.models import Lender

STAGED_INDEX = {"series": "text", "region": "text", "on": "date", "value": "numeric"}


@dataclass(frozen=True)
class ItemRow:
    """One pledged thing; `owner_number` is the number of a borrower of the lender."""

    number: str
    kind: str  # CollateralItem.Kind
    owner_number: str
    currency: str
    valid_from: date
    known_from: date
    description: str | None = None
    index_region: str | None = None


@dataclass(frozen=True)
class PledgeRow:
    """An item secures a loan from `valid_from` to before `to_on`, in `rank`, after `prior_liens` of others."""

    loan_number: str
    item_number: str
    valid_from: date
    known_from: date
    rank: int = 1
    prior_liens: Decimal = Decimal(0)
    to_on: date | None = None


@dataclass(frozen=True)
class ValuationRow:
    """What an item was worth on `valid_from`."""

    item_number: str
    value: Decimal
    method: str  # Valuation.Method
    valid_from: date
    known_from: date
    appraiser: str = ""


def save_items(lender: Lender, rows: Iterable[ItemRow], *, delivery: Delivery | None = None) -> int:
    """Insert items that are not there yet and bring the others up to what `rows` say; returns how many were written."""
    return _write("collateral", lender, ItemRow, rows, delivery)


def add_pledges(lender: Lender, rows: Iterable[PledgeRow], *, delivery: Delivery | None = None) -> int:
    """Write pledges that are new or differ from what is known; returns how many. Rows whose loan or item is unknown are left out."""
    return _write("pledge", lender, PledgeRow, rows, delivery)


def add_valuations(lender: Lender, rows: Iterable[ValuationRow], *, delivery: Delivery | None = None) -> int:
    """Write valuations (item, day and method) that are new or differ from what is known; returns how many.

    Values are rounded half up to hundredths.
    """
    return _write("valuation", lender, ValuationRow, rows, delivery)


@transaction.atomic
def _write(name: str, lender: Lender, row_type: Any, rows: Iterable[Any], delivery: Delivery | None) -> int:
    kind = KINDS[name]
    staging.stage(kind.staged, kind.columns)
    staging.fill(kind.staged, list(row_type.__dataclass_fields__), map(astuple, rows))
    return save_staged(kind, lender, delivery=delivery).written


def save_staged_index(*, delivery: Delivery) -> tuple[int, int]:
    """Bring price series to the temporary table `staged_index`; returns how many points are new and how many were revised."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE borrowers_priceindex p SET value = s.value, delivery_id = %s
            FROM staged_index s WHERE (p.series, p.region, p."on") = (s.series, s.region, s."on") AND p.value <> s.value
            """,
            [delivery.pk],
        )
        revised = cursor.rowcount
        cursor.execute(
            """
            INSERT INTO borrowers_priceindex (series, region, "on", value, delivery_id)
            SELECT series, region, "on", value, %s FROM staged_index ON CONFLICT (series, region, "on") DO NOTHING
            """,
            [delivery.pk],
        )
        return cursor.rowcount, revised
