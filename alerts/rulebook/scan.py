"""One scan of the observations of a close that says of every subject at which level every rule stands.

The nightly run, preview, trial runs and back-tests read the book through this one statement, so that they cannot disagree. The text
of the statement is put together from the field dictionary; whatever the author of a rule wrote travels as a parameter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateField,
    DecimalField,
    Expression,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable

from alerts.observation.fields import Field, Kind
from alerts.observation.models import BorrowerDay, BranchDay, LoanDay, StaffDay
from alerts.observation.queries import closed_days
from alerts.rulebook.compiler import Missing, Truth, compile_levels
from alerts.rulebook.rules import Level, RuleTree, Source, limits_used, looks_back, source
from alerts.rulebook.vocabulary import NO_LIMITS, Limits, field_named, type_of
from alerts.rulebook.writing import fingerprint
from loanwatch.lenders.models import Lender
from loanwatch.people.models import BranchReach

Closes = Mapping[int, date | None]
NO_CLOSES: Closes = MappingProxyType({})


@dataclass(frozen=True)
class Grain:
    """Where the observations of a grain lie. subject: the column that names whom they are about."""

    model: Any
    table: str
    subject: str


GRAINS: Mapping[str, Grain] = MappingProxyType(
    {
        "loan": Grain(LoanDay, "alerts_loanday", "loan_id"),
        "borrower": Grain(BorrowerDay, "alerts_borrowerday", "borrower_id"),
        "branch": Grain(BranchDay, "alerts_branchday", "branch_id"),
        "staff": Grain(StaffDay, "alerts_staffday", "person_id"),
    }
)


@dataclass(frozen=True, order=True)
class Scope:
    """For which loans a rule counts: product and segment codes, and ids of branches with those below them. Empty means all.

    What a grain's observation does not have does not narrow it: a rule on borrowers knows no product, one on branches no segment.
    """

    products: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    branches: tuple[int, ...] = ()


EVERYTHING = Scope()
# which column of which grain a part of a scope is compared with
_SCOPED = {"products": {"loan": "product_code"}, "segments": {"loan": "segment", "borrower": "segment"},
           "branches": dict.fromkeys(GRAINS, "branch_id")}  # fmt: skip


class Column(Expression):
    """A column of one of the rows that the scan joins. Both names are ours: the alias from here, the column from the dictionary."""

    def __init__(self, alias: str, column: str, output_field: models.Field):
        super().__init__(output_field=output_field)
        self.alias, self.column = alias, column

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return f"{connection.ops.quote_name(self.alias)}.{connection.ops.quote_name(self.column)}", ()


def scan(
    grain: str,
    rows: QuerySet[Any],
    trees: Mapping[int, RuleTree],
    limits: Limits = NO_LIMITS,
    closes: Closes = NO_CLOSES,
    scopes: Mapping[int, Scope] = MappingProxyType({}),
) -> tuple[str, list[Any]]:
    """A SELECT with one row per row of `rows`: the subject's id, then a smallint for each of `trees`, in their order.

    rows: observations of `grain` of one lender and one close, narrowed however one likes. The smallints are those of
    `compiler.compile_levels`. limits: the lender's values of the business date. closes: what `earlier_closes` gives; an offset that is
    absent or None makes the rules that look back by it not evaluable. scopes: by the key of the tree; a row out of scope is clear.
    """
    there = frozenset(days for days, on in closes.items() if on)
    marks = (tuple((key, fingerprint(tree)) for key, tree in trees.items()), tuple(sorted(limits.items())), tuple(sorted(scopes.items())))
    return _compiled(_Order(grain, there, marks, trees, limits, scopes)).select(rows, closes)


def scan_values(grain: str, rows: QuerySet[Any], names: Iterable[str], closes: Closes = NO_CLOSES) -> tuple[str, list[Any]]:
    """A SELECT with one row per row of `rows`: the subject's id, and the values of the fields `names` as one jsonb object by name.

    names: as `rules.fields_used` gives them. Decimals are written as text, so that no digit is lost.
    """
    sources = _Sources(grain, frozenset(days for days, on in closes.items() if on))
    pairs: list[Combinable] = []
    for name in names:
        exact = field_named(grain, name).kind in (Kind.MONEY, Kind.NUMBER, Kind.RATIO)
        column = sources.column(name)
        pairs += [Value(name), Func(column, template="(%(expressions)s)::text") if exact else column]
    # a function takes at most 100 arguments; the parts are put together again
    parts = [Func(*pairs[at : at + 80], function="jsonb_build_object") for at in range(0, max(len(pairs), 1), 80)]
    values = Func(*parts, template="(%(expressions)s)", arg_joiner=" || ")
    return sources.compile([Column("o", "subject", IntegerField()), values]).select(rows, closes)


def earlier_closes(lender: Lender, day: date, trees: Iterable[RuleTree]) -> dict[int, date | None]:
    """For every number of days by which the rules look back: the last close on or before `day` less these days.

    None where the lender had no close by then. Rows of a close that are kept no longer are simply not found.
    """
    days = looks_back(trees)
    known = closed_days(lender)
    return {days: known.filter(business_date__lte=day - timedelta(days=days)).values_list("business_date", flat=True).first() for days in days}


class Scoped(Protocol):
    """What says for which loans it counts: a version of a rule, or the draft of one. All three hold codes."""

    @property
    def products(self) -> Iterable[str]: ...
    @property
    def segments(self) -> Iterable[str]: ...
    @property
    def branches(self) -> Iterable[str]: ...


def scopes(lender: Lender, day: date, versions: Mapping[int, Scoped]) -> dict[int, Scope]:
    """For which loans each version counts on `day`, by its key; those that count for all are left out.

    A branch stands for all below it as the tree stands that day. One that is gone has nothing below it: the version then counts nowhere.
    """
    named = {code for version in versions.values() for code in version.branches}
    below: dict[str, list[int]] = {code: [] for code in named}
    reach = BranchReach.objects.filter(ancestor__lender=lender, ancestor__code__in=named, from_on__lte=day).filter(Q(to_on__isnull=True) | Q(to_on__gt=day))
    for code, branch in reach.values_list("ancestor__code", "descendant_id") if named else ():
        below[code].append(branch)
    return {
        key: Scope(tuple(v.products), tuple(v.segments), tuple(sorted({pk for code in v.branches for pk in below[code] or [0]})))
        for key, v in versions.items()
        if v.products or v.segments or v.branches
    }


def _within(grain: str, scope: Scope, sources: "_Sources") -> Truth | None:
    parts: list[Combinable] = []
    for name, columns in _SCOPED.items():
        wanted: Sequence[Any] = getattr(scope, name)
        if wanted and grain in columns:
            number = name == "branches"
            column = sources.own(columns[grain], IntegerField() if number else CharField())
            template = f"(%(expressions)s::{'bigint' if number else 'text'}[]))"
            parts.append(Truth(column, _Listed(wanted), arg_joiner=" = ANY (", template=template))
    return Truth(*parts, arg_joiner=" AND ") if parts else None


class _Listed(Expression):
    """A list as one parameter."""

    def __init__(self, values: Sequence[Any]):
        super().__init__(output_field=CharField())
        self.values = list(values)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self.values,)


class _Sources:
    """Collects which rows a statement has to read: the subject's own, its borrower's, and those of earlier closes."""

    def __init__(self, grain: str, there: frozenset[int]):
        """there: the numbers of days before which there was a close."""
        self.grain, self.there = grain, there
        # column of the subject's own row -> its name in the statement
        self.read = {"lender_id": "lender_id", "as_of": "as_of", GRAINS[grain].subject: "subject"}
        self.joined: dict[tuple[str, int], str] = {}  # (grain, days before) -> alias

    def column(self, name: str) -> Combinable:
        """The value of a field of the dictionary, by the name that the rules give it."""
        place, field = source(name), field_named(self.grain, name)
        output = _output(field)
        if not place.of and not place.before:
            return self.own(field.column, output)
        if place.before and place.before not in self.there:
            return Missing(type_of(field))
        value = Column(self.join(place), field.column, output)
        if field.kind == Kind.MONEY and place.of:
            # a borrower's amounts are in the lender's currency; beside a loan in another one they would be compared as if equal
            alike = Truth(self.own("currency", CharField()), Column(value.alias, "currency", CharField()), arg_joiner=" = ")
            return Case(When(alike, then=value), output_field=output)
        return value

    def at_home(self) -> Truth | None:
        """Whether a loan is in the currency of its lender; None where amounts are in that currency in any case."""
        if self.grain != "loan":
            return None
        return Truth(self.own("currency", CharField()), template="(%(expressions)s = (SELECT l.currency FROM lenders_lender l WHERE l.id = o.lender_id))")

    def own(self, column: str, output: models.Field) -> Column:
        """A column of the subject's own row."""
        return Column("o", self.read.setdefault(column, f"c{len(self.read)}"), output)

    def join(self, place: Source) -> str:
        """The alias of the row a field is read from, joined once however many fields are."""
        if place.of:
            self.own("borrower_id", IntegerField())
        return self.joined.setdefault((place.of or self.grain, place.before), f"j{len(self.joined)}")

    def compile(self, wanted: Sequence[Combinable]) -> "_Compiled":
        """What is wanted, as text that no row, day or slice changes."""
        query = GRAINS[self.grain].model.objects.all().query
        compiler = query.get_compiler(using=DEFAULT_DB_ALIAS)
        made = [compiler.compile(expression.resolve_expression(query)) for expression in wanted]  # type: ignore[attr-defined]
        columns, values = ", ".join(sql for sql, _ in made), [value for _, found in made for value in found]
        return _Compiled(self.grain, columns, values, dict(self.read), dict(self.joined))


@dataclass(frozen=True)
class _Compiled:
    """A scan without its rows."""

    grain: str
    columns: str
    values: Sequence[Any]
    read: Mapping[str, str]
    joined: Mapping[tuple[str, int], str]

    def select(self, rows: QuerySet[Any], closes: Closes) -> tuple[str, list[Any]]:
        """The statement over these rows."""
        observed, observed_values = rows.order_by().values_list(*self.read).query.sql_with_params()
        joins, join_values = self._joins(closes)
        names = ", ".join(connections[rows.db].ops.quote_name(name) for name in self.read.values())
        return f"SELECT {self.columns} FROM ({observed}) AS o ({names}){joins}", [*self.values, *observed_values, *join_values]

    def _joins(self, closes: Closes) -> tuple[str, list[Any]]:
        joins, values = "", []
        for (grain, before), alias in self.joined.items():
            place = GRAINS[grain]
            subject = f"o.{self.read['borrower_id']}" if grain != self.grain else "o.subject"
            # A day that is run again stands in temporary tables of the same name; what lies before it is read from the book.
            table = f"public.{place.table}" if before else place.table
            joins += f" LEFT JOIN {table} {alias} ON {alias}.lender_id = o.lender_id AND {alias}.{place.subject} = {subject} AND {alias}.as_of = "
            joins += "%s" if before else "o.as_of"
            values += [closes[before]] if before else []
        return joins, values


@dataclass(frozen=True)
class _Order:
    """What a scan is to say. Two with the same marks ask for the same."""

    grain: str
    there: frozenset[int]
    marks: tuple[Any, ...]
    trees: Mapping[int, RuleTree] = field(compare=False)
    limits: Limits = field(compare=False)
    scopes: Mapping[int, Scope] = field(compare=False)


@lru_cache(maxsize=32)  # rules change seldom and slices are many: putting the statement together costs more than reading a small slice
def _compiled(order: _Order) -> _Compiled:
    sources = _Sources(order.grain, order.there)
    levels: list[Combinable] = []
    for key, tree in order.trees.items():
        level: Combinable = compile_levels(tree, sources.column, order.limits, sources.at_home() if limits_used(tree) else None)
        where = _within(order.grain, order.scopes.get(key, EVERYTHING), sources)
        levels.append(level if where is None else Case(When(where, then=level), default=Value(int(Level.CLEAR))))
    return sources.compile([Column("o", "subject", IntegerField()), *levels])


def _output(field: Field) -> models.Field:
    kinds: dict[Kind, type[models.Field]] = {
        Kind.INT: IntegerField, Kind.DATE: DateField, Kind.BOOL: BooleanField, Kind.TEXT: CharField, Kind.CHOICE: CharField,
    }  # fmt: skip
    return kinds.get(field.kind, DecimalField)()
