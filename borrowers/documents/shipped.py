"""The kinds of documents and the requirements a lender starts with. Each has its source; credit administration keeps them from then on."""

from datetime import date
from typing import Any

EPOCH = date(1990, 1, 1)
WORKING = "CN Measures for Working Capital Loans, NFRA Order [2024] No. 2"
DUE_CARE = "CN Guidelines on Due Diligence in Credit Work, CBRC [2004] No. 51"
COLLATERAL = "CN Guidelines on Collateral of Commercial Banks, CBRC [2017] No. 16"
CIVIL = "CN Civil Code, Book II, Part 4 (security interests are registered)"
LAUNDERING = "CN Anti-Money Laundering Law of 2024: customer records are kept ten years"
ENQUIRY = "CN Regulation on the Credit Reporting Industry, Art. 18"
HOUSE = "House practice (proposal)"


def _kind(code: str, of: str, en: str, zh: str, ko: str, source: str, *, months: int | None = None, years: int = 10, paper: bool = False) -> dict[str, Any]:
    return {
        "code": code,
        "of": of,
        "name": {"en": en, "zh-hans": zh, "ko": ko},
        "months_valid": months,
        "retention_years": years,
        "on_paper": paper,
        "source": source,
    }


KINDS: list[dict[str, Any]] = [
    _kind("loan_contract", "loan", "Loan contract", "借款合同", "대출계약서", DUE_CARE, paper=True),
    _kind("drawdown_note", "loan", "Drawdown note", "借据", "대출 차용증", DUE_CARE, paper=True),
    _kind("board_resolution", "loan", "Board resolution", "董事会（股东会）决议", "이사회 결의서", DUE_CARE, paper=True),
    _kind("use_proof", "loan", "Proof of use of proceeds", "贷款用途证明", "자금용도 증빙", WORKING),
    _kind("approval_notice", "loan", "Credit approval", "授信审批书", "여신승인서", DUE_CARE),
    _kind("pledge_contract", "loan", "Pledge or mortgage contract", "抵（质）押合同", "담보설정계약서", COLLATERAL, paper=True),
    _kind("guarantee_contract", "loan", "Guarantee contract", "保证合同", "보증계약서", DUE_CARE, paper=True),
    _kind("demand_letter", "loan", "Collection letter with receipt", "催收函及回执", "독촉장 및 수령증", HOUSE, paper=True),
    _kind("registration_certificate", "item", "Registration certificate", "抵押登记证明（他项权证）", "담보등기필증", CIVIL, paper=True),
    _kind("appraisal_report", "item", "Appraisal report", "押品评估报告", "감정평가서", COLLATERAL, months=12),
    _kind("insurance_policy", "item", "Insurance policy", "保险单", "보험증권", COLLATERAL, months=12),
    _kind("identity_papers", "borrower", "Identity papers or business licence", "身份证件或营业执照", "신분증 또는 사업자등록증", LAUNDERING),
    _kind("financial_statements", "borrower", "Annual financial statements", "年度财务报表", "연차 재무제표", WORKING, months=16),
    _kind("credit_consent", "borrower", "Consent to a credit enquiry", "征信查询授权书", "신용정보 조회 동의서", ENQUIRY, paper=True),
]
# kind, applies to, days after disbursement, kinds of product (none: of any)
REQUIRED: list[tuple[str, str, int, tuple[str, ...]]] = [
    ("loan_contract", "all", 0, ()),
    ("drawdown_note", "all", 0, ()),
    ("identity_papers", "all", 0, ()),
    ("board_resolution", "company", 0, ()),
    ("use_proof", "all", 90, ("working_capital", "fixed_asset", "personal_business", "small_business", "micro")),
    ("financial_statements", "company", 120, ()),
    ("pledge_contract", "secured", 0, ()),
    ("registration_certificate", "secured", 30, ()),
    ("appraisal_report", "secured", 0, ()),
    ("insurance_policy", "insurable", 30, ()),
    ("guarantee_contract", "guaranteed", 0, ()),
]
# Items that no fire and no thief takes need no insurance.
NOT_INSURABLE = ("receivables", "shares")
