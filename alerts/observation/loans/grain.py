"""The loan's observation put together: today's book and the families of indicators."""

from alerts.observation.engine import Grain
from alerts.observation.loans.behaviour import BEHAVIOUR
from alerts.observation.loans.book import BOOK, OWN
from alerts.observation.loans.collateral import COLLATERAL
from alerts.observation.loans.covenants import COVENANTS
from alerts.observation.loans.cover import COVER
from alerts.observation.loans.events import EVENTS
from alerts.observation.loans.funds import FUNDS
from alerts.observation.loans.guarantors import GUARANTORS
from alerts.observation.loans.masking import MASKING
from alerts.observation.loans.payments import PAYMENTS
from alerts.observation.loans.people import PEOPLE
from alerts.observation.loans.positions import POSITIONS
from alerts.observation.loans.proceeds import PROCEEDS
from alerts.observation.loans.sources import corrected
from borrowers.loans.allocation import MINE

FAMILIES = (EVENTS, BEHAVIOUR, POSITIONS, COLLATERAL, GUARANTORS, PEOPLE, PAYMENTS, COVENANTS, COVER, PROCEEDS, MASKING, FUNDS)
LOAN = Grain(
    name="loan", table="alerts_loanday", subject="loan_id", book=BOOK, own=OWN, families=FAMILIES, mine=MINE.format(id="x.loan_id"),
    joined=("borrower_id", "branch_id", "facility_id", "version", "state_as_of", "position_fed", "product_kind", "currency", "disbursed_on"),
    news=(corrected("borrowers.loan", "n.subject_id", ""),),
)  # fmt: skip
