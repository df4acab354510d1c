"""Who may verify is asked of the role in force on that day over that branch, and an amount without a limit needs two officers."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from borrowers.loans.models import Loan
from inspections.four_eyes import actions as four_eyes
from inspections.four_eyes.models import Settlement, Verification
from inspections.four_eyes.queries import decisions_needed
from loanwatch.people.models import Role, RoleHeld
from tests.inspections.book import hire, make_loan, make_task, own_view, submitted

pytestmark = pytest.mark.django_db


def begin(visit, who) -> Verification:
    with transaction.atomic():
        return Verification.objects.create(lender=visit.lender, visit=visit, officer=who.person)


def test_a_role_that_is_over_or_of_another_branch_or_of_administration_verifies_nothing_in_the_database(bank):
    visit = submitted(bank)
    former = hire(bank, "former", Role.RISK_OFFICER, bank.branch)
    RoleHeld.objects.filter(person=former.person).update(to_on=date(2021, 1, 1))
    coming = hire(bank, "coming", Role.RISK_OFFICER, bank.branch)
    RoleHeld.objects.filter(person=coming.person).update(to_on=date(2021, 1, 1))
    RoleHeld.objects.create(person=coming.person, role=Role.RISK_OFFICER, branch=bank.branch, from_on=date(2100, 1, 1))
    for who in (former, coming, bank.sibling_officer, bank.credit, bank.head):
        with pytest.raises(IntegrityError) as refused:
            begin(visit, who)
        assert "officer_holds_the_role" in str(refused.value.__cause__.diag.constraint_name), who
    assert begin(visit, bank.officer).pk


def test_a_role_that_ends_between_own_view_and_decision_decides_nothing(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    RoleHeld.objects.filter(person=bank.officer.person).update(to_on=date(2021, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Verification.objects.filter(visit=visit).update(decision="confirmed", decided_at=timezone.now(), seen_hash=visit.content_hash)


def test_a_split_is_settled_by_credit_administration_too(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=150_000_000)))
    own_view(visit, bank.officer)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", by=bank.officer)
    own_view(visit, bank.officer2, conclusion="concern")
    four_eyes.overrule_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Worse.", by=bank.officer2)
    told = {"lender": visit.lender, "visit": visit, "outcome": "confirmed", "conclusion": "no_problem", "explanation": "x", "seen_hash": visit.content_hash}
    for who in (bank.head, bank.sibling_officer):
        with pytest.raises(IntegrityError), transaction.atomic():
            Settlement.objects.create(person=who.person, **told)
    assert Settlement.objects.create(person=bank.credit.person, **told).pk


@pytest.mark.parametrize(("currency", "principal", "needed"), [("CNY", 100_000_000, 1), ("CNY", 100_000_001, 2), ("CHF", 1, 2)])
def test_two_officers_verify_above_the_limit_and_wherever_no_limit_is_named(bank, currency, principal, needed):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=principal)))
    Loan.objects.filter(pk=visit.loan_id).update(currency=currency)
    assert decisions_needed(visit) == needed
