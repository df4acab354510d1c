"""Findings to be put right and holds of a borrower, beside an alert."""

from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.signals.beside import Beside
from alerts.signals.models import Alert
from inspections.findings.hold_queries import beside as stands
from loanwatch.people.access import Access

MOST = 4


def beside(access: Access, alert: Alert) -> list[Beside]:
    """What is blocked, then the worst findings that this person may see. Two queries."""
    found = stands(access, alert.borrower) if alert.borrower is not None else None
    if found is None:
        return []
    lines = []
    if found["stopped"]:
        said = _("Blocked: %(kinds)s") % {"kinds": ", ".join(str(label) for label in found["stopped"])}
        lines.append(Beside("lock", said, reverse("holds:borrower", args=[found["borrower"].number]), None))
    for finding in found["findings"][:MOST]:
        parts = {"number": finding.number, "state": finding.get_state_display()}
        lines.append(Beside("clipboard-check", _("Finding %(number)s: %(state)s") % parts, reverse("findings:finding", args=[finding.pk]), finding.due_on))
    return lines
