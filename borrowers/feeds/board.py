"""How the feeds of a lender stand: per feed and business date what is due, what came, what is missing, and what waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from borrowers.feeds.due import Came, Standing, dates_due, due_at, standing
from borrowers.feeds.models import Delivery, FeedGap, FeedPlan, QuarantinedRow
from loanwatch.kernel.calendars import month_end
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import LONGEST_GAP, business_days
from loanwatch.people.clock import today

LOOK_BACK = 35  # days: for so long a feed that never came is an alarm; after that it is a gap that everybody knows
STRIP = 10  # business dates on the board


@dataclass(frozen=True)
class FeedDay:
    """One business date of one feed."""

    format: str
    on: date
    standing: Standing
    due: datetime | None = None
    blocks_close: bool = False
    delivery: int | None = None
    came_at: datetime | None = None
    reason: str = ""  # why somebody let the day close without it
    contact: str = ""

    @property
    def due_there(self) -> datetime | None:
        """The due time as the lender's clocks show it, without a zone, so that no page turns it into another."""
        return self.due.replace(tzinfo=None) if self.due else None


def now_of(lender: Lender) -> datetime:
    """The moment in the lender's zone; its date is the test clock's where there is one."""
    zone = ZoneInfo(lender.zone)
    return datetime.combine(today(lender.zone), datetime.now(zone).timetz())


def expected(lender: Lender, first: date, last: date) -> dict[tuple[str, date], FeedPlan]:
    """(feed, business date) -> the plan that asks for it, for the business dates from `first` to `last`."""
    plans = FeedPlan.objects.filter(lender=lender, from_on__lte=last).filter(Q(to_on__isnull=True) | Q(to_on__gt=first))
    found: dict[tuple[str, date], FeedPlan] = {}
    if not (asked := list(plans.order_by("from_on"))):
        return found
    days = business_days(lender, first.replace(day=1), month_end(last))
    for plan in asked:
        for day in dates_due(plan.every, days):
            if first <= day <= last and plan.from_on <= day and (plan.to_on is None or day < plan.to_on):
                found[plan.format, day] = plan
    return found


def feed_days(lender: Lender, first: date, last: date, now: datetime) -> dict[tuple[str, date], FeedDay]:
    """Every (feed, business date) from `first` to `last` that a plan asks for or a delivery came for."""
    plans, came = expected(lender, first, last), _came(lender, first, last)
    gaps = {(g.format, g.business_date): g for g in FeedGap.objects.filter(lender=lender, business_date__range=(first, last))}
    made = {}
    for key in {*plans, *came}:
        plan, delivery, gap = plans.get(key), came.get(key), gaps.get(key)
        due = due_at(key[1], plan.days_after, plan.by_time, lender.zone) if plan else None
        arrived = Came(delivery["state"], delivery["received_at"]) if delivery else None
        made[key] = FeedDay(
            *key,
            standing(due, now, arrived, let_go=bool(gap and gap.let_go_at)),
            due=due,
            blocks_close=bool(plan and plan.blocks_close),
            delivery=delivery["id"] if delivery else None,
            came_at=delivery["received_at"] if delivery else None,
            reason=gap.reason if gap else "",
            contact=plan.contact if plan else "",
        )
    return made


def _came(lender: Lender, first: date, last: date) -> dict[tuple[str, date], dict[str, Any]]:
    """The delivery that counts for each (feed, date): the first applied one, else the newest."""
    rows = Delivery.objects.filter(lender=lender, business_date__range=(first, last), channel__in=["file", "screen"])
    found: dict[tuple[str, date], dict[str, Any]] = {}
    for row in rows.order_by("-id").values("id", "format", "business_date", "state", "received_at"):
        key = (row["format"], row["business_date"])
        if key not in found or row["state"] == Delivery.State.APPLIED:
            found[key] = dict(row)
    return found


def missing(lender: Lender, now: datetime) -> list[FeedDay]:
    """Feeds whose due time has passed with nothing here that can be used, over the last 35 days; the oldest first."""
    if not FeedPlan.objects.filter(lender=lender).exists():
        return []
    return missing_of(feed_days(lender, now.date() - timedelta(days=LOOK_BACK), now.date(), now))


def missing_of(found: dict[tuple[str, date], FeedDay]) -> list[FeedDay]:
    return sorted((d for d in found.values() if d.standing is Standing.MISSING), key=lambda d: (d.on, d.format))


def around(lender: Lender, now: datetime) -> dict[tuple[str, date], FeedDay]:
    """The dates for which a feed may be missing, and those to come until each feed is due again."""
    return feed_days(lender, now.date() - timedelta(days=LOOK_BACK), now.date() + timedelta(days=LONGEST_GAP), now)


def waited_for(lender: Lender, business_date: date) -> list[str]:
    """The feeds without which `business_date` is not closed and that are not applied yet, due or not; empty when it may close."""
    asked = {name for (name, _), plan in expected(lender, business_date, business_date).items() if plan.blocks_close}
    if not asked:
        return []
    here = Delivery.objects.filter(lender=lender, business_date=business_date, state=Delivery.State.APPLIED, format__in=asked)
    gone = FeedGap.objects.filter(lender=lender, business_date=business_date, let_go_at__isnull=False, format__in=asked)
    return sorted(asked - set(here.values_list("format", flat=True)) - set(gone.values_list("format", flat=True)))


@dataclass
class FeedLine:
    """One feed on the board: its strip of dates and what its newest figures are."""

    name: str
    plan: FeedPlan | None
    days: list[FeedDay]
    next_due: FeedDay | None = None
    newest: date | None = None  # business date of the newest applied delivery
    rows_waiting: int = 0

    @property
    def worst(self) -> Standing:
        """The standing that wants attention most."""
        order = list(Standing)
        return min((d.standing for d in self.days), key=order.index, default=Standing.NONE)


def strip_dates(lender: Lender, upto: date, most: int = STRIP) -> list[date]:
    """The last business dates up to `upto`, the oldest first."""
    return business_days(lender, upto - timedelta(days=3 * most + LONGEST_GAP), upto)[-most:] or [upto]


def newest_date(lender: Lender) -> date:
    """Where the board ends unless asked otherwise: today where a feed is planned, else the newest date delivered."""
    on = today(lender.zone)
    if FeedPlan.objects.filter(lender=lender, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on)).exists():
        return on
    return Delivery.objects.filter(lender=lender).order_by("-business_date").values_list("business_date", flat=True).first() or on


def lines(lender: Lender, dates: list[date], now: datetime, near: dict[tuple[str, date], FeedDay]) -> list[FeedLine]:
    """One line per feed that is planned or was ever delivered by file; those that want attention first. `near`: see `around`."""
    inside = now.date() - timedelta(days=LOOK_BACK) <= dates[0] and dates[-1] <= now.date()
    found = near if inside else feed_days(lender, dates[0], dates[-1], now)
    newest = _newest_applied(lender)
    waiting = _rows_waiting(lender)
    plans = {p.format: p for p in FeedPlan.objects.filter(lender=lender).order_by("from_on")}
    seen = {name for name, on in found if on in set(dates)}
    made = [
        FeedLine(
            name,
            plans.get(name),
            [found.get((name, on), FeedDay(name, on, Standing.NONE)) for on in dates],
            _next_due(d for d in near.values() if d.format == name),
            newest.get(name),
            waiting.get(name, 0),
        )
        for name in {*seen, *newest, *plans}
    ]
    order = list(Standing)
    return sorted(made, key=lambda line: (order.index(line.worst), line.name))


def _next_due(days: Iterable[FeedDay]) -> FeedDay | None:
    awaited = [d for d in days if d.standing in {Standing.AWAITED, Standing.REJECTED} and d.due]
    return min(awaited, key=lambda d: d.on, default=None)


def _newest_applied(lender: Lender) -> dict[str, date]:
    applied = Delivery.objects.filter(lender=lender, state=Delivery.State.APPLIED, channel__in=["file", "screen"])
    return dict(applied.order_by("format", "-business_date").distinct("format").values_list("format", "business_date"))


def _rows_waiting(lender: Lender) -> dict[str, int]:
    rows = QuarantinedRow.objects.filter(
        delivery__lender=lender, delivery__state=Delivery.State.APPLIED, state=QuarantinedRow.State.WAITING
    )
    return dict(rows.order_by().values_list("delivery__format").annotate(n=Count("pk")))
