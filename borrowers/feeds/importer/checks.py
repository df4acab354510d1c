"""Checks of staged rows against each other and against the facts, as sets. A row that fails gets a reason and is set aside.

Each statement reads and writes the staging table `feed_row`; a row without a reason is good so far.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection

from borrowers.feeds.importer import flows
from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.values import Value
from borrowers.kinds import FLOW, KINDS, MASTER, PARTS, TARGETS, Kind
from borrowers.revisions import last
from borrowers.told import Beside, Condition, Said, conditions, first_broken, some_conditions

TABLE = "feed_row"

DUPLICATES = """
WITH several AS (
    SELECT key, min(line) AS first, count(DISTINCT digest) AS contents FROM feed_row GROUP BY key HAVING count(*) > 1
)
UPDATE feed_row r
SET reason = CASE WHEN s.contents = 1 THEN 'EQUAL_ROW' ELSE 'DUPLICATE_KEY' END, at_column = %(key)s,
    value = replace(left(r.key, 200), chr(31), ' ')
FROM several s WHERE r.key = s.key AND (s.contents > 1 OR r.line > s.first) AND (r.reason IS NULL OR s.contents = 1)
"""

# A row of several facts tells of a loan unless all of the loan is blank: a remark of the format says of such a row that it makes none.
TELLS_A_LOAN = "num_nonnulls(r.loan__number, r.loan__product, r.loan__principal, r.loan__disbursed_on, r.branch__code) > 0"
# Of a row that makes a loan: the loan may be there, but must be the same loan.
LOAN_CHECKS = [
    (
        "OTHER_BORROWER", "borrower__number",
        "EXISTS (SELECT FROM borrowers_loan l JOIN borrowers_borrower b ON b.id = l.borrower_id "
        "WHERE l.lender_id = %(lender)s AND l.number = r.loan__number AND b.number <> r.borrower__number)",
    ),
    (
        "OTHER_CURRENCY", "loan__number",
        "EXISTS (SELECT FROM borrowers_loan l WHERE l.lender_id = %(lender)s AND l.number = r.loan__number AND l.currency <> %(currency)s)",
    ),
    ("MISSING_VALUE", "loan__number", "r.loan__number IS NULL OR r.loan__number = ''"),
    ("MISSING_VALUE", "loan__disbursed_on", "r.loan__disbursed_on IS NULL"),
    ("MISSING_VALUE", "loan__principal", "r.loan__principal IS NULL"),
    ("OUT_OF_RANGE", "loan__principal", "r.loan__principal < 0"),
]  # fmt: skip
UNKNOWN_PRODUCT = (
    "UNKNOWN_PRODUCT", "loan__product",
    "r.loan__product IS NULL OR (r.loan__product <> ALL(%(products)s) "
    "AND NOT EXISTS (SELECT FROM lenders_product p WHERE p.lender_id = %(lender)s AND p.code = r.loan__product))",
)  # fmt: skip
UNKNOWN_BRANCH = (
    "UNKNOWN_BRANCH", "branch__code",
    "r.branch__code IS NULL OR NOT (%(creates)s "
    "OR EXISTS (SELECT FROM people_branch b WHERE b.lender_id = %(lender)s AND b.code = r.branch__code))",
)  # fmt: skip
OWN_LOAN = "SELECT FROM borrowers_loan l WHERE l.lender_id = %(lender)s AND l.number = r.position__loan_number"
# Of a row that says where a loan stands: the loan must be there, ours, in the same money and not gone.
POSITION_CHECKS = [
    (
        "OTHER_LENDER", "position__loan_number",
        f"NOT EXISTS ({OWN_LOAN}) AND EXISTS (SELECT FROM borrowers_loan o WHERE o.number = r.position__loan_number)",
    ),
    ("UNKNOWN_LOAN", "position__loan_number", f"NOT EXISTS ({OWN_LOAN})"),
    ("OTHER_CURRENCY", "position__loan_number", f"EXISTS ({OWN_LOAN} AND l.currency <> %(currency)s)"),
    (
        "CLOSED_LOAN", "position__loan_number",
        "EXISTS (SELECT FROM borrowers_position p JOIN borrowers_loan l ON l.id = p.loan_id WHERE l.lender_id = %(lender)s "
        "AND l.number = r.position__loan_number AND p.closed_as <> '' AND p.valid_from < r.position__valid_from "
        f"AND {last('p', 'borrowers_position')})",
    ),
    (
        "CLOSED_LOAN", "position__loan_number",
        "EXISTS (SELECT FROM feed_row o WHERE o.reason IS NULL AND o.position__loan_number = r.position__loan_number "
        "AND o.position__closed_as IS NOT NULL AND o.position__valid_from < r.position__valid_from)",
    ),
]  # fmt: skip
MISSING_BALANCE = ("MISSING_VALUE", "position__balance", "r.position__balance IS NULL")

# What a row of several facts says under another name than the kind's own.
SAYS = {"event": {"valid_from": "on"}}


def check(declared: Format, lender_id: int, known_from: date | None = None, *, once: bool = False) -> dict[str, int]:
    """Set aside every staged row that can't be applied. Returns how many equal rows stand more than once (all but one are dropped).

    `once`: the reader has seen that no key stands twice. `known_from` is the business date, from which a fact holds whose row does not say since when.
    """
    values: dict[str, Any] = {
        "lender": lender_id, "currency": declared.currency, "key": ", ".join(declared.key), "products": list(declared.products),
        "creates": declared.creates_branches, "known": known_from, "once": once,
    }  # fmt: skip
    equal = 0 if once else _set_aside_duplicates(values)
    if "loan" in declared.targets:
        for reason, column, condition in [*LOAN_CHECKS, UNKNOWN_PRODUCT, UNKNOWN_BRANCH]:
            _set_aside(reason, column, f"{TELLS_A_LOAN} AND ({condition})", values)
    if declared.feeds_positions:
        if "loan" not in declared.targets:
            for reason, column, condition in POSITION_CHECKS:
                _set_aside(reason, column, condition, values)
        if declared.blank_balance_is_principal:
            _fill_blank_balances(lender_id)
        reason, column, condition = MISSING_BALANCE
        _set_aside(reason, column, f"{TELLS_A_LOAN} AND ({condition})" if "loan" in declared.targets else condition, values)
    flows.hold(declared, lender_id)
    for part in parts_in_order(declared):
        equal += _check_part(declared, part, values)
    flows.keep_together(declared, lender_id, known_from, told_here(declared, "instalment"))
    return {"equal": equal}


def _set_aside_duplicates(values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DUPLICATES, values)
        cursor.execute("DELETE FROM feed_row WHERE reason = 'EQUAL_ROW'")
        return cursor.rowcount


def parts_in_order(declared: Format) -> list[str]:
    """The facts that a format makes, each after those it may refer to."""
    own = {kind.name: part for part, kind in PARTS.items()}
    return [part for name in KINDS for part in dict.fromkeys((name, own[name])) if part in declared.targets]


def _check_part(declared: Format, part: str, values: Mapping[str, Any]) -> int:
    """The conditions of a kind, in one pass; a kind with a part of its own also tells each fact once.

    Returns how many rows tell an entry of a flow once more and are dropped.
    """
    names = {**SAYS.get(part, {}), **{name: name for name in TARGETS[part]}}

    def said(name: str) -> str:
        return f'r."{part}__{names[name]}"' if name in names else "NULL"

    arriving = _arriving(declared)
    if kind := PARTS.get(part):
        found = conditions(kind, _with_defaults(declared, kind, said), Beside("feed_row", "line", as_sets=True), arriving)
        where = told_here(declared, part)
        _set_aside_first(found, said, where, values)
        if not (values["once"] and keyed_by_the_file(declared, part, kind)):
            return _tell_once(kind, part, said, where)
    else:
        asked = {name for name in names if part != "guarantee" or name != "guarantor_number" or "loan" not in declared.targets}
        _set_aside_first(some_conditions(KINDS[part], said, asked, arriving), said, "true", values)
    return 0


def keyed_by_the_file(declared: Format, part: str, kind: Kind) -> bool:
    """Whether rows of different keys tell different facts: each column of the file's key goes unchanged into the key of the fact."""
    told = [value for name in kind.key_names if (value := declared.targets[part].get(name))]
    plain = {value.column for value in told if value == Value(column=value.column)}
    return set(declared.key) <= {name for name in plain if declared.columns[name].type in {"text", "int"} and not declared.columns[name].trim}


def _with_defaults(declared: Format, kind: Kind, said: Said) -> Said:
    """What the format says for a row that does not: its currency, and the business date as the day from which a fact holds."""

    def with_defaults(name: str) -> str:
        if name == "currency" and name in kind.columns and declared.currency:
            return f"coalesce({said(name)}, %(currency)s)"
        return f"coalesce({said(name)}, %(known)s::date)" if name == "valid_from" and name in kind.columns else said(name)

    return with_defaults


def _arriving(declared: Format) -> dict[str, str]:
    """Table -> SQL that is true where a good row of this very delivery makes the thing named."""
    made: dict[str, list[str]] = {}
    for part in declared.targets:
        kind = PARTS.get(part) or KINDS.get(part)
        if kind and kind.shape == MASTER:
            made.setdefault(kind.table, []).append(f'EXISTS (SELECT FROM feed_row o WHERE o.reason IS NULL AND o."{part}__number" = {{said}})')
    return {table: f"({' OR '.join(ways)})" for table, ways in made.items()}


def told_here(declared: Format, part: str) -> str:
    """SQL that is true of the rows of `feed_row r` that tell a fact of the kind: all, or of several those that give its key."""
    others = [other for other in declared.targets if other not in {part, "branch"}]
    return f'r."{part}__{PARTS[part].mark}" IS NOT NULL' if others and part in PARTS else "true"


def _set_aside_first(found: list[Condition], said: Said, where: str, values: Mapping[str, Any]) -> None:
    if not found:
        return
    reason, column, value = (
        " ".join(f"WHEN {place} THEN {text}" for place, text in enumerate(texts, 1))
        for texts in (
            [f"'{one.reason}'" for one in found],
            [f"'{one.field}'" for one in found],
            [f"{said(one.field)}::text" for one in found],
        )
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE feed_row r SET reason = CASE b.fault {reason} END, at_column = CASE b.fault {column} END,
                   value = left(CASE b.fault {value} END, 200)
            FROM (SELECT r.ctid AS at, {first_broken(found)} AS fault FROM feed_row r WHERE r.reason IS NULL AND {where}) b
            WHERE r.ctid = b.at AND b.fault IS NOT NULL
            """,
            values,
        )


def _tell_once(kind: Kind, part: str, said: Said, where: str) -> int:
    """Of rows that tell one fact differently all but the first are set aside, whatever the format's own key is.

    Of rows that tell one entry of a flow alike the others are dropped, as it is written as often as it is told; returns how many.
    """
    meant = {f.name: f"trim_scale(coalesce({said(f.name)}, {f.default or 'NULL'})::numeric)" for f in kind.fields if f.sql == "numeric"}
    key, told = (", ".join(f"coalesce({meant.get(name, said(name))}::text, '')" for name in names) for names in (kind.key_names, TARGETS[part]))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE feed_row r SET reason = 'DUPLICATE_KEY', at_column = %(column)s, value = left({said(kind.mark)}::text, 200)
            FROM (SELECT r.ctid AS at, ROW({told})::text AS said, first_value(ROW({told})::text) OVER (PARTITION BY {key} ORDER BY r.line) AS first
                  FROM feed_row r WHERE r.reason IS NULL AND {where}) b
            WHERE r.ctid = b.at AND b.said <> b.first
            """,
            {"column": kind.mark},
        )
        if kind.shape != FLOW:
            return 0
        cursor.execute(
            f"""
            DELETE FROM feed_row r USING (
                SELECT r.ctid AS at, row_number() OVER (PARTITION BY {key} ORDER BY r.line) AS place FROM feed_row r WHERE r.reason IS NULL AND {where}) b
            WHERE r.ctid = b.at AND b.place > 1
            """
        )
        return cursor.rowcount


def _set_aside(reason: str, column: str, condition: str, values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE feed_row r SET reason = %(reason)s, at_column = %(column)s, value = left(r.{column}::text, 200) "
            f"WHERE r.reason IS NULL AND ({condition})",
            {**values, "reason": reason, "column": column.partition("__")[2]},
        )


def _fill_blank_balances(lender_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE feed_row r SET position__balance = l.principal FROM borrowers_loan l
            WHERE r.reason IS NULL AND r.position__balance IS NULL AND l.lender_id = %s AND l.number = r.position__loan_number
            """,
            [lender_id],
        )


def reasons() -> dict[str, int]:
    """Reason -> rows set aside, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason, count(*) FROM feed_row WHERE reason IS NOT NULL GROUP BY reason ORDER BY 2 DESC, 1")
        return dict(cursor.fetchall())


def staged() -> int:
    """Rows in the staging table, good and bad."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM feed_row")
        return cursor.fetchone()[0]
