"""A book of chance in the real tables of the observation: loans that fall behind, catch up, leave and come back, month by month."""

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from alerts.observation.models import LoanDay
from alerts.rulebook.language import parse
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.writing import tree_to_json
from loanwatch.kernel.calendars import add_months, month_end
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch
from tests.factories import BorrowerFactory, BranchFactory, LenderFactory, LoanFactory, RuleVersionFactory, close_days

MONTHS = [month_end(add_months(date(2025, 1, 1), n)) for n in range(14)]
TEXT = "yellow when days_past_due >= 1\norange when days_past_due >= 31\nred when days_past_due >= 61 and outstanding > 500"


@dataclass(frozen=True)
class Chance:
    """The book, what stands in it as a plain table, and the rule that is asked of it."""

    lender: Lender
    branches: list[Branch]
    version: RuleVersion
    table: pd.DataFrame  # subject, day, dpd (may be missing), outstanding, part

    @property
    def rows(self) -> pd.DataFrame:
        """As `by_pandas.figures` takes it: the rule's level worked out anew, and who is 90 days past due."""
        rows = self.table.copy()
        rows["level"] = [_level(dpd, amount) for dpd, amount in rows[["dpd", "outstanding"]].itertuples(index=False)]
        rows["late"] = rows["dpd"] >= 90
        return rows


def _level(dpd: float, outstanding: int) -> int:
    if pd.isna(dpd):
        # the red condition is false whatever the days, where the balance is small; the others are unknown
        return -1
    return 3 if dpd >= 61 and outstanding > 500 else 2 if dpd >= 31 else 1 if dpd >= 1 else 0


def make(seed: int = 5, loans: int = 60) -> Chance:
    """The same book for the same seed. Every third loan lies in the second branch; two products."""
    chance = random.Random(seed)
    lender = LenderFactory()
    close_days(lender, *MONTHS)
    branches = BranchFactory.create_batch(2, lender=lender)
    made = [LoanFactory(branch=branches[n % 3 == 0], borrower=BorrowerFactory(lender=lender), product__code=("SME", "CARD")[n % 2]) for n in range(loans)]
    days, told = [], []
    for loan in made:
        dpd, outstanding, first, last = 0, chance.choice([400, 900]), chance.randint(0, 3), chance.choice([13, 13, 13, 9])
        for n, day in enumerate(MONTHS):
            if not first <= n <= last:
                continue
            dpd = dpd + 30 if dpd and chance.random() < 0.55 else chance.choice([0, 0, 0, 0, 5, 20])
            seen = None if chance.random() < 0.05 else dpd
            days.append(_day(loan, day, seen, outstanding))
            told.append((loan.pk, pd.Timestamp(day), seen, outstanding, loan.branch.code))
    LoanDay.objects.bulk_create(days)
    tree = tree_to_json(parse(TEXT))
    version = RuleVersionFactory(lender=lender, text=TEXT, tree=tree, handling_days={"yellow": 5, "orange": 3, "red": 1})
    return Chance(lender, branches, version, pd.DataFrame(told, columns=["subject", "day", "dpd", "outstanding", "part"]))


def _day(loan, day: date, dpd: int | None, outstanding: int) -> LoanDay:
    zeros = ("restructures", "extensions_24m", "edge_extensions_24m", "rollovers", "collateral_items", "guarantors", "circle_length", "inputs_missing",
             "inputs_missing_days")  # fmt: skip
    return LoanDay(
        lender=loan.lender, as_of=day, loan=loan, borrower_id=loan.borrower_id, bucket=loan.bucket, branch=loan.branch, product=loan.product, currency="CNY",
        product_code=loan.product.code, product_kind=loan.product.kind, segment="small", principal=loan.principal, outstanding=Decimal(outstanding),
        days_past_due=dpd, dpd_bucket=-1 if dpd is None else sum(dpd >= edge for edge in (1, 30, 60, 90)), restructured=False, risk_class="normal",
        **dict.fromkeys(zeros, 0),
    )  # fmt: skip


def rule_of(book: Chance) -> Rule:
    """The rule of the book."""
    return book.version.rule
