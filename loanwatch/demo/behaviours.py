"""How borrowers pay: each behaviour fills a loan's payments and events up to the day the book is made for.

Pure: all draws come from the source given, so the same source gives the same payments.
"""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from loanwatch.demo import plans
from loanwatch.demo.drafts import Habit, Note
from loanwatch.demo.plans import Plan

Behaviour = Callable[[Note, Random, date], None]


def days(count: int) -> timedelta:
    return timedelta(days=count)


def pay_habit(note: Note, demands: Plan, habit: Habit, until: date) -> None:
    """Payments of `demands` by `habit`, as far as they fall on or before `until`; settles the loan once nothing is left."""
    for place, demand in enumerate(demands):
        left = demand.total
        parts = habit(place, demand)
        for number, (late, share) in enumerate(parts, 1):
            amount = left if number == len(parts) and share == 1 else min(left, round(demand.total * share))
            left -= amount
            on = max(demand.due_on + days(late), note.disbursed_on + days(1))
            if on <= until:
                note.pay(on, amount)
    note.payments.sort(key=lambda p: p.paid_on)
    if not note.settled_on and note.payments and note.paid() >= sum(d.total for d in note.current):
        note.settle(note.payments[-1].paid_on)


def punctual(draw: Random) -> Habit:
    """On the day or up to three days before it; one payment in 150 comes a day or more late."""

    def habit(_place: int, _demand: object) -> list[tuple[int, float]]:
        chance = draw.random()
        if chance < 0.0065:
            return [(draw.choice((1, 1, 2, 2, 4)), 1)]
        return [(0 if chance < 0.85 else -draw.randint(1, 3), 1)]

    return habit


def always(late: int) -> Habit:
    return lambda _place, _demand: [(late, 1)]


def due_by(plan: Plan, on: date) -> Plan:
    return [d for d in plan if d.due_on <= on]


def falling_due(plan: Plan, first: date, last: date) -> list[int]:
    """Places of the demands of `plan` due from `first` to `last`."""
    return [place for place, demand in enumerate(plan) if first <= demand.due_on <= last]


def good(note: Note, draw: Random, as_of: date) -> None:
    pay_habit(note, note.plan, punctual(draw), as_of)


def seasonal(note: Note, draw: Random, as_of: date) -> None:
    """Early in the good months, some days late in the first quarter of the year."""

    def habit(_place: int, demand: plans.Demand) -> list[tuple[int, float]]:
        lean = demand.due_on.month in {1, 2, 3}
        return [(draw.randint(1, 6) if lean and draw.random() < 0.4 else -draw.randint(0, 5), 1)]

    pay_habit(note, note.plan, habit, as_of)


def sliding(note: Note, draw: Random, as_of: date) -> None:
    """On time at first, then each payment a little later than the one before."""
    start, pace = draw.randint(2, 8), draw.uniform(0.8, 2.2)
    pay_habit(note, note.plan, lambda place, _d: [(0 if place < start else min(27, round((place - start) * pace)), 1)], as_of)


def part_payer(note: Note, draw: Random, as_of: date) -> None:
    """A part on the day, the rest some days later, about every third time."""
    start = draw.randint(1, 6)

    def habit(place: int, _demand: object) -> list[tuple[int, float]]:
        if place < start or draw.random() > 0.35:
            return [(0, 1)]
        return [(0, draw.choice((0.5, 0.6, 0.75, 0.8))), (draw.randint(3, 9), 1)]

    pay_habit(note, note.plan, habit, as_of)


def interest_late(note: Note, draw: Random, as_of: date) -> None:
    """Interest comes weeks late while no principal is due."""
    start = draw.randint(1, 5)
    pay_habit(note, note.plan, lambda place, _d: [(0 if place < start else draw.randint(4, 17), 1)], as_of)


def cured(note: Note, draw: Random, as_of: date) -> None:
    """Some demands unpaid for one to three months, then everything at once, and punctual ever since."""
    places = falling_due(note.plan, note.plan[1].due_on, as_of - days(130))
    if not places:
        good(note, draw, as_of)
        return
    missed = draw.choice(places)
    back_on = note.plan[missed].due_on + days(draw.randint(33, 88))

    def habit(place: int, demand: plans.Demand) -> list[tuple[int, float]]:
        unpaid = place >= missed and demand.due_on < back_on
        return [((back_on - demand.due_on).days, 1)] if unpaid else usual(place, demand)

    usual = punctual(draw)
    pay_habit(note, note.plan, habit, as_of)


def recovered(note: Note, draw: Random, as_of: date) -> None:
    """Stopped paying, and was paid off months later from the guarantor or the sale of the collateral."""
    places = falling_due(note.plan, note.plan[1].due_on, as_of - days(160))
    if not places:
        good(note, draw, as_of)
        return
    stop = draw.choice(places)
    due = note.plan[stop].due_on
    on = due + days(draw.randint(95, min(260, (as_of - due).days - 20)))
    pay_habit(note, note.plan[:stop], ramp(stop, draw), as_of)
    note.clear(on, draw.choice(("担保代偿 Guarantor", "押品处置 Sale of collateral")))


def prepaid(note: Note, draw: Random, as_of: date) -> None:
    """Paid back long before it was due."""
    places = falling_due(note.plan[:-2], note.plan[2].due_on if len(note.plan) > 4 else date.max, as_of - days(15))
    if not places:
        good(note, draw, as_of)
        return
    last = draw.choice(places)
    pay_habit(note, note.plan[: last + 1], always(0), as_of)
    note.clear(note.plan[last].due_on + days(draw.randint(3, 14)))


def ramp(stop: int, draw: Random) -> Habit:
    """Later and later over the last payments before the one at place `stop` is missed."""
    ahead = {1: draw.randint(8, 25), 2: draw.randint(4, 14), 3: draw.randint(0, 7)}
    return lambda place, _demand: [(ahead.get(stop - place, 0), 1)]


def missed_place(note: Note, draw: Random, as_of: date, least: int, most: int) -> int | None:
    """A demand that, left unpaid, puts the loan `least` to `most` days past due on `as_of`; None when there is none."""
    places = [place for place in falling_due(note.plan, as_of - days(most), as_of - days(least)) if place >= 2]
    return draw.choice(places) if places else None


def stop_at(note: Note, place: int, draw: Random, as_of: date) -> None:
    """Pays up to before the demand at `place` and stops; a third of the long arrears brought one small sum later."""
    pay_habit(note, note.plan[:place], ramp(place, draw), as_of)
    missed = note.plan[place]
    late = (as_of - missed.due_on).days
    if late > 60 and draw.random() < 0.35:
        note.pay(missed.due_on + days(draw.randint(30, late - 10)), missed.total * draw.choice((10, 20, 35)) // 100)
        note.payments.sort(key=lambda p: p.paid_on)


BY_NAME: dict[str, Behaviour] = {f.__name__: f for f in (good, seasonal, sliding, part_payer, interest_late, cured, recovered, prepaid)}
