"""What a decided check tells of two people: how much of the report had to be changed, and how long the checker took over a point."""

from decimal import Decimal
from typing import Any

from borrowers.conduct.actions import note_act
from borrowers.findings.actions import note_finding
from inspections.four_eyes import rules
from inspections.four_eyes.models import OwnAnswer, Settlement, Verification
from inspections.four_eyes.queries import all_compared, side_by_side
from inspections.visits.models import Answer, Visit
from loanwatch.people.access import Access
from loanwatch.people.reader import as_house

LEVELS = {"problem": 3, "concern": 2}  # by the conclusion of the report; a failed point under any other is yellow
BOTH_SIDES = {rules.SAME, rules.DIFFERS, rules.MATERIAL}


def note_check(visit: Visit, verification: Verification, *, by: Access) -> None:
    """Note the acts of the recorder and of the officer that a decision shows. Within the caller's transaction."""
    if by.person is None or verification.own_recorded_at is None:
        return
    results = [found.result for found in all_compared(side_by_side(visit, verification)) if found.result in BOTH_SIDES]
    changed = sum(result != rules.SAME for result in results)
    # With two officers the report was checked once: by the decision that counts. How long a check took is each officer's own.
    counts = counting(visit)
    said: dict[str, Any] = {"lender": visit.lender, "on": by.on, "subject": f"visit:{visit.pk}", "loan": visit.loan}
    if counts is None or counts.pk == verification.pk:
        note_act(
            "visit_verified", person=visit.recorded_by, figure=changed, points=len(results), changed=changed, decision=verification.decision,
            conclusion=visit.conclusion, verifier=verification.officer.staff_no, **said,
        )  # fmt: skip
    if results:
        seconds = (verification.own_recorded_at - verification.opened_at).total_seconds()
        per_point = Decimal(str(seconds)) / len(results)
        note_act("review_time", person=verification.officer, figure=per_point, points=len(results), agreed=len(results) - changed, seconds=seconds, **said)


def counting(visit: Visit) -> Verification | None:
    """The decided check that counts: the one that a third person followed, else the last decision. Read for the house."""
    with as_house():
        decided = visit.verifications.exclude(decision="").select_related("officer").order_by("-decided_at", "-pk")
        if settled := Settlement.objects.filter(visit=visit).first():
            return decided.filter(decision=settled.outcome, decided_conclusion=settled.conclusion).first()
        return decided.first()


def note_failed_points(visit: Visit, *, by: Access) -> None:
    """Keep the failed checkpoints of a decided visit as a fact, on which the next close warns. Nothing where none failed.

    Where the report was overruled the officer's answers count, and the recorder's only for points that the officer did not see.
    """
    with as_house():
        decided = counting(visit)
        answers: dict[str, Answer | OwnAnswer] = {a.checkpoint.code: a for a in visit.answers.select_related("checkpoint")}
        if decided is not None and decided.decision == Verification.Decision.OVERRULED:
            own = decided.own_answers.select_related("checkpoint")
            answers |= {a.checkpoint.code: a for a in own if a.value is not None and a.value != "not_seen"}
    conclusion = decided.decided_conclusion if decided is not None and decided.decided_conclusion else visit.conclusion
    ordered = sorted(answers.values(), key=lambda a: (a.checkpoint.section_id, a.checkpoint.position))
    failed = [answer for answer in ordered if answer.value is not None and answer.value in answer.checkpoint.fails_when]
    if not failed or by.person is None:
        return
    said = "; ".join(f"{answer.checkpoint.label.get('en', answer.checkpoint.code)}: {answer.note or answer.value}" for answer in failed)
    note_finding(
        loan=visit.loan, subject=f"visit:{visit.pk}", points=[answer.checkpoint.code for answer in failed], level=LEVELS.get(conclusion, 1),
        text=said, on=by.on, by=by.person,
    )  # fmt: skip
