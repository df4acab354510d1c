"""Questions on the audit trail and on the days that were closed."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import LONGEST_GAP, business_days
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Role, RoleHeld
from loanwatch.trail.models import AuditEvent, BusinessDay, RunException, RunUnit

CLOSED = (BusinessDay.State.CLOSED, BusinessDay.State.CLOSED_WITH_EXCEPTIONS)
# States of the run whose figures stand or will stand. A re-run that is compared, dropped or replaced is beside it.
STANDING = (BusinessDay.State.DUE, BusinessDay.State.CLOSING, *CLOSED)


# Days ------------------------------------------------------------------------------------------------------------------------


def newest_runs() -> QuerySet[BusinessDay]:
    """Every business date once, as the run that stands: a re-run counts from when it has replaced the one before it."""
    return BusinessDay.objects.filter(state__in=STANDING)


def last_closed(lender: Lender) -> date | None:
    """The newest business date of `lender` that is closed, with or without exceptions; None before the first."""
    closed = newest_runs().filter(lender=lender, state__in=CLOSED)
    return closed.order_by("-business_date").values_list("business_date", flat=True).first()


def last_taken(lender: Lender) -> date | None:
    """The newest business date of `lender` that is closed or whose close has begun: its figures say what was known then."""
    taken = BusinessDay.objects.filter(lender=lender).exclude(state=BusinessDay.State.DUE)
    found: date | None = taken.aggregate(d=Max("business_date"))["d"]
    return found


def open_day(lender: Lender, today: date) -> date:
    """The business date on which what somebody tells `today` becomes known: today or the next business day, after the last taken one."""
    taken = last_taken(lender)
    first = max(today, taken + timedelta(days=1)) if taken else today
    return next(iter(business_days(lender, first, first + timedelta(days=LONGEST_GAP))), first)


@dataclass
class Step:
    """One step of one day: its units by state, rows written, and seconds of work over all units."""

    name: str
    order: int
    units: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    rows: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.units.values())

    @property
    def done(self) -> int:
        """Units that nothing is left to do for: done, or set aside and accepted."""
        return self.units.get(RunUnit.State.DONE, 0) + self.units.get(RunUnit.State.ACCEPTED, 0)

    @property
    def failed(self) -> int:
        return self.units.get(RunUnit.State.FAILED, 0)

    @property
    def running(self) -> int:
        return self.units.get(RunUnit.State.RUNNING, 0)


@dataclass
class Day:
    """One business day as its page shows it."""

    day: BusinessDay
    steps: list[Step]
    exceptions: int

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def total(self) -> int:
        return sum(step.total for step in self.steps)

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    @property
    def now(self) -> Step | None:
        """The step at work: the first that is not done through; None when all are."""
        return next((step for step in self.steps if step.done < step.total), None)


def lenders_seen(access: Access) -> QuerySet[Lender]:
    """The lenders of the branches in which this person holds a role; all for a role over the whole installation."""
    if access.everywhere:
        return Lender.objects.all()
    return Lender.objects.filter(branches__in=access.branches_held()).distinct()


def days(access: Access, *, state: str = "") -> QuerySet[BusinessDay]:
    """The business days of the lenders this person works for, the newest first, each at its highest run version."""
    found = newest_runs().filter(lender__in=lenders_seen(access)).select_related("lender", "accepted_by")
    if state:
        found = found.filter(state=state)
    return found.order_by("-business_date", "lender__code")


def with_work(listed: list[BusinessDay]) -> list[Day]:
    """The units, rows and open exceptions of the days of one page; three queries however many there are."""
    if not listed:
        return []
    wanted = Q()
    for day in listed:
        wanted |= Q(lender=day.lender_id, business_date=day.business_date, run_version=day.run_version)
    key = ("lender_id", "business_date", "run_version")
    steps: dict[tuple, dict[str, Step]] = defaultdict(dict)
    units = (
        RunUnit.objects.filter(wanted, step_order__gte=0)  # below: errands of people, not steps of the day
        .values(*key, "step", "state")
        .annotate(order=Min("step_order"), n=Count("pk"), rows=Sum("rows_out"), took=Sum("seconds"))
    )
    for unit in units:
        step = steps[tuple(unit[k] for k in key)].setdefault(unit["step"], Step(unit["step"], unit["order"]))
        step.units[unit["state"]] += unit["n"]
        step.rows += unit["rows"] or 0
        step.seconds += unit["took"] or 0.0
    faults = RunException.objects.filter(wanted, resolved_at=None).values(*key).annotate(n=Count("pk"))
    exceptions = {tuple(row[k] for k in key): row["n"] for row in faults}
    found = []
    for day in listed:
        of = (day.lender_id, day.business_date, day.run_version)
        found.append(Day(day, sorted(steps[of].values(), key=lambda step: step.order), exceptions.get(of, 0)))
    return found


def exceptions_of(day: BusinessDay) -> QuerySet[RunException]:
    """What was set aside on this day, open ones first."""
    found = RunException.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=day.run_version)
    return found.order_by(F("resolved_at").asc(nulls_first=True), "step", "pk")


# Audit trail -----------------------------------------------------------------------------------------------------------------


def events(access: Access, **asked: Any) -> QuerySet[AuditEvent]:
    """The audit events this auditor may read, the newest first.

    An auditor of the head office reads all events of the lender, those of the system included; an auditor below it reads
    what was done by people who hold or held a role in the auditor's branches. Filters: `event` (a name, or its first part
    with a dot at the end), `person` (part of the name or the staff number), `subject` (kind), `subject_id`, `first` and
    `last` (dates, both included, in the lender's zone).
    """
    found = AuditEvent.objects.filter(_reach(access)).select_related("person", "account")
    if name := asked.get("event"):
        found = found.filter(event__startswith=name) if name.endswith(".") else found.filter(event=name)
    if who := asked.get("person"):
        found = found.filter(Q(person__name__icontains=who) | Q(person__staff_no=who) | Q(account__username=who))
    if kind := asked.get("subject"):
        found = found.filter(subject_kind=kind)
    if key := asked.get("subject_id"):
        found = found.filter(subject_id=key)
    if first := asked.get("first"):
        found = found.filter(at__gte=_midnight(first, access))
    if last := asked.get("last"):
        found = found.filter(at__lt=_midnight(last + timedelta(days=1), access))
    return found.order_by("-pk")


def _reach(access: Access) -> Q:
    held = access.branches_held(Role.AUDITOR)
    tops = Branch.objects.filter(pk__in=held, kind=Branch.Kind.HEAD_OFFICE)
    colleagues = RoleHeld.objects.filter(branch_id__in=access.subtree(Role.AUDITOR)).values("person_id")
    return Q(lender_id__in=tops.values("lender_id")) | Q(person_id__in=colleagues)


def zone_of(access: Access) -> ZoneInfo:
    """The time zone of the reader's lender."""
    return ZoneInfo(access.person.lender.zone if access.person and access.person.lender else "UTC")


def _midnight(day: date, access: Access) -> datetime:
    return datetime.combine(day, time(), zone_of(access))
