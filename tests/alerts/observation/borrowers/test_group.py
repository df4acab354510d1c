"""Groups, control, hidden links and insolvency around a borrower."""

from datetime import date
from decimal import Decimal

from alerts.observation.models import LoanDay
from borrowers.loans.models import Guarantee, Loan, Position
from borrowers.parties.models import CustomerGroup, GroupMembership, RelatedParty
from tests.factories import BorrowerFactory, LoanFactory
from tests.observed import assert_carried_is_fresh

DAY = date(2026, 9, 28)
LONG_AGO = date(2020, 1, 1)


def related(house, borrower, kind, *, party=None, name="", share=None, **named):
    known = {"valid_from": LONG_AGO, "known_from": LONG_AGO, **named}
    return RelatedParty.objects.create(lender=house.lender, borrower=borrower, kind=kind, party=party, name=name or party.name, share=share, **known)


def group(house, *members, limit=None, currency="CNY"):
    made = CustomerGroup.objects.create(
        lender=house.lender, number=f"G{members[0].pk}", name="Group", limit=limit, currency=currency, valid_from=LONG_AGO, known_from=LONG_AGO
    )
    for member in members:
        GroupMembership.objects.create(lender=house.lender, borrower=member, group=made, valid_from=LONG_AGO, known_from=LONG_AGO)
    return made


def test_contagion_reaches_members_owners_and_sisters(house):
    quarter, less, sister, ended = (house.borrower() for _ in range(4))
    owned = house.borrower(dpd=31)
    related(house, owned, "shareholder", party=quarter, share=25)
    below = house.borrower(dpd=31)
    related(house, below, "shareholder", party=less, share=24)
    head, other_sister = house.borrower(), house.borrower(dpd=91)
    related(house, sister, "controller", party=head)
    related(house, other_sister, "controller", party=head)
    related(house, ended, "controller", party=owned, to_on=DAY)
    member, late = house.borrower(), house.borrower(dpd=11)
    group(house, member, late)
    house.check(DAY, [
        ("25 percent of a late one", quarter, "group_worst_dpd", 31),
        ("24 percent", less, "group_worst_dpd", None),
        ("the other way round", owned, "group_worst_dpd", 0),
        ("the same controller", sister, "group_worst_dpd", 91),
        ("the controller", head, "group_worst_dpd", 91),
        ("ended today", ended, "group_worst_dpd", None),
        ("declared", member, "group_worst_dpd", 11),
        ("itself does not count", late, "group_worst_dpd", 0),
        ("how many", head, "group_members", 2),
    ])  # fmt: skip


def test_limits_shares_and_insolvency(house):
    full, with_it = house.borrower(balance=500_000), house.borrower(balance=450_000)
    group(house, full, with_it, limit=1_000_000)
    no_limit = house.borrower()
    group(house, no_limit)
    other_currency = house.borrower()
    group(house, other_currency, limit=1_000_000, currency="USD")
    bad, person = house.borrower(dpd=91), house.borrower(dpd=91, kind="person", segment="person")
    insolvent, child, taker = house.borrower(), house.borrower(), house.borrower()
    house.signal(insolvent, "insolvency", DAY)
    related(house, child, "controller", party=insolvent)
    loan = Loan.objects.get(borrower=taker)
    Guarantee.objects.create(
        lender=house.lender, bucket=loan.bucket, loan=loan, guarantor=insolvent, amount=1, valid_from=LONG_AGO, known_from=LONG_AGO
    )
    rumoured = house.borrower()
    house.signal(rumoured, "insolvency", DAY, kind="news", confidence="rumour")
    house.check(DAY, [
        ("95 percent", full, "group_limit_used", 0.95),
        ("no limit", no_limit, "group_limit_used", None),
        ("nothing in the currency of the limit", other_currency, "group_limit_used", 0.0),
        ("no group", bad, "group_limit_used", None),
        ("all of it past 90 days", bad, "npl_share", 1.0),
        ("none of it", full, "npl_share", 0.0),
        ("a person", person, "npl_share", None),
        ("itself", insolvent, "insolvency", "borrower"),
        ("its parent", child, "insolvency", "parent"),
        ("its guarantor", taker, "insolvency", "guarantor"),
        ("a rumour", rumoured, "insolvency", "none"),
        ("insolvency in the group", child, "group_insolvent", True),
    ])  # fmt: skip


def test_hidden_links(house):
    same_phone, late_phone = house.borrower(phone="1380000"), house.borrower(phone="1380000", dpd=1)
    on_time = house.borrower(phone="1381111", address="1 Mill Lane")
    house.borrower(phone="1381111")
    late_address = house.borrower(address="1 Mill Lane", dpd=95)
    spouse, late_spouse = house.borrower(), house.borrower(dpd=40)
    for one in (spouse, late_spouse):
        related(house, one, "spouse", name="Wang Wei")
    declared, late_declared = house.borrower(phone="1382222"), house.borrower(phone="1382222", dpd=40)
    group(house, declared, late_declared)
    crowd = [house.borrower(phone="400", dpd=5) for _ in range(21)]
    house.check(DAY, [
        ("one by phone", same_phone, "hidden_links", 1),
        ("its days", same_phone, "hidden_link_dpd", 1),
        ("from the other side nobody is in trouble", late_phone, "hidden_links", 0),
        ("one by address, the phone is on time", on_time, "hidden_links", 1),
        ("its days", on_time, "hidden_link_dpd", 95),
        ("the address from the other side", late_address, "hidden_links", 0),
        ("one by a person", spouse, "hidden_links", 1),
        ("a declared group is not hidden", declared, "hidden_links", 0),
        ("what more than twenty share", crowd[0], "hidden_links", 0),
        ("nothing on record", house.borrower(), "hidden_links", None),
    ])  # fmt: skip


def test_groups_that_change_are_seen_the_same_carried_or_afresh(house):
    leaver, stayer = house.borrower(), house.borrower(dpd=12)
    made = group(house, stayer)
    membership = {"lender": house.lender, "borrower": leaver, "group": made, "valid_from": LONG_AGO}
    GroupMembership.objects.create(known_from=date(2026, 9, 29), **membership)
    GroupMembership.objects.create(known_from=date(2026, 9, 30), revision=2, to_on=date(2026, 10, 1), **membership)
    seen = []
    for day in (DAY, date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 1)):
        house.close(day)
        assert_carried_is_fresh(house.lender, day)
        seen.append(house.seen(leaver, day).group_worst_dpd)
    assert seen == [None, 12, 12, None]


def retold(borrower, *days, **changed):
    """The positions of the borrower's loan for these days are told otherwise the same day."""
    for told in list(Position.objects.filter(loan__borrower=borrower, valid_from__in=days)):
        same = {name: getattr(told, name) for name in ("lender", "bucket", "loan", "valid_from", "known_from", "balance", "days_past_due")}
        Position.objects.create(**same | {"revision": 2} | changed)


UNTOLD, GONE, MISSING = {"days_past_due": None}, {"closed_as": "paid", "balance": 0}, {"withdrawn": True}


def test_days_that_nobody_told_are_unknown_and_not_none(house):
    asked, silent = house.borrower(), house.borrower()
    group(house, asked, silent)
    retold(silent, DAY, **UNTOLD)
    beside, quiet, late = house.borrower(), house.borrower(), house.borrower(dpd=12)
    group(house, beside, quiet, late)
    retold(quiet, DAY, **UNTOLD)
    alone, paid_back = house.borrower(), house.borrower()
    group(house, alone, paid_back, limit=1_000_000)
    retold(paid_back, DAY, **GONE)
    house.check(DAY, [
        ("nothing is known of the other", asked, "group_worst_dpd", None),
        ("one is known to be late", beside, "group_worst_dpd", 12),
        ("the other borrows no longer", alone, "group_worst_dpd", None),
        ("nor does it use the limit", alone, "group_limit_used", 1.0),
    ])  # fmt: skip


def test_a_guarantor_whose_position_is_missing_today_is_unknown_and_one_without_loans_owes_nothing(house):
    def backed(*guarantors):
        taker = house.borrower()
        loan = Loan.objects.get(borrower=taker)
        for one in guarantors:
            Guarantee.objects.create(
                lender=house.lender, bucket=loan.bucket, loan=loan, guarantor=one, amount=1, valid_from=LONG_AGO, known_from=LONG_AGO
            )
        return taker

    silent, missing, late, over = house.borrower(), house.borrower(), house.borrower(dpd=31), house.borrower(dpd=31)
    day = date(2026, 9, 29)
    retold(silent, day, **UNTOLD)
    retold(missing, day, **MISSING)
    retold(over, DAY, **GONE)
    retold(over, day, **MISSING)
    cases = {
        "days not told": (backed(silent), None), "position missing": (backed(missing), None), "late": (backed(late), 31),
        "one late, one unknown": (backed(late, silent), 31), "paid back": (backed(over), 0), "no loan here": (backed(BorrowerFactory(lender=house.lender)), 0),
    }  # fmt: skip
    house.close(DAY)
    house.close(day)
    found = {
        name: LoanDay.objects.get(lender=house.lender, as_of=day, borrower_id=taker.pk).guarantor_dpd for name, (taker, _) in cases.items()
    }
    assert found == {name: expected for name, (_, expected) in cases.items()}


def test_guarantees_of_loans_that_are_paid_back_make_no_circle_and_no_insolvency(house):
    one, other, insolvent = house.borrower(), house.borrower(), house.borrower()
    day = date(2026, 9, 29)
    house.signal(insolvent, "insolvency", DAY)
    for taker, guarantor in ((one, other), (other, one), (other, insolvent)):
        loan = Loan.objects.get(borrower=taker)
        Guarantee.objects.create(
            lender=house.lender, bucket=loan.bucket, loan=loan, guarantor=guarantor, amount=1, valid_from=LONG_AGO, known_from=LONG_AGO
        )
    retold(other, day, **GONE)
    still = LoanFactory(branch=house.branch, borrower=other, product=house.product, position_fed=True, principal=5)
    for on in (DAY, day):
        Position.objects.create(loan=still, valid_from=on, known_from=on, balance=5, days_past_due=0, lender=house.lender, bucket=still.bucket)
    house.close(DAY)
    house.close(day)
    assert_carried_is_fresh(house.lender, day)
    lengths = LoanDay.objects.filter(lender=house.lender, borrower_id=one.pk).order_by("as_of").values_list("circle_length", flat=True)
    assert list(lengths) == [2, 0]
    assert [house.seen(other, on).insolvency for on in (DAY, day)] == ["guarantor", "none"]


def test_the_share_of_a_circle_takes_position_fed_loans_and_one_currency(house):
    one, other = house.borrower(balance=300), house.borrower(balance=100)
    house.borrower(balance=400)
    for taker, guarantor in ((one, other), (other, one)):
        loan = Loan.objects.get(borrower=taker)
        Guarantee.objects.create(
            lender=house.lender, bucket=loan.bucket, loan=loan, guarantor=guarantor, amount=1, valid_from=LONG_AGO, known_from=LONG_AGO
        )
    abroad = LoanFactory(branch=house.branch, borrower=one, product=house.product, position_fed=True, principal=5, currency="USD")
    Position.objects.create(loan=abroad, valid_from=DAY, known_from=DAY, balance=900, days_past_due=0, lender=house.lender, bucket=abroad.bucket)
    house.close(DAY)
    assert set(LoanDay.objects.filter(borrower_id=other.pk).values_list("circle_share", flat=True)) == {Decimal("0.5")}
