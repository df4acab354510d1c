"""What a close says of staff, from the acts that were noted: the window's last day counts, the day before it does not."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from alerts.observation.models import Crossing, LoanDay, StaffDay
from alerts.observation.staff import cross
from borrowers.conduct.actions import note_act
from loanwatch.people.models import Person
from loanwatch.trail.ledger import key_of

CLOSE = date(2026, 6, 30)
INSIDE_90, OUTSIDE_90 = CLOSE - timedelta(days=89), CLOSE - timedelta(days=90)
REPORT = {"conclusion": "no_problem"}


@pytest.fixture
def person(book) -> Person:
    return Person.objects.create(lender=book.lender, staff_no="S-1", name="Manager")


def noted(book, person, kind, on, figure, subject="x", loan=None, **detail) -> None:
    note_act(kind, lender=book.lender, person=person, on=on, subject=subject, loan=loan, figure=Decimal(str(figure)), **detail)


def seen(book, person) -> StaffDay:
    book.close(CLOSE)
    return StaffDay.objects.get(person=person, as_of=CLOSE)


PICTURES = {"reused": 1, "old": 0, "before_loan": 1}
WINDOWS = [
    ("copied_picture", 2, PICTURES, "copied_pictures_90d", 2),
    ("copied_picture", 2, PICTURES, "preloan_pictures_90d", 1),
    ("copied_words", 0.95, {"other": "visit:9"}, "copied_words_worst_90d", Decimal("0.95")),
    ("copied_words", 0.95, {"other": "visit:9"}, "copied_words_reports_90d", 1),
    ("copied_words", 0.9, {"other": "visit:9"}, "copied_words_reports_90d", 0),
    ("entry", 4, {"fact": "repayment"}, "late_entry_share_90d", Decimal(1)),
    ("entry", 3, {"fact": "repayment"}, "late_entry_share_90d", Decimal(0)),
]


@pytest.mark.parametrize(("kind", "figure", "detail", "field", "expected"), WINDOWS)
def test_an_act_counts_for_ninety_days_the_last_of_them_included(book, person, kind, figure, detail, field, expected):
    noted(book, person, "visit_reported", CLOSE, 0, subject="visit:report", **REPORT)
    noted(book, person, kind, INSIDE_90, figure, **detail)
    assert getattr(seen(book, person), field) == expected


@pytest.mark.parametrize(("kind", "figure", "detail", "field", "expected"), WINDOWS[:4])
def test_an_act_of_the_day_before_the_window_no_longer_counts(book, person, kind, figure, detail, field, expected):
    noted(book, person, "visit_reported", CLOSE, 0, subject="visit:report", **REPORT)
    noted(book, person, kind, OUTSIDE_90, figure, **detail)
    assert not getattr(seen(book, person), field)


def test_of_a_person_who_handed_in_no_report_nothing_is_said_of_reports(book, person):
    noted(book, person, "entry", CLOSE, 0, fact="repayment")
    found = seen(book, person)
    assert (found.copied_pictures_90d, found.copied_words_worst_90d, found.impossible_routes_30d) == (None, None, None)
    assert found.disagreement_share_90d is None and found.benign_default_share_12m is None


@pytest.mark.parametrize(("points", "share"), [(19, None), (20, Decimal("0.25"))])
def test_disagreement_is_told_from_twenty_points_on(book, person, points, share):
    noted(book, person, "visit_verified", CLOSE, 5, points=points, changed=5, decision="confirmed", conclusion="no_problem", verifier="S-2")
    assert seen(book, person).disagreement_share_90d == share


@pytest.mark.parametrize(("points", "seconds"), [(49, None), (50, Decimal(4))])
def test_a_rubber_stamp_shows_from_fifty_points_on(book, person, points, seconds):
    noted(book, person, "review_time", CLOSE, 4, points=points, agreed=points, seconds=4 * points)
    found = seen(book, person)
    assert found.review_seconds_90d == seconds
    assert found.review_agreement_90d == (1 if seconds else None)


@pytest.mark.parametrize(("days", "crossed"), [(30, []), (31, [30]), (61, [30, 60])])
def test_a_loan_crosses_a_limit_on_the_day_after_it(book, days, crossed):
    book.loan("L-1")
    due = date(2026, 2, 1)
    for day in (d for d in (28, 30, 31, 60, 61) if d <= days):
        book.close(due + timedelta(days=day))
    assert list(Crossing.objects.order_by("days").values_list("days", flat=True)) == crossed


def test_no_problem_today_and_past_thirty_days_within_ninety_is_a_surprise(book, person):
    from borrowers.loans.models import Loan

    book.loan("L-1")
    loan = Loan.objects.get(number="L-1")
    noted(book, person, "visit_reported", date(2026, 1, 31), 0, subject="visit:1", loan=loan, **REPORT)
    for day in (date(2026, 3, 3), date(2026, 3, 4)):  # 30 and 31 days past due
        book.close(day)
        assert StaffDay.objects.get(person=person, as_of=day).surprise_defaults_12m == (day.day == 4)


@pytest.mark.parametrize(("before", "crossed"), [(30, [30]), (31, []), (None, [])])
def test_a_loan_that_the_close_before_left_out_is_compared_with_the_last_close_that_has_it(book, before, crossed):
    book.loan("L-1")
    first, left_out, day = (date(2026, 2, 1) + timedelta(days=(before or 31) + n) for n in range(3))
    book.close(first, day)
    LoanDay.objects.filter(as_of__in=[left_out] if before else [first, left_out]).delete()
    with connection.cursor() as cursor:
        cross(cursor, key_of(book.lender.pk, day, previous=left_out))
    assert list(Crossing.objects.filter(as_of=day).values_list("days", flat=True)) == crossed
