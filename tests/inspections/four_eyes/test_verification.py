"""The story of a visit: recorded, submitted, verified blind, returned once, confirmed; and every refusal on the way."""

from datetime import date

import pytest

from borrowers.loans.models import CheckDuty, Custody
from inspections.four_eyes import actions as four_eyes
from inspections.four_eyes.models import Verification
from inspections.four_eyes.queries import queue, side_by_side, verification_of
from inspections.planning.models import Task
from inspections.planning.queries import quality
from inspections.visits import actions as visits
from inspections.visits.actions import NotComplete
from inspections.visits.models import Visit
from inspections.visits.queries import for_loan, visits_readable_by
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Account
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import TODAY, fill, make_loan, make_task, own_view, submit, submitted


def test_a_visit_is_returned_once_corrected_confirmed_and_counted(bank):
    task = make_task(bank)
    CheckDuty.objects.create(
        lender=bank.lender, bucket=task.bucket, loan=task.loan, kind="routine", due_on=task.due_on, known_from=task.opened_on
    )
    first = submitted(bank, task)
    assert CheckDuty.objects.get().done_on == TODAY
    own_view(first, bank.officer)
    four_eyes.return_visit(
        visit_id=first.pk, seen_hash=first.content_hash, reason="incomplete", explanation="Count the staff.", by=bank.officer
    )
    assert Task.objects.get().state == "returned" and CheckDuty.objects.get().done_on is None

    second = visits.start_visit(task_id=task.pk, by=bank.manager)
    assert second.attempt == 2 and second.answers.count() == first.answers.count() and second.photos.count() == first.photos.count()
    visits.save_answers(visit_id=second.pk, answers={"staff_present": ("71", "By the attendance list.")}, by=bank.manager)
    second = submit(second, bank.manager, position_reason="On the phone with the owner.")
    assert Visit.objects.get(pk=first.pk).state == "returned"

    own_view(second, bank.officer)
    four_eyes.confirm_visit(visit_id=second.pk, seen_hash=second.content_hash, by=bank.officer)
    second.refresh_from_db()
    assert (second.state, second.verified_by) == ("verified", bank.officer.person)
    assert Task.objects.get().state == "done" and CheckDuty.objects.get().done_on == TODAY
    (counted,) = quality(bank.head, TODAY)
    assert (counted.manager_id, counted.due, counted.on_time, counted.verified) == (bank.manager.person.pk, 1, 1, 1)
    assert {"visit.submitted", "visit.returned", "visit.verified"} <= set(AuditEvent.objects.values_list("event", flat=True))


def test_submitting_twice_is_submitting_once(bank):
    visit = submitted(bank)
    again = submit(visit, bank.manager, summary="Something else.")
    assert again.content_hash == visit.content_hash and again.summary == "All in order."
    assert AuditEvent.objects.filter(event="visit.submitted").count() == 1


def test_an_officer_reads_a_visit_only_after_recording_the_own_view(bank):
    visit = submitted(bank)
    verification = four_eyes.open_verification(visit_id=visit.pk, by=bank.officer)
    assert not visits_readable_by(bank.officer).filter(pk=visit.pk).exists()
    with pytest.raises(Conflict, match="own view first"):
        side_by_side(visit, verification)
    (row,) = for_loan(bank.officer, visit.loan)
    assert row.readable is False
    own_view(visit, bank.officer)
    assert visits_readable_by(bank.officer).filter(pk=visit.pk).exists()
    assert not visits_readable_by(bank.officer2).filter(pk=visit.pk).exists(), "the other officer is still blind"
    assert side_by_side(visit, verification_of(bank.officer, visit)).total > 10


def test_a_returned_attempt_stays_hidden_from_the_next_officer_until_the_inspection_is_confirmed(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason="place", explanation="Too far away.", by=bank.officer)
    assert not visits_readable_by(bank.officer2).exists()
    again = visits.start_visit(task_id=visit.task_id, by=bank.manager)
    submit(again, bank.manager, position_reason="At the desk.")
    again.refresh_from_db()
    own_view(again, bank.officer2)
    four_eyes.confirm_visit(visit_id=again.pk, seen_hash=again.content_hash, by=bank.officer2)
    assert visits_readable_by(bank.officer2).count() == 2


def test_those_who_do_not_verify_read_a_submitted_visit(bank):
    visit = submitted(bank)
    for reader in ("manager", "head", "auditor", "credit"):
        assert visits_readable_by(bank.people[reader]).filter(pk=visit.pk).exists(), reader


def test_a_visit_on_a_loan_of_others_is_out_of_sight(bank):
    submitted(bank)
    for reader in ("manager2", "sibling_officer", "agent"):
        assert not Visit.objects.visible_to(bank.people[reader]).exists(), reader


def test_a_draft_is_read_by_its_author_alone(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    readers = [name for name, access in bank.people.items() if visits_readable_by(access).filter(pk=visit.pk).exists()]
    assert readers == ["manager"]


def test_the_own_view_is_recorded_once(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    with pytest.raises(Conflict, match="already recorded"):
        own_view(visit, bank.officer, conclusion="problem")


def test_the_own_view_answers_what_the_files_can_tell(bank):
    visit = submitted(bank)
    with pytest.raises(NotComplete) as caught:
        four_eyes.record_own_view(visit_id=visit.pk, answers={}, conclusion="", summary="", by=bank.officer)
    assert set(caught.value.faults) == {"receipts_account", "new_debt", "guarantor_able", "conclusion"}


def test_a_decision_needs_the_own_view_first(bank):
    visit = submitted(bank)
    four_eyes.open_verification(visit_id=visit.pk, by=bank.officer)
    with pytest.raises(Conflict, match="own view first"):
        four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)


def test_a_decision_on_other_content_than_was_submitted_is_refused(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    with pytest.raises(Conflict, match="not what was submitted"):
        four_eyes.confirm_visit(visit_id=visit.pk, seen_hash="0" * 64, by=bank.officer)


def test_a_material_difference_must_be_explained(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer, receipts_account=("none", "Statement of October."))
    with pytest.raises(NotComplete):
        four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    four_eyes.confirm_visit(
        visit_id=visit.pk, seen_hash=visit.content_hash, explanation="A second account was opened in October.", by=bank.officer
    )


@pytest.mark.parametrize(("reason", "words"), [("", "Count again."), ("incomplete", " "), ("mood", "No.")])
def test_a_return_names_a_reason_and_says_it_in_words(bank, reason, words):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    with pytest.raises(NotComplete):
        four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason=reason, explanation=words, by=bank.officer)


def test_only_a_risk_officer_verifies(bank):
    visit = submitted(bank)
    for who in ("manager", "manager2", "head", "credit", "auditor", "agent"):
        with pytest.raises(Refused, match="risk officer"):
            four_eyes.open_verification(visit_id=visit.pk, by=bank.people[who])


def test_an_officer_of_another_branch_does_not_find_the_visit(bank):
    visit = submitted(bank)
    with pytest.raises(Visit.DoesNotExist):
        four_eyes.open_verification(visit_id=visit.pk, by=bank.sibling_officer)


def test_the_recorder_cannot_verify_even_as_risk_officer_and_with_another_account(bank):
    visit = submitted(bank)
    second_account = Account.objects.create(username="second", person=bank.manager.person)
    both = Access(second_account, TODAY, held=[("risk_officer", bank.branch.pk)])
    with pytest.raises(Refused, match="did not record"):
        four_eyes.open_verification(visit_id=visit.pk, by=both)


@pytest.mark.parametrize(
    ("until", "refused"), [(None, True), (date(2026, 5, 1), True), (date(2025, 11, 21), True), (date(2025, 11, 20), False)]
)
def test_a_former_account_manager_waits_twelve_months(bank, until, refused):
    loan = make_loan(bank, lead=bank.manager, disbursed_on=date(2025, 1, 1))
    Custody.objects.filter(loan=loan).delete()
    Custody.objects.create(
        lender=bank.lender,
        bucket=loan.bucket,
        loan=loan,
        person=bank.officer.person,
        capacity="lead",
        from_on=date(2025, 1, 1),
        to_on=until,
    )
    visit = submitted(bank, make_task(bank, loan))
    if refused:
        with pytest.raises(Refused, match="account manager of this loan"):
            four_eyes.open_verification(visit_id=visit.pk, by=bank.officer)
    else:
        assert four_eyes.open_verification(visit_id=visit.pk, by=bank.officer)


def test_an_officer_of_the_agency_that_made_the_visit_does_not_verify_it(bank):
    task = make_task(bank, to=bank.agent)
    visit = visits.start_visit(task_id=task.pk, by=bank.agent)
    fill(visit, bank.agent)
    visit = submit(visit, bank.agent)
    assert visit.conclusion == "not_given", "an agency gives no conclusion"
    bank.officer.person.agency = "Agency"
    bank.officer.person.save()
    with pytest.raises(Refused, match="own agency"):
        four_eyes.open_verification(visit_id=visit.pk, by=bank.officer)


def test_once_one_officer_has_decided_the_other_is_too_late(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    own_view(visit, bank.officer2)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    with pytest.raises(Conflict, match="already decided"):
        four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason="place", explanation="Where?", by=bank.officer2)
    assert Verification.objects.exclude(decision="").count() == 1


def test_the_queue_holds_what_waits_ordered_by_deadline(bank):
    routine = submitted(bank)
    special = submitted(bank, make_task(bank, kind="special"), seed=3)
    assert [v.pk for v in queue(bank.officer)] == [special.pk, routine.pk]
    assert not queue(bank.sibling_officer).exists()
