"""The mortgage panel, replayed month by month: our figures are those that pandas computes from the raw files.

Definitions: a status of n whole months is n x 30 days past due; active is a loan with a row for the month and no
zero-balance code; a blank balance is the original balance.
"""

import os
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest

from alerts.observation.queries import figures
from borrowers.feeds.actions import Order, load
from borrowers.feeds.importer.formats import find
from loanwatch.day.actions import close_days
from loanwatch.kernel.calendars import add_months, month_end
from loanwatch.lenders.actions import open_lender
from loanwatch.people.tree import open_head_office

SHARED = Path(os.environ.get("LOANWATCH_SHARED") or Path(__file__).resolve().parents[4] / "shared")
PANEL = SHARED / "data" / "fannie_mae_2007q3"
FIRST, LAST = date(2007, 7, 31), date(2012, 12, 31)
COMPARED = [date(2009, 12, 31), date(2010, 12, 31), date(2011, 12, 31)]

pytestmark = [  # sixty-six months: too long for the fast suite
    pytest.mark.skipif(not PANEL.is_dir(), reason=f"The real mortgage panel is not here: there is no folder {PANEL}."),
    pytest.mark.faults,
]


def by_pandas() -> dict[date, dict]:
    """Figures per month-end straight from the raw files; nothing of the product is used."""
    rows = pd.read_csv(PANEL / "performance.csv.gz", dtype=str, keep_default_na=False)
    original = pd.read_csv(PANEL / "acquisition.csv.gz", dtype=str, keep_default_na=False).set_index("loan_id")["orig_upb"]
    rows["day"] = (pd.to_datetime(rows["monthly_reporting_period"], format="%m/%d/%Y") + pd.offsets.MonthEnd(0)).dt.date
    active = rows[rows["zero_balance_code"] == ""].copy()
    balance = active["current_actual_upb"].where(active["current_actual_upb"] != "", active["loan_id"].map(original))
    active["balance"] = balance.map(Decimal)
    active["late"] = active["current_loan_delinquency_status"].astype(int) * 30
    return {day: of_month(month) for day, month in active.groupby("day")}


def of_month(month: pd.DataFrame) -> dict:
    total = sum(month["balance"], Decimal(0))

    def share(least: int) -> Decimal:
        late = sum(month.loc[month["late"] >= least, "balance"], Decimal(0))
        return (100 * late / total).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)

    return {
        "loans": len(month),
        "30-59": int(((month["late"] >= 30) & (month["late"] < 60)).sum()),
        "60-89": int(((month["late"] >= 60) & (month["late"] < 90)).sum()),
        "90+": int((month["late"] >= 90).sum()),
        "outstanding": f"{total:.2f}",
        "par30": share(30),
        "par90": share(90),
    }


def in_short(answer: dict) -> dict:
    late = {name: answer["buckets"][name]["loans"] for name in ("30-59", "60-89", "90+")}
    shares = {name: Decimal(answer[name]).quantize(Decimal("0.0001")) for name in ("par30", "par90")}
    return {"loans": answer["loans"], **late, "outstanding": answer["outstanding"]["USD"], **shares}


@pytest.fixture
def panel(transactional_db, as_worker):
    """The lender of the panel, every month from 2007-07 to 2012-12 loaded and closed in order."""
    lender = open_lender(code="PANEL", currency="USD", zone="America/New_York", calendar="month_end", holidays_until=2013)
    open_head_office(lender, name="Head office", on=date(1970, 1, 1))
    loaded = load(Order(lender, find("mortgage_acquisition"), PANEL / "acquisition.csv.gz", FIRST))
    assert (loaded.state, loaded.applied, loaded.left_out) == ("applied", 106, 5994 - 106)
    performance, day, absent = find("mortgage_performance"), FIRST, {}
    while day <= LAST:
        loaded = load(Order(lender, performance, PANEL / "performance.csv.gz", day))
        assert loaded.state == "applied", loaded.reason
        assert loaded.quarantined == 0
        absent[day] = loaded.notes["absent"]["sample"]
        assert [closed.state for closed in close_days(lender, day, day)] == ["closed"]
        day = month_end(add_months(day.replace(day=1), 1))
    return lender, absent


def test_three_year_ends_agree_with_pandas_to_the_cent_and_absent_loans_are_listed(panel):
    lender, absent = panel
    expected = by_pandas()
    for day in COMPARED:
        assert in_short(figures(lender, day)) == expected[day], day
    assert "100500330888" in absent[date(2007, 12, 31)]  # the source is cut off after this loan's fifth month
    assert absent[FIRST] == []
    every_month = {day: in_short(figures(lender, day)) for day in expected if FIRST <= day <= LAST}
    assert every_month == {day: expected[day] for day in every_month}
