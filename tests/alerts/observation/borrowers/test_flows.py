"""What passes through accounts: each indicator with its boundary, and windows carried against a rescan of every booking."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from alerts.observation.models import BorrowerDay
from borrowers.funds.models import AccountTransaction, DepositAccount
from loanwatch.kernel.calendars import add_months
from tests.observed import assert_carried_is_fresh

DAY = date(2026, 9, 28)  # complete months: to the end of August
LONG_AGO = date(2020, 1, 1)


class Accounts:
    """Accounts and bookings of a house."""

    def __init__(self, house) -> None:
        self.house = house
        self.made = 0

    def account(self, borrower, *, opened: date = LONG_AGO, **named: Any) -> DepositAccount:
        self.made += 1
        named = {"currency": "CNY", "kind": "current", **named}
        return DepositAccount.objects.create(
            lender=borrower.lender, bucket=borrower.bucket, borrower=borrower, number=f"A{self.made}", valid_from=opened, known_from=opened, **named
        )

    def book(self, account: DepositAccount, on: date, amount: Any, category: str = "", **named: Any) -> AccountTransaction:
        self.made += 1
        named = {"known_from": on, "reference": f"T{self.made}", **named}
        return AccountTransaction.objects.create(
            lender=account.lender, bucket=account.bucket, account=account, valid_from=on, amount=amount, category=category, **named
        )

    def with_flows(self, *flows: tuple, account: dict[str, Any] | None = None, borrower: Any = None):
        """A new borrower with one account and its bookings: (day, amount, category, {more})."""
        made = borrower or self.house.borrower()
        held = self.account(made, **(account or {}))
        for on, amount, *rest in flows:
            self.book(held, on, amount, rest[0] if rest else "", **(rest[1] if len(rest) > 1 else {}))
        return made


@pytest.fixture
def accounts(house) -> Accounts:
    return Accounts(house)


def test_inflow_balance_and_payments_of_complete_months(house, accounts):
    flows = accounts.with_flows
    year = [(date(2025, 7, 1), 100), (date(2026, 6, 1), 50)]
    level = [(date(2025, 6, 1), 1000, "", {"balance_after": 1000}), (date(2026, 6, 1), -400, "", {"balance_after": 600})]
    wages = [(date(2025, m, 15), -100, "payroll") for m in (12,)] + [(date(2026, m, 15), -100, "payroll") for m in (1, 2, 3, 4, 5)]
    two_banks = accounts.with_flows((date(2025, 7, 1), 80), (date(2026, 7, 1), 40))
    other = accounts.account(two_banks, bank="Other bank")
    accounts.book(other, date(2025, 7, 1), 20)
    accounts.book(other, date(2026, 7, 1), 60)
    house.check(DAY, [
        ("half", flows(*year), "inflow_change", -0.5),
        ("the last day of August counts", flows(*year, (date(2026, 8, 31), 50)), "inflow_change", 0.0),
        ("the first of September does not", flows(*year, (date(2026, 9, 1), 50)), "inflow_change", -0.5),
        ("the last of May does not", flows(*year, (date(2026, 5, 31), 50)), "inflow_change", -0.5),
        ("loans do not count", flows(*year, (date(2026, 8, 31), 50, "loan"), (date(2026, 8, 31), 50, "own_transfer")), "inflow_change", -0.5),
        ("nothing a year before", flows((date(2026, 6, 1), 50)), "inflow_change", None),
        ("another currency", flows(*year, account={"currency": "USD"}), "inflow_change", None),
        ("no account", house.borrower(), "inflow_change", None),
        ("closed", flows(*year, account={"closed_on": DAY}), "inflow_change", None),
        ("600 from the first of June, 1,000 before", flows(*level), "average_balance", Decimal(600)),
        ("forty percent less", flows(*level), "average_balance_change", -0.4),
        ("half way through August", flows(*level, (date(2026, 8, 1), 920, "", {"balance_after": 1520})), "average_balance", Decimal(910)),
        ("the balance is not told", flows(*level, (date(2026, 8, 1), 920)), "average_balance", None),
        ("wages as ever", flows(*wages, *[(date(2026, m, 15), -100, "payroll") for m in (6, 7, 8)]), "payroll_change", 0.0),
        ("a quarter less", flows(*wages, *[(date(2026, m, 15), -75, "payroll") for m in (6, 7, 8)]), "payroll_change", -0.25),
        ("two cycles missing", flows(*wages, (date(2026, 6, 15), -100, "payroll")), "payments_stopped", 1),
        ("one cycle missing", flows(*wages, (date(2026, 7, 15), -100, "payroll")), "payments_stopped", 0),
        ("never paid any", flows(*year), "payroll_change", None),
        ("our share fell from 80 to 40 percent", two_banks, "our_inflow_share_change", -0.5),
        ("one bank only", flows(*year), "our_inflow_share_change", None),
    ])  # fmt: skip


def test_sales_dormancy_lenders_related_parties_and_buyers(house, accounts, years):
    flows = accounts.with_flows
    due = years({"revenue": 1000})
    house.figure(due, "bureau_total_debt", DAY, 2_000_000)  # half of it here
    pawn = {"counterparty": "Pawn & Co"}
    edge = DAY - timedelta(days=89)
    buyers = [(date(2026, m, 10), 100, "sales", {"counterparty": "Big"}) for m in (3, 4, 5)]
    small = [(date(2026, m, 10), 50, "sales", {"counterparty": "Small"}) for m in (3, 4, 5, 6, 7, 8)]
    x = {"counterparty_account": "X"}
    house.check(DAY, [
        ("400 of 1,000 for half the debt", flows((date(2025, 9, 1), 400, "sales"), borrower=due), "sales_return", 0.8),
        ("no bureau", flows((date(2025, 9, 1), 400, "sales")), "sales_return", None),
        ("thirty days", flows((DAY - timedelta(days=30), 5), (DAY, -5), (DAY, 9, "loan")), "dormant_days", 30),
        ("nothing ever came in", flows((date(2026, 9, 1), -5), account={"opened": date(2026, 9, 1)}), "dormant_days", 27),
        ("opened long before bookings were told", flows((date(2026, 9, 1), -5)), "dormant_days", 27),
        ("no booking was ever told", flows(), "dormant_days", None),
        ("nor any lender", flows(), "outside_lenders_new_90d", None),
        ("nor wages", flows(), "payments_stopped", None),
        ("told, and on no account here", flows((DAY, 5), account={"bank": "Other bank"}), "dormant_days", None),
        ("told elsewhere", flows((DAY, 5), account={"bank": "Other bank"}), "outside_lenders_new_90d", 0),
        ("today", flows((DAY, 5)), "dormant_days", 0),
        ("one", flows((edge, -5, "lender_outside", pawn)), "outside_lenders_new_90d", 1),
        ("ninety days ago", flows((edge - timedelta(days=1), -5, "lender_outside", pawn)), "outside_lenders_new_90d", 0),
        ("the same twice", flows((edge, -5, "lender_outside", pawn), (DAY, -5, "lender_outside", pawn)), "outside_lenders_new_90d", 1),
        ("known for a year", flows((edge - timedelta(days=365), -5, "lender_outside", pawn), (edge, -5, "lender_outside", pawn)), "outside_lenders_new_90d", 0),
        ("known longer ago", flows((edge - timedelta(days=366), -5, "lender_outside", pawn), (edge, -5, "lender_outside", pawn)), "outside_lenders_new_90d", 1),
        ("a tenth", flows((DAY, -10, "lender_outside", pawn), (DAY, -90, "supplier")), "outside_lenders_share_90d", 0.1),
        ("nothing went out", flows((DAY, 90)), "outside_lenders_share_90d", None),
        ("a fifth", flows((DAY, 10, "related"), (DAY, -10, "related"), (DAY, 80), (DAY, 70, "own_transfer")), "related_flow_share_90d", 0.2),
        ("it came back on the tenth day", flows((DAY - timedelta(days=10), -50, "", x), (DAY, 50, "", x)), "round_trip_share_90d", 0.5),
        ("on the eleventh", flows((DAY - timedelta(days=11), -50, "", x), (DAY, 50, "", x)), "round_trip_share_90d", 0.0),
        ("more came than went", flows((DAY, -50, "", x), (DAY, 51, "", x)), "round_trip_share_90d", 0.0),
        ("one of two buyers, and gone", flows(*buyers, *small), "largest_buyer_share", 0.5),
        ("gone", flows(*buyers, *small), "largest_buyer_change", -1.0),
        ("the other one stays", flows(*small), "largest_buyer_change", 0.0),
        ("buyers without a name", flows((date(2026, 8, 1), 5, "sales")), "largest_buyer_share", None),
        ("no account", house.borrower(), "round_trip_share_90d", None),
    ])  # fmt: skip


def test_an_account_is_silent_until_its_first_booking_on_time_ahead_late_or_withdrawn(house, accounts):
    days = [DAY, date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2)]
    made = {name: house.borrower() for name in ("on time", "ahead", "late", "withdrawn")}
    held = {name: accounts.account(borrower) for name, borrower in made.items()}
    accounts.book(held["on time"], days[1], -5)
    accounts.book(held["ahead"], days[2], -5, known_from=DAY)
    accounts.book(held["ahead"], days[1], -5)
    accounts.book(held["late"], days[1], -5)
    accounts.book(held["late"], date(2026, 9, 10), -5, known_from=days[2])
    wrong = accounts.book(held["withdrawn"], days[1], -5)
    accounts.book(held["withdrawn"], days[1], -5, reference=wrong.reference, revision=2, withdrawn=True, known_from=days[2])
    accounts.book(held["withdrawn"], days[3], -5)
    seen = {name: [] for name in made}
    for day in days:
        house.close(day)
        assert_carried_is_fresh(house.lender, day)
        for name, borrower in made.items():
            seen[name].append(house.seen(borrower, day).dormant_days)
    assert seen == {
        "on time": [None, 0, 1, 2, 3], "ahead": [None, 0, 1, 2, 3], "late": [None, 0, 20, 21, 22], "withdrawn": [None, 0, None, 0, 1],
    }  # fmt: skip


def rescan(house, borrower, day: date) -> dict[str, Any]:
    """Some figures from every booking as known on `day`, without any window that is carried."""
    truth: dict[tuple, AccountTransaction] = {}
    for row in AccountTransaction.objects.filter(account__borrower=borrower, known_from__lte=day).order_by("revision").select_related("account"):
        truth[row.account_id, row.reference] = row
    rows = [row for row in truth.values() if not row.withdrawn and row.valid_from <= day]
    month = day.replace(day=1)
    inward = [r for r in rows if r.amount > 0 and r.category not in ("loan", "own_transfer")]
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_day[row.valid_from] += row.amount
    return {
        "inflow_3m": sum(r.amount for r in inward if add_months(month, -3) <= r.valid_from < month),
        "inflow_3m_last_year": sum(r.amount for r in inward if add_months(month, -15) <= r.valid_from < add_months(month, -12)),
        "sales_here_12m": sum(r.amount for r in inward if r.category == "sales" and add_months(month, -12) <= r.valid_from < month),
        "payroll_6m_before": -sum(r.amount for r in rows if r.amount < 0 and r.category == "payroll" and add_months(month, -9) <= r.valid_from < add_months(month, -3)),
        "turnover_90d": sum(abs(r.amount) for r in rows if r.valid_from > day - timedelta(days=90) and r.category != "own_transfer"),
        "credited_on": max((r.valid_from for r in inward), default=None),
        "net_3m": sum(amount for on, amount in by_day.items() if add_months(month, -3) <= on < month),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [7])
def test_carried_windows_equal_a_rescan_of_every_booking(house, accounts, seed):
    """Bookings of sixteen months come on time, late, early, corrected and withdrawn; closes lie a day, a weekend and a month apart."""
    rand = random.Random(seed)
    closes = [DAY, date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 30), date(2026, 10, 31)]
    holders = [house.borrower() for _ in range(4)]
    held = [accounts.account(holder) for holder in holders for _ in range(2)]
    for _ in range(260):
        account = rand.choice(held)
        # as many as possible where windows begin and end
        on = rand.choice([
            date(2025, 6, 1) + timedelta(days=rand.randrange(517)), *[rand.choice(closes) - timedelta(days=d) for d in (0, 0, 89, 90, 91)],
            date(2026, rand.choice([5, 6, 7, 8, 9, 10]), rand.choice([1, 30])),
        ])  # fmt: skip
        known = max(on + timedelta(days=rand.choice([0, 0, 0, 1, 30, -3])), date(2025, 6, 1))
        category = rand.choice(["sales", "sales", "payroll", "loan", "own_transfer", "related", "lender_outside", ""])
        amount = Decimal(rand.randrange(1, 100_000)) / 100 * rand.choice([1, -1])
        more = {"counterparty": rand.choice("PQ"), "counterparty_account": rand.choice(["X", "Y", ""])}
        booked = accounts.book(account, on, amount, category, known_from=known, **more)
        if rand.random() < 0.25:
            accounts.book(
                account, on + timedelta(days=rand.choice([0, 0, 5, -40])), amount * 2, category, reference=booked.reference, revision=2,
                withdrawn=rand.random() < 0.4, known_from=max(known, rand.choice(closes)), **more,
            )  # fmt: skip
    for day in closes:
        house.close(day)
        assert_carried_is_fresh(house.lender, day)
        for holder in holders:
            row = BorrowerDay.objects.values().get(lender=house.lender, as_of=day, borrower=holder)
            expected = rescan(house, holder, day)
            assert {name: row[name] for name in expected} == expected, day
