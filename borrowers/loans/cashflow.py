"""The writing doors for what runs against a loan: schedules, repayments, custody and due checks.

Running totals are computed here, in the database, and nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from borrowers.feeds.models import Delivery
from borrowers.loans.actions import OutOfOrder, UnknownName, require_known, stage_rows
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

STAGED_DEMAND = {
    "loan_number": "text", "version": "smallint", "seq": "smallint", "due_on": "date", "principal": "numeric", "interest": "numeric",
    "fee": "numeric", "valid_from": "date", "known_from": "date",
}  # fmt: skip
STAGED_REPAYMENT = {
    "place": "bigserial", "loan_number": "text", "paid_on": "date", "amount": "numeric", "known_from": "date", "payer": "text",
    "payer_kind": "text", "reference": "text", "reverses_reference": "text",
}  # fmt: skip
STAGED_CUSTODY = {"loan_number": "text", "staff_no": "text", "capacity": "text", "from_on": "date", "to_on": "date"}
STAGED_DUTY = {"loan_number": "text", "kind": "text", "due_on": "date", "done_on": "date", "known_from": "date"}


class PlanRewritesThePast(ValueError):
    """A later version of a plan leaves out or changes a demand that was already due. Nothing was written."""


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
    """Money that came in on `paid_on` and became known on `known_from`; an empty payer is the borrower.

    `reference` is the core system's number of the payment. A reversal names in `reverses_reference` the payment of the same loan that
    it takes back, and has the negative of its amount.
    """

    loan_number: str
    paid_on: date
    amount: Decimal
    known_from: date
    payer: str = ""
    reference: str = ""
    reverses_reference: str = ""
    payer_kind: str = ""  # Repayment.PayerKind; empty: the borrower


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

    A version that is there already is not extended: its demands are skipped. A later version repeats what was due before the day on
    which it came into being. Raises UnknownName and PlanRewritesThePast.
    """
    stage_rows("staged_demand", STAGED_DEMAND, rows, DemandRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_demand", "loan_number", "borrowers_loan", "number")
    return add_staged_schedule(lender, delivery=delivery)


def add_staged_schedule(lender: Lender, *, delivery: Delivery | None = None, entered_by: Person | None = None) -> int:
    """As `add_schedule`, from the temporary table `staged_demand`, whose names have been checked; a row of another loan is left out.

    A version holds from `valid_from`; where that is not told, the first one from disbursement and a later one from its business date.
    Written by bucket and loan, so that the indexes of a first load grow at few places.
    """
    values = _by(lender, delivery, entered_by)
    with connection.cursor() as cursor:
        cursor.execute(FORGOTTEN_DEMAND, values)
        if forgotten := cursor.fetchone():
            raise PlanRewritesThePast(
                f"Version {forgotten[1]} of the plan of loan {forgotten[0]} does not repeat the demand due on {forgotten[2]}. Nothing was written."
            )
        cursor.execute(WRITE_DEMANDS, values)
        return cursor.rowcount


def _by(lender: Lender, delivery: Delivery | None, entered_by: Person | None) -> dict[str, Any]:
    return {
        "lender": lender.pk, "delivery": delivery.pk if delivery else None, "person": entered_by.pk if entered_by else None,
        "told_on": delivery.business_date if delivery else None,
    }  # fmt: skip


# Of a version that is new and not the first: a demand of the version before it that was due, and is not repeated.
FORGOTTEN_DEMAND = """
SELECT n.loan_number, n.version, i.due_on
FROM (
    SELECT s.loan_number, l.id, s.version, min(s.known_from) AS known_from,
           (SELECT max(p.version) FROM borrowers_instalment p WHERE p.loan_id = l.id) AS last
    FROM (SELECT loan_number, coalesce(version, 1) AS version, min(known_from) AS known_from FROM staged_demand GROUP BY 1, 2) s
    JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
    WHERE s.version > 1 GROUP BY 1, 2, 3
) n
JOIN borrowers_instalment i ON i.loan_id = n.id AND i.version = n.last AND n.version > n.last AND i.due_on < n.known_from
WHERE NOT EXISTS (
    SELECT FROM staged_demand s
    WHERE s.loan_number = n.loan_number AND s.version = n.version AND s.seq = i.seq AND s.due_on = i.due_on
      AND round(s.principal, 2) = i.principal AND round(s.interest, 2) = i.interest AND round(coalesce(s.fee, 0), 2) = i.fee)
ORDER BY 1, 2, 3 LIMIT 1
"""
WRITE_DEMANDS = """
INSERT INTO borrowers_instalment (lender_id, bucket, loan_id, version, seq, due_on, principal, interest, fee,
                                  cum_due_minor, cum_principal_minor, valid_from, known_from, delivery_id, entered_by_id)
SELECT l.lender_id, l.bucket, l.id, coalesce(s.version, 1), s.seq, s.due_on, s.principal, s.interest, coalesce(s.fee, 0),
       lw_running_total(((round(s.principal, 2) + round(s.interest, 2) + round(coalesce(s.fee, 0), 2)) * 100)::bigint) OVER so_far,
       lw_running_total((s.principal * 100)::bigint) OVER so_far,
       coalesce(s.valid_from, CASE coalesce(s.version, 1) WHEN 1 THEN least(l.disbursed_on, s.known_from) END, %(told_on)s::date, s.known_from),
       s.known_from, %(delivery)s, %(person)s
FROM staged_demand s JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
WHERE NOT EXISTS (
    SELECT FROM borrowers_instalment i WHERE i.lender_id = %(lender)s AND i.loan_id = l.id AND i.version = coalesce(s.version, 1))
WINDOW so_far AS (PARTITION BY l.bucket, l.id, s.version ORDER BY s.seq)
"""


@transaction.atomic
def append_repayments(lender: Lender, rows: Iterable[RepaymentRow], *, delivery: Delivery | None = None) -> int:
    """Append repayments in the order in which they became known, with their running totals; returns how many.

    Rows of one day keep the order given; one whose reference the loan has already is skipped. Raises UnknownName, also of a payment
    to take back, and OutOfOrder when one became known before what the loan already has. Two writers to one loan wait for each other.
    """
    stage_rows("staged_repayment", STAGED_REPAYMENT, rows, RepaymentRow)
    with connection.cursor() as cursor:
        require_known(cursor, lender, "staged_repayment", "loan_number", "borrowers_loan", "number")
    return append_staged_repayments(lender, delivery=delivery)


def append_staged_repayments(lender: Lender, *, delivery: Delivery | None = None, entered_by: Person | None = None) -> int:
    """As `append_repayments`, from the temporary table `staged_repayment`, whose names have been checked."""
    values = _by(lender, delivery, entered_by)
    hold_loans(lender.pk, "SELECT loan_number FROM staged_repayment")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.numbered_repayment")
        cursor.execute(NUMBER_REPAYMENTS, values)
        cursor.execute("ANALYZE numbered_repayment")
        _refuse_repayments(cursor, values)
        cursor.execute(WRITE_REPAYMENTS, values)
        written = cursor.rowcount
        cursor.execute("DROP TABLE numbered_repayment")
        return written


def hold_loans(lender_id: int, numbers: str) -> None:
    """Let other writers to the flows of these loans wait until the transaction ends; `numbers` is a query for their numbers."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT FROM borrowers_loan l WHERE l.lender_id = %s AND l.number IN ({numbers}) ORDER BY l.id FOR NO KEY UPDATE", [lender_id]
        )


def know_late_ones_last(lender: Lender) -> None:
    """Let the payments in `staged_repayment` that come late be known from the day of the loan's last one, after all that is known already."""
    hold_loans(lender.pk, "SELECT loan_number FROM staged_repayment")  # so that none comes in between
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE staged_repayment s SET known_from = last.known_from
            FROM (SELECT l.number, max(r.known_from) AS known_from FROM borrowers_repayment r JOIN borrowers_loan l ON l.id = r.loan_id
                  WHERE l.lender_id = %s AND l.number IN (SELECT loan_number FROM staged_repayment) GROUP BY l.number) last
            WHERE last.number = s.loan_number AND s.known_from < last.known_from
            """,
            [lender.pk],
        )


def _refuse_repayments(cursor: Any, values: Mapping[str, Any]) -> None:
    cursor.execute("SELECT loan_number, known_from, last_known FROM numbered_repayment WHERE known_from < last_known LIMIT 1")
    if late := cursor.fetchone():
        raise OutOfOrder(f"A repayment of loan {late[0]} known on {late[1]} comes after one known on {late[2]}. Nothing was written.")
    cursor.execute(
        f"""
        SELECT n.loan_number, n.reverses_reference FROM numbered_repayment n
        WHERE n.reverses_reference <> '' AND NOT EXISTS (SELECT FROM ({REVERSIBLE}) t WHERE t.amount = -n.amount) LIMIT 1
        """,
        values,
    )
    if missing := cursor.fetchone():
        sentence = f"Loan {missing[0]} has no repayment {missing[1]} of the amount that is taken back. Nothing was written."
        raise UnknownName(0, "UNKNOWN_REPAYMENT", "reverses_reference", missing[1], sentence)


# Ids are taken here, so that a payment and its reversal may arrive together.
NUMBER_REPAYMENTS = """
CREATE TEMPORARY TABLE numbered_repayment ON COMMIT DROP AS
WITH last AS (
    SELECT DISTINCT ON (r.loan_id) r.loan_id, r.seq, r.cum_paid_minor, r.known_from
    FROM borrowers_repayment r JOIN borrowers_loan l ON l.id = r.loan_id
    WHERE l.lender_id = %(lender)s AND l.number IN (SELECT loan_number FROM staged_repayment) ORDER BY r.loan_id, r.seq DESC
)
SELECT nextval(pg_get_serial_sequence('borrowers_repayment', 'id')) AS id, q.* FROM (
    SELECT l.lender_id, l.bucket, l.id AS loan_id, s.loan_number, s.paid_on, round(s.amount, 2) AS amount, s.known_from, coalesce(s.payer, '') AS payer,
           coalesce(s.payer_kind, '') AS payer_kind,
           coalesce(s.reference, '') AS reference, coalesce(s.reverses_reference, '') AS reverses_reference, p.known_from AS last_known,
           coalesce(p.seq, 0) + row_number() OVER in_order AS seq,
           coalesce(p.cum_paid_minor, 0) + lw_running_total((s.amount * 100)::bigint) OVER in_order AS cum_paid_minor
    FROM staged_repayment s
    JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan_number
    LEFT JOIN last p ON p.loan_id = l.id
    WHERE coalesce(s.reference, '') = ''
       OR NOT EXISTS (SELECT FROM borrowers_repayment r WHERE r.loan_id = l.id AND r.reference = s.reference AND r.reference <> '')
    WINDOW in_order AS (PARTITION BY l.bucket, l.id ORDER BY s.known_from, s.paid_on, s.place)
) q
"""
REVERSIBLE = """
SELECT r.id, r.amount FROM borrowers_repayment r WHERE r.loan_id = n.loan_id AND r.reference = n.reverses_reference AND r.reference <> ''
UNION ALL SELECT o.id, o.amount FROM numbered_repayment o WHERE o.loan_id = n.loan_id AND o.reference = n.reverses_reference AND o.seq < n.seq
"""
WRITE_REPAYMENTS = f"""
INSERT INTO borrowers_repayment (id, lender_id, bucket, loan_id, seq, paid_on, amount, cum_paid_minor, payer, payer_kind, reference, reverses_id,
                                 valid_from, known_from, delivery_id, entered_by_id)
SELECT n.id, n.lender_id, n.bucket, n.loan_id, n.seq, n.paid_on, n.amount, n.cum_paid_minor, n.payer, n.payer_kind, n.reference,
       CASE WHEN n.reverses_reference <> '' THEN (SELECT t.id FROM ({REVERSIBLE}) t WHERE t.amount = -n.amount LIMIT 1) END,
       n.paid_on, n.known_from, %(delivery)s, %(person)s
FROM numbered_repayment n
"""


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
