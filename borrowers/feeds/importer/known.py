"""What a delivery says beside what is known already: other names of borrowers, loans that it does not tell of, figures told anew.

Each answers as a remark does: what it says, the column or field, how many, and the first few.
"""

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count

from borrowers.facts import Correction
from borrowers.feeds.importer.formats import TARGETS, Format
from borrowers.feeds.importer.remarks import SAMPLE
from borrowers.feeds.models import Delivery
from loanwatch.lenders.models import Lender

VALUES = "balance, days_past_due, overdue_principal, overdue_interest, rate, matures_on, modified, paid, status, closed_as"  # of a position
SHOWN = ("principal", "rate", "matures_on", "disbursed_on", "name", "limit", "value")  # fields of which corrections are worth a sample


def keep_borrowers(declared: Format, lender: Lender) -> dict[str, Any]:
    """Of staged loans that are there, keep the borrower: the source knows borrowers by name only, and writes names otherwise each time.

    Returns the note; {} when nothing differed or the format does not say `borrower_stays`.
    """
    if not declared.borrower_stays:
        return {}
    parts = [part for part in declared.targets if "borrower_number" in TARGETS[part]]
    also = "".join(f", {part}__borrower_number = k.number" for part in parts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH known AS (
                SELECT r.line, r.borrower__name AS told, b.number, b.name
                FROM feed_row r
                JOIN borrowers_loan l ON l.lender_id = %s AND l.number = r.loan__number
                JOIN borrowers_borrower b ON b.id = l.borrower_id
                WHERE r.reason IS NULL AND b.number <> r.borrower__number
            ), kept AS (
                UPDATE feed_row r SET borrower__number = k.number, borrower__name = NULL{also} FROM known k WHERE r.line = k.line
            )
            SELECT line, coalesce(told, ''), name, count(*) OVER () FROM known ORDER BY line LIMIT %s
            """,
            [lender.pk, SAMPLE],
        )
        rows = cursor.fetchall()
    sample = [{"line": line, "value": f"{name} -> {told}"} for line, told, name, _ in rows]
    says = "The borrower of a loan is written otherwise than before: the loan keeps its borrower."
    return {"BORROWER_KEPT": {"says": says, "column": "borrower", "rows": rows[0][3], "sample": sample}} if rows else {}


def carry_absent(declared: Format, lender: Lender, delivery: Delivery, known_from: date) -> dict[str, Any]:
    """Let loans of the feed that a partial delivery does not tell of stand where they stood: their last position, for the new day.

    The last revision of a position counts; one that was withdrawn is none. Carried positions are known from `known_from`.

    Returns the note; {} when there are none or the format does not say that absent loans are carried.
    """
    if not declared.carries_absent:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH last AS (
                SELECT DISTINCT ON (p.loan_id) p.* FROM borrowers_position p
                JOIN borrowers_loan l ON l.id = p.loan_id AND l.lender_id = %(lender)s AND l.position_fed
                JOIN borrowers_delivery d ON d.id = p.delivery_id AND d.format = %(format)s
                WHERE p.valid_from <= %(day)s AND NOT p.withdrawn
                  AND NOT EXISTS (SELECT FROM borrowers_position n WHERE n.loan_id = p.loan_id AND n.valid_from = p.valid_from AND n.revision > p.revision)
                ORDER BY p.loan_id, p.valid_from DESC
            ), carried AS (
                INSERT INTO borrowers_position (lender_id, bucket, loan_id, valid_from, known_from, delivery_id, {VALUES})
                SELECT lender_id, bucket, loan_id, %(day)s, %(known)s, %(delivery)s, {VALUES}
                FROM last WHERE closed_as = '' AND valid_from < %(day)s
                RETURNING loan_id
            )
            SELECT l.number, count(*) OVER () FROM carried c JOIN borrowers_loan l ON l.id = c.loan_id ORDER BY l.number LIMIT %(most)s
            """,
            {"lender": lender.pk, "format": declared.name, "day": delivery.business_date, "delivery": delivery.pk, "known": known_from, "most": SAMPLE},
        )
        rows = cursor.fetchall()
    says = "The file does not tell of loans that were on the book: they stand where they stood."
    sample = [{"value": number} for number, _ in rows]
    return {"ABSENT_CARRIED": {"says": says, "column": "balance", "rows": rows[0][1], "sample": sample}} if rows else {}


def restated(delivery: Delivery) -> dict[str, Any]:
    """Figures of master data that the delivery told otherwise than before, by field: how many, and the first with before and after."""
    found = Correction.objects.filter(delivery=delivery, field__in=SHOWN)
    notes = {}
    for field, rows in found.values_list("field").annotate(rows=Count("id")).order_by("field"):
        first = found.filter(field=field).order_by("id")[:SAMPLE]
        sample = [{"value": f"{_text(one.before)} -> {_text(one.after)}"} for one in first]
        says = "Told otherwise than before: the new figure counts from this delivery on, the one before is kept."
        notes[f"RESTATED_{field.upper()}"] = {"says": says, "column": field, "rows": rows, "sample": sample}
    return notes


def _text(value: Any) -> str:
    return "" if value is None else str(value)
