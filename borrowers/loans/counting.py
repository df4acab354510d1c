"""How demands count on a date: the terms of each product in force on it, else the lender's own parameters."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from borrowers.loans.rules import LONGEST_CLOSURE, NONE, Counting, moved
from loanwatch.lenders.defaults import SHIPPED
from loanwatch.lenders.models import Lender, Product, ProductTerms
from loanwatch.lenders.queries import closed_days, parameter

_SHIPPED = {key: value for key, value, _source, _confidence in SHIPPED}


def countings(lender: Lender, on: date) -> dict[int, Counting]:
    """Product id → how its demands count on `on`, without moved due dates (see `with_moves`). Six queries."""
    order = tuple(_parameter(lender, "allocation_order", on))
    own = Counting(
        order=order,
        grace_days=_parameter(lender, "grace_days", on),
        materiality_minor=_parameter(lender, "materiality_minor", on),
        materiality_percent=Decimal(str(_parameter(lender, "materiality_percent", on))),
        convention=_parameter(lender, "convention", on),
    )
    found = dict.fromkeys(Product.objects.filter(lender=lender).values_list("pk", flat=True), own)
    approved = ~Q(approved_by="") | Q(proposed_by="")
    terms = ProductTerms.objects.filter(approved, product__lender=lender, valid_from__lte=on).order_by("product_id", "-valid_from", "-id")
    for t in terms.distinct("product_id"):
        found[t.product_id] = Counting(order, t.grace_days, t.materiality_minor, t.materiality_percent, t.convention)
    return found


def counting_of(lender: Lender, product_id: int, due_dates: Iterable[date], on: date) -> Counting:
    """How demands of one product with these due dates count on `on`."""
    return with_moves(lender, countings(lender, on)[product_id], due_dates)


def with_moves(lender: Lender, counting: Counting, due_dates: Iterable[date]) -> Counting:
    """The same, knowing where each of the due dates moves."""
    dates = set(due_dates)
    if counting.convention == NONE or not dates:
        return counting
    return Counting(
        counting.order, counting.grace_days, counting.materiality_minor, counting.materiality_percent, counting.convention,
        moves(lender, dates, counting.convention),
    )  # fmt: skip


def moves(lender: Lender, due_dates: set[date], convention: str) -> dict[date, date]:
    """Due date → the day it counts from, for those of `due_dates` that are no business days of `lender`."""
    margin = timedelta(days=LONGEST_CLOSURE)
    closed = closed_days(lender, min(due_dates) - margin, max(due_dates) + margin)
    return {d: moved(d, convention, lambda day: day not in closed) for d in sorted(due_dates & closed)}


def _parameter(lender: Lender, name: str, on: date) -> Any:
    """`arrears.<name>` in force; a lender who was set up before it was shipped has the shipped value."""
    try:
        return parameter(lender, f"arrears.{name}", on)
    except KeyError:
        return _SHIPPED[f"arrears.{name}"]
