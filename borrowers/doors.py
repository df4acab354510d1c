"""The door through which any kind of fact may be told, row by row as mappings: for people, the API and tests.

`tell` takes rows under the names of `borrowers.kinds` (numbers for what they refer to), checks all of them and writes all or
none. `check_rows` says of each row what is wrong with it, for those who take the good ones.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from borrowers import staging
from borrowers.feeds.models import Delivery
from borrowers.feeds.rules import FIRST_YEAR, LAST_YEAR, SUSPECT
from borrowers.kinds import FLOW, KINDS, MASTER, WAITS, Kind
from borrowers.told import Beside, Condition, conditions, first_broken
from borrowers.writing import Contended, Saved, revise, save_master
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["BadRow", "Contended", "Saved", "UnknownName", "check_rows", "revise", "save_master", "save_staged", "tell"]


class BadRow(ValueError):
    """A row can't be used. `row` counts from 1; `reason` is a code of `borrowers.feeds.reasons`. Nothing was written."""

    def __init__(self, row: int, reason: str, field: str = "", value: str = "", sentence: str = "") -> None:
        super().__init__(sentence or f"Row {row}: {' '.join(filter(None, (reason, field, value)))}. Nothing was written.")
        self.row, self.reason, self.field, self.value = row, reason, field, value


class UnknownName(BadRow):
    """A row names a loan, borrower, item, … that the lender does not have; `value` is the number. Nothing was written."""


@transaction.atomic
def tell(
    kind: str,
    lender: Lender,
    rows: Iterable[Mapping[str, Any]],
    *,
    known_from: date,
    delivery: Delivery | None = None,
    entered_by: Person | None = None,
) -> Saved:
    """Write facts of one kind (a name of KINDS): all rows or, where one is bad, none.

    Values are typed: text as str, amounts and numbers as Decimal or int (never float), days as date, marks as bool. A name that
    is left out or None is not said: master data keeps what it has, a revised fact has none. `known_from` is the business
    date of the delivery or entry. Raises BadRow, of which UnknownName is one, for the first bad row; KeyError for no such kind.
    """
    told = list(rows)
    made = KINDS[kind]
    if bad := check_rows(kind, lender, told, known_from=known_from):
        raise bad[min(bad)]
    return save_staged(made, lender, delivery=delivery, entered_by=entered_by)


def save_staged(kind: Kind, lender: Lender, *, delivery: Delivery | None = None, entered_by: Person | None = None) -> Saved:
    """As `tell`, from the kind's staged table, whose rows have been checked."""
    if kind.shape == FLOW:
        return _append(kind, lender, delivery, entered_by)
    if kind.name == "event":
        from borrowers.loans.actions import record_staged_events  # the first day settled is kept on the loan as well

        return record_staged_events(lender, delivery=delivery, entered_by=entered_by)
    door = save_master if kind.shape == MASTER else revise
    return door(kind, lender, delivery=delivery, entered_by=entered_by)


@transaction.atomic
def check_rows(kind: str, lender: Lender, rows: Iterable[Mapping[str, Any]], *, known_from: date) -> dict[int, BadRow]:
    """Row (from 1) -> what is wrong with it first, of the bad rows; empty when all are good. The rows stay staged.

    Two rows that tell one fact differently are both good alone; the later one is bad (DUPLICATE_KEY).
    """
    made = KINDS[kind]
    bad: dict[int, BadRow] = {}
    staging.stage(made.staged, {"place": "integer", **made.columns})
    columns = ["place", *made.columns]
    staging.fill(made.staged, columns, _typed(made, rows, known_from, bad))
    beside = Beside(made.staged, "place")
    found = [*conditions(made, lambda name: f'r."{name}"' if name in made.columns else "NULL", beside), *_twice(made)]
    shown = " ".join(f"WHEN {place} THEN r.\"{one.field}\"::text" for place, one in enumerate(found, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.place, r.fault, CASE r.fault {shown} END FROM (
                SELECT r.*, {first_broken(found)} AS fault FROM {made.staged} r) r
            WHERE r.fault IS NOT NULL
            """,
            {"lender": lender.pk, "known": known_from},
        )
        for place, fault, value in cursor.fetchall():
            one = found[fault - 1]
            bad.setdefault(place, (UnknownName if one.reason in WAITS else BadRow)(place, one.reason, one.field, value or ""))
    return bad


def _twice(kind: Kind) -> list[Condition]:
    names = [name for name in kind.key_names if name in kind.columns]
    if not names:
        return []
    same = " AND ".join(f'o."{name}" IS NOT DISTINCT FROM r."{name}"' for name in names)
    told = ", ".join(f'{{0}}."{name}"' for name in kind.columns)
    differs = f"({told.format('o')}) IS DISTINCT FROM ({told.format('r')})"
    return [Condition("DUPLICATE_KEY", names[-1], f"EXISTS (SELECT FROM {kind.staged} o WHERE o.place < r.place AND {same} AND {differs})")]


def _typed(kind: Kind, rows: Iterable[Mapping[str, Any]], known_from: date, bad: dict[int, BadRow]) -> Iterable[tuple[Any, ...]]:
    """The rows that can be staged, as tuples with their place; of the others what is wrong is left in `bad`."""
    for place, row in enumerate(rows, 1):
        try:
            for name in row:
                if name not in kind.columns or name == "known_from":
                    raise BadRow(place, "UNKNOWN_FIELD", str(name)[:60])
            values = [_value(kind, place, name, row.get(name)) for name in kind.columns if name != "known_from"]
        except BadRow as fault:
            bad[place] = fault
            continue
        yield (place, *values, known_from)


def _value(kind: Kind, place: int, name: str, value: Any) -> Any:
    if value is None:
        return None
    sql = kind.columns[name]
    reason = READERS[sql](kind, name, value)
    if reason:
        raise BadRow(place, reason, name, SUSPECT.sub("?", str(value))[:200])
    return value


def _text(kind: Kind, name: str, value: Any) -> str:
    if not isinstance(value, str):
        return "BAD_PATTERN"
    lines = any(f.lines for f in kind.fields if f.name == name)
    return "CONTROL_CHARACTER" if SUSPECT.search(value.replace("\n", "") if lines else value) else ""


def _number(kind: Kind, name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not Decimal(value).is_finite():
        return "BAD_NUMBER"
    one = next(f for f in kind.fields if f.name == name)
    if Decimal(value).adjusted() > 30:
        return "OUT_OF_RANGE"
    return "TOO_PRECISE" if one.decimals is not None and Decimal(value) != round(Decimal(value), one.decimals) else ""


def _date(kind: Kind, name: str, value: Any) -> str:
    good = isinstance(value, date) and not isinstance(value, datetime) and FIRST_YEAR <= value.year <= LAST_YEAR
    return "" if good else "BAD_DATE"


READERS = {
    "text": _text,
    "numeric": _number,
    "date": _date,
    "boolean": lambda kind, name, value: "" if isinstance(value, bool) else "NOT_A_CODE",
    "jsonb": lambda kind, name, value: "" if isinstance(value, dict) else "BAD_PATTERN",
}


def _append(kind: Kind, lender: Lender, delivery: Delivery | None, entered_by: Person | None) -> Saved:
    """Demands and repayments run on from what a loan has: their own doors count the totals."""
    from borrowers.loans import cashflow

    if kind.name == "instalment":
        _hand_over(kind, "staged_demand", cashflow.STAGED_DEMAND)
        return Saved(cashflow.add_staged_schedule(lender, delivery=delivery, entered_by=entered_by), 0)
    _hand_over(kind, "staged_repayment", cashflow.STAGED_REPAYMENT)
    cashflow.know_late_ones_last(lender)
    return Saved(cashflow.append_staged_repayments(lender, delivery=delivery, entered_by=entered_by), 0)


def _hand_over(kind: Kind, table: str, columns: Mapping[str, str]) -> None:
    defaults = {f.name: f.default for f in kind.fields if f.default is not None}
    names = [name for name in columns if name in kind.columns]
    values = [f'coalesce(s."{name}", {defaults[name]})' if name in defaults else f's."{name}"' for name in names]
    source = f"{kind.staged}_told"
    with connection.cursor() as cursor:  # the kind's own table may have the very name of the door's
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{source}")
        cursor.execute(f"ALTER TABLE {kind.staged} RENAME TO {source}")
    staging.stage(table, columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {source} s ORDER BY s.ctid")
        cursor.execute(f"ANALYZE {table}")
