"""The fields of what comes next and who pays."""

from alerts.observation.fields import CORE, COUNT, CURRENCY, DAYS, NO_SCHEDULE, SCHEDULE, SHARE, TIMES, Field, Kind, gettext_noop

RETURNS = gettext_noop("Returned debits with their reasons")
PROMISES = gettext_noop("Promises to pay and repayments")
PAYERS = gettext_noop("Repayments with who paid them")
BALANCES = gettext_noop("Balances of the borrower's accounts and the schedule")
PAYMENT_DESK = gettext_noop("Payment system")
COLLECTION = gettext_noop("Account manager or collection team")
NO_RETURNS = gettext_noop("The lender's sources have never told of a returned debit.")
NO_PAYER = gettext_noop("No repayment of the last 6 months says who paid it.")

PAYMENT_FIELDS = (
    Field(
        name="returned_debits_3m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=RETURNS, owner=PAYMENT_DESK, sample="2", indicator="REP-05",
        label=gettext_noop("Returned debits in 3 months"),
        meaning=gettext_noop("Debits of the last 3 months that came back unpaid, those for technical reasons left out."),
        empty=NO_RETURNS,
    ),
    Field(
        name="returned_debit_retries_3m", grain="loan", kind=Kind.INT, unit=TIMES, inputs=RETURNS, owner=PAYMENT_DESK, sample="2",
        indicator="REP-05",
        label=gettext_noop("Most retries of a returned debit in 3 months"),
        meaning=gettext_noop("Of the returned debits of the last 3 months, how often the one tried most was tried again; 0 when none came back."),
        empty=NO_RETURNS,
    ),
    Field(
        name="third_party_paid_share_6m", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=PAYERS, owner=CORE, sample="0.35", indicator="REP-07",
        label=gettext_noop("Share paid by third parties in 6 months"),
        meaning=gettext_noop(
            "Share of the money repaid in the last 6 months that came from others than the borrower and the declared group; money from a "
            "source that is not known and from staff counts."
        ),
        empty=NO_PAYER,
    ),
    Field(
        name="unknown_payer_share_6m", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=PAYERS, owner=CORE, sample="0.10", indicator="REP-07",
        label=gettext_noop("Share paid from unknown sources in 6 months"),
        meaning=gettext_noop("Share of the money repaid in the last 6 months whose source is not known."),
        empty=NO_PAYER,
    ),
    Field(
        name="balance_before_due", grain="loan", kind=Kind.RATIO, unit=TIMES, inputs=BALANCES, owner=CORE, sample="0.80", indicator="REP-08",
        label=gettext_noop("Balance before the due date"),
        meaning=gettext_noop(
            "Average balance of the borrower's accounts in the currency of the loan on the 5 days before the business date, divided by the "
            "next demand, which is due within 7 days; supervised accounts are left out."
        ),
        empty=gettext_noop("No demand is due within 7 days, or no balance of an account of the borrower is known."),
    ),
    Field(
        name="principal_due_90d", grain="loan", kind=Kind.MONEY, unit=CURRENCY, inputs=SCHEDULE, owner=CORE, sample="250000.00", indicator="REP-09",
        label=gettext_noop("Principal due in 90 days"),
        meaning=gettext_noop("Principal that falls due in the 90 days after the business date, less what was paid ahead."),
        empty=NO_SCHEDULE,
    ),
    Field(
        name="next_demand", grain="loan", kind=Kind.MONEY, unit=CURRENCY, inputs=SCHEDULE, owner=CORE, sample="21500.00", indicator="REP-08",
        label=gettext_noop("Next demand"),
        meaning=gettext_noop("What is still to be paid of the demand that falls due next after the business date."),
        empty=gettext_noop("Nothing more falls due, or the loan has no repayment schedule."),
    ),
    Field(
        name="next_demand_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=SCHEDULE, owner=CORE, sample="6", indicator="REP-08",
        label=gettext_noop("Days to the next demand"),
        meaning=gettext_noop("Calendar days to the due date of the next demand that is not paid yet."),
        empty=gettext_noop("Nothing more falls due, or the loan has no repayment schedule."),
    ),
    Field(
        name="full_instalment_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=SCHEDULE, owner=CORE, sample="60", indicator="REP-11",
        label=gettext_noop("Days to the first full instalment"),
        meaning=gettext_noop(
            "Calendar days to the first demand with principal after demands without any; 0 on its due date. A loan repaid in one sum at the "
            "end has none."
        ),
        empty=gettext_noop("No interest-only period ends ahead of the loan, or it has no repayment schedule."),
    ),
    Field(
        name="broken_promises_60d", grain="loan", kind=Kind.INT, unit=COUNT, inputs=PROMISES, owner=COLLECTION, sample="1", indicator="REP-12",
        label=gettext_noop("Broken promises in 60 days"),
        meaning=gettext_noop(
            "Promises to pay whose date has passed in the last 60 days and of which less than the lender's share of the amount (95 % as "
            "shipped) came in from the promise to its date."
        ),
        empty=gettext_noop("The lender's sources have never told of a promise to pay."),
    ),
    Field(
        name="staff_payments_24m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=PAYERS, owner=CORE, sample="0", indicator="MSK-06",
        label=gettext_noop("Repayments by staff in 24 months"),
        meaning=gettext_noop("Repayments of the last 24 months that came from staff of the lender or their family."),
        empty=gettext_noop("No repayment of the last 24 months says who paid it."),
    ),
)  # fmt: skip
