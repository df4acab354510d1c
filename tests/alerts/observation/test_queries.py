from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from alerts.observation.queries import NoSuchBranch, NotClosed, figures, percent
from alerts.observation.standing import NoSuchLoan, standing
from loanwatch.people.models import Role
from tests.factories import DAY, MONTH_BEFORE, BranchFactory, LoanDayFactory, LoanFactory, close_days, hire, repaid, schedule


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, DAY)
    return branch


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(0, "current"), (1, "1-29"), (29, "1-29"), (30, "30-59"), (59, "30-59"), (60, "60-89"), (89, "60-89"), (90, "90+"), (400, "90+")],
)
def test_each_boundary_day_stands_in_its_bucket(branch, days, bucket):
    LoanDayFactory(loan__branch=branch, days_past_due=days, outstanding=Decimal("250.50"))
    found = figures(branch.lender, DAY)["buckets"]
    assert found[bucket] == {"loans": 1, "outstanding": "250.50"}
    assert sum(cell["loans"] for cell in found.values()) == 1


def test_par30_and_par90_are_shares_of_all_that_is_outstanding(branch):
    for days, amount in ((0, "600.00"), (29, "100.00"), (30, "200.00"), (90, "100.00")):
        LoanDayFactory(loan__branch=branch, days_past_due=days, outstanding=Decimal(amount))
    found = figures(branch.lender, DAY)
    assert (found["par30"], found["par90"]) == ("30.0000", "10.0000")
    assert found["outstanding"] == {"CNY": "1000.00"}
    assert found["loans"] == 4


def test_a_loan_whose_days_past_due_are_unknown_counts_in_the_whole_but_in_no_bucket(branch):
    LoanDayFactory(loan__branch=branch, days_past_due=None, outstanding=Decimal(900))
    LoanDayFactory(loan__branch=branch, days_past_due=95, outstanding=Decimal(100))
    found = figures(branch.lender, DAY)
    assert found["par30"] == "10.0000"
    assert found["buckets"]["unknown"] == {"loans": 1, "outstanding": "900.00"}


def test_currencies_are_never_added(branch):
    LoanDayFactory(loan__branch=branch, outstanding=Decimal(100), days_past_due=40)
    LoanDayFactory(loan__branch=branch, outstanding=Decimal(50), currency="USD")
    found = figures(branch.lender, DAY)
    assert found["outstanding"] == {"CNY": "100.00", "USD": "50.00"}
    assert found["par30"] == {"CNY": "100.0000", "USD": "0.0000"}
    assert found["buckets"]["current"]["outstanding"] == {"CNY": "0.00", "USD": "50.00"}


def test_an_empty_book_has_zero_figures_in_the_lenders_currency(branch):
    found = figures(branch.lender, DAY)
    assert (found["loans"], found["outstanding"], found["par30"]) == (0, {"CNY": "0.00"}, "0.0000")


@pytest.mark.parametrize("by", ["branch", "product", "manager", "class", "bucket"])
def test_the_groups_add_up_to_the_whole(branch, by):
    for n, days in enumerate((0, 0, 15, 45, 120)):
        LoanDayFactory(
            loan__branch=BranchFactory(lender=branch.lender) if n % 2 else branch, days_past_due=days, outstanding=Decimal(10 * n + 1)
        )
    found = figures(branch.lender, DAY, by=by)
    assert sum(group["loans"] for group in found["groups"].values()) == found["loans"] == 5
    assert sum(Decimal(group["outstanding"]["CNY"]) for group in found["groups"].values()) == Decimal(found["outstanding"]["CNY"])


def test_a_branch_is_counted_with_its_subtree_and_without_its_siblings(branch):
    below, sibling = BranchFactory(lender=branch.lender, parent=branch), BranchFactory(lender=branch.lender)
    for place in (branch, below, sibling):
        LoanDayFactory(loan__branch=place)
    assert figures(branch.lender, DAY, branch=branch.code)["loans"] == 2
    with pytest.raises(NoSuchBranch):
        figures(branch.lender, DAY, branch="NOWHERE")


def test_a_reader_counts_only_loans_in_sight(branch):
    LoanDayFactory(loan__branch=branch)
    LoanDayFactory(loan__branch=BranchFactory(lender=branch.lender))
    assert figures(branch.lender, DAY, access=hire(branch, Role.BRANCH_HEAD))["loans"] == 1


def test_the_roll_tells_where_each_loan_went_and_who_left_the_book(branch):
    close_days(branch.lender, MONTH_BEFORE)
    worse, gone, stays = (LoanFactory(branch=branch) for _ in range(3))
    for loan in (worse, gone, stays):
        LoanDayFactory(loan=loan, as_of=MONTH_BEFORE, days_past_due=10)
    LoanDayFactory(loan=worse, days_past_due=40)
    LoanDayFactory(loan=stays, days_past_due=20)
    LoanDayFactory(loan__branch=branch)  # new on the book: came from nowhere
    roll = figures(branch.lender, DAY, roll_from=MONTH_BEFORE)["roll"]
    assert {to: n for to, n in roll["1-29"].items() if n} == {"30-59": 1, "1-29": 1, "off_book": 1}
    assert sum(n for row in roll.values() for n in row.values()) == 3


def test_a_date_that_was_not_closed_is_refused_with_the_close_before_it(branch):
    with pytest.raises(NotClosed, match="The last close before it is 2026-10-30"):
        figures(branch.lender, date(2026, 11, 1))
    with pytest.raises(CommandError, match="is not closed"):
        call_command("figures", "--as-of", "2026-11-01", "--lender", branch.lender.code)


def test_figures_cost_the_same_queries_for_two_loans_and_for_forty(branch, django_assert_num_queries):
    for size in (2, 38):
        for n in range(size):
            LoanDayFactory(loan__branch=branch, days_past_due=n)
        with django_assert_num_queries(2):  # is it closed, and the sums
            figures(branch.lender, DAY, by="class")


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [("1", "3", "33.3333"), ("2", "3", "66.6667"), ("0.000005", "10", "0.0001"), ("0.0000049", "10", "0.0000"), ("5", "0", "0.0000")],
)
def test_percent_is_rounded_half_up_to_four_decimals(part, whole, said):
    assert percent(Decimal(part), Decimal(whole)) == said


# --- one loan, as known -----------------------------------------------------------------------------------------------------


@pytest.fixture
def loan(branch):
    loan = LoanFactory(branch=branch)
    schedule(loan, (date(2026, 8, 10), 100), (date(2026, 9, 10), 100), (date(2026, 10, 10), 100))
    return loan


def test_days_past_due_count_from_the_oldest_unpaid_demand(loan):
    repaid(loan, date(2026, 8, 10), 100)
    found = standing(loan.lender, loan.number, date(2026, 9, 30))
    assert (found["days_past_due"], found["oldest_unpaid_on"], found["outstanding"]) == (20, "2026-09-10", "200.00")
    assert (found["overdue_principal"], found["next_due_on"]) == ("100.00", "2026-10-10")


def test_on_the_due_date_itself_nothing_is_overdue(loan):
    assert standing(loan.lender, loan.number, date(2026, 8, 10))["days_past_due"] == 0
    assert standing(loan.lender, loan.number, date(2026, 8, 11))["days_past_due"] == 1


def test_a_backdated_payment_is_seen_only_by_those_who_know_of_it(loan):
    repaid(loan, date(2026, 8, 10), 100, known_from=date(2026, 8, 25))
    then = standing(loan.lender, loan.number, date(2026, 8, 20))
    now = standing(loan.lender, loan.number, date(2026, 8, 20), known_on=date(2026, 9, 1))
    assert (then["days_past_due"], now["days_past_due"]) == (10, 0)
    assert (len(then["repayments"]), len(now["repayments"])) == (0, 1)


def test_a_new_schedule_counts_from_the_day_it_became_known(loan):
    schedule(loan, (date(2026, 8, 10), 100), (date(2027, 9, 10), 200), version=2, known_from=date(2026, 9, 15))
    assert standing(loan.lender, loan.number, date(2026, 9, 14))["schedule"]["version"] == 1
    assert standing(loan.lender, loan.number, date(2026, 9, 15))["schedule"]["version"] == 2


def test_a_loan_nobody_knew_of_is_told_in_a_sentence(loan):
    with pytest.raises(NoSuchLoan, match="knew no loan"):
        standing(loan.lender, loan.number, date(2025, 12, 31))
