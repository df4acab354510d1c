"""When a feed is due, when it is missing, and that the close of day waits for it and says for what."""

import io
import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from borrowers.feeds import board, plans
from borrowers.feeds.due import Came, Standing, dates_due, due_at, standing
from borrowers.feeds.models import FeedGap, FeedPlan
from loanwatch.day import actions as day
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, BusinessDay
from loanwatch.watch.ages import ages, missing_feeds
from tests.borrowers.feeds.conftest import JULY, loans

SEVEN = time(7, 0)
DUE = datetime(2007, 8, 1, 11, 0, tzinfo=UTC)  # 7:00 in New York
MINUTE = timedelta(minutes=1)


# --- pure: when it is due and how a date stands


def test_a_feed_is_due_at_a_time_of_day_in_the_lenders_zone():
    assert due_at(JULY, 1, SEVEN, "America/New_York") == DUE
    assert due_at(date(2026, 3, 7), 1, SEVEN, "America/New_York").utcoffset() == timedelta(hours=-4)  # summer time began that night


def test_a_monthly_feed_is_due_for_the_last_business_day_of_each_month():
    days = [date(2026, 1, 29), date(2026, 1, 30), date(2026, 2, 2), date(2026, 2, 27)]
    assert dates_due("month", days) == [date(2026, 1, 30), date(2026, 2, 27)]
    assert dates_due("business_day", days) == days


@pytest.mark.parametrize(
    ("now", "came", "expected"),
    [
        (DUE - MINUTE, None, Standing.AWAITED),
        (DUE, None, Standing.MISSING),
        (DUE + MINUTE, None, Standing.MISSING),
        (DUE + MINUTE, Came("applied", DUE - MINUTE), Standing.APPLIED),
        (DUE + 5 * MINUTE, Came("applied", DUE + MINUTE), Standing.APPLIED),
        (DUE + 5 * MINUTE, Came("applied", DUE + MINUTE + timedelta(seconds=1)), Standing.LATE),
        (DUE + MINUTE, Came("held", DUE - MINUTE), Standing.HELD),
        (DUE - MINUTE, Came("rejected", DUE - MINUTE), Standing.REJECTED),
        (DUE, Came("rejected", DUE - MINUTE), Standing.MISSING),
    ],
)
def test_how_a_date_stands_a_minute_before_and_after_the_due_time(now, came, expected):
    assert standing(DUE, now, came) is expected


def test_without_a_plan_nothing_is_missing():
    assert standing(None, DUE, None) is Standing.NONE
    assert standing(None, DUE, Came("applied", DUE)) is Standing.APPLIED


# --- plans, alarms, and the close of day


@pytest.fixture
def plan(lender) -> FeedPlan:
    return FeedPlan.objects.create(
        lender=lender, format="mortgage_acquisition", every="business_day", days_after=1, by_time=SEVEN, from_on=date(2007, 7, 1), contact="Ops"
    )


pytestmark = pytest.mark.django_db


def test_a_feed_is_missing_from_its_due_minute_until_it_is_applied(lender, plan, deliver):
    assert board.missing(lender, DUE - MINUTE) == []
    (gone,) = board.missing(lender, DUE)
    assert (gone.format, gone.on, gone.contact) == ("mortgage_acquisition", JULY, "Ops")
    deliver("mortgage_acquisition", loans("L1"))
    assert board.missing(lender, DUE + MINUTE) == []


def test_a_feed_asked_for_at_the_month_end_only_is_not_missed_in_between(lender, plan):
    FeedPlan.objects.filter(pk=plan.pk).update(every="month")
    assert [on for (_, on) in board.expected(lender, date(2007, 7, 1), date(2007, 8, 31))] == [JULY, date(2007, 8, 31)]


def test_the_alarm_is_told_once_and_stands_in_readiness_and_metrics(lender, plan, monkeypatch):
    monkeypatch.setattr("loanwatch.watch.ages.now_of", lambda lender: DUE)
    assert plans.raise_alarms(lender, DUE - MINUTE) == 0
    assert plans.raise_alarms(lender, DUE) == 1
    assert plans.raise_alarms(lender, DUE + MINUTE) == 0
    event = AuditEvent.objects.get(event="feed.missing")
    assert event.details["business_date"] == "2007-07-31"
    assert missing_feeds() == ["The feed mortgage_acquisition of PANEL for 2007-07-31 was due 2007-08-01 07:00 and has not come."]
    assert ages()["missing_feeds"] == 1


def test_the_close_of_day_waits_for_the_feed_and_says_for_which(lender, plan, deliver, as_worker):
    with pytest.raises(day.Stuck, match=r"2007-07-31 waits for mortgage_acquisition.*--without-feeds"):
        list(day.close_days(lender, JULY, JULY))
    assert BusinessDay.objects.get(lender=lender).state == "due"
    day.advance(lender)
    assert BusinessDay.objects.get(lender=lender).state == "due"
    deliver("mortgage_acquisition", loans("L1"))
    assert board.waited_for(lender, JULY) == []
    day.advance(lender)
    assert BusinessDay.objects.get(lender=lender).state == "closing"


def test_a_day_closes_without_its_feed_only_with_a_reason_that_is_kept(lender, plan, as_worker):
    with pytest.raises(CommandError, match="waits for mortgage_acquisition"):
        call_command("run_day", str(JULY), stdout=io.StringIO())
    call_command("run_day", str(JULY), "--without-feeds", "The core system is down until Monday.", stdout=io.StringIO())
    assert BusinessDay.objects.get(lender=lender).state == "closed"
    gap = FeedGap.objects.get()
    assert (gap.format, gap.business_date, gap.reason) == ("mortgage_acquisition", JULY, "The core system is down until Monday.")
    assert AuditEvent.objects.filter(event="feed.let_go").count() == 1
    assert board.missing(lender, DUE) == []


def test_a_feed_that_does_not_block_the_close_is_missed_but_not_waited_for(lender, plan):
    FeedPlan.objects.filter(pk=plan.pk).update(blocks_close=False)
    assert board.waited_for(lender, JULY) == []
    assert len(board.missing(lender, DUE)) == 1


def test_only_credit_administration_lets_a_day_close_without_a_feed_and_never_without_a_reason(lender, plan, staff):
    with pytest.raises(Refused):
        plans.let_close(lender=lender, business_date=JULY, reason="late", by=staff("SA1", Role.SYSADMIN))
    with pytest.raises(Conflict):
        plans.let_close(lender=lender, business_date=JULY, reason=" ", by=staff("CA1"))
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedGap.objects.create(lender=lender, format="x", business_date=JULY, let_go_at=DUE, reason="")
    assert plans.let_close(lender=lender, business_date=JULY, reason="late", by=staff("CA2")) == ["mortgage_acquisition"]
    with pytest.raises(Conflict):
        plans.let_close(lender=lender, business_date=JULY, reason="late", by=staff("CA3"))


def test_a_new_plan_takes_over_from_its_first_day_and_the_old_one_stays_readable(lender, plan, staff):
    by = staff("SA1", Role.SYSADMIN)
    new = {"lender": lender, "format": plan.format, "every": "month", "days_after": 3, "by_time": SEVEN, "blocks_close": False, "contact": ""}
    plans.plan_feed(by=by, from_on=date(2007, 9, 1), **new)
    plan.refresh_from_db()
    assert plan.to_on == date(2007, 9, 1)
    asked = board.expected(lender, JULY, date(2007, 9, 30))
    assert [(on, p.days_after) for (_, on), p in sorted(asked.items())] == [(JULY, 1), (date(2007, 8, 31), 1), (date(2007, 9, 30), 3)]
    with pytest.raises(Conflict):
        plans.plan_feed(by=by, from_on=date(2007, 9, 1), **new)
    assert AuditEvent.objects.filter(event="feed.planned", person=by.person).exists()


def test_an_ended_plan_asks_for_nothing_more(lender, plan, staff):
    plans.end_plan(plan_id=plan.pk, by=staff("CA1"), to_on=JULY)
    assert board.missing(lender, DUE) == []
    with pytest.raises(Conflict):
        plans.end_plan(plan_id=plan.pk, by=staff("CA2"), to_on=JULY)


def test_the_shell_lists_what_is_due_and_says_by_its_exit_status_that_something_is_missing(lender, plan):
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("feeds", "due", "--upto", "2007-07-31", "--days", "1", "--json", stdout=out)
    (row,) = json.loads(out.getvalue())["feeds"]
    assert {"format": "mortgage_acquisition", "business_date": "2007-07-31", "standing": "missing", "blocks_close": True}.items() <= row.items()
