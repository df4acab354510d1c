"""The warning rules LoanWatch ships with. A lender changes them as it changes its own: by a new version, made by one, approved by another.

Limits without a source beside them are our own proposal and carry the confidence "low": to be confirmed by the bank on its own
history before they are relied on. Names and sentences are English source text, shown through gettext.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from alerts.observation.fields import gettext_noop


class Confidence(StrEnum):
    """How well the limits of a rule are founded."""

    HIGH = "high"  # the official text was read
    MEDIUM = "medium"  # a secondary source was read
    LOW = "low"  # our own proposal


# Working days of the lender's calendar, counted from the morning after the close that fired.
HANDLING_DAYS: Mapping[str, int] = MappingProxyType({"red": 3, "orange": 7, "yellow": 15})
# Red within a day; orange within 3, yellow within 5 working days.
ACKNOWLEDGE_HOURS: Mapping[str, int] = MappingProxyType({"red": 24, "orange": 72, "yellow": 120})

PROPOSED = gettext_noop("Own proposal, to be confirmed by your bank on its own history.")
PRACTICE = gettext_noop("Chinese post-loan practice; the limits are our own proposal, to be confirmed by your bank.")
FAMILIES = {
    "REP": gettext_noop("Repayment"),
    "MSK": gettext_noop("Masking"),
    "COL": gettext_noop("Collateral"),
    "PRC": gettext_noop("Process"),
    "IND": gettext_noop("Industry"),
}


@dataclass(frozen=True)
class Seed:
    """One shipped rule.

    text: in the rule language. handling_days, acknowledge_hours: by level word, in working days and hours.
    staff_conduct: the alert is about a colleague and is never shown to the person concerned.
    event: it speaks of something done once, not of a state that ends when the figures improve.
    """

    code: str
    name: str
    text: str
    why: str
    look_at: str
    basis: str
    confidence: Confidence = Confidence.LOW
    grain: str = "loan"
    staff_conduct: bool = False
    event: bool = False
    handling_days: Mapping[str, int] = field(default_factory=lambda: HANDLING_DAYS)
    acknowledge_hours: Mapping[str, int] = field(default_factory=lambda: ACKNOWLEDGE_HOURS)

    @property
    def family(self) -> str:
        """Name of the indicator family, from the code."""
        return FAMILIES[self.code.partition("-")[0]]


SEEDS: tuple[Seed, ...] = (
    Seed(
        code="REP-01",
        name=gettext_noop("Payment overdue"),
        text="yellow when days_past_due >= 1\norange when days_past_due >= 31\nred    when days_past_due >= 61",
        why=gettext_noop("Nothing foretells a loss better than the first missed payment, and every week of delay makes recovery dearer."),
        look_at=gettext_noop(
            "Ask why it was not paid and from what it will be paid. See stock, orders and the account of the last three months; "
            "take a dated promise with an amount."
        ),
        basis=gettext_noop("China, risk classification order No. 1 of 2023: overdue at all is special mention. Other limits are ours."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-02",
        name=gettext_noop("Interest in arrears while the principal is current"),
        text=(
            "yellow when interest_days_past_due >= 1 and principal_days_past_due = 0\n"
            "orange when interest_days_past_due >= 15 and principal_days_past_due = 0\n"
            "red    when interest_days_past_due >= 60 and principal_days_past_due = 0"
        ),
        why=gettext_noop("A borrower who cannot pay the interest lives on the loan; the principal at maturity will not come either."),
        look_at=gettext_noop("Compare the receipts of the last three months with the interest due. Ask who else is being paid first."),
        basis=gettext_noop("Chinese practice: special inspection at more than 60 days of interest in arrears. Other limits are ours."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REP-03",
        name=gettext_noop("Pays late again and again"),
        text="yellow when late_payments_6m >= 2\norange when late_payments_6m >= 3\nred    when late_payments_6m >= 5",
        why=gettext_noop("Each single delay is small, but the habit shows that money is short before every due date."),
        look_at=gettext_noop(
            "Lay the due dates beside the dates of the borrower's own receipts. Would another due date help, or is money "
            "missing?"
        ),
        basis=PROPOSED,
    ),
    Seed(
        code="REP-04",
        name=gettext_noop("Pays later each time"),
        text="yellow when lateness_slope_6 > 1\norange when lateness_slope_6 > 3 or (lateness_rising_3 and lateness_last >= 10)",
        why=gettext_noop(
            "Delays that grow from one instalment to the next lead to default within a few months, while each still looks "
            "harmless."
        ),
        look_at=gettext_noop(
            "Ask what has changed since the first late payment: a lost customer, a slow debtor, a new lender to be "
            "served."
        ),
        basis=PROPOSED,
    ),
    Seed(
        code="REP-06",
        name=gettext_noop("Pays instalments in parts"),
        text="yellow when part_payment_share_6m >= 20%\norange when part_payment_share_6m >= 40%",
        why=gettext_noop("Who pays what the till holds, instead of what is due, has no reserve left."),
        look_at=gettext_noop(
            "See cash and account on the day of the visit. Ask which part of the instalment the business can really "
            "carry."
        ),
        basis=PROPOSED,
    ),
    Seed(
        code="REP-10",
        name=gettext_noop("Restructured loan in arrears again"),
        text=(
            "orange when restructured and relapse_days >= 8\n"
            "red    when restructured and (relapse_days >= 31 or restructures >= 2)"
        ),
        why=gettext_noop(
            "The new plan was to be bearable. Arrears inside the observation period say that it is not, and the class cannot "
            "rise."
        ),
        look_at=gettext_noop(
            "Check the assumptions of the restructuring one by one. Do not offer a third plan before collateral and guarantors are "
            "seen."
        ),
        basis=gettext_noop("China, risk classification order No. 1 of 2023: observation of restructured loans. The limits are ours."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="MSK-02",
        name=gettext_noop("Extended again while in difficulty"),
        text=(
            "# A routine roll-over of a sound borrower is no warning: it counts only with arrears, a worse class or a restructuring.\n"
            "yellow when extensions_24m >= 1 and (worst_dpd_12m >= 1 or risk_class != normal or restructured)\n"
            "orange when extensions_24m >= 2 and (worst_dpd_12m >= 1 or risk_class != normal or restructured)\n"
            "red    when extensions_24m >= 3 and (worst_dpd_12m >= 1 or risk_class != normal or restructured)"
        ),
        why=gettext_noop("Extending a loan that cannot be repaid keeps it looking current and lets the loss grow."),
        look_at=gettext_noop(
            "Find out what the extended money stands in today. Is there a source of repayment at the new date that was not there "
            "at the old?"
        ),
        basis=PRACTICE,
        event=True,
    ),
    Seed(
        code="MSK-03",
        name=gettext_noop("Extended just before a worse overdue bucket"),
        text="yellow when edge_extensions_24m >= 1\norange when edge_extensions_24m >= 2\nred    when edge_extensions_24m >= 4",
        why=gettext_noop(
            "An extension a few days before 30 or 90 days, or before the end of a quarter, may serve the figures and not the "
            "borrower."
        ),
        look_at=gettext_noop(
            "Read the application of each extension: who asked for it, when, and with which reason. Reckon the days past due "
            "without it."
        ),
        basis=PROPOSED,
        event=True,
    ),
    Seed(
        code="COL-01",
        name=gettext_noop("Loan too high for its collateral"),
        text=(
            "# Unsecured loans are clear; a secured loan without an agreed loan to value cannot be judged.\n"
            "yellow when collateral_items > 0 and ltv > ltv_agreed\n"
            "orange when collateral_items > 0 and ltv > 105% * ltv_agreed\n"
            "red    when collateral_items > 0 and ltv > 110% * ltv_agreed"
        ),
        why=gettext_noop("Above the agreed loan to value the bank stands in for the price risk that the borrower had promised to carry."),
        look_at=gettext_noop(
            "See the collateral itself: there, in order, in use, in whose hands. Speak of a top-up or a partial "
            "repayment."
        ),
        basis=PROPOSED,
    ),
    Seed(
        code="COL-03",
        name=gettext_noop("Valuation too old"),
        text=(
            "yellow when collateral_items > 0 and valuation_age_days > 90% * valuation_allowed_days\n"
            "orange when collateral_items > 0 and valuation_age_days > valuation_allowed_days\n"
            "red    when collateral_items > 0 and (valuation_age_days is empty or valuation_age_days > 150% * valuation_allowed_days)"
        ),
        why=gettext_noop("An old valuation hides a fall in price until the day the collateral has to be sold."),
        look_at=gettext_noop("Order the valuation. On the visit note condition, use and recent sales nearby."),
        basis=gettext_noop(
            "EU, Regulation 575/2013 Art. 208(3): commercial property every year, residential every 3. Shares of it are "
            "ours."
        ),
        confidence=Confidence.HIGH,
    ),
    Seed(
        code="COL-10",
        name=gettext_noop("Guarantee circle"),
        text=(
            "yellow when circle_length > 0\n"
            "orange when circle_length > 0 and circle_share > 20%\n"
            "red    when circle_length > 0 and circle_worst_dpd > 30"
        ),
        why=gettext_noop("Companies that guarantee one another carry nothing when one of them falls: the guarantees fall with it."),
        look_at=gettext_noop(
            "Draw the circle and add up what all members owe here and elsewhere. Ask for collateral in place of the "
            "guarantee."
        ),
        basis=PRACTICE,
    ),
    Seed(
        code="PRC-01",
        name=gettext_noop("Inspection overdue"),
        text="yellow when inspection_overdue_days > 5\norange when inspection_overdue_days > 15\nred    when inspection_overdue_days > 30",
        why=gettext_noop("A loan that nobody visits tells its troubles too late, and the duty of care cannot be shown afterwards."),
        look_at=gettext_noop(
            "Carry out the overdue inspection. Ask the account manager what stood in the way, and whether the load is too "
            "great."
        ),
        basis=PRACTICE,
        staff_conduct=True,
    ),
    Seed(
        code="IND-06",
        name=gettext_noop("More loans roll into worse buckets"),
        text="yellow when roll_ratio >= 1.2\norange when roll_ratio >= 1.4\nred    when roll_ratio >= 1.8",
        why=gettext_noop("When more loans move one bucket worse than in the past year, next quarter's bad loans are already on their way."),
        look_at=gettext_noop("Sort the loans that moved by product, manager and trade. Is it one source, or the whole branch?"),
        basis=gettext_noop("Practice of Korean banks; the limits are our own proposal, to be confirmed by your bank."),
        grain="branch",
    ),
)
