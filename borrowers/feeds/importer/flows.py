"""What rows of a delivery must be together: a plan is applied whole or not at all, and a reversal with the payment it takes back.

Asked of the rows of `feed_row` that are good by themselves, as sets.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection

from borrowers.feeds.importer.formats import Format
from borrowers.feeds.importer.values import Value
from borrowers.loans.cashflow import hold_loans

LOAN, VERSION, SEQ = 'r."instalment__loan_number"', 'coalesce(r."instalment__version", 1)', 'r."instalment__seq"'

# Rows that can't be used and the plan they belong to. Of a row that could not be read,
# the key tells its loan, as it is kept for people to see; where that has no loan, any cell may.
BROKEN_BY_A_ROW = f"""
UPDATE feed_row r SET reason = 'INCOMPLETE_PLAN', at_column = 'line', value = b.line::text
FROM (
    SELECT loan, version, min(line) AS line FROM (
        SELECT r.line, {LOAN} AS loan, {VERSION} AS version FROM feed_row r WHERE r.reason IS NOT NULL AND {LOAN} IS NOT NULL
        UNION ALL
        SELECT k.line, btrim(k.cells[%(loan)s]), CASE WHEN k.cells[%(version)s] ~ '^[0-9]+$' THEN k.cells[%(version)s]::numeric END
        FROM (SELECT r.line, string_to_array(replace(r.key, '<U+001F>', chr(31)), chr(31)) AS cells FROM feed_row r
              WHERE r.reason IS NOT NULL AND {LOAN} IS NULL AND %(keyed)s AND r.reason <> 'WRONG_CELL_COUNT') k
        UNION ALL
        SELECT r.line, btrim(c.cell), NULL FROM feed_row r CROSS JOIN LATERAL jsonb_array_elements_text(r.raw) AS c(cell)
        WHERE r.reason IS NOT NULL AND {LOAN} IS NULL AND (NOT %(keyed)s OR r.reason = 'WRONG_CELL_COUNT')
    ) bad GROUP BY loan, version
) b
WHERE r.reason IS NULL AND {{where}} AND {LOAN} = b.loan AND (b.version IS NULL OR b.version = {VERSION})
"""
# A version that is new and not the first must repeat what was due before it is known.
FORGETS = f"""
UPDATE feed_row r SET reason = 'PLAN_REWRITES_THE_PAST', at_column = 'version', value = b.version::text
FROM (
    SELECT DISTINCT n.loan, n.version
    FROM (
        SELECT s.loan, s.version, l.id, (SELECT max(p.version) FROM borrowers_instalment p WHERE p.loan_id = l.id) AS last
        FROM (SELECT DISTINCT {LOAN} AS loan, {VERSION} AS version FROM feed_row r WHERE r.reason IS NULL AND {{where}} AND {VERSION} > 1) s
        JOIN borrowers_loan l ON l.lender_id = %(lender)s AND l.number = s.loan
    ) n
    JOIN borrowers_instalment i ON i.loan_id = n.id AND i.version = n.last AND n.version > n.last AND i.due_on < %(known)s
    WHERE NOT EXISTS (
        SELECT FROM feed_row r
        WHERE r.reason IS NULL AND {LOAN} = n.loan AND {VERSION} = n.version AND {SEQ} = i.seq AND r."instalment__due_on" = i.due_on
          AND round(r."instalment__principal", 2) = i.principal AND round(r."instalment__interest", 2) = i.interest
          AND round(coalesce(r."instalment__fee", 0), 2) = i.fee)
) b
WHERE r.reason IS NULL AND {{where}} AND {LOAN} = b.loan AND {VERSION} = b.version
"""
# The numbers of a plan run from 1 without a gap. Rows of a version that is known already are the same as it is, and write nothing.
HAS_A_GAP = f"""
WITH plans AS MATERIALIZED (
    SELECT {LOAN} AS loan, {VERSION} AS version FROM feed_row r WHERE r.reason IS NULL AND {{where}} GROUP BY 1, 2
    HAVING min({SEQ}) <> 1 OR max({SEQ}) <> count(*)
), gaps AS MATERIALIZED (
    SELECT o.loan, o.version, min(o.place) AS missing
    FROM (
        SELECT p.loan, p.version, {SEQ} AS seq, row_number() OVER (PARTITION BY p.loan, p.version ORDER BY {SEQ}) AS place
        FROM plans p JOIN feed_row r ON {LOAN} = p.loan AND {VERSION} = p.version AND r.reason IS NULL AND {{where}}
    ) o
    WHERE o.seq <> o.place AND NOT EXISTS (
        SELECT FROM borrowers_instalment i JOIN borrowers_loan l ON l.id = i.loan_id
        WHERE l.lender_id = %(lender)s AND l.number = o.loan AND i.version = o.version)
    GROUP BY o.loan, o.version
)
UPDATE feed_row r SET reason = 'INCOMPLETE_PLAN', at_column = 'seq', value = g.missing::text
FROM gaps g WHERE r.reason IS NULL AND {{where}} AND {LOAN} = g.loan AND {VERSION} = g.version
"""

BACK = """
UPDATE feed_row r SET reason = %(reason)s, at_column = 'reverses_reference', value = left(r."repayment__reverses_reference", 200)
FROM (
    SELECT r.ctid AS at FROM feed_row r WHERE r.reason IS NULL AND r."repayment__reverses_reference" <> '' AND {condition}
) b
WHERE r.ctid = b.at
"""
KNOWN_PAYMENT = """
SELECT FROM borrowers_repayment f JOIN borrowers_loan l ON l.id = f.loan_id
WHERE l.lender_id = %(lender)s AND l.number = r."repayment__loan_number" AND f.reference = r."repayment__reverses_reference"
"""
EARLIER_ROW = """
SELECT FROM feed_row o WHERE o.reason IS NULL AND o."repayment__loan_number" = r."repayment__loan_number"
AND (o."repayment__paid_on", o.line) < (r."repayment__paid_on", r.line)
"""
REVERSALS = {
    "UNKNOWN_REPAYMENT": [
        f"""NOT EXISTS ({KNOWN_PAYMENT} AND f.amount = -round(r."repayment__amount", 2))
        AND NOT EXISTS ({EARLIER_ROW} AND o."repayment__reference" = r."repayment__reverses_reference"
            AND round(o."repayment__amount", 2) = -round(r."repayment__amount", 2))"""
    ],
    "ENTERED_BY_A_PERSON": [f"EXISTS ({KNOWN_PAYMENT} AND f.entered_by_id IS NOT NULL)"],
    "ALREADY_REVERSED": [
        f"""EXISTS ({KNOWN_PAYMENT}
            AND EXISTS (SELECT FROM borrowers_repayment v WHERE v.reverses_id = f.id AND v.reference <> r."repayment__reference"))""",
        f"""EXISTS ({EARLIER_ROW} AND o."repayment__reverses_reference" = r."repayment__reverses_reference")""",
    ],
}


def hold(declared: Format, lender_id: int) -> None:
    """Let nobody else write to the flows of the loans named until the load ends, so that what is found stays true.

    A lender's first plans are not worth the time: there is nothing yet that another could change.
    """
    if "repayment" in declared.targets:
        hold_loans(lender_id, 'SELECT r."repayment__loan_number" FROM feed_row r WHERE r.reason IS NULL')
    if "instalment" in declared.targets and _any_plan(lender_id):
        hold_loans(lender_id, f"SELECT {LOAN} FROM feed_row r WHERE r.reason IS NULL")


def keep_together(declared: Format, lender_id: int, known_from: date | None, where: str) -> None:
    """Set aside what can't be applied without another row that is bad or missing. `where` is true of the rows `r` that tell an instalment.

    `known_from` is the business date of the delivery.
    """
    if "instalment" in declared.targets:
        _keep_plans_whole(declared, lender_id, known_from, where)
    if "repayment" in declared.targets:
        _keep_reversals_with_payments(declared, lender_id)


def _keep_plans_whole(declared: Format, lender_id: int, known_from: date | None, where: str) -> None:
    """Set aside all rows of a version of a plan of which some row is bad or missing, or which does not repeat what was due."""
    places = {name: _place_in_key(declared, "instalment", name) for name in ("loan_number", "version")}
    keyed = {"keyed": bool(places["loan_number"]), "loan": places["loan_number"], "version": places["version"]}
    _run(BROKEN_BY_A_ROW.format(where=where), keyed)
    if declared.targets["instalment"].get("version") and known_from:
        _run(FORGETS.format(where=where), {"lender": lender_id, "known": known_since(lender_id, known_from)})
    _run(HAS_A_GAP.format(where=where), {"lender": lender_id})


def _keep_reversals_with_payments(declared: Format, lender_id: int) -> None:
    """Set aside a reversal whose payment is not known, or not good in this delivery, or has been taken back."""
    if declared.targets["repayment"].get("reverses_reference"):
        for reason, conditions in REVERSALS.items():
            for condition in conditions:
                _run(BACK.format(condition=condition), {"lender": lender_id, "reason": reason})


def _place_in_key(declared: Format, part: str, name: str) -> int:
    """Where in the key of the format (from 1) the field stands as its column has it; 0 where it does not."""
    value = declared.targets[part].get(name)
    plain = value is not None and value == Value(column=value.column) and value.column in declared.key
    return declared.key.index(value.column) + 1 if value is not None and plain else 0


def known_since(lender_id: int, business_date: date) -> date:
    """From when facts of a delivery are known: its business date, or, where its close has begun, the day after the last one taken.

    What was known at a close is what its figures were made of; a file that comes later can't have been known then.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(%s, max(business_date) + 1) FROM trail_businessday WHERE lender_id = %s AND state <> 'due'",
            [business_date, lender_id],
        )
        return cursor.fetchone()[0]


def _any_plan(lender_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM borrowers_instalment WHERE lender_id = %s)", [lender_id])
        return cursor.fetchone()[0]


def _run(statement: str, values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
