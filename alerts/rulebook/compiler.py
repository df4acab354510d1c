"""From the checked tree of a rule to one Django expression: all rules of a grain are columns of one scan.

The SQL follows plain three-valued logic and says exactly what `evaluator` says. Its text is fixed here, word for word; whatever a
rule's author wrote travels as a bound parameter. Django's own `~Q` is not used: on a column that may be empty it adds
`IS NOT NULL` and would turn "unknown" into "true".
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import BooleanField, Case, DateField, DecimalField, F, Field, Func, SmallIntegerField, TextField, Value, When
from django.db.models.expressions import Combinable

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
    Limit,
    Literal,
    Negative,
    Not,
    Or,
    RuleTree,
    Type,
)
from alerts.rulebook.rules import Value as RuleValue
from alerts.rulebook.vocabulary import NO_LIMITS, Limits, fields_of, limit_value

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


class Missing(Func):
    """No value, of a type that the database knows: a bare NULL beside a date would be read as a number of days."""

    template = "(NULL::%(function)s)"

    def __init__(self, kind: Type):
        as_stored = {Type.DATE: "date", Type.BOOL: "boolean", Type.TEXT: "text", Type.CHOICE: "text"}
        super().__init__(function=as_stored.get(kind, "numeric"), output_field=TextField())


@dataclass(frozen=True)
class Names:
    """What the names in a rule stand for in one statement."""

    field: Columns
    limits: Limits
    at_home: Truth | None = None

    def limit(self, name: str, kind: Type) -> Combinable:
        """The lender's value of a limit as a parameter."""
        value = limit_value(self.limits, name)
        if value is None:
            return Missing(kind)
        known = Value(Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value)
        if kind == Type.MONEY and self.at_home is not None:
            return Case(When(self.at_home, then=known), output_field=DecimalField())
        return known


class Moved(Func):
    """A date moved by months; a day that the month does not have is its last."""

    template = "((%(expressions)s))::date)"
    arg_joiner = " + make_interval(months => "
    output_field = DateField()


def compile_levels(tree: RuleTree, columns: Columns | None = None, limits: Limits = NO_LIMITS, at_home: Truth | None = None) -> Case:
    """The rule as a smallint: 3 red, 2 orange, 1 yellow, 0 clear, -1 not evaluable. Never NULL.

    columns: gives the expression of a field by its name; without it, the column the field dictionary names, which knows neither
    `borrower.` nor `was`: `scan` does. limits: the lender's values of the business date; a limit without one is unknown. at_home: whether
    the amounts of a row are in the lender's currency, in which limits of money are; where they are not, such a limit is unknown.
    """
    names = Names(columns or _dictionary_columns(tree.grain), limits, at_home)
    levels = [(level, compile_condition(condition, names)) for level, condition in tree.levels.items()]
    whens = [When(condition, then=Value(int(level))) for level, condition in levels]
    # Most rows are clear: they are told from the others first, so that their conditions are worked out once. "or" of all is false
    # exactly when each is; what is left when no level is true is unknown.
    some = Truth(*(condition for _, condition in levels), arg_joiner=" OR ")
    clear = When(Truth(some, template="(NOT %(expressions)s)"), then=Value(int(Level.CLEAR)))
    return Case(clear, *whens, default=Value(int(Level.NOT_EVALUABLE)), output_field=SmallIntegerField())


def _dictionary_columns(grain: str) -> Columns:
    fields = fields_of(grain)
    return lambda name: F(fields[name].column)


def compile_condition(condition: Condition, names: Names) -> Truth:
    """A condition as an expression that is true, false or NULL (unknown)."""
    match condition:
        case FieldRef(name=name):
            return Truth(names.field(name))
        case Not(condition=part):
            return Truth(compile_condition(part, names), template="(NOT %(expressions)s)")
        case And(conditions=parts):
            return Truth(*(compile_condition(part, names) for part in parts), arg_joiner=" AND ")
        case Or(conditions=parts):
            return Truth(*(compile_condition(part, names) for part in parts), arg_joiner=" OR ")
        case Comparison(op=op, left=left, right=right):
            return Truth(_side(left, names), _side(right, names), arg_joiner=_JOINERS[op])
        case Between(value=value, low=low, high=high):
            ends = Truth(_side(low, names), _side(high, names), arg_joiner=" AND ", template="%(expressions)s")
            return Truth(_side(value, names), ends, arg_joiner=" BETWEEN ")
        case In(value=value, items=items):
            listed = Truth(*(_side(item, names) for item in items), arg_joiner=", ")
            return Truth(_side(value, names), listed, arg_joiner=" IN ")
        case Contains(value=value, text=text):
            return Truth(_side(value, names), Value(text), template="(strpos(%(expressions)s) > 0)", arg_joiner=", ")
        case Empty(value=value):
            return Truth(_side(value, names), template="(%(expressions)s IS NULL)")
    raise TypeError(condition)


def _side(value: RuleValue, names: Names) -> Combinable:
    """One side of a comparison. Whole numbers and money stand as they are stored, so that the scan stays cheap."""
    match value:
        case FieldRef(name=name, type=Type.TEXT | Type.CHOICE):
            return Func(names.field(name), Value(""), function="NULLIF", output_field=TextField())
        case FieldRef(name=name, type=Type.RATIO | Type.NUMBER):
            return Numeric(names.field(name))
        case FieldRef(name=name):
            return names.field(name)
        case Limit(name=name):
            return names.limit(name, value.type)
        case Literal(value=literal):
            return Value(literal)
        case Arithmetic(type=Type.DATE, op=op, left=left, right=Literal(value=Decimal() as months, type=Type.MONTHS)):
            return Moved(_side(left, names), Value(int(months) if op == "+" else -int(months)))
        case Arithmetic(type=Type.DATE, op=op, left=left, right=Literal(value=Decimal() as days)):
            return _joined(op, _side(left, names), Value(int(days)), DateField())
        case _:
            return _exact(value, names)


def _exact(value: RuleValue, names: Names) -> Combinable:
    """A number inside a formula: numeric throughout."""
    match value:
        case Negative(operand=part):
            return Number(_exact(part, names), template="(- %(expressions)s)")
        case Arithmetic(op="/", left=left, right=right):
            return Quotient(_exact(left, names), _exact(right, names))
        case Arithmetic(op=op, left=left, right=right) if left.type in NUMERIC:
            return _joined(op, _exact(left, names), _exact(right, names), DecimalField())
        case Arithmetic(op=op, left=left, right=right):
            return Numeric(_joined(op, _side(left, names), _side(right, names), DecimalField()))
        case _:
            return Numeric(_side(value, names))


def _joined(op: str, left: Combinable, right: Combinable, output: Field) -> Func:
    return Func(left, right, arg_joiner=_JOINERS[op], template="(%(expressions)s)", output_field=output)
