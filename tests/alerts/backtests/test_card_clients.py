"""The card clients with their real outcome: every figure of the back-test is that of pandas over the raw file.

Six months of statements are loaded, the last two month-ends closed by the day's own steps, and the outcome column (in default in October 2005)
is told as a charge-off of that month. The rule is asked at the end of September.
"""

from datetime import date

import pandas as pd
import pytest

from alerts.backtests import rules
from alerts.backtests.actions import Order, put, run_to_end
from alerts.backtests.queries import levels_of
from alerts.rulebook.models import Rule
from borrowers.loans.models import Loan, LoanEvent
from loanwatch.day.actions import close_days
from loanwatch.lenders.actions import open_lender
from loanwatch.people.tree import open_head_office
from loanwatch.trail.models import BusinessDay
from tests.alerts.backtests.by_pandas import assert_same, figures
from tests.borrowers.feeds.real_sets import needs_data, raw, take

pytestmark = [*needs_data, pytest.mark.faults]  # a whole published file, closed twice: too long for the fast suite

FILE = "uci_taiwan_cards_2005/clients.csv.gz"
MONTHS = [date(2005, 4, 30), date(2005, 5, 31), date(2005, 6, 30), date(2005, 7, 31), date(2005, 8, 31), date(2005, 9, 30)]
ASKED, AFTER = MONTHS[-1], date(2005, 10, 31)
TEXT = (
    "yellow when days_past_due >= 30\norange when days_past_due >= 60 or (days_past_due >= 30 and outstanding > 0.9 * principal)\n"
    "red when days_past_due >= 60 and was(days_past_due, 30 days) >= 60"
)


@pytest.fixture
def cards(as_worker):
    """The lender, with what it knew at the end of September 2005 and what was known a month later."""
    lender = open_lender(code="CARDS", currency="TWD", zone="Asia/Taipei", calendar="month_end", holidays_until=2006)
    open_head_office(lender, name="Head office", on=date(1970, 1, 1))
    for day in MONTHS[:-1]:
        loaded = take(lender, "card_clients", FILE, day)
        assert loaded.state == "applied", loaded.reason
    list(close_days(lender, MONTHS[-2], MONTHS[-2]))
    assert take(lender, "card_clients", FILE, ASKED).state == "applied"
    list(close_days(lender, ASKED, ASKED))
    BusinessDay.objects.create(lender=lender, business_date=AFTER, state=BusinessDay.State.CLOSED)  # so that the window is over
    return lender


def expected_rows() -> pd.DataFrame:
    """Client, level of the rule and branch, straight from the raw file; nothing of the product is used."""
    clients = raw(FILE)
    now, before = (clients[name].astype(int).clip(lower=0) * 30 for name in ("PAY_0", "PAY_2"))
    bill, limit = clients["BILL_AMT1"].astype(float), clients["LIMIT_BAL"].astype(float)
    level = pd.Series(0, index=clients.index)
    level[now >= 30] = 1
    level[(now >= 60) | ((now >= 30) & (bill > 0.9 * limit))] = 2
    level[(now >= 60) & (before >= 60)] = 3
    branch = "CARD-" + (clients["ID"].astype(int) % 20).map("{:02d}".format)
    return pd.DataFrame({
        "subject": "C" + clients["ID"], "day": pd.Timestamp(ASKED), "level": level, "late": False, "part": branch, "default": clients["class"] == "1",
    })  # fmt: skip


def test_the_figures_on_17900_card_clients_are_those_of_pandas(cards):
    rows = expected_rows()
    loans = dict(Loan.objects.filter(lender=cards).values_list("number", "pk"))
    LoanEvent.objects.bulk_create(
        LoanEvent(loan_id=loans[number], lender=cards, bucket=0, kind="charge_off", valid_from=date(2005, 10, 15), known_from=date(2005, 10, 15))
        for number in rows.loc[rows["default"], "subject"]
    )
    events = {number: [pd.Timestamp(2005, 10, 15)] for number in rows.loc[rows["default"], "subject"]}
    rule = Rule.objects.create(lender=cards, code="CARD-1", name="Late card", family="repayment", grain="loan")
    run = run_to_end(put(rule, Order("CARD-1", ASKED, ASKED, text=TEXT, target=rules.CHARGED_OFF, months=1, cut="branch")))
    assert run.state == "done", run.error
    last = pd.Timestamp(AFTER)
    found = levels_of(run)
    for least, told in found.items():
        assert_same(told, figures(rows, least=least, months=1, last=last, events=events))
    assert (found[1].observed, found[1].targets) == (17_900, int(rows["default"].sum()))
    assert found[3].precision > found[2].precision > found[1].precision > found[1].base_rate
    assert len(run.result["parts"]) == 20
    for part in run.result["parts"]:
        figures_of_part = figures(rows[rows["part"] == part["part"]], least=2, months=1, last=last, events=events)
        assert_same(rules.Figures.from_json(part["levels"]["2"]), figures_of_part)
