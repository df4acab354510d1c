"""What a point is filled in with before the visit: the last confirmed visit's answer, or what the bank already knows as a fact.

A form names a fact as `fact:<name>`. Each value is shown with its source and its day, and can be changed by the visitor.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from borrowers.collateral.models import Valuation
from borrowers.funds.models import AccountTransaction
from borrowers.loans.models import Loan, LoanState, Position
from borrowers.outside.models import OutsideFigure
from borrowers.parties.models import FinancialStatement
from inspections.checklists.rules import Point

DAYS_OF_RECEIPTS = 90


@dataclass(frozen=True)
class Known:
    """A fact as far as it is known: `value` a figure or a text, where it comes from, and the day it speaks of."""

    value: Decimal | str
    source: str
    on: date


@dataclass(frozen=True)
class Named:
    """A fact that a form can be filled in with. kinds: the kinds of answers that can hold it."""

    words: Promise
    kinds: frozenset[str]
    read: Callable[[Loan, date], Known | None]


def _outside(measure: str) -> Callable[[Loan, date], Known | None]:
    def read(loan: Loan, on: date) -> Known | None:
        found = OutsideFigure.objects.in_force(on).filter(borrower_id=loan.borrower_id, measure=measure).order_by("-valid_from").first()
        return Known(found.value, found.source, found.valid_from) if found else None

    return read


def _outstanding(loan: Loan, on: date) -> Known | None:
    told = Position.objects.in_force(on).filter(loan=loan).order_by("-valid_from").first()
    if told:
        return Known(told.balance, _("core banking system"), told.valid_from)
    state = LoanState.objects.filter(loan=loan, as_of__lte=on).first()
    return Known(Decimal(state.outstanding_minor) / 100, _("payments counted by LoanWatch"), state.as_of) if state else None


def _worth(items: Q) -> Callable[[Loan, date], Known | None]:
    def read(loan: Loan, on: date) -> Known | None:
        pledged = loan.pledges.in_force(on).filter(items).values_list("item_id", flat=True)
        last: dict[int, Valuation] = {}
        for valuation in Valuation.objects.in_force(on).filter(item_id__in=list(pledged)).order_by("valid_from"):
            last[valuation.item_id] = valuation
        if not last:
            return None
        return Known(sum((v.value for v in last.values()), Decimal(0)), _("valuations on file"), min(v.valid_from for v in last.values()))

    return read


def _stock(loan: Loan, on: date) -> Known | None:
    if pledged := _worth(Q(item__kind="inventory"))(loan, on):
        return pledged
    return _statement("inventory")(loan, on)


def _statement(column: str) -> Callable[[Loan, date], Known | None]:
    def read(loan: Loan, on: date) -> Known | None:
        statements = FinancialStatement.objects.in_force(on).filter(borrower_id=loan.borrower_id, **{f"{column}__isnull": False})
        found = statements.order_by("-valid_from").first()
        return Known(getattr(found, column), _("financial statement"), found.valid_from) if found else None

    return read


def _receipts(loan: Loan, on: date) -> Known | None:
    """Money that came in on the borrower's accounts with us on the last 90 days, `on` included; transfers between own accounts not."""
    booked = AccountTransaction.objects.in_force(on).filter(
        account__borrower_id=loan.borrower_id, account__bank="", amount__gt=0, valid_from__gt=on - timedelta(days=DAYS_OF_RECEIPTS)
    )
    found = booked.exclude(category__in=["loan", "own_transfer"]).aggregate(total=Sum("amount"))["total"]
    return Known(found, _("our accounts"), on) if found is not None else None


def _address(loan: Loan, on: date) -> Known | None:
    return Known(loan.borrower.address, _("borrower's file"), loan.borrower.known_from) if loan.borrower.address else None


def _principal(loan: Loan, on: date) -> Known | None:
    return Known(Decimal(loan.principal), _("loan contract"), loan.disbursed_on)


AMOUNT, NUMBER, PERCENT, TEXT = (frozenset({kind}) for kind in ("money", "number", "percent", "text"))
FACTS: Mapping[str, Named] = {
    "staff": Named(gettext_lazy("Employees with social insurance"), NUMBER, _outside("insured_employees")),
    "address": Named(gettext_lazy("Registered address"), TEXT, _address),
    "principal": Named(gettext_lazy("Amount of the loan"), AMOUNT, _principal),
    "outstanding": Named(gettext_lazy("Outstanding balance of the loan"), AMOUNT, _outstanding),
    "collateral_value": Named(gettext_lazy("Value of the collateral"), AMOUNT, _worth(Q())),
    "stock_value": Named(gettext_lazy("Last known value of the stock"), AMOUNT, _stock),
    "receipts_90": Named(gettext_lazy("Receipts of the last 90 days"), AMOUNT, _receipts),
    "receivables": Named(gettext_lazy("Receivables of the last statement"), AMOUNT, _statement("receivables")),
    "revenue": Named(gettext_lazy("Sales of the last statement"), AMOUNT, _statement("revenue")),
    "sales_month": Named(gettext_lazy("Sales of the month by value-added tax"), AMOUNT, _outside("vat_base")),
    "debt_others": Named(gettext_lazy("Debt at other lenders"), AMOUNT, _outside("bureau_debt_others")),
    "guarantees_given": Named(gettext_lazy("Guarantees given for others"), AMOUNT, _outside("guarantees_given")),
    "progress": Named(gettext_lazy("Progress of the project"), PERCENT, _outside("project_progress")),
    "progress_plan": Named(gettext_lazy("Planned progress of the project"), PERCENT, _outside("project_planned")),
    "project_spent": Named(gettext_lazy("Spent on the project"), AMOUNT, _outside("project_spent")),
}


def fits(prefill: str, kind: str) -> bool:
    """Whether a point of `kind` can be filled in with `prefill`: nothing and the last visit always, a fact of its kind."""
    if not prefill.startswith("fact:"):
        return prefill in {"", "last"}
    named = FACTS.get(prefill.removeprefix("fact:"))
    return named is not None and kind in named.kinds


def words_of(prefill: str) -> str:
    """What a point is filled in with, for the designer."""
    if prefill == "last":
        return _("Answer of the last confirmed visit")
    named = FACTS.get(prefill.removeprefix("fact:"))
    return str(named.words) if named else ""


def _stored(kind: str, value: Decimal | str) -> str:
    if isinstance(value, str):
        return value
    return str(value.quantize(Decimal("0.01"))) if kind == "money" else f"{round(value, 2).normalize():f}"


def values_for(loan: Loan, points: Iterable[Point], on: date, before: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{code: {"value": in stored form, "from": a sentence with source and day}} for the points of a form that can be filled in.

    before: answers of the last confirmed visit by code (`visits.queries.last_answers`). One query or a few per fact, each asked once.
    """
    found: dict[str, dict[str, Any]] = {}
    read: dict[str, Known | None] = {}
    for point in points:
        if point.prefill == "last":
            if point.code in before:
                found[point.code] = {"value": before[point.code], "from": _("From the last confirmed visit.")}
            continue
        name = point.prefill.removeprefix("fact:")
        if not point.prefill or not fits(point.prefill, point.kind):
            continue
        if name not in read:
            read[name] = FACTS[name].read(loan, on)
        if known := read[name]:
            says = {"fact": FACTS[name].words, "source": known.source, "day": known.on.isoformat()}
            found[point.code] = {"value": _stored(point.kind, known.value), "from": _("%(fact)s: %(source)s, as of %(day)s.") % says}
    return found
