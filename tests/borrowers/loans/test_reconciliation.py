"""Where the core system's figures are not ours: the list, its filters, its file, the command and the API."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from borrowers.loans.models import ReconciliationDifference
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.factories import DAY, MONTH_BEFORE, BranchFactory, LoanFactory, ProductFactory, close_days, hire


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, DAY)
    return branch


def differs(branch, figure="days_past_due", delivered=14, computed=15, *, as_of=DAY, **loan):
    loan = LoanFactory(branch=branch, position_fed=True, **loan)
    size = abs(Decimal(delivered) - Decimal(computed))
    return ReconciliationDifference.objects.create(
        lender=loan.lender, bucket=loan.bucket, loan=loan, as_of=as_of, figure=figure, delivered=delivered, computed=computed, size=size
    )


@pytest.fixture
def listed(client, branch):
    client.force_login(hire(branch, Role.RISK_OFFICER).account)

    def get(**query):
        found = client.get("/reconciliation/", query)
        assert found.status_code == 200
        return [d.pk for d in found.context["page"].object_list]

    return get


def test_the_largest_difference_of_the_last_close_stands_first(listed, branch):
    small, large = differs(branch), differs(branch, "balance", "100.00", "250.50")
    differs(branch, as_of=MONTH_BEFORE)
    assert listed() == [large.pk, small.pk]
    assert listed(sort="size") == [small.pk, large.pk]


def test_each_filter_narrows_the_list(listed, branch):
    below = BranchFactory(lender=branch.lender, parent=branch)
    other = differs(below, "balance", "100.00", "100.01", product=ProductFactory(lender=branch.lender, code="CAR"))
    days, before = differs(branch), differs(branch, as_of=MONTH_BEFORE)
    assert listed(figure="balance") == listed(product="CAR") == listed(branch=below.code) == [other.pk]
    assert listed(branch=branch.code) == [days.pk, other.pk]
    assert listed(least="1") == [days.pk]
    assert listed(q=days.loan.number) == [days.pk]
    assert listed(as_of=MONTH_BEFORE.isoformat()) == [before.pk]


@pytest.mark.parametrize("query", [{"as_of": "2026-02-30"}, {"least": "NaN"}, {"least": "1e99"}, {"figure": "rate"}, {"sort": "loan__borrower__name"}])
def test_a_filter_that_is_none_is_left_out(listed, branch, query):
    there = differs(branch)
    assert listed(**query) == [there.pk]


def test_only_loans_in_sight_are_listed_summed_and_told(client, branch):
    differs(branch)
    differs(BranchFactory(lender=branch.lender))
    client.force_login(hire(branch, Role.BRANCH_HEAD).account)
    found = client.get("/reconciliation/")
    assert [(s["figure"], s["loans"], s["size"]) for s in found.context["sums"]] == [("days_past_due", 1, 1)]
    told = client.get("/api/v1/reconciliation/").json()
    assert (told["loans"], told["figures"]) == (1, [{"figure": "days_past_due", "currency": "", "loans": 1, "size": "1"}])


def test_currencies_are_summed_apart_and_days_in_no_currency(client, branch):
    for currency in ("CNY", "USD"):
        differs(branch, "balance", "100.00", "101.00", currency=currency)
        differs(branch, currency=currency)
    client.force_login(hire(branch, Role.AUDITOR).account)
    sums = client.get("/reconciliation/").context["sums"]
    assert [(s["figure"], s["currency"], s["loans"], s["size"]) for s in sums] == [
        ("balance", "CNY", 1, 1), ("balance", "USD", 1, 1), ("days_past_due", "", 2, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("role", "status"), [(Role.ACCOUNT_MANAGER, 403), (Role.SYSADMIN, 403), (Role.CREDIT_ADMIN, 200)])
def test_differences_are_shown_to_those_whose_work_it_is(client, branch, role, status):
    client.force_login(hire(branch, role).account)
    assert client.get("/reconciliation/").status_code == status
    assert client.get("/reconciliation/export.csv").status_code == status


def test_the_file_has_the_filtered_rows_and_is_told_to_the_audit_trail(client, branch):
    left_out, kept = differs(branch), differs(branch, "balance", "100.00", "250.50")
    client.force_login(hire(branch, Role.RISK_OFFICER).account)
    text = client.get("/reconciliation/export.csv", {"figure": "balance"}).content.decode("utf-8-sig")
    assert kept.loan.number in text
    assert "250.5" in text
    assert left_out.loan.number not in text
    assert AuditEvent.objects.get(event="reconciliation.exported").details["rows"] == 1


def test_the_command_tells_the_same_figures(branch):
    differs(branch, "balance", "100.00", "250.50")
    out = io.StringIO()
    call_command("reconciliation", "--as-of", DAY.isoformat(), "--json", "--lender", branch.lender.code, stdout=out)
    found = json.loads(out.getvalue())
    assert found == {
        "lender": branch.lender.code, "as_of": DAY.isoformat(), "loans": 1,
        "figures": [{"figure": "balance", "currency": "CNY", "loans": 1, "size": "150.50"}],
    }  # fmt: skip


@pytest.mark.parametrize("day", ["2026-02-30", "soon", "2026-W01"])
def test_the_api_refuses_a_day_that_is_none(client, branch, day):
    client.force_login(hire(branch, Role.RISK_OFFICER).account)
    assert client.get("/api/v1/reconciliation/", {"as_of": day}).status_code == 400


def test_the_list_costs_the_same_queries_for_two_loans_and_for_twenty(client, branch, django_assert_max_num_queries):
    client.force_login(hire(branch, Role.RISK_OFFICER).account)
    for size in (2, 18):
        for _ in range(size):
            differs(branch)
        with django_assert_max_num_queries(20):
            client.get("/reconciliation/", {"as_of": date(2026, 10, 30).isoformat()})
