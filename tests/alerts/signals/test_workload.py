"""The workload line: ranked by expected loss per hour, drawn where the hours end, accepted by the branch head and by nobody else."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from alerts.signals import keeping, workload
from alerts.signals.models import Alert, Level
from alerts.signals.queries import worklist
from alerts.signals.worklist_models import LineAccepted
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Parameter
from loanwatch.people.models import Branch, Role
from loanwatch.trail.models import AuditEvent
from tests.factories import DAY, LONG_AGO, AlertFactory, BranchFactory, LoanFactory, close_days, hire


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, DAY)
    hours(branch, 3)
    return branch


@pytest.fixture
def head(branch):
    return hire(branch, Role.BRANCH_HEAD)


def hours(branch, number, on=LONG_AGO):
    value = {"per_account_manager": 10, "branches": {branch.code: number}}
    Parameter.objects.create(lender=branch.lender, key="alerts.hours_per_week", value=value, valid_from=on, source="Test", confidence="own")


def given(branch, level, exposure, **more):
    return AlertFactory(loan=LoanFactory(branch=branch), level=level, exposure=Decimal(exposure), **more)


@pytest.fixture
def five(branch):
    """In the order of the ranking. Red takes 2 hours, orange 1 hour, yellow 20 minutes; the hours are 3."""
    return [
        given(branch, Level.ORANGE, 10_000_000),  # 10m x 8% x 45% = 360,000 in an hour
        given(branch, Level.RED, 6_000_000),  # 6m x 20% x 45% / 2 = 270,000 an hour; with it exactly 3 hours are full
        given(branch, Level.YELLOW, 1_000_000),  # 1m x 3% x 45% x 3 = 40,500 an hour
        given(branch, Level.ORANGE, 1_000_000),  # 36,000 an hour
        given(branch, Level.RED, 100_000),  # 4,500 an hour
    ]


def test_alerts_stand_in_the_order_of_expected_loss_per_hour_and_the_line_where_the_hours_end(branch, head, five):
    line = workload.line(branch, DAY)
    assert line.above == {five[0].pk, five[1].pk}, "the hours are used to the last minute"
    assert (line.below, line.exposure) == (3, Decimal("2100000.00"))
    assert line.expected_loss == Decimal("13500.00") + Decimal("36000.00") + Decimal("9000.00")
    assert line.hours_asked == Decimal("6.33")
    rows = list(workload.ranked(worklist(head), line, DAY))
    assert [a.pk for a in rows] == [a.pk for a in five]
    assert rows[0].expected_loss == Decimal(360_000)


@pytest.mark.parametrize(("week", "above"), [("2.99", 1), ("3", 2), ("3.33", 2), ("3.34", 3), ("0", 0)])
def test_the_line_stands_before_the_first_that_does_not_fit(branch, five, week, above):
    hours(branch, week, on=DAY)
    assert len(workload.line(branch, DAY).above) == above


def test_without_hours_of_its_own_a_branch_has_those_of_its_managers(db):
    branch = BranchFactory()
    for _ in range(2):
        hire(branch, Role.ACCOUNT_MANAGER)
    gone = hire(branch, Role.ACCOUNT_MANAGER).person
    gone.left_on = DAY
    gone.save()
    terms = workload.terms(branch, DAY)
    assert (terms.managers, terms.hours) == (2, 20)


def test_what_can_not_be_compared_stands_above_and_conduct_and_what_is_done_are_left_out(branch, five):
    foreign = given(branch, Level.YELLOW, 1, currency="USD")
    unknown = given(branch, Level.YELLOW, 1)
    Alert.objects.filter(pk=unknown.pk).update(exposure=None)
    conduct = given(branch, Level.RED, 9_000_000_000, staff_conduct=True)
    submitted = given(branch, Level.RED, 9_000_000_000, state="submitted")
    line = workload.line(branch, DAY)
    assert line.incomparable == 2
    assert {foreign.pk, unknown.pk, five[0].pk} == line.above
    assert {conduct.pk, submitted.pk} & line.above == set()
    assert line.all == 7


def test_the_head_accepts_what_is_below_with_name_reason_and_amounts(client, branch, head, five):
    client.force_login(head.account)
    url = f"{reverse('alerts:list')}?line={branch.code}"
    page = client.get(url)
    assert [bool(getattr(a, "line_above", False)) for a in page.context["rows"]] == [False, False, True, False, False]
    assert "ranks, it decides nothing" in page.content.decode()
    assert client.post(reverse("alerts:accept_line"), {"branch": branch.code, "seen": 3, "reason": "Two are ill."}).url == url
    made = LineAccepted.objects.get()
    assert (made.by, made.alerts, made.exposure, made.expected_loss, made.hours) == (head.person, 3, Decimal(2_100_000), Decimal(58_500), 3)
    assert made.week == workload.monday(DAY)
    assert AuditEvent.objects.get(event="alerts.line_accepted").details["reason"] == "Two are ill."
    after = client.get(url).content.decode()
    assert "Two are ill." in after
    assert "Accept that" not in after


def test_accepting_is_refused_to_all_others_and_when_it_is_not_what_was_seen(branch, head, five):
    for role in (Role.RISK_OFFICER, Role.ACCOUNT_MANAGER, Role.CREDIT_ADMIN, Role.AUDITOR):
        with pytest.raises(Refused, match="Only the branch head"):
            keeping.accept_line(by=hire(branch, role), branch=branch.code, seen=3, reason="x")
    with pytest.raises(Branch.DoesNotExist):
        keeping.accept_line(by=hire(BranchFactory(lender=branch.lender), Role.BRANCH_HEAD), branch=branch.code, seen=3, reason="x")
    with pytest.raises(Conflict, match="You saw 2 alerts below the line; now it is 3"):
        keeping.accept_line(by=head, branch=branch.code, seen=2, reason="x")
    keeping.accept_line(by=head, branch=branch.code, seen=3, reason="x")
    with pytest.raises(Conflict, match="as much for this week already"):
        keeping.accept_line(by=head, branch=branch.code, seen=3, reason="x")
    given(branch, Level.YELLOW, 5)
    assert keeping.accept_line(by=head, branch=branch.code, seen=4, reason="One more").nth == 2
    hours(branch, 1000, on=DAY)
    with pytest.raises(Conflict, match="Nothing falls below"):
        keeping.accept_line(by=head, branch=branch.code, seen=0, reason="x")


def test_a_reason_is_asked_for(client, branch, head, five):
    client.force_login(head.account)
    assert client.post(reverse("alerts:accept_line"), {"branch": branch.code, "seen": 3, "reason": " "}).status_code == 422
    assert not LineAccepted.objects.exists()


def test_what_was_accepted_can_not_be_changed_in_the_database(branch, head, five):
    made = keeping.accept_line(by=head, branch=branch.code, seen=3, reason="x")
    for change in ({"reason": "y"}, {"week": made.week + timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LineAccepted.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        LineAccepted.objects.create(
            lender=branch.lender, branch=branch, week=made.week + timedelta(days=1), nth=1, hours=1, alerts=1, exposure=1, expected_loss=1, by=head.person,
            reason="A week from Tuesday",
        )  # fmt: skip


def test_a_branch_out_of_reach_has_no_line(client, branch, five):
    client.force_login(hire(BranchFactory(lender=branch.lender), Role.BRANCH_HEAD).account)
    assert "line" not in client.get(f"{reverse('alerts:list')}?line={branch.code}").context
