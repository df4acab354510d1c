"""What befalls a whole industry or branch."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import PROPOSED, Confidence, Seed

SEEDS = (
    Seed(
        code="IND-01",
        name=_("More defaults in the borrower's industry"),
        text="yellow when sector_default_ratio >= 1.3\norange when sector_default_ratio >= 1.6\nred    when sector_default_ratio >= 2",
        why=_("What has felled three firms of a trade is already at the door of the fourth."),
        look_at=_(
            "Ask how the firms that failed differed from this one: customers, products, debt. Look at its stock and its orders with the "
            "reason of those failures in mind."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
    Seed(
        code="IND-02",
        name=_("Limit of the industry is nearly used"),
        text="yellow when sector_limit_used > 80%\norange when sector_limit_used > 95%\nred    when sector_limit_used > 100%",
        why=_("Many small loans to one trade are one large loan to it when its prices fall."),
        look_at=_(
            "Rank the borrowers of the industry by strength and let the weakest loans run down. Renew only where the place in the trade is "
            "safe."
        ),
        basis=PROPOSED,
        grain="borrower",
        hold_days=5,
    ),
    Seed(
        code="IND-03",
        name=_("A shock befell the industry"),
        text="yellow when sector_event = mild\norange when sector_event = strong\nred    when sector_event = ban",
        why=_("A ban, a tariff or a fall in price strikes every firm of the trade on the same day; those with debts feel it first."),
        look_at=_(
            "Ask what part of sales or cost the event touches and what the firm does about it. Reckon the next twelve months anew with the "
            "lower price."
        ),
        basis=_("An event that your own risk control has tagged; its grade is your bank's judgement."),
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="IND-05",
        name=_("Newest loans go bad faster than those before"),
        text="yellow when vintage_ratio >= 1.3\norange when vintage_ratio >= 1.6\nred    when vintage_ratio >= 2",
        why=_("Bad lending shows first in the youngest loans; the loss of next year was granted half a year ago."),
        look_at=_(
            "Draw ten of the loans in arrears and read their files: who brought them, who checked, who approved? Stop that channel until the "
            "cause is found."
        ),
        basis=PROPOSED,
        grain="branch",
    ),
    Seed(
        code="IND-06",
        name=_("More loans roll into worse buckets"),
        text="yellow when roll_ratio >= 1.2\norange when roll_ratio >= 1.4\nred    when roll_ratio >= 1.8",
        why=_("When more loans move one bucket worse than in the past year, next quarter's bad loans are already on their way."),
        look_at=_("Sort the loans that moved by product, manager and trade. Is it one source, or the whole branch?"),
        basis=_("Practice of Korean banks; the limits are our own proposal, to be confirmed by your bank."),
        confidence=Confidence.MEDIUM,
        grain="branch",
    ),
)
