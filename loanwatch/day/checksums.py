"""A checksum over what each unit of a day leaves behind: the same for one slice or seven, changed by a single figure.

The rows of a slice are hashed one by one and added up modulo 2^64, so the order of the rows, their numbers from a sequence
and the cutting of the book do not count, and slices add up to the whole. A column that only says how a figure was reached
does not count either: whether it was carried forward or computed afresh, the figure is the same.
"""

from collections.abc import Iterable
from typing import Any

from django.db.backends.utils import CursorWrapper

from loanwatch.trail.models import BusinessDay, RunUnit

MODULUS = 2**64
NOT_COUNTED = {"id", "shape", "recheck_on"}

_DAY = "o.lender_id = %(lender)s AND o.as_of = %(day)s"
_SLICE = "o.lender_id = %(lender)s AND o.bucket BETWEEN %(lo)s AND %(hi)s"
# step -> (table, which rows of it are the unit's). Of a table that is not there yet nothing is counted.
_ROWS: dict[str, list[tuple[str, str]]] = {
    "allocate": [("borrowers_loanstate", _SLICE)],
    "observe": [("alerts_loanday", f"{_SLICE} AND o.as_of = %(day)s"), ("alerts_borrowerday", f"{_SLICE} AND o.as_of = %(day)s")],
    "observe_branches": [("alerts_branchday", _DAY)],
    "observe_staff": [("alerts_staffday", _DAY)],
    "propose": [("alerts_classproposal", f"{_SLICE} AND o.as_of = %(day)s")],
    "roll_up": [("alerts_nodeday", _DAY), ("alerts_noderoll", _DAY)],
}
OBSERVING = ("observe", "observe_branches", "observe_staff", "roll_up")  # the steps whose checksums make the day's

# What an alert says, without the number it got: that comes from a sequence.
_EVIDENCE = """
SELECT count(*), coalesce(sum(hash_record_extended(ROW(a.rule_id, a.loan_id, a.borrower_id, a.concerns_id, a.branch_id, a.due_on, a.exposure, e.level, e.rule_version_id,
                                                       e."values", e.thresholds), 0)::numeric), 0)
FROM alerts_alert a JOIN alerts_alertevidence e ON e.alert_id = a.id AND e.as_of = %(day)s
WHERE a.lender_id = %(lender)s AND a.state <> 'closed' AND a.bucket BETWEEN %(lo)s AND %(hi)s AND (a.borrower_id IS NULL) = %(no_borrower)s
"""


def of_unit(cursor: CursorWrapper, step: str, key: dict[str, Any]) -> tuple[int, str]:
    """(rows of the unit's slice, checksum over them) of `step` for `key`; (0, "") for a step that is not counted.

    In a transaction that has put temporary tables before the real ones, those of the temporary tables.
    """
    if step in ("warn", "warn_branches"):
        cursor.execute(_EVIDENCE, {**key, "no_borrower": step == "warn_branches"})
        rows, total = cursor.fetchone()
        return rows, _hex(int(total))
    tables = [(table, where, found) for table, where in _ROWS.get(step, []) if (found := columns(cursor, table))]
    if not tables:
        return 0, ""
    parts = " UNION ALL ".join(
        f"SELECT count(*) AS n, coalesce(sum(hash_record_extended(ROW({', '.join('o.' + c for c in found)}), 0)::numeric), 0) AS h "
        f"FROM {table} o WHERE {where}"
        for table, where, found in tables
    )
    cursor.execute(f"SELECT sum(n), sum(h) FROM ({parts}) p", key)
    rows, total = cursor.fetchone()
    return int(rows), _hex(int(total))


def columns(cursor: CursorWrapper, table: str) -> tuple[str, ...]:
    """The columns of a table that count, in the order of their names; none where there is no such table."""
    if table not in _known:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('public.' || %s) AND attnum > 0 AND NOT attisdropped ORDER BY attname", [table]
        )
        _known[table] = tuple(name for (name,) in cursor.fetchall() if name not in NOT_COUNTED)
    return _known[table]


_known: dict[str, tuple[str, ...]] = {}


def together(checksums: Iterable[str]) -> str:
    """The checksum of several slices or steps as one."""
    return _hex(sum(int(c, 16) for c in checksums if c))


def seal(day: BusinessDay) -> str:
    """Keep the day's checksum, from those of its observing units; returns it. The same whatever the day was cut into."""
    units = RunUnit.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=1, step__in=OBSERVING)
    found = together(units.values_list("checksum", flat=True))
    BusinessDay.objects.filter(pk=day.pk).update(checksum=found)
    return found


def _hex(total: int) -> str:
    return f"{total % MODULUS:016x}"
