"""The figures of a back-test are those of a plain table, over a book of chance."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from alerts.backtests import rules
from alerts.backtests.actions import Order, put, run_to_end
from alerts.backtests.models import BacktestRow, BacktestTarget
from alerts.backtests.queries import levels_of
from alerts.rulebook.models import Rule
from borrowers.loans.models import LoanEvent
from loanwatch.kernel.policy import Refused
from tests.alerts.backtests.by_pandas import assert_same, figures
from tests.alerts.backtests.chance import MONTHS, rule_of

LAST = pd.Timestamp(MONTHS[-1])


def asked_and_done(book, **order):
    asked = Order(rule_of(book).code, **({"from_on": MONTHS[0], "to_on": MONTHS[-1], "months": 3} | order))
    run = run_to_end(put(rule_of(book), asked))
    assert run.state == "done", run.error
    return run


def test_every_figure_at_every_level_is_that_of_a_plain_table(book):
    run = asked_and_done(book, cut="branch")
    for least, found in levels_of(run).items():
        assert_same(found, figures(book.rows, least=least, months=3, last=LAST))
    assert levels_of(run)[1].open > 0
    assert levels_of(run)[1].hits_in_target > 0
    for part in run.result["parts"]:
        told = rules.Figures.from_json(part["levels"]["2"])
        assert_same(told, figures(book.rows[book.rows["part"] == part["part"]], least=2, months=3, last=LAST))
    assert not BacktestTarget.objects.exists()


@pytest.mark.parametrize(("months", "gap", "target"), [(1, 1, "dpd90"), (12, 3, "dpd60"), (6, 2, "dpd30")])
def test_window_gap_and_target_are_the_askers(book, months, gap, target):
    run = asked_and_done(book, months=months, gap=gap, target=target)
    rows = book.rows.assign(late=book.table["dpd"] >= rules.DAYS_OF[target])
    for least, found in levels_of(run).items():
        assert_same(found, figures(rows, least=least, months=months, last=LAST, gap=gap))


def test_a_part_of_the_closes_is_asked_and_the_outcome_is_taken_from_the_closes_after(book):
    run = asked_and_done(book, from_on=MONTHS[2], to_on=MONTHS[6])
    asked = (pd.Timestamp(MONTHS[2]), pd.Timestamp(MONTHS[6]))
    assert run.closes == 8  # five asked, three behind them only looked at
    assert_same(levels_of(run)[1], figures(book.rows, least=1, months=3, last=LAST, asked=asked))
    assert set(BacktestRow.objects.filter(run=run).values_list("as_of", flat=True)) <= set(MONTHS[2:7])


def test_a_charge_off_is_a_target_too(book):
    events = {}
    for subject in book.table["subject"].unique()[:9]:
        on = date(2025, 9, 12)
        LoanEvent.objects.create(loan_id=subject, lender=book.lender, bucket=0, kind="charge_off", valid_from=on, known_from=on)
        events[subject] = [pd.Timestamp(on)]
    run = asked_and_done(book, target="charged_off")
    rows = book.rows
    rows["late"] = [any(on <= day for on in events.get(subject, ())) for subject, day in rows[["subject", "day"]].itertuples(index=False)]
    for least, found in levels_of(run).items():
        assert_same(found, figures(rows, least=least, months=3, last=LAST, events=events))


def test_a_text_of_its_own_is_tested_instead_of_a_version(book):
    run = asked_and_done(book, text="red when outstanding > 500")
    rows = book.rows
    rows["level"] = [3 if amount > 500 else 0 for amount in rows["outstanding"]]
    assert_same(levels_of(run)[3], figures(rows, least=3, months=3, last=LAST))
    assert run.version is None


def test_parts_of_other_kinds_hold_each_loan_close_once(book):
    for cut, parts in (("product", {"SME", "CARD"}), ("segment", {"small"}), ("size", {"1", "2", "3", "4"})):
        found = asked_and_done(book, cut=cut).result["parts"]
        assert {part["part"] for part in found} == parts
        assert sum(part["levels"]["1"]["observed"] for part in found) == len(book.rows)


def test_the_window_ends_on_a_months_last_day_when_it_begins_on_one():
    assert rules.window_end(date(2025, 2, 28), 3) == date(2025, 5, 31)
    assert rules.window_end(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert rules.window_end(date(2025, 2, 27), 3) == date(2025, 5, 27)


def test_a_share_of_few_cases_has_a_wide_range():
    assert rules.interval(0, 0) is None
    assert rules.interval(14, 14) == (Decimal("0.785"), Decimal("1.000"))
    assert rules.interval(50, 100) == (Decimal("0.404"), Decimal("0.596"))


def test_lead_times_are_counted_by_thirty_days():
    assert rules.bars([1, 30, 31, 92]) == (2, 1, 0, 1)
    assert rules.bars([]) == ()


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"from_on": date(2024, 1, 1), "to_on": date(2024, 6, 30)}, "BACKTEST_NO_CLOSE"), ({"from_on": MONTHS[5], "to_on": MONTHS[4]}, "BACKTEST_PERIOD"),
     ({"version": 9}, "BACKTEST_VERSION")],
)  # fmt: skip
def test_what_can_not_be_tested_is_refused_with_its_reason(book, changed, code):
    with pytest.raises(Refused) as refused:
        asked_and_done(book, **changed)
    assert refused.value.code == code


@pytest.mark.parametrize("grain", ["branch", "staff"])
def test_rules_that_are_not_about_loans_or_borrowers_are_refused(book, grain):
    rule = Rule.objects.get(pk=rule_of(book).pk)
    rule.grain = grain
    with pytest.raises(Refused) as refused:
        put(rule, Order(rule.code, MONTHS[0], MONTHS[-1]))
    assert refused.value.code == "BACKTEST_GRAIN"
