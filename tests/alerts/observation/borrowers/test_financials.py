"""What statements say of a borrower: each indicator with its boundary on both sides and with an input missing."""

from datetime import date, timedelta
from decimal import Decimal

from borrowers.covenants.models import Covenant
from tests.observed import assert_carried_is_fresh

DAY = date(2026, 9, 28)
END = date(2025, 12, 31)


def test_growth_cash_cover_and_debt(house, years):
    y = years
    burning = {"operating_cash_flow": -1}
    debt = {"ebitda": 100, "borrowings": 500, "cash": 100}
    service = {"ebitda": 1000, "tax_paid": 50, "maintenance_capex": 70, "debt_service": 733}
    house.check(DAY, [
        ("ten percent less", y({"revenue": 90}, {"revenue": 100}), "sales_change", -0.10),
        ("a bit less than ten percent", y({"revenue": Decimal("90.01")}, {"revenue": 100}), "sales_change", -0.0999),
        ("no year before", y({"revenue": 90}), "sales_change", None),
        ("the year before sold nothing", y({"revenue": 90}, {"revenue": 0}), "sales_change", None),
        ("no sales told", y({"ebitda": 1}, {"revenue": 100}), "sales_change", None),
        ("another currency", y({"revenue": 90}, {"revenue": 100, "currency": "USD"}), "sales_change", None),
        ("growth from next to nothing is kept within bounds", y({"revenue": 10**12}, {"revenue": Decimal("0.01")}), "sales_change", Decimal(9999999)),
        ("no statement", house.borrower(), "negative_cash_flow_periods", None),
        ("earned this year", y({"operating_cash_flow": 0}, burning), "negative_cash_flow_periods", 0),
        ("one year", y(burning, {"operating_cash_flow": 5}, burning), "negative_cash_flow_periods", 1),
        ("three years", y(burning, burning, burning), "negative_cash_flow_periods", 3),
        ("a year that does not tell ends the row", y(burning, {"revenue": 1}, burning), "negative_cash_flow_periods", 1),
        ("this year does not tell", y({"revenue": 1}, burning), "negative_cash_flow_periods", None),
        ("half", y({"ebitda": 50}, {"ebitda": 100}), "ebitda_change", -0.5),
        ("from a loss", y({"ebitda": 50}, {"ebitda": -100}), "ebitda_change", None),
        ("into a loss", y({"ebitda": -50}, {"ebitda": 100}), "ebitda", Decimal(-50)),
        ("at 1.2", y(service | {"debt_service": Decimal("733.33")}), "debt_service_cover", 1.200005),
        ("below 1.2", y(service | {"debt_service": 734}), "debt_service_cover", 1.198910),
        ("no capital spending told", y({**service, "maintenance_capex": None}), "debt_service_cover", None),
        ("nothing to serve", y({**service, "debt_service": 0}), "debt_service_cover", None),
        ("two times", y({"operating_profit": 200, "interest_expense": 100}), "interest_cover", 2.0),
        ("no interest", y({"operating_profit": 200, "interest_expense": 0}), "interest_cover", None),
        ("four times", y(debt), "net_debt_to_ebitda", 4.0),
        ("a loss", y({**debt, "ebitda": 0}), "net_debt_to_ebitda", None),
        ("the one before", y(debt, {**debt, "ebitda": 80}), "net_debt_to_ebitda_before", 5.0),
        ("none before", y(debt), "net_debt_to_ebitda_before", None),
    ])  # fmt: skip


def test_closing_figures_margins_turnover_and_plan(house, years):
    y = years
    balance = {"total_assets": 1000, "total_liabilities": 700}
    before = {"total_assets": 1000, "total_liabilities": 620}
    margin = [{"revenue": 100, "gross_profit": 27}] + [{"revenue": 100, "gross_profit": 30}] * 3
    claims = [{"revenue": 365, "receivables": 120}, {"revenue": 365, "receivables": 100}]
    idle = {"total_assets": 1000, "cash": 201, "borrowings": 401, "interest_income": 1}
    house.check(DAY, [
        ("seventy percent", y(balance), "debt_to_assets", 0.7),
        ("eight points", y(balance, before), "debt_to_assets_change", 0.08),
        ("no year before", y(balance), "debt_to_assets_change", None),
        ("negative equity", y({"total_assets": 1000, "total_liabilities": 1100, "equity": -100}), "debt_to_assets", 1.1),
        ("no assets", y({"total_assets": 0, "total_liabilities": 1100}), "debt_to_assets", None),
        ("a closing of six months counts as well", y(balance, months=6), "debt_to_assets", 0.7),
        ("at one", y({"current_assets": 50, "current_liabilities": 50}), "current_ratio", 1.0),
        ("nothing current", y({"current_assets": 50, "current_liabilities": 0}), "current_ratio", None),
        ("three points", y(*margin), "margin_squeeze", -0.03),
        ("two years are enough", y(*margin[:3]), "margin_squeeze", -0.03),
        ("one year is not", y(*margin[:2]), "margin_squeeze", None),
        ("the worse of two", y(*[m | {"operating_profit": 10 - 5 * (i == 0)} for i, m in enumerate(margin)]), "margin_squeeze", -0.05),
        ("120 days", y(*claims), "receivable_days", 120.0),
        ("twenty percent more", y(*claims), "receivable_days_change", 0.2),
        ("no receivables told", y({"revenue": 365}, claims[1]), "receivable_days_change", None),
        ("a quarter more", y({"cost_of_sales": 100, "inventory": 25}, {"cost_of_sales": 100, "inventory": 20}), "inventory_days_change", 0.25),
        ("half more", y({"purchases": 100, "payables": 30}, {"purchases": 100, "payables": 20}), "payable_days_change", 0.5),
        ("no purchases", y({"purchases": 0, "payables": 30}, {"purchases": 100, "payables": 20}), "payable_days_change", None),
        ("a fifth", y({"other_receivables": 20, "equity": 100}), "other_receivables_share", 0.2),
        ("negative equity", y({"other_receivables": 20, "equity": -1}), "other_receivables_share", None),
        ("one year", y(idle, {"cash": 200}), "cash_and_loans_years", 1),
        ("two years", y(idle, idle, {"cash": 300}), "cash_and_loans_years", 2),
        ("cash at the limit", y({**idle, "cash": 200}, {"cash": 300}), "cash_and_loans_years", 0),
        ("interest at the limit", y({**idle, "cash": 250, "interest_income": Decimal("1.25")}, {"cash": 250}), "cash_and_loans_years", 0),
        ("cash of the year before missing", y(idle), "cash_and_loans_years", None),
        ("85 percent", y({"revenue": 85, "plan_revenue": 100}), "plan_met", 0.85),
        ("no plan", y({"revenue": 85}), "plan_met", None),
    ])  # fmt: skip


def test_twelve_months_are_laid_together_from_shorter_statements(house):
    quarters, to_date, gap, mixed = (house.borrower() for _ in range(4))
    for n in range(8):
        house.statement(quarters, date(2026, 6, 30) - timedelta(days=round(91.3 * n)), months=3, revenue=100 if n < 4 else 50)
    for on, months, revenue in ((date(2026, 6, 30), 6, 70), (END, 12, 100), (date(2025, 6, 30), 6, 40), (date(2024, 12, 31), 12, 80)):
        house.statement(to_date, on, months=months, revenue=revenue)
    for n in (0, 1, 3):
        house.statement(gap, date(2026, 6, 30) - timedelta(days=round(91.3 * n)), months=3, revenue=100)
    house.statement(mixed, END, months=12, revenue=90, audited=False)
    house.statement(mixed, END, months=12, revenue=80, audited=True)
    house.check(DAY, [
        ("four quarters", quarters, "sales", Decimal(400)),
        ("against the four before", quarters, "sales_change", 1.0),
        ("half a year, the year before, less its first half", to_date, "sales", Decimal(130)),
        ("a quarter is missing", gap, "sales", None),
        ("the audited one counts", mixed, "sales", Decimal(80)),
    ])  # fmt: skip


def test_sales_are_held_against_tax_and_electricity_of_the_same_months(house, years):
    both, short = (years({"revenue": 110}, {"revenue": 100}) for _ in range(2))
    for n in range(24):
        month = date(2025 - n // 12, 12 - n % 12, 28)
        house.figure(both, "vat_base", month, 100)
        house.figure(both, "electricity", month, 80 if n < 12 else 100)
        if n < 23:
            house.figure(short, "vat_base", month, 100)
    house.check(DAY, [
        ("sales up ten percent, electricity down twenty", both, "sales_growth_gap", 0.3),
        ("a month is missing", short, "sales_growth_gap", None),
    ])  # fmt: skip


def test_the_auditor(house, years):
    y = years
    told = {"audited": True, "auditor": "A & Co", "opinion": "unqualified"}
    house.check(DAY, [
        ("nothing", y(told, told), "audit_trouble", "none"),
        ("another auditor", y({**told, "auditor": "B & Co"}, told), "audit_trouble", "auditor_changed"),
        ("qualified", y({**told, "opinion": "qualified"}), "audit_trouble", "qualified"),
        ("restated", y({**told, "restated": True}), "audit_trouble", "qualified"),
        ("going concern", y({**told, "opinion": "going_concern", "restated": True}), "audit_trouble", "refused"),
        ("opinion not told", y({**told, "opinion": ""}), "audit_trouble", None),
        ("not audited", y({"revenue": 1}), "audit_trouble", None),
    ])  # fmt: skip


def test_statements_are_late_from_the_day_after_the_agreed_one(house):
    def promised(test_on: date, *, grace: int, delivered: tuple[date, ...] = (), ends_on: date | None = None):
        made = house.borrower()
        start = test_on - timedelta(days=90)
        Covenant.objects.create(
            lender=house.lender, borrower=made, number=f"K{made.pk}", title="Quarterly statements", measure="statements", comparison="happens",
            every_months=3, grace_days=grace, valid_from=start, known_from=start, ends_on=ends_on,
        )  # fmt: skip
        for on in delivered:
            house.statement(made, on, months=3)
        return made

    start = date(2026, 6, 30)  # its first test date is 30 September 2026
    before = date(2026, 3, 31)  # its first test date is 30 June 2026
    house.check(DAY, [
        ("not due yet", promised(start + timedelta(days=90), grace=45), "statements_late_days", 0),
        ("on the agreed day", promised(before + timedelta(days=90), grace=90), "statements_late_days", 0),
        ("a day later", promised(before + timedelta(days=90), grace=89), "statements_late_days", 1),
        ("delivered", promised(before + timedelta(days=90), grace=45, delivered=(date(2026, 6, 30),)), "statements_late_days", 0),
        ("a statement of an earlier period does not count", promised(before + timedelta(days=90), grace=45, delivered=(before,)), "statements_late_days", 45),
        ("a later one settles it", promised(before + timedelta(days=90), grace=45, delivered=(date(2026, 8, 31),)), "statements_late_days", 0),
        ("the covenant ended before", promised(before + timedelta(days=90), grace=45, ends_on=date(2026, 6, 29)), "statements_late_days", None),
        ("nothing promised", house.borrower(), "statements_late_days", None),
    ])  # fmt: skip


def test_statements_that_come_late_are_restated_or_withdrawn_are_seen_when_they_are_known(house, years):
    late, restated, withdrawn = (years({"revenue": 90}, {"revenue": 100}) for _ in range(3))
    second, third = date(2026, 9, 29), date(2026, 9, 30)
    house.statement(late, date(2026, 6, 30), months=6, revenue=60, known_from=second)
    house.statement(late, date(2025, 6, 30), months=6, revenue=30, known_from=third)
    house.statement(restated, END, months=12, revenue=80, revision=2, known_from=second)
    house.statement(withdrawn, END, months=12, revenue=90, revision=2, withdrawn=True, known_from=third)
    seen = []
    for day in (DAY, second, third, date(2026, 10, 1)):
        house.close(day)
        assert_carried_is_fresh(house.lender, day)
        seen.append([house.seen(b, day).sales for b in (late, restated, withdrawn)])
    assert seen == [[90, 90, 90], [90, 80, 90], [120, 80, 100], [120, 80, 100]]
