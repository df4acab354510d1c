"""Borrowers whose facts are written one by one, observed without the rest of the day."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from alerts.observation.models import BorrowerDay
from alerts.observation.observe import observe
from borrowers.conduct.models import ContactAttempt
from borrowers.loans.models import Position
from borrowers.outside.models import OutsideFigure
from borrowers.parties.models import Borrower, ExternalSignal, FinancialStatement
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import BusinessDay
from tests.factories import BorrowerFactory, BranchFactory, LoanFactory, ProductFactory, close_days

DAYS = [date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 30), date(2026, 10, 31)]


class House:
    """A lender with position-fed loans; `close` observes its next business day."""

    def __init__(self) -> None:
        self.branch = BranchFactory()
        self.lender = self.branch.lender
        self.product = ProductFactory(lender=self.lender)
        self.days_past_due: dict[int, int] = {}
        self.told = 0
        close_days(self.lender, *DAYS)
        for previous, day in zip([None, *DAYS], DAYS, strict=False):
            BusinessDay.objects.filter(lender=self.lender, business_date=day).update(previous_date=previous)

    def borrower(self, *, dpd: int = 0, balance: int = 1_000_000, **named: Any) -> Borrower:
        """A borrower with one loan in the lender's currency."""
        made = BorrowerFactory(lender=self.lender, **named)
        loan = LoanFactory(branch=self.branch, borrower=made, product=self.product, position_fed=True, principal=Decimal(balance))
        self.days_past_due[loan.pk] = dpd
        known = {"lender": self.lender, "bucket": loan.bucket}
        Position.objects.bulk_create(
            Position(loan=loan, valid_from=day, known_from=day, balance=balance, days_past_due=dpd, **known) for day in DAYS
        )
        return made

    def statement(self, borrower: Borrower, to: date, **figures: Any) -> FinancialStatement:
        named = {"currency": "CNY", "known_from": to, **figures}
        return FinancialStatement.objects.create(lender=self.lender, borrower=borrower, valid_from=to, **named)

    def figure(self, borrower: Borrower, measure: str, on: date, value: float, **named: Any) -> OutsideFigure:
        named = {"currency": "CNY" if measure in ("bureau_total_debt", "guarantees_given", "vat_base") else "", "known_from": on, **named}
        return OutsideFigure.objects.create(
            lender=self.lender, bucket=borrower.bucket, borrower=borrower, measure=measure, valid_from=on, value=value, source="test", **named
        )

    def signal(self, borrower: Borrower, topic: str, on: date, **named: Any) -> ExternalSignal:
        self.told += 1
        named = {
            "kind": "court", "confidence": "confirmed", "known_from": on, "reference": f"R{self.told}", "currency": "CNY" if named.get("amount") else "",
            **named,
        }  # fmt: skip
        return ExternalSignal.objects.create(lender=self.lender, borrower=borrower, topic=topic, valid_from=on, source="test", headline=topic, **named)

    def contact(self, borrower: Borrower, on: date, channel: str, reached: bool = False, **named: Any) -> ContactAttempt:
        self.told += 1
        named = {"known_from": on, "reference": f"R{self.told}", **named}
        return ContactAttempt.objects.create(
            lender=self.lender, bucket=borrower.bucket, borrower=borrower, valid_from=on, channel=channel, reached=reached, **named
        )

    def close(self, day: date) -> None:
        previous = DAYS[DAYS.index(day) - 1] if day != DAYS[0] and BorrowerDay.objects.filter(lender=self.lender, as_of__lt=day).exists() else None
        BusinessDay.objects.filter(lender=self.lender, business_date=day).update(previous_date=previous)
        with connection.cursor() as cursor:
            observe(cursor, key_of(self.lender.pk, day, previous=previous), self.lender)

    def seen(self, borrower: Borrower, day: date) -> BorrowerDay:
        return BorrowerDay.objects.get(lender=self.lender, as_of=day, borrower=borrower)

    def check(self, day: date, cases: Sequence[tuple[str, Borrower, str, Any]]) -> None:
        """Observe `day` and compare: what the case is, whose row, the field, and what it must be (to six places)."""
        self.close(day)
        wrong = []
        for what, borrower, field, expected in cases:
            found = getattr(self.seen(borrower, day), field)
            if found != (round(Decimal(str(expected)), 6) if isinstance(expected, float) else expected):
                wrong.append((what, field, found, expected))
        assert not wrong


@pytest.fixture
def house(db, as_worker) -> House:
    return House()


@pytest.fixture
def years(house: House) -> Callable[..., Borrower]:
    """A new borrower with yearly statements of one figure set per year, the latest to 31 December 2025."""

    def make(*figures: dict[str, Any], months: int = 12) -> Borrower:
        made = house.borrower()
        for back, named in enumerate(figures):
            if named:
                house.statement(made, date(2025 - back, 12, 31), months=months, **named)
        return made

    return make
