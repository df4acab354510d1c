"""One loan as it stood on a date, as known on another: computed from the facts alone, never from an observation.

So it answers for days that were never closed, and shows what a backdated payment changed: the same date, known earlier and later.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from borrowers.collateral.models import Pledge, Valuation
from borrowers.loans.models import Custody, Guarantee, Instalment, Loan, LoanEvent, Position, Repayment
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter

LEFT = (LoanEvent.Kind.SETTLED, LoanEvent.Kind.WRITE_OFF, LoanEvent.Kind.TRANSFER)


class NoSuchLoan(Exception):
    """The lender has no loan with this number, or did not know of it on the date asked for."""


def standing(lender: Lender, number: str, as_of: date, known_on: date | None = None) -> dict[str, Any]:
    """The loan on `as_of` as known at the close of `known_on` (left out: as known on `as_of` itself), as JSON values.

    Keys: `loan`, `on_book`, `outstanding`, `days_past_due` (calendar days, the due date is day 0), `overdue_principal`,
    `overdue_interest` (fees count with interest), `oldest_unpaid_on`, `next_due_on`, `schedule` {version, instalments}, `repayments`,
    `position` (loans whose balance the core system delivers), `events`, `custody`, `collateral`, `guarantees`. Amounts are text with two
    decimals, unknown values null. A loan that is not on the book has null figures. Raises NoSuchLoan.
    """
    known_on = known_on or as_of
    loan = (
        Loan.objects.filter(lender=lender, number=number, known_from__lte=known_on).select_related("borrower", "product", "branch").first()
    )
    if loan is None:
        raise NoSuchLoan(f"{lender.code} knew no loan {number} on {known_on}.")
    events = list(_known(LoanEvent.objects.filter(loan=loan, valid_from__lte=as_of), known_on).select_related("other_loan"))
    repayments = list(_known(Repayment.objects.filter(loan=loan, paid_on__lte=as_of), known_on).order_by("seq"))
    figures = _delivered(loan, as_of, known_on) if loan.position_fed else _computed(loan, as_of, known_on, repayments, events)
    return {
        "lender": lender.code,
        "as_of": as_of.isoformat(),
        "known_on": known_on.isoformat(),
        "loan": _master(loan),
        **figures,
        "repayments": [
            {"seq": r.seq, "paid_on": _iso(r.paid_on), "amount": _text(r.amount), "payer": r.payer, "known_from": _iso(r.known_from)}
            for r in repayments
        ],
        "events": [_event(e) for e in events],
        "custody": _custody(loan, as_of),
        "collateral": _collateral(loan, as_of, known_on),
        "guarantees": _guarantees(loan, as_of, known_on),
    }


def _known(rows: QuerySet[Any], known_on: date) -> QuerySet[Any]:
    return rows.filter(known_from__lte=known_on)


def _master(loan: Loan) -> dict[str, Any]:
    return {
        "number": loan.number,
        "borrower": {"number": loan.borrower.number, "name": loan.borrower.name},
        "product": loan.product.code,
        "branch": loan.branch.code,
        "currency": loan.currency,
        "principal": _text(loan.principal),
        "rate": None if loan.rate is None else str(loan.rate),
        "disbursed_on": _iso(loan.disbursed_on),
        "matures_on": _iso(loan.matures_on),
        "purpose": loan.purpose,
        "position_fed": loan.position_fed,
        "known_from": _iso(loan.known_from),
    }


NOTHING = {
    "outstanding": None,
    "days_past_due": None,
    "overdue_principal": None,
    "overdue_interest": None,
    "oldest_unpaid_on": None,
    "next_due_on": None,
}


def _delivered(loan: Loan, as_of: date, known_on: date) -> dict[str, Any]:
    """Where the core system said the loan stood: its position of that very day; without one the loan was not on that day's book."""
    position = _known(Position.objects.filter(loan=loan, valid_from=as_of), known_on).first()
    nothing = {"on_book": False, **NOTHING, "schedule": None, "position": None}
    if position is None:
        return nothing
    told = {
        "balance": _text(position.balance),
        "days_past_due": position.days_past_due,
        "status": position.status,
        "closed_as": position.closed_as,
        "known_from": _iso(position.known_from),
    }
    if position.closed_as:
        return {**nothing, "position": told}
    return {
        "on_book": True,
        **NOTHING,
        "outstanding": _text(position.balance),
        "days_past_due": position.days_past_due,
        "overdue_principal": _text(position.overdue_principal),
        "overdue_interest": _text(position.overdue_interest),
        "schedule": None,
        "position": told,
    }


def _computed(loan: Loan, as_of: date, known_on: date, repayments: list[Repayment], events: list[LoanEvent]) -> dict[str, Any]:
    """The running total paid against the running total due: the same rule as the nightly allocation, for one loan."""
    plan = list(_known(Instalment.objects.filter(loan=loan), known_on).order_by("-version", "seq"))
    version = plan[0].version if plan else None
    plan = [i for i in plan if i.version == version]
    schedule = {
        "version": version,
        "instalments": [
            {"seq": i.seq, "due_on": _iso(i.due_on), "principal": _text(i.principal), "interest": _text(i.interest), "fee": _text(i.fee)}
            for i in plan
        ],
    }
    left = loan.disbursed_on > as_of or any(e.kind in LEFT for e in events)
    if left or not plan:
        return {"on_book": not left, **NOTHING, "schedule": schedule, "position": None}
    # Summed here, not read from a running total: what was paid by `as_of` may have become known in another order.
    paid = int(sum((r.amount for r in repayments), Decimal(0)) * 100)
    allowed = int(parameter(loan.lender, "arrears.materiality_minor", as_of))
    outstanding = overdue_principal = overdue_interest = 0
    oldest = upcoming = None
    for i in plan:
        principal = int(i.principal * 100)
        unpaid = min(int((i.principal + i.interest + i.fee) * 100), max(0, i.cum_due_minor - paid))
        outstanding += min(unpaid, principal)
        if i.due_on < as_of:
            overdue_principal += min(unpaid, principal)
            overdue_interest += max(0, unpaid - principal)
            if unpaid > allowed and oldest is None:
                oldest = i.due_on
        elif unpaid > 0 and upcoming is None:
            upcoming = i.due_on
    return {
        "on_book": True,
        "outstanding": _hundredths(outstanding),
        "days_past_due": (as_of - oldest).days if oldest else 0,
        "overdue_principal": _hundredths(overdue_principal),
        "overdue_interest": _hundredths(overdue_interest),
        "oldest_unpaid_on": _iso(oldest),
        "next_due_on": _iso(upcoming),
        "schedule": schedule,
        "position": None,
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


def _in_force(rows: QuerySet[Any], as_of: date, known_on: date) -> QuerySet[Any]:
    return _known(rows, known_on).filter(Q(valid_from__lte=as_of), Q(to_on__isnull=True) | Q(to_on__gt=as_of))


def _collateral(loan: Loan, as_of: date, known_on: date) -> list[dict[str, Any]]:
    pledges = list(_in_force(Pledge.objects.filter(loan=loan), as_of, known_on).select_related("item").order_by("rank", "id"))
    values = _known(Valuation.objects.filter(item__in=[p.item_id for p in pledges], valid_from__lte=as_of), known_on).order_by(
        "item", "-valid_from", "-id"
    )
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
    rows = _in_force(Guarantee.objects.filter(loan=loan), as_of, known_on).select_related("guarantor").order_by("id")
    return [
        {"guarantor": g.guarantor.number, "name": g.guarantor.name, "amount": _text(g.amount), "since": _iso(g.valid_from)} for g in rows
    ]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _hundredths(amount: int) -> str:
    return f"{Decimal(amount) / 100:.2f}"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
