"""The writing doors for what runs against a loan: schedules, repayments, custody and due checks.

Running totals are computed here, in the database, and nowhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from borrowers.feeds.models import Delivery
from borrowers.loans.actions import OutOfOrder, require_known, stage_rows
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

STAGED_DEMAND = {
    "loan_number": "text", "version": "smallint", "seq": "smallint", "due_on": "date", "principal": "numeric", "interest": "numeric",
    "fee": "numeric", "valid_from": "date", "known_from": "date",
}  # fmt: skip
STAGED_REPAYMENT = {
    "place": "bigserial", "loan_number": "text", "paid_on": "date", "amount": "numeric", "known_from": "date", "payer": "text",
    "reference": "text",
}  # fmt: skip
STAGED_CUSTODY = {"loan_number": "text", "staff_no": "text", "capacity": "text", "from_on": "date", "to_on": "date"}
STAGED_DUTY = {"loan_number": "text", "kind": "text", "due_on": "date", "done_on": "date", "known_from": "date"}


@dataclass(frozen=True)
class DemandRow:
    """One demand of one version of a schedule; `known_from` is the day on which the version came into being."""

    loan_number: str
    seq: int
    due_on: date
    principal: Decimal
    interest: Decimal
    known_from: date
    fee: Decimal = Decimal(0)
    version: int = 1


@dataclass(frozen=True)
class RepaymentRow:
    """Money that came in on `paid_on` and became known on `known_from`; an empty payer is the borrower."""

    loan_number: str
    paid_on: date
    amount: Decimal
    known_from: date
    payer: str = ""
    reference: str = ""


@dataclass(frozen=True)
class CustodyRow:
    """`staff_no` answers for the loan in `capacity` from `from_on` to before `to_on`."""

    loan_number: str
    staff_no: str
    capacity: str  # Custody.Capacity
    from_on: date
    to_on: date | None = None


@dataclass(frozen=True)
class DutyRow:
    """A check of `kind` was due on `due_on` and was done on `done_on` (None: not yet), known since `known_from`."""

    loan_number: str
    kind: str
    due_on: date
    known_from: date
    done_on: date | None = None


@transaction.atomic
def add_schedule(lender: Lender, rows: Iterable[DemandRow], *, delivery: Delivery | None = None) -> int:
    """Append whole versions of schedules, any number of loans at once, with their running totals; returns how many demands.

    A version that is there already is not extended: its demands are skipped. Raises UnknownName.
    """
    stage_rows("staged_demand", STAGED_DEMAND, rows, DemandRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_demand", "loan_number", "borrowers_loan", "number")
    return add_staged_schedule(lender, delivery=delivery)


def add_staged_schedule(lender: Lender, *, delivery: Delivery | None = None, entered_by: Person | None = None) -> int:
    """As `add_schedule`, from the temporary table `staged_demand`. A version holds from `valid_from`, or from the day it is known."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO borrowers_instalment (lender_id, bucket, loan_id, version, seq, due_on, principal, interest, fee,
                                              cum_due_minor, cum_principal_minor, valid_from, known_from, delivery_id, entered_by_id)
            SELECT l.lender_id, l.bucket, l.id, s.version, s.seq, s.due_on, s.principal, s.interest, s.fee,
                   sum(((s.principal + s.interest + s.fee) * 100)::bigint) OVER so_far, sum((s.principal * 100)::bigint) OVER so_far,
                   coalesce(s.valid_from, s.known_from), s.known_from, %(delivery)s, %(person)s
            FROM staged_demand s JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
            WHERE NOT EXISTS (SELECT FROM borrowers_instalment i WHERE i.loan_id = l.id AND i.version = s.version)
            WINDOW so_far AS (PARTITION BY l.id, s.version ORDER BY s.seq)
            """,
            {"lender": lender.pk, "delivery": delivery.pk if delivery else None, "person": entered_by.pk if entered_by else None},
        )
        return cursor.rowcount


@transaction.atomic
def append_repayments(lender: Lender, rows: Iterable[RepaymentRow], *, delivery: Delivery | None = None) -> int:
    """Append repayments in the order in which they became known, with their running totals; returns how many.

    Rows of one day keep the order given. Raises UnknownName, and OutOfOrder when one became known before what the
    loan already has. Two writers to one loan wait for each other.
    """
    stage_rows("staged_repayment", STAGED_REPAYMENT, rows, RepaymentRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_repayment", "loan_number", "borrowers_loan", "number")
    return append_staged_repayments(lender, delivery=delivery)


def append_staged_repayments(lender: Lender, *, delivery: Delivery | None = None, entered_by: Person | None = None) -> int:
    """As `append_repayments`, from the temporary table `staged_repayment`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.number FROM borrowers_loan l
            WHERE l.lender_id = %s AND l.number IN (SELECT loan_number FROM staged_repayment) ORDER BY l.id FOR NO KEY UPDATE
            """,
            [lender.pk],
        )
        cursor.execute(
            """
            CREATE TEMPORARY TABLE last_repayment ON COMMIT DROP AS
            SELECT DISTINCT ON (r.loan_id) r.loan_id, r.seq, r.cum_paid_minor, r.known_from
            FROM borrowers_repayment r JOIN borrowers_loan l ON l.id = r.loan_id
            WHERE l.lender_id = %s AND l.number IN (SELECT loan_number FROM staged_repayment) ORDER BY r.loan_id, r.seq DESC
            """,
            [lender.pk],
        )
        cursor.execute(
            """
            SELECT s.loan_number, s.known_from, p.known_from
            FROM staged_repayment s JOIN borrowers_loan l ON l.lender_id = %s AND l.number = s.loan_number
            JOIN last_repayment p ON p.loan_id = l.id WHERE s.known_from < p.known_from LIMIT 1
            """,
            [lender.pk],
        )
        if late := cursor.fetchone():
            raise OutOfOrder(f"A repayment of loan {late[0]} known on {late[1]} comes after one known on {late[2]}. Nothing was written.")
        cursor.execute(
            """
            INSERT INTO borrowers_repayment (lender_id, bucket, loan_id, seq, paid_on, amount, cum_paid_minor, payer, reference,
                                             valid_from, known_from, delivery_id, entered_by_id)
            SELECT l.lender_id, l.bucket, l.id, coalesce(p.seq, 0) + row_number() OVER in_order, s.paid_on, s.amount,
                   coalesce(p.cum_paid_minor, 0) + sum((s.amount * 100)::bigint) OVER in_order, coalesce(s.payer, ''),
                   coalesce(s.reference, ''), s.paid_on, s.known_from, %(delivery)s, %(person)s
            FROM staged_repayment s
            JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
            LEFT JOIN last_repayment p ON p.loan_id = l.id
            WINDOW in_order AS (PARTITION BY l.id ORDER BY s.known_from, s.paid_on, s.place)
            """,
            {"lender": lender.pk, "delivery": delivery.pk if delivery else None, "person": entered_by.pk if entered_by else None},
        )
        written = cursor.rowcount
        cursor.execute("DROP TABLE last_repayment")
        return written


@transaction.atomic
def give_custody(lender: Lender, rows: Iterable[CustodyRow]) -> int:
    """Lay down who answers for loans; returns how many custodies. Raises UnknownName.

    A custody that overlaps another lead of the loan breaks the database's own rule: one lead per loan and day.
    """
    stage_rows("staged_custody", STAGED_CUSTODY, rows, CustodyRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_custody", "loan_number", "borrowers_loan", "number")
        require_known(cursor, lender, "staged_custody", "staff_no", "people_person", "staff_no")
        cursor.execute(
            """
            INSERT INTO borrowers_custody (lender_id, bucket, loan_id, person_id, capacity, from_on, to_on)
            SELECT l.lender_id, l.bucket, l.id, p.id, s.capacity, s.from_on, s.to_on
            FROM staged_custody s
            JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
            JOIN people_person p ON p.staff_no = s.staff_no
            """,
            {"lender": lender.pk},
        )
        return cursor.rowcount


@transaction.atomic
def record_check_duty(lender: Lender, rows: Iterable[DutyRow]) -> int:
    """Record checks that are due, or when they were done; returns how many rows are new or changed. Raises UnknownName."""
    stage_rows("staged_duty", STAGED_DUTY, rows, DutyRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_duty", "loan_number", "borrowers_loan", "number")
        cursor.execute(
            """
            INSERT INTO borrowers_checkduty AS d (lender_id, bucket, loan_id, kind, due_on, done_on, known_from)
            SELECT l.lender_id, l.bucket, l.id, s.kind, s.due_on, s.done_on, s.known_from
            FROM staged_duty s JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
            ON CONFLICT (loan_id, kind, due_on) DO UPDATE SET done_on = excluded.done_on
            WHERE d.done_on IS NULL AND excluded.done_on IS NOT NULL
            """,
            {"lender": lender.pk},
        )
        return cursor.rowcount
