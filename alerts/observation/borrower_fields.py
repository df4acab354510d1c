"""The fields of a borrower's observation: what a rule on a borrower can speak of."""

from alerts.observation.borrowers.grain import FAMILIES
from alerts.observation.fields import (
    BOOK,
    CALENDAR,
    CORE,
    COUNT,
    DAYS,
    LOAN,
    LOANWATCH,
    SCHEDULE,
    SEGMENTS,
    WORD,
    Field,
    Kind,
    gettext_noop,
)

_LENDER_CURRENCY = gettext_noop("currency of the lender")

_OWN = (
    Field(
        name="as_of", grain="borrower", kind=Kind.DATE, unit=CALENDAR, inputs=BOOK, owner=LOANWATCH, sample="2026-11-20",
        label=gettext_noop("Business date"),
        meaning=gettext_noop("The business date at whose close the borrower is observed."),
    ),
    Field(
        name="segment", grain="borrower", kind=Kind.CHOICE, unit=WORD, inputs=LOAN, owner=CORE, sample="small", values=SEGMENTS,
        label=gettext_noop("Segment of the borrower"),
        meaning=gettext_noop("Person or size of the enterprise."),
        empty=gettext_noop("The feed names no size for the borrower."),
    ),
    Field(
        name="industry", grain="borrower", kind=Kind.TEXT, unit=WORD, inputs=LOAN, owner=CORE, sample="textiles",
        label=gettext_noop("Industry"),
        meaning=gettext_noop("Industry of the borrower as the core system names it."),
        empty=gettext_noop("The feed names no industry."),
    ),
    Field(
        name="loans", grain="borrower", kind=Kind.INT, unit=COUNT, inputs=BOOK, owner=LOANWATCH, sample="2",
        label=gettext_noop("Loans on the book"),
        meaning=gettext_noop("Number of loans of the borrower that are on the book."),
    ),
    Field(
        name="outstanding", grain="borrower", kind=Kind.MONEY, unit=_LENDER_CURRENCY, inputs=SCHEDULE, owner=CORE, sample="4200000.00",
        label=gettext_noop("Outstanding balance of the borrower"),
        meaning=gettext_noop("Sum of the outstanding balances of the borrower's loans in the currency of the lender; loans in other currencies are not in it."),
    ),
    Field(
        name="days_past_due", grain="borrower", kind=Kind.INT, unit=DAYS, inputs=SCHEDULE, owner=CORE, sample="35",
        label=gettext_noop("Worst days past due of the borrower"),
        meaning=gettext_noop("Highest days past due among the borrower's loans."),
        empty=gettext_noop("No loan of the borrower has a repayment schedule and the feed gives no overdue status."),
    ),
)
BORROWER_FIELDS = _OWN + tuple(field for family in FAMILIES for field in family.fields)
