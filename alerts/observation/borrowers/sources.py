"""From which outside sources the lender has heard anything at all: only there does silence about a borrower mean that there is nothing."""

from datetime import date

from alerts.observation.borrowers.signals import HEARD
from borrowers.conduct.models import ContactAttempt
from borrowers.parties.models import ExternalSignal
from loanwatch.lenders.models import Lender


def sources_heard(lender: Lender, on: date) -> list[str]:
    """Names of `HEARD` of which a signal was known on `on`, in order; and `contacts` where a contact with a borrower is on record."""
    told = ExternalSignal.objects.filter(lender=lender, known_from__lte=on).order_by().values_list("kind", "topic").distinct()
    words = {word for pair in told for word in pair}
    found = [source for source, of in HEARD.items() if words.intersection(of)]
    if ContactAttempt.objects.filter(lender=lender, known_from__lte=on).exists():
        found.append("contacts")
    return found
