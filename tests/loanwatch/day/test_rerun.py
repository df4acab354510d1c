"""A closed day is run again beside what stands: the differences are shown first, and another person decides."""

from datetime import date
from typing import Any

import pytest

from alerts.observation.models import DroppedDay, LoanDay, NodeDay
from alerts.signals.models import Alert
from loanwatch.day import actions, checksums, rerun, steps
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Role
from loanwatch.trail import ledger
from loanwatch.trail.models import AuditEvent, BusinessDay, RunException, RunUnit
from tests.factories import hire

FEB_1, FEB_2, FEB_3 = date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3)


def someone(book: Any, role: Role) -> Access:
    return hire(Branch.objects.get(lender=book.lender, code="HO"), role)


def compared(book: Any, on: date, **how: Any) -> BusinessDay:
    day = rerun.ask_rerun(book.lender, on, someone(book, Role.SYSADMIN), "the auditor asked", **how)
    actions.work(book.lender)
    day.refresh_from_db()
    assert day.state == "compared", RunUnit.objects.filter(step="rerun").values_list("error", flat=True)
    return day


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (LoanDay, NodeDay, Alert)]


@pytest.mark.nights
def test_with_unchanged_inputs_nothing_differs_and_the_checksum_is_that_of_the_close(transactional_db, book):
    for number in ("L-1", "L-2", "L-3"):
        book.loan(number)
    book.pay("L-1", FEB_1, "106.00")
    book.close(FEB_1, FEB_3)
    before = everything()
    for whole in (False, True):
        day = compared(book, FEB_2, only_changed=not whole)
        assert day.differences == {}
        assert day.checksum == BusinessDay.objects.get(business_date=FEB_2, run_version=1).checksum != ""
        assert day.loans == (3 if whole else 0)
        rerun.drop_rerun(day, someone(book, Role.CREDIT_ADMIN), "nothing differs")
    assert everything() == before
    assert BusinessDay.objects.get(business_date=FEB_2, state="closed").run_version == 1


def test_a_payment_told_late_is_shown_first_and_stands_only_when_another_person_agrees(transactional_db, book):
    for number in ("L-1", "L-2"):
        book.loan(number)
    book.close(FEB_1, FEB_2)
    book.pay("L-1", FEB_1, "106.00", known_from=FEB_3)
    book.close(FEB_3)
    before = everything()
    day = compared(book, FEB_2)
    assert (day.loans, day.known_on) == (1, FEB_3)
    found = {(d.grain, d.label, d.field): (d.then, d.now) for d in rerun.differences_of(day)}
    assert found["loan", "L-1", "days_past_due"] == (1, 0)
    assert found["loan", "L-1", "outstanding"] == (1200.0, 1100.0)
    assert day.differences["loan"]["outstanding"] == 1
    assert not [key for key in found if key[1] == "L-2"]
    assert [key for key in found if key[0] == "rule"], "the rules that would not have held are listed"
    assert everything() == before, "showing changes nothing"
    with pytest.raises(Conflict, match="already"):
        rerun.ask_rerun(book.lender, FEB_2, someone(book, Role.CREDIT_ADMIN), "me too")

    both = someone(book, Role.CREDIT_ADMIN)
    BusinessDay.objects.filter(pk=day.pk).update(asked_by=both.person)
    with pytest.raises(Refused):
        rerun.replace_day(day, both, "I asked and I agree")
    alerts = list(Alert.objects.order_by("pk").values())
    rerun.replace_day(day, someone(book, Role.CREDIT_ADMIN), "the bank statement proves it")
    actions.work(book.lender)
    day.refresh_from_db()
    assert day.state == "closed"
    assert BusinessDay.objects.get(business_date=FEB_2, run_version=1).state == "replaced"
    assert (book.seen("L-1", FEB_2).days_past_due, book.seen("L-2", FEB_2).days_past_due) == (0, 1)
    assert NodeDay.objects.get(as_of=FEB_2).outstanding == 2300
    assert list(Alert.objects.order_by("pk").values()) == alerts, "alerts are never judged anew for a date that has passed"
    assert rerun.differences_of(day).exists()
    assert set(AuditEvent.objects.filter(event__startswith="day.r").values_list("event", flat=True)) == {
        "day.rerun_asked", "day.replacement_agreed", "day.replaced",
    }  # fmt: skip
    again = compared(book, FEB_2, only_changed=False)
    assert (again.run_version, again.differences) == (3, {})


@pytest.mark.nights
def test_figures_that_changed_since_they_were_shown_are_shown_again_instead_of_replacing(transactional_db, book):
    book.loan("L-1")
    book.close(FEB_1, FEB_2)
    book.pay("L-1", FEB_1, "106.00", known_from=FEB_3)
    book.close(FEB_3)
    day = compared(book, FEB_2)
    BusinessDay.objects.filter(pk=day.pk).update(checksum="0" * 16)
    rerun.replace_day(day, someone(book, Role.CREDIT_ADMIN), "agreed")
    actions.work(book.lender)
    day.refresh_from_db()
    assert (day.state, day.decided_by) == ("compared", None)
    assert day.checksum != "0" * 16
    assert book.seen("L-1", FEB_2).days_past_due == 1


def test_a_step_that_writes_where_no_twin_stands_is_caught(book, monkeypatch):
    book.loan("L-1")
    book.close(FEB_1)
    well = steps._BY_NAME["observe"]

    def leaky(cursor: Any, key: dict[str, Any], lender: Any) -> int:
        cursor.execute("UPDATE borrowers_loan SET segment = segment")
        return well(cursor, key, lender)

    monkeypatch.setitem(steps._BY_NAME, "observe", leaky)
    day = rerun.ask_rerun(book.lender, FEB_1, someone(book, Role.CREDIT_ADMIN), "a look")
    actions.work(book.lender)
    assert "borrowers_loan; these tables need a temporary twin" in rerun.failed(day)


def test_who_may_not_ask_and_what_can_not_be_asked(book):
    book.loan("L-1")
    book.close(FEB_1)
    for role in (Role.AUDITOR, Role.RISK_OFFICER, Role.ACCOUNT_MANAGER):
        with pytest.raises(Refused):
            rerun.ask_rerun(book.lender, FEB_1, someone(book, role), "a look")
    with pytest.raises(Conflict, match="Say why"):
        rerun.ask_rerun(book.lender, FEB_1, someone(book, Role.CREDIT_ADMIN), " ")


@pytest.mark.parametrize("slices", [pytest.param(1, marks=pytest.mark.nights), 2, pytest.param(7, marks=pytest.mark.nights)])
def test_the_checksum_of_a_day_is_the_same_for_one_two_or_seven_slices(book, monkeypatch, slices):
    for number in range(9):
        book.loan(f"L-{number}")
    book.close(FEB_1)
    monkeypatch.setattr(actions, "slices_for", lambda lender: slices)
    book.close(FEB_2)
    units = RunUnit.objects.filter(business_date=FEB_2)
    assert units.filter(step="observe").count() == slices
    key = {"lender": book.lender.pk, "day": FEB_2, "lo": 0, "hi": 255}
    from django.db import connection

    with connection.cursor() as cursor:
        for step in ("allocate", "observe", "warn", "roll_up"):
            rows, whole = checksums.of_unit(cursor, step, key)
            assert checksums.together(units.filter(step=step).values_list("checksum", flat=True)) == whole
            assert sum(units.filter(step=step).values_list("rows_in", flat=True)) == rows > 0
    assert BusinessDay.objects.get(business_date=FEB_2).checksum == checksums.together(
        units.filter(step__in=checksums.OBSERVING).values_list("checksum", flat=True)
    )


@pytest.mark.nights
def test_a_run_whose_replacement_failed_can_be_dropped_and_leaves_nothing_open(transactional_db, book, monkeypatch):
    book.loan("L-1")
    book.close(FEB_1)
    day = compared(book, FEB_1)
    admin = someone(book, Role.CREDIT_ADMIN)
    rerun.replace_day(day, admin, "agreed")
    with pytest.raises(Conflict, match="does not wait"):
        rerun.drop_rerun(day, admin, "a worker is at it")
    monkeypatch.setattr(rerun, "_recompute", lambda *_: 1 / 0)
    actions.work(book.lender)
    assert RunException.objects.filter(resolved_at=None).exists()
    assert rerun.drop_rerun(day, admin, "it can't be done").state == "dropped"
    assert not RunException.objects.filter(resolved_at=None).exists()
    monkeypatch.undo()
    assert compared(book, FEB_1).run_version == 3


def test_a_day_of_which_the_rows_were_dropped_is_rebuilt_before_it_is_run_again(book):
    book.loan("L-1")
    book.close(FEB_1)
    DroppedDay.objects.create(lender=book.lender, as_of=FEB_1)
    with pytest.raises(Conflict, match="rebuild_day 2026-02-01"):
        rerun.ask_rerun(book.lender, FEB_1, someone(book, Role.CREDIT_ADMIN), "a look")


@pytest.mark.parametrize(("begun", "state"), [(False, "compared"), (True, "comparing")])
def test_a_day_is_not_run_again_while_another_is_being_closed(book, begun, state):
    book.loan("L-1")
    book.close(FEB_1)
    day = rerun.ask_rerun(book.lender, FEB_1, someone(book, Role.CREDIT_ADMIN), "a look")
    actions.ensure_days(book.lender, FEB_2, FEB_2)
    actions.advance(book.lender)
    if begun:
        RunUnit.objects.filter(business_date=FEB_2, step="receive").update(state="done")
    unit = ledger.claim(book.lender.pk)
    assert unit.step == ("allocate" if begun else "rerun")
    if not begun:
        rerun.compare(unit)
    day.refresh_from_db()
    assert day.state == state
