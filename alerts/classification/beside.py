"""Class proposals for a borrower's loans that wait for a decision, beside an alert."""

from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.classification.models import ClassProposal
from alerts.signals.beside import Beside
from alerts.signals.models import Alert
from borrowers.loans.models import Loan
from loanwatch.people.access import Access

MOST = 4


def beside(access: Access, alert: Alert) -> list[Beside]:
    """The newest proposals for loans of the borrower that this person may see. One query."""
    if alert.borrower_id is None:
        return []
    loans = Loan.objects.visible_to(access).filter(borrower_id=alert.borrower_id).order_by()
    waiting = ClassProposal.objects.filter(state=ClassProposal.State.PROPOSED, loan__in=loans).select_related("loan").order_by("-as_of", "-pk")
    lines = []
    for p in waiting[:MOST]:
        parts = {"class": p.get_new_class_display(), "loan": p.loan.number}
        lines.append(Beside("stairs", _("Class %(class)s proposed for %(loan)s") % parts, reverse("classification:proposal", args=[p.pk]), p.as_of))
    return lines
