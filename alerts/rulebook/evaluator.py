"""Says what a rule says about one observation, and why: the explanation of an alert, and the measure of the compiled form.

Arithmetic is exact (fractions); only a quotient is cut, after `rules.QUOTIENT_PLACES` decimals.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from math import trunc
from typing import Any

from alerts.rulebook.rules import (
    NUMERIC,
    QUOTIENT_PLACES,
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
    Not,
    Or,
    RuleTree,
    Type,
    Value,
    limits_used,
    node_fields,
    walk,
)
from alerts.rulebook.vocabulary import LIMIT, NO_LIMITS, Limits, limit_value
from alerts.rulebook.writing import plain, threshold

Observation = Mapping[str, object]
Known = Any  # Fraction, date, bool or str: the checker has seen to it that only like meets like

_FINE = 10**QUOTIENT_PLACES
_ROOMY = Context(prec=2000)


@dataclass(frozen=True)
class Reason:
    """One comparison that made a level hold. value: what was found on the left; threshold: what stood on the right that day."""

    level: Level
    field: str
    value: Decimal | date | bool | str | None
    operator: str
    threshold: object
    text: str

    def as_json(self) -> dict:
        """The same as JSON values: level as its word, decimals and dates as text."""
        return {
            "level": self.level.name.lower(),
            "field": self.field,
            "value": plain(self.value),
            "operator": self.operator,
            "threshold": plain(self.threshold),
            "text": self.text,
        }


@dataclass(frozen=True)
class Result:
    """What a rule says about one observation.

    missing: fields without which the rule, or a level above the one reached, could not be judged (a zero divisor counts).
    reasons: the comparisons that made the level hold; empty when nothing fired.
    """

    level: Level
    missing: tuple[str, ...]
    reasons: tuple[Reason, ...]


def evaluate(tree: RuleTree, observation: Observation, limits: Limits = NO_LIMITS) -> Result:
    """The highest level whose condition is true; NOT_EVALUABLE when none is true and one is unknown; else CLEAR.

    observation: value by the names of `fields_used`; None, or an empty text, where a value is missing. Raises KeyError when a field
    is absent. limits: the lender's values by name; one that is absent is missing, and stands in `missing` as `limit.<name>`.
    """
    observation = {**dict(observation), **{LIMIT + name: limit_value(limits, name) for name in limits_used(tree)}}
    missing: dict[str, None] = {}
    unknown = False
    for level, condition in tree.levels.items():
        truth = holds(condition, observation)
        if truth:
            return Result(level, tuple(missing), tuple(_reasons(level, condition, observation, wanted=True)))
        if truth is None:
            unknown = True
            missing.update(dict.fromkeys(_gaps(condition, observation)))
    return Result(Level.NOT_EVALUABLE if unknown else Level.CLEAR, tuple(missing), ())


def holds(condition: Condition, observation: Observation) -> bool | None:
    """Whether a condition is true; None when that is unknown."""
    match condition:
        case Not(condition=part):
            truth = holds(part, observation)
            return None if truth is None else not truth
        case And(conditions=parts):
            return _all([holds(part, observation) for part in parts])
        case Or(conditions=parts):
            return _any([holds(part, observation) for part in parts])
        case FieldRef():
            found = value_of(condition, observation)
            return None if found is None else bool(found)
        case Empty(value=value):
            return value_of(value, observation) is None
        case Comparison(op=op, left=left, right=right):
            return _compare(op, value_of(left, observation), value_of(right, observation))
        case Between(value=value, low=low, high=high):
            found = value_of(value, observation)
            return _all([_compare(">=", found, value_of(low, observation)), _compare("<=", found, value_of(high, observation))])
        case In(value=value, items=items):
            found = value_of(value, observation)
            return _any([_compare("=", found, value_of(item, observation)) for item in items])
        case Contains(value=value, text=text):
            found = value_of(value, observation)
            return None if found is None else text in str(found)
    raise TypeError(condition)


def value_of(value: Value, observation: Observation) -> Known | None:
    """The value of one part of a rule; None when it is missing or has no result."""
    match value:
        case FieldRef(name=name, type=kind):
            return _known(observation[name], kind)
        case Limit(name=name, type=kind):
            return _known(observation[LIMIT + name], kind)
        case Literal(value=literal, type=kind):
            return _known(literal, kind)
        case Negative(operand=part):
            found = value_of(part, observation)
            return None if found is None else -found
        case Arithmetic(op=op, left=left, right=right):
            one, two = value_of(left, observation), value_of(right, observation)
            if one is None or two is None:
                return None
            return _moved(op, one, int(two)) if right.type == Type.MONTHS else _calculate(op, one, two)
    raise TypeError(value)


def _moved(op: str, day: date, months: int) -> date:
    """The date moved by months; a day that the month does not have is its last, as the database says."""
    year, month = divmod(day.year * 12 + day.month - 1 + (months if op == "+" else -months), 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _known(found: object, kind: Type) -> Known | None:
    if found is None or found == "":
        return None
    if kind not in NUMERIC:
        return found
    # The database turns a float into a decimal of 15 digits; so does this.
    return Fraction(f"{found:.15g}") if isinstance(found, float) else Fraction(str(found))


def _calculate(op: str, one: Known, two: Known) -> Known | None:
    if isinstance(one, date):
        if isinstance(two, date):
            return Fraction((one - two).days)
        return one + timedelta(days=int(two) if op == "+" else -int(two))
    match op:
        case "+":
            return one + two
        case "-":
            return one - two
        case "*":
            return one * two
        case _:
            return Fraction(trunc(one * _FINE / two), _FINE) if two else None


def _compare(op: str, one: Known | None, two: Known | None) -> bool | None:
    if one is None or two is None:
        return None
    match op:
        case "=":
            return one == two
        case "!=":
            return one != two
        case "<":
            return one < two
        case "<=":
            return one <= two
        case ">":
            return one > two
        case _:
            return one >= two


def _all(truths: list[bool | None]) -> bool | None:
    return False if False in truths else None if None in truths else True


def _any(truths: list[bool | None]) -> bool | None:
    return True if True in truths else None if None in truths else False


def _gaps(condition: Condition, observation: Observation) -> Iterator[str]:
    """Fields that keep a condition unknown."""
    match condition:
        case Not(condition=part):
            yield from _gaps(part, observation)
        case And(conditions=parts) | Or(conditions=parts):
            for part in parts:
                if holds(part, observation) is None:
                    yield from _gaps(part, observation)
        case _:
            names = (*node_fields(condition), *(LIMIT + name for name in limits_used(condition)))
            empty = [name for name in names if observation[name] in (None, "")]
            yield from empty or _divisors(condition, observation) or names


def _divisors(leaf: Leaf, observation: Observation) -> list[str]:
    zero = [
        part.right
        for part in walk(leaf)
        if isinstance(part, Arithmetic) and part.op == "/" and value_of(part.right, observation) in (0, None)
    ]
    return [name for part in zero for name in node_fields(part)]


def _reasons(level: Level, condition: Condition, observation: Observation, wanted: bool) -> Iterator[Reason]:
    """The comparisons that make the condition true (or false, when that is wanted)."""
    match condition:
        case Not(condition=part):
            yield from _reasons(level, part, observation, not wanted)
        case And(conditions=parts) | Or(conditions=parts):
            for part in parts:
                if holds(part, observation) is wanted:
                    yield from _reasons(level, part, observation, wanted)
        case _:
            yield _reason(level, condition, observation, wanted)


def _reason(level: Level, leaf: Leaf, observation: Observation, wanted: bool) -> Reason:
    read = {name: observation[LIMIT + name] for name in limits_used(leaf)}
    said = threshold(leaf, wanted, read)  # type: ignore[arg-type]
    left: Value = leaf if isinstance(leaf, FieldRef) else leaf.left if isinstance(leaf, Comparison) else leaf.value
    match leaf:
        case Comparison(right=right):
            bound: object = _shown(value_of(right, observation))
        case Between(low=low, high=high):
            bound = (_shown(value_of(low, observation)), _shown(value_of(high, observation)))
        case _:
            bound = said.literal
    return Reason(level, said.field, _shown(value_of(left, observation)), said.operator, bound, said.text)


def _shown(found: Known | None) -> Decimal | date | bool | str | None:
    if isinstance(found, Fraction):
        return _ROOMY.divide(Decimal(found.numerator), Decimal(found.denominator))
    return found
