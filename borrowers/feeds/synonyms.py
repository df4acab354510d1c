"""What senders call our fields in the headers of their files, in English, Chinese and Korean. Pure.

Compared without case, blanks, hyphens and underscores. Longer words are tried first, so that "overdue principal" is not taken
for "principal". A table of the trade's words, not of one bank's: what it does not know, the person chooses.
"""

import re

# field of a fact -> header words
WORDS: dict[str, tuple[str, ...]] = {
    "loan.number": (
        "loan number", "loan no", "loan id", "note number", "account number", "借据号", "借据编号", "贷款账号", "贷款号", "借据",
        "대출번호", "대출계좌번호", "여신번호", "계좌번호",
    ),
    "borrower.number": (
        "borrower number", "borrower id", "customer number", "customer id", "customer no", "client id", "client number", "cif",
        "客户号", "客户编号", "客户代码", "고객번호", "차주번호", "고객id",
    ),
    "borrower.name": (
        "borrower name", "customer name", "client name", "company name", "name", "客户名称", "借款人", "借款人名称", "户名",
        "姓名", "고객명", "차주명", "성명", "상호",
    ),
    "borrower.industry": (
        "industry", "naics", "行业", "行业代码", "업종", "업종코드",
    ),
    "borrower.region": (
        "region", "province", "地区", "省份", "지역", "시도",
    ),
    "branch.code": (
        "branch code", "branch", "branch id", "机构号", "机构代码", "网点号", "支行", "经办机构", "지점코드", "지점", "영업점코드",
        "영업점",
    ),
    "branch.name": (
        "branch name", "机构名称", "支行名称", "지점명", "영업점명",
    ),
    "loan.product": (
        "product", "product code", "product type", "loan type", "产品", "产品代码", "贷款品种", "业务品种", "상품코드", "상품",
        "대출종류", "대출과목",
    ),
    "loan.principal": (
        "principal", "loan amount", "original principal", "disbursed amount", "amount disbursed", "贷款金额", "借款金额",
        "发放金额", "本金", "대출금액", "대출원금", "실행금액", "원금",
    ),
    "loan.rate": (
        "interest rate", "rate", "annual rate", "利率", "年利率", "执行利率", "금리", "이자율", "대출금리",
    ),
    "loan.disbursed_on": (
        "disbursement date", "disbursed on", "start date", "origination date", "value date", "发放日期", "放款日", "放款日期",
        "起息日", "贷款日期", "실행일", "대출일", "대출일자", "실행일자",
    ),
    "loan.matures_on": (
        "maturity date", "maturity", "end date", "due date", "到期日", "到期日期", "贷款到期日", "만기일", "만기일자",
        "상환만기일",
    ),
    "loan.purpose": (
        "purpose", "use of proceeds", "贷款用途", "用途", "자금용도", "용도",
    ),
    "position.balance": (
        "balance", "outstanding balance", "outstanding", "outstanding principal", "current balance", "余额", "贷款余额",
        "本金余额", "잔액", "대출잔액", "원금잔액",
    ),
    "position.days_past_due": (
        "days past due", "dpd", "days overdue", "overdue days", "days in arrears", "逾期天数", "연체일수",
    ),
    "position.overdue_principal": (
        "overdue principal", "principal overdue", "past due principal", "逾期本金", "연체원금",
    ),
    "position.overdue_interest": (
        "overdue interest", "interest overdue", "past due interest", "逾期利息", "欠息", "연체이자",
    ),
    "position.status": (
        "status", "loan status", "贷款状态", "借据状态", "状态", "상태", "대출상태",
    ),
    "repayment.paid_on": (
        "payment date", "paid on", "repayment date", "还款日期", "还款日", "상환일", "상환일자", "납입일",
    ),
    "repayment.amount": (
        "payment amount", "amount paid", "repayment amount", "还款金额", "상환금액", "납입금액",
    ),
    "collateral.number": (
        "collateral number", "collateral id", "押品编号", "抵押物编号", "담보번호",
    ),
    "collateral.kind": (
        "collateral type", "collateral kind", "押品类型", "抵押物类型", "담보종류",
    ),
    "collateral.value": (
        "collateral value", "appraised value", "评估价值", "评估值", "담보가액", "감정가",
    ),
    "business_date": (
        "business date", "as of", "as of date", "report date", "data date", "reporting date", "数据日期", "业务日期", "报表日期",
        "기준일", "기준일자",
    ),
}  # fmt: skip


def plain(text: str) -> str:
    """A header as it is compared: small letters and digits of every script, nothing else."""
    return re.sub(r"[\W_]+", "", text.lower())


EXACT = {plain(word): field for field, words in WORDS.items() for word in words}


def field_of(header: str) -> str:
    """The field that a header names, such as "loan.number"; empty when the table does not know it."""
    return EXACT.get(plain(header), "")
