"""The fields of a loan's observation: what a rule on a loan can speak of."""

from alerts.observation.fields import (
    CALENDAR,
    COLLATERAL_DESK,
    CORE,
    COUNT,
    CREDIT_ADMIN,
    CURRENCY,
    DAYS,
    DAYS_A_DEMAND,
    EVENTS,
    GUARANTEES,
    LOAN,
    LOANWATCH,
    MANAGER,
    MONTHS,
    NO_CIRCLE,
    NO_COLLATERAL,
    NO_SCHEDULE,
    NO_VALUE,
    PERCENT_A_YEAR,
    PRODUCT_KINDS,
    RISK_CLASSES,
    SCHEDULE,
    SEGMENTS,
    SHARE,
    VALUATIONS,
    WORD,
    YES_NO,
    Field,
    Kind,
    gettext_noop,
)
from alerts.observation.loans.grain import FAMILIES

_MASTER = (
    Field(
        name="as_of", grain="loan", kind=Kind.DATE, unit=CALENDAR, inputs=LOAN, owner=LOANWATCH, sample="2026-11-20",
        label=gettext_noop("Business date"),
        meaning=gettext_noop("The business date at whose close the loan is observed."),
    ),
    Field(
        name="product", grain="loan", kind=Kind.TEXT, unit=WORD, inputs=LOAN, owner=CORE, sample="WC-12M", column="product_code",
        label=gettext_noop("Product code"),
        meaning=gettext_noop("Code of the lender's product."),
    ),
    Field(
        name="product_kind", grain="loan", kind=Kind.CHOICE, unit=WORD, inputs=LOAN, owner=CREDIT_ADMIN, sample="working_capital",
        values=PRODUCT_KINDS,
        label=gettext_noop("Kind of product"),
        meaning=gettext_noop("What the product is for, as credit administration has set it."),
    ),
    Field(
        name="segment", grain="loan", kind=Kind.CHOICE, unit=WORD, inputs=LOAN, owner=CORE, sample="small", values=SEGMENTS,
        label=gettext_noop("Segment of the borrower"),
        meaning=gettext_noop("Person or size of the enterprise."),
        empty=gettext_noop("The feed names no size for the borrower."),
    ),
    Field(
        name="currency", grain="loan", kind=Kind.TEXT, unit=WORD, inputs=LOAN, owner=CORE, sample="CNY",
        label=gettext_noop("Currency"),
        meaning=gettext_noop("Currency of the loan, three letters."),
    ),
    Field(
        name="principal", grain="loan", kind=Kind.MONEY, unit=CURRENCY, inputs=LOAN, owner=CORE, sample="3000000.00",
        label=gettext_noop("Original amount"),
        meaning=gettext_noop("Amount paid out when the loan was made."),
    ),
    Field(
        name="rate", grain="loan", kind=Kind.NUMBER, unit=PERCENT_A_YEAR, inputs=LOAN, owner=CORE, sample="4.35",
        label=gettext_noop("Interest rate"),
        meaning=gettext_noop("Contract rate on the business date; 4.35 means 4.35 % a year."),
        empty=gettext_noop("The feed gives no interest rate."),
    ),
    Field(
        name="days_to_maturity", grain="loan", kind=Kind.INT, unit=DAYS, inputs=LOAN, owner=CORE, sample="42",
        label=gettext_noop("Days to maturity"),
        meaning=gettext_noop("Calendar days to the maturity date; negative once it has passed."),
        empty=gettext_noop("The loan has no maturity date."),
    ),
    Field(
        name="months_on_book", grain="loan", kind=Kind.INT, unit=MONTHS, inputs=LOAN, owner=CORE, sample="14",
        label=gettext_noop("Months on book"),
        meaning=gettext_noop("Full months since the money was paid out."),
        empty=gettext_noop("The feed gives no disbursement date."),
    ),
    Field(
        name="risk_class", grain="loan", kind=Kind.CHOICE, unit=WORD, inputs=SCHEDULE, owner=LOANWATCH, sample="special_mention",
        values=RISK_CLASSES,
        label=gettext_noop("Risk class"),
        meaning=gettext_noop("Class that the days past due at this close call for."),
    ),
)

_REPAYMENT = (
    Field(
        name="outstanding", grain="loan", kind=Kind.MONEY, unit=CURRENCY, inputs=SCHEDULE, owner=CORE, sample="1350000.00",
        label=gettext_noop("Outstanding balance"),
        meaning=gettext_noop("Principal not yet repaid, due or not."),
    ),
    Field(
        name="overdue_principal", grain="loan", kind=Kind.MONEY, unit=CURRENCY, inputs=SCHEDULE, owner=CORE, sample="50000.00",
        label=gettext_noop("Overdue principal"),
        meaning=gettext_noop("Principal due before the business date and unpaid."),
        empty=NO_SCHEDULE,
    ),
    Field(
        name="overdue_interest", grain="loan", kind=Kind.MONEY, unit=CURRENCY, inputs=SCHEDULE, owner=CORE, sample="4200.00",
        label=gettext_noop("Interest in arrears"),
        meaning=gettext_noop("Interest due before the business date and unpaid."),
        empty=NO_SCHEDULE,
    ),
    Field(
        name="days_past_due", grain="loan", kind=Kind.INT, unit=DAYS, inputs=SCHEDULE, owner=CORE, sample="35", indicator="REP-01",
        label=gettext_noop("Days past due"),
        meaning=gettext_noop("Calendar days the oldest unpaid demand is late; the due date itself counts as 0."),
        empty=gettext_noop("The loan has no repayment schedule and the feed gives no overdue status."),
    ),
    Field(
        name="interest_days_past_due", grain="loan", kind=Kind.INT, unit=DAYS, inputs=SCHEDULE, owner=CORE, sample="12", indicator="REP-02",
        label=gettext_noop("Interest days past due"),
        meaning=gettext_noop("Calendar days the oldest unpaid interest demand is late."),
        empty=NO_SCHEDULE,
    ),
    Field(
        name="principal_days_past_due", grain="loan", kind=Kind.INT, unit=DAYS, inputs=SCHEDULE, owner=CORE, sample="0",
        label=gettext_noop("Principal days past due"),
        meaning=gettext_noop("Calendar days the oldest unpaid principal demand is late."),
        empty=NO_SCHEDULE,
    ),
    Field(
        name="instalments_missed_12m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=SCHEDULE, owner=CORE, sample="2",
        label=gettext_noop("Instalments missed in 12 months"),
        meaning=gettext_noop(
            "Demands of the last 12 months that were not fully paid on their due date; closes 30 or more days past due where no "
            "schedule is fed."
        ),
        empty=NO_SCHEDULE,
    ),
    Field(
        name="worst_dpd_12m", grain="loan", kind=Kind.INT, unit=DAYS, inputs=SCHEDULE, owner=CORE, sample="37",
        label=gettext_noop("Worst days past due in 12 months"),
        meaning=gettext_noop("Highest days past due at any close of the last 12 months, this one included."),
        empty=NO_SCHEDULE,
    ),
    Field(
        name="late_payments_6m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=SCHEDULE, owner=CORE, sample="3", indicator="REP-03",
        label=gettext_noop("Late payments in 6 months"),
        meaning=gettext_noop("Demands of the last 6 months paid 3 or more days late, or still unpaid for that long."),
        empty=NO_SCHEDULE,
    ),
    Field(
        name="lateness_slope_6", grain="loan", kind=Kind.NUMBER, unit=DAYS_A_DEMAND, inputs=SCHEDULE, owner=CORE, sample="1.8",
        indicator="REP-04",
        label=gettext_noop("Lateness trend"),
        meaning=gettext_noop("Slope of the straight line through the days late of the last demands, at most 6 (least squares)."),
        empty=gettext_noop("Fewer than 3 demands have fallen due in 24 months."),
    ),
    Field(
        name="lateness_rising_3", grain="loan", kind=Kind.BOOL, unit=YES_NO, inputs=SCHEDULE, owner=CORE, sample="true", indicator="REP-04",
        label=gettext_noop("Later three times running"),
        meaning=gettext_noop("The days late have risen over the last 3 demands, from each to the next."),
        empty=gettext_noop("Fewer than 3 demands have fallen due in 24 months."),
    ),
    Field(
        name="lateness_last", grain="loan", kind=Kind.INT, unit=DAYS, inputs=SCHEDULE, owner=CORE, sample="11", indicator="REP-04",
        label=gettext_noop("Days late of the last demand"),
        meaning=gettext_noop("Days from the due date of the last demand to its full payment, or to the business date while unpaid."),
        empty=gettext_noop("No demand has fallen due in 24 months."),
    ),
    Field(
        name="part_payment_share_6m", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=SCHEDULE, owner=CORE, sample="0.25",
        indicator="REP-06",
        label=gettext_noop("Share of part payments in 6 months"),
        meaning=gettext_noop("Share of the demands of the last 6 months whose first payment was below 95 % of the amount."),
        empty=gettext_noop("No demand fell due in the last 6 months."),
    ),
)

_MASKING = (
    Field(
        name="restructured", grain="loan", kind=Kind.BOOL, unit=YES_NO, inputs=EVENTS, owner=CORE, sample="false",
        label=gettext_noop("Restructured"),
        meaning=gettext_noop("The loan has been restructured and its observation period has not ended."),
    ),
    Field(
        name="relapse_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=EVENTS, owner=CORE, sample="9", indicator="REP-10",
        label=gettext_noop("Relapse after restructuring"),
        meaning=gettext_noop("Days past due inside the observation period of a restructured loan."),
        empty=gettext_noop("The loan is in no observation period."),
    ),
    Field(
        name="restructures", grain="loan", kind=Kind.INT, unit=COUNT, inputs=EVENTS, owner=CORE, sample="1", indicator="REP-10",
        label=gettext_noop("Restructurings so far"),
        meaning=gettext_noop("Times the loan has been restructured since it was made."),
    ),
    Field(
        name="extensions_24m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=EVENTS, owner=CORE, sample="2", indicator="MSK-02",
        label=gettext_noop("Extensions in 24 months"),
        meaning=gettext_noop("Extensions and refinancings of the last 24 months."),
    ),
    Field(
        name="edge_extensions_24m", grain="loan", kind=Kind.INT, unit=COUNT, inputs=EVENTS, owner=CORE, sample="1", indicator="MSK-03",
        label=gettext_noop("Extensions just before a bucket edge in 24 months"),
        meaning=gettext_noop(
            "Extensions and restructurings of the last 24 months made just before the next overdue bucket, or while late within 10 days "
            "of the end of a quarter."
        ),
    ),
    Field(
        name="months_no_principal", grain="loan", kind=Kind.INT, unit=MONTHS, inputs=SCHEDULE, owner=CORE, sample="12", indicator="MSK-04",
        label=gettext_noop("Months without principal repaid"),
        meaning=gettext_noop("Full months since a demand with principal was last paid in full."),
        empty=gettext_noop("No demand with principal has been paid in 24 months."),
    ),
    Field(
        name="rollovers", grain="loan", kind=Kind.INT, unit=COUNT, inputs=EVENTS, owner=CORE, sample="1", indicator="MSK-04",
        label=gettext_noop("Roll-overs so far"),
        meaning=gettext_noop("Times the loan has been extended or refinanced since it was made."),
    ),
)

_COLLATERAL = (
    Field(
        name="collateral_items", grain="loan", kind=Kind.INT, unit=COUNT, inputs=VALUATIONS, owner=COLLATERAL_DESK, sample="1",
        label=gettext_noop("Items of collateral"),
        meaning=gettext_noop("Number of collateral items pledged for the loan; 0 when it is unsecured."),
    ),
    Field(
        name="ltv", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=VALUATIONS, owner=COLLATERAL_DESK, sample="0.72", indicator="COL-01",
        label=gettext_noop("Loan to value"),
        meaning=gettext_noop("Exposure divided by the value of its collateral net of prior liens."),
        empty=gettext_noop("The loan has no collateral, or the collateral has no value left after prior liens."),
    ),
    Field(
        name="ltv_agreed", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=VALUATIONS, owner=CREDIT_ADMIN, sample="0.70",
        indicator="COL-01",
        label=gettext_noop("Agreed loan to value"),
        meaning=gettext_noop("Highest loan to value the approval allows."),
        empty=gettext_noop("The loan has no collateral, or no loan to value was agreed."),
    ),
    Field(
        name="value_change", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=VALUATIONS, owner=COLLATERAL_DESK, sample="-0.12",
        indicator="COL-02",
        label=gettext_noop("Change of the collateral's value"),
        meaning=gettext_noop("Latest valuation divided by the one before, minus 1; -0.12 is a fall by 12 %. The worst item counts."),
        empty=gettext_noop("The collateral has fewer than two valuations."),
    ),
    Field(
        name="valuation_age_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=VALUATIONS, owner=COLLATERAL_DESK, sample="210",
        indicator="COL-03",
        label=gettext_noop("Age of the valuation"),
        meaning=gettext_noop("Days since the oldest of the current valuations of the loan's collateral."),
        empty=NO_VALUE,
    ),
    Field(
        name="valuation_allowed_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=VALUATIONS, owner=CREDIT_ADMIN, sample="365",
        indicator="COL-03",
        label=gettext_noop("Allowed age of the valuation"),
        meaning=gettext_noop("Days a valuation of this kind of collateral stays valid."),
        empty=NO_COLLATERAL,
    ),
    Field(
        name="guarantors", grain="loan", kind=Kind.INT, unit=COUNT, inputs=GUARANTEES, owner=CORE, sample="1",
        label=gettext_noop("Guarantors"),
        meaning=gettext_noop("Number of persons and companies that guarantee the loan."),
    ),
    Field(
        name="guarantor_dpd", grain="loan", kind=Kind.INT, unit=DAYS, inputs=GUARANTEES, owner=CORE, sample="0", indicator="COL-08",
        label=gettext_noop("Guarantor's days past due"),
        meaning=gettext_noop("Worst days past due among the guarantors' own loans; 0 when they have none."),
        empty=gettext_noop("The loan has no guarantor, or the days past due of a guarantor are not known."),
    ),
    Field(
        name="circle_length", grain="loan", kind=Kind.INT, unit=COUNT, inputs=GUARANTEES, owner=CORE, sample="3", indicator="COL-10",
        label=gettext_noop("Length of the guarantee circle"),
        meaning=gettext_noop("Members of the shortest guarantee circle of at most 4 through the borrower; 0 when there is none."),
    ),
    Field(
        name="circle_share", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=GUARANTEES, owner=CORE, sample="0.08", indicator="COL-10",
        label=gettext_noop("Share of the circle in the branch"),
        meaning=gettext_noop("Exposure to all members of the circle divided by the exposure of the branch, both in the lender's currency."),
        empty=NO_CIRCLE,
    ),
    Field(
        name="circle_worst_dpd", grain="loan", kind=Kind.INT, unit=DAYS, inputs=GUARANTEES, owner=CORE, sample="14", indicator="COL-10",
        label=gettext_noop("Worst days past due in the circle"),
        meaning=gettext_noop("Highest days past due among the loans of the circle's members."),
        empty=NO_CIRCLE,
    ),
)

_PROCESS = (
    Field(
        name="inspection_overdue_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=gettext_noop("Inspection plan and inspections"),
        owner=MANAGER, sample="6", indicator="PRC-01",
        label=gettext_noop("Inspection overdue"),
        meaning=gettext_noop("Days the oldest open inspection is past its planned date; 0 when none is late."),
        empty=gettext_noop("No inspection plan covers the loan."),
    ),
    Field(
        name="inputs_missing", grain="loan", kind=Kind.INT, unit=COUNT, inputs=gettext_noop("All inputs of the observation"),
        owner=LOANWATCH, sample="0", indicator="PRC-02",
        label=gettext_noop("Inputs missing"),
        meaning=gettext_noop("Number of required inputs that are missing on the business date."),
    ),
    Field(
        name="inputs_missing_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=gettext_noop("All inputs of the observation"),
        owner=LOANWATCH, sample="0", indicator="PRC-02",
        label=gettext_noop("Days with inputs missing"),
        meaning=gettext_noop("Days in a row on which a required input has been missing; 0 when all are there."),
    ),
    Field(
        name="handover_gap_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=gettext_noop("Custody of the loan"),
        owner=gettext_noop("Branch head"), sample="0", indicator="PRC-11",
        label=gettext_noop("Days without a responsible person"),
        meaning=gettext_noop("Days in a row without an active responsible person; 0 when there is one."),
        empty=gettext_noop("Nobody has ever been responsible for the loan."),
    ),
)

LOAN_FIELDS = _MASTER + _REPAYMENT + _MASKING + _COLLATERAL + _PROCESS + tuple(field for family in FAMILIES for field in family.fields)
