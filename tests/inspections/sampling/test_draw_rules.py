"""The draw as figures: shares hold, nothing that a manager sees foretells it, and the boundary is where it is said to be.

The seeds of these tests are fixed, so that they say the same every time; the bounds are those of the binomial and of the
chi-square distribution, written out where they are used.
"""

import hmac
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from math import sqrt

import pytest

from inspections.sampling import rules
from inspections.sampling.rules import BATCH, DESK, SHIPPED, VISIT, Facts, Policy, Stratum, draw, hit, number_of, share_of

DRAWS = 10_000
SIGMAS = 4  # a fair draw leaves these bounds once in 16,000 times
CHI_9 = 27.88  # the 0.1 % point of chi-square with 9 degrees of freedom
CHI_63 = 103.44  # and with 63

SEED = sha256(b"a fixed seed for tests").digest()
PLAIN = Facts(kind="routine", product="working_capital", amount=Decimal(800_000))


def content(n: int) -> str:
    return sha256(f"report {n}".encode()).hexdigest()


def off_by(count: int, n: int, share: float) -> float:
    """How many standard deviations `count` of `n` lies from what the share says."""
    return abs(count - n * share) / sqrt(n * share * (1 - share)) if 0 < share < 1 else abs(count - n * share)


STRATA = {
    "orange": (replace(PLAIN, level=2), VISIT, 0.50),
    "yellow": (replace(PLAIN, level=1), VISIT, 0.20),
    "off_site": (replace(PLAIN, kind="off_site"), DESK, 0.10),
    "key_customer": (replace(PLAIN, tier=2), VISIT, 0.15),
    "normal": (PLAIN, VISIT, 0.05),
    "normal, two flags and a worse class": (replace(PLAIN, flags=2, risk_class="special_mention"), VISIT, 0.30),
    "normal, high disagreement": (replace(PLAIN, person_points=60, person_changed=12), VISIT, 0.25),
}


@pytest.mark.parametrize("name", STRATA)
def test_the_share_of_each_row_holds_over_ten_thousand_draws(name):
    facts, method, share = STRATA[name]
    outcomes = [draw(SHIPPED, facts, SEED, n, content(n)) for n in range(DRAWS)]
    drawn = [outcome.method == method for outcome in outcomes]
    assert {float(outcome.share) / 100 for outcome in outcomes} == {share}
    assert off_by(sum(drawn), DRAWS, share) < SIGMAS
    block = DRAWS // 10
    chi = sum((sum(drawn[i * block : (i + 1) * block]) - block * share) ** 2 / (block * share * (1 - share)) for i in range(10))
    assert chi < CHI_9 + 1.71  # ten blocks against a known share: ten degrees of freedom, 29.59


def test_every_red_one_goes_to_an_own_visit_and_none_without_a_share():
    red = replace(PLAIN, level=3)
    assert {draw(SHIPPED, red, SEED, n, content(n)).method for n in range(DRAWS)} == {VISIT}
    nothing = replace(SHIPPED, base_share=Decimal(0), strata=(Stratum("none", Decimal(0)),))
    assert {draw(nothing, PLAIN, SEED, n, content(n)).method for n in range(DRAWS)} == {DESK}


def test_an_off_site_check_goes_to_the_batch_unless_it_is_drawn_to_the_desk():
    found = Counter(draw(SHIPPED, replace(PLAIN, kind="off_site"), SEED, n, content(n)).method for n in range(2_000))
    assert set(found) == {BATCH, DESK} and found[BATCH] > found[DESK]


def test_the_numbers_are_spread_evenly():
    bins = Counter(int(number_of(SEED, n, content(n))[:2], 16) // 4 for n in range(DRAWS))
    expected = DRAWS / 64
    assert sum((bins[i] - expected) ** 2 / expected for i in range(64)) < CHI_63


SEEN = {
    "whether the visit's number is even": lambda n, h, c, last: n % 2,
    "the visit's number by 7": lambda n, h, c, last: n % 7,
    "the first digit of the content's hash": lambda n, h, c, last: int(h[0], 16),
    "the last bit of the content's hash": lambda n, h, c, last: int(h[-1], 16) % 2,
    "number, content and commitment hashed together": lambda n, h, c, last: sha256(f"{n}{h}{c}".encode()).digest()[0] % 8,
    "the draw as it would be with the commitment for a seed": lambda n, h, c, last: hit(number_of(bytes.fromhex(c), n, h), Decimal(20)),
    "whether the manager's visit before was drawn": lambda n, h, c, last: last,
    "how many of the last three were drawn": lambda n, h, c, last: last,
}


@pytest.mark.parametrize("what", SEEN)
def test_nothing_that_the_manager_sees_before_handing_in_foretells_the_draw(what):
    """Given each value of what is visible, the share drawn is the same: the visible says nothing about the draw."""
    share, seen = 0.20, SEEN[what]
    facts, commitment = replace(PLAIN, level=1), rules.commitment(SEED)
    total: Counter[int] = Counter()
    drawn: Counter[int] = Counter()
    before = [False, False, False]
    for n in range(DRAWS):
        last = sum(before) if "three" in what else int(before[-1])
        value = int(seen(n, content(n), commitment, last))
        now = draw(SHIPPED, facts, SEED, n, content(n)).method == VISIT
        total[value] += 1
        drawn[value] += now
        before = [*before[1:], now]
    large = {value: n for value, n in total.items() if n >= 50}
    assert len(large) > 1
    assert all(off_by(drawn[value], n, share) < SIGMAS for value, n in large.items())


def test_a_manager_who_tries_out_contents_gains_nothing():
    """Fifty wordings of one report, the one taken that looks safest by everything visible: drawn as often as any other."""
    share, months = 0.20, 2_000
    drawn = 0
    for month in range(months):
        seed = sha256(f"seed {month}".encode()).digest()
        seen = bytes.fromhex(rules.commitment(seed))
        tried = [content(month * 50 + n) for n in range(50)]
        safest = max(tried, key=lambda h: hmac.new(seen, rules.message(1, h), sha256).digest())
        drawn += hit(number_of(seed, 1, safest), Decimal(20))
    assert off_by(drawn, months, share) < SIGMAS


def test_a_returned_visit_handed_in_again_is_drawn_anew():
    again = [hit(number_of(SEED, n, content(n)), Decimal(20)) == hit(number_of(SEED, n + DRAWS, content(n)), Decimal(20)) for n in range(DRAWS)]
    assert off_by(sum(again), DRAWS, 0.2 * 0.2 + 0.8 * 0.8) < SIGMAS


@pytest.mark.parametrize(
    ("before", "number", "method", "reason"),
    [
        ("visit", "f" * 64, "visit", "earlier"),
        ("desk", "f" * 64, "desk", "not_drawn"),
        ("", "f" * 64, "desk", "not_drawn"),
        ("desk", "0" * 64, "visit", "drawn"),
        ("visit", "0" * 64, "visit", "drawn"),
    ],
)
def test_a_later_attempt_never_gets_a_less_strict_method(monkeypatch, before, number, method, reason):
    monkeypatch.setattr(rules, "number_of", lambda *given: number)
    outcome = rules.draw(rules.SHIPPED, replace(PLAIN, before=before), SEED, 1, content(1))
    assert (outcome.method, outcome.reason) == (method, reason)


@pytest.mark.parametrize(
    ("number", "share", "drawn"),
    [
        ("0" * 64, "0", False),
        ("0" * 64, "0.01", True),
        ("f" * 64, "99.99", False),
        ("f" * 64, "100", True),
        (f"{2**255:064x}", "50", False),  # exactly one half is not below one half
        (f"{2**255 - 1:064x}", "50", True),
    ],
)
def test_a_number_is_drawn_when_it_lies_below_the_share(number, share, drawn):
    assert hit(number, Decimal(share)) is drawn


def test_the_first_row_that_fits_counts_and_amounts_are_from_included_and_below_excluded():
    small = Stratum("small", Decimal(1), amount_below=Decimal(1_000_000))
    large = Stratum("large", Decimal(30), amount_from=Decimal(1_000_000))
    policy = replace(SHIPPED, base_share=Decimal(0), strata=(small, large, Stratum("rest", Decimal(99))))
    assert share_of(policy, replace(PLAIN, amount=Decimal("999999.99"))).share == 1
    assert share_of(policy, replace(PLAIN, amount=Decimal(1_000_000))).share == 30


def test_risk_adds_points_up_to_the_most_and_the_share_never_exceeds_a_hundred():
    assert share_of(SHIPPED, replace(PLAIN, flags=1, alerts=2)).share == 5 + 10 + 4
    assert share_of(SHIPPED, replace(PLAIN, flags=9, risk_class="loss")).share == 5 + 30
    assert share_of(SHIPPED, replace(PLAIN, level=3, flags=9, person_points=90, person_changed=90)).share == 100


def test_exposure_counts_from_the_amount_named():
    assert share_of(SHIPPED, replace(PLAIN, exposure=Decimal("9999999.99"))).share == 5
    assert share_of(SHIPPED, replace(PLAIN, exposure=Decimal(10_000_000))).share == 10


@pytest.mark.parametrize(
    ("points", "changed", "share"),
    [(29, 29, 5), (30, 4, 5), (30, 5, 25), (100, 14, 5), (100, 15, 25)],
)
def test_high_disagreement_raises_the_share_where_there_are_enough_points(points, changed, share):
    assert share_of(SHIPPED, replace(PLAIN, person_points=points, person_changed=changed)).share == share
    assert share_of(SHIPPED, replace(PLAIN, branch_points=points, branch_changed=changed)).share == share


def test_the_base_share_holds_for_visits_that_fit_no_row():
    assert share_of(replace(SHIPPED, strata=()), PLAIN).share == 5


def test_the_draw_is_what_anybody_computes_with_a_hash_function():
    text = b"loanwatch-draw-1\n731\n" + content(1).encode() + b"\n"
    assert number_of(SEED, 731, content(1)) == hmac.new(SEED, text, "sha256").hexdigest()
    assert 0 <= rules.fraction(number_of(SEED, 731, content(1))) < 1


def test_facts_and_policies_are_the_same_text_whatever_way_a_figure_is_written():
    facts = replace(PLAIN, amount=Decimal("800000.00"), exposure=Decimal("10000.50"))
    assert facts.as_json()["amount"] == "800000" and facts.as_json()["exposure"] == "10000.5"
    assert Facts.of_json(facts.as_json()) == facts
    same = replace(SHIPPED, base_share=Decimal("5.00"))
    assert rules.policy_hash(same) == rules.policy_hash(SHIPPED) != rules.policy_hash(replace(SHIPPED, base_share=Decimal("5.01")))


def test_a_month_ends_with_the_first_day_of_the_next():
    from datetime import date

    assert rules.next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert rules.month_of(date(2026, 11, 30)) == date(2026, 11, 1)
    assert isinstance(SHIPPED, Policy)
