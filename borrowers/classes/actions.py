"""The door through which a decided class becomes a fact, and the question which class is in force."""

from datetime import date

from borrowers.classes.models import ClassDecision
from borrowers.loans.models import Loan
from loanwatch.people.models import Person
from loanwatch.trail.queries import open_day


def decide_class(*, loan: Loan, risk_class: str, proposed: str, reason: str, on: date, by: Person, subject: str) -> ClassDecision:
    """Keep that `by` decided on `on` which class the loan is of, within the caller's transaction.

    Known from the first business date that is not closed yet, so that a closed day never changes. Raises IntegrityError when the
    same subject was decided already.
    """
    return ClassDecision.objects.create(
        lender_id=loan.lender_id, bucket=loan.bucket, loan=loan, risk_class=risk_class, proposed=proposed, reason=reason[:2000], subject=subject,
        valid_from=on, known_from=max(on, open_day(loan.lender, on)), entered_by=by,
    )  # fmt: skip


def class_in_force(loan: Loan, on: date | None = None) -> ClassDecision | None:
    """The decision by which the loan has its class on `on` (default: now), as known by then; None where nobody has decided yet."""
    found = ClassDecision.objects.filter(loan=loan).select_related("entered_by")
    if on is not None:
        found = found.filter(known_from__lte=on, valid_from__lte=on)
    return found.order_by("-id").first()
