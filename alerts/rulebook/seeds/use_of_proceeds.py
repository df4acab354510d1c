"""Where the money of the loan went."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import PRACTICE, PROPOSED, Confidence, Seed

SEEDS = (
    Seed(
        code="USE-01",
        name=_("Paid to others than agreed"),
        text="yellow when paid_outside_share >= 5%\norange when paid_outside_share >= 20%\nred    when paid_outside_share >= 50%",
        why=_("The purpose was the reason for the loan; money that went elsewhere will not earn what was to repay it."),
        look_at=_(
            "Go through the payments one by one with contract and invoice. See the goods or the machine itself; if they are not there, ask "
            "where the money stands today."
        ),
        basis=_("China, lending measures of 2024: money is used for the agreed purpose. The limits are our own proposal."),
        confidence=Confidence.MEDIUM,
        event=True,
    ),
    Seed(
        code="USE-02",
        name=_("Money put to a forbidden use"),
        text="orange when forbidden_payments >= 1\nred    when forbidden_use_share >= 10%",
        why=_("Loan money in shares, property or lending is a breach towards the supervisor and lost as a source of repayment."),
        look_at=_(
            "Trace each payment to its last account and ask for the papers. Decide with credit administration whether the amount is to be "
            "called back, and stop further drawdowns until then."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        event=True,
    ),
    Seed(
        code="USE-03",
        name=_("Money came back to the borrower"),
        text="yellow when returned_share >= 5%\norange when returned_share >= 20%\nred    when returned_share >= 50%",
        why=_("A payee who sends the money back was no supplier, and the purchase never took place."),
        look_at=_(
            "Ask for the delivery notes and see the goods. Look up who owns the payee and who signs there; compare telephone and address "
            "with those of the borrower."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        event=True,
    ),
    Seed(
        code="USE-04",
        name=_("Use of the money is not proven"),
        text="yellow when proofs_missing_days > 30\norange when proofs_missing_days > 60\nred    when proofs_missing_days > 90",
        why=_("Without invoices nobody can say afterwards what the loan paid for, and the first check counts as not done."),
        look_at=_(
            "Take contracts, invoices and receipts along from the visit and photograph what was bought. Ask the supplier for copies where "
            "the borrower has none."
        ),
        basis=_("Chinese practice: the use of proceeds is checked within three months. Other limits are our own proposal."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="USE-05",
        name=_("Payments cut into slices below the limit"),
        text="yellow when split_payments >= 1\norange when split_payments >= 2",
        why=_("Who pays one supplier three times just below the amount that the bank would pay itself wants the bank not to look."),
        look_at=_("Lay the payments beside one contract: is it one purchase? Ask who advised the borrower to pay in parts."),
        basis=PROPOSED,
        event=True,
    ),
    Seed(
        code="USE-06",
        name=_("Taken out as cash at once"),
        text="yellow when cash_share >= 20%\norange when cash_share >= 50%",
        why=_("Cash leaves no trace: within three days of the drawdown it usually repays a debt that nobody has told us of."),
        look_at=_(
            "Ask for the receipts of what was paid in cash and see the goods. Ask the persons who got transfers what they were paid for."
        ),
        basis=PROPOSED,
        event=True,
    ),
    Seed(
        code="USE-07",
        name=_("Project behind plan"),
        text=(
            "# Loans that finance no project are clear.\n"
            "yellow when product_kind = fixed_asset and project_behind >= 10\n"
            "orange when product_kind = fixed_asset and project_behind >= 20\n"
            "red    when product_kind = fixed_asset and (project_behind >= 35 or (project_behind > 0 and project_stands_days >= 60))"
        ),
        why=_("A plant that is finished late earns late, and money that is spent ahead of the work will be missing at its end."),
        look_at=_(
            "Walk the site with the schedule in hand and photograph each part. Ask contractor and supervisor separately what is unpaid, and "
            "release the next drawdown only against work that stands."
        ),
        basis=PROPOSED,
        hold_days=5,
    ),
)
