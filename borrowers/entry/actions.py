"""Entering borrowers, loans and what happens to them by hand: each act checks who may, writes through the doors and leaves a trail."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from borrowers import staging
from borrowers.conduct.actions import note_act
from borrowers.doors import Saved, tell
from borrowers.entry.plans import kept_attributes
from borrowers.entry.queries import left_on, newest_version, standing
from borrowers.loans.cashflow import STAGED_DEMAND, CustodyRow, add_staged_schedule, give_custody
from borrowers.loans.models import Facility, Loan, LoanEvent
from borrowers.loans.schedules import Demand
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.queries import open_day
from loanwatch.trail.record import record

Row = Mapping[str, Any]


def _tell(kind: str, lender: Lender, rows: Sequence[Row], *, by: Access, known_from: date) -> Saved:
    return tell(kind, lender, rows, known_from=known_from, entered_by=by.person) if rows else Saved(0, 0)


def _require_new(saved: Saved, sentence: str, code: str) -> None:
    """Raises Conflict where another one of the same number was there: also one that came a moment ago and that no page could see."""
    if saved.new != 1:
        raise Conflict(sentence, code=code)


# Borrowers -----------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def enter_borrower(*, by: Access, lender: Lender, number: str, facts: Mapping[str, Sequence[Row]], new: bool = False) -> Borrower:
    """A borrower with identifiers, related parties, group and tier, new or corrected.

    `facts`: kind (of borrowers.kinds) → rows without the borrower's number, which is filled in here. "borrower" has one row.
    `new`: it must not be there yet; raises Conflict.
    """
    by.check(Act.BORROWER_ENTER)
    known_from = open_day(lender, by.on)
    there = Borrower.objects.filter(lender=lender, number=number).exists()
    for kind in ("borrower", "identifier", "related_party", "group", "membership", "tier"):
        named = {"borrower": {"number": number}, "group": {}}.get(kind, {"borrower_number": number})
        saved = _tell(kind, lender, [{**row, **named} for row in facts.get(kind, ())], by=by, known_from=known_from)
        if new and kind == "borrower":
            _require_new(saved, _("There is a borrower with this number already."), "BORROWER_EXISTS")
    found = Borrower.objects.get(lender=lender, number=number)
    record("borrower.corrected" if there else "borrower.entered", by=by, subject=found, number=number, known_from=known_from.isoformat())
    return found


@transaction.atomic
def enter_facility(*, by: Access, lender: Lender, row: Row) -> Facility:
    """A credit line or contract under which notes are drawn. Raises Conflict for a number that is there already."""
    by.check(Act.LOAN_ENTER)
    known_from = open_day(lender, by.on)
    saved = _tell("facility", lender, [row], by=by, known_from=known_from)
    _require_new(saved, _("There is a facility with this number already."), "FACILITY_EXISTS")
    found = Facility.objects.get(lender=lender, number=row["number"])
    record("facility.entered", by=by, subject=found, number=found.number, limit=str(found.limit), known_from=known_from.isoformat())
    return found


# Loans ---------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def enter_loan(*, by: Access, lender: Lender, row: Row, plan: Sequence[Demand], way: Row, lead: str = "") -> Loan:
    """A drawn loan with its schedule, whose balance and days past due are computed here from the next close on.

    `row` is a row of the kind loan; `lead` the staff number of the account manager who answers for it.
    """
    by.check(Act.LOAN_ENTER)
    known_from = open_day(lender, by.on)
    start = row["disbursed_on"]
    told = {**row, "position_fed": False, "valid_from": start, "attributes": kept_attributes(way)}
    saved = _tell("loan", lender, [told], by=by, known_from=known_from)
    _require_new(saved, _("There is a loan with this number already."), "LOAN_EXISTS")
    happened = {"loan_number": row["number"], "kind": LoanEvent.Kind.DISBURSEMENT, "valid_from": start, "amount": row["principal"]}
    _tell("event", lender, [happened], by=by, known_from=known_from)
    _lay_down(lender, row["number"], plan, 1, start, by=by, known_from=known_from)
    if lead:
        give_custody(lender, [CustodyRow(loan_number=row["number"], staff_no=lead, capacity="lead", from_on=start)])
    loan = Loan.objects.get(lender=lender, number=row["number"])
    record(
        "loan.entered", by=by, subject=loan, number=loan.number, principal=str(loan.principal), currency=loan.currency,
        demands=len(plan), known_from=known_from.isoformat(),
    )  # fmt: skip
    return loan


def _lay_down(lender: Lender, number: str, plan: Sequence[Demand], version: int, valid_from: date, *, by: Access, known_from: date) -> None:
    """A version of a schedule that holds from a day of its own, which may lie before the day of the entry."""
    rows = [(number, version, d.seq, d.due_on, d.principal, d.interest, d.fee, valid_from, known_from) for d in plan]
    staging.stage("staged_demand", STAGED_DEMAND)
    staging.fill("staged_demand", ["loan_number", "version", "seq", "due_on", "principal", "interest", "fee", "valid_from", "known_from"], rows)
    add_staged_schedule(lender, entered_by=by.person)


def _note_entry(event: Row, loan: Loan, by: Access) -> None:
    """That `by.person` entered what happened, and how many days after the day it is said to have happened on."""
    if by.person:
        late = max(0, (by.on - event["valid_from"]).days)
        subject = f"event:{loan.pk}:{event['kind']}:{event['valid_from']}"
        note_act("entry", lender=loan.lender, person=by.person, on=by.on, subject=subject, loan=loan, figure=late, fact="event")


def require_computed(loan: Loan, on: date, *, unless: Sequence[str] = ()) -> None:
    """Raises Conflict for a loan whose positions the core system delivers, and for one that has left the book (but as in `unless`)."""
    if loan.position_fed:
        raise Conflict(_("The core system delivers this loan; what happens to it comes with its deliveries."), code="POSITION_FED")
    if (gone := left_on(loan, on)) and gone.kind not in unless:
        raise Conflict(
            _("This loan has left the book on %(day)s (%(kind)s).") % {"day": gone.valid_from, "kind": gone.get_kind_display()},
            code="LEFT_THE_BOOK",
        )


@transaction.atomic
def change_plan(*, by: Access, loan: Loan, kind: str, plan: Sequence[Demand], data: Mapping[str, Any], follows: int) -> None:
    """An extension, restructuring or change of rate: the event, the loan's new terms and the next version of its schedule.

    `follows`: the version of the schedule from which `plan` was made (0: none). Raises Conflict when there is a newer one.

    `data`: valid_from, matures_on, rate, note and the way of repaying. Days past due on that day stand in the event.
    """
    by.check(Act.LOAN_ENTER)
    locked = Loan.objects.select_for_update(no_key=True).get(pk=loan.pk)
    known_from, on = open_day(loan.lender, by.on), data["valid_from"]
    require_computed(locked, known_from)
    version = newest_version(locked) + 1
    if version != follows + 1:
        raise Conflict(_("Somebody else has changed the schedule of this loan meanwhile. Look at it, and enter the change anew."), code="PLAN_CHANGED")
    past = standing(locked, on).days_past_due
    matures_on = plan[-1].due_on
    event = {"loan_number": loan.number, "kind": kind, "valid_from": on, "note": data.get("note", ""), "days_past_due": past}
    event |= {} if kind == LoanEvent.Kind.RATE_CHANGE else {"matures_on": matures_on}
    _tell("event", loan.lender, [event], by=by, known_from=known_from)
    _note_entry(event, loan, by)
    rate = locked.rate if data.get("rate") is None else data["rate"]
    changed = _row_of(locked) | {"rate": rate, "matures_on": matures_on, "valid_from": on}
    changed["attributes"] = {**locked.attributes, **kept_attributes(data)}
    _tell("loan", loan.lender, [changed], by=by, known_from=known_from)
    _lay_down(loan.lender, loan.number, plan, version, on, by=by, known_from=known_from)
    record(
        "loan.changed", by=by, subject=loan, number=loan.number, kind=kind, valid_from=on.isoformat(), version=version, days_past_due=past,
        known_from=known_from.isoformat(), note=data.get("note", ""),
    )  # fmt: skip


def _row_of(loan: Loan) -> dict[str, Any]:
    """The loan as a row of its kind, so that a change of some values leaves the others."""
    return {
        "number": loan.number, "borrower_number": loan.borrower.number, "product_code": loan.product.code, "branch_code": loan.branch.code,
        "facility_number": loan.facility.number if loan.facility else None, "currency": loan.currency, "principal": loan.principal,
        "disbursed_on": loan.disbursed_on, "purpose": loan.purpose, "ltv_agreed": loan.ltv_agreed, "position_fed": loan.position_fed,
    }  # fmt: skip


@transaction.atomic
def leave_book(*, by: Access, loan: Loan, kind: str, valid_from: date, note: str = "", amount: Decimal | None = None) -> None:
    """Settled, written off or transferred. What is owed on the day stands in the event; settled needs that nothing is.

    `amount`: the price of a transfer. Raises Conflict.
    """
    by.check(Act.LOAN_ENTER)
    locked = Loan.objects.select_for_update(no_key=True).get(pk=loan.pk)
    known_from = open_day(loan.lender, by.on)
    require_computed(locked, known_from)
    owed = Decimal(standing(locked, valid_from).outstanding) / 100
    if kind == LoanEvent.Kind.SETTLED and owed:
        raise Conflict(
            _("%(amount)s %(currency)s of principal is still owed on that day. Enter the repayment or a write-off first.")
            % {"amount": owed, "currency": loan.currency},
            code="STILL_OWED",
        )
    event = {"loan_number": loan.number, "kind": kind, "valid_from": valid_from, "amount": owed if amount is None else amount, "note": note}
    _tell("event", loan.lender, [event], by=by, known_from=known_from)
    _note_entry(event, loan, by)
    record(
        "loan.left_book", by=by, subject=loan, number=loan.number, kind=kind, valid_from=valid_from.isoformat(), owed=str(owed),
        known_from=known_from.isoformat(), note=note,
    )  # fmt: skip


# What stands around a loan -------------------------------------------------------------------------------------------------------


@transaction.atomic
def enter_around(*, by: Access, loan: Loan, event: str, facts: Sequence[tuple[str, Row]]) -> None:
    """Payments of the loan money, collateral with its value, or a guarantee: (kind, row) in the order in which they refer to each other.

    `event` is the name in the audit trail.
    """
    by.check(Act.LOAN_ENTER)
    known_from = open_day(loan.lender, by.on)
    for kind, row in facts:
        _tell(kind, loan.lender, [row], by=by, known_from=known_from)
    told = {kind: {k: str(v) for k, v in row.items() if v not in (None, "")} for kind, row in facts}
    record(event, by=by, subject=loan, number=loan.number, known_from=known_from.isoformat(), **told)
