"""What people found on a visit, as answers to the shipped forms. Pure."""

from dataclasses import dataclass
from random import Random

from loanwatch.demo.drafts import Note

Answer = tuple[str, str, str]  # checkpoint, value, note


@dataclass(frozen=True)
class Said:
    """Conclusion, summary and answers of one person."""

    conclusion: str
    summary: str
    answers: tuple[Answer, ...]


FAILING = {
    "first": (
        ("vouchers_match", "no", "一张发票与合同品名不符。 One invoice names other goods than the contract."),
        ("goods_seen", "no", "货物已发出，未见实物。 The goods had already been shipped."),
    ),
    "routine": (
        ("receipts_account", "less", "本季度回款减少。 Fewer receipts than last quarter."),
        ("lines_running", "no", "一条生产线停产检修。 One line stands still for repair."),
        ("wages_paid", "no", "房租拖欠一个月。 The rent is a month behind."),
        ("new_debt", "yes", "新增小额贷款。 A small loan was taken elsewhere."),
    ),
    "special": (
        ("alert_true", "yes", "预警情况属实。 What the alert says is so."),
        ("willing", "no", "电话未接通。 The owner did not answer the phone."),
    ),
}
SUMMARIES = {
    "no_problem": (
        "经营正常，资金按约定用途使用。 Business as usual, the money went where it was meant to.",
        "现场正常，未见异常。 Nothing unusual on site.",
    ),
    "concern": ("回款放缓，需继续关注。 Receipts are slower; keep watching.", "库存偏高，下月再看。 Stock is high; look again next month."),
    "problem": (
        "经营困难，还款来源不足。 In difficulty: the source of repayment is too small.",
        "企业半停产，建议调整分类。 Half idle; a lower class is advised.",
    ),
}
FELL = "本季度回款减少。 Fewer receipts than last quarter."
HASTY = "无问题。 No problem."


def record(draw: Random, note: Note, kind: str, *, bad: bool, hasty: bool = False) -> Said:
    """What the manager recorded. `bad`: the loan is late. `hasty`: nothing is ever found."""
    chance = draw.random()
    conclusion = "no_problem" if hasty or chance > (0.75 if bad else 0.09) else "problem" if bad and chance < 0.3 else "concern"
    failing = {} if conclusion == "no_problem" else {f[0]: f for f in draw.sample(FAILING[kind], 1 + (conclusion == "problem"))}
    if kind == "special" and not failing:
        conclusion = "concern"
    usual = {"first": _first, "routine": _routine, "special": _special}[kind](note, calm=not failing)
    answers = tuple(
        (code, *failing[code][1:]) if code in failing else (code, value, FELL if value == "less" else "") for code, value in usual.items()
    )
    return Said(conclusion, HASTY if hasty else draw.choice(SUMMARIES[conclusion]), answers)


def own_view(draw: Random, said: Said) -> Said:
    """What the officer said at the desk before seeing it: the points that can be judged from the files, mostly the same."""
    conclusion = said.conclusion
    if draw.random() < 0.06 and conclusion == "no_problem":
        conclusion = "concern"
    answers = tuple(answer for answer in said.answers if answer[0] in AT_DESK)
    return Said(conclusion, draw.choice(SUMMARIES[conclusion]), answers)


AT_DESK = {
    "payment_method",
    "vouchers_match",
    "vouchers_amount",
    "payee_related",
    "returned_money",
    "receipts_account",
    "new_debt",
    "guarantor_able",
    "willing",
}


def _scale(note: Note) -> tuple[int, str, str]:
    """Staff, stock and orders that fit the size of the loan; the same on every visit, so that no figure jumps."""
    yuan = note.principal // 100
    return 3 + yuan // 60_000, f"{yuan * 6 // 10}.00", f"{yuan * 14 // 10}.00"


def _first(note: Note, *, calm: bool) -> dict[str, str]:
    _staff, stock, _orders = _scale(note)
    return {
        "payment_method": "entrusted",
        "vouchers_match": "yes",
        "vouchers_amount": f"{note.principal // 100}.00",
        "payee_related": "no",
        "returned_money": "no",
        "person_met": "owner" if calm else "staff",
        "operating": "yes",
        "goods_seen": "yes",
        "stock_value": stock,
    }


def _routine(note: Note, *, calm: bool) -> dict[str, str]:
    staff, stock, orders = _scale(note)
    return {
        "person_met": "owner" if calm else "finance",
        "operating": "yes",
        "lines_running": "yes",
        "staff_present": str(staff),
        "stock_value": stock,
        "orders": orders,
        "receipts_account": "same",
        "new_debt": "no",
        "wages_paid": "yes",
        "receivables_old": "0.00",
        "collateral_seen": "yes",
        "collateral_let": "no",
        "guarantor_able": "yes",
    }


def _special(note: Note, *, calm: bool) -> dict[str, str]:
    staff, stock, _orders = _scale(note)
    return {
        "alert_true": "no" if calm else "yes",
        "cause": "temporary" if calm else "sales",
        "cause_words": "下游客户付款延迟，本周内可到账。 A customer pays late; the money is expected this week.",
        "person_met": "owner",
        "operating": "yes",
        "staff_present": str(staff),
        "receipts_account": "same" if calm else "less",
        "promise": "no",
        "source_amount": stock,
        "willing": "yes",
    }
