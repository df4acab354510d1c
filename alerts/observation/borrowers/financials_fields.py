"""The fields that come from statements."""

from functools import partial

from alerts.observation.fields import CALENDAR, COUNT, DAYS, LOANWATCH, MANAGER, SHARE, TIMES, WORD, Field, Kind, gettext_noop

STATEMENTS = gettext_noop("Financial statements")
STATEMENTS_AND_OUTSIDE = gettext_noop("Financial statements and figures of the tax office or the utility")
STATEMENT_CURRENCY = gettext_noop("currency of the statements")
AUDIT_TROUBLES = (
    ("none", gettext_noop("No trouble")),
    ("auditor_changed", gettext_noop("Auditor changed")),
    ("qualified", gettext_noop("Qualified opinion or restated")),
    ("refused", gettext_noop("Adverse, disclaimed or doubt about going on")),
)
_NO_STATEMENT = gettext_noop("No statement of the borrower has come.")
_NO_YEAR = gettext_noop("The statements don't make up twelve months with the figures needed.")
_NO_TWO_YEARS = gettext_noop("The statements don't make up twelve months now and a year before with the figures needed, or the year before was not positive.")
_NO_CLOSING = gettext_noop("The latest statement lacks one of the figures, or what is divided by is not positive.")

_field = partial(Field, grain="borrower", inputs=STATEMENTS, owner=MANAGER)

FINANCIALS_FIELDS = (
    _field(
        name="statements_to", kind=Kind.DATE, unit=CALENDAR, sample="2026-06-30", label=gettext_noop("Statements up to"), empty=_NO_STATEMENT,
        meaning=gettext_noop("End of the last period for which a statement has come."),
    ),
    _field(
        name="statements_age_days", kind=Kind.INT, unit=DAYS, owner=LOANWATCH, sample="143", label=gettext_noop("Age of the latest statement"),
        empty=_NO_STATEMENT, meaning=gettext_noop("Days from the end of the last period for which a statement has come."),
    ),
    _field(
        name="net_assets", kind=Kind.MONEY, unit=STATEMENT_CURRENCY, sample="18500000.00", label=gettext_noop("Net assets"),
        meaning=gettext_noop("Equity by the latest statement."), empty=gettext_noop("The latest statement gives no equity."),
    ),
    _field(
        name="sales", kind=Kind.MONEY, unit=STATEMENT_CURRENCY, sample="64000000.00", label=gettext_noop("Sales of twelve months"), empty=_NO_YEAR,
        meaning=gettext_noop(
            "Revenue of the last twelve months that statements cover: one statement of twelve months, statements laid together, or "
            "the year to date with the part of the year before."
        ),
    ),
    _field(
        name="sales_change", indicator="FIN-01", kind=Kind.RATIO, unit=SHARE, sample="-0.21", label=gettext_noop("Change of sales"), empty=_NO_TWO_YEARS,
        meaning=gettext_noop("Sales of twelve months against the twelve months before them."),
    ),
    _field(
        name="negative_cash_flow_periods", indicator="FIN-02", kind=Kind.INT, unit=COUNT, sample="2", label=gettext_noop("Periods with negative operating cash flow"),
        empty=_NO_YEAR, meaning=gettext_noop("How many of the latest statements in a row end twelve months in which operations used up more cash than they brought."),
    ),
    _field(
        name="ebitda", kind=Kind.MONEY, unit=STATEMENT_CURRENCY, sample="5200000.00", label=gettext_noop("EBITDA of twelve months"), empty=_NO_YEAR,
        meaning=gettext_noop("EBITDA of the last twelve months that statements cover."),
    ),
    _field(
        name="ebitda_change", indicator="FIN-03", kind=Kind.RATIO, unit=SHARE, sample="-0.35", label=gettext_noop("Change of EBITDA"), empty=_NO_TWO_YEARS,
        meaning=gettext_noop("EBITDA of twelve months against the twelve months before them."),
    ),
    _field(
        name="debt_service_cover", indicator="FIN-04", kind=Kind.RATIO, unit=TIMES, sample="1.15", label=gettext_noop("Debt service cover"), empty=_NO_YEAR,
        meaning=gettext_noop("EBITDA less tax and spending to keep the plant, over principal and interest paid, twelve months."),
    ),
    _field(
        name="interest_cover", indicator="FIN-05", kind=Kind.RATIO, unit=TIMES, sample="1.9", label=gettext_noop("Interest cover"), empty=_NO_YEAR,
        meaning=gettext_noop("Operating profit over interest expense, twelve months."),
    ),
    _field(
        name="net_debt_to_ebitda", indicator="FIN-06", kind=Kind.RATIO, unit=TIMES, sample="4.2", label=gettext_noop("Net debt to EBITDA"),
        meaning=gettext_noop("Borrowings less cash over EBITDA of twelve months."),
        empty=gettext_noop("Borrowings, cash or EBITDA is missing, or EBITDA is not positive."),
    ),
    _field(
        name="net_debt_to_ebitda_before", indicator="FIN-06", kind=Kind.RATIO, unit=TIMES, sample="4.1", label=gettext_noop("Net debt to EBITDA one statement before"),
        meaning=gettext_noop("The same at the statement before the latest, so that a rule can ask for two in a row."),
        empty=gettext_noop("There is no statement before the latest, or it lacks the figures, or its EBITDA is not positive."),
    ),
    _field(
        name="debt_to_assets", indicator="FIN-07", kind=Kind.RATIO, unit=SHARE, sample="0.74", label=gettext_noop("Debt to assets"), empty=_NO_CLOSING,
        meaning=gettext_noop("Total liabilities over total assets by the latest statement; above 1 the equity is negative."),
    ),
    _field(
        name="debt_to_assets_change", indicator="FIN-07", kind=Kind.RATIO, unit=SHARE, sample="0.09", label=gettext_noop("Change of debt to assets"),
        meaning=gettext_noop("Debt to assets less that of twelve months before: 0.08 is eight points."),
        empty=gettext_noop("One of the two statements is missing or lacks the figures."),
    ),
    _field(
        name="current_ratio", indicator="FIN-08", kind=Kind.RATIO, unit=TIMES, sample="0.95", label=gettext_noop("Current ratio"), empty=_NO_CLOSING,
        meaning=gettext_noop("Current assets over current liabilities by the latest statement."),
    ),
    _field(
        name="margin_squeeze", indicator="FIN-09", kind=Kind.RATIO, unit=SHARE, sample="-0.04", label=gettext_noop("Margin against three years"),
        meaning=gettext_noop("Gross or operating margin of twelve months less its mean over the three years before, the worse of the two: -0.03 is three points less."),
        empty=gettext_noop("Of the three years before, fewer than two have the figures."),
    ),
    _field(
        name="receivable_days", indicator="FIN-10", kind=Kind.NUMBER, unit=DAYS, sample="96.4", label=gettext_noop("Receivable days"), empty=_NO_YEAR,
        meaning=gettext_noop("Receivables times 365 over the sales of twelve months."),
    ),
    _field(
        name="receivable_days_change", indicator="FIN-10", kind=Kind.RATIO, unit=SHARE, sample="0.22", label=gettext_noop("Change of receivable days"),
        empty=_NO_TWO_YEARS, meaning=gettext_noop("Receivable days against those of twelve months before."),
    ),
    _field(
        name="inventory_days_change", indicator="FIN-11", kind=Kind.RATIO, unit=SHARE, sample="0.3", label=gettext_noop("Change of inventory days"),
        empty=_NO_TWO_YEARS, meaning=gettext_noop("Inventory times 365 over the cost of sales of twelve months, against twelve months before."),
    ),
    _field(
        name="payable_days_change", indicator="FIN-12", kind=Kind.RATIO, unit=SHARE, sample="0.28", label=gettext_noop("Change of payable days"),
        empty=_NO_TWO_YEARS, meaning=gettext_noop("Payables times 365 over the purchases of twelve months, against twelve months before."),
    ),
    _field(
        name="other_receivables_share", indicator="FIN-13", kind=Kind.RATIO, unit=SHARE, sample="0.24", label=gettext_noop("Other receivables to net assets"),
        empty=_NO_CLOSING, meaning=gettext_noop("Other receivables over equity by the latest statement: money that may have gone to the owners."),
    ),
    _field(
        name="cash_and_loans_years", indicator="FIN-14", kind=Kind.INT, unit=COUNT, sample="1", label=gettext_noop("Years with much cash and many loans"),
        meaning=gettext_noop("0, 1 or 2 years in a row with much cash, much debt and hardly any interest on the cash, by the limits among the parameters."),
        empty=gettext_noop("Cash, borrowings, total assets or interest income is missing, now or a year before."),
    ),
    _field(
        name="sales_growth_gap", indicator="FIN-15", kind=Kind.RATIO, unit=SHARE, inputs=STATEMENTS_AND_OUTSIDE, sample="0.18",
        label=gettext_noop("Sales against tax and electricity"),
        meaning=gettext_noop(
            "How far the growth of sales is from the growth of the sales by value-added tax or of the electricity used in the same "
            "months, the wider of the two: 0.15 is fifteen points."
        ),
        empty=gettext_noop("Sales of two years are missing, or the monthly figures of the tax office and of the utility for the same 24 months."),
    ),
    _field(
        name="statements_late_days", indicator="FIN-16", kind=Kind.INT, unit=DAYS,
        inputs=gettext_noop("Covenants to deliver statements, and the statements"), sample="16",
        label=gettext_noop("Days statements are late"),
        meaning=gettext_noop(
            "Days past the agreed day, with its days of grace, for the first period that no statement covers yet; a statement of a "
            "later period settles earlier ones."
        ),
        empty=gettext_noop("No covenant in force promises statements."),
    ),
    _field(
        name="audit_trouble", indicator="FIN-17", kind=Kind.CHOICE, unit=WORD, sample="qualified", values=AUDIT_TROUBLES, label=gettext_noop("Trouble with the auditor"),
        meaning=gettext_noop(
            "The worst that the latest audited yearly statement tells: another auditor than the year before, a qualified opinion or "
            "a restatement, a refused opinion."
        ),
        empty=gettext_noop("No audited yearly statement has come, or it doesn't tell the opinion."),
    ),
    _field(
        name="plan_met", indicator="FIN-19", kind=Kind.RATIO, unit=SHARE, sample="0.82", label=gettext_noop("Sales against plan"),
        meaning=gettext_noop("Revenue over planned revenue by the latest statement that has both, for the months it covers."),
        empty=gettext_noop("No statement gives both revenue and planned revenue."),
    ),
)  # fmt: skip
