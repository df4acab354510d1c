"""The first step of a business day: what was delivered for it, what it waited for, and who let it close without."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum

from borrowers.feeds.board import feed_days, now_of
from borrowers.feeds.models import DayReceipt, Delivery, FeedGap
from loanwatch.lenders.models import Lender


def receive(cursor: Any, key: dict[str, Any], lender: Lender) -> int:
    """Write one line per feed that was delivered for the business date, planned for it or let go; returns the rows applied.

    A day is opened only when the feeds it waits for are here or somebody has let it close without them: see
    `loanwatch.day.actions.held_back`. Running it again writes the same lines anew.
    """
    day = key["day"]
    counted = {
        row["format"]: row
        for row in Delivery.objects.filter(lender=lender, business_date=day).order_by().values("format").annotate(
            deliveries=Count("pk", filter=Q(state=Delivery.State.APPLIED)),
            not_applied=Count("pk", filter=~Q(state=Delivery.State.APPLIED)),
            applied=Sum("rows_applied", filter=Q(state=Delivery.State.APPLIED), default=0),
            unchanged=Sum("rows_unchanged", filter=Q(state=Delivery.State.APPLIED), default=0),
            set_aside=Sum("rows_quarantined", filter=Q(state=Delivery.State.APPLIED), default=0),
        )
    }  # fmt: skip
    planned = {name: found for (name, _on), found in feed_days(lender, day, day, now_of(lender)).items()}
    gaps = {gap.format: gap for gap in FeedGap.objects.filter(lender=lender, business_date=day, let_go_at__isnull=False)}
    DayReceipt.objects.filter(lender=lender, business_date=day).delete()
    lines = []
    for name in sorted({*counted, *planned, *gaps}):
        row: dict[str, Any] = dict(counted.get(name, {}))
        plan, gap = planned.get(name), gaps.get(name)
        here = gap.let_go_at if gap else plan.came_at if plan else None
        lines.append(
            DayReceipt(
                lender=lender,
                business_date=day,
                format=name,
                deliveries=row.get("deliveries", 0),
                not_applied=row.get("not_applied", 0),
                rows_applied=row.get("applied", 0),
                rows_unchanged=row.get("unchanged", 0),
                rows_quarantined=row.get("set_aside", 0),
                waited_seconds=_waited(plan.due if plan else None, here),
                let_go_by=gap.let_go_by if gap else None,
                let_go=gap is not None,
                reason=gap.reason if gap else "",
            )
        )
    DayReceipt.objects.bulk_create(lines)
    return sum(line.rows_applied for line in lines)


def _waited(due: datetime | None, here: datetime | None) -> int:
    """Whole seconds from the due time until the feed came or was let go; 0 when it came in time or was never planned."""
    return max(0, int((here - due).total_seconds())) if due and here else 0
