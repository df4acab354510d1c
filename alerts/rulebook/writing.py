"""The written forms of a rule's tree: canonical text, thresholds for the evidence, JSON for storage, fingerprint."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from alerts.rulebook.limits import LimitValue
from alerts.rulebook.rules import (
    NUMERIC,
    And,
    Arithmetic,
    Between,
    Comparison,
    Condition,
    Contains,
    Empty,
    FieldRef,
    In,
    Leaf,
    Level,
    Limit,
    Literal,
    Negative,
    Node,
    Not,
    Or,
    RuleTree,
    Type,
    Value,
    leaves,
    limits_used,
    node_fields,
)


@dataclass(frozen=True)
class Threshold:
    """One comparison of a level: what is compared, how, and with what.

    field: first field on the left. literal: the value on the right where it is written out (a tuple for in and between),
    None where it is another field, a formula or a limit that has no value; threshold: the right side as text in any case.
    limits: the limits of the lender that it compares with, by name, with their values; None where one has no value.
    """

    field: str
    operator: str
    literal: Decimal | date | bool | int | str | tuple | None
    threshold: str
    text: str
    limits: Mapping[str, LimitValue | None] = made_by(default_factory=dict)

    def as_json(self) -> dict:
        """The same as JSON values: decimals and dates as text; `limits` only where there are some."""
        written = {
            "field": self.field,
            "operator": self.operator,
            "literal": plain(self.literal),
            "threshold": self.threshold,
            "text": self.text,
        }
        return written | ({"limits": {name: plain(value) for name, value in self.limits.items()}} if self.limits else {})


def plain(value: object) -> object:
    """`value` as JSON can hold it: decimals without trailing zeros and dates in ISO form, both as text."""
    match value:
        case Decimal():
            return number_text(value)
        case date():
            return value.isoformat()
        case tuple() | list():
            return [plain(item) for item in value]
        case _:
            return value


def number_text(value: Decimal) -> str:
    """The shortest plain writing of a decimal, never with an exponent; minus zero is 0."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def thresholds(tree: RuleTree, level: Level, limits: Mapping[str, LimitValue] = MappingProxyType({})) -> tuple[Threshold, ...]:
    """The comparisons of one level in the order of the text; empty where the rule does not use the level.

    limits: the lender's values by name, as they count on the business date.
    """
    condition = tree.levels.get(level)
    return tuple(threshold(leaf, holds, limits) for leaf, holds in leaves(condition)) if condition is not None else ()


_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def threshold(leaf: Leaf, wanted: bool = True, limits: Mapping[str, LimitValue] = MappingProxyType({})) -> Threshold:
    """One comparison as a threshold; with `wanted` False, the opposite one that lets it not hold."""
    read = {name: limits.get(name) for name in limits_used(leaf)}
    return replace(_threshold(leaf, wanted, read), limits=read)


def _threshold(leaf: Leaf, wanted: bool, limits: Mapping[str, LimitValue | None]) -> Threshold:
    # What is asked about stands on the left by habit; 35 < days_past_due still asks about the field.
    name = node_fields(leaf)[0]
    text = describe_node(leaf if wanted else Not(leaf))
    literal: Decimal | date | bool | int | str | tuple | None
    match leaf:
        case FieldRef():
            return Threshold(name, "=", wanted, "true" if wanted else "false", text)
        case Comparison(op=op, right=right):
            op = op if wanted else _OPPOSITE[op]
            literal = right.value if isinstance(right, Literal) else limits[right.name] if isinstance(right, Limit) else None
            return Threshold(name, op, literal, describe_node(right), f"{describe_node(leaf.left)} {op} {describe_node(right)}")
        case Between(low=low, high=high):
            literal = (low.value, high.value) if isinstance(low, Literal) and isinstance(high, Literal) else None
            return Threshold(
                name, "between" if wanted else "not between", literal, f"{describe_node(low)} and {describe_node(high)}", text
            )
        case In(items=items):
            listed = ", ".join(describe_node(item) for item in items)
            return Threshold(name, "in" if wanted else "not in", tuple(item.value for item in items), f"({listed})", text)
        case Contains(text=part):
            return Threshold(name, "contains" if wanted else "not contains", part, f'"{part}"', text)
        case Empty():
            return Threshold(name, "is empty" if wanted else "is not empty", None, "", text)


# How tightly a node binds, for the brackets of the canonical text.
_OR, _AND, _NOT, _LEAF, _SUM, _PRODUCT, _SIGN, _ATOM = range(8)


def describe(tree: RuleTree) -> str:
    """The canonical text of a rule, one line per level, worst first; parsing it gives the same tree."""
    return "\n".join(f"{level.name.lower()} when {describe_node(condition)}" for level, condition in tree.levels.items())


def describe_node(node: Node) -> str:
    """The canonical text of one part of a rule."""
    return _text(node)[0]


def _in_brackets(node: Node, least: int) -> str:
    text, binding = _text(node)
    return text if binding >= least else f"({text})"


def _text(node: Node) -> tuple[str, int]:
    return _value_text(node) if isinstance(node, FieldRef | Limit | Literal | Negative | Arithmetic) else _condition_text(node)


def _value_text(node: Value) -> tuple[str, int]:
    match node:
        case FieldRef(name=name):
            return name, _ATOM
        case Limit(name=name):
            return f"limit.{name}", _ATOM
        case Literal():
            return _literal_text(node)
        case Negative(operand=part):
            return f"-{_in_brackets(part, _ATOM)}", _SIGN
        case Arithmetic(op="+" | "-" as op, left=left, right=right):
            return f"{_in_brackets(left, _SUM)} {op} {_in_brackets(right, _PRODUCT)}", _SUM
        case Arithmetic(op=op, left=left, right=right):
            return f"{_in_brackets(left, _PRODUCT)} {op} {_in_brackets(right, _SIGN)}", _PRODUCT
    raise TypeError(node)


def _condition_text(node: Condition) -> tuple[str, int]:
    match node:
        case Not(condition=part):
            return _not_text(part)
        case And(conditions=parts):
            return " and ".join(_in_brackets(part, _NOT) for part in parts), _AND
        case Or(conditions=parts):
            return " or ".join(_in_brackets(part, _AND) for part in parts), _OR
        case Comparison(op=op, left=left, right=right):
            return f"{_in_brackets(left, _SUM)} {op} {_in_brackets(right, _SUM)}", _LEAF
        case Between(value=value, low=low, high=high):
            return f"{_in_brackets(value, _SUM)} between {_in_brackets(low, _SUM)} and {_in_brackets(high, _SUM)}", _LEAF
        case In(value=value, items=items):
            return f"{_in_brackets(value, _SUM)} in ({', '.join(describe_node(item) for item in items)})", _LEAF
        case Contains(value=value, text=text):
            return f'{value.name} contains "{text}"', _LEAF
        case Empty(value=value):
            return f"{value.name} is empty", _LEAF
    raise TypeError(node)


def _not_text(part: Condition) -> tuple[str, int]:
    match part:
        case Empty(value=value):
            return f"{value.name} is not empty", _LEAF
        case In() | Between() | Contains():
            word = {In: " in ", Between: " between ", Contains: " contains "}[type(part)]
            return describe_node(part).replace(word, f" not{word}", 1), _LEAF
        case _:
            return f"not {_in_brackets(part, _ATOM if isinstance(part, Comparison) else _NOT)}", _NOT


def _literal_text(node: Literal) -> tuple[str, int]:
    match node:
        case Literal(value=bool() as value):
            return ("true" if value else "false"), _ATOM
        case Literal(value=date() as value):
            return value.isoformat(), _ATOM
        case Literal(value=Decimal() as value, type=kind):
            unit = {Type.RATIO: "%", Type.DAYS: " days", Type.MONTHS: " months"}.get(kind, "")
            return number_text(value * 100 if kind == Type.RATIO else value) + unit, _SIGN if value < 0 else _ATOM
        case Literal(value=value, type=Type.CHOICE):
            return str(value), _ATOM
        case _:
            return f'"{node.value}"', _ATOM


def tree_to_json(tree: RuleTree) -> dict:
    """The tree as JSON values, the same for the same tree for ever; decimals and dates as text."""
    levels = [{"level": level.name.lower(), "when": _node_json(condition)} for level, condition in tree.levels.items()]
    return {"format": 1, "grain": tree.grain, "levels": levels}


def tree_from_json(stored: Mapping) -> RuleTree:
    """The tree that `tree_to_json` wrote. Raises ValueError for another format, KeyError or TypeError for a damaged one."""
    if stored["format"] != 1:
        raise ValueError(f"Unknown format of a stored rule: {stored['format']}.")
    levels: dict[Level, Any] = {Level[item["level"].upper()]: _node_from(item["when"]) for item in stored["levels"]}
    return RuleTree(stored["grain"], levels)


def fingerprint(tree: RuleTree) -> str:
    """SHA-256 of the tree in hexadecimal: equal for equal rules, however they are spaced or commented."""
    text = json.dumps(tree_to_json(tree), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_NODES = {cls.__name__.lower(): cls for cls in (FieldRef, Limit, Negative, Arithmetic, Comparison, Between, In, Contains, Empty, Not, And, Or)}


def _node_json(node: Node) -> dict:
    if isinstance(node, Literal):
        return {"is": "literal", "type": node.type.value, "value": plain(node.value)}
    written: dict = {"is": type(node).__name__.lower()}
    for name, value in vars(node).items():
        if isinstance(value, tuple):
            written[name] = [_node_json(part) for part in value]
        else:
            written[name] = str(value) if isinstance(value, str) else _node_json(value)
    return written


def _node_from(stored: Mapping) -> Node:
    values = dict(stored)
    kind = values.pop("is")
    if "type" in values:
        values["type"] = Type(values["type"])
    if kind == "literal":
        return Literal(_literal_from(values["value"], values["type"]), values["type"])
    for name, value in values.items():
        if isinstance(value, Mapping):
            values[name] = _node_from(value)
        elif isinstance(value, list):
            values[name] = tuple(_node_from(part) for part in value)
    return _NODES[kind](**values)


def _literal_from(value: object, kind: Type) -> Decimal | date | bool | str:
    if kind == Type.DATE:
        return date.fromisoformat(str(value))
    if kind in NUMERIC or kind == Type.MONTHS:
        return Decimal(str(value))
    return value  # type: ignore[return-value]
