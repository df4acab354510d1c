"""Figures from outside: each indicator with its boundary on both sides, too old, missing, and another scale."""

from datetime import date, timedelta
from decimal import Decimal

from borrowers.loans.models import Guarantee, Loan, Position
from tests.observed import assert_carried_is_fresh

DAY = date(2026, 9, 28)
YEAR_AGO = date(2025, 9, 28)


def test_a_figure_is_compared_with_the_one_a_year_before(house):
    def told(measure: str, *figures: tuple[date, float], **named):
        made = house.borrower()
        for on, value in figures:
            house.figure(made, measure, on, value, **named)
        return made

    debt, people = "bureau_total_debt", "insured_employees"
    other = told(debt, (DAY, 130))
    house.figure(other, debt, YEAR_AGO, 100, currency="USD")
    house.check(DAY, [
        ("thirty percent more", told(debt, (DAY, 130), (YEAR_AGO, 100)), "total_debt_change", 0.3),
        ("the latest that is a year older", told(debt, (DAY, 130), (YEAR_AGO, 100), (YEAR_AGO - timedelta(days=9), 50)), "total_debt_change", 0.3),
        ("less than a year older", told(debt, (DAY, 130), (YEAR_AGO + timedelta(days=1), 100)), "total_debt_change", None),
        ("nearly fifteen months", told(debt, (DAY, 130), (date(2025, 6, 29), 100)), "total_debt_change", 0.3),
        ("fifteen months", told(debt, (DAY, 130), (date(2025, 6, 28), 100)), "total_debt_change", None),
        ("another currency", other, "total_debt_change", None),
        ("nothing a year before", told(debt, (DAY, 130), (YEAR_AGO, 0)), "total_debt_change", None),
        ("nobody asked the bureau", house.borrower(), "total_debt_change", None),
        ("too old", told(debt, (DAY - timedelta(days=400), 130), (date(2024, 6, 30), 100)), "total_debt_change", None),
        ("not yet too old", told(debt, (DAY - timedelta(days=399), 130), (date(2024, 7, 30), 100)), "total_debt_change", 0.3),
        ("fifteen percent fewer", told(people, (DAY, 85), (YEAR_AGO, 100)), "insured_employees_change", -0.15),
        ("one figure only", told(people, (DAY, 85)), "insured_employees_change", None),
    ])  # fmt: skip


def test_bureau_tax_office_ratings_and_owner(house):
    def told(measure: str, *figures: tuple[date, float], **named):
        made = house.borrower(**{k: named.pop(k) for k in ("kind", "segment") if k in named})
        for on, value in figures:
            house.figure(made, measure, on, value, **named)
        return made

    score, rating, tax = "bureau_score", "external_rating", "tax_class"
    two_scales = told(score, (DAY, 600), scale="A")
    house.figure(two_scales, score, date(2026, 6, 1), 700, scale="B")
    seasons = told("electricity", *[(date(2026, m, 28), 80) for m in (7, 8, 9)], *[(date(2025, m, 28), 100) for m in (7, 8, 9)])
    house.check(DAY, [
        ("forty points", told(score, (DAY, 600), (date(2026, 6, 1), 640), (date(2026, 3, 1), 630)), "bureau_score_change", Decimal(-40)),
        ("a year is over", told(score, (DAY, 600), (date(2026, 6, 1), 610), (YEAR_AGO, 700)), "bureau_score_change", Decimal(-10)),
        ("just within the year", told(score, (DAY, 600), (YEAR_AGO + timedelta(days=1), 700)), "bureau_score_change", Decimal(-100)),
        ("it rose", told(score, (DAY, 700), (date(2026, 6, 1), 640)), "bureau_score_change", Decimal(0)),
        ("one score only", told(score, (DAY, 600)), "bureau_score_change", None),
        ("two scales", two_scales, "bureau_score_change", None),
        ("inquiries", told("bureau_inquiries", (DAY, 5), (date(2026, 8, 1), 9)), "bureau_inquiries", 5),
        ("a slip in the feed", told("bureau_inquiries", (DAY, 10**14)), "bureau_inquiries", 999_999),
        ("other lenders", told("bureau_dpd_others", (DAY, 31)), "bureau_dpd_others", 31),
        ("in default elsewhere", told("bureau_npl_share", (DAY, 12.5)), "bureau_npl_share", 0.125),
        ("a person", told("bureau_npl_share", (DAY, 12.5), kind="person", segment="person"), "bureau_npl_share", None),
        ("two notches", told(rating, (DAY, 12), (date(2024, 1, 1), 10)), "rating_notches_down", 2),
        ("the better one stood a year ago today", told(rating, (YEAR_AGO + timedelta(days=1), 12), (date(2024, 1, 1), 10)), "rating_notches_down", 2),
        ("it was replaced a year ago", told(rating, (YEAR_AGO, 12), (date(2024, 1, 1), 10)), "rating_notches_down", 0),
        ("up again", told(rating, (DAY, 10), (date(2026, 5, 1), 12)), "rating_notches_down", 0),
        ("never rated", house.borrower(), "rating_notches_down", None),
        ("a rating stands although it is old", told(rating, (date(2023, 1, 1), 17)), "external_rating", 17),
        ("one step", told(tax, (DAY, 3), (date(2026, 1, 1), 2)), "tax_class_steps_down", 1),
        ("too old a class", told(tax, (DAY - timedelta(days=400), 3)), "tax_class", None),
        ("a fifth less", seasons, "electricity_change", -0.2),
        ("a month is missing", told("electricity", *[(date(2026, m, 28), 80) for m in (7, 8, 9)], (date(2025, 7, 28), 9)), "electricity_change", None),
        ("owner late", told("owner_dpd", (DAY, 31)), "owner_dpd", 31),
        ("owner borrows", told("owner_new_loans", (DAY, 3)), "owner_new_loans", 3),
        ("half the shares", told("shares_pledged", (date(2022, 1, 1), 50)), "shares_pledged_share", 0.5),
        ("rated a year ago", told("internal_rating", (YEAR_AGO, 6)), "internal_rating_age", 1.0),
        ("rated a day later", told("internal_rating", (YEAR_AGO + timedelta(days=1), 6)), "internal_rating_age", round(364 / 365, 6)),
        ("never rated here", house.borrower(), "internal_rating_age", None),
    ])  # fmt: skip


def test_guarantees_given_are_held_against_net_assets(house, years):
    def guarantor(amount: int, ends: date | None = None, **figures):
        made = years({"total_assets": 300, "total_liabilities": 200, "equity": 100, **figures})
        loan = Loan.objects.get(borrower=house.borrower())
        Guarantee.objects.create(
            lender=house.lender, bucket=loan.bucket, loan=loan, guarantor=made, amount=amount, valid_from=YEAR_AGO, known_from=YEAR_AGO, to_on=ends
        )
        return made

    bureau = guarantor(50)
    over = guarantor(200)
    taken = Guarantee.objects.get(guarantor=over).loan
    Position.objects.create(
        loan=taken, lender=house.lender, bucket=taken.bucket, valid_from=DAY, known_from=DAY, revision=2, balance=0, days_past_due=0, closed_as="paid"
    )
    house.figure(bureau, "guarantees_given", DAY, 250)
    house.check(DAY, [
        ("twice", guarantor(200), "guarantee_load", 2.0),
        ("the bureau knows of more", bureau, "guarantee_load", 2.5),
        ("ended today", guarantor(200, ends=DAY), "guarantee_load", 0.0),
        ("its loan is paid back", over, "guarantee_load", 0.0),
        ("ends tomorrow", guarantor(200, ends=DAY + timedelta(days=1)), "guarantee_load", 2.0),
        ("statements in another currency", guarantor(200, currency="USD"), "guarantee_load", None),
        ("no net assets", guarantor(200, total_liabilities=301, equity=-1), "guarantee_load", None),
        ("no statement", house.borrower(), "guarantee_load", None),
    ])  # fmt: skip


def test_carried_figures_are_those_computed_afresh(house, years):
    second, third, fourth = date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 1)
    expires, falls, corrected, late, ends = house.borrower(), house.borrower(), house.borrower(), house.borrower(), years({"equity": 100})
    house.figure(expires, "bureau_dpd_others", third - timedelta(days=400), 31)
    house.figure(falls, "external_rating", date(2024, 1, 1), 10)
    house.figure(falls, "external_rating", date(2025, 9, 29), 12)
    house.figure(corrected, "owner_dpd", date(2026, 9, 1), 10)
    house.figure(corrected, "owner_dpd", date(2026, 9, 1), 40, revision=2, known_from=second)
    house.figure(corrected, "owner_dpd", date(2026, 9, 1), 40, revision=3, withdrawn=True, known_from=fourth)
    house.figure(late, "bureau_inquiries", date(2026, 9, 1), 7, known_from=third)
    loan = Loan.objects.get(borrower=late)
    Guarantee.objects.create(
        lender=house.lender, bucket=loan.bucket, loan=loan, guarantor=ends, amount=100, valid_from=YEAR_AGO, known_from=YEAR_AGO, to_on=third
    )
    seen = []
    for day in (DAY, second, third, fourth):
        house.close(day)
        assert_carried_is_fresh(house.lender, day)
        rows = [house.seen(b, day) for b in (expires, falls, corrected, late, ends)]
        seen.append((rows[0].bureau_dpd_others, rows[1].rating_notches_down, rows[2].owner_dpd, rows[3].bureau_inquiries, rows[4].guarantee_load))
    assert seen == [(31, 2, 10, None, 1), (31, 0, 40, None, 1), (None, 0, 40, 7, 0), (None, 0, None, 7, 0)]
