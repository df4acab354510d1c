"""The first step of a day: what each feed brought, how long the day waited for it, who let it close without."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection

from borrowers.feeds import plans
from borrowers.feeds.models import DayReceipt, Delivery, FeedPlan
from borrowers.feeds.receive import receive
from loanwatch.people.models import Role
from loanwatch.trail.ledger import key_of
from tests.factories import DAY, BranchFactory, hire

DUE = datetime(2026, 10, 31, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai on the day after


@pytest.fixture
def branch(db):
    return BranchFactory()


def plan(branch, name: str) -> None:
    FeedPlan.objects.create(lender=branch.lender, format=name, by_time=time(8), from_on=DAY - timedelta(days=9))


def deliver(branch, name: str, *, state: str = "applied", after: timedelta = timedelta(0), rows: int = 10, quarantined: int = 0) -> None:
    Delivery.objects.create(
        lender=branch.lender, format=name, business_date=DAY, sha256=name + str(rows), filename=name, size=1, state=state, rows_applied=rows,
        rows_quarantined=quarantined, received_at=DUE + after,
    )  # fmt: skip


def received(branch) -> dict[str, DayReceipt]:
    with connection.cursor() as cursor:
        rows = receive(cursor, key_of(branch.lender_id, DAY), branch.lender)
    lines = {line.format: line for line in DayReceipt.objects.all()}
    assert rows == sum(line.rows_applied for line in lines.values())
    return lines


def test_each_feed_has_a_line_with_its_rows_and_how_late_it_came(branch):
    for name in ("early", "late"):
        plan(branch, name)
    deliver(branch, "early", rows=10, quarantined=2)
    deliver(branch, "early", rows=5)
    deliver(branch, "late", after=timedelta(seconds=90))
    deliver(branch, "unplanned", state="held", rows=0)
    lines = received(branch)
    early, late, unplanned = (lines[name] for name in ("early", "late", "unplanned"))
    assert (early.deliveries, early.rows_applied, early.rows_quarantined, early.waited_seconds) == (2, 15, 2, 0)
    assert (late.waited_seconds, late.let_go) == (90, False)
    assert (unplanned.deliveries, unplanned.not_applied, unplanned.rows_applied) == (0, 1, 0)


def test_running_the_step_again_writes_the_same_lines(branch):
    deliver(branch, "loans")
    first = received(branch)["loans"].rows_applied
    assert received(branch)["loans"].rows_applied == first and DayReceipt.objects.count() == 1


def test_a_feed_that_was_let_go_says_by_whom_and_why(branch):
    plan(branch, "loans")
    credit = hire(branch, Role.CREDIT_ADMIN)
    plans.let_close(lender=branch.lender, business_date=DAY, reason="The core system is down", by=credit)
    line = received(branch)["loans"]
    assert (line.let_go, line.let_go_by, line.reason, line.deliveries) == (True, credit.person, "The core system is down", 0)
    assert line.waited_seconds > 0
