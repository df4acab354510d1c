"""Points that several of the shipped forms ask."""

from inspections.checklists.shipped.words import choice, column, of, yes_no

MET = choice(
    "person_met",
    ("Who was met?", "本次见到的人员", "면담한 사람"),
    ("owner", "Owner or legal representative", "实际控制人或法定代表人", "실소유자 또는 법정대표자"),
    ("finance", "Head of finance", "财务负责人", "재무책임자"),
    ("staff", "Other staff", "其他员工", "기타 직원"),
    ("nobody", "Nobody", "未见到人", "아무도 만나지 못함"),
    fails=("nobody",),
    bad=("Nobody responsible could be met.", "未能见到任何负责人。", "책임 있는 사람을 만나지 못했습니다."),
    score={"weight": 3, "full": ["owner", "finance"], "half": ["staff"]},
)
GATE = of("photo", "photo_gate", "Photo of the entrance with the name plate", "经营场所门头照片（含招牌）", "간판이 보이는 사업장 입구 사진")
OPERATING = yes_no(
    "operating",
    "Is the business operating?",
    "企业是否正常经营？",
    "사업장이 정상 영업 중입니까?",
    bad=("The business is not operating.", "企业未正常经营。", "사업장이 정상 영업 중이 아닙니다."),
    weight=10,
    key_point=True,
)
STAFF = of(
    "number",
    "staff_present",
    "Staff present",
    "现场在岗人数",
    "현장 근무 인원",
    hint=("Count, or take it from the attendance list.", "请现场清点或查看考勤表。", "직접 세거나 출근부로 확인하십시오."),
    tolerance=10,
    key_point=True,
    evidence=[{"when": "drop", "percent": 40, "needs": ["note", "list"]}],
)
STAFF_LISTED = of(
    "number",
    "staff_listed",
    "Staff on the payroll or insured",
    "在册（参保）人数",
    "재적(4대보험 가입) 인원",
    prefill="fact:staff",
    required=False,
    at_desk=True,
)
STOCK = of(
    "money",
    "stock_value",
    "Stock on hand, counted or estimated",
    "库存金额（盘点或估算）",
    "재고 금액(실사 또는 추정)",
    tolerance=15,
    key_point=True,
    evidence=[{"when": "drop", "percent": 50, "needs": ["note", "photo"]}],
)
ACCOUNT = choice(
    "receipts_account",
    (
        "Sales receipts through our account, against the last quarter",
        "销售回款经我行账户情况（与上季度相比）",
        "당행 계좌를 통한 매출 입금(전분기 대비)",
    ),
    ("more", "Clearly more", "明显增加", "뚜렷이 증가"),
    ("same", "About equal", "基本持平", "비슷함"),
    ("less", "Clearly less", "明显减少", "뚜렷이 감소"),
    ("none", "None", "无回款", "없음"),
    fails=("less", "none"),
    bad=("Sales receipts through our account fell.", "经我行账户的销售回款下降。", "당행 계좌를 통한 매출 입금이 감소했습니다."),
    at_desk=True,
    score={"weight": 6, "full": ["more", "same"], "half": ["less"]},
)
RECEIPTS = of(
    "money",
    "receipts_90",
    "Receipts in our account in the last 90 days",
    "近90天我行账户回款金额",
    "최근 90일 당행 계좌 입금액",
    prefill="fact:receipts_90",
    required=False,
    at_desk=True,
    tolerance=5,
)
NEW_DEBT = yes_no(
    "new_debt",
    "Has the borrower taken on new debt or guarantees elsewhere?",
    "借款人是否新增其他融资或对外担保？",
    "차주가 다른 곳에서 신규 차입 또는 보증을 했습니까?",
    bad=("New debt or guarantees elsewhere.", "新增其他融资或对外担保。", "타 기관 신규 차입 또는 보증이 있습니다."),
    fails="yes",
    at_desk=True,
    weight=4,
)
NEW_DEBT_AMOUNT = of(
    "money",
    "new_debt_amount",
    "Amount of the new debt or guarantees",
    "新增融资或担保金额",
    "신규 차입·보증 금액",
    shown_when={"code": "new_debt", "in": ["yes"]},
    tolerance=15,
    required=False,
)
WAGES = yes_no(
    "wages_paid",
    "Are wages, rent and taxes paid on time?",
    "工资、租金、税费是否按时缴纳？",
    "임금·임차료·세금을 제때 납부합니까?",
    bad=("Wages, rent or taxes are in arrears.", "拖欠工资、租金或税费。", "임금·임차료·세금을 체납하고 있습니다."),
    weight=5,
)
DISPUTES = yes_no(
    "disputes",
    "Are there lawsuits, seizures or penalties that we did not know of?",
    "是否存在未掌握的诉讼、查封或行政处罚？",
    "당행이 몰랐던 소송·압류·행정처분이 있습니까?",
    bad=("New lawsuits, seizures or penalties.", "新增诉讼、查封或行政处罚。", "신규 소송·압류·행정처분이 있습니다."),
    fails="yes",
    weight=5,
    at_desk=True,
)
COLLATERAL_SEEN = yes_no(
    "collateral_seen",
    "Is the collateral as described in the file?",
    "押品现状是否与档案一致？",
    "담보물이 서류와 일치합니까?",
    bad=("Collateral is not as described.", "押品现状与档案不符。", "담보물이 서류와 다릅니다."),
    weight=6,
    photo=True,
    key_point=True,
)
COLLATERAL_LET = yes_no(
    "collateral_let",
    "Is collateral let, moved or used by others without our consent?",
    "押品是否未经同意出租、转移或被他人占用？",
    "담보물이 당행 동의 없이 임대·이동되거나 타인이 사용합니까?",
    bad=("Collateral is used by others without consent.", "押品未经同意被他人占用。", "동의 없이 타인이 담보물을 사용하고 있습니다."),
    fails="yes",
    weight=4,
)
COLLATERAL_VALUE = of(
    "money",
    "collateral_value",
    "Value of the collateral today, as estimated",
    "押品当前估值",
    "담보물 현재 추정가액",
    prefill="fact:collateral_value",
    required=False,
    tolerance=10,
    at_desk=True,
    evidence=[{"when": "drop", "percent": 20, "needs": ["note"]}],
)
INSURED = yes_no(
    "insured",
    "Is the insurance of the collateral in force, with us as first beneficiary?",
    "押品保险是否在有效期内且我行为第一受益人？",
    "담보물 보험이 유효하고 당행이 제1수익자입니까?",
    bad=("Insurance of the collateral has lapsed.", "押品保险已失效。", "담보물 보험이 실효되었습니다."),
    weight=3,
    at_desk=True,
)
GUARANTOR_ABLE = yes_no(
    "guarantor_able",
    "Is the guarantor still able to pay?",
    "保证人是否仍具备代偿能力？",
    "보증인의 대위변제 능력이 유지됩니까?",
    bad=("The guarantor is no longer able to pay.", "保证人代偿能力不足。", "보증인의 대위변제 능력이 부족합니다."),
    at_desk=True,
    weight=5,
)
OVERDUE = yes_no(
    "pays_on_time",
    "Were all instalments since the last inspection paid on time and from own funds?",
    "自上次检查以来是否均以自有资金按时还本付息？",
    "지난 점검 이후 원리금을 자기자금으로 제때 납부했습니까?",
    bad=("Instalments were late or paid by others.", "存在逾期或由他人代还。", "연체하였거나 타인이 대신 납부했습니다."),
    at_desk=True,
    weight=6,
)
REGISTERED = of(
    "text",
    "address_registered",
    "Registered address",
    "注册地址",
    "등기상 주소",
    prefill="fact:address",
    required=False,
    at_desk=True,
)
AT_ADDRESS = yes_no(
    "at_address",
    "Is the place of business where the file says it is?",
    "经营地址是否与档案一致？",
    "사업장이 서류상 주소에 있습니까?",
    bad=("The place of business has moved.", "经营场所已搬迁。", "사업장이 이전되었습니다."),
    weight=4,
    photo=True,
)
OUTSTANDING = of(
    "money",
    "outstanding",
    "Outstanding balance of this loan",
    "本笔贷款余额",
    "본건 대출잔액",
    prefill="fact:outstanding",
    required=False,
    at_desk=True,
    tolerance=1,
)
SOURCE = of(
    "money",
    "source_amount",
    "Source of repayment that was seen",
    "可核实的还款来源金额",
    "확인된 상환재원 금액",
    tolerance=15,
)
CHANGES = of(
    "document",
    "papers",
    "Copies of what was looked through (ledger, statement, certificate)",
    "查阅资料复印件（台账、流水、证书）",
    "확인한 자료 사본(장부·거래내역·증서)",
    required=False,
)
REMARKS = of("text", "remarks", "What else was noticed?", "其他需要说明的情况", "그 밖에 확인된 사항", required=False)
SIGNED = of(
    "signature",
    "signed_by_borrower",
    "Signature of the person met",
    "受访人签字",
    "면담자 서명",
    required=False,
)
RECOUNT = of(
    "items",
    "counted",
    "Items counted on site",
    "现场盘点清单",
    "현장 실사 목록",
    required=False,
    columns=[
        column("what", "text", "Item", "品名", "품목"),
        column("pieces", "number", "Quantity", "数量", "수량"),
        column("value", "money", "Value", "金额", "금액"),
    ],
)
