"""The day's observe step: one wide row per loan on the book, then one per borrower with a loan on it.

What each column means stands in `alerts.observation.dictionary`. Everything is as known at the close of the business date:
facts that became known later are not seen, so a day closed late has the figures it would have had then. Windows end with
the business date and reach back a whole number of calendar months or of days.
"""

from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from alerts.observation.borrowers.grain import BORROWER
from alerts.observation.loans.grain import LOAN
from alerts.observation.numbers import numbers_for
from alerts.observation.slice import observe_grain
from alerts.observation.staff import cross
from loanwatch.lenders.models import Lender


def observe(cursor: CursorWrapper, key: dict[str, Any], lender: Lender, *, fresh: bool = False) -> int:
    """Write the observation of one slice of the book at the close of the day; returns the number of loans on the book.

    key: as `loanwatch.trail.ledger.key_of` makes it. What has no news is carried forward from the close before, unless the
    parameters in force have changed since or `fresh` asks for everything from the facts; the rows are the same. Twice leaves
    the same rows.
    """
    numbers = numbers_for(lender, key["day"])
    previous: date | None = key["previous"]
    changed = previous is None or numbers != numbers_for(lender, previous)
    parameters = {**key, **numbers}
    loans = observe_grain(cursor, LOAN, parameters, fresh=fresh or changed)
    cross(cursor, key)
    observe_grain(cursor, BORROWER, parameters, fresh=fresh or changed)
    return loans
