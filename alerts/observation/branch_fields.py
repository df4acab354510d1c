"""The fields of a branch's observation: what a rule on a branch can speak of."""

from alerts.observation.fields import (
    BOOK,
    CALENDAR,
    COUNT,
    LOANWATCH,
    TIMES,
    WORD,
    Field,
    Kind,
    gettext_noop,
)

BRANCH_FIELDS = (
    Field(
        name="as_of", grain="branch", kind=Kind.DATE, unit=CALENDAR, inputs=BOOK, owner=LOANWATCH, sample="2026-11-20",
        label=gettext_noop("Business date"),
        meaning=gettext_noop("The business date at whose close the branch is observed."),
    ),
    Field(
        name="branch", grain="branch", kind=Kind.TEXT, unit=WORD, inputs=BOOK, owner=LOANWATCH, sample="SZ-012", column="branch__code",
        label=gettext_noop("Branch code"),
        meaning=gettext_noop("Code of the branch that holds the loans; branches below it are counted for themselves."),
    ),
    Field(
        name="loans", grain="branch", kind=Kind.INT, unit=COUNT, inputs=BOOK, owner=LOANWATCH, sample="1284",
        label=gettext_noop("Loans on the book"),
        meaning=gettext_noop("Number of loans of the branch that are on the book."),
    ),
    Field(
        name="outstanding", grain="branch", kind=Kind.MONEY, unit=gettext_noop("currency of the lender"), inputs=BOOK, owner=LOANWATCH,
        sample="482640000.00",
        label=gettext_noop("Outstanding balance of the branch"),
        meaning=gettext_noop("Sum of the outstanding balances of the branch's loans."),
    ),
    Field(
        name="vintage_ratio", grain="branch", kind=Kind.NUMBER, unit=TIMES, inputs=BOOK, owner=LOANWATCH, sample="1.35", indicator="IND-05",
        label=gettext_noop("Newest vintage against the last four"),
        meaning=gettext_noop(
            "Share of loans 30 or more days past due at month 6 of the newest full vintage, divided by the mean of the four before it."
        ),
        empty=gettext_noop("Fewer than five vintages have reached month 6, or none of the last four had a loan past due."),
    ),
    Field(
        name="roll_ratio", grain="branch", kind=Kind.NUMBER, unit=TIMES, inputs=BOOK, owner=LOANWATCH, sample="1.22", indicator="IND-06",
        label=gettext_noop("Roll rate against the year"),
        meaning=gettext_noop("Share of loans that moved one overdue bucket worse this month, divided by the mean of the last 12 months."),
        empty=gettext_noop("The branch has less than 12 months of history, or nothing moved worse in them."),
    ),
)
