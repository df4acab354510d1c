"""What demands, repayments and positions refer to is checked per statement: as strictly as a foreign key, and by bucket and lender too."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from borrowers.loans import cashflow
from borrowers.loans.models import Instalment, Repayment
from tests.factories import LoanFactory

DAY = date(2024, 1, 31)


@pytest.fixture
def new_loan(db):
    return LoanFactory


def demand(loan, **other) -> Instalment:
    told = {
        "loan": loan, "lender_id": loan.lender_id, "bucket": loan.bucket, "seq": 1, "due_on": DAY, "principal": 1, "interest": 0,
        "cum_due_minor": 100, "cum_principal_minor": 100, "valid_from": DAY, "known_from": DAY,
    }  # fmt: skip
    return Instalment(**told | other)


def refused(made) -> bool:
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        return True
    return False


def test_a_demand_lies_with_a_loan_that_is_there_and_in_its_lender_and_bucket(new_loan):
    loan = new_loan()
    assert refused(demand(loan, bucket=(loan.bucket + 1) % 256))
    stray = demand(loan)
    stray.loan_id = loan.pk + 1_000_000
    assert refused(stray)
    elsewhere = demand(loan)
    elsewhere.lender_id = loan.lender_id + 1_000_000
    assert refused(elsewhere)
    unknown = demand(loan)
    unknown.delivery_id = 1_000_000
    assert refused(unknown)
    nobody = demand(loan)
    nobody.entered_by_id = 1_000_000
    assert refused(nobody)
    assert not refused(demand(loan))


def test_a_loan_with_demands_is_not_deleted_and_keeps_its_id(new_loan):
    loan = new_loan()
    demand(loan).save()
    for statement in ("DELETE FROM borrowers_loan WHERE id = %s", "UPDATE borrowers_loan SET id = id + 1000000 WHERE id = %s"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [loan.pk])


def test_a_loan_without_any_fact_may_be_deleted(new_loan):
    loan = new_loan()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM borrowers_loan WHERE id = %s", [loan.pk])
        assert cursor.rowcount == 1


def rows(loan, *demands, version=1, known_from=DAY) -> list[cashflow.DemandRow]:
    return [
        cashflow.DemandRow(loan.number, seq, due, Decimal(principal), Decimal(0), known_from, version=version)
        for seq, (due, principal) in enumerate(demands, 1)
    ]


FEB, MARCH, APRIL = date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)


def test_a_later_plan_repeats_what_was_due_and_says_the_rest_anew(new_loan):
    loan = new_loan()
    cashflow.add_schedule(loan.lender, rows(loan, (FEB, "100"), (MARCH, "100")))
    assert cashflow.add_schedule(loan.lender, rows(loan, (FEB, "100"), (MARCH, "40"), (APRIL, "60"), version=2, known_from=MARCH)) == 3
    totals = Instalment.objects.filter(loan=loan, version=2).order_by("seq").values_list("cum_principal_minor", flat=True)
    assert list(totals) == [10_000, 14_000, 20_000]


@pytest.mark.parametrize("changed", [[(FEB, "90"), (MARCH, "110")], [(MARCH, "200")], [(date(2024, 2, 28), "100"), (MARCH, "100")]])
def test_a_later_plan_that_rewrites_what_was_due_is_refused(new_loan, changed):
    loan = new_loan()
    cashflow.add_schedule(loan.lender, rows(loan, (FEB, "100"), (MARCH, "100")))
    with pytest.raises(cashflow.PlanRewritesThePast):
        cashflow.add_schedule(loan.lender, rows(loan, *changed, version=2, known_from=MARCH))
    assert Instalment.objects.filter(loan=loan).count() == 2


def test_a_plan_may_say_anew_what_falls_due_on_the_day_it_is_known(new_loan):
    loan = new_loan()
    cashflow.add_schedule(loan.lender, rows(loan, (FEB, "100"), (MARCH, "100")))
    assert cashflow.add_schedule(loan.lender, rows(loan, (FEB, "50"), (MARCH, "150"), version=2, known_from=FEB)) == 2


def pay(loan, day, amount, reference="", reverses="") -> cashflow.RepaymentRow:
    return cashflow.RepaymentRow(loan.number, day, Decimal(amount), day, reference=reference, reverses_reference=reverses)


def test_a_payment_and_its_reversal_may_arrive_together_and_are_tied(new_loan):
    loan = new_loan()
    assert cashflow.append_repayments(loan.lender, [pay(loan, FEB, "100", "P1"), pay(loan, MARCH, "-100", "P2", "P1")]) == 2
    first, second = Repayment.objects.filter(loan=loan).order_by("seq")
    assert second.reverses == first
    assert second.cum_paid_minor == 0


def test_a_payment_delivered_again_is_not_counted_again(new_loan):
    loan = new_loan()
    cashflow.append_repayments(loan.lender, [pay(loan, FEB, "100", "P1")])
    assert cashflow.append_repayments(loan.lender, [pay(loan, FEB, "100", "P1"), pay(loan, MARCH, "7", "P2")]) == 1
    assert list(Repayment.objects.filter(loan=loan).order_by("seq").values_list("cum_paid_minor", flat=True)) == [10_000, 10_700]


@pytest.mark.parametrize(("amount", "reverses"), [("-100", "P9"), ("-99", "P1")])
def test_what_was_never_paid_is_not_taken_back(new_loan, amount, reverses):
    loan = new_loan()
    cashflow.append_repayments(loan.lender, [pay(loan, FEB, "100", "P1")])
    with pytest.raises(cashflow.UnknownName):
        cashflow.append_repayments(loan.lender, [pay(loan, MARCH, amount, "P2", reverses)])
    assert Repayment.objects.filter(loan=loan).count() == 1
