"""The nightly allocation counts days past due by the rule, over sets: terms, grace, pauses, moved due dates, revisions."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from borrowers.loans.allocation import allocate
from borrowers.loans.models import CountingPause, Instalment, LoanEvent, LoanState, Position, ReconciliationDifference, Repayment
from loanwatch.lenders.models import LenderCalendar, Parameter, ProductTerms
from loanwatch.trail.ledger import key_of
from tests.factories import LONG_AGO, LoanFactory, repaid, schedule

DUE = date(2026, 8, 10)
DAY = date(2026, 8, 25)


def after(loan, day=DAY) -> LoanState | None:
    """The state of the loan after the allocation of the day, the whole book as one slice."""
    with connection.cursor() as cursor:
        allocate(cursor, key_of(loan.lender_id, day), loan.lender)
    return LoanState.objects.filter(loan=loan).first()


def days(state: LoanState, day=DAY) -> int:
    return (day - state.counts_from).days if state.counts_from else 0


def terms(loan, **counts) -> ProductTerms:
    return ProductTerms.objects.create(product=loan.product, valid_from=LONG_AGO, source="Product policy", **counts)


@pytest.fixture
def loan(db):
    loan = LoanFactory()
    schedule(loan, (DUE, 100), (date(2026, 9, 10), 100), (date(2026, 10, 10), 100))
    return loan


@pytest.mark.parametrize(("day", "counted"), [(DUE, 0), (date(2026, 8, 11), 1), (date(2026, 9, 9), 30), (date(2026, 9, 10), 31)])
def test_the_due_date_is_day_nought_and_the_day_after_it_is_day_one(loan, day, counted):
    assert days(after(loan, day), day) == counted


@pytest.mark.parametrize(("grace", "counted"), [(14, 15), (15, 0), (16, 0)])
def test_within_the_days_of_grace_nothing_counts_and_after_them_all_days_do(loan, grace, counted):
    terms(loan, grace_days=grace)
    state = after(loan)
    assert days(state) == counted
    assert state.oldest_unpaid_on == DUE  # what is unpaid stays visible
    assert state.overdue_principal_minor == 100_00


@pytest.mark.parametrize(("floor", "percent", "counted"), [(99_99, 0, 15), (100_00, 0, 0), (0, "33.3333", 15), (0, "33.3334", 0), (1, "50", 0), (100_00, "1", 0)])
def test_arrears_count_only_beyond_both_limits_of_what_is_small(loan, floor, percent, counted):
    terms(loan, materiality_minor=floor, materiality_percent=Decimal(percent))
    assert days(after(loan)) == counted


def test_terms_that_nobody_approved_or_of_a_later_day_do_not_count(loan):
    ProductTerms.objects.create(product=loan.product, valid_from=LONG_AGO, grace_days=90, source="Policy", proposed_by="P1")
    ProductTerms.objects.create(product=loan.product, valid_from=date(2026, 8, 26), grace_days=90, source="Policy")
    assert days(after(loan)) == 15
    assert days(after(loan, date(2026, 8, 26)), date(2026, 8, 26)) == 0


def test_a_product_without_terms_counts_by_the_lenders_own_parameters(loan):
    Parameter.objects.create(lender=loan.lender, key="arrears.grace_days", value=15, valid_from=DAY, source="House rule", confidence="own")
    assert days(after(loan)) == 0
    assert days(after(loan, date(2026, 8, 24)), date(2026, 8, 24)) == 14  # the rule is of the next day


def pause(loan, from_on, to_on, **more) -> None:
    known = {"known_from": from_on} | more
    CountingPause.objects.create(loan=loan, lender=loan.lender, bucket=loan.bucket, valid_from=from_on, to_on=to_on, reason="Court's stay", **known)


def test_paused_days_do_not_count_and_two_pauses_that_overlap_stop_a_day_once(loan):
    pause(loan, date(2026, 8, 12), date(2026, 8, 15))
    pause(loan, date(2026, 8, 14), date(2026, 8, 17))
    assert days(after(loan)) == 15 - 5  # the 12th to the 16th


def test_a_pause_counts_from_the_day_it_is_known_and_no_more_when_it_is_withdrawn(loan):
    pause(loan, date(2026, 8, 12), date(2026, 8, 15), known_from=date(2026, 8, 20))
    pause(loan, date(2026, 8, 12), date(2026, 8, 15), known_from=date(2026, 8, 25), revision=2, withdrawn=True)
    found = [days(after(loan, d), d) for d in (date(2026, 8, 19), date(2026, 8, 20), date(2026, 8, 25))]
    assert found == [9, 7, 15]


@pytest.mark.parametrize(
    ("convention", "due", "counted"),
    [
        ("none", date(2026, 8, 15), 10),  # a Saturday
        ("following", date(2026, 8, 15), 8),  # Monday the 17th
        ("preceding", date(2026, 8, 15), 11),  # Friday the 14th
        ("modified_following", date(2026, 8, 15), 8),
        ("modified_following", date(2026, 5, 30), 88),  # Monday lies in June: Friday 29 May
        ("following", date(2026, 5, 30), 85),
    ],
)
def test_a_due_date_on_a_closed_day_counts_from_where_the_product_moves_it(db, convention, due, counted):
    loan = LoanFactory()
    LenderCalendar.objects.filter(lender=loan.lender).update(kind="CN")
    schedule(loan, (due, 100))
    terms(loan, convention=convention)
    state = after(loan)
    assert days(state) == counted
    assert state.oldest_unpaid_on == due


def test_principal_and_interest_count_each_from_their_own_oldest_demand(db):
    loan = LoanFactory()
    _with_interest(loan, [(date(2026, 7, 10), 100, 10), (DUE, 100, 10)])
    repaid(loan, date(2026, 7, 10), 10)  # the interest of July
    state = after(loan)
    assert (state.principal_counts_from, state.interest_counts_from) == (date(2026, 7, 10), DUE)
    assert state.counts_from == date(2026, 7, 10)
    assert (state.overdue_principal_minor, state.overdue_interest_minor) == (200_00, 10_00)


def test_where_the_lender_serves_principal_first_the_interest_stays_open(db):
    loan = LoanFactory()
    _with_interest(loan, [(DUE, 100, 10)])
    Parameter.objects.create(
        lender=loan.lender, key="arrears.allocation_order", value=["principal", "interest", "fee"], valid_from=LONG_AGO, source="Policy", confidence="own"
    )
    repaid(loan, DUE, 100)
    state = after(loan)
    assert (state.overdue_principal_minor, state.overdue_interest_minor, state.outstanding_minor) == (0, 10_00, 0)
    assert (state.principal_counts_from, state.interest_counts_from) == (None, DUE)


def _with_interest(loan, demands) -> None:
    due = principal_due = 0
    for seq, (on, principal, interest) in enumerate(demands, 1):
        due, principal_due = due + (principal + interest) * 100, principal_due + principal * 100
        Instalment.objects.create(
            loan=loan, lender=loan.lender, bucket=loan.bucket, version=1, seq=seq, due_on=on, principal=principal, interest=interest,
            cum_due_minor=due, cum_principal_minor=principal_due, valid_from=loan.disbursed_on, known_from=loan.disbursed_on,
        )  # fmt: skip


def test_a_payment_taken_back_leaves_the_demand_open_again(loan):
    repaid(loan, DUE, 100)
    first = Repayment.objects.get(loan=loan)
    Repayment.objects.create(
        loan=loan, lender=loan.lender, bucket=loan.bucket, seq=2, paid_on=DUE, amount=-100, cum_paid_minor=0, reverses=first,
        valid_from=DUE, known_from=date(2026, 8, 20),
    )  # fmt: skip
    assert days(after(loan, date(2026, 8, 19)), date(2026, 8, 19)) == 0
    assert days(after(loan)) == 15


def test_a_payment_dated_after_the_day_is_not_seen_though_it_is_known(loan):
    repaid(loan, date(2026, 8, 26), 100, known_from=date(2026, 8, 20))
    assert days(after(loan)) == 15
    assert days(after(loan, date(2026, 8, 26)), date(2026, 8, 26)) == 0


def test_a_schedule_version_counts_from_the_day_it_is_valid_and_known(loan):
    schedule(loan, (date(2027, 8, 10), 300), version=2, known_from=date(2026, 8, 20))
    assert days(after(loan, date(2026, 8, 19)), date(2026, 8, 19)) == 9
    assert days(after(loan)) == 0


def test_a_version_agreed_for_a_later_day_waits_for_it_though_it_is_known(loan):
    known = {"loan": loan, "lender": loan.lender, "bucket": loan.bucket, "known_from": date(2026, 8, 15), "valid_from": date(2026, 8, 20)}
    later = {"version": 2, "seq": 1, "due_on": date(2027, 8, 10), "principal": 300, "interest": 0}
    Instalment.objects.create(**known, **later, cum_due_minor=300_00, cum_principal_minor=300_00)
    assert days(after(loan, date(2026, 8, 19)), date(2026, 8, 19)) == 9
    assert days(after(loan, date(2026, 8, 20)), date(2026, 8, 20)) == 0


def event(loan, kind, on, **more) -> None:
    LoanEvent.objects.create(loan=loan, lender=loan.lender, bucket=loan.bucket, kind=kind, valid_from=on, **({"known_from": on} | more))


def test_a_write_off_that_was_an_error_brings_the_loan_back_on_the_book(loan):
    event(loan, "write_off", date(2026, 8, 20))
    assert after(loan, date(2026, 8, 20)) is None
    event(loan, "write_off", date(2026, 8, 20), known_from=DAY, revision=2, withdrawn=True)
    assert days(after(loan)) == 15


def position(loan, **figures) -> None:
    known = {"valid_from": DAY, "known_from": DAY} | figures
    Position.objects.create(loan=loan, lender=loan.lender, bucket=loan.bucket, **known)


@pytest.fixture
def delivered(db):
    loan = LoanFactory(position_fed=True)
    schedule(loan, (DUE, 100), (date(2026, 9, 10), 100))
    return loan


def test_where_the_core_system_delivers_its_own_figures_both_are_kept_and_what_differs_is_listed(delivered):
    position(delivered, balance=200, days_past_due=14, overdue_principal=Decimal("100.01"))
    assert days(after(delivered)) == 15
    found = {d.figure: (d.delivered, d.computed, d.size) for d in ReconciliationDifference.objects.filter(loan=delivered)}
    assert found == {"days_past_due": (14, 15, 1), "overdue_principal": (Decimal("100.01"), 100, Decimal("0.01"))}


def test_a_corrected_position_is_compared_and_running_the_day_again_lists_it_once(delivered):
    position(delivered, balance=200, days_past_due=14)
    after(delivered)
    position(delivered, balance=200, days_past_due=13, revision=2)
    for _ in range(2):
        after(delivered)
    assert [d.delivered for d in ReconciliationDifference.objects.filter(loan=delivered)] == [13]
    position(delivered, balance=200, days_past_due=15, revision=3)
    after(delivered)
    assert not ReconciliationDifference.objects.filter(loan=delivered).exists()


def test_a_loan_without_a_position_of_the_day_has_no_state_and_no_difference(delivered):
    assert after(delivered) is None
    assert not ReconciliationDifference.objects.exists()


def test_an_unchanged_night_writes_no_state(loan):
    after(loan)
    with connection.cursor() as cursor:
        assert allocate(cursor, key_of(loan.lender_id, date(2026, 8, 26)), loan.lender) == 0
