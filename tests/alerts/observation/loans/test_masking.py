"""New loans that repay old ones, classes that wait or improved without cash, visits put off; each boundary on both sides."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from alerts.classification.models import ClassProposal
from borrowers.conduct.models import ConductFact
from borrowers.parties.models import RelatedParty
from tests.factories import BorrowerFactory, PersonFactory, schedule

JUN = date(2026, 6, 30)


def day(n: int) -> date:
    return JUN + timedelta(days=n)


@pytest.fixture
def loan(nights):
    return nights.loan()


@pytest.mark.parametrize(("ahead", "amount", "share"), [(0, 300, 1), (15, 240, D("0.8")), (16, 300, 0), (-1, 300, 0)])
def test_a_large_repayment_after_a_new_loan_was_repaid_from_it(nights, loan, ahead, amount, share):
    nights.loan(borrower=loan.borrower, disbursed_on=day(-ahead), principal=D(amount))
    nights.pay(loan, JUN, 300)
    assert nights.series(loan, "new_loan_repaid_share", day(-1), JUN, day(1)) == [None, share, share]
    assert nights.seen(loan, "new_loan_repaid_24m") == int(share >= D("0.8"))


def test_a_repayment_below_the_share_of_the_loan_is_not_asked_where_it_came_from(nights, loan):
    nights.loan(borrower=loan.borrower, disbursed_on=day(-3), principal=D(500))
    nights.pay(loan, JUN, 299)
    assert nights.series(loan, "new_loan_repaid_share", JUN) == [0]


def test_a_loan_to_a_related_party_told_late_counts_from_when_it_is_known(nights, loan):
    sister = BorrowerFactory(lender=nights.lender)
    nights.fact(RelatedParty, loan.borrower, date(2026, 1, 10), kind="affiliate", name="Sister", party=sister)
    nights.pay(loan, JUN, 500)
    nights.loan(borrower=sister, disbursed_on=day(-5), principal=D(400), known_from=day(2))
    assert nights.series(loan, "new_loan_repaid_share", JUN, day(1), day(2)) == [0, 0, D("0.8")]


@pytest.mark.parametrize(("to_on", "share"), [(JUN, 0), (day(1), D("0.8"))])
def test_a_relation_counts_where_it_was_in_force_on_the_day_of_the_repayment(nights, loan, to_on, share):
    sister = BorrowerFactory(lender=nights.lender)
    nights.fact(RelatedParty, loan.borrower, date(2026, 1, 10), kind="affiliate", name="Sister", party=sister, to_on=to_on)
    nights.loan(borrower=sister, disbursed_on=day(-5), principal=D(400))
    nights.pay(loan, JUN, 500)
    assert nights.series(loan, "new_loan_repaid_share", JUN, day(1), day(2)) == [share, share, share]


def test_a_relation_told_ahead_counts_from_its_day(nights, loan):
    sister = BorrowerFactory(lender=nights.lender)
    nights.fact(RelatedParty, loan.borrower, day(2), kind="affiliate", name="Sister", party=sister, known_from=day(1))
    nights.loan(borrower=sister, disbursed_on=day(-5), principal=D(400))
    nights.pay(loan, JUN, 500)
    assert nights.series(loan, "new_loan_repaid_share", JUN, day(1), day(2)) == [0, 0, D("0.8")]


def proposed(nights, loan, on, old, new, decided=None, state="confirmed"):
    said = {"lender": nights.lender, "bucket": loan.bucket, "loan": loan, "as_of": on, "old_class": old, "new_class": new, "days_past_due": 1}
    decision = {"state": state, "decided_on": decided, "decided_by": PersonFactory(lender=nights.lender)} if decided else {}
    return ClassProposal.objects.create(**said | decision)


def test_a_worse_class_waits_from_its_proposal_to_the_decision(nights, loan):
    nights.close(JUN)
    proposed(nights, loan, JUN, "normal", "special_mention", decided=day(11))
    assert nights.series(loan, "class_wait_days", day(1), day(10), day(11)) == [1, 10, 0]
    assert nights.seen(loan, "class_wait_days", JUN) is None


def test_a_proposal_replaced_by_a_worse_one_keeps_waiting_and_a_better_class_does_not_wait(nights, loan):
    nights.close(JUN)
    first = proposed(nights, loan, JUN, "normal", "special_mention")
    nights.close(day(1))
    ClassProposal.objects.filter(pk=first.pk).update(state="replaced")
    proposed(nights, loan, day(1), "special_mention", "substandard")
    nights.close(day(2))
    proposed(nights, loan, day(2), "substandard", "normal")
    nights.close(day(3))
    assert [nights.seen(loan, "class_wait_days", day(n)) for n in (1, 2, 3)] == [1, 2, 0]


@pytest.mark.parametrize("paid", [199, 200])
def test_money_since_the_class_worsened_is_counted_in_instalments(nights, loan, paid):
    schedule(loan, (day(-60), 100), (day(400), 900))
    proposed(nights, loan, day(-30), "normal", "special_mention", decided=day(-29))
    nights.pay(loan, day(-10), paid)
    proposed(nights, loan, JUN, "special_mention", "normal", decided=day(2))
    assert nights.series(loan, "upgrade_instalments", day(1), day(2)) == [None, D(paid) / 100]


def test_visits_put_off_and_refused_count_for_twelve_months(nights, loan):
    other, person = nights.loan(), PersonFactory(lender=nights.lender)
    for n, kind in enumerate(("visit_postponed", "visit_postponed", "visit_refused")):
        ConductFact.objects.create(lender=nights.lender, person=person, kind=kind, on=JUN, known_from=JUN, loan=loan, subject=f"task:{n}")
    days = (day(-1), JUN, day(364), day(365))
    assert nights.series(loan, "visits_postponed_12m", *days) == [None, 2, 2, 0]
    assert [nights.seen(loan, "visits_refused_12m", d) for d in days] == [None, 1, 1, 0]
    assert nights.seen(other, "visits_postponed_12m", JUN) == 0


def test_that_visits_are_refused_says_nothing_of_whether_any_is_put_off(nights, loan):
    person = PersonFactory(lender=nights.lender)
    for n, kind in enumerate(("entry", "visit_refused")):
        ConductFact.objects.create(lender=nights.lender, person=person, kind=kind, on=day(n), known_from=day(n), subject=f"s{n}")
    assert nights.series(loan, "visits_refused_12m", JUN, day(1)) == [None, 0]
    assert nights.seen(loan, "visits_postponed_12m") is None
