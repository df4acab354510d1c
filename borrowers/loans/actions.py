"""The writing doors for loans: feeds, the demo book and the acts of people all come through them.

Each takes any number of rows and writes them as one set. Loans are named by number; bucket and ids are filled in here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from borrowers import staging
from borrowers.doors import Saved, UnknownName, revise, save_master
from borrowers.feeds.models import Delivery
from borrowers.kinds import KINDS, Kind
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

LOAN = KINDS["loan"].label
REASONS = {reference.table: reference.unknown for kind in KINDS.values() for reference in kind.references}


class OutOfOrder(ValueError):
    """A repayment became known before one that is already recorded for the loan. Nothing was written."""


@dataclass(frozen=True)
class LoanRow:
    """One drawn loan. `position_fed` says that balance and days past due are delivered, not computed (see Loan)."""

    number: str
    borrower_number: str
    product_code: str
    branch_code: str
    currency: str
    principal: Decimal
    disbursed_on: date
    known_from: date
    valid_from: date
    rate: Decimal | None = None
    matures_on: date | None = None
    purpose: str = ""
    ltv_agreed: Decimal | None = None
    position_fed: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EventRow:
    """Something that happened to a loan on `valid_from`. `other_number`: the new loan that repaid this one."""

    loan_number: str
    kind: str  # LoanEvent.Kind
    valid_from: date
    known_from: date
    amount: Decimal | None = None
    matures_on: date | None = None
    days_past_due: int | None = None
    other_number: str | None = None
    note: str = ""


@dataclass(frozen=True)
class GuaranteeRow:
    """`guarantor_number` (a borrower of the lender) answers for `amount` of the loan from `valid_from` to before `to_on`."""

    loan_number: str
    guarantor_number: str
    amount: Decimal
    valid_from: date
    known_from: date
    to_on: date | None = None


def stage_rows(table: str, columns: Mapping[str, str], rows: Iterable[Any], row_type: Any) -> None:
    staging.stage(table, columns)
    staging.fill(table, list(row_type.__dataclass_fields__), map(astuple, rows))


def require_known(cursor: Any, lender: Lender, staged: str, column: str, table: str, named: str) -> None:
    """Raises UnknownName when a staged row names something that `table` does not hold for the lender."""
    cursor.execute(
        f"""
        SELECT s.{column} FROM {staged} s
        WHERE s.{column} IS NOT NULL AND NOT EXISTS (SELECT FROM {table} t WHERE t.lender_id = %s AND t.{named} = s.{column}) LIMIT 1
        """,
        [lender.pk],
    )
    if missing := cursor.fetchone():
        sentence = f"{lender.code} has no {column.replace('_', ' ')} {missing[0]}. Nothing was written."
        raise UnknownName(0, REASONS.get(table, ""), column, missing[0], sentence)


def _stage(kind: Kind, lender: Lender, rows: Iterable[Any], row_type: Any) -> None:
    stage_rows(kind.staged, kind.columns, rows, row_type)
    with connection.cursor() as cursor:
        for reference in kind.references:
            require_known(cursor, lender, kind.staged, reference.name, reference.table, reference.named)


@transaction.atomic
def save_loans(lender: Lender, rows: Iterable[LoanRow], *, delivery: Delivery | None = None) -> Saved:
    """Insert loans that are not there yet and correct the others where they differ, keyed by number.

    Borrower, currency and disbursement day make a loan the loan it is and stay. Raises UnknownName when a borrower,
    product or branch is not there.
    """
    _stage(KINDS["loan"], lender, rows, LoanRow)
    return save_master(KINDS["loan"], lender, delivery=delivery)


@transaction.atomic
def record_events(lender: Lender, rows: Iterable[EventRow], *, delivery: Delivery | None = None) -> int:
    """Write loan events that are new or differ from what is known of their loan, kind and day; returns how many. Raises UnknownName."""
    _stage(KINDS["event"], lender, rows, EventRow)
    return record_staged_events(lender, delivery=delivery).written


def record_event(lender: Lender, row: EventRow) -> bool:
    """One event; False when it was recorded before."""
    return record_events(lender, [row]) == 1


def record_staged_events(lender: Lender, *, delivery: Delivery | None = None, entered_by: Person | None = None) -> Saved:
    """As `record_events`, from the staged table of the kind. The first day settled is kept on the loan as well."""
    kind = KINDS["event"]
    saved = revise(kind, lender, delivery=delivery, entered_by=entered_by)
    if not saved.written:
        return saved
    _stage_first_settled(lender, kind.staged)
    by = staging.Change(
        lender.pk, delivery.pk if delivery else None, entered_by.pk if entered_by else None, delivery.business_date if delivery else None
    )
    told = "(SELECT f.*, NULL::date AS said_from FROM first_settled f)"
    staging.update_differing("borrowers_loan", told, ["settled_on"], subject=LOAN, change=by, blanks=True, audited=False)
    return saved


def _stage_first_settled(lender: Lender, staged: str) -> None:
    """The first day settled of the loans told of, in a table of its own: joined in place it was computed again for each loan of a
    lender whom the statistics do not know yet."""
    staging.stage("first_settled", {"number": "text", "known_from": "date", "settled_on": "date"})
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO first_settled
            SELECT l.number, s.known_from, (
                SELECT min(e.valid_from) FROM borrowers_loanevent e WHERE e.loan_id = l.id AND e.kind = 'settled' AND NOT e.withdrawn
                AND NOT EXISTS (SELECT FROM borrowers_loanevent n WHERE (n.loan_id, n.kind, n.valid_from) = (e.loan_id, e.kind, e.valid_from)
                                AND n.revision > e.revision))
            FROM (SELECT loan_number, max(known_from) AS known_from FROM {staged} WHERE kind = 'settled' GROUP BY loan_number) s
            CROSS JOIN LATERAL (SELECT id, number FROM borrowers_loan l WHERE l.lender_id = %s AND l.number = s.loan_number LIMIT 1) l
            """,
            [lender.pk],
        )
        cursor.execute("ANALYZE first_settled")


@transaction.atomic
def add_guarantees(lender: Lender, rows: Iterable[GuaranteeRow], *, delivery: Delivery | None = None) -> int:
    """Write guarantees that are new or differ from what is known of the pair and day; returns how many. Raises UnknownName."""
    _stage(KINDS["guarantee"], lender, rows, GuaranteeRow)
    return revise(KINDS["guarantee"], lender, delivery=delivery).written
