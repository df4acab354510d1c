"""From what a form says to a schedule: what was agreed, the demands that follow, and a table that shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from borrowers.entry.queries import as_demands, counts_from, holiday_mover, plan_of
from borrowers.loans import schedules
from borrowers.loans.models import Loan
from borrowers.loans.schedules import Agreed, Demand, NotAPlan, OwnRow
from loanwatch.lenders.models import Lender, Product
from loanwatch.lenders.queries import product_terms

KEPT_AS = "plan."  # how the way of repaying stands among the attributes of a loan: it is needed when the plan changes
FIELDS_OF = {
    "AMOUNT": "principal",
    "MATURES_TOO_EARLY": "matures_on",
    "FIRST_DUE_TOO_EARLY": "first_due_on",
    "TOO_MANY": "matures_on",
    "NO_ROWS": "rows",
    "DATES_DO_NOT_RISE": "rows",
    "PARTS": "rows",
    "DOES_NOT_ADD_UP": "rows",
}


def sentence_of(fault: NotAPlan) -> str:
    """What the reader should change."""
    sentences = {
        "AMOUNT": _("The amount must be positive and have no more decimals than the currency."),
        "MATURES_TOO_EARLY": _("The maturity must come after the day from which interest runs."),
        "FIRST_DUE_TOO_EARLY": _("The first due date must come after the day from which interest runs."),
        "TOO_MANY": _("The schedule would have more than %(n)s demands.") % {"n": schedules.MOST_DEMANDS},
        "NO_ROWS": _("Write at least one row: date, principal, interest, fee."),
        "DATES_DO_NOT_RISE": _("The date of row %(row)s is not after the one before.") % {"row": fault.row},
        "PARTS": _("Row %(row)s is negative, has too many decimals, or repays more than is owed.") % {"row": fault.row},
        "DOES_NOT_ADD_UP": _("Principal of the rows must add up to the amount exactly."),
    }
    return sentences.get(fault.code, str(fault))


def made(agreed: Agreed, rows: Sequence[OwnRow], lender: Lender, *, moves: bool, first_seq: int = 1) -> list[Demand]:
    """The demands of what was agreed. Raises a ValidationError on the field that must change."""
    try:
        if agreed.method == schedules.CUSTOM:
            return schedules.custom_demands(agreed, rows, first_seq=first_seq)
        return schedules.demands(agreed, moved=holiday_mover(lender) if moves else None, first_seq=first_seq)
    except NotAPlan as fault:
        sentence, name = sentence_of(fault), FIELDS_OF.get(fault.code)
        raise forms.ValidationError({name: sentence} if name else sentence) from None


def of_new_loan(data: Mapping[str, Any], lender: Lender) -> list[Demand]:
    """The schedule of a loan that is being entered. Raises a ValidationError."""
    start = data["disbursed_on"]
    matures_on = data.get("matures_on") or _last_row(data) or start
    agreed = _agreed(data, data["principal"], data["currency"], ((start, data["rate"]),), start, matures_on, data["product"])
    return made(agreed, data.get("rows") or (), lender, moves=bool(data.get("moves_due_dates")))


def _agreed(data: Mapping[str, Any], amount: Decimal, currency: str, rates: Any, start: date, matures_on: date, product: Product) -> Agreed:
    return Agreed(
        amount=amount,
        currency=currency,
        method=data["method"],
        rates=rates,
        starts_on=start,
        matures_on=matures_on,
        first_due_on=data.get("first_due_on"),
        every_months=int(data["every_months"]),
        due_day=data.get("due_day"),
        day_count=data.get("day_count") or product_terms(product, start).day_count,
    )


def _last_row(data: Mapping[str, Any]) -> date | None:
    rows = data.get("rows") or ()
    return rows[-1].due_on if rows else None


def of_change(loan: Loan, data: Mapping[str, Any], day: date) -> tuple[list[Demand], int]:
    """The next version of a loan's schedule from `valid_from` on, and how many demands it repeats unchanged.

    What fell due up to and with that day, or before `day`, that of the entry, is repeated; the principal that remains is scheduled
    anew. Interest runs from the last of those due dates, up to `valid_from` at the old rate. Raises a ValidationError, also
    when no principal remains.
    """
    on = data["valid_from"]
    kept = schedules.already_due(as_demands(plan_of(loan)), max(on, day - timedelta(days=1)))
    remains = loan.principal - sum((d.principal for d in kept), Decimal(0))
    if remains <= 0:
        raise forms.ValidationError({"valid_from": _("On that day the whole principal has fallen due; nothing is left to schedule.")})
    start = kept[-1].due_on if kept else loan.disbursed_on
    old = loan.rate or Decimal(0)
    rate = old if data.get("rate") is None else data["rate"]
    rates = ((start, old), (on, rate)) if on > start else ((start, rate),)
    matures_on = data.get("matures_on") or _last_row(data) or loan.matures_on or start
    agreed = _agreed(data, remains, loan.currency, rates, start, matures_on, loan.product)
    return [*kept, *made(agreed, data.get("rows") or (), loan.lender, moves=bool(data.get("moves_due_dates")), first_seq=len(kept) + 1)], len(kept)


# What is kept of the way of repaying ----------------------------------------------------------------------------------------------


def kept_attributes(data: Mapping[str, Any]) -> dict[str, str]:
    """The way of repaying as attributes of the loan."""
    names = ("method", "every_months", "due_day", "day_count")
    found = {f"{KEPT_AS}{name}": str(data[name]) for name in names if data.get(name) not in (None, "")}
    return found | ({f"{KEPT_AS}moves_due_dates": "yes"} if data.get("moves_due_dates") else {})


def way_of(loan: Loan) -> dict[str, Any]:
    """The way of repaying that a loan has, for a form that changes its plan."""
    found = {k.removeprefix(KEPT_AS): v for k, v in loan.attributes.items() if k.startswith(KEPT_AS)}
    return found | {"moves_due_dates": found.get("moves_due_dates") == "yes"}


# The table -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One demand as the page shows it; `balance` is principal still to come after it."""

    demand: Demand
    balance: Decimal
    kept: bool
    counts_from: date | None


@dataclass(frozen=True)
class Table:
    """A schedule with its sums."""

    lines: list[Line]
    currency: str
    principal: Decimal
    interest: Decimal
    fee: Decimal

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee

    @property
    def moved(self) -> int:
        return sum(1 for line in self.lines if line.counts_from)


def table(plan: Sequence[Demand], currency: str, product: Product, on: date, kept: int = 0) -> Table:
    """The schedule for the page, with the due dates that fall on a holiday and the days they count from."""
    left = sum((d.principal for d in plan), Decimal(0))
    moved = counts_from(product, [d.due_on for d in plan], on)
    lines, balance = [], left
    for place, d in enumerate(plan):
        balance -= d.principal
        lines.append(Line(d, balance, place < kept, moved.get(d.due_on)))
    return Table(lines, currency, left, sum((d.interest for d in plan), Decimal(0)), sum((d.fee for d in plan), Decimal(0)))
