"""Filling a form in on trial: what would be shown, asked for in addition, scored and signalled. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from inspections.checklists import rules
from inspections.checklists.models import Checkpoint
from inspections.checklists.queries import in_language, point_of
from inspections.checklists.reading import BadAnswer, read_answer
from inspections.checklists.words import answer_words, need_words


@dataclass
class Tried:
    """One point on trial, with what was typed and what the rules say of it."""

    checkpoint: Checkpoint
    number: str
    label: str
    hint: str
    options: list[tuple[str, str]]
    typed: str = ""
    note: str = ""
    before: str = ""
    photo: bool = False
    document: bool = False
    error: str = ""
    shown: bool = True
    failed: bool = False
    signal: str = ""
    asks: list[str] = field(default_factory=list)
    compares: bool = False  # a rule compares with the last visit: the page offers a figure for it


@dataclass
class Trial:
    sections: list[tuple[str, list[Tried]]]
    answered: int
    total: int
    score: rules.Scored
    missing: list[tuple[Tried, str]]

    @property
    def signals(self) -> list[Tried]:
        return [row for _title, rows in self.sections for row in rows if row.shown and row.failed and row.signal]


def _read(point: rules.Point, text: str) -> tuple[Any, str]:
    try:
        return read_answer(point, text), ""
    except BadAnswer:
        return None, _("This answer cannot be read.")


def try_out(checkpoints: list[Checkpoint], given: Mapping[str, str]) -> Trial:
    """given: fields of a request, `a-<code>` answer, `n-` note, `b-` figure of the last visit, `p-` and `d-` for a photo and a document."""
    points = {c.code: point_of(c) for c in checkpoints}
    said, before, errors = {}, {}, {}
    for code, point in points.items():
        value, error = _read(point, given.get(f"a-{code}", ""))
        earlier, _error = _read(point, given.get(f"b-{code}", ""))
        if error:
            errors[code] = error
        if earlier is not None:
            before[code] = earlier
        photos, documents = int(bool(given.get(f"p-{code}"))), int(bool(given.get(f"d-{code}")))
        said[code] = rules.Said(value, given.get(f"n-{code}", ""), photos, documents)
    order = list(points.values())
    visible = {point.code for point in rules.shown(order, said)}
    rows: dict[int, tuple[str, list[Tried]]] = {}
    for c in checkpoints:
        _title, section = rows.setdefault(c.section_id, (in_language(c.section.title), []))
        row = _row(c, f"{len(rows)}.{len(section) + 1}", given)
        row.error, row.shown = errors.get(c.code, ""), c.code in visible
        row.failed = rules.fails(points[c.code], said[c.code].value)
        asked = rules.needs(points[c.code], said[c.code], before.get(c.code))
        row.asks = need_words(need for need in rules.NEEDS if need in asked)
        section.append(row)
    faults = rules.missing(order, said, before)
    by_code = {row.checkpoint.code: row for _title, section in rows.values() for row in section}
    answered, total = rules.progress(order, said)
    lacking = [(by_code[code], _lack(fault)) for code, fault in faults.items()]
    return Trial(list(rows.values()), answered, total, rules.score(order, said), lacking)


def _row(c: Checkpoint, number: str, given: Mapping[str, str]) -> Tried:
    values = ["yes", "no", "not_seen"] if c.kind == "yes_no" else [o["value"] for o in c.options]
    return Tried(
        checkpoint=c,
        number=number,
        label=in_language(c.label),
        hint=in_language(c.hint),
        options=[(value, answer_words(c, value)) for value in values] if c.kind in {"yes_no", "choice"} else [],
        typed=given.get(f"a-{c.code}", ""),
        note=given.get(f"n-{c.code}", ""),
        before=given.get(f"b-{c.code}", ""),
        photo=bool(given.get(f"p-{c.code}")),
        document=bool(given.get(f"d-{c.code}")),
        signal=in_language(c.signal),
        compares=any(rule["when"] in {"drop", "rise"} for rule in c.evidence),
    )


def _lack(fault: str) -> str:
    words = {
        "answer": _("no answer yet"), "photo": _("a photo is missing"), "document": _("a document is missing"),
        "signature": _("a signature is missing"), "note": _("a note is missing"), "list": _("a list is missing"),
        "jump": _("far from the last visit: a note or a photo is missing"),
    }  # fmt: skip
    return words[fault]
