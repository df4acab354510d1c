"""How a fact's field is made from the cells of a row, as a format declares it. Pure."""

import hashlib
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from borrowers.feeds.rules import NO, YES, Fault
from loanwatch.kernel.calendars import add_months, month_end

Row = Mapping[str, Any]
BUSINESS_DATE = "(business date)"  # of the delivery, beside the columns of a row
KEYS = {
    "column", "const", "text", "default", "map", "otherwise", "bands", "times", "divide", "divide_by", "decimals", "plus_months",
    "month_end", "flag", "only_if", "remainder", "written", "quarter", "digest", "minus",
    "until", "less_monthly", "negative_if",
}  # fmt: skip


class BadSpec(ValueError):
    """A format file says something that can't be done; the message says what and where."""


@dataclass(frozen=True)
class Value:
    """One field: a column, a constant or a text with columns in it, then what is done to it, in the order of `of`."""

    column: str = ""
    const: Any = None
    text: str = ""
    default: Any = None
    map: Mapping[str, Any] | None = None
    otherwise: Any = None
    bands: tuple[tuple[Decimal, Any], ...] = ()
    times: Decimal | None = None
    divide: Decimal | None = None
    divide_by: str = ""
    decimals: int | None = None
    plus_months: tuple[str | int, ...] = ()
    month_end: bool = False
    flag: bool = False
    remainder: int = 0
    digest: int = 0
    written: str = ""
    quarter: str | int = ""  # a column, or the same quarter for every row
    minus: str = ""
    until: str = ""  # text before the first of these
    less_monthly: tuple[str, str, str] | tuple[()] = ()  # an amount, from which day on, how many times at most
    negative_if: tuple[tuple[str, tuple[str, ...]], ...] = ()
    only_if: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def of(self, row: Row) -> Any:
        """The field's value in this row; None when the column is blank and there is no default. Raises Fault."""
        if any(str(row[column]) not in allowed for column, allowed in self.only_if):
            return None
        value = self.start(row)
        if value is None:
            return self.default
        if self.map is not None:
            value = self.mapped(value)
        if self.flag:
            value = self.as_flag(value)
        if self.bands:
            value = next((name for limit, name in self.bands if value < limit), self.otherwise)
        value = self.counted(self.lessened(value, row), row)
        return None if value is None else self.dated(value, row)

    def dated(self, value: Any, row: Row) -> Any:
        """The value as the last day of a quarter, a text with it in it, or so many months later."""
        if self.quarter:
            return month_end(date(value, 3 * (self.quarter if isinstance(self.quarter, int) else row[self.quarter]), 1))
        if self.written:
            return self.written.format(value)
        for months in self.plus_months:
            step = months if isinstance(months, int) else row[months]
            if step is None:
                return self.default
            value = add_months(value, step)
        return month_end(value) if self.month_end else value

    def start(self, row: Row) -> Any:
        if self.column:
            value = row[self.column]
            return value.partition(self.until)[0] if self.until and value else value
        if self.text:
            return self.text.format_map({name: "" if row[name] is None else row[name] for name in _fields(self.text)})
        return self.const

    def mapped(self, value: Any) -> Any:
        found = (self.map or {}).get(str(value), self.otherwise)
        if found is None:
            raise Fault("NOT_A_CODE", self.column, str(value))
        return None if found == "" else found

    def as_flag(self, value: Any) -> bool:
        if str(value) not in YES | NO:
            raise Fault("NOT_A_CODE", self.column, str(value))
        return str(value) in YES

    def lessened(self, value: Any, row: Row) -> Any:
        """The value less what other columns take from it; None when one of them is blank."""
        taken = [row[name] for name in (self.minus, *self.less_monthly) if name]
        if value is None or None in taken:
            return None
        if self.less_monthly:
            amount, since, most = taken[-3:]
            value = value - amount * max(0, min(_whole_months(since, row[BUSINESS_DATE]), most))
        return value - taken[0] if self.minus else value

    def counted(self, value: Any, row: Row) -> Any:
        if value is None:
            return None
        if self.digest:
            value = hashlib.sha256(str(value).casefold().encode()).hexdigest()[: self.digest]
        if self.remainder:
            value = value % self.remainder
        if self.negative_if and all(str(row[column]) in listed for column, listed in self.negative_if):
            value = -value
        if self.times is not None:
            value = value * self.times if isinstance(value, Decimal) else int(value * self.times)
        if self.divide is not None:
            value = Decimal(value) / self.divide
        if self.divide_by:
            divisor = row[self.divide_by]
            if not divisor:
                return None
            value = Decimal(value) / divisor
        if self.decimals is not None and value is not None:
            value = Decimal(value).quantize(Decimal(1).scaleb(-self.decimals), rounding=ROUND_HALF_UP)
        return value

    def columns(self) -> set[str]:
        """Every column that the field reads."""
        read = {
            self.column,
            self.divide_by,
            self.quarter if isinstance(self.quarter, str) else "",
            self.minus,
            *(c for c in self.plus_months if isinstance(c, str)),
            *(c for c, _ in (*self.only_if, *self.negative_if)),
            *self.less_monthly,
        }
        return {name for name in read | set(_fields(self.text)) if name}


@cache
def _fields(text: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]


def value_of(spec: Any, lists: Mapping[str, Mapping[str, Any]], where: str) -> Value:
    """The Value that a format file declares at `where`: a column's name, or a table of KEYS. Raises BadSpec."""
    if isinstance(spec, str):
        return Value(column=spec)
    if not isinstance(spec, Mapping) or set(spec) - KEYS:
        raise BadSpec(f"{where}: a column's name, or a table of {', '.join(sorted(KEYS))}, not {spec!r}.")
    found = dict(spec)
    if len({"column", "const", "text"} & set(found)) != 1:
        raise BadSpec(f"{where}: exactly one of column, const and text says where the value starts.")
    convert: dict[str, Callable[[Any], Any]] = {
        "map": lambda m: _list(m, lists, where),
        "bands": lambda rows: tuple((Decimal(str(limit)), name) for limit, name in rows),
        "times": lambda n: Decimal(str(n)),
        "divide": lambda n: Decimal(str(n)),
        "plus_months": tuple,
        "only_if": _listed,
        "negative_if": _listed,
        "less_monthly": lambda table: _monthly(table, where),
    }
    for name, change in convert.items():
        if name in found:
            found[name] = change(found[name])
    if any(not name.isidentifier() for name in _fields(found.get("text", ""))):
        raise BadSpec(f"{where}: between braces stands the name of a column and nothing else.")
    return Value(**found)


def _listed(table: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((column, tuple(map(str, allowed))) for column, allowed in table.items())


def _monthly(table: Mapping[str, str], where: str) -> tuple[str, str, str]:
    if set(table) != {"amount", "from", "times"}:
        raise BadSpec(f"{where}.less_monthly: the columns of the amount, of the day from which (from) and of how many times.")
    return table["amount"], table["from"], table["times"]


def _whole_months(since: date, until: date) -> int:
    """Monthly due dates after `since`, up to and with `until`."""
    months = 12 * (until.year - since.year) + until.month - since.month
    return months if add_months(since, months) <= until else months - 1


def _list(named: Any, lists: Mapping[str, Mapping[str, Any]], where: str) -> Mapping[str, Any]:
    if isinstance(named, Mapping):
        return {str(key): value for key, value in named.items()}
    if named not in lists:
        raise BadSpec(f"{where}: there is no list {named}.")
    return {str(key): value for key, value in lists[named].items()}


def as_text(value: Any) -> str:
    """A value as an attribute of a loan keeps it: text without loss."""
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
