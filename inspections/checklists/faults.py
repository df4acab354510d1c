"""What is wrong with a form before it can be proposed, each fault by its name. Pure; the words stand in `words.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspections.checklists.rules import FIGURES, NEEDS, WHEN

LANGUAGES = ("en", "zh-hans", "ko")
MOST_POINTS = 60  # of one form; a longer one is not filled in honestly
ANSWERS = {"yes_no": ("yes", "no", "not_seen")}


@dataclass(frozen=True)
class Part:
    """A point of a form as it is written: its texts by language beside what the rules need. `section`: its place, from 1 on."""

    section: int
    code: str
    kind: str
    label: Mapping[str, str]
    options: Sequence[Mapping[str, Any]] = ()
    columns: Sequence[Mapping[str, Any]] = ()
    fails_when: Sequence[str] = ()
    shown_when: Mapping[str, Any] | None = None
    evidence: Sequence[Mapping[str, Any]] = ()
    score: Mapping[str, Any] | None = None
    signal: Mapping[str, str] | None = None
    at_desk: bool = False
    prefill_fits: bool = True


@dataclass(frozen=True)
class Fault:
    """`name` of the fault, the code of the point ("" for the form as a whole), and what it is about. `stops`: it bars the proposal."""

    name: str
    code: str = ""
    about: str = ""
    stops: bool = True


def answers_of(part: Part) -> tuple[str, ...]:
    """The answers a point can have, where they are a list; else none."""
    if part.kind == "choice":
        return tuple(str(option.get("value", "")) for option in part.options)
    return ANSWERS.get(part.kind, ())


def faults_of(kind: str, name: Mapping[str, str], titles: Sequence[Mapping[str, str]], parts: Sequence[Part]) -> list[Fault]:
    """All faults of a form of `kind` (of task), in the order of the form. Missing translations do not stop a proposal; missing English does."""
    found = [Fault("no_points")] if not parts else []
    if len(parts) > MOST_POINTS:
        found.append(Fault("too_many_points", about=str(MOST_POINTS)))
    found += _texts("", "name", name)
    for number, title in enumerate(titles, start=1):
        found += _texts("", f"section {number}", title)
        if not any(part.section == number for part in parts):
            found.append(Fault("empty_section", about=str(number)))
    seen: dict[str, Part] = {}
    places = {part.code: part for part in parts}
    for part in parts:
        if part.code in seen:
            found.append(Fault("code_twice", part.code))
        found += [*_texts(part.code, "label", part.label), *_answers(part), *_conditions(part, seen, places), *_evidence(part, places), *_score(part)]
        if kind == "off_site" and not part.at_desk:
            found.append(Fault("not_at_desk", part.code))
        if not part.prefill_fits:
            found.append(Fault("prefill_does_not_fit", part.code))
        seen[part.code] = part
    return found + [Fault("circle", code) for code in circular(parts)]


def _texts(code: str, where: str, text: Mapping[str, str]) -> list[Fault]:
    lacking = [language for language in LANGUAGES if not str(text.get(language, "")).strip()]
    if "en" in lacking:
        return [Fault("no_english", code, where)]
    return [Fault("not_translated", code, language, stops=False) for language in lacking]


def _answers(part: Part) -> list[Fault]:
    found = []
    if part.kind == "choice":
        values = answers_of(part)
        if len(values) < 2:
            found.append(Fault("too_few_options", part.code))
        if any(not value.strip() for value in values):
            found.append(Fault("option_without_value", part.code))
        if len(set(values)) < len(values):
            found.append(Fault("option_twice", part.code))
        for option in part.options:
            found += _texts(part.code, f"option {option.get('value', '')}", option.get("label", {}))
    if part.kind == "items":
        if not part.columns:
            found.append(Fault("no_columns", part.code))
        codes = [str(column.get("code", "")) for column in part.columns]
        if len(set(codes)) < len(codes) or "" in codes:
            found.append(Fault("column_without_code", part.code))
    found += [Fault("fails_on_no_answer", part.code, value) for value in part.fails_when if value not in answers_of(part)]
    if part.fails_when and not (part.signal or {}).get("en"):
        found.append(Fault("no_signal", part.code, stops=False))
    return found


def _conditions(part: Part, seen: Mapping[str, Part], places: Mapping[str, Part]) -> list[Fault]:
    hangs = part.shown_when
    if not hangs:
        return []
    code = str(hangs.get("code", ""))
    if code not in places:
        return [Fault("condition_on_nothing", part.code, code)]
    if code not in seen:
        return [Fault("condition_on_later", part.code, code)]
    other = places[code]
    if "in" in hangs:
        lacking = [value for value in hangs["in"] if value not in answers_of(other)]
        return [Fault("condition_on_no_answer", part.code, f"{code} = {value}") for value in lacking or ([] if hangs["in"] else [""])]
    return [] if other.kind in FIGURES | {"items"} else [Fault("condition_on_no_figure", part.code, code)]


def _evidence(part: Part, places: Mapping[str, Part]) -> list[Fault]:
    found = []
    for rule in part.evidence:
        when, needs = rule.get("when"), rule.get("needs") or []
        if when not in WHEN or not needs or any(what not in NEEDS for what in needs):
            found.append(Fault("evidence_unreadable", part.code))
        elif when == "fails" and not part.fails_when:
            found.append(Fault("evidence_never", part.code))
        elif when in {"drop", "rise"} and part.kind not in FIGURES | {"items"}:
            found.append(Fault("evidence_no_figure", part.code))
        elif when == "value" and (not rule.get("values") or any(value not in answers_of(part) for value in rule["values"])):
            found.append(Fault("evidence_no_answer", part.code))
        if (listed := rule.get("list_code")) and places.get(listed, part).kind not in {"items", "document"}:
            found.append(Fault("evidence_no_list", part.code, str(listed)))
    return found


def _score(part: Part) -> list[Fault]:
    score = part.score or {}
    if not score.get("weight"):
        return []
    wanted: list[Any] = [score.get(which) for which in ("full", "half") if score.get(which)]
    if not score.get("full"):
        return [Fault("score_never", part.code)]
    figures = part.kind in FIGURES | {"items"}
    right = all(isinstance(w, Mapping) == figures and (figures or all(value in answers_of(part) for value in w)) for w in wanted)
    return [] if right else [Fault("score_never", part.code)]


def circular(parts: Sequence[Part]) -> list[str]:
    """Codes of points that hang on themselves, directly or through others."""
    hangs = {part.code: str(part.shown_when.get("code", "")) for part in parts if part.shown_when}
    found = []
    for code, first in hangs.items():
        at, passed = first, {code}
        while at in hangs and at not in passed:
            passed.add(at)
            at = hangs[at]
        if at == code:
            found.append(code)
    return found
