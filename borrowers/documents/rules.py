"""Days, moves and completeness of the archive, without a database."""

import calendar
from datetime import date, timedelta

# What may follow on what with the paper original; "" is: never shelved. Destroyed is the end.
SHELF_MOVES: dict[str, frozenset[str]] = {
    "": frozenset({"shelved"}),
    "shelved": frozenset({"borrowed", "transferred", "destroyed"}),
    "borrowed": frozenset({"returned"}),
    "returned": frozenset({"borrowed", "transferred", "destroyed"}),
    "transferred": frozenset({"borrowed", "transferred", "destroyed"}),
    "destroyed": frozenset(),
}
BORROWED_DAYS = 14  # proposed when a paper is lent


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def expires_on(valid_from: date, months_valid: int | None, given: date | None) -> date | None:
    """The last day a document is good for: the day given, else by the kind's months, else none."""
    if given or months_valid is None:
        return given
    return add_months(valid_from, months_valid) - timedelta(days=1)


def is_expired(expires: date | None, on: date) -> bool:
    """Good through its last day; expired from the day after."""
    return expires is not None and expires < on


def kept_until(ended_on: date | None, years: int) -> date | None:
    """The last day a document must be kept: the anniversary of the loan's end. None while the loan has not ended."""
    return None if ended_on is None else add_months(ended_on, 12 * years)


def may_be_destroyed(ended_on: date | None, years: int, on: date) -> bool:
    """Not on the last day it must be kept, but on the day after."""
    until = kept_until(ended_on, years)
    return until is not None and until < on


def missing_since(due_on: date, good_until: date | None) -> date:
    """The first day on which a required document was not there: after the day it was due, and after one that has expired."""
    return max(due_on, good_until or due_on) + timedelta(days=1)
