"""The industry of a borrower: its defaults against the year before, its limit, and what shook it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from alerts.observation.models import BorrowerDay, SectorDay
from borrowers.outside.models import SectorEvent
from loanwatch.lenders.models import Parameter
from tests.observed import assert_carried_is_fresh

CLOSE = date(2026, 7, 1)


def works(book, *industries: str) -> None:
    """A loan to a borrower of each industry, with the industry's name as its number."""
    for industry in industries:
        book.loan(industry)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE borrowers_borrower SET industry = %s WHERE name = %s", [industry, industry])


def month_ends(lender, industry: str, count: int, before: int, after: int) -> None:
    """`count` month-ends before the close: in 100 loans, `after` defaults in each of the last three and `before` in the others."""
    first = date(2026, 6, 30)
    for back in range(count):
        year, month = divmod(2026 * 12 + 5 - back, 12)
        day = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
        assert back or day == first
        SectorDay.objects.create(
            lender=lender, as_of=day, industry=industry, loans=100, loans_90=after if back < 3 else before, outstanding=Decimal(850), outstanding_90=0,
        )  # fmt: skip


def seen(book, field: str) -> dict[str, Any]:
    """Industry → what the close says of its borrower."""
    book.close(CLOSE)
    assert_carried_is_fresh(book.lender, CLOSE)
    return dict(BorrowerDay.objects.filter(as_of=CLOSE).values_list("borrower__industry", field))


def test_the_ratio_needs_three_month_ends_and_twelve_before_them_and_a_default_in_those(book):
    ratios = {"textiles": (14, 4, None), "steel": (15, 4, Decimal("1.5")), "ships": (15, 0, None)}
    works(book, *ratios)
    for industry, (months, before, _) in ratios.items():
        month_ends(book.lender, industry, months, before=before, after=6)
    assert seen(book, "sector_default_ratio") == {industry: ratio for industry, (_, _, ratio) in ratios.items()}


@pytest.mark.parametrize(("limit", "used"), [({}, None), ({"textiles": 1000}, Decimal("0.85"))])
def test_the_limit_of_an_industry_is_used_only_where_one_is_set(book, limit, used):
    works(book, "textiles", "steel")
    for industry in ("textiles", "steel"):
        month_ends(book.lender, industry, 1, before=0, after=0)
    Parameter.objects.create(lender=book.lender, key="limits.sector", value=limit, valid_from=date(2026, 1, 1), source="House", confidence="own")
    assert seen(book, "sector_limit_used") == {"textiles": used, "steel": None}


def test_a_shock_counts_from_its_first_day_and_no_longer_on_the_day_it_ends(book):
    began, tomorrow = date(2026, 1, 1), CLOSE + timedelta(days=1)
    shocks = {"begins": (CLOSE, None, "strong"), "later": (tomorrow, None, "none"), "ends": (began, CLOSE, "none"), "last": (began, tomorrow, "strong")}
    works(book, *shocks)
    for industry, (begins, ends, _) in shocks.items():
        told = {"lender": book.lender, "industry": industry, "source": "Ministry", "headline": "Quota", "known_from": min(begins, CLOSE)}
        SectorEvent.objects.create(number=f"E-{industry}", valid_from=begins, to_on=ends, level="strong", **told)
    assert seen(book, "sector_event") == {industry: level for industry, (_, _, level) in shocks.items()}


def test_a_borrower_without_an_industry_is_not_evaluable(book):
    book.loan("L-1")
    book.close(CLOSE)
    found = BorrowerDay.objects.get(as_of=CLOSE)
    assert (found.sector_default_ratio, found.sector_limit_used, found.sector_event) == (None, None, None)
    assert not SectorDay.objects.exists()
