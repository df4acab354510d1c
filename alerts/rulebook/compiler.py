"""From the checked tree of a rule to one Django expression: all rules of a grain are columns of one scan.

The SQL follows plain three-valued logic and says exactly what `evaluator` says. Its text is fixed here, word for word; whatever a
rule's author wrote travels as a bound parameter. Django's own `~Q` is not used: on a column that may be empty it adds
`IS NOT NULL` and would turn "unknown" into "true".
"""

from collections.abc import Callable
from decimal import Decimal

from django.db.models import BooleanField, Case, DateField, DecimalField, F, Field, Func, SmallIntegerField, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject

from alerts.observation.dictionary import GRAINS
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
    Level,
    Literal,
    Negative,
    Not,
    Or,
    RuleTree,
    Type,
    fields_used,
)
from alerts.rulebook.rules import Value as RuleValue

Columns = Callable[[str], Combinable]

_JOINERS = {"=": " = ", "!=": " <> ", "<": " < ", "<=": " <= ", ">": " > ", ">=": " >= ", "+": " + ", "-": " - ", "*": " * "}
_FINE = 10**QUOTIENT_PLACES


class Truth(Func):
    """Parts joined by fixed text in brackets, giving true, false or NULL."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


class Number(Func):
    """Parts joined by fixed text in brackets, giving a number."""

    template = "(%(expressions)s)"
    output_field = DecimalField()


class Numeric(Func):
    """The value as numeric: whole-number columns would overflow, and float columns would be compared as floats."""

    template = "(%(expressions)s)::numeric"
    output_field = DecimalField()


class Quotient(Func):
    """left / right, cut after QUOTIENT_PLACES decimals; NULL where right is zero. div() is exact, the / of numeric is not."""

    template = f"(div({_FINE} * %(expressions)s, 0)) * {Decimal(1) / _FINE:f})"
    arg_joiner = ", NULLIF("
    output_field = DecimalField()


def compile_levels(tree: RuleTree, columns: Columns | None = None) -> Case:
    """The rule as a smallint: 3 red, 2 orange, 1 yellow, 0 clear, -1 not evaluable. Never NULL.

    columns: gives the expression of a field by its name; without it, the column the field dictionary names.
    """
    column = columns or _dictionary_columns(tree.grain)
    levels = [(level, compile_condition(condition, column)) for level, condition in tree.levels.items()]
    whens = [When(condition, then=Value(int(level))) for level, condition in levels]
    # Reached only where no level is true: then "or" of all is unknown exactly when one of them is.
    some = Truth(*(condition for _, condition in levels), arg_joiner=" OR ")
    unknown = When(Truth(some, template="(%(expressions)s IS NULL)"), then=Value(int(Level.NOT_EVALUABLE)))
    return Case(*whens, unknown, default=Value(int(Level.CLEAR)), output_field=SmallIntegerField())


def compile_evidence(tree: RuleTree, columns: Columns | None = None) -> JSONObject:
    """The values of all fields the rule reads, as one JSON object by field name; decimals as text, so that no digit is lost."""
    column = columns or _dictionary_columns(tree.grain)
    return JSONObject(**{name: _evidence(tree.grain, name, column(name)) for name in fields_used(tree)})


def _evidence(grain: str, name: str, column: Combinable) -> Combinable:
    exact = GRAINS[grain][name].kind in ("money", "number", "ratio")
    return Func(column, template="(%(expressions)s)::text", output_field=TextField()) if exact else column


def _dictionary_columns(grain: str) -> Columns:
    fields = GRAINS[grain]
    return lambda name: F(fields[name].column)


def compile_condition(condition: Condition, column: Columns) -> Truth:
    """A condition as an expression that is true, false or NULL (unknown)."""
    match condition:
        case FieldRef(name=name):
            return Truth(column(name))
        case Not(condition=part):
            return Truth(compile_condition(part, column), template="(NOT %(expressions)s)")
        case And(conditions=parts):
            return Truth(*(compile_condition(part, column) for part in parts), arg_joiner=" AND ")
        case Or(conditions=parts):
            return Truth(*(compile_condition(part, column) for part in parts), arg_joiner=" OR ")
        case Comparison(op=op, left=left, right=right):
            return Truth(_side(left, column), _side(right, column), arg_joiner=_JOINERS[op])
        case Between(value=value, low=low, high=high):
            ends = Truth(_side(low, column), _side(high, column), arg_joiner=" AND ", template="%(expressions)s")
            return Truth(_side(value, column), ends, arg_joiner=" BETWEEN ")
        case In(value=value, items=items):
            listed = Truth(*(_side(item, column) for item in items), arg_joiner=", ")
            return Truth(_side(value, column), listed, arg_joiner=" IN ")
        case Contains(value=value, text=text):
            return Truth(_side(value, column), Value(text), template="(strpos(%(expressions)s) > 0)", arg_joiner=", ")
        case Empty(value=value):
            return Truth(_side(value, column), template="(%(expressions)s IS NULL)")
    raise TypeError(condition)


def _side(value: RuleValue, column: Columns) -> Combinable:
    """One side of a comparison. Whole numbers and money stand as they are stored, so that the scan stays cheap."""
    match value:
        case FieldRef(name=name, type=Type.TEXT | Type.CHOICE):
            return Func(column(name), Value(""), function="NULLIF", output_field=TextField())
        case FieldRef(name=name, type=Type.RATIO | Type.NUMBER):
            return Numeric(column(name))
        case FieldRef(name=name):
            return column(name)
        case Literal(value=literal):
            return Value(literal)
        case Arithmetic(type=Type.DATE, op=op, left=left, right=Literal(value=Decimal() as days)):
            return _joined(op, _side(left, column), Value(int(days)), DateField())
        case _:
            return _exact(value, column)


def _exact(value: RuleValue, column: Columns) -> Combinable:
    """A number inside a formula: numeric throughout."""
    match value:
        case Negative(operand=part):
            return Number(_exact(part, column), template="(- %(expressions)s)")
        case Arithmetic(op="/", left=left, right=right):
            return Quotient(_exact(left, column), _exact(right, column))
        case Arithmetic(op=op, left=left, right=right) if left.type in NUMERIC:
            return _joined(op, _exact(left, column), _exact(right, column), DecimalField())
        case Arithmetic(op=op, left=left, right=right):
            return Numeric(_joined(op, _side(left, column), _side(right, column), DecimalField()))
        case _:
            return Numeric(_side(value, column))


def _joined(op: str, left: Combinable, right: Combinable, output: Field) -> Func:
    return Func(left, right, arg_joiner=_JOINERS[op], template="(%(expressions)s)", output_field=output)
