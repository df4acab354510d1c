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
LEAVING = {"copied_pictures_90d", "preloan_pictures_90d", "copied_words_worst_90d", "copied_words_reports_90d"}


def test_an_act_counts_for_ninety_days_the_last_of_them_included(book):
    people = {}
    for number, (kind, figure, detail, field, expected) in enumerate(WINDOWS):
        for on, counts in ((INSIDE_90, expected), (OUTSIDE_90, None)):
            person = Person.objects.create(lender=book.lender, staff_no=f"S-{number}-{on}", name="Manager")
            noted(book, person, "visit_reported", CLOSE, 0, subject=f"visit:report{person.pk}", **REPORT)
            noted(book, person, kind, on, figure, subject=f"x{person.pk}", **detail)
            people[person.pk] = (kind, field, counts)
    book.close(CLOSE)
    rows = {row.person_id: row for row in StaffDay.objects.filter(as_of=CLOSE)}
    found = {(kind, field, getattr(rows[pk], field)) for pk, (kind, field, counts) in people.items() if counts is not None}
    assert found == {(kind, field, counts) for kind, field, counts in people.values() if counts is not None}
    outside = [getattr(rows[pk], field) for pk, (_, field, counts) in people.items() if counts is None and field in LEAVING]
    assert len(outside) == 5
    assert not any(outside), "an act of the day before the window"


def test_of_a_person_who_handed_in_no_report_nothing_is_said_of_reports(book, person):
    noted(book, person, "entry", CLOSE, 0, fact="repayment")
    found = seen(book, person)
    assert (found.copied_pictures_90d, found.copied_words_worst_90d, found.impossible_routes_30d) == (None, None, None)
    assert found.disagreement_share_90d is None and found.benign_default_share_12m is None


def several(book, count: int) -> list[Person]:
    return [Person.objects.create(lender=book.lender, staff_no=f"S-{n}", name="Manager") for n in range(count)]


def test_disagreement_is_told_from_twenty_points_on(book):
    shares = {}
    for person, points in zip(several(book, 2), (19, 20), strict=True):
        noted(
            book, person, "visit_verified", CLOSE, 5, subject=f"visit:{person.pk}",
            points=points, changed=5, decision="confirmed", conclusion="no_problem", verifier="S-9",
        )  # fmt: skip
        shares[person.pk] = None if points == 19 else Decimal("0.25")
    book.close(CLOSE)
    assert dict(StaffDay.objects.filter(as_of=CLOSE, person__in=shares).values_list("person", "disagreement_share_90d")) == shares


def test_a_rubber_stamp_shows_from_fifty_points_on(book):
    told = {}
    for person, points in zip(several(book, 2), (49, 50), strict=True):
        noted(book, person, "review_time", CLOSE, 4, subject=f"visit:{person.pk}", points=points, agreed=points, seconds=4 * points)
        told[person.pk] = (None, None) if points == 49 else (Decimal(4), Decimal(1))
    book.close(CLOSE)
    rows = StaffDay.objects.filter(as_of=CLOSE, person__in=told)
    assert {row.person_id: (row.review_seconds_90d, row.review_agreement_90d) for row in rows} == told


def test_a_loan_crosses_a_limit_on_the_day_after_it(book):
    book.loan("L-1")
    due, crossed = date(2026, 2, 1), {}
    for days in (28, 30, 31, 60, 61):
        book.close(due + timedelta(days=days))
        crossed[days] = list(Crossing.objects.order_by("days").values_list("days", flat=True))
    assert crossed == {28: [], 30: [], 31: [30], 60: [30], 61: [30, 60]}


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
