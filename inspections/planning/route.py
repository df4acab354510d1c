"""The order of a day's visits by place, as pure functions: nearest neighbour, then 2-opt, over distances on the sphere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0088
MOST_ROUNDS = 20
MOST_STARTS = 12  # with more visits one start is tried


@dataclass(frozen=True)
class Place:
    """One visit: degrees north and east, None where nobody knows; `at` when an hour is agreed."""

    key: int
    latitude: float | None
    longitude: float | None
    at: time | None = None

    @property
    def known(self) -> bool:
        return self.latitude is not None and self.longitude is not None


def kilometres(one: Place, other: Place) -> float:
    """The distance as the crow flies; 0 where one of the places is not known."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return 0.0
    lat1, lat2 = radians(one.latitude), radians(other.latitude)
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def length(places: Sequence[Place]) -> float:
    """Kilometres of the way through the places in their order; a place that is not known is passed over."""
    return sum(kilometres(a, b) for a, b in pairwise([p for p in places if p.known]))


def ordered(places: Sequence[Place]) -> list[Place]:
    """The visits in the order to make them. Those with an agreed hour follow each other by the hour.

    Without hours: the shortest way found from any start. The others are put between where they make the way least longer.
    Places that are not known come last, in the order given. The same places give the same order whatever order they came in.
    """
    known = sorted((p for p in places if p.known), key=lambda p: p.key)
    fixed = sorted((p for p in known if p.at is not None), key=lambda p: (p.at or time.min, p.key))
    free = [p for p in known if p.at is None]
    way = _inserted(fixed, free) if fixed else _shortest(free)
    unknown = [p for p in places if not p.known]
    return [*way, *sorted(unknown, key=lambda p: (p.at is None, p.at or time.max))]


def _inserted(way: list[Place], free: Sequence[Place]) -> list[Place]:
    for place in sorted(free, key=lambda p: (min(kilometres(p, w) for w in way), p.key)):
        at = min(range(len(way) + 1), key=lambda i: (round(_detour(way, place, i), 6), -i))
        way = [*way[:at], place, *way[at:]]
    return way


def _detour(way: Sequence[Place], place: Place, at: int) -> float:
    before, after = way[at - 1] if at else None, way[at] if at < len(way) else None
    more = (kilometres(before, place) if before else 0.0) + (kilometres(place, after) if after else 0.0)
    return more - (kilometres(before, after) if before and after else 0.0)


def _shortest(places: list[Place]) -> list[Place]:
    if len(places) < 3:
        return places
    starts = range(len(places)) if len(places) <= MOST_STARTS else [0]
    ways = (_two_opt(_nearest(places, start)) for start in starts)
    return min(ways, key=lambda way: (round(length(way), 6), [p.key for p in way]))


def _nearest(places: list[Place], start: int) -> list[Place]:
    left = list(places)
    way = [left.pop(start)]
    while left:
        way.append(left.pop(min(range(len(left)), key=lambda i: (kilometres(way[-1], left[i]), left[i].key))))
    return way


def _two_opt(way: list[Place]) -> list[Place]:
    """Turn pieces of an open way round as long as that makes it shorter."""
    for _round in range(MOST_ROUNDS):
        better = False
        for i in range(len(way) - 1):
            for j in range(i + 2, len(way) + 1):
                before, after = (way[i - 1] if i else None), (way[j] if j < len(way) else None)
                saved = (kilometres(before, way[i]) if before else 0.0) + (kilometres(way[j - 1], after) if after else 0.0)
                added = (kilometres(before, way[j - 1]) if before else 0.0) + (kilometres(way[i], after) if after else 0.0)
                if added < saved - 1e-9:
                    way, better = [*way[:i], *reversed(way[i:j]), *way[j:]], True
        if not better:
            return way
    return way
