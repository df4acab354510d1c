"""Facts come in as sets through the writing doors, and the running totals are the database's."""

from datetime import date
from decimal import Decimal

import pytest

from borrowers.loans import actions, cashflow
from borrowers.loans.models import Instalment, Loan, Repayment
from borrowers.parties.actions import BorrowerRow, save_borrowers
from borrowers.parties.models import Borrower
from borrowers.parties.rules import bucket_of
from loanwatch.lenders.actions import open_lender
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.tree import NewBranch, open_branches, open_head_office, reach_of
from loanwatch.trail.models import AuditEvent

pytestmark = pytest.mark.django_db
DAY = date(2024, 3, 1)


@pytest.fixture
def lender() -> Lender:
    made = open_lender(code="T1", currency="CNY", zone="Asia/Shanghai", calendar="daily", holidays_until=2024)
    open_head_office(made, name="Head office", on=date(2000, 1, 1))
    Product.objects.create(lender=made, code="WC", name="Working capital", kind="working_capital")
    save_borrowers(made, [BorrowerRow("B1", "company", "small", DAY, DAY, name="Luck\tand\\Co")])
    actions.save_loans(made, [a_loan("L1"), a_loan("L2")])
    return made


def a_loan(number: str, **changed) -> actions.LoanRow:
    values = {"number": number, "borrower_number": "B1", "product_code": "WC", "branch_code": "HO", "currency": "CNY",
              "principal": Decimal(1000), "disbursed_on": DAY, "known_from": DAY, "valid_from": DAY}  # fmt: skip
    return actions.LoanRow(**{**values, **changed})


def test_a_loan_lies_in_its_borrowers_bucket(lender):
    borrower = Borrower.objects.get(lender=lender, number="B1")
    assert borrower.name == "Luck\tand\\Co"
    assert {borrower.bucket} | set(Loan.objects.values_list("bucket", flat=True)) == {bucket_of("B1")}
    assert Loan.objects.get(number="L1").segment == "small"


def test_a_correction_of_master_data_leaves_the_old_value_in_the_audit_trail(lender):
    saved = actions.save_loans(lender, [a_loan("L1", rate=Decimal("4.35")), a_loan("L2")])
    assert (saved.new, saved.changed) == (0, 1)
    assert Loan.objects.get(number="L1").rate == Decimal("4.35")
    event = AuditEvent.objects.get(event="fact.corrected")
    assert (event.subject_kind, event.details["before"]["rate"], event.details["after"]["rate"]) == ("borrowers.loan", None, 4.35)


def test_saying_the_same_again_changes_nothing(lender):
    saved = actions.save_loans(lender, [a_loan("L1"), a_loan("L2")])
    assert (saved.new, saved.changed) == (0, 0)


def test_a_row_that_names_an_unknown_borrower_is_refused_with_its_number(lender):
    with pytest.raises(actions.UnknownName, match="no borrower number B9"):
        actions.save_loans(lender, [a_loan("L3"), a_loan("L4", borrower_number="B9")])
    assert not Loan.objects.filter(number="L3").exists()


def test_a_schedule_keeps_what_is_due_in_all(lender):
    rows = [cashflow.DemandRow(n, seq, date(2024, 3 + seq, 1), Decimal(500), Decimal("10.10"), DAY) for n in ("L1", "L2") for seq in (1, 2)]
    assert cashflow.add_schedule(lender, rows) == 4
    totals = Instalment.objects.filter(loan__number="L1").values_list("cum_due_minor", "cum_principal_minor")
    assert list(totals) == [(51010, 50000), (102020, 100000)]
    assert cashflow.add_schedule(lender, rows) == 0


def test_repayments_run_on_from_what_was_paid_before(lender):
    def pay(day: int, amount: str) -> cashflow.RepaymentRow:
        return cashflow.RepaymentRow("L1", date(2024, 4, day), Decimal(amount), date(2024, 4, day))

    cashflow.append_repayments(lender, [pay(1, "10.00"), pay(2, "20.05")])
    cashflow.append_repayments(lender, [pay(3, "-5.05")])
    assert list(Repayment.objects.filter(loan__number="L1").values_list("seq", "cum_paid_minor")) == [(1, 1000), (2, 3005), (3, 2500)]


def test_a_repayment_that_became_known_earlier_than_the_last_is_refused(lender):
    cashflow.append_repayments(lender, [cashflow.RepaymentRow("L1", date(2024, 4, 2), Decimal(1), date(2024, 4, 2))])
    with pytest.raises(actions.OutOfOrder):
        cashflow.append_repayments(lender, [cashflow.RepaymentRow("L1", date(2024, 4, 1), Decimal(1), date(2024, 4, 1))])


def test_a_settled_loan_keeps_its_first_settlement_day(lender):
    event = actions.EventRow("L1", "settled", date(2024, 5, 1), date(2024, 5, 2))
    assert actions.record_event(lender, event)
    assert not actions.record_event(lender, event)
    assert Loan.objects.get(number="L1").settled_on == date(2024, 5, 1)


def test_a_check_that_was_due_is_marked_done_once(lender):
    due = cashflow.DutyRow("L1", "inspection", date(2024, 6, 1), DAY)
    assert cashflow.record_check_duty(lender, [due]) == 1
    assert cashflow.record_check_duty(lender, [cashflow.DutyRow("L1", "inspection", date(2024, 6, 1), DAY, date(2024, 5, 30))]) == 1
    assert cashflow.record_check_duty(lender, [due]) == 0


def test_branches_reach_their_whole_subtree_whatever_order_they_are_told_in(lender):
    open_branches(
        lender,
        [NewBranch("S1", "Sub", "sub_branch", "B1"), NewBranch("R1", "Region", "region"), NewBranch("B1", "Branch", "branch", "R1")],
        on=DAY,
    )
    from loanwatch.people.models import Branch

    ids = dict(Branch.objects.filter(lender=lender).values_list("code", "id"))
    assert reach_of(Branch.objects.get(lender=lender, code="R1"), DAY) == sorted([ids["R1"], ids["B1"], ids["S1"]])
    assert len(reach_of(Branch.objects.get(lender=lender, code="HO"), DAY)) == 4
