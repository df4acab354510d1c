"""The rules of inspection forms, by the table of cases that the phone's JavaScript follows as well."""

import json
from pathlib import Path
from typing import Any

import pytest

from inspections.checklists import rules
from inspections.checklists.reading import BadAnswer, read_answer

CASES = json.loads((Path(rules.__file__).parent / "cases.json").read_text())


@pytest.mark.parametrize("case", CASES["form"], ids=lambda case: case["name"])
def test_a_form_asks_for_what_the_case_says(case: dict[str, Any]) -> None:
    points = [rules.as_point(told) for told in case["points"]]
    said = {code: rules.Said(**told) for code, told in case["said"].items()}
    before = case["before"]
    assert [p.code for p in rules.shown(points, said)] == case["shown"]
    asked = {p.code: sorted(rules.needs(p, said.get(p.code, rules.NOTHING), before.get(p.code))) for p in points}
    assert {code: what for code, what in asked.items() if what} == case["needs"]
    assert rules.missing(points, said, before) == case["missing"]
    assert list(rules.progress(points, said)) == case["progress"]
    assert rules.score(points, said).percent == case["score"]


@pytest.mark.parametrize("case", CASES["reading"], ids=lambda case: case["name"])
def test_what_was_typed_is_read_as_the_case_says(case: dict[str, Any]) -> None:
    point = rules.as_point(case["point"])
    if "error" in case:
        with pytest.raises(BadAnswer) as caught:
            read_answer(point, case["typed"])
        assert caught.value.code == case["error"]
    else:
        assert read_answer(point, case["typed"]) == case["value"]


def test_the_cases_cover_every_kind_of_answer_every_rule_of_evidence_and_every_fault() -> None:
    kinds = {p["kind"] for case in CASES["form"] for p in case["points"]} | {case["point"]["kind"] for case in CASES["reading"]}
    assert kinds == {"yes_no", "choice", "number", "money", "percent", "date", "text", "photo", "document", "position", "signature", "items"}
    evidence = [rule for case in CASES["form"] for point in case["points"] for rule in point.get("evidence", ())]
    assert {rule["when"] for rule in evidence} == set(rules.WHEN)
    assert {what for rule in evidence for what in rule["needs"]} == set(rules.NEEDS)
    faults = {fault for case in CASES["form"] for fault in case["missing"].values()}
    assert faults == {"answer", "photo", "document", "signature", "note", "list", "jump"}
    assert {c["error"] for c in CASES["reading"] if "error" in c} == {"number", "percent", "date", "choice", "position", "items", "signature"}


def test_signals_are_raised_in_the_order_of_the_form_and_never_from_a_hidden_point() -> None:
    points = [
        rules.Point("a", "yes_no", fails_when=("no",)),
        rules.Point("b", "yes_no", fails_when=("no",), shown_when={"code": "a", "in": ["yes"]}),
        rules.Point("c", "yes_no", fails_when=("yes",)),
        rules.Point("d", "yes_no", fails_when=("yes",)),
    ]
    said = {code: rules.Said(value) for code, value in (("a", "no"), ("b", "no"), ("c", "yes"), ("d", "yes"))}
    assert rules.signalled(points, said, {"a", "b", "c"}) == ["a", "c"]
