"""Checks that are due on loans, and when they were done: written for the acts, read by the next day's observation."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from borrowers.loans.models import CheckDuty

# `called` are rows (loan_id, bucket, kind, due_on) as JSON objects would name them; a duty that is there already stays as it is.
TAKE_ON = """
INSERT INTO borrowers_checkduty (lender_id, bucket, loan_id, kind, due_on, known_from)
SELECT %(lender)s, c.bucket, c.loan_id, c.kind, c.due_on, %(day)s
FROM unnest(%(loans)s::bigint[], %(buckets)s::smallint[], %(kinds)s::text[], %(dues)s::date[]) AS c (loan_id, bucket, kind, due_on)
ON CONFLICT (loan_id, kind, due_on) DO NOTHING
"""
RELEASE = """
UPDATE borrowers_checkduty d SET done_on = %(day)s
FROM unnest(%(loans)s::bigint[], %(buckets)s::smallint[], %(kinds)s::text[], %(dues)s::date[]) AS g (loan_id, bucket, kind, due_on)
WHERE d.loan_id = g.loan_id AND d.kind = g.kind AND d.due_on = g.due_on AND d.done_on IS NULL
"""

Duty = tuple[int, int, str, date]  # loan id, bucket, kind, due on


def take_on(cursor: Any, key: Mapping[str, Any], duties: list[Duty]) -> None:
    """Note that checks are due, known from the business date. Twice changes nothing. One statement, none without duties.

    key: `lender` and `day`, as a step of the day has them; cursor: within the caller's transaction.
    """
    _write(cursor, TAKE_ON, key, duties)


def release(cursor: Any, key: Mapping[str, Any], duties: list[Duty]) -> None:
    """Open duties end on the business date without the check: the loan has left the book. One statement."""
    _write(cursor, RELEASE, key, duties)


def _write(cursor: Any, statement: str, key: Mapping[str, Any], duties: list[Duty]) -> None:
    if duties:
        loans, buckets, kinds, dues = (list(column) for column in zip(*duties, strict=True))
        cursor.execute(statement, {"lender": key["lender"], "day": key["day"], "loans": loans, "buckets": buckets, "kinds": kinds, "dues": dues})


def done(*, loan_id: int, kind: str, due_on: date, on: date) -> None:
    """The check was made on `on`; a duty that is done already keeps its day."""
    CheckDuty.objects.filter(loan_id=loan_id, kind=kind, due_on=due_on, done_on=None).update(done_on=on)


def reopened(*, loan_id: int, kind: str, due_on: date) -> None:
    """The check has to be made again: its report was returned."""
    CheckDuty.objects.filter(loan_id=loan_id, kind=kind, due_on=due_on).update(done_on=None)
