"""What the operator's pages show of the business days: a month of them, the one at work, its units, and what stands in the way."""

from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Now

from borrowers.feeds.board import FeedDay, missing, now_of
from loanwatch.day.actions import held_back
from loanwatch.desk.days.rules import Past, time_left
from loanwatch.kernel.calendars import month_end
from loanwatch.lenders.models import DayException, Lender
from loanwatch.lenders.queries import business_days, calendar_kind
from loanwatch.people.access import Access
from loanwatch.trail.models import BusinessDay, RunException, RunUnit
from loanwatch.trail.queries import CLOSED, Day, Step, days, with_work
from loanwatch.watch.checks import closed_by

State = BusinessDay.State
AT_WORK = (State.CLOSING, State.COMPARING, State.REPLACING)
BESIDE = (State.COMPARING, State.COMPARED, State.REPLACING)  # a re-run that somebody asked for and nobody has settled
BASIS = 5  # days before, from which the time left is told
MOST_SHOWN = 50  # exceptions on the overview
WEEKS = Calendar(firstweekday=0)


# A month ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One date of the month. `kind`: a state of BusinessDay, "waiting" (a business day that nobody has put on the list) or "rest"."""

    on: date
    kind: str
    run: BusinessDay | None = None
    holiday: str = ""
    exceptions: int = 0
    rerun: str = ""  # the state of a re-run beside it
    today: bool = False


def month_of(lender: Lender, first: date, today: date) -> list[list[Cell | None]]:
    """The weeks of the month that begins on `first`, Monday to Sunday; None for days of other months. Seven queries or fewer."""
    last = month_end(first)
    runs = BusinessDay.objects.filter(lender=lender, business_date__range=(first, last))
    stand: dict[date, BusinessDay] = {}
    beside: dict[date, str] = {}
    for run in runs:
        if run.state in BESIDE:
            beside[run.business_date] = run.state
        elif run.state not in (State.REPLACED, State.DROPPED):
            stand[run.business_date] = run
    open_days = set(business_days(lender, first, last))
    faults = RunException.objects.filter(lender=lender, business_date__range=(first, last), resolved_at=None)
    counts = dict(faults.order_by().values_list("business_date").annotate(n=Count("pk")))
    names = dict(
        DayException.objects.filter(calendar=calendar_kind(lender, first), on__range=(first, last), is_business=False).values_list("on", "name")
    )

    def cell(on: date) -> Cell | None:
        if on.month != first.month:
            return None
        run = stand.get(on)
        kind = run.state if run else "waiting" if on in open_days else "rest"
        return Cell(on, kind, run, names.get(on, ""), counts.get(on, 0), beside.get(on, ""), on == today)

    return [[cell(on) for on in week] for week in WEEKS.monthdatescalendar(first.year, first.month)]


def newest_month(lender: Lender, today: date) -> date:
    """The first day of the month that the calendar opens with: that of the newest day closed or at work, else of today."""
    taken = BusinessDay.objects.filter(lender=lender).exclude(state=State.DUE).order_by("-business_date")
    found = taken.values_list("business_date", flat=True).first() or today
    return found.replace(day=1)


# The day at work -------------------------------------------------------------------------------------------------------------


@dataclass
class UnitLine:
    """One unit as the grid shows it. `seconds`: of the work done, or since it was claimed."""

    unit: RunUnit
    seconds: float | None

    @property
    def kind(self) -> str:
        return "again" if self.unit.state == RunUnit.State.TODO and self.unit.failures else str(self.unit.state)


@dataclass
class Work:
    """A run with its steps, the units of each, and about how long it will still take."""

    day: Day
    units: dict[str, list[UnitLine]] = field(default_factory=dict)
    left: float | None = None

    @property
    def run(self) -> BusinessDay:
        return self.day.day

    @property
    def steps(self) -> list[tuple[Step, list[UnitLine]]]:
        return [(step, self.units.get(step.name, [])) for step in self.day.steps]

    @property
    def failed(self) -> int:
        return sum(step.failed for step in self.day.steps)

    @property
    def told(self) -> list[UnitLine]:
        """Units that want a line of their own: at work, set aside, or tried more than once."""
        lines = [line for lines in self.units.values() for line in lines]
        return [line for line in lines if line.unit.state in ("running", "failed", "accepted") or line.unit.attempts > 1]


def work_of(run: BusinessDay) -> Work:
    """Steps, units and time left of one run; six queries or fewer."""
    units: dict[str, list[UnitLine]] = defaultdict(list)
    rows = RunUnit.objects.filter(lender=run.lender_id, business_date=run.business_date, run_version=run.run_version)
    for row in rows.annotate(now=Now()).order_by("step_order", "bucket"):
        since = row.claimed_at if row.state == RunUnit.State.RUNNING else None
        units[row.step].append(UnitLine(row, (row.now - since).total_seconds() if since else row.seconds))
    work = Work(with_work([run])[0], dict(units))
    if run.state == State.CLOSING and not work.failed:
        left = {step.name: 1 - step.done / step.total for step in work.day.steps if step.total}
        work.left = time_left(left, days_before(run))
    return work


def days_before(run: BusinessDay) -> list[Past]:
    """The last five closed days of the same lender before `run`, with the seconds of their steps."""
    closed = BusinessDay.objects.filter(
        lender=run.lender_id, business_date__lt=run.business_date, state__in=CLOSED, opened_at__isnull=False, closed_at__isnull=False
    ).order_by("-business_date")[:BASIS]
    runs = {(day.business_date, day.run_version): (day.closed_at - day.opened_at).total_seconds() for day in closed if day.closed_at and day.opened_at}
    units = RunUnit.objects.filter(lender=run.lender_id, business_date__in=[on for on, _ in runs], seconds__isnull=False)
    steps: dict[tuple[date, int], dict[str, float]] = defaultdict(dict)
    for on, version, step, took in units.order_by().values_list("business_date", "run_version", "step").annotate(took=Sum("seconds")):
        steps[on, version][step] = took
    return [Past(elapsed, steps[key]) for key, elapsed in runs.items() if key in steps]


def at_work(lender: Lender) -> BusinessDay | None:
    """The run that units are being done for: the earliest where several are."""
    return BusinessDay.objects.filter(lender=lender, state__in=AT_WORK).select_related("lender").order_by("business_date").first()


# What stands in the way ------------------------------------------------------------------------------------------------------


@dataclass
class Standing:
    """How one lender's days stand: what is closed, what waits, and for what."""

    lender: Lender
    closed: BusinessDay | None
    due: int
    waits: tuple[date, list[str]] | None  # the next day, and the feeds it waits for
    missing: list[FeedDay]
    late: date | None  # the day that should have been closed by now and is not
    late_since: datetime | None
    reruns: list[BusinessDay]  # that wait for somebody's decision


def standing_of(lender: Lender) -> Standing:
    """Asked once per page; about fifteen queries whatever the size of the book."""
    now = now_of(lender)
    closed = BusinessDay.objects.filter(lender=lender, state__in=CLOSED).order_by("-business_date").first()
    late = _late(lender, closed, now)
    return Standing(
        lender,
        closed,
        BusinessDay.objects.filter(lender=lender, state=State.DUE).count(),
        held_back(lender),
        missing(lender, now),
        late,
        closed_by(lender, late) if late else None,
        list(BusinessDay.objects.filter(lender=lender, state=State.COMPARED).select_related("lender", "asked_by").order_by("business_date")),
    )


def _late(lender: Lender, closed: BusinessDay | None, now: datetime) -> date | None:
    """The first business day after the last closed one, where its hour has passed."""
    if closed is None:
        return None
    following = business_days(lender, closed.business_date + timedelta(days=1), now.date())
    return following[0] if following and closed_by(lender, following[0]) <= now else None


def exceptions(access: Access, lender: Lender) -> QuerySet[RunException]:
    """What is set aside and not repaired at `lender`, the oldest day first; none where this person does not see its days."""
    seen = days(access).filter(lender=lender).order_by().values("lender_id")[:1]
    return RunException.objects.filter(lender__in=seen, resolved_at=None).select_related("accepted_by").order_by("business_date", "pk")


def exceptions_on(run: BusinessDay) -> QuerySet[RunException]:
    """What was set aside on the date of `run`, in whichever run; open ones first."""
    found = RunException.objects.filter(lender=run.lender_id, business_date=run.business_date).select_related("accepted_by")
    return found.order_by(F("resolved_at").asc(nulls_first=True), "step", "pk")


def reruns_of(run: BusinessDay) -> list[BusinessDay]:
    """All runs of the date of `run`, the newest first, when there is more than one."""
    found = list(
        BusinessDay.objects.filter(lender=run.lender_id, business_date=run.business_date)
        .select_related("lender", "asked_by", "decided_by")
        .order_by("-run_version")
    )
    return found if len(found) > 1 else []
