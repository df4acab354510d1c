"""The door through which what an inspection found becomes a fact."""

from collections.abc import Sequence
from datetime import date

from borrowers.findings.models import VisitFinding
from borrowers.loans.models import Loan
from loanwatch.people.models import Person
from loanwatch.trail.queries import open_day


def note_finding(*, loan: Loan, subject: str, points: Sequence[str], level: int, text: str, on: date, by: Person) -> VisitFinding:
    """Keep which checkpoints of an inspection failed, within the caller's transaction.

    level: 1 to 3. Known from the first business date that is not closed yet. Raises IntegrityError for the same inspection twice.
    """
    return VisitFinding.objects.create(
        lender_id=loan.lender_id, bucket=loan.bucket, loan=loan, subject=subject, points=list(points), level=level, text=text, valid_from=on,
        known_from=max(on, open_day(loan.lender, on)), entered_by=by,
    )  # fmt: skip
