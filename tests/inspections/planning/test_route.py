"""The way through a day's visits."""

import random
from datetime import time, timedelta
from itertools import permutations

import pytest

from inspections.planning.models import Task
from inspections.planning.queries import route_of
from inspections.planning.route import Place, kilometres, length, ordered
from tests.inspections.book import TODAY, make_task


def line(*east: float) -> list[Place]:
    return [Place(n, 31.0, 120.0 + e) for n, e in enumerate(east)]


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres():
    assert kilometres(Place(1, 31.0, 120.0), Place(2, 32.0, 120.0)) == pytest.approx(111.2, abs=0.1)


def test_visits_along_a_road_are_made_from_one_end_to_the_other():
    way = [p.key for p in ordered(line(0.3, 0.0, 0.2, 0.1))]
    assert way in ([1, 3, 2, 0], [0, 2, 3, 1])


def test_the_order_does_not_depend_on_the_order_in_which_visits_are_listed():
    draw = random.Random(3)
    places = [Place(n, 31 + draw.random(), 120 + draw.random()) for n in range(8)]
    ways = set()
    for _ in range(4):
        draw.shuffle(places)
        ways.add(tuple(p.key for p in ordered(places)))
    assert len(ways) == 1


def test_a_short_day_is_ordered_as_short_as_can_be():
    draw = random.Random(11)
    for _ in range(20):
        places = [Place(n, 31 + draw.random(), 120 + draw.random()) for n in range(5)]
        assert length(ordered(places)) == pytest.approx(min(length(way) for way in permutations(places)), rel=0.05)


def test_agreed_hours_follow_each_other_and_the_others_are_put_between():
    places = [Place(0, 31.0, 120.3, time(9)), Place(1, 31.0, 120.0, time(14)), Place(2, 31.0, 120.2), Place(3, 31.0, 120.1)]
    assert [p.key for p in ordered(places)] == [0, 2, 3, 1]


def test_a_place_nobody_knows_comes_last_and_makes_the_way_no_longer():
    places = [Place(0, None, None), *[Place(n + 1, 31.0, 120.0 + n) for n in range(2)]]
    assert [p.key for p in ordered(places)] == [1, 2, 0]
    assert length(ordered(places)) == length(places[1:])


def test_a_full_day_is_ordered_in_an_instant():
    draw = random.Random(5)
    assert len(ordered([Place(n, 31 + draw.random(), 120 + draw.random()) for n in range(30)])) == 30


def test_the_route_of_a_day_holds_what_is_planned_due_or_begun_by_then(bank):
    due, late, begun, planned, elsewhere, later, desk = (make_task(bank, due_on=TODAY + timedelta(days=n)) for n in (0, -3, 5, 5, 0, 1, 0))
    Task.objects.filter(pk=begun.pk).update(state="started")
    Task.objects.filter(pk=planned.pk).update(planned_on=TODAY, planned_at=time(10))
    Task.objects.filter(pk=elsewhere.pk).update(planned_on=TODAY + timedelta(days=2))
    Task.objects.filter(pk=desk.pk).update(kind="off_site")
    route = route_of(bank.manager.person, TODAY)
    assert {stop.task.pk for stop in route.stops} == {due.pk, late.pk, begun.pk, planned.pk}
    assert (route.kilometres, route.without_place) == (0.0, 0)
    assert {stop.planned_at for stop in route.stops} == {None, time(10)}
    assert later.pk not in {stop.task.pk for stop in route.stops}
