"""Draws what stands around the demo's borrowers and loans: parties, groups, statements, facilities, accounts, use of funds, covenants.

Pure, from a source of chance of its own, so that the book itself stays as it was. Money in hundredths; made up like all of it.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from loanwatch.demo.calendar import Calendar
from loanwatch.demo.drafts import Note, Party
from loanwatch.demo.names import Namer
from loanwatch.demo.planted_books import last_quarter
from loanwatch.kernel.calendars import add_months, month_end

Row = dict[str, Any]
IN_A_GROUP = 4  # firms of one branch that are one risk
GROUPS = 8
PROVEN = 0.98  # share of the payments of loan money with an invoice
WITH_ACCOUNT = 0.25  # share of the firms whose account is with the lender
MONTHS_OF_BOOKINGS = 16  # three months and the same a year earlier
COURTS = ("苏州中级人民法院 Suzhou Intermediate Court", "无锡滨湖区法院 Binhu District Court")
INSURERS = ("长三角财险 Delta Property Insurance", "江南保险 Jiangnan Insurance")
REGISTERS = {"residential_property": "不动产登记中心 Land Registry", "commercial_property": "不动产登记中心 Land Registry"}
MOVABLES = "动产融资登记 Movables Register"
SUPPLIERS = ("钢材供应 Steel Supply", "棉纱贸易 Yarn Trading", "包装材料 Packaging", "机械设备 Machinery", "农资供应 Farm Supplies")


BUYERS = ("客户甲 Buyer A", "客户乙 Buyer B", "客户丙 Buyer C")
INSURED = frozenset({"commercial_property", "residential_property", "equipment", "inventory", "vehicle"})
CATEGORIES = {"sales": "sales", "purchases": "supplier", "taxes": "tax", "utilities": "utilities", "wages": "payroll"}  # by the core system's words


def yuan(amount: float) -> Decimal:
    """Whole hundreds of yuan, as books of small firms have them."""
    return Decimal(round(amount / 100) * 100)


class Around:
    """What is drawn for one book. Each method yields the rows of one kind of fact, under the names of `borrowers.kinds`."""

    def __init__(self, seed: int, days: Calendar, parties: list[Party], notes: list[Note]) -> None:
        self.draw, self.days, self.parties = Random(f"{seed} around"), days, parties
        self.notes = [note for note in notes if not note.party.quiet]
        self.namer = Namer(self.draw)
        self.firms = [p for p in parties if p.kind == "company" and not p.quiet]
        self.debt: dict[str, int] = defaultdict(int)
        for note in notes:
            self.debt[note.party.number] += note.principal // 100

    def identifier(self) -> Iterator[Row]:
        for place, party in enumerate(self.parties, 1):
            kind = "credit_code" if party.kind == "company" else "national_id"
            yield {"borrower_number": party.number, "kind": kind, "value": f"DEMO{place:014d}", "valid_from": self._since(party)}

    def related_party(self) -> Iterator[Row]:
        for party in self.parties:
            told = {"borrower_number": party.number, "valid_from": self._since(party)}
            if party.kind == "person":
                if self.draw.random() < 0.4:
                    yield told | {"kind": "spouse", "name": self.namer.person()}
                continue
            head, share = self.namer.person(), Decimal(self.draw.randint(51, 90))
            yield told | {"kind": "legal_rep", "name": head}
            yield told | {"kind": "controller", "name": head, "share": share}
            yield told | {"kind": "shareholder", "name": self.namer.person(), "share": 100 - share}

    def groups(self) -> list[tuple[str, str, list[Party]]]:
        """Number, name and members of each group."""
        by_branch: dict[str, list[Party]] = defaultdict(list)
        for firm in self.firms:
            by_branch[firm.branch].append(firm)
        full = [firms for firms in by_branch.values() if len(firms) >= IN_A_GROUP][:GROUPS]
        return [(f"G{n:03d}", f"{firms[0].name.split()[0]}集团 Group {n}", firms[:IN_A_GROUP]) for n, firms in enumerate(full, 1)]

    def group(self) -> Iterator[Row]:
        for number, name, members in self.groups():
            limit = yuan(1.2 * sum(self.debt[m.number] for m in members) + 1_000_000)
            yield {"number": number, "name": name, "limit": limit, "currency": "CNY", "valid_from": self.days.start}

    def membership(self) -> Iterator[Row]:
        for number, _, members in self.groups():
            yield from ({"borrower_number": m.number, "group_number": number, "valid_from": self._since(m)} for m in members)

    def tier(self) -> Iterator[Row]:
        for party in self.parties:
            if party.key_customer:
                tier = self.draw.choice((1, 2, 2, 3))
                yield {"borrower_number": party.number, "tier": tier, "reason": "敞口较大 Large exposure", "valid_from": self._since(party)}

    def statement(self) -> Iterator[Row]:
        year = self.days.as_of.year
        for firm in self.firms:
            if firm.segment == "micro":
                continue
            assets = 2.8 * self.debt[firm.number] + self.draw.uniform(1, 4) * 1_000_000
            gearing, turnover = self.draw.uniform(0.38, 0.72), self.draw.uniform(0.8, 1.5)
            quarter = last_quarter(self.days.as_of)
            before = month_end(add_months(quarter, -12))
            spans = {(date(year - 2, 12, 31), 12), (before, before.month), (date(year - 1, 12, 31), 12), (quarter, quarter.month)}
            for end, months in sorted(spans):
                if end >= self.days.start:
                    yield self._statement(firm, end, months, (assets, gearing, turnover), audited=months == 12 and firm.segment != "small")
                assets, gearing = assets * self.draw.uniform(0.98, 1.07), min(0.92, gearing * self.draw.uniform(0.97, 1.04))

    def _statement(self, firm: Party, end: date, months: int, size: tuple[float, float, float], *, audited: bool) -> Row:
        assets, gearing, turnover = size
        total, owed = yuan(assets), yuan(assets * gearing)
        revenue = assets * turnover * self.draw.uniform(0.95, 1.05) * months / 12
        cost, interest = yuan(revenue * 0.8), yuan(assets * gearing * 0.03 * months / 12)
        return {
            "borrower_number": firm.number, "valid_from": end, "months": months, "audited": audited, "currency": "CNY",
            "auditor": "诚信会计师事务所 Chengxin CPA" if audited else None, "revenue": yuan(revenue), "ebitda": yuan(revenue * 0.11),
            "cost_of_sales": cost, "gross_profit": yuan(revenue) - cost, "operating_profit": yuan(revenue * 0.08),
            "tax_paid": yuan(revenue * 0.012), "maintenance_capex": yuan(revenue * 0.015), "debt_service": interest + yuan(revenue * 0.03),
            "interest_income": yuan(assets * 0.001), "plan_revenue": yuan(revenue * self.draw.uniform(0.92, 1.1)), "purchases": yuan(revenue * 0.7),
            "payables": yuan(assets * gearing * 0.15), "other_receivables": yuan(assets * (1 - gearing) * 0.06),
            "opinion": "unqualified" if audited else None, "interest_expense": interest, "net_profit": yuan(revenue * self.draw.uniform(-0.02, 0.07)),
            "operating_cash_flow": yuan(revenue * self.draw.uniform(0.005, 0.09)), "total_assets": total, "current_assets": yuan(assets * 0.55),
            "cash": yuan(assets * 0.06), "receivables": yuan(assets * (0.12 + 0.1 * (turnover - 0.8)) * self.draw.uniform(0.95, 1.05)), "inventory": yuan(assets * 0.16),
            "total_liabilities": owed, "current_liabilities": yuan(assets * gearing * 0.8), "borrowings": yuan(assets * gearing * 0.6),
            "equity": total - owed,
        }  # fmt: skip

    def lines(self) -> dict[str, list[Note]]:
        """Facility number -> the working-capital notes drawn under it."""
        found: dict[str, list[Note]] = defaultdict(list)
        for note in self.notes:
            if note.product.startswith("WC") and note.party.kind == "company":
                found[f"F-{note.party.number}"].append(note)
        return found

    def facility(self) -> Iterator[Row]:
        conditions = (
            "贷款只用于批准的用途 Money is used for the approved purpose only\n每季度报送财务报表 Statements are delivered every quarter"
        )
        for number, notes in self.lines().items():
            begins = min(note.disbursed_on for note in notes)
            yield {
                "number": number, "borrower_number": notes[0].party.number, "currency": "CNY", "valid_from": begins, "revolving": True,
                "limit": yuan(1.3 * sum(note.principal for note in notes) / 100), "conditions": conditions,
                "expires_on": max(add_months(begins, 36), *(note.matures_on for note in notes)),
            }  # fmt: skip

    def covenant(self) -> Iterator[Row]:
        for number, notes in self._bound():
            told = {"borrower_number": notes[0].party.number, "facility_number": number, "every_months": 3, "grace_days": 45,
                    "valid_from": min(note.disbursed_on for note in notes)}  # fmt: skip
            yield told | {"number": f"{number}-1", "title": "资产负债率 Debt to assets", "measure": "debt_to_assets", "comparison": "at_most",
                          "threshold": Decimal("0.70")}  # fmt: skip
            yield told | {
                "number": f"{number}-2",
                "title": "季度报表 Quarterly statements",
                "measure": "statements",
                "comparison": "happens",
            }

    def covenant_test(self) -> Iterator[Row]:
        for number, notes in self._bound():
            measured = Decimal(self.draw.randint(48, 68)) / 100
            on = month_end(add_months(max(self.days.start, min(note.disbursed_on for note in notes)), 3))
            while on <= self.days.as_of:
                yield {
                    "covenant_number": f"{number}-1",
                    "valid_from": on,
                    "value": measured,
                    "result": "kept" if measured <= Decimal("0.70") else "broken",
                }
                late = self.draw.random() < 0.06
                yield {"covenant_number": f"{number}-2", "valid_from": on, "result": "not_delivered" if late else "kept"}
                measured = min(Decimal("0.90"), measured + Decimal(self.draw.randint(-2, 4)) / 100)
                on = month_end(add_months(on, 3))

    def covenant_waiver(self) -> Iterator[Row]:
        for number, _ in list(self._bound())[:2]:
            until = add_months(self.days.as_of, 6)
            yield {"covenant_number": f"{number}-1", "valid_from": add_months(self.days.as_of, -1), "to_on": until,
                   "reason": "新设备投产 New line starts up", "approved_by": "信贷管理部 Credit administration"}  # fmt: skip

    def _bound(self) -> Iterator[tuple[str, list[Note]]]:
        return ((number, notes) for number, notes in self.lines().items() if notes[0].party.segment in {"medium", "large"})

    def payment(self) -> Iterator[Row]:
        for note in self.notes:
            if note.party.kind != "company" or note.disbursed_on < self.days.start:
                continue
            left, place = note.principal, 0
            while left > 0 and place < 3:
                place += 1
                part = left if place == 3 or self.draw.random() < 0.4 else left // 200 * 100
                left -= part
                entrusted = part >= 50_000_000 or self.draw.random() < 0.6
                yield {
                    "loan_number": note.number, "reference": f"{note.number}-{place}", "mode": "entrusted" if entrusted else "self_paid",
                    "payee": self.draw.choice(SUPPLIERS), "payee_kind": "supplier", "payee_account": f"0000{self.draw.randrange(10**8):08d}", "purpose": note.purpose,
                    "amount": Decimal(part) / 100, "valid_from": min(note.disbursed_on + timedelta(days=self.draw.randint(0, 9)), self.days.as_of),
                    "proof": f"FP{self.draw.randrange(10**8):08d}" if self.draw.random() < PROVEN else None,
                }  # fmt: skip

    def banked(self) -> list[Party]:
        """Firms whose current account is with the lender. The same ones at each call."""
        chance = Random(f"{len(self.firms)} accounts")
        return [firm for firm in self.firms if chance.random() < WITH_ACCOUNT]

    def account(self) -> Iterator[Row]:
        for firm in self.banked():
            yield {
                "number": f"A-{firm.number}",
                "borrower_number": firm.number,
                "kind": "current",
                "currency": "CNY",
                "valid_from": self._since(firm),
            }

    def transaction(self) -> Iterator[Row]:
        for firm in self.banked():
            balance = Decimal(self.draw.randint(2, 40)) * 10_000
            first = max(self._since(firm), add_months(self.days.as_of, -MONTHS_OF_BOOKINGS))
            sales = yuan(0.2 * self.debt[firm.number] + 60_000)
            month = first.replace(day=1)
            while month <= self.days.as_of:
                for day, share, kind, other in ((6, 0.3, "sales", BUYERS[0]), (8, 0.25, "sales", BUYERS[2]), (12, -0.62, "purchases", self.draw.choice(SUPPLIERS)),
                                                (20, 0.45, "sales", BUYERS[1]), (22, -0.05, "taxes", "税务局 Tax office"),
                                                (24, -0.03, "utilities", "供电公司 Grid company"), (26, -0.2, "wages", "工资 Wages")):  # fmt: skip
                    on = month.replace(day=day)
                    amount = yuan(float(sales) * share * self.draw.uniform(0.85, 1.15))
                    if first <= on <= self.days.as_of and amount:
                        balance += amount
                        yield {"account_number": f"A-{firm.number}", "reference": f"{on:%Y%m%d}", "amount": amount, "balance_after": balance,
                               "kind": kind, "category": CATEGORIES[kind], "counterparty": other, "valid_from": on}  # fmt: skip
                month = add_months(month, 1)

    def agreed_payee(self) -> Iterator[Row]:
        for note in self.notes:
            if note.party.kind == "company" and note.disbursed_on >= self.days.start:
                yield from ({"loan_number": note.number, "payee": payee, "valid_from": note.disbursed_on} for payee in SUPPLIERS)

    def _items(self) -> Iterator[Any]:
        seen: set[str] = set()
        for note in self.notes:
            for security in note.securities:
                if security.item.number not in seen:
                    seen.add(security.item.number)
                    yield security.item

    def insurance(self) -> Iterator[Row]:
        for item in self._items():
            if item.kind in INSURED and item.appraisals:
                begins = max(item.since, add_months(self.days.as_of, -self.draw.randint(1, 11)))
                yield {"item_number": item.number, "policy": f"P{item.number}", "insurer": self.draw.choice(INSURERS), "currency": "CNY",
                       "sum_insured": Decimal(item.appraisals[-1].value) / 100, "valid_from": begins, "to_on": add_months(begins, 12),
                       "lender_is_payee": self.draw.random() < 0.97}  # fmt: skip

    def registration(self) -> Iterator[Row]:
        for item in self._items():
            yield {"item_number": item.number, "number": f"R{item.number}", "register": REGISTERS.get(item.kind, MOVABLES), "rank": 1,
                   "valid_from": item.since}  # fmt: skip

    def seizure(self) -> Iterator[Row]:
        late = [note for note in self.notes if note.behaviour == "defaulted" and note.securities][:3]
        for place, note in enumerate(late, 1):
            yield {"item_number": note.securities[0].item.number, "reference": f"(2026) 执 {place:04d}", "by_whom": COURTS[place % 2],
                   "amount": Decimal(note.principal // 4) / 100, "valid_from": add_months(self.days.as_of, -place)}  # fmt: skip

    def external_signal(self) -> Iterator[Row]:
        sources = (("court", COURTS[0], "买卖合同纠纷 Sued over a sales contract", "lawsuit"),
                   ("tax", "税务局 Tax office", "欠税公告 Tax arrears announced", "tax_arrears"),
                   ("registry", "市场监督管理局 Company register", "股东变更 Shareholders changed", "control_change"))  # fmt: skip
        for place, firm in enumerate(f for f in self.firms if self.draw.random() < 0.04):
            kind, source, headline, topic = sources[place % 3]
            share = Decimal(12) if kind == "registry" else None
            yield {"borrower_number": firm.number, "kind": kind, "topic": topic, "share": share,
                   "source": source, "reference": f"2026-{place + 1:03d}", "headline": headline,
                   "amount": yuan(0.1 * self.debt[firm.number] + 20_000) if kind != "registry" else None, "currency": "CNY",
                   "confidence": "confirmed" if kind != "court" else "probable",
                   "valid_from": max(self._since(firm), self.days.as_of - timedelta(days=self.draw.randint(3, 200)))}  # fmt: skip

    def _since(self, party: Party) -> date:
        return min(party.since, self.days.as_of)
