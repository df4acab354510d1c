"""A small book in the real tables of the observation: loans and their borrowers at two closes a month apart, with every kind of column."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D
from typing import Any

from django.db import connection

from alerts.observation.models import BorrowerDay, LoanDay
from alerts.rulebook.evaluator import evaluate
from alerts.rulebook.limits import LIMITS
from alerts.rulebook.rules import RuleTree, Type, fields_used
from alerts.rulebook.scan import earlier_closes, scan, scan_values
from loanwatch.lenders.models import Lender
from tests.factories import BorrowerFactory, BranchFactory, LenderFactory, LoanDayFactory, LoanFactory, close_days

EARLIER, DAY = date(2026, 9, 30), date(2026, 10, 30)
VALUES = {Type.DAYS: 30, Type.MONEY: D("1000.50"), Type.RATIO: D("0.05"), Type.DATE: date(2026, 10, 1), Type.BOOL: True}
LIMIT_VALUES: dict[str, Any] = {name: VALUES.get(kind.type, 3) for name, kind in LIMITS.items() if name != "rating_age"}
LOANS: list[dict[str, Any]] = [
    {},
    {"days_past_due": 31, "overdue_principal": D("0.01"), "ltv": D("0.95"), "ltv_agreed": D("0.7"), "rate": D("0.1234")},
    {"days_past_due": 95, "restructured": True, "outstanding": D("999999999999999.99"), "valuation_age_days": 400},
    {"days_past_due": None, "principal_days_past_due": 2147483647, "ltv": D("-0.35"), "lateness_rising_3": True},
    {"outstanding": D(0), "lateness_slope_6": D("99999.9999"), "value_change": D("-0.4"), "lateness_rising_3": False, "segment": "micro"},
    {"currency": "USD", "days_past_due": 0, "worst_dpd_12m": 3, "product_code": "50%_'\\"},
]


@dataclass(frozen=True)
class Book:
    """The lender of the small book."""

    lender: Lender

    @property
    def rows(self):
        """Its loans at the close of DAY."""
        return LoanDay.objects.filter(lender=self.lender, as_of=DAY)

    def said(self, trees: Mapping[int, RuleTree], limits: Mapping[str, Any] = LIMIT_VALUES, **more: Any) -> dict[int, list[int]]:
        """By loan, the level of each rule, as the database says."""
        closes = earlier_closes(self.lender, DAY, trees.values())
        with connection.cursor() as cursor:
            cursor.execute(*scan("loan", self.rows, trees, limits, closes, **more))
            return {row[0]: list(row[1:]) for row in cursor.fetchall()}

    def observed(self, trees: Mapping[int, RuleTree]) -> dict[int, dict[str, Any]]:
        """By loan, the values of all fields that the rules read, each from its own row by plain queries."""
        names = {name for tree in trees.values() for name in fields_used(tree)}
        closes = earlier_closes(self.lender, DAY, trees.values())
        with connection.cursor() as cursor:
            cursor.execute(*scan_values("loan", self.rows, sorted(names), closes))
            return {loan: {name: _typed(value) for name, value in json.loads(values).items()} for loan, values in cursor.fetchall()}

    def expected(self, trees: Mapping[int, RuleTree], limits: Mapping[str, Any] = LIMIT_VALUES) -> dict[int, list[int]]:
        """As `said`, by the evaluator."""
        at_home = {name: value for name, value in limits.items() if LIMITS[name].type != Type.MONEY}
        abroad = set(self.rows.exclude(currency=self.lender.currency).values_list("loan_id", flat=True))
        return {
            loan: [int(evaluate(tree, observation, at_home if loan in abroad else limits).level) for tree in trees.values()]
            for loan, observation in self.observed(trees).items()
        }


def _typed(value: Any) -> Any:
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return date.fromisoformat(value)
    return value


def small_book() -> Book:
    """Six loans of four borrowers at two closes; the last loan was not on the book at the earlier one."""
    lender = LenderFactory()
    close_days(lender, EARLIER, DAY)
    branch = BranchFactory(lender=lender)
    borrowers = BorrowerFactory.create_batch(4, lender=lender)
    for number, values in enumerate(LOANS):
        loan = LoanFactory(branch=branch, borrower=borrowers[number % 4], currency=values.get("currency", "CNY"))
        LoanDayFactory(loan=loan, as_of=DAY, **values)
        if number < len(LOANS) - 1:
            LoanDayFactory(loan=loan, as_of=EARLIER, days_past_due=number * 10, ltv=D("0.5"), outstanding=D("1500.00"))
    for number, borrower in enumerate(borrowers[:3]):  # of the fourth nothing was observed
        for day in (EARLIER, DAY):
            BorrowerDay.objects.create(
                lender=lender, as_of=day, borrower=borrower, bucket=borrower.bucket, branch=branch, kind="company", segment="small",
                industry="" if number else "textiles", currency="CNY", loans=number + 1, outstanding=D("2500.50"), outstanding_90=D(0),
                days_past_due=None if number == 2 else number * 40 + (day == DAY),
            )  # fmt: skip
    return Book(lender)
