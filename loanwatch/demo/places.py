"""The made-up bank: its branch tree, its products and the towns its borrowers live in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """One unit of the branch tree. `seats`: account managers who work there."""

    code: str
    parent: str
    kind: str
    name: str
    town: str = ""
    seats: int = 0


TREE = (
    Unit("HO", "", "head_office", "总行 Head Office"),
    Unit("100", "HO", "region", "苏南分行 South Region"),
    Unit("110", "100", "branch", "苏州支行 Suzhou Branch"),
    Unit("111", "110", "sub_branch", "园区分理处 Suzhou Park", "苏州 Suzhou", 3),
    Unit("112", "110", "sub_branch", "相城分理处 Suzhou Xiangcheng", "苏州 Suzhou", 2),
    Unit("120", "100", "branch", "无锡支行 Wuxi Branch"),
    Unit("121", "120", "sub_branch", "梁溪分理处 Wuxi Liangxi", "无锡 Wuxi", 2),
    Unit("122", "120", "sub_branch", "江阴分理处 Wuxi Jiangyin", "无锡 Wuxi", 3),
    Unit("130", "100", "branch", "常州支行 Changzhou Branch"),
    Unit("131", "130", "sub_branch", "天宁分理处 Changzhou Tianning", "常州 Changzhou", 2),
    Unit("132", "130", "sub_branch", "武进分理处 Changzhou Wujin", "常州 Changzhou", 3),
    Unit("200", "HO", "region", "苏北分行 North Region"),
    Unit("210", "200", "branch", "南通支行 Nantong Branch"),
    Unit("211", "210", "sub_branch", "崇川分理处 Nantong Chongchuan", "南通 Nantong", 3),
    Unit("212", "210", "sub_branch", "如皋分理处 Nantong Rugao", "南通 Nantong", 2),
    Unit("220", "200", "branch", "扬州支行 Yangzhou Branch"),
    Unit("221", "220", "sub_branch", "广陵分理处 Yangzhou Guangling", "扬州 Yangzhou", 3),
    Unit("222", "220", "sub_branch", "仪征分理处 Yangzhou Yizheng", "扬州 Yangzhou", 2),
    Unit("230", "200", "branch", "盐城支行 Yancheng Branch"),
    Unit("231", "230", "sub_branch", "亭湖分理处 Yancheng Tinghu", "盐城 Yancheng", 2),
    Unit("232", "230", "sub_branch", "东台分理处 Yancheng Dongtai", "盐城 Yancheng", 3),
)
COUNTERS = tuple(unit for unit in TREE if unit.kind == "sub_branch")

# Rough centres of the towns, for the place of a visit.
POSITIONS = {
    "苏州 Suzhou": (31.30, 120.62),
    "无锡 Wuxi": (31.57, 120.30),
    "常州 Changzhou": (31.78, 119.95),
    "南通 Nantong": (32.01, 120.86),
    "扬州 Yangzhou": (32.39, 119.42),
    "盐城 Yancheng": (33.38, 120.13),
}
STREETS = ("人民路", "解放路", "新华路", "工业大道", "创业路", "滨河路", "迎宾路", "学士街", "东环路", "长江路")


@dataclass(frozen=True)
class Terms:
    """A product and how its loans are drawn up. Amounts in yuan for the smallest and the largest loan of a size."""

    code: str
    name: str
    kind: str
    plan: str
    months: tuple[int, ...]
    step: int
    rate_bp: tuple[int, int]
    amounts: dict[str, tuple[int, int]]
    purposes: tuple[str, ...]
    collateral: float  # share of the loans that are secured
    guarantor: float = 0.0  # share with a guarantor


PRODUCTS = {
    terms.code: terms
    for terms in (
        Terms(
            "WC-IO",
            "流动资金贷款 Working capital, bullet",
            "working_capital",
            "interest_only",
            (12,),
            1,
            (385, 480),
            {
                "micro": (200_000, 900_000),
                "small": (800_000, 4_000_000),
                "medium": (3_000_000, 9_000_000),
                "large": (8_000_000, 15_000_000),
            },
            ("采购原材料 Raw materials", "支付货款 Trade payables", "备货 Stock for the season"),
            0.55,
            0.25,
        ),
        Terms(
            "WC-AM",
            "流动资金分期贷款 Working capital, amortising",
            "working_capital",
            "equal_principal",
            (12, 18, 24),
            1,
            (395, 500),
            {
                "micro": (150_000, 800_000),
                "small": (500_000, 3_000_000),
                "medium": (2_000_000, 7_000_000),
                "large": (5_000_000, 12_000_000),
            },
            ("采购原材料 Raw materials", "支付工资 Wages", "订单备料 Materials for an order"),
            0.45,
            0.25,
        ),
        Terms(
            "FA",
            "固定资产贷款 Fixed assets",
            "fixed_asset",
            "equal_principal",
            (36, 48, 60),
            3,
            (400, 490),
            {
                "micro": (300_000, 1_200_000),
                "small": (1_000_000, 6_000_000),
                "medium": (4_000_000, 15_000_000),
                "large": (10_000_000, 25_000_000),
            },
            ("购置设备 Equipment", "厂房改造 Rebuilding of a workshop", "新建仓库 New warehouse"),
            0.85,
            0.15,
        ),
        Terms(
            "SB",
            "小企业快贷 Small business loan",
            "small_business",
            "equal_instalments",
            (12, 24),
            1,
            (420, 620),
            {"micro": (80_000, 500_000), "small": (300_000, 1_500_000), "medium": (1_000_000, 3_000_000), "large": (1_000_000, 3_000_000)},
            ("日常经营周转 Running costs", "门店装修 Shop fitting", "采购商品 Goods for sale"),
            0.20,
            0.25,
        ),
        Terms(
            "PB-EI",
            "个人经营贷款 Personal business, instalments",
            "personal_business",
            "equal_instalments",
            (12, 24, 36),
            1,
            (400, 600),
            {"person": (100_000, 900_000)},
            ("个体经营周转 Own business", "购置货车 Delivery van", "店铺租金 Shop rent"),
            0.45,
            0.15,
        ),
        Terms(
            "PB-IO",
            "个人经营贷款 Personal business, bullet",
            "personal_business",
            "interest_only",
            (12,),
            1,
            (400, 580),
            {"person": (100_000, 1_000_000)},
            ("个体经营周转 Own business", "备货 Stock for the season"),
            0.55,
            0.15,
        ),
        Terms(
            "CS",
            "个人消费贷款 Consumer",
            "consumer",
            "equal_instalments",
            (12, 24, 36),
            1,
            (450, 720),
            {"person": (30_000, 200_000)},
            ("房屋装修 Home improvement", "购车 Car", "教育 Education", "旅游 Travel"),
            0.05,
        ),
        Terms(
            "MG",
            "个人住房按揭 Mortgage",
            "mortgage",
            "equal_instalments",
            (120, 180, 240),
            1,
            (310, 400),
            {"person": (400_000, 2_200_000)},
            ("购买住房 Purchase of a home",),
            1.0,
        ),
        Terms(
            "MF",
            "农户小额贷款 Micro and farm",
            "micro",
            "harvest",
            (9, 12),
            3,
            (430, 620),
            {"person": (20_000, 150_000)},
            ("购买种苗 Seed and young stock", "饲料 Feed", "大棚 Greenhouses"),
            0.05,
            0.3,
        ),
    )
}
# How often a product is taken by persons and by firms.
PERSON_MIX = {"CS": 30, "MG": 14, "PB-EI": 20, "PB-IO": 16, "MF": 20}
FIRM_MIX = {"WC-IO": 34, "WC-AM": 22, "FA": 12, "SB": 32}
