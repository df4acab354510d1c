"""One loan that can't be processed holds up nobody else: it is found, left out, accepted by a person, and caught up after repair."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.http import Http404

from alerts.observation.models import BranchDay, LoanDay, NodeDay
from alerts.signals.models import Alert, AlertEvidence
from borrowers.loans.allocation import MINE
from borrowers.loans.models import Loan
from loanwatch.day import actions, isolation, repair, steps
from loanwatch.day.exceptions import accept_day, retry_exception
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Role
from loanwatch.trail import held, ledger
from loanwatch.trail.models import AuditEvent, BusinessDay, RunException, RunUnit
from tests.factories import BranchFactory, LenderFactory, hire

FEB_1, FEB_2, FEB_3 = date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3)
POISON = f"""
SELECT 1 / CASE WHEN l.number = ANY (%(poison)s) THEN 0 ELSE 1 END FROM borrowers_loan l
WHERE l.lender_id = %(lender)s AND l.bucket BETWEEN %(lo)s AND %(hi)s AND {MINE.format(id="l.id")}
"""


@pytest.fixture
def poison(monkeypatch):
    """Makes a step raise a division by zero in the database wherever one of these loans is in its slice."""

    def make(step: str, *numbers: str) -> None:
        well = steps._BY_NAME[step]

        def broken(cursor: Any, key: dict[str, Any], lender: Lender) -> int:
            cursor.execute(POISON, {**key, "poison": list(numbers)})
            return well(cursor, key, lender)

        monkeypatch.setitem(steps._BY_NAME, step, broken)

    return make


@pytest.fixture
def credit(book) -> Access:
    return hire(Branch.objects.get(lender=book.lender, code="HO"), Role.CREDIT_ADMIN)


def rows(*but: str) -> list[dict[str, Any]]:
    return list(LoanDay.objects.exclude(loan__number__in=but).order_by("as_of", "loan_id").values())


def sums_agree() -> bool:
    """The head office's figures are the sums over the loans on every date."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT as_of, count(*), sum(outstanding) FROM alerts_loanday GROUP BY as_of ORDER BY as_of")
        loans = cursor.fetchall()
        cursor.execute("SELECT as_of, sum(loans)::bigint, sum(outstanding) FROM alerts_nodeday GROUP BY as_of ORDER BY as_of")
        nodes = cursor.fetchall()
        cursor.execute("SELECT as_of, sum(loans)::bigint, sum(outstanding) FROM alerts_branchday GROUP BY as_of ORDER BY as_of")
        return loans == nodes == cursor.fetchall()


@pytest.mark.parametrize("step", ["observe", pytest.param("warn", marks=pytest.mark.nights)])
def test_a_loan_that_fails_is_left_out_accepted_and_caught_up_and_nothing_else_changes(book, credit, poison, monkeypatch, step):
    for number in ("L-1", "L-2", "L-3", "L-4", "L-5"):
        book.loan(number)
    book.close(FEB_1)
    poison(step, "L-3")
    with pytest.raises(actions.Stuck, match=rf"{step} of 2026-02-02 set loan L-3 aside .*division by zero.*later days wait for it"):
        book.close(FEB_2)
    exception = RunException.objects.get()
    assert (exception.subject, exception.business_date, exception.step) == ("L-3", FEB_2, step)
    assert exception.trace_id
    assert set(RunUnit.objects.filter(business_date=FEB_2).values_list("state", flat=True)) == {"done"}
    assert Alert.objects.filter(opened_on=FEB_2).count() == 4

    with pytest.raises(Conflict, match="Say why"):
        accept_day(book.lender, FEB_2, "  ", credit)
    for role in (Role.SYSADMIN, Role.AUDITOR, Role.RISK_OFFICER):
        with pytest.raises(Refused):
            accept_day(book.lender, FEB_2, "mine", hire(Branch.objects.get(lender=book.lender, code="HO"), role))
    day = accept_day(book.lender, FEB_2, "L-3 is corrected tomorrow", credit)
    assert (day.state, day.accepted_by, day.reason) == ("closed_with_exceptions", credit.person, "L-3 is corrected tomorrow")
    assert AuditEvent.objects.get(event="day.accepted").details["set_aside"][0]["loan"] == "L-3"
    with pytest.raises(Conflict):
        accept_day(book.lender, FEB_2, "again", credit)
    assert book.close(FEB_3) == ["closed_with_exceptions"], "the same loan is not asked about every night"
    assert BusinessDay.objects.get(business_date=FEB_3).accepted_by == credit.person
    assert not LoanDay.objects.filter(as_of=FEB_3, loan__number="L-3").exists()
    assert sums_agree()

    others, of_others = Alert.objects.exclude(loan__number="L-3").order_by("pk"), AlertEvidence.objects.exclude(alert__loan__number="L-3").order_by("pk")
    before = rows("L-3"), list(others.values()), list(of_others.values())
    retry_exception(exception.pk, credit)
    actions.work(book.lender)
    exception.refresh_from_db()
    assert (exception.resolved_at, exception.tries) == (None, 1), "not repaired yet"

    monkeypatch.undo()
    retry_exception(exception.pk, credit)
    actions.work(book.lender)
    exception.refresh_from_db()
    assert exception.resolved_at
    assert [book.seen("L-3", on).days_past_due for on in (FEB_1, FEB_2, FEB_3)] == [0, 1, 2]
    assert Alert.objects.get(loan__number="L-3", rule__code="REP-01").opened_on == FEB_2, "the alert carries the date on which it would have been raised"
    assert rows("L-3") == before[0]
    assert list(others.all().values()) == before[1]
    assert list(of_others.all().values()) == before[2]
    assert sums_agree()
    with pytest.raises(Conflict):
        retry_exception(exception.pk, credit)
    twin = LoanDay.objects.get(as_of=FEB_3, loan__number="L-1")
    assert (book.seen("L-3", FEB_3).outstanding, book.seen("L-3", FEB_3).worst_dpd_12m) == (twin.outstanding, twin.worst_dpd_12m)


def test_what_was_set_aside_is_nobodys_business_at_another_lender(book, poison):
    book.loan("L-1")
    poison("observe", "L-1")
    with pytest.raises(actions.Stuck):
        book.close(FEB_1)
    stranger = hire(BranchFactory(lender=LenderFactory()), Role.CREDIT_ADMIN)
    with pytest.raises(Http404):
        accept_day(book.lender, FEB_1, "not mine", stranger)
    with pytest.raises(Http404):
        retry_exception(RunException.objects.get().pk, stranger)


def test_a_loan_that_kills_its_worker_is_found_by_those_who_take_the_unit_next(book, settings):
    settings.RESTART_SECONDS = 0
    for number in range(8):
        book.loan(f"L-{number}")
    actions.ensure_days(book.lender, FEB_1, FEB_1)
    actions.advance(book.lender)
    killer = Loan.objects.get(number="L-5").pk
    ledger.claim()  # receive
    RunUnit.objects.filter(step="receive").update(state="done")
    RunUnit.objects.filter(step="allocate").update(lost=ledger.MAX_LOST)
    starts: list[list[int]] = []

    def dies(loans: list[int]) -> None:
        starts.append(loans)
        if killer in loans:
            raise KeyboardInterrupt

    for _ in range(12):
        unit = ledger.claim()
        if not unit.to_search:
            break
        try:
            isolation.isolate(unit, dies)
            break
        except KeyboardInterrupt:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE trail_rununit SET lease_until = now() - interval '1 s' WHERE state = 'running'")
    assert [e.loan_id for e in held.open_exceptions(book.lender)] == [killer]
    alone = [loans for loans in starts if loans == [killer]]
    assert len(alone) == isolation.KILLS == 3, "it had three chances alone"
    assert "ended without a word" in RunException.objects.get().error


@pytest.mark.parametrize("hit", [[True, False] * 20, [True] * 25 + [False] * 40], ids=["every_second_try", "every_try_for_long"])
def test_a_machine_that_kills_whatever_runs_sets_no_loan_aside(book, settings, hit):
    settings.RESTART_SECONDS = 0
    for number in range(4):
        book.loan(f"L-{number}")
    actions.ensure_days(book.lender, FEB_1, FEB_1)
    actions.advance(book.lender)
    ledger.claim()
    RunUnit.objects.filter(step="receive").update(state="done")
    RunUnit.objects.filter(step="allocate").update(lost=ledger.MAX_LOST)
    left = iter(hit)
    unit = ledger.claim()
    while True:
        try:
            isolation.isolate(unit, lambda loans: (_ for _ in ()).throw(KeyboardInterrupt) if next(left) else None)
            break
        except KeyboardInterrupt:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE trail_rununit SET lease_until = now() - interval '1 s' WHERE state = 'running'")
            unit = ledger.claim()
    assert not RunException.objects.exists()
    assert unit.search == {"ended": True, "guilty": []}


def test_a_slice_that_is_accepted_takes_no_further_part_in_the_day(book, credit, monkeypatch):
    for number in range(12):
        book.loan(f"L-{number}")
    monkeypatch.setattr(actions, "slices_for", lambda lender: 2)
    well = steps._BY_NAME["allocate"]

    def broken(cursor: Any, key: dict[str, Any], lender: Lender) -> int:
        if key["lo"] == 0:
            raise ValueError("the first half of the book has no terms")
        return well(cursor, key, lender)

    monkeypatch.setitem(steps._BY_NAME, "allocate", broken)
    with pytest.raises(actions.Stuck, match="slice 0 aside"):
        book.close(FEB_1)
    assert accept_day(book.lender, FEB_1, "half a book is better than none", credit).state == "closing"
    assert book.close(FEB_1) == ["closed_with_exceptions"]
    assert not LoanDay.objects.filter(bucket__lt=128).exists()
    assert LoanDay.objects.filter(bucket__gte=128).exists()
    assert set(RunUnit.objects.filter(cut=True, bucket=0).values_list("state", flat=True)) == {"accepted"}
    assert NodeDay.objects.exists()
    assert BranchDay.objects.exists()


def test_a_slice_that_is_tried_again_has_the_book_added_up_again(book, credit):
    day = BusinessDay.objects.create(lender=book.lender, business_date=FEB_1, state="closing", slices=2)
    units = [
        ("retry", -1, False, 0, "done"), ("receive", 0, False, 0, "done"), ("allocate", 1, True, 0, "done"), ("allocate", 1, True, 128, "done"),
        ("observe", 2, True, 0, "accepted"), ("observe", 2, True, 128, "done"), ("observe_branches", 3, False, 0, "done"),
        ("warn", 4, True, 0, "accepted"), ("warn", 4, True, 128, "done"), ("roll_up", 5, False, 0, "failed"),
    ]  # fmt: skip
    for step, order, cut, low, state in units:
        RunUnit.objects.create(lender=book.lender, business_date=FEB_1, run_version=1, step=step, step_order=order, cut=cut, bucket=low // 128,
                               bucket_from=low, bucket_to=low + 127 if cut else 255, state=state)  # fmt: skip
    exception = RunException.objects.create(lender=book.lender, business_date=FEB_1, run_version=1, step="observe", bucket=0, error="no terms")
    retry_exception(exception.pk, credit)
    again = RunUnit.objects.filter(business_date=day.business_date, state="todo").order_by("step_order")
    assert list(again.values_list("step", "bucket")) == [("observe", 0), ("observe_branches", 0), ("warn", 0), ("roll_up", 0)]


@pytest.mark.parametrize(("known_on", "counts"), [(None, FEB_1), (FEB_2, FEB_2)])
def test_what_is_known_later_is_for_the_loan_alone_and_the_book_is_added_up_as_of_its_day(book, monkeypatch, known_on, counts):
    day = BusinessDay.objects.create(lender=book.lender, business_date=FEB_1, state="closed", known_on=known_on)
    for order, (step, cut) in enumerate([("observe", True), ("observe_branches", False), ("roll_up", False)]):
        RunUnit.objects.create(lender=book.lender, business_date=FEB_1, run_version=1, step=step, step_order=order, cut=cut, bucket=0, bucket_from=0,
                               bucket_to=255, state="done")  # fmt: skip
    seen = []
    monkeypatch.setattr(steps, "run", lambda cursor, step, key, lender: seen.append((step, key["known"], key["only"])))
    with connection.cursor() as cursor:
        repair._one_day(cursor, book.lender, day, 7, 5, [], FEB_3)
    assert seen == [("observe", FEB_3, [7]), ("observe_branches", counts, None), ("roll_up", counts, None)]
