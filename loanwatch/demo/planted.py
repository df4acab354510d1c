"""The planted cases: loans of which it is known beforehand what LoanWatch must find, with fixed numbers in every book.

`docs/demo-book.md` is printed from here.
"""

from collections.abc import Callable

from loanwatch.demo import planted_accounts, planted_around, planted_books, planted_outside, planted_payments, planted_rules
from loanwatch.demo.book import Frame
from loanwatch.demo.garden import Case, Garden

__all__ = ["Case", "Garden", "plant"]
GROUPS: tuple[Callable[[Garden], None], ...] = (
    planted_payments.arrears,
    planted_payments.habits,
    planted_payments.put_off,
    planted_around.around,
    planted_around.people,
    planted_books.statements,
    planted_books.figures,
    planted_accounts.accounts,
    planted_accounts.payers,
    planted_accounts.proceeds,
    planted_outside.courts,
    planted_outside.owners,
    planted_outside.promises,
    planted_outside.pledged,
    planted_rules.further,
)


def plant(frame: Frame) -> Garden:
    """All planted cases, in the order of their numbers."""
    garden = Garden(frame)
    for group in GROUPS:
        group(garden)
    return garden
