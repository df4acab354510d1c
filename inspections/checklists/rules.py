"""Pure rules of an inspection form: what is shown, what fails, what an answer asks for in addition, what is missing, the score.

The phone follows the same rules in JavaScript; `cases.json` beside this file is run by both. Reading what was typed: `reading.py`.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

JUMP = Decimal(30)  # percent against the last visit from which a figure needs a note
FIGURES = frozenset({"number", "money", "percent"})
FILES = frozenset({"photo", "document", "signature"})
WHEN = ("fails", "answered", "not_seen", "value", "drop", "rise")
NEEDS = ("note", "photo", "document", "list")


@dataclass(frozen=True)
class Point:
    """One checkpoint as the rules see it; the fields mean what they mean in `models.Checkpoint`."""

    code: str
    kind: str
    required: bool = True
    options: tuple[str, ...] = ()
    fails_when: tuple[str, ...] = ()
    shown_when: Mapping[str, Any] = field(default_factory=dict)
    tolerance: int = 10
    at_desk: bool = False
    columns: tuple[tuple[str, str], ...] = ()  # of counted items: (code, kind)
    evidence: tuple[Mapping[str, Any], ...] = ()
    score: Mapping[str, Any] = field(default_factory=dict)
    prefill: str = ""
    material: int | None = None
    key_point: bool = False


@dataclass(frozen=True)
class Said:
    """One answer. value: text, figures as decimal text, a list of rows, a position or signature as a mapping, or None."""

    value: Any = None
    note: str = ""
    photos: int = 0
    documents: int = 0
    signatures: int = 0


@dataclass(frozen=True)
class Scored:
    """What was reached of what could be; `percent` rounds half up and is None where no shown point has a score."""

    earned: Decimal
    possible: int

    @property
    def percent(self) -> int | None:
        if not self.possible:
            return None
        return int((self.earned * 100 / self.possible).quantize(Decimal(1), ROUND_HALF_UP))


NOTHING = Said()


def as_point(told: Mapping[str, Any]) -> Point:
    """A point from its JSON form, as the phone gets it; `options` and `columns` are lists of objects."""
    return Point(
        code=told["code"],
        kind=told["kind"],
        required=told.get("required", True),
        options=tuple(option["value"] for option in told.get("options", ())),
        fails_when=tuple(told.get("fails_when", ())),
        shown_when=told.get("shown_when") or {},
        tolerance=told.get("tolerance", 10),
        at_desk=told.get("at_desk", False),
        columns=tuple((column["code"], column["kind"]) for column in told.get("columns", ())),
        evidence=tuple(told.get("evidence", ())),
        score=told.get("score") or {},
        prefill=told.get("prefill", ""),
        material=told.get("material"),
        key_point=told.get("key_point", False),
    )


def _within(figure: Decimal, limits: Mapping[str, Any]) -> bool:
    """Whether a figure lies from `from` to `to`, both included; a limit that is not given does not bind."""
    low, high = limits.get("from"), limits.get("to")
    return (low in (None, "") or figure >= Decimal(str(low))) and (high in (None, "") or figure <= Decimal(str(high)))


def _meets(point: Point | None, value: Any, wanted: Any) -> bool:
    """Whether an answer is one of a list of values, or a figure within limits. Nothing answered meets nothing."""
    if value is None:
        return False
    if isinstance(wanted, Mapping):
        figure = figure_of(point, value) if point else None
        return figure is not None and _within(figure, wanted)
    return value in wanted


def shown(points: Iterable[Point], said: Mapping[str, Said]) -> list[Point]:
    """The points that are to be answered, given the answers so far; one that hangs on a hidden point is hidden as well.

    A condition names an earlier point and either its answers ("in") or limits of its figure ("from", "to", both included).
    """
    seen: dict[str, Point] = {}
    for point in points:
        hangs = point.shown_when
        if not hangs or (
            hangs["code"] in seen
            and _meets(seen[hangs["code"]], said.get(hangs["code"], NOTHING).value, hangs.get("in", hangs))
        ):
            seen[point.code] = point
    return list(seen.values())


def fails(point: Point, value: Any) -> bool:
    """Whether an answer is one of those that fail the point."""
    return value is not None and value in point.fails_when


def figure_of(point: Point, value: Any) -> Decimal | None:
    """The figure of an answer: of a table of items the sum of its amounts, without such a column of its numbers, else of the rows."""
    if value is None or point.kind not in FIGURES | {"items"}:
        return None
    if point.kind != "items":
        return Decimal(value)
    for kind in ("money", "number"):
        summed = [code for code, found in point.columns if found == kind]
        if summed:
            return sum((Decimal(row[summed[-1]]) for row in value if row.get(summed[-1])), Decimal(0))
    return Decimal(len(value))


def change(point: Point, value: Any, before: Any) -> Decimal | None:
    """Percent by which a figure differs from the last visit, unrounded. None without both, or from 0."""
    now, then = figure_of(point, value), figure_of(point, before)
    return None if now is None or not then else (now - then) / abs(then) * 100


def jump(value: str | None, before: str | None) -> Decimal | None:
    """Change of a figure against the last visit in whole percent, when it is 30 or more; else None. A change from 0 has no percent."""
    if value is None or before is None or Decimal(before) == 0:
        return None
    moved = (Decimal(value) - Decimal(before)) / abs(Decimal(before)) * 100
    return moved.quantize(Decimal(1)) if abs(moved) >= JUMP else None


def answered(point: Point, said: Said) -> bool:
    """Whether something was answered: a file for a photo or document, a name or a file for a signature, else a value."""
    if point.kind == "photo":
        return said.photos > 0
    if point.kind == "document":
        return said.documents > 0
    if point.kind == "signature":
        return said.signatures > 0 or bool(said.value)
    return said.value is not None and said.value != []


def _applies(rule: Mapping[str, Any], point: Point, said: Said, before: Any) -> bool:
    when = rule["when"]
    if when == "fails":
        return fails(point, said.value)
    if when == "answered":
        return answered(point, said)
    if when == "not_seen":
        return bool(said.value == "not_seen")
    if when == "value":
        return said.value is not None and said.value in rule.get("values", ())
    moved = change(point, said.value, before)
    if moved is None:
        return False
    limit = Decimal(rule.get("percent", JUMP))
    return moved <= -limit if when == "drop" else moved >= limit


def needs(point: Point, said: Said, before: Any = None) -> set[str]:
    """What this answer asks for in addition: of "note", "photo", "document" and "list".

    A failing answer always asks for a note. before: the answer of the last confirmed visit, in stored form.
    """
    asked = {"note"} if fails(point, said.value) else set()
    for rule in point.evidence:
        if _applies(rule, point, said, before):
            asked.update(rule.get("needs", ()))
    return asked


def _has_list(point: Point, said: Mapping[str, Said], by_code: Mapping[str, Point], before: Any) -> bool:
    """Whether the list that an answer asks for is there: the point a rule names is answered, else a photo or document is attached."""
    own = said.get(point.code, NOTHING)
    named = [
        rule["list_code"]
        for rule in point.evidence
        if "list" in rule.get("needs", ()) and rule.get("list_code") in by_code and _applies(rule, point, own, before)
    ]
    if named:
        return all(answered(by_code[code], said.get(code, NOTHING)) for code in named)
    return own.photos > 0 or own.documents > 0


def lacking(point: Point, said: Mapping[str, Said], by_code: Mapping[str, Point], before: Any = None) -> list[str]:
    """What this answer asks for in addition and does not have yet, in the order of `NEEDS`."""
    own = said.get(point.code, NOTHING)
    has = {"note": bool(own.note.strip()), "photo": own.photos > 0, "document": own.documents > 0}
    asked = needs(point, own, before)
    if "list" in asked:
        has["list"] = _has_list(point, said, by_code, before)
    return [what for what in NEEDS if what in asked and not has[what]]


def missing(points: Sequence[Point], said: Mapping[str, Said], before: Mapping[str, Any]) -> dict[str, str]:
    """What must be added before the form can be submitted, the first thing of each point, by its code.

    "answer", or "photo", "document", "signature" where the answer is one; "note", "photo", "document", "list" that an answer asks
    for; "jump": a note or a photo, as a figure moved by 30 % or more. before: answers of the last confirmed visit, by code.
    """
    faults: dict[str, str] = {}
    by_code = {point.code: point for point in points}
    for point in shown(points, said):
        own, earlier = said.get(point.code, NOTHING), before.get(point.code)
        if not answered(point, own):
            if point.required:
                faults[point.code] = point.kind if point.kind in FILES else "answer"
        elif lacks := lacking(point, said, by_code, earlier):
            faults[point.code] = lacks[0]
        elif point.kind in FIGURES and jump(own.value, earlier) is not None and not (own.note.strip() or own.photos):
            faults[point.code] = "jump"
    return faults


def progress(points: Sequence[Point], said: Mapping[str, Said]) -> tuple[int, int]:
    """How many of the shown points are answered, and how many are shown."""
    visible = shown(points, said)
    return sum(answered(p, said.get(p.code, NOTHING)) for p in visible), len(visible)


def score(points: Sequence[Point], said: Mapping[str, Said]) -> Scored:
    """Points reached of the shown points that have a score: the whole weight for a "full" answer, half for a "half" one, else none."""
    earned, possible = Decimal(0), 0
    for point in shown(points, said):
        weight = int(point.score.get("weight", 0))
        if not weight:
            continue
        possible += weight
        value = said.get(point.code, NOTHING).value
        if _meets(point, value, point.score.get("full", ())):
            earned += weight
        elif _meets(point, value, point.score.get("half", ())):
            earned += Decimal(weight) / 2
    return Scored(earned, possible)


def signalled(points: Sequence[Point], said: Mapping[str, Said], speaking: Set[str]) -> list[str]:
    """Codes of the shown points that fail and have a signal, in the order of the form. speaking: codes with a signal."""
    return [p.code for p in shown(points, said) if p.code in speaking and fails(p, said.get(p.code, NOTHING).value)]
