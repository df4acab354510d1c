"""The inspection forms a new lender starts with, in three languages. A lender changes them as new versions.

What to look at follows the practice of post-loan management (贷后检查): use of proceeds by voucher and payee, production and
staff seen on site, receipts through our account, collateral and guarantor as they stand.
"""

from typing import Any

Text = dict[str, str]


def _t(en: str, zh: str, ko: str) -> Text:
    return {"en": en, "zh-hans": zh, "ko": ko}


def _yes_no(code: str, label: Text, *, signal: Text | None = None, fails: str = "no", **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": "yes_no", "label": label, "fails_when": [fails] if signal else [], "signal": signal or {}, **more}


def _of(kind: str, code: str, label: Text, **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": kind, "label": label, **more}


def _option(value: str, en: str, zh: str, ko: str) -> dict[str, Any]:
    return {"value": value, "label": _t(en, zh, ko)}


MET = _of(
    "choice",
    "person_met",
    _t("Who was met?", "本次见到的人员", "면담한 사람"),
    options=[
        _option("owner", "Owner or legal representative", "实际控制人或法定代表人", "실소유자 또는 법정대표자"),
        _option("finance", "Head of finance", "财务负责人", "재무책임자"),
        _option("staff", "Other staff", "其他员工", "기타 직원"),
        _option("nobody", "Nobody", "未见到人", "아무도 만나지 못함"),
    ],
    fails_when=["nobody"],
    signal=_t("Nobody responsible could be met.", "未能见到任何负责人。", "책임 있는 사람을 만나지 못했습니다."),
)
GATE = _of(
    "photo", "photo_gate", _t("Photo of the entrance with the name plate", "经营场所门头照片（含招牌）", "간판이 보이는 사업장 입구 사진")
)
OPERATING = _yes_no(
    "operating",
    _t("Is the business operating?", "企业是否正常经营？", "사업장이 정상 영업 중입니까?"),
    signal=_t("The business is not operating.", "企业未正常经营。", "사업장이 정상 영업 중이 아닙니다."),
)
STAFF = _of(
    "number",
    "staff_present",
    _t("Staff present", "现场在岗人数", "현장 근무 인원"),
    hint=_t("Count, or take it from the attendance list.", "请现场清点或查看考勤表。", "직접 세거나 출근부로 확인하십시오."),
    tolerance=10,
)
STOCK = _of(
    "money", "stock_value", _t("Stock on hand, counted or estimated", "库存金额（盘点或估算）", "재고 금액(실사 또는 추정)"), tolerance=15
)
ACCOUNT = _of(
    "choice",
    "receipts_account",
    _t(
        "Sales receipts through our account, against the last quarter",
        "销售回款经我行账户情况（与上季度相比）",
        "당행 계좌를 통한 매출 입금(전분기 대비)",
    ),
    options=[
        _option("more", "Clearly more", "明显增加", "뚜렷이 증가"),
        _option("same", "About equal", "基本持平", "비슷함"),
        _option("less", "Clearly less", "明显减少", "뚜렷이 감소"),
        _option("none", "None", "无回款", "없음"),
    ],
    fails_when=["less", "none"],
    at_desk=True,
    signal=_t("Sales receipts through our account fell.", "经我行账户的销售回款下降。", "당행 계좌를 통한 매출 입금이 감소했습니다."),
)
OTHER_DEBT = _yes_no(
    "new_debt",
    _t(
        "Has the borrower taken on new debt or guarantees elsewhere?",
        "借款人是否新增其他融资或对外担保？",
        "차주가 다른 곳에서 신규 차입 또는 보증을 했습니까?",
    ),
    signal=_t("New debt or guarantees elsewhere.", "新增其他融资或对外担保。", "타 기관 신규 차입 또는 보증이 있습니다."),
    fails="yes",
    at_desk=True,
)
REMARKS = _of("text", "remarks", _t("What else was noticed?", "其他需要说明的情况", "그 밖에 확인된 사항"), required=False)

USE_OF_PROCEEDS: dict[str, Any] = {
    "code": "use-of-proceeds",
    "kind": "first",
    "product_kind": "",
    "name": _t("First check: use of proceeds", "首次检查：贷款用途", "최초점검: 자금용도"),
    "sections": [
        {
            "title": _t("Use of proceeds", "贷款用途", "자금용도"),
            "checkpoints": [
                _of(
                    "choice",
                    "payment_method",
                    _t("How was the money paid out?", "贷款支付方式", "대출금 지급 방식"),
                    at_desk=True,
                    options=[
                        _option("entrusted", "Entrusted payment to the supplier", "受托支付", "위탁지급"),
                        _option("self", "Self-paid by the borrower", "自主支付", "자율지급"),
                    ],
                ),
                _yes_no(
                    "vouchers_match",
                    _t(
                        "Do contract, invoice and delivery note match the agreed purpose?",
                        "合同、发票、送货单是否与约定用途一致？",
                        "계약서·세금계산서·납품서가 약정 용도와 일치합니까?",
                    ),
                    signal=_t("Vouchers do not match the agreed purpose.", "凭证与约定用途不符。", "증빙이 약정 용도와 일치하지 않습니다."),
                    at_desk=True,
                ),
                _of(
                    "money",
                    "vouchers_amount",
                    _t("Amount proven by vouchers", "凭证可证实的金额", "증빙으로 확인된 금액"),
                    at_desk=True,
                    tolerance=2,
                ),
                _yes_no(
                    "payee_related",
                    _t("Is a payee related to the borrower?", "收款方是否为借款人关联方？", "수취인이 차주의 특수관계인입니까?"),
                    signal=_t("Money went to a related party.", "贷款资金流向关联方。", "자금이 특수관계인에게 지급되었습니다."),
                    fails="yes",
                    at_desk=True,
                ),
                _of(
                    "choice",
                    "payee_relation",
                    _t("How is the payee related?", "关联关系类型", "특수관계의 종류"),
                    shown_when={"code": "payee_related", "in": ["yes"]},
                    options=[
                        _option("owner", "Same owner", "同一实际控制人", "동일 실소유자"),
                        _option("family", "Family", "亲属", "가족"),
                        _option("group", "Same group", "同一集团", "동일 계열"),
                        _option("guarantor", "Guarantor", "担保人", "보증인"),
                    ],
                ),
                _yes_no(
                    "returned_money",
                    _t(
                        "Did money flow back to the borrower or into securities or property?",
                        "资金是否回流借款人或流入股市、楼市？",
                        "자금이 차주에게 되돌아왔거나 증권·부동산에 유입되었습니까?",
                    ),
                    signal=_t("Proceeds were misused.", "存在挪用贷款资金迹象。", "용도 외 유용 정황이 있습니다."),
                    fails="yes",
                    at_desk=True,
                ),
            ],
        },
        {
            "title": _t("On site", "现场情况", "현장"),
            "checkpoints": [
                MET,
                OPERATING,
                _yes_no(
                    "goods_seen",
                    _t(
                        "Were the goods or the works paid for seen?",
                        "是否见到贷款所购货物或工程？",
                        "대출금으로 구입한 물품 또는 공사를 확인했습니까?",
                    ),
                    signal=_t(
                        "The goods paid for could not be seen.", "未见到贷款所购货物。", "대출금으로 구입한 물품을 확인하지 못했습니다."
                    ),
                ),
                STOCK,
                GATE,
                _of(
                    "photo",
                    "photo_goods",
                    _t("Photo of the goods or works", "货物或工程照片", "물품 또는 공사 사진"),
                    shown_when={"code": "goods_seen", "in": ["yes"]},
                ),
            ],
        },
        {"title": _t("Remarks", "备注", "비고"), "checkpoints": [REMARKS]},
    ],
}

ROUTINE: dict[str, Any] = {
    "code": "working-capital",
    "kind": "routine",
    "product_kind": "",
    "name": _t("Routine inspection: business borrower", "常规检查：经营性借款人", "정기점검: 사업자 차주"),
    "sections": [
        {
            "title": _t("Operation", "经营情况", "영업"),
            "checkpoints": [
                MET,
                OPERATING,
                _yes_no(
                    "lines_running",
                    _t(
                        "Do the production lines or the shop run as on the last visit?",
                        "生产线或门店运转是否与上次检查一致？",
                        "생산라인 또는 매장이 지난 점검 때와 같이 가동됩니까?",
                    ),
                    signal=_t("Capacity use has fallen.", "产能利用率下降。", "가동률이 하락했습니다."),
                ),
                STAFF,
                STOCK,
                _of(
                    "money",
                    "orders",
                    _t("Orders on hand, by contracts seen", "在手订单金额（以所见合同为准）", "수주 잔고(확인한 계약 기준)"),
                    tolerance=15,
                ),
                GATE,
                _of("photo", "photo_inside", _t("Photo of workshop, shop or store", "车间、门店或仓库照片", "작업장·매장·창고 사진")),
            ],
        },
        {
            "title": _t("Ability to pay", "偿债能力", "상환능력"),
            "checkpoints": [
                ACCOUNT,
                OTHER_DEBT,
                _yes_no(
                    "wages_paid",
                    _t("Are wages, rent and taxes paid on time?", "工资、租金、税费是否按时缴纳？", "임금·임차료·세금을 제때 납부합니까?"),
                    signal=_t("Wages, rent or taxes are in arrears.", "拖欠工资、租金或税费。", "임금·임차료·세금을 체납하고 있습니다."),
                ),
                _of(
                    "money",
                    "receivables_old",
                    _t("Receivables older than 90 days", "账龄90天以上应收账款", "90일 초과 매출채권"),
                    tolerance=20,
                ),
            ],
        },
        {
            "title": _t("Security", "担保情况", "담보"),
            "checkpoints": [
                _yes_no(
                    "collateral_seen",
                    _t("Is the collateral as described in the file?", "押品现状是否与档案一致？", "담보물이 서류와 일치합니까?"),
                    signal=_t("Collateral is not as described.", "押品现状与档案不符。", "담보물이 서류와 다릅니다."),
                ),
                _yes_no(
                    "collateral_let",
                    _t(
                        "Is collateral let, moved or used by others without our consent?",
                        "押品是否未经同意出租、转移或被他人占用？",
                        "담보물이 당행 동의 없이 임대·이동되거나 타인이 사용합니까?",
                    ),
                    signal=_t(
                        "Collateral is used by others without consent.",
                        "押品未经同意被他人占用。",
                        "동의 없이 타인이 담보물을 사용하고 있습니다.",
                    ),
                    fails="yes",
                ),
                _yes_no(
                    "guarantor_able",
                    _t("Is the guarantor still able to pay?", "保证人是否仍具备代偿能力？", "보증인의 대위변제 능력이 유지됩니까?"),
                    signal=_t("The guarantor is no longer able to pay.", "保证人代偿能力不足。", "보증인의 대위변제 능력이 부족합니다."),
                    at_desk=True,
                ),
                REMARKS,
            ],
        },
    ],
}

SPECIAL: dict[str, Any] = {
    "code": "special",
    "kind": "special",
    "product_kind": "",
    "name": _t("Special inspection after an alert", "预警专项检查", "경보 특별점검"),
    "sections": [
        {
            "title": _t("The alert", "预警核实", "경보 확인"),
            "checkpoints": [
                _yes_no(
                    "alert_true",
                    _t("Does what the alert says hold on site?", "预警反映的情况现场是否属实？", "경보 내용이 현장에서 사실로 확인됩니까?"),
                    signal=_t("The alert is confirmed on site.", "预警情况属实。", "경보 내용이 사실입니다."),
                    fails="yes",
                ),
                _of(
                    "choice",
                    "cause",
                    _t("What is the cause?", "主要原因", "주된 원인"),
                    options=[
                        _option("temporary", "A delay of days", "短期周转", "일시적 지연"),
                        _option("sales", "Sales or margin fell", "销售或利润下滑", "매출 또는 이익 감소"),
                        _option("customer", "A customer does not pay", "下游欠款", "거래처 미지급"),
                        _option("dispute", "Dispute, seizure, owner gone", "纠纷、查封或失联", "분쟁·압류·연락두절"),
                        _option("other", "Something else", "其他", "기타"),
                    ],
                    fails_when=["dispute"],
                    signal=_t("Dispute, seizure or owner gone.", "存在纠纷、查封或失联。", "분쟁·압류·연락두절 상태입니다."),
                ),
                _of("text", "cause_words", _t("What happened, in two sentences", "请用两句话说明情况", "상황을 두 문장으로 설명")),
            ],
        },
        {"title": _t("On site", "现场情况", "현장"), "checkpoints": [MET, OPERATING, STAFF, GATE]},
        {
            "title": _t("Repayment", "还款来源", "상환재원"),
            "checkpoints": [
                ACCOUNT,
                _yes_no("promise", _t("Did the borrower promise a payment?", "借款人是否作出还款承诺？", "차주가 상환을 약속했습니까?")),
                _of(
                    "money",
                    "promise_amount",
                    _t("Amount promised", "承诺还款金额", "약속 금액"),
                    shown_when={"code": "promise", "in": ["yes"]},
                ),
                _of(
                    "money",
                    "source_amount",
                    _t("Source of repayment that was seen", "可核实的还款来源金额", "확인된 상환재원 금액"),
                    tolerance=15,
                ),
                _yes_no(
                    "willing",
                    _t(
                        "Is the owner reachable and willing to pay?",
                        "实际控制人是否可联系且有还款意愿？",
                        "실소유자와 연락이 되고 상환 의사가 있습니까?",
                    ),
                    signal=_t(
                        "The owner is not willing or not reachable.",
                        "实际控制人失联或无还款意愿。",
                        "실소유자가 연락두절이거나 상환 의사가 없습니다.",
                    ),
                    at_desk=True,
                ),
                REMARKS,
            ],
        },
    ],
}

TEMPLATES = (USE_OF_PROCEEDS, ROUTINE, SPECIAL)
