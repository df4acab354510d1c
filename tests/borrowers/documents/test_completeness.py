"""What a loan must have, on the days where the answer turns; the portfolio's list agrees with each loan's own."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from borrowers.collateral.models import CollateralItem, Pledge
from borrowers.documents import completeness, house
from borrowers.documents.models import Document, RequiredDocument
from borrowers.loans.models import Guarantee, Loan
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Product
from tests.factories import LoanFactory
from tests.inspections.book import TODAY, make_loan

DISBURSED = date(2026, 1, 10)
DAY = timedelta(days=1)


def states(loan: Loan, on: date = TODAY) -> dict[str, str]:
    return {row.kind.code: row.state for row in completeness.of_loan(loan, on)}


def row(loan: Loan, code: str, on: date = TODAY) -> completeness.Wanted:
    return next(r for r in completeness.of_loan(loan, on) if r.kind.code == code)


def secure(loan: Loan, kind: str = "inventory", **pledged: object) -> CollateralItem:
    facts = {"lender": loan.lender, "valid_from": DISBURSED, "known_from": DISBURSED}
    item = CollateralItem.objects.create(number=f"K{loan.pk}{kind}", kind=kind, owner=loan.borrower, currency="CNY", **facts)
    Pledge.objects.create(loan=loan, item=item, bucket=loan.bucket, **(facts | pledged))
    return item


def test_a_plain_company_loan_wants_what_the_shipped_rules_say(loan):
    assert set(states(loan)) == {"loan_contract", "drawdown_note", "identity_papers", "board_resolution", "use_proof", "financial_statements"}
    assert set(states(loan).values()) == {"missing"}


def test_collateral_and_guarantees_want_their_own_papers(loan):
    secure(loan)
    assert {"pledge_contract", "registration_certificate", "appraisal_report", "insurance_policy"} <= set(states(loan))
    other = make_loan_like(loan)
    secure(other, "receivables")
    assert "appraisal_report" in states(other) and "insurance_policy" not in states(other), "no fire takes a receivable"
    third = make_loan_like(loan)
    guaranteed = {"lender": loan.lender, "valid_from": DISBURSED, "known_from": DISBURSED, "bucket": third.bucket}
    Guarantee.objects.create(loan=third, guarantor=loan.borrower, amount=1, **guaranteed)
    assert "guarantee_contract" in states(third)


def make_loan_like(loan: Loan) -> Loan:
    """A loan to a person of the same branch and product."""
    return LoanFactory(branch=loan.branch, product=loan.product, borrower__kind="person", disbursed_on=DISBURSED)


def test_a_person_needs_no_board(loan):
    assert not {"board_resolution", "financial_statements"} & set(states(make_loan_like(loan)))


def test_a_document_is_due_to_its_last_day_and_missing_from_the_next(loan):
    due = DISBURSED + timedelta(days=90)
    assert row(loan, "use_proof", due).state == "due" and row(loan, "use_proof", due).missing_since is None
    late = row(loan, "use_proof", due + DAY)
    assert (late.state, late.missing_since, completeness.days_missing(late, due + DAY)) == ("missing", due + DAY, 1)


def test_a_document_that_expires_is_missing_from_the_day_after(bank, loan, bring):
    bring("financial_statements", valid_from=date(2025, 6, 1), expires=TODAY)
    assert row(loan, "financial_statements", TODAY).state == "there"
    gone = row(loan, "financial_statements", TODAY + DAY)
    assert (gone.state, gone.missing_since) == ("expired", TODAY + DAY)


def test_the_best_of_several_documents_counts_and_a_destroyed_one_does_not(bank, loan, bring):
    bring("financial_statements", valid_from=date(2024, 1, 1), expires=date(2025, 1, 1))
    newer = bring("financial_statements", valid_from=date(2026, 1, 1), expires=date(2027, 4, 30))
    assert row(loan, "financial_statements").state == "there"
    Document.objects.filter(pk=newer.pk).update(destroyed_on=TODAY)
    assert row(loan, "financial_statements").state == "expired"


def test_what_is_brought_today_was_not_there_yesterday(bank, loan, bring):
    bring("loan_contract", valid_from=DISBURSED)
    assert (row(loan, "loan_contract", TODAY - DAY).state, row(loan, "loan_contract").state) == ("missing", "there")


def test_a_borrowers_document_serves_all_its_loans_and_no_other_borrowers(bank, loan, bring):
    second = make_loan(bank)
    bring("identity_papers")
    assert row(loan, "identity_papers").state == "there" and row(second, "identity_papers").state == "missing"


def test_each_item_has_papers_of_its_own(bank, loan, bring):
    first, second = secure(loan), secure(loan, "equipment")
    bring("appraisal_report", item=first)
    found = {(r.item_id, r.state) for r in completeness.of_loan(loan, TODAY) if r.kind.code == "appraisal_report"}
    assert found == {(first.pk, "there"), (second.pk, "missing")}


def test_a_released_pledge_wants_nothing(loan):
    secure(loan, to_on=TODAY)
    assert "pledge_contract" in states(loan, TODAY - DAY) and "pledge_contract" not in states(loan, TODAY)


def test_a_loan_that_has_ended_lacks_nothing(loan):
    loan.settled_on = TODAY
    loan.save(update_fields=["settled_on"])
    assert states(loan, TODAY - DAY) and not states(loan, TODAY)


def test_a_requirement_holds_for_loans_disbursed_while_it_is_in_force(bank, loan, kind):
    rule = RequiredDocument.objects.get(kind=kind("drawdown_note"))
    for field, day, wanted in (("from_on", DISBURSED, True), ("from_on", DISBURSED + DAY, False)):
        RequiredDocument.objects.filter(pk=rule.pk).update(**{field: day})
        assert ("drawdown_note" in states(loan)) is wanted
    RequiredDocument.objects.filter(pk=rule.pk).update(from_on=date(1990, 1, 1), to_on=DISBURSED + DAY)
    assert "drawdown_note" in states(loan)
    RequiredDocument.objects.filter(pk=rule.pk).update(to_on=DISBURSED)
    assert "drawdown_note" not in states(loan)


def test_the_list_of_the_portfolio_is_that_of_its_loans_in_one_query(bank, bring, loan):
    loans = [loan, *(make_loan(bank) for _ in range(4))]
    secure(loans[1])
    bring("loan_contract")
    bring("use_proof", loan=loans[2])
    each = {(one.pk, r.kind_id, r.item_id) for one in loans for r in completeness.of_loan(one, TODAY) if r.state in completeness.LACKING}
    with CaptureQueriesContext(connection) as asked:
        rows, total = completeness.lacking(Loan.objects.visible_to(bank.credit), TODAY, limit=None)
    assert {(r.loan_id, r.kind_id, r.item_id) for r in rows} == each and total == len(each) and len(asked) == 1
    [branch] = completeness.by_branch(Loan.objects.visible_to(bank.credit), TODAY)
    assert (branch.loans, branch.complete, branch.missing + branch.expired) == (5, 0, len(each))
    assert completeness.lacking(Loan.objects.visible_to(bank.manager2), TODAY) == ([], 0)
    assert completeness.by_branch(Loan.objects.visible_to(bank.sibling_officer), TODAY) == []


def test_the_list_begins_with_what_is_missing_longest_and_comes_in_pages(bank, loan):
    loans = Loan.objects.visible_to(bank.credit)
    rows, total = completeness.lacking(loans, TODAY, limit=None)
    assert [r.missing_since for r in rows] == sorted(r.missing_since for r in rows)
    second, again = completeness.lacking(loans, TODAY, offset=2, limit=2)
    assert [r.kind_id for r in second] == [r.kind_id for r in rows[2:4]] and again == total
    assert completeness.overview(loans, TODAY, offset=2, limit=2) == (completeness.by_branch(loans, TODAY), second, again)
    assert completeness.overview(loans.filter(number="none"), TODAY) == ([], [], 0)
    assert all(r.kind.code == "use_proof" for r in completeness.with_names(completeness.lacking(loans, TODAY, kind="use_proof")[0]))


# --- keeping the rules -------------------------------------------------------------------------------------------------------


def test_the_shipped_rules_are_written_once_and_name_their_sources(bank):
    assert house.install_shipped(bank.lender) == 0
    kinds = list(bank.lender.document_kinds.all())
    assert len(kinds) >= 11 and all(kind.source and set(kind.name) == {"en", "zh-hans", "ko"} for kind in kinds)


def test_a_requirement_is_added_ended_and_added_again(bank, kind):
    product = Product.objects.create(lender=bank.lender, code="x", name="X", kind="consumer")
    given = {"by": bank.credit, "kind": kind("credit_consent"), "product": product, "applies_to": "all", "within_days": 0}
    first = house.require(from_on=TODAY, **given)
    with pytest.raises(Conflict) as refusal:
        house.require(from_on=TODAY + DAY, **given)
    assert refusal.value.code == "REQUIRED_ALREADY"
    for too_early in (TODAY, TODAY - DAY):
        with pytest.raises(Conflict):
            house.end_requirement(by=bank.credit, requirement=first, to_on=too_early)
    house.end_requirement(by=bank.credit, requirement=first, to_on=TODAY + 5 * DAY)
    with pytest.raises(Conflict) as refusal:
        house.end_requirement(by=bank.credit, requirement=first, to_on=TODAY + 6 * DAY)
    assert refusal.value.code == "REQUIREMENT_ENDED"
    with pytest.raises(Conflict):
        house.require(from_on=TODAY + 4 * DAY, **given)
    assert house.require(from_on=TODAY + 5 * DAY, **given).pk != first.pk


def test_only_credit_administration_keeps_the_rules(bank, kind):
    for refused in (
        lambda: house.require(by=bank.head, kind=kind("credit_consent"), product=None, applies_to="all", within_days=0, from_on=TODAY),
        lambda: house.add_kind(by=bank.officer, lender=bank.lender, code="x", of="loan", name={"en": "X"}, retention_years=1, source="S"),
        lambda: house.change_kind(by=bank.manager, kind=kind("credit_consent"), active=False),
    ):
        with pytest.raises(Refused):
            refused()
