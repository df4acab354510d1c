"""The names a rule on one grain may use: the fields of its own observation, and those of the borrower in a rule on loans."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from alerts.observation.dictionary import GRAINS
from alerts.observation.fields import DAYS, Field, Kind
from alerts.rulebook.limits import LimitValue
from alerts.rulebook.rules import RuleTree, Type, fields_used, source

Limits = Mapping[str, LimitValue]
NO_LIMITS: Limits = MappingProxyType({})
BORROWER = "borrower."
LIMIT = "limit."
CONDUCT = ("PRC-", "MSK-06")  # indicators that speak of the bank's own people
SAME = {"business_date": "as_of"}  # second names

_KIND_TYPES = {
    Kind.MONEY: Type.MONEY,
    Kind.INT: Type.COUNT,
    Kind.NUMBER: Type.NUMBER,
    Kind.RATIO: Type.RATIO,
    Kind.DATE: Type.DATE,
    Kind.BOOL: Type.BOOL,
    Kind.TEXT: Type.TEXT,
    Kind.CHOICE: Type.CHOICE,
}


def type_of(field: Field) -> Type:
    """How the rule language treats a field: a whole number of days is days, any other a count."""
    return Type.DAYS if field.kind == Kind.INT and field.unit == DAYS else _KIND_TYPES[field.kind]


@cache
def fields_of(grain: str) -> Mapping[str, Field]:
    """Every field that a rule on `grain` may name, by that name: its own first. KeyError for a grain that is none."""
    fields = dict(GRAINS[grain])
    if grain == "loan":
        # the business date is one and the same, so it is not offered a second time
        fields |= {BORROWER + f.name: replace(f, name=BORROWER + f.name, column=f.column) for f in GRAINS["borrower"].values() if f.name != "as_of"}
    return MappingProxyType(fields)


def field_named(grain: str, name: str) -> Field:
    """The field behind a name that `rules.fields_used` gives, `was(…)` included. KeyError when there is none."""
    place = source(name)
    return fields_of(grain)[f"{place.of}.{place.field}" if place.of else place.field]


def about_conduct(tree: RuleTree, *, marked: bool) -> bool:
    """Whether what a rule says may be about a colleague: it is marked so, looks at staff, or reads a field of an indicator of conduct."""
    return marked or tree.grain == "staff" or any(field_named(tree.grain, name).indicator.startswith(CONDUCT) for name in fields_used(tree))


def limit_value(limits: Limits, name: str) -> LimitValue | None:
    """The value that a rule compares with; None where there is none, or one larger than any number a rule may hold."""
    value = limits.get(name)
    too_large = isinstance(value, int | Decimal) and abs(Decimal(value)) >= 10**18
    return None if too_large else value
