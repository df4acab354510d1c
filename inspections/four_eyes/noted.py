"""What a decided check tells of two people: how much of the report had to be changed, and how long the checker took over a point."""

from decimal import Decimal
from typing import Any

from borrowers.conduct.actions import note_act
from inspections.four_eyes import rules
from inspections.four_eyes.models import Verification
from inspections.four_eyes.queries import all_compared, side_by_side
from inspections.visits.models import Visit
from loanwatch.people.access import Access

BOTH_SIDES = {rules.SAME, rules.DIFFERS, rules.MATERIAL}


def note_check(visit: Visit, verification: Verification, *, by: Access) -> None:
    """Note the acts of the recorder and of the officer that a decision shows. Within the caller's transaction."""
    if by.person is None or verification.own_recorded_at is None:
        return
    results = [found.result for found in all_compared(side_by_side(visit, verification)) if found.result in BOTH_SIDES]
    changed = sum(result != rules.SAME for result in results)
    said: dict[str, Any] = {"lender": visit.lender, "on": by.on, "subject": f"visit:{visit.pk}", "loan": visit.loan}
    note_act(
        "visit_verified", person=visit.recorded_by, figure=changed, points=len(results), changed=changed, decision=verification.decision,
        conclusion=visit.conclusion, verifier=by.person.staff_no, **said,
    )  # fmt: skip
    if results:
        seconds = (verification.own_recorded_at - verification.opened_at).total_seconds()
        per_point = Decimal(str(seconds)) / len(results)
        note_act("review_time", person=by.person, figure=per_point, points=len(results), agreed=len(results) - changed, seconds=seconds, **said)
