"""Who belongs to the borrower. A borrower without a group is clear of the rules on groups."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import PROPOSED, SUPPLY_CHAIN_TABLE, TURNOVER, WARNING_LISTS, Confidence, Seed

SEEDS = (
    Seed(
        code="GRP-01",
        name=_("Another firm of the group is in arrears"),
        text=(
            "yellow when group_members > 0 and group_worst_dpd > 10\n"
            "orange when group_members > 0 and group_worst_dpd > limit.past_due_watch\n"
            "red    when group_members > 0 and (group_worst_dpd > limit.past_due_substandard or group_insolvent)"
        ),
        why=_("Firms of one owner share one purse; the healthy one is emptied to keep the sick one alive."),
        look_at=_(
            "Draw the money that moved between the firms in the last half year. Ask the owner which firm he will give up, and see that no "
            "security of ours serves another firm's debt."
        ),
        basis=_("China, order No. 1 of 2023 and EU, EBA/GL/2020/06 para. 274(s): 30 and 90 days. 10 days is ours."),
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="GRP-02",
        name=_("Part of the debtor's debt is non-performing"),
        text=(
            "# Companies only: persons are clear.\n"
            "yellow when segment != person and (npl_share >= 5% or bureau_npl_share >= 10%)\n"
            "orange when segment != person and (npl_share >= 8% or bureau_npl_share >= 15%)\n"
            "red    when segment != person and (npl_share > limit.debtor_bad_share or bureau_npl_share > limit.debtor_overdue_elsewhere)"
        ),
        why=_("Past the limits of the supervisor all claims on the debtor change class at once, not only the loan in arrears."),
        look_at=_(
            "Put together all claims here and the bureau's picture of the other banks. Talk to the other lenders about a common plan, and "
            "prepare the class of every loan of the debtor."
        ),
        basis=_("China, risk classification order No. 1 of 2023: 10 % here, 20 % at all banks. Steps below are ours."),
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="GRP-03",
        name=_("Much business with related firms"),
        text=(
            "yellow when related_flow_share_90d > 20%\norange when related_flow_share_90d > 40%\nred    when related_flow_share_90d > 60%"
        ),
        why=_("Sales among relatives can be made as large as a loan requires, and paid out again the next day."),
        look_at=_(
            "Ask for price, delivery and payment of the five largest dealings with related firms. Would a stranger have bought at that "
            "price, and were the goods ever moved?"
        ),
        basis=WARNING_LISTS,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        cure_days=2,
    ),
    Seed(
        code="GRP-04",
        name=_("Hidden link to a borrower in trouble"),
        text="yellow when hidden_links >= 1\norange when hidden_links >= 2 or hidden_link_dpd > limit.past_due_substandard",
        why=_("Two borrowers with one telephone may be one borrower with two loans; the second is often made to pay for the first."),
        look_at=_(
            "Ask each borrower separately how they know the other. Compare shareholders, staff, landlord and payers; if they are one risk, "
            "put them into one group."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="GRP-05",
        name=_("Limit of the group is nearly used"),
        text=(
            "yellow when group_members > 0 and group_limit_used > 80%\n"
            "orange when group_members > 0 and group_limit_used > 95%\n"
            "red    when group_members > 0 and group_limit_used > 100%"
        ),
        why=_("Each loan is approved by itself; only the limit shows how much one owner could cost the bank."),
        look_at=_(
            "Stop new drawdowns of all members until the limit is reviewed. Ask for the group's own accounts, and which member really needs "
            "the money."
        ),
        basis=SUPPLY_CHAIN_TABLE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="GRP-06",
        name=_("Depends on one buyer, or has lost it"),
        text=("yellow when largest_buyer_share > 50%\norange when largest_buyer_share > 70%\nred    when largest_buyer_change <= -80%"),
        why=_("With one buyer the borrower's risk is the buyer's; when he goes, nothing remains to pay from."),
        look_at=_(
            "Read the contract with the buyer: term, volume, notice. Ask for orders on hand beyond it; if the buyer is gone, ask for how many "
            "months the stock and the cash will last."
        ),
        basis=TURNOVER,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        cure_days=2,
    ),
)
