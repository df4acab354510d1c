"""What waits for a person: one list by deadline from all kinds of work, and what each role keeps an eye on."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.classification.queries import proposals
from alerts.signals.models import Alert
from alerts.signals.queries import say_why, waiting_for, worklist
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.loans.models import Loan, LoanState
from inspections.four_eyes.queries import queue
from inspections.planning.models import Task
from inspections.planning.plans import unread_by
from inspections.planning.queries import my_tasks
from loanwatch.desk.addresses import address
from loanwatch.desk.loans.queries import level_tone
from loanwatch.lenders.models import Lender, Parameter
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.trail.models import RunException, RunUnit

SHOWN = 8
AHEAD = 14  # days of due dates that the manager's page looks ahead


@dataclass(frozen=True)
class Work:
    """One line of "next, by deadline"."""

    icon: str
    tone: str
    title: str
    who: str
    detail: str
    exposure: Any
    currency: str
    deadline: date | None
    url: str
    action: str


def alert_work(access: Access, most: int = SHOWN) -> list[Work]:
    """Alerts that wait for this person, the most urgent first."""
    alerts = list(worklist(access).open().filter(waiting_for(access))[:most])
    say_why(alerts)
    icons = {"red": "f-alert-octagon", "orange": "f-alert-triangle", "yellow": "f-alert-square-rounded"}
    lines = []
    for a in alerts:
        second = a.state == Alert.State.SUBMITTED
        title = _("Second check: %(rule)s") % {"rule": _(a.rule.name)} if second else _(a.rule.name)
        tone = level_tone(a.level)
        action = _("Check") if second else _("Handle") if access.has(Role.ACCOUNT_MANAGER) else _("Open")
        lines.append(
            Work(
                icons[tone],
                tone,
                title,
                str(a.borrower or a.branch),
                a.number,
                a.exposure,
                a.currency,
                a.due_on,
                reverse("alerts:detail", args=[a.number]),
                action,
            )
        )
    return lines


def reading_work(access: Access) -> list[Work]:
    """The new version of the inspection plan that this person has still to read, until the day it counts from."""
    version = unread_by(access.person, access.on)
    if version is None:
        return []
    title, url = _("Read the new inspection plan"), reverse("planning:plan", args=[version.pk])
    return [Work("clipboard-list", "yellow", title, str(version), "", None, "", version.valid_from, url, _("Read it"))]


def task_work(access: Access, most: int = SHOWN) -> list[Work]:
    """Inspections on which it is this person's turn."""
    url = address("inspections:tasks") or address("visits:today")
    lines = []
    for t in my_tasks(access)[:most]:
        returned = t.state == "returned"
        title = _("Returned: %(kind)s") % {"kind": t.get_kind_display()} if returned else t.get_kind_display()
        own = address("visits:today") or url
        lines.append(
            Work(
                "clipboard-check",
                "orange" if returned else "blue",
                title,
                str(t.borrower),
                t.loan.number,
                None,
                t.loan.currency,
                t.due_on,
                own,
                _("Record") if not returned else _("Correct"),
            )
        )
    return lines


def own_tasks(access: Access) -> dict[str, int]:
    """Inspections on which it is this person's turn: in all, past due on `access.on`, returned. One query."""
    return (
        Task.objects.to_do()
        .filter(assigned_to=access.person)
        .aggregate(
            to_do=Count("pk"), late=Count("pk", filter=Q(due_on__lt=access.on)), returned=Count("pk", filter=Q(state=Task.State.RETURNED))
        )
    )


def four_eyes_work(access: Access, most: int = SHOWN) -> list[Work]:
    """Submitted visits that wait for this officer's own view."""
    url = address("inspections:four_eyes")
    lines = []
    for v in queue(access)[:most]:
        title = _("Verify: %(kind)s") % {"kind": v.task.get_kind_display()}
        own = address("four_eyes:verify", v.pk) or url
        detail = _("recorded by %(name)s") % {"name": v.recorded_by}
        lines.append(Work("eye-check", "acc", title, str(v.task.borrower), detail, None, v.loan.currency, v.verify_by, own, _("Compare")))
    return lines


def by_deadline(*kinds: list[Work], most: int = 2 * SHOWN) -> list[Work]:
    """The lines of all kinds, the earliest deadline first; those without one last."""
    lines = [line for kind in kinds for line in kind]
    return sorted(lines, key=lambda w: (w.deadline is None, w.deadline or date.max))[:most]


def due_soon(access: Access) -> list[LoanState]:
    """Instalments of own loans that fall due within 14 days, the next first. One query."""
    own = Loan.objects.visible_to(access).order_by()
    last = access.on + timedelta(days=AHEAD)
    states = LoanState.objects.filter(loan__in=own, next_due_on__range=(access.on, last)).select_related("loan__borrower")
    return list(states.order_by("next_due_on", "loan_id")[:SHOWN])


def class_work(access: Access) -> list[Any]:
    """Class proposals that wait for a decision."""
    return list(proposals(access)[:SHOWN])


def pending_parameters(lender: Lender) -> list[Parameter]:
    """Parameters that one administrator proposed and another has to approve, the oldest first."""
    return list(Parameter.objects.filter(lender=lender, approved_by="").exclude(proposed_by="").order_by("proposed_at"))


def held_deliveries(lender: Lender) -> list[Delivery]:
    """Deliveries that are held, the newest first."""
    return list(Delivery.objects.filter(lender=lender, state=Delivery.State.HELD).order_by("-id")[:SHOWN])


def last_deliveries(lender: Lender) -> list[Delivery]:
    """The newest delivery of each feed. One query."""
    newest = Delivery.objects.filter(lender=lender).order_by("format", "-id").distinct("format")
    return list(newest)


def waiting_rows(lender: Lender) -> int:
    """Quarantined rows that nobody has decided."""
    return QuarantinedRow.objects.filter(delivery__lender=lender, state=QuarantinedRow.State.WAITING).count()


def health(lender: Lender) -> dict[str, int]:
    """Open run exceptions, failed units and units that are not done, of all days. Two queries."""
    units = RunUnit.objects.filter(lender=lender).aggregate(
        failed=Count("pk", filter=Q(state=RunUnit.State.FAILED)), open=Count("pk", filter=~Q(state=RunUnit.State.DONE))
    )
    exceptions = RunException.objects.filter(lender=lender, resolved_at__isnull=True).count()
    return {"exceptions": exceptions, **units}
