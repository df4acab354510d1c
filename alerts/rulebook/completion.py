"""What may be written next at a place in a rule's text: for the suggestions of an editor."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lark import Token
from lark.exceptions import UnexpectedInput

from alerts.observation.dictionary import GRAINS
from alerts.observation.fields import Field, Kind
from alerts.rulebook.language import COMPARISONS, LEVEL_WORDS, MAX_CHARACTERS, SPELLINGS, grammar

_ARITHMETIC = {"PLUS", "MINUS", "TIMES", "DIVIDE"}
_BEFORE_CONDITION = {"WHEN", "AND", "OR", "NOT", "LPAR"}
_AFTER_CONDITION = {"AND", "OR", "LEVEL", "RPAR"}
_ORDERED = {Kind.MONEY, Kind.INT, Kind.NUMBER, Kind.RATIO, Kind.DATE}


@dataclass(frozen=True)
class Suggestion:
    """One thing that may stand here. kind: field, choice or keyword. label, meaning: English source sentences, "" for keywords."""

    text: str
    kind: str
    label: str = ""
    meaning: str = ""
    sample: str = ""


def accepts(text: str, position: int | None = None, grain: str = "loan") -> tuple[Suggestion, ...]:
    """What may be written at `position` (characters before the cursor; the end without it), narrowed by the word begun there.

    Fields and choices come first, in the order of the dictionary. Empty inside a text or a comment, and after an error of form.
    """
    fields = GRAINS[grain]
    before = text[: len(text) if position is None else position]
    begun = re.search(r"[^\W\d]\w*\Z", before)
    word = begun.group().lower() if begun else ""
    before = before[: begun.start()] if begun else before
    if len(before) > MAX_CHARACTERS or "#" in re.sub(r'"[^"\n]*"|“[^”\n]*”', "", before.rpartition("\n")[2]):
        return ()
    parser = grammar().parse_interactive(before)
    try:
        tokens = list(parser.exhaust_lexer())
    except UnexpectedInput:
        return ()
    found = _next(tokens, set(parser.accepts()), fields)
    return tuple(suggestion for suggestion in found if suggestion.text.lower().startswith(word))


def _next(tokens: list[Token], accepted: set[str], fields: Mapping[str, Field]) -> Iterator[Suggestion]:
    beside = _compared_with(tokens, fields)
    if "NAME" in accepted and beside and beside.values:
        yield from (Suggestion(value, "choice", label) for value, label in beside.values)
        return
    if "NAME" in accepted:
        yield from (Suggestion(f.name, "field", f.label, f.meaning, f.sample) for f in fields.values())
    if "LEVEL" in accepted:
        used = {token.lower() for token in tokens if token.type == "LEVEL"}
        if not _unfinished(tokens, fields):
            yield from (Suggestion(level, "keyword") for level in LEVEL_WORDS if level not in used)
    allowed = accepted - _senseless(tokens, fields)
    yield from (Suggestion(spelling, "keyword") for name, spelling in SPELLINGS.items() if name in allowed)


def _compared_with(tokens: list[Token], fields: Mapping[str, Field]) -> Field | None:
    """The field whose value is asked for here: after `field =` and inside `field in (`."""
    rest = list(tokens)
    if rest and rest[-1].type in ("EQ", "NE"):
        rest.pop()
    else:
        while rest and rest[-1].type in ("NAME", "NUMBER", "PERCENT", "DATE", "STRING", "COMMA", "MINUS", "DAYS"):
            rest.pop()
        if [token.type for token in rest[-2:]] != ["IN", "LPAR"]:
            return None
        del rest[-2:]
        if rest and rest[-1].type == "NOT":
            rest.pop()
    return fields.get(rest[-1].lower()) if rest and rest[-1].type == "NAME" else None


def _last_field(tokens: list[Token], fields: Mapping[str, Field]) -> Field | None:
    return fields.get(tokens[-1].lower()) if tokens and tokens[-1].type == "NAME" else None


def _unfinished(tokens: list[Token], fields: Mapping[str, Field]) -> bool:
    """Whether the text ends with a value that has not been compared with anything yet."""
    field = _last_field(tokens, fields)
    return bool(field and field.kind != Kind.BOOL and tokens[-2].type in _BEFORE_CONDITION)


def _senseless(tokens: list[Token], fields: Mapping[str, Field]) -> set[str]:
    """Tokens the grammar would take, but the kind of the last field would not."""
    field = _last_field(tokens, fields)
    if field is None:
        return set()
    senseless = set(_AFTER_CONDITION) if _unfinished(tokens, fields) else set()
    if field.kind not in _ORDERED:
        senseless |= set(COMPARISONS) - {"EQ", "NE"} | {"BETWEEN"} | _ARITHMETIC
    if field.kind != Kind.TEXT:
        senseless.add("CONTAINS")
    if field.kind == Kind.BOOL:
        senseless.add("IN")
    return senseless
