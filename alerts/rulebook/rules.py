"""The checked tree of a warning rule: its parts and what can be asked of it.

A tree is made by `language.parse`, or by `writing.tree_from_json` from a stored version; it never changes.
Empty values follow three-valued logic: a comparison with an empty value is unknown, and so is a division by zero.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum

QUOTIENT_PLACES = 12  # a quotient is cut, not rounded, after this many decimals, by evaluator and database alike


class Level(IntEnum):
    """What a rule says about one observation."""

    NOT_EVALUABLE = -1
    CLEAR = 0
    YELLOW = 1
    ORANGE = 2
    RED = 3


class Type(StrEnum):
    """What a value is, for the checks: the kinds of fields, with days and counts told apart, and plain literals."""

    MONEY = "money"
    DAYS = "days"
    COUNT = "count"
    NUMBER = "number"
    RATIO = "ratio"
    PLAIN = "plain"  # a bare number in the text: takes the meaning of what it stands beside
    DATE = "date"
    BOOL = "bool"
    TEXT = "text"
    CHOICE = "choice"
    MONTHS = "months"  # only moves a date


NUMERIC = frozenset({Type.MONEY, Type.DAYS, Type.COUNT, Type.NUMBER, Type.RATIO, Type.PLAIN})


@dataclass(frozen=True)
class FieldRef:
    """A field of the observation. A yes-or-no field is a condition by itself.

    name: as the canonical text writes it: `ltv`, `borrower.loans`, `was(ltv, 30 days)`; `source` takes it apart.
    """

    name: str
    type: Type


@dataclass(frozen=True)
class Literal:
    """A value written in the rule; a percentage is kept as a share, days as a whole Decimal."""

    value: Decimal | date | bool | str
    type: Type


@dataclass(frozen=True)
class Limit:
    """A number of the lender's, dated and under four eyes: its parameter `limit.<name>` as it counts on the business date."""

    name: str
    type: Type


@dataclass(frozen=True)
class Negative:
    """The value with its sign turned."""

    operand: "Value"
    type: Type


@dataclass(frozen=True)
class Arithmetic:
    """left op right, op one of + - * /; on dates only date ± days, date ± months and date - date."""

    op: str
    left: "Value"
    right: "Value"
    type: Type


@dataclass(frozen=True)
class Comparison:
    """left op right, op one of = != < <= > >=."""

    op: str
    left: "Value"
    right: "Value"


@dataclass(frozen=True)
class Between:
    """low <= value <= high, both ends included."""

    value: "Value"
    low: "Value"
    high: "Value"


@dataclass(frozen=True)
class In:
    """value is one of the items."""

    value: "Value"
    items: tuple[Literal, ...]


@dataclass(frozen=True)
class Contains:
    """The text of the field holds `text`, letter by letter."""

    value: FieldRef
    text: str


@dataclass(frozen=True)
class Empty:
    """The field has no value; never unknown."""

    value: FieldRef


@dataclass(frozen=True)
class Not:
    condition: "Condition"


@dataclass(frozen=True)
class And:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class Or:
    conditions: tuple["Condition", ...]


Value = FieldRef | Literal | Limit | Negative | Arithmetic
Leaf = FieldRef | Comparison | Between | In | Contains | Empty
Condition = Leaf | Not | And | Or
Node = Value | Condition


@dataclass(frozen=True)
class RuleTree:
    """A whole rule: the condition of each level that it uses, worst level first."""

    grain: str
    levels: Mapping[Level, Condition]


def comparable(left: Type, right: Type) -> bool:
    """Whether values of the two types may be compared: the same type, or a bare number with anything numeric."""
    return left == right or (left in NUMERIC and right in NUMERIC and Type.PLAIN in (left, right))


def result_type(op: str, left: Type, right: Type) -> Type | None:
    """The type of `left op right` for numeric types, or None where it makes no sense."""
    if op in "+-":
        return (right if left == Type.PLAIN else left) if comparable(left, right) else None
    if op == "*":
        weak = (Type.PLAIN, Type.RATIO)
        if left in weak or right in weak:
            return right if left == Type.PLAIN or (left == Type.RATIO and right != Type.PLAIN) else left
        if left == right == Type.MONEY:
            return None
        return Type.MONEY if Type.MONEY in (left, right) else Type.NUMBER
    if left == right:
        return Type.PLAIN if left == Type.PLAIN else Type.RATIO
    if right in (Type.PLAIN, Type.RATIO) or left == Type.MONEY:
        return left
    return Type.NUMBER


def children(node: Node) -> tuple[Node, ...]:
    """The direct parts of a node, left to right."""
    match node:
        case Negative(operand=part):
            return (part,)
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            return (left, right)
        case Between(value=value, low=low, high=high):
            return (value, low, high)
        case In(value=value, items=items):
            return (value, *items)
        case Contains(value=value) | Empty(value=value):
            return (value,)
        case Not(condition=part):
            return (part,)
        case And(conditions=parts) | Or(conditions=parts):
            return parts
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in the order of the text."""
    yield node
    for part in children(node):
        yield from walk(part)


def node_fields(node: Node) -> tuple[str, ...]:
    """Names of the fields below `node`, each once, in the order of the text."""
    return tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, FieldRef)))


def fields_used(tree: RuleTree) -> tuple[str, ...]:
    """Names of all fields the rule reads, each once, the worst level's first."""
    return tuple(dict.fromkeys(name for condition in tree.levels.values() for name in node_fields(condition)))


def limits_used(part: RuleTree | Node) -> tuple[str, ...]:
    """Names of the limits that a rule, or a part of one, compares with; each once, without the `limit.` before it."""
    parts: Iterable[Node] = part.levels.values() if isinstance(part, RuleTree) else (part,)
    return tuple(dict.fromkeys(node.name for top in parts for node in walk(top) if isinstance(node, Limit)))


@dataclass(frozen=True)
class Source:
    """Where a value stands.

    of: "" for the row of the subject itself, "borrower" for the row of the loan's borrower. before: 0 for the close of the business
    date; n for the last close on or before the business date less n days.
    """

    of: str
    field: str
    before: int


_WAS = re.compile(r"was\((.+), ([0-9]+) days\)")


def source(name: str) -> Source:
    """Where the value of a field stands, from the name that `fields_used` gives."""
    earlier = _WAS.fullmatch(name)
    name, before = (earlier[1], int(earlier[2])) if earlier else (name, 0)
    of, _, field = name.rpartition(".")
    return Source(of, field, before)


def looks_back(trees: Iterable[RuleTree]) -> tuple[int, ...]:
    """By how many days the rules look back with `was`, each once, the nearest first."""
    return tuple(sorted({source(name).before for tree in trees for name in fields_used(tree)} - {0}))


def leaves(condition: Condition, wanted: bool = True) -> Iterator[tuple[Leaf, bool]]:
    """Every comparison below `condition`, with whether it has to hold (False below an odd number of `not`)."""
    match condition:
        case Not(condition=part):
            yield from leaves(part, not wanted)
        case And(conditions=parts) | Or(conditions=parts):
            for part in parts:
                yield from leaves(part, wanted)
        case _:
            yield condition, wanted
