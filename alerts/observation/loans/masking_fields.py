"""The fields of new loans that repay old ones, of classes and of visits put off."""

from alerts.observation.fields import CORE, COUNT, DAYS, LOANWATCH, MANAGER, SHARE, TIMES, Field, Kind, gettext_noop

LOANS = gettext_noop("Repayments, and loans to the borrower and related parties")
PROPOSALS = gettext_noop("Proposed and decided classes")
CLASS_CASH = gettext_noop("Decided classes, repayments and demands")
VISITS = gettext_noop("Visits that the borrower put off or refused")
NOTHING_REPAID = gettext_noop("Nothing has been repaid in 24 months.")
NONE_PUT_OFF = gettext_noop("No visit that a borrower put off has ever been noted.")
NONE_REFUSED = gettext_noop("No visit that a borrower refused has ever been noted.")

MASKING_FIELDS = (
    Field(
        name="new_loan_repaid_share", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=LOANS, owner=CORE, sample="0.80", indicator="MSK-01",
        label=gettext_noop("Share repaid from a new loan"),
        meaning=gettext_noop(
            "Of the large repayments of 24 months the one most covered by loans paid out in the 15 days before it to the borrower or to a "
            "related party: their amount divided by the repayment, at most 1. The money itself is not traced."
        ),
        empty=NOTHING_REPAID,
    ),
    Field(
        name="new_loan_repaid_24m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=LOANS, owner=CORE, sample="1", indicator="MSK-01",
        label=gettext_noop("Times repaid from a new loan in 24 months"),
        meaning=gettext_noop("Large repayments of 24 months of which new loans to the borrower or related parties cover 80 % or more."),
        empty=NOTHING_REPAID,
    ),
    Field(
        name="upgrade_instalments", grain="loan", kind=Kind.NUMBER, unit=TIMES, inputs=CLASS_CASH, owner=LOANWATCH, sample="2", indicator="MSK-07",
        label=gettext_noop("Instalments paid before the class improved"),
        meaning=gettext_noop(
            "Money received from the last worsening of the class to its confirmed improvement within 12 months, divided by the last demand due "
            "before it."
        ),
        empty=gettext_noop("No improvement of the class has been confirmed in 12 months, or no demand was due before it."),
    ),
    Field(
        name="class_wait_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=PROPOSALS, owner=LOANWATCH, sample="12", indicator="PRC-12",
        label=gettext_noop("Days a worse class waits"),
        meaning=gettext_noop("Days since an earlier close proposed a worse class that nobody has decided on; 0 when none waits."),
        empty=gettext_noop("No close came before this one."),
    ),
    Field(
        name="visits_postponed_12m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=VISITS, owner=MANAGER, sample="2", indicator="MGT-07",
        label=gettext_noop("Visits put off by the borrower in 12 months"),
        meaning=gettext_noop("Times in 12 months that the borrower postponed a visit for the loan."),
        empty=NONE_PUT_OFF,
    ),
    Field(
        name="visits_refused_12m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=VISITS, owner=MANAGER, sample="0", indicator="MGT-07",
        label=gettext_noop("Visits refused in 12 months"),
        meaning=gettext_noop("Times in 12 months that the borrower refused a visit for the loan."),
        empty=NONE_REFUSED,
    ),
)  # fmt: skip
