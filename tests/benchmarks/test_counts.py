"""What the benchmark counts, counted on small books: these goals do not wait for a large machine.

Times are no matter here; `make bench` measures them.
"""

from datetime import timedelta

import pytest

from alerts.observation.borrowers.grain import BORROWER
from alerts.observation.loans.grain import LOAN
from alerts.observation.slice import most_statements
from benchmarks import nights, reference
from benchmarks.book import FIRST, Shape, make, tell
from benchmarks.nightly import slices_night, still_night

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _made_by_the_owner(as_owner):
    """The book is made and closed under the owner's log-in, as the benchmark does it."""


def statements(took: dict) -> dict[str, int]:
    return {step: one.statements for step, one in took.items()}


@pytest.mark.long
def test_a_night_asks_no_more_statements_for_900_loans_than_for_300_but_what_each_family_may_add():
    counted = []
    for code, loans in (("FEW", 300), ("MANY", 900)):
        shape = Shape(loans, flow_days=3, regions=2, branches=3)
        lender = make(code, shape)
        for night in range(3):
            if night:
                tell(lender, shape, FIRST + timedelta(days=night))
            took = nights.close(lender, FIRST + timedelta(days=night), slices=2, whole=False)
        counted.append(statements(took))
    few, many = counted
    asked = ("observe", "warn")  # which leave out what a slice has nothing for
    assert {step: n for step, n in few.items() if step not in asked} == {step: n for step, n in many.items() if step not in asked}
    assert many["warn"] <= few["warn"] + 20
    # A larger slice has more families with news and more tables worth an index, up to a bound that no size can pass.
    assert many["observe"] <= 2 * (most_statements(LOAN) + most_statements(BORROWER) + 20)


@pytest.mark.long
def test_a_night_without_news_writes_no_alert_row():
    found = still_night(300)
    assert found["open"] > 300
    assert (found["by"], found["alerts"], found["evidence"], found["changes"], found["warned"]) == ([], 0, 0, 0, 0)


@pytest.mark.long
@pytest.mark.parametrize("program", ["orm_bulk", "orm_naive"])
def test_programs_that_go_loan_by_loan_find_the_same_figures_rules_and_alerts(program, monkeypatch):
    monkeypatch.setitem(reference.SAMPLE, program, 150)
    shape = Shape(300, flow_days=3, regions=2, branches=3)
    lender = make("REFERENCE", shape)
    for night in range(2):
        if night:
            tell(lender, shape, FIRST + timedelta(days=night))
        nights.close(lender, FIRST + timedelta(days=night))
    day = FIRST + timedelta(days=2)
    tell(lender, shape, day)
    found = reference.compare(program, lender, day, 1.0)
    assert found["loans_compared"] == 150 and found["figures"] >= 12 and found["rules"] >= 25


@pytest.mark.long
def test_one_two_and_seven_slices_leave_the_same_rows(renewed):
    found = {}
    for count in (1, 2, 7):
        found[count] = slices_night(300, count)
        renewed()
    assert found[1]["checksums"] == found[2]["checksums"] == found[7]["checksums"]
    assert found[1]["rows"]["observe"] == found[7]["rows"]["observe"] > 250
