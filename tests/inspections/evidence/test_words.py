"""Copied words are found in three languages, whatever figures, spaces or forms of letters were changed; honest pairs are not."""

import pytest

from inspections.evidence.words import bands, compare, copied, shingles
from loanwatch.lenders.defaults import SHIPPED

LIMITS = next(value for key, value, _s, _c in SHIPPED if key == "evidence.words")

EN = (
    "The owner led us through the dyeing hall. Two of the three jiggers were running; on the third the gearbox was open. The yard holds 40 bales "
    "of grey cloth for a customer in Nantong who pays at 60 days."
)
EN_COPY = (
    "THE OWNER led us through the dyeing hall. The yard holds 55 bales of grey cloth for a customer in Nantong who pays at 90 days. Two of the "
    "three jiggers were running; on the third, the gearbox was open."
)
EN_HONEST = (
    "The owner's daughter received us in the office. Of the jiggers one stands still since the fitter has not come back. Grey cloth is gone from "
    "the yard; the customer in Nantong has paid, the next order is for printed curtains."
)
ZH = "企业主带我们查看了染色车间，三台设备中两台正在运转，第三台减速机拆开检修。院内存放约40包坯布，为南通客户订货，账期60天。工资按月发放，未见拖欠。"
ZH_COPY = "企业主带我们查看了染色车间,三台设备中两台正在运转,第三台减速机拆开检修。工资按月发放，未见拖欠。院内存放约５５包坯布，为南通客户订货，账期90天。"
ZH_HONEST = "到访时大门紧闭，会计随后开门。车间因停电未开工，老板在外地催收货款。仓库新到一批棉纱，据称为明年春季订单备料，杭州客户已预付三成。"
KO = (
    "대표자의 안내로 염색 공장을 둘러보았다. 설비 3대 중 2대가 가동 중이고 한 대는 감속기를 분해하여 수리 중이었다. "
    "마당에는 생지 40포가 쌓여 있으며 난퉁 거래처 주문분으로 결제 조건은 60일이다."
)
KO_COPY = (
    "대표자의 안내로 염색공장을 둘러 보았다. 설비 3대중 2대가 가동중이고 한 대는 감속기를 분해하여 수리중이었다. "
    "마당에는 생지 55포가 쌓여있으며 난퉁 거래처 주문분으로 결제조건은 90일이다."
)
KO_HONEST = (
    "정문이 닫혀 있어 경리 직원이 나와 문을 열어 주었다. 정전으로 공장은 가동되지 않았고 대표자는 대금 회수를 위해 출장 중이었다. "
    "창고에 면사가 새로 입고되었으며 봄 주문 물량이라고 한다."
)


def alike(one: str, other: str) -> bool:
    left, right = shingles([one]), shingles([other])
    bounds = {name: LIMITS[name] for name in ("likeness", "contained", "least")}
    return copied(compare(left, right), (len(left), len(right)), **bounds)


@pytest.mark.parametrize(("one", "other"), [(EN, EN_COPY), (ZH, ZH_COPY), (KO, KO_COPY)], ids=["English", "Chinese", "Korean"])
def test_a_copy_with_other_figures_order_and_spaces_is_found(one, other):
    assert alike(one, other)
    assert set(bands(shingles([one]))) & set(bands(shingles([other]))), "the database would not have brought them together"


@pytest.mark.parametrize(("one", "other"), [(EN, EN_HONEST), (ZH, ZH_HONEST), (KO, KO_HONEST), (ZH, KO)], ids=["English", "Chinese", "Korean", "two"])
def test_two_honest_reports_on_the_same_trade_are_not(one, other):
    assert not alike(one, other)


@pytest.mark.parametrize("text", ["All in order.", "现场正常，未见异常。", "이상 없음."])
def test_what_is_too_short_says_nothing(text):
    assert not alike(text, text)


def test_a_copy_inside_a_longer_report_is_found():
    assert alike(ZH, ZH + ZH_HONEST) and alike(EN, EN_HONEST + " " + EN)


def test_forms_of_letters_and_figures_do_not_hide_a_copy():
    assert shingles(["Ｓｔｏｃｋ １２０ bales"]) == shingles(["stock 98 bales"]) == shingles(["STOCK 1,250.00 bales"])
    assert shingles(["设 备 运 转"]) == shingles(["设备运转"])
    assert compare(set(), set()).likeness == 0
