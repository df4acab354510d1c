"""Bad loans made to look good. What was done once stays so: these rules speak of events."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import PORTFOLIO_PROJECT, PRACTICE, PROPOSED, WARNING_LISTS, Confidence, Seed

SEEDS = (
    Seed(
        code="MSK-01",
        name=_("A new loan repays the old one"),
        text=(
            "yellow when new_loan_repaid_share >= 30%\n"
            "orange when new_loan_repaid_share >= 60%\n"
            "red    when new_loan_repaid_share >= 80% or new_loan_repaid_24m >= 2"
        ),
        why=_("A loan repaid by its successor was not repaid at all; the arrears only got a new date."),
        look_at=_(
            "Trace the day of repayment: which account, whose money? Unless it is a renewal that a named person approved as such, class and "
            "date of the old loan go on counting."
        ),
        basis=_("China, order No. 1 of 2023: new for old is special mention, by a public rule pack. The limits are ours."),
        confidence=Confidence.MEDIUM,
        event=True,
    ),
    Seed(
        code="MSK-02",
        name=_("Extended again while in difficulty"),
        text=(
            "# A routine roll-over of a sound borrower is no warning: it counts only with arrears, a worse class or a restructuring.\n"
            "yellow when extensions_24m >= 1 and (worst_dpd_12m >= 1 or risk_class != normal or restructured)\n"
            "orange when extensions_24m >= 2 and (worst_dpd_12m >= 1 or risk_class != normal or restructured)\n"
            "red    when extensions_24m >= 3 and (worst_dpd_12m >= 1 or risk_class != normal or restructured)"
        ),
        why=_("Extending a loan that cannot be repaid keeps it looking current and lets the loss grow."),
        look_at=_(
            "Find out what the extended money stands in today. Is there a source of repayment at the new date that was not there "
            "at the old?"
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        event=True,
    ),
    Seed(
        code="MSK-03",
        name=_("Extended just before a worse overdue bucket"),
        text=(
            "# Counted on this loan in 24 months; how many the same manager granted in a quarter, on any loan, is not asked.\n"
            "yellow when edge_extensions_24m >= 1\norange when edge_extensions_24m >= 2\nred    when edge_extensions_24m >= 4"
        ),
        why=_("An extension a few days before 30 or 90 days, or before the end of a quarter, may serve the figures and not the borrower."),
        look_at=_(
            "Read the application of each extension: who asked for it, when, and with which reason. Reckon the days past due without it."
        ),
        basis=PROPOSED,
        event=True,
    ),
    Seed(
        code="MSK-04",
        name=_("Rolled over without repaying any principal"),
        text=(
            "# Counts only with arrears, a worse class or a restructuring, like MSK-02. Empty: no principal was ever repaid.\n"
            + "\n".join(
                f"{level:6} when rollovers >= {times} and (worst_dpd_12m >= 1 or risk_class != normal or restructured)\n"
                "            and (months_no_principal is not empty and months_no_principal >= 12\n"
                "                 or months_no_principal is empty and months_on_book >= 12)"
                for times, level in enumerate(("yellow", "orange", "red"), 1)
            )
        ),
        why=_("A working-capital loan that never shrinks has become the firm's equity, and nobody has approved it as such."),
        look_at=_(
            "Ask what would have to be sold to repay a tenth of the loan. Agree on small repayments from now on, and find the long-term need "
            "behind the short-term loan."
        ),
        basis=WARNING_LISTS,
        confidence=Confidence.MEDIUM,
        event=True,
    ),
    Seed(
        code="MSK-06",
        name=_("Staff or their family pay the instalments"),
        text="red when staff_payments_24m >= 1",
        why=_(
            "A colleague who pays for a borrower hides arrears, shares in the loan or lends his own money; each is a case for the audit."
        ),
        look_at=_(
            "Do not ask the account manager. Let internal audit take the payments with date and account, speak with the borrower without the "
            "manager, and check the manager's other loans for the same payer."
        ),
        basis=_("Conduct rules of banks: staff do not pay for borrowers. Any payment counts, so no number is tuned."),
        confidence=Confidence.MEDIUM,
        staff_conduct=True,
        event=True,
    ),
    Seed(
        code="MSK-07",
        name=_("Class improved without money"),
        text=(
            "# A loan whose class has not been improved within a year has nothing to judge and is clear.\n"
            "orange when upgrade_instalments is not empty and upgrade_instalments < 2"
        ),
        why=_("A better class without two instalments paid is a wish; provisions are released against nothing."),
        look_at=_(
            "Read the proposal for the better class and who confirmed it. Lay the payments since the downgrade beside the plan, and take the "
            "improvement back if two periods were not paid."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        event=True,
    ),
)
