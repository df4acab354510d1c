"""Circles of guarantees, beside a search that walks every path by hand."""

from datetime import date
from itertools import permutations

import numpy as np
import pytest

from alerts.observation.graph import circles_of, graph_of, guarantees_on
from borrowers.loans.models import Guarantee
from tests.factories import BorrowerFactory, BranchFactory, LoanFactory


def graph(*guarantees: tuple[int, int] | tuple[int, int, int], **options: int):
    rows = [(*g, 100)[:3] for g in guarantees]
    giver, taker, amount = (np.array([row[n] for row in rows], dtype=np.int64) for n in range(3))
    return graph_of(giver, taker, amount, **options)


def shortest_by_hand(guarantees: set[tuple[int, int]], longest: int) -> dict[int, int]:
    """Party → members of the shortest circle through it, by trying every path."""
    found: dict[int, int] = {}
    for start in {giver for giver, _ in guarantees}:
        paths, length = [(start,)], 1
        while paths and length <= longest and start not in found:
            if length > 1 and any((path[-1], start) in guarantees for path in paths):
                found[start] = length
            paths = [(*path, taker) for path in paths for giver, taker in guarantees if giver == path[-1] and taker not in path]
            length += 1
    return found


def test_three_companies_that_guarantee_one_another_are_one_circle_with_its_weakest_guarantee():
    found = circles_of(graph((30, 10, 500), (10, 20, 900), (20, 30, 700), (10, 99, 50)))
    assert list(found) == [(10, 20, 30)]
    assert (found.weakest.tolist(), found.total.tolist()) == ([500], [2100])


def test_two_guarantees_between_the_same_two_count_as_one_of_both_amounts():
    found = circles_of(graph((1, 2, 300), (1, 2, 400), (2, 1, 1000)))
    assert (list(found), found.weakest.tolist()) == ([(1, 2)], [700])


def test_a_circle_of_six_is_found_and_one_of_seven_is_not():
    six = [(n, n % 6 + 1) for n in range(1, 7)]
    seven = [(n, n % 7 + 1) for n in range(1, 8)]
    assert list(circles_of(graph(*six))) == [(1, 2, 3, 4, 5, 6)]
    assert list(circles_of(graph(*six), longest=5)) == []
    assert list(circles_of(graph(*seven))) == []
    with pytest.raises(ValueError, match="not of 7"):
        circles_of(graph(*seven), longest=7)


def test_who_guarantees_as_a_trade_joins_nobody():
    customers = [(1, n) for n in range(2, 6)]
    circle = [(7, 8), (8, 7), (2, 1)]
    loose, tight = graph(*customers, *circle, hub_over=4), graph(*customers, *circle, hub_over=3)
    assert loose.hubs.tolist() == [] and list(circles_of(loose)) == [(1, 2), (7, 8)]
    assert tight.hubs.tolist() == [1] and list(circles_of(tight)) == [(7, 8)]


def test_the_share_of_a_group_that_can_come_back_is_weighed_by_money():
    found = graph((1, 2, 300), (2, 1, 300), (2, 3, 400), (8, 9, 1000))
    group = dict(zip(found.parties.tolist(), found.group.tolist(), strict=True))
    assert group[1] == group[2] == group[3] != group[8]
    assert found.group_sizes()[[group[1], group[8]]].tolist() == [3, 2]
    assert found.group_amounts()[[group[1], group[8]]].tolist() == [1000, 1000]
    assert found.mutual_share()[[group[1], group[8]]].tolist() == [0.6, 0.0]


def test_where_everybody_guarantees_everybody_each_lies_in_a_circle_of_two():
    found = circles_of(graph(*permutations(range(1, 13), 2)))
    assert set(found.length.tolist()) == {2}
    assert {party for circle in found for party in circle} == set(range(1, 13))


@pytest.mark.parametrize("seed", range(12))
def test_every_party_has_the_length_that_a_search_by_hand_finds(seed):
    chance = np.random.default_rng(seed)
    parties = int(chance.integers(5, 40))
    rows = {(int(a), int(b)) for a, b in chance.integers(1, parties + 1, (int(parties * chance.uniform(0.8, 2.2)), 2)) if a != b}
    found = circles_of(graph(*sorted(rows), hub_over=100))
    lengths: dict[int, int] = {}
    for circle in found:
        assert all((a, b) in rows for a, b in zip(circle, circle[1:] + circle[:1], strict=True))
        assert len(set(circle)) == len(circle) and circle[0] == min(circle)
        for party in circle:
            lengths[party] = min(lengths.get(party, 9), len(circle))
    assert lengths == shortest_by_hand(rows, 6)


def test_a_book_without_guarantees_has_no_graph():
    none = np.empty(0, dtype=np.int64)
    found = graph_of(none, none, none)
    assert list(circles_of(found)) == [] and found.group_sizes().tolist() == []


def test_guarantees_are_read_as_they_stood_on_the_day(db):
    branch = BranchFactory()
    one, two = (LoanFactory(branch=branch) for _ in range(2))
    other = BorrowerFactory(lender=branch.lender)
    said = {"lender": branch.lender, "valid_from": date(2026, 3, 1), "known_from": date(2026, 3, 1), "amount": 2500}
    Guarantee.objects.create(loan=one, bucket=one.bucket, guarantor=two.borrower, **said)
    Guarantee.objects.create(loan=two, bucket=two.bucket, guarantor=one.borrower, **said)
    Guarantee.objects.create(loan=two, bucket=two.bucket, guarantor=other, to_on=date(2026, 6, 1), **said)
    assert len(guarantees_on(branch.lender_id, date(2026, 2, 28))[0]) == 0
    assert len(guarantees_on(branch.lender_id, date(2026, 5, 31))[0]) == 3
    giver, taker, amount = guarantees_on(branch.lender_id, date(2026, 6, 1))
    assert sorted(zip(giver.tolist(), taker.tolist(), amount.tolist(), strict=True)) == sorted(
        [(two.borrower_id, one.borrower_id, 250_000), (one.borrower_id, two.borrower_id, 250_000)]
    )
    assert list(circles_of(graph_of(giver, taker, amount))) == [tuple(sorted([one.borrower_id, two.borrower_id]))]
