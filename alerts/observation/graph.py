"""The graph of guarantees: who stands for whom, in which groups, and where guarantees come back to their giver.

In a book where each company guarantees two others nearly all companies hang together, so that belonging to a group says nothing by
itself. What says something: short circles, the money that goes round in them, and groups without the professional guarantors that
join strangers. Arrays in, arrays out; a million parties and two million guarantees take seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from borrowers.revisions import known

__all__ = ["HUB_OVER", "LONGEST", "Circles", "Graph", "circles_of", "graph_of", "guarantees_on"]

Whole = NDArray[np.int64]

HUB_OVER = 20  # who guarantees more parties than this does it as a trade: a guarantee company joins strangers, no friends
LONGEST = 6  # members of the longest circle that is looked for; a longer one takes six failures in a row to come back

EDGES = f"""
SELECT g.guarantor_id, l.borrower_id, (g.amount * 100)::bigint
FROM borrowers_guarantee g JOIN borrowers_loan l ON l.id = g.loan_id
WHERE g.lender_id = %(lender)s AND g.valid_from <= %(day)s AND {known("g", "borrowers_guarantee")} AND (g.to_on IS NULL OR g.to_on > %(day)s)
"""
# COPY's binary form: a head of 19 bytes, rows of a count and three lengths with values, a tail of 2 bytes.
ROW = np.dtype([("fields", ">i2"), ("n1", ">i4"), ("giver", ">i8"), ("n2", ">i4"), ("taker", ">i8"), ("n3", ">i4"), ("amount", ">i8")])


@dataclass(frozen=True)
class Graph:
    """Parties and guarantees without hubs, self-guarantees and repetitions.

    parties: ids, ascending. giver, taker: places in `parties`; amount: hundredths, of all guarantees between the two. group, ring:
    per party the number of its group (joined by guarantees in any direction) and of its ring (each member reaches each other one along
    guarantees; a ring of one is none). hubs: ids of the professional guarantors that were left out.
    """

    parties: Whole
    giver: Whole
    taker: Whole
    amount: Whole
    group: Whole
    ring: Whole
    hubs: Whole

    def group_sizes(self) -> Whole:
        """Members of each group, by its number."""
        return np.bincount(self.group).astype(np.int64)

    def group_amounts(self) -> Whole:
        """Hundredths guaranteed inside each group, by its number."""
        return _sums(self.group[self.giver], self.amount, self.group)

    def mutual_share(self) -> NDArray[np.float64]:
        """Of what is guaranteed inside each group, the share that lies in rings and so can come back to its giver; 0 to 1, by group."""
        inside = self.ring[self.giver] == self.ring[self.taker]
        mutual = _sums(self.group[self.giver[inside]], self.amount[inside], self.group)
        return mutual / np.maximum(1, self.group_amounts())


@dataclass(frozen=True)
class Circles:
    """Circles of guarantees, the shortest through each party that lies in one; each circle once.

    members: one row per circle of party ids in the order of guaranteeing, the smallest first, 0 where the circle is shorter. length:
    how many. weakest, total: hundredths of the smallest guarantee in the circle, and of all of them.
    """

    members: Whole
    length: Whole
    weakest: Whole
    total: Whole

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return (tuple(int(party) for party in row[:length]) for row, length in zip(self.members, self.length, strict=True))


def guarantees_on(lender_id: int, day: date) -> tuple[Whole, Whole, Whole]:
    """Guarantor, guaranteed borrower (ids) and hundredths of every guarantee in force at the close of `day`, as known then."""
    found = BytesIO()
    with connection.cursor() as cursor:
        query = cursor.mogrify(EDGES, {"lender": lender_id, "day": day, "known": day}).decode()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", found)
    rows = np.frombuffer(found.getbuffer()[19:-2], dtype=ROW)
    return rows["giver"].astype(np.int64), rows["taker"].astype(np.int64), rows["amount"].astype(np.int64)


def graph_of(giver: Whole, taker: Whole, amount: Whole, *, hub_over: int = HUB_OVER) -> Graph:
    """The graph of the guarantees `giver[i]` → `taker[i]` over `amount[i]` hundredths (three arrays of one length, any ids).

    Who guarantees more than `hub_over` different parties is a hub and left out with all guarantees given and taken.
    """
    parties, places = np.unique(np.concatenate([giver, taker]), return_inverse=True)
    start, end = places[: len(giver)].astype(np.int64), places[len(giver) :].astype(np.int64)
    other = start != end
    pairs, which = np.unique(start[other] * len(parties) + end[other], return_inverse=True)
    total = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(total, which, np.asarray(amount, dtype=np.int64)[other])
    start, end = pairs // max(1, len(parties)), pairs % max(1, len(parties))
    hub = np.bincount(start, minlength=len(parties)) > hub_over
    stays = ~(hub[start] | hub[end])
    start, end, total = start[stays], end[stays], total[stays]
    matrix = _matrix(start, end, len(parties))
    _, group = connected_components(matrix, directed=True, connection="weak")
    _, ring = connected_components(matrix, directed=True, connection="strong")
    return Graph(parties, start, end, total, group.astype(np.int64), ring.astype(np.int64), parties[hub])


def circles_of(graph: Graph, *, longest: int = LONGEST) -> Circles:
    """The circles of 2 to `longest` (at most 6) parties in `graph`: for each party a shortest one through it, always the same.

    A circle is a walk out to a party half way round and a walk home, so that walks of three steps, made once for all parties
    together, find all circles of six.
    """
    if not 2 <= longest <= LONGEST:
        raise ValueError(f"Circles of 2 to {LONGEST} parties are looked for, not of {longest}.")
    size = len(graph.parties)
    inside = graph.ring[graph.giver] == graph.ring[graph.taker]  # a circle never leaves its ring
    start, end, amount = graph.giver[inside], graph.taker[inside], graph.amount[inside]
    found = _shortest(_matrix(start, end, size), longest)
    found = np.unique(_smallest_first(found), axis=0) if len(found) else found
    length = (found >= 0).sum(axis=1).astype(np.int64)
    weakest, total = _money(found, length, start, end, amount, size)
    members = np.where(found >= 0, graph.parties[found], 0) if size else found
    return Circles(members.astype(np.int64), length, weakest, total)


def _matrix(start: Whole, end: Whole, size: int) -> Any:
    matrix = csr_array((np.ones(len(start), dtype=bool), (start, end)), shape=(size, size))
    matrix.sort_indices()
    return matrix


def _sums(where: Whole, amount: Whole, groups: Whole) -> Whole:
    found = np.zeros(int(groups.max(initial=-1)) + 1, dtype=np.int64)
    np.add.at(found, where, amount)
    return found


def _shortest(one: Any, longest: int) -> Whole:
    """Rows of places, -1 where shorter: a shortest circle through each party that lies in one. `one`: who guarantees whom."""
    walks = {1: one}
    alone = np.arange(one.shape[0])  # parties for which no circle has been found yet
    found: list[Whole] = []
    for length in range(2, longest + 1):
        out, home = -(-length // 2), length // 2
        if out not in walks:
            walks[out] = walks[out - 1] @ one
            walks[out].sort_indices()
        meets = walks[out][alone].multiply(walks[home].T.tocsr()[alone]).tocsr()
        meets.sort_indices()
        has = np.diff(meets.indptr) > 0
        party, half_way = alone[has], meets.indices[meets.indptr[:-1][has]].astype(np.int64)
        ways = [party, *_between(walks, party, half_way, out), half_way, *_between(walks, half_way, party, home)]
        found.append(np.pad(np.column_stack(ways), ((0, 0), (0, longest - length)), constant_values=-1))
        alone = alone[~has]
    return np.concatenate(found)


def _between(walks: dict[int, Any], start: Whole, goal: Whole, steps: int) -> list[Whole]:
    """The parties between `start` and `goal`, which lie `steps` guarantees apart: each time the smallest one that leads there."""
    one, passed, here = walks[1], [], start
    for left in range(steps - 1, 0, -1):
        many = np.diff(one.indptr)[here]
        row = np.repeat(np.arange(len(here)), many)
        offset = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
        following = one.indices[np.repeat(one.indptr[here], many) + offset]
        leads = np.asarray(walks[left][following, goal[row]]).ravel() if len(row) else np.empty(0, dtype=bool)
        _, first = np.unique(row[leads], return_index=True)
        here = following[leads][first].astype(np.int64)
        passed.append(here)
    return passed


def _smallest_first(found: Whole) -> Whole:
    """Each circle turned so that its smallest place comes first."""
    width = found.shape[1]
    length = (found >= 0).sum(axis=1)
    turn = np.where(found >= 0, found, np.iinfo(np.int64).max).argmin(axis=1)
    columns = np.arange(width)
    source = (columns + turn[:, None]) % length[:, None]
    return np.where(columns < length[:, None], np.take_along_axis(found, source, axis=1), -1)


def _money(found: Whole, length: Whole, start: Whole, end: Whole, amount: Whole, size: int) -> tuple[Whole, Whole]:
    """Smallest and total guarantee of each circle, in hundredths."""
    keys = start * size + end
    order = np.argsort(keys)
    weakest = np.full(len(found), np.iinfo(np.int64).max, dtype=np.int64)
    total = np.zeros(len(found), dtype=np.int64)
    for place in range(found.shape[1]):
        there = place < length
        after = found[np.flatnonzero(there), (place + 1) % length[there]]
        money = amount[order[np.searchsorted(keys, found[there, place] * size + after, sorter=order)]]
        weakest[there] = np.minimum(weakest[there], money)
        total[there] += money
    return weakest, total
