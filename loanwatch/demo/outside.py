"""Draws what others say of the demo's ordinary borrowers, month by month: bureau, tax office, utilities, ratings; and talks with those in arrears.

Pure, from a source of chance of its own. What is out of the ordinary is planted, see `planted`.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from loanwatch.demo.around import Row, yuan
from loanwatch.demo.calendar import Calendar
from loanwatch.demo.drafts import Note, Party
from loanwatch.demo.planted_books import BUREAU, GRID, LABOUR, SCALE, TAX
from loanwatch.kernel.calendars import add_months, month_end

RATED = {"small", "medium", "large"}  # sizes of which bureaus and ratings say something
MONTHS = 16  # three months, and the same a year earlier
QUARTERS = 5
TECHNICAL_RETURNS = 0.02  # share of the loans with a debit that came back for a technical reason


class Outside:
    """What is drawn for one book. Each method yields the rows of one kind of fact, under the names of `borrowers.kinds`."""

    def __init__(self, seed: int, days: Calendar, parties: list[Party], notes: list[Note]) -> None:
        self.draw, self.days = Random(f"{seed} outside"), days
        self.notes = [note for note in notes if not note.party.quiet]
        self.firms = [p for p in parties if p.kind == "company" and not p.quiet and p.segment in RATED]

    def outside_figure(self) -> Iterator[Row]:
        for firm in self.firms:
            yield from self._bureau(firm)
            yield from self._monthly(firm)
            yield from self._yearly(firm)

    def _point(self, firm: Party, measure: str, on: date, value: float | Decimal, source: str, **more: str) -> Row:
        return {"borrower_number": firm.number, "measure": measure, "valid_from": on, "value": Decimal(value), "source": source, **more}

    def _bureau(self, firm: Party) -> Iterator[Row]:
        score, debt = self.draw.randint(560, 780), self.draw.uniform(2, 30) * 1_000_000
        for back in range(QUARTERS - 1, -1, -1):
            on = add_months(self.days.as_of, -3 * back) - timedelta(days=9)
            score, debt = score + self.draw.randint(-9, 9), debt * self.draw.uniform(0.97, 1.05)
            yield self._point(firm, "bureau_score", on, score, BUREAU, scale=SCALE)
            yield self._point(firm, "bureau_total_debt", on, yuan(debt), BUREAU, currency="CNY")
            yield self._point(firm, "bureau_inquiries", on, self.draw.choice((0, 0, 0, 1, 1, 2)), BUREAU)
            yield self._point(firm, "bureau_dpd_others", on, 0, BUREAU)
            yield self._point(firm, "bureau_npl_share", on, 0, BUREAU)

    def _monthly(self, firm: Party) -> Iterator[Row]:
        sales, power = self.draw.uniform(0.3, 3) * 1_000_000, self.draw.randint(4_000, 90_000)
        first = self.days.as_of.replace(day=1)
        for back in range(MONTHS, 0, -1):
            on = month_end(add_months(first, -back))
            yield self._point(firm, "vat_base", on, yuan(sales * self.draw.uniform(0.93, 1.07)), TAX, currency="CNY")
            yield self._point(firm, "electricity", on, round(power * self.draw.uniform(0.94, 1.06)), GRID)

    def _yearly(self, firm: Party) -> Iterator[Row]:
        staff, rank = self.draw.randint(6, 240), self.draw.choice((1, 1, 2, 2, 3))
        for back in (12, 0):
            on = add_months(self.days.as_of, -back) - timedelta(days=40)
            yield self._point(firm, "insured_employees", on, max(1, staff + self.draw.randint(-1, 1)), LABOUR)
            yield self._point(firm, "tax_class", on, rank, TAX, scale="A-D")
        rated = add_months(self.days.as_of, -self.draw.randint(1, 10))
        yield self._point(firm, "internal_rating", rated, self.draw.randint(3, 7), "内部评级 Internal rating", scale="1-12")
        yield self._point(firm, "guarantees_given", rated, yuan(self.draw.uniform(0, 400_000)), BUREAU, currency="CNY")

    def _in_arrears(self) -> Iterator[tuple[Note, int]]:
        """Loans a week or more past due on the last day, with their days."""
        for note in self.notes:
            late = note.days_past_due(self.days.as_of)
            if late > 7:
                yield note, late

    def contact(self) -> Iterator[Row]:
        for note, late in self._in_arrears():
            on = self.days.as_of - timedelta(days=min(late - 3, 40))
            yield {"borrower_number": note.party.number, "reference": f"{note.number}-1", "channel": "telephone", "reached": True, "valid_from": on}

    def promise(self) -> Iterator[Row]:
        for note, late in self._in_arrears():
            if late > 20 and self.draw.random() < 0.5:
                on = self.days.as_of - timedelta(days=min(late - 3, 40))
                owed = next(d.total for d in note.current if d.due_on == self.days.as_of - timedelta(days=late))
                yield {"loan_number": note.number, "valid_from": on, "due_on": on + timedelta(days=7), "amount": Decimal(owed) / 100}

    def returned(self) -> Iterator[Row]:
        for note in self.notes:
            demand = next((d for d in reversed(note.current) if d.due_on < self.days.as_of and d.total), None)
            if demand and not note.settled_on and self.draw.random() < TECHNICAL_RETURNS:
                yield {"loan_number": note.number, "reference": f"{note.number}-R", "valid_from": demand.due_on, "technical": True, "retries": 1,
                       "amount": Decimal(demand.total) / 100, "reason": "系统维护 System down"}  # fmt: skip
