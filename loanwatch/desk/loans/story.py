"""The charts and the timeline of one loan's page."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from alerts.classification.models import ClassProposal
from alerts.observation.models import LoanDay
from alerts.signals.models import Alert
from borrowers.loans.models import Custody, LoanEvent
from loanwatch.desk import formats
from loanwatch.desk.loans.queries import level_tone
from loanwatch.desk.portfolio.queries import scale

LONGEST = 60  # demands that a chart shows; a longer plan shows those around the date
EVENT_MARKS = {
    "disbursement": ("cash", "blue"),
    "extension": ("calendar-time", "orange"),
    "refinance": ("arrows-exchange", "orange"),
    "restructure": ("arrows-exchange", "orange"),
    "rate_change": ("percentage", ""),
    "settled": ("circle-check", "green"),
    "write_off": ("x", "red"),
    "charge_off": ("x", "red"),
    "transfer": ("send", ""),
}


def schedule_chart(lines: list[dict[str, Any]], currency: str, as_of: date) -> dict[str, Any] | None:
    """Principal per demand, paid, overdue or due, with the balance left by plan as a step line."""
    lines = [line for line in lines if line["instalment"].principal > 0 or len(lines) <= LONGEST]
    if not lines:
        return None
    balances = _balances(lines)  # of the whole plan: a part of it would end at nothing owed
    if len(lines) > LONGEST:
        now = next((n for n, line in enumerate(lines) if line["instalment"].due_on >= as_of), len(lines))
        start = min(max(now - LONGEST // 2, 0), len(lines) - LONGEST)
        lines, balances = lines[start : start + LONGEST], balances[start : start + LONGEST]
    divisor, unit = scale(max([*balances, *(line["instalment"].principal for line in lines)]), currency)
    parts: dict[str, list[Decimal]] = {"paid": [], "late": [], "due": []}
    for line in lines:
        unpaid, whole = line["principal_unpaid"], line["instalment"].principal
        parts["paid"].append(round((whole - unpaid) / divisor, 4))
        parts["late"].append(round(unpaid / divisor if line["state"] == "late" else Decimal(0), 4))
        parts["due"].append(round(unpaid / divisor if line["state"] != "late" else Decimal(0), 4))
    return {
        "x": [formats.month(line["instalment"].due_on, get_language()) for line in lines],
        **parts,
        "balance": [round(b / divisor, 4) for b in balances],
        "unit": unit,
    }


def _balances(lines: list[dict[str, Any]]) -> list[Decimal]:
    """What the plan leaves after each demand."""
    left, found = Decimal(0), []
    for line in reversed(lines):
        found.append(left)
        left += line["instalment"].principal
    return found[::-1]


def late_chart(days: list[LoanDay]) -> dict[str, Any] | None:
    """Days past due over the closes."""
    known = [d for d in days if d.days_past_due is not None]
    if len(known) < 2:
        return None
    top = max(d.days_past_due or 0 for d in known)
    data: dict[str, Any] = {
        "x": [formats.day(d.as_of, get_language()) for d in known],
        "series": [{"name": _("Days past due"), "values": [d.days_past_due for d in known]}],
        "min": 0, "step": True, "area": True, "places": 0,
    }  # fmt: skip
    if top >= 60:
        data["threshold"] = {"value": 90, "name": _("90 days")}
    return data


def ltv_chart(days: list[LoanDay]) -> dict[str, Any] | None:
    """Loan to value over the closes, in percent, with the agreed one as its limit."""
    known = [d for d in days if d.ltv is not None]
    if len(known) < 2:
        return None
    data: dict[str, Any] = {
        "x": [formats.month(d.as_of, get_language()) for d in known],
        "series": [{"name": _("Loan to value"), "values": [round((d.ltv or 0) * 100, 1) for d in known]}],
        "unit": "%", "min": 0, "step": True, "area": True, "places": 1,
    }  # fmt: skip
    if (agreed := known[-1].ltv_agreed) is not None:
        data["threshold"] = {"value": float(agreed * 100), "name": _("agreed %(value)s") % {"value": formats.share(agreed, 0)}}
    return data


def timeline(
    events: list[LoanEvent], alerts: list[Alert], custody: list[Custody], proposals: list[ClassProposal], visits: list[Any], most: int = 40
) -> list[dict[str, Any]]:
    """What happened to the loan, the latest first."""
    found: list[dict[str, Any]] = []
    for e in events:
        icon, tone = EVENT_MARKS.get(e.kind, ("history", ""))
        text = formats.money(e.amount, e.loan.currency) if e.amount is not None else e.note
        found.append({"icon": icon, "tone": tone, "title": e.get_kind_display(), "text": text, "when": e.valid_from})
    for a in alerts:
        url = reverse("alerts:detail", args=[a.number])
        title = _("%(level)s alert: %(rule)s") % {"level": a.get_level_display(), "rule": _(a.rule.name)}
        found.append(
            {"icon": "alert-octagon", "tone": level_tone(a.level), "title": title, "text": a.number, "when": a.opened_on, "url": url}
        )
        if a.closed_on:
            closed = _("Alert closed: %(outcome)s") % {"outcome": a.get_outcome_display()}
            found.append(
                {
                    "icon": "circle-check",
                    "tone": "green",
                    "title": closed,
                    "text": f"{a.number} · {a.closed_by}",
                    "when": a.closed_on,
                    "url": url,
                }
            )
    for c in custody:
        parts = {"name": c.person, "capacity": c.get_capacity_display()}
        found.append({"icon": "user-check", "tone": "", "title": _("%(name)s became %(capacity)s") % parts, "text": "", "when": c.from_on})
    for p in proposals:
        change = {"old": p.get_old_class_display(), "new": p.get_new_class_display()}
        found.append(
            {
                "icon": "stairs",
                "tone": "yellow",
                "title": _("Class proposed: %(old)s to %(new)s") % change,
                "text": p.get_state_display(),
                "when": p.as_of,
            }
        )
    for v in visits:
        if v.submitted_on:
            title = _("%(kind)s submitted") % {"kind": v.task.get_kind_display()}
            found.append({"icon": "clipboard-check", "tone": "blue", "title": title, "text": str(v.recorded_by), "when": v.submitted_on})
    return sorted(found, key=lambda e: e["when"], reverse=True)[:most]
