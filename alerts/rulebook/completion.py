"""What may be written next at a place in a rule's text: for the suggestions of an editor."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lark import Token
from lark.exceptions import UnexpectedInput

from alerts.observation.fields import Field, Kind
from alerts.rulebook.language import COMPARISONS, LEVEL_WORDS, MAX_CHARACTERS, SPELLINGS, grammar
from alerts.rulebook.limits import LIMITS
from alerts.rulebook.rules import Type, comparable
from alerts.rulebook.vocabulary import LIMIT, SAME, fields_of, type_of

_ARITHMETIC = {"PLUS", "MINUS", "TIMES", "DIVIDE"}
_BEFORE_CONDITION = {"WHEN", "AND", "OR", "NOT", "LPAR"}
_AFTER_CONDITION = {"AND", "OR", "LEVEL", "RPAR"}
_ORDERED = {Kind.MONEY, Kind.INT, Kind.NUMBER, Kind.RATIO, Kind.DATE}


@dataclass(frozen=True)
class Suggestion:
    """One thing that may stand here. kind: field, limit, choice or keyword.

    label, meaning, unit: English source sentences, "" where there is nothing to say; sample: a value as a rule writes it.
    """

    text: str
    kind: str
    label: str = ""
    meaning: str = ""
    unit: str = ""
    sample: str = ""


def accepts(text: str, position: int | None = None, grain: str = "loan") -> tuple[Suggestion, ...]:
    """What may be written at `position` (characters before the cursor; the end without it), narrowed by the word begun there.

    Fields and choices come first, in the order of the dictionary; behind a comparison those that can be compared stand before others.
    Then the lender's limits that can be compared there. Empty inside a text or a comment, and after an error of form.
    """
    fields = fields_of(grain)
    before = text[: len(text) if position is None else position]
    begun = re.search(r"[^\W\d][\w.]*\Z", before)
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
        only = [token.type for token in tokens[-2:]] == ["WAS", "LPAR"]
        wanted = _wanted(tokens, fields)
        likely_first = sorted(fields.values(), key=lambda f: wanted is not None and not comparable(type_of(f), wanted))
        yield from (Suggestion(f.name, "field", f.label, f.meaning, f.unit, f.sample) for f in likely_first)
        if not only:
            yield from _synonyms(fields)
            yield from _limits(tokens, fields)
    if "LEVEL" in accepted:
        used = {token.lower() for token in tokens if token.type == "LEVEL"}
        if not _unfinished(tokens, fields):
            yield from (Suggestion(level, "keyword") for level in LEVEL_WORDS if level not in used)
    allowed = accepted - _senseless(tokens, fields)
    yield from (Suggestion(spelling, "keyword") for name, spelling in SPELLINGS.items() if name in allowed)


def _synonyms(fields: Mapping[str, Field]) -> Iterator[Suggestion]:
    for word, name in SAME.items():
        yield Suggestion(word, "field", fields[name].label, fields[name].meaning, fields[name].unit, fields[name].sample)


def _limits(tokens: list[Token], fields: Mapping[str, Field]) -> Iterator[Suggestion]:
    """The limits that can stand here; after a comparison those of the kind of what it compares."""
    wanted = _wanted(tokens, fields)
    for name, kind in LIMITS.items():
        if wanted in (None, kind.type) or kind.type == Type.PLAIN:
            yield Suggestion(LIMIT + name, "limit", kind.meaning, kind.meaning, kind.unit, kind.sample)


def _wanted(tokens: list[Token], fields: Mapping[str, Field]) -> Type | None:
    """The type of what stands before a comparison that the text ends with."""
    beside = _last_field(tokens[:-1], fields) if tokens and tokens[-1].type in COMPARISONS else None
    return type_of(beside) if beside else None


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
    return _last_field(rest, fields)


def _last_field(tokens: list[Token], fields: Mapping[str, Field]) -> Field | None:
    """The field that the text ends with, by itself or inside `was(…)`."""
    if [token.type for token in tokens[-7:]] == ["WAS", "LPAR", "NAME", "COMMA", "NUMBER", "DAYS", "RPAR"]:
        return fields.get(tokens[-5].lower())
    word = tokens[-1].lower() if tokens and tokens[-1].type == "NAME" else ""
    return fields.get(SAME.get(word, word))


def _unfinished(tokens: list[Token], fields: Mapping[str, Field]) -> bool:
    """Whether the text ends with a value that has not been compared with anything yet."""
    field = _last_field(tokens, fields)
    start = -8 if tokens and tokens[-1].type == "RPAR" else -2
    before = tokens[start].type if len(tokens) >= -start else ""
    inside = [token.type for token in tokens[-3:-1]] == ["WAS", "LPAR"]
    return bool(field and field.kind != Kind.BOOL and before in _BEFORE_CONDITION and not inside)


def _senseless(tokens: list[Token], fields: Mapping[str, Field]) -> set[str]:
    """Tokens the grammar would take, but the kind of the last field would not."""
    field = _last_field(tokens, fields)
    if field is None:
        return set()
    if [token.type for token in tokens[-3:-1]] == ["WAS", "LPAR"]:
        return set()
    senseless = set(_AFTER_CONDITION) if _unfinished(tokens, fields) else set()
    if field.kind not in _ORDERED:
        senseless |= set(COMPARISONS) - {"EQ", "NE"} | {"BETWEEN"} | _ARITHMETIC
    if field.kind != Kind.TEXT:
        senseless.add("CONTAINS")
    if field.kind == Kind.BOOL:
        senseless.add("IN")
    return senseless
