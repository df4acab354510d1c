"""Open inspection tasks of a borrower, beside an alert."""

from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.signals.beside import Beside
from alerts.signals.models import Alert
from inspections.planning.models import Task
from loanwatch.people.access import Access

MOST = 4


def beside(access: Access, alert: Alert) -> list[Beside]:
    """The borrower's open tasks that this person may see, the most urgent first. One query."""
    if alert.borrower_id is None:
        return []
    found = Task.objects.visible_to(access).open().filter(borrower_id=alert.borrower_id).select_related("loan").order_by("due_on", "pk")[:MOST]
    lines = []
    for task in found:
        parts = {"kind": task.get_kind_display(), "loan": task.loan.number, "state": task.get_state_display()}
        lines.append(Beside("clipboard-list", _("%(kind)s of %(loan)s: %(state)s") % parts, reverse("desk:loan", args=[task.loan.number]), task.due_on))
    return lines
