"""The writing door for borrowers: feeds, the demo book and people all come through it."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from borrowers import staging
from borrowers.feeds.models import Delivery
from borrowers.kinds import KINDS
from borrowers.writing import Saved, save_master
from loanwatch.lenders.models import Lender


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
    key_customer: bool | None = None


@transaction.atomic
def save_borrowers(lender: Lender, rows: Iterable[BorrowerRow], *, delivery: Delivery | None = None) -> Saved:
    """Insert borrowers that are not there yet and bring the others up to what `rows` say, keyed by number."""
    kind = KINDS["borrower"]
    staging.stage(kind.staged, kind.columns)
    staging.fill(kind.staged, list(BorrowerRow.__dataclass_fields__), map(astuple, rows))
    return save_master(kind, lender, delivery=delivery)
