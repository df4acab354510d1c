"""What people decide about when feeds are due: plans with their dates, alarms, and days that close without a feed."""

from datetime import date, datetime, time

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from borrowers.feeds.board import missing, waited_for
from borrowers.feeds.models import FeedGap, FeedPlan
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


@transaction.atomic
def plan_feed(
    *, lender: Lender, by: Access, format: str, every: str, days_after: int, by_time: time, blocks_close: bool, contact: str, from_on: date
) -> FeedPlan:
    """Lay down when a feed is due from `from_on` on. The plan before it ends there; dates before keep the plan they had.

    Raises Refused when `by` may not, Conflict when a plan begins on or after that day already.
    """
    by.check(Act.FEED_KEEP)
    Lender.objects.select_for_update(no_key=True).get(pk=lender.pk)
    others = FeedPlan.objects.filter(lender=lender, format=format)
    if later := others.filter(from_on__gte=from_on).order_by("from_on").first():
        raise Conflict(_("A plan of this feed begins on %(day)s already.") % {"day": later.from_on}, code="LATER_PLAN")
    for before in others.filter(from_on__lt=from_on).exclude(to_on__lte=from_on):
        before.to_on = from_on
        before.save(update_fields=["to_on"])
    made = FeedPlan.objects.create(
        lender=lender, format=format, every=every, days_after=days_after, by_time=by_time, blocks_close=blocks_close, contact=contact,
        from_on=from_on,
    )  # fmt: skip
    record(
        "feed.planned", by=by, subject=made, format=format, every=every, days_after=days_after, by_time=by_time.isoformat("minutes"),
        blocks_close=blocks_close, from_on=str(from_on),
    )  # fmt: skip
    return made


@transaction.atomic
def end_plan(*, plan_id: int, by: Access, to_on: date) -> FeedPlan:
    """From `to_on` on the feed is not asked for any more. Raises Refused, or Conflict when the plan has ended by then or begins later."""
    by.check(Act.FEED_KEEP)
    plan = FeedPlan.objects.select_for_update().get(pk=plan_id, lender=by.person.lender if by.person else None)
    if plan.to_on is not None and plan.to_on <= to_on:
        raise Conflict(_("This plan has ended already."), code="PLAN_ENDED")
    if to_on <= plan.from_on:
        raise Conflict(_("The plan begins on %(day)s; it can't end by then.") % {"day": plan.from_on}, code="PLAN_BEGINS_LATER")
    plan.to_on = to_on
    plan.save(update_fields=["to_on"])
    record("feed.plan_ended", by=by, subject=plan, format=plan.format, to_on=str(to_on))
    return plan


def raise_alarms(lender: Lender, now: datetime) -> int:
    """Tell of each feed that is missing, once per feed and date; returns how many are new. Any number of processes may ask."""
    told = 0
    for day in missing(lender, now):
        with transaction.atomic():
            gap, _made = FeedGap.objects.get_or_create(lender=lender, format=day.format, business_date=day.on)
            if FeedGap.objects.filter(pk=gap.pk, alarmed_at__isnull=True).update(alarmed_at=Now()):
                record("feed.missing", by=None, subject=gap, format=day.format, business_date=str(day.on), due=str(day.due))
                told += 1
    return told


@transaction.atomic
def let_close(*, lender: Lender, business_date: date, reason: str, by: Access | None, format: str = "") -> list[str]:
    """Let `business_date` close without the feeds that it waits for (or without `format` alone); returns them.

    `by` None: the operator of the machine, on the command line. Raises Refused when `by` may not, Conflict without a reason
    or when nothing is waited for.
    """
    if by is not None:
        by.check(Act.DELIVERY_APPROVE)
    if not reason.strip():
        raise Conflict(_("Say why the day may close without it."), code="NO_REASON")
    names = [name for name in waited_for(lender, business_date) if not format or name == format]
    if not names:
        raise Conflict(_("The day waits for no such feed."), code="NOT_WAITED_FOR")
    for name in names:
        gap, _made = FeedGap.objects.update_or_create(
            lender=lender, format=name, business_date=business_date,
            defaults={"let_go_at": Now(), "let_go_by": by.person if by else None, "reason": reason.strip()[:200]},
        )  # fmt: skip
        record("feed.let_go", by=by, subject=gap, format=name, business_date=str(business_date), reason=gap.reason)
    return names
