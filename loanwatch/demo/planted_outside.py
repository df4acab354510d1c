"""Planted cases of what courts, registers, papers and people say: of the firm, its owners, its group, its collateral, its covenants."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from loanwatch.demo.drafts import Note
from loanwatch.demo.garden import Case, Garden, unpaid_for, watched
from loanwatch.demo.planted_around import back
from loanwatch.demo.planted_books import books
from loanwatch.kernel.calendars import add_months

COURT, TAX, REGISTER = "苏州中级人民法院 Suzhou Intermediate Court", "税务局 Tax office", "市场监督管理局 Company register"
PAPER = "江南商报 Jiangnan Business Daily"
SHIPYARD = "船舶修造 Ship repair"


def signal(garden: Garden, note: Note, topic: str, headline: str, *, ago: int, kind: str = "registry", source: str = REGISTER, **more: Any) -> None:
    reference = f"{topic}-{note.number}-{ago}"
    told = {"confidence": "confirmed", "currency": "CNY" if "amount" in more else None} | more
    garden.tell("external_signal", borrower_number=note.party.number, kind=kind, source=source, reference=reference, headline=headline,
                topic=topic, valid_from=garden.day(ago), **told)  # fmt: skip


def courts(garden: Garden) -> None:
    """Courts, tax office, authorities, news, registers."""
    made = watched(garden, "sued", "Sued for a fifth of its net assets; tax arrears were published.",
                   {"EXT-01": ("0.2", "orange"), "EXT-04": ("", "orange")}, "manager")  # fmt: skip
    books(garden, made)
    signal(garden, made, "lawsuit", "买卖合同纠纷 Sued over a sales contract", ago=70, kind="court", source=COURT, amount=Decimal(900_000))
    signal(garden, made, "tax_arrears", "欠税公告 Tax arrears announced", ago=25, kind="tax", source=TAX, amount=Decimal(120_000))
    made = watched(garden, "dishonest_debtor", "On the list of dishonest debtors after an enforcement.", {"EXT-02": ("", "red")}, "am111b")
    signal(garden, made, "enforcement", "执行案件 Enforcement", ago=60, kind="court", source=COURT, amount=Decimal(15_000))
    signal(garden, made, "dishonest_debtor", "失信被执行人 Listed", ago=20, kind="court", source=COURT)
    made = watched(garden, "guarantor_insolvent", "Its guarantor has filed for insolvency.", {"EXT-03": ("guarantor", "orange")}, "am111c")
    stands = watched(garden, "insolvent", "Has filed for insolvency, and stands for another borrower.", {"EXT-03": ("borrower", "red")}, "am111c")
    back(garden, made, stands.party)
    signal(garden, stands, "insolvency", "破产申请 Insolvency filed", ago=16, kind="court", source=COURT)
    made = watched(garden, "fined", "Fined half a per cent of its net assets.", {"EXT-05": ("0.005", "yellow")}, "am131a")
    books(garden, made)
    signal(garden, made, "penalty", "环保处罚 Fined for waste water", ago=33, source="生态环境局 Environment office", amount=Decimal(22_500))
    made = watched(garden, "abnormal_operation", "On the list of abnormal operation for the 40th day; a notice of deregistration followed.",
                   {"EXT-06": ("40", "orange"), "MGT-06": ("", "red")}, "am131b")  # fmt: skip
    signal(garden, made, "abnormal_operation", "经营异常名录 Listed", ago=39)
    signal(garden, made, "deregistration", "注销公告 Deregistration announced", ago=12)
    made = watched(garden, "bad_news", "Two confirmed reports within 90 days; a third is a rumour.", {"EXT-09": ("2", "orange")}, "am132a")
    for ago, sure in ((75, "confirmed"), (30, "confirmed"), (10, "rumour")):
        signal(garden, made, "adverse_news", "客户流失 Loses customers", ago=ago, kind="news", source=PAPER, confidence=sure)
    person = garden.owner("am211b", person=True)
    made = garden.loan(Case("employer_closed", "The employer of the borrower has closed.", finds={"EXT-12": ("", "red")}), person, "CS", 120_000,
                       last_due=14, before=7, after=6)  # fmt: skip
    garden.pay_before(made, 8)
    person.quiet = True
    signal(garden, made, "employer_closed", "用人单位停业 Employer closed", ago=18)
    made = watched(garden, "sector_shock", "A strong event befell its industry.", {"IND-03": ("strong", "orange")}, "am211c")
    made.party.industry = SHIPYARD
    garden.tell("sector_event", number="SE-2", industry=SHIPYARD, level="strong", headline="订单取消 Orders cancelled", source="风险部 Risk department",
                valid_from=garden.day(45))  # fmt: skip
    made = watched(garden, "sector_recovered", "The event of its industry is over.", {"IND-03": ("", "")}, "am212a")
    made.party.industry = "光伏组件 Solar modules"
    garden.tell("sector_event", number="SE-1", industry=made.party.industry, level="mild", headline="价格下跌 Prices fall", to_on=garden.day(30),
                source="风险部 Risk department", valid_from=garden.day(200))  # fmt: skip


def owners(garden: Garden) -> None:
    """Management, ownership, groups."""
    made = watched(garden, "control_changed", "30 % of the shares changed hands without consent; three persons changed; 85 % of the shares are pledged.",
                   {"MGT-01": ("0.3", "orange"), "MGT-02": ("3", "orange"), "MGT-05": ("0.85", "orange")}, "manager2")  # fmt: skip
    signal(garden, made, "control_change", "股权转让 Shares sold", ago=50, share=Decimal(30))
    for ago in (300, 160, 40):
        signal(garden, made, "person_change", "董事变更 Director changed", ago=ago)
    garden.tell("outside_figure", borrower_number=made.party.number, measure="shares_pledged", valid_from=garden.day(22), value=Decimal(85),
                source=REGISTER)  # fmt: skip
    made = watched(garden, "not_reached", "Not reached four times in 60 days, by telephone and in person; the visit was put off twice.",
                   {"MGT-04": ("4", "orange"), "MGT-07": ("2", "orange")}, "am212b")  # fmt: skip
    for place, (ago, channel) in enumerate(((52, "telephone"), (38, "telephone"), (21, "visit"), (6, "message")), 1):
        garden.tell("contact", borrower_number=made.party.number, reference=f"K-{place}", channel=channel, reached=False, valid_from=garden.day(ago))
    garden.tell("contact", borrower_number=made.party.number, reference="K-0", channel="telephone", reached=True, valid_from=garden.day(75))
    members = [
        unpaid_for(garden, "group_defaulter", 95, "am221a", "SB", 260_000, "The member of a group that is 95 days past due.", {"REP-01": "red"}),
        *(watched(garden, "group_member", "Pays well, but a member of its group is 95 days past due; the group is at 97 % of its limit.",
                  {"GRP-01": ("95", "red"), "GRP-05": ("0.97", "orange")}, "am221a") for _ in range(2)),
    ]  # fmt: skip
    members[0].party.quiet = True
    whole = sum(m.open_principal(garden.frame.as_of) for m in members)
    garden.tell("group", number="G900", name="联营集团 Joint group", limit=(Decimal(whole) / 97).quantize(Decimal("0.01")), currency="CNY",
                valid_from=garden.frame.start)  # fmt: skip
    for member in members:
        garden.tell("membership", borrower_number=member.party.number, group_number="G900", valid_from=member.party.since)
    made = watched(garden, "same_telephone", "Shares its telephone with a borrower in arrears of its own branch.", {"GRP-04": ("1", "yellow")}, "am111b")
    made.party.phone = garden.note_of("edge_31").party.phone


def promises(garden: Garden) -> None:
    """Covenants and conditions of the approval."""
    last = garden.day(20)
    last = last.replace(day=min(last.day, 28))  # the last test; the others lie whole quarters before it

    def covenant(note: Note, since: int) -> str:
        number = f"CV-{note.number}-1"
        garden.tell("covenant", number=number, borrower_number=note.party.number, loan_number=note.number, title="资产负债率 Debt to assets",
                    measure="debt_to_assets", comparison="at_most", threshold=Decimal("0.70"), every_months=3, grace_days=45,
                    valid_from=add_months(last, -since))  # fmt: skip
        return number

    def test(number: str, months: int, value: str, result: str) -> None:
        garden.tell("covenant_test", covenant_number=number, valid_from=add_months(last, -months), value=Decimal(value), result=result)

    made = watched(garden, "condition_open", "A condition of the approval was to be met 20 days ago; the covenant's headroom is 5.7 %.",
                   {"REL-02": ("20", "orange"), "COV-01": ("0.057143", "yellow")}, "manager")  # fmt: skip
    garden.tell("condition", borrower_number=made.party.number, loan_number=made.number, reference="1", text="追加存货质押 Pledge the stock as well",
                due_on=garden.day(20), valid_from=made.disbursed_on)  # fmt: skip
    garden.tell("condition", borrower_number=made.party.number, loan_number=made.number, reference="2", text="办理保险 Insure the plant",
                due_on=garden.day(90), met_on=garden.day(95), valid_from=made.disbursed_on)  # fmt: skip
    number = covenant(made, 6)
    test(number, 3, "0.60", "kept")
    test(number, 0, "0.66", "kept")
    made = watched(garden, "covenant_broken_twice", "A covenant was broken in two of the last four tests.", {"COV-02": ("2", "red")}, "am222b")
    number = covenant(made, 12)
    for months, value, result in ((9, "0.66", "kept"), (6, "0.72", "broken"), (3, "0.69", "kept"), (0, "0.74", "broken")):
        test(number, months, value, result)
    made = watched(garden, "statements_late", "The statements and the figures of a covenant were due 98 days ago after the days of grace; nothing has come.",
                   {"FIN-16": ("98", "red"), "COV-03": ("1", "yellow")}, "am231a")  # fmt: skip
    since = add_months(garden.day(98 + 45), -12)  # the first test is due a year later
    garden.tell("covenant", number=f"CV-{made.number}-2", borrower_number=made.party.number, loan_number=made.number, measure="statements",
                title="年度报表 Yearly statements", comparison="happens", every_months=12, grace_days=45, valid_from=since)  # fmt: skip
    garden.tell("covenant", number=f"CV-{made.number}-1", borrower_number=made.party.number, loan_number=made.number, measure="debt_to_assets",
                title="资产负债率 Debt to assets", comparison="at_most", threshold=Decimal("0.70"), every_months=12, grace_days=45,
                valid_from=since)  # fmt: skip


def pledged(garden: Garden) -> None:
    """Cases of collateral; the items are made by `collateral`, the facts around them by `around_items`."""
    for code, what, finds, manager in (
        ("seized", "A court seized the plant that secures the loan.", {"COL-04": ("", "red")}, "am132a"),
        ("insurance_expired", "The insurance of the plant ended 40 days ago.", {"COL-05": ("-40", "red")}, "am132b"),
        ("stock_short", "Of 500 tonnes pledged 440 were there at the last count; within a week their price fell by 15 %.",
         {"COL-06": ("0.12", "orange"), "COL-07": ("-0.15", "yellow")}, "am211b"),
        ("registration_lapses", "The registration of the mortgage ends in 60 days.", {"COL-11": ("60", "orange")}, "am232a"),
    ):
        watched(garden, code, what, finds, manager)


def around_items(garden: Garden) -> None:
    """What is told of the items of `pledged`, once they have numbers."""
    def item(code: str) -> str:
        return garden.note_of(code).securities[0].item.number

    def insured(code: str, until: int, **more: Any) -> None:
        garden.tell("insurance", item_number=item(code), policy=f"P{item(code)}", insurer="江南保险 Jiangnan Insurance", sum_insured=Decimal(2_000_000),
                    currency="CNY", lender_is_payee=True, valid_from=garden.day(until) - timedelta(days=365), to_on=garden.day(until), **more)  # fmt: skip

    for code in ("seized", "stock_short", "registration_lapses"):
        insured(code, -150)
    insured("insurance_expired", 40)
    for code in ("seized", "insurance_expired", "stock_short", "registration_lapses"):
        ends = garden.day(-60) if code == "registration_lapses" else garden.day(-700)
        garden.tell("registration", item_number=item(code), number=f"R{item(code)}", register="不动产登记中心 Land Registry", rank=1, to_on=ends,
                    valid_from=garden.note_of(code).disbursed_on)  # fmt: skip
    garden.tell("seizure", item_number=item("seized"), reference="(2026) 执 9001", by_whom=COURT, amount=Decimal(300_000), valid_from=garden.day(11))
    for ago, counted in ((75, 500), (13, 440)):
        garden.tell("count", item_number=item("stock_short"), pledged=Decimal(500), counted=Decimal(counted), unit="t", valid_from=garden.day(ago),
                    counted_by="监管公司 Supervisor")  # fmt: skip
