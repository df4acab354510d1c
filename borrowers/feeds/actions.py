"""Receives deliveries: registers, reads, checks, reconciles and applies them, all in one transaction or not at all."""

import json
import time
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now

from borrowers import staging
from borrowers.feeds import changes, keeping, retry
from borrowers.feeds.importer import checks, columnar, known, plans, targets
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.parsing import Parser, keys_beside, staging_columns, total_columns
from borrowers.feeds.importer.reading import FileFault, Source, compare, examine, read_control
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.queries import absent_loans, already_applied, other_content, refusal
from borrowers.kinds import KINDS, MASTER, PARTS
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

MOST_QUARANTINED = 10_000  # rows kept with their text for one delivery; all are counted
SAMPLE = 20
MANY_ROWS = 1_000  # applied by one delivery: enough to mislead the planner until the database counts again
FEW = 5  # percent of a table of master data whose correction misleads nobody


@dataclass(frozen=True)
class Order:
    """What somebody asks to be loaded, and how."""

    lender: Lender
    declared: Format
    path: Path
    business_date: date
    dry_run: bool = False
    all_rows: bool = False
    back_dated: bool = False
    control: Path | None = None
    approved_by: Access | None = None  # of other content for a date that has been delivered already
    received_by: Access | None = None  # the person who brings it on a screen
    channel: str = Delivery.Channel.FILE
    name: str = ""  # as the sender calls the file, where it lies under another name
    adds_up: bool = False  # batches of one date stand beside each other: another one is no other version of the first
    held: Delivery | None = None  # the delivery that is loaded again from its kept file, instead of a new one


@dataclass
class Outcome:
    """What became of a delivery; `state` is applied, held, rejected, already_loaded or dry_run."""

    state: str = "applied"
    delivery: int | None = None
    read: int = 0
    applied: int = 0
    unchanged: int = 0
    quarantined: int = 0
    left_out: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    control: dict[str, Any] = field(default_factory=lambda: {"expected": {}, "found": {}})
    notes: dict[str, Any] = field(default_factory=dict)
    sample: list[dict[str, Any]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The one JSON object of `load_feed --json`."""
        rows = {name: getattr(self, name) for name in ("read", "applied", "unchanged", "quarantined", "left_out")}
        return {
            "delivery": self.delivery, "state": self.state, "rows": rows, "reasons": self.reasons, "control": self.control,
            "notes": self.notes, "sample": self.sample, "reason": self.reason, "seconds": round(self.seconds, 3),
        }  # fmt: skip


def load(order: Order) -> Outcome:
    """Load one delivery and return what became of it.

    Two loads of one feed wait for each other; the same content for the same date again is `already_loaded` and writes
    nothing. A file that is held or rejected leaves its delivery, its reasons and its bad rows, and no fact. Raises
    Refused when `approved_by` may not approve. Rows set aside earlier that waited for what has come are tried again.
    """
    started = time.monotonic()
    if order.approved_by:
        order.approved_by.check(Act.DELIVERY_APPROVE, order.held)
    source = examine(order.path, order.declared)
    with transaction.atomic():
        _wait_for_turn(order)
        outcome = _receive(order, source)
        outcome.seconds = time.monotonic() - started
        if order.dry_run:
            transaction.set_rollback(True)
            return replace(outcome, state="already_loaded" if outcome.state == "already_loaded" else "dry_run", delivery=None)
        if outcome.state != "already_loaded":
            _register(order, outcome)
    if outcome.applied >= MANY_ROWS and _misleads(order.declared, outcome.delivery, outcome.applied):
        _refresh_statistics()
    if outcome.state == "applied" and outcome.applied:
        retry.try_waiting(order.lender)
    return outcome


def _misleads(declared: Format, delivery: int | None, applied: int) -> bool:
    """Whether what a delivery wrote belies what the planner has counted: many new rows, of a day or a lender that it does not know yet.

    A correction of master data leaves its row where it was, and misleads nobody until there are many: more than FEW percent.
    """
    kinds = [PARTS.get(part) or KINDS.get(part) for part in declared.targets if part != "branch"]
    tables = [kind.table for kind in kinds if kind and kind.shape == MASTER]
    if not tables or len(tables) < len(kinds):
        return True
    new = " OR ".join(
        f"(SELECT count(*) FROM (SELECT FROM {table} WHERE delivery_id = %(delivery)s LIMIT %(many)s) n) = %(many)s" for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {new} OR EXISTS (SELECT FROM pg_class WHERE oid = ANY(%(tables)s::regclass[]) AND %(applied)s * 100 > reltuples * %(few)s)",
            {"delivery": delivery, "many": MANY_ROWS, "tables": tables, "applied": applied, "few": FEW},
        )
        return bool(cursor.fetchone()[0])


def _refresh_statistics() -> None:
    """So that the run of this very night plans with what has just come; only a worker's log-in may ask for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('lw_analyse_facts()', 'EXECUTE')")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT lw_analyse_facts()")


def _wait_for_turn(order: Order) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"feed {order.lender.pk} {order.declared.name}"])


def _receive(order: Order, source: Source) -> Outcome:
    """Everything between the file and the facts. The delivery is made first, as each fact names it."""
    earlier = already_applied(order.lender, order.declared.name, order.business_date, source.sha256, order.all_rows)
    if earlier:
        return Outcome(
            "already_loaded",
            earlier.pk,
            earlier.rows_read,
            0,
            earlier.rows_read,
            control=earlier.control,
            reason="This file was loaded before.",
        )
    delivery = _new_delivery(order, source)
    outcome = Outcome(delivery=delivery.pk)
    try:
        if fault := refusal(order.lender, order.declared, order.business_date, back_dated=order.back_dated):
            raise FileFault(*fault, held=False)
        if source.fault:
            raise source.fault
        _read_all(order, source, outcome)
        if sentence := _too_many_bad(order.declared, outcome):
            return _hold(outcome, sentence)
        _apply(order, delivery, outcome)
    except FileFault as fault:
        outcome.reasons = {fault.reason: 1, **outcome.reasons}
        return _hold(outcome, fault.sentence, "held" if fault.held else "rejected")
    return outcome


def _new_delivery(order: Order, source: Source) -> Delivery:
    if order.held:
        order.held.quarantined.all().delete()  # they are found again, or not any more
        return order.held
    same_date = Delivery.objects.filter(
        lender=order.lender, format=order.declared.name, business_date=order.business_date, all_rows=order.all_rows
    )
    version = same_date.filter(sha256=source.sha256).values_list("version", flat=True).first()
    return Delivery.objects.create(
        lender=order.lender, format=order.declared.name, business_date=order.business_date, all_rows=order.all_rows, sha256=source.sha256,
        filename=keeping.shown_name(order.name or order.path.name), size=source.size, channel=order.channel,
        version=version or (same_date.aggregate(v=Max("version"))["v"] or 0) + 1,
        received_by=order.received_by.person if order.received_by else None,
    )  # fmt: skip


def _hold(outcome: Outcome, sentence: str, state: str = "held") -> Outcome:
    outcome.state, outcome.reason, outcome.applied, outcome.unchanged = state, sentence, 0, 0
    return outcome


def _read_all(order: Order, source: Source, outcome: Outcome) -> None:
    """Stage and check every row and reconcile with the control record. Raises FileFault; fills the counts either way."""
    declared = order.declared
    parser = Parser(declared, order.business_date, all_rows=order.all_rows, only_keys=keys_beside(declared, order.path))
    rows = source.rows(declared)
    expected = read_control(order.control, order.path)
    rows.control.totals = total_columns(expected or {"totals": declared.control.totals})
    columns = staging_columns(declared)
    staging.stage(checks.TABLE, columns)
    filled = columnar.fill(checks.TABLE, columns, parser, rows)
    outcome.read, outcome.left_out, outcome.unchanged = parser.counts["read"], parser.counts["left_out"], parser.counts["other_month"]
    outcome.header = rows.order
    if parser.fault:
        raise parser.fault
    outcome.notes.update(parser.notes)
    outcome.control = {"expected": expected or rows.control.expected, "found": rows.control.found()}
    if declared.control.required and not outcome.control["expected"]:
        raise FileFault("CONTROL_MISSING", "The format demands a control record, and there is none.")
    if sentence := compare(outcome.control["expected"], rows.control, order.business_date):
        raise FileFault("CONTROL_MISMATCH", sentence)
    remarks = {**outcome.notes.pop("remarks", {}), **known.keep_borrowers(declared, order.lender)}
    equal = checks.check(declared, order.lender.pk, order.business_date, once=filled.in_order)["equal"]
    columnar.restore_raw(declared, rows.order)
    if remarks:
        outcome.notes["remarks"] = remarks
    if equal:
        outcome.notes["EQUAL_ROWS"] = equal
        outcome.unchanged += equal
    outcome.reasons = checks.reasons()
    outcome.quarantined = sum(outcome.reasons.values())
    outcome.sample = bad_rows(rows.order, SAMPLE)
    if not checks.staged() and declared.date_column and not order.all_rows:
        raise FileFault("NO_ROWS_FOR_DATE", f"No row of the file belongs to {order.business_date}.")


def _too_many_bad(declared: Format, outcome: Outcome) -> str:
    """Why the whole file must wait for a person; empty when its good rows may be applied."""
    here = checks.staged()
    return declared.too_many_bad(outcome.quarantined, here)


def _apply(order: Order, delivery: Delivery, outcome: Outcome) -> None:
    """Write the facts. Other content for a date that was delivered before is undone and held, unless somebody has approved it."""
    good = checks.staged() - outcome.quarantined
    point = transaction.savepoint()
    known_from = retry.known_from(delivery)
    outcome.applied = targets.apply(order.declared, order.lender, delivery, known_from)
    plans.add_schedules(order.declared, order.lender, delivery, known_from)
    earlier = None if order.adds_up else other_content(order.lender, order.declared.name, order.business_date, delivery.pk, order.all_rows)
    others = bool(earlier and outcome.applied)
    declared_by_shell = order.back_dated and order.received_by is None  # whoever holds the shell answers for it; a person asks another
    restated = 0 if others or declared_by_shell else targets.changed_positions(delivery)  # of another date, or told by another feed
    waits = (others or restated) and not order.approved_by
    if order.dry_run or waits:
        outcome.notes["changes"] = {"fields": changes.counts(delivery.pk), "sample": changes.sample(delivery.pk)}
    if waits:
        transaction.savepoint_rollback(point)
        outcome.notes["difference"] = {
            "to_delivery": earlier.pk if earlier else None,
            "rows_that_would_change": restated or outcome.applied,
        }
        what = (
            f"Delivery {earlier.pk} of this date had other content; {outcome.applied} rows would change."
            if earlier and others
            else f"{restated} positions that are known already would change."
        )
        raise FileFault(
            "OTHER_CONTENT",
            f"{what} Nothing was done. "
            f"A credit administrator who did not bring it approves or declines it, or it is loaded again with --approved-by STAFF_NO.",
        )
    transaction.savepoint_commit(point)
    if remarks := {
        **outcome.notes.get("remarks", {}),
        **known.carry_absent(order.declared, order.lender, delivery, known_from),
        **known.restated(delivery),
    }:
        outcome.notes["remarks"] = remarks
    outcome.unchanged += good - outcome.applied
    if order.declared.full_position:
        outcome.notes["absent"] = absent_loans(order.lender, order.declared.name, order.business_date)


def bad_rows(header: list[str], most: int) -> list[dict[str, Any]]:
    """The staged rows that were set aside, by line: line, reason, column, value and the row as read (column -> text)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, reason, at_column, value, raw FROM feed_row WHERE reason IS NOT NULL ORDER BY line LIMIT %s", [most])
        found = cursor.fetchall()
    return [
        {"line": line, "reason": reason, "column": column or "", "value": value or "", "raw": _by_column(header, raw)}
        for line, reason, column, value, raw in found
    ]


def _by_column(header: list[str], raw: Any) -> dict[str, str]:
    cells = json.loads(raw) if isinstance(raw, str) else raw
    return {name: cell[:400] for name, cell in zip(header, cells, strict=False)}


def _register(order: Order, outcome: Outcome) -> None:
    delivery = Delivery.objects.get(pk=outcome.delivery or 0)
    delivery.state, delivery.hold_reason = outcome.state, outcome.reason
    delivery.rows_read, delivery.rows_applied, delivery.rows_unchanged = outcome.read, outcome.applied, outcome.unchanged
    delivery.rows_quarantined, delivery.rows_left_out = outcome.quarantined, outcome.left_out
    delivery.reasons, delivery.control, delivery.notes, delivery.seconds = outcome.reasons, outcome.control, outcome.notes, outcome.seconds
    if outcome.state == "applied":
        delivery.applied_at = Now()
        delivery.approved_by = order.approved_by.person if order.approved_by else None
    elif outcome.state == "held" and not delivery.kept_as:
        delivery.kept_as = keeping.keep(delivery, order.path, order.declared)
    if outcome.quarantined:
        delivery.notes["header"] = outcome.header  # the order of the sender's columns, for the file of rejects
    delivery.save()
    if outcome.quarantined:
        rows = bad_rows(outcome.header, MOST_QUARANTINED)
        QuarantinedRow.objects.bulk_create(
            [QuarantinedRow(delivery=delivery, waits_for=retry.waits_for(row["reason"], row["value"]), **row) for row in rows],
            batch_size=1000,
        )
    record(
        f"feed.{outcome.state}", by=order.approved_by or order.received_by, subject=delivery, format=delivery.format,
        business_date=str(delivery.business_date), sha256=delivery.sha256, applied=outcome.applied, quarantined=outcome.quarantined, reasons=outcome.reasons,
    )  # fmt: skip
