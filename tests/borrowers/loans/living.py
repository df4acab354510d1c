"""What can happen to a loan, as moves on a `Life`: used by the properties with and without a database."""

import random
from datetime import date, timedelta
from decimal import Decimal

from borrowers.loans import schedules
from borrowers.loans.rules import NONE, Counting, Demand, Pause, Payment, Standing, moved, stand
from loanwatch.kernel.calendars import add_months
from tests.borrowers.loans import naive
from tests.borrowers.loans.naive import START, Life, Terms

METHODS = (schedules.EQUAL_INSTALMENT, schedules.EQUAL_PRINCIPAL, schedules.INTEREST_ONLY)
LAST = START + timedelta(days=330)


def minor(amount: Decimal) -> int:
    return int(amount * 100)


def generated(life: Life, amount: int, start: date, months: int, method: str, rate: int) -> list[tuple[date, dict[str, int]]]:
    """The demands of the house's own generator, for `amount` hundredths (whole units where the currency has no decimals)."""
    agreed = schedules.Agreed(Decimal(amount) / 100, life.currency, method, ((start, Decimal(rate)),), start, add_months(start, months))
    found = schedules.demands(agreed)
    return [(d.due_on, {"principal": minor(d.principal), "interest": minor(d.interest), "fee": 0}) for d in found]


def disburse(life: Life, months: int, method: str, rate: int, fee: int) -> None:
    plan = generated(life, life.principal, life.begun, months, method, rate)
    plan[0][1]["fee"] = fee
    life.versions.append((life.begun, life.begun, plan))


def pay(life: Life, today: date, amount: int, back: int = 0) -> None:
    """Money that came in `back` days ago and is told today."""
    life.money.append((max(life.begun, today - timedelta(days=back)), today, amount))


def take_back(life: Life, today: date, place: int, backdated: bool) -> None:
    """The bank takes a payment back, as of its own day or of today."""
    place %= len(life.money)
    if place not in {p for p, _, _ in life.taken_back}:
        life.taken_back.append((place, life.money[place][0] if backdated else today, today))


def extend(life: Life, today: date, days: int) -> None:
    """What is not due yet falls due later; what was due stays."""
    plan = life.plan(today, today)
    longer = [(due if due <= today else due + timedelta(days=days), dict(parts)) for due, parts in plan]
    life.versions.append((today, today, longer))


def restructure(life: Life, today: date, months: int, method: str, rate: int) -> None:
    """The principal that is not due yet is agreed on anew; what was due stays."""
    plan = life.plan(today, today)
    due = [(on, dict(parts)) for on, parts in plan if on <= today]
    rest = life.principal - sum(parts["principal"] for _, parts in due)
    if rest > 0:
        life.versions.append((today, today, due + generated(life, rest, today, months, method, rate)))


def write_off(life: Life, today: date, back: int) -> None:
    life.off = life.off or (max(life.begun, today - timedelta(days=back)), today)


def pause(life: Life, today: date, start: int, length: int) -> None:
    begin = today + timedelta(days=start)
    if begin not in {a for a, _, _ in life.pauses}:
        life.pauses.append((begin, begin + timedelta(days=length), today))


def by_the_rule(life: Life, as_of: date, known_on: date) -> Standing:
    """What the rule says: payments and reversals as flows, pauses and terms as they are read from the database."""
    plan, t = life.plan(as_of, known_on), life.terms
    demands = [Demand(n, due, p["principal"], p["interest"], p["fee"]) for n, (due, p) in enumerate(plan, 1)]
    flows = [Payment(on, amount) for on, known, amount in life.money if known <= known_on]
    flows += [Payment(on, -life.money[place][2]) for place, on, known in life.taken_back if known <= known_on]
    moves = {} if t.convention == NONE else {d.due_on: moved(d.due_on, t.convention, life.works) for d in demands}
    counting = Counting(t.order, t.grace, t.floor, t.percent, t.convention, moves)
    pauses = [Pause(a, b) for a, b, known in life.pauses if known <= known_on]
    off = life.off[0] if life.off and life.off[1] <= known_on else None
    return stand(demands, flows, as_of, counting, pauses=pauses, written_off_on=off)


# --- a whole life by the dice -----------------------------------------------------------------------------------------------


def life(dice: random.Random, terms: Terms, closed: frozenset[date] = frozenset(), worked: frozenset[date] = frozenset()) -> Life:
    """A loan and a year of what may happen to it."""
    made = Life(dice.randrange(1, 100_000) * 100, "CNY", terms, closed, worked)
    disburse(made, dice.randint(1, 12), dice.choice(METHODS), dice.randint(0, 24), dice.choice([0, 0, 5_000]))
    today = START
    while (today := today + timedelta(days=dice.choice([1, 5, 20, 31]))) < LAST:
        dice.choice(MOVES)(made, today, dice)
    return made


def _pay_due(made: Life, today, dice) -> None:
    found = naive.standing(made, today, today)
    pay(made, today, max(1, (found["overdue_principal"] + found["overdue_interest"]) // dice.choice([1, 1, 2])))


def _take_back(made: Life, today, dice) -> None:
    if made.money:
        take_back(made, today, dice.randrange(50), dice.random() < 0.5)


MOVES = [
    _pay_due,
    _pay_due,
    lambda made, today, dice: pay(made, today, dice.randrange(1, 500_000), dice.choice([0, 5, 40])),
    _take_back,
    lambda made, today, dice: extend(made, today, dice.randint(1, 120)),
    lambda made, today, dice: restructure(made, today, dice.randint(1, 12), dice.choice(METHODS), dice.randint(0, 24)),
    lambda made, today, dice: pause(made, today, dice.randint(-60, 20), dice.randint(1, 60)),
    lambda made, today, dice: write_off(made, today, dice.choice([0, 30])) if dice.random() < 0.1 else None,
]


def terms_of(dice: random.Random, order: tuple[str, ...]) -> Terms:
    return Terms(
        order, dice.choice([0, 3, 10]), dice.choice([0, 100, 5_000]), Decimal(dice.choice(["0", "0.5", "10"])),
        dice.choice(["none", "following", "modified_following", "preceding"]),
    )  # fmt: skip
