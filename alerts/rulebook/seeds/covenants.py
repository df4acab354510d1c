"""What was promised in the contract besides paying."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import PORTFOLIO_PROJECT, Confidence, Seed

SEEDS = (
    Seed(
        code="COV-01",
        name=_("Little room left under a covenant"),
        text="yellow when covenant_headroom < 2 * limit.covenant_headroom\norange when covenant_headroom < limit.covenant_headroom",
        why=_("Before a covenant breaks there is time to talk; afterwards there are only waivers and terminations."),
        look_at=_(
            "Reckon the next test with the borrower from the figures of the last month. Ask which decision would bring the ratio back, and "
            "agree on it before the test date."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
    ),
    Seed(
        code="COV-02",
        name=_("Covenant broken"),
        text="orange when covenant_breaches >= 1\nred    when covenant_breaches_of_4 >= 2 or covenant_waiver_expired",
        why=_("A breach that the bank lets pass in silence may cost it the right to act on it later."),
        look_at=_(
            "Write to the borrower that the rights of the bank are reserved. Find the cause, and decide on waiver, reset or more security "
            "with a date, not by habit."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        event=True,
    ),
    Seed(
        code="COV-03",
        name=_("No figures for a covenant test"),
        text="yellow when covenant_tests_missing >= 1\norange when covenant_tests_missing >= 2",
        why=_("A test without figures is most often a test that would have failed."),
        look_at=_(
            "Ask for the figures in writing with a last date, and remind of what the contract says about it. Work out the ratio roughly "
            "from account and tax data meanwhile."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
    ),
)
