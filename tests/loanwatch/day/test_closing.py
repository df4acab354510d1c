"""A business day is closed once, in order, whoever works at it; an unchanged night writes no alert."""

import threading
from datetime import date

import pytest
from django.db import connection

from alerts.observation.models import LoanDay, NodeDay
from alerts.signals.models import Alert, AlertEvidence
from borrowers.feeds.models import Delivery
from loanwatch.day import actions, steps
from loanwatch.lenders.defaults import give_defaults
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import NoBusinessDay
from loanwatch.trail.models import Beat, BusinessDay, RunUnit

FEB_1, FEB_2, FEB_3 = date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3)


def test_every_step_of_a_day_is_done_and_the_day_is_closed(book):
    book.loan("L-1")
    assert book.close(FEB_1) == ["closed"]
    assert set(RunUnit.objects.values_list("state", flat=True)) == {"done"}
    assert list(RunUnit.objects.order_by("step_order").values_list("step", flat=True).distinct()) == [name for name, _ in steps.PLAN]


def test_closing_a_closed_day_again_changes_nothing(book):
    book.loan("L-1")
    book.close(FEB_2)
    before = list(RunUnit.objects.values_list("id", "attempts", "done_at"))
    assert book.close(FEB_2) == ["closed"]
    assert list(RunUnit.objects.values_list("id", "attempts", "done_at")) == before


def test_the_figures_of_a_node_are_the_sum_of_its_loans(book):
    for number in ("L-1", "L-2", "L-3"):
        book.loan(number)
    book.pay("L-1", FEB_1, "106.00")
    book.close(FEB_2)
    node = NodeDay.objects.get(as_of=FEB_2)
    assert (node.loans, node.outstanding, node.b0_loans, node.b1_loans) == (3, 3500, 1, 2)
    assert node.outstanding == sum(LoanDay.objects.filter(as_of=FEB_2).values_list("outstanding", flat=True))


def test_a_date_on_which_the_lender_does_not_work_is_refused_with_its_calendar(book):
    book.lender.calendars.update(kind="month_end")
    with pytest.raises(NoBusinessDay, match=r"2026-02-02 is no business day of DAY .calendar month_end."):
        book.close(FEB_2)
    assert not BusinessDay.objects.exists()


def test_days_are_closed_in_order_each_as_of_its_own_date(book):
    book.loan("L-1")
    book.pay("L-1", FEB_3, "106.00")
    assert book.close(FEB_1, FEB_3) == ["closed"] * 3
    assert [book.seen("L-1", day).days_past_due for day in (FEB_1, FEB_2, FEB_3)] == [0, 1, 0]


def test_a_day_before_the_newest_closed_one_is_not_opened(book):
    book.close(FEB_3)
    with pytest.raises(actions.Stuck, match=r"lies before the newest closed day"):
        book.close(FEB_1)


def test_a_night_without_new_facts_writes_no_alert_and_no_evidence(book):
    book.loan("L-1")
    book.close(FEB_2)
    assert Alert.objects.filter(rule__code="REP-01").count() == 1
    rows = list(Alert.objects.values()), list(AlertEvidence.objects.values())
    book.close(FEB_3)
    assert (list(Alert.objects.values()), list(AlertEvidence.objects.values())) == rows
    assert RunUnit.objects.get(business_date=FEB_3, step="allocate").rows_out == 0


def test_ten_runs_of_one_day_at_once_have_the_effects_of_one(transactional_db, book, monkeypatch):
    monkeypatch.setattr(actions, "SMALL_BOOK", 0)
    monkeypatch.setattr(actions, "LOANS_PER_UNIT", 1)
    for number in range(6):
        book.loan(f"L-{number}")

    def run() -> None:
        book.close(FEB_2)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert BusinessDay.objects.get().state == "closed"
    assert LoanDay.objects.filter(as_of=FEB_2).count() == Alert.objects.filter(rule__code="REP-01").count() == 6
    assert set(RunUnit.objects.values_list("state", "attempts")) == {("done", 1)}


def test_a_step_that_fails_without_any_loan_is_set_aside_and_leaves_the_day_open_with_a_sentence(book, monkeypatch):
    def broken(cursor, key, lender):
        raise ValueError("loan L-17 has two currencies")

    monkeypatch.setitem(steps._BY_NAME, "propose", broken)
    with pytest.raises(actions.Stuck, match=r"propose of 2026-02-02 set slice 0 aside .* ValueError: loan L-17.* stays open"):
        book.close(FEB_2)
    assert BusinessDay.objects.get().state == "closing"
    monkeypatch.undo()
    assert book.close(FEB_2) == ["closed"]


def test_the_scheduler_ticking_twice_opens_a_day_once(book):
    book.close(FEB_1)
    book.lender.parameters.create(key="day.automatic", value=False, valid_from=FEB_1, source="test", confidence="own")
    actions.ensure_days(book.lender, FEB_2, FEB_2)
    actions.tick()
    actions.tick()
    assert BusinessDay.objects.get(business_date=FEB_2).state == "closing"
    assert RunUnit.objects.filter(business_date=FEB_2).count() == len(steps.PLAN)


@pytest.mark.parametrize("loans", [pytest.param(1, marks=pytest.mark.nights), 20])
def test_closing_a_day_costs_the_same_number_of_statements_for_one_loan_or_twenty(book, loans):
    from django.test.utils import CaptureQueriesContext

    for number in range(loans):
        book.loan(f"L-{number}")
    with CaptureQueriesContext(connection) as queries:
        book.close(FEB_1)
    assert len(queries) <= 600


def test_days_missed_before_the_one_that_is_asked_for_are_closed_first(book, missed_days_too):
    book.loan("L-1")
    assert book.close(FEB_1) == ["closed"]
    assert book.close(date(2026, 2, 4)) == ["closed"]
    assert list(BusinessDay.objects.order_by("business_date").values_list("business_date", "previous_date")) == [
        (FEB_1, None), (FEB_2, FEB_1), (FEB_3, FEB_2), (date(2026, 2, 4), FEB_3),
    ]  # fmt: skip


def test_the_first_day_of_a_lender_and_the_day_after_the_newest_miss_nothing(book, missed_days_too):
    actions.ensure_days(book.lender, FEB_2, FEB_2)
    BusinessDay.objects.update(state="closing")
    actions.ensure_days(book.lender, FEB_1, FEB_3)
    assert list(BusinessDay.objects.order_by("business_date").values_list("business_date", flat=True)) == [FEB_2, FEB_3]


@pytest.mark.parametrize("delivered", [FEB_2, FEB_3])
def test_a_delivery_of_the_future_puts_no_day_on_the_list_that_has_not_come(book, settings, delivered):
    settings.BUSINESS_DATE = FEB_2.isoformat()
    Delivery.objects.create(lender=book.lender, format="x", business_date=delivered, state="applied", sha256="0" * 64, size=1)
    assert actions.due_upto(book.lender) == FEB_2


def test_a_lender_for_which_the_tick_fails_holds_up_no_other(book, monkeypatch, caplog):
    give_defaults(Lender.objects.create(code="AAA", name="First", currency="CNY", zone="Asia/Shanghai"))
    seen = []

    def advance(lender):
        seen.append(lender.code)
        if lender.code == "AAA":
            raise ValueError("no calendar")

    monkeypatch.setattr(actions, "advance", advance)
    actions.tick()
    assert set(seen) == {"AAA", "DAY"}
    assert "the tick failed for AAA" in caplog.text
    assert Beat.objects.filter(name="tick").exists()
