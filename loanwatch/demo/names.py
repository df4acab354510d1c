"""Made-up names of people, firms and places. None is meant to be anybody; telephone numbers hold a block that is never given out."""

from dataclasses import dataclass
from random import Random

SURNAMES = (
    ("王", "Wang"),
    ("李", "Li"),
    ("张", "Zhang"),
    ("刘", "Liu"),
    ("陈", "Chen"),
    ("杨", "Yang"),
    ("赵", "Zhao"),
    ("黄", "Huang"),
    ("周", "Zhou"),
    ("吴", "Wu"),
    ("徐", "Xu"),
    ("孙", "Sun"),
    ("胡", "Hu"),
    ("朱", "Zhu"),
    ("高", "Gao"),
    ("林", "Lin"),
    ("何", "He"),
    ("郭", "Guo"),
    ("马", "Ma"),
    ("罗", "Luo"),
    ("梁", "Liang"),
    ("宋", "Song"),
    ("郑", "Zheng"),
    ("谢", "Xie"),
    ("韩", "Han"),
    ("唐", "Tang"),
    ("冯", "Feng"),
    ("于", "Yu"),
    ("董", "Dong"),
    ("程", "Cheng"),
    ("曹", "Cao"),
    ("袁", "Yuan"),
    ("邓", "Deng"),
    ("许", "Xu"),
    ("沈", "Shen"),
    ("曾", "Zeng"),
    ("彭", "Peng"),
    ("蒋", "Jiang"),
    ("蔡", "Cai"),
    ("潘", "Pan"),
)
FIRST = (
    ("文", "wen"),
    ("志", "zhi"),
    ("晓", "xiao"),
    ("建", "jian"),
    ("明", "ming"),
    ("海", "hai"),
    ("春", "chun"),
    ("雨", "yu"),
    ("思", "si"),
    ("子", "zi"),
    ("佳", "jia"),
    ("立", "li"),
    ("国", "guo"),
    ("永", "yong"),
    ("丽", "li"),
    ("玉", "yu"),
    ("天", "tian"),
    ("宏", "hong"),
    ("静", "jing"),
    ("伟", "wei"),
)
SECOND = (
    ("博", "bo"),
    ("华", "hua"),
    ("强", "qiang"),
    ("敏", "min"),
    ("磊", "lei"),
    ("娜", "na"),
    ("鹏", "peng"),
    ("凡", "fan"),
    ("琳", "lin"),
    ("杰", "jie"),
    ("涛", "tao"),
    ("芳", "fang"),
    ("军", "jun"),
    ("萍", "ping"),
    ("洁", "jie"),
    ("峰", "feng"),
    ("梅", "mei"),
    ("林", "lin"),
    ("远", "yuan"),
    ("怡", "yi"),
    ("成", "cheng"),
    ("霞", "xia"),
    ("平", "ping"),
    ("宁", "ning"),
)
FIRM_WORDS = (
    ("泰禾", "Taihe"),
    ("恒锐", "Hengrui"),
    ("宝来", "Baolai"),
    ("星河", "Xinghe"),
    ("绿源", "Lyuyuan"),
    ("金山", "Jinshan"),
    ("瑞丰", "Ruifeng"),
    ("东吴", "Dongwu"),
    ("明辉", "Minghui"),
    ("三元", "Sanyuan"),
    ("华诚", "Huacheng"),
    ("鼎盛", "Dingsheng"),
    ("苏锦", "Sujin"),
    ("长河", "Changhe"),
    ("永丰", "Yongfeng"),
    ("佳禾", "Jiahe"),
    ("天成", "Tiancheng"),
    ("新远", "Xinyuan"),
    ("百川", "Baichuan"),
    ("恒达", "Hengda"),
    ("正泽", "Zhengze"),
    ("立群", "Liqun"),
    ("远航", "Yuanhang"),
    ("凯源", "Kaiyuan"),
    ("同兴", "Tongxing"),
    ("广润", "Guangrun"),
    ("华茂", "Huamao"),
    ("景田", "Jingtian"),
    ("联合", "Lianhe"),
    ("顺达", "Shunda"),
    ("安泰", "Antai"),
    ("博雅", "Boya"),
    ("春晖", "Chunhui"),
    ("德邻", "Delin"),
    ("枫桥", "Fengqiao"),
    ("甘露", "Ganlu"),
    ("虹云", "Hongyun"),
    ("嘉陵", "Jialing"),
    ("康桥", "Kangqiao"),
    ("蓝湾", "Lanwan"),
    ("茂林", "Maolin"),
    ("南园", "Nanyuan"),
    ("平江", "Pingjiang"),
    ("青石", "Qingshi"),
    ("润和", "Runhe"),
    ("胜利", "Shengli"),
    ("桐庐", "Tonglu"),
    ("望亭", "Wangting"),
    ("祥云", "Xiangyun"),
    ("雅居", "Yaju"),
)


@dataclass(frozen=True)
class Trade:
    """What a firm does: its word in the firm's name and the industry it counts to."""

    chinese: str
    english: str
    industry: str


TRADES = (
    Trade("针织", "Knitwear", "纺织业 Textiles"),
    Trade("纺织", "Textiles", "纺织业 Textiles"),
    Trade("服饰", "Garments", "纺织业 Textiles"),
    Trade("精密模具", "Precision Moulds", "金属制品 Metal products"),
    Trade("紧固件", "Fasteners", "金属制品 Metal products"),
    Trade("轴承", "Bearings", "金属制品 Metal products"),
    Trade("机械", "Machinery", "通用设备 Machinery"),
    Trade("电气", "Electrics", "电气机械 Electrical goods"),
    Trade("电子", "Electronics", "电子制造 Electronics"),
    Trade("塑业", "Plastics", "橡胶塑料 Rubber and plastics"),
    Trade("包装", "Packaging", "橡胶塑料 Rubber and plastics"),
    Trade("食品", "Foods", "食品加工 Food processing"),
    Trade("茶业", "Tea", "食品加工 Food processing"),
    Trade("建材", "Building Materials", "建筑材料 Building materials"),
    Trade("装饰工程", "Interiors", "建筑业 Construction"),
    Trade("商贸", "Trading", "批发零售 Wholesale and retail"),
    Trade("百货", "Stores", "批发零售 Wholesale and retail"),
    Trade("五金", "Hardware", "批发零售 Wholesale and retail"),
    Trade("物流", "Logistics", "物流运输 Logistics"),
    Trade("冷链", "Cold Chain", "物流运输 Logistics"),
    Trade("酒店", "Hotels", "住宿餐饮 Hotels and restaurants"),
    Trade("餐饮", "Restaurants", "住宿餐饮 Hotels and restaurants"),
    Trade("软件", "Software", "信息服务 Information services"),
    Trade("农业", "Farms", "农林牧渔 Farming and fishing"),
    Trade("水产", "Fisheries", "农林牧渔 Farming and fishing"),
)
FARMING = "农林牧渔 Farming and fishing"
PERSON_INDUSTRIES = (
    "批发零售 Wholesale and retail",
    "住宿餐饮 Hotels and restaurants",
    "物流运输 Logistics",
    "制造业 Manufacturing staff",
    "公共服务 Public services",
    "信息服务 Information services",
    "建筑业 Construction",
)


class Namer:
    """Hands out names, none of them twice for firms; all draws come from the one source given."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        pairs = [(word, trade) for word in FIRM_WORDS for trade in TRADES]
        draw.shuffle(pairs)
        self.firms = pairs
        self.used = 0

    def person(self) -> str:
        """For instance 李文博 Li Wenbo."""
        surname, first, second = self.draw.choice(SURNAMES), self.draw.choice(FIRST), self.draw.choice(SECOND)
        if self.draw.random() < 0.2:
            return f"{surname[0]}{second[0]} {surname[1]} {second[1].capitalize()}"
        return f"{surname[0]}{first[0]}{second[0]} {surname[1]} {first[1].capitalize()}{second[1]}"

    def firm(self) -> tuple[str, Trade]:
        """A firm's short name, for instance 泰禾针织 Taihe Knitwear, and its trade. Past the stock of pairs a number is added."""
        word, trade = self.firms[self.used % len(self.firms)]
        lap, self.used = self.used // len(self.firms), self.used + 1
        chinese, english = f"{word[0]}{trade.chinese}", f"{word[1]} {trade.english}"
        return (f"{chinese}{lap + 1}号 {english} {lap + 1}" if lap else f"{chinese} {english}"), trade

    def phone(self) -> str:
        """A mobile number of a block that belongs to nobody."""
        return f"1{self.draw.choice('35789')}{self.draw.randrange(10)} 0000 {self.draw.randrange(10000):04d}"
