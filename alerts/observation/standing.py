"""One loan as it stood on a date, as known on another: computed from the facts alone, never from an observation.

So it answers for days that were never closed, and shows what a backdated payment changed: the same date, known earlier and later.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from borrowers.collateral.models import Pledge, Valuation
from borrowers.covenants.models import Covenant, CovenantTest, CovenantWaiver
from borrowers.loans import replay
from borrowers.loans.models import Custody, Facility, Guarantee, Loan, LoanEvent, Position
from borrowers.loans.rules import Counting
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch


class NoSuchLoan(Exception):
    """The lender has no loan with this number, or did not know of it on the date asked for."""


def standing(lender: Lender, number: str, as_of: date, known_on: date | None = None) -> dict[str, Any]:
    """The loan on `as_of` as known at the close of `known_on` (left out: as known on `as_of` itself), as JSON values.

    Keys: `loan` (master data as it was then), `on_book`, `outstanding`, `days_past_due` (the day a demand counts from is day 0),
    `principal_days_past_due`, `interest_days_past_due`, `overdue_principal`, `overdue_interest` (fees count with interest),
    `oldest_unpaid_on` (its due date), `counts_from`, `next_due_on`, `counting` (the terms in force), `computed` (what the schedule
    gives where the core system delivers figures of its own), `schedule` {version, instalments}, `repayments`, `position`,
    `positions` (of the day, every revision known), `events`, `pauses`, `custody`, `collateral`, `guarantees`, `covenants`.
    Amounts are text with two decimals, unknown values null. A loan that is not on the book has null figures. Raises NoSuchLoan.
    """
    known_on = known_on or as_of
    loan = (
        Loan.objects.filter(lender=lender, number=number, known_from__lte=known_on)
        .select_related("borrower", "product", "branch", "lender", "facility")
        .first()
    )
    if loan is None:
        raise NoSuchLoan(f"{lender.code} knew no loan {number} on {known_on}.")
    return told(replay.read(loan), as_of, known_on)


def told(history: replay.History, as_of: date, known_on: date) -> dict[str, Any]:
    """As `standing`, of a loan whose facts are read already."""
    loan, seen = history.loan, history.seen(as_of, known_on)
    return {
        "lender": loan.lender.code,
        "as_of": as_of.isoformat(),
        "known_on": known_on.isoformat(),
        "loan": _master(loan, as_of, known_on),
        **_figures(seen),
        "counting": _counting(history.counting(as_of)),
        "schedule": _schedule(history, seen),
        "position": _position(seen.delivered),
        "repayments": [
            {
                "seq": r.seq,
                "paid_on": _iso(r.paid_on),
                "amount": _text(r.amount),
                "payer": r.payer,
                "reference": r.reference,
                "reverses": next((other.seq for other in history.repayments if other.pk == r.reverses_id), None),
                "known_from": _iso(r.known_from),
            }
            for r in history.repayments
            if r.paid_on <= as_of and r.known_from <= known_on
        ],
        "positions": [
            {**(_position(p) or {}), "revision": p.revision, "withdrawn": p.withdrawn}
            for p in history.positions
            if p.valid_from == as_of and p.known_from <= known_on
        ],
        "events": [_event(e) for e in replay.truths(history.events, known_on) if e.valid_from <= as_of],
        "pauses": [
            {"from_on": _iso(p.valid_from), "to_on": _iso(p.to_on), "reason": p.reason, "known_from": _iso(p.known_from)}
            for p in replay.truths(history.pauses, known_on)
            if p.valid_from <= as_of
        ],
        "custody": _custody(loan, as_of),
        "collateral": _collateral(loan, as_of, known_on),
        "guarantees": _guarantees(loan, as_of, known_on),
        "covenants": _covenants(loan, as_of, known_on),
    }


def _master(loan: Loan, as_of: date, known_on: date) -> dict[str, Any]:
    then = replay.master_as_known(loan, as_of, known_on)
    borrower = replay.master_as_known(loan.borrower, as_of, known_on)
    facility = then.get("facility_id", loan.facility_id)
    return {
        "number": loan.number,
        "borrower": {"number": loan.borrower.number, "name": borrower.get("name", loan.borrower.name)},
        "facility": Facility.objects.get(pk=facility).number if facility else None,
        "product": _code(Product, then.get("product_id"), loan.product),
        "branch": _code(Branch, then.get("branch_id"), loan.branch),
        "currency": loan.currency,
        "principal": _text(_decimal(then.get("principal", loan.principal))),
        "rate": _number(then.get("rate", loan.rate)),
        "disbursed_on": _iso(loan.disbursed_on),
        "matures_on": _day(then.get("matures_on", loan.matures_on)),
        "purpose": then.get("purpose", loan.purpose),
        "ltv_agreed": _number(then.get("ltv_agreed", loan.ltv_agreed)),
        "position_fed": loan.position_fed,
        "known_from": _iso(loan.known_from),
    }


def _figures(seen: replay.Seen) -> dict[str, Any]:
    """The figures that count, and beside them what the schedule gives where they were delivered."""
    rule = seen.computed
    own = rule if rule and seen.delivered is None else None
    return {
        "on_book": seen.on_book,
        "outstanding": _text(seen.outstanding),
        "days_past_due": seen.days_past_due,
        "principal_days_past_due": own.principal_days if own else None,
        "interest_days_past_due": own.interest_days if own else None,
        "overdue_principal": _text(seen.overdue_principal),
        "overdue_interest": _text(seen.overdue_interest),
        "oldest_unpaid_on": _iso(own.oldest_unpaid_due_on) if own else None,
        "counts_from": _iso(own.counts_from) if own else None,
        "next_due_on": _iso(rule.next_due_on) if rule else None,
        "computed": {
            "days_past_due": rule.days_past_due,
            "outstanding": _hundredths(rule.outstanding),
            "overdue_principal": _hundredths(rule.overdue_principal),
            "overdue_interest": _hundredths(rule.overdue_interest),
        }
        if rule and seen.delivered
        else None,
    }


def _counting(found: Counting) -> dict[str, Any]:
    return {
        "order": list(found.order),
        "grace_days": found.grace_days,
        "materiality": _hundredths(found.materiality_minor),
        "materiality_percent": f"{found.materiality_percent:f}",
        "convention": found.convention,
    }


def _schedule(history: replay.History, seen: replay.Seen) -> dict[str, Any] | None:
    if seen.version is None:
        return None if history.loan.position_fed else {"version": None, "instalments": []}
    moves = history.counting(seen.as_of)
    return {
        "version": seen.version,
        "instalments": [
            {
                "seq": i.seq, "due_on": _iso(i.due_on), "counts_from": _iso(moves.counts_from(i.due_on)), "principal": _text(i.principal),
                "interest": _text(i.interest), "fee": _text(i.fee),
            }
            for i in history.plans[seen.version]
        ],
    }  # fmt: skip


def _position(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    return {
        "balance": _text(position.balance),
        "days_past_due": position.days_past_due,
        "overdue_principal": _text(position.overdue_principal),
        "overdue_interest": _text(position.overdue_interest),
        "status": position.status,
        "closed_as": position.closed_as,
        "known_from": _iso(position.known_from),
    }


def _event(event: LoanEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "on": _iso(event.valid_from),
        "known_from": _iso(event.known_from),
        "amount": _text(event.amount),
        "matures_on": _iso(event.matures_on),
        "other_loan": event.other_loan.number if event.other_loan else None,
        "note": event.note,
    }


def _custody(loan: Loan, as_of: date) -> list[dict[str, Any]]:
    rows = Custody.objects.filter(loan=loan).held_on(as_of).select_related("person").order_by("capacity")
    return [
        {"capacity": c.capacity, "person": c.person.staff_no, "name": c.person.name, "from_on": _iso(c.from_on), "to_on": _iso(c.to_on)}
        for c in rows
    ]


def _collateral(loan: Loan, as_of: date, known_on: date) -> list[dict[str, Any]]:
    pledges = list(Pledge.objects.in_force(as_of, known_on).filter(loan=loan).select_related("item").order_by("rank", "id"))
    values = Valuation.objects.in_force(as_of, known_on).filter(item__in=[p.item_id for p in pledges]).order_by("item", "-valid_from", "-id")
    latest = {v.item_id: v for v in values.distinct("item_id")}
    return [
        {
            "item": p.item.number,
            "kind": p.item.kind,
            "rank": p.rank,
            "prior_liens": _text(p.prior_liens),
            "value": _text(latest[p.item_id].value) if p.item_id in latest else None,
            "valued_on": _iso(latest[p.item_id].valid_from) if p.item_id in latest else None,
        }
        for p in pledges
    ]


def _guarantees(loan: Loan, as_of: date, known_on: date) -> list[dict[str, Any]]:
    rows = Guarantee.objects.in_force(as_of, known_on).filter(loan=loan).select_related("guarantor").order_by("id")
    return [
        {"guarantor": g.guarantor.number, "name": g.guarantor.name, "amount": _text(g.amount), "since": _iso(g.valid_from)} for g in rows
    ]


def _covenants(loan: Loan, as_of: date, known_on: date) -> list[dict[str, Any]]:
    """Promises on the loan or its facility, each with its last test by then and whether it is waived."""
    own = Q(loan=loan) | Q(facility=loan.facility_id) if loan.facility_id else Q(loan=loan)
    promises = list(Covenant.objects.filter(own, valid_from__lte=as_of, known_from__lte=known_on).order_by("number"))
    tests = CovenantTest.objects.in_force(as_of, known_on).filter(covenant__in=promises).order_by("covenant", "-valid_from", "-id")
    last = {t.covenant_id: t for t in tests.distinct("covenant_id")}
    waived = set(CovenantWaiver.objects.in_force(as_of, known_on).filter(covenant__in=promises).values_list("covenant_id", flat=True))
    return [
        {
            "number": c.number,
            "title": c.title,
            "tested_on": _iso(last[c.pk].valid_from) if c.pk in last else None,
            "result": last[c.pk].result if c.pk in last else None,
            "waived": c.pk in waived,
        }
        for c in promises
    ]


def _code(model: type[Any], pk: Any, now: Any) -> str:
    """The code of what a reference named then; `pk` is None where it never changed."""
    found = now if pk is None or int(pk) == now.pk else model.objects.get(pk=pk)
    return str(found.code)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _number(value: Any) -> str | None:
    return None if value is None else str(value)


def _day(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _hundredths(amount: int) -> str:
    return f"{Decimal(amount) / 100:.2f}"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
