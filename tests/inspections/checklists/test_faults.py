"""What is wrong with a form before it may be proposed, each fault by its name."""

from typing import Any

import pytest

from inspections.checklists.comparing import differences
from inspections.checklists.faults import Part, faults_of
from inspections.checklists.shipped import TEMPLATES

EN = {"en": "Text", "zh-hans": "文字", "ko": "글"}
YES = {"code": "a", "kind": "yes_no", "label": EN}


def named(*points: dict[str, Any], kind: str = "routine", name: dict[str, str] = EN, titles: Any = (EN,)) -> set[tuple[str, str]]:
    parts = [Part(**{"section": 1, **point}) for point in points]
    return {(fault.name, fault.code) for fault in faults_of(kind, name, titles, parts)}


def b(**more: Any) -> dict[str, Any]:
    return {"code": "b", "kind": "yes_no", "label": EN, **more}


CASES = [
    ("a form without a point", [], ("no_points", "")),
    ("a code twice", [YES, YES], ("code_twice", "a")),
    ("no English text", [b(label={"ko": "글"})], ("no_english", "b")),
    ("no Korean text", [b(label={"en": "T", "zh-hans": "文"})], ("not_translated", "b")),
    ("a choice of one answer", [b(kind="choice", options=[{"value": "x", "label": EN}])], ("too_few_options", "b")),
    ("an option without value", [b(kind="choice", options=[{"value": "x", "label": EN}, {"value": "", "label": EN}])], ("option_without_value", "b")),
    ("an option twice", [b(kind="choice", options=[{"value": "x", "label": EN}, {"value": "x", "label": EN}])], ("option_twice", "b")),
    ("a table without columns", [b(kind="items")], ("no_columns", "b")),
    ("failing on an answer that cannot be given", [b(fails_when=["maybe"], signal=EN)], ("fails_on_no_answer", "b")),
    ("failing without a signal", [b(fails_when=["no"])], ("no_signal", "b")),
    ("a condition on no point", [b(shown_when={"code": "z", "in": ["yes"]})], ("condition_on_nothing", "b")),
    ("a condition on a later point", [b(shown_when={"code": "a", "in": ["yes"]}), YES], ("condition_on_later", "b")),
    ("a condition on an answer that cannot be given", [YES, b(shown_when={"code": "a", "in": ["x"]})], ("condition_on_no_answer", "b")),
    ("a condition on no answer at all", [YES, b(shown_when={"code": "a", "in": []})], ("condition_on_no_answer", "b")),
    ("limits of a point without a figure", [YES, b(shown_when={"code": "a", "from": "1"})], ("condition_on_no_figure", "b")),
    ("evidence that asks for nothing", [b(evidence=[{"when": "answered", "needs": []}])], ("evidence_unreadable", "b")),
    ("evidence on failing where nothing fails", [b(evidence=[{"when": "fails", "needs": ["photo"]}])], ("evidence_never", "b")),
    ("a drop of what is no figure", [b(evidence=[{"when": "drop", "percent": 40, "needs": ["list"]}])], ("evidence_no_figure", "b")),
    ("evidence on an answer that cannot be given", [b(evidence=[{"when": "value", "values": ["x"], "needs": ["note"]}])], ("evidence_no_answer", "b")),
    ("a list that is none", [YES, b(fails_when=["no"], evidence=[{"when": "fails", "needs": ["list"], "list_code": "a"}])], ("evidence_no_list", "b")),
    ("a score that nobody reaches", [b(score={"weight": 5, "full": ["x"]})], ("score_never", "b")),
    ("a score of limits without a figure", [b(score={"weight": 5, "full": {"from": "1"}})], ("score_never", "b")),
    ("a fact of another kind", [b(prefill_fits=False)], ("prefill_does_not_fit", "b")),
]


@pytest.mark.parametrize(("points", "fault"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_fault_is_named_at_its_point(points: list[dict[str, Any]], fault: tuple[str, str]) -> None:
    assert fault in named(*points)


def test_a_form_without_fault_has_none() -> None:
    assert named(YES, b(shown_when={"code": "a", "in": ["yes"]}, score={"weight": 5, "full": ["yes"]}, fails_when=["no"], signal=EN)) == set()


def test_points_that_hang_on_each_other_are_a_circle() -> None:
    found = named({**YES, "shown_when": {"code": "b", "in": ["yes"]}}, b(shown_when={"code": "a", "in": ["yes"]}))
    assert {("circle", "a"), ("circle", "b")} <= found


def test_a_point_that_hangs_on_itself_is_a_circle() -> None:
    assert ("circle", "b") in named(b(shown_when={"code": "b", "in": ["yes"]}))


def test_an_off_site_check_asks_nothing_that_needs_a_visit() -> None:
    assert ("not_at_desk", "a") in named(YES, kind="off_site")
    assert named({**YES, "at_desk": True}, kind="off_site") == set()


def test_an_empty_section_and_a_nameless_form_are_faults() -> None:
    assert {("empty_section", ""), ("no_english", "")} <= named(YES, name={}, titles=(EN, EN))


def test_too_long_a_form_is_not_filled_in_honestly() -> None:
    many = [{**YES, "code": f"p{n}"} for n in range(61)]
    assert ("too_many_points", "") in named(*many)
    assert named(*many[:60]) == set()


@pytest.mark.parametrize("form", TEMPLATES, ids=lambda form: form["code"])
def test_every_shipped_form_has_18_to_30_points_and_no_fault_not_even_a_missing_translation(form: dict[str, Any]) -> None:
    kept = ("code", "kind", "label", "options", "columns", "fails_when", "shown_when", "evidence", "score", "signal", "at_desk")
    parts = [
        Part(section=n, **{name: point[name] for name in kept if name in point})
        for n, section in enumerate(form["sections"], start=1)
        for point in section["checkpoints"]
    ]
    assert faults_of(form["kind"], form["name"], [s["title"] for s in form["sections"]], parts) == []
    assert 18 <= len(parts) <= 30
    assert sum(bool(p.signal) for p in parts) >= 7 and sum(bool(p.score) for p in parts) >= 7


def test_two_versions_differ_in_what_was_added_taken_out_changed_and_moved() -> None:
    old = {"a": {"label": "A", "section": "1"}, "b": {"label": "B", "section": "1"}, "c": {"label": "C", "section": "1"}}
    new = {"a": {"label": "A!", "section": "1"}, "c": {"label": "C", "section": "2"}, "d": {"label": "D", "section": "2"}}
    found = [(c.code, c.result, c.fields) for c in differences(old, new)]
    assert found == [("a", "changed", [("label", "A", "A!")]), ("c", "moved", []), ("d", "added", []), ("b", "removed", [])]
