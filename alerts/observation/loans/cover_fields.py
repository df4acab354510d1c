"""The fields of what weakens the cover of a loan."""

from alerts.observation.fields import (
    COLLATERAL_DESK,
    CORE,
    COUNT,
    DAYS,
    GUARANTEES,
    RISK_CLASSES,
    SHARE,
    WORD,
    YES_NO,
    Field,
    Kind,
    gettext_noop,
)

REGISTERS = gettext_noop("Seizures, and signals of registers and courts on the owner of the collateral")
POLICIES = gettext_noop("Insurance policies on the collateral")
COUNTS = gettext_noop("Counts of pledged stock")
PRICES = gettext_noop("Price series and market quotes of the collateral")
RIGHTS = gettext_noop("Registered rights in the collateral, and guarantees")
SIGNALS = gettext_noop("Signals from outside on the guarantors")
REGISTER_DESK = gettext_noop("Feeds of registers and courts")

COVER_FIELDS = (
    Field(
        name="collateral_claim", grain="loan", kind=Kind.CHOICE, unit=WORD, inputs=REGISTERS, owner=REGISTER_DESK, sample="none", indicator="COL-04",
        values=(
            ("none", gettext_noop("No claim of others")),
            ("lease", gettext_noop("Let to others")),
            ("later_lien", gettext_noop("Later lien")),
            ("seizure", gettext_noop("Seized or to be auctioned")),
        ),
        label=gettext_noop("Claim of others on the collateral"),
        meaning=gettext_noop("The worst that others have in an item of the collateral on the business date; rumours do not count."),
        empty=gettext_noop("The loan has no collateral, or the lender's sources have never told of a seizure or an outside signal."),
    ),
    Field(
        name="insurance_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=POLICIES, owner=COLLATERAL_DESK, sample="25", indicator="COL-05",
        label=gettext_noop("Days of insurance left"),
        meaning=gettext_noop(
            "Days until the first item that must be insured is not insured any more; 0 or less since it has not been. A policy that follows "
            "on counts."
        ),
        empty=gettext_noop("No item that must be insured has had a policy, or the policies have no end."),
    ),
    Field(
        name="uninsured_items", grain="loan", kind=Kind.INT, unit=COUNT, inputs=POLICIES, owner=COLLATERAL_DESK, sample="0", indicator="COL-05",
        label=gettext_noop("Items without insurance"),
        meaning=gettext_noop("Items of collateral that must be insured and are not on the business date."),
        empty=gettext_noop("No item must be insured, or the lender's sources have never told of a policy."),
    ),
    Field(
        name="insurance_payee_wrong", grain="loan", kind=Kind.BOOL, unit=YES_NO, inputs=POLICIES, owner=COLLATERAL_DESK, sample="false",
        indicator="COL-05",
        label=gettext_noop("Lender is not the payee of the insurance"),
        meaning=gettext_noop("An insured item has no policy in force that names the lender as first payee."),
        empty=gettext_noop("No item that must be insured has a policy in force."),
    ),
    Field(
        name="stock_short", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=COUNTS, owner=COLLATERAL_DESK, sample="0.05", indicator="COL-06",
        label=gettext_noop("Stock short"),
        meaning=gettext_noop("Part of the pledged quantity that was not there at the last count; the worst item counts, a surplus is negative."),
        empty=gettext_noop("The collateral has never been counted."),
    ),
    Field(
        name="stock_access_refused", grain="loan", kind=Kind.BOOL, unit=YES_NO, inputs=COUNTS, owner=COLLATERAL_DESK, sample="false",
        indicator="COL-06",
        label=gettext_noop("Access to the stock refused"),
        meaning=gettext_noop("Who came for the last count of an item was not let in."),
        empty=gettext_noop("The collateral has never been counted."),
    ),
    Field(
        name="price_change_7d", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=PRICES, owner=COLLATERAL_DESK, sample="-0.08", indicator="COL-07",
        label=gettext_noop("Price change in 7 days"),
        meaning=gettext_noop("Price of the pledged goods against that of 7 days before, minus 1; the item that fell most counts."),
        empty=gettext_noop("No price of the collateral is told at least weekly."),
    ),
    Field(
        name="guarantor_signals", grain="loan", kind=Kind.INT, unit=COUNT, inputs=SIGNALS, owner=REGISTER_DESK, sample="0", indicator="COL-08",
        label=gettext_noop("Grave signals on guarantors"),
        meaning=gettext_noop(
            "Unsettled signals on the guarantors that are no rumours: sued by a lender, enforcement, insolvency, black lists, fraud, arrears "
            "elsewhere and the like."
        ),
        empty=gettext_noop("The loan has no guarantor, or the lender's sources have never told of an outside signal."),
    ),
    Field(
        name="guarantor_class", grain="loan", kind=Kind.CHOICE, unit=WORD, inputs=GUARANTEES, owner=CORE, sample="normal", indicator="COL-08",
        values=RISK_CLASSES,
        label=gettext_noop("Class of the guarantor"),
        meaning=gettext_noop("Class that the worst days past due among the guarantors' own loans call for."),
        empty=gettext_noop("The loan has no guarantor."),
    ),
    Field(
        name="rights_lapse_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=RIGHTS, owner=COLLATERAL_DESK, sample="120", indicator="COL-11",
        label=gettext_noop("Days until a right lapses"),
        meaning=gettext_noop(
            "Days until the first registration of an item or guarantee of the loan ends; 0 or less for a registration that has ended. Periods of "
            "limitation are not recorded and not counted."
        ),
        empty=gettext_noop("No registration and no guarantee of the loan has an end."),
    ),
)  # fmt: skip
