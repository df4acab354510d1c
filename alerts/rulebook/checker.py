"""Gives every part of a parsed rule its meaning: fields, types, choices. Goes on after an error, so that all are found at once."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from lark import Token, Tree

from alerts.observation.fields import Field, Kind
from alerts.rulebook.errors import nearest
from alerts.rulebook.limits import LIMITS
from alerts.rulebook.notes import Notes, Part, Refuse
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
    Level,
    Limit,
    Literal,
    Negative,
    Not,
    Or,
    RuleTree,
    Type,
    Value,
    comparable,
    looks_back,
    node_fields,
    result_type,
)
from alerts.rulebook.vocabulary import LIMIT, SAME, field_named, fields_of, type_of
from alerts.rulebook.writing import describe_node

_OPERATORS = {"GE": ">=", "LE": "<=", "GT": ">", "LT": "<", "NE": "!=", "EQ": "="}
_SIGNS = {"PLUS": "+", "MINUS": "-", "TIMES": "*", "DIVIDE": "/"}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_UNORDERED = {Type.BOOL, Type.TEXT, Type.CHOICE}
MAX_LOOK_BACK = 1100  # days: three years and a little
MAX_CLOSES = 2  # earlier closes that one rule may look at: each is one more row read for every subject


class Checker(Notes):
    """One walk over the parsed text of one rule. `errors` holds what was found wrong."""

    def __init__(self, text: str, grain: str):
        super().__init__(text)
        self.grain = grain
        self.fields: Mapping[str, Field] = fields_of(grain)

    def rule(self, parsed: Part) -> RuleTree | None:
        """The tree of the whole rule, or None when anything is wrong with it."""
        conditions: dict[Level, Condition] = {}
        seen: set[Level] = set()
        for part in parsed.children:
            word, _, body = part.children
            level = Level[word.upper()]
            if level in seen:
                self.note("level_repeated", word)
            seen.add(level)
            try:
                conditions[level] = self.condition(body)
            except Refuse:
                continue
        if self.errors:
            return None
        tree = RuleTree(self.grain, dict(sorted(conditions.items(), reverse=True)))
        if len(closes := looks_back([tree])) > MAX_CLOSES:
            self.note("too_many_closes", self.third_close(parsed), count=len(closes), limit=MAX_CLOSES)
            return None
        return tree

    def third_close(self, parsed: Part) -> Part:
        """The first `was` that looks at one close more than a rule may."""
        seen: set[int] = set()
        for part in sorted(parsed.find_data("was"), key=lambda part: part.meta.start_pos):
            seen.add(int(Decimal(part.children[4])))
            if len(seen) > MAX_CLOSES:
                return part
        return parsed

    def values(self, *parts: Part, beside: Field | None = None) -> list[Value]:
        """The values of several parts, all of them looked at before the first fault stops the walk."""
        found = []
        for part in parts:
            try:
                found.append(self.value(part, beside))
            except Refuse:
                continue
        if len(found) < len(parts):
            raise Refuse
        return found

    # Conditions

    def condition(self, part: Part) -> Condition:
        """The condition a part stands for."""
        trees = [child for child in part.children if isinstance(child, Tree)]
        match part.data:
            case "bracket":
                return self.condition(trees[0])
            case "disjunction" | "conjunction":
                return self.joined(Or if part.data == "disjunction" else And, trees)
            case "negation":
                return Not(self.condition(trees[0]))
            case "compare":
                return self.comparison(part)
            case "between" | "within" | "contains" | "emptiness":
                # The grammar's name of each of these is the method that reads it.
                ask: Any = getattr(self, part.data)
                negated = any(isinstance(child, Token) and child.type == "NOT" for child in part.children)
                condition: Condition = ask(part, trees)
                return Not(condition) if negated else condition
            case "truth":
                raise self.refuse("no_field", part)
        value = self.value(part)
        if isinstance(value, FieldRef) and value.type == Type.BOOL:
            return value
        proposal = f"{value.name} > 0" if isinstance(value, FieldRef) and value.type in NUMERIC else ""
        raise self.refuse("not_a_condition", part, proposal)

    def joined(self, kind: type[And] | type[Or], parts: list[Part]) -> Condition:
        """Several conditions joined by one word; brackets around the same word are dropped."""
        found: list[Condition] = []
        broken = False
        for part in parts:
            try:
                condition = self.condition(part)
            except Refuse:
                broken = True
                continue
            found.extend(condition.conditions if isinstance(condition, And | Or) and isinstance(condition, kind) else (condition,))
        if broken:
            raise Refuse
        return kind(tuple(found))

    def comparison(self, part: Part) -> Comparison:
        """left op right; the side that names a field is put on the left."""
        left_part, sign, right_part = part.children
        left, right = self.two_sides(left_part, right_part)
        op = _OPERATORS[sign.type]
        self.same_kind(part, (left_part, left), (right_part, right))
        if left.type in _UNORDERED and op not in ("=", "!="):
            raise self.refuse("no_order", left_part)
        if not node_fields(left):
            left, right, op = right, left, _MIRRORED[op]
        return Comparison(op, left, right)

    def two_sides(self, left: Part, right: Part) -> tuple[Value, Value]:
        """The values of both sides; a bare word is a choice of the field on the other side."""
        sides = []
        for part, other in ((left, right), (right, left)):
            try:
                sides.append(self.value(part, self.named_field(other)))
            except Refuse:
                continue
        if len(sides) < 2:
            raise Refuse
        return sides[0], sides[1]

    def same_kind(self, whole: Part, *sides: tuple[Part, Value]) -> None:
        """Refuses a comparison of things that cannot be compared, or one that names no field at all."""
        (left_part, left), *others = sides
        for right_part, right in others:
            if not self.may_compare(left, right):
                raise self.mismatch((left_part, left), (right_part, right))
        if not any(node_fields(value) for _, value in sides):
            raise self.refuse("no_field", whole)

    def may_compare(self, left: Value, right: Value) -> bool:
        """Whether two values are of one kind; two choice fields must have the same values."""
        if isinstance(left, FieldRef) and isinstance(right, FieldRef) and left.type == right.type == Type.CHOICE:
            return field_named(self.grain, left.name).choices == field_named(self.grain, right.name).choices
        return comparable(left.type, right.type)

    def mismatch(self, left: tuple[Part, Value], right: tuple[Part, Value]) -> Refuse:
        """Why two values cannot be compared."""
        for (part, _), (_, other) in ((left, right), (right, left)):
            if part.data == "percent" and other.type in NUMERIC:
                return self.refuse("percent_of_what", part, field=describe_node(other))
        (left_part, one), (right_part, two) = left, right
        return self.refuse(
            "wrong_type",
            right_part,
            left=self.source(left_part),
            left_type=one.type.value,
            right=self.source(right_part),
            right_type=two.type.value,
        )

    def between(self, part: Part, trees: list[Part]) -> Between:
        """value between low and high, ends included."""
        value, low, high = self.values(*trees)
        self.same_kind(part, *zip(trees, (value, low, high), strict=True))
        if value.type in _UNORDERED:
            raise self.refuse("no_order", trees[0])
        return Between(value, low, high)

    def within(self, part: Part, trees: list[Part]) -> In:
        """value in a list of plain values."""
        (value,) = self.values(trees[0])
        items = self.values(*trees[1:], beside=self.named_field(trees[0]))
        literals = tuple(item for item in items if isinstance(item, Literal))
        for tree, item in zip(trees[1:], items, strict=True):
            if not isinstance(item, Literal):
                raise self.refuse("literal_needed", tree)
        self.same_kind(part, *zip(trees, (value, *items), strict=True))
        return In(value, literals)

    def contains(self, part: Part, trees: list[Part]) -> Contains:
        """A text field that holds a piece of text."""
        field = self.field_of(trees[0])
        text = self.string(part.children[-1])
        if field.type != Type.TEXT:
            raise self.refuse("not_text", trees[0], field=field.name)
        return Contains(field, text)

    def emptiness(self, part: Part, trees: list[Part]) -> Empty:
        """A field without a value."""
        return Empty(self.field_of(trees[0]))

    # Values

    def value(self, part: Part, beside: Field | None = None) -> Value:
        """The value a part stands for. beside: the field it is compared with, whose choices may be named."""
        match part.data:
            case "bracket":
                return self.value(part.children[1], beside)
            case "name":
                return self.name(part, beside)
            case "was":
                return self.was(part)
            case "number" | "percent" | "days" | "months":
                return self.number(part)
            case "date":
                return self.date(part)
            case "string":
                return self.quoted(part, beside)
            case "truth":
                return Literal(part.children[0].lower() == "true", Type.BOOL)
            case "negative":
                return self.negative(part)
            case "arithmetic":
                return self.arithmetic(part)
        raise self.refuse("not_a_value", part)

    def named_field(self, part: Part) -> Field | None:
        """The field a part names by itself, if it does."""
        if part.data not in ("name", "was"):
            return None
        word = str(next(token for token in part.children if token.type == "NAME")).lower()
        return self.fields.get(SAME.get(word, word))

    def field_of(self, part: Part) -> FieldRef:
        """The field a part names; anything else is refused."""
        value = self.value(part) if part.data in ("name", "was") else None
        if not isinstance(value, FieldRef):
            raise self.refuse("field_needed", part)
        return value

    def name(self, part: Part, beside: Field | None) -> Value:
        """A field, a limit of the lender, or a choice of the field it is compared with."""
        word = str(part.children[0]).lower()
        word = SAME.get(word, word)
        if word.startswith(LIMIT):
            return self.limit(part, word.removeprefix(LIMIT))
        if word in self.fields:
            return FieldRef(word, type_of(self.fields[word]))
        if beside and beside.kind == Kind.CHOICE:
            return self.choice(part, word, beside)
        if beside and beside.kind == Kind.TEXT:
            raise self.refuse("text_needs_quotes", part, f'"{self.source(part)}"')
        for field in self.fields.values():
            if word in field.choices:
                raise self.refuse("choice_without_field", part, field=field.name)
        raise self.refuse("unknown_field", part, nearest(word, self.fields))

    def limit(self, part: Part, name: str) -> Limit:
        """A limit of the lender by its name."""
        if name in LIMITS:
            return Limit(name, LIMITS[name].type)
        near = nearest(name, LIMITS)
        raise self.refuse("unknown_limit", part, near and LIMIT + near, known=tuple(LIMIT + known for known in LIMITS))

    def was(self, part: Part) -> FieldRef:
        """A field at the last close on or before the business date less a number of days."""
        name, number = part.children[2], part.children[4]
        word = SAME.get(name.lower(), name.lower())
        field = self.fields.get(word)
        if field is None:
            raise self.refuse("unknown_field", name, nearest(word, self.fields))
        if "__" in field.column:
            raise self.refuse("no_history", name, field=field.name)
        if "." in number or len(number) > 4 or not 1 <= int(number) <= MAX_LOOK_BACK:
            raise self.refuse("look_back", number, limit=MAX_LOOK_BACK)
        return FieldRef(f"was({word}, {int(number)} days)", type_of(field))

    def choice(self, part: Part, word: str, field: Field) -> Literal:
        """One of the values of a choice field."""
        if word in field.choices:
            return Literal(word, Type.CHOICE)
        raise self.refuse("unknown_choice", part, nearest(word, field.choices), field=field.name, values=field.choices)

    def quoted(self, part: Part, beside: Field | None) -> Literal:
        """A text, or a choice written in quotation marks."""
        text = self.string(part.children[0])
        return self.choice(part, text, beside) if beside and beside.kind == Kind.CHOICE else Literal(text, Type.TEXT)

    def string(self, token: Token) -> str:
        """What stands between the quotation marks."""
        text = str(token)[1:-1]
        if not text:
            raise self.refuse("empty_text", token)
        return text

    def number(self, part: Part) -> Literal:
        """A number, a percentage (kept as a share) or a whole number of days."""
        digits = str(part.children[0]).rstrip("% \t")
        whole, _, decimals = digits.partition(".")
        if len(whole) > 15 or len(decimals) > 6:
            raise self.refuse("number_too_long", part)
        value = Decimal(digits)
        if part.data == "percent":
            return Literal(value / 100, Type.RATIO)
        if part.data == "number":
            return Literal(value, Type.PLAIN)
        if part.data == "months":
            if decimals or value > 999:
                raise self.refuse("whole_months", part)
            return Literal(value, Type.MONTHS)
        if decimals or value > 9999:
            raise self.refuse("whole_days", part)
        return Literal(value, Type.DAYS)

    def date(self, part: Part) -> Literal:
        """A calendar date in ISO form."""
        text = str(part.children[0])
        try:
            day = date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 2199:
            raise self.refuse("not_a_date", part)
        return Literal(day, Type.DATE)

    def negative(self, part: Part) -> Value:
        """A value with a minus sign; the sign of a written number becomes part of it."""
        (value,) = self.values(part.children[1])
        if value.type not in NUMERIC:
            raise self.refuse("no_sign", part.children[1])
        if isinstance(value, Literal) and isinstance(value.value, Decimal):
            return Literal(-value.value if value.value else value.value, value.type)
        return Negative(value, value.type)

    def arithmetic(self, part: Part) -> Arithmetic:
        """Two values joined by + - * /."""
        left_part, sign, right_part = part.children
        left, right = self.values(left_part, right_part)
        op = _SIGNS[sign.type]
        if Type.DATE in (left.type, right.type):
            return self.date_arithmetic(part, op, left, right)
        kind = result_type(op, left.type, right.type) if left.type in NUMERIC and right.type in NUMERIC else None
        if kind is None:
            raise self.refuse(
                "wrong_arithmetic",
                part,
                left=self.source(left_part),
                left_type=left.type.value,
                right=self.source(right_part),
                right_type=right.type.value,
                operator=op,
            )
        if op == "/" and isinstance(right, Literal) and right.value == 0:
            raise self.refuse("division_by_zero", right_part)
        return Arithmetic(op, left, right, kind)

    def date_arithmetic(self, part: Part, op: str, left: Value, right: Value) -> Arithmetic:
        """A date moved by days or months, or the days between two dates."""
        if op == "-" and left.type == right.type == Type.DATE:
            return Arithmetic(op, left, right, Type.DAYS)
        if op in "+-" and isinstance(left, FieldRef | Literal) and isinstance(right, Literal) and right.type in (Type.DAYS, Type.MONTHS):
            return Arithmetic(op, left, right, Type.DATE)
        proposal = ""
        if op in "+-" and isinstance(right, Literal) and right.type == Type.PLAIN:
            proposal = f"{describe_node(left)} {op} {describe_node(right)} days"
        raise self.refuse("date_arithmetic", part, proposal)
