"""The rules of the evidence guard on places, times and figures: what is asked about, and what just is not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from inspections.evidence import rules
from inspections.evidence.models import Flag
from inspections.evidence.reasons import KINDS, SENTENCES, sentence
from inspections.evidence.rules import Flow, Shot, Stop
from loanwatch.lenders.defaults import SHIPPED

LIMITS = {key: value for key, value, _source, _confidence in SHIPPED if key.startswith("evidence.")}
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)


def stop(number: int, minutes: float = 0, latitude: str = "31.300001", accuracy: int = 0, borrower: int = 1) -> Stop:
    return Stop(number, borrower, NOON + timedelta(minutes=minutes), Decimal(latitude), Decimal("120.700003"), accuracy)


@pytest.mark.parametrize(
    ("minutes", "latitude", "says"),
    [
        (60, "32.190001", []),  # 99 km in an hour
        (60, "32.210001", ["speed"]),  # 101 km
        (-60, "32.210001", ["speed"]),  # the other way round
        (1, "31.304001", []),  # 445 m: a walk across the yard
        (1, "31.320001", ["two_places"]),
        (24 * 60, "39.300001", []),
    ],
)
def test_a_route_is_impossible_from_a_hundred_kilometres_an_hour(minutes, latitude, says):
    found = rules.route(stop(1), [stop(2, minutes, latitude)], LIMITS["evidence.places"])
    assert [doubt.code for doubt in found] == says


def test_what_both_phones_are_off_by_is_no_way():
    assert rules.route(stop(1, accuracy=900), [stop(2, 1, "31.320001", accuracy=900)], LIMITS["evidence.places"]) == []


def test_nobody_stands_on_the_same_millionth_of_a_degree_twice():
    assert [d.code for d in rules.same_digits(stop(1), [stop(2, -9000, borrower=2)], None, DAY)] == ["same_position"]
    assert rules.same_digits(stop(1), [stop(2, 0, "31.300002")], None, DAY) == []
    assert rules.same_digits(stop(1), [stop(2, 30)], None, DAY) == []  # two loans of one borrower, one visit
    home = (Decimal("31.300001"), Decimal("120.700003"))
    assert [d.code for d in rules.same_digits(stop(1), [], home, DAY)] == ["registered_position"]


@pytest.mark.parametrize(
    ("days", "says"), [(0, []), (2, []), (3, ["old_picture"]), (400, ["before_loan"]), (-1, []), (-3, ["later_picture"])]
)
def test_a_photo_has_its_time(days, says):
    shots = [Shot(1, "gate", NOON - timedelta(days=days))]
    found = rules.picture_times(shots, DAY, date(2026, 1, 10), NOON, LIMITS["evidence.pictures"])
    assert [doubt.code for doubt in found] == says


@pytest.mark.parametrize(("points", "seconds", "says"), [(4, 60, ["together"]), (4, 61, []), (3, 5, [])])
def test_four_places_are_not_walked_in_a_minute(points, seconds, says):
    shots = [Shot(n, f"point {n}", NOON + timedelta(seconds=seconds * (n > 0))) for n in range(points)]
    found = rules.picture_times(shots, DAY, date(2026, 1, 10), NOON, LIMITS["evidence.pictures"])
    assert [doubt.code for doubt in found] == says


def test_a_photo_is_taken_where_the_visit_was():
    here = (Decimal("31.300001"), Decimal("120.700003"))
    near, far = Shot(1, "gate", None, Decimal("31.304"), here[1]), Shot(2, "gate", None, Decimal("31.305"), here[1])
    assert [d.photo for d in rules.picture_places([near, far, Shot(3, "gate")], here, LIMITS["evidence.pictures"])] == [2]


def test_clocks_and_haste():
    limits = LIMITS["evidence.places"]
    assert [d.code for d in rules.clock(-601, None, 0, limits)] == ["clock_off"]
    assert rules.clock(600, 30, 10, limits) == []
    assert [d.code for d in rules.clock(0, 29, 10, limits)] == ["hurried"]
    assert rules.clock(0, 5, 9, limits) == []


def test_a_figure_that_doubles_without_words_and_figures_that_never_change_are_asked_about():
    limits, before = LIMITS["evidence.figures"], {"staff": "10", "stock": "1000.00"}
    assert rules.against_last({"staff": ("20", "")}, before, 7, limits) == []
    assert [d.point for d in rules.against_last({"staff": ("21", ""), "stock": ("1000.00", "")}, before, 7, limits)] == ["staff"]
    assert rules.against_last({"staff": ("21", "A second shift.")}, before, 7, limits) == []
    same = {str(n): str(n + 1) for n in range(5)}
    assert [d.code for d in rules.against_last({k: (v, "") for k, v in same.items()}, same, 7, limits)] == ["identical"]
    assert rules.against_last({k: (v, "") for k, v in same.items() if k != "4"}, same, 7, limits) == []
    changed = {k: (v, "") for k, v in same.items()} | {"0": ("1.5", "")}
    assert rules.against_last(changed, same, 7, limits) == []


@pytest.mark.parametrize(
    ("said", "flows", "says"),
    [
        ({"receipts_account": "same"}, {"sales": Flow(Decimal(60), Decimal(100))}, []),
        ({"receipts_account": "same"}, {"sales": Flow(Decimal(59), Decimal(100))}, ["receipts"]),
        ({"receipts_account": "less"}, {"sales": Flow(Decimal(1), Decimal(100))}, []),
        ({"receipts_account": "more"}, {}, []),
        ({"wages_paid": "yes"}, {"payroll": Flow(Decimal(0), Decimal(100))}, ["wages"]),
        ({"wages_paid": "yes"}, {"payroll": Flow(Decimal(1), Decimal(100))}, []),
        ({"lines_running": "yes"}, {"utilities": Flow(Decimal(29), Decimal(100))}, ["power"]),
        ({"lines_running": "yes"}, {"utilities": Flow(Decimal(30), Decimal(100))}, []),
        ({"receipts_90": "4500"}, {"sales": Flow(Decimal(1000), Decimal(1000))}, []),
        ({"receipts_90": "4501"}, {"sales": Flow(Decimal(1000), Decimal(1000))}, ["sales"]),
    ],
)
def test_answers_are_held_against_the_account(said, flows, says):
    assert [doubt.code for doubt in rules.against_account(said, flows, 60, LIMITS["evidence.figures"])] == says


def test_every_reason_has_a_kind_a_sentence_and_its_figures():
    assert set(KINDS) == set(SENTENCES) and set(KINDS.values()) <= set(Flag.Kind.values)
    told = {
        "number": "IN-26-000001", "day": "2026-11-20", "taken": "2026-11-20", "days": 3, "metres": 900, "minutes": 5, "seconds": 9, "points": 4,
        "percent": 80, "latitude": "31.3", "longitude": "120.7", "now": "5", "before": "9", "then": "9", "claimed": "7",
    }  # fmt: skip
    for language in ("en", "zh-hans", "ko"):
        with override(language):
            for code in KINDS:
                said = sentence(code, told, Decimal("111.50"))
                assert said and "%(" not in said and "%%" not in said
            assert sentence("of a later version", {})
