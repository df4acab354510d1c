"""The one door through which acts of staff become dated facts: what the rest of the house does is observed only through it."""

from datetime import date
from decimal import Decimal
from typing import Any

from borrowers.conduct.models import ConductFact
from borrowers.conduct.rules import faults
from borrowers.loans.models import Loan
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person
from loanwatch.trail.queries import open_day


def note_act(
    kind: str,
    *,
    lender: Lender,
    person: Person,
    on: date,
    subject: str,
    loan: Loan | None = None,
    figure: Decimal | int | None = None,
    **particulars: Any,
) -> bool:
    """Note what `person` did on `on`, within the caller's transaction; False when the same act on the same subject is noted already.

    kind and particulars: see `rules.KINDS`; figure in the unit said there, rounded half even to 4 places. Known from the first
    business date that is not closed yet, so that a closed day never changes. Raises ValueError for particulars that the kind does not have.
    """
    if wrong := faults(kind, particulars):
        raise ValueError(wrong)
    known_from = max(on, open_day(lender, on))
    before = ConductFact.objects.filter(lender=lender, person=person, kind=kind, subject=subject)
    if before.exists():
        return False
    rounded = None if figure is None else Decimal(figure).quantize(Decimal("0.0001"))
    ConductFact.objects.bulk_create(
        [
            ConductFact(
                lender=lender, person=person, kind=kind, on=on, known_from=known_from, loan=loan, subject=subject,
                figure=rounded, detail=particulars,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return True
