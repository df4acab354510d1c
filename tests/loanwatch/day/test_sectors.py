"""The industry of a borrower: its defaults against the year before, its limit, and what shook it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from alerts.observation.models import BorrowerDay, SectorDay
from borrowers.outside.models import SectorEvent
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Parameter
from tests.observed import assert_carried_is_fresh

CLOSE = date(2026, 7, 1)


@pytest.fixture
def textile(book):
    book.loan("L-1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE borrowers_borrower SET industry = 'textiles'")
    return Borrower.objects.get()


def month_ends(lender, count: int, before: int, after: int) -> None:
    """`count` month-ends before the close: in 100 loans, `after` defaults in each of the last three and `before` in the others."""
    first = date(2026, 6, 30)
    for back in range(count):
        year, month = divmod(2026 * 12 + 5 - back, 12)
        day = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
        assert back or day == first
        SectorDay.objects.create(
            lender=lender, as_of=day, industry="textiles", loans=100, loans_90=after if back < 3 else before, outstanding=Decimal(850), outstanding_90=0,
        )  # fmt: skip


def seen(book) -> BorrowerDay:
    book.close(CLOSE)
    return BorrowerDay.objects.get(as_of=CLOSE)


@pytest.mark.parametrize(("months", "ratio"), [(14, None), (15, Decimal("1.5"))])
def test_the_ratio_needs_three_month_ends_and_twelve_before_them(book, textile, months, ratio):
    month_ends(book.lender, months, before=4, after=6)
    assert seen(book).sector_default_ratio == ratio


def test_without_a_default_in_the_year_before_there_is_nothing_to_compare_with(book, textile):
    month_ends(book.lender, 15, before=0, after=6)
    assert seen(book).sector_default_ratio is None


@pytest.mark.parametrize(("limit", "used"), [({}, None), ({"textiles": 1000}, Decimal("0.85")), ({"steel": 1000}, None)])
def test_the_limit_of_an_industry_is_used_only_where_one_is_set(book, textile, limit, used):
    month_ends(book.lender, 1, before=0, after=0)
    Parameter.objects.create(lender=book.lender, key="limits.sector", value=limit, valid_from=date(2026, 1, 1), source="House", confidence="own")
    assert seen(book).sector_limit_used == used


@pytest.mark.parametrize(
    ("begins", "ends", "level"),
    [(CLOSE, None, "strong"), (CLOSE + timedelta(days=1), None, "none"), (date(2026, 1, 1), CLOSE, "none"), (date(2026, 1, 1), CLOSE + timedelta(days=1), "strong")],
)  # fmt: skip
def test_a_shock_counts_from_its_first_day_and_no_longer_on_the_day_it_ends(book, textile, begins, ends, level):
    known = {"lender": book.lender, "industry": "textiles", "source": "Ministry", "headline": "Quota"}
    SectorEvent.objects.create(number="E-1", valid_from=begins, to_on=ends, level="strong", known_from=min(begins, CLOSE), **known)
    assert seen(book).sector_event == level
    assert_carried_is_fresh(book.lender, CLOSE)


def test_a_borrower_without_an_industry_is_not_evaluable(book):
    book.loan("L-1")
    found = seen(book)
    assert (found.sector_default_ratio, found.sector_limit_used, found.sector_event) == (None, None, None)
    assert not SectorDay.objects.exists()
