"""How demands count on a date: the terms of each product in force on it, else the lender's own parameters."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from borrowers.loans.rules import LONGEST_CLOSURE, NONE, Counting, moved
from loanwatch.lenders.defaults import SHIPPED
from loanwatch.lenders.models import Lender, Parameter, Product, ProductTerms
from loanwatch.lenders.queries import closed_days

APPROVED = ~Q(approved_by="") | Q(proposed_by="")
NAMES = ("allocation_order", "grace_days", "materiality_minor", "materiality_percent", "convention")
# A lender who was set up before a parameter was shipped has the shipped value.
_SHIPPED = {key: value for key, value, _source, _confidence in SHIPPED}


class CountingBook:
    """All terms and parameters of arrears of one lender, read once in two queries: for many dates of a few loans."""

    def __init__(self, lender: Lender) -> None:
        self.lender = lender
        self._parameters: dict[str, list[tuple[date, Any]]] = {name: [] for name in NAMES}
        rows = Parameter.objects.filter(APPROVED, lender=lender, key__in=[f"arrears.{name}" for name in NAMES])
        for row in rows.order_by("valid_from", "id"):
            self._parameters[row.key.removeprefix("arrears.")].append((row.valid_from, row.value))
        self._terms: dict[int, list[ProductTerms]] = {}
        for terms in ProductTerms.objects.filter(APPROVED, product__lender=lender).order_by("valid_from", "id"):
            self._terms.setdefault(terms.product_id, []).append(terms)

    def of(self, product_id: int, on: date) -> Counting:
        """How demands of the product count on `on`, without moved due dates (see `with_moves`)."""
        order = tuple(self._parameter("allocation_order", on))
        terms = next((t for t in reversed(self._terms.get(product_id, [])) if t.valid_from <= on), None)
        if terms:
            return Counting(order, terms.grace_days, terms.materiality_minor, terms.materiality_percent, terms.convention)
        percent = Decimal(str(self._parameter("materiality_percent", on)))
        return Counting(
            order, self._parameter("grace_days", on), self._parameter("materiality_minor", on), percent, self._parameter("convention", on)
        )

    def _parameter(self, name: str, on: date) -> Any:
        in_force = (value for valid_from, value in reversed(self._parameters[name]) if valid_from <= on)
        return next(in_force, _SHIPPED[f"arrears.{name}"])


def countings(lender: Lender, on: date) -> dict[int, Counting]:
    """Product id → how its demands count on `on`, without moved due dates. Three queries."""
    book = CountingBook(lender)
    return {pk: book.of(pk, on) for pk in Product.objects.filter(lender=lender).values_list("pk", flat=True)}


def with_moves(lender: Lender, counting: Counting, due_dates: Iterable[date]) -> Counting:
    """The same, knowing where each of the due dates moves."""
    dates = set(due_dates)
    return counting if counting.convention == NONE or not dates else replace(counting, moves=moves(lender, dates, counting.convention))


def moves(lender: Lender, due_dates: set[date], convention: str) -> dict[date, date]:
    """Due date → the day it counts from, for those of `due_dates` that are no business days of `lender`. Three queries."""
    margin = timedelta(days=LONGEST_CLOSURE)
    closed = closed_days(lender, min(due_dates) - margin, max(due_dates) + margin)
    return {d: moved(d, convention, lambda day: day not in closed) for d in sorted(due_dates & closed)}
