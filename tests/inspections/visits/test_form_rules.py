"""The form's pure rules, with the boundary on both sides."""

from decimal import Decimal

import pytest

from inspections.visits.rules import (
    BadAnswer,
    Point,
    Said,
    jump,
    metres_between,
    missing,
    position_doubt,
    read_answer,
    read_number,
    shown,
    telling,
)

MONEY, NUMBER = Point("m", "money"), Point("n", "number")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1200", "1200"),
        ("1,200.00", "1200.00"),
        ("120万", "1200000"),
        ("1.2억", "120000000"),
        ("1.2345亿", "123450000"),
        ("１２０", "120"),
        ("−5", "-5"),
        (" 12 ", "12"),
    ],
)
def test_figures_are_read_as_people_type_them(text, value):
    assert read_number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1E5", "1_000", "1.234", "12a", "--1", "万", "9" * 16, "٣٤x"])
def test_what_is_no_figure_is_refused(text):
    with pytest.raises(BadAnswer):
        read_number(text)


@pytest.mark.parametrize(
    ("point", "text", "value"),
    [(MONEY, "1200", "1200.00"), (NUMBER, "74.0", "74"), (NUMBER, "100", "100"), (MONEY, " ", None), (Point("y", "yes_no"), "no", "no")],
)
def test_answers_are_stored_in_one_form(point, text, value):
    assert read_answer(point, text) == value


def test_a_choice_that_the_form_does_not_offer_is_refused():
    with pytest.raises(BadAnswer):
        read_answer(Point("c", "choice", options=("a", "b")), "c")


def test_a_point_that_hangs_on_a_hidden_one_is_hidden_too():
    points = [
        Point("a", "yes_no"),
        Point("b", "yes_no", shown_when={"code": "a", "in": ["yes"]}),
        Point("c", "text", shown_when={"code": "b", "in": ["yes"]}),
    ]
    assert [p.code for p in shown(points, {"b": Said("yes")})] == ["a"]
    assert [p.code for p in shown(points, {"a": Said("yes"), "b": Said("yes")})] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [("70.01", "100", None), ("70", "100", Decimal(-30)), ("129.99", "100", None), ("130", "100", Decimal(30)), ("5", "0", None)],
)
def test_a_jump_is_thirty_percent_or_more(now, before, change):
    assert jump(now, before) == change


def test_a_photo_explains_a_jump_as_a_note_does():
    assert missing([NUMBER], {"n": Said("40")}, {"n": "74"}) == {"n": "jump"}
    assert missing([NUMBER], {"n": Said("40", photos=1)}, {"n": "74"}) == {}


@pytest.mark.parametrize(
    ("accuracy", "distance", "doubt"), [(100, 300, ""), (101, 10, "vague"), (8, 301, "far"), (None, None, "vague"), (8, None, "")]
)
def test_a_reason_is_asked_beyond_the_limits(accuracy, distance, doubt):
    assert position_doubt(has_position=True, accuracy=accuracy, distance=distance) == doubt


def test_one_degree_of_latitude_is_a_hundred_and_eleven_kilometres():
    assert metres_between(31, 120, 32, 120) == 111_195
    assert metres_between(31.3, 120.7, 31.3, 120.7) == 0


@pytest.mark.parametrize(("likeness", "says"), [(0, False), (0b111, False), (0b1111, True), (-1, False), (-16, True)])
def test_a_plain_wall_is_not_compared(likeness, says):
    assert telling(likeness) is says
