"""What the borrower's statements say. Persons have none and are clear; a firm whose statements are missing cannot be judged."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import (
    ON_RECORD,
    PORTFOLIO_PROJECT,
    PRACTICE,
    PROPOSED,
    TURNOVER,
    WARNING_LISTS,
    Confidence,
    Seed,
)


def _firms(*levels: tuple[str, str]) -> str:
    return "\n".join(f"{level:6} when segment != person and {condition}" for level, condition in levels)


SEEDS = (
    Seed(
        code="FIN-01",
        name=_("Sales fall"),
        text=_firms(("yellow", "sales_change <= -10%"), ("orange", "sales_change <= -20%"), ("red", "sales_change <= -40%")),
        why=_("Costs follow sales down only slowly; a fifth less in sales often means nothing left for the instalment."),
        look_at=_(
            "Ask which customers and which products are behind the fall. See the order book of the next three months, the shifts worked "
            "and the finished goods in store."
        ),
        basis=TURNOVER,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-02",
        name=_("Business uses up more cash than it brings"),
        text=_firms(
            ("yellow", "negative_cash_flow_periods >= 1"),
            ("orange", "negative_cash_flow_periods >= 2"),
            ("red", "negative_cash_flow_periods >= 3"),
        ),
        why=_("Profit on paper pays no instalment; a firm that bleeds cash period after period lives on new borrowing."),
        look_at=_(
            "Find out where the cash stands: with customers, in the store, or with the owners. Ask for the list of receivables by age and "
            "how the gap was financed."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="FIN-03",
        name=_("Earnings fall"),
        text=_firms(
            ("yellow", "ebitda_change <= -15%"), ("orange", "ebitda_change <= -30%"), ("red", "(ebitda_change <= -50% or ebitda < 0)")
        ),
        why=_("Earnings before interest and tax are what every lender is paid from; they fall before the payments do."),
        look_at=_(
            "Split the fall into volume, price and cost with the owner. Check the largest cost items against invoices, and ask what has "
            "been decided against it and since when."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-04",
        name=_("Earnings hardly cover the debt service"),
        text=_firms(("yellow", "debt_service_cover < 1.2"), ("orange", "debt_service_cover < 1"), ("red", "debt_service_cover < 0.8")),
        why=_("Below one, instalments are paid out of stock, delayed suppliers or new loans, and that ends."),
        look_at=_(
            "Add up the instalments of all lenders for the next twelve months with the borrower. Ask which assets could be sold, which "
            "spending can wait and what the owners can put in."
        ),
        basis=_("EU, EBA/GL/2020/06 para. 267: debt service cover as an early sign. The limits are a public project's."),
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-05",
        name=_("Operating profit hardly covers the interest"),
        text=_firms(("yellow", "interest_cover < 2"), ("orange", "interest_cover < 1.5"), ("red", "interest_cover < 1")),
        why=_("A firm that earns no more than its interest can never repay; one bad quarter is enough for arrears."),
        look_at=_(
            "Compare the interest paid with the debt told: a high interest bill points to dear lenders outside. Ask for the terms of every "
            "loan and for the next dates on which rates change."
        ),
        basis=_("EU, EBA/GL/2020/06 para. 267: interest cover as an early sign. The limits are our own proposal."),
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-06",
        name=_("Too much debt for the earnings"),
        text=(
            "# Two statements running, so that one weak period is no alarm. Without earnings there is no ratio: that is red by itself.\n"
            + _firms(
                ("yellow", "net_debt_to_ebitda > 4 and net_debt_to_ebitda_before > 4"),
                ("orange", "net_debt_to_ebitda > 5 and net_debt_to_ebitda_before > 5"),
                ("red", "(net_debt_to_ebitda > 6.5 and net_debt_to_ebitda_before > 6.5 or ebitda <= 0)"),
            )
        ),
        why=_("More than five years of earnings to repay the debt leaves no room for a bad year, and no bank to take the loan over."),
        look_at=_(
            "Draw up the list of all debts with maturities and securities. Ask which loans are to be renewed within a year and whether "
            "those lenders have agreed."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-07",
        name=_("Debt eats up the assets"),
        text=(
            "# Trade and construction live with 70 to 80 %: set the limits by industry before this goes live.\n"
            + _firms(
                ("yellow", "(debt_to_assets > 70% or debt_to_assets_change >= 8%)"),
                ("orange", "debt_to_assets > 80%"),
                ("red", "debt_to_assets > 95%"),
            )
        ),
        why=_("Equity is what bears a loss before we do; when it is gone, every further loss is the lenders'."),
        look_at=_(
            "Value stock, receivables and plant as if they had to be sold, and take what is left as the true equity. Ask what dividends and "
            "loans went to the owners."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="FIN-08",
        name=_("Short-term debts exceed short-term assets"),
        text=(
            "# What is usual differs by industry: set the limits by industry before this goes live.\n"
            + _firms(("yellow", "current_ratio < 1"), ("orange", "current_ratio < 0.8"), ("red", "current_ratio < 0.6"))
        ),
        why=_("Bills of this year that exceed the money of this year are paid only as long as every lender renews."),
        look_at=_(
            "List what falls due in the next ninety days, and to whom. Look at receivables and stock for items that will never turn into "
            "money."
        ),
        basis=PORTFOLIO_PROJECT,
        grain="borrower",
    ),
    Seed(
        code="FIN-09",
        name=_("Margin is squeezed"),
        text=_firms(("yellow", "margin_squeeze <= -3%"), ("orange", "margin_squeeze <= -6%"), ("red", "margin_squeeze <= -10%")),
        why=_("Sales bought with low prices keep the machines busy and empty the till."),
        look_at=_(
            "Compare purchase and sales prices of the three main products with a year ago. Ask whether rises in cost can be passed on, and "
            "which competitor sets the price."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="FIN-10",
        name=_("Customers pay later"),
        text=_firms(
            ("yellow", "receivable_days_change >= 20%"),
            ("orange", "receivable_days_change >= 40%"),
            ("red", "(receivable_days_change >= 80% or receivable_days > 180)"),
        ),
        why=_("Sales that are not paid for are a loan to customers, financed by us; old receivables are often losses not yet booked."),
        look_at=_(
            "Take the list of receivables by age and call on the three largest debtors, or see their confirmations. Are they customers, or "
            "friends of the house?"
        ),
        basis=WARNING_LISTS,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-11",
        name=_("Goods lie longer in store"),
        text=_firms(
            ("yellow", "inventory_days_change >= 25%"),
            ("orange", "inventory_days_change >= 50%"),
            ("red", "inventory_days_change >= 100%"),
        ),
        why=_("Goods that nobody buys stand in the books at full price, and are worth little when the bank must sell them."),
        look_at=_(
            "Walk through the store: dust, old labels, lots from last year. Count three items against the books and ask when each was last "
            "sold."
        ),
        basis=WARNING_LISTS,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-12",
        name=_("Suppliers wait longer for their money"),
        text=_firms(("yellow", "payable_days_change >= 25%"), ("orange", "payable_days_change >= 50%")),
        why=_("Suppliers are the first lenders to be made to wait; when they stop delivering, the business stops."),
        look_at=_(
            "Ask two main suppliers, with the borrower's consent, whether they still deliver on account. Look for prepayment and cash on "
            "delivery among the latest invoices."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="FIN-13",
        name=_("Money lent to owners and friends"),
        text=_firms(
            ("yellow", "other_receivables_share > 20%"),
            ("orange", "other_receivables_share > 40%"),
            ("red", "other_receivables_share > 80%"),
        ),
        why=_("Behind large other receivables usually stands money that the owners have taken out, and that will not come back."),
        look_at=_(
            "Ask for the names, dates and contracts behind the five largest items. Ask when each will be paid back, and look for the money "
            "in the owners' other firms."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-14",
        name=_("Much cash and many loans at once"),
        text=_firms(("yellow", "cash_and_loans_years >= 1"), ("orange", "cash_and_loans_years >= 2")),
        why=_("Nobody pays interest on loans while a fortune lies idle: the cash may be pledged, borrowed for a day, or not there."),
        look_at=_(
            "Ask for bank confirmations of every balance on a date of your own choice, with pledges and freezes. Reckon the interest that "
            "such balances ought to have earned."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="FIN-15",
        name=_("Sales disagree with tax and electricity"),
        text=_firms(("yellow", "sales_growth_gap > 15%"), ("orange", "sales_growth_gap > 30%"), ("red", "sales_growth_gap > 50%")),
        why=_("Statements can be written; the tax return and the meter are harder to please."),
        look_at=_(
            "Lay sales, tax returns and power bills side by side month by month, and ask for the reason of each gap. Read the meter and "
            "count the shifts yourself."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-16",
        name=_("Statements are late"),
        text=_firms(("yellow", "statements_late_days > 15"), ("orange", "statements_late_days > 45"), ("red", "statements_late_days > 90")),
        why=_("Good figures come on time. Who delays the books has something in them to explain, or nobody who keeps them."),
        look_at=_(
            "Fetch trial balance, tax returns and account statements yourself. Ask who keeps the books now, and whether accountant or "
            "auditor has left."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="FIN-17",
        name=_("Trouble with the auditor"),
        text=_firms(
            ("yellow", "audit_trouble = auditor_changed"), ("orange", "audit_trouble = qualified"), ("red", "audit_trouble = refused")
        ),
        why=_("An auditor risks his name only when he must; what he qualifies is seldom the whole of it."),
        look_at=_(
            "Read the auditor's own words and the notes. Ask the old and the new auditor why the firm changed, and set the figures of our "
            "rating back to what was confirmed."
        ),
        basis=ON_RECORD,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        event=True,
    ),
    Seed(
        code="FIN-18",
        name=_("Debt at all lenders jumps"),
        text=_firms(("yellow", "total_debt_change >= 30%"), ("orange", "total_debt_change >= 60%"), ("red", "total_debt_change >= 100%")),
        why=_("Debt that grows much faster than sales pays for losses or for an adventure, and shares our borrower with others."),
        look_at=_(
            "Ask what the new money bought and see it. Reckon the debt service with the new loans, and check which assets were given to "
            "the other lenders as security."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="FIN-19",
        name=_("Plan is missed"),
        text=_firms(("yellow", "plan_met < 85%"), ("orange", "plan_met < 70%"), ("red", "plan_met < 50%")),
        why=_("The loan was granted on the plan; what the plan does not bring, the instalments will lack."),
        look_at=_(
            "Go through the assumptions of the credit application one by one: which have not come true? Ask for a new plan, and reckon with "
            "it whether the schedule still holds."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
)
