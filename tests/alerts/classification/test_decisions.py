"""A proposed class is decided once, by somebody who does not answer for the loan; what was decided is a fact of the loan."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from alerts.classification.actions import confirm_many, decide
from alerts.classification.forms import ProposalFilters
from alerts.classification.models import ClassProposal
from alerts.classification.propose import propose
from alerts.classification.queries import class_in_force, evidence, visible
from alerts.observation.models import LoanDay
from borrowers.classes.models import ClassDecision
from borrowers.loans.models import Custody
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.ledger import key_of
from tests.factories import DAY, AlertFactory, BranchFactory, LoanDayFactory, LoanFactory, close_days, hire

BEFORE, NEXT, LAST = DAY - timedelta(days=1), DAY + timedelta(days=1), DAY + timedelta(days=2)


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, BEFORE, DAY, NEXT, LAST)
    return branch


@pytest.fixture
def officer(branch):
    return hire(branch, Role.RISK_OFFICER)


def classed(loan, **by_day: str) -> None:
    """The loan's class by days past due at each close: before, day, next, last."""
    days = {"before": BEFORE, "day": DAY, "next": NEXT, "last": LAST}
    for name, risk_class in by_day.items():
        LoanDayFactory(loan=loan, as_of=days[name], risk_class=risk_class, days_past_due=0 if risk_class == "normal" else 12)


def night(branch, day: date, previous: date, **cut) -> int:
    with connection.cursor() as cursor:
        return propose(cursor, key_of(branch.lender_id, day, previous=previous, **cut))


def proposed(branch) -> list[tuple[str, str, str]]:
    return list(ClassProposal.objects.order_by("as_of").values_list("old_class", "new_class", "state"))


def waiting(loan, **changed) -> ClassProposal:
    row = {"as_of": DAY, "old_class": "normal", "new_class": "special_mention", "days_past_due": 3} | changed
    return ClassProposal.objects.create(lender=loan.lender, bucket=loan.bucket, loan=loan, **row)


def test_the_confirmed_class_is_a_dated_fact_of_the_loan(branch, officer):
    loan = LoanFactory(branch=branch)
    proposal = waiting(loan)
    assert class_in_force(loan) is None
    decide(proposal_id=proposal.pk, by=officer, agrees=True)
    decision = class_in_force(loan)
    assert (decision.risk_class, decision.entered_by, decision.valid_from) == ("special_mention", officer.person, officer.on)
    # Closed days never change: it is known from the first day that is open.
    assert decision.known_from == LAST + timedelta(days=1)
    assert class_in_force(loan, LAST) is None and class_in_force(loan, decision.known_from) == decision


def test_an_overruled_proposal_leaves_the_class_in_force_with_the_reason(branch, officer):
    loan = LoanFactory(branch=branch)
    with pytest.raises(Refused, match="say why"):
        decide(proposal_id=waiting(loan).pk, by=officer, agrees=False, reason="  ")
    decide(proposal_id=ClassProposal.objects.get().pk, by=officer, agrees=False, reason="Transfer was lost at our bank")
    decision = class_in_force(loan)
    assert (decision.risk_class, decision.proposed, decision.reason) == ("normal", "special_mention", "Transfer was lost at our bank")


def test_what_was_overruled_is_not_proposed_again_until_the_close_calls_for_another_class(branch, officer):
    loan = LoanFactory(branch=branch)
    classed(loan, before="normal", day="special_mention", next="special_mention", last="substandard")
    night(branch, DAY, BEFORE)
    proposal = ClassProposal.objects.get()
    decide(proposal_id=proposal.pk, by=officer, agrees=False, reason="Our fault")
    assert night(branch, NEXT, DAY) == 0
    assert night(branch, LAST, NEXT, known=LAST + timedelta(days=5)) == 1
    assert proposed(branch) == [("normal", "special_mention", "overruled"), ("normal", "substandard", "proposed")]


def test_a_class_that_comes_back_to_the_one_in_force_leaves_nothing_to_decide(branch):
    loan = LoanFactory(branch=branch)
    classed(loan, before="normal", day="special_mention", next="normal", last="substandard")
    for day, previous in ((DAY, BEFORE), (NEXT, DAY), (LAST, NEXT)):
        night(branch, day, previous)
        rows = proposed(branch)
        night(branch, day, previous)
        assert proposed(branch) == rows  # again changes nothing
    assert rows == [("normal", "special_mention", "replaced"), ("normal", "substandard", "proposed")]


@pytest.mark.parametrize(("now", "expected"), [("special_mention", [("normal", "special_mention", "proposed")]), ("normal", [])])
def test_a_loan_that_the_close_before_left_out_is_proposed_against_its_last_class_once(branch, now, expected):
    classed(LoanFactory(branch=branch), before="normal", next=now, last=now)  # on the day between, its slice was accepted
    for day, previous in ((DAY, BEFORE), (NEXT, DAY), (LAST, NEXT)):
        night(branch, day, previous)
    assert proposed(branch) == expected


def test_a_new_loan_has_no_class_so_far_and_nothing_is_proposed(branch):
    classed(LoanFactory(branch=branch), next="special_mention", last="special_mention")
    assert (night(branch, NEXT, DAY), night(branch, LAST, NEXT)) == (0, 0)


def test_what_waits_is_not_proposed_again_after_a_close_that_left_the_loan_out(branch):
    classed(LoanFactory(branch=branch), before="normal", day="special_mention", last="special_mention")
    assert [night(branch, DAY, BEFORE), night(branch, NEXT, DAY), night(branch, LAST, NEXT)] == [1, 0, 0]
    assert proposed(branch) == [("normal", "special_mention", "proposed")]


def test_two_officers_at_once_make_one_decision_and_a_clear_conflict(branch, officer):
    loan = LoanFactory(branch=branch)
    proposal = waiting(loan)
    decide(proposal_id=proposal.pk, by=officer, agrees=True)
    with pytest.raises(Conflict, match=f"already been decided by {officer.person.name}"):
        decide(proposal_id=proposal.pk, by=hire(branch, Role.RISK_OFFICER), agrees=False, reason="No")
    assert ClassDecision.objects.count() == 1


def test_whoever_answers_for_the_loan_does_not_decide_in_the_action_and_in_the_database(branch, officer):
    loan = LoanFactory(branch=branch, lead=officer.person)
    proposal = waiting(loan)
    with pytest.raises(Refused, match="responsible for a loan does not decide"):
        decide(proposal_id=proposal.pk, by=officer, agrees=True)
    with pytest.raises(IntegrityError, match=r"class_is_not_decided_by_the_account_manager|can't decide"), transaction.atomic():
        ClassProposal.objects.filter(pk=proposal.pk).update(state="confirmed", decided_by=officer.person, decided_on=DAY)


@pytest.mark.parametrize(("ended", "may"), [(date(2025, 10, 30), True), (date(2025, 10, 31), False)])
def test_a_former_account_manager_decides_after_the_cooling_off(branch, officer, ended, may):
    loan = LoanFactory(branch=branch)
    Custody.objects.create(
        lender=loan.lender, bucket=loan.bucket, loan=loan, person=officer.person, capacity="lead", from_on=date(2025, 1, 1), to_on=ended
    )
    proposal = waiting(loan)
    if may:
        assert decide(proposal_id=proposal.pk, by=officer, agrees=True).state == "confirmed"
    else:
        with pytest.raises(Refused):
            decide(proposal_id=proposal.pk, by=officer, agrees=True)


def test_a_decided_proposal_is_frozen_in_the_database(branch, officer):
    proposal = waiting(LoanFactory(branch=branch))
    decide(proposal_id=proposal.pk, by=officer, agrees=True)
    with pytest.raises(IntegrityError, match="can no longer change"), transaction.atomic():
        ClassProposal.objects.filter(pk=proposal.pk).update(reason="changed")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        ClassDecision.objects.update(reason="changed")


def test_many_are_confirmed_each_by_itself_with_what_became_of_it(branch, officer):
    good, own, gone = (LoanFactory(branch=branch) for _ in range(3))
    far = LoanFactory()
    Custody.objects.create(lender=own.lender, bucket=own.bucket, loan=own, person=officer.person, capacity="handling", from_on=BEFORE)
    ids = [waiting(loan).pk for loan in (good, own, gone, far)]
    ClassProposal.objects.filter(pk=ids[2]).update(state="replaced")
    faults = [result.fault for result in confirm_many(proposal_ids=ids, by=officer)]
    assert faults[0] == "" and "responsible" in faults[1] and "Replaced" in faults[2] and "none that you may see" in faults[3]
    assert list(ClassProposal.objects.filter(state="confirmed")) == [ClassProposal.objects.get(pk=ids[0])]


def test_the_list_is_cut_by_branch_class_and_days_waiting(branch, officer):
    child = BranchFactory(lender=branch.lender, parent=branch)
    old = waiting(LoanFactory(branch=branch), as_of=DAY - timedelta(days=11), new_class="substandard")
    new = waiting(LoanFactory(branch=child))

    def found(**query) -> set[int]:
        return set(ProposalFilters(query).apply(visible(officer), DAY).values_list("pk", flat=True))

    assert found() == {old.pk, new.pk} == found(branch=branch.code)
    assert found(branch=child.code) == found(new="special_mention") == {new.pk}
    assert found(waiting="11") == {old.pk} and found(waiting="12") == set()
    assert found(sort="nonsense", new="nonsense") == {old.pk, new.pk}


def test_the_evidence_shows_both_closes_alerts_and_how_long_it_waits(branch, officer):
    loan = LoanFactory(branch=branch)
    classed(loan, before="normal", day="special_mention")
    alert = AlertFactory(loan=loan)
    seen = evidence(visible(officer).get(pk=waiting(loan, as_of=DAY).pk), officer)
    assert (seen.before.days_past_due, seen.now.days_past_due, seen.alerts, seen.waited, seen.visited_on) == (0, 12, [alert], 0, None)
    assert LoanDay.objects.count() == 2
