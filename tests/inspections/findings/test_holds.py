"""A hold stands from the moment it is placed until it is lifted by a verification or by two people, and no other way."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from borrowers.parties.models import Borrower
from inspections.findings import actions, holding
from inspections.findings.hold_queries import holds_of
from inspections.findings.models import Hold
from loanwatch.kernel.policy import Conflict, Refused
from tests.inspections.book import TODAY, Bank, hire, make_loan

WEEK = TODAY + timedelta(days=7)


def test_each_blocking_finding_holds_by_itself(bank: Bank, raised, settled) -> None:
    loan = make_loan(bank)
    first, second = raised(loan, blocking=["new_disbursement"]), raised(loan, blocking=["new_disbursement", "extension"])
    settled(first)
    assert {h.kind for h in holds_of(loan.borrower, on=TODAY)} == {"new_disbursement", "extension"}
    settled(second)
    assert not holds_of(loan.borrower, on=TODAY).exists()


def test_a_hold_by_hand_ends_after_its_last_day(bank: Bank) -> None:
    loan = make_loan(bank)
    (hold,) = holding.place_hold(by=bank.officer, borrower=loan.borrower, kinds=["new_credit"], reason="Court order.", ends_on=WEEK)
    for days, stands in ((7, True), (8, False)):
        assert holds_of(loan.borrower, "new_credit", on=TODAY + timedelta(days=days)).exists() is stands
    bank.officer.on = WEEK + timedelta(days=1)
    with pytest.raises(Conflict, match="stops nothing"):
        holding.ask_to_lift(hold_id=hold.pk, by=bank.officer, reason="Settled.")


@pytest.mark.parametrize("who", ["manager", "head", "auditor", "agent"])
def test_only_risk_and_credit_administration_place_holds(bank: Bank, who: str) -> None:
    with pytest.raises(Refused):
        holding.place_hold(by=getattr(bank, who), borrower=make_loan(bank).borrower, kinds=["new_credit"], reason="So.", ends_on=WEEK)


@pytest.mark.parametrize(("kinds", "reason"), [([], "Court order."), (["new_credit"], "  ")])
def test_a_hold_says_what_it_stops_and_why(bank: Bank, kinds, reason) -> None:
    with pytest.raises(Refused, match="what is to be stopped"):
        holding.place_hold(by=bank.credit, borrower=make_loan(bank).borrower, kinds=kinds, reason=reason, ends_on=WEEK)


def test_a_hold_by_hand_lasts_half_a_year_at_most(bank: Bank) -> None:
    borrower = make_loan(bank).borrower
    place = lambda days: holding.place_hold(by=bank.credit, borrower=borrower, kinds=["new_credit"], reason="So.", ends_on=TODAY + timedelta(days=days))  # noqa: E731
    for days in (-1, 181):
        with pytest.raises(Conflict, match="ends between"):
            place(days)
    assert place(0)
    assert place(180)


def test_nobody_holds_a_borrower_of_another_branch(bank: Bank) -> None:
    with pytest.raises(Borrower.DoesNotExist):
        holding.place_hold(by=bank.sibling_officer, borrower=make_loan(bank).borrower, kinds=["new_credit"], reason="So.", ends_on=WEEK)


def test_a_hold_is_lifted_by_hand_by_two_people(bank: Bank, raised) -> None:
    finding = raised(blocking=["new_disbursement"])
    hold = finding.holds.get()
    with pytest.raises(Conflict, match="Nobody has asked"):
        holding.answer_lift(hold_id=hold.pk, by=bank.credit, agrees=True)
    with pytest.raises(Refused, match="before its time"):
        holding.ask_to_lift(hold_id=hold.pk, by=bank.head, reason=" ")
    with pytest.raises(Refused):
        holding.ask_to_lift(hold_id=hold.pk, by=bank.manager, reason="Please.")
    holding.ask_to_lift(hold_id=hold.pk, by=bank.head, reason="The tranche pays the tax.")
    with pytest.raises(Conflict, match="already"):
        holding.ask_to_lift(hold_id=hold.pk, by=bank.officer, reason="Me too.")
    for person in (bank.head, bank.officer, bank.manager):
        with pytest.raises(Refused):
            holding.answer_lift(hold_id=hold.pk, by=person, agrees=True)
    assert holds_of(finding.borrower, on=TODAY).exists()
    holding.answer_lift(hold_id=hold.pk, by=bank.credit, agrees=True)
    assert not holds_of(finding.borrower, on=TODAY).exists()
    with pytest.raises(Conflict, match="stops nothing"):
        holding.answer_lift(hold_id=hold.pk, by=bank.credit, agrees=True)
    assert list(hold.notes.values_list("kind", flat=True)) == ["asked", "agreed"]
    finding.refresh_from_db()
    assert finding.state == "open"  # the finding itself is still to be put right


def test_whoever_asks_does_not_agree_whatever_account_is_used(bank: Bank, raised) -> None:
    from loanwatch.people.access import Access
    from loanwatch.people.models import Account

    hold = raised(blocking=["new_disbursement"]).holds.get()
    holding.ask_to_lift(hold_id=hold.pk, by=bank.credit, reason="Customer waits.")
    second = Access.of(Account.objects.create(username="second", person=bank.credit.person), TODAY)
    for access in (bank.credit, second):
        with pytest.raises(Refused, match="did not ask"):
            holding.answer_lift(hold_id=hold.pk, by=access, agrees=True)


def test_a_refused_lift_says_why_and_leaves_the_hold(bank: Bank, raised) -> None:
    hold = raised(blocking=["new_disbursement"]).holds.get()
    holding.ask_to_lift(hold_id=hold.pk, by=bank.officer, reason="Customer waits.")
    with pytest.raises(Refused, match="why the hold stays"):
        holding.answer_lift(hold_id=hold.pk, by=bank.credit, agrees=False)
    hold = holding.answer_lift(hold_id=hold.pk, by=bank.credit, agrees=False, text="The stock is still missing.")
    assert (hold.state, hold.asked_by) == ("standing", None)
    assert list(hold.notes.values_list("kind", "text")) == [("asked", "Customer waits."), ("refused", "The stock is still missing.")]


# --- what the database refuses by itself, whoever writes ---


@pytest.mark.parametrize(
    "change",
    [
        {"state": "lifted", "cause": "verified"},
        {"state": "lifted", "cause": "agreed"},
        {"kind": "extension"},
        {"blocked_for": None},
    ],
)
def test_the_web_log_in_can_not_lift_or_bend_a_hold(bank: Bank, raised, change) -> None:
    hold = raised(blocking=["new_disbursement"]).holds.get()
    who = bank.credit.person
    change.pop("blocked_for", None)
    values = change | ({"lifted_by": who, "lifted_on": TODAY, "lifted_at": "2026-11-20T00:00Z"} if "state" in change else {"borrower": make_loan(bank).borrower})
    if change.get("cause") == "agreed":  # asked and agreed in one stroke
        values |= {"asked_by": bank.head.person, "asked_on": TODAY, "asked_reason": "So."}
    with pytest.raises(DatabaseError), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(**values)
    with pytest.raises(DatabaseError), transaction.atomic():
        hold.delete()


def test_one_person_can_not_stand_on_both_sides_in_the_table(bank: Bank, raised) -> None:
    hold = raised(blocking=["new_disbursement"]).holds.get()
    holding.ask_to_lift(hold_id=hold.pk, by=bank.credit, reason="So.")
    with pytest.raises(DatabaseError, match="hold_is_lifted_by_another_person"), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(state="lifted", cause="agreed", lifted_by=bank.credit.person, lifted_on=TODAY, lifted_at="2026-11-20T00:00Z")
    with pytest.raises(DatabaseError, match="not replaced"), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(asked_by=bank.head.person)


def test_a_finding_can_not_be_bent_or_verified_by_its_owner_in_the_table(bank: Bank, raised) -> None:
    from inspections.findings.models import Finding

    finding = raised(blocking=["new_disbursement"])
    row = Finding.objects.filter(pk=finding.pk)
    officer = bank.officer.person
    for values in (
        {"state": "verified", "verified_by": officer, "verified_on": TODAY, "submitted_by": officer, "submitted_on": TODAY},  # past the remedy
        {"state": "remedied", "submitted_by": officer, "submitted_on": TODAY},  # without words
        {"due_on": WEEK + timedelta(days=90)},  # without consent
        {"text": "Something milder."},
        {"blocks": []},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.update(**values)
    actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
    for by in (bank.manager.person, finding.owner):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.update(state="verified", verified_by=by, verified_on=TODAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.update(owner=bank.head.person, state="verified", verified_by=bank.manager.person, verified_on=TODAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


@pytest.mark.django_db(transaction=True)
def test_a_hold_is_never_lost_between_two_findings(settings, tmp_path) -> None:
    """The last finding is verified while another is raised: whichever comes first, the borrower stays blocked by the new one."""
    from tests.inspections.book import open_bank

    settings.MEDIA_ROOT = tmp_path
    bank = open_bank()
    officer2, loan = hire(bank, "third", "risk_officer", bank.branch), make_loan(bank)
    for _round in range(4):
        finding = actions.raise_finding(by=bank.officer, loan=loan, text="Old.", severity=1, measure="Mend.", blocking=["new_disbursement"])
        actions.hand_in_remedy(finding_id=finding.pk, by=bank.manager, text="Done.", no_files="Seen on the spot.")
        start, faults = threading.Barrier(3), []

        def run(do, start=start, faults=faults):
            try:
                start.wait(10)
                do()
            except Conflict as fault:
                faults.append(fault.code)
            finally:
                connection.close()

        steps = (
            lambda pk=finding.pk: actions.verify_remedy(finding_id=pk, by=bank.officer, text="Seen."),
            lambda pk=finding.pk: actions.verify_remedy(finding_id=pk, by=officer2, text="Seen."),
            lambda: actions.raise_finding(by=bank.officer2, loan=loan, text="New.", severity=1, measure="Mend.", blocking=["new_disbursement"]),
        )
        threads = [threading.Thread(target=run, args=(step,)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert faults == ["FINDING_STATE"]  # of two verifiers one wins
        standing = list(holds_of(loan.borrower, on=TODAY))
        assert standing
        assert all(hold.finding.text == "New." for hold in standing)
