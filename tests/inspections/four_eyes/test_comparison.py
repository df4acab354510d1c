"""When two answers are the same, differ, or differ materially."""

from datetime import date
from decimal import Decimal

import pytest

from inspections.four_eyes.rules import Compared, compare, compare_conclusions, deadline, months_before, must_explain
from inspections.visits.rules import Point

COUNT = Point("staff", "number", tolerance=10)
ASKED = Point("asked", "yes_no", fails_when=("no",))
CHOICE = Point("choice", "choice", options=("a", "b", "c"), fails_when=("c",))


@pytest.mark.parametrize(
    ("first", "second", "result", "percent"),
    [
        ("100", "100", "same", None),
        ("100", "110", "same", 10),
        ("100", "111", "differs", 11),
        ("100", "70", "differs", -30),
        ("100", "69", "material", -31),
        ("0", "1", "material", None),
        ("100", None, "one_sided", None),
    ],
)
def test_figures_by_tolerance(first, second, result, percent):
    assert compare(COUNT, first, second) == Compared(result, None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("point", "first", "second", "result"),
    [
        (ASKED, "yes", "yes", "same"),
        (ASKED, "yes", "no", "material"),
        (ASKED, "not_seen", "no", "one_sided"),
        (CHOICE, "a", "b", "differs"),
        (CHOICE, "a", "c", "material"),
        (Point("t", "text"), "One.", "Two.", "one_sided"),
        (Point("t", "text"), "One.", "One.", "one_sided"),
        (ASKED, "not_seen", "not_seen", "one_sided"),
    ],
)
def test_choices_by_failing(point, first, second, result):
    assert compare(point, first, second).result == result


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ("no_problem", "no_problem", "same"),
        ("no_problem", "concern", "differs"),
        ("no_problem", "problem", "material"),
        ("not_given", "problem", "one_sided"),
    ],
)
def test_conclusions_by_distance(first, second, result):
    assert compare_conclusions(first, second).result == result


def test_only_material_differences_must_be_explained():
    assert not must_explain([Compared("differs"), Compared("one_sided")])
    assert must_explain([Compared("same"), Compared("material")])


def test_a_special_inspection_is_verified_first():
    within = {"special": 2, "routine": 5}
    friday = date(2026, 11, 20)
    assert (deadline("special", friday, within), deadline("routine", friday, within)) == (date(2026, 11, 22), date(2026, 11, 25))


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2026, 11, 20), 12, date(2025, 11, 20)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_months_back_end_on_the_months_last_day(day, months, found):
    assert months_before(day, months) == found
