"""A finding is put right by its owner and seen by another; nobody talks it away."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from borrowers.loans.models import Loan
from inspections.findings import actions
from inspections.findings.models import Finding, FindingNote, Hold
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import TODAY, Bank, make_loan


def test_a_finding_belongs_to_the_account_manager_and_is_due_by_its_severity(bank: Bank, raised) -> None:
    finding = raised(severity=3)
    assert finding.owner == bank.manager.person
    assert (finding.state, finding.raised_on, finding.due_on) == ("open", TODAY, TODAY + timedelta(days=7))  # five working days
    assert AuditEvent.objects.get(event="finding.raised").details["owner"] == finding.owner.staff_no


def test_a_blocking_finding_stops_at_once_and_frees_with_its_verification(bank: Bank, raised) -> None:
    finding = raised(blocking=["new_credit", "new_disbursement"])
    assert set(Hold.objects.standing(TODAY).values_list("kind", flat=True)) == {"new_disbursement", "new_credit"}
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Counted on Monday.", no_files="Seen on the spot.")
    assert Hold.objects.standing(TODAY).count() == 2
    actions.verify_remedy(finding_id=finding.pk, by=bank.officer, text="Seen.")
    assert not Hold.objects.standing(TODAY).exists()
    assert set(Hold.objects.values_list("state", "cause", "lifted_by")) == {("lifted", "verified", bank.officer.person.pk)}


def test_another_branch_neither_sees_nor_raises(bank: Bank, raised) -> None:
    loan = make_loan(bank)
    with pytest.raises(Loan.DoesNotExist):
        raised(loan, by=bank.sibling_officer)
    finding = raised(loan)
    assert not Finding.objects.visible_to(bank.sibling_officer).exists()
    assert not Finding.objects.visible_to(bank.manager2).exists()
    with pytest.raises(Finding.DoesNotExist):
        actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager2, text="Done.", no_files="Seen on the spot.")


def test_who_may_not_raise_is_refused(bank: Bank, raised) -> None:
    loan = make_loan(bank)
    for person in (bank.manager, bank.agent):
        with pytest.raises(Refused):
            raised(loan, by=person)


@pytest.mark.parametrize("changed", [{"text": " "}, {"measure": ""}])
def test_a_finding_says_what_was_found_and_what_to_do(bank: Bank, changed, raised) -> None:
    with pytest.raises(Refused, match="Say what"):
        raised(**changed)


def test_only_people_of_the_branch_own_a_finding(bank: Bank, raised) -> None:
    for owner in (bank.officer, bank.agent, bank.sibling_officer):
        with pytest.raises(Refused, match="owned by"):
            raised(owner=owner.person)
    assert raised(owner=bank.head.person).owner == bank.head.person


def test_a_due_date_lies_not_in_the_past(bank: Bank, raised) -> None:
    with pytest.raises(Conflict):
        raised(due_on=TODAY - timedelta(days=1))
    assert raised(due_on=TODAY).due_on == TODAY


def test_an_unknown_kind_of_hold_or_source_is_a_mistake(bank: Bank, raised) -> None:
    with pytest.raises(ValueError, match="hold"):
        raised(blocking=["everything"])
    with pytest.raises(ValueError, match="come from"):
        raised(source="rumour:1")


def test_the_same_point_that_fails_again_is_a_repeated_finding(bank: Bank, raised) -> None:
    loan = make_loan(bank)
    first = raised(loan, points=["stock", "books"], source="visit:1")
    actions.hand_in_remedy(finding_id=first.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    assert raised(loan, points=["stock"], source="visit:2").repeats is None  # not verified yet
    actions.verify_remedy(finding_id=first.pk, by=bank.officer, text="Seen.")
    assert raised(loan, points=["stock"], source="visit:3").repeats == first
    assert raised(loan, points=["other"], source="visit:4").repeats is None
    assert raised(points=["stock"], source="visit:5").repeats is None  # another loan


def test_a_point_that_fails_after_a_year_is_a_finding_of_its_own(bank: Bank, raised) -> None:
    loan = make_loan(bank)
    first = raised(loan, points=["stock"])
    actions.hand_in_remedy(finding_id=first.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    actions.verify_remedy(finding_id=first.pk, by=bank.officer, text="Seen.")
    for days, repeated in ((365, first), (366, None)):
        bank.officer.on = TODAY + timedelta(days=days)
        assert raised(loan, points=["stock"]).repeats == repeated


# --- the way of a remedy ---


def test_only_the_owner_hands_in_a_remedy_and_says_what_was_done(bank: Bank, raised) -> None:
    finding = raised()
    with pytest.raises(Refused, match="who owns"):
        actions.hand_in_remedy(finding_id=finding.pk, by=bank.head, text="Done.", no_files="Seen on the spot.")
    with pytest.raises(Refused):
        actions.hand_in_remedy(finding_id=finding.pk, by=bank.officer, text="Done.", no_files="Seen on the spot.")
    with pytest.raises(Refused, match="in words"):
        actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="  ", no_files="Seen on the spot.")


def test_what_blocks_a_borrower_is_put_right_with_evidence_or_a_sentence_why_there_is_none(bank: Bank, raised) -> None:
    finding = raised(blocking=["extension"])
    with pytest.raises(Refused, match="photo or document"):
        actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files=" ")
    note = actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="The court keeps the original.")
    assert note.no_files == "The court keeps the original."
    with pytest.raises(Refused, match="what you saw"):
        actions.verify_remedy(finding_id=finding.pk, by=bank.officer, text=" ")
    assert actions.verify_remedy(finding_id=finding.pk, by=bank.officer, text="Asked the court.").state == "verified"
    other = raised()  # blocks nothing: words are enough
    actions.hand_in_remedy(finding_id=other.pk, by=bank.manager, text="Done.")
    assert actions.verify_remedy(finding_id=other.pk, by=bank.officer).state == "verified"


def test_the_database_asks_for_the_evidence_too(bank: Bank, raised) -> None:
    finding = raised(blocking=["extension"])
    row, manager, officer = Finding.objects.filter(pk=finding.pk), bank.manager.person, bank.officer.person
    FindingNote.objects.create(finding=finding, kind="remedy", text="Done.", on=TODAY, by=manager)
    with pytest.raises(DatabaseError, match="shows evidence"), transaction.atomic():
        row.update(state="remedied", submitted_by=manager, submitted_on=TODAY)
    FindingNote.objects.create(finding=finding, kind="remedy", text="Done.", no_files="The court keeps it.", on=TODAY, by=manager)
    row.update(state="remedied", submitted_by=manager, submitted_on=TODAY)
    with pytest.raises(DatabaseError, match="says what was seen"), transaction.atomic():
        row.update(state="verified", verified_by=officer, verified_on=TODAY)
    assert Hold.objects.standing(TODAY).count() == 1


def test_a_returned_remedy_comes_again(bank: Bank, raised) -> None:
    finding = raised(blocking=["extension"])
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    with pytest.raises(Conflict):
        actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Twice.", no_files="Seen on the spot.")
    with pytest.raises(Refused, match="still missing"):
        actions.return_remedy(finding_id=finding.pk, by=bank.officer, reason=" ")
    assert actions.return_remedy(finding_id=finding.pk, by=bank.officer, reason="No photo.").state == "returned"
    assert Hold.objects.standing(TODAY).count() == 1
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="With a photo.", no_files="Seen on the spot.")
    actions.verify_remedy(finding_id=finding.pk, by=bank.officer2, text="Seen.")
    assert list(finding.notes.values_list("kind", flat=True)) == ["raised", "remedy", "returned", "remedy", "verified"]


def test_nothing_is_verified_before_a_remedy_nor_twice(bank: Bank, raised) -> None:
    finding = raised()
    with pytest.raises(Conflict):
        actions.verify_remedy(finding_id=finding.pk, by=bank.officer, text="Seen.")
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    actions.verify_remedy(finding_id=finding.pk, by=bank.officer, text="Seen.")
    for step in (lambda: actions.verify_remedy(finding_id=finding.pk, by=bank.officer2, text="Seen."),
                 lambda: actions.return_remedy(finding_id=finding.pk, by=bank.officer2, reason="No."),
                 lambda: actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Again.", no_files="Seen on the spot.")):  # fmt: skip
        with pytest.raises(Conflict):
            step()


@pytest.mark.parametrize("who", ["manager", "head", "credit", "auditor"])
def test_only_a_risk_officer_verifies(bank: Bank, who: str, raised) -> None:
    finding = raised()
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    with pytest.raises(Refused):
        actions.verify_remedy(finding_id=finding.pk, by=getattr(bank, who), text="Seen.")


def test_who_owned_it_once_never_verifies_it(bank: Bank, raised) -> None:
    from loanwatch.people.models import Role, RoleHeld

    finding = raised(owner=bank.head.person)
    actions.give_to(finding_id=finding.pk, by=bank.officer, owner=bank.manager.person, reason="Closer to it.")
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    RoleHeld.objects.create(person=bank.head.person, role=Role.RISK_OFFICER, branch=bank.branch, from_on=TODAY)
    both = type(bank.head).of(bank.head.account, TODAY)
    with pytest.raises(Refused, match="Neither the owner"):
        actions.verify_remedy(finding_id=finding.pk, by=both, text="Seen.")
    with pytest.raises(DatabaseError, match="neither owned it"), transaction.atomic():  # and the database knows it by itself
        Finding.objects.filter(pk=finding.pk).update(state="verified", verified_by=both.person, verified_on=TODAY)


def test_giving_a_finding_to_somebody_else_needs_a_reason_and_an_owner_of_the_branch(bank: Bank, raised) -> None:
    finding = raised()
    with pytest.raises(Refused, match="Say why"):
        actions.give_to(finding_id=finding.pk, by=bank.officer, owner=bank.head.person, reason="")
    with pytest.raises(Refused, match="owned by"):
        actions.give_to(finding_id=finding.pk, by=bank.officer, owner=bank.officer2.person, reason="Busy.")
    with pytest.raises(Refused):
        actions.give_to(finding_id=finding.pk, by=bank.manager, owner=bank.head.person, reason="Busy.")
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    with pytest.raises(Conflict):
        actions.give_to(finding_id=finding.pk, by=bank.officer, owner=bank.head.person, reason="Busy.")
