"""Checks of staged rows against each other and against the facts, as sets. A row that fails gets a reason and is set aside.

Each statement reads and writes the staging table `feed_row`; a row without a reason is good so far.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from borrowers.feeds.importer.formats import Format

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
        "AND l.number = r.position__loan_number AND p.closed_as <> '' AND p.valid_from < r.position__valid_from)",
    ),
    (
        "CLOSED_LOAN", "position__loan_number",
        "EXISTS (SELECT FROM feed_row o WHERE o.reason IS NULL AND o.position__loan_number = r.position__loan_number "
        "AND o.position__closed_as IS NOT NULL AND o.position__valid_from < r.position__valid_from)",
    ),
]  # fmt: skip
MISSING_BALANCE = ("MISSING_VALUE", "position__balance", "r.position__balance IS NULL")

# A position once delivered stays. Another figure for the same loan and day is a difference that a person looks at.
CHANGED = """
UPDATE feed_row r
SET reason = 'CHANGED_POSITION', at_column = d.field,
    value = left(d.field || ': ' || coalesce(d.was, '') || ' -> ' || coalesce(d.becomes, ''), 200)
FROM (
    SELECT DISTINCT ON (s.line) s.line, v.field, v.was, v.becomes
    FROM feed_row s
    JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.position__loan_number
    JOIN borrowers_position p ON p.loan_id = l.id AND p.valid_from = s.position__valid_from
    CROSS JOIN LATERAL (VALUES
        (1, 'balance', p.balance::text, round(s.position__balance, 2)::text),
        (2, 'days_past_due', p.days_past_due::text, s.position__days_past_due::text),
        (3, 'closed_as', p.closed_as, coalesce(s.position__closed_as, '')),
        (4, 'status', p.status, coalesce(s.position__status, '')),
        (5, 'overdue_principal', p.overdue_principal::text, round(s.position__overdue_principal, 2)::text),
        (6, 'overdue_interest', p.overdue_interest::text, round(s.position__overdue_interest, 2)::text),
        (7, 'rate', p.rate::text, round(s.position__rate, 6)::text),
        (8, 'matures_on', p.matures_on::text, s.position__matures_on::text),
        (9, 'modified', p.modified::text, s.position__modified::text),
        (10, 'paid', p.paid::text, round(s.position__paid, 2)::text)
    ) AS v (place, field, was, becomes)
    WHERE s.reason IS NULL AND v.was IS DISTINCT FROM v.becomes
    ORDER BY s.line, v.place
) d
WHERE r.line = d.line
"""


def check(declared: Format, lender_id: int) -> dict[str, int]:
    """Set aside every staged row that can't be applied. Returns how many equal rows stand more than once (all but one are dropped)."""
    values: dict[str, Any] = {
        "lender": lender_id, "currency": declared.currency, "key": ", ".join(declared.key), "products": list(declared.products),
        "creates": declared.creates_branches,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(DUPLICATES, values)
        cursor.execute("DELETE FROM feed_row WHERE reason = 'EQUAL_ROW'")
        equal = cursor.rowcount
    if "loan" in declared.targets:
        for reason, column, condition in [*LOAN_CHECKS, UNKNOWN_PRODUCT, UNKNOWN_BRANCH]:
            _set_aside(reason, column, condition, values)
    if declared.feeds_positions:
        if "loan" not in declared.targets:
            for reason, column, condition in POSITION_CHECKS:
                _set_aside(reason, column, condition, values)
        if declared.blank_balance_is_principal:
            _fill_blank_balances(lender_id)
        _set_aside(*MISSING_BALANCE, values)
        with connection.cursor() as cursor:
            cursor.execute(CHANGED, values)
    return {"equal": equal}


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
