"""What secures the loan, and who stands for it. Unsecured loans are clear of the rules on collateral."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import ON_RECORD, PRACTICE, PROPOSED, SUPPLY_CHAIN_TABLE, Confidence, Seed

SEEDS = (
    Seed(
        code="COL-01",
        name=_("Loan too high for its collateral"),
        text=(
            "# Unsecured loans are clear; a secured loan without an agreed loan to value cannot be judged.\n"
            "yellow when collateral_items > 0 and ltv > ltv_agreed\n"
            "orange when collateral_items > 0 and ltv > 105% * ltv_agreed\n"
            "red    when collateral_items > 0 and ltv > 110% * ltv_agreed"
        ),
        why=_("Above the agreed loan to value the bank stands in for the price risk that the borrower had promised to carry."),
        look_at=_("See the collateral itself: there, in order, in use, in whose hands. Speak of a top-up or a partial repayment."),
        basis=_("The loan to value agreed in the approval; the steps above it are our own proposal."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="COL-02",
        name=_("Collateral lost value"),
        text=(
            "yellow when collateral_items > 0 and value_change <= -10%\n"
            "orange when collateral_items > 0 and value_change <= -20%\n"
            "red    when collateral_items > 0 and value_change <= -35%"
        ),
        why=_("A fall from one valuation to the next tells how fast the cover melts, long before the loan to value is broken."),
        look_at=_(
            "Read both valuations: has the market fallen, or the thing itself? Ask brokers for two recent sales of the like, and look for "
            "damage, vacancy and missing parts."
        ),
        basis=SUPPLY_CHAIN_TABLE,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="COL-03",
        name=_("Valuation too old"),
        text=(
            "yellow when collateral_items > 0 and valuation_age_days > 90% * valuation_allowed_days\n"
            "orange when collateral_items > 0 and valuation_age_days > valuation_allowed_days\n"
            "red    when collateral_items > 0 and (valuation_age_days is empty or valuation_age_days > 150% * valuation_allowed_days)"
        ),
        why=_("An old valuation hides a fall in price until the day the collateral has to be sold."),
        look_at=_("Order the valuation. On the visit note condition, use and recent sales nearby."),
        basis=_("EU, Regulation 575/2013 Art. 208(3): commercial property every year, residential every 3. Shares of it are ours."),
        confidence=Confidence.HIGH,
    ),
    Seed(
        code="COL-04",
        name=_("Others have a claim on the collateral"),
        text=(
            "yellow when collateral_items > 0 and collateral_claim = lease\n"
            "orange when collateral_items > 0 and collateral_claim = later_lien\n"
            "red    when collateral_items > 0 and collateral_claim = seizure"
        ),
        why=_("A seizure stops our own sale, and a tenant with a long lease takes away half of the price."),
        look_at=_(
            "Take a fresh extract from the register and see who uses the place. Find out the other creditor's claim, rank and dates, and "
            "register our own claim with the court in time."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="COL-05",
        name=_("Insurance of the collateral ends or names another"),
        text=(
            "yellow when collateral_items > 0 and insurance_days <= 30\n"
            "orange when collateral_items > 0 and (uninsured_items >= 1 or insurance_payee_wrong)\n"
            "red    when collateral_items > 0 and insurance_days < -30"
        ),
        why=_("After a fire the insured sum is the collateral; without a policy, or with another payee, there is none."),
        look_at=_(
            "See the policy and the receipt of the premium: insured sum, risks, dates, the bank as first payee. Have it renewed before you "
            "leave, or take out cover at the borrower's cost."
        ),
        basis=_("EU, EBA/GL/2020/06 para. 266: insurance of collateral is monitored. The days are our own proposal."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="COL-06",
        name=_("Pledged stock is short"),
        text=(
            "yellow when collateral_items > 0 and stock_short >= 3%\n"
            "orange when collateral_items > 0 and stock_short >= 10%\n"
            "red    when collateral_items > 0 and (stock_short >= 25% or stock_access_refused)"
        ),
        why=_("Pledged goods that are not there have been sold, and the money did not come to us."),
        look_at=_(
            "Count again without notice, open packages and weigh samples. Read the warehouse's books of the last month and ask the keeper "
            "who ordered each release."
        ),
        basis=PROPOSED,
    ),
    Seed(
        code="COL-07",
        name=_("Price of the pledged goods falls"),
        text=(
            "yellow when collateral_items > 0 and price_change_7d <= -10%\n"
            "orange when collateral_items > 0 and price_change_7d <= -20%\n"
            "red    when collateral_items > 0 and price_change_7d <= -30%"
        ),
        why=_("Goods and shares lose in a week what buildings lose in years; the margin call must come before the price is gone."),
        look_at=_(
            "Reckon the cover at today's price and send the call for more security, or for a repayment, the same day. Check that quantity "
            "and quality are still what was pledged."
        ),
        basis=SUPPLY_CHAIN_TABLE,
        confidence=Confidence.MEDIUM,
        cure_days=3,
        hold_days=3,
    ),
    Seed(
        code="COL-08",
        name=_("Guarantor is in trouble"),
        text=(
            "yellow when guarantors > 0 and guarantor_dpd >= 1\n"
            "orange when guarantors > 0 and (guarantor_dpd >= 31 or guarantor_signals >= 1)\n"
            "red    when guarantors > 0 and (guarantor_dpd >= 61 or guarantor_signals >= 2)"
        ),
        why=_("A guarantee is worth what the guarantor can pay on the day it is called, and he is usually hit by the same storm."),
        look_at=_(
            "Visit the guarantor as you would a borrower: business, debts, other guarantees. Ask the borrower for another guarantor or for "
            "collateral before both are in arrears."
        ),
        basis=_("Limits as for the borrower's own arrears (REP-01); grave signals are facts on record."),
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="COL-09",
        name=_("Stands for more than it owns"),
        text="yellow when guarantee_load > 1\norange when guarantee_load > 2\nred    when guarantee_load > 4",
        why=_("One called guarantee can fell a firm that is sound in itself, and all those who rely on its signature with it."),
        look_at=_(
            "List every guarantee given, for whom, to which bank and until when. Ask how those debtors are doing, and count guarantees for "
            "weak ones as debt."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="COL-10",
        name=_("Guarantee circle"),
        text=(
            "yellow when circle_length > 0\n"
            "orange when circle_length > 0 and circle_share > 20%\n"
            "red    when circle_length > 0 and circle_worst_dpd > 30"
        ),
        why=_("Companies that guarantee one another carry nothing when one of them falls: the guarantees fall with it."),
        look_at=_("Draw the circle and add up what all members owe here and elsewhere. Ask for collateral in place of the guarantee."),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="COL-11",
        name=_("A registration or guarantee lapses"),
        text=(
            "yellow when (collateral_items > 0 or guarantors > 0) and rights_lapse_days <= 180\n"
            "orange when (collateral_items > 0 or guarantors > 0) and rights_lapse_days <= 90\n"
            "red    when (collateral_items > 0 or guarantors > 0) and rights_lapse_days <= 30"
        ),
        why=_("A mortgage or guarantee that has run out on paper is lost, however good the house and the guarantor."),
        look_at=_(
            "Renew the registration, or have the guarantor sign the extension, before the date and file the proof. If a claim is already due, "
            "demand it in writing so that the period begins anew."
        ),
        basis=ON_RECORD,
        confidence=Confidence.MEDIUM,
    ),
)
