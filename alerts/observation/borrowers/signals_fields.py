"""The fields that come from courts, tax office, registers and news."""

from functools import partial

from alerts.observation.fields import COUNT, DAYS, SHARE, WORD, YES_NO, Field, Kind, gettext_noop

COURTS = gettext_noop("What courts tell")
TAX = gettext_noop("What the tax office tells")
REGISTER = gettext_noop("What company register and authorities tell")
SIGNALS_DESK = gettext_noop("Feed of outside signals")
LENDER_CURRENCY = gettext_noop("currency of the lender")
_NO_COURT = gettext_noop("No court has told the lender anything yet, or no amount is told in the currency of the lender.")
_NO_REGISTER = gettext_noop("No register or authority has told the lender anything yet.")
_NO_NET_ASSETS = gettext_noop("The source has told nothing yet, or the latest statement gives no positive equity in the currency of the lender.")
_NO_EXPOSURE = gettext_noop("No court has told the lender anything yet, or nothing is outstanding in the currency of the lender.")

TAX_TROUBLES = (
    ("none", gettext_noop("Nothing told")),
    ("invoices", gettext_noop("Abnormal invoices")),
    ("arrears", gettext_noop("Tax arrears")),
    ("illegal", gettext_noop("Case of illegal tax")),
)
ORDERS = (
    ("none", gettext_noop("Nothing told")),
    ("recall", gettext_noop("Products called back")),
    ("stopped", gettext_noop("Ordered to stop, or licence withdrawn")),
)
EMPLOYER_TROUBLES = (
    ("none", gettext_noop("Nothing told")),
    ("watched", gettext_noop("Employer watched")),
    ("wage_delay", gettext_noop("Employer pays wages late")),
    ("closed", gettext_noop("Employer closed or insolvent")),
)
FROZEN = (("none", gettext_noop("Not frozen")), ("partial", gettext_noop("Frozen in part")), ("full", gettext_noop("Frozen in full")))

_court = partial(Field, grain="borrower", inputs=COURTS, owner=SIGNALS_DESK)
_register = partial(Field, grain="borrower", inputs=REGISTER, owner=SIGNALS_DESK)

SIGNALS_FIELDS = (
    _court(
        name="lawsuits_12m", indicator="EXT-01", kind=Kind.INT, unit=COUNT, sample="2", label=gettext_noop("Lawsuits against the borrower"), empty=_NO_COURT,
        meaning=gettext_noop("Suits of the last twelve months that are not settled."),
    ),
    _court(
        name="sued_by_lenders_12m", indicator="EXT-01", kind=Kind.INT, unit=COUNT, sample="1", label=gettext_noop("Lawsuits of lenders"), empty=_NO_COURT,
        meaning=gettext_noop("Of them, those that another lender has brought."),
    ),
    _court(
        name="lawsuit_amount_12m", indicator="EXT-01", kind=Kind.MONEY, unit=LENDER_CURRENCY, sample="1200000.00", label=gettext_noop("Amount claimed in court"),
        empty=_NO_COURT, meaning=gettext_noop("Sum of the amounts told of them in the currency of the lender."),
    ),
    _court(
        name="litigation_share", indicator="EXT-01", kind=Kind.RATIO, unit=SHARE, sample="0.07", label=gettext_noop("Amount claimed in court to net assets"),
        empty=_NO_NET_ASSETS, meaning=gettext_noop("Amount claimed in court over the equity of the latest statement."),
    ),
    _court(
        name="enforcement_cases", indicator="EXT-02", kind=Kind.INT, unit=COUNT, sample="1", label=gettext_noop("Enforcement cases"), empty=_NO_COURT,
        meaning=gettext_noop("Enforcement cases against the borrower that are not settled."),
    ),
    _court(
        name="enforcement_amount", indicator="EXT-02", kind=Kind.MONEY, unit=LENDER_CURRENCY, sample="400000.00", label=gettext_noop("Amount enforced"),
        empty=_NO_COURT, meaning=gettext_noop("Sum of the amounts told of them in the currency of the lender."),
    ),
    _court(
        name="enforcement_share", indicator="EXT-02", kind=Kind.RATIO, unit=SHARE, sample="0.06", label=gettext_noop("Amount enforced to exposure"),
        empty=_NO_EXPOSURE, meaning=gettext_noop("Amount enforced over the borrower's outstanding balance here."),
    ),
    _court(
        name="on_debtor_list", indicator="EXT-02", kind=Kind.BOOL, unit=YES_NO, sample="yes", label=gettext_noop("On a list of dishonest debtors"),
        empty=_NO_COURT, meaning=gettext_noop("On the list of dishonest debtors, or barred from travel and spending, and not taken off."),
    ),
    _court(
        name="account_frozen", indicator="ACC-12", kind=Kind.CHOICE, unit=WORD, sample="partial", values=FROZEN, label=gettext_noop("Accounts frozen"),
        empty=_NO_COURT, meaning=gettext_noop("Whether a court has frozen the borrower's accounts; in full where the share is 100 %."),
    ),
    _court(
        name="account_deducted_12m", indicator="ACC-12", kind=Kind.MONEY, unit=LENDER_CURRENCY, sample="90000.00", label=gettext_noop("Money deducted by a court"),
        empty=_NO_COURT, meaning=gettext_noop("Sum that courts have taken from the borrower's accounts in twelve months."),
    ),
    _court(
        name="deducted_share", indicator="ACC-12", kind=Kind.RATIO, unit=SHARE, sample="0.11", label=gettext_noop("Money deducted to exposure"),
        empty=_NO_EXPOSURE, meaning=gettext_noop("Money deducted by a court over the borrower's outstanding balance here."),
    ),
    Field(
        name="tax_trouble", grain="borrower", indicator="EXT-04", kind=Kind.CHOICE, unit=WORD, inputs=TAX, owner=SIGNALS_DESK, sample="arrears",
        values=TAX_TROUBLES, label=gettext_noop("Trouble with the tax office"), empty=gettext_noop("The tax office has told the lender nothing yet."),
        meaning=gettext_noop("The worst of what the tax office tells and has not settled."),
    ),
    _register(
        name="penalties_12m", indicator="EXT-05", kind=Kind.INT, unit=COUNT, sample="1", label=gettext_noop("Fines by authorities"), empty=_NO_REGISTER,
        meaning=gettext_noop("Fines of the last twelve months."),
    ),
    _register(
        name="penalty_share", indicator="EXT-05", kind=Kind.RATIO, unit=SHARE, sample="0.012", label=gettext_noop("Fines to net assets"), empty=_NO_NET_ASSETS,
        meaning=gettext_noop("Fines of the last twelve months over the equity of the latest statement."),
    ),
    _register(
        name="regulator_order", indicator="EXT-05", kind=Kind.CHOICE, unit=WORD, sample="recall", values=ORDERS, label=gettext_noop("Orders of authorities"),
        empty=_NO_REGISTER, meaning=gettext_noop("The worst order in force: products called back, or business stopped."),
    ),
    _register(
        name="abnormal_operation_days", indicator="EXT-06", kind=Kind.INT, unit=DAYS, sample="31", label=gettext_noop("Days on the list of abnormal operation"),
        empty=_NO_REGISTER, meaning=gettext_noop("Days since the borrower was listed, the first one counted; 0 when it is not listed or was taken off."),
    ),
    _register(
        name="serious_violation", indicator="EXT-06", kind=Kind.BOOL, unit=YES_NO, sample="yes", label=gettext_noop("Listed for serious violation of law"),
        empty=_NO_REGISTER, meaning=gettext_noop("Whether the borrower is on the list of serious violations."),
    ),
    Field(
        name="negative_outlook", grain="borrower", indicator="EXT-07", kind=Kind.BOOL, unit=YES_NO, inputs=gettext_noop("What rating agencies tell"),
        owner=SIGNALS_DESK, sample="yes", label=gettext_noop("Outlook of the rating negative"),
        empty=gettext_noop("No outlook of any rating has been told to the lender yet."), meaning=gettext_noop("Whether a negative outlook stands."),
    ),
    Field(
        name="adverse_news_weight_90d", grain="borrower", indicator="EXT-09", kind=Kind.INT, unit=COUNT, inputs=gettext_noop("News and their confirmation"),
        owner=SIGNALS_DESK, sample="2", label=gettext_noop("Confirmed adverse news"), empty=gettext_noop("No news have been told to the lender yet."),
        meaning=gettext_noop("Confirmed adverse news of 90 days, each counted by the weight of its matter among the parameters."),
    ),
    Field(
        name="employer_trouble", grain="borrower", indicator="EXT-12", kind=Kind.CHOICE, unit=WORD, inputs=gettext_noop("What registers and news tell of employers"),
        owner=SIGNALS_DESK, sample="wage_delay", values=EMPLOYER_TROUBLES, label=gettext_noop("Trouble of the employer"),
        empty=gettext_noop("Nothing has been told of any employer yet."), meaning=gettext_noop("The worst told of the borrower's employer and not settled."),
    ),
)  # fmt: skip
