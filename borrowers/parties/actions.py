"""The writing door for borrowers: feeds, the demo book and people all come through it."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from borrowers import staging
from borrowers.feeds.models import Delivery
from loanwatch.lenders.models import Lender

STAGED = {
    "number": "text", "kind": "text", "name": "text", "segment": "text", "industry": "text", "region": "text", "phone": "text",
    "address": "text", "latitude": "numeric", "longitude": "numeric", "key_customer": "boolean", "valid_from": "date", "known_from": "date",
}  # fmt: skip
MASTER = [name for name in STAGED if name not in {"number", "valid_from", "known_from"}]
TEXTS = ("name", "industry", "region", "phone", "address")


@dataclass(frozen=True)
class BorrowerRow:
    """One borrower as a source tells of it; None means that the source does not say."""

    number: str
    kind: str  # Borrower.Kind
    segment: str  # Borrower.Segment
    valid_from: date
    known_from: date
    name: str | None = None
    industry: str | None = None
    region: str | None = None
    phone: str | None = None
    address: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    key_customer: bool = False


FIELDS = list(BorrowerRow.__dataclass_fields__)


@dataclass(frozen=True)
class Saved:
    """What a door did with what it was given: rows that are new, and rows that were there and differed."""

    new: int
    changed: int


@transaction.atomic
def save_borrowers(lender: Lender, rows: Iterable[BorrowerRow], *, delivery: Delivery | None = None) -> Saved:
    """Insert borrowers that are not there yet and bring the others up to what `rows` say, keyed by number."""
    staging.stage("staged_borrower", STAGED)
    staging.fill("staged_borrower", FIELDS, map(astuple, rows))
    return save_staged_borrowers(lender, delivery=delivery)


def save_staged_borrowers(lender: Lender, *, delivery: Delivery | None = None) -> Saved:
    """As `save_borrowers`, from the temporary table `staged_borrower` (columns STAGED), in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE staged_borrower ADD COLUMN bucket smallint GENERATED ALWAYS AS (get_byte(decode(md5(number), 'hex'), 0)) STORED"
        )
    changed = staging.update_differing(
        "borrowers_borrower", "staged_borrower", ["number"], MASTER,
        lender_id=lender.pk, delivery_id=delivery.pk if delivery else None, subject="borrowers.borrower",
    )  # fmt: skip
    with connection.cursor() as cursor:  # only now: above, an empty mark means that the source does not say
        cursor.execute("UPDATE staged_borrower SET key_customer = false WHERE key_customer IS NULL")
    new = staging.insert_new(
        "borrowers_borrower", "staged_borrower", ["number"], [*MASTER, "bucket", "valid_from", "known_from"],
        {"lender_id": lender.pk, "delivery_id": delivery.pk if delivery else None}, TEXTS,
    )  # fmt: skip
    return Saved(new, changed)
