"""What a decided check tells of two people: how much of the report had to be changed, and how long the checker took over a point."""

from decimal import Decimal
from typing import Any

from borrowers.conduct.actions import note_act
from borrowers.findings.actions import note_finding
from inspections.four_eyes import rules
from inspections.four_eyes.models import Verification
from inspections.four_eyes.queries import all_compared, side_by_side
from inspections.visits.models import Visit
from loanwatch.people.access import Access

LEVELS = {"problem": 3, "concern": 2}  # by the conclusion of the report; a failed point under any other is yellow
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
        conclusion=visit.conclusion, verifier=verification.officer.staff_no, **said,
    )  # fmt: skip
    if results:
        seconds = (verification.own_recorded_at - verification.opened_at).total_seconds()
        per_point = Decimal(str(seconds)) / len(results)
        note_act("review_time", person=verification.officer, figure=per_point, points=len(results), agreed=len(results) - changed, seconds=seconds, **said)


def note_failed_points(visit: Visit, *, by: Access) -> None:
    """Keep the failed checkpoints of a confirmed visit as a fact, on which the next close warns. Nothing where none failed."""
    answers = visit.answers.select_related("checkpoint").order_by("checkpoint__section", "checkpoint__position")
    failed = [answer for answer in answers if answer.value is not None and answer.value in answer.checkpoint.fails_when]
    if not failed or by.person is None:
        return
    said = "; ".join(f"{answer.checkpoint.label.get('en', answer.checkpoint.code)}: {answer.note or answer.value}" for answer in failed)
    note_finding(
        loan=visit.loan, subject=f"visit:{visit.pk}", points=[answer.checkpoint.code for answer in failed], level=LEVELS.get(visit.conclusion, 1),
        text=said, on=by.on, by=by.person,
    )  # fmt: skip
