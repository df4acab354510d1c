"""The fields that come from figures of bureau, tax office, utility, register and ratings."""

from functools import partial

from alerts.observation.fields import COUNT, CREDIT_ADMIN, DAYS, SHARE, TIMES, WORD, Field, Kind, gettext_noop

BUREAU = gettext_noop("Figures of the credit bureau")
TAX_OFFICE = gettext_noop("Figures of the tax office")
RATINGS = gettext_noop("Ratings")
BUREAU_DESK = gettext_noop("Credit bureau feed")
OUTSIDE_DESK = gettext_noop("Feed of outside figures")
NOTCHES = gettext_noop("notches")
POINTS = gettext_noop("points")
_NO_FIGURE = gettext_noop("No such figure has come, or the last one is too old.")
_NO_YEAR_BEFORE = gettext_noop("No such figure has come lately, or none of a year before to compare with.")

_bureau = partial(Field, grain="borrower", inputs=BUREAU, owner=BUREAU_DESK)
_outside = partial(Field, grain="borrower", owner=OUTSIDE_DESK)

FIGURES_FIELDS = (
    _bureau(
        name="total_debt_change", indicator="FIN-18", kind=Kind.RATIO, unit=SHARE, sample="0.34", label=gettext_noop("Change of debt at all lenders"),
        empty=_NO_YEAR_BEFORE, meaning=gettext_noop("Debt at all lenders against the figure that is twelve to fifteen months older, in the same currency."),
    ),
    _outside(
        name="tax_class", indicator="EXT-04", kind=Kind.INT, unit=WORD, inputs=TAX_OFFICE, sample="3", label=gettext_noop("Class given by the tax office"),
        empty=_NO_FIGURE, meaning=gettext_noop("1 is A, the best; 2 is B, 3 is M, 4 is C and 5 is D."),
    ),
    _outside(
        name="tax_class_steps_down", indicator="EXT-04", kind=Kind.INT, unit=COUNT, inputs=TAX_OFFICE, sample="1", label=gettext_noop("Steps that the tax class fell"),
        empty=_NO_FIGURE, meaning=gettext_noop("Steps between today's class and the best class within twelve months."),
    ),
    _outside(
        name="external_rating", indicator="EXT-07", kind=Kind.INT, unit=NOTCHES, inputs=RATINGS, sample="12", label=gettext_noop("External rating"),
        empty=gettext_noop("Nobody rates the borrower."), meaning=gettext_noop("Notch of the rating: 1 is AAA, 16 is B-, 22 is D."),
    ),
    _outside(
        name="rating_notches_down", indicator="EXT-07", kind=Kind.INT, unit=NOTCHES, inputs=RATINGS, sample="2", label=gettext_noop("Notches that the rating fell"),
        empty=gettext_noop("Nobody rates the borrower."),
        meaning=gettext_noop("Notches between today's external rating and the best one within twelve months, on the same scale."),
    ),
    _bureau(
        name="bureau_score_change", indicator="EXT-08", kind=Kind.NUMBER, unit=POINTS, sample="-45", label=gettext_noop("Fall of the bureau score"),
        meaning=gettext_noop("Today's score less the highest of the twelve months up to it, on the same scale: never above zero."),
        empty=gettext_noop("The bureau gives no score, or gave only one on this scale in twelve months."),
    ),
    _bureau(
        name="bureau_inquiries", indicator="EXT-08", kind=Kind.INT, unit=COUNT, sample="3", label=gettext_noop("New credit inquiries"), empty=_NO_FIGURE,
        meaning=gettext_noop("Inquiries of other lenders in the 60 days up to the bureau's figure."),
    ),
    _bureau(
        name="bureau_dpd_others", indicator="EXT-08", kind=Kind.INT, unit=DAYS, sample="31", label=gettext_noop("Days past due at other lenders"), empty=_NO_FIGURE,
        meaning=gettext_noop("The most days past due at any other lender, by the bureau's latest figure."),
    ),
    _bureau(
        name="bureau_npl_share", indicator="GRP-02", kind=Kind.RATIO, unit=SHARE, sample="0.12", label=gettext_noop("Share past 90 days at all lenders"),
        empty=_NO_FIGURE, meaning=gettext_noop("Share of the debt at all lenders that is more than 90 days past due; companies only."),
    ),
    _outside(
        name="insured_employees_change", indicator="EXT-10", kind=Kind.RATIO, unit=SHARE, inputs=gettext_noop("Figures of social insurance"), sample="-0.18",
        label=gettext_noop("Change of insured employees"), empty=_NO_YEAR_BEFORE,
        meaning=gettext_noop("Employees with social insurance against the figure that is twelve to fifteen months older."),
    ),
    _outside(
        name="electricity_change", indicator="EXT-11", kind=Kind.RATIO, unit=SHARE, inputs=gettext_noop("Figures of the utility"), sample="-0.25",
        label=gettext_noop("Change of electricity used"), meaning=gettext_noop("Electricity of the latest three months against the same three months a year before."),
        empty=gettext_noop("Of the latest three months or the same months a year before, one is missing."),
    ),
    _bureau(
        name="owner_dpd", indicator="MGT-03", kind=Kind.INT, unit=DAYS, sample="12", label=gettext_noop("The owner's own days past due"), empty=_NO_FIGURE,
        meaning=gettext_noop("The most days past due of the owner's personal debt at any lender, by the bureau's latest figure."),
    ),
    _bureau(
        name="owner_new_loans", indicator="MGT-03", kind=Kind.INT, unit=COUNT, sample="3", label=gettext_noop("The owner's new personal loans"), empty=_NO_FIGURE,
        meaning=gettext_noop("Personal loans that the owner took up in the 90 days before the bureau's latest figure."),
    ),
    _outside(
        name="shares_pledged_share", indicator="MGT-05", kind=Kind.RATIO, unit=SHARE, inputs=gettext_noop("Figures of the company register"), sample="0.55",
        label=gettext_noop("Controller's shares pledged"), empty=gettext_noop("The register gives no figure."),
        meaning=gettext_noop("Share of the controller's holding that is pledged."),
    ),
    _outside(
        name="internal_rating_age", indicator="REL-01", kind=Kind.RATIO, unit=TIMES, inputs=RATINGS, owner=CREDIT_ADMIN, sample="0.92",
        label=gettext_noop("Age of the internal rating"), empty=gettext_noop("The borrower was never rated."),
        meaning=gettext_noop("Days since the last internal rating over the days allowed: above 1 the rating has lapsed."),
    ),
    _bureau(
        name="guarantee_load", indicator="COL-09", kind=Kind.RATIO, unit=TIMES, inputs=gettext_noop("Guarantees here and by the bureau, and financial statements"),
        sample="1.4", label=gettext_noop("Guarantees given to net assets"),
        meaning=gettext_noop(
            "Guarantees that the borrower has given, here or by the bureau's figure, whichever is more, over its net assets, all in "
            "the currency of the lender."
        ),
        empty=gettext_noop("The latest statement gives no positive equity in the currency of the lender."),
    ),
)  # fmt: skip
