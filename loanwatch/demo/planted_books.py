"""Planted cases that show in a firm's statements and in the figures that bureaus, tax offices and utilities give of it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from loanwatch.demo.drafts import Note
from loanwatch.demo.garden import Garden, watched
from loanwatch.kernel.calendars import add_months, month_end

# Of a month, in thousands of yuan: a firm in good order.
FLOWS = {
    "revenue": 1000, "cost_of_sales": 800, "gross_profit": 200, "ebitda": 120, "operating_profit": 90, "interest_expense": 25, "net_profit": 45,
    "operating_cash_flow": 70, "tax_paid": 15, "maintenance_capex": 20, "debt_service": 60, "interest_income": 2, "plan_revenue": 1000,
    "purchases": 700,
}  # fmt: skip
# At the end of a period, in thousands of yuan.
STANDS = {
    "total_assets": 10_000, "current_assets": 5_500, "cash": 600, "receivables": 1_800, "inventory": 1_400, "other_receivables": 200,
    "total_liabilities": 5_500, "current_liabilities": 4_400, "borrowings": 3_500, "payables": 1_000, "equity": 4_500,
}  # fmt: skip
AUDITOR = "诚信会计师事务所 Chengxin CPA"
BUREAU, SCALE = "示范征信 Demo Credit Bureau", "0-1000"
TAX, GRID, LABOUR = "税务局 Tax office", "供电公司 Grid company", "社保局 Social insurance office"


def last_quarter(as_of: date) -> date:
    """The last end of a quarter before the quarter of `as_of`."""
    return month_end(add_months(date(as_of.year, (as_of.month - 1) // 3 * 3 + 1, 1), -1))


def books(garden: Garden, note: Note, now: Mapping[str, int] | None = None, *, opinion: str = "unqualified") -> None:
    """Statements of three years: two whole ones and the part of each year up to the last quarter of this one.

    The twelve months up to that quarter are as `now` says, what was before them as a firm in good order has it; both in
    thousands of yuan. So sums of twelve months and the parts of the years compare alike. opinion: of the auditor on the last whole year.
    """
    latest = last_quarter(garden.frame.as_of)
    turn = month_end(add_months(latest, -12))
    spans = {(month_end(add_months(latest, -12 * back)), latest.month) for back in range(3)}
    spans |= {(date(latest.year - back, 12, 31), 12) for back in (1, 2)}
    for end, months in sorted(spans):
        fresh = max(0, min(months, (end.year - turn.year) * 12 + end.month - turn.month))
        row: dict[str, Any] = {"months": months, "audited": months == 12, "currency": "CNY"}
        if months == 12:
            row["opinion"] = opinion if end > turn or latest.month == 12 else "unqualified"
        row["auditor"] = AUDITOR if months == 12 else None
        for name, usual in FLOWS.items():
            row[name] = thousands(usual * (months - fresh) + (now or {}).get(name, usual) * fresh)
        for name, usual in STANDS.items():
            row[name] = thousands((now or {}).get(name, usual) if end > turn else usual)
        garden.tell("statement", borrower_number=note.party.number, valid_from=end, **row)


def thousands(amount: int) -> Decimal:
    return Decimal(amount) * 1000


def figure(garden: Garden, note: Note, measure: str, points: Mapping[int, Any], source: str = BUREAU, **more: Any) -> None:
    """`points`: days before the last day -> value of the measure."""
    for ago, value in points.items():
        garden.tell("outside_figure", borrower_number=note.party.number, measure=measure, valid_from=garden.day(ago), value=Decimal(value),
                    source=source, **more)  # fmt: skip


def monthly(garden: Garden, note: Note, measure: str, before: int, now: int, source: str, **more: Any) -> None:
    """A figure for each of the last 28 complete months, two years up to the last quarter among them: `now` for the last three, `before` for those before them."""
    for back in range(1, 29):
        end = month_end(add_months(garden.frame.as_of.replace(day=1), -back))
        garden.tell("outside_figure", borrower_number=note.party.number, measure=measure, valid_from=end,
                    value=Decimal(now if back <= 3 else before), source=source, **more)  # fmt: skip


def statements(garden: Garden) -> None:
    """Cases of the financial statements."""
    made = watched(
        garden, "falling_sales", "Sales of twelve months fell by 45 %, earnings before interest, tax and depreciation by 60 %.",
        {"FIN-01": ("-0.45", "red"), "FIN-03": ("-0.6", "red"), "FIN-05": ("1.2", "orange")}, "manager",
    )  # fmt: skip
    books(garden, made, {
        "revenue": 550, "cost_of_sales": 440, "gross_profit": 110, "ebitda": 48, "operating_profit": 30, "net_profit": 5, "purchases": 385,
        "receivables": 990, "inventory": 770, "payables": 550, "plan_revenue": 550})  # fmt: skip
    made = watched(
        garden, "cash_drains", "Cash flow from operations was below nothing in the last twelve months.", {"FIN-02": ("", "yellow")}, "am111b"
    )
    books(garden, made, {"operating_cash_flow": -20})
    made = watched(
        garden, "weak_balance", "Debt service covered 0.8 times (the edge of red), net debt 5.5 times EBITDA (4.8 the statement before), nine tenths of the assets owed.",
        {"FIN-04": ("0.8", "orange"), "FIN-05": ("1.2", "orange"), "FIN-06": ("5.5", "yellow"), "FIN-07": ("0.9", "orange"),
         "FIN-08": ("0.7", "orange")}, "am131b",
    )  # fmt: skip
    books(garden, made, {
        "ebitda": 100, "operating_profit": 60, "interest_expense": 50, "tax_paid": 10, "maintenance_capex": 10, "debt_service": 100,
        "total_liabilities": 9_000, "equity": 1_000, "borrowings": 7_000, "cash": 400, "current_assets": 3_500, "current_liabilities": 5_000,
        "other_receivables": 40})  # fmt: skip
    made = watched(
        garden, "stretched", "Receivables stand 50 % longer than a year ago, stock and payables 60 %; half of the net assets is lent to owners.",
        {"FIN-10": ("0.5", "orange"), "FIN-11": ("0.6", "orange"), "FIN-12": ("0.6", "orange"), "FIN-13": ("0.5", "orange")}, "am132a",
    )  # fmt: skip
    books(garden, made, {"receivables": 2_700, "inventory": 2_240, "payables": 1_600, "other_receivables": 2_250, "current_assets": 8_500})
    made = watched(
        garden, "cash_and_loans", "Cash is 30 % and debt 50 % of the assets, and the cash earns nothing.", {"FIN-14": ("", "yellow")}, "am211b"
    )
    books(garden, made, {"cash": 3_000, "borrowings": 5_000, "interest_income": 0, "current_assets": 7_000})
    made = watched(
        garden, "sales_without_power", "Sales grew by 35 % in the books while taxed sales stood; electricity fell by 45 %, staff by 35 %.",
        {"FIN-15": ("", "orange"), "EXT-10": ("-0.35", "orange"), "EXT-11": ("-0.45", "orange")}, "am212a",
    )  # fmt: skip
    books(garden, made, {"revenue": 1350, "cost_of_sales": 1080, "gross_profit": 270, "plan_revenue": 1350})
    monthly(garden, made, "vat_base", 1_000_000, 1_000_000, TAX, currency="CNY")
    monthly(garden, made, "electricity", 40_000, 22_000, GRID)
    figure(garden, made, "insured_employees", {380: 100, 15: 65}, LABOUR)
    made = watched(
        garden, "plan_missed", "Sales of the year are 65 % of the plan.", {"FIN-19": ("0.65", "orange")}, "am221a"
    )
    books(garden, made, {"revenue": 650, "plan_revenue": 1000, "cost_of_sales": 520, "gross_profit": 130})
    made = watched(
        garden, "going_concern", "The auditor doubts that the firm can go on.", {"FIN-17": ("refused", "red")}, "am222a"
    )
    books(garden, made, opinion="going_concern")
    clean(garden)


def clean(garden: Garden) -> None:
    """A firm of which everything is told and nothing is wrong."""
    clear = "FIN-01 FIN-03 FIN-04 FIN-05 FIN-06 FIN-07 FIN-08 FIN-10 FIN-11 FIN-12 FIN-13 FIN-15 FIN-18 FIN-19 EXT-08 EXT-10 EXT-11 GRP-02 MGT-03"
    fine = dict.fromkeys((*clear.split(), "COL-09"), ("", ""))
    made = watched(garden, "all_in_order", "Everything is told of this firm, and nothing is wrong.", fine, "manager", segment="medium")
    books(garden, made)
    monthly(garden, made, "vat_base", 1_000_000, 1_000_000, TAX, currency="CNY")
    monthly(garden, made, "electricity", 40_000, 39_000, GRID)
    figure(garden, made, "insured_employees", {380: 100, 15: 98}, LABOUR)
    bureau(garden, made, {380: 1_000_000, 200: 1_000_000, 10: 1_050_000}, {380: 700, 100: 702, 10: 698})
    for measure in ("owner_dpd", "owner_new_loans"):
        figure(garden, made, measure, {100: 0, 10: 0})
    figure(garden, made, "guarantees_given", {100: 900_000}, currency="CNY")


def bureau(garden: Garden, note: Note, debt: Mapping[int, int], score: Mapping[int, int], *, inquiries: int = 0, dpd: int = 0, npl: int = 0) -> None:
    """What the bureau says: debt at all lenders and the score by days ago, the other figures as of ten days ago."""
    figure(garden, note, "bureau_total_debt", debt, currency="CNY")
    figure(garden, note, "bureau_score", score, scale=SCALE)
    figure(garden, note, "bureau_inquiries", {100: 0, 10: inquiries})
    figure(garden, note, "bureau_dpd_others", {100: 0, 10: dpd})
    figure(garden, note, "bureau_npl_share", {100: 0, 10: npl})


def figures(garden: Garden) -> None:
    """Cases of single figures from outside."""
    made = watched(
        garden, "bureau_worse", "Debt at all lenders grew by 70 % in a year, the score fell by 90 points, 16 % of the debt is long overdue.",
        {"FIN-18": ("0.7", "orange"), "EXT-08": ("-90", "orange"), "GRP-02": ("0.16", "orange")}, "am111c",
    )  # fmt: skip
    bureau(garden, made, {380: 1_000_000, 200: 1_200_000, 10: 1_700_000}, {380: 700, 100: 700, 10: 610}, inquiries=5, dpd=20, npl=16)
    made = watched(
        garden, "owner_in_arrears", "The owner is 45 days past due with a loan of his own.", {"MGT-03": ("45", "orange")}, "am131a"
    )
    figure(garden, made, "owner_dpd", {100: 0, 12: 45})
    figure(garden, made, "owner_new_loans", {12: 1})
    made = watched(
        garden, "guarantor_overloaded", "Stands for 13.5 million with net assets of 4.5 million.", {"COL-09": ("3", "orange")}, "am132b"
    )
    books(garden, made)
    figure(garden, made, "guarantees_given", {20: 13_500_000}, currency="CNY")
    made = watched(
        garden, "project_behind", "The project stands at 40 %; 62 % were planned by now.", {"USE-07": ("22", "orange")}, "am211c", product="FA",
        amount=3_000_000, before=5,
    )  # fmt: skip
    for measure, value in (("project_progress", 40), ("project_planned", 62)):
        figure(garden, made, measure, {25: value}, "监理公司 Supervisor")
    for measure, value in (("project_spent", 2_000_000), ("project_budget", 5_000_000)):
        figure(garden, made, measure, {25: value}, "监理公司 Supervisor", currency="CNY")
    made = watched(
        garden, "downgraded", "Three notches down within a year (BBB− to BB−); the bank's own rating is 400 days old.",
        {"EXT-07": ("3", "red"), "REL-01": ("1.095890", "orange")}, "am222b",
    )  # fmt: skip
    figure(garden, made, "external_rating", {300: 10, 30: 13}, "示范评级 Demo Ratings", scale="AAA-D")
    figure(garden, made, "internal_rating", {400: 5}, "内部评级 Internal rating", scale="1-12")
