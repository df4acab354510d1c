"""The job behind a back-test: who takes it, what a cancel or a lost worker does, and that nothing is done twice."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.db.models import F
from django.utils import timezone

from alerts.backtests import actions, rules, walking
from alerts.backtests.actions import Order, ask, cancel, claim, put, run_to_end, work
from alerts.backtests.models import BacktestClose, BacktestRow, BacktestRun, BacktestTarget
from alerts.rulebook.errors import RuleRefused
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, BusinessDay, RunUnit
from tests.alerts.backtests.chance import MONTHS, rule_of
from tests.factories import hire


def an_order(book, **changed):
    return Order(rule_of(book).code, **({"from_on": MONTHS[0], "to_on": MONTHS[-1], "months": 3} | changed))


@pytest.fixture
def officer(book):
    return hire(book.branches[0], Role.RISK_OFFICER)


@pytest.fixture
def waiting(book, officer):
    return ask(an_order(book), officer)


def seen(run):
    return BacktestRun.objects.get(pk=run.pk)


def stop_after(closes):
    calls = iter(range(100))
    return lambda: next(calls) > closes


def test_a_risk_officer_asks_and_credit_administration_only_reads(book, officer):
    run = ask(an_order(book), officer)
    assert (run.state, run.asked_by) == ("queued", officer.person)
    assert AuditEvent.objects.filter(event="backtest.asked", subject_id=str(run.pk)).exists()
    for role in (Role.CREDIT_ADMIN, Role.AUDITOR, Role.ACCOUNT_MANAGER):
        with pytest.raises(Refused):
            ask(an_order(book), hire(book.branches[0], role))
        with pytest.raises(Refused):
            cancel(run.pk, hire(book.branches[0], role))
    with pytest.raises(RuleRefused):
        ask(an_order(book, text="red when nothing_such > 1"), officer)


def test_a_run_that_is_stopped_goes_on_where_it_was_and_finds_the_same(book, officer, waiting):
    assert work(stop=stop_after(4)) > 0
    half = seen(waiting)
    assert half.state == "queued"
    assert 0 < half.closes_done < half.closes == len(MONTHS)
    done = run_to_end(half)
    assert (done.state, done.closes_done, BacktestClose.objects.filter(run=done).count()) == ("done", len(MONTHS), len(MONTHS))
    again = run_to_end(put(rule_of(book), an_order(book)))
    assert again.result == done.result


def test_two_workers_never_have_the_same_run_and_an_overtaken_one_keeps_nothing(book, waiting):
    first = claim()
    assert first.pk == waiting.pk
    assert claim() is None  # its lease holds, and one back-test runs at a time
    BacktestRun.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    second = claim()
    assert (second.pk, second.claims, second.lost) == (first.pk, first.claims + 1, 1)
    plan = walking.plan_of(first)
    with pytest.raises(actions.Fenced):
        actions._one(first, plan, plan.closes[-1])
    assert not BacktestClose.objects.filter(run=first).exists()
    actions._one(second, plan, plan.closes[-1])
    assert seen(second).lost == 0  # it moved on


def test_cancelled_between_two_closes_it_ends_without_figures(book, officer, waiting):
    run = claim()
    plan = walking.plan_of(run)
    actions._one(run, plan, plan.closes[-1])
    cancel(run.pk, officer)
    with pytest.raises(actions.Fenced):
        actions._one(run, plan, plan.closes[-2])
    assert (seen(run).state, seen(run).result, seen(run).closes_done) == ("cancelled", None, 1)
    with pytest.raises(Conflict):
        cancel(run.pk, officer)
    assert work() == 0


def test_a_run_that_keeps_losing_its_worker_is_given_up(book, waiting):
    claim()
    BacktestRun.objects.filter(pk=waiting.pk).update(lost=actions.MOST_LOST - 1, lease_until=timezone.now() - timedelta(seconds=1))
    work()
    assert seen(waiting).state == "failed"
    assert "lost 3 times" in seen(waiting).error


def test_a_close_that_takes_too_long_ends_the_run_with_a_sentence_and_a_lost_database_does_not(book, waiting, monkeypatch):
    def slow(*_):
        class Cancelled(Exception):
            pgcode = actions.QUERY_CANCELED

        raise OperationalError("canceling statement") from Cancelled()

    def gone(*_):
        raise OperationalError("connection lost")

    monkeypatch.setattr(walking, "walk", gone)
    with pytest.raises(OperationalError):
        work()
    assert seen(waiting).state == "running"
    BacktestRun.objects.filter(pk=waiting.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(walking, "walk", slow)
    work()
    assert seen(waiting).state == "failed"
    assert "longer than 60 seconds" in seen(waiting).error
    assert not BacktestTarget.objects.exists()


def test_the_night_goes_first(book, waiting):
    day = BusinessDay.objects.create(lender=book.lender, business_date=MONTHS[-1] + timedelta(days=1), state=BusinessDay.State.CLOSING)
    unit = RunUnit.objects.create(
        lender=book.lender, business_date=day.business_date, run_version=1, step="observe", step_order=1, bucket=0, bucket_from=0, bucket_to=255
    )
    assert claim() is None
    unit.delete()
    assert claim().pk == waiting.pk


def test_at_most_twenty_wait(book, officer, waiting):
    BacktestRun.objects.bulk_create(
        BacktestRun(lender=book.lender, rule=waiting.rule, text=waiting.text, tree=waiting.tree, from_on=MONTHS[0], to_on=MONTHS[1], hours=1) for _ in range(19)
    )
    with pytest.raises(Conflict):
        ask(an_order(book), officer)


def test_the_moves_of_a_run_are_those_of_its_table():
    assert {state for state, news in rules.MOVES.items() if not news} == {"done", "cancelled", "failed"}
    assert set(rules.MOVES) == set(BacktestRun.State.values)


def test_rows_are_kept_only_where_the_rule_fired_or_the_target_followed(book):
    run = run_to_end(put(rule_of(book), an_order(book)))
    rows = BacktestRow.objects.filter(run=run)
    assert not rows.filter(level__lte=0, reached_on__isnull=True).exists()
    assert not rows.filter(reached_on__lte=F("as_of")).exists()


def test_the_shell_tests_a_rule_and_says_precision_beside_the_base_rate(book):
    out = io.StringIO()
    call_command("rules", "backtest", rule_of(book).code, "--lender", book.lender.code, "--months", "3", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["state"] == "done"
    assert set(told["levels"]) == {"yellow", "orange", "red"}
    assert told["levels"]["yellow"]["precision"] > told["levels"]["yellow"]["base_rate"]
    out = io.StringIO()
    call_command("rules", "backtest", rule_of(book).code, "--lender", book.lender.code, "--months", "3", stdout=out)
    assert "base rate" in out.getvalue()
