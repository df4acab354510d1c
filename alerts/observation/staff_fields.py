"""The fields of a staff observation: what a rule on a member of staff can speak of. Never shown to the person concerned."""

from alerts.observation.fields import BOOK, CALENDAR, CORE, COUNT, DAYS, EVENTS, LOANWATCH, SHARE, Field, Kind, gettext_noop

_LENDER_CURRENCY = gettext_noop("currency of the lender")
_SECONDS = gettext_noop("seconds")
_ACTS = gettext_noop("Acts of staff as recorded")
_NO_REPORT = gettext_noop("The person handed in no report in 90 days.")
_FEW_REVIEWS = gettext_noop("The person verified too few points in 90 days to say anything.")

STAFF_FIELDS = (
    Field(
        name="as_of", grain="staff", kind=Kind.DATE, unit=CALENDAR, inputs=BOOK, owner=LOANWATCH, sample="2026-11-20",
        label=gettext_noop("Business date"),
        meaning=gettext_noop("The business date at whose close the member of staff is observed."),
    ),
    Field(
        name="loans", grain="staff", kind=Kind.INT, unit=COUNT, inputs=BOOK, owner=LOANWATCH, sample="42",
        label=gettext_noop("Loans in care"),
        meaning=gettext_noop("Loans on the book for which the person is the responsible account manager."),
    ),
    Field(
        name="outstanding", grain="staff", kind=Kind.MONEY, unit=_LENDER_CURRENCY, inputs=BOOK, owner=LOANWATCH, sample="82400000.00",
        label=gettext_noop("Outstanding balance in care"),
        meaning=gettext_noop("Sum of the outstanding balances of these loans in the currency of the lender."),
    ),
    Field(
        name="inspections_overdue", grain="staff", kind=Kind.INT, unit=COUNT, inputs=_ACTS, owner=LOANWATCH, sample="3", indicator="PRC-01",
        label=gettext_noop("Loans with an inspection overdue"),
        meaning=gettext_noop("Loans in care with an inspection whose due date has passed."),
    ),
    Field(
        name="inspection_overdue_worst", grain="staff", kind=Kind.INT, unit=DAYS, inputs=_ACTS, owner=LOANWATCH, sample="16", indicator="PRC-01",
        label=gettext_noop("Longest overdue inspection"),
        meaning=gettext_noop("Calendar days by which the inspection that is longest overdue is late."),
        empty=gettext_noop("The person has no loans in care."),
    ),
    Field(
        name="copied_pictures_90d", grain="staff", kind=Kind.INT, unit=COUNT, inputs=_ACTS, owner=LOANWATCH, sample="1", indicator="PRC-03",
        label=gettext_noop("Copied pictures in 90 days"),
        meaning=gettext_noop("Pictures in the person's reports of the last 90 days that were seen in another visit, or were taken more than 2 days before it."),
        empty=_NO_REPORT,
    ),
    Field(
        name="preloan_pictures_90d", grain="staff", kind=Kind.INT, unit=COUNT, inputs=_ACTS, owner=LOANWATCH, sample="0", indicator="PRC-03",
        label=gettext_noop("Pictures from before the loan in 90 days"),
        meaning=gettext_noop("Of the copied pictures, those that are older than the loan's disbursement."),
        empty=_NO_REPORT,
    ),
    Field(
        name="copied_words_worst_90d", grain="staff", kind=Kind.RATIO, unit=SHARE, inputs=_ACTS, owner=LOANWATCH, sample="0.64", indicator="PRC-04",
        label=gettext_noop("Most alike reports in 90 days"),
        meaning=gettext_noop("Highest likeness of the words of a report to another report of the same person."),
        empty=_NO_REPORT,
    ),
    Field(
        name="copied_words_reports_90d", grain="staff", kind=Kind.INT, unit=COUNT, inputs=_ACTS, owner=LOANWATCH, sample="0", indicator="PRC-04",
        label=gettext_noop("Copied reports in 90 days"),
        meaning=gettext_noop("Reports of the last 90 days that are more than 90 % alike another report of the same person."),
        empty=_NO_REPORT,
    ),
    Field(
        name="impossible_routes_30d", grain="staff", kind=Kind.INT, unit=COUNT, inputs=_ACTS, owner=LOANWATCH, sample="0", indicator="PRC-05",
        label=gettext_noop("Impossible routes in 30 days"),
        meaning=gettext_noop("Visits of the last 30 days too far from the registered place, or too far from the visit before in the time between."),
        empty=_NO_REPORT,
    ),
    Field(
        name="disagreement_share_90d", grain="staff", kind=Kind.RATIO, unit=SHARE, inputs=_ACTS, owner=LOANWATCH, sample="0.12", indicator="PRC-06",
        label=gettext_noop("Points changed by verifiers in 90 days"),
        meaning=gettext_noop("Share of the points of the person's reports that the verifier answered otherwise."),
        empty=gettext_noop("Too few points of the person's reports were verified in 90 days to say anything."),
    ),
    Field(
        name="review_seconds_90d", grain="staff", kind=Kind.NUMBER, unit=_SECONDS, inputs=_ACTS, owner=LOANWATCH, sample="7.5", indicator="PRC-07",
        label=gettext_noop("Seconds per point as verifier in 90 days"),
        meaning=gettext_noop("Median over the person's verifications of the seconds taken per point."),
        empty=_FEW_REVIEWS,
    ),
    Field(
        name="review_agreement_90d", grain="staff", kind=Kind.RATIO, unit=SHARE, inputs=_ACTS, owner=LOANWATCH, sample="0.97", indicator="PRC-07",
        label=gettext_noop("Agreement as verifier in 90 days"),
        meaning=gettext_noop("Share of the points that the person, as verifier, answered like the report."),
        empty=_FEW_REVIEWS,
    ),
    Field(
        name="surprise_defaults_12m", grain="staff", kind=Kind.INT, unit=COUNT, inputs=_ACTS, owner=LOANWATCH, sample="1", indicator="PRC-08",
        label=gettext_noop("Surprise defaults in 12 months"),
        meaning=gettext_noop("Loans that went past 30 days within 90 days of a report of the person saying 'no problem', while no warning stood open."),
    ),
    Field(
        name="benign_default_share_12m", grain="staff", kind=Kind.RATIO, unit=SHARE, inputs=_ACTS, owner=LOANWATCH, sample="0.05", indicator="PRC-09",
        label=gettext_noop("Default after a false alarm in 12 months"),
        meaning=gettext_noop("Share of the alerts that the person submitted as false alarms whose loan went past 60 days within 180 days."),
        empty=gettext_noop("The person submitted no false alarm in 12 months."),
    ),
    Field(
        name="late_entry_share_90d", grain="staff", kind=Kind.RATIO, unit=SHARE, inputs=_ACTS, owner=LOANWATCH, sample="0.08", indicator="PRC-10",
        label=gettext_noop("Late entries in 90 days"),
        meaning=gettext_noop("Share of the records the person entered by hand in 90 days that came more than 3 days after the day they are about."),
        empty=gettext_noop("The person entered nothing by hand in 90 days."),
    ),
    Field(
        name="edge_extensions_quarter", grain="staff", kind=Kind.INT, unit=COUNT, inputs=EVENTS, owner=CORE, sample="2", indicator="MSK-03",
        label=gettext_noop("Extensions at a bucket edge this quarter"),
        meaning=gettext_noop(
            "Extensions and restructurings of this quarter, on loans then in the person's care, made just before the next overdue bucket "
            "or the end of the quarter."
        ),
    ),
)
