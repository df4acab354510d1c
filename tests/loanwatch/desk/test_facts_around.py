"""What stands around a borrower and a loan is shown as it is known on the reader's day, and numbers of accounts and identities are masked."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from borrowers.collateral.models import CollateralItem, Insurance, Pledge, Registration, Seizure
from borrowers.covenants.models import Covenant, CovenantTest, CovenantWaiver
from borrowers.funds.models import AccountTransaction, DepositAccount, DisbursementPayment
from borrowers.loans.models import CountingPause, Facility
from borrowers.parties.models import (
    BorrowerIdentifier,
    CustomerGroup,
    ExternalSignal,
    FinancialStatement,
    GroupMembership,
    KeyCustomerTier,
    RelatedParty,
)
from loanwatch.desk.loans import around
from loanwatch.people.models import Role
from tests.factories import DAY, MONTH_BEFORE, BorrowerFactory, BranchFactory, LoanDayFactory, LoanFactory, close_days, hire

BEGAN = date(2024, 1, 15)


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


@pytest.fixture
def loan(client, db):
    branch = BranchFactory()
    close_days(branch.lender, MONTH_BEFORE, DAY)
    client.force_login(hire(branch, Role.RISK_OFFICER).account)
    return LoanDayFactory(loan=LoanFactory(branch=branch), outstanding=Decimal(600)).loan


def known(loan, **more):
    return {"lender": loan.lender, "valid_from": BEGAN, "known_from": BEGAN, **more}


def page(client, loan, tab):
    return client.get(f"{reverse('desk:borrower', args=[loan.borrower.number])}?tab={tab}").content.decode()


def loan_page(client, loan, tab):
    return client.get(f"{reverse('desk:loan', args=[loan.number])}?tab={tab}").content.decode()


def test_parties_groups_and_tiers_stand_on_the_borrowers_page_with_masked_numbers(client, loan):
    sibling = LoanDayFactory(
        loan=LoanFactory(branch=loan.branch, borrower=BorrowerFactory(lender=loan.lender)), outstanding=Decimal(400)
    ).loan
    group = CustomerGroup.objects.create(number="G1", name="Harbour Group", **known(loan))
    for member in (loan.borrower, sibling.borrower):
        GroupMembership.objects.create(borrower=member, group=group, **known(loan))
    BorrowerIdentifier.objects.create(borrower=loan.borrower, kind="credit_code", value="913201MA1WXYZ7890", **known(loan))
    RelatedParty.objects.create(borrower=loan.borrower, kind="controller", name="Somebody Behind", share=Decimal("67.5"), **known(loan))
    KeyCustomerTier.objects.create(borrower=loan.borrower, tier=2, **known(loan))
    text = page(client, loan, "parties")
    assert "Somebody Behind" in text and "67.50" in text
    assert "Harbour Group" in text and sibling.borrower.number in text
    assert "7890" in text and "913201MA1WXYZ" not in text
    assert "Tier 2" in text


def test_a_relation_that_was_withdrawn_or_has_ended_is_no_longer_shown(client, loan):
    same = {"borrower": loan.borrower, "kind": "shareholder"}
    RelatedParty.objects.create(name="In error", **same, **known(loan))
    RelatedParty.objects.create(name="In error", **same, **known(loan, revision=2, withdrawn=True))
    RelatedParty.objects.create(name="Sold out", to_on=DAY, **same, **known(loan))
    RelatedParty.objects.create(name="Leaves tomorrow", to_on=date(2027, 12, 31), **same, **known(loan))
    text = page(client, loan, "parties")
    assert "In error" not in text and "Sold out" not in text and "Leaves tomorrow" in text


def test_statements_stand_side_by_side_with_their_ratios_and_a_restated_one_replaces_the_first(client, loan):
    figures = {"total_assets": 1000, "total_liabilities": 640, "equity": 360, "ebitda": 90, "interest_expense": 30}
    same = {"borrower": loan.borrower, "currency": "CNY", "months": 12, "audited": True}
    FinancialStatement.objects.create(**same, **{**figures, "total_liabilities": 500, "equity": 500}, **known(loan))
    FinancialStatement.objects.create(**same, **figures, **known(loan, revision=2))
    text = page(client, loan, "statements")
    assert "64.0%" in text and "50.0%" not in text
    assert "restated" in text


def test_a_ratio_without_a_divisor_is_unknown_not_zero():
    empty = around.ratios(FinancialStatement(total_assets=Decimal(0), total_liabilities=Decimal(5), revenue=None, net_profit=Decimal(1)))
    assert (empty.debt_to_assets, empty.current, empty.interest_cover, empty.net_margin) == (None, None, None, None)


def test_facilities_say_how_much_is_drawn(client, loan):
    facility = Facility.objects.create(number="F1", borrower=loan.borrower, currency=loan.currency, limit=1000, **known(loan))
    type(loan).objects.filter(pk=loan.pk).update(facility=facility)
    text = page(client, loan, "facilities")
    assert "F1" in text and "60.0%" in text


def test_bookings_are_filtered_by_account_and_direction(client, loan):
    account = DepositAccount.objects.create(
        number="6222020200112233", borrower=loan.borrower, bucket=loan.bucket, kind="current", currency="CNY", **known(loan)
    )
    for reference, amount, other in (("1", 50, "Customer pays"), ("2", -20, "Supplier paid")):
        AccountTransaction.objects.create(
            account=account, bucket=loan.bucket, reference=reference, amount=amount, counterparty=other, counterparty_bank="Bank of Elsewhere",
            counterparty_account="7000111122223333", **known(loan),
        )  # fmt: skip
    text = page(client, loan, "accounts")
    assert "Customer pays" in text and "Supplier paid" in text
    assert "2233" in text and "6222020200112233" not in text
    assert "Bank of Elsewhere" in text and "3333" in text and "7000111122223333" not in text
    assert "Supplier paid" not in page(client, loan, "accounts&way=in")
    for crafted in ("²", "9" * 40, "-1", "x"):
        assert "Customer pays" in page(client, loan, f"accounts&account={crafted}")


def test_outside_signals_name_their_source_and_how_sure_it_is(client, loan):
    ExternalSignal.objects.create(
        borrower=loan.borrower, kind="court", source="District court", reference="2026-17", headline="Sued for unpaid rent", amount=70, currency="CNY",
        confidence="confirmed", **known(loan),
    )  # fmt: skip
    text = page(client, loan, "signals")
    assert "Sued for unpaid rent" in text and "District court" in text and "Confirmed" in text


def test_use_of_funds_shows_what_was_paid_to_whom_and_what_lacks_proof(client, loan):
    same = {"loan": loan, "bucket": loan.bucket, "payee_account": "1234567890"}
    DisbursementPayment.objects.create(
        reference="1", mode="entrusted", payee="Steel works", amount=300, proof="Invoice 77", **same, **known(loan)
    )
    DisbursementPayment.objects.create(reference="2", mode="self_paid", payee="Cash desk", amount=100, **same, **known(loan))
    text = loan_page(client, loan, "funds")
    assert "Steel works" in text and "Invoice 77" in text and "No proof yet" in text
    assert "75.0%" in text
    assert "1234567890" not in text


def test_covenants_show_their_last_result_and_a_waiver(client, loan):
    of = {"borrower": loan.borrower, "loan": loan, "measure": "debt_to_assets", "comparison": "at_most", "threshold": Decimal("0.7")}
    broken = Covenant.objects.create(number="C1", title="Debt to assets", **of, **known(loan))
    waived = Covenant.objects.create(number="C2", title="Interest cover", **of, **known(loan))
    CovenantTest.objects.create(covenant=broken, bucket=loan.bucket, value=Decimal("0.81"), result="broken", **known(loan))
    CovenantWaiver.objects.create(
        covenant=waived, bucket=loan.bucket, reason="New machine", approved_by="CA001", to_on=date(2027, 6, 30), **known(loan)
    )
    CountingPause.objects.create(loan=loan, bucket=loan.bucket, to_on=date(2024, 3, 1), reason="Flood relief", **known(loan))
    text = loan_page(client, loan, "covenants")
    assert "Broken" in text and "0.81" in text and "Waived until" in text and "Flood relief" in text


def test_collateral_shows_insurance_registration_seizure_and_the_other_loans_it_secures(client, loan):
    other = LoanFactory(branch=loan.branch, number="OTHER-1")
    item = CollateralItem.objects.create(number="I1", kind="equipment", owner=loan.borrower, currency="CNY", **known(loan))
    for rank, secured in enumerate((loan, other), 1):
        Pledge.objects.create(loan=secured, item=item, rank=rank, bucket=secured.bucket, **known(loan))
    Insurance.objects.create(item=item, policy="P1", insurer="Sea Mutual", sum_insured=500, currency="CNY", to_on=DAY, **known(loan))
    Registration.objects.create(item=item, number="R-9", register="Equipment register", **known(loan))
    Seizure.objects.create(item=item, reference="S-3", by_whom="Tax office", **known(loan))
    text = loan_page(client, loan, "collateral")
    for word in ("Sea Mutual", "Equipment register", "Tax office", "still seized", "OTHER-1"):
        assert word in text


@pytest.mark.parametrize("tab", ["parties", "statements", "facilities", "accounts", "signals"])
def test_without_a_fact_the_page_says_so(client, loan, tab):
    assert client.get(f"{reverse('desk:borrower', args=[loan.borrower.number])}?tab={tab}").status_code == 200


@pytest.mark.parametrize("tab", ["parties", "statements", "facilities", "accounts", "signals"])
def test_a_borrower_of_another_branch_is_not_found(client, loan, tab):
    stranger = LoanFactory()
    assert client.get(f"{reverse('desk:borrower', args=[stranger.borrower.number])}?tab={tab}").status_code == 404
