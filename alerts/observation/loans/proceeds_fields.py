"""The fields of where the money of a loan went."""

from alerts.observation.fields import COUNT, CREDIT_ADMIN, DAYS, MANAGER, SHARE, Field, Kind, gettext_noop

PAYEES = gettext_noop("Payments of loan money and the payees agreed")
PAYMENTS = gettext_noop("Payments of loan money and bookings on the borrower's accounts")
PROOFS = gettext_noop("Payments of loan money with their proofs")
PROJECT = gettext_noop("Progress, plan, spending and budget of the project")
POINTS = gettext_noop("points")
NO_PAYMENT = gettext_noop("No payment of the loan's money is recorded.")

PROCEEDS_FIELDS = (
    Field(
        name="paid_outside_share", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=PAYEES, owner=CREDIT_ADMIN, sample="0.10", indicator="USE-01",
        label=gettext_noop("Share paid to others than agreed"),
        meaning=gettext_noop("Money of the loan paid to others than the agreed payees, divided by the amount of the loan."),
        empty=gettext_noop("No payee has been agreed, or no payment of the loan's money is recorded."),
    ),
    Field(
        name="forbidden_use_share", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=PAYMENTS, owner=MANAGER, sample="0.00", indicator="USE-02",
        label=gettext_noop("Share put to forbidden uses"),
        meaning=gettext_noop(
            "Money that went to securities, property, wealth products or lenders within 30 days, divided by the amount of the loan. Payments "
            "of the loan and bookings on the borrower's own accounts are seen, what payees do with the money is not."
        ),
        empty=gettext_noop("No payment of the loan's money and no booking of the borrower's accounts after disbursement is recorded."),
    ),
    Field(
        name="forbidden_payments", grain="loan", kind=Kind.INT, unit=COUNT, inputs=PAYMENTS, owner=MANAGER, sample="0", indicator="USE-02",
        label=gettext_noop("Payments for forbidden uses"),
        meaning=gettext_noop("Payments to securities, property, wealth products or lenders within 30 days after disbursement."),
        empty=gettext_noop("No payment of the loan's money and no booking of the borrower's accounts after disbursement is recorded."),
    ),
    Field(
        name="returned_share", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=PAYMENTS, owner=MANAGER, sample="0.05", indicator="USE-03",
        label=gettext_noop("Share that came back to the borrower"),
        meaning=gettext_noop(
            "Money paid to the borrower or related parties within 30 days, and money that payees sent back to the borrower's accounts within "
            "30 days of being paid, divided by the amount of the loan."
        ),
        empty=NO_PAYMENT,
    ),
    Field(
        name="proven_share", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=PROOFS, owner=MANAGER, sample="0.85", indicator="USE-04",
        label=gettext_noop("Share of the use proven"),
        meaning=gettext_noop("Payments of loan money shown by a contract, invoice or receipt, divided by the amount of the loan."),
        empty=NO_PAYMENT,
    ),
    Field(
        name="proofs_missing_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=PROOFS, owner=MANAGER, sample="45", indicator="USE-04",
        label=gettext_noop("Days with proofs missing"),
        meaning=gettext_noop("Days since disbursement while less than the share asked for (80 % as shipped) is proven; 0 once it is."),
        empty=NO_PAYMENT,
    ),
    Field(
        name="split_payments", grain="loan", kind=Kind.INT, unit=COUNT, inputs=PAYEES, owner=MANAGER, sample="0", indicator="USE-05",
        label=gettext_noop("Payees paid in slices"),
        meaning=gettext_noop(
            "Payees to whom the borrower paid 3 times or more within 10 days just below the amount from which the lender pays itself: each "
            "time from 80 to 100 % of it, together more."
        ),
        empty=NO_PAYMENT,
    ),
    Field(
        name="cash_share", grain="loan", kind=Kind.RATIO, unit=SHARE, inputs=PAYEES, owner=MANAGER, sample="0.20", indicator="USE-06",
        label=gettext_noop("Share taken as cash or by persons"),
        meaning=gettext_noop("Part of what the borrower paid himself that went out as cash or to natural persons within 3 days of disbursement."),
        empty=gettext_noop("No payment that the borrower made himself is recorded."),
    ),
    Field(
        name="project_behind", grain="loan", kind=Kind.NUMBER, unit=POINTS, inputs=PROJECT, owner=MANAGER, sample="12", indicator="USE-07",
        label=gettext_noop("Project behind plan"),
        meaning=gettext_noop("Planned progress minus progress, or part of the budget spent minus progress, the larger; in points of 100."),
        empty=gettext_noop("The loan finances no project, or its progress or plan is not known."),
    ),
    Field(
        name="project_stands_days", grain="loan", kind=Kind.INT, unit=DAYS, inputs=PROJECT, owner=MANAGER, sample="20", indicator="USE-07",
        label=gettext_noop("Days since the project advanced"),
        meaning=gettext_noop("Days since the progress of the project was first told as high as it is."),
        empty=gettext_noop("The loan finances no project, or its progress has been told less than twice."),
    ),
)  # fmt: skip
