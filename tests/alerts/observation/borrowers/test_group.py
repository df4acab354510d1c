"""Groups, control, hidden links and insolvency around a borrower."""

from datetime import date

from borrowers.loans.models import Guarantee, Loan
from borrowers.parties.models import CustomerGroup, GroupMembership, RelatedParty
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
