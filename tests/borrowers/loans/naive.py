"""A loan's life as a list of what was told, and a slow oracle of where it stands, written without the rule it judges.

The oracle keeps no running totals: it drops what was taken back, pours the money hundredth by hundredth's worth into the
parts of the demands, and counts days one at a time.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

ONE = timedelta(days=1)
START = date(2026, 1, 5)


@dataclass
class Terms:
    order: tuple[str, ...] = ("fee", "interest", "principal")
    grace: int = 0
    floor: int = 0
    percent: Decimal = Decimal(0)
    convention: str = "none"


@dataclass
class Life:
    """One loan. Every fact carries the day it is about and the day it became known; amounts are hundredths."""

    principal: int
    currency: str
    terms: Terms
    holidays: frozenset[date] = frozenset()
    make_up: frozenset[date] = frozenset()  # weekend days that are worked
    begun: date = START
    versions: list[tuple[date, date, list[tuple[date, dict[str, int]]]]] = field(default_factory=list)  # valid, known, demands
    money: list[tuple[date, date, int]] = field(default_factory=list)  # paid on, known, amount
    taken_back: list[tuple[int, date, date]] = field(default_factory=list)  # place in money, as of, known
    pauses: list[tuple[date, date, date]] = field(default_factory=list)  # from, before, known
    off: tuple[date, date] | None = None  # written off on, known

    def plan(self, as_of: date, known_on: date) -> list[tuple[date, dict[str, int]]]:
        found = [demands for valid, known, demands in self.versions if valid <= as_of and known <= known_on]
        return found[-1] if found else []

    def works(self, day: date) -> bool:
        return day in self.make_up or (day.weekday() < 5 and day not in self.holidays)


def purse(life: Life, as_of: date, known_on: date) -> int:
    """What had been paid and not taken back."""
    gone = {place for place, on, known in life.taken_back if on <= as_of and known <= known_on}
    return sum(amount for place, (on, known, amount) in enumerate(life.money) if on <= as_of and known <= known_on and place not in gone)


def pour(life: Life, as_of: date, known_on: date) -> tuple[list[tuple[date, dict[str, int]]], int]:
    """What is left of each part of each demand, and what was paid too much."""
    money, left = purse(life, as_of, known_on), []
    for due, parts in life.plan(as_of, known_on):
        rest = dict(parts)
        for part in life.terms.order:
            while rest[part] > 0 and money > 0:
                drop = min(rest[part], money)
                rest[part] -= drop
                money -= drop
        left.append((due, rest))
    return left, money


def begins(life: Life, due: date) -> date:
    """The day from which a demand counts: walk to a business day as the product says."""
    day, word = due, life.terms.convention
    if word in {"following", "modified_following"}:
        while not life.works(day):
            day += ONE
        if word == "modified_following" and day.month != due.month:
            day = due
    if word == "preceding" or (word == "modified_following" and not life.works(day)):
        while not life.works(day):
            day -= ONE
    return day


def standing(life: Life, as_of: date, known_on: date) -> dict:
    """Where the loan stands, the slow way."""
    left, spare = pour(life, as_of, known_on)
    open_principal = sum(rest["principal"] for _, rest in left)
    off = life.off is not None and life.off[0] <= as_of and life.off[1] <= known_on
    told = {
        "outstanding": 0 if off else open_principal,
        "written_off": open_principal if off else 0,
        "unallocated": spare,
        "days_past_due": 0, "principal_days": 0, "interest_days": 0, "oldest": None, "overdue_principal": 0, "overdue_interest": 0,
    }  # fmt: skip
    if off:
        return told
    arrears, whole, first = 0, None, {}
    for due, rest in left:
        start = begins(life, due)
        if start >= as_of:
            continue
        told["overdue_principal"] += rest["principal"]
        told["overdue_interest"] += rest["interest"] + rest["fee"]
        arrears += sum(rest.values())
        material = arrears > 0 and arrears > life.terms.floor and Decimal(arrears) * 100 > life.terms.percent * open_principal
        if whole is None and material:
            whole, told["oldest"] = start, due
        for name, here in (("principal_days", rest["principal"]), ("interest_days", rest["interest"] + rest["fee"])):
            if here and name not in first:
                first[name] = start
    if whole is not None:
        told["days_past_due"] = _days(life, whole, as_of, known_on)
        for name, start in first.items():
            told[name] = _days(life, start if start > whole else whole, as_of, known_on)
    return told


def _days(life: Life, start: date, as_of: date, known_on: date) -> int:
    """Day by day: a day counts unless a pause covers it; within the days of grace none does."""
    count, day = 0, start
    while day < as_of:
        day += ONE
        if not any(a <= day < b and known <= known_on for a, b, known in life.pauses):
            count += 1
    return 0 if count <= life.terms.grace else count
