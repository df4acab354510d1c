"""A rule as rows of field, comparison and value: the form beside the text, made from the tree where the tree is that simple."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.rulebook.rules import And, Between, Comparison, Condition, Contains, Empty, FieldRef, In, Level, Not, Or, RuleTree
from alerts.rulebook.writing import describe_node

LEVELS = ("red", "orange", "yellow")
# What the comparison says, in the order offered; those without a value end the row.
OPERATORS = (">", ">=", "<", "<=", "=", "!=", "between", "not between", "in", "not in", "contains", "not contains")
WITHOUT_VALUE = ("is empty", "is not empty", "is true", "is not true")


@dataclass(frozen=True)
class Row:
    """One comparison. field, value: in the rule language; value: of `between` "low and high", of `in` the list without brackets."""

    field: str = ""
    operator: str = ">"
    value: str = ""

    @property
    def text(self) -> str:
        """The comparison in the rule language; "" for a row that was left empty."""
        field, value = self.field.strip(), self.value.strip()
        if not field:
            return ""
        match self.operator:
            case "is true":
                return field
            case "is not true":
                return f"not {field}"
            case "in" | "not in":
                return f"{field} {self.operator} ({value})"
            case _ if self.operator in WITHOUT_VALUE:
                return f"{field} {self.operator}"
        return f"{field} {self.operator} {value}"


@dataclass(frozen=True)
class Part:
    """The rows of one level; join: "and" where all of them have to hold, "or" where one is enough."""

    level: str
    join: str = "and"
    rows: tuple[Row, ...] = ()


def parts_of(tree: RuleTree) -> tuple[Part, ...] | None:
    """The rule as rows of each level, worst first, levels it does not use without rows; None where rows cannot say it."""
    found = {}
    for level, condition in tree.levels.items():
        part = _part(level, condition)
        if part is None:
            return None
        found[part.level] = part
    return tuple(found.get(level, Part(level)) for level in LEVELS)


def text_of(parts: Sequence[Part]) -> str:
    """The rule that the rows say, one line per level; "" when all of them are empty."""
    lines = []
    for part in parts:
        if said := [row.text for row in part.rows if row.text]:
            lines.append(f"{part.level} when {f' {part.join} '.join(said)}")
    return "\n".join(lines)


def posted(data: Mapping[str, Sequence[str]]) -> tuple[Part, ...]:
    """The rows as a form sends them: `red-field`, `red-operator`, `red-value` once for each row, `red-join` once."""
    parts = []
    for level in LEVELS:
        columns = [data.get(f"{level}-{name}", []) for name in ("field", "operator", "value")]
        rows = tuple(Row(f, o if o in (*OPERATORS, *WITHOUT_VALUE) else ">", v) for f, o, v in zip(*columns, strict=False))
        join = "or" if list(data.get(f"{level}-join", [])) == ["or"] else "and"
        parts.append(Part(level, join, rows))
    return tuple(parts)


def _part(level: Level, condition: Condition) -> Part | None:
    several = isinstance(condition, And | Or)
    rows = [_row(part) for part in (condition.conditions if isinstance(condition, And | Or) else (condition,))]
    if any(row is None for row in rows):
        return None
    join = "or" if several and isinstance(condition, Or) else "and"
    return Part(level.name.lower(), join, tuple(row for row in rows if row is not None))


def _row(leaf: Condition) -> Row | None:
    match leaf:
        case FieldRef(name=name):
            return Row(name, "is true")
        case Not(condition=FieldRef(name=name)):
            return Row(name, "is not true")
        case Not(condition=In() | Between() | Contains() | Empty() as part):
            row = _row(part)
            return row and Row(row.field, "is not empty" if isinstance(part, Empty) else f"not {row.operator}", row.value)
        case Comparison(op=op, left=left, right=right):
            return Row(describe_node(left), op, describe_node(right))
        case Between(value=value, low=low, high=high):
            return Row(describe_node(value), "between", f"{describe_node(low)} and {describe_node(high)}")
        case In(value=value, items=items):
            return Row(describe_node(value), "in", ", ".join(describe_node(item) for item in items))
        case Contains(value=value, text=text):
            return Row(value.name, "contains", f'"{text}"')
        case Empty(value=value):
            return Row(value.name, "is empty")
    return None
