"""The fields of covenants and of the conditions of the approval."""

from alerts.observation.fields import COUNT, CREDIT_ADMIN, DAYS, SHARE, YES_NO, Field, Kind, gettext_noop

TESTS = gettext_noop("Covenants, their tests and waivers")
CONDITIONS = gettext_noop("Conditions of the approval")
NO_TEST = gettext_noop("No covenant of the loan has been tested.")

COVENANT_FIELDS = (
    Field(
        name="covenant_headroom", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=TESTS, owner=CREDIT_ADMIN, sample="0.08", indicator="COV-01",
        label=gettext_noop("Covenant headroom"),
        meaning=gettext_noop(
            "Distance of the last test from its limit, divided by the limit, while on the safe side; the covenant with the least counts."
        ),
        empty=gettext_noop("No covenant of the loan with a limit other than zero was last tested on its safe side."),
    ),
    Field(
        name="covenant_breaches", grain="loan", kind=Kind.INT, unit=COUNT, inputs=TESTS, owner=CREDIT_ADMIN, sample="1", indicator="COV-02",
        label=gettext_noop("Covenants broken"),
        meaning=gettext_noop("Covenants of the loan, its facility or its borrower that failed their last test and are not waived."),
        empty=NO_TEST,
    ),
    Field(
        name="covenant_breaches_of_4", grain="loan", kind=Kind.INT, unit=COUNT, inputs=TESTS, owner=CREDIT_ADMIN, sample="2", indicator="COV-02",
        label=gettext_noop("Failed tests of the last 4"),
        meaning=gettext_noop("How many of its last 4 tests a covenant that is broken now has failed; 0 when none is broken."),
        empty=NO_TEST,
    ),
    Field(
        name="covenant_waiver_expired", grain="loan", kind=Kind.BOOL, unit=YES_NO, inputs=TESTS, owner=CREDIT_ADMIN, sample="false",
        indicator="COV-02",
        label=gettext_noop("Broken after a waiver has ended"),
        meaning=gettext_noop("A covenant that is broken now was waived before, and no waiver is in force any more."),
        empty=NO_TEST,
    ),
    Field(
        name="covenant_tests_missing", grain="loan", kind=Kind.INT, unit=COUNT, inputs=TESTS, owner=CREDIT_ADMIN, sample="1", indicator="COV-03",
        label=gettext_noop("Covenant tests without figures"),
        meaning=gettext_noop(
            "Tests in a row for which no figures came within the days allowed after the agreed date; the covenant with the most counts. The "
            "delivery of statements itself is left out."
        ),
        empty=gettext_noop("The loan has no covenant that is tested."),
    ),
    Field(
        name="condition_overdue_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=CONDITIONS, owner=CREDIT_ADMIN, sample="12",
        indicator="REL-02",
        label=gettext_noop("Days a condition of the approval is overdue"),
        meaning=gettext_noop("Days since the date of the oldest condition of the approval that has not been met; 0 when none is late."),
        empty=gettext_noop("No dated condition of the approval is recorded."),
    ),
)  # fmt: skip
