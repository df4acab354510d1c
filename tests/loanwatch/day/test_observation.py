"""What the facts say about a loan, day by day, with the boundary day on both sides."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from alerts.observation.dictionary import FIELDS_BORROWER, FIELDS_BRANCH, FIELDS_LOAN
from alerts.observation.models import BorrowerDay, BranchDay, LoanDay, RiskClass
from alerts.signals.models import Alert
from borrowers.loans.actions import EventRow, GuaranteeRow, add_guarantees, record_events
from loanwatch.kernel.calendars import add_months

FEB_1 = date(2026, 2, 1)
DAY = date(2026, 12, 20)


def late(days: int) -> date:
    """The day on which a demand due on 1 February is `days` late."""
    return FEB_1 + timedelta(days=days)


BUCKETS_AND_CLASSES = {
    0: (0, "normal"), 1: (1, "special_mention"), 29: (1, "special_mention"), 30: (2, "special_mention"), 59: (2, "special_mention"),
    60: (3, "special_mention"), 89: (3, "special_mention"), 90: (4, "special_mention"), 91: (4, "substandard"), 270: (4, "substandard"),
    271: (4, "doubtful"), 360: (4, "doubtful"), 361: (4, "loss"),
}  # fmt: skip


def one_demand(book, days: int) -> str:
    """A loan whose only demand is `days` late on DAY; its number."""
    due = DAY - timedelta(days=days)
    paid_out = add_months(due, -1)
    book.loan(f"L-{days}", months=1, paid_out=paid_out)
    return f"L-{days}"


def test_bucket_and_class_change_on_their_day(book):
    numbers = {days: one_demand(book, days) for days in BUCKETS_AND_CLASSES}
    book.close(DAY)
    seen = {days: book.seen(number, DAY) for days, number in numbers.items()}
    assert {days: (row.dpd_bucket, row.risk_class) for days, row in seen.items()} == BUCKETS_AND_CLASSES
    assert {days: row.days_past_due for days, row in seen.items()} == {days: days for days in seen}


def test_interest_is_served_before_principal_and_the_oldest_demand_first(closed, book):
    book.loan("L-1")
    book.pay("L-1", FEB_1, "100.00")
    seen = closed("L-1", late(1))
    assert (seen.overdue_principal, seen.overdue_interest, seen.outstanding) == (Decimal("6.00"), Decimal("0.00"), Decimal("1106.00"))
    assert (seen.days_past_due, seen.principal_days_past_due, seen.interest_days_past_due) == (1, 1, 0)


def test_a_part_payment_does_not_stop_the_clock(closed, book):
    book.loan("L-1")
    book.pay("L-1", late(3), "105.99")
    assert closed("L-1", late(10)).days_past_due == 10


def test_a_payment_that_became_known_later_is_not_seen_before(book):
    book.loan("L-1")
    book.pay("L-1", FEB_1, "106.00", known_from=late(5))
    book.close(late(4), late(5))
    assert [book.seen("L-1", late(n)).days_past_due for n in (4, 5)] == [4, 0]


def test_a_loan_that_is_paid_back_leaves_the_book(book):
    book.loan("L-1", months=2)
    book.loan("L-2")
    book.pay("L-1", date(2026, 3, 1), "212.00")
    book.close(date(2026, 3, 2))
    assert list(LoanDay.objects.values_list("loan__number", flat=True)) == ["L-2"]


def test_lateness_of_the_last_demands_gives_slope_and_rise(closed, book):
    book.loan("L-1")
    for month, days in enumerate((2, 5, 9), start=2):
        book.pay("L-1", date(2026, month, 1) + timedelta(days=days), "106.00")
    seen = closed("L-1", date(2026, 4, 20))
    assert (seen.lateness_last, seen.lateness_rising_3, seen.late_payments_6m, seen.worst_dpd_12m) == (9, True, 2, 9)
    assert seen.lateness_slope_6 == Decimal("3.5000")


def test_two_borrowers_who_guarantee_each_other_stand_in_a_circle_of_two_and_a_chain_in_none(book):
    for number in ("A", "B", "C"):
        book.loan(number)
    known = {"valid_from": FEB_1, "known_from": FEB_1}
    pairs = [("A", "B-B"), ("B", "B-A"), ("C", "B-A")]
    add_guarantees(book.lender, [GuaranteeRow(loan_number=n, guarantor_number=g, amount=Decimal(500), **known) for n, g in pairs])
    book.close(late(31))
    seen = {n: book.seen(n, late(31)) for n in ("A", "B", "C")}
    assert [seen[n].circle_length for n in ("A", "B", "C")] == [2, 2, 0]
    assert seen["A"].circle_worst_dpd == seen["C"].guarantor_dpd == 31


def test_an_extension_five_days_short_of_thirty_counts_as_made_at_the_edge(closed, book):
    book.loan("L-1")
    for on, days in ((date(2026, 3, 5), 25), (date(2026, 4, 5), 24)):
        record_events(book.lender, [EventRow(loan_number="L-1", kind="extension", valid_from=on, known_from=on, days_past_due=days)])
    seen = closed("L-1", date(2026, 4, 6))
    assert (seen.extensions_24m, seen.edge_extensions_24m) == (2, 1)


def test_the_overdue_rule_fires_at_its_level_on_its_day(book):
    levels = {1: 1, 30: 1, 31: 2, 60: 2, 61: 3}
    for days in levels:
        one_demand(book, days)
    book.close(DAY)
    assert {a.loan.number: a.level for a in Alert.objects.filter(rule__code="REP-01")} == {f"L-{days}": level for days, level in levels.items()}


def test_a_worse_level_appends_its_own_evidence_to_the_open_alert(book):
    book.loan("L-1")
    book.close(late(30), late(31))
    alert = Alert.objects.get(rule__code="REP-01")
    assert list(alert.evidence.values_list("level", "values__days_past_due")) == [(1, 30), (2, 31)]
    assert (alert.level, alert.opened_on) == (2, late(30))


def test_an_alert_whose_condition_is_gone_is_marked_and_stays_open(book):
    book.loan("L-1")
    book.close(late(2))
    book.pay("L-1", late(3), "106.00")
    book.close(late(3))
    alert = Alert.objects.get(rule__code="REP-01")
    assert (alert.state, alert.cleared_on) == ("open", late(3))


def test_every_field_of_the_dictionary_is_a_column_of_its_grain():
    for model, fields in ((LoanDay, FIELDS_LOAN), (BorrowerDay, FIELDS_BORROWER), (BranchDay, FIELDS_BRANCH)):
        columns = {f.name for f in model._meta.get_fields()} | {f.column for f in model._meta.local_fields}
        assert {f.column.partition("__")[0] for f in fields.values()} - columns == set()


@pytest.mark.parametrize("model", [LoanDay, BorrowerDay])
def test_the_observation_table_has_the_columns_of_its_model(db, model):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [model._meta.db_table])
        assert {name for (name,) in cursor.fetchall()} == {f.column for f in model._meta.local_fields if f.column}
    assert RiskClass.values == ["normal", "special_mention", "substandard", "doubtful", "loss"]
