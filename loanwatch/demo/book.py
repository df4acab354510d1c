"""Draws the ordinary part of the book: borrowers, their loans, and how each of them pays.

Shares of arrears are steered by outstanding balance, so that every seed and size gives a book of the same health.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from loanwatch.demo import behaviours, places, plans
from loanwatch.demo.drafts import Happening, Note, Party
from loanwatch.demo.names import FARMING, PERSON_INDUSTRIES, Namer
from loanwatch.demo.staff import STORIED, colleague

PERSONS = 0.6  # share of borrowers
LOANS_PER_BORROWER = 1.2
FIRST_MONTHS = 0.22  # share of the loans made in the first three months: the book did not begin from nothing
# Shares of the outstanding balance on the last day, planted cases included: days past due from, to, share.
ARREARS = ((91, 400, 0.0185), (61, 88, 0.0105), (30, 59, 0.0150), (3, 26, 0.018))
# Shares of the other loans by behaviour; the rest is good.
SHARES = (
    ("seasonal", 0.06),
    ("sliding", 0.02),
    ("part_payer", 0.015),
    ("interest_late", 0.008),
    ("cured", 0.07),
    ("recovered", 0.03),
    ("prepaid", 0.04),
)
ROLLED_OVER = 0.02  # share of the loans that were repaid by a new one
LARGEST_IN_ARREARS = 0.005  # of the whole book: one big loan must not decide the shares
SMALL_IN_ARREARS = 0.0004  # of the whole book; three of four loans below it are left alone, or arrears would be many and tiny


@dataclass(frozen=True)
class Frame:
    """What every draw needs."""

    draw: Random
    namer: Namer
    start: date
    as_of: date
    teams: dict[str, list[str]]  # sub-branch -> log-ins of its account managers


def town_of(branch: str) -> str:
    return next(unit.town for unit in places.COUNTERS if unit.code == branch)


def party(frame: Frame, number: str, branch: str, manager: str, *, person: bool, segment: str = "") -> Party:
    """A borrower of a branch, made up from names, sizes and places."""
    draw, town = frame.draw, town_of(branch)
    if person:
        name, industry, segment = frame.namer.person(), draw.choice(PERSON_INDUSTRIES), "person"
    else:
        name, trade = frame.namer.firm()
        industry = trade.industry
        segment = segment or draw.choices(("micro", "small", "medium", "large"), (45, 42, 11, 2))[0]
    latitude, longitude = places.POSITIONS[town]
    return Party(
        number=number,
        name=name,
        kind="person" if person else "company",
        segment=segment,
        industry=industry,
        region=town,
        phone=frame.namer.phone(),
        address=f"{town.split()[0]}{draw.choice(places.STREETS)}{draw.randint(1, 980)}号",
        position=(f"{latitude + draw.uniform(-0.06, 0.06):.6f}", f"{longitude + draw.uniform(-0.06, 0.06):.6f}"),
        branch=branch,
        manager=manager,
        assistant=colleague(draw, frame.teams[branch], manager) if draw.random() < 0.4 else manager,
        key_customer=segment in {"medium", "large"} and draw.random() < 0.35,
    )


def note(frame: Frame, owner: Party, code: str, disbursed_on: date, *, amount: int | None = None, months: int | None = None) -> Note:
    """A loan of product `code`; amount in whole yuan, drawn when not given, to the nearest thousand."""
    draw, terms = frame.draw, places.PRODUCTS[code]
    low, high = terms.amounts[owner.segment]
    principal = 100 * (amount or int(round(low * (high / low) ** draw.random(), -3)))
    rate_bp = 5 * draw.randint(terms.rate_bp[0] // 5, terms.rate_bp[1] // 5)
    count = (months or draw.choice(terms.months)) // terms.step
    step = terms.step
    dues = plans.due_dates(disbursed_on, draw.choice((5, 10, 15, 18, 20, 21, 25, 28)), count, step)
    plan = getattr(plans, terms.plan)(principal, rate_bp, dues, step)
    owner.since = min(owner.since, disbursed_on)
    return Note(owner, code, principal, rate_bp, disbursed_on, plan, step, draw.choice(terms.purposes))


def parties(frame: Frame, count: int) -> list[Party]:
    """`count` borrowers spread over the sub-branches and their managers."""
    tickets = [(code, login) for code, team in frame.teams.items() for login in team]
    found = []
    for place in range(count):
        branch, manager = tickets[place % len(tickets)]
        found.append(party(frame, f"C{100001 + place}", branch, manager, person=frame.draw.random() < PERSONS))
    return found


def product_for(draw: Random, owner: Party) -> str:
    mix = places.PERSON_MIX if owner.kind == "person" else places.FIRM_MIX
    code = draw.choices(list(mix), list(mix.values()))[0]
    if code == "MF" and draw.random() < 0.7:
        owner.industry = FARMING
    return code


def notes(frame: Frame, owners: list[Party], count: int) -> list[Note]:
    """`count` loans of `owners`, each with at least one, in order of disbursement."""
    draw, days = frame.draw, (frame.as_of - frame.start).days
    takers = owners[:count] + [draw.choice(owners) for _ in range(count - len(owners))]
    found = []
    for taker in takers:
        early = draw.random() < FIRST_MONTHS
        age = draw.randint(days - 90, days) if early else draw.randint(1, days - 91)
        found.append(note(frame, taker, product_for(draw, taker), frame.as_of - timedelta(days=age)))
    return sorted(found, key=lambda n: (n.disbursed_on, n.party.number))


def decks(frame: Frame, ordinary: list[Note]) -> Iterator[tuple[Note, str]]:
    """A behaviour for each loan: exact shares, in an order drawn by lot, each where it fits."""
    pile = list(ordinary)
    frame.draw.shuffle(pile)
    for name, share in SHARES:
        wanted = round(share * len(ordinary))
        fitting = [n for n in pile if fits(name, n)][:wanted]
        chosen = {id(n) for n in fitting}
        pile = [n for n in pile if id(n) not in chosen]
        yield from ((n, name) for n in fitting)
    yield from ((n, "good") for n in pile)


def fits(behaviour: str, candidate: Note) -> bool:
    # A mortgage pays in good order as a rule; interest alone can be late only where principal waits for the end.
    if behaviour == "seasonal":
        return candidate.product in {"MF", "WC-IO", "SB", "PB-IO"}
    if behaviour == "interest_late":
        return candidate.product in {"WC-IO", "PB-IO"}
    return len(candidate.plan) >= 4 and (candidate.product != "MG" or behaviour in {"prepaid", "cured"})


def in_arrears(frame: Frame, pool: list[Note], planted: list[Note]) -> list[Note]:
    """Let loans of `pool` fall into arrears until the shares of `ARREARS` are reached; returns those that did."""
    as_of = frame.as_of
    standing = {id(n): scheduled(n, as_of) for n in pool}
    whole = sum(standing.values()) + sum(n.open_principal(as_of) for n in planted)
    chosen: list[Note] = []
    pile = [n for n in pool if standing[id(n)] and n.party.manager not in STORIED]
    frame.draw.shuffle(pile)
    for least, most, share in ARREARS:
        have = sum(n.open_principal(as_of) for n in planted if least <= n.days_past_due(as_of) <= most + 2)
        for candidate in list(pile):
            if have >= share * whole:
                break
            place = behaviours.missed_place(candidate, frame.draw, as_of, least, most)
            owed = sum(d.principal for d in candidate.plan[place:]) if place is not None else 0
            if owed < SMALL_IN_ARREARS * whole and frame.draw.random() < 0.75:
                continue
            if place is None or owed > LARGEST_IN_ARREARS * whole or have + owed > share * whole * 1.08:
                continue
            behaviours.stop_at(candidate, place, frame.draw, as_of)
            candidate.behaviour = "defaulted" if least > 90 else "arrears"
            have += owed
            chosen.append(candidate)
            pile.remove(candidate)
    return chosen


def loan_number(place: int) -> str:
    return f"LN-{100001 + place}"


FIRST_ORDINARY = loan_number(0)  # numbers below it are planted cases


def scheduled(candidate: Note, as_of: date) -> int:
    """Principal open on `as_of` when all is paid as planned."""
    return sum(d.principal for d in candidate.plan if d.due_on > as_of)


def roll_over(frame: Frame, pool: list[Note], count: int) -> list[Note]:
    """New loans that repaid bullet loans of `pool` some days after these had matured; returns the new loans."""
    fresh: list[Note] = []
    latest = frame.as_of - timedelta(days=40)
    for old in pool:
        if len(fresh) == count:
            break
        if old.product not in {"WC-IO", "PB-IO"} or old.behaviour or old.matures_on > latest:
            continue
        on = old.matures_on + timedelta(days=frame.draw.randint(1, 9))
        new = note(frame, old.party, old.product, on, amount=old.principal // 100)
        new.purpose = "借新还旧 Repays an earlier loan"
        roll(old, new, on)
        behaviours.good(new, frame.draw, frame.as_of)
        new.behaviour = "rolled_over"
        fresh.append(new)
    return fresh


def roll(old: Note, new: Note, on: date) -> None:
    """`new` pays what is left of `old` on `on`. Interest was paid as due; the principal was not there."""
    behaviours.pay_habit(old, [plans.Demand(d.due_on, 0, d.interest) for d in old.plan if d.due_on < on], behaviours.always(0), on)
    amount = old.open_principal(on)
    old.happenings.append(Happening("refinance", on, amount, other=new))
    old.clear(on, "新贷款 New loan")
    old.behaviour = "rolled_over"


def ordinary(frame: Frame, owners: list[Party], planted: list[Note], count: int) -> list[Note]:
    """`count` loans beside the planted ones, each with its payments; numbered in order of disbursement."""
    rolled = round(ROLLED_OVER * count)
    drawn = notes(frame, owners, count - rolled)
    fresh = roll_over(frame, drawn, rolled)
    drawn += notes(frame, owners[: rolled - len(fresh)], rolled - len(fresh))  # a small book may hold too few bullet loans
    late = {id(n) for n in in_arrears(frame, [n for n in drawn if not n.behaviour], planted)}
    for candidate, name in decks(frame, [n for n in drawn if not n.behaviour and id(n) not in late]):
        candidate.behaviour = name
        behaviours.BY_NAME[name](candidate, frame.draw, frame.as_of)
    everything = sorted([*drawn, *fresh], key=lambda n: (n.disbursed_on, n.party.number, n.principal))
    for place, one in enumerate(everything):
        one.number = loan_number(place)
    return everything
