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
from borrowers.feeds.models import Delivery
from borrowers.parties.actions import Saved
from loanwatch.lenders.models import Lender

STAGED_LOAN = {
    "number": "text", "borrower_number": "text", "product_code": "text", "branch_code": "text", "currency": "text", "principal": "numeric",
    "rate": "numeric", "disbursed_on": "date", "matures_on": "date", "purpose": "text", "ltv_agreed": "numeric", "position_fed": "boolean",
    "attributes": "jsonb", "valid_from": "date", "known_from": "date",
}  # fmt: skip
STAGED_POSITION = {
    "loan_number": "text", "valid_from": "date", "known_from": "date", "balance": "numeric", "days_past_due": "integer",
    "overdue_principal": "numeric", "overdue_interest": "numeric", "rate": "numeric", "matures_on": "date", "modified": "boolean",
    "paid": "numeric", "status": "text", "closed_as": "text",
}  # fmt: skip
STAGED_EVENT = {
    "loan_number": "text", "kind": "text", "valid_from": "date", "known_from": "date", "amount": "numeric", "matures_on": "date",
    "days_past_due": "integer", "other_number": "text", "note": "text",
}  # fmt: skip
STAGED_GUARANTEE = {
    "loan_number": "text", "guarantor_number": "text", "amount": "numeric", "to_on": "date", "valid_from": "date", "known_from": "date",
}  # fmt: skip
# What a later delivery may correct. Borrower, currency and disbursement day make a loan the loan it is and stay.
CORRECTABLE = ["product_id", "branch_id", "principal", "rate", "matures_on", "purpose", "ltv_agreed", "attributes"]
POSITION_VALUES = [name for name in STAGED_POSITION if name not in {"loan_number", "valid_from", "known_from"}]


class UnknownName(ValueError):
    """A row names a loan, borrower, product, branch or person that the lender does not have. Nothing was written."""


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
class PositionRow:
    """Where the core system says a loan stands at the close of `valid_from`."""

    loan_number: str
    valid_from: date
    known_from: date
    balance: Decimal
    days_past_due: int | None = None
    overdue_principal: Decimal | None = None
    overdue_interest: Decimal | None = None
    rate: Decimal | None = None
    matures_on: date | None = None
    modified: bool | None = None
    paid: Decimal | None = None
    status: str = ""
    closed_as: str = ""


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
        raise UnknownName(f"{lender.code} has no {column.replace('_', ' ')} {missing[0]}. Nothing was written.")


@transaction.atomic
def save_loans(lender: Lender, rows: Iterable[LoanRow], *, delivery: Delivery | None = None) -> Saved:
    """Insert loans that are not there yet and correct the others where they differ, keyed by number.

    Raises UnknownName when a borrower, product or branch is not there.
    """
    stage_rows("staged_loan", STAGED_LOAN, rows, LoanRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_loan", "borrower_number", "borrowers_borrower", "number")
        require_known(cursor, lender, "staged_loan", "product_code", "lenders_product", "code")
        require_known(cursor, lender, "staged_loan", "branch_code", "people_branch", "code")
    return save_staged_loans(lender, delivery=delivery)


def save_staged_loans(lender: Lender, *, delivery: Delivery | None = None) -> Saved:
    """As `save_loans`, from the temporary table `staged_loan`, whose names have been checked."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.resolved_loan")
        cursor.execute(
            """
            CREATE TEMPORARY TABLE resolved_loan ON COMMIT DROP AS
            SELECT s.number, s.currency, s.principal, s.rate, s.disbursed_on, s.matures_on, s.purpose, s.ltv_agreed, s.position_fed,
                   coalesce(s.attributes, '{}') AS attributes, s.valid_from, s.known_from,
                   b.id AS borrower_id, b.bucket, b.segment, p.id AS product_id, h.id AS branch_id
            FROM staged_loan s
            JOIN borrowers_borrower b ON b.lender_id = %(lender)s AND b.number = s.borrower_number
            JOIN lenders_product p ON p.lender_id = %(lender)s AND p.code = s.product_code
            JOIN people_branch h ON h.lender_id = %(lender)s AND h.code = s.branch_code
            """,
            {"lender": lender.pk},
        )
    changed = staging.update_differing(
        "borrowers_loan", "resolved_loan", ["number"], CORRECTABLE,
        lender_id=lender.pk, delivery_id=delivery.pk if delivery else None, subject="borrowers.loan",
    )  # fmt: skip
    columns = [*CORRECTABLE, "currency", "disbursed_on", "position_fed", "valid_from", "known_from", "borrower_id", "bucket", "segment"]
    new = staging.insert_new(
        "borrowers_loan", "resolved_loan", ["number"], columns,
        {"lender_id": lender.pk, "delivery_id": delivery.pk if delivery else None}, ("purpose",),
    )  # fmt: skip
    return Saved(new, changed)


@transaction.atomic
def add_positions(lender: Lender, rows: Iterable[PositionRow], *, delivery: Delivery | None = None) -> int:
    """Append positions; one that is there already for its loan and day stays. Returns how many are new."""
    stage_rows("staged_position", STAGED_POSITION, rows, PositionRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_position", "loan_number", "borrowers_loan", "number")
    return add_staged_positions(lender, delivery=delivery)


def add_staged_positions(lender: Lender, *, delivery: Delivery | None = None) -> int:
    """As `add_positions`, from the temporary table `staged_position`."""
    names = ", ".join(POSITION_VALUES)
    values = ", ".join(f"coalesce(s.{name}, '')" if name in {"status", "closed_as"} else f"s.{name}" for name in POSITION_VALUES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO borrowers_position (lender_id, bucket, loan_id, valid_from, known_from, delivery_id, {names})
            SELECT l.lender_id, l.bucket, l.id, s.valid_from, s.known_from, %(delivery)s, {values}
            FROM staged_position s JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
            ON CONFLICT (loan_id, valid_from, revision) DO NOTHING
            """,
            {"lender": lender.pk, "delivery": delivery.pk if delivery else None},
        )
        return cursor.rowcount


@transaction.atomic
def record_events(lender: Lender, rows: Iterable[EventRow], *, delivery: Delivery | None = None) -> int:
    """Append loan events; one of its kind that is there already for the day stays. Returns how many are new."""
    stage_rows("staged_event", STAGED_EVENT, rows, EventRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_event", "loan_number", "borrowers_loan", "number")
        require_known(cursor, lender, "staged_event", "other_number", "borrowers_loan", "number")
    return record_staged_events(lender, delivery=delivery)


def record_event(lender: Lender, row: EventRow) -> bool:
    """One event; False when it was recorded before."""
    return record_events(lender, [row]) == 1


def record_staged_events(lender: Lender, *, delivery: Delivery | None = None) -> int:
    """As `record_events`, from the temporary table `staged_event`. The first day settled is kept on the loan as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO borrowers_loanevent
                (lender_id, bucket, loan_id, kind, valid_from, known_from, amount, matures_on, days_past_due, other_loan_id, note,
                 delivery_id)
            SELECT l.lender_id, l.bucket, l.id, s.kind, s.valid_from, s.known_from, s.amount, s.matures_on, s.days_past_due, o.id,
                   coalesce(s.note, ''), %(delivery)s
            FROM staged_event s
            JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
            LEFT JOIN borrowers_loan o ON o.lender_id = %(lender)s AND o.number = s.other_number
            ON CONFLICT (loan_id, kind, valid_from, revision) DO NOTHING
            """,
            {"lender": lender.pk, "delivery": delivery.pk if delivery else None},
        )
        written = cursor.rowcount
        cursor.execute(
            """
            UPDATE borrowers_loan l SET settled_on = s.on_day
            FROM (SELECT loan_number, min(valid_from) AS on_day FROM staged_event WHERE kind = 'settled' GROUP BY loan_number) s
            WHERE l.lender_id = %s AND l.number = s.loan_number AND l.settled_on IS NULL
            """,
            [lender.pk],
        )
        return written


@transaction.atomic
def add_guarantees(lender: Lender, rows: Iterable[GuaranteeRow], *, delivery: Delivery | None = None) -> int:
    """Insert guarantees that are not there yet; returns how many."""
    stage_rows("staged_guarantee", STAGED_GUARANTEE, rows, GuaranteeRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_guarantee", "loan_number", "borrowers_loan", "number")
        require_known(cursor, lender, "staged_guarantee", "guarantor_number", "borrowers_borrower", "number")
    return add_staged_guarantees(lender, delivery=delivery)


def add_staged_guarantees(lender: Lender, *, delivery: Delivery | None = None) -> int:
    """As `add_guarantees`, from the temporary table `staged_guarantee`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO borrowers_guarantee
                (lender_id, bucket, loan_id, guarantor_id, amount, to_on, valid_from, known_from, delivery_id)
            SELECT l.lender_id, l.bucket, l.id, g.id, s.amount, s.to_on, s.valid_from, s.known_from, %(delivery)s
            FROM staged_guarantee s
            JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
            JOIN borrowers_borrower g ON g.lender_id = %(lender)s AND g.number = s.guarantor_number
            ON CONFLICT (loan_id, guarantor_id, valid_from, revision) DO NOTHING
            """,
            {"lender": lender.pk, "delivery": delivery.pk if delivery else None},
        )
        return cursor.rowcount
