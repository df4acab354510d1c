"""What becomes of rows that were set aside: corrected by one, released by another, or rejected. Every act is in the audit trail."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from borrowers import staging
from borrowers.feeds.importer import checks, targets
from borrowers.feeds.importer.formats import find
from borrowers.feeds.importer.parsing import Parser, staging_columns
from borrowers.feeds.importer.reading import Line
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.reasons import sentence_of
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.record import record


def rows_of(access: Access) -> QuerySet[QuarantinedRow]:
    """The quarantined rows of the person's lender."""
    return QuarantinedRow.objects.filter(delivery__lender=access.person.lender if access.person else None).select_related("delivery")


def _take(row_id: int, by: Access) -> QuarantinedRow:
    """The waiting row, locked. Raises Refused, Conflict or QuarantinedRow.DoesNotExist."""
    by.check(Act.QUARANTINE_RELEASE)
    row = rows_of(by).select_for_update(of=("self",)).get(pk=row_id)
    if row.state != QuarantinedRow.State.WAITING:
        raise Conflict(_("Somebody has decided about this row already."), code="ROW_DECIDED")
    return row


@transaction.atomic
def correct_row(*, row_id: int, cells: Mapping[str, str], by: Access) -> QuarantinedRow:
    """Lay down how the row should read (column -> text); another person must release it. The row as read is kept.

    Raises Refused when `by` may not, Conflict when the row has been decided or has no such column.
    """
    row = _take(row_id, by)
    if unknown := [name for name in cells if name not in row.raw]:
        raise Conflict(_("The row has no column %(column)s.") % {"column": unknown[0]}, code="NO_SUCH_COLUMN")
    row.corrected = {**(row.corrected or {}), **cells}
    row.corrected_by = by.person
    row.save(update_fields=["corrected", "corrected_by"])
    before = {name: row.raw[name] for name in cells}
    record("quarantine.corrected", by=by, subject=row, delivery=row.delivery_id, line=row.line, before=before, after=dict(cells))
    return row


@transaction.atomic
def reject_row(*, row_id: int, by: Access, note: str = "") -> QuarantinedRow:
    """Decide that the row is never applied. Raises Refused or Conflict."""
    row = _take(row_id, by)
    _decide(row, QuarantinedRow.State.REJECTED, by)
    record("quarantine.rejected", by=by, subject=row, delivery=row.delivery_id, line=row.line, reason=row.reason, note=note)
    return row


@transaction.atomic
def release_row(*, row_id: int, by: Access) -> QuarantinedRow:
    """Check the row again, as corrected, and apply it once.

    Raises Refused when `by` corrected it or may not release, Conflict when it still can't be used or its delivery was
    held as a whole.
    """
    row = _take(row_id, by)
    if row.corrected_by_id is not None and by.person is not None and row.corrected_by_id == by.person.pk:
        raise Refused(_("The person who corrected a row can't release it."), code="OWN_CORRECTION")
    delivery = Delivery.objects.select_for_update().get(pk=row.delivery_id)
    if delivery.state != Delivery.State.APPLIED:
        raise Conflict(_("The delivery was held as a whole. Deliver a corrected file."), code="DELIVERY_HELD")
    written = _apply_again(row, delivery)
    _decide(row, QuarantinedRow.State.RELEASED, by)
    Delivery.objects.filter(pk=delivery.pk).update(
        rows_applied=F("rows_applied") + written,
        rows_unchanged=F("rows_unchanged") + 1 - written,
        rows_quarantined=F("rows_quarantined") - 1,
    )
    record("quarantine.released", by=by, subject=row, delivery=row.delivery_id, line=row.line, reason=row.reason, cells=row.corrected or {})
    return row


def _decide(row: QuarantinedRow, state: str, by: Access) -> None:
    row.state, row.decided_by = state, by.person
    row.decided_at = Now()
    row.save(update_fields=["state", "decided_by", "decided_at"])


def _apply_again(row: QuarantinedRow, delivery: Delivery) -> int:
    """How many rows were written, 0 or 1. Raises Conflict with the reason that still stands."""
    declared = find(delivery.format)
    cells = {**row.raw, **(row.corrected or {})}
    parser = Parser(declared, delivery.business_date, all_rows=delivery.all_rows)
    made = parser.one(Line(row.line, list(cells.values()), set(cells) == set(declared.columns)), list(cells))
    if made is None:
        raise Conflict(_("The row belongs to another date than its delivery."), code="OTHER_DATE")
    columns = staging_columns(declared)
    staging.stage(checks.TABLE, columns, [made])
    checks.check(declared, delivery.lender_id)
    if still := checks.reasons():
        raise Conflict(sentence_of(next(iter(still))), code=next(iter(still)))
    return targets.apply(declared, delivery.lender, delivery, _known_from(delivery))


def _known_from(delivery: Delivery) -> date:
    """What is released after its day was closed became known on the day after the last close."""
    closed = BusinessDay.objects.filter(lender_id=delivery.lender_id, state__startswith="closed").aggregate(d=Max("business_date"))["d"]
    return delivery.business_date if closed is None or delivery.business_date > closed else closed + timedelta(days=1)
