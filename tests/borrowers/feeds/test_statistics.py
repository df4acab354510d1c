"""The database counts its rows again after a delivery that would mislead its planner, and only then."""

from datetime import date

import pytest
from django.db import connection

from borrowers.feeds import actions
from borrowers.feeds.importer.formats import parse
from tests.factories import BranchFactory, LenderFactory, ProductFactory

DAY, NEXT, THIRD = date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 1)
SPEC = {
    "name": "book", "currency": "CNY", "key": ["number"],
    "borrower": {"number": "number", "kind": {"const": "company"}, "segment": {"const": "small"}},
    "branch": {"code": {"const": "HO"}},
    "loan": {"number": "number", "product": {"const": "WC"}, "principal": {"const": 9000}, "disbursed_on": "from", "rate": "rate"},
    "columns": {
        "number": {"required": True}, "from": {"type": "date", "format": "YYYY-MM-DD", "required": True}, "rate": {"type": "decimal"},
    },
}  # fmt: skip


@pytest.fixture
def counted(as_worker, tmp_path, monkeypatch):
    """Loads a book whose first `dearer` loans of `loans` have another rate; tells whether the database counted again."""
    lender = LenderFactory()
    BranchFactory(lender=lender, code="HO")
    ProductFactory(lender=lender, code="WC")
    asked: list[bool] = []
    monkeypatch.setattr(actions, "MANY_ROWS", 1)
    monkeypatch.setattr(actions, "_refresh_statistics", lambda: asked.append(True))

    def one(day: date, *, loans: int = 40, dearer: int = 0) -> bool:
        path = tmp_path / f"{day}.csv"
        rows = [f"L{n:03},2026-06-01,{5 if n < dearer else 4}\n" for n in range(loans)]
        path.write_text("number,from,rate\n" + "".join(rows))
        asked.clear()
        outcome = actions.load(actions.Order(lender, parse(SPEC, "book"), path, day))
        assert (outcome.state, outcome.applied) == ("applied", dearer or loans), outcome.as_json()
        with connection.cursor() as cursor:
            cursor.execute("SELECT lw_analyse_facts()")
        return bool(asked)

    return one


def test_the_database_counts_again_after_a_book_has_come_and_not_after_five_percent_were_corrected(counted):
    assert counted(DAY)
    assert not counted(NEXT, dearer=2)


def test_the_database_counts_again_after_more_than_five_percent_were_corrected(counted):
    assert counted(DAY)
    assert counted(NEXT, dearer=3)
