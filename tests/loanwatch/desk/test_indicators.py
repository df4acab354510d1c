"""The page of indicators: what a close says, and for what it can't say, whose input is missing."""

from decimal import Decimal

import pytest
from django.urls import reverse

from loanwatch.people.models import Role
from tests.factories import DAY, MONTH_BEFORE, BranchFactory, LoanDayFactory, LoanFactory, close_days, hire


@pytest.fixture
def loan(db, settings, client):
    settings.BUSINESS_DATE = DAY.isoformat()
    branch = BranchFactory()
    close_days(branch.lender, MONTH_BEFORE, DAY)
    client.force_login(hire(branch, Role.RISK_OFFICER).account)
    loan = LoanFactory(branch=branch)
    LoanDayFactory(loan=loan, days_past_due=35, ltv=None, collateral_items=0, part_payment_share_6m=Decimal("0.25"))
    return loan


def rows(response) -> dict:
    return {row["label"]: row for _, listed in response.context["families"] for row in listed}


def page(client, loan, **query):
    return client.get(reverse("desk:loan_indicators", args=[loan.number]), query)


def test_a_value_is_shown_with_its_number_in_the_catalogue(client, loan):
    found = rows(page(client, loan))
    assert (found["Days past due"]["value"], found["Days past due"]["id"]) == ("35", "REP-01")
    assert found["Share of part payments in 6 months"]["value"] == "25.0%"


def test_what_cannot_be_judged_names_the_missing_input_and_its_owner(client, loan):
    found = rows(page(client, loan, show="missing"))
    assert "Days past due" not in found
    assert found["Loan to value"]["missing"]
    assert found["Loan to value"]["why"] == "The loan has no collateral, or the collateral has no value left after prior liens."
    assert found["Loan to value"]["owner"] == "Collateral desk"


def test_the_counts_of_known_and_missing_add_up_to_all(client, loan):
    counts = page(client, loan).context["counts"]
    assert counts["known"] + counts["missing"] == counts["all"] > counts["missing"] > 0


def test_conduct_of_staff_is_not_told_beside_a_loan(client, loan):
    assert not [row for row in rows(page(client, loan)).values() if row["id"].startswith(("PRC", "MSK-06"))]


def test_a_close_at_which_the_loan_was_not_on_the_book_says_so(client, loan):
    assert "was not on the book" in page(client, loan, as_of=MONTH_BEFORE.isoformat()).content.decode()


def test_a_loan_of_another_branch_is_not_found(client, loan):
    assert page(client, LoanFactory(branch=BranchFactory())).status_code == 404


def test_the_page_costs_the_same_queries_whatever_is_on_it(client, loan, django_assert_max_num_queries):
    page(client, loan)
    with django_assert_max_num_queries(14):
        page(client, loan)
