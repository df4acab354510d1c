"""The fields that come from what passes through the borrower's accounts."""

from functools import partial

from alerts.observation.fields import CORE, COUNT, DAYS, SHARE, TIMES, Field, Kind, gettext_noop

BOOKINGS = gettext_noop("Bookings on the borrower's accounts")
LENDER_CURRENCY = gettext_noop("currency of the lender")
_NO_ACCOUNT = gettext_noop("No booking on an account of the borrower with the lender in its currency is known, or nothing to compare with.")
_NO_BOOKING = gettext_noop("No booking on any account of the borrower in the currency of the lender is known, or nothing to compare with.")

_flow = partial(Field, grain="borrower", inputs=BOOKINGS, owner=CORE)


def _cycle(name: str, sample: str, label: str, meaning: str) -> Field:
    return _flow(name=name, indicator="ACC-10", kind=Kind.RATIO, unit=SHARE, sample=sample, label=label, meaning=meaning, empty=_NO_BOOKING)


FLOWS_FIELDS = (
    _flow(
        name="inflow_change", indicator="ACC-01", kind=Kind.RATIO, unit=SHARE, sample="-0.22", label=gettext_noop("Change of inflow"), empty=_NO_ACCOUNT,
        meaning=gettext_noop("Money in during the last three complete months against the same months a year before, without loans and transfers between own accounts."),
    ),
    _flow(
        name="average_balance", indicator="ACC-02", kind=Kind.MONEY, unit=LENDER_CURRENCY, sample="820000.00", label=gettext_noop("Average balance"),
        empty=gettext_noop("No booking on an account of the borrower with the lender in its currency is known, or a balance at the end of the last month is not told."),
        meaning=gettext_noop("Mean of the daily balances of the last three complete months, all accounts with the lender together."),
    ),
    _flow(
        name="average_balance_change", indicator="ACC-02", kind=Kind.RATIO, unit=SHARE, sample="-0.34", label=gettext_noop("Change of the average balance"),
        empty=_NO_ACCOUNT, meaning=gettext_noop("Average balance against that of the three months before."),
    ),
    _flow(
        name="sales_return", indicator="ACC-06", kind=Kind.RATIO, unit=TIMES, inputs=gettext_noop("Bookings, financial statements and the credit bureau"), sample="0.74",
        label=gettext_noop("Sales that come through us"),
        meaning=gettext_noop(
            "Sales received here in the last twelve complete months over the sales declared, divided by our share of the borrower's "
            "debt at all lenders: 1 is our fair part."
        ),
        empty=gettext_noop("The borrower has no account here, or its sales of twelve months or its debt at all lenders are not told in the currency of the lender."),
    ),
    _flow(
        name="round_trip_share_90d", indicator="ACC-08", kind=Kind.RATIO, unit=SHARE, sample="0.06",
        label=gettext_noop("Money that goes and comes back"),
        empty=_NO_BOOKING,
        meaning=gettext_noop("Share of the turnover of 90 days that came in from an account to which at least as much had gone within the ten days before."),
    ),
    _flow(
        name="dormant_days", indicator="ACC-09", kind=Kind.INT, unit=DAYS, sample="45", label=gettext_noop("Days without money in"), empty=_NO_ACCOUNT,
        meaning=gettext_noop(
            "Days since money last came in on an account with the lender, other than loans and transfers between own accounts; since "
            "the opening or the first known booking of the first account, whichever is later, where none came in within 456 days."
        ),
    ),
    _cycle("payroll_change", "-0.3",
    gettext_noop("Change of wages paid"),
    gettext_noop("Wages paid a month in the last three complete months against the six months before.")),
    _cycle("tax_payments_change", "-0.4",
    gettext_noop("Change of taxes paid"),
    gettext_noop("Taxes paid a month in the last three complete months against the six months before.")),
    _cycle("utilities_change", "-0.5",
    gettext_noop("Change of electricity, water and gas paid"),
    gettext_noop("Electricity, water and gas paid a month in the last three complete months against the six months before.")),
    _flow(
        name="payments_stopped", indicator="ACC-10", kind=Kind.INT, unit=COUNT, sample="1", label=gettext_noop("Regular payments that stopped"), empty=_NO_BOOKING,
        meaning=gettext_noop("How many of wages, taxes and utilities were paid in the six months before the last three, and not at all in the last two complete months."),
    ),
    _flow(
        name="outside_lenders_new_90d", indicator="ACC-11", kind=Kind.INT, unit=COUNT, sample="1", label=gettext_noop("New lenders that are no banks"), empty=_NO_BOOKING,
        meaning=gettext_noop("Counterparties of 90 days that are lenders outside the banks and with which the borrower had no dealings in the year before."),
    ),
    _flow(
        name="outside_lenders_share_90d", indicator="ACC-11", kind=Kind.RATIO, unit=SHARE, sample="0.1",
        label=gettext_noop("Paid to lenders that are no banks"),
        empty=_NO_BOOKING,
        meaning=gettext_noop("Share of the money out of 90 days that went to lenders outside the banks."),
    ),
    _flow(
        name="related_flow_share_90d", indicator="GRP-03", kind=Kind.RATIO, unit=SHARE, sample="0.25", label=gettext_noop("Flow with related parties"), empty=_NO_BOOKING,
        meaning=gettext_noop("Share of the turnover of 90 days, in and out, that is with related parties."),
    ),
    _flow(
        name="largest_buyer_share", indicator="GRP-06", kind=Kind.RATIO, unit=SHARE, sample="0.55", label=gettext_noop("Share of the largest buyer"),
        empty=gettext_noop("No sales with a named buyer in the last six complete months."),
        meaning=gettext_noop("Share of one buyer in the sales received in the last six complete months."),
    ),
    _flow(
        name="largest_buyer_change", indicator="GRP-06", kind=Kind.RATIO, unit=SHARE, sample="-0.85", label=gettext_noop("Change of the largest buyer"),
        empty=gettext_noop("No sales with a named buyer in the three complete months before the last three."),
        meaning=gettext_noop("Sales to the buyer that was the largest in the three complete months before the last three: the last three against them."),
    ),
    _flow(
        name="our_inflow_share_change", indicator="REL-03", kind=Kind.RATIO, unit=SHARE, sample="-0.35", label=gettext_noop("Change of our share of the inflow"),
        empty=gettext_noop("Accounts here and with other banks are not both known, or nothing came in a year before."),
        meaning=gettext_noop("Our share of the inflow on all known accounts in the last three complete months against the same months a year before."),
    ),
)  # fmt: skip
