"""What the bank itself has to keep up in a relation with a borrower."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import ON_RECORD, PORTFOLIO_PROJECT, PROPOSED, Confidence, Seed

SEEDS = (
    Seed(
        code="REL-01",
        name=_("Internal rating has lapsed"),
        text="yellow when internal_rating_age > 0.9\norange when internal_rating_age > 1\nred    when internal_rating_age > 1.2",
        why=_("Price, limit and provision rest on the rating; an old one says what the firm was, not what it is."),
        look_at=_(
            "Collect the latest statements, account figures and bureau report and have the firm rated anew. Bring to the visit the questions "
            "that the last rating left open."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="REL-02",
        name=_("Condition of the approval not met"),
        text="yellow when condition_overdue_days >= 1\norange when condition_overdue_days >= 16\nred    when condition_overdue_days > 45",
        why=_("The loan was approved on a condition; without it we hold a loan that nobody has approved."),
        look_at=_(
            "Ask what stands in the way of each open condition and until when it is removed. Pay out nothing more before that, and bring the "
            "case back to whoever approved it if the date is broken again."
        ),
        basis=ON_RECORD,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="REL-03",
        name=_("The main account moves to another bank"),
        text=(
            "yellow when our_inflow_share_change <= -30%\norange when our_inflow_share_change <= -50%\n"
            "red    when our_inflow_share_change <= -80%"
        ),
        why=_("A borrower moves his receipts before he moves his loyalty; we keep the risk and lose the view."),
        look_at=_(
            "Ask the owner openly what the other bank offers. Compare what the loan contract says about receipts through us, and see which "
            "large customers pay there now."
        ),
        basis=PROPOSED,
        grain="borrower",
    ),
)
