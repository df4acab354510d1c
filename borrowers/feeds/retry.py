"""Rows that waited for a number that had not arrived: tried again when it has, each applied once."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.db.models.functions import Now

from borrowers import staging
from borrowers.collateral.models import CollateralItem
from borrowers.feeds.importer import checks, targets
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.parsing import Parser, staging_columns
from borrowers.feeds.importer.reading import Line
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.own_formats import find_for
from borrowers.funds.models import DepositAccount
from borrowers.loans.models import Facility, Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.record import record

# What may arrive, and the field by which a row names it.
NUMBERED = (
    (Loan, "number"),
    (Borrower, "number"),
    (CollateralItem, "number"),
    (Facility, "number"),
    (DepositAccount, "number"),
    (Product, "code"),
    (Branch, "code"),
)


def waits_for(reason: str, value: str) -> str:
    """The number whose arrival would mend a row set aside for `reason`; empty when nothing that arrives would."""
    return value[:80] if reason.startswith("UNKNOWN_") else ""


def arrived(lender: Lender) -> Any:
    """Waiting rows nobody has corrected whose awaited number is there by now."""
    there = Q(pk__in=[])
    for model, name in NUMBERED:
        there |= Q(Exists(model.objects.filter(lender=lender, **{name: OuterRef("waits_for")})))
    rows = QuarantinedRow.objects.filter(delivery__lender=lender, delivery__state=Delivery.State.APPLIED)
    return rows.filter(there, state=QuarantinedRow.State.WAITING, corrected__isnull=True).exclude(waits_for="")


def try_waiting(lender: Lender) -> int:
    """Check the rows whose awaited number has arrived again and apply the good ones; returns how many were released.

    One transaction per delivery. A row that fails for another reason keeps waiting with that reason.
    """
    by_delivery: dict[int, list[int]] = defaultdict(list)
    for pk, delivery in arrived(lender).order_by("delivery_id", "line").values_list("pk", "delivery_id"):
        by_delivery[delivery].append(pk)
    return sum(_try_delivery(delivery, rows) for delivery, rows in by_delivery.items())


@transaction.atomic
def _try_delivery(delivery_id: int, row_ids: list[int]) -> int:
    delivery = Delivery.objects.select_for_update().select_related("lender").get(pk=delivery_id)
    rows = list(QuarantinedRow.objects.select_for_update().filter(pk__in=row_ids, state="waiting", corrected__isnull=True).order_by("line"))
    try:
        declared = find_for(delivery.lender, delivery.format)
    except BadSpec:
        return 0  # the format is not in use any more
    if not rows or delivery.state != Delivery.State.APPLIED:
        return 0
    still = stage_again(declared, delivery, rows)
    good = [row for row in rows if row.line not in still]
    for row in rows:
        if row.line in still:
            row.reason, column, value = still[row.line]
            row.column, row.value, row.waits_for = column or "", value or "", waits_for(row.reason, value or "")
    QuarantinedRow.objects.bulk_update([r for r in rows if r.line in still], ["reason", "column", "value", "waits_for"], batch_size=1000)
    if not good:
        return 0
    written = targets.apply(declared, delivery.lender, delivery, known_from(delivery))
    QuarantinedRow.objects.filter(pk__in=[row.pk for row in good]).update(state=QuarantinedRow.State.RELEASED, decided_at=Now())
    count_released(delivery, len(good), written)
    for row in good:
        record("quarantine.retried", by=None, subject=delivery, row=row.pk, line=row.line, reason=row.reason, waited_for=row.waits_for)
    return len(good)


def stage_again(declared: Format, delivery: Delivery, rows: list[QuarantinedRow]) -> dict[int, tuple[str, str, str]]:
    """Stage and check rows as they read now; returns line -> (reason, column, value) of those that still can't be used.

    A row that belongs to another date than its delivery has the reason OTHER_DATE and is not staged.
    """
    parser = Parser(declared, delivery.business_date, all_rows=delivery.all_rows)
    made, elsewhere = [], {}
    for row in rows:
        cells = {**row.raw, **(row.corrected or {})}
        staged = parser.one(Line(row.line, list(cells.values()), set(cells) == set(declared.columns)), list(cells))
        if staged is None:
            elsewhere[row.line] = ("OTHER_DATE", "", "")
        else:
            made.append(staged)
    staging.stage(checks.TABLE, staging_columns(declared), made)
    checks.check(declared, delivery.lender_id, delivery.business_date)
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, reason, at_column, value FROM feed_row WHERE reason IS NOT NULL")
        return elsewhere | {line: (reason, column, value) for line, reason, column, value in cursor.fetchall()}


def known_from(delivery: Delivery) -> date:
    """From when facts of the delivery are known: its business date, or, where that is closed already, the day after the last close.

    What was known at a close is what its figures were made of; a file that comes later can't have been known then.
    """
    closed = BusinessDay.objects.filter(lender_id=delivery.lender_id, state__startswith="closed").aggregate(d=Max("business_date"))["d"]
    return delivery.business_date if closed is None or delivery.business_date > closed else closed + timedelta(days=1)


def count_released(delivery: Delivery, rows: int, written: int) -> None:
    """Move `rows` released rows, `written` of which made a fact, from set aside to applied and unchanged."""
    Delivery.objects.filter(pk=delivery.pk).update(
        rows_applied=F("rows_applied") + written,
        rows_unchanged=F("rows_unchanged") + rows - written,
        rows_quarantined=F("rows_quarantined") - rows,
    )
