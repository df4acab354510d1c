"""What courts, tax office, registers, bureaus and the press tell of the borrower."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import NBFC_PROJECT, PORTFOLIO_PROJECT, PRACTICE, PROPOSED, Confidence, Seed

SEEDS = (
    Seed(
        code="EXT-01",
        name=_("Sued in court"),
        text=(
            "yellow when litigation_share >= 5%\n"
            "orange when litigation_share >= 15% or sued_by_lenders_12m >= 1\n"
            "red    when litigation_share >= 30%"
        ),
        why=_("A lawsuit of suppliers tells of unpaid bills, one of another lender of a credit that has already failed."),
        look_at=_(
            "Read claim and defence, and ask a lawyer for the likely end and cost. See whether assets were frozen for it, and which other "
            "creditors are waiting."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-02",
        name=_("Enforcement, or on a list of dishonest debtors"),
        text="orange when enforcement_cases >= 1\nred    when enforcement_share >= 5% or on_debtor_list",
        why=_("A judgment that had to be enforced says that the borrower could not, or would not, pay even when ordered to."),
        look_at=_(
            "Look up amount, court and state of each case. Find out which assets have been seized already, and decide within days whether we "
            "must register or sue as well."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-03",
        name=_("Insolvency filed"),
        text="orange when insolvency = guarantor\nred    when insolvency in (parent, borrower)",
        why=_("From the filing on, dates run: claims not lodged and set-offs not declared in time are lost."),
        look_at=_(
            "Note court, administrator and the last day for claims. Lodge the claim with interest and security, stop all payments out, and "
            "inform legal and asset preservation the same day."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-04",
        name=_("Trouble with the tax office"),
        text=(
            "yellow when tax_class_steps_down >= 1 or tax_trouble = invoices\n"
            "orange when tax_trouble = arrears or tax_class >= 5\n"
            "red    when tax_trouble = illegal"
        ),
        why=_("Taxes rank ahead of us and can close the till at any time; abnormal invoices point to sales that were never made."),
        look_at=_(
            "Ask for the tax office's letter and the plan of payment. Compare invoices issued with goods delivered, and ask whether invoices "
            "can still be drawn."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-05",
        name=_("Fined or stopped by an authority"),
        text=(
            "yellow when penalties_12m >= 1\n"
            "orange when penalty_share >= 1% or regulator_order = recall\n"
            "red    when regulator_order = stopped"
        ),
        why=_("The fine is the smallest part: putting right what was wrong, or standing still, costs many times as much."),
        look_at=_(
            "Read the order: what must be mended, until when, who supervises. See on the spot what has been done and which orders customers "
            "have taken away."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-06",
        name=_("On a black list of the company register"),
        text="yellow when abnormal_operation_days >= 1\norange when abnormal_operation_days > 30\nred    when serious_violation",
        why=_("Who is not found at the registered address, or files no report, is often about to be found nowhere."),
        look_at=_(
            "Look up the reason for the listing and go to the registered address. Have the entry put right within a month, and note what the "
            "owner has done for it."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-07",
        name=_("External rating falls"),
        text=(
            "# Notch 16 is B-.\n"
            "yellow when rating_notches_down >= 1 or negative_outlook\n"
            "orange when rating_notches_down >= 2\n"
            "red    when rating_notches_down >= 3 or external_rating > 16"
        ),
        why=_("Agencies move late; when they do, prices and access to money have usually changed for the borrower already."),
        look_at=_(
            "Read the agency's reasons and set them beside our own rating. Ask which loans and bonds carry clauses on the rating, and what "
            "falls due in the next year."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-08",
        name=_("The credit bureau's picture worsens"),
        text=(
            "# Points of the bureau's own scale; without a score only arrears elsewhere can be judged.\n"
            "yellow when bureau_score_change <= -40 or bureau_inquiries >= 3\n"
            "orange when bureau_score_change <= -80 or bureau_inquiries >= 5\n"
            "red    when bureau_dpd_others > limit.past_due_watch"
        ),
        why=_("Arrears elsewhere reach us with a delay of weeks; many inquiries say that others were asked for money and refused."),
        look_at=_(
            "Read the bureau's report line by line: which lender, since when, secured by what. Ask the borrower about every inquiry, and what "
            "the answer was."
        ),
        basis=NBFC_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-09",
        name=_("Confirmed bad news"),
        text=(
            "# Each confirmed item counts by its matter: a strike, an accident or a loss 2, fraud or an owner who fled 4.\n"
            "yellow when adverse_news_weight_90d >= 1\norange when adverse_news_weight_90d >= 2\nred    when adverse_news_weight_90d >= 4"
        ),
        why=_("Newspapers and neighbours know of strikes, fires and flights before any figure shows them."),
        look_at=_(
            "Verify the report with a second source and go there. Ask the owner what happened and what it costs; if he can't be found, treat "
            "it as an emergency."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        event=True,
    ),
    Seed(
        code="EXT-10",
        name=_("Fewer insured employees"),
        text=(
            "yellow when insured_employees_change <= -15%\norange when insured_employees_change <= -30%\n"
            "red    when insured_employees_change <= -50%"
        ),
        why=_("Staff is let go when orders are missing; the insurance office knows it before the statements do."),
        look_at=_(
            "Count the people at the machines and read the wage list of the last two months. Ask whether work was given out to others, or "
            "is not there."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="EXT-11",
        name=_("Electricity use falls"),
        text="yellow when electricity_change <= -20%\norange when electricity_change <= -40%\nred    when electricity_change <= -70%",
        why=_("A factory that runs uses power; the meter can't be polished like a sales figure."),
        look_at=_(
            "Read the meter and compare with the bill of the same month a year ago. See which machines stand still, and ask whether solar "
            "power, a move or fewer orders explain it."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="EXT-12",
        name=_("The borrower's employer is in trouble"),
        text=(
            "# Persons only: firms have no employer and are clear.\n"
            "yellow when segment = person and employer_trouble = watched\n"
            "orange when segment = person and employer_trouble = wage_delay\n"
            "red    when segment = person and employer_trouble = closed"
        ),
        why=_("A household loan is repaid from wages; when a factory closes, all its workers fall behind in the same month."),
        look_at=_(
            "Ask about severance pay, unemployment benefit and the income of the spouse. Look for other borrowers of the same employer, and "
            "offer a bearable plan before the first arrears."
        ),
        basis=_("Korean press on household loans after closures; the limits are our own proposal."),
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
)
