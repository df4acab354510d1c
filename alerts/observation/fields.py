"""What an observation field is, and the words its description is made of.

The sentences are marked for translation where they stand and translated where they are shown, so this module stays pure.
"""

from dataclasses import dataclass
from enum import StrEnum


def gettext_noop(sentence: str) -> str:
    """Marks `sentence` for the message catalogue and returns it unchanged."""
    return sentence


class Kind(StrEnum):
    """How a field is stored and what it may be compared with."""

    MONEY = "money"  # decimal, two places, in the currency of the loan
    INT = "int"  # whole number
    NUMBER = "number"  # decimal number that is not a share
    RATIO = "ratio"  # share: 1 is 100 %
    DATE = "date"
    BOOL = "bool"
    TEXT = "text"
    CHOICE = "choice"  # one of `Field.values`


@dataclass(frozen=True)
class Field:
    """One column of an observation row.

    label, unit, inputs, owner, meaning and empty are English source sentences, to be passed through gettext where shown.
    values: (stored value, label) of a choice, from best to worst where there is an order.
    indicator: number in the indicator catalogue, or "" for a plain column. An empty text counts as missing, like NULL.
    owner: who has to supply the input; empty: when the value is missing, so that a rule on it is not evaluable ("" = never).
    """

    name: str
    grain: str
    kind: Kind
    label: str
    unit: str
    inputs: str
    owner: str
    meaning: str
    sample: str
    empty: str = ""
    indicator: str = ""
    column: str = ""  # of the table, as Django names it; the same as `name` unless given
    values: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "column", self.column or self.name)

    @property
    def nullable(self) -> bool:
        """Whether the value may be missing."""
        return bool(self.empty)

    @property
    def choices(self) -> tuple[str, ...]:
        """The stored values of a choice field."""
        return tuple(value for value, _ in self.values)


DAYS = gettext_noop("days")
MONTHS = gettext_noop("months")
COUNT = gettext_noop("count")
CURRENCY = gettext_noop("currency of the loan")
SHARE = gettext_noop("share")
TIMES = gettext_noop("times")
PERCENT_A_YEAR = gettext_noop("% a year")
DAYS_A_DEMAND = gettext_noop("days per demand")
CALENDAR = gettext_noop("date")
YES_NO = gettext_noop("yes or no")
WORD = gettext_noop("word")

CORE = gettext_noop("Core system feed")
MANAGER = gettext_noop("Account manager")
COLLATERAL_DESK = gettext_noop("Collateral desk")
CREDIT_ADMIN = gettext_noop("Credit administration")
LOANWATCH = gettext_noop("LoanWatch, from the day's own steps")

SCHEDULE = gettext_noop("Instalments and repayments")
LOAN = gettext_noop("Loan master data")
EVENTS = gettext_noop("Loan events")
VALUATIONS = gettext_noop("Collateral, valuations and prior liens")
GUARANTEES = gettext_noop("Guarantees and the guarantors' own loans")
BOOK = gettext_noop("Observations of the branch's loans")

NO_SCHEDULE = gettext_noop("The loan has no repayment schedule.")
NO_COLLATERAL = gettext_noop("The loan has no collateral.")
NO_VALUE = gettext_noop("The collateral has never been valued.")
NO_CIRCLE = gettext_noop("The borrower stands in no guarantee circle.")

RISK_CLASSES = (
    ("normal", gettext_noop("Normal")),
    ("special_mention", gettext_noop("Special mention")),
    ("substandard", gettext_noop("Substandard")),
    ("doubtful", gettext_noop("Doubtful")),
    ("loss", gettext_noop("Loss")),
)
PRODUCT_KINDS = (
    ("working_capital", gettext_noop("Working capital loan")),
    ("fixed_asset", gettext_noop("Fixed asset loan")),
    ("personal_business", gettext_noop("Personal business loan")),
    ("consumer", gettext_noop("Consumer loan")),
    ("mortgage", gettext_noop("Mortgage")),
    ("micro", gettext_noop("Micro loan")),
    ("card", gettext_noop("Credit card")),
    ("small_business", gettext_noop("Small business loan")),
)
SEGMENTS = (
    ("person", gettext_noop("Person")),
    ("micro", gettext_noop("Micro enterprise")),
    ("small", gettext_noop("Small enterprise")),
    ("medium", gettext_noop("Medium enterprise")),
    ("large", gettext_noop("Large enterprise")),
)
