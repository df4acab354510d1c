"""What staff do leaves dated facts, so that the next close can look at conduct without asking the acts themselves."""

from datetime import date

import pytest

from borrowers.conduct.actions import note_act
from borrowers.conduct.models import ConductFact
from borrowers.conduct.rules import KINDS
from borrowers.findings.models import VisitFinding
from inspections.four_eyes import actions as four_eyes
from inspections.four_eyes.models import Verification
from tests.inspections.book import TODAY, make_loan, make_task, own_view, submitted

pytestmark = pytest.mark.django_db


def noted(kind: str) -> ConductFact:
    return ConductFact.objects.get(kind=kind)


def test_every_kind_of_act_says_what_its_figure_is():
    assert set(KINDS) == set(ConductFact.Kind.values)
    assert all(kind.about for kind in KINDS.values())


def test_an_act_on_a_subject_is_noted_once_and_known_from_the_first_open_day(bank):
    person, saturday = bank.manager.person, date(2026, 11, 21)
    told = {"lender": bank.lender, "person": person, "on": saturday, "subject": "visit:1", "figure": 3, "asked_by": "Owner"}
    assert note_act("visit_postponed", **told) is True
    assert note_act("visit_postponed", **{**told, "figure": 9}) is False
    fact = noted("visit_postponed")
    assert (fact.figure, fact.on) == (3, saturday)
    assert fact.known_from >= saturday


def test_an_act_without_its_particulars_is_refused(bank):
    told = {"lender": bank.lender, "person": bank.manager.person, "on": TODAY, "subject": "visit:1"}
    with pytest.raises(ValueError, match="asked_by"):
        note_act("visit_refused", **told)
    with pytest.raises(ValueError, match="no kind of act"):
        note_act("slept", **told)
    assert not ConductFact.objects.exists()


def test_a_report_handed_in_late_says_by_how_many_days(bank):
    visit = submitted(bank)
    fact = noted("visit_reported")
    assert (fact.person, fact.loan, fact.figure) == (bank.manager.person, visit.loan, (TODAY - visit.visited_on).days)
    assert fact.detail == {"conclusion": visit.conclusion}


def test_a_check_tells_what_was_changed_and_how_long_it_took(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    checked, time = noted("visit_verified"), noted("review_time")
    assert (checked.person, time.person) == (bank.manager.person, bank.officer.person)
    assert checked.detail["decision"] == "confirmed" and checked.detail["verifier"] == bank.officer.person.staff_no
    assert checked.detail["points"] == time.detail["points"] > 0
    assert time.detail["agreed"] == checked.detail["points"] - checked.detail["changed"]
    assert time.figure >= 0


def test_of_a_settled_split_the_check_that_counts_is_noted_of_the_recorder_and_both_times_of_the_officers(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=150_000_000)))
    own_view(visit, bank.officer)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="As seen.", by=bank.officer)
    own_view(visit, bank.officer2, conclusion="problem")
    four_eyes.overrule_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="It stands still.", by=bank.officer2)
    followed = Verification.objects.get(visit=visit, officer=bank.officer.person)
    four_eyes.settle_split(visit_id=visit.pk, seen_hash=visit.content_hash, verification_id=followed.pk, explanation="The first.", by=bank.credit)
    checked = noted("visit_verified")
    assert (checked.detail["verifier"], checked.detail["decision"], checked.detail["changed"]) == (bank.officer.person.staff_no, "confirmed", 0)
    times = ConductFact.objects.filter(kind="review_time").values_list("person", flat=True)
    assert set(times) == {bank.officer.person.pk, bank.officer2.person.pk}


def test_of_an_overruled_report_the_officers_failed_points_and_conclusion_become_the_fact(bank):
    visit = submitted(bank)  # nothing fails, no problem found
    code = next(a.checkpoint.code for a in visit.answers.select_related("checkpoint") if "no" in a.checkpoint.fails_when)
    own_view(visit, bank.officer, conclusion="problem", **{code: ("no", "Stands still.")})
    four_eyes.overrule_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="It stands still.", by=bank.officer)
    fact = VisitFinding.objects.get(subject=f"visit:{visit.pk}")
    assert (fact.points, fact.level) == ([code], 3) and "Stands still." in fact.text
