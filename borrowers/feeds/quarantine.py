"""What becomes of rows that were set aside: corrected by one, released by another, or rejected. Every act is in the audit trail."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from borrowers.feeds import retry
from borrowers.feeds.decisions import format_of
from borrowers.feeds.importer import targets
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.reasons import sentence_of
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import SUBTREE_ROLES, Access
from loanwatch.people.models import Branch
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

LONGEST_CELL = 400  # signs; as many are kept of a row that was set aside


def rows_of(access: Access) -> QuerySet[QuarantinedRow]:
    """The quarantined rows of the person's lender."""
    return QuarantinedRow.objects.filter(delivery__lender=access.person.lender if access.person else None).select_related("delivery")


def reaches_whole_lender(access: Access) -> bool:
    """Whether a role held over branches reaches every branch of the person's lender, and so every row of its files. One query."""
    if access.person is None or access.person.lender is None:
        return False
    every = Branch.objects.filter(lender=access.person.lender, opened_on__lte=access.on)
    return bool(access.branches_held(*SUBTREE_ROLES)) and not every.exclude(pk__in=access.subtree()).exists()


def check_decides(by: Access) -> None:
    """Raises Refused when `by` does not decide about rows, Conflict when the role is held in some branches only: a row may tell of any."""
    by.check(Act.QUARANTINE_RELEASE)
    if not reaches_whole_lender(by):
        sentence = _("Rows of files tell of every branch. Credit administration of the head office decides about them.")
        raise Conflict(sentence, code="ONE_BRANCH")


def _take(row_id: int, by: Access) -> QuarantinedRow:
    """The waiting row, locked. Raises Refused, Conflict or QuarantinedRow.DoesNotExist."""
    check_decides(by)
    row = rows_of(by).select_for_update(of=("self",)).get(pk=row_id)
    if row.state != QuarantinedRow.State.WAITING:
        raise Conflict(_("Somebody has decided about this row already."), code="ROW_DECIDED")
    return row


@transaction.atomic
def correct_row(*, row_id: int, cells: Mapping[str, str], by: Access) -> QuarantinedRow:
    """Lay down how the row should read (column -> text); another person must release it. The row as read is kept.

    A cell given as it was read is corrected no more. Raises Refused when `by` may not, Conflict when the row has been decided,
    has no such column, nothing differs from what it read before, or cells that another person corrected would stay so: who
    corrects last is named as the one who did, so everything that is corrected must be that person's.
    """
    row = _take(row_id, by)
    if unknown := [name for name in cells if name not in row.raw]:
        raise Conflict(_("The row has no column %(column)s.") % {"column": unknown[0]}, code="NO_SUCH_COLUMN")
    if any(len(text) > LONGEST_CELL for text in cells.values()):
        raise Conflict(_("A cell has at most 400 signs."), code="TOO_LONG")
    was = row.corrected or {}
    wanted = {name: text for name, text in {**was, **cells}.items() if text != row.raw[name]}
    if wanted == was:
        raise Conflict(_("Nothing was changed."), code="NOTHING_CHANGED")
    if row.corrected_by_id != (by.person.pk if by.person else None) and any(wanted.get(name) == text for name, text in was.items()):
        raise Conflict(
            _("Another person has corrected this row. Release or reject it, or put those cells back as they came first."),
            code="CORRECTED_BY_ANOTHER",
        )
    changed = sorted(name for name in {*was, *wanted} if was.get(name, row.raw[name]) != wanted.get(name, row.raw[name]))
    row.corrected, row.corrected_by = wanted or None, by.person if wanted else None
    row.save(update_fields=["corrected", "corrected_by"])
    before = {name: was.get(name, row.raw[name]) for name in changed}
    after = {name: wanted.get(name, row.raw[name]) for name in changed}
    record("quarantine.corrected", by=by, subject=row, delivery=row.delivery_id, line=row.line, before=before, after=after)
    return row


@transaction.atomic
def reject_row(*, row_id: int, by: Access, note: str) -> QuarantinedRow:
    """Decide that the row is never applied. Raises Refused, or Conflict without a reason or when the row has been decided."""
    row = _take(row_id, by)
    if not note.strip():
        raise Conflict(_("Say why the row is rejected."), code="NO_REASON")
    row.note = note.strip()[:200]
    _decide(row, QuarantinedRow.State.REJECTED, by)
    record("quarantine.rejected", by=by, subject=row, delivery=row.delivery_id, line=row.line, reason=row.reason, note=row.note)
    return row


def release_row(*, row_id: int, by: Access) -> QuarantinedRow:
    """Check the row again, as corrected, and apply it once. A row of a repayment plan is released with the others of the plan that wait.

    Raises Refused when `by` corrected one of them or may not release, Conflict when it still can't be used or its delivery was
    held as a whole or its format is not in use any more.
    """
    return _release(row_id, by)[0]


@transaction.atomic
def _release(row_id: int, by: Access) -> list[QuarantinedRow]:
    check_decides(by)
    delivery_id = rows_of(by).values_list("delivery_id", flat=True).get(pk=row_id)
    # The delivery is locked before the row, as a retry by itself does, or the two would wait for each other.
    delivery = Delivery.objects.select_for_update(of=("self",)).select_related("lender").get(pk=delivery_id)
    row = _take(row_id, by)
    _refuse_own(row, by)
    if delivery.state != Delivery.State.APPLIED:
        raise Conflict(_("The delivery was held as a whole. Deliver a corrected file."), code="DELIVERY_HELD")
    declared = format_of(delivery)
    together = [row, *retry.rest_of_plans(declared, delivery, [row])]
    for other in together[1:]:
        _refuse_own(other, by)
    still = retry.stage_again(declared, delivery, together)
    if fault := still.get(row.line) or next(iter(still.values()), None):
        raise Conflict(sentence_of(fault[0]), code=fault[0])
    written = targets.apply(declared, delivery.lender, delivery, retry.known_from(delivery))
    retry.count_released(delivery, len(together), written)
    for one in together:
        _decide(one, QuarantinedRow.State.RELEASED, by)
        record("quarantine.released", by=by, subject=one, delivery=one.delivery_id, line=one.line, reason=one.reason, cells=one.corrected or {})
    return together


def _refuse_own(row: QuarantinedRow, by: Access) -> None:
    if row.corrected_by_id is not None and by.person is not None and row.corrected_by_id == by.person.pk:
        raise Refused(_("The person who corrected a row can't release it."), code="OWN_CORRECTION")


def _decide(row: QuarantinedRow, state: str, by: Access) -> None:
    row.state, row.decided_by = state, by.person
    row.decided_at = Now()
    row.save(update_fields=["state", "decided_by", "decided_at", "note"])


@dataclass(frozen=True)
class Done:
    """What became of one of several rows that were decided about at once; `fault` is empty when it was done."""

    row: QuarantinedRow
    fault: str = ""


def release_rows(*, row_ids: Iterable[int], by: Access) -> list[Done]:
    """Release each row by itself: one that can't be used does not keep the others back. Raises Refused when `by` releases nothing at all."""
    released: dict[int, QuarantinedRow] = {}

    def release(pk: int) -> QuarantinedRow:
        if pk not in released:  # else with another row of its plan
            released.update({row.pk: row for row in _release(pk, by)})
        return released[pk]

    return _each(row_ids, by, release)


def reject_rows(*, row_ids: Iterable[int], by: Access, note: str) -> list[Done]:
    """Reject each row by itself, for the same reason."""
    return _each(row_ids, by, lambda pk: reject_row(row_id=pk, by=by, note=note))


def _each(row_ids: Iterable[int], by: Access, act: Callable[[int], QuarantinedRow]) -> list[Done]:
    check_decides(by)
    done = []
    for row in rows_of(by).filter(pk__in=list(row_ids)).order_by("delivery_id", "line"):
        try:
            done.append(Done(act(row.pk)))
        except (Refused, Conflict) as fault:
            done.append(Done(row, fault.sentence))
    return done
