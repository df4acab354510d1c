"""What secures the loans: items, valuations over time, ranks and prior liens."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random

from loanwatch.demo import places
from loanwatch.demo.drafts import Appraisal, Item, Note, Security

APPRAISERS = ("中衡评估 Zhongheng Appraisal", "信达评估 Xinda Appraisal", "东方评估 Dongfang Appraisal")
STALE = 0.025  # share of the secured loans whose last valuation is older than allowed


@dataclass(frozen=True)
class Sort:
    """A kind of collateral: agreed loan to value, days between valuations, and how it is valued."""

    kind: str
    description: str
    agreed: str
    days: int
    method: str = "appraisal"


SORTS = {
    "home": Sort("residential_property", "住宅 Flat", "0.70", 760, "index"),
    "shop": Sort("commercial_property", "商铺 Shop", "0.60", 300),
    "plant": Sort("commercial_property", "厂房 Workshop and land", "0.60", 310),
    "machines": Sort("equipment", "机器设备 Machines", "0.50", 315),
    "stock": Sort("inventory", "存货 Stock", "0.50", 70, "quote"),
    "van": Sort("vehicle", "货车 Delivery van", "0.50", 320),
}
USUAL = {
    "MG": ("home",),
    "FA": ("plant", "machines"),
    "WC-IO": ("plant", "shop", "machines", "stock"),
    "WC-AM": ("plant", "shop", "machines", "stock"),
    "SB": ("shop", "machines"),
    "PB-EI": ("home", "shop", "van"),
    "PB-IO": ("home", "shop"),
    "CS": ("home",),
    "MF": ("van",),
}


def hundreds_of_yuan(minor: float) -> int:
    """Hundredths, rounded to 100 yuan: nobody values a workshop to the cent."""
    return int(round(minor, -4))


class Pledger:
    """Gives loans their collateral and numbers the items."""

    def __init__(self, draw: Random, as_of: date) -> None:
        self.draw, self.as_of, self.numbers = draw, as_of, count(1)

    def item(self, note: Note, sort: Sort, value: int) -> Item:
        """A new item of the borrower, valued at `value` hundredths some days before disbursement."""
        on = note.disbursed_on - timedelta(days=self.draw.randint(3, 25))
        appraiser = self.draw.choice(APPRAISERS)
        made = Item(
            f"K{next(self.numbers):06d}", sort.kind, sort.description, note.party, on, note.party.region if sort.method == "index" else ""
        )
        made.appraisals.append(Appraisal(on, value, "origination", appraiser))
        return made

    def secure(self, note: Note, item: Item, sort: Sort, *, rank: int = 1, prior_liens: int = 0) -> None:
        note.ltv_agreed = sort.agreed
        note.securities.append(Security(item, note.disbursed_on, rank, prior_liens))

    def pledge(self, note: Note) -> Item:
        """The usual collateral of the product, worth more than the agreed loan to value asks for, revalued in time."""
        sort = SORTS[self.draw.choice(USUAL[note.product])]
        liens = hundreds_of_yuan(note.principal * 0.2) if self.draw.random() < 0.06 else 0
        made = self.item(note, sort, hundreds_of_yuan(note.principal / (float(sort.agreed) * self.draw.uniform(0.72, 0.92))) + liens)
        self.secure(note, made, sort, prior_liens=liens)
        self.revalue(made, sort, note.settled_on or self.as_of)
        return made

    def revalue(self, item: Item, sort: Sort, until: date) -> None:
        """Valuations at the usual distance up to `until`, each a little apart from the one before; some items were forgotten."""
        stale = self.draw.random() < STALE
        last = item.appraisals[-1]
        while (on := last.on + timedelta(days=sort.days - self.draw.randint(0, sort.days // 12))) <= until:
            if stale and on > until - timedelta(days=int(1.15 * sort.days)):
                break
            last = Appraisal(on, hundreds_of_yuan(last.value * self.draw.uniform(0.965, 1.03)), sort.method, last.appraiser)
            item.appraisals.append(last)


def ordinary(notes: list[Note], draw: Random, as_of: date) -> Pledger:
    """Collateral for the share of loans that their product says."""
    pledger = Pledger(draw, as_of)
    for note in notes:
        if draw.random() < places.PRODUCTS[note.product].collateral:
            pledger.pledge(note)
    return pledger


def planted(cases: dict[str, list[Note]], pledger: Pledger) -> None:
    """The collateral of the planted cases."""
    as_of = pledger.as_of

    def valued(note: Note, key: str, share: float, ages: list[tuple[int, float]]) -> Item:
        """`share`: loan to value at disbursement as a share of the agreed one; `ages`: days ago and change of each later valuation."""
        sort = SORTS[key]
        made = pledger.item(note, sort, hundreds_of_yuan(note.principal / (float(sort.agreed) * share)))
        pledger.secure(note, made, sort)
        for age, change in ages:
            before = made.appraisals[-1]
            made.appraisals.append(
                Appraisal(as_of - timedelta(days=age), round(before.value * (1 + change)), "appraisal", before.appraiser)
            )
        return made

    (note,) = cases["value_fell"]
    # Today's balance at 112 % of the agreed share of the fallen value; the balance was higher when the loan was made.
    fallen = note.open_principal(as_of) / (float(SORTS["plant"].agreed) * 1.12)
    valued(note, "plant", note.principal / (fallen / 0.75) / float(SORTS["plant"].agreed), [(12, -0.25)])
    for code, age in (("old_valuation", 600), ("valuation_due", 365)):
        (note,) = cases[code]
        made = valued(note, "shop", 0.8, [])
        made.since = as_of - timedelta(days=age)
        made.appraisals[0] = Appraisal(made.since, made.appraisals[0].value, "origination", made.appraisals[0].appraiser)
    (note,) = cases["never_valued"]
    valued(note, "machines", 0.8, []).appraisals.clear()
    for code, key in (("seized", "plant"), ("insurance_expired", "plant"), ("stock_short", "stock"), ("registration_lapses", "plant")):
        (note,) = cases[code]
        made = valued(note, key, 0.8, [(40, -0.02)])
        if code == "stock_short":
            quoted = made.appraisals[-1].value // 10_000 * 10_000
            made.appraisals += [Appraisal(as_of - timedelta(days=ago), value, "quote", "交易所 Exchange") for ago, value in ((9, quoted), (2, quoted * 85 // 100))]
    (first,), (second,) = cases["shared_item_first"], cases["shared_item_second"]
    made = valued(first, "plant", 0.4, [(40, -0.02)])
    pledger.secure(second, made, SORTS["plant"], rank=2, prior_liens=first.principal)
