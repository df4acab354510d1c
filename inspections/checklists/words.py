"""What rules and faults of a form say in words, in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from inspections.checklists import prefill
from inspections.checklists.faults import Fault
from inspections.checklists.models import Checkpoint
from inspections.checklists.queries import in_language

LANGUAGES = (("en", "English"), ("zh-hans", "中文"), ("ko", "한국어"))


def fault_sentence(fault: Fault) -> str:
    """What is wrong, and how to mend it."""
    said = {"about": fault.about, "language": dict(LANGUAGES).get(fault.about, fault.about)}
    sentences = {
        "no_points": _("The form has no point yet."),
        "too_many_points": _("The form has more than %(about)s points. Nobody fills in so many with care."),
        "empty_section": _("Section %(about)s has no point. Add one or delete the section."),
        "code_twice": _("Another point has the same code. Choose a code that no other point has."),
        "no_english": _("The English text is missing (%(about)s)."),
        "not_translated": _("The text in %(language)s is missing: English is shown instead."),
        "too_few_options": _("A choice needs at least two answers."),
        "option_without_value": _("An answer of the choice has no value."),
        "option_twice": _("Two answers of the choice have the same value."),
        "no_columns": _("A table of counted items needs at least one column."),
        "column_without_code": _("Each column needs a code of its own."),
        "fails_on_no_answer": _("“%(about)s” is said to fail the point, but is no answer of it."),
        "no_signal": _("The point can fail, but does not say what that means for the loan. No signal is raised."),
        "condition_on_nothing": _("The point is shown when “%(about)s” is answered, which is no point of this form."),
        "condition_on_later": _("The point is shown when “%(about)s” is answered, which comes later. Move one of the two."),
        "condition_on_no_answer": _("The point is shown on an answer that cannot be given: %(about)s."),
        "condition_on_no_figure": _("The point is shown on a figure, but “%(about)s” is not answered with one."),
        "circle": _("The point hangs on itself through other points: it would never be shown."),
        "evidence_unreadable": _("A rule of evidence does not say when it applies or what it asks for."),
        "evidence_never": _("A rule asks for evidence when the point fails, but no answer fails it."),
        "evidence_no_figure": _("A rule compares with the last visit, but the point is not answered with a figure."),
        "evidence_no_answer": _("A rule asks for evidence on an answer that cannot be given."),
        "evidence_no_list": _("A rule asks for the list “%(about)s”, which is no table or document of this form."),
        "score_never": _("The score counts answers that cannot be given, or none."),
        "not_at_desk": _("An off-site check asks only what can be judged at the desk. Mark the point as judged at the desk."),
        "prefill_does_not_fit": _("The point cannot be filled in with this fact: it is answered in another way."),
    }
    return sentences[fault.name] % said


def need_words(needs: Iterable[str]) -> list[str]:
    words = {"note": _("a note"), "photo": _("a photo"), "document": _("a document"), "list": _("a list")}
    return [words[need] for need in needs if need in words]


def evidence_sentence(point: Checkpoint, rule: Mapping[str, Any]) -> str:
    """A rule of evidence as one reads it: "A failing answer asks for a photo and a note." """
    said = {"needs": ", ".join(need_words(rule.get("needs", ()))), "percent": rule.get("percent", ""), "values": ""}
    said["values"] = ", ".join(answer_words(point, value) for value in rule.get("values", ()))
    sentences = {
        "fails": _("A failing answer asks for: %(needs)s."),
        "answered": _("Every answer asks for: %(needs)s."),
        "not_seen": _("“Not seen” asks for: %(needs)s."),
        "value": _("The answer %(values)s asks for: %(needs)s."),
        "drop": _("%(percent)s%% less than last time asks for: %(needs)s."),
        "rise": _("%(percent)s%% more than last time asks for: %(needs)s."),
    }
    return sentences.get(rule.get("when", ""), "%(needs)s") % said


def answer_words(point: Checkpoint, value: Any) -> str:
    """An answer in the reader's language."""
    plain = {"yes": _("Yes"), "no": _("No"), "not_seen": _("Not seen")}
    if point.kind == "yes_no":
        return plain.get(str(value), str(value))
    return next((in_language(o["label"]) for o in point.options if o["value"] == value), str(value))


def limits_words(limits: Mapping[str, Any]) -> str:
    """Limits of a figure: "from 10 to 20"."""
    said = {"low": limits.get("from"), "high": limits.get("to")}
    if said["low"] and said["high"]:
        return _("from %(low)s to %(high)s") % said
    return _("from %(low)s up") % said if said["low"] else _("up to %(high)s") % said


def condition_sentence(point: Checkpoint, by_code: Mapping[str, Checkpoint]) -> str:
    """When a point is shown; empty: always."""
    hangs = point.shown_when
    if not hangs:
        return ""
    other = by_code.get(hangs.get("code", ""))
    answers = ", ".join(answer_words(other, value) for value in hangs["in"]) if other and "in" in hangs else limits_words(hangs)
    return _("Shown when “%(point)s” is: %(answers)s") % {"point": in_language(other.label) if other else hangs.get("code", ""), "answers": answers}


def properties(point: Checkpoint, by_code: Mapping[str, Checkpoint]) -> list[str]:
    """All that a point carries beside its question, a sentence each, in the order in which one asks for it."""
    found = [condition_sentence(point, by_code)]
    if point.kind == "choice":
        found.append(_("Answers: %(answers)s") % {"answers": " / ".join(in_language(o["label"]) for o in point.options)})
    if point.kind == "items":
        found.append(_("Columns: %(columns)s") % {"columns": " / ".join(in_language(c["label"]) for c in point.columns)})
    if point.fails_when:
        failing = ", ".join(answer_words(point, value) for value in point.fails_when)
        found.append(_("Fails on: %(answers)s. Signal: %(signal)s") % {"answers": failing, "signal": in_language(point.signal) or "–"})
    found += [evidence_sentence(point, rule) for rule in point.evidence]
    if weight := point.score.get("weight"):
        found.append(ngettext("Score: %(n)s point", "Score: %(n)s points", int(weight)) % {"n": weight})
    if point.prefill:
        found.append(_("Filled in with: %(source)s") % {"source": prefill.words_of(point.prefill)})
    if point.kind in {"number", "money", "percent", "items"}:
        beyond = point.material if point.material is not None else 3 * point.tolerance
        found.append(_("Same within %(tolerance)s%%, material beyond %(material)s%%") % {"tolerance": point.tolerance, "material": beyond})
    return [sentence for sentence in found if sentence]


def field_words(name: str) -> str:
    """A property of a point, for the comparison of two versions."""
    words = {
        "section": _("Section"), "kind": _("Kind of answer"), "label": _("Question"), "hint": _("Hint"), "required": _("Mandatory"),
        "options": _("Answers"), "columns": _("Columns"), "unit": _("Unit"), "fails_when": _("Fails on"), "shown_when": _("Shown when"),
        "evidence": _("Evidence"), "score": _("Score"), "prefill": _("Filled in with"), "signal": _("Signal"), "tolerance": _("Tolerance, %"),
        "material": _("Material from, %"), "key_point": _("Key point"), "at_desk": _("Judged at the desk"),
    }  # fmt: skip
    return words.get(name, name)


def plain(value: Any) -> str:
    """A property as a line of text, for the comparison of two versions."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return pgettext("property", "yes") if value else pgettext("property", "no")
    if isinstance(value, Mapping):
        return " · ".join(f"{key}: {plain(inner)}" for key, inner in value.items())
    return " / ".join(plain(inner) for inner in value) if isinstance(value, list) else str(value)
