"""Planted cases that show in accounts, in who pays, in promises, and in where the money of a loan went."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from loanwatch.demo.drafts import Note
from loanwatch.demo.garden import Case, Garden, sound, watched
from loanwatch.kernel.calendars import add_months

MONTHS = 16


class Ledger:
    """The account of a borrower with the lender; bookings are kept in the order of their days."""

    def __init__(self, garden: Garden, note: Note, opening: int) -> None:
        self.garden, self.number, self.balance = garden, f"A-{note.party.number}", Decimal(opening)
        garden.tell("account", number=self.number, borrower_number=note.party.number, kind="current", currency="CNY",
                    valid_from=min(note.party.since, garden.day(500)))  # fmt: skip
        self.waiting: list[tuple[date, Decimal, str, str]] = []

    def book(self, on: date, amount: int | Decimal, category: str, other: str) -> None:
        if on <= self.garden.frame.as_of:
            self.waiting.append((on, Decimal(amount), category, other))

    def month(self, back: int, day: int) -> date:
        """A day of the month that lies `back` months before the month of the last day."""
        return add_months(self.garden.frame.as_of.replace(day=1), -back).replace(day=day)

    def close(self) -> None:
        """Tell the bookings with the balance after each."""
        for place, (on, amount, category, other) in enumerate(sorted(self.waiting), 1):
            self.balance += amount
            self.garden.tell(
                "transaction", account_number=self.number, reference=f"T{place:04d}", amount=amount, balance_after=self.balance, kind=category,
                category=category, counterparty=other, counterparty_account=f"0000{sum(other.encode()):08d}", valid_from=on,
            )  # fmt: skip


def accounts(garden: Garden) -> None:
    """Cases of what passes through the borrower's account."""
    made = watched(
        garden, "inflow_dropped", "Customers pay 55 % less than a year ago into the account, and no wages were paid in the last two months.",
        {"ACC-01": ("-0.55", "red"), "ACC-10": ("-0.666667", "red")}, "manager",
    )  # fmt: skip
    ledger = Ledger(garden, made, 900_000)
    for back in range(MONTHS, 0, -1):
        sales = 180_000 if back <= 3 else 400_000
        ledger.book(ledger.month(back, 8), sales // 2, "sales", "客户甲 Buyer A")
        ledger.book(ledger.month(back, 18), sales - sales // 2, "sales", "客户乙 Buyer B")
        ledger.book(ledger.month(back, 20), -sales * 8 // 10, "supplier", "钢材供应 Steel Supply")
        if back > 2:
            ledger.book(ledger.month(back, 25), -40_000, "payroll", "工资 Wages")
    ledger.close()
    made = watched(
        garden, "lenders_outside", "Paid to three lenders that are no banks within 90 days; three quarters of the sales come from one buyer.",
        {"ACC-11": ("3", "orange"), "GRP-06": ("0.75", "orange")}, "am111b",
    )  # fmt: skip
    ledger = Ledger(garden, made, 500_000)
    for back in range(MONTHS, -1, -1):
        ledger.book(ledger.month(back, 8), 300_000, "sales", "客户甲 Buyer A")
        ledger.book(ledger.month(back, 9), 100_000, "sales", "客户乙 Buyer B")
        ledger.book(ledger.month(back, 12), -330_000, "supplier", "棉纱贸易 Yarn Trading")
    for ago, lender in ((70, "恒通小贷 Hengtong Small Loans"), (40, "万利典当 Wanli Pawn"), (15, "民间借款 Private lender")):
        ledger.book(garden.day(ago), -8_000, "lender_outside", lender)
    ledger.close()
    made = watched(
        garden, "silent_account", "No customer has paid into the account for 65 days; four months ago the reserves were moved out of it.",
        {"ACC-02": ("", "red"), "ACC-09": ("65", "orange")}, "am131b",
    )  # fmt: skip
    ledger = Ledger(garden, made, 200_000)
    for back in range(MONTHS):
        ledger.book(garden.day(65 + 30 * back), 150_000, "sales", "客户甲 Buyer A")
        ledger.book(garden.day(63 + 30 * back), -140_000, "supplier", "包装材料 Packaging")
    ledger.book(ledger.month(4, 28), -300_000, "other", "设备公司 Machinery dealer")
    ledger.close()
    made = watched(garden, "frozen_account", "A court froze the account altogether.", {"ACC-12": ("full", "red")}, "am132c")
    garden.tell("external_signal", borrower_number=made.party.number, kind="court", source="苏州中级人民法院 Suzhou Intermediate Court",
                reference="P-FROZEN", headline="账户冻结 Account frozen", topic="account_frozen", share=Decimal(100), confidence="confirmed",
                valid_from=garden.day(9))  # fmt: skip
    made = garden.loan(
        Case("empty_before_due", "The next demand is due within a week; the account holds 15 % of it.", finds={"REP-08": ("0.15", "red")}),
        garden.owner("am211b"), "SB", 240_000, last_due=26, before=8, after=6,
    )  # fmt: skip
    made.party.quiet = True
    garden.pay_before(made, 9)
    demand = Decimal(made.plan[9].total) / 100
    ledger = Ledger(garden, made, 0)
    ledger.book(garden.day(40), demand, "sales", "客户甲 Buyer A")
    ledger.book(garden.day(20), -demand * 85 / 100, "supplier", "包装材料 Packaging")
    ledger.waiting = [(on, amount.quantize(Decimal("0.01")), category, other) for on, amount, category, other in ledger.waiting]
    ledger.close()


def payers(garden: Garden) -> None:
    """Cases of debits that came back, promises, and who pays."""
    made = watched(garden, "returned_debits", "Three debits came back within three months; a fourth for a technical reason does not count.",
                   {"REP-05": ("3", "red")}, "am212b")  # fmt: skip
    for place, (ago, technical) in enumerate(((80, False), (50, True), (45, False), (14, False)), 1):
        garden.tell("return", loan_number=made.number, reference=f"DD-{place}", amount=Decimal(20_000), technical=technical, retries=1,
                    reason="技术原因 Technical" if technical else "余额不足 Not enough money", valid_from=garden.day(ago))  # fmt: skip
    for code, kind, payer, manager, what, found in (
        ("unknown_payer", "unknown", "未知来源 Unknown source", "am221a", "All of the last half year was paid from a source that is not known.",
         {"REP-07": ("1", "red")}),
        ("staff_pays", "staff", "马国强之妻 Wife of a member of staff", "am222a", "The last demands were paid from an account of a colleague's family.",
         {"MSK-06": ("", "red")}),
    ):  # fmt: skip
        made = watched(garden, code, what, found, manager)
        since = add_months(garden.frame.as_of, -6)
        made.payments = [replace(p, payer=payer, payer_kind=kind) if p.paid_on > since else p for p in made.payments]
    made = garden.loan(
        Case("broken_promises", "35 days past due; both promises that fell due in the last 60 days were broken, a third is not due yet.", {"REP-01": "orange"},
             finds={"REP-12": ("2", "orange")}),
        garden.owner("am231a"), "SB", 300_000, last_due=35, before=8, after=5,
    )  # fmt: skip
    made.party.quiet = True
    garden.pay_before(made, 8)
    owed = Decimal(made.plan[8].total) / 100
    for promised, due in ((32, 28), (24, 18)):
        garden.tell("promise", loan_number=made.number, valid_from=garden.day(promised), due_on=garden.day(due), amount=owed, told_by="法定代表人 Owner")
    garden.tell("promise", loan_number=made.number, valid_from=garden.day(3), due_on=garden.day(-5), amount=owed, told_by="法定代表人 Owner")


def proceeds(garden: Garden) -> None:
    """Cases of where the money of a loan went."""
    def paid(note: Note, place: int, share: str, payee: str, kind: str, *, after: int = 1, mode: str = "self_paid", proof: str | None = "FP-1") -> None:
        amount = (Decimal(note.principal) / 100 * Decimal(share)).quantize(Decimal("0.01"))
        garden.tell("payment", loan_number=note.number, reference=f"{note.number}-{place}", mode=mode, payee=payee, payee_kind=kind, amount=amount,
                    purpose=note.purpose, valid_from=note.disbursed_on + timedelta(days=after), proof=proof)  # fmt: skip

    def agreed(note: Note) -> None:
        garden.tell("agreed_payee", loan_number=note.number, payee=MILL, valid_from=note.disbursed_on)

    MILL, OTHER = "钢材供应 Steel Supply", "贸易公司 Trading company"
    made = watched(garden, "paid_elsewhere", "Six tenths went to a payee whom the contract does not name; a quarter came back to a related firm.",
                   {"USE-01": ("0.85", "red"), "USE-03": ("0.25", "orange")}, "am231b")  # fmt: skip
    agreed(made)
    paid(made, 1, "0.15", MILL, "supplier", mode="entrusted")
    paid(made, 2, "0.6", OTHER, "other", after=2)
    paid(made, 3, "0.25", "关联公司 Related firm", "related", after=6)
    made = watched(garden, "into_securities", "12 % of the money went to a securities firm.", {"USE-02": ("0.12", "red")}, "am232a")
    agreed(made)
    paid(made, 1, "0.88", MILL, "supplier", mode="entrusted")
    paid(made, 2, "0.12", "证券公司 Securities firm", "securities", after=4)
    made = watched(garden, "taken_as_cash", "55 % of the money was taken as cash within three days.", {"USE-06": ("0.55", "orange")}, "am232b")
    agreed(made)
    paid(made, 1, "0.55", "现金 Cash", "cash")
    paid(made, 2, "0.45", MILL, "supplier")
    case = Case("no_proofs", "Half of the money is proven since the loan was made.")
    made = sound(garden, case, "am232c", before=0)
    made.party.quiet = True
    age = (garden.frame.as_of - made.disbursed_on).days
    case.finds["USE-04"] = (str(age), "yellow")
    agreed(made)
    paid(made, 1, "0.5", MILL, "supplier")
    paid(made, 2, "0.5", MILL, "supplier", after=2, proof=None)
    made = watched(garden, "proceeds_in_order", "All of the money went to the payee of the contract, nine tenths by the bank, with proofs.",
                   dict.fromkeys(("USE-01", "USE-02", "USE-03", "USE-04", "USE-06"), ("", "")), "manager2")  # fmt: skip
    agreed(made)
    paid(made, 1, "0.9", MILL, "supplier", mode="entrusted")
    paid(made, 2, "0.1", MILL, "supplier")
