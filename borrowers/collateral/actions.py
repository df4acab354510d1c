"""The writing doors for collateral: items, the loans they secure, what they are worth, and price series."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from borrowers import staging
from borrowers.feeds.models import Delivery
from loanwatch.lenders.models import Lender

STAGED_ITEM = {
    "number": "text", "kind": "text", "description": "text", "owner_number": "text", "currency": "text", "index_region": "text",
    "valid_from": "date", "known_from": "date",
}  # fmt: skip
STAGED_PLEDGE = {
    "loan_number": "text", "item_number": "text", "rank": "smallint", "prior_liens": "numeric", "to_on": "date",
    "valid_from": "date", "known_from": "date",
}  # fmt: skip
STAGED_VALUATION = {
    "item_number": "text", "value": "numeric", "method": "text", "appraiser": "text", "valid_from": "date", "known_from": "date",
}  # fmt: skip
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


@transaction.atomic
def save_items(lender: Lender, rows: Iterable[ItemRow], *, delivery: Delivery | None = None) -> int:
    """Insert items that are not there yet and bring the others up to what `rows` say; returns how many were written."""
    staging.stage("staged_item", STAGED_ITEM)
    staging.fill("staged_item", list(ItemRow.__dataclass_fields__), map(astuple, rows))
    return save_staged_items(lender, delivery=delivery)


@transaction.atomic
def add_pledges(lender: Lender, rows: Iterable[PledgeRow], *, delivery: Delivery | None = None) -> int:
    """Insert pledges that are not there yet; returns how many. Rows whose loan or item is unknown are left out."""
    staging.stage("staged_pledge", STAGED_PLEDGE)
    staging.fill("staged_pledge", list(PledgeRow.__dataclass_fields__), map(astuple, rows))
    return add_staged_pledges(lender, delivery=delivery)


@transaction.atomic
def add_valuations(lender: Lender, rows: Iterable[ValuationRow], *, delivery: Delivery | None = None) -> int:
    """Insert valuations that are not there yet (item, day and method); returns how many."""
    staging.stage("staged_valuation", STAGED_VALUATION)
    staging.fill("staged_valuation", list(ValuationRow.__dataclass_fields__), map(astuple, rows))
    return add_staged_valuations(lender, delivery=delivery)


def save_staged_items(lender: Lender, *, delivery: Delivery | None = None) -> int:
    """As `save_items`, from the temporary table `staged_item`."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE staged_item ADD COLUMN owner_id bigint")
        cursor.execute(
            "UPDATE staged_item s SET owner_id = b.id FROM borrowers_borrower b WHERE b.lender_id = %s AND b.number = s.owner_number",
            [lender.pk],
        )
    columns = ["kind", "description", "owner_id", "currency", "index_region"]
    changed = staging.update_differing(
        "borrowers_collateralitem", "staged_item", ["number"], columns,
        lender_id=lender.pk, delivery_id=delivery.pk if delivery else None, subject="borrowers.collateralitem",
    )  # fmt: skip
    new = staging.insert_new(
        "borrowers_collateralitem", "staged_item", ["number"], [*columns, "valid_from", "known_from"],
        {"lender_id": lender.pk, "delivery_id": delivery.pk if delivery else None}, ("description", "index_region"),
    )  # fmt: skip
    return new + changed


def add_staged_pledges(lender: Lender, *, delivery: Delivery | None = None) -> int:
    """As `add_pledges`, from the temporary table `staged_pledge`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO borrowers_pledge
                (lender_id, bucket, loan_id, item_id, rank, prior_liens, to_on, valid_from, known_from, delivery_id)
            SELECT l.lender_id, l.bucket, l.id, i.id, coalesce(s.rank, 1), coalesce(s.prior_liens, 0), s.to_on, s.valid_from, s.known_from,
                   %(delivery)s
            FROM staged_pledge s
            JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
            JOIN borrowers_collateralitem i ON i.lender_id = %(lender)s AND i.number = s.item_number
            ON CONFLICT (loan_id, item_id, valid_from, revision) DO NOTHING
            """,
            {"lender": lender.pk, "delivery": delivery.pk if delivery else None},
        )
        return cursor.rowcount


def add_staged_valuations(lender: Lender, *, delivery: Delivery | None = None) -> int:
    """As `add_valuations`, from the temporary table `staged_valuation`. Values are rounded half up to hundredths."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO borrowers_valuation (lender_id, item_id, value, method, appraiser, valid_from, known_from, delivery_id)
            SELECT i.lender_id, i.id, round(s.value, 2), s.method, coalesce(s.appraiser, ''), s.valid_from, s.known_from, %(delivery)s
            FROM staged_valuation s JOIN borrowers_collateralitem i ON i.lender_id = %(lender)s AND i.number = s.item_number
            ON CONFLICT (item_id, valid_from, method, revision) DO NOTHING
            """,
            {"lender": lender.pk, "delivery": delivery.pk if delivery else None},
        )
        return cursor.rowcount


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
