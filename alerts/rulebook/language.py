"""The warning-rule language: from the text a banker writes to the checked tree, or to the errors in it.

The grammar stands in `grammar.lark`, the meaning of words in `checker`. Nothing here knows a database.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from alerts.rulebook.checker import Checker
from alerts.rulebook.errors import RuleError, RuleRefused, nearest
from alerts.rulebook.rules import RuleTree
from alerts.rulebook.vocabulary import fields_of

MAX_CHARACTERS = 4000
MAX_DEPTH = 20
MAX_NODES = 200

COMPARISONS = ("GE", "LE", "GT", "LT", "NE", "EQ")
SPELLINGS = {
    "WHEN": "when", "AND": "and", "OR": "or", "NOT": "not", "IN": "in", "BETWEEN": "between", "CONTAINS": "contains", "IS": "is",
    "EMPTY": "empty", "DAYS": "days", "MONTHS": "months", "WAS": "was", "TRUE": "true", "FALSE": "false", "GE": ">=", "LE": "<=", "GT": ">", "LT": "<", "NE": "!=",
    "EQ": "=", "PLUS": "+", "MINUS": "-", "TIMES": "*", "DIVIDE": "/", "LPAR": "(", "RPAR": ")", "COMMA": ",",
}  # fmt: skip
LEVEL_WORDS = ("red", "orange", "yellow")
# Signs that other languages write, with what this one writes.
_FOREIGN = {"&": "and", "|": "or", "!": "not", "'": '"', "‘": '"', "’": '"', "；": "", "。": "", "、": ","}

# Signs that nobody sees: controls, halves of a pair, and those that turn the direction of the text or hide in it.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]")


@cache
def grammar() -> Lark:
    """The parser, made once per process."""
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=True)


def parse(text: str, grain: str = "loan") -> RuleTree:
    """The checked tree of a rule's text.

    grain: "loan", "borrower", "branch" or "staff", whose fields the rule may name; KeyError for any other.
    Raises RuleRefused with every error of meaning, or with the first error of form. Text that is too long is not read at all.
    """
    fields_of(grain)
    if len(text) > MAX_CHARACTERS:
        raise RuleRefused([RuleError("too_long", 1, 1, "", {"count": len(text), "limit": MAX_CHARACTERS})])
    if hidden := _HIDDEN.search(text):
        raise RuleRefused([_hidden_sign(text, hidden.start())])
    try:
        parsed = grammar().parse(text)
    except UnexpectedInput as fault:
        raise RuleRefused([_form_error(text, fault)]) from None
    _within_limits(parsed)
    checker = Checker(text, grain)
    tree = checker.rule(parsed)
    if tree is None:
        raise RuleRefused(checker.errors)
    return tree


def check(text: str, grain: str = "loan") -> tuple[RuleError, ...]:
    """What is wrong with a rule's text, in its order; empty when it can be used."""
    try:
        parse(text, grain)
    except RuleRefused as refused:
        return refused.errors
    return ()


def _within_limits(parsed: Tree) -> None:
    # A chain of plus signs nests as deep as it is long, so the measure is taken without recursion.
    deepest = count = 0
    waiting: list[tuple[Tree, int]] = [(level.children[2], 1) for level in parsed.children]
    while waiting:
        tree, depth = waiting.pop()
        deepest, count = max(deepest, depth), count + (tree.data != "bracket")
        waiting.extend((child, depth + 1) for child in tree.children if isinstance(child, Tree))
    errors = []
    if deepest > MAX_DEPTH:
        errors.append(RuleError("too_deep", 1, 1, "", {"count": deepest, "limit": MAX_DEPTH}))
    if count > MAX_NODES:
        errors.append(RuleError("too_large", 1, 1, "", {"count": count, "limit": MAX_NODES}))
    if errors:
        raise RuleRefused(errors)


def expected(accepted: set[str]) -> tuple[str, ...]:
    """What may come next, as codes of `errors.EXPECTED_WORDS` or as it is written, the likeliest first."""
    words: list[str] = list(LEVEL_WORDS) if "LEVEL" in accepted else []
    words += [name for name in ("NAME", "NUMBER", "PERCENT", "DATE", "STRING") if name in accepted]
    if accepted & set(COMPARISONS):
        words.append("COMPARE")
    words += [spelling for name, spelling in SPELLINGS.items() if name in accepted and name not in COMPARISONS]
    if "$END" in accepted:
        words.append("END")
    return tuple(words)


def _hidden_sign(text: str, position: int) -> RuleError:
    before = text[:position]
    place = before.count("\n") + 1, position - before.rfind("\n")
    return RuleError("unprintable", *place, "", {"code": f"U+{ord(text[position]):04X}"})


def _form_error(text: str, fault: UnexpectedInput) -> RuleError:
    """The error of form as one that can be said: where, what, and what to write instead."""
    if isinstance(fault, UnexpectedCharacters):
        position = fault.pos_in_stream or 0
        sign = text[position]
        if sign in '"“':
            return RuleError("quote_not_closed", fault.line, fault.column, text[position:].partition("\n")[0])
        plain = unicodedata.normalize("NFKC", sign)
        proposal = _FOREIGN.get(sign, plain if plain != sign else "")
        return RuleError("unexpected_character", fault.line, fault.column, sign, {}, proposal)
    if not isinstance(fault, UnexpectedToken):
        raise fault
    accepted = set(fault.interactive_parser.accepts())
    if fault.token.type == "$END":
        if accepted == {"LEVEL"}:
            return RuleError("empty_rule", 1, 1, "")
        line = text.rstrip().count("\n") + 1
        column = len(text.rstrip().rpartition("\n")[2]) + 1
        return RuleError("unexpected_end", line, column, "", {"expected": expected(accepted)})
    return _misplaced(text, fault.token, accepted)


def _misplaced(text: str, token: Token, accepted: set[str]) -> RuleError:
    word, proposal = str(token), ""
    start, column = token.start_pos or 0, token.column or 1
    for pattern, instead in ((r"[0-9]+(?:,[0-9]+)+", lambda m: m.replace(",", "")), (r"=>|=<", lambda m: m[::-1])):
        for match in re.finditer(pattern, text):
            if match.start() < start < match.end():
                word, proposal = match.group(), instead(match.group())
                column -= start - match.start()
    if token.type == "NAME":
        proposal = nearest(word, [w for w in expected(accepted) if w.islower()])
    return RuleError("unexpected_word", token.line or 1, column, word, {"expected": expected(accepted)}, proposal)
