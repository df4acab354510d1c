"""A night asks only of what was ever told; what it leaves out is what asking would have found."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.observation import slice
from alerts.observation.borrowers.grain import BORROWER
from alerts.observation.loans.grain import LOAN
from borrowers.loans.models import Guarantee
from tests.factories import BorrowerFactory
from tests.observed import assert_carried_is_fresh

JUN = date(2026, 6, 1)
EVERYTHING = frozenset(part.name for grain in (LOAN, BORROWER) for part in (*grain.families, *grain.windows))


@pytest.fixture
def loans(nights):
    return [nights.loan(borrower=BorrowerFactory(lender=nights.lender, industry=industry)) for industry in ("", "C17")]


def test_where_nothing_was_told_a_family_says_what_its_own_question_would_find(nights, loans, monkeypatch):
    nights.close(JUN, JUN + timedelta(days=1))
    monkeypatch.setattr(slice, "_told", lambda *_: EVERYTHING)
    assert_carried_is_fresh(nights.lender, nights.last)


def test_what_is_told_for_the_first_time_is_asked_from_that_night_on(nights, loans):
    guarantor = BorrowerFactory(lender=nights.lender)
    nights.close(JUN)
    assert nights.seen(loans[0], "guarantors") == 0
    nights.fact(Guarantee, loans[0], JUN + timedelta(days=1), guarantor=guarantor, amount=100)
    nights.close(JUN + timedelta(days=1))
    assert [nights.seen(loan, "guarantors") for loan in loans] == [1, 0]


def test_a_slice_takes_no_more_statements_than_its_families_allow(nights, loans, monkeypatch):
    monkeypatch.setattr(slice, "_told", lambda *_: EVERYTHING)
    monkeypatch.setattr(slice, "SMALL", 0)
    for day in (JUN, JUN + timedelta(days=1)):
        with CaptureQueriesContext(connection) as queries:
            nights.close(day, fresh=False)
        assert len([q for q in queries if "lw_" in q["sql"] or "day x" in q["sql"]]) <= slice.most_statements(LOAN) + slice.most_statements(BORROWER)
