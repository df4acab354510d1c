"""What handing a visit in tells of the conduct of the person: its delay. What its content tells is noticed later (`inspections.evidence`)."""

from borrowers.conduct.actions import note_act
from inspections.visits.models import Visit
from loanwatch.people.access import Access


def note_visit(visit: Visit, *, by: Access) -> None:
    """Note that `by.person` handed a visit in, and how many days after it. Within the caller's transaction."""
    if by.person is None or visit.visited_on is None:
        return
    note_act(
        "visit_reported", lender=visit.lender, person=by.person, on=by.on, subject=f"visit:{visit.pk}", loan=visit.loan,
        figure=(by.on - visit.visited_on).days, conclusion=visit.conclusion,
    )  # fmt: skip
