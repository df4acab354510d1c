"""The open case of a borrower, beside an alert."""

from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.cases.models import Case
from alerts.signals.beside import Beside
from alerts.signals.models import Alert
from loanwatch.people.access import Access


def beside(access: Access, alert: Alert) -> list[Beside]:
    """The borrower's open case. One query."""
    if alert.borrower_id is None:
        return []
    found = Case.objects.visible_to(access).open().filter(borrower_id=alert.borrower_id)[:1]
    return [Beside("folder", _("Case %(number)s") % {"number": c.number}, reverse("cases:detail", args=[c.number]), c.opened_on) for c in found]
