"""The inspection plan that a lender begins with, and the house regulation it carries out. Every number is a proposal of house practice."""

from datetime import date
from typing import Any

EPOCH = date(1990, 1, 1)
SOURCE = "House practice of several banks: first check after disbursement, routine and special inspections (proposal)"
RETAIL = ("card", "consumer", "mortgage")  # watched by statistics: inspected after a red alert only

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Post-loan inspection rules (shipped model text)",
        "clause": "Part 3",
        "text": (
            "1. The use of a working-capital loan is checked within 15 days after disbursement, of any other business loan within 30 days.\n"
            "2. A business loan is inspected at least every 90 days when it is large, every 180 days when it is medium and once a year when it is small.\n"
            "3. A loan with a yellow alert or of class special mention is inspected every 60 days; with an orange or red alert, or of class "
            "substandard or worse, every 30 days.\n"
            "4. A red alert, or a request that goes with an alert, is followed by a special inspection within 5 days.\n"
            "5. Cards, consumer loans and mortgages are inspected after a red alert or on request only.\n"
            "6. An inspection may be postponed twice and by no more than 30 days in all, with a reason and the agreement of another person."
        ),
    },
    "zh-hans": {
        "title": "贷后检查管理办法（随附范本）",
        "clause": "第三章",
        "text": (
            "一、流动资金贷款发放后十五日内、其他经营性贷款发放后三十日内，应完成首次检查。\n"
            "二、经营性贷款常规检查：大额每九十日、中额每一百八十日、小额每年至少一次。\n"
            "三、有黄色预警或关注类的贷款每六十日检查一次；有橙色、红色预警或次级及以下的贷款每三十日检查一次。\n"
            "四、红色预警发生或预警处理中提出要求的，应在五日内完成专项检查。\n"
            "五、信用卡、消费贷款和住房按揭贷款仅在红色预警或提出要求时检查。\n"
            "六、检查最多可延期两次，合计不超过三十日，须说明理由并经他人同意。"
        ),
    },
    "ko": {
        "title": "여신 사후점검 규정(제공 예시)",
        "clause": "제3장",
        "text": (
            "1. 운전자금대출은 실행 후 15일 이내, 그 밖의 기업대출은 30일 이내에 최초 점검을 한다.\n"
            "2. 기업대출의 정기 점검은 대액 90일, 중액 180일, 소액 1년마다 1회 이상 한다.\n"
            "3. 황색 경보가 있거나 요주의인 대출은 60일마다, 주황색·적색 경보가 있거나 고정 이하인 대출은 30일마다 점검한다.\n"
            "4. 적색 경보가 발생하거나 경보 처리 중 요청이 있으면 5일 이내에 특별 점검을 한다.\n"
            "5. 카드, 소비자대출, 주택담보대출은 적색 경보나 요청이 있을 때만 점검한다.\n"
            "6. 점검은 두 번까지, 모두 30일 이내에서 사유를 밝히고 다른 사람의 동의를 얻어 연기할 수 있다."
        ),
    },
}


def _rows() -> list[dict[str, Any]]:
    first: list[dict[str, Any]] = [{"product_kind": kind, "days": None} for kind in RETAIL]
    first += [{"product_kind": "working_capital", "days": 15, "clause": "1"}, {"days": 30, "clause": "1"}]
    routine: list[dict[str, Any]] = [{"product_kind": kind, "days": None, "clause": "5"} for kind in RETAIL]
    routine += [
        {"level_from": 3, "days": 30, "clause": "3"},
        {"class_from": 3, "days": 30, "clause": "3"},
        {"level_from": 2, "level_to": 2, "days": 30, "clause": "3"},
        {"level_from": 1, "level_to": 1, "days": 60, "clause": "3"},
        {"class_from": 2, "class_to": 2, "days": 60, "clause": "3"},
        {"size": "large", "days": 90, "clause": "2"},
        {"size": "medium", "days": 180, "clause": "2"},
        {"size": "small", "days": 365, "clause": "2"},
    ]
    rows = [{"occasion": "disbursement", "kind": "first", **row} for row in first]
    rows += [{"occasion": "routine", "kind": "routine", **row} for row in routine]
    rows += [{"occasion": occasion, "kind": "special", "days": 5, "clause": "4"} for occasion in ("red_alert", "asked")]
    return [{"place": place, **row} for place, row in enumerate(rows, start=1)]


ROWS = _rows()
