"""Daily observations are kept for the days of a parameter, month-ends for ever; what was dropped can be computed again."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from alerts.observation.keeping import drop_outlived, outlived
from alerts.observation.models import BorrowerDay, DroppedDay, LoanDay, NodeDay
from loanwatch.day.rebuild import rebuild
from loanwatch.kernel.policy import Conflict
from loanwatch.trail.models import BusinessDay, RunException
from tests.observed import rows

JAN_30, JAN_31, FEB_1 = date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1)


@pytest.fixture(scope="module")
def old_book(standing):
    """Three closes around a month-end."""
    book = standing()
    book.loan("L-1")
    book.pay("L-1", FEB_1, "50.00")
    for day in (JAN_30, JAN_31, FEB_1):
        book.close(day)
    return book


@pytest.fixture
def old(old_book, db, as_worker):
    return old_book



@pytest.mark.parametrize(("newest", "gone"), [(JAN_30 + timedelta(days=90), []), (JAN_30 + timedelta(days=91), [JAN_30])])
def test_a_day_goes_after_ninety_days_and_a_month_end_stays(old, newest, gone):
    assert outlived(old.lender, newest) == gone


def test_the_last_close_of_a_month_stays_although_it_is_not_its_last_day(old):
    assert outlived(old.lender, FEB_1 + timedelta(days=200)) == [JAN_30]


def test_a_dropped_day_keeps_its_figures_and_can_be_computed_again(old):
    figures = list(NodeDay.objects.filter(as_of=JAN_30).values())
    before = rows(old.lender, JAN_30)
    old.close(date(2026, 5, 1))
    assert drop_outlived(old.lender, date(2026, 5, 1)) == [JAN_30]
    assert not LoanDay.objects.filter(as_of=JAN_30).exists() and not BorrowerDay.objects.filter(as_of=JAN_30).exists()
    assert list(NodeDay.objects.filter(as_of=JAN_30).values()) == figures
    assert LoanDay.objects.filter(as_of=JAN_31).exists()
    assert drop_outlived(old.lender, date(2026, 5, 1)) == []
    assert rebuild(old.lender, JAN_30) == 1
    assert rows(old.lender, JAN_30) == before
    assert not DroppedDay.objects.exists()
    assert drop_outlived(old.lender, date(2026, 5, 1)) == []


def test_a_day_that_was_not_dropped_is_not_rebuilt(old):
    with pytest.raises(Conflict, match="has not been dropped"):
        rebuild(old.lender, JAN_30)


def test_what_would_not_add_up_to_the_figures_of_the_close_is_not_rebuilt(old):
    old.close(date(2026, 5, 1))
    drop_outlived(old.lender, date(2026, 5, 1))
    NodeDay.objects.filter(as_of=JAN_30).update(outstanding=Decimal("1.00"))
    with pytest.raises(Conflict, match="would not add up"):
        rebuild(old.lender, JAN_30)
    assert DroppedDay.objects.exists() and not LoanDay.objects.filter(as_of=JAN_30).exists()


@pytest.mark.parametrize("day", [JAN_31, FEB_1])
def test_the_database_itself_refuses_to_drop_month_ends_and_recent_days(old, day):
    with pytest.raises(IntegrityError, match="is kept"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT lw_drop_observation_day(%s, %s)", [old.lender.pk, day])


def test_nothing_is_dropped_while_a_day_of_the_lender_is_closing(old):
    old.close(date(2026, 5, 1))
    BusinessDay.objects.filter(business_date=date(2026, 5, 1)).update(state="closing")
    assert drop_outlived(old.lender, date(2026, 5, 1)) == []
    BusinessDay.objects.filter(business_date=date(2026, 5, 1)).update(state="closed")
    assert drop_outlived(old.lender, date(2026, 5, 1)) == [JAN_30]


@pytest.mark.parametrize(("ago", "gone"), [(timedelta(days=7, minutes=-1), []), (timedelta(days=7), [JAN_30])])
def test_a_day_that_was_computed_again_stays_for_seven_days(old, ago, gone):
    day = BusinessDay.objects.get(business_date=JAN_30)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO trail_auditevent (at, lender_id, event, subject_kind, subject_id, details, request_id) "
            "VALUES (clock_timestamp() - %s, %s, 'day.rebuilt', 'trail.businessday', %s, '{}', '')", [ago, old.lender.pk, str(day.pk)],
        )  # fmt: skip
    assert outlived(old.lender, FEB_1 + timedelta(days=200)) == gone


def test_no_day_goes_while_a_loan_is_set_aside_that_has_to_be_caught_up(old):
    held = RunException.objects.create(lender=old.lender, business_date=JAN_31, run_version=1, step="observe", bucket=0, loan_id=1, error="x")
    assert outlived(old.lender, FEB_1 + timedelta(days=200)) == []
    RunException.objects.filter(pk=held.pk).update(resolved_at=held.at)
    assert outlived(old.lender, FEB_1 + timedelta(days=200)) == [JAN_30]
