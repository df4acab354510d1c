"""The nightly allocation over whole books of made-up lives stands where the slow count says, on any day and as known on it."""

import os
import random
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from borrowers.loans import replay
from borrowers.loans.allocation import allocate
from borrowers.loans.models import CountingPause, Instalment, Loan, LoanEvent, LoanState, Repayment
from borrowers.loans.rules import PARTS
from loanwatch.lenders.models import DayException, LenderCalendar, Parameter, ProductTerms
from loanwatch.trail.ledger import key_of
from tests.borrowers.loans import living, naive
from tests.borrowers.loans.naive import START, Life
from tests.factories import LONG_AGO, BranchFactory, LoanFactory, ProductFactory


def store(loan: Loan, made: Life) -> None:
    """The life as rows of facts, as feeds and people leave them."""
    base = {"loan": loan, "lender": loan.lender, "bucket": loan.bucket}
    rows = []
    for version, (valid, known, demands) in enumerate(made.versions, 1):
        due = principal = 0
        for seq, (on, parts) in enumerate(demands, 1):
            due, principal = due + sum(parts.values()), principal + parts["principal"]
            amounts = {name: Decimal(parts[name]) / 100 for name in PARTS}
            rows.append(Instalment(
                **base, version=version, seq=seq, due_on=on, **amounts, cum_due_minor=due, cum_principal_minor=principal, valid_from=valid, known_from=known
            ))  # fmt: skip
    Instalment.objects.bulk_create(rows)
    flows = [(known, on, amount, place, False) for place, (on, known, amount) in enumerate(made.money)]
    flows += [(known, on, -made.money[place][2], place, True) for place, on, known in made.taken_back]
    total, kept = 0, {}
    for seq, (known, on, amount, place, back) in enumerate(sorted(flows, key=lambda f: (f[0], f[4], f[3])), 1):
        total += amount
        kept[place, back] = Repayment.objects.create(
            **base, seq=seq, paid_on=on, amount=Decimal(amount) / 100, cum_paid_minor=total, valid_from=on, known_from=known,
            reverses=kept[place, False] if back else None,
        )  # fmt: skip
    for begin, end, known in made.pauses:
        CountingPause.objects.create(**base, valid_from=begin, to_on=end, known_from=known, reason="Court's stay")
    if made.off:
        LoanEvent.objects.create(**base, kind="write_off", valid_from=made.off[0], known_from=made.off[1])


@pytest.mark.parametrize("seed", range(int(os.environ.get("LONG") or 0) * 30 + 2))
def test_a_book_of_made_up_lives_is_allocated_as_the_slow_count_says(db, seed):
    dice = random.Random(seed)
    branch = BranchFactory()
    lender = branch.lender
    LenderCalendar.objects.filter(lender=lender).update(kind="CN")
    order = tuple(dice.sample(PARTS, 3))
    Parameter.objects.create(lender=lender, key="arrears.allocation_order", value=list(order), valid_from=LONG_AGO, source="Test", confidence="own")
    days = dict(DayException.objects.filter(calendar="CN").values_list("on", "is_business"))
    closed, worked = (frozenset(day for day, works in days.items() if works is is_business) for is_business in (False, True))
    book: dict[int, Life] = {}
    for n in range(4):
        terms, product = living.terms_of(dice, order), ProductFactory(lender=lender, code=f"P{n}")
        ProductTerms.objects.create(
            product=product, valid_from=LONG_AGO, source="Test", grace_days=terms.grace, materiality_minor=terms.floor,
            materiality_percent=terms.percent, convention=terms.convention,
        )  # fmt: skip
        for _ in range(4):
            loan = LoanFactory(branch=branch, product=product, disbursed_on=START, matures_on=None)
            book[loan.pk] = living.life(dice, terms, closed, worked)
            store(loan, book[loan.pk])
    for _ in range(6):
        day = START + timedelta(days=dice.randint(1, 400))
        with connection.cursor() as cursor:
            allocate(cursor, key_of(lender.pk, day), lender)
        states = LoanState.objects.in_bulk(list(book))
        for pk, made in book.items():
            compare(states.get(pk), naive.standing(made, day, day), made, day)
    for pk, made in list(book.items())[::5]:
        history = replay.read(Loan.objects.get(pk=pk))
        on, known_on = (living.LAST - timedelta(days=dice.randint(0, 200)) for _ in range(2))
        found, slow = history.standing(on, known_on), naive.standing(made, on, known_on)
        if found is not None:
            assert (found.days_past_due, found.outstanding) == (slow["days_past_due"], slow["outstanding"])
            assert (found.overdue_principal, found.overdue_interest) == (slow["overdue_principal"], slow["overdue_interest"])
        else:
            assert made.off is not None


def compare(state: LoanState | None, slow: dict, made: Life, day) -> None:
    """A state of the night against the slow count."""
    if made.off and made.off[0] <= day and made.off[1] <= day:
        assert state is None
        return
    assert state is not None

    def days(since):
        return (day - since).days if since else 0

    assert (days(state.counts_from), days(state.principal_counts_from), days(state.interest_counts_from)) == (
        slow["days_past_due"], slow["principal_days"], slow["interest_days"],
    )  # fmt: skip
    assert (state.outstanding_minor, state.oldest_unpaid_on) == (slow["outstanding"], slow["oldest"])
    assert (state.overdue_principal_minor, state.overdue_interest_minor) == (slow["overdue_principal"], slow["overdue_interest"])
