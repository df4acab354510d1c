"""Rows that waited for a number that had not arrived: tried again when it has, each applied once."""

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from borrowers import staging
from borrowers.collateral.models import CollateralItem
from borrowers.covenants.models import Covenant
from borrowers.feeds.importer import checks, flows, targets
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.parsing import Parser, staging_columns
from borrowers.feeds.importer.reading import Line
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.own_formats import find_for
from borrowers.funds.models import DepositAccount
from borrowers.loans.models import Facility, Loan
from borrowers.parties.models import Borrower, CustomerGroup
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch
from loanwatch.trail.record import record

# What may arrive, and the field by which a row names it.
NUMBERED = (
    (Loan, "number"),
    (Borrower, "number"),
    (CollateralItem, "number"),
    (Facility, "number"),
    (DepositAccount, "number"),
    (CustomerGroup, "number"),
    (Covenant, "number"),
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

    One transaction per delivery. A row that fails for another reason keeps waiting with that reason. The rows of a plan are tried
    together, and not at all while one of them has been corrected: then a person releases them.
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
    rest = rest_of_plans(declared, delivery, rows)
    kept_back = {_plan(declared, row) for row in rest if row.corrected is not None}
    rows = [row for row in sorted([*rows, *rest], key=lambda row: row.line) if not kept_back or _plan(declared, row) not in kept_back]
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


def rest_of_plans(declared: Format, delivery: Delivery, rows: list[QuarantinedRow]) -> list[QuarantinedRow]:
    """The other waiting rows of the delivery that belong to the same versions of repayment plans, locked."""
    if "instalment" not in declared.targets:
        return []
    wanted, mine = {_plan(declared, row) for row in rows}, {row.pk for row in rows}
    waiting = QuarantinedRow.objects.select_for_update().filter(delivery=delivery, state=QuarantinedRow.State.WAITING)
    return [row for row in waiting.order_by("line") if row.pk not in mine and _plan(declared, row) in wanted]


def _plan(declared: Format, row: QuarantinedRow) -> tuple[str, ...]:
    """The cells in which a row names its loan and the version of the plan, as they read now."""
    cells = {**row.raw, **(row.corrected or {})}
    told = [declared.targets["instalment"].get(name) for name in ("loan_number", "version")] if "instalment" in declared.targets else []
    return tuple(cells.get(column, "").strip() for value in told if value for column in sorted(value.columns()))


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
    return flows.known_since(delivery.lender_id, delivery.business_date)


def count_released(delivery: Delivery, rows: int, written: int) -> None:
    """Move `rows` released rows, `written` of which made a fact, from set aside to applied and unchanged."""
    Delivery.objects.filter(pk=delivery.pk).update(
        rows_applied=F("rows_applied") + written,
        rows_unchanged=F("rows_unchanged") + rows - written,
        rows_quarantined=F("rows_quarantined") - rows,
    )
