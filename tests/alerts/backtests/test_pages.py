"""The pages of back-tests and of the worth of rules, as risk officers, credit administration and others meet them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from alerts.backtests import doorbell, thumb
from alerts.backtests import quality as worths
from alerts.backtests.actions import Order, put, run_to_end
from alerts.backtests.models import BacktestRun
from alerts.backtests.thumb import Thumb, Worth
from alerts.rulebook.models import Rule
from alerts.signals.models import Alert
from borrowers.loans.models import Loan
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.alerts.backtests.chance import MONTHS, rule_of
from tests.factories import AlertFactory, LenderFactory, hire

ASKED = {"target": "dpd90", "months": 3, "from_on": MONTHS[0], "to_on": MONTHS[-1], "pace": "month", "cut": "", "gap": 1, "hours": "2"}


@pytest.fixture
def officer(book, settings):
    settings.BUSINESS_DATE = MONTHS[-1].isoformat()
    return hire(book.branches[0], Role.RISK_OFFICER, on=MONTHS[-1])


@pytest.fixture
def done(book):
    return run_to_end(put(rule_of(book), Order(rule_of(book).code, MONTHS[0], MONTHS[-1], months=3, cut="branch")))


def get(access, name, *parts, htmx=False, **asked):
    client = Client(headers={"HX-Request": "true"} if htmx else {})
    client.force_login(access.account)
    return client.get(reverse(f"backtests:{name}", args=parts), asked)


def post(access, name, *parts, **sent):
    client = Client()
    client.force_login(access.account)
    return client.post(reverse(f"backtests:{name}", args=parts), sent)


def said(answer):
    return answer.content.decode()


def test_a_back_test_is_begun_watched_cancelled_and_listed(book, officer, monkeypatch):
    rung = []
    monkeypatch.setattr(doorbell, "ring", lambda: rung.append(1))
    code = rule_of(book).code
    assert "Start the back-test" in said(get(officer, "start", code))
    assert post(officer, "start", code, **ASKED | {"text": "red when days_past_du > 1"}).status_code == 422
    assert post(officer, "start", code, **ASKED | {"to_on": MONTHS[0] - timedelta(days=9)}).status_code == 422
    assert post(hire(book.branches[0], Role.CREDIT_ADMIN, on=MONTHS[-1]), "start", code, **ASKED).status_code == 403
    assert post(officer, "start", code, **ASKED).status_code == 302
    run = BacktestRun.objects.latest("pk")
    assert (rung, run.hours, run.state) == ([1], Decimal(2), "queued")
    assert "Waiting for a worker" in said(get(officer, "run", run.pk, htmx=True))
    assert post(officer, "cancel", run.pk).status_code == 302
    assert get(officer, "run", run.pk, htmx=True)["HX-Refresh"] == "true"
    assert "It has no figures" in said(get(officer, "run", run.pk))
    assert post(officer, "cancel", run.pk).status_code == 409
    assert f"#{run.pk}" in said(get(officer, "list", state="cancelled"))
    assert f"#{run.pk}" not in said(get(officer, "list", state="done"))


def test_a_result_shows_precision_beside_the_base_rate_and_only_loans_and_branches_one_may_see(book, officer, done):
    page = said(get(officer, "run", done.pk))
    for words in ("Base rate", "Recall, at least yellow", "What is not counted", book.branches[0].name):
        assert words in page
    assert book.branches[1].name not in page
    listed = said(get(officer, "hits", done.pk, kind="right"))
    seen = dict(Loan.objects.filter(lender=book.lender).values_list("number", "branch_id"))
    shown = {number for number in seen if number in listed}
    assert shown
    assert {seen[number] for number in shown} == {book.branches[0].pk}
    assert get(officer, "hits", done.pk, kind="missed", level="red").status_code == 200
    assert get(officer, "export", done.pk, "csv").status_code == 200
    assert AuditEvent.objects.filter(event="backtest.exported", subject_id=str(done.pk)).exists()
    other = run_to_end(put(rule_of(book), Order(rule_of(book).code, MONTHS[0], MONTHS[-1], months=1)))
    assert "different targets or windows" in said(get(officer, "compare", first=done.pk, second=other.pk))


def test_a_rule_on_conduct_lists_nobody(book, officer, done):
    Rule.objects.filter(pk=done.rule_id).update(staff_conduct=True)
    assert get(officer, "hits", done.pk).status_code == 404
    assert "The loans behind it" not in said(get(officer, "run", done.pk))


def test_another_lenders_back_test_is_not_there(book, done):
    from tests.factories import BranchFactory

    stranger = hire(BranchFactory(lender=LenderFactory()), Role.RISK_OFFICER, on=MONTHS[-1])
    for name, parts in (("run", [done.pk]), ("hits", [done.pk]), ("export", [done.pk, "csv"])):
        assert get(stranger, name, *parts).status_code == 404
    assert "No rule was back-tested yet" in said(get(stranger, "list"))
    assert "Nothing to tell yet" in said(get(stranger, "quality"))


@pytest.mark.parametrize(
    ("worth", "proposed"),
    [
        (Worth(false_alarm=19, observed=100), ""), (Worth(false_alarm=19, resolved=1, opened=20, observed=100), "retire"),
        (Worth(false_alarm=18, resolved=2, opened=20, observed=100), "tighten"), (Worth(false_alarm=20, opened=20, observed=100, flagged=1, entered=3), "tighten"),
        (Worth(false_alarm=14, recovery=6, opened=20, observed=100), ""), (Worth(false_alarm=99, observed=100, not_evaluable=50), "data"),
        (Worth(false_alarm=99, opened=99, observed=100, not_evaluable=49), "retire"), (Worth(observed=100), "silent"), (Worth(), ""),
        (Worth(observed=100, live=False), ""),
    ],
)  # fmt: skip
def test_what_is_proposed_follows_from_the_numbers(worth, proposed):
    worth = Worth(**{**worth.__dict__, "opened": worth.opened or worth.false_alarm})
    assert thumb.proposal(worth, Thumb()) == proposed


def test_a_parameter_of_the_lender_changes_the_rules_of_thumb_and_nonsense_does_not():
    assert Thumb.of({"closed": 5, "tighten": 0.5, "retire": "much", "hours": True}) == Thumb(closed=5, tighten=Decimal("0.5"))
    assert Thumb.of(None) == Thumb()


def test_the_worth_of_a_rule_counts_what_was_flagged_and_worked_on_in_time(book, officer):
    rows = book.table[(book.table["dpd"] >= 90)].sort_values("day")
    day, known = rows["day"].iloc[-1].date(), MONTHS[-1]
    subject = rows["subject"].iloc[-1]
    loan = Loan.objects.get(pk=subject)
    viewer = hire(loan.branch, Role.RISK_OFFICER, on=known)
    early = day - timedelta(days=200)
    AlertFactory(loan=loan, version=book.version, opened_on=early, acknowledged_at=f"{early}T09:00:00Z", state=Alert.State.ACKNOWLEDGED)
    found = worths.quality(viewer, book.lender, known, 12, Thumb())
    worth = next(worth for rule, worth in found.rows if rule.pk == book.version.rule_id)
    assert worth.flagged == found.flagged == 1
    assert worth.entered == found.entered > 1
    assert worth.lead >= 90
    page = said(get(viewer, "quality", months="12", sort="-flagged_share"))
    assert f"1 of {found.entered}" in page
    assert get(viewer, "quality_export", "csv").status_code == 200
    Alert.objects.update(acknowledged_at=None)
    assert worths.quality(viewer, book.lender, known, 12, Thumb()).flagged == 0  # seen by nobody, it was no help
