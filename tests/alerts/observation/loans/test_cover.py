"""What weakens the cover: claims of others, insurance, stock, prices, guarantors, rights that lapse; each boundary on both sides."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from borrowers.collateral.models import (
    CollateralCount,
    CollateralItem,
    Insurance,
    Pledge,
    PriceIndex,
    Registration,
    Seizure,
    Valuation,
)
from borrowers.loans.models import Guarantee
from borrowers.parties.models import ExternalSignal
from tests.factories import BorrowerFactory

SINCE, JUN = date(2026, 2, 1), date(2026, 6, 30)


def day(n: int) -> date:
    return JUN + timedelta(days=n)


@pytest.fixture
def loan(nights):
    return nights.loan()


@pytest.fixture
def pledged(nights, loan):
    def make(number="I1", kind="equipment", **given):
        said = {"lender": nights.lender, "owner": loan.borrower, "currency": "CNY", "valid_from": SINCE, "known_from": SINCE}
        item = CollateralItem.objects.create(number=number, kind=kind, **said | given)
        nights.fact(Pledge, loan, SINCE, item=item)
        return item

    return make


@pytest.fixture
def insured(nights):
    def tell(item, since, until, policy="P1", payee=True, **given):
        return nights.fact(Insurance, item, since, policy=policy, insurer="i", sum_insured=1, to_on=until, lender_is_payee=payee, **given)

    return tell


def signal(nights, borrower, topic, on, **given):
    said = {"kind": "registry", "source": "s", "reference": topic, "headline": "h", "confidence": "confirmed", "topic": topic}
    return nights.fact(ExternalSignal, borrower, on, **said | given)


# --- COL-04 ---


def test_a_seizure_stands_from_its_day_to_before_it_was_lifted(nights, loan, pledged):
    nights.fact(Seizure, pledged(), JUN, reference="1", by_whom="court", to_on=day(2), known_from=day(-1))
    assert nights.series(loan, "collateral_claim", day(-1), JUN, day(1), day(2)) == ["none", "seizure", "seizure", "none"]


@pytest.mark.parametrize(
    ("topic", "confidence", "claim"),
    [("collateral_leased", "confirmed", "lease"), ("second_lien", "probable", "later_lien"), ("auction_notice", "confirmed", "seizure"),
     ("auction_notice", "rumour", "none"), ("lawsuit", "confirmed", "none")],
)  # fmt: skip
def test_registers_tell_of_leases_liens_and_auctions(nights, loan, pledged, topic, confidence, claim):
    pledged()
    signal(nights, loan.borrower, topic, JUN, confidence=confidence)
    assert nights.series(loan, "collateral_claim", JUN) == [claim]


def test_the_worst_claim_counts_and_without_a_register_nothing_is_said(nights, loan, pledged):
    pledged()
    bare = nights.loan()
    nights.close(day(-1))
    signal(nights, loan.borrower, "second_lien", JUN)
    signal(nights, loan.borrower, "collateral_leased", JUN)
    nights.close(JUN)
    assert [nights.seen(loan, "collateral_claim", d) for d in (day(-1), JUN)] == [None, "later_lien"]
    assert nights.seen(bare, "collateral_claim") is None


# --- COL-05 ---


def test_days_of_insurance_are_counted_down_through_zero(nights, loan, pledged, insured):
    insured(pledged(), SINCE, JUN)
    days = (day(-1), JUN, day(31))
    assert nights.series(loan, "insurance_days", *days) == [1, 0, -31]
    assert [nights.seen(loan, "uninsured_items", d) for d in days] == [0, 1, 1]


def test_the_item_insured_shortest_counts_and_what_need_not_be_insured_does_not(nights, loan, pledged, insured):
    insured(pledged("I1"), SINCE, day(40))
    insured(pledged("I2", "vehicle"), SINCE, day(20))
    insured(pledged("I3", "receivables"), SINCE, day(5))
    assert nights.series(loan, "insurance_days", JUN) == [20]
    assert nights.seen(loan, "uninsured_items") == 0


@pytest.mark.parametrize(("begins", "left"), [(0, 365), (1, 10)])
def test_a_policy_that_follows_on_without_a_gap_carries_the_cover_on(nights, loan, pledged, insured, begins, left):
    item = pledged()
    insured(item, SINCE, day(10))
    insured(item, day(10 + begins), day(365), "P2", known_from=JUN)
    assert nights.series(loan, "insurance_days", JUN) == [left]


def test_the_lender_must_be_payee_of_a_policy_in_force(nights, loan, pledged, insured):
    item = pledged()
    insured(item, SINCE, day(10), payee=False)
    insured(item, day(1), day(20), "P2", known_from=JUN)
    assert nights.series(loan, "insurance_payee_wrong", JUN, day(1), day(20)) == [True, False, None]


def test_without_a_source_of_policies_nobody_says_that_an_item_is_uninsured(nights, loan, pledged, insured):
    pledged()
    assert nights.series(loan, "uninsured_items", JUN) == [None]
    other = CollateralItem.objects.create(
        number="X", kind="vehicle", lender=nights.lender, owner=loan.borrower, currency="CNY", valid_from=SINCE, known_from=SINCE
    )
    insured(other, day(1), day(40))
    assert nights.series(loan, "uninsured_items", day(1)) == [1]
    assert nights.seen(loan, "insurance_days") is None


# --- COL-06 ---


def test_the_last_count_says_how_much_is_short_and_who_was_not_let_in(nights, loan, pledged):
    item = pledged(kind="inventory")
    nights.fact(CollateralCount, item, JUN, pledged=1000, counted=970)
    nights.fact(CollateralCount, item, day(2), pledged=1000, access_refused=True)
    nights.fact(CollateralCount, item, day(3), pledged=1000, counted=1010, known_from=day(1))
    days = (day(-1), JUN, day(2), day(3))
    assert nights.series(loan, "stock_short", *days) == [None, D("0.03"), None, D("-0.01")]
    assert [nights.seen(loan, "stock_access_refused", d) for d in days] == [None, False, True, False]


def test_the_worst_item_is_the_one_that_counts(nights, loan, pledged):
    for number, counted in (("I1", 90), ("I2", 75)):
        nights.fact(CollateralCount, pledged(number, "inventory"), JUN, pledged=100, counted=counted)
    assert nights.series(loan, "stock_short", JUN) == [D("0.25")]


# --- COL-07 ---


def test_a_price_is_held_against_that_of_seven_days_before(nights, loan, pledged):
    pledged(kind="inventory", index_region="STEEL")
    for n, value in ((-7, 100), (-3, 95), (0, 90)):
        PriceIndex.objects.create(series="S", region="STEEL", on=day(n), value=value)
    # before there is no price of a week ago, afterwards that of the third day before is the last, and in the end none is fresh
    days = [day(n) for n in (-1, 0, 4, 6, 7)]
    assert nights.series(loan, "price_change_7d", *days) == [None, D("-0.1"), D("-0.052632"), D("-0.052632"), None]


def test_a_monthly_index_says_nothing_of_seven_days_and_quotes_do(nights, loan, pledged):
    PriceIndex.objects.create(series="S", region="R", on=day(-30), value=100)
    PriceIndex.objects.create(series="S", region="R", on=JUN, value=60)
    pledged("I1", "residential_property", index_region="R")
    share = pledged("I2", "shares")
    assert nights.series(loan, "price_change_7d", JUN) == [None]
    nights.fact(Valuation, share, day(-6), value=50, method="quote", known_from=day(1))
    nights.fact(Valuation, share, day(1), value=40, method="quote")
    assert nights.series(loan, "price_change_7d", day(1)) == [D("-0.2")]


# --- COL-08 ---


def test_a_grave_matter_of_a_guarantor_counts_until_it_is_settled(nights, loan):
    backer = BorrowerFactory(lender=nights.lender)
    nights.fact(Guarantee, loan, SINCE, guarantor=backer, amount=1, to_on=day(9))
    signal(nights, backer, "insolvency", JUN, to_on=day(3))
    signal(nights, backer, "enforcement", JUN, confidence="rumour")
    signal(nights, backer, "address_change", JUN)
    days = (day(-1), JUN, day(2), day(3), day(9))
    assert nights.series(loan, "guarantor_signals", *days) == [None, 1, 1, 0, None]
    assert [nights.seen(loan, "guarantor_class", d) for d in days[-2:]] == ["normal", None]


# --- COL-11 ---


def test_the_right_that_lapses_first_counts_down(nights, loan, pledged):
    item = pledged()
    backer = BorrowerFactory(lender=nights.lender)
    nights.fact(Registration, item, SINCE, number="R1", register="r", to_on=day(180))
    nights.fact(Guarantee, loan, SINCE, guarantor=backer, amount=1, to_on=day(90))
    days = (JUN, day(89), day(90), day(181))
    assert nights.series(loan, "rights_lapse_days", *days) == [90, 1, 90, -1]


def test_a_renewed_registration_counts_and_one_without_an_end_never_lapses(nights, loan, pledged):
    item = pledged()
    nights.fact(Registration, item, SINCE, number="R1", register="r", to_on=day(1))
    nights.close(JUN)
    nights.fact(Registration, item, SINCE, number="R1", register="r", to_on=None, known_from=day(1))
    assert nights.series(loan, "rights_lapse_days", day(1)) == [None]
    assert nights.seen(loan, "rights_lapse_days", JUN) == 1
