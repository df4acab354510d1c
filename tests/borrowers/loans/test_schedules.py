"""Schedules add up to the amount, to the last unit of the currency, whatever was agreed."""

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.loans import schedules
from borrowers.loans.schedules import (
    AT_MATURITY,
    EQUAL_INSTALMENT,
    EQUAL_PRINCIPAL,
    INTEREST_ONLY,
    Agreed,
    NotAPlan,
    OwnRow,
    already_due,
    custom_demands,
    demands,
)
from loanwatch.kernel.daycounts import ACT_360, ACT_365, CONVENTIONS
from loanwatch.kernel.money import rounded

SHARED = Path(os.environ.get("LOANWATCH_SHARED") or Path(__file__).resolve().parents[4] / "shared")
START = date(2026, 1, 15)


def agreed(amount="120000", *, method=EQUAL_INSTALMENT, rate="6", months=12, currency="CNY", **more) -> Agreed:
    start = more.pop("starts_on", START)
    matures = more.pop("matures_on", None) or schedules.add_months(start, months)
    return Agreed(Decimal(amount), currency, method, ((start, Decimal(rate)),), start, matures, **more)


# Known figures ------------------------------------------------------------------------------------------------------------


def test_equal_instalments_of_a_known_annuity():
    plan = demands(agreed("100000", rate="4.35", months=240))
    assert {d.total for d in plan[:-1]} == {Decimal("624.58")}  # 100,000 over 20 years at 4.35 %: 624.5812…
    assert (plan[0].interest, plan[0].principal) == (Decimal("362.50"), Decimal("262.08"))
    assert len(plan) == 240
    assert abs(plan[-1].total - Decimal("624.58")) < 3


def test_equal_principal_falls_by_the_same_interest_each_month():
    plan = demands(agreed("120000", method=EQUAL_PRINCIPAL))
    assert [d.total for d in plan[:3]] == [Decimal("10600.00"), Decimal("10550.00"), Decimal("10500.00")]
    assert plan[-1].total == Decimal("10050.00")


def test_interest_only_with_a_balloon_pays_the_amount_on_the_last_day():
    plan = demands(agreed("1000000", method=INTEREST_ONLY, rate="5", day_count=ACT_360))
    assert (plan[0].principal, plan[0].interest) == (0, Decimal("4305.56"))  # 31 days
    assert (plan[1].interest, plan[2].interest) == (Decimal("3888.89"), Decimal("4305.56"))  # 28 and 31 days
    assert [d.principal for d in plan] == [0] * 11 + [1_000_000]
    assert plan[-1].due_on == date(2027, 1, 15)


def test_a_single_demand_at_maturity_bears_the_interest_of_the_whole_term():
    plan = demands(agreed("1000000", rate="5", every_months=AT_MATURITY, day_count=ACT_365))
    assert [(d.due_on, d.principal, d.interest) for d in plan] == [(date(2027, 1, 15), 1_000_000, 50_000)]


def test_won_have_no_decimals():
    plan = demands(agreed("10000000", rate="4.9", months=36, currency="KRW"))
    assert all(part == part.to_integral_value() for d in plan for part in (d.principal, d.interest))
    assert plan[0].total == 299_260  # 299,260.2…
    assert sum(d.principal for d in plan) == 10_000_000


def test_the_instalments_of_6059_real_consumer_loans_are_reproduced():
    pandas = pytest.importorskip("pandas")
    file = SHARED / "data" / "lendingclub_2018" / "loans.csv.gz"
    if not file.exists():
        pytest.skip(f"There is no {file}.")
    loans = pandas.read_csv(file, dtype=str, usecols=["loan_amount", "term", "interest_rate", "installment"])
    terms = loans.drop_duplicates(["loan_amount", "term", "interest_rate"])
    apart = []
    for row in terms.itertuples():
        plan = demands(agreed(row.loan_amount, rate=row.interest_rate, months=int(row.term), currency="USD"))
        apart.append(abs(plan[0].total - Decimal(row.installment)))
        assert sum(d.principal for d in plan) == Decimal(row.loan_amount)
    assert len(loans) == 6059
    assert max(apart) <= Decimal("0.03")
    assert sum(d <= Decimal("0.01") for d in apart) / len(apart) > 0.99


# Dates --------------------------------------------------------------------------------------------------------------------


def dates(plan) -> list[date]:
    return [d.due_on for d in plan]


def test_a_loan_paid_out_on_the_31st_falls_due_on_month_ends():
    plan = demands(agreed(starts_on=date(2026, 1, 31), months=4))
    assert dates(plan) == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    assert len({d.total for d in plan[:-1]}) == 1
    assert plan[0].interest == 600  # a whole month, though February has 28 days


def test_the_due_day_31_means_month_ends_whatever_the_first_month():
    plan = demands(agreed(starts_on=date(2026, 2, 10), first_due_on=date(2026, 2, 28), due_day=31, matures_on=date(2026, 5, 31)))
    assert dates(plan) == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


def test_a_broken_first_period_counts_its_days():
    plan = demands(agreed(method=INTEREST_ONLY, starts_on=date(2026, 1, 5), due_day=20, months=3))
    assert dates(plan) == [date(2026, 2, 20), date(2026, 3, 20), date(2026, 4, 5)]
    assert [d.interest for d in plan] == [900, 600, 300]  # 45 days, a month, 15 days of 120,000 at 6 %


def test_equal_instalments_stay_equal_over_a_broken_first_period():
    plan = demands(agreed(starts_on=date(2026, 1, 5), due_day=20, matures_on=date(2027, 1, 20)))
    assert len({d.total for d in plan[:-1]}) == 1
    assert plan[0].interest > plan[1].interest


def test_quarters_fall_due_every_three_months():
    plan = demands(agreed(every_months=3))
    assert dates(plan) == [date(2026, 4, 15), date(2026, 7, 15), date(2026, 10, 15), date(2027, 1, 15)]
    assert plan[0].interest == 1800


def test_due_dates_stay_on_holidays_unless_the_contract_moves_them():
    spring_festival = date(2026, 2, 17)
    stays = agreed("100000", method=INTEREST_ONLY, starts_on=date(2026, 1, 17), months=3, day_count=ACT_360)
    assert dates(demands(stays))[0] == spring_festival
    moved = demands(stays, moved=lambda day: date(2026, 2, 24) if day == spring_festival else day)
    assert dates(moved) == [date(2026, 2, 24), date(2026, 3, 17), date(2026, 4, 17)]
    assert [d.interest for d in moved[:2]] == [Decimal("633.33"), Decimal("350.00")]  # 38 and 21 days
    assert sum(d.principal for d in moved) == 100_000


def test_demands_that_the_contract_moves_to_one_day_become_one():
    weekly_rows = agreed(months=3)
    plan = demands(weekly_rows, moved=lambda day: max(day, date(2026, 3, 20)))
    assert dates(plan) == [date(2026, 3, 20), date(2026, 4, 15)]
    assert sum(d.principal for d in plan) == 120_000


def test_a_rate_that_changes_within_a_period_counts_for_its_days():
    change = Agreed(
        Decimal(120_000), "CNY", INTEREST_ONLY, ((START, Decimal(6)), (date(2026, 1, 25), Decimal(3))), START, date(2026, 3, 15)
    )
    assert [d.interest for d in demands(change)] == [Decimal("400.00"), Decimal("300.00")]  # 10 days at 6 %, 20 at 3 %; then a month


# What makes no schedule ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (agreed("0"), "AMOUNT"),
        (agreed("-1"), "AMOUNT"),
        (agreed("0.001"), "AMOUNT"),
        (agreed("100.50", currency="KRW"), "AMOUNT"),
        (agreed(method="none"), "METHOD"),
        (agreed(matures_on=START), "MATURES_TOO_EARLY"),
        (agreed(first_due_on=START), "FIRST_DUE_TOO_EARLY"),
        (agreed(matures_on=date(2190, 1, 1)), "TOO_MANY"),
    ],
)
def test_what_makes_no_schedule_is_refused_with_a_code(wrong, code):
    with pytest.raises(NotAPlan) as refused:
        demands(wrong)
    assert refused.value.code == code


def test_rows_of_ones_own_bear_the_interest_they_leave_out():
    rows = [OwnRow(date(2026, 2, 15), Decimal(20_000)), OwnRow(date(2026, 3, 15), Decimal(100_000), Decimal("1.00"), Decimal("2.00"))]
    plan = custom_demands(agreed(method=schedules.CUSTOM, day_count=ACT_360), rows)
    assert [(d.seq, d.principal, d.interest, d.fee) for d in plan] == [(1, 20_000, 620, 0), (2, 100_000, 1, 2)]


@pytest.mark.parametrize(
    ("rows", "code", "row"),
    [
        ([], "NO_ROWS", None),
        ([OwnRow(START, Decimal(120_000))], "DATES_DO_NOT_RISE", 1),
        ([OwnRow(date(2026, 2, 1), Decimal(1)), OwnRow(date(2026, 2, 1), Decimal(119_999))], "DATES_DO_NOT_RISE", 2),
        ([OwnRow(date(2026, 2, 1), Decimal(120_001))], "PARTS", 1),
        ([OwnRow(date(2026, 2, 1), Decimal(120_000), Decimal(-1))], "PARTS", 1),
        ([OwnRow(date(2026, 2, 1), Decimal("119999.99"))], "DOES_NOT_ADD_UP", None),
    ],
)
def test_rows_of_ones_own_that_do_not_add_up_are_named(rows, code, row):
    with pytest.raises(NotAPlan) as refused:
        custom_demands(agreed(), rows)
    assert (refused.value.code, refused.value.row) == (code, row)


def test_what_was_due_on_the_day_of_an_agreement_stays_as_it_was():
    plan = demands(agreed())
    assert [d.seq for d in already_due(plan, date(2026, 3, 15))] == [1, 2]
    assert [d.seq for d in already_due(plan, date(2026, 3, 14))] == [1]


# Any plan ------------------------------------------------------------------------------------------------------------------

CURRENCIES = st.sampled_from(["CNY", "USD", "KRW"])


@st.composite
def any_agreed(draw) -> Agreed:
    currency = draw(CURRENCIES)
    amount = rounded(Decimal(draw(st.integers(1, 10**11))) / (1 if currency == "KRW" else 100), currency)
    starts = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    first = draw(st.none() | st.integers(1, 120).map(lambda n: starts + timedelta(days=n)))
    rates = [(starts, Decimal(draw(st.integers(0, 3600))) / 100)]
    if draw(st.booleans()):
        rates.append((starts + timedelta(days=draw(st.integers(1, 2000))), Decimal(draw(st.integers(0, 3600))) / 100))
    return Agreed(
        amount, currency, draw(st.sampled_from([EQUAL_INSTALMENT, EQUAL_PRINCIPAL, INTEREST_ONLY])), tuple(rates), starts,
        starts + timedelta(days=draw(st.integers(1, 4000))), first, draw(st.sampled_from([0, 1, 3, 6, 12])),
        draw(st.none() | st.integers(1, 31)), draw(st.sampled_from(CONVENTIONS)),
    )  # fmt: skip


@given(any_agreed(), st.booleans())
def test_any_plan_adds_up_exactly_and_nothing_in_it_is_negative(plan, weekdays_only):
    def monday(day: date) -> date:
        return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)

    made = demands(plan, moved=monday if weekdays_only else None)
    assert sum(d.principal for d in made) == plan.amount
    assert all(min(d.principal, d.interest) >= 0 for d in made)
    assert all(rounded(part, plan.currency) == part for d in made for part in (d.principal, d.interest))
    assert dates(made) == sorted(set(dates(made)))
    assert made[0].due_on > plan.starts_on
    assert [d.seq for d in made] == list(range(1, len(made) + 1))
    if not weekdays_only:
        assert made[-1].due_on == plan.matures_on


@given(st.integers(10**7, 10**10), st.integers(1, 1200), st.integers(2, 240), st.sampled_from(["CNY", "KRW"]))
def test_equal_instalments_differ_only_in_the_last_by_what_rounding_leaves(amount, rate, months, currency):
    made = demands(agreed(str(amount), rate=str(Decimal(rate) / 100), months=months, currency=currency))
    level = {d.total for d in made[:-1]}
    assert len(level) == 1
    unit = Decimal(1) if currency == "KRW" else Decimal("0.01")
    growth = (1 + Decimal(rate) / 120_000) ** months
    assert abs(made[-1].total - level.pop()) <= unit * months * growth
