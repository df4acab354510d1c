"""The run ledger: a unit is done once, by whoever holds its lease; a late writer is fenced off."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from loanwatch.lenders.models import Lender
from loanwatch.trail import ledger
from loanwatch.trail.models import BusinessDay, RunException, RunUnit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_worker")]
DAY = date(2026, 6, 30)
PLAN = [("first", True), ("second", False)]


@pytest.fixture(autouse=True)
def no_pause(settings) -> None:
    settings.RESTART_SECONDS = 0


@pytest.fixture
def lender() -> Lender:
    return Lender.objects.create(code="LEDGER", name="Ledger", currency="CNY", zone="Asia/Shanghai")


@pytest.fixture
def opened(lender: Lender) -> Lender:
    ledger.due(lender, [DAY])
    ledger.open_next(lender.pk, PLAN, 2)
    return lender


def finish(unit: ledger.Unit, rows: int = 1) -> None:
    with unit.effects():
        unit.count(rows_out=rows)


def expire_leases() -> None:
    RunUnit.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_saying_twice_that_a_day_is_due_puts_it_on_the_list_once(lender):
    assert ledger.due(lender, [DAY]) == 1
    assert ledger.due(lender, [DAY]) == 0
    assert BusinessDay.objects.count() == 1


def test_opening_a_day_makes_every_unit_of_every_step_and_the_partition_for_its_observations(opened):
    units = RunUnit.objects.order_by("step_order", "bucket").values_list("step", "bucket_from", "bucket_to")
    assert list(units) == [("first", 0, 127), ("first", 128, 255), ("second", 0, 255)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"alerts_loanday_l{opened.pk}_20260630"])
        assert cursor.fetchone() == (True,)


def test_a_second_day_is_not_opened_while_one_is_closing(opened):
    ledger.due(opened, [DAY + timedelta(days=1)])
    assert ledger.open_next(opened.pk, PLAN, 1) is None


def test_a_step_begins_only_when_the_one_before_is_done(opened):
    one, two = ledger.claim(), ledger.claim()
    assert (one.step, two.step) == ("first", "first")
    finish(one)
    assert ledger.claim() is None
    finish(two)
    assert ledger.claim().step == "second"


def test_a_claimed_unit_is_nobody_elses_until_its_lease_has_passed(opened):
    unit = ledger.claim()
    ledger.claim()
    assert ledger.claim() is None
    expire_leases()
    again = ledger.claim()
    assert (again.id, again.attempt) == (unit.id, 2)
    assert again.lost == 1


def test_a_late_writer_is_fenced_off_and_keeps_nothing(opened):
    late = ledger.claim()
    expire_leases()
    ledger.sweep()
    taken = ledger.claim()
    assert taken.id == late.id
    finish(taken, rows=7)
    with pytest.raises(ledger.Fenced), late.effects() as cursor:
        cursor.execute("UPDATE lenders_lender SET name = 'written too late'")
    assert Lender.objects.get().name == "Ledger"
    assert RunUnit.objects.get(pk=late.id).rows_out == 7


def test_without_the_fence_the_late_writer_would_overwrite(opened, monkeypatch):
    """The twin of the test above: with owner and attempt not compared, the late write stays. So the fence is what holds."""
    late = ledger.claim()
    expire_leases()
    ledger.sweep()
    taken = ledger.claim()
    finish(taken, rows=7)
    RunUnit.objects.filter(pk=late.id).update(state="running", owner=late.owner, attempts=late.attempt)
    with late.effects() as cursor:
        cursor.execute("UPDATE lenders_lender SET name = 'written too late'")
    assert Lender.objects.get().name == "written too late"


def test_a_unit_whose_effects_fail_leaves_nothing_behind(opened):
    unit = ledger.claim()
    with pytest.raises(ZeroDivisionError), unit.effects() as cursor:
        cursor.execute("UPDATE lenders_lender SET name = 'half'")
        raise ZeroDivisionError
    assert Lender.objects.get().name == "Ledger"
    assert RunUnit.objects.get(pk=unit.id).state == "running"


def test_a_unit_that_is_not_cut_is_tried_three_times_and_then_set_aside_with_its_error(lender):
    ledger.due(lender, [DAY])
    ledger.open_next(lender.pk, [("whole", False)], 1)
    for attempt in range(1, 4):
        unit = ledger.claim()
        assert unit.attempt == attempt
        ledger.fail(unit, "Traceback\nValueError: loan L-17 has two currencies")
    assert RunUnit.objects.get(pk=unit.id).state == "failed"
    exception = RunException.objects.get()
    assert "L-17" in exception.error
    assert len(exception.trace_id) == 16
    assert ledger.retry_failed(lender.pk, DAY) == 1
    finish(ledger.claim())
    exception.refresh_from_db()
    assert exception.resolved_at


def test_after_three_failures_of_a_slice_the_loan_to_blame_is_to_be_searched_for(opened):
    for _ in range(ledger.MAX_FAILURES):
        unit = ledger.claim()
        assert not unit.to_search
        ledger.fail(unit, "ValueError")
    unit = ledger.claim()
    assert unit.to_search
    unit.note_search({"ended": True})
    ledger.fail(unit, "ValueError")
    assert RunUnit.objects.get(pk=unit.id).state == "failed"


def test_two_starts_of_a_unit_that_loses_its_workers_lie_ten_seconds_apart(opened, settings):
    settings.RESTART_SECONDS = 10
    unit, _ = ledger.claim(), ledger.claim()
    expire_leases()
    assert ledger.claim() is None
    assert RunUnit.objects.get(pk=unit.id).lost == 1
    RunUnit.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    again = ledger.claim()
    assert (again.id, again.attempt) == (unit.id, 2)


def test_the_pause_grows_from_the_fourth_lost_worker_on_and_is_bounded(opened):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE trail_rununit SET state = 'running', claimed_at = now(), lease_until = now() - interval '1 s', lost = 4 WHERE bucket = 0")
        cursor.execute("UPDATE trail_rununit SET state = 'running', claimed_at = now(), lease_until = now() - interval '1 s', lost = 10 WHERE bucket = 1")
    with override_settings(RESTART_SECONDS=10):
        assert ledger.sweep() is False
    pauses = [(u.not_before - u.claimed_at).total_seconds() for u in RunUnit.objects.order_by("bucket").filter(step="first")]
    assert pauses == [40, 300]


def test_a_slice_that_lost_three_workers_is_searched_and_one_without_a_loan_to_blame_is_set_aside_after_twelve(lender):
    ledger.due(lender, [DAY])
    ledger.open_next(lender.pk, [("only", True)], 1)
    for _ in range(ledger.MAX_LOST):
        assert not ledger.claim().to_search
        expire_leases()
    unit = ledger.claim()
    assert unit.to_search
    unit.note_search({"ended": True, "guilty": []})
    assert RunUnit.objects.get().lost == 0, "the search has shown that no loan kills"
    for _ in range(ledger.MAX_LOST_WHOLE):
        expire_leases()
        ledger.claim()
    assert RunUnit.objects.get().state == "failed"
    assert RunException.objects.get().loan_id is None


def test_a_day_is_closed_once_and_only_when_no_unit_is_left(opened):
    assert not ledger.close_if_done(opened.pk, DAY)
    while unit := ledger.claim():
        finish(unit)
    assert [ledger.close_if_done(opened.pk, DAY) for _ in range(3)] == [True, False, False]


def test_the_heartbeat_keeps_a_long_unit_with_its_worker(transactional_db, opened, settings):
    settings.LEASE_SECONDS = 0.3
    unit = ledger.claim()
    with ledger.heartbeat(unit):
        threading.Event().wait(0.8)
        assert ledger.claim().id != unit.id
        assert ledger.claim() is None
        finish(unit)


def test_eight_claimers_at_once_never_get_the_same_unit(transactional_db, lender):
    ledger.due(lender, [DAY])
    ledger.open_next(lender.pk, [("only", True)], 64)
    claimed: list[int] = []

    def claim_all() -> None:
        while unit := ledger.claim():
            claimed.append(unit.id)
        connection.close()

    threads = [threading.Thread(target=claim_all) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 64


@pytest.mark.parametrize("give_up", [lambda unit: ledger.fail(unit, "x"), lambda unit: ledger.set_aside(unit, "x")])
def test_a_unit_is_set_aside_with_its_exception_or_not_at_all(opened, monkeypatch, give_up):
    RunUnit.objects.filter(step="first").update(state="done")
    RunUnit.objects.filter(step="second").update(failures=ledger.MAX_FAILURES - 1)
    unit = ledger.claim()
    monkeypatch.setattr(ledger, "_except", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        give_up(unit)
    assert RunUnit.objects.get(pk=unit.id).state == "running"
    monkeypatch.undo()
    give_up(unit)
    assert RunUnit.objects.get(pk=unit.id).state == "failed"
    assert RunException.objects.count() == 1
