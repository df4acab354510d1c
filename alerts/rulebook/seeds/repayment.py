"""How the loan is repaid."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import NBFC_PROJECT, PAYMENT_BEHAVIOUR, PRACTICE, Confidence, Seed

SEEDS = (
    Seed(
        code="REP-01",
        name=_("Payment overdue"),
        text="yellow when days_past_due >= 1\norange when days_past_due >= 31\nred    when days_past_due >= 61",
        why=_("Nothing foretells a loss better than the first missed payment, and every week of delay makes recovery dearer."),
        look_at=_(
            "Ask why it was not paid and from what it will be paid. See stock, orders and the account of the last three months; "
            "take a dated promise with an amount."
        ),
        basis=_("China, risk classification order No. 1 of 2023: overdue at all is special mention. Other limits are ours."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-02",
        name=_("Interest in arrears while the principal is current"),
        text=(
            "yellow when interest_days_past_due >= 1 and principal_days_past_due = 0\n"
            "orange when interest_days_past_due >= 15 and principal_days_past_due = 0\n"
            "red    when interest_days_past_due >= 60 and principal_days_past_due = 0"
        ),
        why=_("A borrower who cannot pay the interest lives on the loan; the principal at maturity will not come either."),
        look_at=_("Compare the receipts of the last three months with the interest due. Ask who else is being paid first."),
        basis=_("Chinese practice: special inspection at more than 60 days of interest in arrears. Other limits are ours."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-03",
        name=_("Pays late again and again"),
        text="yellow when late_payments_6m >= 2\norange when late_payments_6m >= 3\nred    when late_payments_6m >= 5",
        why=_("Each single delay is small, but the habit shows that money is short before every due date."),
        look_at=_("Lay the due dates beside the dates of the borrower's own receipts. Would another due date help, or is money missing?"),
        basis=PAYMENT_BEHAVIOUR,
    ),
    Seed(
        code="REP-04",
        name=_("Pays later each time"),
        text="yellow when lateness_slope_6 > 1\norange when lateness_slope_6 > 3 or (lateness_rising_3 and lateness_last >= 10)",
        why=_("Delays that grow from one instalment to the next lead to default within a few months, while each still looks harmless."),
        look_at=_("Ask what has changed since the first late payment: a lost customer, a slow debtor, a new lender to be served."),
        basis=PAYMENT_BEHAVIOUR,
    ),
    Seed(
        code="REP-05",
        name=_("Debits come back unpaid"),
        text=(
            "yellow when returned_debits_3m >= 1 and returned_debit_retries_3m >= 2\n"
            "orange when returned_debits_3m >= 2\n"
            "red    when returned_debits_3m >= 3"
        ),
        why=_("A debit that comes back says that the account was empty on the one day the borrower had known for months."),
        look_at=_(
            "See the account on the days before each returned debit: was money moved away, or did it never come? Ask whether another "
            "account has become the main one."
        ),
        basis=NBFC_PROJECT,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-06",
        name=_("Pays instalments in parts"),
        text="yellow when part_payment_share_6m >= 20%\norange when part_payment_share_6m >= 40%",
        why=_("Who pays what the till holds, instead of what is due, has no reserve left."),
        look_at=_("See cash and account on the day of the visit. Ask which part of the instalment the business can really carry."),
        basis=PAYMENT_BEHAVIOUR,
    ),
    Seed(
        code="REP-07",
        name=_("Somebody else pays the instalments"),
        text=(
            "yellow when third_party_paid_share_6m >= 20%\n"
            "orange when third_party_paid_share_6m >= 50%\n"
            "red    when unknown_payer_share_6m >= 80%"
        ),
        why=_("A loan that others pay is kept alive by new debts elsewhere, or was never meant for the borrower in whose name it stands."),
        look_at=_(
            "Name every payer of the last half year and ask what ties each to the borrower. Is there a loan, a sale or a favour behind "
            "the money, and how long will it last?"
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-08",
        name=_("Account too low for the next instalment"),
        text=(
            "# Asked only in the week before a due date.\n"
            "yellow when next_demand_days <= 7 and balance_before_due < 1\n"
            "orange when next_demand_days <= 7 and balance_before_due < 0.5\n"
            "red    when next_demand_days <= 7 and balance_before_due < 0.2"
        ),
        why=_("A call while the due date is still ahead costs nothing; the same call afterwards is collection."),
        look_at=_(
            "Call before the due date and ask which receipt will cover the instalment and on which day. Note the payer and the amount, and "
            "check on the day."
        ),
        basis=NBFC_PROJECT,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-10",
        name=_("Restructured loan in arrears again"),
        text=(
            "orange when restructured and relapse_days >= 8\n"
            "red    when restructured and (relapse_days > limit.probation_past_due or restructures >= 2)"
        ),
        why=_("The new plan was to be bearable. Arrears inside the observation period say that it is not, and the class cannot rise."),
        look_at=_(
            "Check the assumptions of the restructuring one by one. Do not offer a third plan before collateral and guarantors are seen."
        ),
        basis=_("China, risk classification order No. 1 of 2023: observation of restructured loans. The limits are ours."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-11",
        name=_("First full instalment comes near"),
        text=(
            "# A loan without an interest-only period is clear; a loan without a schedule (no principal_due_90d) cannot be judged.\n"
            "yellow when principal_due_90d < 0 or (full_instalment_days is not empty and full_instalment_days <= 75)\n"
            "orange when principal_due_90d < 0 or\n"
            "            (full_instalment_days is not empty and full_instalment_days <= 30 and balance_before_due < 1)"
        ),
        why=_("After months of interest only, the first full instalment is a multiple of what the borrower is used to paying."),
        look_at=_(
            "Reckon with the borrower the monthly surplus against the coming instalment. If it does not fit, talk about the plan now, "
            "while the loan is still current."
        ),
        basis=NBFC_PROJECT,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-12",
        name=_("Promises to pay are broken"),
        text="yellow when broken_promises_60d >= 1\norange when broken_promises_60d >= 2\nred    when broken_promises_60d >= 3",
        why=_("One broken promise may be bad luck; a second one says that there is no money, or no will, behind the words."),
        look_at=_(
            "Ask from which receipt each promise was to be kept and see whether that receipt came. Take the next promise only in writing, "
            "with its source, or ask for security instead."
        ),
        basis=PAYMENT_BEHAVIOUR,
    ),
)
