"""A night that allocates only loans with news leaves what allocating the whole book leaves, after any number of such nights."""

import os
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from borrowers.facts import Correction
from borrowers.loans import allocation
from borrowers.loans.allocation import allocate
from borrowers.loans.models import Loan, LoanState
from borrowers.loans.rules import PARTS
from loanwatch.lenders.models import Parameter, ProductTerms
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import RunUnit
from tests.borrowers.loans import living
from tests.borrowers.loans.naive import START
from tests.borrowers.loans.test_properties_nightly import store
from tests.factories import LONG_AGO, BranchFactory, LoanFactory, ProductFactory, repaid, schedule


def states(lender) -> list[dict]:
    return list(LoanState.objects.filter(lender=lender).order_by("loan_id").values())


@pytest.mark.parametrize("seed", range(int(os.environ.get("LONG") or 0) * 30 + 2))
def test_nights_by_news_stand_where_nights_in_full_stand(db, seed, monkeypatch):
    # Without the thirtieth that is looked at whatever is told: what has no news must stand by itself.
    monkeypatch.setattr(allocation, "WITH_NEWS", allocation.WITH_NEWS.replace("l.bucket %% 30 = (%(day)s::date - '2000-01-01') %% 30 OR ", ""))
    dice = random.Random(seed)
    branch = BranchFactory()
    lender = branch.lender
    order = tuple(dice.sample(PARTS, 3))
    Parameter.objects.create(lender=lender, key="arrears.allocation_order", value=list(order), valid_from=LONG_AGO, source="Test", confidence="own")
    for n in range(3):
        terms, product = replace(living.terms_of(dice, order), convention="none"), ProductFactory(lender=lender, code=f"P{n}")
        ProductTerms.objects.create(
            product=product, valid_from=LONG_AGO, source="Test", grace_days=terms.grace, materiality_minor=terms.floor,
            materiality_percent=terms.percent, convention=terms.convention,
        )  # fmt: skip
        for _ in range(4):
            store(LoanFactory(branch=branch, product=product, disbursed_on=START, matures_on=None), living.life(dice, terms))
    day, previous, by_news = START + timedelta(days=dice.randint(0, 120)), None, 0
    with connection.cursor() as cursor:
        for _ in range(24):
            key = key_of(lender.pk, day, previous=previous)
            by_news += previous is not None
            allocate(cursor, key, lender)
            found = states(lender)
            assert allocate(cursor, key, lender, whole=True) == 0, f"{day} after {previous}"
            assert states(lender) == found
            day, previous = day + timedelta(days=dice.choice([1, 1, 1, 2, 3, 9])), day
    assert by_news == 23


def test_a_loan_without_news_is_not_computed_at_all(db, django_assert_num_queries):
    branch = BranchFactory()
    loan = LoanFactory(branch=branch, disbursed_on=START)
    schedule(loan, (START + timedelta(days=60), 1000))
    quiet = next(day for day in (START + timedelta(days=n) for n in range(2, 40)) if (day - START).days and _off_turn(loan, day))
    with connection.cursor() as cursor:
        allocate(cursor, key_of(branch.lender_id, START), branch.lender)
        LoanState.objects.update(outstanding_minor=7)  # a state that no fact explains
        allocate(cursor, key_of(branch.lender_id, quiet, previous=quiet - timedelta(days=1)), branch.lender)
        assert LoanState.objects.get().outstanding_minor == 7
        allocate(cursor, key_of(branch.lender_id, quiet, previous=quiet - timedelta(days=1)), branch.lender, whole=True)
        assert LoanState.objects.get().outstanding_minor == 100_000


def test_within_thirty_nights_every_loan_is_looked_at_whatever_is_told(db):
    branch = BranchFactory()
    loan = LoanFactory(branch=branch, disbursed_on=START)
    schedule(loan, (START + timedelta(days=60), 1000))
    with connection.cursor() as cursor:
        allocate(cursor, key_of(branch.lender_id, START), branch.lender)
        LoanState.objects.update(outstanding_minor=7)
        for day in (START + timedelta(days=n) for n in range(1, 31)):
            allocate(cursor, key_of(branch.lender_id, day, previous=day - timedelta(days=1)), branch.lender)
    assert LoanState.objects.get().outstanding_minor == 100_000


def test_a_loan_that_moves_to_a_product_with_days_of_grace_is_counted_by_them_at_once(db):
    branch = BranchFactory()
    loan = LoanFactory(branch=branch, disbursed_on=START)
    mild = ProductFactory(lender=branch.lender, code="MILD")
    ProductTerms.objects.create(product=mild, valid_from=LONG_AGO, source="Test", grace_days=20, materiality_minor=0, materiality_percent=0, convention="none")
    schedule(loan, (START + timedelta(days=10), 1000))
    before, after = START + timedelta(days=14), START + timedelta(days=15)
    with connection.cursor() as cursor:
        allocate(cursor, key_of(branch.lender_id, before), branch.lender)
        assert LoanState.objects.get().counts_from == START + timedelta(days=10)
        Loan.objects.update(product=mild)
        Correction.objects.create(lender=branch.lender, subject="borrowers.loan", subject_id=loan.pk, field="product_id", before=loan.product_id,
                                  after=mild.pk, valid_from=after, known_from=after)  # fmt: skip
        allocate(cursor, key_of(branch.lender_id, after, previous=before), branch.lender)
    assert LoanState.objects.get().counts_from is None


def test_a_payment_told_ahead_counts_on_its_own_day(db):
    branch = BranchFactory()
    loan = LoanFactory(branch=branch, disbursed_on=START)
    schedule(loan, (START + timedelta(days=10), 1000))
    repaid(loan, START + timedelta(days=20), 1000, known_from=START + timedelta(days=12))
    paid = []
    with connection.cursor() as cursor:
        for n in (12, 19, 20):
            day = START + timedelta(days=n)
            allocate(cursor, key_of(branch.lender_id, day, previous=day - timedelta(days=1)), branch.lender)
            paid.append(LoanState.objects.get().paid_minor)
    assert paid == [0, 0, 100_000]


@pytest.mark.parametrize(("state", "ranges", "paid"), [("accepted", (0, 127), 100_000), ("done", (0, 127), 0), ("accepted", (128, 255), 0)])
def test_what_became_known_on_a_day_closed_without_the_slice_counts_the_night_after(db, state, ranges, paid):
    branch = BranchFactory()
    loan = LoanFactory(branch=branch, borrower__bucket=127, disbursed_on=START)
    schedule(loan, (START + timedelta(days=90), 1000))
    left_out = next(day for day in (START + timedelta(days=n) for n in range(2, 40)) if _off_turn(loan, day + timedelta(days=1)))
    repaid(loan, left_out, 1000)
    RunUnit.objects.create(
        lender=branch.lender, business_date=left_out, run_version=1, step="allocate", step_order=1, cut=True, bucket=0, bucket_from=ranges[0],
        bucket_to=ranges[1], state=state,
    )  # fmt: skip
    with connection.cursor() as cursor:
        allocate(cursor, key_of(branch.lender_id, START, hi=127), branch.lender)
        allocate(cursor, key_of(branch.lender_id, left_out + timedelta(days=1), previous=left_out, hi=127), branch.lender)
    assert LoanState.objects.get().paid_minor == paid


def _off_turn(loan: Loan, day) -> bool:
    """Whether the night of `day` leaves the loan's bucket out of its thirtieth."""
    return loan.bucket % 30 != (day.toordinal() - 730120) % 30
