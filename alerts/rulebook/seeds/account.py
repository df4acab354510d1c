"""What passes through the borrower's accounts."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import NBFC_PROJECT, PRACTICE, PROPOSED, TURNOVER, WARNING_LISTS, Confidence, Seed

SEEDS = (
    Seed(
        code="ACC-01",
        name=_("Less money comes in"),
        text="yellow when inflow_change <= -20%\norange when inflow_change <= -35%\nred    when inflow_change <= -50%",
        why=_("The account shows a fall in business months before any statement does."),
        look_at=_(
            "List the ten largest payers of last year and ask what became of each. Compare order book and delivery notes with the same "
            "months a year ago, and ask whether customers now pay into another bank."
        ),
        basis=TURNOVER,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        cure_days=2,
    ),
    Seed(
        code="ACC-02",
        name=_("Balances melt away"),
        text=(
            "# The orange level of the catalogue also sets the balance beside the next instalment of one loan: see REP-08.\n"
            "yellow when average_balance_change <= -30%\n"
            "red    when average_balance_change <= -70%"
        ),
        why=_("Reserves are used up before payments are missed; who lives from one day to the next cannot bear a late customer."),
        look_at=_(
            "Ask what the money was spent on: stock, a machine, another lender, the owner's family? See whether balances were moved to "
            "another bank."
        ),
        basis=NBFC_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        cure_days=2,
    ),
    Seed(
        code="ACC-06",
        name=_("Sales do not come back through us"),
        text="yellow when sales_return < 0.8\norange when sales_return < 0.5\nred    when sales_return < 0.25",
        why=_("Whoever lends a third of the money and sees a tenth of the sales is no longer the first to be told, or to be paid."),
        look_at=_(
            "Ask for the statements of all accounts at other banks. Find out which customers pay there, since when, and what was "
            "promised to the other bank."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        cure_days=2,
    ),
    Seed(
        code="ACC-08",
        name=_("Money goes out and comes back"),
        text="yellow when round_trip_share_90d >= 5%\norange when round_trip_share_90d >= 15%\nred    when round_trip_share_90d >= 30%",
        why=_("Turnover that runs in a circle is made to look like sales; the real business may be much smaller than the account."),
        look_at=_(
            "Take the five largest of these pairs and ask for contract, invoice and delivery note of each. Who owns the firm on the other "
            "side, and has it a warehouse?"
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="ACC-09",
        name=_("No customer pays in any more"),
        text="yellow when dormant_days >= 30\norange when dormant_days >= 60\nred    when dormant_days >= 90",
        why=_("A main account without a single receipt means that business has stopped, or that it now runs elsewhere."),
        look_at=_(
            "Go and see whether the place is open, lights on, people at work, goods moving. If it is, ask into which account the "
            "customers pay now."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="ACC-10",
        name=_("Wages, taxes or power bills are no longer paid"),
        text=(
            "yellow when payroll_change <= -25% or tax_payments_change <= -25% or utilities_change <= -25%\n"
            "orange when payroll_change <= -50% or tax_payments_change <= -50% or utilities_change <= -50%\n"
            "red    when payments_stopped >= 1"
        ),
        why=_("Wages and taxes are what a firm stops paying last; when they shrink, either the staff has gone or the money has."),
        look_at=_(
            "Count the people at work and compare with the wage list. Ask to see the last tax receipt and the last power bill, and whether "
            "they are paid from another account."
        ),
        basis=WARNING_LISTS,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        cure_days=2,
    ),
    Seed(
        code="ACC-11",
        name=_("Pays lenders outside the banks"),
        text=(
            "yellow when outside_lenders_new_90d >= 1\n"
            "orange when outside_lenders_new_90d >= 3 or outside_lenders_share_90d >= 10%\n"
            "red    when outside_lenders_new_90d >= 6 or outside_lenders_share_90d >= 30%"
        ),
        why=_("Nobody pays a pawnshop's interest while a bank still lends to him; such debts are short, dear and served first."),
        look_at=_(
            "Ask openly for each of these lenders: amount, term, interest, security. Add them to the debt that was approved and reckon "
            "the service again."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="ACC-12",
        name=_("A court has frozen or taken money"),
        text="orange when account_frozen = partial\nred    when account_frozen = full or deducted_share > 10%",
        why=_("A frozen account stops wages and deliveries within days, and another creditor is already ahead of us."),
        look_at=_(
            "Read the court's order: who, for how much, since when. Visit at once, see whether business still runs, and have asset "
            "preservation look at our own collateral and set-off."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        event=True,
    ),
)
