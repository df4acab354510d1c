"""What the made-up people have done about alerts and class proposals: the actions of real work, dated after the close that called for them.

Done once, after the history is closed, by the people who held the loan on the day: what somebody may not do is not done here either.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from django.db.models import F, QuerySet

from alerts.classification import actions as classes
from alerts.classification.models import ClassProposal
from alerts.signals import actions as signals
from alerts.signals.models import Alert, Level
from borrowers.loans.models import Custody, Loan
from loanwatch.demo.agencies import order_from_agencies
from loanwatch.demo.book import FIRST_ORDINARY
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Account, BranchReach, Role, RoleHeld
from loanwatch.trail.models import AuditEvent
from loanwatch.trail.queries import last_closed
from loanwatch.trail.record import record

DONE = "demo.acts_made"
SETTLED_AFTER = 14  # days after which a cleared alert has been closed by two people
# Share of the alerts that still hold after so many days and have been moved to recovery, or accepted with approval.
GIVEN_UP = ((45, 0.92), (18, 0.6))
UNSEEN = 15  # days within which some alerts have been seen by nobody
FRESH = 6  # days within which nobody has looked yet
MEASURES = {
    "REP": "已电话联系，客户承诺本周还款。 Called: the owner promises to pay this week.",
    "MSK": "已调阅展期申请并与客户核实。 Read the application for the extension and asked the owner.",
    "COL": "已联系评估公司安排重估。 The appraiser has been asked for a new valuation.",
}
CALLED = "已与客户核实情况，正在跟进。 Asked the owner about it; being followed up."
CONTACT = "上门走访，见到实际控制人。 Visited and met the owner."
CLOSING = "欠款已结清，情况恢复正常，申请关闭。 The arrears are paid; asking to close."
HANDED_OVER = "催收方案已报批，转资产保全处理。 The recovery plan is approved; handled there from now on."
AGREED = "核对还款记录，同意关闭。 Checked against the repayments; agreed."
BACK = "请补充最近三个月流水。 Add the account of the last three months."


@dataclass
class Desk:
    """Finds who acts on a loan on a day, and remembers each person's access of that day."""

    lender: Lender
    as_of: date
    accounts: dict[int, Account] = field(default_factory=dict)
    seen: dict[tuple[int, date], Access] = field(default_factory=dict)
    officers: dict[int, list[int]] = field(default_factory=dict)  # branch -> people who are risk officers over it

    def __post_init__(self) -> None:
        accounts = Account.objects.select_related("person").filter(person__lender=self.lender, is_active=True)
        self.accounts = {a.person_id: a for a in accounts if a.person_id}
        held = RoleHeld.objects.filter(role=Role.RISK_OFFICER, to_on=None, person__lender=self.lender).order_by("pk")
        for person, branch in held.values_list("person_id", "branch_id"):
            for below in BranchReach.objects.filter(ancestor_id=branch, to_on=None).values_list("descendant_id", flat=True):
                self.officers.setdefault(below, []).append(person)

    def access(self, person: int, on: date) -> Access:
        key = (person, on)
        if key not in self.seen:
            self.seen[key] = Access.of(self.accounts[person], on)
        return self.seen[key]

    def manager(self, loan: Loan | None, on: date) -> Access | None:
        """The account manager of `loan` on `on`, where that person still works here; else today's."""
        for day in (on, self.as_of):
            lead = Custody.objects.filter(loan=loan, capacity="lead").held_on(day).values_list("person_id", flat=True).first()
            if lead in self.accounts:
                return self.access(lead, day)
        return None

    def officer(self, branch: int, on: date) -> Access | None:
        found = self.officers.get(branch)
        return self.access(found[on.toordinal() % len(found)], on) if found else None


def make_acts(lender: Lender, *, seed: int = 1) -> dict[str, Any]:
    """Make the acts of the past on the closed history of `lender`; done once, later calls do nothing.

    Returns counts of what was done. Raises ValueError with a sentence while days wait to be closed.
    """
    if AuditEvent.objects.filter(event=DONE, subject_kind=lender._meta.label_lower, subject_id=str(lender.pk)).exists():
        return {"already": True}
    as_of = last_closed(lender)
    waiting = lender.days.exclude(state__startswith="closed").count()
    if as_of is None or waiting:
        raise ValueError(f"{waiting} business days of {lender.code} are not closed yet: people act on closed days. Nothing was done.")
    # Each act is a transaction of its own: a person at the desk never waits for the whole, and a run that was cut short
    # goes on with the alerts that nobody has touched yet.
    desk, draw = Desk(lender, as_of), Random(seed)
    done = dict.fromkeys(("acknowledged", "handled", "submitted", "returned", "closed", "classes", "ordered visits"), 0)
    for alert in ordinary(lender, as_of):
        act(alert, desk, draw, done)
    done["classes"] = decide_classes(desk, draw)
    done["ordered visits"] = order_from_agencies(lender, as_of)
    record(DONE, by=None, subject=lender, **done)
    return {"already": False, **done}


def ordinary(lender: Lender, as_of: date) -> QuerySet[Alert]:
    """Alerts nobody has touched on loans that account managers work, oldest first; those on staff conduct are not theirs to see."""
    found = Alert.objects.filter(
        state=Alert.State.OPEN, lender=lender, loan__isnull=False, staff_conduct=False, opened_on__lte=as_of - timedelta(days=FRESH)
    )
    return found.select_related("rule", "loan").order_by("opened_on", "rule__code", F("loan__number"))


def act(alert: Alert, desk: Desk, draw: Random, done: dict[str, int]) -> None:
    """Take one alert as far as such an alert is usually taken by now."""
    chance, opened = draw.random(), alert.opened_on + timedelta(days=draw.randint(1, 4))
    cleared = alert.cleared_on is not None and alert.cleared_on <= desk.as_of - timedelta(days=SETTLED_AFTER)
    manager = desk.manager(alert.loan, min(opened, desk.as_of))
    age = (desk.as_of - alert.opened_on).days
    if manager is None or (chance < 0.25 and age < UNSEEN):
        return
    given_up = not planted(alert) and alert.cleared_on is None and chance < next((share for days, share in GIVEN_UP if age > days), 0)
    try:
        if not cleared and not given_up and chance < 0.6:
            signals.acknowledge(number=alert.number, by=manager)
            done["acknowledged"] += 1
            return
        family = alert.rule.code.partition("-")[0]
        signals.note_measure(number=alert.number, by=manager, text=MEASURES.get(family, CALLED), kind="measure")
        if chance > 0.7:
            signals.note_measure(number=alert.number, by=manager, text=CONTACT, kind="contact")
        done["handled"] += 1
        if cleared or given_up or (alert.cleared_on is not None and chance > 0.6):
            finish(alert, desk, manager, chance, done)
    except (Alert.DoesNotExist, Conflict, Refused):
        return  # the loan had meanwhile gone to another branch's people


def finish(alert: Alert, desk: Desk, manager: Access, chance: float, done: dict[str, int]) -> None:
    """The manager asks to close; a risk officer closes what has long been in order, and sends some back."""
    on = min(max(alert.cleared_on or desk.as_of - timedelta(days=12), manager.on) + timedelta(days=3), desk.as_of)
    closer, by_now = desk.officer(alert.branch_id, on), desk.manager(alert.loan, on)
    if closer is None or by_now is None:
        return
    signals.submit_for_closing(number=alert.number, by=by_now, text=CLOSING if alert.cleared_on else HANDED_OVER)
    done["submitted"] += 1
    if on >= desk.as_of - timedelta(days=8):
        if chance > 0.92:
            signals.return_alert(number=alert.number, by=closer, reason=BACK)
            done["returned"] += 1
        return
    signals.close_alert(number=alert.number, by=closer, outcome=outcome_of(alert, chance).value, note=AGREED)
    done["closed"] += 1


def outcome_of(alert: Alert, chance: float) -> Alert.Outcome:
    if alert.cleared_on is None:
        return Alert.Outcome.RECOVERY if alert.level == Level.RED else Alert.Outcome.ACCEPTED
    return Alert.Outcome.FALSE_ALARM if chance < 0.08 else Alert.Outcome.RESOLVED


def planted(alert: Alert) -> bool:
    """Whether the alert is on a planted case, which stays as it was found."""
    return alert.loan is not None and alert.loan.number < FIRST_ORDINARY


def decide_classes(desk: Desk, draw: Random) -> int:
    """Risk officers have confirmed the proposals of more than ten days ago; returns how many."""
    decided = 0
    waiting = ClassProposal.objects.filter(
        lender=desk.lender, state=ClassProposal.State.PROPOSED, as_of__lte=desk.as_of - timedelta(days=10)
    )
    for proposal in waiting.select_related("loan").order_by("as_of", "loan__number"):
        officer = desk.officer(proposal.loan.branch_id, min(proposal.as_of + timedelta(days=draw.randint(1, 6)), desk.as_of))
        if officer is None or draw.random() < 0.1:
            continue
        classes.decide(proposal_id=proposal.pk, by=officer, agrees=True)
        decided += 1
    return decided
